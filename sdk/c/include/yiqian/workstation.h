/* 医签 workstation SDK: an installation (a doctor's workstation, a nurses' station) that signs for people who authorised it on their
 * phones, within a scope and for a time (授权签名). Messages: docs/spec/device-api.md, Workstations; the code: docs/spec/qr-workstation.md.
 *
 * The same library as yiqian/device.h, whose rules hold here too (texts, bytes, ownership, errors, problems, PIN-sensitive bodies). Of
 * the platform, storage, transport, entropy and clock are used; its credential may be left out.
 *
 * What is secret: the installation's key stands in the storage (record "workstation"). The one-time key of an offer and the share that
 * a phone sends for it are in memory only, and wiped when the authorisation ends: after a restart there is none.
 *
 * Threads: calls on one yq_authorisation run one after another, but for yq_authorisation_wait, which holds up none of the others; different
 * ones hold up nothing of each other. So the platform's callbacks must take several threads at once. yq_authorisation_free must be the
 * last call on it, and yq_workstation_close comes after all of them. */
#ifndef YIQIAN_WORKSTATION_H
#define YIQIAN_WORKSTATION_H

#include "yiqian/device.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- The installation ---- */

typedef struct yq_workstation yq_workstation;

typedef struct yq_workstation_info {
    char workstation[37]; /* its id */
    char name[257], place[257], server[256];
} yq_workstation_info;

/* Opens what the storage holds (nothing yet is fine). YQ_INVALID_ARGUMENT, YQ_OUT_OF_MEMORY, YQ_STORAGE_FAILED (also: damaged). Ownership:
 * the caller closes *out. */
YQ_MUST_CHECK YQ_API yq_status yq_workstation_open(yq_workstation **out, const yq_platform *platform,
                                                   const yq_options *options);
/* Wipes and frees; NULL is fine. */
YQ_API void yq_workstation_close(yq_workstation *workstation);

/* Registers with the code that an operator gave out for this name (yiqian workstation add): makes the installation's key, has it certified, and
 * checks the certificate. Where the answer was lost, the same call again finishes it. YQ_WRONG_STATE (registered already),
 * YQ_INVALID_ARGUMENT, YQ_TRANSPORT_INSECURE, YQ_TRANSPORT_FAILED, YQ_REFUSED (among others activation_refused), YQ_BAD_ANSWER,
 * YQ_ANSWER_REJECTED (the certificate is not for this key and name), YQ_STORAGE_FAILED, YQ_ENTROPY_FAILED, YQ_CLOCK_FAILED. */
YQ_MUST_CHECK YQ_API yq_status yq_workstation_register(yq_workstation *workstation, const char *server,
                                                       const char *name, const char *code, yq_problem *problem);

/* YQ_NOT_FOUND: not registered. */
YQ_MUST_CHECK YQ_API yq_status yq_workstation_describe(yq_workstation *workstation, yq_workstation_info *out);

/* Forgets the registration; the server is not told (an operator removes the workstation there). Before any offer. YQ_WRONG_STATE,
 * YQ_STORAGE_FAILED. */
YQ_MUST_CHECK YQ_API yq_status yq_workstation_forget(yq_workstation *workstation);

/* ---- One authorisation ---- */

typedef struct yq_authorisation yq_authorisation;

typedef enum yq_authorisation_state {
    YQ_AUTHORISATION_OFFERED, /* the code is to be shown */
    YQ_AUTHORISATION_ACTIVE,
    YQ_AUTHORISATION_CLOSED, /* ended: the share is wiped. closed_by says by whom */
    YQ_AUTHORISATION_EXPIRED,
    YQ_AUTHORISATION_EXHAUSTED
} yq_authorisation_state;

typedef struct yq_authorisation_status {
    char authorisation[37];
    yq_authorisation_state state;
    int64_t code_expires;         /* Unix seconds by the server's clock */
    char staff_no[65], name[257]; /* of the person, by the certificate; "" before the approval */
    yq_scope scope; /* what was allowed, before the approval what is asked for; its texts live as long as the handle */
    int count_left;
    char closed_by[16]; /* "phone", "workstation", "operator", "key" ...; "" where it is open */
} yq_authorisation_status;

/* Offers a one-time key and gives the code to show. wish (may be NULL): what is asked for. YQ_WRONG_STATE (not registered),
 * YQ_INVALID_ARGUMENT (the wish), YQ_TRANSPORT_FAILED, YQ_REFUSED, YQ_BAD_ANSWER, YQ_ENTROPY_FAILED, YQ_OUT_OF_MEMORY. Ownership: the
 * caller frees *out. */
YQ_MUST_CHECK YQ_API yq_status yq_authorisation_offer(yq_workstation *workstation, const yq_scope *wish,
                                                      yq_authorisation **out, yq_problem *problem);

/* Wipes and frees; NULL is fine. The server is not told: yq_authorisation_close before. */
YQ_API void yq_authorisation_free(yq_authorisation *authorisation);

/* The text of the QR: "YIQIAN:1:W:...". Lives as long as the handle. */
YQ_API const char *yq_authorisation_code(const yq_authorisation *authorisation);

/* What is known here, without asking anybody. */
YQ_MUST_CHECK YQ_API yq_status yq_authorisation_look(yq_authorisation *authorisation, yq_authorisation_status *out);

/* Asks the server, which answers when the state changes or after `seconds` (0..60; within the transport's own time limit). What the phone
 * sent is opened here, and checked: its purpose, this authorisation, P, the scope, and the person's certificate under the CA of the
 * registration. Where that fails the authorisation is closed and YQ_ANSWER_REJECTED given. Also YQ_TRANSPORT_FAILED, YQ_REFUSED,
 * YQ_BAD_ANSWER, YQ_CLOCK_FAILED. */
YQ_MUST_CHECK YQ_API yq_status yq_authorisation_wait(yq_authorisation *authorisation, unsigned seconds,
                                                     yq_authorisation_status *out, yq_problem *problem);

/* The person's tasks within the scope that can be signed now, and one's document: as yq_pull_tasks and yq_task_document, but YQ_NOT_ACTIVE for
 * their states, and YQ_OUT_OF_SCOPE for a task that is not covered. */
YQ_MUST_CHECK YQ_API yq_status yq_authorisation_pull(yq_authorisation *authorisation, const char *after, size_t limit,
                                                     yq_tasks *out, yq_problem *problem);
YQ_MUST_CHECK YQ_API yq_status yq_authorisation_document(yq_authorisation *authorisation, const yq_task *task,
                                                         yq_document *out, yq_problem *problem);

/* Signs n tasks (1..YQ_SIGN_MAX, no task twice) as yq_sign does, without a PIN: every document hashed here, every signature verified here
 * before it is given out. The scope is held to here as well as at the server: systems, kinds of record, time, and the count, of
 * which a request takes its tasks even if nothing comes of it, unless the server refused it. YQ_NOT_ACTIVE, YQ_OUT_OF_SCOPE
 * (results[i].status where one task is the cause), and as yq_sign. */
YQ_MUST_CHECK YQ_API yq_status yq_authorisation_sign(yq_authorisation *authorisation, const yq_sign_item *items,
                                                     size_t n, yq_sign_result *results, yq_problem *problem);

/* Ends it, behind a call that is under way: the share is wiped here whatever the answer, and the server signs nothing more under it after YQ_OK (also where it had ended
 * before). YQ_TRANSPORT_FAILED, YQ_REFUSED, YQ_BAD_ANSWER: the server could not be told. */
YQ_MUST_CHECK YQ_API yq_status yq_authorisation_close(yq_authorisation *authorisation, yq_problem *problem);

/* Ends one of this installation's by its id, without a handle: what an earlier process left open when it was killed. YQ_OK (also where it
 * had ended before, or the server knows none of that id), YQ_INVALID_ARGUMENT (not an id), YQ_WRONG_STATE (not registered),
 * YQ_TRANSPORT_FAILED, YQ_REFUSED, YQ_BAD_ANSWER, YQ_ENTROPY_FAILED, YQ_OUT_OF_MEMORY. */
YQ_MUST_CHECK YQ_API yq_status yq_workstation_close_authorisation(yq_workstation *workstation, const char *id,
                                                                  yq_problem *problem);

#ifdef __cplusplus
}
#endif

#endif
