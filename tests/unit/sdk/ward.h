/* A workstation and a phone of the SDK, over a CA, a person's key and a server's authorisation calls in memory. Signing itself is the fake server's
 * (fake.h), with the authorisation in the place of an enrolment. */
#ifndef TESTS_UNIT_SDK_WARD_H
#define TESTS_UNIT_SDK_WARD_H

#include "fake.h"
#include "mpc/mpc_scope.h"
#include "roster.h"
#include "unit/pki/authority.h"
#include "workstation_authorisation.h"

#define WARD_STATION "三楼护士站"
#define WARD_PLACE "呼吸内科三楼"
#define WARD_CODE "7KQF-3M9X-2TWB"

typedef struct ward ward;
struct ward {
    fake *f;
    identity root, issuing, stranger_root, stranger;
    uint8_t root_room[AUTHORITY_ROOM], issuing_room[AUTHORITY_ROOM], stranger_room[AUTHORITY_ROOM];
    bytes root_der, issuing_der, stranger_root_der;
    /* the person */
    scalar d1;
    uint8_t key_id[16];
    mpc_server_share share;
    mpc_device_blob blob;
    uint8_t person_room[AUTHORITY_ROOM];
    bytes person_der;
    /* the workstation, as the server knows it */
    bool registered;
    uint8_t id[16], station_key[65], station_room[AUTHORITY_ROOM];
    bytes station_der;
    /* the authorisation: f->enrolments[0] is what signs under it */
    bool has_offer;
    uint8_t auth_id[16], pkW[65];
    bytes wish;
    uint8_t wish_room[MPC_SCOPE_MAX];
    const char *state, *closed_by;
    uint8_t sealed[MPC_SEALED];
    char scope[MPC_SCOPE_MAX];
    int64_t count_left;
    int approvals, closes, waits;
    uint8_t sid[16];
    /* how it fails or lies */
    const char *refuse; /* the path's end that is refused, once */
    const char *refuse_code;
    int refuse_status;
    const char *lose; /* the path's end whose answer is lost, once */
    void (*tamper)(ward *w, const char *path, json_t *answer);
    const char *lie;     /* which, for the tamper */
    const char *raw_end; /* instead of the answer to this path's end ("": any other); NULL for none */
    int raw_status;
    bytes raw;
    bool raw_after_offer; /* only when there is an offer */
};

static inline size_t ward_end_n(const char *path)
{
    return strcspn(path, "?");
}

static inline bool ward_ends(const char *path, const char *end)
{
    size_t n = ward_end_n(path), m = strlen(end);
    return n >= m && memcmp(path + n - m, end, m) == 0;
}

/* ---- certificates ---- */

static inline bytes ward_certify(uint8_t room[AUTHORITY_ROOM], const identity *issuer, const char *unit,
                                 const char *name, const char *number, const uint8_t *key, cert_profile profile)
{
    uint8_t subject[512];
    const name_field fields[] = {{OID_COUNTRY, "CN"},
                                 {OID_ORGANIZATION, FAKE_ORGANISATION},
                                 {OID_ORGANIZATIONAL_UNIT, unit},
                                 {OID_COMMON_NAME, name},
                                 {OID_SERIAL_NUMBER, number}};
    buffer b = buffer_over(subject, sizeof subject);
    assert_int_equal(name_build(&b, fields, COUNT(fields)), ERR_OK);
    cert_template t = authority_template(issuer, issuer, profile);
    t.subject = bytes_of(subject, b.n);
    t.public_key = key;
    return authority_issue(room, &t, issuer);
}

/* The same, but over at FAKE_NOW. */
static inline bytes ward_certify_late(uint8_t room[AUTHORITY_ROOM], const ward *w)
{
    uint8_t subject[512];
    const name_field fields[] = {{OID_ORGANIZATIONAL_UNIT, WARD_PLACE}, {OID_COMMON_NAME, WARD_STATION}};
    buffer b = buffer_over(subject, sizeof subject);
    assert_int_equal(name_build(&b, fields, COUNT(fields)), ERR_OK);
    cert_template t = authority_template(&w->issuing, &w->issuing, CERT_WORKSTATION);
    t.subject = bytes_of(subject, b.n);
    t.public_key = w->station_key;
    t.not_after_ms = INT64_C(1000) * (FAKE_NOW - 1);
    return authority_issue(room, &t, &w->issuing);
}

static inline void ward_certify_station(ward *w, const identity *issuer, const char *name, cert_profile profile)
{
    w->station_der = ward_certify(w->station_room, issuer, WARD_PLACE, name, NULL, w->station_key, profile);
}

/* ---- the server ---- */

static inline json_t *ward_register(ward *w, const yq_http_request *request, int *status)
{
    json_t *body = fake_body(request, 5), *answer = fake_answer();
    static const char tag[] = "yiqian/workstation-registration/1";
    uint8_t message[sizeof tag - 1 + 65 + 32], proof[64], key[65], e[32];
    fake_hex(body, "public_key", key, 65);
    fake_hex(body, "proof", proof, 64);
    memcpy(message, tag, sizeof tag - 1);
    memcpy(message + sizeof tag - 1, key, 65);
    sm3(message + sizeof tag - 1 + 65, fake_text(body, "name"), strlen(fake_text(body, "name")));
    sm2_digest(e, key, bytes_of(message, sizeof message));
    assert_int_equal(sm2_verify_bytes(key, e, proof), ERR_OK);
    bool right = strcmp(fake_text(body, "registration_code"), WARD_CODE) == 0;
    json_decref(body);
    if (!right || (w->registered && memcmp(w->station_key, key, 65) != 0)) {
        json_decref(answer);
        return fake_problem(status, 403, "activation_refused");
    }
    w->registered = true;
    memcpy(w->station_key, key, 65);
    fake_id(w->f, w->id);
    ward_certify_station(w, &w->issuing, WARD_STATION, CERT_WORKSTATION);
    fake_set_uuid(answer, "workstation", w->id);
    json_object_set_new(answer, "name", json_string(WARD_STATION));
    json_object_set_new(answer, "place", json_string(WARD_PLACE));
    json_object_set_new(answer, "certificate", fake_base64(w->station_der.p, w->station_der.n));
    json_object_set_new(answer, "chain",
                        json_pack("[o, o]", fake_base64(w->issuing_der.p, w->issuing_der.n),
                                  fake_base64(w->root_der.p, w->root_der.n)));
    *status = 201;
    return answer;
}

static inline json_t *ward_session(ward *w, const char *path, const yq_http_request *request, int *status)
{
    static const char tag[] = "yiqian/workstation-session/1";
    const bool station = strncmp(path, "/v1/workstation/", 16) == 0;
    uint8_t challenge[40] = {9}, message[sizeof tag - 1 + 16 + 40], rs[64], e[32];
    json_t *answer = fake_answer();
    *status = 201;
    if (ward_ends(path, "/challenges")) {
        fake_set_hex(answer, "challenge", challenge, sizeof challenge);
        return answer;
    }
    json_t *body = fake_body(request, 4);
    fake_hex(body, "signature", rs, 64);
    json_decref(body);
    memcpy(message, tag, sizeof tag - 1);
    memcpy(message + sizeof tag - 1, w->id, 16);
    memcpy(message + sizeof tag - 1 + 16, challenge, sizeof challenge);
    sm2_digest(e, w->station_key, bytes_of(message, sizeof message));
    if (station)
        assert_int_equal(sm2_verify_bytes(w->station_key, e, rs), ERR_OK);
    json_object_set_new(answer, "token", json_string(station ? "wst_station" : "phone"));
    return answer;
}

static inline json_t *ward_offer(ward *w, const yq_http_request *request, int *status)
{
    json_error_t error;
    json_t *body = json_loadb((const char *)request->body, request->body_n, 0, &error), *answer = fake_answer();
    assert_non_null(body);
    fake_uuid(body, "auth_id", w->auth_id);
    fake_hex(body, "pkW", w->pkW, 65);
    const char *wish = json_string_value(json_object_get(body, "scope"));
    w->wish = bytes_of(w->wish_room, 0);
    if (wish) {
        arena *a = arena_create(1 << 20);
        bytes read;
        assert_int_equal(base64_decode(a, wish, strlen(wish), &read), ERR_OK);
        assert_in_range(read.n, 1, sizeof w->wish_room);
        memcpy(w->wish_room, read.p, read.n);
        w->wish = bytes_of(w->wish_room, read.n);
        arena_destroy(a);
    }
    json_decref(body);
    w->has_offer = true;
    w->state = "offered";
    w->closed_by = NULL;
    fake_set_uuid(answer, "authorisation", w->auth_id);
    json_object_set_new(answer, "expires", json_integer(w->f->now + 60));
    *status = 201;
    return answer;
}

static inline json_t *ward_fetch(ward *w, int *status)
{
    json_t *answer = fake_answer();
    w->waits++;
    fake_set_uuid(answer, "authorisation", w->auth_id);
    json_object_set_new(answer, "state", json_string(w->state));
    json_object_set_new(answer, "closed_by", w->closed_by ? json_string(w->closed_by) : json_null());
    json_object_set_new(answer, "count_left", json_integer(w->count_left));
    *status = 200;
    if (strcmp(w->state, "active") != 0)
        return answer;
    json_object_set_new(answer, "scope", fake_base64(w->scope, strlen(w->scope)));
    fake_set_hex(answer, "sealed", w->sealed, sizeof w->sealed);
    fake_set_hex(answer, "P", w->share.P, 65);
    json_object_set_new(answer, "certificate", fake_base64(w->person_der.p, w->person_der.n));
    return answer;
}

static inline json_t *ward_close(ward *w, int *status)
{
    w->closes++;
    if (strcmp(w->state, "offered") != 0 && strcmp(w->state, "active") != 0)
        return fake_problem(status, 410, "authorisation_closed");
    w->state = "closed";
    w->closed_by = "workstation";
    *status = 204;
    return NULL;
}

/* What the phone sends: the proof is checked, and the server's half of the authorisation made. */
static inline json_t *ward_approve_sent(ward *w, const yq_http_request *request, int *status)
{
    json_t *body = fake_body(request, fake_claims_fingerprint(w->f, request) ? 10 : 9), *answer;
    mpc_authorise_request r = {.sealed = bytes_of(w->sealed, sizeof w->sealed)};
    arena *a = arena_create(1 << 18);
    memcpy(r.key_id, w->key_id, 16);
    fake_hex(body, "sid", r.sid, 16);
    if (memcmp(r.sid, w->sid, 16) != 0) { /* that of a lie told before */
        arena_destroy(a);
        json_decref(body);
        return fake_problem(status, 403, "sid_refused");
    }
    fake_uuid(body, "auth_id", r.auth_id);
    fake_hex(body, "t", r.t, 32);
    fake_hex(body, "pkW", r.pkW, 65);
    fake_hex(body, "sealed", w->sealed, sizeof w->sealed);
    fake_hex(body, "c", r.proof.c, MPC_CHALLENGE);
    fake_hex(body, "z", r.proof.z, 32);
    const char *scope = fake_text(body, "scope");
    assert_int_equal(base64_decode(a, scope, strlen(scope), &r.scope), ERR_OK);
    assert_in_range(r.scope.n, 1, sizeof w->scope - 1);
    memcpy(w->scope, r.scope.p, r.scope.n);
    w->scope[r.scope.n] = 0;
    assert_memory_equal(r.auth_id, w->auth_id, 16);
    assert_memory_equal(r.pkW, w->pkW, 65);
    err e = mpc_server_authorise(&w->f->enrolments[0].share, &w->share, &r);
    if (e == ERR_OK) {
        w->approvals++;
        w->state = "active";
        answer = fake_answer();
        fake_set_uuid(answer, "authorisation", w->auth_id);
        *status = 201;
    } else {
        assert_int_equal(e, ERR_PROOF);
        answer = fake_problem_tries(status, 403, "pin_wrong", 4);
    }
    json_decref(body);
    arena_destroy(a);
    return answer;
}

static inline json_t *ward_offered(ward *w, int *status)
{
    json_t *answer = fake_answer(), *station = json_object();
    fake_set_uuid(station, "workstation", w->id);
    json_object_set_new(station, "certificate", fake_base64(w->station_der.p, w->station_der.n));
    json_object_set_new(answer, "workstation", station);
    json_object_set_new(answer, "scope", w->wish.n ? fake_base64(w->wish.p, w->wish.n) : json_null());
    *status = 200;
    return answer;
}

static inline json_t *ward_listed(ward *w, int *status)
{
    json_t *answer = fake_answer(), *item;
    item = json_pack("{s:s, s:{s:s, s:s}, s:{s:[s], s:[], s:s, s:i}, s:i, s:s, s:s, s:n, s:n}", "state", w->state,
                     "workstation", "name", WARD_STATION, "place", WARD_PLACE, "scope", "systems", "电子病历",
                     "record_types", "until", "2026-03-01T09:30:00.000Z", "count", 5, "count_left", 4, "approved_at",
                     "2026-03-01T08:30:00.000Z", "expires_at", "2026-03-01T09:30:00.000Z", "closed_at", "closed_by");
    assert_non_null(item);
    fake_set_uuid(item, "authorisation", w->auth_id);
    json_object_set_new(answer, "authorisations", json_pack("[o]", item));
    *status = 200;
    return answer;
}

static inline json_t *ward_dispatch(ward *w, const char *path, const yq_http_request *request, int *status)
{
    fake_enrolment *e = &w->f->enrolments[0];
    if (ward_ends(path, "/registrations"))
        return ward_register(w, request, status);
    if (ward_ends(path, "/challenges") || ward_ends(path, "/sessions"))
        return ward_session(w, path, request, status);
    const char *bearer = fake_header(request, "Authorization");
    const bool station = strncmp(path, "/v1/workstation/", 16) == 0;
    assert_non_null(bearer);
    assert_string_equal(bearer, station ? "Bearer wst_station" : "Bearer phone");
    if (ward_ends(path, "/v1/workstation/authorisations"))
        return ward_offer(w, request, status);
    if (ward_ends(path, "/sids")) {
        json_t *answer = fake_answer();
        fake_id(w->f, w->sid);
        fake_set_hex(answer, "sid", w->sid, 16);
        *status = 201;
        return answer;
    }
    if (strncmp(path, "/v1/device/keys/", 16) == 0)
        return ward_approve_sent(w, request, status);
    if (ward_ends(path, "/offer"))
        return ward_offered(w, status);
    if (ward_ends(path, "/v1/device/authorisations"))
        return ward_listed(w, status);
    if (ward_ends(path, "/close"))
        return ward_close(w, status);
    if (ward_ends(path, "/tasks"))
        return fake_do_list(w->f, e, path + ward_end_n(path), status);
    if (ward_ends(path, "/sign-failures"))
        return fake_do_failures(w->f, e, request, status);
    if (ward_ends(path, "/signatures"))
        return fake_do_signatures(w->f, e, request, status);
    if (ward_ends(path, "/sign-requests"))
        return strcmp(w->state, "active") == 0 ? fake_do_sign(w->f, e, request, status)
                                               : fake_problem(status, 410, "authorisation_closed");
    return ward_fetch(w, status);
}

static inline int ward_exchange(void *context, const yq_http_request *request, int *status, yq_http_answer *out)
{
    ward *w = context;
    const char *path = request->url + strlen(FAKE_URL);
    json_t *answer;
    assert_memory_equal(request->url, FAKE_URL, strlen(FAKE_URL));
    if (w->f->down)
        return YQ_PLATFORM_FAILED;
    if (w->raw_end && ward_ends(path, w->raw_end) && (w->has_offer || !w->raw_after_offer)) {
        *status = w->raw_status;
        return yq_http_answer_write(out, w->raw.p, w->raw.n) ? YQ_PLATFORM_OK : YQ_PLATFORM_FAILED;
    }
    if (ward_ends(path, "/document")) {
        uint8_t id[16];
        const char *at = strstr(path, "/tasks/") + 7;
        assert_int_equal(uuid_decode(id, at, 36), ERR_OK);
        const fake_task *t = fake_find_task(w->f, id);
        *status = 200;
        return yq_http_answer_write(out, t->document, t->document_n) ? YQ_PLATFORM_OK : YQ_PLATFORM_FAILED;
    }
    if (w->refuse && ward_ends(path, w->refuse)) {
        w->refuse = NULL;
        answer = fake_problem(status, w->refuse_status, w->refuse_code);
    } else {
        answer = ward_dispatch(w, path, request, status);
        if (answer && w->tamper && *status < 300)
            w->tamper(w, path, answer);
    }
    char *text = answer ? json_dumps(answer, 0) : NULL;
    bool taken = !text || yq_http_answer_write(out, text, strlen(text));
    free(text);
    json_decref(answer);
    if (w->lose && ward_ends(path, w->lose)) {
        w->lose = NULL;
        return YQ_PLATFORM_FAILED;
    }
    return taken ? YQ_PLATFORM_OK : YQ_PLATFORM_FAILED;
}

/* ---- making ---- */

static inline void ward_make_person(ward *w)
{
    entropy rng = fake_rng(w->f);
    mpc_keygen_request request;
    mpc_keygen_answer answer;
    uint8_t enrolment[16];
    scalar copy;
    fake_id(w->f, enrolment);
    fake_id(w->f, w->key_id);
    assert_int_equal(mpc_device_keygen(&w->d1, &request, enrolment, &rng), ERR_OK);
    assert_int_equal(mpc_server_keygen(&w->share, &answer, &request, w->key_id, &rng), ERR_OK);
    copy = w->d1;
    assert_int_equal(
        mpc_device_keep(&w->blob, &copy, &request, &answer, bytes_of(FAKE_PIN, 6), MPC_ITERATIONS_MIN, &rng), ERR_OK);
    w->person_der = ward_certify(w->person_room, &w->issuing, NULL, "王建国", "D1001", w->share.P, CERT_PERSON);
}

static inline ward *ward_make(void)
{
    ward *w = calloc(1, sizeof *w);
    assert_non_null(w);
    w->f = fake_make();
    identity_make(&w->root, 31, "示例医院根CA");
    identity_make(&w->issuing, 32, "示例医院签发CA");
    identity_make(&w->stranger_root, 33, "示例医院根CA");
    identity_make(&w->stranger, 34, "示例医院签发CA");
    cert_template t = authority_template(&w->root, &w->root, CERT_ROOT);
    w->root_der = authority_issue(w->root_room, &t, &w->root);
    t = authority_template(&w->root, &w->issuing, CERT_ISSUING);
    w->issuing_der = authority_issue(w->issuing_room, &t, &w->root);
    t = authority_template(&w->stranger_root, &w->stranger_root, CERT_ROOT);
    w->stranger_root_der = authority_issue(w->stranger_room, &t, &w->stranger_root);
    ward_make_person(w);
    fake_enrolment *e = &w->f->enrolments[0];
    e->used = e->enrolled = true;
    e->person = &fake_people[0];
    w->state = "offered";
    w->count_left = 5;
    return w;
}

static inline void ward_free(ward *w)
{
    identity_drop(&w->root);
    identity_drop(&w->issuing);
    identity_drop(&w->stranger_root);
    identity_drop(&w->stranger);
    fake_free(w->f);
    free(w);
}

static inline yq_platform ward_platform(ward *w)
{
    yq_platform platform = fake_platform(w->f);
    platform.transport = (yq_transport){.context = w, .exchange = ward_exchange};
    return platform;
}

static inline yq_workstation *ward_open(ward *w)
{
    yq_platform platform = ward_platform(w);
    yq_workstation *station = NULL;
    memset(&platform.credential, 0, sizeof platform.credential); /* a workstation needs none */
    assert_int_equal(yq_workstation_open(&station, &platform, NULL), YQ_OK);
    return station;
}

static inline yq_workstation *ward_registered(ward *w)
{
    yq_workstation *station = ward_open(w);
    assert_int_equal(yq_workstation_register(station, FAKE_URL, WARD_STATION, WARD_CODE, NULL), YQ_OK);
    return station;
}

/* A phone that was enrolled with this person's key, under this CA. */
static inline yq_device *ward_phone(ward *w)
{
    const yq_platform platform = ward_platform(w);
    const yq_options options = {.platform = "test", .pin_iterations = MPC_ITERATIONS_MIN};
    yq_device *device = NULL;
    uint8_t credential[65];
    char name[YQ_NAME_MAX + 1];
    assert_int_equal(yq_device_open(&device, &platform, &options), YQ_OK);
    context_key *key = calloc(1, sizeof *key);
    assert_non_null(key);
    stored_key *s = &key->stored;
    s->stage = STORED_ENROLLED;
    memcpy(s->server, FAKE_URL, sizeof FAKE_URL);
    fake_id(w->f, s->id);
    fake_id(w->f, s->enrolment_id);
    memcpy(s->key_id, w->key_id, 16);
    s->blob = w->blob;
    const bytes certificates[] = {w->person_der, w->issuing_der, w->root_der};
    for (size_t i = 0; i < STORED_CERTIFICATES; i++) {
        memcpy(s->certificate[i], certificates[i].p, certificates[i].n);
        s->certificate_n[i] = certificates[i].n;
    }
    roster_credential_name(name, s);
    assert_int_equal(fake_create(w->f, name, credential), YQ_PLATFORM_OK);
    device->keys[device->keys_n++] = key;
    return device;
}

/* The phone's approval, without one: what is sealed may lie (plain is changed before sealing), and for whom (pkW NULL: the offered key). */
static inline void ward_approve(ward *w, const char *scope, void (*change)(uint8_t plain[MPC_SEAL_PLAIN]),
                                const uint8_t *pkW)
{
    entropy rng = fake_rng(w->f);
    mpc_authorise_request r = {.scope = bytes_of_text(scope)};
    uint8_t plain[MPC_SEAL_PLAIN];
    memcpy(r.key_id, w->key_id, 16);
    memcpy(r.auth_id, w->auth_id, 16);
    memcpy(r.pkW, w->pkW, 65);
    fake_id(w->f, r.sid);
    assert_int_equal(mpc_device_authorise(&r, w->sealed, &w->d1, w->share.P, &rng), ERR_OK);
    assert_int_equal(mpc_server_authorise(&w->f->enrolments[0].share, &w->share, &r), ERR_OK);
    memcpy(w->f->enrolments[0].key_id, w->auth_id, 16);
    (void)snprintf(w->scope, sizeof w->scope, "%s", scope);
    w->state = "active";
    if (!change && !pkW)
        return;
    /* The plain text again, by the one-time key's owner's view of it: tag, auth_id, P, SM3(scope), d1'. */
    scalar t, share;
    assert_int_equal(scalar_from_bytes(&t, r.t), ERR_OK);
    scalar_mul(&share, &w->d1, &t);
    buffer b = buffer_over(plain, sizeof plain);
    buffer_put(&b, MPC_SEAL_TAG, MPC_SEAL_TAG_SIZE);
    buffer_put(&b, w->auth_id, 16);
    buffer_put(&b, w->share.P, 65);
    sm3(b.p + b.n, scope, strlen(scope));
    b.n += 32;
    scalar_to_bytes(b.p + b.n, &share);
    if (change)
        change(plain);
    assert_int_equal(sm2_encrypt(w->sealed, pkW ? pkW : w->pkW, bytes_of(plain, sizeof plain), &rng), ERR_OK);
}

#endif
