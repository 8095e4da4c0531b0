/* The context behind yq_device, and the frame of every public call: the lock, and the problem of the last refusal. */
#ifndef YIQIAN_SDK_CONTEXT_H
#define YIQIAN_SDK_CONTEXT_H

#include <pthread.h>

#include "crypto/entropy.h"
#include "crypto/sm2.h"
#include "status.h"
#include "stored_key.h"

enum { CONTEXT_URL = 256, CONTEXT_TOKEN = 1024 };

/* What a workstation signs under: another key's share and limits, in memory only. */
typedef struct context_grant {
    const uint8_t *workstation; /* the 16 bytes of its id */
    const sm2_private *installation;
    scalar d1; /* once it is active; else 0 */
    bool active;
    int64_t count_left; /* by this side's own count: what a request asked for is used, unless it was refused */
} context_grant;

/* One key of this device, or, with a grant, a workstation's authorisation: stored.key_id is its auth_id, and nothing of it is
 * stored. */
typedef struct context_key {
    stored_key stored;
    bool damaged;              /* only stored.id is of use */
    char token[CONTEXT_TOKEN]; /* of the session; "" for none */
    context_grant *grant;      /* NULL: a key of this device */
} context_key;

struct yq_device {
    pthread_mutex_t lock;
    pthread_cond_t woken; /* with the lock: closing, or nobody waits any more. On the monotonic clock */
    unsigned waiting;     /* calls that are between context_begin_waiting and context_end_waiting */
    bool closing;
    yq_platform platform;
    entropy rng;
    char platform_name[33 * 4];
    uint32_t pin_iterations;
    size_t document_max;
    char server[CONTEXT_URL];
    size_t keys_n;
    context_key *keys[YQ_KEYS_MAX];
    yq_problem problem; /* of the last answer that was a refusal */
};

/* A context without keys, over the platform (copied) and the options. Errors as yq_device_open; freed with context_destroy. */
YQ_MUST_CHECK yq_status context_create(yq_device **out, const yq_platform *platform, const yq_options *options);
void context_destroy(yq_device *device);

/* Takes the lock and clears the problem; the device may be NULL (YQ_INVALID_ARGUMENT). */
YQ_MUST_CHECK yq_status context_enter(yq_device *device, yq_problem *problem);

/* Gives the lock back and passes on the status, with the problem where it is a refusal. */
yq_status context_leave(yq_device *device, yq_status status, yq_problem *problem);

/* Between these two the lock is not held and other calls go on. There is no second lock. context_end_waiting: YQ_CLOSED where the context is
 * being closed; the caller then leaves at once, and yq_device_close goes on behind it. */
void context_begin_waiting(yq_device *device);
YQ_MUST_CHECK yq_status context_end_waiting(yq_device *device);

/* Waits so long without the lock. YQ_CLOSED. */
YQ_MUST_CHECK yq_status context_pause(yq_device *device, int64_t ms);

void context_clear_problem(yq_problem *problem);

/* Forgets the session token. */
void context_forget_token(context_key *key);

/* The text: not NULL, UTF-8, 1..max characters, none of them a control character. */
bool context_text_valid(const char *text, size_t max);

/* The form of a PIN, 6 to 12 digits, which an existing key's PIN has whatever else is thought weak today. YQ_WEAK_PIN.
 */
YQ_MUST_CHECK yq_status context_check_pin(bytes pin);

/* n fresh bytes; YQ_ENTROPY_FAILED. */
YQ_MUST_CHECK yq_status context_random(yq_device *device, void *out, size_t n);

#endif
