#include "service/time_options.h"

#include <string.h>

#include "os/chrony.h"
#include "os/gpsd.h"
#include "os/ntp.h"

static const struct {
    const char *name;
    clock_source_kind kind;
    bool alone;    /* may stand without an address, and once only */
    uint16_t port; /* 0: never has an address */
} kinds[] = {{"chrony", CLOCK_CHRONY, true, CHRONY_PORT},
             {"kernel", CLOCK_KERNEL, true, 0},
             {"ntp", CLOCK_NTP, false, NTP_PORT},
             {"gpsd", CLOCK_GPSD, false, GPSD_PORT}};
enum { KINDS = sizeof kinds / sizeof *kinds, SOURCE_TEXT = 80 };

static bool listed(const time_sources *sources, const time_source *one, bool alone)
{
    for (size_t i = 0; i < sources->n; i++)
        if (sources->of[i].kind == one->kind && (alone || strcmp(sources->of[i].at.text, one->at.text) == 0))
            return true;
    return false;
}

static err read_source(time_sources *out, const char *text, size_t n)
{
    char one[SOURCE_TEXT];
    if (n == 0 || n >= sizeof one)
        return ERR_ENCODING;
    if (out->n == TIME_SOURCES_MAX)
        return ERR_LIMIT;
    memcpy(one, text, n);
    one[n] = '\0';
    char *address = strchr(one, ':');
    if (address)
        *address++ = '\0';
    size_t i = 0;
    while (i < KINDS && strcmp(kinds[i].name, one) != 0)
        i++;
    if (i == KINDS || (address ? kinds[i].port == 0 : !kinds[i].alone))
        return ERR_ENCODING;
    time_source *source = &out->of[out->n];
    *source = (time_source){.kind = kinds[i].kind, .has_at = address != NULL};
    if (address)
        TRY(endpoint_read(&source->at, address, kinds[i].port));
    if (listed(out, source, kinds[i].alone))
        return ERR_EXISTS;
    out->n++;
    return ERR_OK;
}

err time_sources_read(time_sources *out, const char *text)
{
    *out = (time_sources){.n = 0};
    if (strcmp(text, "system") == 0)
        return ERR_OK;
    for (;;) {
        text += strspn(text, " ");
        size_t n = strcspn(text, ", ");
        TRY(read_source(out, text, n));
        text += n;
        text += strspn(text, " ");
        if (!*text)
            return ERR_OK;
        if (*text++ != ',')
            return ERR_ENCODING;
    }
}

unsigned time_sources_voices(const time_sources *sources)
{
    unsigned voices = 0;
    bool local = false;
    for (size_t i = 0; i < sources->n; i++) {
        bool of_this_machine = sources->of[i].kind == CLOCK_CHRONY || sources->of[i].kind == CLOCK_KERNEL;
        voices += !of_this_machine || !local;
        local = local || of_this_machine;
    }
    return voices;
}

static bool two_digits(int *out, const char *text)
{
    if (text[0] < '0' || text[0] > '9' || text[1] < '0' || text[1] > '9')
        return false;
    *out = (text[0] - '0') * 10 + (text[1] - '0');
    return true;
}

err time_zone_read(int *minutes, const char *text)
{
    enum { WEST_MAX = 12 * 60, EAST_MAX = 14 * 60 };
    int hour, minute;
    *minutes = 0;
    if (strcmp(text, "UTC") == 0)
        return ERR_OK;
    if (strcmp(text, "Asia/Shanghai") == 0)
        text = "+08:00";
    if (strlen(text) != 6 || (*text != '+' && *text != '-') || text[3] != ':' || !two_digits(&hour, text + 1) ||
        !two_digits(&minute, text + 4))
        return ERR_ENCODING;
    *minutes = (*text == '-' ? -1 : 1) * (hour * 60 + minute);
    return minute <= 59 && *minutes >= -WEST_MAX && *minutes <= EAST_MAX ? ERR_OK : ERR_RANGE;
}
