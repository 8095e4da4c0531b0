/* What the SDK's tests keep of a platform and a server in memory, and how a test makes them fail or lie. */
#ifndef TESTS_UNIT_SDK_FAKE_TYPES_H
#define TESTS_UNIT_SDK_FAKE_TYPES_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/x509.h>

#include "asn1/csr_info.h"
#include "asn1/name.h"
#include "asn1/signed_attributes.h"
#include "base/text.h"
#include "crypto/sm2.h"
#include "crypto/sm3.h"
#include "mpc/mpc_device.h"
#include "mpc/mpc_server.h"
#include "yiqian/device.h"

#define FAKE_URL "https://sign.hospital.example"
#define FAKE_PIN "274950"
#define FAKE_ORGANISATION "示例医院"

enum {
    FAKE_FILES = 160,
    FAKE_PEOPLE = 3,
    FAKE_ENROLMENTS = 16,
    FAKE_TASKS = 1200,
    FAKE_RENEWED = FAKE_TASKS + 1, /* in open_tasks: the renewal */
    FAKE_BATCH = 1000,
    FAKE_CERTIFICATE = 1024
};

typedef enum fake_call {
    FAKE_ENROL,
    FAKE_CHALLENGE,
    FAKE_SESSION,
    FAKE_KEYGEN,
    FAKE_LIST,
    FAKE_DOCUMENT,
    FAKE_SIGN,
    FAKE_SIGNATURES,
    FAKE_FAILURES,
    FAKE_KEYS,
    FAKE_REMOVE,
    FAKE_SID,
    FAKE_REFRESH,
    FAKE_CONFIRM,
    FAKE_SCAN,
    FAKE_NUMBER,
    FAKE_SCAN_DECLINE,
    FAKE_SCAN_ENROL,
    FAKE_OTHER_KEYS,
    FAKE_LOST,
    FAKE_RENEWAL,
    FAKE_HISTORY,
    FAKE_CALLS
} fake_call;

typedef struct fake_file {
    char name[YQ_NAME_MAX + 1];
    uint8_t *p;
    size_t n;
} fake_file;

typedef struct fake_credential {
    char name[YQ_NAME_MAX + 1];
    EVP_PKEY *key;
} fake_credential;

/* What the person's finger opens. */
typedef struct fake_finger {
    char name[YQ_NAME_MAX + 1];
    uint8_t secret[YQ_FINGERPRINT_MAX];
    size_t n;
} fake_finger;

typedef struct fake_person {
    const char *staff_no, *name, *code;
} fake_person;

typedef struct fake_enrolment {
    bool used, enrolled, destroyed, closed;
    const fake_person *person;
    uint8_t id[16], credential[65], challenge[40];
    char token[64];
    bool has_challenge, has_key;
    uint8_t subject[256];
    size_t subject_n;
    uint8_t key_id[16], P1[65];
    mpc_server_share share;
    mpc_keygen_answer keygen;
    int failures, failures_before;
    bool open;
    uint8_t sid[16];
    size_t open_n;
    size_t open_tasks[FAKE_BATCH]; /* FAKE_TASKS: the enrolment itself */
    uint8_t open_e[FAKE_BATCH][32];
    uint8_t done_sid[16]; /* of the last completion */
    uint8_t done_digest[32];
    json_t *done;
    uint8_t certificate[FAKE_CERTIFICATE];
    size_t certificate_n;
    bool has_issued, refreshing, has_rid, refresh_due;
    uint8_t issued[16], rid[16], u_server[32];
    mpc_server_share fresh;
    uint8_t retired[8][POINT_SIZE]; /* P1 of shares that were replaced: a proof under one is a clone's */
    size_t retired_n;
    int pin_changes, refreshes;
    bool has_renewal, renewal_done, has_leave; /* its open or last renewal */
    uint8_t renewal[16];
    int renewals;                     /* certificates that were renewed */
    struct fake_enrolment *successor; /* the renewal is a rekey: where the other key is made */
    struct fake_enrolment *predecessor;
    uint8_t leave_for[POINT_SIZE];
} fake_enrolment;

typedef struct fake_task {
    uint8_t id[16], digest[32];
    const fake_person *signer;
    const char *form, *kind; /* kind: NULL is not said */
    uint8_t *document;       /* NULL for none */
    size_t document_n;
    bool done, claimed;
    uint8_t rs[64], e[32];
    const fake_enrolment *by;
} fake_task;

/* What a screen shows: "login" or "sign" by `code`, a login by FAKE_SHORT_CODE too, then FAKE_NUMBER_SHOWN. */
#define FAKE_SHORT_CODE "20260301"
#define FAKE_NUMBER_SHOWN "07"
typedef struct fake_scan {
    uint8_t id[16];
    const char *kind, *code, *purpose;
    bool typed, entered, declined;
    char reason[64];
} fake_scan;

/* What the platform's clock shows, until a test sets it. */
enum { FAKE_NOW = 1772353800 };
#define FAKE_NOW_TEXT "2026-03-01T08:30:00Z"

typedef struct fake fake;
struct fake {
    /* the platform */
    fake_file files[FAKE_FILES];
    fake_credential credentials[FAKE_FILES];
    uint32_t drawn;
    bool no_entropy;
    int64_t now;
    int saves, fail_save_at; /* the save that fails, counted from 1; 0 for none */
    int erases, fail_erase_at;
    int credential_calls, fail_credential_at;
    fake_finger fingers[FAKE_ENROLMENTS];
    int wraps, unwraps, finger_erases;
    int wrap_gives, unwrap_gives; /* in place of OK */
    bool fail_finger_erase;
    char prompt[YQ_PROMPT_MAX + 1];
    int calls, lose_request_at, lose_answer_at;
    bool down;
    int down_after;    /* nothing gets through after this call; 0: never */
    bool lose_answers; /* all of one call */
    fake_call lose_answers_of;
    bool (*reenter)(fake *f); /* called inside every exchange */
    int (*waits)(fake *f);    /* inside a long poll that has nothing to tell; what the exchange gives if it is not OK */
    void (*stopped)(fake *f); /* by yq_transport.stop */
    /* the server */
    fake_enrolment enrolments[FAKE_ENROLMENTS];
    fake_task tasks[FAKE_TASKS];
    size_t tasks_n;
    fake_call last;
    int count[FAKE_CALLS];
    char failure_code[32]; /* of the last report by step 7 */
    bool failure_has_sid, failure_has_task;
    fake_scan scan;
    uint8_t lost[16];
    size_t other_keys_n;
    bool expire_tokens;              /* the next use of a token finds it over */
    uint8_t nonces[256][POINT_SIZE]; /* the first A of every session: never twice */
    size_t nonces_n;
    /* lies */
    void (*tamper)(fake *f, fake_call call, json_t *answer);
    int variant;
    fake_call raw_for;
    const char *raw; /* instead of the answer of raw_for; NULL for none */
    size_t raw_n;
    int raw_status;          /* 0: the answer's own */
    const char *refuse_code; /* refuses refuse_for once; NULL for none */
    fake_call refuse_for;
    int refuse_status;
    bool refuse_always;
    const char *refuse_field;
    bool renewal_due;
    bool fingerprint_forbidden; /* the policy */
    int by_fingerprint;         /* requests that claimed it */
    size_t history_n;           /* signatures that the person has made */
    const char *renamed;        /* the person has another name now; NULL: the old one */
    const char *supersedes;     /* the device that a new certificate ends; NULL for none */
};

static const fake_person fake_people[FAKE_PEOPLE] = {
    {"D1001", "王建国", "7KQF-3M9X-2TWB"}, {"N2002", "李秀英", "4HTR-8C0P-W5ZA"}, {"D1003", "赵敏", "M2VD-6J7E-9XQK"}};

#endif
