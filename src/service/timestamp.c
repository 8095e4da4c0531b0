#include "service/timestamp.h"

#include <string.h>

#include "os/clock.h"
#include "os/log.h"
#include "service/internal.h"
#include "service/time_watch.h"
#include "service/token_count.h"
#include "service/token_log.h"
#include "tsa/response.h"
#include "tsa/serial.h"

/* A collision of serial numbers is a fault in the machine (RFC 3161 2.4.2: unique for each token): one more is drawn, then it is said. */
enum { SERIAL_TRIES = 2 };
static const char serial_drawn_before[] = "a serial number was drawn before: is this a copy of a running machine?";

const char *timestamp_client(const call *c)
{
    return c->actor == ACTOR_NOBODY ? "anonymous" : c->actor_text;
}

/* ---- what may be asked ---- */

static err fail(tsa_failure *why, tsa_failure failure, err e)
{
    *why = failure;
    return e;
}

static err find_unit(call *c, const timestamp_request *rq, tsa_unit **out, tsa_failure *why)
{
    *why = TSA_SYSTEM_FAILURE;
    TRY(selftest_require(c));
    tsa_unit *u = tsa_unit_find(c->service, rq->unit);
    if (!u)
        return ERR_UNIT_NOT_FOUND;
    if (atomic_load(&u->state) != TSA_UNIT_ACTIVE)
        return fault_set(&c->fault, ERR_CONFLICT, "the timestamp unit is stopped");
    if (rq->profile == CMS_GM && u->algorithm != SIGNER_SM2)
        return fault_set(&c->fault, fail(why, TSA_UNACCEPTED_POLICY, ERR_UNSUPPORTED),
                         "only an SM2 unit issues timestamps by GM/T 0033");
    *out = u;
    return ERR_OK;
}

bytes timestamp_own_policy(cms_profile profile, bool demonstration)
{
    if (profile == CMS_GM)
        return oid_octets(demonstration ? OID_POLICY_DEMONSTRATION_GM : OID_POLICY_GM);
    return oid_octets(demonstration ? OID_POLICY_DEMONSTRATION_RFC : OID_POLICY_RFC);
}

/* The policy of a profile. own: it is the product's, not one of the settings. */
static bytes policy_of(const service *s, cms_profile profile, bool demonstration, bool *own)
{
    bytes set = profile == CMS_GM ? s->options.tsa_policy_gm : s->options.tsa_policy;
    *own = demonstration || set.n == 0;
    return *own ? timestamp_own_policy(profile, demonstration) : set;
}

/* A policy that is asked for is granted or refused, never replaced. That of GM/T 0033 chooses the profile on any path of an SM2 unit. */
static err choose_policy(call *c, const tsa_unit *u, const timestamp_request *rq, timestamp *out, bool *own,
                         tsa_failure *why)
{
    tsa_statement *st = &out->statement;
    bytes asked = rq->request.policy;
    st->profile = rq->profile;
    st->policy = policy_of(c->service, st->profile, out->demonstration, own);
    if (asked.n == 0 || bytes_equal(asked, st->policy))
        return ERR_OK;
    if (rq->profile == CMS_RFC && u->algorithm == SIGNER_SM2) {
        st->profile = CMS_GM;
        st->policy = policy_of(c->service, st->profile, out->demonstration, own);
        if (bytes_equal(asked, st->policy))
            return ERR_OK;
    }
    return fail(why, TSA_UNACCEPTED_POLICY, ERR_UNSUPPORTED);
}

/* ---- the time ---- */

/* With ordering each time is later than the one before by at least a digit that is written (RFC 3161 2.4.2); what it runs ahead of the clock
 * for that counts as error. */
static err order(tsa_unit *u, tsa_statement *st)
{
    int64_t step = (int64_t)tsa_time_cut_us(u->time_digits) + 1, last = atomic_load(&u->last_us), next;
    do {
        next = st->time_us > last + step || last == 0 ? st->time_us : last + step;
        if ((uint64_t)(next - st->time_us) + st->accuracy_us > u->limit_us)
            return ERR_TIME;
    } while (!atomic_compare_exchange_weak(&u->last_us, &last, next));
    st->accuracy_us += (uint64_t)(next - st->time_us);
    st->time_us = next;
    return ERR_OK;
}

/* The time comes from the watch as late as may be: what follows is the signature. */
static err take_time(call *c, tsa_unit *u, timestamp *out, tsa_failure *why)
{
    time_now now;
    tsa_statement *st = &out->statement;
    err e = time_watch_now(c->service, u->limit_us, &now);
    if (e != ERR_OK)
        return fail(why, TSA_TIME_NOT_AVAILABLE, e);
    out->demonstration = now.demonstration;
    st->time_us = now.unix_us;
    st->accuracy_us = now.accuracy_us;
    if (u->ordering && (e = order(u, st)) != ERR_OK)
        return fail(why, TSA_TIME_NOT_AVAILABLE, e);
    st->accuracy_us += tsa_time_cut_us(u->time_digits);
    if (st->time_us < u->not_before_ms * 1000 || st->time_us > u->not_after_ms * 1000)
        return fault_set(&c->fault, fail(why, TSA_SYSTEM_FAILURE, ERR_CERTIFICATE_EXPIRED),
                         "the timestamp unit's certificate is outside its validity period");
    return ERR_OK;
}

/* ---- the token and its row ---- */

/* The token is made on the stack, so that the arena gets what there is and not what there might be. */
static err make_token(call *c, const tsa_unit *u, timestamp *out)
{
    uint8_t signature[TSA_SIGNATURE_MAX], room[TSA_TOKEN_MAX];
    buffer token = buffer_over(room, sizeof room);
    size_t n = 0;
    TRY(tsa_token_issue(&token, u->issuer, &out->statement, out->certificates, signature, &n));
    out->signature = bytes_of(arena_copy(c->arena, signature, n), n);
    out->token = bytes_of(arena_copy(c->arena, token.p, token.n), token.n);
    return out->signature.p && out->token.p ? ERR_OK : ERR_MEMORY;
}

static err sign(call *c, const tsa_unit *u, timestamp *out)
{
    uint64_t started_ns = clock_thread_cpu_ns();
    TRY(tsa_serial_next(c->service->serials, out->statement.time_us / 1000, out->statement.serial));
    err e = make_token(c, u, out);
    c->service->crypto_cpu_ns += clock_thread_cpu_ns() - started_ns;
    return e;
}

/* What the row points to lives in the arena: `out` may be gone before the unit of work is committed. */
static void row_add(call *c, store_unit *unit, const timestamp_request *rq, const timestamp *out, bool own_policy)
{
    const tsa_statement *st = &out->statement;
    const uint8_t *serial = arena_copy(c->arena, st->serial, sizeof st->serial);
    store_value none = store_null();
    store_unit_add(
        unit, 1, ERR_INTERNAL,
        "INSERT INTO token (serial, unit_id, gm, demonstration, policy, certificates, time_us, accuracy_us, hash, "
        "bare_hash, imprint, nonce, client, origin, signature, block) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, "
        "$11, $12, $13, $14, $15, $16)",
        (store_value[]){store_blob(serial, serial ? sizeof st->serial : 0), store_id(out->unit->id),
                        store_bool(st->profile == CMS_GM), store_bool(out->demonstration),
                        own_policy ? none : store_blob(st->policy.p, st->policy.n), store_bool(out->certificates),
                        store_int(st->time_us), store_int((int64_t)st->accuracy_us),
                        store_text(tsa_hash_name(st->hash)), store_bool(st->bare_hash),
                        store_blob(st->imprint.p, st->imprint.n),
                        st->nonce.n > 0 ? store_blob(st->nonce.p, st->nonce.n) : none, store_text(rq->client),
                        store_text(c->origin), store_blob(out->signature.p, out->signature.n),
                        store_int(token_log_block(c->service))},
        16);
}

err timestamp_add(call *c, store_unit *unit, const timestamp_request *rq, timestamp *out, tsa_failure *why)
{
    tsa_unit *u = NULL;
    bool own_policy = true;
    *out = (timestamp){.certificates = rq->request.certificates};
    TRY(find_unit(c, rq, &u, why));
    out->unit = u;
    TRY(take_time(c, u, out, why));
    TRY(choose_policy(c, u, rq, out, &own_policy, why));
    out->statement.hash = rq->request.hash;
    out->statement.imprint = rq->request.imprint;
    out->statement.bare_hash = rq->request.bare_hash;
    out->statement.nonce = rq->request.nonce;
    *why = TSA_SYSTEM_FAILURE;
    TRY(sign(c, u, out));
    row_add(c, unit, rq, out, own_policy);
    return ERR_OK;
}

err timestamp_issue(call *c, const timestamp_request *rq, timestamp *out, tsa_failure *why)
{
    err e = ERR_EXISTS;
    for (int i = 0; i < SERIAL_TRIES && e == ERR_EXISTS; i++) {
        store_unit *unit = store_unit_begin(c->arena);
        if (!unit)
            return fail(why, TSA_SYSTEM_FAILURE, ERR_MEMORY);
        TRY(timestamp_add(c, unit, rq, out, why));
        e = call_commit(c, unit);
        if (e == ERR_EXISTS)
            log_write(LOG_ERROR, "tsa", "%s", serial_drawn_before);
    }
    return e;
}

/* ---- the answer of RFC 3161 ---- */

/* For the person who reads it: PKIFreeText. */
static const char *refusal_text(err e, tsa_failure why)
{
    switch (e) {
    case ERR_SELF_TEST:
        return "密码自检未通过，暂停签发 / a self-test failed, nothing is issued";
    case ERR_CONFLICT:
        return "时间戳单元已停用 / the timestamp unit is stopped";
    case ERR_CERTIFICATE_EXPIRED:
        return "时间戳单元的证书不在有效期内 / the unit's certificate is outside its validity period";
    case ERR_DISK_FULL:
        return "服务器磁盘已满 / the server's disk is full";
    case ERR_PROTOCOL:
        return "版本须为 1 / the version must be 1";
    default:
        break;
    }
    switch (why) {
    case TSA_BAD_ALG:
        return "摘要算法不支持：请用 SM3 或 SHA-256、SHA-384、SHA-512 / the hash is not supported: use SM3, SHA-256, "
               "SHA-384 or "
               "SHA-512";
    case TSA_BAD_REQUEST:
        return "请求不被接受：过长 / the request is not accepted: it is too long";
    case TSA_BAD_DATA_FORMAT:
        return "请求不是 DER 编码的 TimeStampReq，或摘要长度不符 / no TimeStampReq in DER, or an imprint that does not "
               "fit its hash";
    case TSA_TIME_NOT_AVAILABLE:
        return "可信时间不可用，已停止签发 / the time cannot be trusted, nothing is issued";
    case TSA_UNACCEPTED_POLICY:
        return "该单元不以此策略签发 / this unit does not issue under that policy";
    case TSA_UNACCEPTED_EXTENSION:
        return "不支持扩展 / extensions are not supported";
    default:
        return "服务器暂时无法签发 / the server cannot issue at the moment";
    }
}

static err refuse(call *c, err e, tsa_failure why, bytes *out)
{
    const char *text = refusal_text(e, why), *reason = tsa_failure_name(why);
    /* An operator who stopped the unit needs no alarm. */
    bool ours = (why == TSA_SYSTEM_FAILURE && e != ERR_CONFLICT) || why == TSA_TIME_NOT_AVAILABLE;
    unsigned held;
    size_t cap = strlen(text) + TSA_RESPONSE_OVERHEAD;
    buffer b = buffer_over(arena_alloc(c->arena, cap), cap);
    if (!b.p)
        return ERR_MEMORY;
    TRY(tsa_response_refused(&b, why, text));
    *out = bytes_of(b.p, b.n);
    token_count_refusal(c->service, c->now_ms, timestamp_client(c), reason);
    if (log_brake_passes(&c->service->timestamp_refusals[e], &held))
        log_write(ours ? LOG_ERROR : LOG_INFO, "tsa", "refused failInfo=%s code=%s client=%s origin=%s unsaid=%u",
                  reason, err_code(e), timestamp_client(c), c->origin, held);
    return ERR_OK;
}

static err grant(call *c, bytes token, bytes *out)
{
    size_t cap = token.n + TSA_RESPONSE_OVERHEAD;
    buffer b = buffer_over(arena_alloc(c->arena, cap), cap);
    if (!b.p)
        return ERR_MEMORY;
    TRY(tsa_response_granted(&b, token));
    *out = bytes_of(b.p, b.n);
    return ERR_OK;
}

err timestamp_refuse(call *c, err e, bytes *response_der)
{
    if (e == ERR_EXISTS)
        log_write(LOG_ERROR, "tsa", "%s", serial_drawn_before);
    return e == ERR_REPLAY || e == ERR_MEMORY ? e : refuse(c, e, TSA_SYSTEM_FAILURE, response_der);
}

err timestamp_begin(call *c, bytes request_der, const char *unit, cms_profile profile, bytes *response_der,
                    store_unit **row)
{
    tsa_failure why = TSA_SYSTEM_FAILURE;
    timestamp_request rq = {.unit = unit, .profile = profile, .client = timestamp_client(c)};
    timestamp made;
    *row = NULL;
    if (!c->service->selftest_failed && !tsa_unit_find(c->service, unit))
        return ERR_UNIT_NOT_FOUND;
    store_unit *work = store_unit_begin(c->arena);
    if (!work)
        return ERR_MEMORY;
    err e = tsa_request_read(&rq.request, request_der, &why);
    if (e == ERR_OK)
        e = timestamp_add(c, work, &rq, &made, &why);
    if (e == ERR_UNIT_NOT_FOUND || e == ERR_MEMORY)
        return e;
    if (e != ERR_OK)
        return refuse(c, e, why, response_der);
    TRY(grant(c, made.token, response_der));
    *row = work;
    return ERR_OK;
}

err timestamp_answer(call *c, bytes request_der, const char *unit, cms_profile profile, bytes *response_der)
{
    err e = ERR_EXISTS;
    for (int i = 0; i < SERIAL_TRIES && e == ERR_EXISTS; i++) {
        store_unit *row;
        TRY(timestamp_begin(c, request_der, unit, profile, response_der, &row));
        if (!row)
            return ERR_OK;
        e = call_commit(c, row);
    }
    return e == ERR_OK ? ERR_OK : timestamp_refuse(c, e, response_der);
}
