/* Calls of the device API: one bounded HTTP exchange, what a refusal says, and the session token
 * (docs/spec/device-api.md 2). */
#ifndef YIQIAN_SDK_WIRE_H
#define YIQIAN_SDK_WIRE_H

#include "context.h"
#include "json_reader.h"
#include "json_writer.h"

/* Room for an answer that is a problem or another small object; paths. */
enum { WIRE_SMALL = 64 * 1024, WIRE_PATH = 160, WIRE_BODY = 4096 };

typedef struct wire_call {
    const char *method, *path;
    const uint8_t *body;
    size_t body_n;
    size_t answer_max; /* bytes taken of the answer; more is a failure */
} wire_call;

/* A successful answer (2xx). Freed, and wiped, with wire_answer_free, also after an error. */
typedef struct wire_answer {
    uint8_t *p;
    size_t n;
    bool too_large; /* it was more than answer_max, and not taken */
} wire_answer;

/* Calls the server without a session. YQ_TRANSPORT_FAILED; YQ_BAD_ANSWER (too large); YQ_REFUSED, YQ_PIN_WRONG,
 * YQ_KEY_LOCKED with device->problem filled. */
YQ_MUST_CHECK yq_status wire_exchange(yq_device *device, const char *server, const wire_call *call,
                                      wire_answer *answer);

/* The same with the key's session, which is opened where there is none, and once more where the server says it is over.
 */
YQ_MUST_CHECK yq_status wire_request(yq_device *device, context_key *key, const wire_call *call, wire_answer *answer);

/* Opens the key's session where there is none. As wire_exchange; YQ_CREDENTIAL_FAILED. */
YQ_MUST_CHECK yq_status wire_open_session(yq_device *device, context_key *key);

/* The last refusal says that the session is over. */
bool wire_session_over(const yq_device *device);

/* One exchange under the session token. Of the device only the platform's transport is used: it need not be locked. */
YQ_MUST_CHECK yq_status wire_poll(const yq_device *device, const char *server, const char *token, const wire_call *call,
                                  wire_answer *answer, yq_problem *problem);
/* The path of a call about this key, to what stands behind its id: "sign-requests". */
void wire_key_path(char path[WIRE_PATH], const context_key *key, const char *what);

/* The path of a call about the tasks that this key can sign, `what` behind it: "?limit=100", "/{id}/document". */
void wire_tasks_path(char path[WIRE_PATH], const context_key *key, const char *what);

/* NULL content is fine. */
void wire_answer_free(wire_answer *answer);

/* The answer's object, checked, with its protocol number. YQ_BAD_ANSWER. Borrows from the answer. */
YQ_MUST_CHECK yq_status wire_open(json_value *root, const wire_answer *answer);

/* Begins a body with its protocol number; wire_end closes it. YQ_INVALID_ARGUMENT where it did not fit. */
void wire_begin(json_writer *w, void *p, size_t cap);
YQ_MUST_CHECK yq_status wire_end(json_writer *w);

/* True if the last refusal had this code. */
bool wire_refused_with(const yq_device *device, const char *code);

/* The last refusal is no verdict on the request (408, 429, 5xx): what it was about may have happened or not. */
bool wire_undecided(const yq_device *device);

#endif
