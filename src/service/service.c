#include "service/service.h"

#include <stdlib.h>
#include <string.h>

#include "audit/audit_block.h"
#include "base/ct.h"
#include "base/text.h"
#include "os/clock.h"
#include "os/file.h"
#include "os/log.h"
#include "service/approval.h"
#include "service/audit_job.h"
#include "service/authorisation.h"
#include "service/authorisation_share.h"
#include "service/backup_job.h"
#include "service/backup_permit.h"
#include "service/callback_queue.h"
#include "service/console_login.h"
#include "service/console_session.h"
#include "service/device_session.h"
#include "service/idempotency.h"
#include "service/internal.h"
#include "service/monitor.h"
#include "service/once.h"
#include "service/rate.h"
#include "service/renewal.h"
#include "service/scan_session.h"
#include "service/signature_stamp.h"
#include "service/statistics_day.h"
#include "service/system_use.h"
#include "service/task_end.h"
#include "service/time_watch.h"
#include "service/token_count.h"
#include "service/token_hour.h"
#include "service/token_log.h"
#include "service/tsa_access.h"
#include "service/tsa_unit.h"
#include "tsa/serial.h"

enum { SERVICE_ARENA = 1 << 20, AUTHORISATION_HOURS_DEFAULT = 16 };

/* The hospital's name, of a sandbox with its mark before it: it stands in every certificate and on every device. */
static const char *organisation_of(service *s, const service_options *options)
{
    const char *name = options->organisation;
    size_t room = AUTHORITY_ORGANISATION_MAX - utf8_length(SANDBOX_MARK, strlen(SANDBOX_MARK));
    return options->sandbox ? arena_printf(s->arena, SANDBOX_MARK "%.*s", (int)utf8_prefix(name, room), name)
                            : arena_text(s->arena, name, strlen(name));
}

static err copy_options(service *s, const service_options *options)
{
    s->options = *options;
    s->options.public_url = arena_text(s->arena, options->public_url, strlen(options->public_url));
    s->options.organisation = organisation_of(s, options);
    if (!s->options.public_url || !s->options.organisation)
        return ERR_MEMORY;
    if (s->options.authorisation_hours == 0)
        s->options.authorisation_hours = AUTHORISATION_HOURS_DEFAULT;
    s->options.tsa_policy.p = arena_copy(s->arena, options->tsa_policy.p, options->tsa_policy.n);
    s->options.tsa_policy_gm.p = arena_copy(s->arena, options->tsa_policy_gm.p, options->tsa_policy_gm.n);
    if (!s->options.tsa_policy.p || !s->options.tsa_policy_gm.p)
        return ERR_MEMORY;
    if (options->data_dir &&
        !(s->options.data_dir = arena_text(s->arena, options->data_dir, strlen(options->data_dir))))
        return ERR_MEMORY;
    if (options->backup_dir &&
        !(s->options.backup_dir = arena_text(s->arena, options->backup_dir, strlen(options->backup_dir))))
        return ERR_MEMORY;
    if (!options->authorisations_dir)
        return ERR_OK;
    s->options.authorisations_dir =
        arena_text(s->arena, options->authorisations_dir, strlen(options->authorisations_dir));
    return s->options.authorisations_dir ? file_make_directory(s->options.authorisations_dir, 0700) : ERR_MEMORY;
}

/* A server whose self-test failed starts without: it has to say so, and what it signed before stands. */
static err crl_at_start(service *s)
{
    arena *a = arena_create(SERVICE_ARENA);
    if (!a)
        return ERR_MEMORY;
    err e = crl_refresh(s, a, s->started_ms, false);
    arena_destroy(a);
    return e == ERR_SELF_TEST ? ERR_OK : e;
}

err service_open(service **out, const service_options *options)
{
    err e = ERR_OK;
    service *s = calloc(1, sizeof *s);
    if (!s)
        return ERR_MEMORY;
    pthread_mutex_init(&s->crl_lock, NULL);
    pthread_mutex_init(&s->selftest_lock, NULL);
    pthread_mutex_init(&s->health_lock, NULL);
    s->locks = key_locks_create();
    s->known_keys = known_keys_create(options->known_keys);
    s->callbacks = callback_queue_create();
    s->started_ms = clock_unix_ms();
    s->arena = arena_create(SERVICE_ARENA);
    if (!s->arena || !s->locks || !s->known_keys || !s->callbacks) {
        e = ERR_MEMORY;
        goto out;
    }
    TRY_OUT(copy_options(s, options));
    keystore_derive(options->keystore, "activation-code", s->code_key);
    keystore_derive(options->keystore, "device-token", s->token_key);
    keystore_derive(options->keystore, "device-challenge", s->challenge_key);
    TRY_OUT(device_session_table_create(s));
    TRY_OUT(rate_table_create(s));
    /* Before the CA's keys are made; again when they are there. */
    selftest_run(s);
    TRY_OUT(authority_open(s, s->started_ms));
    selftest_run(s);
    TRY_OUT(crl_at_start(s));
    TRY_OUT(console_login_open(s));
    TRY_OUT(authorisation_share_sweep(s)); /* what a crash between a closing and its pad left */
    TRY_OUT(callback_queue_refresh(s, s->arena));
    TRY_OUT(time_watch_open(s));
    TRY_OUT(tsa_serials_create(&s->serials, &s->options.rng));
    TRY_OUT(system_uses_open(s));
    TRY_OUT(token_counts_open(s));
    TRY_OUT(token_log_open(s));
    TRY_OUT(tsa_units_open(s));
    TRY_OUT(tsa_access_open(s));
    TRY_OUT(audit_job_open(s));
    TRY_OUT(backup_permits_open(s));
    TRY_OUT(backup_job_open(s));
    TRY_OUT(monitor_open(s));
    *out = s;
    s = NULL;
out:
    service_close(s);
    return e;
}

void service_close(service *s)
{
    if (!s)
        return;
    monitor_close(s);
    backup_job_close(s);
    backup_permits_close(s);
    audit_job_close(s);
    tsa_units_close(s);
    system_uses_close(s);
    token_counts_close(s);
    tsa_serials_destroy(s->serials);
    time_watch_close(s);
    tsa_access_close(s);
    authority_close(s);
    device_session_table_destroy(s);
    rate_table_destroy(s);
    pthread_mutex_destroy(&s->crl_lock);
    pthread_mutex_destroy(&s->selftest_lock);
    pthread_mutex_destroy(&s->health_lock);
    known_keys_destroy(s->known_keys);
    key_locks_destroy(s->locks);
    callback_queue_destroy(s->callbacks);
    arena_destroy(s->arena);
    wipe(s, sizeof *s);
    free(s);
}

void service_chain(const service *s, bytes chain[2])
{
    chain[0] = s->issuing.der;
    chain[1] = s->root.der;
}

bool service_is_sandbox(const service *s)
{
    return s->options.sandbox;
}

const char *service_organisation(const service *s)
{
    return s->options.organisation;
}

const char *service_public_url(const service *s)
{
    return s->options.public_url;
}

void service_read_figures(service *s, service_figures *out)
{
    out->crypto_cpu_ns = s->crypto_cpu_ns;
    store_read_figures(s->options.store, &out->store);
}

const char *call_subject(call *c, const char *kind, const uint8_t id[16])
{
    char text[UUID_TEXT];
    uuid_encode(text, id);
    return arena_printf(c->arena, "%s:%s", kind, text);
}

struct call_waking {
    struct call_waking *next;
    uint8_t topic[16];
};

void call_wake(call *c, const uint8_t topic[16])
{
    for (const struct call_waking *w = c->waking; w; w = w->next)
        if (memcmp(w->topic, topic, 16) == 0)
            return;
    struct call_waking *w = arena_alloc(c->arena, sizeof *w);
    if (!w)
        return;
    memcpy(w->topic, topic, 16);
    w->next = c->waking;
    c->waking = w;
}

static void wake_all(call *c)
{
    const service_options *o = &c->service->options;
    for (const struct call_waking *w = c->waking; w && o->wake; w = w->next)
        o->wake(o->wake_context, w->topic);
    c->waking = NULL;
    if (c->callbacks)
        callback_queue_wake(c->service);
    c->callbacks = false;
}

static void add_nonce(const call *c, store_unit *unit, err outcome)
{
    if (c->nonce)
        store_unit_add(
            unit, outcome == ERR_OK ? 1 : STORE_ANY, ERR_REPLAY,
            "INSERT INTO request_nonce (credential_id, nonce, expires_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
            (store_value[]){store_text(c->credential_id), store_text(c->nonce), store_int(c->nonce_expires)}, 3);
}

static err commit_as(call *c, store_unit *unit, err outcome)
{
    if (!unit)
        return ERR_MEMORY;
    if (c->rehearsal) {
        c->rehearsed = outcome == ERR_OK;
        return c->rehearsed ? ERR_INTERNAL : ERR_OK;
    }
    add_nonce(c, unit, outcome);
    if (outcome == ERR_OK)
        once_add(c, unit);
    const char *detail = c->detail;
    if (c->approval && outcome == ERR_OK)
        TRY(approval_add_end(c, unit, &detail));
    if (c->alone && !(detail = arena_printf(c->arena, "%s%salone", detail ? detail : "", detail ? " " : "")))
        return ERR_MEMORY;
    if (c->audit_event) {
        audit_record record = {.time_ms = c->now_ms,
                               .event = c->audit_event,
                               .outcome = err_code(outcome),
                               .actor = c->actor_text,
                               .subject = c->subject,
                               .origin = c->origin,
                               .detail = detail};
        TRY(audit_add(c->service->options.audit, c->arena, unit, &record));
    }
    TRY(store_commit(c->service->options.store, unit));
    if (c->approval && outcome == ERR_OK)
        approval_committed(c);
    if (outcome == ERR_OK)
        once_committed(c);
    c->recorded = true;
    wake_all(c);
    return ERR_OK;
}

void call_commit_later(call *c, store_unit *unit, store_done done, void *ctx)
{
    if (c->audit_event || c->waking || c->callbacks) {
        done(ctx, ERR_ARG);
        return;
    }
    add_nonce(c, unit, ERR_OK);
    store_commit_later(c->service->options.store, unit, done, ctx);
}

err call_commit(call *c, store_unit *unit)
{
    return commit_as(c, unit, ERR_OK);
}

err call_commit_refusal(call *c, store_unit *unit, err why)
{
    return commit_as(c, unit, why);
}

err call_refused(call *c, err why)
{
    return commit_as(c, store_unit_begin(c->arena), why);
}

err service_is_new(store *s, bool *is_new)
{
    store_result rows;
    arena *a = arena_create(SERVICE_ARENA);
    if (!a)
        return ERR_MEMORY;
    err e = store_query(s, a, &rows, "SELECT name FROM ca LIMIT 1", NULL, 0);
    *is_new = e == ERR_OK && rows.rows == 0;
    arena_destroy(a);
    return e;
}

/* Each for itself: what keeps one from being done keeps no other, nor a new revocation list. The first error. */
static err timestamps_housekeeping(call *c)
{
    service *s = c->service;
    err e = token_count_flush(s, c->arena), next = tsa_access_refresh(s);
    e = e == ERR_OK ? next : e;
    next = token_hour_roll_up(s, c->arena, c->now_ms);
    e = e == ERR_OK ? next : e;
    next = signature_stamp_housekeeping(c);
    return e == ERR_OK ? next : e;
}

err service_housekeeping(service *s, arena *a, int64_t now_ms)
{
    call c = {
        .service = s, .arena = a, .now_ms = now_ms, .actor = ACTOR_SERVER, .actor_text = "server", .origin = "server"};
    TRY(task_expire(&c));
    store_unit *unit = store_unit_begin(a);
    if (!unit)
        return ERR_MEMORY;
    store_value now[] = {store_int(now_ms)};
    TRY(scan_session_expire(&c, unit));
    idempotency_expire(unit, now_ms);
    renewal_expire(unit, now_ms);
    console_session_expire(unit, now_ms);
    approval_expire(unit, now_ms);
    store_unit_add(unit, STORE_ANY, ERR_OK,
                   "UPDATE enrolment SET state = 'closed' WHERE state IN ('offered', 'open') AND expires_at < $1", now,
                   1);
    store_unit_add(unit, STORE_ANY, ERR_OK, "DELETE FROM request_nonce WHERE expires_at < $1", now, 1);
    store_unit_add(unit, STORE_ANY, ERR_OK,
                   "UPDATE certificate SET state = 'expired' WHERE state = 'active' AND not_after < $1", now, 1);
    TRY(call_commit(&c, unit));
    TRY(once_housekeeping(&c));
    TRY(authorisation_housekeeping(&c));
    TRY(system_use_flush(s, a));
    err timestamps = timestamps_housekeeping(&c), counted = statistics_day_roll_up(s, now_ms);
    timestamps = timestamps == ERR_OK ? counted : timestamps;
    counted = audit_block_roll_up(s->options.store);
    timestamps = timestamps == ERR_OK ? counted : timestamps;
    counted = backup_job_housekeeping(&c);
    timestamps = timestamps == ERR_OK ? counted : timestamps;
    selftest_run_if_due(s, now_ms);
    err e = crl_refresh(s, a, now_ms, false);
    return e == ERR_OK || e == ERR_SELF_TEST ? timestamps : e; /* said when it failed, not every few seconds */
}
