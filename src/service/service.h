/* The use cases: who may do what to which row, in which transaction. A call walks through here once: reads, checks, one unit
 * of work. Every function takes the request's `call`, allocates from its arena only, and on an error says in call->fault what an
 * API client may know. */
#ifndef YIQIAN_SERVICE_SERVICE_H
#define YIQIAN_SERVICE_SERVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "audit/audit.h"
#include "base/arena.h"
#include "base/fault.h"
#include "crypto/entropy.h"
#include "keystore/keystore.h"
#include "store/store.h"

typedef struct service service;

/* How often something may happen: burst at once, then per_hour, evenly. burst 0: no limit. */
typedef struct rate_limit {
    int64_t burst, per_hour;
} rate_limit;

enum { SERVICE_BACKUP_FILES = 4 };
typedef struct service_options {
    store *store;
    audit *audit;
    keystore *keystore;
    entropy rng;
    entropy seed;             /* what rng is seeded from, for its self-test; none: rng itself */
    const char *public_url;   /* "http://host:port" without a trailing slash: into certificates */
    const char *organisation; /* the hospital's name: O of certificates */
    bool
        sandbox; /* nobody shall take what it makes for the real thing: the organisation's name says so everywhere, and the CA's */
    int certificate_days; /* life of a personal certificate */
    int crl_hours;        /* from one CRL to its nextUpdate */
    rate_limit anybody;   /* calls without credentials, all together */
    rate_limit origin;    /* the same of one address */
    size_t known_keys;    /* how many signers' keys are kept prepared, 4 KiB each */
    const char *data_dir; /* whose free space is watched; NULL: nowhere's */
    const char *
        authorisations_dir; /* of files that must not come into a backup (service/authorisation_share.h); made where it is missing */
    int authorisation_hours; /* how long a workstation may be authorised at the most; 0: 16 */
    /* Called when something happened that others may wait for, once it is durable; must not block. NULL: nobody waits. The topic
     * is an id: of the task, of the person who is to sign. */
    void (*wake)(void *context, const uint8_t topic[16]);
    void *wake_context;
    /* Callbacks: PEM of the trusted roots instead of the system's (NULL: those), where no connection goes (NULL: nowhere more than
     * always), http:// to any address, how long messages that are done with are kept (0: 30 days). */
    const char *callback_ca_file;
    const struct address_ranges *callback_deny;
    bool callback_plain_http;
    int64_t callback_retention_ms;
    const struct time_options
        *time; /* how the clock is watched (service/time_options.h); copied; NULL: not at all (demonstration) */
    /* Timestamps: the policies of tokens by RFC 3161 and by GM/T 0033 whose time was watched, content octets; empty: this product's own. */
    bytes tsa_policy, tsa_policy_gm;
    /* Monitoring: the node's name (NULL: the machine's), how often it is measured (0: every minute), below how many free bytes the disk is said to
     * be running out (0: CHECK_DISK_FREE), and the PEM of this server's TLS certificate, empty for none; borrowed. */
    const char *node;
    int64_t monitor_interval_s, check_disk_free;
    bytes tls_certificate;
    /* Backups: where they are put (NULL: "backups" in the data directory), how the server is configured as a file would say it (NULL: not told), and
     * files that belong to it: those in the data directory come along; NULL for none. Borrowed. */
    const char *backup_dir, *settings_text;
    const char *backup_files[SERVICE_BACKUP_FILES];
    /* Timestamps a minute of one business system, and of one address without credentials; 0: no limit. */
    int64_t tsa_per_minute, tsa_per_address_per_minute;
} service_options;

/* Opens the use cases over an open store: loads the CA, or makes root and issuing CA where there is none. Copies the texts;
 * store, audit and keystore must outlive it. ERR_CONFIG: the CA is a sandbox's and the options are not, or the other way round. Ownership: service_close; NULL is fine. */
MUST_CHECK err service_open(service **out, const service_options *options);
void service_close(service *s);

/* The certificates above a person's, DER: the issuing CA's, then the root's. They live as long as the service. */
void service_chain(const service *s, bytes chain[2]);

bool service_is_sandbox(const service *s);

/* What the hospital is called, of a sandbox with its mark; and where this server says it is, without a trailing slash. */
const char *service_organisation(const service *s);
const char *service_public_url(const service *s);

/* Figures since the start; times are CPU nanoseconds. */
typedef struct service_figures {
    uint64_t
        crypto_cpu_ns; /* for devices' signatures: messages' digests, shares opened, proofs, answers, final verification; and for timestamps: tokens made */
    store_figures store;
} service_figures;
void service_read_figures(service *s, service_figures *out);

/* Who is asking, as the API authenticated it. */
typedef enum actor_kind {
    ACTOR_NOBODY,
    ACTOR_SERVER,
    ACTOR_OPERATOR,
    ACTOR_SYSTEM,
    ACTOR_DEVICE,
    ACTOR_WORKSTATION
} actor_kind;

/* One request. */
typedef struct call {
    service *service;
    arena *arena;
    int64_t now_ms;
    fault fault;
    actor_kind actor;
    uint8_t actor_id[16]; /* the system's, the enrolment's or the workstation's id */
    const char *
        actor_text; /* for the audit log: "system:<id>", "device:<id>", "workstation:<id>", "operator:uid:1000", "operator:token:<id>" */
    const struct console_session
        *console; /* of a person in the console (service/console_session.h); NULL: of anybody else */
    const struct console_session *approver; /* who approved the act, where that was asked; else NULL */
    struct call_approval *approval; /* service/approval.h: what the act is the end of; NULL: nobody had to approve it */
    const char *token_id; /* of an operator's token, by which somebody asks; else NULL */
    const char *origin;
    const char *audit_event;           /* of the route; NULL: no act */
    const char *subject;               /* for the audit log: set by the use case as soon as it knows */
    const char *detail;                /* likewise */
    const char *credential_id, *nonce; /* of a signed request; NULL for none: committed with the unit */
    int64_t nonce_expires;
    struct call_waking *waking; /* topics to be woken when the unit is durable */
    struct call_once *once;     /* service/once.h: the request acts once, which its first unit is to say; NULL: nobody asked for that */
    bool callbacks;             /* the unit queues callbacks */
    bool own_socket;            /* the server's own user asks, through the Unix socket */
    bool alone;                 /* nobody else could have approved it: said in the audit log */
    bool rehearsal, rehearsed;  /* nothing is written: the first commit fails (ERR_INTERNAL), and the second says so */
    bool recorded;              /* the act's audit row is durable: a refusal needs no further one */
} call;

/* Commits the unit together with the call's audit row (outcome "ok") and the request's nonce. */
MUST_CHECK err call_commit(call *c, store_unit *unit);

/* The same without waiting for the disk (store_commit_later). Only for what is no act and wakes nobody: ERR_ARG. The call must live until done is
 * called. */
void call_commit_later(call *c, store_unit *unit, store_done done, void *ctx);

/* The same for a unit that records a refusal (a failed PIN attempt): the audit row's outcome is the error's code. */
MUST_CHECK err call_commit_refusal(call *c, store_unit *unit, err why);

/* Records an act that was refused: an audit row with the error's code (and the nonce). Failure to write it is returned: an
 * act that cannot be recorded is not answered as if it had been. */
MUST_CHECK err call_refused(call *c, err why);

/* Has those who wait for the topic woken when the call's next unit is durable. Out of memory nobody is: they ask again in time. */
void call_wake(call *c, const uint8_t topic[16]);

/* "kind:uuid" in the arena; NULL if it is full. */
const char *call_subject(call *c, const char *kind, const uint8_t id[16]);

/* Whether the database has no CA yet: then nothing was ever done in it, and its audit log may begin (audit_open). */
MUST_CHECK err service_is_new(store *s, bool *is_new);

/* What runs by itself, every few seconds: tasks and codes that expired, claims that lapsed, old nonces, a CRL that comes due. */
MUST_CHECK err service_housekeeping(service *s, arena *a, int64_t now_ms);

#endif
