/* Multiples of G, made by scripts/tools/point_table.py. */
#ifndef YIQIAN_CRYPTO_POINT_TABLE_H
#define YIQIAN_CRYPTO_POINT_TABLE_H

#include "crypto/point.h"

/* sdk/wasm computes them at its start. */
#ifdef YIQIAN_POINT_TABLES_COMPUTED
#define POINT_TABLE extern
#else
#define POINT_TABLE extern const
#endif

/* [i][j] = (2j + 1) * 2^(7i) * G: 148 KiB. */
enum { POINT_BASE_BITS = 7, POINT_BASE_WINDOWS = 37, POINT_BASE_ENTRIES = 1 << (POINT_BASE_BITS - 1) };
POINT_TABLE point_affine point_base_table[POINT_BASE_WINDOWS][POINT_BASE_ENTRIES];

/* [s][j] = (2j + 1) * 2^(64s) * G: 32 KiB. */
enum { POINT_ODD_BITS = 9, POINT_ODD_ENTRIES = 1 << (POINT_ODD_BITS - 2) };
POINT_TABLE point_affine point_odd_table[POINT_PARTS][POINT_ODD_ENTRIES];

#endif
