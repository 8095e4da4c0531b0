/* The audit log: one row an act, in the same durable unit of work as the act itself, and tamper-evident: the rows are the
 * leaves of a Merkle tree with SM3 in the shape of RFC 6962 (leaf SM3(0x00 || row), node SM3(0x01 || left || right)); its size and
 * root are written with every group commit under an HMAC-SM3 whose key is derived from the master key. Rows are numbered from 1
 * without gaps. What this cannot show by itself is a whole database put back to an earlier state, or emptied: for that, a root
 * kept elsewhere is compared. */
#ifndef YIQIAN_AUDIT_AUDIT_H
#define YIQIAN_AUDIT_AUDIT_H

#include <stdatomic.h>

#include "store/store.h"

/* The purpose for which the MAC key is derived from the master key (keystore_derive). */
#define AUDIT_KEY_PURPOSE "audit-log"

typedef struct audit audit;

/* One act. Texts are UTF-8; what is unknown is NULL. No secret and no PIN-sensitive value ever goes in here. */
typedef struct audit_record {
    int64_t time_ms;     /* Unix time in milliseconds */
    const char *event;   /* "task.sign", "user.create" ...: the route's AUDIT_EVENT; never NULL */
    const char *outcome; /* "ok", or the stable error code; never NULL */
    const char *actor;   /* "operator:socket:1000", "system:<id>", "device:<enrolment id>", "server" */
    const char *subject; /* what it was done to: "task:<id>", "user:<id>" ... */
    const char *origin;  /* where the request came from: an address, or "unix" */
    const char *detail;  /* a short text or JSON, at most 2000 bytes; the texts before at most 500 */
} audit_record;

/* Reads the tree's frontier (from the subtrees' roots that are kept, audit_block.h, and behind them from the rows' leaf hashes; where that does not give
 * the recorded head, from all leaf hashes) and sets the store's group hooks. A log of millions of rows opens in no time; whether each row is what it was
 * audit_fsck says.
 * ERR_CORRUPT where they disagree: the server then refuses to start and `yiqian audit fsck` says more. ERR_IO, ERR_MEMORY,
 * ERR_DISK_FULL. Only one process at a time may have the log open for writing; a second one's units would fail (ERR_EXISTS).
 * begin: a log without rows and head may begin (a new database); otherwise a missing head is ERR_CORRUPT.
 * mac_key is copied, and wiped by audit_close, which comes before store_close and after the last commit. NULL is fine there. */
MUST_CHECK err audit_open(audit **out, store *s, const uint8_t mac_key[32], bool begin);
void audit_close(audit *a);

/* Adds the record to the unit: it gets its sequence number and place in the tree when the unit is committed. The record is
 * copied into `memory`, which lives as long as the unit's. A unit may carry several. ERR_MEMORY (also where unit is NULL), ERR_ARG
 * (no event or outcome), ERR_LENGTH, ERR_UTF8: then the unit is as it was. */
MUST_CHECK err audit_add(audit *a, arena *memory, store_unit *unit, const audit_record *record);

/* What fsck found: the first thing wrong, in words, or an intact log. */
typedef struct audit_finding {
    bool intact;
    uint64_t rows;    /* that were found in order, from the first on */
    uint8_t root[32]; /* of the tree over these rows */
    char what[200];   /* in English; "" where the log is intact */
} audit_finding;

/* Recomputes the whole tree from the rows' fields and compares it with the recorded head: a changed, missing, inserted or
 * truncated row is found, and a head that was not written with mac_key; and where all rows are right, a block (audit_block.h) that is not what they give. Reads in pages; works on a live server too (it then
 * judges the log as it was at the beginning). ERR_IO, ERR_MEMORY, ERR_CORRUPT (the database file itself is damaged). */
MUST_CHECK err audit_fsck(store *s, const uint8_t mac_key[32], audit_finding *out);

/* The same for who wants to see how far it is, or end it: `rows` are done of `total`; once `stop` is set it ends with ERR_BUSY. Zeros at first. */
typedef struct audit_progress {
    _Atomic uint64_t rows, total;
    atomic_bool stop;
} audit_progress;
MUST_CHECK err audit_fsck_watched(store *s, const uint8_t mac_key[32], audit_finding *out, audit_progress *progress);

#endif
