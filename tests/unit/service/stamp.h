/* What tests of timestamps share: requests, and tokens taken apart. */
#ifndef YIQIAN_TESTS_SERVICE_STAMP_H
#define YIQIAN_TESTS_SERVICE_STAMP_H

#include "fixture.h"

#include "pki/signed.h"
#include "service/timestamp.h"
#include "tsa/response.h"

static const uint8_t stamp_imprint[64] = "an imprint of some document, which nobody but its owner has seen";

static inline tsa_request stamp_request(tsa_hash hash)
{
    return (tsa_request){.hash = hash, .imprint = bytes_of(stamp_imprint, tsa_hash_size(hash))};
}

static inline bytes stamp_query(arena *a, const tsa_request *request)
{
    buffer b = buffer_over(arena_alloc(a, TSA_REQUEST_MAX), TSA_REQUEST_MAX);
    assert_int_equal(tsa_request_write(&b, request), ERR_OK);
    return bytes_of(b.p, b.n);
}

/* A call by somebody who does not say who he is. */
static inline call *stamp_call(fixture *f)
{
    call *c = fixture_call(f, NULL);
    c->actor = ACTOR_NOBODY;
    c->actor_text = "nobody";
    c->origin = "192.0.2.7";
    return c;
}

/* TSTInfo, field by field; slices borrow from the token. */
typedef struct stamp_info {
    bytes policy, imprint, serial, time, nonce;
    oid hash;
    bool has_accuracy, ordering, bare_hash;
    signed_data data;
} stamp_info;

static inline void stamp_read(bytes token, stamp_info *out)
{
    der_reader r, info, imprint, algorithm;
    bytes accuracy, hash;
    uint64_t version;
    memset(out, 0, sizeof *out);
    assert_int_equal(signed_data_read(&out->data, token), ERR_OK);
    assert_true(bytes_equal(out->data.content_type, oid_octets(OID_TST_INFO)));
    r = der_reader_over(out->data.content);
    assert_int_equal(der_enter(&r, &info, DER_SEQUENCE), ERR_OK);
    assert_int_equal(der_uint64(&info, &version), ERR_OK);
    assert_int_equal(version, 1);
    assert_int_equal(der_oid(&info, &out->policy), ERR_OK);
    assert_int_equal(der_enter(&info, &imprint, DER_SEQUENCE), ERR_OK);
    assert_int_equal(der_enter(&imprint, &algorithm, DER_SEQUENCE), ERR_OK);
    assert_int_equal(der_oid(&algorithm, &hash), ERR_OK);
    out->hash = oid_from_octets(hash);
    out->bare_hash = der_at_end(&algorithm);
    assert_int_equal(der_value(&imprint, &out->imprint, DER_OCTET_STRING), ERR_OK);
    assert_int_equal(der_unsigned(&info, &out->serial), ERR_OK);
    assert_int_equal(der_value(&info, &out->time, DER_GENERALIZED_TIME), ERR_OK);
    out->has_accuracy = der_next_is(&info, DER_SEQUENCE);
    if (out->has_accuracy)
        assert_int_equal(der_value(&info, &accuracy, DER_SEQUENCE), ERR_OK);
    if (der_next_is(&info, DER_BOOLEAN))
        assert_int_equal(der_boolean(&info, &out->ordering), ERR_OK);
    if (der_next_is(&info, DER_INTEGER))
        assert_int_equal(der_integer(&info, &out->nonce), ERR_OK);
}

/* Signed by this SM2 unit. */
static inline void stamp_verify(arena *a, const stamp_info *info, bytes certificate)
{
    cert unit;
    bytes message;
    assert_int_equal(cert_parse(&unit, certificate), ERR_OK);
    assert_int_equal(signed_data_message(a, &info->data, info->data.content, &message), ERR_OK);
    assert_int_equal(signed_verify(message, info->data.rs, unit.public_key), ERR_OK);
}

static inline tsa_response stamp_answer(call *c, bytes query, const char *unit, cms_profile profile)
{
    bytes der;
    tsa_response answer;
    assert_int_equal(timestamp_answer(c, query, unit, profile, &der), ERR_OK);
    assert_int_equal(tsa_response_read(&answer, der), ERR_OK);
    return answer;
}

#define assert_refused(answer, why)                                                                                    \
    do {                                                                                                               \
        const tsa_response refused_ = (answer);                                                                        \
        assert_int_equal(refused_.status, TSA_REJECTION);                                                              \
        assert_true(refused_.has_failure);                                                                             \
        assert_int_equal(refused_.failure, why);                                                                       \
        assert_true(refused_.text.n > 0);                                                                              \
        assert_int_equal(refused_.token.n, 0);                                                                         \
    } while (0)

#endif
