#include <string.h>

#include "os/host.h"

enum { KIB = 1024, SECTOR = 512, NAME_BYTES = 64 };

/* A decimal number at *at, which moves behind it; false: there is none, or it is larger than counters are (2^53). */
static bool number(const char **at, int64_t *out)
{
    static const int64_t most = INT64_C(1) << 53;
    const char *p = *at;
    *out = 0;
    while (*p == ' ' || *p == '\t')
        p++;
    if (*p < '0' || *p > '9')
        return false;
    for (; *p >= '0' && *p <= '9'; p++) {
        *out = *out * 10 + (*p - '0');
        if (*out > most)
            return false;
    }
    *at = p;
    return true;
}

static const char *next_line(const char *at)
{
    at += strcspn(at, "\n");
    return *at ? at + 1 : at;
}

/* user nice system idle iowait irq softirq steal: idle is the fourth and the fifth; guest time is in user's already. */
void host_parse_cpu(host_reading *out, const char *text)
{
    enum { FIELDS = 8, IDLE = 3, IOWAIT = 4, LEAST = 4 };
    int64_t total = 0, idle = 0, value;
    unsigned n = 0;
    out->cpu_busy = out->cpu_total = HOST_UNKNOWN;
    if (strncmp(text, "cpu ", 4) != 0)
        return;
    for (const char *at = text + 4; n < FIELDS && number(&at, &value); n++) {
        total += value;
        idle += n == IDLE || n == IOWAIT ? value : 0;
    }
    if (n < LEAST)
        return;
    out->cpu_total = total;
    out->cpu_busy = total - idle;
}

/* "0.52 0.58 0.59 1/467 12345" */
void host_parse_load(host_reading *out, const char *text)
{
    enum { THOUSAND = 1000 };
    int64_t whole, part = 0, scale = THOUSAND;
    const char *at = text;
    out->load = HOST_UNKNOWN;
    if (!number(&at, &whole) || *at != '.' || whole > INT32_MAX)
        return;
    at++;
    if (*at < '0' || *at > '9')
        return;
    for (; *at >= '0' && *at <= '9'; at++) {
        scale /= 10;
        part += (*at - '0') * scale;
    }
    out->load = whole * THOUSAND + part;
}

/* The number of kibibytes behind "name:", as bytes. */
static int64_t kib_of(const char *text, const char *name)
{
    size_t n = strlen(name);
    int64_t value;
    for (const char *line = text; *line; line = next_line(line)) {
        const char *at = line + n + 1;
        if (strncmp(line, name, n) == 0 && line[n] == ':')
            return number(&at, &value) && strncmp(at, " kB", 3) == 0 ? value * KIB : HOST_UNKNOWN;
    }
    return HOST_UNKNOWN;
}

void host_parse_memory(host_reading *out, const char *text)
{
    out->memory_total = kib_of(text, "MemTotal");
    out->memory_available = kib_of(text, "MemAvailable");
    if (out->memory_available > out->memory_total)
        out->memory_available = HOST_UNKNOWN;
}

/* "  eth0: 123 0 0 0 0 0 0 0 456 ...": the first number is what was received, the ninth what was sent. */
void host_parse_network(host_reading *out, const char *text)
{
    enum { FIELDS = 9, SENT = 8 };
    bool any = false;
    int64_t received = 0, sent = 0, value[FIELDS];
    out->net_received = out->net_sent = HOST_UNKNOWN;
    for (const char *line = text; *line; line = next_line(line)) {
        const char *name = line + strspn(line, " "), *at = name + strcspn(name, ":\n");
        unsigned n = 0;
        if (*at != ':')
            continue;
        bool loopback = at - name == 2 && memcmp(name, "lo", 2) == 0;
        for (at++; n < FIELDS && number(&at, &value[n]);)
            n++;
        if (n < FIELDS)
            return;
        any = true;
        received += loopback ? 0 : value[0];
        sent += loopback ? 0 : value[SENT];
    }
    if (!any)
        return;
    out->net_received = received;
    out->net_sent = sent;
}

/* "   8       0 sda reads merged sectors ms writes merged sectors ms ..." */
void host_parse_disks(host_reading *out, const char *text, bool (*is_whole)(const char *name))
{
    enum { FIELDS = 7, READ = 2, WRITTEN = 6 };
    bool any = false;
    int64_t read = 0, written = 0, value[FIELDS];
    out->disk_read = out->disk_written = HOST_UNKNOWN;
    for (const char *line = text; *line; line = next_line(line)) {
        const char *at = line;
        char name[NAME_BYTES];
        unsigned n = 0;
        if (!number(&at, &value[0]) || !number(&at, &value[1]) || *at != ' ')
            continue;
        at++;
        size_t length = strcspn(at, " \n");
        if (length == 0 || length >= sizeof name)
            continue;
        memcpy(name, at, length);
        name[length] = '\0';
        for (at += length; n < FIELDS && number(&at, &value[n]);)
            n++;
        if (n < FIELDS || !is_whole(name))
            continue;
        any = true;
        read += value[READ] * SECTOR;
        written += value[WRITTEN] * SECTOR;
    }
    if (!any)
        return;
    out->disk_read = read;
    out->disk_written = written;
}

void host_parse_process(host_reading *out, const char *text)
{
    out->process_memory = kib_of(text, "VmRSS");
}

int64_t host_parse_number(const char *text)
{
    int64_t value;
    const char *at = text;
    return number(&at, &value) && (*at == '\n' || *at == '\0') ? value : HOST_UNKNOWN;
}
