#include "os/chrony.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "os/clock.h"
#include "os/file.h"
#include "os/program.h"

/* The columns of chronyc's report "tracking" and of a row of "sources" (chronyc(1), -c). */
enum {
    TRACKING_NAME = 1,
    TRACKING_STRATUM = 2,
    TRACKING_REFERENCE_TIME = 3,
    TRACKING_CORRECTION = 4, /* what is to be added to the system clock: positive where it is slow */
    TRACKING_SKEW = 9,
    TRACKING_ROOT_DELAY = 10,
    TRACKING_ROOT_DISPERSION = 11,
    TRACKING_LEAP = 13,
    TRACKING_COLUMNS = 14,
    SOURCE_STATE = 1,
    SOURCE_REACH = 5,
    SOURCE_COLUMNS = 10,
    FIELD_MAX = 128
};

/* Up to limit fields between commas; the number there are. The text is one line. */
typedef struct fields {
    const char *at[TRACKING_COLUMNS];
    size_t size[TRACKING_COLUMNS];
    size_t n;
} fields;

static bool split(fields *out, const char *line, size_t n)
{
    const char *end = line + n;
    out->n = 0;
    for (;;) {
        const char *comma = memchr(line, ',', (size_t)(end - line)), *stop = comma ? comma : end;
        if (out->n == TRACKING_COLUMNS)
            return false;
        out->at[out->n] = line;
        out->size[out->n++] = (size_t)(stop - line);
        if (!comma)
            return true;
        line = comma + 1;
    }
}

/* A decimal number and nothing else, of an absolute value up to max. */
static bool number(double *out, const fields *f, size_t i, double max)
{
    char text[FIELD_MAX], *end;
    if (f->size[i] == 0 || f->size[i] >= sizeof text)
        return false;
    memcpy(text, f->at[i], f->size[i]);
    text[f->size[i]] = '\0';
    if (strspn(text, "0123456789.+-eE") != f->size[i])
        return false;
    *out = strtod(text, &end);
    return *end == '\0' && fabs(*out) <= max;
}

static bool is(const fields *f, size_t i, const char *word)
{
    return f->size[i] == strlen(word) && memcmp(f->at[i], word, f->size[i]) == 0;
}

static int64_t ns_of(double seconds)
{
    return (int64_t)(seconds * 1e9);
}

static uint64_t ns_up(double seconds)
{
    return (uint64_t)ceil(seconds * 1e9);
}

/* Whether a source is selected and was heard of within its last eight polls. What chronyd says without one is its own hold-over, and ours
 * knows the oscillator. */
static bool source_selected(const char *text, size_t n)
{
    while (n > 0) {
        const char *end = memchr(text, '\n', n);
        size_t line = end ? (size_t)(end - text) : n;
        fields f;
        if (split(&f, text, line) && f.n == SOURCE_COLUMNS && is(&f, SOURCE_STATE, "*") && !is(&f, SOURCE_REACH, "0"))
            return true;
        line += end != NULL;
        text += line;
        n -= line;
    }
    return false;
}

static bool read_tracking(clock_reading *out, const fields *f, int64_t unix_ns)
{
    enum { SECONDS_MAX = 1000000000 };
    double stratum, reference, correction, skew, delay, dispersion;
    if (!number(&stratum, f, TRACKING_STRATUM, 16) || !number(&reference, f, TRACKING_REFERENCE_TIME, 9e9) ||
        reference < 0 || !number(&correction, f, TRACKING_CORRECTION, SECONDS_MAX) ||
        !number(&skew, f, TRACKING_SKEW, 1e6) || !number(&delay, f, TRACKING_ROOT_DELAY, SECONDS_MAX) ||
        !number(&dispersion, f, TRACKING_ROOT_DISPERSION, SECONDS_MAX) || stratum < 0 || skew < 0 || dispersion < 0)
        return false;
    int64_t age = unix_ns - ns_of(reference);
    if (age < 0) /* the clock was set back since */
        return false;
    char name[FIELD_MAX];
    clock_reading_text(name, sizeof name, f->at[TRACKING_NAME], f->size[TRACKING_NAME]);
    clock_reading_none(out, CLOCK_CHRONY, out->id, "stratum %d from %.40s, skew %.3f ppm", (int)stratum, name, skew);
    /* chronyc(1), tracking: clock_error <= |system_time_offset| + root_dispersion + 0.5 * root_delay. A delay below zero comes from a
     * reference clock. */
    out->offset_ns = -ns_of(correction);
    out->bound_ns = ns_up(dispersion + fabs(delay) / 2);
    out->age_ns = (uint64_t)age;
    out->mark = (uint64_t)ns_of(reference) + 1;
    out->leap = is(f, TRACKING_LEAP, "Insert second") ? 1 : is(f, TRACKING_LEAP, "Delete second") ? -1 : 0;
    return true;
}

void chrony_read(clock_reading *out, const char *id, const char *text, size_t n, int64_t unix_ns)
{
    fields f;
    const char *end = memchr(text, '\n', n);
    size_t line = end ? (size_t)(end - text) : n;
    clock_reading_none(out, CLOCK_CHRONY, id, "answer not understood");
    if (!split(&f, text, line) || f.n != TRACKING_COLUMNS)
        return;
    if (is(&f, TRACKING_LEAP, "Not synchronised")) {
        clock_reading_none(out, CLOCK_CHRONY, id, "not synchronised");
        return;
    }
    if (!read_tracking(out, &f, unix_ns))
        return;
    if (end && source_selected(end + 1, n - line - 1))
        out->synchronised = true;
    else
        clock_reading_none(out, CLOCK_CHRONY, id, "no source is selected");
}

static const char *find_chronyc(void)
{
    static const char *const paths[] = {"/usr/bin/chronyc", "/usr/local/bin/chronyc"};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        if (file_exists(paths[i]))
            return paths[i];
    return NULL;
}

void chrony_measure(clock_reading *out, const endpoint *at)
{
    char port[8], *text;
    const char *id = at ? at->text : "chronyd", *chronyc = find_chronyc();
    size_t n;
    if (!chronyc) {
        clock_reading_none(out, CLOCK_CHRONY, id, "chronyc is not installed");
        return;
    }
    const char *here[] = {chronyc, "-n", "-c", "-m", "tracking", "sources", NULL};
    const char *there[] = {chronyc, "-h", at ? at->host : "", "-p",      port, "-n",
                           "-c",    "-m", "tracking",         "sources", NULL};
    (void)snprintf(port, sizeof port, "%u", at ? at->port : CHRONY_PORT);
    text = malloc(CHRONY_TEXT_MAX);
    err e = text ? program_run(at ? there : here, text, CHRONY_TEXT_MAX, &n, CHRONY_WAIT_MS) : ERR_MEMORY;
    if (e == ERR_OK)
        chrony_read(out, id, text, n, (int64_t)clock_unix_ns());
    else
        clock_reading_none(out, CLOCK_CHRONY, id, "%s",
                           e == ERR_TIMEOUT  ? "silent"
                           : e == ERR_REMOTE ? "chronyd does not answer"
                                             : "chronyc failed");
    free(text);
}
