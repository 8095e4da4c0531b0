/* crypto/scan.h with AVX2: a coordinate is one register, and two entries are on their way at a time. */
#ifndef YIQIAN_CRYPTO_SCAN_AVX2_H
#define YIQIAN_CRYPTO_SCAN_AVX2_H

#include <immintrin.h>

#include "crypto/point.h"

/* r = table[wanted] for wanted < count, which is even. */
static inline void scan_affine(point_affine *r, const point_affine *table, uint64_t count, uint64_t wanted)
{
    const __m256i target = _mm256_set1_epi64x((long long)wanted), two = _mm256_set1_epi64x(2);
    __m256i even = _mm256_setzero_si256(), odd = _mm256_set1_epi64x(1);
    __m256i x0 = even, y0 = even, x1 = even, y1 = even;
    for (uint64_t i = 0; i < count; i += 2) {
        const point_affine *p = &table[i];
        __m256i m0 = _mm256_cmpeq_epi64(even, target), m1 = _mm256_cmpeq_epi64(odd, target);
        x0 = _mm256_or_si256(x0, _mm256_and_si256(m0, _mm256_loadu_si256((const __m256i *)p[0].x.v)));
        y0 = _mm256_or_si256(y0, _mm256_and_si256(m0, _mm256_loadu_si256((const __m256i *)p[0].y.v)));
        x1 = _mm256_or_si256(x1, _mm256_and_si256(m1, _mm256_loadu_si256((const __m256i *)p[1].x.v)));
        y1 = _mm256_or_si256(y1, _mm256_and_si256(m1, _mm256_loadu_si256((const __m256i *)p[1].y.v)));
        even = _mm256_add_epi64(even, two);
        odd = _mm256_add_epi64(odd, two);
    }
    _mm256_storeu_si256((__m256i *)r->x.v, _mm256_or_si256(x0, x1));
    _mm256_storeu_si256((__m256i *)r->y.v, _mm256_or_si256(y0, y1));
}

#endif
