#include "welch.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void welch_add(welch *w, int class, double x)
{
    double delta = x - w->mean[class];
    w->n[class]++;
    w->mean[class] += delta / w->n[class];
    w->squares[class] += delta * (x - w->mean[class]);
}

double welch_t(const welch *w)
{
    if (w->n[0] < 100 || w->n[1] < 100)
        return 0;
    double variance = w->squares[0] / (w->n[0] - 1) / w->n[0] + w->squares[1] / (w->n[1] - 1) / w->n[1];
    return variance > 0 ? (w->mean[0] - w->mean[1]) / sqrt(variance) : 0;
}

static int compare_times(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

/* Bounds at the quantiles 1 - 2^(-10 i / CROPS): most of them lie in the upper half. */
void comparison_init(comparison *c, uint64_t *sample, size_t n)
{
    memset(c, 0, sizeof *c);
    qsort(sample, n, sizeof *sample, compare_times);
    for (int i = 0; i < CROPS; i++) {
        double quantile = 1 - pow(0.5, 10.0 * (i + 1) / CROPS);
        c->bound[i] = (double)sample[(size_t)(quantile * (double)n)];
    }
}

void comparison_add(comparison *c, int class, double time)
{
    welch_add(&c->all, class, time);
    for (int i = 0; i < CROPS; i++)
        if (time < c->bound[i])
            welch_add(&c->cropped[i], class, time);
    /* Of the lower nine tenths, about the mean so far. */
    if (c->all.n[0] > ENOUGH / 2 && c->all.n[1] > ENOUGH / 2 && time < c->bound[CROPS / 3]) {
        double distance = time - c->cropped[CROPS / 3].mean[class];
        welch_add(&c->variance, class, distance * distance);
    }
}

double comparison_worst(const comparison *c)
{
    double worst = fmax(fabs(welch_t(&c->all)), fabs(welch_t(&c->variance)));
    for (int i = 0; i < CROPS; i++)
        worst = fmax(worst, fabs(welch_t(&c->cropped[i])));
    return worst;
}
