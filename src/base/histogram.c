#include "base/histogram.h"

enum {
    EXACT = 16,     /* buckets of one microsecond each, up to here */
    EXACT_BITS = 4, /* 2^4 = EXACT */
    PART_BITS = 3,  /* eight buckets a power of two */
    PARTS = 1 << PART_BITS
};

static size_t bucket_of(uint64_t us)
{
    if (us < EXACT)
        return (size_t)us;
    unsigned power = 63U - (unsigned)__builtin_clzll(us);
    size_t at = EXACT + (size_t)(power - EXACT_BITS) * PARTS + (size_t)((us >> (power - PART_BITS)) & (PARTS - 1));
    return at < HISTOGRAM_BUCKETS ? at : HISTOGRAM_BUCKETS - 1;
}

/* The largest number in it. */
static uint64_t end_of(size_t at)
{
    if (at < EXACT)
        return at;
    unsigned power = EXACT_BITS + (unsigned)((at - EXACT) / PARTS);
    return (((uint64_t)PARTS + (at - EXACT) % PARTS + 1) << (power - PART_BITS)) - 1;
}

void histogram_add(histogram *h, uint64_t us)
{
    (void)atomic_fetch_add_explicit(&h->bucket[bucket_of(us)], 1, memory_order_relaxed);
    (void)atomic_fetch_add_explicit(&h->sum_us, us, memory_order_relaxed);
}

void histogram_read(const histogram *h, histogram_counts *out)
{
    for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++)
        out->bucket[i] = atomic_load_explicit(&h->bucket[i], memory_order_relaxed);
    out->sum_us = atomic_load_explicit(&h->sum_us, memory_order_relaxed);
}

void histogram_since(histogram_counts *out, const histogram_counts *before, const histogram_counts *now)
{
    for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++)
        out->bucket[i] = now->bucket[i] - before->bucket[i];
    out->sum_us = now->sum_us - before->sum_us;
}

uint64_t histogram_count(const histogram_counts *c)
{
    uint64_t n = 0;
    for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++)
        n += c->bucket[i];
    return n;
}

uint64_t histogram_quantile(const histogram_counts *c, unsigned thousandths)
{
    enum { THOUSAND = 1000 };
    uint64_t n = histogram_count(c), seen = 0;
    uint64_t wanted = (n * thousandths + THOUSAND - 1) / THOUSAND;
    if (n == 0)
        return 0;
    for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
        seen += c->bucket[i];
        if (seen >= wanted && seen > 0)
            return end_of(i);
    }
    return end_of(HISTOGRAM_BUCKETS - 1);
}

uint64_t histogram_below(const histogram_counts *c, unsigned power)
{
    uint64_t n = 0;
    for (size_t i = 0; i < HISTOGRAM_BUCKETS && end_of(i) < (UINT64_C(1) << power); i++)
        n += c->bucket[i];
    return n;
}
