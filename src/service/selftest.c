#include "service/selftest.h"

#include <stdio.h>
#include <string.h>

#include "base/ct.h"
#include "crypto/entropy_health.h"
#include "keystore/keystore_known_answer.h"
#include "mpc/mpc_known_answer.h"
#include "os/clock.h"
#include "os/log.h"
#include "service/internal.h"

enum { RETRY_SECONDS = 300, AUDIT_ARENA = 1 << 20 };
static const int64_t interval_ms = INT64_C(24) * 3600 * 1000;

size_t selftest_rows(known_answer rows[SELFTEST_MAX])
{
    size_t n = 0;
    while (n < known_answer_crypto_n && n < SELFTEST_MAX - 2) {
        rows[n] = known_answer_crypto[n];
        n++;
    }
    rows[n++] = mpc_known_answer_server;
    rows[n++] = keystore_known_answer;
    return n;
}

static void note(selftest_report *report, const char *name, bool passed)
{
    bool room = report->n < SELFTEST_MAX;
    if (room)
        report->results[report->n++] = (selftest_result){name, passed};
    report->passed = report->passed && passed && room;
}

/* It gives something, and not the same again. */
static bool generator_works(const entropy *rng)
{
    static const uint8_t zero[32];
    uint8_t first[32], second[32];
    bool works = rng->fill(rng->ctx, first, sizeof first) == ERR_OK &&
                 rng->fill(rng->ctx, second, sizeof second) == ERR_OK && !ct_equal(first, second, sizeof first) &&
                 !ct_equal(first, zero, sizeof first);
    wipe(first, sizeof first);
    wipe(second, sizeof second);
    return works;
}

/* Pairwise consistency: what the private key signs, the public key verifies. */
static bool key_is_a_pair(signer *key)
{
    uint8_t e[32], rs[64];
    sm2_digest(e, key->public_key, bytes_of_text("yiqian/self-test"));
    return key->sign(key, e, rs) == ERR_OK && sm2_verify_bytes(key->public_key, e, rs) == ERR_OK;
}

void selftest_perform(selftest_report *out, const known_answer *rows, size_t n, const selftest_live *live)
{
    static const char *const key_names[2] = {"root_key", "issuing_key"};
    uint64_t started = clock_monotonic_ns();
    *out = (selftest_report){.at_ms = clock_unix_ms(), .passed = true};
    for (size_t i = 0; i < n; i++)
        note(out, rows[i].name, known_answer_holds(&rows[i]));
    note(out, "entropy", entropy_health_check(live->seed) == ERR_OK);
    note(out, "random", generator_works(live->rng));
    for (size_t i = 0; i < 2; i++)
        if (live->keys[i])
            note(out, key_names[i], key_is_a_pair(live->keys[i]));
    out->duration_ns = clock_monotonic_ns() - started;
}

void selftest_failures(const selftest_report *report, char out[SELFTEST_NAMES])
{
    size_t at = 0;
    out[0] = '\0';
    for (size_t i = 0; i < report->n && at < SELFTEST_NAMES; i++)
        if (!report->results[i].passed)
            at += (size_t)snprintf(out + at, SELFTEST_NAMES - at, "%s%s", at > 0 ? ", " : "", report->results[i].name);
}

void selftest_read(service *s, selftest_report *out)
{
    pthread_mutex_lock(&s->selftest_lock);
    *out = s->selftest;
    pthread_mutex_unlock(&s->selftest_lock);
}

err selftest_require(call *c)
{
    selftest_report report;
    char names[SELFTEST_NAMES];
    if (!c->service->selftest_failed)
        return ERR_OK;
    selftest_read(c->service, &report);
    selftest_failures(&report, names);
    c->fault.retry_after = RETRY_SECONDS;
    return fault_set(&c->fault, ERR_SELF_TEST, "self-test failed: %s", names);
}

/* The audit log gets the failure only: a start that went well is no act. */
static err record_failure(service *s, const selftest_report *report, const char *names)
{
    arena *a = arena_create(AUDIT_ARENA);
    if (!a)
        return ERR_MEMORY;
    store_unit *unit = store_unit_begin(a);
    audit_record record = {.time_ms = report->at_ms,
                           .event = "server.self_test",
                           .outcome = err_code(ERR_SELF_TEST),
                           .actor = "server",
                           .detail = names};
    err e = audit_add(s->options.audit, a, unit, &record);
    if (e == ERR_OK)
        e = store_commit(s->options.store, unit);
    arena_destroy(a);
    return e;
}

void selftest_run(service *s)
{
    known_answer rows[SELFTEST_MAX];
    selftest_report report;
    char names[SELFTEST_NAMES];
    if (s->selftest_failed)
        return; /* for good, and for the reason given */
    const selftest_live live = {.seed = s->options.seed.fill ? &s->options.seed : &s->options.rng,
                                .rng = &s->options.rng,
                                .keys = {s->root.signer, s->issuing.signer}};
    selftest_perform(&report, rows, selftest_rows(rows), &live);
    /* The gate closes before anyone can hear of it. */
    if (!report.passed)
        s->selftest_failed = true;
    pthread_mutex_lock(&s->selftest_lock);
    s->selftest = report;
    pthread_mutex_unlock(&s->selftest_lock);
    if (report.passed) {
        log_write(LOG_DEBUG, "service", "self-tests passed us=%llu", (unsigned long long)report.duration_ns / 1000);
        return;
    }
    selftest_failures(&report, names);
    log_write(LOG_ERROR, "service", "self-test failed: %s; nothing is signed or issued until a restart passes", names);
    err e = record_failure(s, &report, names);
    if (e != ERR_OK)
        log_write(LOG_ERROR, "service", "the failed self-test could not be recorded code=%s", err_code(e));
}

void selftest_run_if_due(service *s, int64_t now_ms)
{
    selftest_report report;
    selftest_read(s, &report);
    /* A clock that was set back must not put it off, and a generator that fails between two runs is not left to the next. */
    if (now_ms - report.at_ms >= interval_ms || now_ms < report.at_ms || !generator_works(&s->options.rng))
        selftest_run(s);
}
