/* The one error enum. Every call that can fail returns it, and the compiler makes the caller look (MUST_CHECK).
 *
 * The text beside a name is the stable code that an API client sees ("code" of its problem+json answer); it never changes
 * once released. The HTTP status, the message and the hint of each code stand in one table, src/http/problem.c. */
#ifndef YIQIAN_BASE_ERR_H
#define YIQIAN_BASE_ERR_H

/* clang-format off */
#define ERR_LIST(X) \
    X(ERR_OK, "ok") \
    /* what was given: a value, an encoding, a request */ \
    X(ERR_ARG, "invalid_argument") \
    X(ERR_LENGTH, "wrong_length") \
    X(ERR_RANGE, "out_of_range") \
    X(ERR_ENCODING, "bad_encoding") \
    X(ERR_DER, "bad_der") \
    X(ERR_SCALAR, "bad_scalar") \
    X(ERR_POINT, "bad_point") \
    X(ERR_JSON, "bad_json") \
    X(ERR_UTF8, "not_utf8") \
    X(ERR_FIELD_MISSING, "field_missing") \
    X(ERR_FIELD_UNKNOWN, "field_unknown") \
    X(ERR_FIELD_TYPE, "field_type") \
    X(ERR_FIELD_LENGTH, "field_length") \
    X(ERR_FIELD_VALUE, "field_value") \
    X(ERR_BODY_TOO_LARGE, "body_too_large") \
    X(ERR_MEDIA_TYPE, "media_type") \
    X(ERR_ROUTE, "no_such_route") \
    X(ERR_METHOD, "method_not_allowed") \
    X(ERR_PROTOCOL, "protocol_version") \
    /* cryptography */ \
    X(ERR_SIGNATURE, "signature_invalid") \
    X(ERR_PROOF, "proof_invalid") \
    X(ERR_DECRYPT, "decryption_failed") \
    X(ERR_ENTROPY, "entropy_failed") \
    X(ERR_SELF_TEST, "self_test_failed") \
    X(ERR_CHAIN, "chain_invalid") \
    X(ERR_UNSUPPORTED, "unsupported") \
    /* the device half of the protocol */ \
    X(ERR_ANSWER, "answer_rejected") \
    X(ERR_CONSUMED, "session_consumed") \
    X(ERR_WEAK_PIN, "weak_pin") \
    X(ERR_TRANSPORT, "transport_failed") \
    X(ERR_REMOTE, "server_refused") \
    /* who is asking */ \
    X(ERR_UNAUTHENTICATED, "unauthenticated") \
    X(ERR_FORBIDDEN, "forbidden") \
    X(ERR_TOKEN_FORBIDDEN, "token_forbidden") \
    X(ERR_LOGIN_OLD, "login_too_old") \
    X(ERR_FINGERPRINT_FORBIDDEN, "fingerprint_forbidden") \
    X(ERR_REPLAY, "request_replayed") \
    X(ERR_CLOCK_SKEW, "clock_skew") \
    X(ERR_SESSION_EXPIRED, "session_expired") \
    X(ERR_INSECURE, "transport_insecure") \
    X(ERR_ADDRESS, "address_forbidden") \
    X(ERR_CSRF, "csrf_token") \
    /* things and their states */ \
    X(ERR_NOT_FOUND, "not_found") \
    X(ERR_EXISTS, "already_exists") \
    X(ERR_CONFLICT, "conflict") \
    X(ERR_STALE, "changed_meanwhile") \
    X(ERR_OPERATOR_NOT_FOUND, "operator_not_found") \
    X(ERR_OWN_ROLE, "own_role") \
    X(ERR_LAST_ADMINISTRATOR, "last_administrator") \
    X(ERR_USER_OPERATOR, "user_is_operator") \
    X(ERR_SEPARATION, "duties_not_separate") \
    X(ERR_APPROVAL, "approval_not_possible") \
    X(ERR_USER_EXISTS, "user_exists") \
    X(ERR_USER_NOT_FOUND, "user_not_found") \
    X(ERR_USER_SUSPENDED, "user_suspended") \
    X(ERR_SYSTEM_NOT_FOUND, "system_not_found") \
    X(ERR_ACTIVATION, "activation_refused") \
    X(ERR_ENROLMENT_CLOSED, "enrolment_closed") \
    X(ERR_KEY_NOT_FOUND, "key_not_found") \
    X(ERR_KEY_STATE, "key_state") \
    X(ERR_KEY_LOCKED, "key_locked") \
    X(ERR_KEY_BUSY, "key_busy") \
    X(ERR_PIN, "pin_wrong") \
    X(ERR_SID, "sid_refused") \
    X(ERR_REFRESH, "refresh_pending") \
    X(ERR_CERTIFICATE_NOT_FOUND, "certificate_not_found") \
    X(ERR_CERTIFICATE_REVOKED, "certificate_revoked") \
    X(ERR_CERTIFICATE_EXPIRED, "certificate_expired") \
    X(ERR_CERTIFICATE_FROZEN, "certificate_frozen") \
    X(ERR_CERTIFICATE_SUPERSEDED, "certificate_superseded") \
    X(ERR_RENEWAL, "renewal_not_due") \
    X(ERR_PROFILE_NOT_FOUND, "profile_not_found") \
    X(ERR_PROFILE, "profile_refused") \
    X(ERR_TASK_NOT_FOUND, "task_not_found") \
    X(ERR_TASK_NOT_YOURS, "task_not_yours") \
    X(ERR_TASK_SIGNED, "task_signed") \
    X(ERR_TASK_CANCELLED, "task_cancelled") \
    X(ERR_TASK_EXPIRED, "task_expired") \
    X(ERR_TASK_WAITING, "task_waiting") \
    X(ERR_TASK_DECLINED, "task_declined") \
    X(ERR_TASK_WITHDRAWN, "task_withdrawn") \
    X(ERR_TASK_NOT_SIGNED, "task_not_signed") \
    X(ERR_BATCH_NOT_FOUND, "batch_not_found") \
    X(ERR_TASK_CLAIMED, "task_claimed") \
    X(ERR_TASK_NOT_CLAIMED, "task_not_claimed") \
    X(ERR_DIGEST, "digest_mismatch") \
    X(ERR_SIGNING_TIME, "signing_time_skew") \
    X(ERR_DOCUMENT_CHANGED, "document_changed") \
    X(ERR_FORM, "form_refused") \
    X(ERR_PICTURE, "picture_refused") \
    X(ERR_IDEMPOTENCY, "idempotency_mismatch") \
    X(ERR_ANSWER_LOST, "answer_lost") \
    X(ERR_WORKSTATION_NOT_FOUND, "workstation_not_found") \
    X(ERR_AUTHORISATION_NOT_FOUND, "authorisation_not_found") \
    X(ERR_AUTHORISATION_CLOSED, "authorisation_closed") \
    X(ERR_SCOPE, "outside_scope") \
    X(ERR_SCAN, "scan_refused") \
    X(ERR_CALLBACK_NOT_FOUND, "callback_not_found") \
    X(ERR_UNIT_NOT_FOUND, "unit_not_found") \
    X(ERR_TIMESTAMP_NOT_FOUND, "timestamp_not_found") \
    X(ERR_TIME, "time_not_available") \
    X(ERR_ACCESS, "access_denied") \
    X(ERR_RATE, "too_many_requests") \
    X(ERR_BACKUP_NOT_FOUND, "backup_not_found") \
    X(ERR_BACKUP_RUNNING, "backup_running") \
    X(ERR_BACKUP_DIRECTORY, "backup_dir_unusable") \
    X(ERR_BACKUP_DOWNLOAD, "download_not_approved") \
    X(ERR_BACKUP_INTERRUPTED, "backup_interrupted") \
    X(ERR_BACKUP_DAMAGED, "backup_damaged") \
    X(ERR_BACKUP_SHORTENED, "backup_shortened") \
    X(ERR_BACKUP_CONTENT, "backup_content") \
    X(ERR_PASSPHRASE_MISSING, "passphrase_missing") \
    X(ERR_PASSPHRASE_WEAK, "passphrase_weak") \
    X(ERR_PASSPHRASE_WRONG, "passphrase_wrong") \
    /* resources */ \
    X(ERR_MEMORY, "out_of_memory") \
    X(ERR_LIMIT, "limit_reached") \
    X(ERR_BUSY, "busy") \
    X(ERR_TIMEOUT, "timed_out") \
    X(ERR_IO, "io_failed") \
    X(ERR_DISK_FULL, "disk_full") \
    X(ERR_CORRUPT, "data_corrupt") \
    X(ERR_CONFIG, "bad_configuration") \
    X(ERR_INTERNAL, "internal")
/* clang-format on */

typedef enum err {
#define ERR_ENUM(name, code) name,
    ERR_LIST(ERR_ENUM)
#undef ERR_ENUM
        ERR_COUNT
} err;

#define MUST_CHECK __attribute__((warn_unused_result))

/* The stable code of e ("internal" for a value outside the enum). Static storage. */
const char *err_code(err e);

/* The error whose stable code is the given text; ERR_INTERNAL where there is none. */
err err_from_code(const char *code);

/* Leaves the function with the error of a call, where the function owns nothing that must be freed or wiped first. */
#define TRY(call)                                                                                                      \
    do {                                                                                                               \
        err try_err = (call);                                                                                          \
        if (try_err != ERR_OK)                                                                                         \
            return try_err;                                                                                            \
    } while (0)

/* The same where the function does own something: sets `e` (an err in scope) and goes to its one label `out`. */
#define TRY_OUT(call)                                                                                                  \
    do {                                                                                                               \
        e = (call);                                                                                                    \
        if (e != ERR_OK)                                                                                               \
            goto out;                                                                                                  \
    } while (0)

#endif
