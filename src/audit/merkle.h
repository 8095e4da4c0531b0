/* The tree of RFC 9162 2.1 (RFC 6962), with SM3: only its frontier, that is the roots of the full subtrees that the bits of the
 * size stand for. That is enough to append and to give the root. */
#ifndef YIQIAN_AUDIT_MERKLE_H
#define YIQIAN_AUDIT_MERKLE_H

#include <stdint.h>

#include "crypto/sm3.h"

enum { MERKLE_LEVELS = 64 };

/* node[i] is the root of the full subtree of 2^i leaves, where bit i of size is set. */
typedef struct merkle {
    uint64_t size;
    uint8_t node[MERKLE_LEVELS][SM3_SIZE];
} merkle;

void merkle_init(merkle *m);

/* Appends a leaf by its hash, SM3(0x00 || data). */
void merkle_append(merkle *m, const uint8_t leaf[SM3_SIZE]);

/* Appends a full subtree of 2^level leaves by its root. The size must be a multiple of 2^level. */
void merkle_append_subtree(merkle *m, unsigned level, const uint8_t root[SM3_SIZE]);

/* The root; of the empty tree SM3 of nothing. */
void merkle_root(uint8_t root[SM3_SIZE], const merkle *m);

#endif
