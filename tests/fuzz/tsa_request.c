/* Timestamp requests. The first byte says what the rest is. Even: a request as it comes. Odd: a row of choices that makes a request, and edits
 * of it. Whatever is read is written again to the same octets, OpenSSL reads the same out of it, and a token is made for it; whatever is refused
 * gets an answer that says why as RFC 3161 has it. */
#include <openssl/ts.h>

#include "tsa/response.h"
#include "tsa/token.h"
#include "unit/pki/authority.h"
#include "x509_peer.h"

static identity ca, unit;
static tsa_issuer *issuer;

static void tear_down(void)
{
    tsa_issuer_destroy(issuer);
    identity_drop(&ca);
    identity_drop(&unit);
}

static void set_up(void)
{
    static uint8_t room[AUTHORITY_ROOM];
    if (issuer)
        return;
    identity_make(&ca, 1, "签发中心");
    identity_make(&unit, 2, "时间戳服务器");
    cert_template t = authority_template(&ca, &unit, CERT_TIMESTAMP);
    const tsa_issuer_options options = {
        .signer = unit.sign, .certificate = authority_issue(room, &t, &ca), .time_digits = 6};
    CHECK(tsa_issuer_create(&issuer, &options) == ERR_OK && atexit(tear_down) == 0);
}

/* ---- OpenSSL ---- */

static void check_peer_number(const ASN1_INTEGER *number, bytes content)
{
    uint8_t room[TSA_NONCE_MAX + 8], *end = room;
    CHECK((number != NULL) == (content.n > 0));
    if (!number)
        return;
    CHECK(i2d_ASN1_INTEGER(number, NULL) <= (int)sizeof room);
    size_t n = (size_t)i2d_ASN1_INTEGER(number, &end);
    CHECK(n == 2 + content.n && bytes_equal(bytes_of(room + 2, content.n), content));
}

static void check_peer_imprint(TS_MSG_IMPRINT *imprint, const tsa_request *r)
{
    const ASN1_OBJECT *hash = TS_MSG_IMPRINT_get_algo(imprint)->algorithm;
    const ASN1_OCTET_STRING *octets = TS_MSG_IMPRINT_get_msg(imprint);
    CHECK(bytes_equal(bytes_of(OBJ_get0_data(hash), OBJ_length(hash)), oid_octets(tsa_hash_oid(r->hash))));
    CHECK(bytes_equal(bytes_of(ASN1_STRING_get0_data(octets), (size_t)ASN1_STRING_length(octets)), r->imprint));
}

static void check_peer_request(bytes der, const tsa_request *r)
{
    const uint8_t *at = der.p;
    TS_REQ *peer = d2i_TS_REQ(NULL, &at, (long)der.n);
    CHECK(peer && at == der.p + der.n && TS_REQ_get_version(peer) == 1 && TS_REQ_get_ext_count(peer) <= 0);
    check_peer_imprint(TS_REQ_get_msg_imprint(peer), r);
    check_peer_number(TS_REQ_get_nonce(peer), r->nonce);
    CHECK((TS_REQ_get_cert_req(peer) != 0) == r->certificates);
    ASN1_OBJECT *policy = TS_REQ_get_policy_id(peer);
    CHECK((policy != NULL) == (r->policy.n > 0));
    if (policy)
        CHECK(bytes_equal(bytes_of(OBJ_get0_data(policy), OBJ_length(policy)), r->policy));
    TS_REQ_free(peer);
}

static void check_peer_response(bytes der, const tsa_request *r)
{
    const uint8_t *at = der.p;
    TS_RESP *peer = d2i_TS_RESP(NULL, &at, (long)der.n);
    CHECK(peer && at == der.p + der.n && TS_RESP_get_tst_info(peer));
    check_peer_imprint(TS_TST_INFO_get_msg_imprint(TS_RESP_get_tst_info(peer)), r);
    check_peer_number(TS_TST_INFO_get_nonce(TS_RESP_get_tst_info(peer)), r->nonce);
    TS_RESP_free(peer);
}

/* ---- what is read ---- */

static void check_granted(const tsa_request *r)
{
    static uint8_t token_room[TSA_TOKEN_MAX], room[TSA_TOKEN_MAX + TSA_RESPONSE_OVERHEAD];
    uint8_t signature[TSA_SIGNATURE_MAX];
    size_t n;
    buffer token = buffer_over(token_room, sizeof token_room), out = buffer_over(room, sizeof room);
    const tsa_statement s = {.profile = CMS_RFC,
                             .policy = oid_octets(OID_POLICY_RFC),
                             .hash = r->hash,
                             .imprint = r->imprint,
                             .serial = {1},
                             .time_us = AUTHORITY_NOW * 1000 + 123456,
                             .accuracy_us = 1000,
                             .nonce = r->nonce};
    tsa_response read;
    CHECK(tsa_token_issue(&token, issuer, &s, r->certificates, signature, &n) == ERR_OK);
    CHECK(tsa_response_granted(&out, bytes_of(token.p, token.n)) == ERR_OK);
    CHECK(tsa_response_read(&read, bytes_of(out.p, out.n)) == ERR_OK);
    CHECK(read.status == TSA_GRANTED && bytes_equal(read.token, bytes_of(token.p, token.n)));
    check_peer_response(bytes_of(out.p, out.n), r);
}

static void check_refused(tsa_failure why)
{
    uint8_t room[TSA_RESPONSE_OVERHEAD];
    buffer out = buffer_over(room, sizeof room);
    tsa_response read;
    CHECK(tsa_failure_name(why));
    CHECK(tsa_response_refused(&out, why, "refused") == ERR_OK);
    CHECK(tsa_response_read(&read, bytes_of(out.p, out.n)) == ERR_OK);
    CHECK(read.status == TSA_REJECTION && read.has_failure && read.failure == why && read.token.n == 0);
}

/* True if it was read. */
static bool check(bytes der)
{
    static uint8_t room[TSA_REQUEST_MAX];
    buffer again = buffer_over(room, sizeof room);
    tsa_request r;
    tsa_failure why = (tsa_failure)-1;
    if (tsa_request_read(&r, der, &why) != ERR_OK) {
        check_refused(why);
        return false;
    }
    CHECK(r.imprint.n == tsa_hash_size(r.hash) && r.nonce.n <= TSA_NONCE_MAX);
    CHECK(tsa_request_write(&again, &r) == ERR_OK && bytes_equal(bytes_of(again.p, again.n), der));
    check_peer_request(der, &r);
    check_granted(&r);
    return true;
}

/* An INTEGER's content as it must be: without the octets that its sign repeats. */
static bytes minimal(bytes content)
{
    while (content.n > 1 &&
           ((content.p[0] == 0 && content.p[1] < 0x80) || (content.p[0] == 0xff && content.p[1] >= 0x80)))
        content = bytes_of(content.p + 1, content.n - 1);
    return content;
}

static void check_edited(choices *c)
{
    static uint8_t room[TSA_REQUEST_MAX];
    static const uint8_t imprint[TSA_IMPRINT_MAX] = {1, 2, 3};
    buffer b = buffer_over(room, sizeof room);
    tsa_request r = {.hash = (tsa_hash)choose_below(c, TSA_HASH_COUNT)};
    unsigned flags = choose(c);
    r.imprint = bytes_of(imprint, tsa_hash_size(r.hash));
    r.certificates = flags & 1;
    r.bare_hash = flags & 2;
    if (flags & 4)
        r.policy = oid_octets(OID_POLICY_GM);
    if (flags & 8)
        r.nonce = minimal(choose_bytes(c, choose_below(c, TSA_NONCE_MAX + 1)));
    CHECK(tsa_request_write(&b, &r) == ERR_OK);
    bool changed = choose_edits(c, room, b.n);
    CHECK(check(bytes_of(b.p, b.n)) || changed);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    set_up();
    if (n == 0)
        return 0;
    choices c = {bytes_of(p + 1, n - 1)};
    if (*p & 1)
        check_edited(&c);
    else
        (void)check(c.left);
    return 0;
}
