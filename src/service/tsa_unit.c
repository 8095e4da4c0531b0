#include "service/tsa_unit.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "os/log.h"
#include "service/column.h"
#include "service/crl.h"
#include "service/internal.h"
#include "service/tsa_unit_make.h"

enum { UNIT_ARENA = 256 << 10, UNITS_ARENA = 16 << 20 };

/* Readers follow `next` without a lock: a unit is whole before it is put in, and stays. */
struct tsa_units {
    pthread_mutex_t lock; /* of whoever adds or changes one */
    _Atomic(tsa_unit *) first;
    tsa_unit *last;
    size_t n;
};

static const char *const states[TSA_UNIT_STATES] = {"active", "stopped", "retired"};
static const char *const algorithms[] = {[SIGNER_SM2] = "sm2", [SIGNER_P256] = "p256", [SIGNER_RSA] = "rsa"};
enum { ALGORITHMS = sizeof algorithms / sizeof *algorithms };

const char *tsa_unit_state_name(tsa_unit_state state)
{
    return states[state];
}

const char *tsa_unit_algorithm_name(signer_algorithm algorithm)
{
    return algorithms[algorithm];
}

static err named(const char *const *names, unsigned n, const char *name, unsigned *out)
{
    for (unsigned i = 0; name && i < n; i++)
        if (strcmp(names[i], name) == 0) {
            *out = i;
            return ERR_OK;
        }
    return ERR_NOT_FOUND;
}

err tsa_unit_algorithm_from_name(signer_algorithm *out, const char *name)
{
    unsigned i = 0;
    TRY(named(algorithms, ALGORITHMS, name, &i));
    *out = (signer_algorithm)i;
    return ERR_OK;
}

/* ---- the table in memory ---- */

static void unit_destroy(tsa_unit *u)
{
    if (!u)
        return;
    tsa_issuer_destroy(u->issuer);
    signer_destroy(u->signer);
    arena_destroy(u->arena);
    free(u);
}

static void put_in(struct tsa_units *units, tsa_unit *u)
{
    if (units->last)
        atomic_store_explicit(&units->last->next, u, memory_order_release);
    else
        atomic_store_explicit(&units->first, u, memory_order_release);
    units->last = u;
    units->n++;
}

tsa_unit *tsa_unit_first(const service *s)
{
    return atomic_load_explicit(&s->units->first, memory_order_acquire);
}

tsa_unit *tsa_unit_next(const tsa_unit *u)
{
    return atomic_load_explicit(&u->next, memory_order_acquire);
}

tsa_unit *tsa_unit_find(const service *s, const char *name)
{
    if (!name)
        name = TSA_UNIT_DEFAULT;
    for (tsa_unit *u = tsa_unit_first(s); u; u = tsa_unit_next(u))
        if (strcmp(u->name, name) == 0 && atomic_load(&u->state) != TSA_UNIT_RETIRED)
            return u;
    return NULL;
}

tsa_unit *tsa_unit_of(const service *s, const uint8_t id[16])
{
    for (tsa_unit *u = tsa_unit_first(s); u; u = tsa_unit_next(u))
        if (memcmp(u->id, id, sizeof u->id) == 0)
            return u;
    return NULL;
}

/* ---- from its row ---- */

#define UNIT_COLUMNS                                                                                                   \
    "id, name, algorithm, certificate, chain, sealed_key, limit_us, time_digits, ordering, state, created_at, "        \
    "revoked_at, reason"

/* The certificates of the column `chain`, one behind the other. */
static err chain_read(tsa_unit *u, bytes column)
{
    der_reader r = der_reader_over(column);
    while (!der_at_end(&r)) {
        if (u->chain_n == TSA_UNIT_CHAIN || der_any(&r, NULL, NULL, &u->chain[u->chain_n]) != ERR_OK)
            return ERR_CORRUPT;
        u->chain_n++;
    }
    return u->chain_n > 0 ? ERR_OK : ERR_CORRUPT;
}

/* A root is what whoever verifies has already: in a token it would only be longer. */
static size_t chain_in_tokens(const tsa_unit *u)
{
    cert top;
    bool is_root = cert_parse(&top, u->chain[u->chain_n - 1]) == ERR_OK && bytes_equal(top.issuer, top.subject);
    return u->chain_n - is_root;
}

static err issuer_open(tsa_unit *u)
{
    cert own;
    if (cert_parse(&own, u->certificate) != ERR_OK)
        return ERR_CORRUPT;
    u->not_before_ms = own.not_before_ms;
    u->not_after_ms = own.not_after_ms;
    const tsa_issuer_options options = {.signer = u->signer,
                                        .certificate = u->certificate,
                                        .chain = u->chain,
                                        .chain_n = chain_in_tokens(u),
                                        .ordering = u->ordering,
                                        .time_digits = u->time_digits};
    return tsa_issuer_create(&u->issuer, &options);
}

/* Times must rise, also over restarts: only what was issued ahead of the clock is still of concern. */
static err last_time_load(service *s, arena *a, tsa_unit *u)
{
    const store_value *row;
    if (!u->ordering)
        return ERR_OK;
    TRY(store_query_one(s->options.store, a, &row, ERR_INTERNAL,
                        "SELECT max(time_us) FROM token WHERE unit_id = $1 AND time_us >= $2",
                        (store_value[]){store_id(u->id), store_int(s->started_ms * 1000)}, 2));
    atomic_store(&u->last_us, column_int(&row[0]));
    return ERR_OK;
}

static err fields_read(tsa_unit *u, const store_value *v)
{
    unsigned algorithm = 0, state = 0;
    const char *name = column_text(&v[1]);
    bytes certificate = column_bytes(&v[3]), chain = column_bytes(&v[4]);
    TRY(store_column_id(u->id, &v[0]));
    if (!name || !certificate.p || named(algorithms, ALGORITHMS, column_text(&v[2]), &algorithm) != ERR_OK ||
        named(states, TSA_UNIT_STATES, column_text(&v[9]), &state) != ERR_OK)
        return ERR_CORRUPT;
    u->name = arena_text(u->arena, name, strlen(name));
    certificate.p = arena_copy(u->arena, certificate.p, certificate.n);
    chain.p = arena_copy(u->arena, chain.p, chain.n);
    if (!u->name || !certificate.p || !chain.p)
        return ERR_MEMORY;
    u->algorithm = (signer_algorithm)algorithm;
    u->state = (tsa_unit_state)state;
    u->certificate = certificate;
    u->limit_us = (uint64_t)column_int(&v[6]);
    u->time_digits = (unsigned)column_int(&v[7]);
    u->ordering = v[8].i != 0;
    u->created_ms = column_int(&v[10]);
    u->revoked_ms = column_int(&v[11]);
    u->reason = (int)column_int(&v[12]);
    return chain_read(u, chain);
}

static err unit_read(service *s, arena *a, const store_value *v, tsa_unit **out)
{
    err e = ERR_OK;
    tsa_unit *u = calloc(1, sizeof *u);
    if (!u)
        return ERR_MEMORY;
    u->arena = arena_create(UNIT_ARENA);
    if (!u->arena) {
        e = ERR_MEMORY;
        goto out;
    }
    TRY_OUT(fields_read(u, v));
    if (u->state != TSA_UNIT_RETIRED)
        TRY_OUT(tsa_unit_key_open(s, a, u->id, u->algorithm, column_bytes(&v[5]), &u->signer));
    TRY_OUT(issuer_open(u));
    TRY_OUT(last_time_load(s, a, u));
    *out = u;
    u = NULL;
out:
    unit_destroy(u);
    return e;
}

static err units_load(service *s, arena *a)
{
    store_result rows;
    TRY(store_query(s->options.store, a, &rows, "SELECT " UNIT_COLUMNS " FROM tsa_unit ORDER BY created_at, id", NULL,
                    0));
    for (size_t i = 0; i < rows.rows; i++) {
        tsa_unit *u;
        TRY(unit_read(s, a, rows.values + i * rows.columns, &u));
        put_in(s->units, u);
    }
    return ERR_OK;
}

static err unit_load(service *s, arena *a, const uint8_t id[16], tsa_unit **out)
{
    const store_value *row;
    TRY(store_query_one(s->options.store, a, &row, ERR_INTERNAL, "SELECT " UNIT_COLUMNS " FROM tsa_unit WHERE id = $1",
                        (store_value[]){store_id(id)}, 1));
    return unit_read(s, a, row, out);
}

/* ---- the first start ---- */

static err first_unit_make(service *s, arena *a)
{
    call c = {.service = s,
              .arena = a,
              .now_ms = s->started_ms,
              .actor = ACTOR_SERVER,
              .actor_text = "server",
              .origin = "server",
              .audit_event = "tsa.unit_create"};
    const tsa_unit_request request = {.name = TSA_UNIT_DEFAULT,
                                      .algorithm = SIGNER_SM2,
                                      .limit_us = TSA_UNIT_LIMIT_US,
                                      .time_digits = TSA_UNIT_DIGITS};
    const tsa_unit *made;
    err e = tsa_unit_create(&c, &request, &made);
    if (e == ERR_OK)
        log_write(LOG_INFO, "service", "made the timestamp unit %s", made->name);
    /* Of several servers that start on one empty database one makes it; without it what is known already still works. */
    return e == ERR_EXISTS ? units_load(s, a) : e == ERR_SELF_TEST ? ERR_OK : e;
}

err tsa_units_open(service *s)
{
    arena *a = arena_create(UNITS_ARENA);
    struct tsa_units *units = calloc(1, sizeof *units);
    err e = a && units ? ERR_OK : ERR_MEMORY;
    s->units = units;
    if (units)
        (void)pthread_mutex_init(&units->lock, NULL);
    if (e == ERR_OK)
        e = units_load(s, a);
    if (e == ERR_OK && units->n == 0)
        e = first_unit_make(s, a);
    arena_destroy(a);
    return e;
}

void tsa_units_close(service *s)
{
    struct tsa_units *units = s->units;
    if (!units)
        return;
    for (tsa_unit *u = units->first, *next; u; u = next) {
        next = u->next;
        unit_destroy(u);
    }
    (void)pthread_mutex_destroy(&units->lock);
    free(units);
    s->units = NULL;
}

/* ---- adding one, and its states ---- */

/* In a URL's path and in a certificate's name. "gm" is the path of the other profile. */
static bool name_valid(const char *name)
{
    size_t n = strlen(name);
    return n >= 1 && n <= TSA_UNIT_NAME_MAX && name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-")] == '\0' &&
           name[0] != '-' && strcmp(name, "gm") != 0;
}

static err check_request(call *c, const tsa_unit_request *rq)
{
    if (!name_valid(rq->name)) {
        (void)fault_set(&c->fault, ERR_FIELD_VALUE,
                        "want small letters, digits and hyphens, the first no hyphen; not gm");
        return fault_field(&c->fault, ERR_FIELD_VALUE, "unit");
    }
    if (rq->limit_us < TSA_UNIT_LIMIT_LEAST_US || rq->limit_us > TSA_UNIT_LIMIT_MOST_US)
        return fault_field(&c->fault, ERR_FIELD_VALUE, "limit_us");
    if (rq->time_digits > TSA_TIME_DIGITS_MAX)
        return fault_field(&c->fault, ERR_FIELD_VALUE, "time_digits");
    return ERR_OK;
}

static err insert(call *c, const tsa_unit_request *rq, const tsa_unit_draft *made)
{
    store_unit *unit = store_unit_begin(c->arena);
    store_unit_add(unit, 1, ERR_INTERNAL,
                   "INSERT INTO tsa_unit (id, name, algorithm, certificate, chain, sealed_key, limit_us, time_digits, "
                   "ordering, state, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'active', $10)",
                   (store_value[]){store_id(made->id), store_text(rq->name), store_text(algorithms[rq->algorithm]),
                                   store_blob(made->certificate.p, made->certificate.n),
                                   store_blob(made->chain.p, made->chain.n), store_blob(made->sealed.p, made->sealed.n),
                                   store_int((int64_t)rq->limit_us), store_int(rq->time_digits),
                                   store_bool(rq->ordering), store_int(c->now_ms)},
                   10);
    c->subject = call_subject(c, "tsa_unit", made->id);
    c->detail =
        arena_printf(c->arena, "name=%s algorithm=%s limit_us=%llu digits=%u%s", rq->name, algorithms[rq->algorithm],
                     (unsigned long long)rq->limit_us, rq->time_digits, rq->ordering ? " ordering" : "");
    err e = call_commit(c, unit);
    return e == ERR_EXISTS ? fault_field(&c->fault, ERR_EXISTS, "unit") : e;
}

static err create_locked(call *c, const tsa_unit_request *rq, const tsa_unit **out)
{
    service *s = c->service;
    tsa_unit_draft made;
    tsa_unit *u;
    if (s->units->n >= TSA_UNITS_MAX)
        return fault_set(&c->fault, ERR_LIMIT, "at most %d timestamp units, retired ones among them", TSA_UNITS_MAX);
    if (tsa_unit_find(s, rq->name))
        return fault_field(&c->fault, ERR_EXISTS, "unit");
    TRY(tsa_unit_make(c, rq, &made));
    TRY(insert(c, rq, &made));
    TRY(unit_load(s, c->arena, made.id, &u));
    put_in(s->units, u);
    *out = u;
    return ERR_OK;
}

err tsa_unit_create(call *c, const tsa_unit_request *rq, const tsa_unit **out)
{
    TRY(check_request(c, rq));
    TRY(selftest_require(c));
    pthread_mutex_lock(&c->service->units->lock);
    err e = create_locked(c, rq, out);
    pthread_mutex_unlock(&c->service->units->lock);
    return e;
}

/* Whoever looks while this is written: stopping comes first, starting last. */
static err state_commit(call *c, store_unit *unit, tsa_unit *u, tsa_unit_state state)
{
    tsa_unit_state before = atomic_load(&u->state);
    if (state != TSA_UNIT_ACTIVE && !c->rehearsal)
        atomic_store(&u->state, state);
    err e = call_commit(c, unit);
    atomic_store(&u->state, e == ERR_OK ? state : before);
    return e;
}

static err set_state_locked(call *c, tsa_unit *u, tsa_unit_state state)
{
    store_unit *unit = store_unit_begin(c->arena);
    tsa_unit_state before = atomic_load(&u->state);
    if (before == TSA_UNIT_RETIRED) /* meanwhile */
        return ERR_UNIT_NOT_FOUND;
    c->detail = arena_printf(c->arena, "name=%s %s -> %s", u->name, states[before], states[state]);
    if (before != state)
        store_unit_add(unit, 1, ERR_CONFLICT, "UPDATE tsa_unit SET state = $2 WHERE id = $1 AND state <> 'retired'",
                       (store_value[]){store_id(u->id), store_text(states[state])}, 2);
    return state_commit(c, unit, u, state);
}

static tsa_unit *find_for_act(call *c, const char *name)
{
    tsa_unit *u = tsa_unit_find(c->service, name);
    if (u)
        c->subject = call_subject(c, "tsa_unit", u->id);
    return u;
}

err tsa_unit_set_state(call *c, const char *name, tsa_unit_state state, const tsa_unit **out)
{
    tsa_unit *u = find_for_act(c, name);
    if (!u)
        return ERR_UNIT_NOT_FOUND;
    if (state != TSA_UNIT_ACTIVE && state != TSA_UNIT_STOPPED)
        return ERR_ARG;
    pthread_mutex_lock(&c->service->units->lock);
    err e = set_state_locked(c, u, state);
    pthread_mutex_unlock(&c->service->units->lock);
    *out = u;
    return e;
}

/* A list says it in whole seconds: what is issued until it has stopped must not come after that. */
static err retire_locked(call *c, tsa_unit *u, revocation_reason reason)
{
    store_unit *unit = store_unit_begin(c->arena);
    int64_t revoked_ms = (c->now_ms / 1000 + 1) * 1000;
    if (atomic_load(&u->state) == TSA_UNIT_RETIRED)
        return ERR_UNIT_NOT_FOUND;
    c->detail = arena_printf(c->arena, "name=%s reason=%s", u->name, certificate_reason_name(reason));
    store_unit_add(unit, 1, ERR_CONFLICT,
                   "UPDATE tsa_unit SET state = 'retired', sealed_key = $2, revoked_at = $3, reason = $4 WHERE id = $1 "
                   "AND state <> 'retired'",
                   (store_value[]){store_id(u->id), store_blob(NULL, 0), store_int(revoked_ms), store_int(reason)}, 4);
    TRY(state_commit(c, unit, u, TSA_UNIT_RETIRED));
    atomic_store(&u->reason, (int)reason);
    atomic_store(&u->revoked_ms, revoked_ms);
    return ERR_OK;
}

err tsa_unit_retire(call *c, const char *name, revocation_reason reason, const tsa_unit **out)
{
    tsa_unit *u = find_for_act(c, name);
    if (!u)
        return ERR_UNIT_NOT_FOUND;
    if (reason == REASON_UNSPECIFIED || reason == REASON_HOLD)
        return fault_field(&c->fault, ERR_FIELD_VALUE, "reason");
    pthread_mutex_lock(&c->service->units->lock);
    err e = retire_locked(c, u, reason);
    pthread_mutex_unlock(&c->service->units->lock);
    if (e == ERR_OK && u->algorithm == SIGNER_SM2)
        crl_refresh_after(c);
    *out = u;
    return e;
}
