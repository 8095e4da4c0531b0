/* How long things took, counted without a lock: buckets of an eighth of a power of two, from one microsecond to over a minute. */
#ifndef YIQIAN_BASE_HISTOGRAM_H
#define YIQIAN_BASE_HISTOGRAM_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

enum { HISTOGRAM_BUCKETS = 200 };

/* Zeros at first. */
typedef struct histogram {
    _Atomic uint64_t bucket[HISTOGRAM_BUCKETS], sum_us;
} histogram;

/* As read at one moment; while others count, a few may be missing. */
typedef struct histogram_counts {
    uint64_t bucket[HISTOGRAM_BUCKETS], sum_us;
} histogram_counts;

/* Counts one; what is longer than the last bucket is in it. Thread-safe. */
void histogram_add(histogram *h, uint64_t us);
void histogram_read(const histogram *h, histogram_counts *out);

/* What was counted since `before`. */
void histogram_since(histogram_counts *out, const histogram_counts *before, const histogram_counts *now);

uint64_t histogram_count(const histogram_counts *c);

/* The least number of microseconds that so many thousandths of all did not exceed: the end of their bucket, at most an eighth too much; 0 where
 * nothing was counted. */
uint64_t histogram_quantile(const histogram_counts *c, unsigned thousandths);

/* How many took no longer than 2^power microseconds (power from 4 to 26). */
uint64_t histogram_below(const histogram_counts *c, unsigned power);

#endif
