/* An operator with an SM2 key of his own: makes the CSR for it, and signs messages. */
#ifndef YIQIAN_TESTS_SERVICE_KEY_HOLDER_H
#define YIQIAN_TESTS_SERVICE_KEY_HOLDER_H

#include "asn1/ecsig.h"
#include "fixture.h"
#include "pki/csr.h"
#include "service/console_challenge.h"
#include "service/operator_certificate.h"

typedef struct holder {
    console_operator o;
    sm2_private key;
    operator_certificate certificate;
} holder;

static inline console_operator holder_operator(fixture *f, const char *staff_no, const char *role_text)
{
    console_operator o;
    assert_int_equal(operator_create(fixture_call(f, "operator.create"), staff_no, "王建国", role_text, &o), ERR_OK);
    return o;
}

static inline bytes holder_csr(fixture *f, const sm2_private *key)
{
    uint8_t name[NAME_DER_MAX], info[1024], e[32], rs[64];
    const name_field fields[] = {{OID_COMMON_NAME, "whoever"}};
    buffer n = buffer_over(name, sizeof name), i = buffer_over(info, sizeof info);
    assert_int_equal(name_build(&n, fields, 1), ERR_OK);
    assert_int_equal(csr_info_build(&i, bytes_of(name, n.n), key->public_key), ERR_OK);
    sm2_digest(e, key->public_key, bytes_of(info, i.n));
    assert_int_equal(sm2_sign(rs, key, e, &f->rng), ERR_OK);
    buffer out = buffer_over(arena_alloc(f->arena, CSR_DER_MAX), CSR_DER_MAX);
    assert_int_equal(csr_assemble(&out, bytes_of(info, i.n), rs), ERR_OK);
    return bytes_of(out.p, out.n);
}

static inline void holder_make(holder *h, fixture *f, const char *staff_no, const char *role_text)
{
    h->o = holder_operator(f, staff_no, role_text);
    assert_int_equal(sm2_private_generate(&h->key, &f->rng), ERR_OK);
    assert_int_equal(operator_certificate_issue(fixture_call(f, "operator.certificate"), h->o.id,
                                                holder_csr(f, &h->key), &h->certificate),
                     ERR_OK);
}

static inline void holder_sign(fixture *f, const sm2_private *key, const char *message, uint8_t rs[64])
{
    uint8_t e[32];
    sm2_digest(e, key->public_key, bytes_of_text(message));
    assert_int_equal(sm2_sign(rs, key, e, &f->rng), ERR_OK);
}

/* A certificate of another CA for a key. */
static inline bytes holder_foreign(fixture *f, const sm2_private *key, int64_t days, cert_profile profile)
{
    sm2_private ca;
    const name_field issuer[] = {{OID_COMMON_NAME, "Other CA"}}, subject[] = {{OID_COMMON_NAME, "USB key"}};
    buffer i = buffer_over(arena_alloc(f->arena, NAME_DER_MAX), NAME_DER_MAX),
           n = buffer_over(arena_alloc(f->arena, NAME_DER_MAX), NAME_DER_MAX);
    assert_int_equal(sm2_private_generate(&ca, &f->rng), ERR_OK);
    assert_int_equal(name_build(&i, issuer, 1), ERR_OK);
    assert_int_equal(name_build(&n, subject, 1), ERR_OK);
    cert_template t = {.serial_n = CERT_SERIAL_SIZE,
                       .issuer = bytes_of(i.p, i.n),
                       .subject = bytes_of(n.p, n.n),
                       .public_key = key->public_key,
                       .not_before_ms = f->now_ms - 1000,
                       .not_after_ms = f->now_ms - 1000 + days * INT64_C(86400000),
                       .profile = profile};
    assert_int_equal(cert_serial_generate(t.serial, &f->rng), ERR_OK);
    signer *s = signer_in_memory(&ca, &f->rng);
    buffer out = buffer_over(arena_alloc(f->arena, 4096), 4096);
    assert_int_equal(cert_issue(&out, &t, s), ERR_OK);
    signer_destroy(s);
    return bytes_of(out.p, out.n);
}

#endif
