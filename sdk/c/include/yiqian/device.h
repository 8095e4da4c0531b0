/* 医签 device SDK: a phone's (or any device's) half of two-party SM2 signing, for C and C++.
 *
 * The messages are those of docs/spec/device-api.md, the mathematics those of docs/spec/two-party-sm2.md. The library
 * keeps no files, opens no sockets and draws no random numbers by itself: the platform's storage, transport, entropy
 * and credential are callbacks (yq_platform), and the clock where the C library's is not the one to take.
 *
 * Text: UTF-8, NUL-terminated. Ids are UUID text (36 characters). Times are RFC 3339 in UTC, as the server sent them.
 *
 * Bytes: a pointer and a size in bytes. Digests 32 bytes, signatures 64 bytes r || s, P-256 points 65 bytes 04 || X || Y.
 *
 * Ownership: what a call takes is borrowed until it returns, unless said otherwise; what yq_tasks and yq_document hold
 * belongs to the caller and is given back with yq_tasks_free and yq_document_free.
 *
 * Threads: a context may be used from several threads: calls on one context run one after another under its own lock,
 * network time included. Contexts share nothing, and one storage must not be opened by two contexts at once. Callbacks
 * run on the calling thread under the lock: a call on the same context from there is YQ_REENTERED. yq_device_close must
 * be the last call. The exception is yq_wait_tasks: while it waits it holds no lock, other calls go on, and its
 * exchanges run beside theirs, so that the transport is called from several threads at once; no call on the context may
 * be made from within one, and yq_device_close ends the waiting.
 *
 * Errors: every call gives a yq_status. Where a call has a yq_problem (which may be NULL), it is filled whenever the
 * server refused, and cleared otherwise. Out-parameters are meaningful after YQ_OK only, unless said otherwise.
 *
 * PIN: 6 to 12 ASCII digits. It is used during the call, never stored, and every copy is wiped; wiping the caller's own
 * copy is the caller's part. Only the server can tell a right PIN from a wrong one, and it counts.
 *
 * PIN-sensitive: the bodies of requests and answers that pass through the transport. With one of them and this device's
 * storage a PIN can be tried offline: the transport must not log, cache, queue or store them, nor follow redirects. */
#ifndef YIQIAN_DEVICE_H
#define YIQIAN_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define YQ_API __attribute__((visibility("default")))
#define YQ_MUST_CHECK __attribute__((warn_unused_result))
#else
#define YQ_API
#define YQ_MUST_CHECK
#endif

typedef enum yq_status {
    YQ_OK = 0,
    YQ_INVALID_ARGUMENT, /* the caller's: NULL, empty, too long, not UTF-8, malformed */
    YQ_OUT_OF_MEMORY,
    YQ_REENTERED,      /* called from a callback of the same context */
    YQ_CLOSED,         /* yq_device_close was called while the call waited */
    YQ_NOT_FOUND,      /* no such key on this device */
    YQ_WRONG_STATE,    /* the key is not enrolled yet (yq_enrol_resume), or is already */
    YQ_LIMIT_REACHED,  /* YQ_KEYS_MAX, or a document beyond document_max */
    YQ_WEAK_PIN,       /* not 6 to 12 digits, or a common one */
    YQ_DECLINED,       /* the confirm callback said no */
    YQ_ENTROPY_FAILED, /* a platform callback failed */
    YQ_STORAGE_FAILED,
    YQ_CREDENTIAL_FAILED,
    YQ_CLOCK_FAILED,
    YQ_TRANSPORT_FAILED,   /* no answer; see the call for what that leaves open */
    YQ_TRANSPORT_INSECURE, /* http:// to a host other than this one */
    YQ_BAD_ANSWER, /* the answer is not what the protocol says: malformed, too large, a field missing or mistyped */
    YQ_ANSWER_REJECTED,  /* the answer is well-formed but false: the server, or somebody between, misbehaves */
    YQ_REFUSED,          /* the server refused: yq_problem.code says why */
    YQ_PIN_WRONG,        /* likewise, `pin_wrong`: yq_problem.tries_left */
    YQ_KEY_LOCKED,       /* likewise, `key_locked`: an operator unlocks */
    YQ_DOCUMENT_CHANGED, /* the document is not the one whose digest the task carries */
    YQ_CONTENT_UNSEEN,   /* there is no document to look at, and allow_unseen is not set */
    YQ_FORM_REFUSED, /* the task's form is unknown, or its content could be taken for that of another form, or is a login's */
    YQ_NOT_ATTEMPTED, /* in results: another task stopped the request before this one */
    YQ_CODE_INVALID,  /* the scanned text is no such code, or it is not of whom it says it is */
    YQ_CODE_EXPIRED,  /* the scanned code is over: have it shown again */
    YQ_OUT_OF_SCOPE,  /* the authorisation does not cover this (yiqian/workstation.h) */
    YQ_NOT_ACTIVE,    /* the authorisation is not approved yet, or has ended */
    YQ_FINGERPRINT_OFF, /* no fingerprint for this: it is off, was invalidated, or the PIN is needed this time. Ask for the PIN */
    YQ_FINGERPRINT_FAILED, /* the platform's fingerprint callback failed; the fingerprint may still be on */
    YQ_CANCELLED           /* the person closed the platform's prompt */
} yq_status;

/* A short English description. Static storage; never NULL. */
YQ_API const char *yq_status_text(yq_status status);

/* What the server said when it refused (RFC 9457). The texts come from the server: escape them as the display needs.
 * Longer ones are cut. */
typedef struct yq_problem {
    int http_status; /* 0: the server has not refused anything */
    char code[48];   /* stable: "pin_wrong", "task_signed" (docs/spec/device-api.md); "" where it was no problem+json */
    char title[256]; /* Chinese, may be shown to the user */
    char title_en[256];
    char hint[512]; /* Chinese, what to do; "" for none */
    char hint_en[512];
    char detail[512]; /* "" for none */
    char field[128];  /* the refused field; "" for none */
    int tries_left;   /* of the PIN or the activation code; -1: does not apply */
    int retry_after;  /* seconds; -1: does not apply */
} yq_problem;

/* ---- The platform ---- */

/* What storage, transport, entropy, credential and fingerprint callbacks return. */
enum { YQ_PLATFORM_OK = 0, YQ_PLATFORM_FAILED = 1, YQ_PLATFORM_NOT_FOUND = 2, YQ_PLATFORM_CANCELLED = 3 };

/* Names given to callbacks: 1 to YQ_NAME_MAX characters of a-z, 0-9 and '-'. Records are at most YQ_RECORD_MAX
 * bytes. */
enum { YQ_NAME_MAX = 48, YQ_RECORD_MAX = 32768, YQ_KEYS_MAX = 64 };

/* Small records by name. They hold the device's masked key shares: keep them wrapped by a platform key that cannot be
 * exported where there is one, readable by this app only, and outside backups. */
typedef struct yq_storage {
    void *context;
    /* Reads the record into `capacity` bytes at `out` (always YQ_RECORD_MAX); *n is its size. NOT_FOUND where there is
     * none. */
    int (*load)(void *context, const char *name, uint8_t *out, size_t capacity, size_t *n);
    /* Makes or replaces the record. When this returns OK it is durable (fsync); after a failure or crash the old one is
     * whole. */
    int (*save)(void *context, const char *name, const uint8_t *p, size_t n);
    /* OK also where there is none. */
    int (*erase)(void *context, const char *name);
} yq_storage;

typedef struct yq_http_header {
    const char *name, *value;
} yq_http_header;

typedef struct yq_http_request {
    const char *method;            /* "GET", "POST", "DELETE" */
    const char *url;               /* absolute */
    const yq_http_header *headers; /* to be sent; their values are secret (session token) */
    size_t headers_n;
    const uint8_t *body; /* PIN-sensitive; NULL where body_n is 0 */
    size_t body_n;
    size_t answer_max; /* bytes that yq_http_answer_write will take */
} yq_http_request;

/* Where the transport puts an answer. */
typedef struct yq_http_answer yq_http_answer;

/* Appends to the answer's body. false: the SDK takes no more (too large); stop and return YQ_PLATFORM_FAILED. */
YQ_API bool yq_http_answer_write(yq_http_answer *answer, const void *p, size_t n);

typedef struct yq_transport {
    void *context;
    /* One HTTP exchange: *status is the answer's (100..599), its body goes to yq_http_answer_write. FAILED where no
     * whole answer came. Must verify the server's TLS certificate, must have a time limit (30 s fits; not less than 25 s
     * where yq_wait_tasks is used), must not follow redirects, must not retry, cache or log. Where yq_wait_tasks runs on
     * one thread and other calls on others, it is called by several threads at once. */
    int (*exchange)(void *context, const yq_http_request *request, int *status, yq_http_answer *answer);
    /* May be NULL. Called by yq_device_close, under the lock, where a call waits: the exchange under way and every later
     * one are to return FAILED soon. Without it yq_device_close takes as long as the exchange that waits (20 s). */
    void (*stop)(void *context);
} yq_transport;

typedef struct yq_entropy {
    void *context;
    /* n unpredictable bytes from the operating system's generator. */
    int (*fill)(void *context, uint8_t *out, size_t n);
} yq_entropy;

/* P-256 keys that authenticate this device, one an enrolment; in hardware and not exportable where the platform has
 * that. */
typedef struct yq_credential {
    void *context;
    /* Makes a key under the name and gives its public point. Where that name has a key already, gives that one's.
     * Durable when it returns OK. */
    int (*create)(void *context, const char *name, uint8_t public_key[65]);
    /* ECDSA with SHA-256 over the message, as r || s. */
    int (*sign)(void *context, const char *name, const uint8_t *message, size_t n, uint8_t rs[64]);
    /* OK also where there is none. */
    int (*erase)(void *context, const char *name);
} yq_credential;

/* The device's clock: read for the signing time of form cms only. */
typedef struct yq_clock {
    void *context;
    /* Seconds since 1970-01-01 UTC; 0 or less where it is not known. NULL: the C library's time(). */
    int64_t (*now)(void *context);
} yq_clock;

/* YQ_FINGERPRINT_MAX: bytes of a secret. YQ_PROMPT_MAX: bytes of a prompt, without its terminator. */
enum { YQ_FINGERPRINT_MAX = 128, YQ_PROMPT_MAX = 255 };

/* The platform's authenticator (Android Keystore, Secure Enclave, WebAuthn PRF) keeps small secrets so that only the person's finger (or face)
 * opens them; enrolling another finger must invalidate them. What is kept is the mask over a key's share, never the share. All three or
 * none: NULL where the platform has no such thing. */
typedef struct yq_fingerprint {
    void *context;
    /* Keeps the n <= YQ_FINGERPRINT_MAX bytes under the name, in place of what was there; durable when it returns OK. Makes the platform's key where
     * the name has none, and may ask for the finger then; asks nothing where there is one (it wraps with its public half). CANCELLED:
     * the person said no. */
    int (*wrap)(void *context, const char *name, const uint8_t *secret, size_t n);
    /* Asks for the finger, with the prompt (what it is for; it may hold texts from outside), and gives the bytes. NOT_FOUND: none is kept, or it was
     * invalidated. CANCELLED: the person said no. */
    int (*unwrap)(void *context, const char *name, const char *prompt, uint8_t *secret, size_t capacity, size_t *n);
    /* With the platform's key. OK also where there is none. */
    int (*erase)(void *context, const char *name);
} yq_fingerprint;

typedef struct yq_platform {
    yq_storage storage;
    yq_transport transport;
    yq_entropy entropy;
    yq_credential credential;
    yq_clock clock;
    yq_fingerprint fingerprint;
} yq_platform;

/* ---- The context ---- */

typedef struct yq_device yq_device;

typedef struct yq_options {
    const char *platform;    /* 1..32 characters, told to the server; NULL: "unknown" */
    uint32_t pin_iterations; /* of PBKDF2 for new keys, at least 10000; 0: 100000 */
    size_t document_max;     /* bytes of one document; 0: 64 MiB */
} yq_options;

/* Opens the context over what the storage holds. Copies the platform (its contexts must live until yq_device_close) and
 * the options (NULL: defaults). YQ_INVALID_ARGUMENT, YQ_OUT_OF_MEMORY, YQ_STORAGE_FAILED (also: its index is damaged).
 * A damaged key alone does not fail: it is listed as YQ_KEY_DAMAGED. Ownership: the caller closes *out. */
YQ_MUST_CHECK YQ_API yq_status yq_device_open(yq_device **out, const yq_platform *platform, const yq_options *options);

/* Wipes and frees the context; NULL is fine. What is stored stays. A yq_wait_tasks under way on another thread ends with
 * YQ_CLOSED before this returns. */
YQ_API void yq_device_close(yq_device *device);

/* The server of enrolments made from now on, remembered in the storage: "https://host[:port]", or http:// for
 * 127.0.0.1, [::1] and localhost. At most 255 bytes; a trailing slash is dropped. YQ_INVALID_ARGUMENT,
 * YQ_TRANSPORT_INSECURE, YQ_STORAGE_FAILED. */
YQ_MUST_CHECK YQ_API yq_status yq_set_server(yq_device *device, const char *url);

/* The server of yq_set_server, NUL-terminated into `out`; "" where none was set. YQ_INVALID_ARGUMENT. */
YQ_MUST_CHECK YQ_API yq_status yq_get_server(yq_device *device, char out[256]);

/* Lets one key go to its server under a new address (the hospital moved it). As yq_set_server; YQ_NOT_FOUND. */
YQ_MUST_CHECK YQ_API yq_status yq_set_key_server(yq_device *device, const char *key, const char *url);

/* ---- Keys ---- */

typedef enum yq_key_stage {
    YQ_KEY_OPENING,    /* the activation code may have been sent: repeat yq_enrol with the same code, or remove it */
    YQ_KEY_UNFINISHED, /* the enrolment is open: yq_enrol_resume finishes it */
    YQ_KEY_ENROLLED,   /* has its certificate */
    YQ_KEY_DAMAGED     /* its record cannot be read: only yq_remove_key helps */
} yq_key_stage;

/* A key of this device: a person's enrolment at a server. Every call takes `key`: the text of `key` or, once there is
 * one, of `key_id`. */
typedef struct yq_key_info {
    char key[37];    /* this device's name for it */
    char key_id[37]; /* the server's; "" before there is one */
    yq_key_stage stage;
    char server[256];
    char staff_no[65]; /* the person's unique identifier (工号) */
    char name[257];    /* of the person, as the server gave it and the person confirmed it */
    char organisation[257];
    char state[16];  /* the server's word when last asked: "active", "locked", "frozen", "destroyed"; "" before */
    int tries_left;  /* of the PIN, when last asked; -1: not known */
    char serial[66]; /* of the certificate, hex; "" for none */
    char certificate_state[16];
    char not_before[32], not_after[32];
    bool renewal_due;  /* by the server's word when last asked: yq_renew may be called */
    char replaces[37]; /* the key in whose place this one is made (yq_rekey); "" for none */
    bool pin_changing; /* yq_change_pin was not acknowledged: the PIN is the new one, and yq_refresh with it finishes */
    bool fingerprint;  /* is on: yq_sign and the like may be called without the PIN */
    bool fingerprint_allowed; /* the hospital's policy, by the server's word when last asked; true before */
} yq_key_info;

/* What is known here, without asking anybody: *n keys into `out`, room for `capacity` (YQ_KEYS_MAX is always enough).
 * YQ_LIMIT_REACHED where capacity is too small (*n says how many there are). */
YQ_MUST_CHECK YQ_API yq_status yq_list_keys(yq_device *device, yq_key_info *out, size_t capacity, size_t *n);

/* Asks the server about one enrolled key (state, tries left, certificate) and stores the answer. A key that the server
 * no longer knows becomes "destroyed", also where that is told by YQ_REFUSED with code "unauthenticated". YQ_NOT_FOUND, YQ_WRONG_STATE, YQ_TRANSPORT_FAILED, YQ_REFUSED, YQ_BAD_ANSWER,
 * YQ_ANSWER_REJECTED, YQ_STORAGE_FAILED. */
YQ_MUST_CHECK YQ_API yq_status yq_sync_key(yq_device *device, const char *key, yq_key_info *out, yq_problem *problem);

/* The same for all enrolled keys. One that fails does not stop the others; the status is the first failure's, and
 * problem that one's. */
YQ_MUST_CHECK YQ_API yq_status yq_sync_keys(yq_device *device, yq_problem *problem);

/* DER of the certificate (place 0), of its issuing CA (1) or of the root (2); *n bytes into `out`, room for `capacity`
 * (4096 is always enough). YQ_NOT_FOUND (no such key), YQ_WRONG_STATE (no certificate yet), YQ_LIMIT_REACHED
 * (capacity), YQ_INVALID_ARGUMENT (place; the server sent no such one). */
YQ_MUST_CHECK YQ_API yq_status yq_key_certificate(yq_device *device, const char *key, unsigned place, uint8_t *out,
                                                  size_t capacity, size_t *n);

/* Destroys a key: the server's share, with its certificate revoked, then everything here. Where the server cannot be
 * asked nothing is removed. local_only leaves the server out (it does not revoke anything: tell the operator). A key
 * without key_id is removed here only. YQ_NOT_FOUND, YQ_TRANSPORT_FAILED, YQ_REFUSED, YQ_STORAGE_FAILED,
 * YQ_CREDENTIAL_FAILED. */
YQ_MUST_CHECK YQ_API yq_status yq_remove_key(yq_device *device, const char *key, bool local_only, yq_problem *problem);

/* ---- Enrolment ---- */

/* Whom the server says the activation code belongs to: shown to the person, who says yes (true) or no. */
typedef struct yq_person {
    const char *staff_no, *name, *organisation;
    /* The names of his other devices whose certificate and key end with the new certificate: the hospital allows one a
     * person. */
    const char *const *supersedes;
    size_t supersedes_n;
} yq_person;

typedef struct yq_enrolment {
    const char *server;          /* NULL: the one of yq_set_server */
    const char *staff_no;        /* 1..64 bytes */
    const char *activation_code; /* letters and digits in groups; case, hyphens and spaces do not matter */
    const char *device_name;     /* 1..64 characters, shown to the operator */
    const char *pin;             /* pin_n ASCII digits, not terminated */
    size_t pin_n;
    bool (*confirm)(void *context, const yq_person *person); /* NULL: not asked */
    void *confirm_context;
} yq_enrolment;

/* YQ_OK or YQ_WEAK_PIN: for a PIN field that answers at once. */
YQ_MUST_CHECK YQ_API yq_status yq_check_pin(const char *pin, size_t pin_n);

/* Makes a key together with the server and gets its certificate. `out` (may be NULL) is the new key.
 * Every step is stored before the next, so after any failure or crash one of two things finishes the job: the same call
 * again with the same activation code (allowed until the certificate request was signed), or yq_enrol_resume.
 * YQ_WRONG_STATE says that it is the second; out->key then names the key. After YQ_DECLINED, and after the server
 * refused the activation code, nothing is left here. YQ_WEAK_PIN is found before anything is sent. Also:
 * YQ_INVALID_ARGUMENT, YQ_LIMIT_REACHED, YQ_TRANSPORT_FAILED, YQ_TRANSPORT_INSECURE, YQ_BAD_ANSWER, YQ_ANSWER_REJECTED
 * (among others: the certificate is for another key or name), YQ_REFUSED, and the platform's. */
YQ_MUST_CHECK YQ_API yq_status yq_enrol(yq_device *device, const yq_enrolment *enrolment, yq_key_info *out,
                                        yq_problem *problem);

/* Finishes an enrolment that was interrupted after the server had opened it (YQ_KEY_UNFINISHED). The PIN is the one
 * given to yq_enrol where the share was already stored: a wrong one is YQ_PIN_WRONG and counts. Where it was not, this
 * is the new key's PIN (YQ_WEAK_PIN). Errors as yq_enrol; YQ_NOT_FOUND. */
YQ_MUST_CHECK YQ_API yq_status yq_enrol_resume(yq_device *device, const char *key, const char *pin, size_t pin_n,
                                               yq_key_info *out, yq_problem *problem);

/* ---- PIN and shares ---- */

/* Changes the PIN of an enrolled key: device and server replace their shares (the key and its certificate stay), and the device keeps its new
 * one under the new PIN. What was authorised with the key is closed. A wrong `pin` is YQ_PIN_WRONG and counts. The new share is stored
 * beside the old one before it is confirmed; where its confirmation is not acknowledged (YQ_TRANSPORT_FAILED, YQ_STORAGE_FAILED, a crash)
 * yq_key_info.pin_changing tells, and from then on the PIN is the new one: the next use of the key finishes the change, or
 * yq_refresh. Without that flag the PIN is the old one. YQ_WRONG_STATE: an earlier change is not finished (pin_changing). YQ_WEAK_PIN,
 * YQ_NOT_FOUND, YQ_KEY_LOCKED, YQ_REFUSED, YQ_BAD_ANSWER, YQ_ANSWER_REJECTED, and the platform's. */
YQ_MUST_CHECK YQ_API yq_status yq_change_pin(yq_device *device, const char *key, const char *pin, size_t pin_n,
                                             const char *new_pin, size_t new_pin_n, yq_problem *problem);

/* Replaces the shares under the same PIN, with the device's pin_iterations; or finishes what yq_change_pin or an earlier refresh left open.
 * Need not be called: yq_sign does it after a signature when the server says that the shares are a week old, or where the key has fewer
 * pin_iterations than the device asks for. From a copy of this device's storage nothing can be signed after it, and a try
 * freezes the key. YQ_REFUSED with code "conflict": the server knows nothing of the change that was open; the PIN is the old one. Errors as
 * yq_change_pin. */
YQ_MUST_CHECK YQ_API yq_status yq_refresh(yq_device *device, const char *key, const char *pin, size_t pin_n,
                                          yq_problem *problem);

/* ---- Fingerprint ---- */

/* Turns the fingerprint on for an enrolled key: a share refresh proves the PIN to the server (a wrong one is YQ_PIN_WRONG and counts) and gives the
 * share a new mask, which the platform then wraps. Called where it is on already, it makes the platform's key anew. PIN changes and refreshes
 * wrap the new mask by themselves; where that fails the fingerprint is off.
 *
 * It is not for shared devices: YQ_WRONG_STATE where this device has keys of several persons (staff_no), and when a second person's enrolment is
 * opened here every fingerprint of this device is turned off. YQ_WRONG_STATE also where the hospital's policy forbids it
 * (yq_key_info.fingerprint_allowed; asked for now). YQ_FINGERPRINT_OFF: the platform has none. YQ_FINGERPRINT_FAILED, YQ_CANCELLED: the shares are
 * fresh, the fingerprint is off. Else as yq_refresh. */
YQ_MUST_CHECK YQ_API yq_status yq_enable_fingerprint(yq_device *device, const char *key, const char *pin, size_t pin_n,
                                                     yq_problem *problem);

/* Turns it off: the platform's key and what it wrapped are erased. Asks nobody; fine where it is off. After YQ_FINGERPRINT_FAILED it is off, but the
 * platform could not erase: call again. YQ_NOT_FOUND, YQ_WRONG_STATE (not enrolled), YQ_STORAGE_FAILED. */
YQ_MUST_CHECK YQ_API yq_status yq_disable_fingerprint(yq_device *device, const char *key);

/* ---- Renewal ---- */

/* The confirm callback is asked before anything is signed where there is something to be said: the person's name is another one than in the
 * certificate he has, or other devices' certificates end with the new one (yq_person.supersedes). */
typedef struct yq_renewal {
    const char *pin; /* pin_n ASCII digits, not terminated */
    size_t pin_n;
    bool (*confirm)(void *context, const yq_person *person); /* NULL: not asked */
    void *confirm_context;
} yq_renewal;

/* A new certificate for the same key, from so many days before the old one's end on as the hospital says (yq_key_info.renewal_due after
 * yq_sync_key); an expired one is not renewed. The old one is superseded, what was signed with it stays good. Every step is stored before the
 * next: after any failure or crash the same call again goes on, and there is one new certificate. `out` may be NULL. YQ_REFUSED with code
 * "renewal_not_due", "certificate_expired", ...; YQ_DECLINED; YQ_PIN_WRONG (counts), YQ_KEY_LOCKED, YQ_NOT_FOUND, YQ_WRONG_STATE (not
 * enrolled), YQ_TRANSPORT_FAILED, YQ_BAD_ANSWER, YQ_ANSWER_REJECTED, and the platform's. */
YQ_MUST_CHECK YQ_API yq_status yq_renew(yq_device *device, const char *key, const yq_renewal *renewal, yq_key_info *out,
                                        yq_problem *problem);

/* Another key in place of this one, with the same PIN, without an operator: the new key is made and certified as at an enrolment, and this one signs
 * for it in between; with the new certificate the server supersedes the old one and destroys the old key. Until then the old key signs. `out`
 * is the new key: this one is gone then. After any failure or crash the same call again goes on; the new key shows in yq_list_keys
 * meanwhile (replaces). YQ_WEAK_PIN where the PIN is one that a new key may not have (yq_change_pin first). Errors as yq_renew, and
 * YQ_LIMIT_REACHED. */
YQ_MUST_CHECK YQ_API yq_status yq_rekey(yq_device *device, const char *key, const yq_renewal *renewal, yq_key_info *out,
                                        yq_problem *problem);

/* ---- Tasks ---- */

typedef enum yq_form {
    YQ_FORM_RAW,    /* the document's bytes are signed */
    YQ_FORM_DIGEST, /* the 32 bytes of the document's SM3 are signed */
    YQ_FORM_CMS,    /* signed attributes are signed: the SM3, the time by this device's clock, the certificate */
    YQ_FORM_OTHER   /* unknown to this version: cannot be signed */
} yq_form;

typedef enum yq_kind {
    YQ_KIND_DOCUMENT,
    YQ_KIND_LOGIN, /* its message is a login assertion that the server wrote: yq_sign_login signs it, yq_sign never */
    YQ_KIND_OTHER  /* unknown to this version */
} yq_kind;

/* The list comes highest first, then oldest. A word unknown to this version is YQ_PRIORITY_NORMAL. */
typedef enum yq_priority { YQ_PRIORITY_NORMAL, YQ_PRIORITY_HIGH, YQ_PRIORITY_URGENT } yq_priority;

/* At most YQ_FIELDS_MAX of a task, to be shown in their order. Texts from outside, as below. */
enum { YQ_FIELDS_MAX = 20 };
typedef struct yq_field {
    const char *label, *value;
} yq_field;

typedef struct yq_task {
    char task[37];  /* its id */
    char batch[37]; /* the id of the batch it came in; "": none */
    yq_form form;
    yq_kind kind;
    yq_priority priority;
    const yq_field *fields;
    size_t fields_n;
    uint8_t digest[32];     /* SM3 of the document */
    bool has_document;      /* the server holds the document */
    uint64_t document_size; /* bytes, where it does */
    /* Texts from outside: escape them as the display needs; "" for none. */
    const char *title, *description, *record_type, *reference, *media_type, *system, *created_at, *expires_at;
} yq_task;

typedef struct yq_tasks {
    size_t n;
    const yq_task *items;
    char next[37]; /* cursor of the next batch; "": this was the last */
    void *memory;  /* the SDK's */
} yq_tasks;

/* One batch of the tasks that this key can sign now, highest priority first, then oldest: at most `limit` (1..1000) after the cursor `after`
 * (NULL or "": from the start). Ownership: the caller frees *out with yq_tasks_free after YQ_OK. YQ_NOT_FOUND,
 * YQ_WRONG_STATE, YQ_TRANSPORT_FAILED, YQ_REFUSED, YQ_BAD_ANSWER. */
YQ_MUST_CHECK YQ_API yq_status yq_pull_tasks(yq_device *device, const char *key, const char *after, size_t limit,
                                             yq_tasks *out, yq_problem *problem);
/* NULL and an empty list are fine. */
YQ_API void yq_tasks_free(yq_tasks *tasks);

/* Tells the server that the person will not sign the task (its id), and why: 1 to 200 characters, shown to the business
 * system. It may be waiting or pending; the same call again after a lost answer is fine. No PIN is asked for. YQ_OK: the
 * server has recorded it. YQ_INVALID_ARGUMENT, YQ_NOT_FOUND, YQ_WRONG_STATE, YQ_TRANSPORT_FAILED (it may have been
 * recorded), YQ_REFUSED (among others task_signed, task_claimed), YQ_BAD_ANSWER. */
YQ_MUST_CHECK YQ_API yq_status yq_decline(yq_device *device, const char *key, const char *task, const char *reason,
                                          yq_problem *problem);

typedef struct yq_document {
    uint8_t *p;
    size_t n;
    uint8_t digest[32]; /* SM3 as recomputed here, equal to the task's */
} yq_document;

/* Fetches the task's document, recomputes its SM3 and compares. On YQ_DOCUMENT_CHANGED no content is given, `digest`
 * holds what was computed, and the server has been told. Ownership: the caller frees *out with yq_document_free after
 * YQ_OK. YQ_INVALID_ARGUMENT (there is no document), YQ_LIMIT_REACHED, and as yq_pull_tasks. */
YQ_MUST_CHECK YQ_API yq_status yq_task_document(yq_device *device, const char *key, const yq_task *task,
                                                yq_document *out, yq_problem *problem);
/* Wipes and frees the content. NULL and an empty document are fine. */
YQ_API void yq_document_free(yq_document *document);

/* ---- Waiting ---- */

/* YQ_TASK_SET: room for the name of a set of tasks, 32 hex digits. */
enum { YQ_TASK_SET = 33, YQ_WAIT_MAX = 3600 };

/* Waits until the tasks that this key can sign are others than in `set`, or `seconds` (0..YQ_WAIT_MAX) are over. `set`
 * holds "" the first time (the answer comes at once, *changed true) and afterwards what the last call left there: what
 * happens between two calls is not missed. After YQ_OK with *changed, yq_pull_tasks tells the tasks.
 *
 * Waits by long polls of 20 s through the platform's transport. Where the server cannot be reached, is overloaded or
 * answers rubbish, it tries again after 1 s, 2 s ... 30 s (or as long as the server asks), and gives that failure
 * (YQ_TRANSPORT_FAILED, YQ_BAD_ANSWER, YQ_REFUSED with http_status 408, 429 or 5xx) only when `seconds` are over; `set` is then as it was.
 *
 * While it waits the context is not locked: other calls go on, on other threads, and so may other keys' yq_wait_tasks.
 * yq_device_close ends it with YQ_CLOSED. It must not be called, nor anything on this context, from its own exchange.
 *
 * At once: YQ_REFUSED and YQ_KEY_LOCKED where the key can sign no more; yq_problem.code says why (certificate_revoked,
 * certificate_expired, certificate_frozen, key_state, user_suspended; unauthenticated: destroyed), and yq_list_keys has
 * its state as far as the server tells it. YQ_INVALID_ARGUMENT, YQ_NOT_FOUND (also: removed meanwhile), YQ_WRONG_STATE,
 * YQ_OUT_OF_MEMORY, and the platform's. */
YQ_MUST_CHECK YQ_API yq_status yq_wait_tasks(yq_device *device, const char *key, char set[YQ_TASK_SET],
                                             unsigned seconds, bool *changed, yq_problem *problem);

/* ---- Signing ---- */

enum { YQ_SIGN_MAX = 1000 };

typedef struct yq_sign_item {
    const yq_task *task;     /* as pulled and shown: its digest is what the signature is held to */
    const uint8_t *document; /* the content where the caller has it; NULL: fetched where the server has it */
    size_t document_n;
    bool allow_unseen; /* sign a digest or cms task although there is no content to look at */
} yq_sign_item;

typedef struct yq_sign_result {
    yq_status status;
    bool seen;      /* the content was here and matched the digest */
    uint8_t rs[64]; /* r || s, verified here under the key's certificate, where status is YQ_OK */
    char signed_at[32];
} yq_sign_result;

typedef struct yq_sign_summary {
    int failures_before; /* wrong PINs since the last success: tell the user when it is not 0 */
    bool
        pin_due; /* by fingerprint only: the shares are due for a refresh, which takes the PIN. Ask for it the next time */
} yq_sign_summary;

/* Signs n tasks (1..YQ_SIGN_MAX, no task twice) in one request under the PIN. Every document is fetched or taken from
 * the item, hashed here and compared with its task's digest; every signature is verified here before it is given out.
 * All or nothing: unless YQ_OK nothing was signed as far as this device knows, and results[i].status says which task
 * was the cause (the others: YQ_NOT_ATTEMPTED). YQ_TRANSPORT_FAILED and YQ_BAD_ANSWER leave open whether the server has
 * the signatures: pull again; a task that is still there was not signed. Of form cms, YQ_REFUSED with `signing_time_skew` says
 * that this device's clock is more than five minutes off the server's, whose time stands in yq_problem.detail: it is
 * for the person to set the clock, the SDK never takes the server's time for its own. results: n of the caller's, filled in every
 * case but YQ_INVALID_ARGUMENT; summary may be NULL. Errors: YQ_INVALID_ARGUMENT, YQ_NOT_FOUND, YQ_WRONG_STATE,
 * YQ_DOCUMENT_CHANGED, YQ_CONTENT_UNSEEN, YQ_FORM_REFUSED, YQ_LIMIT_REACHED, YQ_PIN_WRONG, YQ_KEY_LOCKED, YQ_REFUSED,
 * YQ_TRANSPORT_FAILED, YQ_BAD_ANSWER, YQ_ANSWER_REJECTED (both reported to the server), YQ_WEAK_PIN (not 6 to 12
 * digits), YQ_CLOCK_FAILED, and the platform's.
 *
 * By fingerprint: pin NULL and pin_n 0. The platform asks for the finger when everything has been fetched and checked. That it was the fingerprint is
 * told to the server and recorded. YQ_FINGERPRINT_OFF, before anything is signed: it is not on, or no longer (another finger was enrolled, the
 * mask it kept is not that of the share: no PIN try is lost by it), or a refresh is open that needs the PIN; ask for the PIN.
 * YQ_REFUSED with `fingerprint_forbidden`: the hospital's policy; it is off then. YQ_FINGERPRINT_FAILED, YQ_CANCELLED. */
YQ_MUST_CHECK YQ_API yq_status yq_sign(yq_device *device, const char *key, const yq_sign_item *items, size_t n,
                                       const char *pin, size_t pin_n, yq_sign_result *results, yq_sign_summary *summary,
                                       yq_problem *problem);

/* ---- Scanning ---- */

/* What a code of docs/spec/qr.md is for. */
typedef enum yq_qr_kind { YQ_QR_LOGIN, YQ_QR_SIGN, YQ_QR_ENROL, YQ_QR_WORKSTATION, YQ_QR_SERVER } yq_qr_kind;

enum { YQ_QR_MAX = 400 /* characters */, YQ_SCANNED_MAX = 200 /* tasks */ };

/* Nothing of it is authenticated before the server has taken the code. */
typedef struct yq_qr {
    yq_qr_kind kind;
    char id[37];          /* of the session; of a workstation's code: auth_id; of a server's: "" */
    char workstation[37]; /* YQ_QR_WORKSTATION */
    char url
        [256]; /* YQ_QR_ENROL: where the server says it is, for a phone that has none; "": not said. YQ_QR_SERVER: the server's
                             address, which the person has to see before yq_set_server */
} yq_qr;

/* What the camera read. YQ_INVALID_ARGUMENT: no code of ours (another text, too long, malformed, of another version). */
YQ_MUST_CHECK YQ_API yq_status yq_qr_read(const char *text, yq_qr *out);

/* What was scanned. The person reads system and purpose, and for YQ_QR_SIGN the tasks, before he signs. Texts come from outside: escape
 * them as the display needs. */
typedef struct yq_scanned {
    char scan[37];
    yq_qr_kind kind;    /* YQ_QR_LOGIN or YQ_QR_SIGN */
    bool number_wanted; /* a typed code: the two digits on the login's screen go to yq_scan_number first */
    const char *system, *purpose, *expires_at;
    size_t n; /* of YQ_QR_SIGN at most YQ_SCANNED_MAX; the rest of a larger batch comes by yq_pull_tasks */
    const yq_task *tasks;
    void *memory; /* the SDK's */
} yq_scanned;

/* Sends the code that was just read (YQ_QR_LOGIN or YQ_QR_SIGN); it is good for five seconds, so the person is asked afterwards. A login is
 * then signed by yq_sign_login, tasks by yq_sign, or yq_scan_decline says no. Ownership: the caller frees *out with yq_scanned_free after
 * YQ_OK. YQ_INVALID_ARGUMENT (not such a code), YQ_NOT_FOUND, YQ_WRONG_STATE, YQ_REFUSED (`scan_refused`: no good code now;
 * `task_not_yours`), YQ_TRANSPORT_FAILED, YQ_BAD_ANSWER, YQ_ANSWER_REJECTED (it is not what was scanned). */
YQ_MUST_CHECK YQ_API yq_status yq_scan(yq_device *device, const char *key, const char *code, yq_scanned *out,
                                       yq_problem *problem);

/* The same with the eight digits of a login that the person typed; spaces and hyphens do not matter. `too_many_requests`: too many wrong
 * ones. */
YQ_MUST_CHECK YQ_API yq_status yq_scan_short_code(yq_device *device, const char *key, const char *short_code,
                                                  yq_scanned *out, yq_problem *problem);

/* The two digits that the login's screen shows, where number_wanted. *scanned then has its task. A wrong number ends the login
 * (YQ_REFUSED, `scan_refused`). YQ_ANSWER_REJECTED: it is not the login that was shown. Else as yq_scan; *scanned stays as it was. */
YQ_MUST_CHECK YQ_API yq_status yq_scan_number(yq_device *device, const char *key, yq_scanned *scanned,
                                              const char *number, yq_problem *problem);

/* The person says no: ends the session; tasks stay. reason: at most 200 characters, NULL or "" for none. */
YQ_MUST_CHECK YQ_API yq_status yq_scan_decline(yq_device *device, const char *key, const yq_scanned *scanned,
                                               const char *reason, yq_problem *problem);

/* NULL and what is empty are fine. */
YQ_API void yq_scanned_free(yq_scanned *scanned);

/* Signs the login under the PIN, or by fingerprint (pin NULL, pin_n 0). Its assertion is fetched and must be, in its one form, a login at the system and for the purpose that
 * `shown` has, of this session, by this key's person and certificate; else YQ_ANSWER_REJECTED, nothing is signed, and it is reported.
 * Nothing else signs a login. YQ_INVALID_ARGUMENT: no login, or its number is still wanted. Errors and results as yq_sign with one task. */
YQ_MUST_CHECK YQ_API yq_status yq_sign_login(yq_device *device, const char *key, const yq_scanned *shown,
                                             const char *pin, size_t pin_n, yq_sign_result *result,
                                             yq_sign_summary *summary, yq_problem *problem);

/* What yq_enrol takes: the activation code is secret, the caller wipes it. */
typedef struct yq_offer {
    char server[256];
    char staff_no[65];
    char name[257]; /* masked but for its first character; yq_enrol's confirm has the whole */
    char organisation[257];
    char activation_code[65];
    char expires_at[32];
} yq_offer;

/* Sends a code of YQ_QR_ENROL, which gives its activation code once. server: NULL for the one of yq_set_server; a phone that has none gives
 * yq_qr.url after the person has seen it. YQ_INVALID_ARGUMENT, YQ_TRANSPORT_INSECURE, YQ_REFUSED (`scan_refused`, `too_many_requests`),
 * YQ_TRANSPORT_FAILED (the operator starts anew), YQ_BAD_ANSWER. */
YQ_MUST_CHECK YQ_API yq_status yq_scan_enrolment(yq_device *device, const char *server, const char *code, yq_offer *out,
                                                 yq_problem *problem);

/* ---- Lost phones ---- */

enum { YQ_OTHER_KEYS_MAX = 100 };

/* A key of the same person on another device. The texts come from outside. */
typedef struct yq_other_key {
    char key_id[37];
    char state[16];
    char device_name[257], platform[129];
    char created_at[32];
} yq_other_key;

/* The person's other keys that are not destroyed: *n of them into `out`, room for `capacity` (YQ_OTHER_KEYS_MAX is always enough).
 * YQ_LIMIT_REACHED (*n says how many there are), YQ_NOT_FOUND, YQ_WRONG_STATE, YQ_TRANSPORT_FAILED, YQ_REFUSED, YQ_BAD_ANSWER. */
YQ_MUST_CHECK YQ_API yq_status yq_list_other_keys(yq_device *device, const char *key, yq_other_key *out,
                                                  size_t capacity, size_t *n, yq_problem *problem);

/* Reports the phone with that key lost: the key is destroyed and its certificate revoked; after YQ_OK nothing is signed with it. No PIN is
 * asked for. YQ_INVALID_ARGUMENT (no id; a key of this device: yq_remove_key), YQ_REFUSED (`key_not_found`), else as above. */
YQ_MUST_CHECK YQ_API yq_status yq_report_lost(yq_device *device, const char *key, const char *lost_key_id,
                                              yq_problem *problem);

/* ---- Authorising ---- */

/* What a workstation may sign with a person's key: until when and how often, for which business systems and kinds of record. */
enum { YQ_SCOPE_NAMES = 32, YQ_SCOPE_COUNT = 1000 };
typedef struct yq_scope {
    size_t systems_n;                                                   /* 0: any */
    size_t record_types_n;                                              /* 0: any, also records without one */
    const char *systems[YQ_SCOPE_NAMES], *record_types[YQ_SCOPE_NAMES]; /* 1..64 characters each, none twice */
    int64_t until;                                                      /* Unix seconds */
    int count;                                                          /* signatures, 1..YQ_SCOPE_COUNT */
} yq_scope;

/* A workstation that asks, as its certificate names it, and for what: to be shown to the person as a whole. */
typedef struct yq_workstation_offer {
    const char *workstation; /* its id */
    const char *name, *place;
    const yq_scope *scope;     /* what it asks for; NULL: it leaves that to the person */
    const char *authorisation; /* the id that this authorisation will have */
} yq_workstation_offer;

/* What the person says to it. allowed is what was asked for (until and count 0 where nothing was): change it to what the person allows; its
 * texts must live until yq_authorise returns. The PIN is asked for now, when it has been seen what for; it is wiped by the SDK. Or by_fingerprint:
 * the platform asks for the finger after confirm has returned. */
enum { YQ_PIN_MAX = 12 };
typedef struct yq_consent {
    yq_scope allowed;
    char pin[YQ_PIN_MAX]; /* pin_n ASCII digits, not terminated */
    size_t pin_n;
    bool by_fingerprint; /* and no PIN: pin_n 0 */
} yq_consent;

typedef struct yq_approval {
    const char *code; /* the text of the QR that the workstation shows: "YIQIAN:1:W:..." */
    /* Required: a person decides. false: declined, and nothing is sent. */
    bool (*confirm)(void *context, const yq_workstation_offer *offer, yq_consent *consent);
    void *confirm_context;
} yq_approval;

/* Lets a workstation sign with this key, within the scope, until it is closed. The workstation's certificate is checked link by link to the CA
 * certificates that this device has held since its enrolment, the code under that certificate; the one-time key comes from the code alone,
 * and the share that is sent for the workstation can be opened by nobody else. A wrong PIN counts. authorisation (37 bytes, may be
 * NULL) is its id. YQ_CODE_INVALID, YQ_CODE_EXPIRED (by this device's clock, five minutes allowed for; the server's counts), YQ_DECLINED,
 * YQ_INVALID_ARGUMENT (also: what is allowed is no scope), YQ_CLOCK_FAILED, YQ_PIN_WRONG,
 * YQ_KEY_LOCKED, YQ_REFUSED (among others authorisation_closed: the code was used or is over), YQ_TRANSPORT_FAILED (it may be open: see
 * yq_list_authorisations), YQ_WEAK_PIN (not 6 to 12 digits), YQ_NOT_FOUND, YQ_WRONG_STATE, YQ_BAD_ANSWER, YQ_ANSWER_REJECTED; by
 * fingerprint also what yq_sign gives. */
YQ_MUST_CHECK YQ_API yq_status yq_authorise(yq_device *device, const char *key, const yq_approval *approval,
                                            char authorisation[37], yq_problem *problem);

typedef struct yq_authorisation_info {
    char authorisation[37];
    char state[16]; /* "active"; "closed", "expired", "exhausted" */
    const char *workstation_name, *workstation_place;
    yq_scope scope;
    int count_left;
    const char *approved_at, *expires_at, *closed_at, *closed_by; /* "" for none */
} yq_authorisation_info;

typedef struct yq_authorisations {
    size_t n;
    const yq_authorisation_info *items; /* the open ones first, then the newest */
    void *memory;                       /* the SDK's */
} yq_authorisations;

/* The authorisations of this key's person. Ownership: yq_authorisations_free after YQ_OK. Errors as yq_pull_tasks. */
YQ_MUST_CHECK YQ_API yq_status yq_list_authorisations(yq_device *device, const char *key, yq_authorisations *out,
                                                      yq_problem *problem);
YQ_API void yq_authorisations_free(yq_authorisations *authorisations);

/* Ends one: after YQ_OK the server signs nothing more under it. No PIN is asked for. YQ_REFUSED (among others authorisation_closed: it has
 * ended), and as yq_decline. */
YQ_MUST_CHECK YQ_API yq_status yq_close_authorisation(yq_device *device, const char *key, const char *authorisation,
                                                      yq_problem *problem);

/* ---- History ---- */

/* A signature that the person made, with whichever of his keys. Texts from outside: escape them as the display needs; "" for none. */
typedef struct yq_signature {
    char task[37]; /* the id of what was signed */
    yq_kind kind;
    char method[16]; /* "pin", "fingerprint", "authorisation"; how, by the device's word */
    char serial[66]; /* of the certificate, hex */
    const char *title, *description, *record_type, *reference, *system;
    const char *workstation; /* the name of the workstation that signed under an authorisation */
    const char *signed_at;
    const char *withdrawn_at; /* the business system withdrew the record */
} yq_signature;

typedef struct yq_signatures {
    size_t n;
    const yq_signature *items; /* the newest first */
    char next[37];             /* cursor of the next, older batch; "": this was the last */
    void *memory;              /* the SDK's */
} yq_signatures;

/* One batch of the signatures of this key's person: at most `limit` (1..200) older than the cursor `before` (NULL or "": the newest).
 * Ownership: the caller frees *out with yq_signatures_free after YQ_OK. Errors as yq_pull_tasks. */
YQ_MUST_CHECK YQ_API yq_status yq_list_signatures(yq_device *device, const char *key, const char *before, size_t limit,
                                                  yq_signatures *out, yq_problem *problem);
/* NULL and an empty list are fine. */
YQ_API void yq_signatures_free(yq_signatures *signatures);

#ifdef __cplusplus
}
#endif

#endif
