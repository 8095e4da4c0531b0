/* The calls that Java makes: Native.call with a number of Operation.java, whose order is that of CALLS. */
#ifndef YIQIAN_JNI_CALLS_H
#define YIQIAN_JNI_CALLS_H

#include <jni.h>

#include <yiqian/workstation.h>

#include "pack.h"

enum { CALLS_PIN = 64 /* bytes that are looked at: more than any PIN has */ };

typedef struct calls_pin {
    char digits[CALLS_PIN];
    size_t n;
    bool given; /* an empty one is a wrong PIN, not none */
} calls_pin;

/* One call: what it takes and gives. */
typedef struct calls_call {
    JNIEnv *env;
    void *object; /* what an open gave, of the kind that the call is for; NULL for those that need none */
    pack_reader in;
    pack_writer out;
    calls_pin pin, new_pin;
    jobjectArray documents; /* byte[][] */
    jobject callback;       /* what is asked, or the Bridge to open over */
    yq_problem problem;
} calls_call;

typedef yq_status (*calls_function)(calls_call *call);

#define CALLS(X)                                                                                                       \
    X(device_open)                                                                                                     \
    X(device_close)                                                                                                    \
    X(set_server)                                                                                                      \
    X(get_server)                                                                                                      \
    X(set_key_server)                                                                                                  \
    X(list_keys)                                                                                                       \
    X(sync_key)                                                                                                        \
    X(sync_keys)                                                                                                       \
    X(key_certificate)                                                                                                 \
    X(remove_key)                                                                                                      \
    X(check_pin)                                                                                                       \
    X(enrol)                                                                                                           \
    X(enrol_resume)                                                                                                    \
    X(change_pin)                                                                                                      \
    X(refresh)                                                                                                         \
    X(enable_fingerprint)                                                                                              \
    X(disable_fingerprint)                                                                                             \
    X(renew)                                                                                                           \
    X(rekey)                                                                                                           \
    X(pull_tasks)                                                                                                      \
    X(decline)                                                                                                         \
    X(task_document)                                                                                                   \
    X(wait_tasks)                                                                                                      \
    X(sign)                                                                                                            \
    X(qr_read)                                                                                                         \
    X(scan)                                                                                                            \
    X(scan_short_code)                                                                                                 \
    X(scan_number)                                                                                                     \
    X(scan_decline)                                                                                                    \
    X(sign_login)                                                                                                      \
    X(scan_enrolment)                                                                                                  \
    X(list_other_keys)                                                                                                 \
    X(report_lost)                                                                                                     \
    X(authorise)                                                                                                       \
    X(list_authorisations)                                                                                             \
    X(close_authorisation)                                                                                             \
    X(list_signatures)                                                                                                 \
    X(workstation_open)                                                                                                \
    X(workstation_close)                                                                                               \
    X(workstation_register)                                                                                            \
    X(workstation_describe)                                                                                            \
    X(workstation_forget)                                                                                              \
    X(workstation_close_authorisation)                                                                                 \
    X(offer)                                                                                                           \
    X(offer_free)                                                                                                      \
    X(offer_look)                                                                                                      \
    X(offer_wait)                                                                                                      \
    X(offer_pull)                                                                                                      \
    X(offer_document)                                                                                                  \
    X(offer_sign)                                                                                                      \
    X(offer_close)

#define CALLS_DECLARE(name) yq_status calls_##name(calls_call *call);
CALLS(CALLS_DECLARE)
#undef CALLS_DECLARE

#endif
