/* A VFS over SQLite's own whose writes and syncs fail on demand: a full or a dying disk. */
#ifndef YIQIAN_TESTS_STORE_FAULTY_DISK_H
#define YIQIAN_TESTS_STORE_FAULTY_DISK_H

#include <sqlite3.h>
#include <stdatomic.h>
#include <string.h>

/* How many of the next writes fail with SQLITE_FULL, and how many syncs with an I/O error; how many syncs of a WAL there were. */
static atomic_int faulty_writes, faulty_syncs, faulty_wal_syncs;

typedef struct faulty_file {
    sqlite3_file base;
    int is_wal;
    sqlite3_file *real; /* in the same allocation, behind this */
} faulty_file;

static inline sqlite3_file *faulty_real(sqlite3_file *f)
{
    return ((faulty_file *)f)->real;
}

static inline int faulty_take(atomic_int *left)
{
    int n = atomic_load(left);
    while (n > 0 && !atomic_compare_exchange_weak(left, &n, n - 1))
        continue;
    return n > 0;
}

static int faulty_close(sqlite3_file *f)
{
    return faulty_real(f)->pMethods ? faulty_real(f)->pMethods->xClose(faulty_real(f)) : SQLITE_OK;
}

static int faulty_read(sqlite3_file *f, void *p, int n, sqlite3_int64 at)
{
    return faulty_real(f)->pMethods->xRead(faulty_real(f), p, n, at);
}

static int faulty_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 at)
{
    return faulty_take(&faulty_writes) ? SQLITE_FULL : faulty_real(f)->pMethods->xWrite(faulty_real(f), p, n, at);
}

static int faulty_truncate(sqlite3_file *f, sqlite3_int64 n)
{
    return faulty_real(f)->pMethods->xTruncate(faulty_real(f), n);
}

static int faulty_sync(sqlite3_file *f, int flags)
{
    atomic_fetch_add(&faulty_wal_syncs, ((faulty_file *)f)->is_wal);
    return faulty_take(&faulty_syncs) ? SQLITE_IOERR_FSYNC : faulty_real(f)->pMethods->xSync(faulty_real(f), flags);
}

static int faulty_size(sqlite3_file *f, sqlite3_int64 *n)
{
    return faulty_real(f)->pMethods->xFileSize(faulty_real(f), n);
}

static int faulty_lock(sqlite3_file *f, int level)
{
    return faulty_real(f)->pMethods->xLock(faulty_real(f), level);
}

static int faulty_unlock(sqlite3_file *f, int level)
{
    return faulty_real(f)->pMethods->xUnlock(faulty_real(f), level);
}

static int faulty_reserved(sqlite3_file *f, int *held)
{
    return faulty_real(f)->pMethods->xCheckReservedLock(faulty_real(f), held);
}

static int faulty_control(sqlite3_file *f, int op, void *arg)
{
    return faulty_real(f)->pMethods->xFileControl(faulty_real(f), op, arg);
}

static int faulty_sector(sqlite3_file *f)
{
    return faulty_real(f)->pMethods->xSectorSize(faulty_real(f));
}

static int faulty_device(sqlite3_file *f)
{
    return faulty_real(f)->pMethods->xDeviceCharacteristics(faulty_real(f));
}

static int faulty_shm_map(sqlite3_file *f, int page, int size, int extend, void volatile **p)
{
    return faulty_real(f)->pMethods->xShmMap(faulty_real(f), page, size, extend, p);
}

static int faulty_shm_lock(sqlite3_file *f, int offset, int n, int flags)
{
    return faulty_real(f)->pMethods->xShmLock(faulty_real(f), offset, n, flags);
}

static void faulty_shm_barrier(sqlite3_file *f)
{
    faulty_real(f)->pMethods->xShmBarrier(faulty_real(f));
}

static int faulty_shm_unmap(sqlite3_file *f, int remove)
{
    return faulty_real(f)->pMethods->xShmUnmap(faulty_real(f), remove);
}

static int faulty_open(sqlite3_vfs *vfs, sqlite3_filename name, sqlite3_file *f, int flags, int *out_flags)
{
    static const sqlite3_io_methods methods = {
        .iVersion = 2,
        .xClose = faulty_close,
        .xRead = faulty_read,
        .xWrite = faulty_write,
        .xTruncate = faulty_truncate,
        .xSync = faulty_sync,
        .xFileSize = faulty_size,
        .xLock = faulty_lock,
        .xUnlock = faulty_unlock,
        .xCheckReservedLock = faulty_reserved,
        .xFileControl = faulty_control,
        .xSectorSize = faulty_sector,
        .xDeviceCharacteristics = faulty_device,
        .xShmMap = faulty_shm_map,
        .xShmLock = faulty_shm_lock,
        .xShmBarrier = faulty_shm_barrier,
        .xShmUnmap = faulty_shm_unmap,
    };
    sqlite3_vfs *real = vfs->pAppData;
    faulty_file *file = (faulty_file *)f;
    file->real = (sqlite3_file *)(file + 1);
    file->is_wal = (flags & SQLITE_OPEN_WAL) != 0;
    int rc = real->xOpen(real, name, file->real, flags, out_flags);
    f->pMethods = rc == SQLITE_OK ? &methods : NULL;
    return rc;
}

/* Makes it SQLite's default for all files opened from now on. */
static inline void faulty_disk_install(void)
{
    static sqlite3_vfs vfs;
    sqlite3_vfs *real = sqlite3_vfs_find("unix");
    vfs = *real;
    vfs.zName = "faulty";
    vfs.pAppData = real;
    vfs.szOsFile = (int)sizeof(faulty_file) + real->szOsFile;
    vfs.xOpen = faulty_open;
    sqlite3_vfs_register(&vfs, 1);
}

#endif
