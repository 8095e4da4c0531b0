/* The server keeps docs/spec/device-api.md to the letter: a request with a field too many, missing or mistyped fails
 * the test. */
#ifndef TESTS_UNIT_SDK_FAKE_SERVER_H
#define TESTS_UNIT_SDK_FAKE_SERVER_H

#include "asn1/rekey_info.h"
#include "fake_platform.h"

/* ---- reading requests: exactly the fields of the page ---- */

static inline json_t *fake_body(const yq_http_request *request, size_t fields)
{
    json_error_t error;
    json_t *body = json_loadb((const char *)request->body, request->body_n, JSON_REJECT_DUPLICATES, &error);
    assert_non_null(body);
    assert_int_equal(json_object_size(body), fields);
    assert_int_equal(json_integer_value(json_object_get(body, "protocol")), 1);
    return body;
}

static inline const char *fake_text(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    assert_non_null(text);
    return text;
}

static inline void fake_hex(const json_t *object, const char *name, void *out, size_t n)
{
    const char *text = fake_text(object, name);
    assert_int_equal(hex_decode(out, n, text, strlen(text)), ERR_OK);
}

static inline void fake_uuid(const json_t *object, const char *name, uint8_t out[16])
{
    const char *text = fake_text(object, name);
    assert_int_equal(uuid_decode(out, text, strlen(text)), ERR_OK);
}

/* ---- writing answers ---- */

static inline void fake_set_hex(json_t *object, const char *name, const void *p, size_t n)
{
    char *text = malloc(2 * n + 1);
    hex_encode(text, p, n);
    assert_int_equal(json_object_set_new(object, name, json_string(text)), 0);
    free(text);
}

static inline void fake_set_uuid(json_t *object, const char *name, const uint8_t id[16])
{
    char text[UUID_TEXT];
    uuid_encode(text, id);
    assert_int_equal(json_object_set_new(object, name, json_string(text)), 0);
}

static inline json_t *fake_base64(const void *p, size_t n)
{
    arena *a = arena_create(2 * n + 65536);
    json_t *value = json_string(base64_text(a, p, n));
    arena_destroy(a);
    assert_non_null(value);
    return value;
}

static inline json_t *fake_answer(void)
{
    return json_pack("{s:i}", "protocol", 1);
}

static inline json_t *fake_problem(int *status, int http, const char *code)
{
    *status = http;
    return json_pack("{s:s,s:s,s:s,s:s,s:i,s:s,s:s,s:s}", "type", "about:blank", "title", "被拒绝", "title_en",
                     "refused", "code", code, "status", http, "hint", "请重试", "hint_en", "try again", "detail", "");
}

static inline json_t *fake_problem_tries(int *status, int http, const char *code, int tries_left)
{
    json_t *problem = fake_problem(status, http, code);
    json_object_set_new(problem, "tries_left", json_integer(tries_left));
    return problem;
}

/* A certificate of nobody's CA: the fields that the SDK looks at are right, its signature is not. */
static inline size_t fake_certificate_renewed(uint8_t out[FAKE_CERTIFICATE], bytes subject, const uint8_t P[65],
                                              int renewals)
{
    const uint8_t serial[3] = {0x0a, 0x1b, (uint8_t)(0x2c + renewals)};
    buffer b = buffer_over(out, FAKE_CERTIFICATE);
    size_t whole = der_open(&b, DER_SEQUENCE), tbs = der_open(&b, DER_SEQUENCE);
    size_t version = der_open(&b, DER_CONTEXT_CONSTRUCTED(0));
    der_put_uint64(&b, 2);
    der_close(&b, version);
    der_put_unsigned(&b, bytes_of(serial, sizeof serial));
    size_t algorithm = der_open(&b, DER_SEQUENCE);
    oid_put(&b, OID_SM2_WITH_SM3);
    der_close(&b, algorithm);
    buffer_put(&b, subject.p, subject.n); /* in the issuer's place */
    size_t validity = der_open(&b, DER_SEQUENCE);
    assert_int_equal(der_put_time(&b, 1767225600000), ERR_OK);
    assert_int_equal(der_put_time(&b, 1798761600000), ERR_OK);
    der_close(&b, validity);
    buffer_put(&b, subject.p, subject.n);
    spki_put(&b, P);
    der_close(&b, tbs);
    algorithm = der_open(&b, DER_SEQUENCE);
    oid_put(&b, OID_SM2_WITH_SM3);
    der_close(&b, algorithm);
    der_put_bit_string(&b, bytes_of("not a signature", 15));
    der_close(&b, whole);
    assert_false(b.overflow);
    return b.n;
}

static inline size_t fake_certificate(uint8_t out[FAKE_CERTIFICATE], bytes subject, const uint8_t P[65])
{
    return fake_certificate_renewed(out, subject, P, 0);
}

/* ---- the server's calls; each gives an answer (NULL: no content) and *status ---- */

static inline fake_enrolment *fake_enrolment_by_id(fake *f, const uint8_t id[16])
{
    for (size_t i = 0; i < FAKE_ENROLMENTS; i++)
        if (f->enrolments[i].used && memcmp(f->enrolments[i].id, id, 16) == 0)
            return &f->enrolments[i];
    return NULL;
}

static inline bool fake_same_code(const char *a, const char *b)
{
    for (;; a++, b++) {
        while (*a == '-' || *a == ' ')
            a++;
        while (*b == '-' || *b == ' ')
            b++;
        char upper = *a >= 'a' && *a <= 'z' ? (char)(*a - 32) : *a;
        if (upper != *b)
            return false;
        if (!*a)
            return true;
    }
}

static inline void fake_set_subject(const fake *f, fake_enrolment *e)
{
    const name_field fields[] = {{OID_COUNTRY, "CN"},
                                 {OID_ORGANIZATION, FAKE_ORGANISATION},
                                 {OID_COMMON_NAME, f->renamed ? f->renamed : e->person->name},
                                 {OID_SERIAL_NUMBER, e->person->staff_no}};
    buffer b = buffer_over(e->subject, sizeof e->subject);
    assert_int_equal(name_build(&b, fields, 4), ERR_OK);
    e->subject_n = b.n;
}

static inline json_t *fake_supersedes(const fake *f)
{
    json_t *list = json_array();
    if (f->supersedes)
        json_array_append_new(list, json_pack("{s:s,s:s}", "device_name", f->supersedes, "serial", "0a1b"));
    return list;
}

/* Whom the certificate will be for. */
static inline void fake_set_person(const fake *f, const fake_enrolment *e, json_t *answer)
{
    json_object_set_new(
        answer, "user",
        json_pack("{s:s,s:s}", "staff_no", e->person->staff_no, "name", f->renamed ? f->renamed : e->person->name));
    json_object_set_new(answer, "subject", fake_base64(e->subject, e->subject_n));
    json_object_set_new(answer, "organisation", json_string(FAKE_ORGANISATION));
    json_object_set_new(answer, "supersedes", fake_supersedes(f));
}

static inline json_t *fake_open(fake *f, const fake_person *person, const uint8_t credential[65], int *status)
{
    fake_enrolment *e = NULL;
    for (size_t i = 0; i < FAKE_ENROLMENTS && !e; i++)
        if (f->enrolments[i].used && f->enrolments[i].person == person && !f->enrolments[i].destroyed)
            e = &f->enrolments[i];
    if (e && (e->enrolled || memcmp(e->credential, credential, 65) != 0))
        return fake_problem_tries(status, 403, "activation_refused", 4);
    for (size_t i = 0; i < FAKE_ENROLMENTS && !e; i++) {
        if (f->enrolments[i].used)
            continue;
        e = &f->enrolments[i];
        e->used = true;
        e->person = person;
        fake_id(f, e->id);
        memcpy(e->credential, credential, 65);
        fake_set_subject(f, e);
    }
    if (!e)
        return fake_problem(status, 503, "busy");
    json_t *answer = fake_answer();
    fake_set_uuid(answer, "enrolment_id", e->id);
    fake_set_person(f, e, answer);
    *status = 201;
    return answer;
}

static inline json_t *fake_do_enrol(fake *f, const yq_http_request *request, int *status)
{
    json_t *body = fake_body(request, 6);
    uint8_t credential[65];
    fake_hex(body, "credential", credential, 65);
    assert_string_equal(fake_text(body, "platform"), "test");
    assert_string_equal(fake_text(body, "device_name"), "测试手机 \"1\"");
    json_t *answer = NULL;
    for (size_t i = 0; i < FAKE_PEOPLE && !answer; i++) {
        if (strcmp(fake_people[i].staff_no, fake_text(body, "staff_no")) == 0 &&
            fake_same_code(fake_text(body, "activation_code"), fake_people[i].code))
            answer = fake_open(f, &fake_people[i], credential, status);
    }
    if (!answer)
        answer = fake_problem_tries(status, 403, "activation_refused", 4);
    json_decref(body);
    return answer;
}

static inline json_t *fake_do_challenge(fake *f, const yq_http_request *request, int *status)
{
    json_t *body = fake_body(request, 2), *answer = fake_answer();
    uint8_t id[16], unknown[40] = {0};
    fake_uuid(body, "enrolment_id", id);
    fake_enrolment *e = fake_enrolment_by_id(f, id);
    if (e) {
        assert_int_equal(fake_rng_fill(f, e->challenge, sizeof e->challenge), ERR_OK);
        e->has_challenge = true;
    }
    fake_set_hex(answer, "challenge", e ? e->challenge : unknown, sizeof unknown);
    json_object_set_new(answer, "expires_at", json_string("2026-03-01T08:31:00.000Z"));
    json_decref(body);
    *status = 200;
    return answer;
}

static inline json_t *fake_do_session(fake *f, const yq_http_request *request, int *status)
{
    static const char tag[] = "yiqian/device-session/1";
    json_t *body = fake_body(request, 4);
    uint8_t id[16], challenge[40], rs[64], message[sizeof tag - 1 + 16 + 40];
    fake_uuid(body, "enrolment_id", id);
    /* One of another size was told by somebody else. */
    const char *told = fake_text(body, "challenge");
    bool issued = hex_decode(challenge, sizeof challenge, told, strlen(told)) == ERR_OK;
    fake_hex(body, "signature", rs, sizeof rs);
    json_decref(body);
    fake_enrolment *e = fake_enrolment_by_id(f, id);
    if (!issued || !e || e->closed || !e->has_challenge || memcmp(challenge, e->challenge, sizeof challenge) != 0)
        return fake_problem(status, 401, "unauthenticated");
    e->has_challenge = false;
    memcpy(message, tag, sizeof tag - 1);
    memcpy(message + sizeof tag - 1, id, 16);
    memcpy(message + sizeof tag - 1 + 16, challenge, sizeof challenge);
    assert_true(fake_credential_verify(e->credential, message, sizeof message, rs));
    uint8_t token[16];
    fake_id(f, token);
    hex_encode(e->token, token, sizeof token);
    json_t *answer = fake_answer();
    json_object_set_new(answer, "token", json_string(e->token));
    json_object_set_new(answer, "expires_at", json_string("2026-03-01T08:40:00.000Z"));
    *status = 201;
    return answer;
}

static inline json_t *fake_do_keygen(fake *f, fake_enrolment *e, const yq_http_request *request, int *status)
{
    json_t *body = fake_body(request, 5);
    mpc_keygen_request keygen;
    entropy rng = fake_rng(f);
    fake_uuid(body, "enrolment_id", keygen.enrolment_id);
    fake_hex(body, "P1", keygen.P1, POINT_SIZE);
    fake_hex(body, "c", keygen.proof.c, MPC_CHALLENGE);
    fake_hex(body, "z", keygen.proof.z, 32);
    json_decref(body);
    assert_memory_equal(keygen.enrolment_id, e->id, 16);
    if (e->enrolled)
        return fake_problem(status, 409, "enrolment_closed");
    if (!e->has_key || memcmp(e->P1, keygen.P1, POINT_SIZE) != 0) {
        fake_id(f, e->key_id);
        assert_int_equal(mpc_server_keygen(&e->share, &e->keygen, &keygen, e->key_id, &rng), ERR_OK);
        memcpy(e->P1, keygen.P1, POINT_SIZE);
        e->has_key = true;
        e->open = false;
        e->failures = 0;
    }
    json_t *answer = fake_answer();
    fake_set_uuid(answer, "key_id", e->keygen.key_id);
    fake_set_hex(answer, "P", e->keygen.P, POINT_SIZE);
    fake_set_hex(answer, "P2", e->keygen.P2, POINT_SIZE);
    *status = 201;
    return answer;
}

static inline json_t *fake_task_json(const fake_task *t)
{
    json_t *object =
        json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s}", "title", "出院小结", "description", "张三，女，62 岁",
                  "reference", "ZY20260301-007", "form", t->form, "media_type", "application/pdf", "system", "电子病历",
                  "created_at", "2026-03-01T08:30:00.000Z", "expires_at", "2026-03-08T08:30:00.000Z");
    if (t->kind)
        json_object_set_new(object, "kind", json_string(t->kind));
    fake_set_uuid(object, "task", t->id);
    fake_set_hex(object, "digest", t->digest, 32);
    json_object_set_new(object, "document_size", t->document ? json_integer((json_int_t)t->document_n) : json_null());
    return object;
}

/* The name of the set of tasks. */
static inline void fake_set_of(const fake *f, const fake_enrolment *e, char out[YQ_TASK_SET])
{
    sm3_ctx ctx;
    uint8_t digest[SM3_SIZE];
    sm3_init(&ctx);
    for (size_t i = 0; i < f->tasks_n; i++)
        if (!f->tasks[i].done && !f->tasks[i].claimed && f->tasks[i].signer == e->person)
            sm3_update(&ctx, f->tasks[i].id, 16);
    sm3_final(&ctx, digest);
    hex_encode(out, digest, 16);
}

static inline json_t *fake_do_list(fake *f, const fake_enrolment *e, const char *query, int *status)
{
    unsigned long limit = 0, wait;
    char after[UUID_TEXT] = "", known[YQ_TASK_SET] = "", set[YQ_TASK_SET];
    bool follows = strstr(query, "&known=") != NULL;
    int read = follows ? sscanf(query, "?limit=%lu&wait=%lu&known=%32s", &limit, &wait, known)
                       : sscanf(query, "?limit=%lu&after=%36s", &limit, after);
    assert_in_range(read, follows ? 2 : 1, follows ? 3 : 2);
    assert_in_range(limit, 1, 1000);
    if (follows) {
        assert_in_range(wait, 0, 60);
        fake_set_of(f, e, set);
        if (wait > 0 && strcmp(set, known) == 0 && f->waits && f->waits(f) != YQ_PLATFORM_OK) {
            *status = 0; /* nothing came */
            return NULL;
        }
        fake_set_of(f, e, set);
    }
    json_t *answer = fake_answer(), *list = json_array();
    if (follows)
        json_object_set_new(answer, "set", json_string(set));
    bool begun = !*after;
    const fake_task *last = NULL, *next = NULL;
    for (size_t i = 0; i < f->tasks_n; i++) {
        const fake_task *t = &f->tasks[i];
        char id[UUID_TEXT];
        uuid_encode(id, t->id);
        if (!begun) {
            begun = strcmp(id, after) == 0;
            continue;
        }
        if (t->done || t->claimed || t->signer != e->person)
            continue;
        if (json_array_size(list) == limit) {
            next = last;
            break;
        }
        json_array_append_new(list, fake_task_json(t));
        last = t;
    }
    json_object_set_new(answer, "tasks", list);
    json_object_set_new(answer, "next", json_null());
    if (next)
        fake_set_uuid(answer, "next", next->id);
    *status = 200;
    return answer;
}

static inline fake_task *fake_find_task(fake *f, const uint8_t id[16])
{
    for (size_t i = 0; i < f->tasks_n; i++)
        if (memcmp(f->tasks[i].id, id, 16) == 0)
            return &f->tasks[i];
    return NULL;
}

/* e as the server computes it; false where the item may not be signed. */
static inline void fake_attributes_digest(const fake_enrolment *e, const fake_task *t, const char *signing_time,
                                          uint8_t out[32])
{
    uint8_t hash[32], message[SIGNED_ATTRIBUTES_BUILT_MAX];
    buffer b = buffer_over(message, sizeof message);
    assert_non_null(signing_time);
    assert_string_equal(signing_time, FAKE_NOW_TEXT);
    sm3(hash, e->certificate, e->certificate_n);
    const signed_attributes_values values = {OID_GM_DATA, t->digest, INT64_C(1000) * FAKE_NOW, hash, NULL};
    assert_int_equal(signed_attributes_build(&b, &values), ERR_OK);
    sm2_digest(out, e->share.P, bytes_of(b.p, b.n));
}

/* e of what is signed for the open renewal: the certificate request, or leave for the key that is being made. */
static inline void fake_renewal_digest(fake *f, fake_enrolment *e, uint8_t out[32])
{
    uint8_t info[CSR_INFO_SIZE_MAX(sizeof e->subject)];
    buffer b = buffer_over(info, sizeof info);
    if (e->successor) {
        assert_true(e->successor->has_key);
        assert_int_equal(rekey_info_build(&b, e->renewal, e->key_id, e->successor->share.P), ERR_OK);
    } else {
        fake_set_subject(f, e);
        assert_int_equal(csr_info_build(&b, bytes_of(e->subject, e->subject_n), e->share.P), ERR_OK);
    }
    sm2_digest(out, e->share.P, bytes_of(info, b.n));
}

static inline json_t *fake_claim(fake *f, fake_enrolment *e, size_t i, const uint8_t id[16], const uint8_t given[32],
                                 const char *signing_time, int *status)
{
    const fake_task *cms = NULL;
    uint8_t expected[32];
    if (memcmp(id, e->id, 16) == 0) {
        uint8_t info[CSR_INFO_SIZE_MAX(sizeof e->subject)];
        buffer b = buffer_over(info, sizeof info);
        if (e->enrolled)
            return fake_problem(status, 409, "task_signed");
        assert_int_equal(csr_info_build(&b, bytes_of(e->subject, e->subject_n), e->share.P), ERR_OK);
        sm2_digest(expected, e->share.P, bytes_of(info, b.n));
        e->open_tasks[i] = FAKE_TASKS;
    } else if (e->has_renewal && memcmp(id, e->renewal, 16) == 0) {
        if (e->renewal_done && !e->successor)
            return fake_problem(status, 409, "task_signed");
        if (e->successor && (e->successor->closed || e->successor->enrolled))
            return fake_problem(status, 404, "task_not_found");
        fake_renewal_digest(f, e, expected);
        e->open_tasks[i] = FAKE_RENEWED;
    } else {
        fake_task *t = fake_find_task(f, id);
        if (!t || !e->enrolled)
            return fake_problem(status, 404, "task_not_found");
        if (t->signer != e->person)
            return fake_problem(status, 403, "task_not_yours");
        if (t->done)
            return fake_problem(status, 409, "task_signed");
        if (strcmp(t->form, "raw") == 0)
            sm2_digest(expected, e->share.P, bytes_of(t->document, t->document_n));
        else if (strcmp(t->form, "digest") == 0)
            sm2_digest(expected, e->share.P, bytes_of(t->digest, 32));
        else
            fake_attributes_digest(e, cms = t, signing_time, expected);
        e->open_tasks[i] = (size_t)(t - f->tasks);
    }
    if (signing_time && !cms)
        return fake_problem(status, 400, "form_refused");
    if (memcmp(expected, given, 32) != 0)
        return fake_problem(status, 409, "digest_mismatch");
    memcpy(e->open_e[i], given, 32);
    return NULL;
}

static inline void fake_release(fake *f, fake_enrolment *e)
{
    for (size_t i = 0; i < e->open_n; i++)
        if (e->open_tasks[i] < FAKE_TASKS)
            f->tasks[e->open_tasks[i]].claimed = false;
    e->open = false;
    e->open_n = 0;
}

static inline json_t *fake_wrong_pin(fake_enrolment *e, int *status)
{
    e->failures++;
    e->failures_before++;
    return fake_problem_tries(status, 403, "pin_wrong", 5 - e->failures);
}

static inline json_t *fake_sign_answers(fake *f, fake_enrolment *e, const mpc_sign_request *r, int *status)
{
    entropy rng = fake_rng(f);
    point_odd *scratch = calloc(2 * r->m, sizeof *scratch);
    mpc_sign_answer *answers = calloc(r->m, sizeof *answers);
    mpc_server_checked checked;
    json_t *answer = NULL;
    assert_true(scratch && answers);
    for (size_t i = 0; i < e->retired_n; i++) {
        mpc_server_share old = e->share;
        memcpy(old.P1, e->retired[i], POINT_SIZE);
        assert_int_equal(mpc_server_sign_check(&checked, scratch, &old, r), ERR_PROOF);
    }
    err checked_ok = mpc_server_sign_check(&checked, scratch, &e->share, r);
    if (checked_ok == ERR_OK) {
        assert_int_equal(mpc_server_sign_answer(answers, &e->share, r, &checked, &rng), ERR_OK);
        answer = fake_answer();
        json_t *list = json_array();
        for (size_t i = 0; i < r->m; i++) {
            json_t *item = json_object();
            fake_set_hex(item, "W", answers[i].W, POINT_SIZE);
            fake_set_hex(item, "s1", answers[i].s1, 32);
            json_array_append_new(list, item);
        }
        json_object_set_new(answer, "answers", list);
        e->open = true;
        e->open_n = r->m;
        memcpy(e->sid, r->sid, 16);
        for (size_t i = 0; i < r->m; i++)
            if (e->open_tasks[i] < FAKE_TASKS)
                f->tasks[e->open_tasks[i]].claimed = true;
        *status = 200;
    } else {
        assert_int_equal(checked_ok, ERR_PROOF);
        answer = fake_wrong_pin(e, status);
    }
    free(scratch);
    free(answers);
    return answer;
}

/* A new session has new nonces; a repeated request is the same request. */
static inline void fake_check_fresh(fake *f, const fake_enrolment *e, const mpc_sign_request *r, const json_t *items)
{
    uint8_t A[POINT_SIZE];
    fake_hex(json_array_get(items, 0), "A", A, sizeof A);
    if (e->open && memcmp(e->sid, r->sid, sizeof e->sid) == 0)
        return;
    for (size_t i = 0; i < f->nonces_n; i++)
        assert_memory_not_equal(f->nonces[i], A, sizeof A);
    if (f->nonces_n < sizeof f->nonces / sizeof *f->nonces)
        memcpy(f->nonces[f->nonces_n++], A, sizeof A);
}

/* "method" stands in the body only where it is the fingerprint. */
static inline bool fake_claims_fingerprint(fake *f, const yq_http_request *request)
{
    json_error_t error;
    json_t *body = json_loadb((const char *)request->body, request->body_n, 0, &error);
    assert_non_null(body);
    const char *method = json_string_value(json_object_get(body, "method"));
    if (method)
        assert_string_equal(method, "fingerprint");
    json_decref(body);
    f->by_fingerprint += method != NULL;
    return method != NULL;
}

static inline json_t *fake_do_sign(fake *f, fake_enrolment *e, const yq_http_request *request, int *status)
{
    bool claims = fake_claims_fingerprint(f, request);
    json_t *body = fake_body(request, claims ? 6 : 5), *items = json_object_get(body, "items"), *answer = NULL;
    mpc_sign_request r = {.m = json_array_size(items)};
    assert_in_range(r.m, 1, MPC_BATCH_MAX);
    r.items = calloc(r.m, sizeof *r.items);
    assert_non_null(r.items);
    memcpy(r.key_id, e->key_id, 16);
    fake_hex(body, "sid", r.sid, 16);
    fake_hex(body, "c", r.proof.c, MPC_CHALLENGE);
    fake_hex(body, "z", r.proof.z, 32);
    fake_check_fresh(f, e, &r, items);
    if (claims && f->fingerprint_forbidden)
        answer = fake_problem(status, 403, "fingerprint_forbidden");
    else if (e->failures >= 5)
        answer = fake_problem(status, 423, "key_locked");
    else if (e->refreshing)
        answer = fake_problem(status, 409, "refresh_pending");
    else if (e->open && memcmp(e->sid, r.sid, 16) != 0)
        answer = fake_problem(status, 409, "key_busy");
    for (size_t i = 0; i < r.m && !answer; i++) {
        json_t *item = json_array_get(items, i);
        uint8_t task[16];
        char field[48];
        const char *signing_time = json_string_value(json_object_get(item, "signing_time"));
        assert_int_equal(json_object_size(item), signing_time ? 5 : 4);
        fake_uuid(item, "task", task);
        fake_hex(item, "e", r.items[i].e, 32);
        fake_hex(item, "A", r.items[i].A, POINT_SIZE);
        fake_hex(item, "B", r.items[i].B, POINT_SIZE);
        answer = fake_claim(f, e, i, task, r.items[i].e, signing_time, status);
        (void)snprintf(field, sizeof field, "items[%zu].task", i);
        if (answer)
            json_object_set_new(answer, "field", json_string(field));
    }
    if (!answer)
        answer = fake_sign_answers(f, e, &r, status);
    free(r.items);
    json_decref(body);
    return answer;
}

/* ---- refresh: a device that is no clone never proves anything under a share that was replaced ---- */

static inline void fake_set_sid(fake *f, fake_enrolment *e, json_t *answer)
{
    fake_id(f, e->issued);
    e->has_issued = true;
    fake_set_hex(answer, "sid", e->issued, 16);
    json_object_set_new(answer, "expires_at", json_string("2026-03-01T08:33:00.000Z"));
}

static inline json_t *fake_do_sid(fake *f, fake_enrolment *e, const yq_http_request *request, int *status)
{
    json_decref(fake_body(request, 1));
    if (e->failures >= 5)
        return fake_problem(status, 423, "key_locked");
    json_t *answer = fake_answer();
    fake_set_sid(f, e, answer);
    *status = 201;
    return answer;
}

static inline bool fake_use_sid(fake_enrolment *e, const uint8_t sid[16])
{
    bool good = e->has_issued && memcmp(e->issued, sid, 16) == 0;
    e->has_issued = e->has_issued && !good;
    return good;
}

static inline json_t *fake_do_refresh(fake *f, fake_enrolment *e, const yq_http_request *request, int *status)
{
    json_t *body = fake_body(request, 6), *answer;
    mpc_refresh_request r;
    memcpy(r.key_id, e->key_id, 16);
    fake_hex(body, "sid", r.sid, 16);
    fake_hex(body, "rid", r.rid, 16);
    fake_hex(body, "u_device", r.u_device, 32);
    fake_hex(body, "c", r.proof.c, MPC_CHALLENGE);
    fake_hex(body, "z", r.proof.z, 32);
    json_decref(body);
    if (!fake_use_sid(e, r.sid))
        return fake_problem(status, 409, "sid_refused");
    for (size_t i = 0; i < e->retired_n; i++) {
        mpc_server_share old = e->share;
        memcpy(old.P1, e->retired[i], POINT_SIZE);
        assert_int_equal(mpc_server_refresh_check(&old, &r), ERR_PROOF);
    }
    if (mpc_server_refresh_check(&e->share, &r) != ERR_OK)
        return fake_wrong_pin(e, status);
    assert_true(!e->has_rid || memcmp(e->rid, r.rid, 16) != 0);
    assert_int_equal(fake_rng_fill(f, e->u_server, 32), ERR_OK);
    assert_int_equal(mpc_server_refresh(&e->fresh, &e->share, &r, e->u_server), ERR_OK);
    memcpy(e->rid, r.rid, 16);
    e->refreshing = e->has_rid = true;
    answer = fake_answer();
    fake_set_hex(answer, "u_server", e->u_server, 32);
    fake_set_sid(f, e, answer);
    *status = 200;
    return answer;
}

static inline json_t *fake_do_confirm(fake_enrolment *e, const yq_http_request *request, int *status)
{
    json_t *body = fake_body(request, 6);
    mpc_refresh_confirm r;
    memcpy(r.key_id, e->key_id, 16);
    fake_hex(body, "sid", r.sid, 16);
    fake_hex(body, "rid", r.rid, 16);
    fake_hex(body, "c", r.proof.c, MPC_CHALLENGE);
    fake_hex(body, "z", r.proof.z, 32);
    assert_true(json_is_boolean(json_object_get(body, "pin_changed")));
    bool pin_changed = json_is_true(json_object_get(body, "pin_changed"));
    json_decref(body);
    if (!fake_use_sid(e, r.sid))
        return fake_problem(status, 409, "sid_refused");
    if (!e->has_rid || memcmp(e->rid, r.rid, 16) != 0)
        return fake_problem(status, 409, "conflict");
    if (mpc_server_confirm_check(e->refreshing ? &e->fresh : &e->share, &r) != ERR_OK)
        return fake_wrong_pin(e, status);
    if (e->refreshing) {
        assert_true(e->retired_n < sizeof e->retired / sizeof *e->retired);
        memcpy(e->retired[e->retired_n++], e->share.P1, POINT_SIZE);
        e->share = e->fresh;
        e->refreshing = e->refresh_due = false;
        e->refreshes++;
        e->pin_changes += pin_changed;
    }
    *status = 204;
    return NULL;
}

/* The answer to the certificate request. */
static inline json_t *fake_issue(fake_enrolment *e)
{
    static const uint8_t ca[] = {0x30, 0x03, 0x02, 0x01, 0x05}, root[] = {0x30, 0x03, 0x02, 0x01, 0x06};
    e->certificate_n =
        fake_certificate_renewed(e->certificate, bytes_of(e->subject, e->subject_n), e->share.P, e->renewals);
    e->enrolled = true;
    json_t *object = json_pack("{s:s,s:s,s:s}", "serial", "0a1b2c", "not_before", "2026-01-01T00:00:00.000Z",
                               "not_after", "2027-01-01T00:00:00.000Z");
    json_object_set_new(object, "certificate", fake_base64(e->certificate, e->certificate_n));
    json_t *chain = json_array();
    json_array_append_new(chain, fake_base64(ca, sizeof ca));
    json_array_append_new(chain, fake_base64(root, sizeof root));
    json_object_set_new(object, "chain", chain);
    return object;
}

/* The renewal is signed for. */
static inline void fake_renewed(fake_enrolment *e)
{
    e->renewal_done = true;
    e->renewals += !e->successor;
    e->has_leave = e->successor != NULL;
    if (e->successor)
        memcpy(e->leave_for, e->successor->share.P, POINT_SIZE);
}

/* A key in another's place comes with leave for just this one, and ends the other. */
static inline bool fake_take_place(const fake_enrolment *e)
{
    fake_enrolment *old = e->predecessor;
    if (!old || e->enrolled)
        return true;
    if (old->destroyed || !old->has_leave || memcmp(old->leave_for, e->share.P, POINT_SIZE) != 0)
        return false;
    old->destroyed = true;
    return true;
}

static inline json_t *fake_complete(fake *f, fake_enrolment *e, const json_t *list, int *status)
{
    uint8_t(*rs)[64] = calloc(e->open_n, sizeof *rs);
    json_t *answer = fake_answer(), *completed = json_array();
    bool request = false;
    assert_non_null(rs);
    assert_int_equal(json_array_size(list), e->open_n);
    for (size_t i = 0; i < e->open_n; i++) {
        const json_t *item = json_array_get(list, i);
        const bool renewal = e->open_tasks[i] == FAKE_RENEWED, own = e->open_tasks[i] == FAKE_TASKS || renewal;
        uint8_t task[16];
        assert_int_equal(json_object_size(item), 2);
        fake_uuid(item, "task", task);
        fake_hex(item, "rs", rs[i], 64);
        assert_memory_equal(task, renewal ? e->renewal : own ? e->id : f->tasks[e->open_tasks[i]].id, 16);
        assert_int_equal(sm2_verify_bytes(e->share.P, e->open_e[i], rs[i]), ERR_OK);
        request |= own && !(renewal && e->successor);
        if (renewal)
            fake_renewed(e);
        json_t *done = json_object();
        fake_set_uuid(done, "task", task);
        json_object_set_new(done, "signed_at", json_string("2026-03-01T08:32:00.000Z"));
        json_array_insert_new(completed, 0, done); /* the order is free */
        if (own)
            continue;
        fake_task *t = &f->tasks[e->open_tasks[i]];
        t->done = true;
        t->by = e;
        memcpy(t->rs, rs[i], 64);
        memcpy(t->e, e->open_e[i], 32);
    }
    free(rs);
    json_object_set_new(answer, "completed", completed);
    json_object_set_new(answer, "failures_before", json_integer(e->failures_before));
    json_object_set_new(answer, "refresh_due", json_boolean(e->refresh_due));
    json_object_set_new(answer, "certificate", request ? fake_issue(e) : json_null());
    e->failures = e->failures_before = 0;
    fake_release(f, e);
    *status = 200;
    return answer;
}

static inline json_t *fake_do_signatures(fake *f, fake_enrolment *e, const yq_http_request *request, int *status)
{
    json_t *body = fake_body(request, 3), *answer;
    uint8_t sid[16], digest[32];
    fake_hex(body, "sid", sid, 16);
    sm3(digest, request->body, request->body_n);
    if (e->done && memcmp(e->done_sid, sid, 16) == 0 && memcmp(e->done_digest, digest, 32) == 0) {
        *status = 200;
        answer = json_deep_copy(e->done);
    } else if (!e->open || memcmp(e->sid, sid, 16) != 0) {
        answer = fake_problem(status, 409, "task_not_claimed");
    } else if (e->open_tasks[0] == FAKE_TASKS && !fake_take_place(e)) {
        answer = fake_problem(status, 409, "key_state");
    } else {
        answer = fake_complete(f, e, json_object_get(body, "signatures"), status);
        json_decref(e->done);
        e->done = json_deep_copy(answer);
        memcpy(e->done_sid, sid, 16);
        memcpy(e->done_digest, digest, 32);
    }
    json_decref(body);
    return answer;
}

static inline fake_enrolment *fake_successor(fake *f, fake_enrolment *e, const uint8_t credential[65])
{
    fake_enrolment *made = NULL;
    for (size_t i = 0; i < FAKE_ENROLMENTS && !made; i++)
        if (!f->enrolments[i].used)
            made = &f->enrolments[i];
    assert_non_null(made);
    made->used = true;
    made->person = e->person;
    made->predecessor = e;
    fake_id(f, made->id);
    memcpy(made->credential, credential, 65);
    return made;
}

static inline json_t *fake_do_renewal(fake *f, fake_enrolment *e, const yq_http_request *request, int *status)
{
    json_t *body = fake_body(request, strstr((const char *)request->body, "credential") ? 3 : 2);
    const bool rekey = strcmp(fake_text(body, "kind"), "rekey") == 0;
    uint8_t credential[65] = {0};
    assert_true(rekey || strcmp(fake_text(body, "kind"), "renew") == 0);
    if (rekey)
        fake_hex(body, "credential", credential, 65);
    json_decref(body);
    fake_enrolment *was = e->successor;
    bool same = e->has_renewal && rekey == (was != NULL) &&
                (rekey ? !was->closed && memcmp(was->credential, credential, 65) == 0 : !e->renewal_done);
    if (!same) {
        if (was && !was->enrolled)
            was->closed = true;
        fake_id(f, e->renewal);
        e->has_renewal = true;
        e->renewal_done = e->has_leave = false;
        e->successor = rekey ? fake_successor(f, e, credential) : NULL;
    }
    json_t *answer = fake_answer();
    fake_set_uuid(answer, "renewal", e->renewal);
    json_object_set_new(answer, "kind", json_string(rekey ? "rekey" : "renew"));
    json_object_set_new(answer, "enrolment_id", json_null());
    if (rekey)
        fake_set_uuid(answer, "enrolment_id", e->successor->id);
    fake_set_subject(f, rekey ? e->successor : e);
    fake_set_person(f, rekey ? e->successor : e, answer);
    json_object_set_new(answer, "expires_at", json_string("2026-03-02T08:30:00.000Z"));
    *status = 201;
    return answer;
}

static inline json_t *fake_do_failures(fake *f, fake_enrolment *e, const yq_http_request *request, int *status)
{
    json_t *body = fake_body(request, 4), *sid = json_object_get(body, "sid"), *task = json_object_get(body, "task");
    uint8_t id[16];
    (void)snprintf(f->failure_code, sizeof f->failure_code, "%s", fake_text(body, "code"));
    f->failure_has_sid = !json_is_null(sid);
    f->failure_has_task = !json_is_null(task);
    if (f->failure_has_task)
        fake_uuid(body, "task", id);
    if (f->failure_has_sid) {
        fake_hex(body, "sid", id, 16);
        if (e->open && memcmp(e->sid, id, 16) == 0)
            fake_release(f, e);
    }
    json_decref(body);
    *status = 204;
    return NULL;
}

static inline json_t *fake_do_keys(const fake *f, const fake_enrolment *e, int *status)
{
    json_t *answer = fake_answer(), *list = json_array();
    *status = 200;
    json_object_set_new(answer, "keys", list);
    json_object_set_new(answer, "fingerprint", json_string(f->fingerprint_forbidden ? "forbidden" : "allowed"));
    if (!e->has_key || e->destroyed)
        return answer;
    json_t *key =
        json_pack("{s:s,s:i}", "state", e->failures >= 5 ? "locked" : "active", "tries_left", 5 - e->failures);
    fake_set_uuid(key, "key_id", e->key_id);
    json_t *certificate = json_pack("{s:s,s:s,s:s,s:s}", "serial", "0a1b2c", "state", "active", "not_before",
                                    "2026-01-01T00:00:00.000Z", "not_after", "2027-01-01T00:00:00.000Z");
    json_object_set_new(certificate, "certificate", fake_base64(e->certificate, e->certificate_n));
    json_object_set_new(key, "certificate", certificate);
    json_object_set_new(key, "renewal_due", json_boolean(f->renewal_due));
    json_array_append_new(list, key);
    return answer;
}

/* ---- scanning, and other phones ---- */

/* All that waits for the person is of the one session. */
static inline json_t *fake_scanned(const fake *f, const fake_enrolment *e, int *status)
{
    const bool wanted = f->scan.typed && !f->scan.entered;
    json_t *answer = fake_answer(), *list = json_array();
    for (size_t i = 0; i < f->tasks_n && !wanted; i++)
        if (f->tasks[i].signer == e->person && !f->tasks[i].done)
            json_array_append_new(list, fake_task_json(&f->tasks[i]));
    fake_set_uuid(answer, "scan", f->scan.id);
    json_object_set_new(answer, "kind", json_string(f->scan.kind));
    json_object_set_new(answer, "state", json_string("scanned"));
    json_object_set_new(answer, "system", json_string("电子病历"));
    json_object_set_new(answer, "purpose", f->scan.purpose ? json_string(f->scan.purpose) : json_null());
    json_object_set_new(answer, "number_wanted", json_boolean(wanted));
    json_object_set_new(answer, "expires_at", json_string("2026-03-01T08:32:00.000Z"));
    json_object_set_new(answer, "tasks", list);
    *status = 200;
    return answer;
}

static inline json_t *fake_do_scan(fake *f, const fake_enrolment *e, const yq_http_request *request, int *status)
{
    json_t *body = fake_body(request, 2);
    const char *code = json_string_value(json_object_get(body, "code"));
    f->scan.typed = !code;
    bool good = code ? f->scan.code && strcmp(code, f->scan.code) == 0
                     : strcmp(fake_text(body, "short_code"), FAKE_SHORT_CODE) == 0;
    json_decref(body);
    return good ? fake_scanned(f, e, status) : fake_problem(status, 403, "scan_refused");
}

/* "/v1/device/scans/{scan}/number" and "…/decline" are of this session. */
static inline void fake_check_scan(const fake *f, const char *path)
{
    char id[UUID_TEXT];
    uuid_encode(id, f->scan.id);
    assert_memory_equal(path + strlen("/v1/device/scans/"), id, 36);
}

static inline json_t *fake_do_number(fake *f, const fake_enrolment *e, const yq_http_request *request, int *status)
{
    json_t *body = fake_body(request, 2);
    f->scan.entered = strcmp(fake_text(body, "number"), FAKE_NUMBER_SHOWN) == 0;
    json_decref(body);
    return f->scan.entered ? fake_scanned(f, e, status) : fake_problem(status, 403, "scan_refused");
}

static inline json_t *fake_do_scan_decline(fake *f, const yq_http_request *request, int *status)
{
    json_t *body = fake_body(request, 2);
    (void)snprintf(f->scan.reason, sizeof f->scan.reason, "%s", fake_text(body, "reason"));
    f->scan.declined = true;
    json_decref(body);
    *status = 204;
    return NULL;
}

static inline json_t *fake_do_scan_enrol(const fake *f, const yq_http_request *request, int *status)
{
    json_t *body = fake_body(request, 2);
    bool good = f->scan.code && strcmp(fake_text(body, "code"), f->scan.code) == 0;
    json_decref(body);
    if (!good)
        return fake_problem(status, 403, "scan_refused");
    *status = 201;
    return json_pack("{s:i,s:s,s:s,s:s,s:s,s:s}", "protocol", 1, "staff_no", fake_people[0].staff_no, "name", "王**",
                     "organisation", FAKE_ORGANISATION, "activation_code", fake_people[0].code, "expires_at",
                     "2026-03-01T08:45:00.000Z");
}

static inline json_t *fake_do_other_keys(const fake *f, int *status)
{
    json_t *answer = fake_answer(), *list = json_array();
    for (size_t i = 0; i < f->other_keys_n; i++) {
        const uint8_t id[16] = {7, [15] = (uint8_t)i};
        json_t *key = json_pack("{s:s,s:s,s:s,s:s}", "state", "active", "device_name", "王医生的平板", "platform",
                                "android", "created_at", "2026-03-01T08:30:00.000Z");
        fake_set_uuid(key, "key_id", id);
        json_array_append_new(list, key);
    }
    json_object_set_new(answer, "keys", list);
    *status = 200;
    return answer;
}

static inline json_t *fake_do_lost(fake *f, const yq_http_request *request, int *status)
{
    json_t *body = fake_body(request, 2);
    fake_uuid(body, "key_id", f->lost);
    json_decref(body);
    *status = 204;
    return NULL;
}

/* ---- routes ---- */

static inline const char *fake_header(const yq_http_request *request, const char *name)
{
    for (size_t i = 0; i < request->headers_n; i++)
        if (strcmp(request->headers[i].name, name) == 0)
            return request->headers[i].value;
    return NULL;
}

static inline fake_enrolment *fake_authenticate(fake *f, const yq_http_request *request, const char **code)
{
    const char *header = fake_header(request, "Authorization");
    assert_non_null(header);
    assert_memory_equal(header, "Bearer ", 7);
    *code = "unauthenticated";
    for (size_t i = 0; i < FAKE_ENROLMENTS; i++) {
        fake_enrolment *e = &f->enrolments[i];
        if (!e->token[0] || strcmp(e->token, header + 7) != 0)
            continue;
        if (!f->expire_tokens)
            return e;
        *code = "session_expired";
        f->expire_tokens = false;
        e->token[0] = 0;
    }
    return NULL;
}

/* Which call it is; for keys/{key_id}/..., the enrolment's own key is checked. */
static inline fake_call fake_route(const char *method, const char *path)
{
    if (strcmp(path, "/v1/enrolments") == 0)
        return FAKE_ENROL;
    if (strcmp(path, "/v1/device/challenges") == 0)
        return FAKE_CHALLENGE;
    if (strcmp(path, "/v1/device/sessions") == 0)
        return FAKE_SESSION;
    if (strcmp(path, "/v1/device/keys") == 0)
        return strcmp(method, "POST") == 0 ? FAKE_KEYGEN : FAKE_KEYS;
    if (strncmp(path, "/v1/device/tasks?", 17) == 0)
        return FAKE_LIST;
    if (strncmp(path, "/v1/device/tasks/", 17) == 0)
        return FAKE_DOCUMENT;
    if (strcmp(method, "DELETE") == 0)
        return FAKE_REMOVE;
    if (strcmp(path, "/v1/enrolment-scans") == 0)
        return FAKE_SCAN_ENROL;
    if (strcmp(path, "/v1/device/scans") == 0)
        return FAKE_SCAN;
    if (strncmp(path, "/v1/device/scans/", 17) == 0)
        return strcmp(strrchr(path, '/'), "/number") == 0 ? FAKE_NUMBER : FAKE_SCAN_DECLINE;
    if (strcmp(path, "/v1/device/other-keys") == 0)
        return FAKE_OTHER_KEYS;
    if (strncmp(path, "/v1/device/signatures?", 22) == 0)
        return FAKE_HISTORY;
    if (strcmp(path, "/v1/device/lost") == 0)
        return FAKE_LOST;
    const char *last = strrchr(path, '/') + 1;
    if (strcmp(last, "sign-requests") == 0)
        return FAKE_SIGN;
    if (strcmp(last, "signatures") == 0)
        return FAKE_SIGNATURES;
    if (strcmp(last, "sids") == 0)
        return FAKE_SID;
    if (strcmp(last, "refresh-requests") == 0)
        return FAKE_REFRESH;
    if (strcmp(last, "refresh-confirms") == 0)
        return FAKE_CONFIRM;
    if (strcmp(last, "renewals") == 0)
        return FAKE_RENEWAL;
    assert_string_equal(last, "sign-failures");
    return FAKE_FAILURES;
}

static inline const fake_task *fake_document(fake *f, const char *path)
{
    uint8_t id[16];
    assert_int_equal(uuid_decode(id, path + 17, 36), ERR_OK);
    assert_string_equal(path + 17 + 36, "/document");
    return fake_find_task(f, id);
}

/* Number 0 is the newest; its id says its number. */
static inline json_t *fake_do_history(const fake *f, const char *path, int *status)
{
    static const char *const methods[] = {"pin", "fingerprint", "authorisation"};
    unsigned long limit = 0;
    unsigned before = 0;
    int read =
        sscanf(path, "/v1/device/signatures?limit=%lu&before=07000000-0000-0000-0000-00000000%4x", &limit, &before);
    assert_in_range(read, 1, 2);
    assert_in_range(limit, 1, 200);
    json_t *answer = fake_answer(), *list = json_array();
    size_t first = read == 2 ? before + 1 : 0, end = first + limit < f->history_n ? first + limit : f->history_n;
    char id[64] = "";
    for (size_t i = first; i < end; i++) {
        (void)snprintf(id, sizeof id, "07000000-0000-0000-0000-00000000%04zx", i);
        json_array_append_new(list,
                              json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:s, s:o}", "task", id,
                                        "kind", i % 4 == 3 ? "login" : "document", "title", "出院小结", "description",
                                        "张三，女，62 岁", "record_type", "出院记录", "reference", "ZY20260301-007",
                                        "system", "电子病历", "method", methods[i % 3], "serial", "0a1b2c",
                                        "workstation", i % 3 == 2 ? json_string("三病区护士站") : json_null(),
                                        "signed_at", "2026-03-01T08:30:00.000Z", "withdrawn_at",
                                        i == 1 ? json_string("2026-03-02T08:30:00.000Z") : json_null()));
    }
    json_object_set_new(answer, "signatures", list);
    json_object_set_new(answer, "next", end < f->history_n ? json_string(id) : json_null());
    *status = 200;
    return answer;
}

static inline json_t *fake_dispatch(fake *f, fake_call call, const char *path, const yq_http_request *request,
                                    int *status)
{
    if (call == FAKE_ENROL)
        return fake_do_enrol(f, request, status);
    if (call == FAKE_CHALLENGE)
        return fake_do_challenge(f, request, status);
    if (call == FAKE_SESSION)
        return fake_do_session(f, request, status);
    if (call == FAKE_SCAN_ENROL)
        return fake_do_scan_enrol(f, request, status);
    const char *code;
    fake_enrolment *e = fake_authenticate(f, request, &code);
    if (!e)
        return fake_problem(status, 401, code);
    if (call == FAKE_SIGN || call == FAKE_SIGNATURES || call == FAKE_FAILURES || call == FAKE_REMOVE ||
        call == FAKE_SID || call == FAKE_REFRESH || call == FAKE_CONFIRM || call == FAKE_RENEWAL) {
        char id[UUID_TEXT];
        uuid_encode(id, e->key_id);
        if (strncmp(path + strlen("/v1/device/keys/"), id, 36) != 0 || e->destroyed)
            return fake_problem(status, 404, "key_not_found");
    }
    if (call == FAKE_NUMBER || call == FAKE_SCAN_DECLINE)
        fake_check_scan(f, path);
    switch (call) {
    case FAKE_SCAN:
        return fake_do_scan(f, e, request, status);
    case FAKE_NUMBER:
        return fake_do_number(f, e, request, status);
    case FAKE_SCAN_DECLINE:
        return fake_do_scan_decline(f, request, status);
    case FAKE_OTHER_KEYS:
        return fake_do_other_keys(f, status);
    case FAKE_HISTORY:
        return fake_do_history(f, path, status);
    case FAKE_LOST:
        return fake_do_lost(f, request, status);
    case FAKE_KEYGEN:
        return fake_do_keygen(f, e, request, status);
    case FAKE_LIST:
        return fake_do_list(f, e, path + 16, status);
    case FAKE_SIGN:
        return fake_do_sign(f, e, request, status);
    case FAKE_SIGNATURES:
        return fake_do_signatures(f, e, request, status);
    case FAKE_FAILURES:
        return fake_do_failures(f, e, request, status);
    case FAKE_KEYS:
        return fake_do_keys(f, e, status);
    case FAKE_SID:
        return fake_do_sid(f, e, request, status);
    case FAKE_REFRESH:
        return fake_do_refresh(f, e, request, status);
    case FAKE_CONFIRM:
        return fake_do_confirm(e, request, status);
    case FAKE_RENEWAL:
        return fake_do_renewal(f, e, request, status);
    case FAKE_REMOVE:
        e->destroyed = e->closed = true;
        *status = 204;
        return NULL;
    default:
        fail();
        return NULL;
    }
}

static inline bool fake_answer_document(fake *f, const char *path, const yq_http_request *request, int *status,
                                        yq_http_answer *out)
{
    const char *code;
    const fake_task *t = fake_document(f, path);
    assert_true(t && t->document);
    if (!fake_authenticate(f, request, &code))
        return false;
    *status = 200;
    (void)yq_http_answer_write(out, t->document, t->document_n);
    return true;
}

static inline int fake_send(fake *f, fake_call call, json_t *answer, int *status, yq_http_answer *out)
{
    bool taken = true;
    if (f->raw && f->raw_for == call) {
        *status = f->raw_status ? f->raw_status : *status;
        for (size_t sent = 0; sent < f->raw_n && taken; sent += 1000)
            taken = yq_http_answer_write(out, f->raw + sent, f->raw_n - sent < 1000 ? f->raw_n - sent : 1000);
    } else if (answer) {
        if (f->tamper && *status < 300)
            f->tamper(f, call, answer);
        char *text = json_dumps(answer, JSON_INDENT(1) | (f->calls % 2 ? JSON_ENSURE_ASCII : 0));
        taken = yq_http_answer_write(out, text, strlen(text));
        free(text);
    }
    return taken ? YQ_PLATFORM_OK : YQ_PLATFORM_FAILED;
}

static inline int fake_exchange(void *context, const yq_http_request *request, int *status, yq_http_answer *out)
{
    fake *f = context;
    f->calls++;
    assert_memory_equal(request->url, FAKE_URL, strlen(FAKE_URL));
    const char *path = request->url + strlen(FAKE_URL);
    fake_call call = fake_route(request->method, path);
    assert_true((request->body_n > 0) == (strcmp(request->method, "POST") == 0));
    if (request->body_n > 0)
        assert_string_equal(fake_header(request, "Content-Type"), "application/json");
    f->last = call;
    if (f->reenter)
        assert_true(f->reenter(f));
    if (f->down || f->calls == f->lose_request_at || (f->down_after && f->calls > f->down_after))
        return YQ_PLATFORM_FAILED;
    f->count[call]++;
    if (f->refuse_code && f->refuse_for == call) {
        json_t *problem = fake_problem(status, f->refuse_status, f->refuse_code);
        if (f->refuse_field)
            json_object_set_new(problem, "field", json_string(f->refuse_field));
        if (!f->refuse_always)
            f->refuse_code = NULL;
        int sent = fake_send(f, FAKE_CALLS, problem, status, out);
        json_decref(problem);
        return sent;
    }
    if (call == FAKE_DOCUMENT && !(f->raw && f->raw_for == call) && fake_answer_document(f, path, request, status, out))
        return f->calls == f->lose_answer_at ? YQ_PLATFORM_FAILED : YQ_PLATFORM_OK;
    json_t *answer = NULL;
    *status = 200;
    if (!f->raw || f->raw_for != call)
        answer = fake_dispatch(f, call == FAKE_DOCUMENT ? FAKE_KEYS : call, path, request, status);
    bool lost = f->calls == f->lose_answer_at || (f->lose_answers && f->lose_answers_of == call);
    int sent = lost || *status == 0 ? YQ_PLATFORM_FAILED : fake_send(f, call, answer, status, out);
    json_decref(answer);
    return sent;
}

#endif
