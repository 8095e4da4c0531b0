/* The statistics of dudect (Reparaz, Balasch and Verbauwhede, "Dude, is my code constant time?", DATE 2017): times of two classes
 * of inputs are compared by Welch's t-test, once as they are, once for each of many upper bounds above which times are left out
 * (what is slow was disturbed by something else), and once for their variances. */
#ifndef YIQIAN_TESTS_WELCH_H
#define YIQIAN_TESTS_WELCH_H

#include <stddef.h>
#include <stdint.h>

typedef struct welch {
    double n[2], mean[2], squares[2];
} welch;

void welch_add(welch *w, int class, double x);
/* 0 while there are too few. */
double welch_t(const welch *w);

/* |t| beyond which two classes do differ, and beyond which they may; below `ENOUGH` measurements neither says anything. */
enum { CROPS = 100, ENOUGH = 10000 };
static const double leak_from = 10, suspicious_from = 4.5;

typedef struct comparison {
    double bound[CROPS];
    welch all, cropped[CROPS], variance;
} comparison;

/* The bounds from a first sample, which is sorted by this and not counted. */
void comparison_init(comparison *c, uint64_t *sample, size_t n);
void comparison_add(comparison *c, int class, double time);
/* The largest |t| of all tests. */
double comparison_worst(const comparison *c);

#endif
