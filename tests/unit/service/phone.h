/* A person's phone: the device half of the protocol below HTTP, against the fixture's server. "A wrong PIN" is what the device
 * half makes of one: another d1. */
#ifndef YIQIAN_TESTS_SERVICE_PHONE_H
#define YIQIAN_TESTS_SERVICE_PHONE_H

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>

#include "asn1/csr_info.h"
#include "asn1/signed_attributes.h"
#include "crypto/sm3.h"
#include "mpc/mpc_device.h"
#include "service/device.h"
#include "service/device_key.h"
#include "service/enrolment_offer.h"
#include "service/sign.h"
#include "service/system.h"
#include "service/task_create.h"
#include "service/task_end.h"
#include "unit/service/fixture.h"

#define PHONE_PIN "274950"
#define PHONE_WRONG_PIN "274951"

typedef struct phone {
    fixture *f;
    EVP_PKEY *credential;
    uint8_t credential_public[65];
    uint8_t user_id[16], enrolment_id[16], key_id[16], P[POINT_SIZE];
    bytes subject;
    mpc_keygen_request keygen;
    scalar d1, wrong_d1; /* under the right and a wrong PIN */
    bool by_fingerprint; /* what it says */
} phone;

/* A request of the phone's with an arena of its own (for threads) or the fixture's (NULL). */
static inline call phone_call_in(const phone *p, const char *event, arena *a)
{
    call c = {.service = p->f->service,
              .arena = a ? a : p->f->arena,
              .now_ms = p->f->now_ms,
              .actor = ACTOR_DEVICE,
              .origin = "tcp",
              .audit_event = event};
    memcpy(c.actor_id, p->enrolment_id, 16);
    c.actor_text = call_subject(&c, "device", p->enrolment_id);
    fault_clear(&c.fault);
    return c;
}

static inline call *phone_call(const phone *p, const char *event)
{
    p->f->c = phone_call_in(p, event, NULL);
    return &p->f->c;
}

static inline call *phone_call_as_nobody(const phone *p, const char *event)
{
    call *c = fixture_call(p->f, event);
    c->actor = ACTOR_NOBODY;
    c->actor_text = "nobody";
    return c;
}

static inline void phone_buy(phone *p, fixture *f)
{
    size_t n = 0;
    memset(p, 0, sizeof *p);
    p->f = f;
    p->credential = EVP_EC_gen("P-256");
    assert_non_null(p->credential);
    assert_int_equal(
        EVP_PKEY_get_octet_string_param(p->credential, OSSL_PKEY_PARAM_PUB_KEY, p->credential_public, 65, &n), 1);
    assert_int_equal(n, 65);
}

static inline void phone_throw_away(phone *p)
{
    EVP_PKEY_free(p->credential);
    p->credential = NULL;
}

/* ECDSA with SHA-256 by the credential, as r || s. */
static inline void phone_credential_sign(const phone *p, bytes message, uint8_t rs[64])
{
    uint8_t der[80];
    const uint8_t *at = der;
    size_t n = sizeof der;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    assert_int_equal(EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, p->credential), 1);
    assert_int_equal(EVP_DigestSign(ctx, der, &n, message.p, message.n), 1);
    ECDSA_SIG *signature = d2i_ECDSA_SIG(NULL, &at, (long)n);
    assert_non_null(signature);
    assert_int_equal(BN_bn2binpad(ECDSA_SIG_get0_r(signature), rs, 32), 32);
    assert_int_equal(BN_bn2binpad(ECDSA_SIG_get0_s(signature), rs + 32, 32), 32);
    ECDSA_SIG_free(signature);
    EVP_MD_CTX_free(ctx);
}

static inline device_enrol_request phone_enrol_request(const phone *p, const user *u, const char *code)
{
    device_enrol_request request = {u->staff_no, code, "linux", "测试手机", {0}};
    memcpy(request.credential, p->credential_public, 65);
    return request;
}

/* An operator gives a code, the phone uses it. */
static inline void phone_enrol(phone *p, const user *u)
{
    enrolment_offer offer;
    device_enrolment enrolment;
    assert_int_equal(enrolment_offer_create(fixture_call(p->f, "enrolment.offer"), u->id, 3600, &offer), ERR_OK);
    device_enrol_request request = phone_enrol_request(p, u, offer.code);
    assert_int_equal(device_enrol(phone_call_as_nobody(p, "device.enrol"), &request, &enrolment), ERR_OK);
    memcpy(p->user_id, enrolment.user_id, 16);
    memcpy(p->enrolment_id, enrolment.id, 16);
    p->subject = enrolment.subject;
}

/* K1 to K3, and what the two PINs give. */
static inline void phone_keygen(phone *p)
{
    mpc_keygen_answer answer;
    mpc_device_blob blob;
    assert_int_equal(mpc_device_keygen(&p->d1, &p->keygen, p->enrolment_id, &p->f->rng), ERR_OK);
    assert_int_equal(device_key_generate(phone_call(p, "key.generate"), &p->keygen, &answer), ERR_OK);
    assert_int_equal(
        mpc_device_keep(&blob, &p->d1, &p->keygen, &answer, bytes_of_text(PHONE_PIN), MPC_ITERATIONS_MIN, &p->f->rng),
        ERR_OK);
    assert_int_equal(mpc_device_unmask(&p->d1, &blob, bytes_of_text(PHONE_PIN)), ERR_OK);
    assert_int_equal(mpc_device_unmask(&p->wrong_d1, &blob, bytes_of_text(PHONE_WRONG_PIN)), ERR_OK);
    memcpy(p->key_id, answer.key_id, 16);
    memcpy(p->P, answer.P, POINT_SIZE);
}

/* One signing session of the phone. */
enum { SIGNING_MAX = 8 };

typedef struct signing {
    sign_request request;
    mpc_sign_item items[SIGNING_MAX];
    uint8_t subjects[SIGNING_MAX][16];
    int64_t signing_times[SIGNING_MAX];
    mpc_device_session *session;
    mpc_sign_answer answers[SIGNING_MAX];
    sign_result results[SIGNING_MAX];
    sign_completion done;
} signing;

static inline void signing_begin(signing *s, const phone *p)
{
    memset(s, 0, sizeof *s);
    s->request.mpc.items = s->items;
    s->request.subjects = s->subjects;
    s->request.signing_times = s->signing_times;
    memcpy(s->request.mpc.key_id, p->key_id, 16);
    s->request.by_fingerprint = p->by_fingerprint;
    assert_int_equal(p->f->rng.fill(p->f->rng.ctx, s->request.mpc.sid, 16), ERR_OK);
}

static inline void signing_end(signing *s)
{
    mpc_device_session_destroy(s->session);
    s->session = NULL;
}

/* Adds an item with e over the message as the phone sees it. */
static inline void signing_add(signing *s, const phone *p, const uint8_t subject[16], bytes message)
{
    size_t i = s->request.mpc.m++;
    assert_true(i < SIGNING_MAX);
    memcpy(s->subjects[i], subject, 16);
    sm2_digest(s->items[i].e, p->P, message);
}

/* Adds an item of form cms with the attributes that the phone builds; *message (SIGNED_ATTRIBUTES_BUILT_MAX bytes) is M. */
static inline size_t signing_add_attributes(signing *s, const phone *p, const task *t, int64_t signing_time_ms,
                                            uint8_t *message)
{
    const store_value *row;
    uint8_t hash[32];
    assert_int_equal(store_query_one(p->f->store, p->f->arena, &row, ERR_OK,
                                     "SELECT certificate FROM certificate WHERE key_id = $1",
                                     (store_value[]){store_id(p->key_id)}, 1),
                     ERR_OK);
    sm3(hash, row->p, row->n);
    const signed_attributes_values values = {OID_GM_DATA, t->digest, signing_time_ms, hash, NULL};
    buffer b = buffer_over(message, SIGNED_ATTRIBUTES_BUILT_MAX);
    assert_int_equal(signed_attributes_build(&b, &values), ERR_OK);
    s->signing_times[s->request.mpc.m] = signing_time_ms;
    signing_add(s, p, t->id, bytes_of(b.p, b.n));
    return b.n;
}

/* S1 with this d1; a second call makes the request anew, under fresh nonces. */
static inline void signing_prove(signing *s, const phone *p, const scalar *d1)
{
    signing_end(s);
    assert_int_equal(mpc_device_sign(&s->session, &s->request.mpc, d1, p->P, &p->f->rng), ERR_OK);
}

/* S1 and S2. */
static inline err signing_open(signing *s, const phone *p)
{
    signing_prove(s, p, &p->d1);
    return sign_open(phone_call(p, "sign.request"), &s->request, s->answers);
}

static inline err signing_open_with_wrong_pin(signing *s, const phone *p)
{
    signing_prove(s, p, &p->wrong_d1);
    return sign_open(phone_call(p, "sign.request"), &s->request, s->answers);
}

/* S3 on the phone: the results are whole signatures, checked by the device half. */
static inline void signing_finish(signing *s)
{
    uint8_t rs[SIGNING_MAX][64];
    assert_int_equal(mpc_device_finish(s->session, rs, s->answers, s->request.mpc.m), ERR_OK);
    for (size_t i = 0; i < s->request.mpc.m; i++) {
        memcpy(s->results[i].subject, s->subjects[i], 16);
        memcpy(s->results[i].rs, rs[i], 64);
    }
}

static inline err signing_complete(signing *s, const phone *p)
{
    return sign_complete(phone_call(p, "sign.complete"), s->request.mpc.key_id, s->request.mpc.sid, s->results,
                         s->request.mpc.m, &s->done);
}

/* The certificate request, signed by both: the last step of an enrolment. */
static inline void signing_add_certificate_request(signing *s, const phone *p)
{
    uint8_t info[1024];
    buffer out = buffer_over(info, sizeof info);
    assert_int_equal(csr_info_build(&out, p->subject, p->P), ERR_OK);
    signing_add(s, p, p->enrolment_id, bytes_of(info, out.n));
}

static inline void phone_certify(phone *p)
{
    signing s;
    signing_begin(&s, p);
    signing_add_certificate_request(&s, p);
    assert_int_equal(signing_open(&s, p), ERR_OK);
    signing_finish(&s);
    assert_int_equal(signing_complete(&s, p), ERR_OK);
    signing_end(&s);
}

/* A phone that is ready to sign. */
static inline void phone_make(phone *p, fixture *f, const user *u)
{
    phone_buy(p, f);
    phone_enrol(p, u);
    phone_keygen(p);
    phone_certify(p);
}

/* A business system, and a raw task of its for this person. */
static inline business_system fixture_system(fixture *f, const char *name)
{
    business_system s;
    assert_int_equal(system_create(fixture_call(f, "system.create"), name, SCOPE_TASKS, false, &s), ERR_OK);
    return s;
}

static inline task_request fixture_task_request(const char *staff_no, const char *document)
{
    return (task_request){.signer = staff_no,
                          .form = "raw",
                          .document = document ? bytes_of_text(document) : (bytes){NULL, 0},
                          .title = "出院小结",
                          .description = "心内科 3 床",
                          .reference = "ZY20260301-007",
                          .media_type = "text/plain",
                          .expires_in = TASK_EXPIRES_DEFAULT,
                          .once.body = bytes_of_text("{}")};
}

static inline task fixture_task(fixture *f, const business_system *s, const char *staff_no, const char *document)
{
    task t;
    bool repeated;
    task_request request = fixture_task_request(staff_no, document);
    assert_int_equal(task_create(fixture_call_as_system(f, "task.create", s->id), &request, &t, &repeated), ERR_OK);
    assert_false(repeated);
    return t;
}

/* The state as the business system is told. */
static inline const char *fixture_task_state(fixture *f, const uint8_t id[16])
{
    task t;
    call *c = fixture_call(f, NULL);
    assert_int_equal(task_load(c, id, &t), ERR_OK);
    return task_state_at(&t, f->now_ms);
}

/* Housekeeping at the fixture's time. */
static inline void fixture_housekeeping(fixture *f)
{
    assert_int_equal(service_housekeeping(f->service, f->arena, f->now_ms), ERR_OK);
}

#endif
