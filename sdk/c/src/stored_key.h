/* What the device keeps of one enrolment, and its form in the storage: one record, written whole before the next step
 * is taken. The PIN, d1, the session token and every value of S1 and S2 are never in it. */
#ifndef YIQIAN_SDK_STORED_KEY_H
#define YIQIAN_SDK_STORED_KEY_H

#include <stdbool.h>

#include "mpc/mpc_device.h"
#include "yiqian/device.h"

enum { STORED_NAME_MAX = 2048, STORED_CERTIFICATE_MAX = 4096, STORED_CERTIFICATES = 3, STORED_TEXT = 257 };

/* Where an enrolment stands; each stage keeps what it needs to go on after a crash. */
typedef enum stored_stage {
    STORED_OPENING = 1, /* the activation code may have been sent with our credential */
    STORED_OPEN,        /* the server opened it: enrolment_id, subject */
    STORED_KEYED,       /* K3 done: key_id, blob */
    STORED_SIGNED,      /* the certificate request is signed, rs may have been sent */
    STORED_ENROLLED     /* the certificate is here */
} stored_stage;

/* A report by step 7 that could not be sent yet. */
typedef struct stored_report {
    bool pending, has_sid, has_task;
    uint8_t sid[16], task[16];
    char code[24];
} stored_report;

/* A refresh whose confirmation (R3) was not acknowledged: the new share, stored beside the old one before it is confirmed. */
typedef struct stored_refresh {
    bool pending, pin_changing; /* the blob is under another PIN than the key's own */
    uint8_t rid[16];
    mpc_device_blob blob;
} stored_refresh;

/* A renewal whose certificate request is signed and may have been sent, with this subject. Of a key that is made in another's place only id
 * counts: under which that one signs for it. */
typedef struct stored_renewal {
    bool pending;
    uint8_t id[16], sid[16], rs[64];
    char name[STORED_TEXT], organisation[STORED_TEXT];
    size_t subject_n;
    uint8_t subject[STORED_NAME_MAX];
} stored_renewal;

typedef struct stored_key {
    uint8_t id[16];
    uint8_t replaces[16]; /* id of the key in whose place this one is made; zero for none */
    stored_stage stage;
    char server[256], staff_no[65], name[STORED_TEXT], organisation[STORED_TEXT], device_name[STORED_TEXT];
    uint8_t code_tag[32]; /* SM3(id || activation code): tells whether a code is the one this enrolment used */
    uint8_t enrolment_id[16], key_id[16];
    size_t subject_n;
    uint8_t subject[STORED_NAME_MAX];
    mpc_device_blob blob;
    uint8_t sid[16], rs[64];                   /* of the certificate request */
    size_t certificate_n[STORED_CERTIFICATES]; /* own, issuing CA, root; 0 for none */
    uint8_t certificate[STORED_CERTIFICATES][STORED_CERTIFICATE_MAX];
    char state[16], certificate_state[16], serial[66], not_before[32], not_after[32];
    int tries_left;
    bool removing; /* the server was asked to destroy the key, and its answer did not come */
    stored_report report;
    stored_refresh refresh;
    bool renewal_due;
    stored_renewal renewal;
    bool fingerprint;           /* the platform keeps the mask of the blob */
    bool fingerprint_forbidden; /* by the hospital's policy */
} stored_key;

/* Whether it is made in another key's place. */
bool stored_key_replaces(const stored_key *key);

/* Writes the record; *n bytes of out are used. */
void stored_key_encode(uint8_t out[YQ_RECORD_MAX], size_t *n, const stored_key *key);

/* ERR_CORRUPT where the bytes are not such a record, or a record of an unknown version. */
MUST_CHECK err stored_key_decode(stored_key *key, const uint8_t *p, size_t n);

#endif
