#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/ct.h"
#include "base/text.h"
#include "failure_report.h"
#include "keys.h"
#include "tasks.h"
#include "wire.h"

/* POLL_SECONDS: of one long poll, within the time limit that a transport has (30 s). The pauses between tries: 1 s, 2 s ... 30 s, each
 * shortened by up to a half at random, so that a hospital's devices do not come back all at once. */
enum { POLL_SECONDS = 20, PAUSE_MIN_MS = 1000, PAUSE_MAX_MS = 30000, SET_BYTES = 16 };

_Static_assert(YQ_TASK_SET == 2 * SET_BYTES + 1, "hex");

static int64_t now_ms(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* What a poll needs of the context while that is not locked. */
typedef struct poll_copy {
    char server[CONTEXT_URL], token[CONTEXT_TOKEN], path[WIRE_PATH];
} poll_copy;

/* One exchange without the lock, which is held again when it returns. */
static yq_status poll_unlocked(yq_device *device, poll_copy *copy, wire_answer *answer)
{
    yq_problem problem;
    context_clear_problem(&problem);
    const wire_call call = {"GET", copy->path, NULL, 0, WIRE_SMALL + TASKS_ONE};
    context_begin_waiting(device);
    yq_status status = wire_poll(device, copy->server, copy->token, &call, answer, &problem);
    yq_status still_open = context_end_waiting(device);
    device->problem = problem;
    return still_open == YQ_OK ? status : still_open;
}

/* As wire_request, but the key may be gone, or have another session, when the answer comes. */
static yq_status poll_session(yq_device *device, const char *name, poll_copy *copy, wire_answer *answer)
{
    for (int sessions = 0;; sessions++) {
        context_key *key;
        YQ_TRY(keys_enrolled(&key, device, name));
        YQ_TRY(failure_report_flush(device, key)); /* its tasks are pending again, and so in the set */
        YQ_TRY(wire_open_session(device, key));
        memcpy(copy->server, key->stored.server, sizeof copy->server);
        memcpy(copy->token, key->token, sizeof copy->token);
        yq_status status = poll_unlocked(device, copy, answer);
        if (status != YQ_REFUSED || !wire_session_over(device))
            return status;
        YQ_TRY(keys_enrolled(&key, device, name));
        if (strcmp(key->token, copy->token) == 0)
            context_forget_token(key);
        if (sessions > 0)
            return status;
    }
}

static yq_status read_set(char set[YQ_TASK_SET], const wire_answer *answer)
{
    json_value root, value;
    uint8_t bytes_read[SET_BYTES];
    YQ_TRY(wire_open(&root, answer));
    YQ_TRY(status_of_answer(json_reader_field(&value, root, "set")));
    YQ_TRY(status_of_answer(json_reader_hex(bytes_read, sizeof bytes_read, value)));
    hex_encode(set, bytes_read, sizeof bytes_read);
    return YQ_OK;
}

static yq_status poll_once(yq_device *device, const char *name, const char *known, unsigned seconds,
                           char set[YQ_TASK_SET])
{
    poll_copy copy;
    wire_answer answer = {0};
    (void)snprintf(copy.path, sizeof copy.path, "/v1/device/tasks?limit=1&wait=%u&known=%s", seconds, known);
    yq_status status = poll_session(device, name, &copy, &answer);
    if (status == YQ_OK)
        status = read_set(set, &answer);
    wire_answer_free(&answer);
    wipe(&copy, sizeof copy);
    return status;
}

/* No verdict on the key: the server, or the way to it, may be there again in a moment. */
static bool passes(const yq_device *device, yq_status status)
{
    return status == YQ_TRANSPORT_FAILED || status == YQ_BAD_ANSWER || (status == YQ_REFUSED && wire_undecided(device));
}

static int64_t pause_ms(yq_device *device, unsigned failures)
{
    uint8_t dice = 0;
    int64_t ms = PAUSE_MIN_MS;
    for (unsigned i = 1; i < failures && ms < PAUSE_MAX_MS; i++)
        ms *= 2;
    ms = ms < PAUSE_MAX_MS ? ms : PAUSE_MAX_MS;
    if (context_random(device, &dice, sizeof dice) == YQ_OK)
        ms -= ms * dice / 512;
    int64_t asked = device->problem.http_status != 0 ? INT64_C(1000) * device->problem.retry_after : 0;
    return asked > ms ? asked : ms;
}

/* Why the key can sign no more is in the answer; its state and its certificate's are asked for, so that yq_list_keys tells them. */
static void learn_state(yq_device *device, const char *name)
{
    context_key *key;
    yq_problem why = device->problem;
    yq_status status = keys_enrolled(&key, device, name);
    if (status == YQ_OK)
        status = keys_sync(device, key);
    (void)status; /* where it cannot be asked, what was known stays */
    device->problem = why;
}

/* After an answer without a verdict, or one that came sooner than it should: a while, but not beyond the end. */
static yq_status pause(yq_device *device, unsigned failures, int64_t until)
{
    int64_t ms = pause_ms(device, failures), left = until - now_ms();
    return left > 0 ? context_pause(device, ms < left ? ms : left) : YQ_OK;
}

static yq_status wait_tasks(yq_device *device, const char *name, char set[YQ_TASK_SET], unsigned seconds, bool *changed)
{
    const int64_t until = now_ms() + INT64_C(1000) * seconds;
    for (unsigned failures = 0;;) {
        char now[YQ_TASK_SET];
        int64_t begun = now_ms(), left = until > begun ? (until - begun + 999) / 1000 : 0;
        unsigned poll = left < POLL_SECONDS ? (unsigned)left : POLL_SECONDS;
        context_clear_problem(&device->problem);
        yq_status status = poll_once(device, name, set, poll, now);
        if (status == YQ_OK) {
            *changed = strcmp(set, now) != 0;
            memcpy(set, now, YQ_TASK_SET);
        } else if (!passes(device, status)) {
            if (status == YQ_REFUSED || status == YQ_KEY_LOCKED)
                learn_state(device, name);
            return status;
        }
        bool too_soon = now_ms() - begun < INT64_C(1000) * poll - 500;
        failures = status == YQ_OK && !too_soon ? 0 : failures + 1;
        if (!*changed && failures > 0)
            YQ_TRY(pause(device, failures, until));
        if (*changed || now_ms() >= until)
            return status;
    }
}

/* As a set is written: 32 hex digits, or nothing. */
static bool set_valid(const char *set)
{
    size_t n = strnlen(set, YQ_TASK_SET);
    return n == 0 || (n == YQ_TASK_SET - 1 && strspn(set, "0123456789abcdef") == n);
}

yq_status yq_wait_tasks(yq_device *device, const char *key, char set[YQ_TASK_SET], unsigned seconds, bool *changed,
                        yq_problem *problem)
{
    context_clear_problem(problem);
    if (!key || !set || !changed || seconds > YQ_WAIT_MAX || !set_valid(set))
        return YQ_INVALID_ARGUMENT;
    *changed = false;
    YQ_TRY(context_enter(device, problem));
    return context_leave(device, wait_tasks(device, key, set, seconds, changed), problem);
}
