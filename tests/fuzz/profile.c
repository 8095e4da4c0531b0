/* Definitions of certificate profiles: what is read can be applied or is refused with its field; what is applied is strict DER that a certificate is made
 * of, and reads the same out of it. */
#include "asn1/der_text.h"
#include "crypto/sm2.h"
#include "fuzz.h"
#include "pki/extension_text.h"
#include "pki/profile.h"

static err no_randomness(void *ctx, uint8_t *out, size_t n)
{
    (void)ctx;
    memset(out, 0x5a, n);
    return ERR_OK;
}

static void check_issue(arena *a, const profile_definition *p, const profile_applied *applied)
{
    static const entropy rng = {no_randomness, NULL};
    sm2_private key;
    CHECK(sm2_private_generate(&key, &rng) == ERR_OK);
    signer *ca = signer_in_memory(&key, &rng);
    CHECK(ca);
    cert_template t = {.serial = {1},
                       .serial_n = 1,
                       .issuer = applied->subject,
                       .subject = applied->subject,
                       .public_key = key.public_key,
                       .not_after_ms = 1000,
                       .profile = CERT_PERSON,
                       .usage = &p->usage,
                       .extensions = applied->extensions,
                       .extensions_n = applied->extensions_n};
    size_t cap = cert_size_max(&t);
    buffer b = buffer_over(arena_alloc(a, cap), cap);
    cert x;
    CHECK(b.p && cert_issue_tbs(&b, &t, ca) == ERR_OK);
    CHECK(cert_parse_tbs(&x, bytes_of(b.p, b.n)) == ERR_OK);
    CHECK(x.key_usage == p->usage.key_usage && bytes_equal(x.subject, applied->subject));
    for (size_t i = 0; i < applied->extensions_n; i++) {
        extension found;
        CHECK(cert_find_extension(&x, applied->extensions[i].type, &found) == ERR_OK);
        CHECK(found.critical == applied->extensions[i].critical &&
              bytes_equal(found.value, applied->extensions[i].value));
    }
    signer_destroy(ca);
}

static void check_apply(arena *a, const profile_definition *p, bool sample)
{
    static const profile_attribute attributes[] = {
        {"a", "110101199001011234"}, {"b", "true"}, {"c", "00ff"}, {"d", "医师"}};
    profile_person who = {.name = "王建国",
                          .staff_no = "D1001",
                          .department = "心内科",
                          .organisation = "示例医院",
                          .sample = sample,
                          .attributes = attributes,
                          .attributes_n = sizeof attributes / sizeof *attributes};
    profile_applied applied;
    fault f;
    fault_clear(&f);
    err e = profile_apply(a, p, &who, &applied, &f);
    CHECK(e == ERR_OK || (e == ERR_PROFILE && *f.field && *f.detail));
    if (e != ERR_OK)
        return;
    for (size_t i = 0; i < applied.extensions_n; i++) {
        char room[16 * PROFILE_VALUE_MAX];
        buffer text = buffer_over(room, sizeof room);
        CHECK(der_check(applied.extensions[i].value) == ERR_OK);
        CHECK(extension_text(&text, &applied.extensions[i]) == ERR_OK);
    }
    check_issue(a, p, &applied);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    arena *a = arena_create(4 << 20);
    profile_definition d;
    fault f;
    CHECK(a);
    fault_clear(&f);
    err e = profile_read(a, bytes_of(p, n), &d, &f);
    CHECK(e == ERR_OK || e == ERR_JSON || e == ERR_UTF8 || *f.field || e == ERR_LENGTH);
    if (e == ERR_OK) {
        CHECK((d.usage.key_usage & (CERT_KEY_CERT_SIGN | CERT_CRL_SIGN)) == 0);
        check_apply(a, &d, false);
        check_apply(a, &d, true);
    }
    /* The other reader of whatever comes: of an extension's value. */
    char room[4096];
    buffer text = buffer_over(room, sizeof room);
    e = der_text(&text, bytes_of(p, n));
    CHECK(e == ERR_OK || e == ERR_DER || e == ERR_LENGTH);
    arena_destroy(a);
    return 0;
}
