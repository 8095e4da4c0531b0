/* Where callbacks go: the endpoints of a business system, and those of services that wake phones (push). Throughout, system_id NULL
 * names the push endpoints. */
#ifndef YIQIAN_SERVICE_CALLBACK_ENDPOINT_H
#define YIQIAN_SERVICE_CALLBACK_ENDPOINT_H

#include "service/callback_message.h"
#include "service/callback_queue.h"

enum { CALLBACK_OVERLAP_HOURS = 24 }; /* so long after a rotation the secret before it signs, too */

typedef struct callback_endpoint {
    uint8_t id[16];
    bool push;
    uint8_t system_id[16];   /* where it is not push */
    const char *url, *state; /* "active", "suspended" */
    uint32_t events;
    int64_t version; /* of url, events and state */
    int64_t created_ms, previous_until; /* 0: no other secret signs */
    /* Of its messages: those that wait (oldest_ms: since when the first of them does; 0: none), those that failed, those delivered within a day. */
    int64_t queued, oldest_ms, failed, delivered;
} callback_endpoint;

typedef struct callback_endpoint_request {
    const char *url;
    uint32_t events; /* of CALLBACK_SYSTEM_EVENTS; of a push endpoint not looked at */
} callback_endpoint_request;

/* secret is what the HMAC key is, as these ASCII characters; shown this once. The caller wipes it. ERR_SYSTEM_NOT_FOUND, ERR_FIELD_VALUE
 * (url, events), ERR_LIMIT (CALLBACK_PLACES), ERR_ENTROPY. */
MUST_CHECK err callback_endpoint_create(call *c, const uint8_t *system_id, const callback_endpoint_request *r,
                                        callback_endpoint *out, char secret[CALLBACK_SECRET_TEXT]);

/* Those that are not removed. ERR_SYSTEM_NOT_FOUND. */
MUST_CHECK err callback_endpoint_list(call *c, const uint8_t *system_id, const callback_endpoint **out, size_t *n);

/* ERR_NOT_FOUND. */
MUST_CHECK err callback_endpoint_get(call *c, const uint8_t *system_id, const uint8_t id[16], callback_endpoint *out);

typedef struct callback_endpoint_change {
    const char *url; /* NULL: as it is */
    bool has_events;
    uint32_t events;
    const char *state; /* NULL: as it is; "active", "suspended": messages wait */
    int64_t version;   /* that the change was made on; 0: whichever it is */
} callback_endpoint_change;
/* ERR_NOT_FOUND, ERR_STALE, ERR_FIELD_VALUE (url, events, state), ERR_FIELD_UNKNOWN (events of a push endpoint). */
MUST_CHECK err callback_endpoint_update(call *c, const uint8_t *system_id, const uint8_t id[16],
                                        const callback_endpoint_change *change, callback_endpoint *out);

/* What was not delivered has failed. ERR_NOT_FOUND. */
MUST_CHECK err callback_endpoint_remove(call *c, const uint8_t *system_id, const uint8_t id[16]);

/* A new secret; for CALLBACK_OVERLAP_HOURS both sign. ERR_NOT_FOUND, ERR_ENTROPY. */
MUST_CHECK err callback_endpoint_rotate(call *c, const uint8_t *system_id, const uint8_t id[16], callback_endpoint *out,
                                        char secret[CALLBACK_SECRET_TEXT]);

typedef struct callback_test {
    uint8_t id[16];
    int status; /* 0: no answer */
    int64_t took_ms;
    const char *message; /* why there was none; "" if there was */
} callback_test;

/* Sends a message of event "test" now, past the queue, and waits for its answer: 10 seconds at the most. */
MUST_CHECK err callback_endpoint_test(call *c, const uint8_t *system_id, const uint8_t id[16], callback_test *out);

/* The secret out of its sealed column. ERR_CORRUPT, ERR_DECRYPT, ERR_MEMORY. For the use cases. */
MUST_CHECK err callback_secret_open(service *s, arena *a, const uint8_t id[16], bytes sealed,
                                    char secret[CALLBACK_SECRET_TEXT]);

/* How the server connects, for a test and for delivery alike. */
struct outbound;
MUST_CHECK err callback_outbound_create(service *s, struct outbound **out);

#endif
