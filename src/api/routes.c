#include "api/alarms.h"
#include "api/app.h"
#include "api/approvals.h"
#include "api/audits.h"
#include "api/authorisations.h"
#include "api/backups.h"
#include "api/callbacks.h"
#include "api/certificates.h"
#include "api/checks.h"
#include "api/console.h"
#include "api/departments.h"
#include "api/device_events.h"
#include "api/device_history.h"
#include "api/device_keys.h"
#include "api/devices.h"
#include "api/figures.h"
#include "api/key_list.h"
#include "api/logins.h"
#include "api/metrics.h"
#include "api/monitor.h"
#include "api/operator_certificates.h"
#include "api/operator_phones.h"
#include "api/operator_tokens.h"
#include "api/operators.h"
#include "api/pki.h"
#include "api/policies.h"
#include "api/profiles.h"
#include "api/reference.h"
#include "api/roles.h"
#include "api/scans.h"
#include "api/seals.h"
#include "api/server.h"
#include "api/sessions.h"
#include "api/settings.h"
#include "api/system_credentials.h"
#include "api/signatures.h"
#include "api/statistics.h"
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
#include "api/user_exports.h"
#include "api/user_imports.h"
#include "api/users.h"
#include "api/verifications.h"
#include "api/workstations.h"
#include "doc/seal_picture.h"
#include "service/task.h"

/* The routes: METHOD, path, who may call, what is logged, how large the body may be, handler. docs/api/openapi.yaml lists the same
 * rows; a test compares the two. */

enum {
    SMALL = 16 << 10,
    AUTHORISATION = 80 << 10,                         /* the longest scope, in base64 */
    PROFILE = 48 << 10,                               /* the longest definition, written wide */
    TSA_ROOT = 192 << 10,                             /* a certificate as PEM, in base64 */
    TSA_CRL = 2 << 20,                                /* a list of a mebibyte, likewise */
    SEAL = SEAL_PICTURE_BYTES,                        /* of a PNG */
    BATCH = 1 << 20,                                  /* a sign request of 1,000 items is 0.5 MB */
    DOCUMENT = TASK_DOCUMENT_MAX / 3 * 4 + (64 << 10) /* base64 */
};

/* clang-format off */
const http_route api_routes[] = {
    /* For anyone: the app. */
    {"GET",    "/",                                       WHO_ANYONE,                   NULL,                   0,        app_home},
    {"GET",    "/app",                                    WHO_ANYONE,                   NULL,                   0,        app_home},
    {"GET",    "/app/tls-root.cer",                       WHO_ANYONE,                   NULL,                   0,        app_tls_root},
    {"GET",    "/app/{path*}",                            WHO_ANYONE,                   NULL,                   0,        app_get},
    {"GET",    "/console",                                WHO_ANYONE,                   NULL,                   0,        app_console_home},
    {"GET",    "/console/{path*}",                        WHO_ANYONE,                   NULL,                   0,        app_console_get},

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
    {"GET",    "/v1/server",                              WHO_ANYONE,                   NULL,                   0,        server_about},

    /* Timestamps: each leaves a row in the log of tokens, which is no act's. A query that is too long is refused as the others are. */
    {"POST",   "/tsa",                                    WHO_TSA,                      NULL,                   SMALL,    timestamps_tsa},
    {"POST",   "/tsa/gm",                                 WHO_TSA,                      NULL,                   SMALL,    timestamps_tsa},
    {"POST",   "/tsa/{unit}",                             WHO_TSA,                      NULL,                   SMALL,    timestamps_tsa},
    {"POST",   "/tsa/{unit}/gm",                          WHO_TSA,                      NULL,                   SMALL,    timestamps_tsa},
    {"POST",   "/v1/timestamps",                          WHO_TIMESTAMPS,               NULL,                   SMALL,    timestamps_post},

    {"GET",    "/v1/approvals",                           WHO_CONSOLE,                  NULL,                   0,        approvals_list},
    {"GET",    "/v1/approvals/{approval}",                WHO_CONSOLE,                  NULL,                   0,        approvals_get},
    {"POST",   "/v1/approvals/{approval}/approve",        WHO_CONSOLE,                  "approval.approve",     0,        approvals_approve},
    {"POST",   "/v1/approvals/{approval}/reject",         WHO_CONSOLE,                  "approval.reject",      SMALL,    approvals_reject},
    {"POST",   "/v1/approvals/{approval}/withdraw",       WHO_CONSOLE,                  "approval.withdraw",    0,        approvals_withdraw},
    {"GET",    "/metrics",                                WHO_METRICS | MAY_SYSTEM_READ, NULL,                  0,        metrics_get},
    {"GET",    "/v1/alarm-channels",                      MAY_SYSTEM_READ,              NULL,                   0,        alarms_channel_list},
    {"POST",   "/v1/alarm-channels",                      MAY_SYSTEM_MANAGE | WHO_SECOND | WHO_ONCE, "alarm.channel_create", SMALL,    alarms_channel_post},
    {"PATCH",  "/v1/alarm-channels/{channel}",            MAY_SYSTEM_MANAGE | WHO_SECOND, "alarm.channel_update", SMALL,    alarms_channel_patch},
    {"DELETE", "/v1/alarm-channels/{channel}",            MAY_SYSTEM_MANAGE | WHO_SECOND, "alarm.channel_remove", 0,        alarms_channel_delete},
    {"POST",   "/v1/alarm-channels/{channel}/test",       MAY_SYSTEM_MANAGE,            "alarm.channel_test",   0,        alarms_channel_test},
    {"GET",    "/v1/alarms",                              MAY_SYSTEM_READ,              NULL,                   0,        alarms_list},
    {"POST",   "/v1/alarms/{alarm}/acknowledge",          MAY_SYSTEM_MANAGE,            "alarm.acknowledge",    0,        alarms_acknowledge},
    {"GET",    "/v1/audit",                               MAY_AUDIT_READ,               NULL,                   0,        audits_list},
    {"GET",    "/v1/audit/check",                         MAY_AUDIT_READ,               "audit.check",          0,        audits_check},
    {"GET",    "/v1/audit/checks",                        MAY_AUDIT_READ,               NULL,                   0,        audits_job_get},
    {"POST",   "/v1/audit/checks",                        MAY_AUDIT_READ,               "audit.check",          0,        audits_job_post},
    {"GET",    "/v1/audit/events",                        MAY_AUDIT_READ,               NULL,                   0,        audits_events},
    {"GET",    "/v1/audit/export",                        MAY_AUDIT_READ,               "audit.export",         0,        audits_export},
    {"GET",    "/v1/authorisations",                      MAY_DEVICES_READ | WHO_TASKS, NULL,                   0,        authorisations_list},
    {"POST",   "/v1/authorisations/{authorisation}/close", MAY_DEVICES_MANAGE,          "authorisation.close",  0,        authorisations_close},
    {"GET",    "/v1/backup-settings",                     MAY_BACKUP_MANAGE,            NULL,                   0,        backups_settings_get},
    {"PUT",    "/v1/backup-settings",                     MAY_BACKUP_MANAGE | WHO_SECOND, "backup.settings",    SMALL,    backups_settings_put},
    {"GET",    "/v1/backups",                             MAY_BACKUP_MANAGE,            NULL,                   0,        backups_list},
    {"POST",   "/v1/backups",                             MAY_BACKUP_MANAGE | WHO_ONCE, "backup.create",        SMALL,    backups_post},
    {"GET",    "/v1/backups/{backup}",                    MAY_BACKUP_MANAGE,            NULL,                   0,        backups_get},
    {"DELETE", "/v1/backups/{backup}",                    MAY_BACKUP_MANAGE | WHO_SECOND, "backup.remove",      0,        backups_delete},
    {"POST",   "/v1/backups/{backup}/downloads",          MAY_BACKUP_MANAGE | WHO_SECOND, "backup.permit",      0,        backups_permit},
    {"GET",    "/v1/backups/{backup}/file",               MAY_BACKUP_MANAGE,            "backup.download",      0,        backups_file},
    {"POST",   "/v1/backups/{backup}/verify",             MAY_BACKUP_MANAGE,            "backup.verify",        SMALL,    backups_verify},
    {"GET",    "/v1/callbacks",                           MAY_SYSTEMS_READ | WHO_TASKS, NULL,                   0,        callbacks_list},
    {"POST",   "/v1/callbacks/replay",                    MAY_SYSTEMS_MANAGE | WHO_TASKS, "callback.replay_failed", SMALL, callbacks_replay_failed},
    {"GET",    "/v1/callbacks/{callback}",                MAY_SYSTEMS_READ | WHO_TASKS, NULL,                   0,        callbacks_get},
    {"POST",   "/v1/callbacks/{callback}/replay",         MAY_SYSTEMS_MANAGE | WHO_TASKS, "callback.replay",    0,        callbacks_replay},
    {"GET",    "/v1/ca/crls",                             MAY_CERTIFICATES_READ,        NULL,                   0,        pki_crls},
    {"POST",   "/v1/ca/crls",                             MAY_CA_MANAGE,                "crl.renew",            0,        pki_crls_issue},
    {"GET",    "/v1/certificates",                        MAY_CERTIFICATES_READ,        NULL,                   0,        certificates_list},
    {"GET",    "/v1/certificates/statistics",             MAY_CERTIFICATES_READ,        NULL,                   0,        certificates_statistics},
    {"GET",    "/v1/certificates/{serial}",               MAY_CERTIFICATES_READ,        NULL,                   0,        certificates_get},
    {"POST",   "/v1/certificates/{serial}/revoke",        MAY_CERTIFICATES_MANAGE,      "certificate.revoke",   SMALL,    certificates_revoke},

    {"GET",    "/v1/departments",                         MAY_USERS_READ | WHO_USERS,   NULL,                   0,        departments_list},
    {"POST",   "/v1/departments/rename",                  MAY_USERS_MANAGE,             "department.rename",    SMALL,    departments_rename},

    /* The console: docs/spec/console.md. */
    {"GET",    "/v1/console/certificates",                WHO_CONSOLE,                  NULL,                   0,        operator_certificates_own_list},
    {"POST",   "/v1/console/certificates",                WHO_CONSOLE | WHO_ONCE,       "operator.certificate_own", SMALL, operator_certificates_own_post},
    {"DELETE", "/v1/console/certificates/{certificate}",  WHO_CONSOLE,                  "operator.certificate_revoke", 0, operator_certificates_own_delete},
    {"POST",   "/v1/console/challenges",                  WHO_ANYONE,                   NULL,                   0,        console_challenges_post},
    {"POST",   "/v1/console/first",                       WHO_ANYONE,                   "console.first",        SMALL,    console_first_post},
    {"POST",   "/v1/console/logins",                      WHO_ANYONE,                   "console.login_begin",  0,        console_logins_post},
    {"GET",    "/v1/console/logins/{login}",              WHO_ANYONE,                   NULL,                   0,        console_logins_get},
    {"GET",    "/v1/console/phones",                      WHO_CONSOLE,                  NULL,                   0,        operator_phones_list},
    {"POST",   "/v1/console/phones",                      WHO_CONSOLE | WHO_ONCE,       "operator.phone_enrol", SMALL,    operator_phones_post},
    {"PUT",    "/v1/console/phones/{phone}",              WHO_CONSOLE,                  "operator.phone_confirm", 0,      operator_phones_put},
    {"DELETE", "/v1/console/phones/{phone}",              WHO_CONSOLE,                  "operator.phone_remove", 0,       operator_phones_delete},
    {"GET",    "/v1/console/session",                     WHO_CONSOLE,                  NULL,                   0,        console_session_get},
    {"DELETE", "/v1/console/session",                     WHO_CONSOLE,                  "console.logout",       0,        console_session_delete},
    {"GET",    "/v1/console/sessions",                    WHO_CONSOLE | MAY_OPERATORS_READ, NULL,               0,        console_sessions_list},
    {"POST",   "/v1/console/sessions",                    WHO_ANYONE,                   "console.login",        SMALL,    console_sessions_post},
    {"DELETE", "/v1/console/sessions/{session}",          WHO_CONSOLE | MAY_OPERATORS_MANAGE, "console.session_end", 0,   console_sessions_delete},

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
    {"GET",    "/v1/device/signatures",                   WHO_DEVICE,                   NULL,                   0,        device_history_get},
    {"GET",    "/v1/device/tasks",                        WHO_DEVICE,                   NULL,                   0,        devices_tasks},
    {"GET",    "/v1/device/tasks/{task}/document",        WHO_DEVICE,                   "task.view",            0,        devices_document},
    {"POST",   "/v1/device/tasks/{task}/decline",         WHO_DEVICE,                   "task.decline",         SMALL,    devices_decline},
    {"POST",   "/v1/enrolment-scans",                     WHO_ANYONE,                   "enrolment.scan",       SMALL,    scans_enrol_use},
    {"GET",    "/v1/enrolment-scans/{scan}",              MAY_DEVICES_MANAGE,           NULL,                   0,        scans_enrol_get},
    {"POST",   "/v1/enrolment-scans/{scan}/cancel",       MAY_DEVICES_MANAGE,           "enrolment.scan_cancel", SMALL,   scans_enrol_cancel},
    {"GET",    "/v1/enrolment-scans/{scan}/code",         MAY_DEVICES_MANAGE,           NULL,                   0,        scans_enrol_code},
    {"POST",   "/v1/enrolments",                          WHO_ANYONE,                   "enrolment.open",       SMALL,    devices_enrol},

    {"GET",    "/v1/keys",                                MAY_DEVICES_READ,             NULL,                   0,        key_list_get},
    {"POST",   "/v1/keys/{key_id}/freeze",                MAY_DEVICES_MANAGE,           "key.freeze",           0,        device_keys_freeze},
    {"POST",   "/v1/keys/{key_id}/unfreeze",              MAY_DEVICES_MANAGE,           "key.unfreeze",         SMALL,    device_keys_unfreeze},
    {"POST",   "/v1/keys/{key_id}/unlock",                MAY_DEVICES_MANAGE,           "key.unlock",           0,        device_keys_unlock},

    /* Logins and signing by scan, for business systems: docs/spec/qr.md. */
    {"POST",   "/v1/logins",                              WHO_TASKS,                    "login.create",         SMALL,    logins_post},
    {"GET",    "/v1/logins/{login}",                      WHO_TASKS,                    NULL,                   0,        logins_get},
    {"POST",   "/v1/logins/{login}/cancel",               WHO_TASKS,                    "login.cancel",         SMALL,    logins_cancel},
    {"GET",    "/v1/logins/{login}/code",                 WHO_TASKS,                    NULL,                   0,        logins_code},
    {"POST",   "/v1/scans",                               WHO_TASKS,                    "scan.create",          SMALL,    scans_post},
    {"GET",    "/v1/scans/{scan}",                        WHO_TASKS,                    NULL,                   0,        scans_get},
    {"POST",   "/v1/scans/{scan}/cancel",                 WHO_TASKS,                    "scan.cancel",          SMALL,    scans_cancel},
    {"GET",    "/v1/scans/{scan}/code",                   WHO_TASKS,                    NULL,                   0,        scans_code},

    {"GET",    "/v1/operator-tokens",                     MAY_OPERATORS_READ,           NULL,                   0,        operator_tokens_list},
    {"POST",   "/v1/operator-tokens",                     MAY_OPERATORS_MANAGE | WHO_SECOND | WHO_ONCE, "operator.token_create", SMALL, operator_tokens_post},
    {"DELETE", "/v1/operator-tokens/{token_id}",          MAY_OPERATORS_MANAGE,         "operator.token_revoke", 0,       operator_tokens_delete},
    {"GET",    "/v1/operators",                           MAY_OPERATORS_READ,           NULL,                   0,        operators_list},
    {"POST",   "/v1/operators",                           MAY_OPERATORS_MANAGE | WHO_SECOND | WHO_ONCE, "operator.create", SMALL,    operators_post},
    {"GET",    "/v1/operators/{operator}",                MAY_OPERATORS_READ,           NULL,                   0,        operators_get},
    {"PATCH",  "/v1/operators/{operator}",                MAY_OPERATORS_MANAGE | WHO_SECOND, "operator.update", SMALL,    operators_patch},
    {"DELETE", "/v1/operators/{operator}",                MAY_OPERATORS_MANAGE | WHO_SECOND, "operator.remove", 0,        operators_delete},
    {"GET",    "/v1/operators/{operator}/certificates",   MAY_OPERATORS_READ,           NULL,                   0,        operator_certificates_list},
    {"POST",   "/v1/operators/{operator}/certificates",   MAY_OPERATORS_MANAGE | WHO_SECOND | WHO_ONCE, "operator.certificate", SMALL, operator_certificates_post},
    {"DELETE", "/v1/operators/{operator}/certificates/{certificate}", MAY_OPERATORS_MANAGE, "operator.certificate_revoke", 0, operator_certificates_delete},
    {"POST",   "/v1/operators/{operator}/setups",         MAY_OPERATORS_MANAGE | WHO_SECOND | WHO_ONCE, "operator.setup", 0,         operators_setup},
    {"POST",   "/v1/operators/{operator}/setup-link",     MAY_OPERATORS_MANAGE | WHO_ONCE, "operator.setup_link",  0,        operators_setup_link},
    {"POST",   "/v1/operators/{operator}/links",          WHO_SOCKET | WHO_ONCE,        "operator.link",        0,        operators_link},
    {"GET",    "/v1/policy",                              MAY_SYSTEM_READ,              NULL,                   0,        policies_get},
    {"PATCH",  "/v1/policy",                              MAY_SYSTEM_MANAGE | WHO_SECOND, "policy.update",        SMALL,    policies_patch},

    /* Certificate profiles: what stands in every certificate to come needs a second person. A preview is no act: no certificate comes of it. */
    {"GET",    "/v1/profiles",                            MAY_PROFILES_READ,            NULL,                   0,        profiles_list},
    {"POST",   "/v1/profiles",                            MAY_PROFILES_MANAGE | WHO_SECOND | WHO_ONCE, "profile.create",   PROFILE,  profiles_post},
    {"POST",   "/v1/profiles/preview",                    MAY_PROFILES_READ,            NULL,                   PROFILE,  profiles_preview},
    {"GET",    "/v1/profiles/{profile}",                  MAY_PROFILES_READ,            NULL,                   0,        profiles_get},
    {"PATCH",  "/v1/profiles/{profile}",                  MAY_PROFILES_MANAGE | WHO_SECOND, "profile.change",   PROFILE,  profiles_patch},
    {"POST",   "/v1/profiles/{profile}/retire",           MAY_PROFILES_MANAGE | WHO_SECOND, "profile.retire",   0,        profiles_retire},
    {"POST",   "/v1/profiles/{profile}/use",              MAY_PROFILES_MANAGE | WHO_SECOND, "profile.use",      0,        profiles_use},
    {"GET",    "/v1/profiles/{profile}/versions",         MAY_PROFILES_READ,            NULL,                   0,        profiles_versions},
    {"GET",    "/v1/push-endpoints",                      MAY_SYSTEM_READ,              NULL,                   0,        callbacks_endpoint_list},
    {"POST",   "/v1/push-endpoints",                      MAY_SYSTEM_MANAGE | WHO_ONCE, "push.endpoint_create", SMALL,    callbacks_endpoint_post},
    {"PATCH",  "/v1/push-endpoints/{endpoint}",           MAY_SYSTEM_MANAGE,            "push.endpoint_update", SMALL,    callbacks_endpoint_patch},
    {"DELETE", "/v1/push-endpoints/{endpoint}",           MAY_SYSTEM_MANAGE,            "push.endpoint_remove", 0,        callbacks_endpoint_delete},
    {"POST",   "/v1/push-endpoints/{endpoint}/rotate",    MAY_SYSTEM_MANAGE | WHO_ONCE, "push.endpoint_rotate", 0,        callbacks_endpoint_rotate},
    {"POST",   "/v1/push-endpoints/{endpoint}/test",      MAY_SYSTEM_MANAGE,            "push.endpoint_test",   0,        callbacks_endpoint_test},
    {"GET",    "/v1/settings",                            MAY_SYSTEM_READ,              NULL,                   0,        settings_list},
    {"GET",    "/v1/roles",                               MAY_OPERATORS_READ,           NULL,                   0,        roles_list},
    {"POST",   "/v1/roles",                               MAY_OPERATORS_MANAGE | WHO_SECOND | WHO_ONCE, "role.create",     SMALL,    roles_post},
    {"PATCH",  "/v1/roles/{role}",                        MAY_OPERATORS_MANAGE | WHO_SECOND, "role.update",     SMALL,    roles_patch},
    {"DELETE", "/v1/roles/{role}",                        MAY_OPERATORS_MANAGE | WHO_SECOND, "role.delete",     0,        roles_delete},
    {"GET",    "/v1/signatures",                          MAY_SIGNATURES_READ,          NULL,                   0,        signatures_list},
    {"GET",    "/v1/signatures/{task}",                   MAY_SIGNATURES_READ,          NULL,                   0,        signatures_get},
    {"GET",    "/v1/statistics/signatures",               MAY_SIGNATURES_READ,          NULL,                   0,        statistics_signatures},
    {"GET",    "/v1/statistics/stock",                    MAY_SIGNATURES_READ,          NULL,                   0,        statistics_stock_get},
    {"GET",    "/v1/statistics/tasks",                    MAY_SIGNATURES_READ,          NULL,                   0,        statistics_tasks},
    {"GET",    "/v1/statistics/timestamps",               MAY_TIMESTAMPS_READ,          NULL,                   0,        statistics_timestamps},
    {"GET",    "/v1/system/checks",                       MAY_SYSTEM_READ,              NULL,                   0,        checks_get},
    {"POST",   "/v1/system/checks",                       MAY_SYSTEM_READ,              "system.check",         0,        checks_post},
    {"GET",    "/v1/system/figures",                      MAY_SYSTEM_READ,              NULL,                   0,        figures_get},
    {"GET",    "/v1/system/history",                      MAY_SYSTEM_READ,              NULL,                   0,        monitor_history_get},
    {"GET",    "/v1/system/self-tests",                   MAY_SYSTEM_READ,              NULL,                   0,        figures_self_tests},
    {"GET",    "/v1/systems",                             MAY_SYSTEMS_READ,             NULL,                   0,        systems_list},
    {"POST",   "/v1/systems",                             MAY_SYSTEMS_MANAGE | WHO_ONCE, "system.create",        SMALL,    systems_post},
    {"GET",    "/v1/systems/{system}",                    MAY_SYSTEMS_READ,             NULL,                   0,        systems_get},
    {"PATCH",  "/v1/systems/{system}",                    MAY_SYSTEMS_MANAGE,           "system.update",        SMALL,    systems_patch},
    {"GET",    "/v1/systems/{system}/callback-endpoints", MAY_SYSTEMS_READ,             NULL,                   0,        callbacks_endpoint_list},
    {"POST",   "/v1/systems/{system}/callback-endpoints", MAY_SYSTEMS_MANAGE | WHO_ONCE, "callback.endpoint_create", SMALL, callbacks_endpoint_post},
    {"PATCH",  "/v1/systems/{system}/callback-endpoints/{endpoint}", MAY_SYSTEMS_MANAGE, "callback.endpoint_update", SMALL, callbacks_endpoint_patch},
    {"DELETE", "/v1/systems/{system}/callback-endpoints/{endpoint}", MAY_SYSTEMS_MANAGE, "callback.endpoint_remove", 0,   callbacks_endpoint_delete},
    {"POST",   "/v1/systems/{system}/callback-endpoints/{endpoint}/rotate", MAY_SYSTEMS_MANAGE | WHO_ONCE, "callback.endpoint_rotate", 0, callbacks_endpoint_rotate},
    {"POST",   "/v1/systems/{system}/callback-endpoints/{endpoint}/test", MAY_SYSTEMS_MANAGE, "callback.endpoint_test", 0, callbacks_endpoint_test},
    {"GET",    "/v1/systems/{system}/credentials",        MAY_SYSTEMS_READ,             NULL,                   0,        system_credentials_list},
    {"POST",   "/v1/systems/{system}/credentials",        MAY_SYSTEMS_MANAGE | WHO_ONCE, "system.credential_create", SMALL, system_credentials_post},
    {"PATCH",  "/v1/systems/{system}/credentials/{key_id}", MAY_SYSTEMS_MANAGE,         "system.credential_update", SMALL, system_credentials_patch},
    {"POST",   "/v1/systems/{system}/credentials/{key_id}/rotate", MAY_SYSTEMS_MANAGE | WHO_ONCE, "system.credential_rotate", SMALL, system_credentials_rotate},
    {"DELETE", "/v1/systems/{system}/credentials/{key_id}", MAY_SYSTEMS_MANAGE,         "system.credential_revoke", 0,    system_credentials_delete},

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
    {"GET",    "/v1/tsa/access",                          MAY_TIMESTAMPS_READ,          NULL,                   0,        tsa_access_rows},
    {"POST",   "/v1/tsa/access",                          MAY_TIMESTAMPS_MANAGE | WHO_ONCE, "tsa.access_add",       SMALL,    tsa_access_post},
    {"GET",    "/v1/tsa/access/check",                    MAY_TIMESTAMPS_READ,          NULL,                   0,        tsa_access_ask},
    {"PATCH",  "/v1/tsa/access/{access}",                 MAY_TIMESTAMPS_MANAGE,        "tsa.access_update",    SMALL,    tsa_access_patch},
    {"DELETE", "/v1/tsa/access/{access}",                 MAY_TIMESTAMPS_MANAGE,        "tsa.access_remove",    0,        tsa_access_delete},
    {"GET",    "/v1/tsa/clock",                           MAY_TIMESTAMPS_READ,          NULL,                   0,        time_clock},
    {"GET",    "/v1/tsa/clock/history",                   MAY_TIMESTAMPS_READ,          NULL,                   0,        time_clock_history},
    {"GET",    "/v1/tsa/statistics",                      MAY_TIMESTAMPS_READ,          NULL,                   0,        tsa_tokens_statistics},
    {"GET",    "/v1/tsa/tokens",                          MAY_TIMESTAMPS_READ,          NULL,                   0,        tsa_tokens_list},
    {"GET",    "/v1/tsa/tokens/{serial}",                 MAY_TIMESTAMPS_READ,          NULL,                   0,        tsa_tokens_get},
    {"GET",    "/v1/tsa/units",                           MAY_TIMESTAMPS_READ,          NULL,                   0,        tsa_units_list},
    {"POST",   "/v1/tsa/units",                           MAY_TIMESTAMPS_MANAGE | WHO_ONCE, "tsa.unit_create",      SMALL,    tsa_units_post},
    {"POST",   "/v1/tsa/units/{unit}/retire",             MAY_TIMESTAMPS_MANAGE | WHO_SECOND, "tsa.unit_retire", SMALL,   tsa_units_retire},
    {"POST",   "/v1/tsa/units/{unit}/start",              MAY_TIMESTAMPS_MANAGE,        "tsa.unit_start",       0,        tsa_units_start},
    {"POST",   "/v1/tsa/units/{unit}/stop",               MAY_TIMESTAMPS_MANAGE,        "tsa.unit_stop",        0,        tsa_units_stop},
    {"POST",   "/v1/timestamps/verify",                   MAY_TIMESTAMPS_READ | WHO_VERIFY, NULL,               DOCUMENT, timestamp_verifications_post},
    {"GET",    "/v1/tsa/roots",                           MAY_TIMESTAMPS_READ,          NULL,                   0,        tsa_roots_list},
    {"POST",   "/v1/tsa/roots",                           MAY_TIMESTAMPS_MANAGE | WHO_SECOND | WHO_ONCE, "tsa.root_add",   TSA_ROOT, tsa_roots_post},
    {"PATCH",  "/v1/tsa/roots/{root}",                    MAY_TIMESTAMPS_MANAGE,        "tsa.root_crl",         TSA_CRL,  tsa_roots_patch},
    {"DELETE", "/v1/tsa/roots/{root}",                    MAY_TIMESTAMPS_MANAGE | WHO_SECOND, "tsa.root_remove", 0,       tsa_roots_delete},

    {"POST",   "/v1/user-imports",                        MAY_USERS_MANAGE | WHO_USERS, "user.import",          BATCH,    user_imports_post},
    {"GET",    "/v1/users",                               MAY_USERS_READ | WHO_USERS,   NULL,                   0,        users_list},
    {"POST",   "/v1/users",                               MAY_USERS_MANAGE | WHO_USERS, "user.create",          SMALL,    users_post},
    {"GET",    "/v1/users/export",                        MAY_USERS_READ,               NULL,                   0,        user_exports_get},
    {"GET",    "/v1/users/{user}",                        MAY_USERS_READ | WHO_USERS,   NULL,                   0,        users_get},
    {"PATCH",  "/v1/users/{user}",                        MAY_USERS_MANAGE | WHO_USERS, "user.update",          SMALL,    users_patch},
    /* A code makes a signer: a business system that could issue one could sign as anybody. */
    {"POST",   "/v1/users/{user}/activation-codes",       MAY_DEVICES_MANAGE | WHO_ONCE, "enrolment.offer",      SMALL,    users_activation_code},
    {"POST",   "/v1/users/{user}/enrolment-scans",        MAY_DEVICES_MANAGE | WHO_ONCE, "enrolment.scan_create", SMALL,   scans_enrol_post},
    {"GET",    "/v1/users/{user}/keys",                   MAY_DEVICES_READ | WHO_USERS, NULL,                   0,        key_list_of_user},
    {"POST",   "/v1/users/{user}/lost",                   MAY_DEVICES_MANAGE | WHO_USERS, "key.lost",           SMALL,    device_keys_lost_of_user},
    {"GET",    "/v1/users/{user}/seal",                   MAY_USERS_READ | WHO_USERS | WHO_TASKS, NULL,         0,        seals_get},
    {"PUT",    "/v1/users/{user}/seal",                   MAY_USERS_MANAGE,             "seal.upload",          SEAL,     seals_put},
    {"DELETE", "/v1/users/{user}/seal",                   MAY_USERS_MANAGE,             "seal.remove",          0,        seals_delete},
    {"POST",   "/v1/verify",                              MAY_SIGNATURES_READ | WHO_VERIFY, NULL,               DOCUMENT, verifications_post},

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
    {"GET",    "/v1/workstations",                        MAY_DEVICES_READ,             NULL,                   0,        workstations_list},
    {"POST",   "/v1/workstations",                        MAY_DEVICES_MANAGE,           "workstation.create",   SMALL,    workstations_post},
    {"DELETE", "/v1/workstations/{workstation}",          MAY_DEVICES_MANAGE,           "workstation.remove",   0,        workstations_delete},
};
/* clang-format on */

const size_t api_routes_n = sizeof api_routes / sizeof *api_routes;
