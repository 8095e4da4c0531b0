#include <stdlib.h>
#include <string.h>

#include "base/ct.h"
#include "crypto/sm3.h"
#include "os/large_file.h"
#include "service/backup_file.h"

enum { SEALED_MAX = BACKUP_FRAME + BACKUP_CHUNK + BACKUP_TAG, PIECE = 256 << 10, ENTRY = 1 };

struct backup_writer {
    int fd;
    backup_keys keys;
    const atomic_bool *stop;
    uint64_t counter, size;
    sm3_ctx digest;
    size_t n; /* in plain */
    uint8_t plain[BACKUP_CHUNK], sealed[SEALED_MAX], piece[PIECE];
};

static err put_octets(backup_writer *w, const void *p, size_t n)
{
    TRY(large_file_write(w->fd, p, n));
    sm3_update(&w->digest, p, n);
    w->size += n;
    return ERR_OK;
}

static err put_chunk(backup_writer *w, bool last)
{
    TRY(backup_chunk_seal(&w->keys, w->counter++, last, bytes_of(w->plain, w->n), w->sealed));
    TRY(put_octets(w, w->sealed, BACKUP_FRAME + w->n + BACKUP_TAG));
    w->n = 0;
    return ERR_OK;
}

/* A full chunk is sealed only when more follows, so that the last one is known to be it. */
static err put_plain(backup_writer *w, const void *p, size_t n)
{
    const uint8_t *at = p;
    while (n > 0) {
        if (*w->stop)
            return ERR_BUSY;
        if (w->n == BACKUP_CHUNK)
            TRY(put_chunk(w, false));
        size_t room = BACKUP_CHUNK - w->n, take = n < room ? n : room;
        memcpy(w->plain + w->n, at, take);
        w->n += take;
        at += take;
        n -= take;
    }
    return ERR_OK;
}

static err put_entry(backup_writer *w, const char *name, uint64_t size)
{
    uint8_t head[2] = {ENTRY, (uint8_t)strlen(name)}, length[8];
    if (strlen(name) == 0 || strlen(name) > BACKUP_NAME_MAX)
        return ERR_LENGTH;
    store_u64be(length, size);
    TRY(put_plain(w, head, sizeof head));
    TRY(put_plain(w, name, strlen(name)));
    return put_plain(w, length, sizeof length);
}

err backup_writer_open(backup_writer **out, const char *path, const backup_header *header, const backup_keys *keys,
                       const atomic_bool *stop)
{
    uint8_t octets[BACKUP_HEADER];
    backup_writer *w = calloc(1, sizeof *w);
    *out = NULL;
    if (!w)
        return ERR_MEMORY;
    w->keys = *keys;
    w->stop = stop;
    sm3_init(&w->digest);
    err e = large_file_create(&w->fd, path);
    if (e == ERR_OK) {
        backup_header_write(header, octets);
        e = put_octets(w, octets, sizeof octets);
    }
    if (e == ERR_OK)
        *out = w;
    else
        backup_writer_close(w);
    return e;
}

err backup_writer_put(backup_writer *w, const char *name, bytes content)
{
    TRY(put_entry(w, name, content.n));
    return put_plain(w, content.p, content.n);
}

err backup_writer_put_file(backup_writer *w, const char *name, const char *path)
{
    int fd;
    uint64_t size, left;
    TRY(large_file_open(&fd, &size, path));
    err e = put_entry(w, name, size);
    for (left = size; e == ERR_OK && left > 0;) {
        size_t n, want = left < PIECE ? (size_t)left : PIECE;
        e = large_file_read(fd, w->piece, want, &n);
        if (e == ERR_OK && n != want)
            e = ERR_IO;
        if (e == ERR_OK)
            e = put_plain(w, w->piece, n);
        left -= want;
    }
    large_file_close(fd);
    return e;
}

err backup_writer_finish(backup_writer *w, uint64_t *size, uint8_t digest[32])
{
    const uint8_t end = 0;
    TRY(put_plain(w, &end, 1));
    TRY(put_chunk(w, true));
    TRY(large_file_sync(w->fd));
    *size = w->size;
    sm3_final(&w->digest, digest);
    return ERR_OK;
}

void backup_writer_close(backup_writer *w)
{
    if (!w)
        return;
    large_file_close(w->fd);
    wipe(w, sizeof *w);
    free(w);
}
