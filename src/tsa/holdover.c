#include "tsa/holdover.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

static const double day = 86400;

/* A crystal whose rate was steered until now, in a room whose temperature stays within a few degrees. */
const oscillator oscillator_quartz = {.frequency = 1e-6, .aging_per_day = 5e-8, .stability = 5e-9, .temperature = 4e-6};

const oscillator oscillator_ocxo = {
    .frequency = 1e-10, .aging_per_day = 5e-10, .stability = 2e-11, .temperature = 2e-10};

/* ---- figures as text ---- */

static const struct {
    const char *name;
    size_t offset;
} figures[] = {{"frequency", offsetof(oscillator, frequency)},
               {"aging", offsetof(oscillator, aging_per_day)},
               {"stability", offsetof(oscillator, stability)},
               {"temperature", offsetof(oscillator, temperature)}};
enum { FIGURES = sizeof figures / sizeof *figures };

static err read_figure(oscillator *out, const char **text, unsigned *seen)
{
    size_t n = strcspn(*text, "="), i = 0;
    while (i < FIGURES && (strlen(figures[i].name) != n || strncmp(figures[i].name, *text, n) != 0))
        i++;
    if (i == FIGURES || (*text)[n] != '=')
        return ERR_ENCODING;
    if (*seen & 1u << i)
        return ERR_EXISTS;
    *seen |= 1u << i;
    *text += n + 1;
    /* Digits, point and exponent only: strtod takes "nan", "inf" and hex as well. */
    size_t number = strspn(*text, "0123456789.eE-+");
    char *end;
    double value = strtod(*text, &end);
    if (number == 0 || end != *text + number)
        return ERR_ENCODING;
    if (!(value >= 0 && value <= 1e-3))
        return ERR_RANGE;
    memcpy((char *)out + figures[i].offset, &value, sizeof value);
    *text = end;
    return ERR_OK;
}

err oscillator_read(oscillator *out, const char *text)
{
    unsigned seen = 0;
    *out = oscillator_quartz;
    if (strcmp(text, "quartz") == 0)
        return ERR_OK;
    *out = oscillator_ocxo;
    if (strcmp(text, "ocxo") == 0)
        return ERR_OK;
    for (;;) {
        text += strspn(text, " ");
        TRY(read_figure(out, &text, &seen));
        text += strspn(text, " ");
        if (!*text)
            return seen == (1u << FIGURES) - 1 ? ERR_OK : ERR_FIELD_MISSING;
        if (*text++ != ',')
            return ERR_ENCODING;
    }
}

/* ---- the model ---- */

/* What is added within t seconds. */
static double growth(const oscillator *o, double t)
{
    return (o->frequency + o->temperature) * t + o->aging_per_day / day * t * t / 2 + 5 * o->stability * (t + 1);
}

uint64_t holdover_bound(const oscillator *o, uint64_t bound_ns, uint64_t elapsed_ns)
{
    /* A part in 1E12 more than was computed: far above what doubles lose, far below what the figures say. */
    double added = ceil(growth(o, (double)elapsed_ns / 1e9) * 1e9 * (1 + 1e-12));
    if (!(added < 1.6e19) || bound_ns > UINT64_MAX - (uint64_t)added)
        return UINT64_MAX;
    return bound_ns + (uint64_t)added;
}

uint64_t holdover_seconds(const oscillator *o, uint64_t bound_ns, uint64_t limit_ns)
{
    const uint64_t century = UINT64_C(36525) * 86400, second_ns = 1000000000;
    uint64_t low = 0, high = century;
    if (holdover_bound(o, bound_ns, high * second_ns) <= limit_ns)
        return UINT64_MAX;
    while (low < high) { /* the bound never falls */
        uint64_t middle = low + (high - low + 1) / 2;
        bool within = holdover_bound(o, bound_ns, middle * second_ns) <= limit_ns;
        low = within ? middle : low;
        high = within ? high : middle - 1;
    }
    return low;
}
