/* The machine and this process as /proc and /sys show them (proc(5)). The parsers take texts that are bounded and may be broken: what is not
 * there, or is no number, is HOST_UNKNOWN, never a guess. */
#ifndef YIQIAN_OS_HOST_H
#define YIQIAN_OS_HOST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

#define HOST_UNKNOWN INT64_C(-1)
enum { HOST_NAME = 65 };

typedef struct host_reading {
    int64_t cpu_busy, cpu_total;            /* ticks since the start of the machine */
    int64_t load;                           /* thousandths: the mean of the last minute */
    int64_t memory_total, memory_available; /* bytes */
    int64_t net_received, net_sent;         /* bytes since the start, of all interfaces but loopback */
    int64_t disk_read, disk_written;        /* bytes since the start, of whole disks */
    int64_t temperature;                    /* thousandths of a degree Celsius: the warmest zone */
    int64_t entropy;                        /* bits that the kernel's pool says it has */
    int64_t process_memory, process_files;  /* bytes resident; open files */
    int64_t process_cpu_ns;
} host_reading;

/* Reads all of it; what cannot be read is HOST_UNKNOWN. The arena is used up to 1 MiB. */
void host_read(host_reading *out, arena *a);

/* A file system by a path on it: bytes and inodes, all HOST_UNKNOWN where it cannot be asked. An inode count of 0 (btrfs has none to count) is
 * HOST_UNKNOWN, too. */
typedef struct host_disk {
    int64_t free, total, inodes_free, inodes_total;
} host_disk;
void host_disk_read(host_disk *out, const char *path);

/* The machine's name, or "localhost". */
void host_name(char out[HOST_NAME]);

/* ---- parsers, of the files' texts ---- */

void host_parse_cpu(host_reading *out, const char *proc_stat);
void host_parse_load(host_reading *out, const char *proc_loadavg);
void host_parse_memory(host_reading *out, const char *proc_meminfo);
void host_parse_network(host_reading *out, const char *proc_net_dev);
/* is_whole: whether a name of the file is a disk, not a partition of one. */
void host_parse_disks(host_reading *out, const char *proc_diskstats, bool (*is_whole)(const char *name));
/* Bytes of a "VmRSS:  123 kB" line. */
void host_parse_process(host_reading *out, const char *proc_self_status);
/* One number alone in its file; HOST_UNKNOWN for anything else, or a negative one. */
int64_t host_parse_number(const char *text);

#endif
