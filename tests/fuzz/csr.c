/* Certification requests. The first byte says how the rest is meant: an even one a request as it comes, an odd one a
 * CertificationRequestInfo, which a key of this harness signs: so that what stands behind the signature's check is reached. */
#include "pki/csr.h"
#include "x509_peer.h"

static sm2_private *key(void)
{
    static const uint8_t d[32] = {0x39, 0x45, 0x20, 0x8f, [31] = 0x2b};
    static sm2_private made;
    if (made.public_key[0] == 0)
        CHECK(sm2_private_from_bytes(&made, d) == ERR_OK);
    return &made;
}

/* Not random, and need not be: the key is everybody's. */
static err fill(void *ctx, uint8_t *out, size_t n)
{
    (void)ctx;
    memset(out, 0x5a, n);
    return ERR_OK;
}

static void check_taken(bytes der, bytes subject)
{
    const uint8_t *at = der.p;
    X509_REQ *peer = d2i_X509_REQ(NULL, &at, (long)der.n);
    ERR_clear_error();
    if (!peer && !peer_takes_name(subject))
        return;
    CHECK(peer && at == der.p + der.n);
    peer_check_name(X509_REQ_get_subject_name(peer), subject);
    peer_check_name_text(subject);
    X509_REQ_free(peer);
}

static void check_signed(bytes info)
{
    static const entropy rng = {fill, NULL};
    static uint8_t room[CSR_DER_MAX];
    uint8_t e[32], rs[64], public_key[POINT_SIZE], inner[POINT_SIZE];
    bytes subject, named;
    buffer b = buffer_over(room, sizeof room);
    sm2_digest(e, key()->public_key, info);
    CHECK(sm2_sign(rs, key(), e, &rng) == ERR_OK);
    if (csr_assemble(&b, info, rs) != ERR_OK)
        return;
    err taken = csr_verify(bytes_of(b.p, b.n), &subject, public_key);
    bool read = csr_info_read(info, &named, inner) == ERR_OK;
    bool ours = read && memcmp(inner, key()->public_key, POINT_SIZE) == 0;
    CHECK((taken == ERR_OK) == ours);
    if (taken == ERR_OK)
        check_taken(bytes_of(b.p, b.n), subject);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    uint8_t public_key[POINT_SIZE];
    bytes subject;
    if (n == 0)
        return 0;
    bytes in = bytes_of(p + 1, n - 1);
    if (*p & 1)
        check_signed(in);
    else if (csr_verify(in, &subject, public_key) == ERR_OK)
        check_taken(in, subject);
    return 0;
}
