/* What a callback says and how it is signed: docs/integration/callbacks.md. */
#ifndef YIQIAN_SERVICE_CALLBACK_MESSAGE_H
#define YIQIAN_SERVICE_CALLBACK_MESSAGE_H

#include "base/arena.h"
#include "base/bytes.h"
#include "base/err.h"

enum { CALLBACK_SECRET_TEXT = 43 + 1, CALLBACK_HEADERS = 5 };

/* A text or an id that is NULL is left out. */
typedef struct callback_message {
    const uint8_t *id; /* 16 */
    const char *event;
    const uint8_t *task, *batch; /* of a system's: 16 */
    const char *state, *reference, *reason;
    const char *staff_no; /* of task.waiting */
    int64_t waiting;      /* likewise: how many */
    int64_t sequence;     /* of a system's */
    int64_t happened_ms;
} callback_message;

/* Text as a JSON string (RFC 8259 section 7), quotes and all, in the arena; NULL if it is full. */
const char *callback_message_quoted(arena *a, const char *text);

/* The JSON of the body, in the arena. ERR_MEMORY. */
MUST_CHECK err callback_message_body(arena *a, const callback_message *m, bytes *out);

/* HMAC-SM3 under the secret's ASCII characters over "YQ1-CALLBACK" LF time LF id LF lower-case hex SM3 of the body; as hex. */
enum { CALLBACK_SIGNATURE_TEXT = 64 + 1 };
MUST_CHECK err callback_message_sign(arena *a, const char *secret, int64_t time_s, const uint8_t id[16], bytes body,
                                     char out[CALLBACK_SIGNATURE_TEXT]);

/* "Name: value" each; previous, the secret before this one, may be NULL. Gives how many. ERR_MEMORY. */
MUST_CHECK err callback_message_headers(arena *a, const char *secret, const char *previous, int64_t time_s,
                                        const uint8_t id[16], bytes body, const char *headers[CALLBACK_HEADERS],
                                        size_t *n);

#endif
