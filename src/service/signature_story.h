/* The whole story of one signature: what is known of its task from the rows and from the audit log, of key, device and workstation, of the
 * certificate then and now, of the clock that its timestamp was taken from, and what its verification finds now. */
#ifndef YIQIAN_SERVICE_SIGNATURE_STORY_H
#define YIQIAN_SERVICE_SIGNATURE_STORY_H

#include "service/audit_log.h"
#include "service/authorisation.h"
#include "service/callback.h"
#include "service/certificate.h"
#include "service/verify.h"

enum {
    SIGNATURE_STORY_EVENTS = 200, /* audit rows, the first ones */
    SIGNATURE_STORY_CALLBACKS = 100
};

/* An audit row with the name of who did it, where that is known: a device's is its person's. */
typedef struct story_event {
    audit_entry row;
    const char *actor_name, *device; /* NULL: unknown, or none */
} story_event;

typedef struct signature_story {
    task task;
    const story_event *events; /* what the audit log has of the task, in its order */
    size_t events_n;
    bool events_whole; /* else there may be further ones */
    /* The claim that led to the signature, or the last one; claimed_ms 0: none. */
    int64_t claimed_ms;
    const char *claim_method;
    int64_t failures_before; /* wrong PINs before the signature; -1: no signature */
    uint8_t sid[16];
    /* The key that signed, and its device. key_state NULL: there is no signature. */
    uint8_t key_id[16], device_id[16];
    const char *key_state, *device_name, *platform;
    bool has_device;
    bool has_authorisation;
    authorisation authorisation;
    bool has_certificate;
    certificate_view certificate;
    const char *certificate_then; /* its state at the time of signing, by what is known now */
    bytes token, cms;             /* empty: none */
    const char *clock_state;      /* of the link of the clock's history before the timestamp; NULL: none */
    int64_t clock_sequence, clock_at_us;
    const callback *callbacks; /* to business systems */
    size_t callbacks_n;
    bool has_verification;
    verification verification;
} signature_story;

/* Of any task, also one that was not signed. ERR_TASK_NOT_FOUND. */
MUST_CHECK err signature_story_read(call *c, const uint8_t id[16], signature_story *out);

#endif
