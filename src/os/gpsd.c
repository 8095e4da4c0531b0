#include "os/gpsd.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "os/clock.h"

static const int64_t second_ns = 1000000000;
static const uint64_t told_ns =
    100000; /* from the edge's interrupt to the clock's reading, beyond the precision that gpsd says */
static const uint64_t precision_worst_ns = 1000000000;

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "";
}

static gpsd_device *device_of(gpsd_session *s, const json_t *object)
{
    char path[sizeof s->devices->path];
    const char *name = text_of(object, "device");
    clock_reading_text(path, sizeof path, name, strlen(name));
    if (!*path)
        return NULL;
    for (size_t i = 0; i < s->n; i++)
        if (strcmp(s->devices[i].path, path) == 0)
            return &s->devices[i];
    if (s->n == GPSD_DEVICES)
        return NULL;
    gpsd_device *d = &s->devices[s->n++];
    *d = (gpsd_device){0};
    memcpy(d->path, path, sizeof path);
    return d;
}

/* NAME_sec and NAME_nsec as nanoseconds. */
static bool instant(int64_t *out, const json_t *object, const char *s_name, const char *ns_name)
{
    const json_t *s = json_object_get(object, s_name), *ns = json_object_get(object, ns_name);
    if (!json_is_integer(s) || !json_is_integer(ns))
        return false;
    int64_t seconds = json_integer_value(s), rest = json_integer_value(ns);
    if (seconds < 0 || seconds > CLOCK_NS_MAX / second_ns * 8 || rest < 0 || rest >= second_ns)
        return false;
    *out = seconds * second_ns + rest;
    return true;
}

/* Our clock's time of an event less the receiver's. */
static bool difference(int64_t *out, const json_t *object)
{
    int64_t real, clock;
    if (!instant(&real, object, "real_sec", "real_nsec") || !instant(&clock, object, "clock_sec", "clock_nsec"))
        return false;
    *out = clock - real;
    return *out <= CLOCK_NS_MAX && *out >= -CLOCK_NS_MAX;
}

/* One that shows a second more than another contradicts it: then the receiver does not keep to what is taken for granted. */
static void take_sentence(gpsd_device *d, int64_t late_ns, uint64_t at_ns)
{
    if (d->pps || late_ns > CLOCK_NS_MAX || late_ns < -CLOCK_NS_MAX)
        return;
    d->earliest_ns = !d->timed || late_ns < d->earliest_ns ? late_ns : d->earliest_ns;
    d->latest_ns = !d->timed || late_ns > d->latest_ns ? late_ns : d->latest_ns;
    d->timed = true;
    d->at_ns = at_ns;
}

/* The interval that all sentences allow. */
static bool judge_sentences(gpsd_device *d)
{
    int64_t least = d->latest_ns - second_ns, most = d->earliest_ns;
    if (least > most)
        return false;
    d->offset_ns = least + (most - least) / 2;
    d->bound_ns = (uint64_t)(most - least) / 2 + 1;
    return true;
}

static void take_pps(gpsd_device *d, const json_t *object, uint64_t at_ns)
{
    int64_t offset;
    const json_t *precision = json_object_get(object, "precision");
    if (!json_is_integer(precision) || !difference(&offset, object))
        return;
    json_int_t log2_s = json_integer_value(precision);
    if (log2_s > 0 || log2_s < -30)
        return;
    d->pps = true;
    d->offset_ns = offset;
    d->bound_ns = (precision_worst_ns >> -log2_s) + 1 + told_ns;
    d->at_ns = at_ns;
}

static void take_fix(gpsd_device *d, const json_t *object, int64_t unix_ns, uint64_t at_ns)
{
    int64_t time_ms;
    json_int_t mode = json_integer_value(json_object_get(object, "mode"));
    const char *time = text_of(object, "time");
    d->fixed = mode >= 2;
    if (d->fixed && clock_read(&time_ms, time) && time_ms <= CLOCK_NS_MAX / 1000000 * 4)
        take_sentence(d, unix_ns - time_ms * 1000000, at_ns);
}

void gpsd_line(gpsd_session *s, const char *line, size_t n, int64_t unix_ns, uint64_t at_ns)
{
    if (n == 0 || n > GPSD_LINE_MAX)
        return;
    json_t *object = json_loadb(line, n, JSON_REJECT_DUPLICATES, NULL);
    const char *class = text_of(object, "class");
    gpsd_device *d = *class ? device_of(s, object) : NULL;
    int64_t late;
    if (d && strcmp(class, "TPV") == 0)
        take_fix(d, object, unix_ns, at_ns);
    else if (d && strcmp(class, "PPS") == 0)
        take_pps(d, object, at_ns);
    else if (d && strcmp(class, "TOFF") == 0 && difference(&late, object))
        take_sentence(d, late, at_ns);
    json_decref(object);
}

bool gpsd_complete(const gpsd_session *s)
{
    for (size_t i = 0; i < s->n; i++)
        if (!s->devices[i].fixed || !s->devices[i].pps)
            return false;
    return s->n > 0;
}

size_t gpsd_readings(clock_reading *out, size_t max, const gpsd_session *s, const char *id, uint64_t now_ns)
{
    size_t n = 0;
    for (size_t i = 0; i < s->n && n < max; i++, n++) {
        gpsd_device one = s->devices[i], *d = &one;
        char name[CLOCK_ID_TEXT];
        (void)snprintf(name, sizeof name, "%s %s", id, d->path);
        bool timed = d->fixed && (d->pps || (d->timed && judge_sentences(d)));
        clock_reading_none(&out[n], CLOCK_GPSD, name, "%s",
                           !d->fixed ? "no fix"
                           : d->pps  ? "PPS"
                           : timed   ? "sentences"
                                     : "no time");
        if (!timed)
            continue;
        out[n].synchronised = true;
        out[n].offset_ns = d->offset_ns;
        out[n].bound_ns = d->bound_ns;
        out[n].age_ns = now_ns > d->at_ns ? now_ns - d->at_ns : 0;
    }
    if (n == 0 && max > 0)
        clock_reading_none(&out[n++], CLOCK_GPSD, id, "no receiver");
    return n;
}
