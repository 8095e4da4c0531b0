#include "audit/merkle.h"

#include <string.h>

void merkle_init(merkle *m)
{
    memset(m, 0, sizeof *m);
}

static void hash_children(uint8_t out[SM3_SIZE], const uint8_t left[SM3_SIZE], const uint8_t right[SM3_SIZE])
{
    uint8_t node[1 + 2 * SM3_SIZE];
    node[0] = 0x01;
    memcpy(node + 1, left, SM3_SIZE);
    memcpy(node + 1 + SM3_SIZE, right, SM3_SIZE);
    sm3(out, node, sizeof node);
}

/* Like adding one to a binary number: full subtrees of the same height join into the next height. */
void merkle_append(merkle *m, const uint8_t leaf[SM3_SIZE])
{
    merkle_append_subtree(m, 0, leaf);
}

void merkle_append_subtree(merkle *m, unsigned level, const uint8_t root[SM3_SIZE])
{
    uint8_t carry[SM3_SIZE];
    uint64_t leaves = UINT64_C(1) << level;
    memcpy(carry, root, sizeof carry);
    for (; m->size >> level & 1; level++)
        hash_children(carry, m->node[level], carry);
    memcpy(m->node[level], carry, sizeof carry);
    m->size += leaves;
}

void merkle_root(uint8_t root[SM3_SIZE], const merkle *m)
{
    if (m->size == 0) {
        sm3(root, "", 0);
        return;
    }
    unsigned level = 0;
    while (!(m->size >> level & 1))
        level++;
    memcpy(root, m->node[level], SM3_SIZE);
    while (++level < MERKLE_LEVELS) {
        if (m->size >> level & 1)
            hash_children(root, m->node[level], root);
    }
}
