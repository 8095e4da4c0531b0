/* The recorded end of the log: size and root of the tree after the last group commit, under a key that the database does not
 * hold. What it cannot show is the whole database put back to an earlier state: for that, keep a root elsewhere. */
#ifndef YIQIAN_AUDIT_AUDIT_HEAD_H
#define YIQIAN_AUDIT_AUDIT_HEAD_H

#include "crypto/sm3.h"
#include "store/store.h"

typedef struct audit_head {
    uint64_t size;
    uint8_t root[SM3_SIZE];
    uint8_t mac[SM3_SIZE];
    bool has_rows;
    uint64_t last; /* the highest sequence in the same snapshot, where has_rows */
} audit_head;

/* ERR_NOT_FOUND where there is no head; ERR_CORRUPT where its columns, or the last sequence, are none that were ever written. */
MUST_CHECK err audit_head_read(audit_head *head, store *s, arena *a);

/* HMAC-SM3(mac_key, "yiqian/audit/head/1" || u64be size || root). */
void audit_head_mac(uint8_t mac[SM3_SIZE], const uint8_t mac_key[32], uint64_t size, const uint8_t root[SM3_SIZE]);

/* Whether the MAC is right, in constant time. */
bool audit_head_authentic(const audit_head *head, const uint8_t mac_key[32]);

/* Writes it on the writer's connection. */
MUST_CHECK err audit_head_write(const audit_head *head, store_writer *w);

#endif
