#include "os/host.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "os/clock.h"
#include "os/file.h"

enum { TEXT_MAX = 128 << 10, PATH_MAX_BYTES = 320, ZONES_MAX = 64 };

/* Files of /proc say no size: they are read until their end, or until the room is full. "" where there is nothing. */
static const char *read_text(arena *a, const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    char *text = fd >= 0 ? arena_alloc(a, TEXT_MAX) : NULL;
    size_t n = 0;
    ssize_t got = 1;
    while (text && n < TEXT_MAX - 1 && (got = read(fd, text + n, TEXT_MAX - 1 - n)) > 0)
        n += (size_t)got;
    if (fd >= 0)
        (void)close(fd);
    if (!text || got < 0)
        return "";
    text[n] = '\0';
    return text;
}

/* A partition has no entry of its own there; what is made of other disks is counted with them. */
static bool is_disk(const char *name)
{
    static const char *const others[] = {"loop", "ram", "zram", "dm-", "md", "sr", "fd"};
    char path[PATH_MAX_BYTES];
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (strncmp(name, others[i], strlen(others[i])) == 0)
            return false;
    if (strchr(name, '/'))
        return false;
    (void)snprintf(path, sizeof path, "/sys/block/%s", name);
    return file_exists(path);
}

static err count_one(void *context, const char *name)
{
    int64_t *n = context;
    (void)name;
    (*n)++;
    return ERR_OK;
}

/* The directory is itself open while it is read. */
static int64_t open_files(void)
{
    int64_t n = 0;
    return file_each("/proc/self/fd", count_one, &n) == ERR_OK && n > 0 ? n - 1 : HOST_UNKNOWN;
}

static int64_t warmest(arena *a)
{
    int64_t most = HOST_UNKNOWN;
    for (unsigned i = 0; i < ZONES_MAX; i++) {
        char path[PATH_MAX_BYTES];
        (void)snprintf(path, sizeof path, "/sys/class/thermal/thermal_zone%u/temp", i);
        if (!file_exists(path))
            break;
        int64_t value = host_parse_number(read_text(a, path));
        most = value > most ? value : most;
    }
    return most;
}

void host_read(host_reading *out, arena *a)
{
    memset(out, 0, sizeof *out);
    host_parse_cpu(out, read_text(a, "/proc/stat"));
    host_parse_load(out, read_text(a, "/proc/loadavg"));
    host_parse_memory(out, read_text(a, "/proc/meminfo"));
    host_parse_network(out, read_text(a, "/proc/net/dev"));
    host_parse_disks(out, read_text(a, "/proc/diskstats"), is_disk);
    host_parse_process(out, read_text(a, "/proc/self/status"));
    out->temperature = warmest(a);
    out->entropy = host_parse_number(read_text(a, "/proc/sys/kernel/random/entropy_avail"));
    out->process_files = open_files();
    out->process_cpu_ns = (int64_t)clock_process_cpu_ns();
}

void host_disk_read(host_disk *out, const char *path)
{
    struct statvfs s;
    *out = (host_disk){HOST_UNKNOWN, HOST_UNKNOWN, HOST_UNKNOWN, HOST_UNKNOWN};
    if (statvfs(path, &s) != 0 || s.f_frsize == 0)
        return;
    out->free = (int64_t)(s.f_bavail * s.f_frsize);
    out->total = (int64_t)(s.f_blocks * s.f_frsize);
    if (s.f_files == 0)
        return;
    out->inodes_free = (int64_t)s.f_favail;
    out->inodes_total = (int64_t)s.f_files;
}

void host_name(char out[HOST_NAME])
{
    if (gethostname(out, HOST_NAME) != 0 || out[0] == '\0')
        (void)snprintf(out, HOST_NAME, "localhost");
    out[HOST_NAME - 1] = '\0';
}
