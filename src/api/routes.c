#include "api/audits.h"
#include "api/authorisations.h"
#include "api/callbacks.h"
#include "api/certificates.h"
#include "api/device_events.h"
#include "api/device_keys.h"
#include "api/devices.h"
#include "api/figures.h"
#include "api/logins.h"
#include "api/operators.h"
#include "api/pki.h"
#include "api/policies.h"
#include "api/reference.h"
#include "api/scans.h"
#include "api/sessions.h"
#include "api/systems.h"
#include "api/task_batches.h"
#include "api/tasks.h"
#include "api/time.h"
#include "api/timestamp_verifications.h"
#include "api/timestamps.h"
#include "api/tsa_access.h"
#include "api/tsa_roots.h"
#include "api/tsa_tokens.h"
#include "api/tsa_units.h"
#include "api/users.h"
#include "api/verifications.h"
#include "api/workstations.h"
#include "service/task.h"

/* The routes: METHOD, path, who may call, what is logged, how large the body may be, handler. docs/api/openapi.yaml lists the same
 * rows; a test compares the two. */

enum {
    SMALL = 16 << 10,
    AUTHORISATION = 80 << 10,                         /* the longest scope, in base64 */
    TSA_ROOT = 192 << 10,                             /* a certificate as PEM, in base64 */
    TSA_CRL = 2 << 20,                                /* a list of a mebibyte, likewise */
    BATCH = 1 << 20,                                  /* a sign request of 1,000 items is 0.5 MB */
    DOCUMENT = TASK_DOCUMENT_MAX / 3 * 4 + (64 << 10) /* base64 */
};

/* clang-format off */
const http_route api_routes[] = {
    /* For anyone: the API's reference, the CA's certificates and lists, as certificates name them, and the server's health. */
    {"GET",    "/docs",                                   WHO_ANYONE,                   NULL,                   0,        reference_page},
    {"GET",    "/docs/{file}",                            WHO_ANYONE,                   NULL,                   0,        reference_asset},
    {"GET",    "/pki/issuing.cer",                        WHO_ANYONE,                   NULL,                   0,        pki_issuing_certificate},
    {"GET",    "/pki/issuing.crl",                        WHO_ANYONE,                   NULL,                   0,        pki_issuing_crl},
    {"GET",    "/pki/root.cer",                           WHO_ANYONE,                   NULL,                   0,        pki_root_certificate},
    {"GET",    "/pki/root.crl",                           WHO_ANYONE,                   NULL,                   0,        pki_root_crl},
    {"GET",    "/pki/tsa/{unit}",                         WHO_ANYONE,                   NULL,                   0,        timestamps_chain},
    {"GET",    "/v1/ca",                                  WHO_ANYONE,                   NULL,                   0,        pki_authority},
    {"GET",    "/v1/health",                              WHO_ANYONE,                   NULL,                   0,        figures_health},

    /* Timestamps: each leaves a row in the log of tokens, which is no act's. A query that is too long is refused as the others are. */
    {"POST",   "/tsa",                                    WHO_TSA,                      NULL,                   SMALL,    timestamps_tsa},
    {"POST",   "/tsa/gm",                                 WHO_TSA,                      NULL,                   SMALL,    timestamps_tsa},
    {"POST",   "/tsa/{unit}",                             WHO_TSA,                      NULL,                   SMALL,    timestamps_tsa},
    {"POST",   "/tsa/{unit}/gm",                          WHO_TSA,                      NULL,                   SMALL,    timestamps_tsa},
    {"POST",   "/v1/timestamps",                          WHO_TIMESTAMPS,               NULL,                   SMALL,    timestamps_post},

    {"GET",    "/v1/audit",                               WHO_AUDITOR,                  NULL,                   0,        audits_list},
    {"GET",    "/v1/audit/check",                         WHO_AUDITOR,                  "audit.check",          0,        audits_check},
    {"GET",    "/v1/authorisations",                      WHO_OPERATOR | WHO_AUDITOR | WHO_TASKS, NULL,         0,        authorisations_list},
    {"POST",   "/v1/authorisations/{authorisation}/close", WHO_OPERATOR,                "authorisation.close",  0,        authorisations_close},
    {"GET",    "/v1/callbacks",                           WHO_TASKS | WHO_ADMINISTRATOR | WHO_AUDITOR, NULL,  0,        callbacks_list},
    {"POST",   "/v1/callbacks/replay",                    WHO_TASKS | WHO_ADMINISTRATOR, "callback.replay_failed", SMALL, callbacks_replay_failed},
    {"POST",   "/v1/callbacks/{callback}/replay",         WHO_TASKS | WHO_ADMINISTRATOR, "callback.replay", 0,       callbacks_replay},
    {"GET",    "/v1/certificates",                        WHO_OPERATOR | WHO_AUDITOR,   NULL,                   0,        certificates_list},
    {"GET",    "/v1/certificates/{serial}",               WHO_OPERATOR | WHO_AUDITOR,   NULL,                   0,        certificates_get},
    {"POST",   "/v1/certificates/{serial}/revoke",        WHO_OPERATOR,                 "certificate.revoke",   SMALL,    certificates_revoke},

    /* Devices: docs/spec/device-api.md. */
    {"GET",    "/v1/device/authorisations",               WHO_DEVICE,                   NULL,                   0,        authorisations_of_device},
    {"POST",   "/v1/device/authorisations/{authorisation}/close", WHO_DEVICE,           "authorisation.close",  0,        authorisations_close},
    {"GET",    "/v1/device/authorisations/{authorisation}/offer", WHO_DEVICE,           NULL,                   0,        authorisations_offered},
    {"POST",   "/v1/device/challenges",                   WHO_ANYONE,                   NULL,                   SMALL,    sessions_device_challenge},
    {"GET",    "/v1/device/events",                       WHO_DEVICE,                   NULL,                   0,        device_events_get},
    {"GET",    "/v1/device/keys",                         WHO_DEVICE,                   NULL,                   0,        devices_keys},
    {"POST",   "/v1/device/keys",                         WHO_DEVICE,                   "key.generate",         SMALL,    devices_keygen},
    {"DELETE", "/v1/device/keys/{key_id}",                WHO_DEVICE,                   "key.remove",           0,        devices_key_remove},
    {"POST",   "/v1/device/keys/{key_id}/authorisations", WHO_DEVICE,                   "authorisation.approve", AUTHORISATION, authorisations_approve},
    {"POST",   "/v1/device/keys/{key_id}/refresh-confirms", WHO_DEVICE,                 "key.refresh_confirm",  SMALL,    device_keys_refresh_confirm},
    {"POST",   "/v1/device/keys/{key_id}/refresh-requests", WHO_DEVICE,                 "key.refresh_request",  SMALL,    device_keys_refresh_request},
    {"POST",   "/v1/device/keys/{key_id}/renewals",       WHO_DEVICE,                   "key.renewal",          SMALL,    device_keys_renewal},
    {"POST",   "/v1/device/keys/{key_id}/sids",           WHO_DEVICE,                   "key.sid",              SMALL,    device_keys_sid},
    {"POST",   "/v1/device/keys/{key_id}/sign-failures",  WHO_DEVICE,                   "task.sign_failure",    SMALL,    devices_sign_failure},
    {"POST",   "/v1/device/keys/{key_id}/sign-requests",  WHO_DEVICE,                   "task.claim",           BATCH,    devices_sign_request},
    {"POST",   "/v1/device/keys/{key_id}/signatures",     WHO_DEVICE,                   "task.sign",            BATCH,    devices_signatures},
    {"POST",   "/v1/device/lost",                         WHO_DEVICE,                   "key.lost",             SMALL,    device_keys_lost_by_device},
    {"GET",    "/v1/device/other-keys",                   WHO_DEVICE,                   NULL,                   0,        device_keys_others},
    {"POST",   "/v1/device/scans",                        WHO_DEVICE,                   "scan.use",             SMALL,    scans_by_device},
    {"POST",   "/v1/device/scans/{scan}/decline",         WHO_DEVICE,                   "scan.decline",         SMALL,    scans_decline},
    {"POST",   "/v1/device/scans/{scan}/number",          WHO_DEVICE,                   "scan.number",          SMALL,    scans_number},
    {"POST",   "/v1/device/sessions",                     WHO_ANYONE,                   NULL,                   SMALL,    sessions_device},
    {"GET",    "/v1/device/tasks",                        WHO_DEVICE,                   NULL,                   0,        devices_tasks},
    {"GET",    "/v1/device/tasks/{task}/document",        WHO_DEVICE,                   "task.view",            0,        devices_document},
    {"POST",   "/v1/device/tasks/{task}/decline",         WHO_DEVICE,                   "task.decline",         SMALL,    devices_decline},
    {"POST",   "/v1/enrolment-scans",                     WHO_ANYONE,                   "enrolment.scan",       SMALL,    scans_enrol_use},
    {"GET",    "/v1/enrolment-scans/{scan}",              WHO_OPERATOR,                 NULL,                   0,        scans_enrol_get},
    {"POST",   "/v1/enrolment-scans/{scan}/cancel",       WHO_OPERATOR,                 "enrolment.scan_cancel", SMALL,   scans_enrol_cancel},
    {"GET",    "/v1/enrolment-scans/{scan}/code",         WHO_OPERATOR,                 NULL,                   0,        scans_enrol_code},
    {"POST",   "/v1/enrolments",                          WHO_ANYONE,                   "enrolment.open",       SMALL,    devices_enrol},

    {"POST",   "/v1/keys/{key_id}/freeze",                WHO_OPERATOR,                 "key.freeze",           0,        device_keys_freeze},
    {"POST",   "/v1/keys/{key_id}/unfreeze",              WHO_OPERATOR,                 "key.unfreeze",         SMALL,    device_keys_unfreeze},
    {"POST",   "/v1/keys/{key_id}/unlock",                WHO_OPERATOR,                 "key.unlock",           0,        device_keys_unlock},

    /* Logins and signing by scan, for business systems: docs/spec/qr.md. */
    {"POST",   "/v1/logins",                              WHO_TASKS,                    "login.create",         SMALL,    logins_post},
    {"GET",    "/v1/logins/{login}",                      WHO_TASKS,                    NULL,                   0,        logins_get},
    {"POST",   "/v1/logins/{login}/cancel",               WHO_TASKS,                    "login.cancel",         SMALL,    logins_cancel},
    {"GET",    "/v1/logins/{login}/code",                 WHO_TASKS,                    NULL,                   0,        logins_code},
    {"POST",   "/v1/scans",                               WHO_TASKS,                    "scan.create",          SMALL,    scans_post},
    {"GET",    "/v1/scans/{scan}",                        WHO_TASKS,                    NULL,                   0,        scans_get},
    {"POST",   "/v1/scans/{scan}/cancel",                 WHO_TASKS,                    "scan.cancel",          SMALL,    scans_cancel},
    {"GET",    "/v1/scans/{scan}/code",                   WHO_TASKS,                    NULL,                   0,        scans_code},

    {"GET",    "/v1/operator-tokens",                     WHO_ADMINISTRATOR,            NULL,                   0,        operators_list},
    {"POST",   "/v1/operator-tokens",                     WHO_ADMINISTRATOR,            "operator.token_create", SMALL,   operators_post},
    {"DELETE", "/v1/operator-tokens/{token_id}",          WHO_ADMINISTRATOR,            "operator.token_revoke", 0,       operators_delete},
    {"GET",    "/v1/policy",                              WHO_ADMINISTRATOR | WHO_AUDITOR, NULL,                0,        policies_get},
    {"PATCH",  "/v1/policy",                              WHO_ADMINISTRATOR,            "policy.update",        SMALL,    policies_patch},
    {"GET",    "/v1/push-endpoints",                      WHO_ADMINISTRATOR,            NULL,                   0,        callbacks_endpoint_list},
    {"POST",   "/v1/push-endpoints",                      WHO_ADMINISTRATOR,            "push.endpoint_create", SMALL,    callbacks_endpoint_post},
    {"PATCH",  "/v1/push-endpoints/{endpoint}",           WHO_ADMINISTRATOR,            "push.endpoint_update", SMALL,    callbacks_endpoint_patch},
    {"DELETE", "/v1/push-endpoints/{endpoint}",           WHO_ADMINISTRATOR,            "push.endpoint_remove", 0,        callbacks_endpoint_delete},
    {"POST",   "/v1/push-endpoints/{endpoint}/rotate",    WHO_ADMINISTRATOR,            "push.endpoint_rotate", 0,        callbacks_endpoint_rotate},
    {"POST",   "/v1/push-endpoints/{endpoint}/test",      WHO_ADMINISTRATOR,            "push.endpoint_test",   0,        callbacks_endpoint_test},
    {"GET",    "/v1/system/figures",                      WHO_OPERATOR | WHO_AUDITOR,   NULL,                   0,        figures_get},
    {"GET",    "/v1/system/self-tests",                   WHO_OPERATOR | WHO_AUDITOR,   NULL,                   0,        figures_self_tests},
    {"GET",    "/v1/systems",                             WHO_ADMINISTRATOR,            NULL,                   0,        systems_list},
    {"POST",   "/v1/systems",                             WHO_ADMINISTRATOR,            "system.create",        SMALL,    systems_post},
    {"PATCH",  "/v1/systems/{system}",                    WHO_ADMINISTRATOR,            "system.update",        SMALL,    systems_patch},
    {"GET",    "/v1/systems/{system}/callback-endpoints", WHO_ADMINISTRATOR,            NULL,                   0,        callbacks_endpoint_list},
    {"POST",   "/v1/systems/{system}/callback-endpoints", WHO_ADMINISTRATOR,            "callback.endpoint_create", SMALL, callbacks_endpoint_post},
    {"PATCH",  "/v1/systems/{system}/callback-endpoints/{endpoint}", WHO_ADMINISTRATOR, "callback.endpoint_update", SMALL, callbacks_endpoint_patch},
    {"DELETE", "/v1/systems/{system}/callback-endpoints/{endpoint}", WHO_ADMINISTRATOR, "callback.endpoint_remove", 0,    callbacks_endpoint_delete},
    {"POST",   "/v1/systems/{system}/callback-endpoints/{endpoint}/rotate", WHO_ADMINISTRATOR, "callback.endpoint_rotate", 0, callbacks_endpoint_rotate},
    {"POST",   "/v1/systems/{system}/callback-endpoints/{endpoint}/test", WHO_ADMINISTRATOR, "callback.endpoint_test", 0, callbacks_endpoint_test},
    {"GET",    "/v1/systems/{system}/credentials",        WHO_ADMINISTRATOR,            NULL,                   0,        systems_credential_list},
    {"POST",   "/v1/systems/{system}/credentials",        WHO_ADMINISTRATOR,            "system.credential_create", SMALL, systems_credential_post},
    {"DELETE", "/v1/systems/{system}/credentials/{key_id}", WHO_ADMINISTRATOR,          "system.credential_revoke", 0,    systems_credential_delete},

    /* Tasks, for business systems. A batch has no more room than one task with a large document: 13.4 MiB. */
    {"POST",   "/v1/task-batches",                        WHO_TASKS,                    "task.batch_create",    DOCUMENT, task_batches_post},
    {"GET",    "/v1/task-batches/{batch}",                WHO_TASKS,                    NULL,                   0,        task_batches_get},
    {"POST",   "/v1/task-batches/{batch}/cancel",         WHO_TASKS,                    "task.batch_cancel",    SMALL,    task_batches_cancel},
    {"GET",    "/v1/tasks",                               WHO_TASKS,                    NULL,                   0,        tasks_list},
    {"POST",   "/v1/tasks",                               WHO_TASKS,                    "task.create",          DOCUMENT, tasks_post},
    {"GET",    "/v1/tasks/{task}",                        WHO_TASKS,                    NULL,                   0,        tasks_get},
    {"POST",   "/v1/tasks/{task}/cancel",                 WHO_TASKS,                    "task.cancel",          SMALL,    tasks_cancel},
    {"POST",   "/v1/tasks/{task}/withdraw",               WHO_TASKS,                    "task.withdraw",        SMALL,    tasks_withdraw},

    /* What the time is, and how that is known. */
    {"GET",    "/v1/time",                                WHO_ANYONE,                   NULL,                   0,        time_get},
    {"GET",    "/v1/tsa/access",                          WHO_ADMINISTRATOR | WHO_OPERATOR | WHO_AUDITOR, NULL, 0,        tsa_access_rows},
    {"POST",   "/v1/tsa/access",                          WHO_ADMINISTRATOR,            "tsa.access_add",       SMALL,    tsa_access_post},
    {"GET",    "/v1/tsa/access/check",                    WHO_ADMINISTRATOR | WHO_OPERATOR | WHO_AUDITOR, NULL, 0,        tsa_access_ask},
    {"DELETE", "/v1/tsa/access/{access}",                 WHO_ADMINISTRATOR,            "tsa.access_remove",    0,        tsa_access_delete},
    {"GET",    "/v1/tsa/clock",                           WHO_OPERATOR | WHO_AUDITOR,   NULL,                   0,        time_clock},
    {"GET",    "/v1/tsa/clock/history",                   WHO_OPERATOR | WHO_AUDITOR,   NULL,                   0,        time_clock_history},
    {"GET",    "/v1/tsa/statistics",                      WHO_OPERATOR | WHO_AUDITOR,   NULL,                   0,        tsa_tokens_statistics},
    {"GET",    "/v1/tsa/tokens",                          WHO_OPERATOR | WHO_AUDITOR,   NULL,                   0,        tsa_tokens_list},
    {"GET",    "/v1/tsa/tokens/{serial}",                 WHO_OPERATOR | WHO_AUDITOR,   NULL,                   0,        tsa_tokens_get},
    {"GET",    "/v1/tsa/units",                           WHO_OPERATOR | WHO_AUDITOR,   NULL,                   0,        tsa_units_list},
    {"POST",   "/v1/tsa/units",                           WHO_OPERATOR,                 "tsa.unit_create",      SMALL,    tsa_units_post},
    {"POST",   "/v1/tsa/units/{unit}/retire",             WHO_OPERATOR,                 "tsa.unit_retire",      SMALL,    tsa_units_retire},
    {"POST",   "/v1/tsa/units/{unit}/start",              WHO_OPERATOR,                 "tsa.unit_start",       0,        tsa_units_start},
    {"POST",   "/v1/tsa/units/{unit}/stop",               WHO_OPERATOR,                 "tsa.unit_stop",        0,        tsa_units_stop},
    {"POST",   "/v1/timestamps/verify",                   WHO_VERIFY | WHO_OPERATOR | WHO_AUDITOR, NULL,        DOCUMENT, timestamp_verifications_post},
    {"GET",    "/v1/tsa/roots",                           WHO_ADMINISTRATOR | WHO_AUDITOR, NULL,                0,        tsa_roots_list},
    {"POST",   "/v1/tsa/roots",                           WHO_ADMINISTRATOR,            "tsa.root_add",         TSA_ROOT, tsa_roots_post},
    {"PATCH",  "/v1/tsa/roots/{root}",                    WHO_ADMINISTRATOR,            "tsa.root_crl",         TSA_CRL,  tsa_roots_patch},
    {"DELETE", "/v1/tsa/roots/{root}",                    WHO_ADMINISTRATOR,            "tsa.root_remove",      0,        tsa_roots_delete},

    {"GET",    "/v1/users",                               WHO_OPERATOR | WHO_USERS,     NULL,                   0,        users_list},
    {"POST",   "/v1/users",                               WHO_OPERATOR | WHO_USERS,     "user.create",          SMALL,    users_post},
    {"GET",    "/v1/users/{user}",                        WHO_OPERATOR | WHO_USERS,     NULL,                   0,        users_get},
    {"PATCH",  "/v1/users/{user}",                        WHO_OPERATOR | WHO_USERS,     "user.update",          SMALL,    users_patch},
    /* A code makes a signer: a business system that could issue one could sign as anybody. */
    {"POST",   "/v1/users/{user}/activation-codes",       WHO_OPERATOR,                 "enrolment.offer",      SMALL,    users_activation_code},
    {"POST",   "/v1/users/{user}/enrolment-scans",        WHO_OPERATOR,                 "enrolment.scan_create", SMALL,   scans_enrol_post},
    {"GET",    "/v1/users/{user}/keys",                   WHO_OPERATOR | WHO_USERS,     NULL,                   0,        devices_keys_of_user},
    {"POST",   "/v1/users/{user}/lost",                   WHO_OPERATOR | WHO_USERS,     "key.lost",             SMALL,    device_keys_lost_of_user},
    {"POST",   "/v1/verify",                              WHO_VERIFY | WHO_OPERATOR,    NULL,                   DOCUMENT, verifications_post},

    /* Workstations: docs/spec/device-api.md, Workstations. What signs under an authorisation is the devices' own. */
    {"POST",   "/v1/workstation/authorisations",          WHO_WORKSTATION,              "authorisation.offer",  AUTHORISATION, authorisations_offer},
    {"GET",    "/v1/workstation/authorisations/{authorisation}", WHO_WORKSTATION,       NULL,                   0,        authorisations_fetch},
    {"POST",   "/v1/workstation/authorisations/{authorisation}/close", WHO_WORKSTATION, "authorisation.close",  0,        authorisations_close},
    {"POST",   "/v1/workstation/authorisations/{authorisation}/sign-failures", WHO_WORKSTATION, "task.sign_failure", SMALL, devices_sign_failure},
    {"POST",   "/v1/workstation/authorisations/{authorisation}/sign-requests", WHO_WORKSTATION, "task.claim",   BATCH,    devices_sign_request},
    {"POST",   "/v1/workstation/authorisations/{authorisation}/signatures", WHO_WORKSTATION, "task.sign",       BATCH,    devices_signatures},
    {"GET",    "/v1/workstation/authorisations/{authorisation}/tasks", WHO_WORKSTATION, NULL,                   0,        authorisations_tasks},
    {"GET",    "/v1/workstation/authorisations/{authorisation}/tasks/{task}/document", WHO_WORKSTATION, "task.view", 0,   authorisations_document},
    {"POST",   "/v1/workstation/challenges",              WHO_ANYONE,                   NULL,                   SMALL,    sessions_workstation_challenge},
    {"POST",   "/v1/workstation/registrations",           WHO_ANYONE,                   "workstation.register", SMALL,    workstations_register},
    {"POST",   "/v1/workstation/sessions",                WHO_ANYONE,                   NULL,                   SMALL,    sessions_workstation},
    {"GET",    "/v1/workstations",                        WHO_OPERATOR | WHO_AUDITOR,   NULL,                   0,        workstations_list},
    {"POST",   "/v1/workstations",                        WHO_OPERATOR,                 "workstation.create",   SMALL,    workstations_post},
    {"DELETE", "/v1/workstations/{workstation}",          WHO_OPERATOR,                 "workstation.remove",   0,        workstations_delete},
};
/* clang-format on */

const size_t api_routes_n = sizeof api_routes / sizeof *api_routes;
