#include "cms/signed_data.h"

#include <stdlib.h>

#include "asn1/ecsig.h"
#include "unit/pki/authority.h"

/* 2.16.840.1.101.3.4.2.1, SHA-256: an algorithm that is not ours */
#define SHA256 OCTETS("\x30\x0b\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01")

static identity ca, person, stranger;
static uint8_t ca_room[AUTHORITY_ROOM], person_room[AUTHORITY_ROOM];
static cert leaf;
static bytes issuing;
static arena *memory;
static const bytes document = {(const uint8_t *)"discharge summary", 17};

static int group_setup(void **state)
{
    (void)state;
    memory = arena_create(1 << 20);
    assert_non_null(memory);
    identity_make(&ca, 1, "CA");
    identity_make(&person, 2, "person");
    identity_make(&stranger, 3, "stranger");
    cert_template t = authority_template(&ca, &ca, CERT_ROOT);
    issuing = authority_issue(ca_room, &t, &ca);
    t = authority_template(&ca, &person, CERT_PERSON);
    leaf = authority_parse(authority_issue(person_room, &t, &ca));
    return 0;
}

static int group_teardown(void **state)
{
    (void)state;
    identity_drop(&ca);
    identity_drop(&person);
    identity_drop(&stranger);
    arena_destroy(memory);
    return 0;
}

static int setup(void **state)
{
    (void)state;
    arena_reset(memory);
    return 0;
}

static buffer room(size_t n)
{
    buffer b = buffer_over(arena_alloc(memory, n), n);
    assert_non_null(b.p);
    return b;
}

static bytes attributes_of(cms_profile profile)
{
    uint8_t digest[SM3_SIZE], hash[SM3_SIZE];
    sm3(digest, document.p, document.n);
    sm3(hash, leaf.der.p, leaf.der.n);
    const signed_attributes_values values = {profile == CMS_GM ? OID_GM_DATA : OID_CMS_DATA, digest, AUTHORITY_NOW,
                                             hash, NULL};
    buffer b = room(SIGNED_ATTRIBUTES_BUILT_MAX);
    assert_int_equal(signed_attributes_build(&b, &values), ERR_OK);
    return bytes_of(b.p, b.n);
}

/* timestamp empty: none */
static bytes make_stamped(cms_profile profile, bool attached, bool with_attributes, bytes timestamp)
{
    uint8_t e[32], rs[64];
    signed_data_parts parts = {
        .profile = profile, .rs = rs, .signer = &leaf, .others = &issuing, .others_n = 1, .timestamp = timestamp};
    if (with_attributes)
        parts.attributes = attributes_of(profile);
    if (attached)
        parts.content = document;
    sm2_digest(e, person.key.public_key, with_attributes ? parts.attributes : document);
    assert_int_equal(sm2_sign(rs, &person.key, e, authority_entropy()), ERR_OK);
    buffer b = room(signed_data_size_max(&parts));
    assert_int_equal(signed_data_write(&b, &parts), ERR_OK);
    return bytes_of(b.p, b.n);
}

static bytes make(cms_profile profile, bool attached, bool with_attributes)
{
    return make_stamped(profile, attached, with_attributes, bytes_of(NULL, 0));
}

static err signature(const signed_data *s, bytes content)
{
    uint8_t e[32];
    bytes message;
    assert_int_equal(signed_data_message(memory, s, content, &message), ERR_OK);
    sm2_digest(e, person.key.public_key, message);
    return sm2_verify_bytes(person.key.public_key, e, s->rs);
}

static void check_read(bytes der, cms_profile profile, bool attached, bool with_attributes)
{
    signed_data s;
    cert found;
    signed_attributes a;
    bytes type = oid_octets(profile == CMS_GM ? OID_GM_DATA : OID_CMS_DATA);
    assert_int_equal(signed_data_read(&s, der), ERR_OK);
    assert_int_equal(s.profile, profile);
    assert_true(bytes_equal(s.content_type, type));
    assert_int_equal(s.attached, attached);
    if (attached)
        assert_true(bytes_equal(s.content, document));
    assert_int_equal(s.certificates_n, 2);
    assert_true(bytes_equal(s.serial, leaf.serial));
    assert_int_equal(signed_data_signer(&s, &found), ERR_OK);
    assert_true(bytes_equal(found.der, leaf.der));
    assert_int_equal(signature(&s, document), ERR_OK);
    assert_int_equal(s.attributes.p != NULL, with_attributes);
    if (with_attributes) {
        assert_int_equal(signed_attributes_read(&a, s.attributes), ERR_OK);
        assert_true(bytes_equal(a.content_type, type));
        assert_int_equal(a.signing_time_ms, AUTHORITY_NOW);
    } else {
        assert_int_equal(signature(&s, bytes_of(document.p, document.n - 1)), ERR_SIGNATURE);
    }
}

#define EACH_VARIANT(profile, attached, with_attributes)                                                               \
    for (cms_profile profile = CMS_GM; profile <= CMS_RFC; profile++)                                                  \
        for (int attached = 0; attached <= 1; attached++)                                                              \
            for (int with_attributes = 0; with_attributes <= 1; with_attributes++)

static void test_what_was_written_is_read(void **state)
{
    (void)state;
    EACH_VARIANT(profile, attached, with_attributes)
    check_read(make(profile, attached, with_attributes), profile, attached, with_attributes);
}

static void test_each_profile_has_its_own_identifiers(void **state)
{
    (void)state;
    bytes gm = make(CMS_GM, false, false), rfc = make(CMS_RFC, false, false);
    assert_memory_equal(gm.p + 4, "\x06\x0a\x2a\x81\x1c\xcf\x55\x06\x01\x04\x02\x02", 12);
    assert_memory_equal(rfc.p + 4, "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02", 11);
}

static void test_what_cannot_be_written(void **state)
{
    (void)state;
    uint8_t rs[64];
    bytes others[SIGNED_DATA_CERTIFICATES];
    memset(rs, 1, sizeof rs);
    for (size_t i = 0; i < COUNT(others); i++)
        others[i] = issuing;
    signed_data_parts parts = {.rs = rs, .signer = &leaf, .others = others, .others_n = COUNT(others)};
    size_t n = signed_data_size_max(&parts);
    buffer b = room(n);
    assert_int_equal(signed_data_write(&b, &parts), ERR_LIMIT);
    parts.others_n = 1;
    parts.attributes = OCTETS("\x30\x00");
    assert_int_equal(signed_data_write(&b, &parts), ERR_DER);
    parts.attributes = bytes_of(NULL, 0);
    parts.timestamp = OCTETS("\x31\x00");
    b.n = 0;
    assert_int_equal(signed_data_write(&b, &parts), ERR_DER);
    parts.timestamp = OCTETS("\x30\x01\x00\x00");
    b.n = 0;
    assert_int_equal(signed_data_write(&b, &parts), ERR_DER);
    parts.timestamp = OCTETS("\x30\x02\x05\x00");
    memset(rs, 0, 32);
    b.n = 0;
    assert_int_equal(signed_data_write(&b, &parts), ERR_SCALAR);
    rs[0] = 1;
    b.n = 0;
    assert_int_equal(signed_data_write(&b, &parts), ERR_OK);
    for (size_t cap = 0, whole = b.n; cap < whole; cap++) {
        buffer small = buffer_over(b.p, cap);
        assert_int_equal(signed_data_write(&small, &parts), ERR_LENGTH);
    }
}

/* In memory of exactly that size, so that a sanitizer sees what is read beyond. */
static err read_exactly(bytes der)
{
    signed_data s;
    uint8_t *copy = malloc(der.n + !der.n);
    assert_non_null(copy);
    if (der.n > 0)
        memcpy(copy, der.p, der.n);
    err e = signed_data_read(&s, bytes_of(copy, der.n));
    free(copy);
    return e;
}

static void test_cut_off_anywhere(void **state)
{
    (void)state;
    EACH_VARIANT(profile, attached, with_attributes)
    {
        bytes der = make(profile, attached, with_attributes);
        for (size_t n = 0; n < der.n; n++)
            assert_int_equal(read_exactly(bytes_of(der.p, n)), ERR_DER);
    }
}

/* ---- each value of the structure in turn, written otherwise ---- */

typedef enum change { LONG_LENGTH, INDEFINITE, VALUE_MORE, CHANGES } change;

typedef struct rewriting {
    change change;
    size_t at, seen; /* the value that is changed, counted in the order of their beginnings */
    bool done;
} rewriting;

static void put_head(buffer *b, uint8_t tag, size_t n, bool longer)
{
    buffer_put_u8(b, tag);
    size_t octets = n < 0x80 ? 0 : n < 0x100 ? 1 : 2;
    octets += longer;
    if (octets == 0) {
        buffer_put_u8(b, (uint8_t)n);
        return;
    }
    buffer_put_u8(b, (uint8_t)(0x80 | octets));
    while (octets-- > 0)
        buffer_put_u8(b, octets < sizeof n ? (uint8_t)(n >> 8 * octets) : 0);
}

/* Certificates and attributes are for other readers: only their own heads are rewritten. */
static bool is_opaque(uint8_t tag, bytes whole)
{
    return bytes_equal(whole, leaf.der) || bytes_equal(whole, issuing) ||
           (tag == DER_CONTEXT_CONSTRUCTED(0) && whole.n < SIGNED_ATTRIBUTES_BUILT_MAX && whole.n > 150);
}

static void rewrite(buffer *b, bytes values, rewriting *w)
{
    der_reader r = der_reader_over(values);
    while (!der_at_end(&r)) {
        uint8_t tag;
        bytes content, whole;
        assert_int_equal(der_any(&r, &tag, &content, &whole), ERR_OK);
        bool opaque = is_opaque(tag, whole), constructed = tag & 0x20;
        bool here = w->seen++ == w->at;
        buffer inner = room(values.n + 16);
        if (constructed && !opaque)
            rewrite(&inner, content, w);
        else
            buffer_put(&inner, content.p, content.n);
        bool indefinite = here && w->change == INDEFINITE && constructed;
        bool more = here && w->change == VALUE_MORE && constructed && !opaque;
        if (more)
            der_put_boolean(&inner, true);
        w->done |= indefinite || more || (here && w->change == LONG_LENGTH);
        if (indefinite) {
            buffer_put_u8(b, tag);
            buffer_put_u8(b, 0x80);
        } else {
            put_head(b, tag, inner.n, here && w->change == LONG_LENGTH);
        }
        buffer_put(b, inner.p, inner.n);
        if (indefinite)
            buffer_put(b, "\0", 2);
    }
}

/* BER's freedoms, and values that do not belong there, in each place where they could be. */
static void test_what_is_not_der(void **state)
{
    (void)state;
    bytes kept = make(CMS_GM, true, true);
    uint8_t copy[4096];
    assert_true(kept.n <= sizeof copy);
    memcpy(copy, kept.p, kept.n);
    size_t changed[CHANGES] = {0};
    for (change what = 0; what < CHANGES; what++) {
        for (size_t at = 0;; at++) {
            arena_reset(memory);
            rewriting w = {what, at, 0, false};
            buffer b = room(kept.n + 32);
            rewrite(&b, bytes_of(copy, kept.n), &w);
            assert_false(b.overflow);
            if (at >= w.seen) {
                assert_int_equal(b.n, kept.n);
                assert_memory_equal(b.p, copy, b.n);
                break;
            }
            if (!w.done)
                continue;
            changed[what]++;
            err e = read_exactly(bytes_of(b.p, b.n));
            assert_true(e == ERR_DER || (what == VALUE_MORE && e == ERR_UNSUPPORTED));
        }
    }
    assert_true(changed[LONG_LENGTH] > 30);
    assert_true(changed[INDEFINITE] > 10);
    assert_true(changed[VALUE_MORE] > 10);
}

static void test_octets_behind_it(void **state)
{
    (void)state;
    bytes der = make(CMS_RFC, true, true);
    buffer b = room(der.n + 1);
    buffer_put(&b, der.p, der.n);
    buffer_put_u8(&b, 0);
    assert_int_equal(read_exactly(bytes_of(b.p, b.n)), ERR_DER);
}

/* ---- taken apart and put together with one part exchanged ---- */

typedef struct values {
    bytes v[16];
    size_t n;
} values;

static values split(bytes whole)
{
    values out = {0};
    bytes content;
    der_reader outer = der_reader_over(whole);
    assert_int_equal(der_any(&outer, NULL, &content, NULL), ERR_OK);
    for (der_reader r = der_reader_over(content); !der_at_end(&r); out.n++)
        assert_int_equal(der_any(&r, NULL, NULL, &out.v[out.n]), ERR_OK);
    return out;
}

static bytes join(uint8_t tag, const values *of)
{
    size_t n = 16;
    for (size_t i = 0; i < of->n; i++)
        n += of->v[i].n;
    buffer b = room(n);
    size_t opened = der_open(&b, tag);
    for (size_t i = 0; i < of->n; i++)
        buffer_put(&b, of->v[i].p, of->v[i].n);
    der_close(&b, opened);
    assert_false(b.overflow);
    return bytes_of(b.p, b.n);
}

enum { VERSION, DIGESTS, CONTENT, CERTIFICATES, SIGNERS };                                      /* of SignedData */
enum { INFO_VERSION, INFO_NAME, INFO_DIGEST, INFO_ATTRIBUTES, INFO_ALGORITHM, INFO_SIGNATURE }; /* of SignerInfo */

static values signed_data_values(bytes der)
{
    values of = split(split(split(der).v[1]).v[0]);
    assert_int_equal(of.n, 5);
    return of;
}

static bytes content_info(const values *data)
{
    values explicitly = {{join(DER_SEQUENCE, data)}, 1};
    buffer type = room(16);
    oid_put(&type, OID_GM_SIGNED_DATA);
    values info = {{bytes_of(type.p, type.n), join(DER_CONTEXT_CONSTRUCTED(0), &explicitly)}, 2};
    return join(DER_SEQUENCE, &info);
}

static err with(size_t field, bytes value)
{
    values data = signed_data_values(make(CMS_GM, false, true));
    data.v[field] = value;
    return read_exactly(content_info(&data));
}

static values signer_values(void)
{
    values info = split(split(signed_data_values(make(CMS_GM, false, true)).v[SIGNERS]).v[0]);
    assert_int_equal(info.n, 6);
    return info;
}

static err with_in_signer(size_t field, bytes value)
{
    values info = signer_values();
    info.v[field] = value;
    values infos = {{join(DER_SEQUENCE, &info)}, 1};
    return with(SIGNERS, join(DER_SET, &infos));
}

static void test_exactly_one_signer(void **state)
{
    (void)state;
    bytes signers = signed_data_values(make(CMS_GM, false, true)).v[SIGNERS];
    values two = {{split(signers).v[0], split(signers).v[0]}, 2}, none = {.n = 0};
    assert_int_equal(with(SIGNERS, signers), ERR_OK);
    assert_int_equal(with(SIGNERS, join(DER_SET, &two)), ERR_UNSUPPORTED);
    assert_int_equal(with(SIGNERS, join(DER_SET, &none)), ERR_UNSUPPORTED);
}

static void test_versions(void **state)
{
    (void)state;
    for (uint8_t version = 0; version < 8; version++) {
        bytes value = bytes_of((uint8_t[]){0x02, 0x01, version}, 3);
        assert_int_equal(with(VERSION, value), version >= 1 && version <= 5 ? ERR_OK : ERR_UNSUPPORTED);
        assert_int_equal(with_in_signer(INFO_VERSION, value), version == 1 ? ERR_OK : ERR_UNSUPPORTED);
    }
}

static void test_other_algorithms(void **state)
{
    (void)state;
    buffer sign = room(32);
    size_t opened = der_open(&sign, DER_SEQUENCE);
    oid_put(&sign, OID_SM2_SIGN);
    der_put_null(&sign);
    der_close(&sign, opened);
    uint8_t kept[32];
    memcpy(kept, sign.p, sign.n);
    assert_int_equal(with_in_signer(INFO_ALGORITHM, bytes_of(kept, sign.n)), ERR_OK);
    assert_int_equal(with_in_signer(INFO_ALGORITHM, SHA256), ERR_UNSUPPORTED);
    assert_int_equal(with_in_signer(INFO_DIGEST, SHA256), ERR_UNSUPPORTED);
    values digests = {{SHA256}, 1};
    assert_int_equal(with(DIGESTS, join(DER_SET, &digests)), ERR_OK); /* what counts is the signer's */
}

static void test_a_signer_by_key_identifier(void **state)
{
    (void)state;
    assert_int_equal(with_in_signer(INFO_NAME, OCTETS("\x80\x04\x01\x02\x03\x04")), ERR_UNSUPPORTED);
}

static void test_signatures_that_are_none(void **state)
{
    (void)state;
    uint8_t raw[66] = {0x04, 0x40, 1};
    assert_int_equal(with_in_signer(INFO_SIGNATURE, bytes_of(raw, sizeof raw)), ERR_DER);
    assert_int_equal(with_in_signer(INFO_SIGNATURE, OCTETS("\x04\x00")), ERR_DER);
    assert_int_equal(with_in_signer(INFO_SIGNATURE, OCTETS("\x03\x01\x00")), ERR_DER);
}

static void test_certificates_that_come_along(void **state)
{
    (void)state;
    values many = {.n = SIGNED_DATA_CERTIFICATES};
    for (size_t i = 0; i <= SIGNED_DATA_CERTIFICATES; i++)
        many.v[i] = issuing;
    assert_int_equal(with(CERTIFICATES, join(DER_CONTEXT_CONSTRUCTED(0), &many)), ERR_OK);
    many.n++;
    assert_int_equal(with(CERTIFICATES, join(DER_CONTEXT_CONSTRUCTED(0), &many)), ERR_LIMIT);
    values attribute = {{OCTETS("\xa1\x02\x30\x00")}, 1};
    assert_int_equal(with(CERTIFICATES, join(DER_CONTEXT_CONSTRUCTED(0), &attribute)), ERR_UNSUPPORTED);
}

static void test_the_signers_certificate_is_found_by_issuer_and_serial(void **state)
{
    (void)state;
    signed_data s;
    cert found;
    bytes der = make(CMS_GM, false, true);
    assert_int_equal(signed_data_read(&s, der), ERR_OK);
    s.serial = OCTETS("\x4d\x01\x77");
    assert_int_equal(signed_data_signer(&s, &found), ERR_NOT_FOUND);
    assert_int_equal(signed_data_read(&s, der), ERR_OK);
    s.issuer = stranger.name;
    assert_int_equal(signed_data_signer(&s, &found), ERR_NOT_FOUND);
    assert_int_equal(signed_data_read(&s, der), ERR_OK);
    for (size_t i = 0; i < s.certificates_n; i++)
        s.certificates[i] = OCTETS("\x30\x00");
    assert_int_equal(signed_data_signer(&s, &found), ERR_DER);
}

static void test_another_content_type_than_signed_data(void **state)
{
    (void)state;
    values info = split(make(CMS_GM, false, true));
    info.v[0] = OCTETS("\x06\x0a\x2a\x81\x1c\xcf\x55\x06\x01\x04\x02\x03"); /* enveloped */
    assert_int_equal(read_exactly(join(DER_SEQUENCE, &info)), ERR_UNSUPPORTED);
}

/* Lists and unsigned attributes may come along; they are passed over, not believed. */
static void test_what_is_passed_over(void **state)
{
    (void)state;
    bytes tagged = OCTETS("\xa1\x04\x30\x02\x05\x00");
    values data = signed_data_values(make(CMS_GM, false, true)), info = signer_values();
    info.v[info.n++] = tagged;
    values infos = {{join(DER_SEQUENCE, &info)}, 1};
    data.v[SIGNERS + 1] = join(DER_SET, &infos);
    data.v[SIGNERS] = tagged;
    data.n++;
    assert_int_equal(read_exactly(content_info(&data)), ERR_OK);
}

/* What stands for a token: only that it is one value is looked at here. */
static void test_a_timestamp_is_an_unsigned_attribute(void **state)
{
    (void)state;
    bytes token = OCTETS("\x30\x04\x0c\x02hi"), found;
    signed_data s;
    EACH_VARIANT(profile, attached, with_attributes)
    {
        bytes der = make_stamped(profile, attached, with_attributes, token);
        check_read(der, profile, attached, with_attributes);
        assert_int_equal(signed_data_read(&s, der), ERR_OK);
        assert_int_equal(signed_data_timestamp(&s, &found), ERR_OK);
        assert_true(bytes_equal(found, token));
        uint8_t signature_der[ECSIG_DER_MAX];
        size_t n;
        assert_int_equal(ecsig_to_der(signature_der, &n, s.rs), ERR_OK);
        assert_true(bytes_equal(s.signature, bytes_of(signature_der, n)));
        for (size_t i = 0; i < der.n; i++)
            assert_int_equal(read_exactly(bytes_of(der.p, i)), ERR_DER);
        assert_int_equal(signed_data_read(&s, make(profile, attached, with_attributes)), ERR_OK);
        assert_int_equal(signed_data_timestamp(&s, &found), ERR_NOT_FOUND);
    }
}

/* As others write it: further attributes before it; and what only looks like one. */
static void test_timestamps_of_others(void **state)
{
    (void)state;
#define TOKEN_TYPE "\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x02\x0e"
#define OTHER "\x30\x07\x06\x03\x55\x04\x03\x31\x00"
    const struct {
        const char *what;
        bytes attributes;
        err e;
    } rows[] = {
        {"alone", OCTETS("\x30\x11" TOKEN_TYPE "\x31\x02\x30\x00"), ERR_OK},
        {"behind another", OCTETS(OTHER "\x30\x11" TOKEN_TYPE "\x31\x02\x30\x00"), ERR_OK},
        {"with a second value", OCTETS("\x30\x13" TOKEN_TYPE "\x31\x04\x30\x00\x30\x00"), ERR_OK},
        {"another only", OCTETS(OTHER), ERR_NOT_FOUND},
        {"no value", OCTETS("\x30\x0f" TOKEN_TYPE "\x31\x00"), ERR_DER},
        {"no values", OCTETS("\x30\x0d" TOKEN_TYPE), ERR_DER},
        {"no SET", OCTETS("\x30\x11" TOKEN_TYPE "\x30\x02\x30\x00"), ERR_DER},
        {"no SEQUENCE", OCTETS("\x30\x11" TOKEN_TYPE "\x31\x02\x05\x00"), ERR_DER},
        {"no attribute", OCTETS("\x05\x00"), ERR_DER},
        {"cut off", OCTETS("\x30\x11" TOKEN_TYPE "\x31\x02\x30"), ERR_DER},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        signed_data s = {.unsigned_attributes = rows[i].attributes};
        bytes found;
        err e = signed_data_timestamp(&s, &found);
        if (e != rows[i].e)
            fail_msg("%s: %s", rows[i].what, err_code(e));
        if (e == ERR_OK)
            assert_true(bytes_equal(found, OCTETS("\x30\x00")));
    }
}

static void test_no_memory_for_the_message(void **state)
{
    (void)state;
    signed_data s;
    bytes message;
    arena *small = arena_create(16);
    assert_non_null(small);
    assert_int_equal(signed_data_read(&s, make(CMS_GM, false, true)), ERR_OK);
    assert_int_equal(signed_data_message(small, &s, document, &message), ERR_MEMORY);
    arena_destroy(small);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_what_was_written_is_read, setup),
        cmocka_unit_test_setup(test_each_profile_has_its_own_identifiers, setup),
        cmocka_unit_test_setup(test_what_cannot_be_written, setup),
        cmocka_unit_test_setup(test_cut_off_anywhere, setup),
        cmocka_unit_test_setup(test_what_is_not_der, setup),
        cmocka_unit_test_setup(test_octets_behind_it, setup),
        cmocka_unit_test_setup(test_exactly_one_signer, setup),
        cmocka_unit_test_setup(test_versions, setup),
        cmocka_unit_test_setup(test_other_algorithms, setup),
        cmocka_unit_test_setup(test_a_signer_by_key_identifier, setup),
        cmocka_unit_test_setup(test_signatures_that_are_none, setup),
        cmocka_unit_test_setup(test_certificates_that_come_along, setup),
        cmocka_unit_test_setup(test_the_signers_certificate_is_found_by_issuer_and_serial, setup),
        cmocka_unit_test_setup(test_another_content_type_than_signed_data, setup),
        cmocka_unit_test_setup(test_what_is_passed_over, setup),
        cmocka_unit_test_setup(test_a_timestamp_is_an_unsigned_attribute, setup),
        cmocka_unit_test_setup(test_timestamps_of_others, setup),
        cmocka_unit_test_setup(test_no_memory_for_the_message, setup),
    };
    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
