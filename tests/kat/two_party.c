/* Known answers of the two-party protocol: kat_two_party [--flip] FILE.
 *
 * Every step is computed from the inputs and nonces of the file, and every value the file gives for it is compared. Exit 0
 * if all agree, 1 if any differs (each case names its first difference), 2 if there is nothing to compare with.
 * --flip tests this runner: it changes every single value of the file in turn (those of the first case in every way it knows,
 * dropped, longer, shorter, null; those of the others in one character) and exits 0 only if the unchanged file agrees and not
 * one of the changed ones does. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/arena.h"
#include "base/text.h"
#include "mpc/mpc_step.h"

enum { ARENA_MAX = 64 << 20, PLACE_MAX = 160 };

/* One case under comparison: where we are, for the report, and what the steps so far gave. */
typedef struct run {
    arena *memory;
    bool quiet;
    char place[PLACE_MAX];
    uint8_t key_id[MPC_ID];
    scalar d1;
    mpc_server_share share;
} run;

static void at(run *r, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void at(run *r, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(r->place, sizeof r->place, format, args);
    va_end(args);
}

static err report(const run *r, const char *key, const char *what, err e)
{
    if (!r->quiet)
        fprintf(stderr, "%s: %s: %s\n", r->place, key, what);
    return e;
}

/* The outcome of a protocol call: all of them must succeed on vectors. */
static err step(const run *r, const char *name, err e)
{
    return e == ERR_OK ? ERR_OK : report(r, name, err_code(e), e);
}

static err get(const run *r, const json_t *in, const char *key, json_type type, json_t **out)
{
    *out = json_object_get(in, key);
    if (*out == NULL)
        return report(r, key, "is missing", ERR_FIELD_MISSING);
    return json_typeof(*out) == type ? ERR_OK : report(r, key, "is of the wrong type", ERR_FIELD_TYPE);
}

static err get_text(const run *r, const json_t *in, const char *key, bytes *out)
{
    json_t *value;
    TRY(get(r, in, key, JSON_STRING, &value));
    *out = bytes_of(json_string_value(value), json_string_length(value));
    return ERR_OK;
}

static err get_fixed(const run *r, const json_t *in, const char *key, void *out, size_t n)
{
    bytes hex;
    TRY(get_text(r, in, key, &hex));
    if (hex_decode(out, n, (const char *)hex.p, hex.n) != ERR_OK)
        return report(r, key, "is not hex of the right length", ERR_ENCODING);
    return ERR_OK;
}

static err get_bytes(const run *r, const json_t *in, const char *key, bytes *out)
{
    bytes hex;
    TRY(get_text(r, in, key, &hex));
    uint8_t *p = arena_alloc(r->memory, hex.n / 2);
    if (p == NULL)
        return report(r, key, "is too long", ERR_MEMORY);
    *out = bytes_of(p, hex.n / 2);
    return get_fixed(r, in, key, p, hex.n / 2);
}

static err get_scalar(const run *r, const json_t *in, const char *key, scalar *out)
{
    uint8_t be[32];
    TRY(get_fixed(r, in, key, be, sizeof be));
    return scalar_from_bytes(out, be) == ERR_OK ? ERR_OK : report(r, key, "is not in [1, n-1]", ERR_SCALAR);
}

static err expect(const run *r, const json_t *in, const char *key, const void *got, size_t n)
{
    bytes expected;
    TRY(get_bytes(r, in, key, &expected));
    return bytes_equal(expected, bytes_of(got, n)) ? ERR_OK : report(r, key, "differs", ERR_ANSWER);
}

static err expect_scalar(const run *r, const json_t *in, const char *key, const scalar *got)
{
    uint8_t be[32];
    scalar_to_bytes(be, got);
    return expect(r, in, key, be, sizeof be);
}

static err expect_proof(const run *r, const json_t *in, const mpc_proof *proof)
{
    TRY(expect(r, in, "c", proof->c, sizeof proof->c));
    return expect(r, in, "z", proof->z, sizeof proof->z);
}

static err expect_share(const run *r, const json_t *in, const scalar *d1, const mpc_server_share *share)
{
    TRY(expect_scalar(r, in, "d1", d1));
    TRY(expect_scalar(r, in, "d2", &share->d2));
    return expect(r, in, "P1", share->P1, POINT_SIZE);
}

/* d = (d1 * d2)^-1 - 1, the key that nobody holds, and P = d * G. */
static err check_whole_key(const run *r, const json_t *in)
{
    scalar d;
    point P;
    uint8_t encoded[POINT_SIZE];
    scalar_mul(&d, &r->d1, &r->share.d2);
    scalar_inv(&d, &d);
    scalar_sub(&d, &d, &scalar_one);
    TRY(expect_scalar(r, in, "d", &d));
    point_mul_base(&P, &d);
    TRY(step(r, "d*G", point_to_bytes(encoded, &P)));
    return expect(r, in, "P", encoded, POINT_SIZE);
}

/* K1, K2 and the checks of K3. */
static err check_keygen(run *r, const json_t *in)
{
    uint8_t enrolment_id[MPC_ID];
    scalar k, d2;
    mpc_keygen_request request;
    mpc_keygen_answer answer;

    TRY(get_fixed(r, in, "enrollment_id", enrolment_id, sizeof enrolment_id));
    TRY(get_scalar(r, in, "d1", &r->d1));
    TRY(get_scalar(r, in, "k", &k));
    TRY(step(r, "K1", mpc_step_keygen_request(&request, enrolment_id, &r->d1, &k)));
    TRY(expect(r, in, "P1", request.P1, POINT_SIZE));
    TRY(expect_proof(r, in, &request.proof));
    TRY(get_scalar(r, in, "d2", &d2));
    TRY(step(r, "K2", mpc_step_keygen_answer(&r->share, &answer, &request, r->key_id, &d2)));
    TRY(expect(r, in, "P", answer.P, POINT_SIZE));
    TRY(expect(r, in, "P2", answer.P2, POINT_SIZE));
    TRY(step(r, "K3", mpc_step_keygen_check(&r->d1, &request, &answer)));
    return check_whole_key(r, in);
}

/* What one signing session is compared with, item by item. */
typedef struct sign_case {
    const json_t *json, *items;
    size_t m;
    const scalar *d1;
    const mpc_server_share *share;
    mpc_sign_request request;
    mpc_step_nonces *nonces;
    scalar *w;
    mpc_sign_answer *answers;
    point_odd *points;
    uint8_t (*signatures)[64];
} sign_case;

static err sign_alloc(const run *r, sign_case *s)
{
    s->request.m = s->m;
    s->request.items = arena_alloc(r->memory, s->m * sizeof *s->request.items);
    s->nonces = arena_alloc(r->memory, s->m * sizeof *s->nonces);
    s->w = arena_alloc(r->memory, s->m * sizeof *s->w);
    s->answers = arena_alloc(r->memory, s->m * sizeof *s->answers);
    s->points = arena_alloc(r->memory, 2 * s->m * sizeof *s->points);
    s->signatures = arena_alloc(r->memory, s->m * sizeof *s->signatures);
    bool complete = s->request.items && s->nonces && s->w && s->answers && s->points && s->signatures;
    return complete ? ERR_OK : report(r, "items", "memory is out", ERR_MEMORY);
}

static err sign_inputs(run *r, sign_case *s, const char *section)
{
    for (size_t i = 0; i < s->m; i++) {
        const json_t *item = json_array_get(s->items, i);
        bytes message;
        at(r, "%s, item %zu", section, i);
        TRY(get_bytes(r, item, "message", &message));
        sm2_digest(s->request.items[i].e, s->share->P, message);
        TRY(expect(r, item, "e", s->request.items[i].e, 32));
        TRY(get_scalar(r, item, "a", &s->nonces[i].a));
        TRY(get_scalar(r, item, "b", &s->nonces[i].b));
        TRY(get_scalar(r, item, "w", &s->w[i]));
    }
    at(r, "%s", section);
    return ERR_OK;
}

static err sign_expect_request(run *r, const sign_case *s, const char *section)
{
    uint8_t tr[32], kappa[16];
    json_t *list;
    for (size_t i = 0; i < s->m; i++) {
        const json_t *item = json_array_get(s->items, i);
        at(r, "%s, item %zu", section, i);
        TRY(expect(r, item, "A", s->request.items[i].A, POINT_SIZE));
        TRY(expect(r, item, "B", s->request.items[i].B, POINT_SIZE));
    }
    at(r, "%s", section);
    mpc_sign_transcript(tr, &s->request, s->share->P, s->share->P1);
    TRY(expect(r, s->json, "tr", tr, sizeof tr));
    TRY(get(r, s->json, "kappa", JSON_ARRAY, &list));
    if (json_array_size(list) != 2 * s->m)
        return report(r, "kappa", "is not two for each item", ERR_LENGTH);
    for (uint32_t j = 0; j < 2 * s->m; j++) {
        const json_t *text = json_array_get(list, j);
        uint8_t expected[16];
        mpc_sign_coefficient(kappa, tr, j);
        if (!json_is_string(text) ||
            hex_decode(expected, sizeof expected, json_string_value(text), json_string_length(text)) != ERR_OK)
            return report(r, "kappa", "is not hex of the right length", ERR_ENCODING);
        if (memcmp(kappa, expected, sizeof kappa) != 0)
            return report(r, "kappa", "differs", ERR_ANSWER);
    }
    return expect_proof(r, s->json, &s->request.proof);
}

static err sign_expect_answer(run *r, const sign_case *s, const uint8_t tr[32], const char *section)
{
    for (uint32_t i = 0; i < s->m; i++) {
        const json_t *item = json_array_get(s->items, i);
        scalar rho;
        at(r, "%s, item %u", section, (unsigned)i);
        TRY(expect(r, item, "W", s->answers[i].W, POINT_SIZE));
        mpc_sign_binding(&rho, tr, i, s->answers[i].W);
        TRY(expect_scalar(r, item, "rho", &rho));
        TRY(expect(r, item, "s1", s->answers[i].s1, 32));
    }
    at(r, "%s", section);
    return ERR_OK;
}

static err sign_expect_signatures(run *r, const sign_case *s, const char *section)
{
    for (size_t i = 0; i < s->m; i++) {
        const json_t *item = json_array_get(s->items, i);
        at(r, "%s, item %zu", section, i);
        TRY(expect(r, item, "r", s->signatures[i], 32));
        TRY(expect(r, item, "s", s->signatures[i] + 32, 32));
        TRY(step(r, "verification", sm2_verify_bytes(s->share->P, s->request.items[i].e, s->signatures[i])));
    }
    return ERR_OK;
}

/* S1, S2 and S3 of one section; its key_id must be the one given. */
static err check_sign(run *r, const json_t *in, const char *section, const uint8_t key_id[MPC_ID], const scalar *d1,
                      const mpc_server_share *share)
{
    sign_case s = {.json = in, .d1 = d1, .share = share};
    mpc_server_checked checked;
    mpc_device_session *session = NULL;
    json_t *items;
    scalar k;
    err e;

    TRY_OUT(get(r, in, "items", JSON_ARRAY, &items));
    s.items = items;
    s.m = json_array_size(items);
    if (s.m < 1 || s.m > MPC_BATCH_MAX)
        return report(r, "items", "are none or too many", ERR_LENGTH);
    TRY_OUT(sign_alloc(r, &s));
    TRY_OUT(expect(r, in, "key_id", key_id, MPC_ID));
    memcpy(s.request.key_id, key_id, MPC_ID);
    TRY_OUT(get_fixed(r, in, "sid", s.request.sid, MPC_ID));
    TRY_OUT(get_scalar(r, in, "k", &k));
    TRY_OUT(sign_inputs(r, &s, section));
    TRY_OUT(step(r, "S1", mpc_step_sign_request(&session, &s.request, d1, share->P, s.nonces, &k)));
    TRY_OUT(sign_expect_request(r, &s, section));
    TRY_OUT(step(r, "S2, check", mpc_server_sign_check(&checked, s.points, share, &s.request)));
    TRY_OUT(step(r, "S2, answer", mpc_step_sign_answer(s.answers, share, &s.request, &checked, s.w)));
    TRY_OUT(sign_expect_answer(r, &s, checked.tr, section));
    TRY_OUT(step(r, "S3", mpc_device_finish(session, s.signatures, s.answers, s.m)));
    TRY_OUT(sign_expect_signatures(r, &s, section));
out:
    mpc_device_session_destroy(session);
    return e;
}

/* R1 to R4; gives the refreshed shares. */
static err check_refresh(run *r, const json_t *in, scalar *new_d1, mpc_server_share *fresh)
{
    json_t *request_json, *confirm_json;
    mpc_refresh_request request;
    mpc_refresh_confirm confirm;
    uint8_t u_server[32];
    scalar t, k;

    memcpy(request.key_id, r->key_id, MPC_ID);
    TRY(get_fixed(r, in, "rid", request.rid, MPC_ID));
    TRY(get_fixed(r, in, "u_device", request.u_device, 32));
    TRY(get_fixed(r, in, "u_server", u_server, 32));
    mpc_refresh_factor(&t, request.key_id, request.rid, request.u_device, u_server);
    TRY(expect_scalar(r, in, "t", &t));

    at(r, "refresh, request");
    TRY(get(r, in, "request", JSON_OBJECT, &request_json));
    TRY(get_fixed(r, request_json, "sid", request.sid, MPC_ID));
    TRY(get_scalar(r, request_json, "k", &k));
    TRY(step(r, "R1", mpc_step_refresh(&request, &r->d1, r->share.P, &k)));
    TRY(expect_proof(r, request_json, &request.proof));
    TRY(step(r, "R2, check", mpc_server_refresh_check(&r->share, &request)));
    TRY(step(r, "R2, share", mpc_server_refresh(fresh, &r->share, &request, u_server)));

    at(r, "refresh, confirm");
    TRY(get(r, in, "confirm", JSON_OBJECT, &confirm_json));
    TRY(get_fixed(r, confirm_json, "sid", confirm.sid, MPC_ID));
    TRY(get_scalar(r, confirm_json, "k", &k));
    TRY(step(r, "R3", mpc_step_confirm(&confirm, new_d1, &r->d1, &request, u_server, r->share.P, &k)));
    TRY(expect_proof(r, confirm_json, &confirm.proof));
    TRY(step(r, "R4", mpc_server_confirm_check(fresh, &confirm)));

    at(r, "refresh");
    return expect_share(r, in, new_d1, fresh);
}

/* The authorisation, both sides of the phone; gives the shares kept under auth_id. */
static err check_authorise(run *r, const json_t *in, uint8_t auth_id[MPC_ID], scalar *handed,
                           mpc_server_share *authorised)
{
    mpc_authorise_request request;
    uint8_t sealed[MPC_SEALED], dW[32];
    sm2_private workstation;
    scalar t, kW, k;

    memcpy(request.key_id, r->key_id, MPC_ID);
    TRY(get_fixed(r, in, "auth_id", auth_id, MPC_ID));
    memcpy(request.auth_id, auth_id, MPC_ID);
    TRY(get_fixed(r, in, "sid", request.sid, MPC_ID));
    TRY(get_bytes(r, in, "scope", &request.scope));
    TRY(get_fixed(r, in, "dW", dW, sizeof dW));
    TRY(step(r, "dW", sm2_private_from_bytes(&workstation, dW)));
    TRY(expect(r, in, "pkW", workstation.public_key, POINT_SIZE));
    memcpy(request.pkW, workstation.public_key, POINT_SIZE);
    TRY(get_scalar(r, in, "t", &t));
    TRY(get_scalar(r, in, "kW", &kW));
    TRY(get_scalar(r, in, "k", &k));
    TRY(step(r, "request", mpc_step_authorise(&request, sealed, &r->d1, r->share.P, &t, &kW, &k)));
    TRY(expect(r, in, "sealed", request.sealed.p, request.sealed.n));
    TRY(expect_proof(r, in, &request.proof));
    TRY(step(r, "server", mpc_server_authorise(authorised, &r->share, &request)));
    TRY(step(r, "workstation", mpc_device_authorised(handed, request.sealed, dW, auth_id, r->share.P, request.scope)));
    return expect_share(r, in, handed, authorised);
}

static err check_pin(run *r, const json_t *in)
{
    bytes pin;
    json_t *iterations;
    uint8_t salt[MPC_SALT];
    mpc_device_blob blob;
    scalar mask, d1;

    TRY(get_text(r, in, "pin", &pin));
    TRY(get_fixed(r, in, "salt", salt, sizeof salt));
    TRY(get(r, in, "iterations", JSON_INTEGER, &iterations));
    json_int_t count = json_integer_value(iterations);
    if (count < MPC_ITERATIONS_MIN || count > MPC_ITERATIONS_MAX)
        return report(r, "iterations", "is out of range", ERR_RANGE);
    mpc_pin_mask(&mask, pin, salt, (uint32_t)count);
    TRY(expect_scalar(r, in, "mask", &mask));
    TRY(step(r, "masking", mpc_step_mask(&blob, &r->d1, r->share.P, pin, (uint32_t)count, salt)));
    TRY(expect(r, in, "stored", blob.x, sizeof blob.x));
    TRY(step(r, "unmasking", mpc_device_unmask(&d1, &blob, pin)));
    return scalar_equal(&d1, &r->d1) ? ERR_OK : report(r, "unmasking", "gives another d1", ERR_ANSWER);
}

/* The sections of one case. PIN comes last because it is slow: a case that differs elsewhere is seen to before. */
static err check_sections(run *r, const json_t *in)
{
    json_t *section;
    scalar new_d1, handed;
    mpc_server_share fresh, authorised;
    uint8_t auth_id[MPC_ID];

    at(r, "sign");
    TRY(get(r, in, "sign", JSON_OBJECT, &section));
    TRY(get_fixed(r, section, "key_id", r->key_id, MPC_ID));
    at(r, "keygen");
    TRY(get(r, in, "keygen", JSON_OBJECT, &section));
    TRY(check_keygen(r, section));
    at(r, "sign");
    TRY(get(r, in, "sign", JSON_OBJECT, &section));
    TRY(check_sign(r, section, "sign", r->key_id, &r->d1, &r->share));
    at(r, "refresh");
    TRY(get(r, in, "refresh", JSON_OBJECT, &section));
    TRY(check_refresh(r, section, &new_d1, &fresh));
    at(r, "authorise");
    TRY(get(r, in, "authorise", JSON_OBJECT, &section));
    TRY(check_authorise(r, section, auth_id, &handed, &authorised));
    at(r, "sign_refreshed");
    TRY(get(r, in, "sign_refreshed", JSON_OBJECT, &section));
    TRY(check_sign(r, section, "sign_refreshed", r->key_id, &new_d1, &fresh));
    at(r, "sign_authorised");
    TRY(get(r, in, "sign_authorised", JSON_OBJECT, &section));
    TRY(check_sign(r, section, "sign_authorised", auth_id, &handed, &authorised));
    at(r, "pin");
    TRY(get(r, in, "pin", JSON_OBJECT, &section));
    return check_pin(r, section);
}

static err check_case(const json_t *in, arena *memory, bool quiet)
{
    run r = {.memory = memory, .quiet = quiet};
    err e = check_sections(&r, in);
    arena_reset(memory);
    return e;
}

static err check_head(const json_t *root, bool quiet)
{
    run r = {.quiet = quiet, .place = "file"};
    bytes protocol, id;
    TRY(get_text(&r, root, "protocol", &protocol));
    TRY(get_text(&r, root, "default_id", &id));
    if (!bytes_equal(protocol, bytes_of_text("yiqian two-party SM2, version 1")))
        return report(&r, "protocol", "is not version 1 of this one", ERR_PROTOCOL);
    if (!bytes_equal(id, bytes_of_text(SM2_DEFAULT_ID)))
        return report(&r, "default_id", "differs", ERR_ANSWER);
    json_t *cases;
    TRY(get(&r, root, "cases", JSON_ARRAY, &cases));
    return json_array_size(cases) > 0 ? ERR_OK : report(&r, "cases", "are none", ERR_LENGTH);
}

/* All cases; the number that differ, or -1 where the file is none. */
static int check_file(const json_t *root, arena *memory)
{
    if (check_head(root, false) != ERR_OK)
        return -1;
    const json_t *cases = json_object_get(root, "cases");
    int differing = 0;
    for (size_t i = 0; i < json_array_size(cases); i++)
        if (check_case(json_array_get(cases, i), memory, false) != ERR_OK) {
            fprintf(stderr, "case %zu differs\n", i);
            differing++;
        }
    return differing;
}

/* ---- --flip: does the runner see every change? ---- */

typedef struct flip {
    json_t *root, *entry; /* the file, and the case being changed; NULL for the file's head */
    arena *memory;
    bool every_way;
    size_t tried, missed;
} flip;

static void flip_judge(flip *f, const char *path, const char *change)
{
    err e = f->entry != NULL ? check_case(f->entry, f->memory, true) : check_head(f->root, true);
    f->tried++;
    if (e == ERR_OK) {
        fprintf(stderr, "not seen: %s %s\n", path, change);
        f->missed++;
    }
}

/* Strings: the first, the middle and the last character, or one of them in turn; a byte less, a byte more. */
static void flip_string(flip *f, json_t *value, const char *path)
{
    size_t n = json_string_length(value);
    char *changed = malloc(n + 3), *kept = malloc(n + 1);
    if (changed == NULL || kept == NULL) {
        f->missed++;
        goto out;
    }
    memcpy(kept, json_string_value(value), n + 1);
    const size_t positions[] = {0, n / 2, n - 1};
    size_t turn = f->tried % 3;
    for (size_t i = 0; n > 0 && i < 3; i++) {
        if (!f->every_way && i != turn)
            continue;
        memcpy(changed, kept, n + 1);
        changed[positions[i]] = (char)(kept[positions[i]] == '0' ? '1' : '0');
        json_string_set(value, changed);
        flip_judge(f, path, "changed in one character");
    }
    if (f->every_way && n >= 2) {
        json_string_setn(value, kept, n - 2);
        flip_judge(f, path, "shortened");
    }
    if (f->every_way) {
        memcpy(changed, kept, n);
        memcpy(changed + n, "00", 3);
        json_string_set(value, changed);
        flip_judge(f, path, "lengthened");
    }
    json_string_set(value, kept);
out:
    free(changed);
    free(kept);
}

static void flip_value(flip *f, json_t *value, const char *path);

static void flip_object(flip *f, json_t *object, const char *path)
{
    const char *key;
    json_t *value;
    void *next;
    json_object_foreach_safe(object, next, key, value)
    {
        char name[64], below[PLACE_MAX];
        snprintf(name, sizeof name, "%s", key);
        snprintf(below, sizeof below, "%s/%s", path, name);
        flip_value(f, value, below);

        if (f->every_way) {
            json_incref(value);
            json_object_set_new(object, name, json_null());
            flip_judge(f, below, "made null");
            json_object_set_new(object, name, value);
        }
    }
}

/* Keys are dropped from a copy, so that the order of the walk above is not disturbed. */
static void flip_keys(flip *f, json_t *object, const char *path)
{
    json_t *keys = json_copy(object);
    const char *key;
    json_t *value;
    json_object_foreach(keys, key, value)
    {
        char below[PLACE_MAX];
        snprintf(below, sizeof below, "%s/%s", path, key);
        json_object_del(object, key);
        flip_judge(f, below, "dropped");
        json_object_set(object, key, value);
    }
    json_decref(keys);
}

static void flip_array(flip *f, json_t *array, const char *path)
{
    size_t n = json_array_size(array);
    for (size_t i = 0; i < n; i++) {
        char below[PLACE_MAX];
        snprintf(below, sizeof below, "%s/%zu", path, i);
        flip_value(f, json_array_get(array, i), below);
    }
    if (!f->every_way)
        return;
    json_t *last = json_incref(json_array_get(array, n - 1));
    json_array_append(array, last);
    flip_judge(f, path, "with its last element twice");
    json_array_remove(array, n);
    json_array_remove(array, n - 1);
    flip_judge(f, path, "without its last element");
    json_array_append_new(array, last);
}

static void flip_value(flip *f, json_t *value, const char *path)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        flip_object(f, value, path);
        if (f->every_way)
            flip_keys(f, value, path);
        break;
    case JSON_ARRAY:
        flip_array(f, value, path);
        break;
    case JSON_STRING:
        flip_string(f, value, path);
        break;
    case JSON_INTEGER:
        json_integer_set(value, json_integer_value(value) + 1);
        flip_judge(f, path, "plus one");
        json_integer_set(value, json_integer_value(value) - 1);
        break;
    default:
        fprintf(stderr, "not a value of these vectors: %s\n", path);
        f->missed++;
    }
}

/* The file's own values; "note" is prose. */
static void flip_head(flip *f)
{
    const char *const texts[] = {"protocol", "default_id"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        json_t *value = json_incref(json_object_get(f->root, texts[i]));
        flip_string(f, value, texts[i]);
        json_object_del(f->root, texts[i]);
        flip_judge(f, texts[i], "dropped");
        json_object_set_new(f->root, texts[i], value);
    }
    json_t *cases = json_incref(json_object_get(f->root, "cases"));
    json_object_set_new(f->root, "cases", json_array());
    flip_judge(f, "cases", "emptied");
    json_object_del(f->root, "cases");
    flip_judge(f, "cases", "dropped");
    json_object_set_new(f->root, "cases", cases);
}

static int flip_file(json_t *root, arena *memory)
{
    if (check_file(root, memory) != 0)
        return 1;
    flip f = {.root = root, .memory = memory, .every_way = true};
    flip_head(&f);
    const json_t *cases = json_object_get(root, "cases");
    for (size_t i = 0; i < json_array_size(cases); i++) {
        char path[PLACE_MAX];
        snprintf(path, sizeof path, "case %zu", i);
        f.entry = json_array_get(cases, i);
        flip_value(&f, f.entry, path);
        f.every_way = false;
    }
    /* Every change was taken back, or what was seen above were leftovers. */
    if (check_file(root, memory) != 0)
        return 1;
    printf("%zu changes, %zu not seen\n", f.tried, f.missed);
    return f.missed == 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
    bool flipping = argc == 3 && strcmp(argv[1], "--flip") == 0;
    if (argc != 2 && !flipping) {
        fprintf(stderr, "usage: kat_two_party [--flip] FILE\n");
        return 2;
    }
    const char *name = argv[argc - 1];
    json_error_t error;
    json_t *root = json_load_file(name, JSON_REJECT_DUPLICATES, &error);
    if (root == NULL) {
        fprintf(stderr, "%s:%d: %s\n", name, error.line, error.text);
        return 2;
    }
    arena *memory = arena_create(ARENA_MAX);
    int status = 2;
    if (memory == NULL) {
        fprintf(stderr, "memory is out\n");
    } else if (flipping) {
        status = flip_file(root, memory);
    } else {
        int differing = check_file(root, memory);
        if (differing == 0)
            printf("%zu cases, every value as in %s\n", json_array_size(json_object_get(root, "cases")), name);
        status = differing < 0 ? 2 : differing > 0 ? 1 : 0;
    }
    arena_destroy(memory);
    json_decref(root);
    return status;
}
