#include "tsa_tokens.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/ts.h>
#include <openssl/x509.h>

#include "asn1/signed_attributes.h"
#include "cms/signed_data.h"
#include "crypto/sm2.h"
#include "crypto/sm3.h"
#include "os/entropy.h"

enum { ARENA = 1 << 20 };

/* SplitMix64. */
static uint64_t next_random(tsa_tokens *t)
{
    uint64_t z = t->random += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

void tsa_tokens_request(tsa_tokens *t, bool certificates)
{
    uint8_t imprint[TSA_TOKENS_IMPRINT], nonce[TSA_TOKENS_NONCE], *out = t->request;
    memset(imprint, 0xa5, sizeof imprint);
    memset(nonce, 0x5a, sizeof nonce);
    TS_REQ *request = TS_REQ_new();
    TS_MSG_IMPRINT *m = TS_MSG_IMPRINT_new();
    X509_ALGOR *algorithm = X509_ALGOR_new();
    BIGNUM *number = BN_bin2bn(nonce, sizeof nonce, NULL);
    ASN1_INTEGER *integer = number ? BN_to_ASN1_INTEGER(number, NULL) : NULL;
    if (!request || !m || !algorithm || !integer ||
        X509_ALGOR_set0(algorithm, OBJ_nid2obj(t->sm2 ? NID_sm3 : NID_sha256), V_ASN1_NULL, NULL) != 1 ||
        TS_MSG_IMPRINT_set_algo(m, algorithm) != 1 || TS_MSG_IMPRINT_set_msg(m, imprint, sizeof imprint) != 1 ||
        TS_REQ_set_version(request, 1) != 1 || TS_REQ_set_msg_imprint(request, m) != 1 ||
        TS_REQ_set_nonce(request, integer) != 1 || TS_REQ_set_cert_req(request, certificates) != 1 ||
        i2d_TS_REQ(request, NULL) > (int)sizeof t->request)
        client_die("request", "OpenSSL");
    t->request_n = (size_t)i2d_TS_REQ(request, &out);
    const uint8_t *imprint_at = memmem(t->request, t->request_n, imprint, sizeof imprint);
    const uint8_t *nonce_at = memmem(t->request, t->request_n, nonce, sizeof nonce);
    if (!imprint_at || !nonce_at)
        client_die("request", "no imprint or nonce in it");
    t->imprint_at = (size_t)(imprint_at - t->request);
    t->nonce_at = (size_t)(nonce_at - t->request);
    TS_REQ_free(request);
    TS_MSG_IMPRINT_free(m);
    X509_ALGOR_free(algorithm);
    ASN1_INTEGER_free(integer);
    BN_free(number);
}

void tsa_tokens_fill(void *context, unsigned connection, uint8_t *body)
{
    tsa_tokens *t = context;
    uint8_t *asked = t->asked[connection];
    for (size_t i = 0; i < sizeof t->asked[connection]; i += 8)
        store_u64be(asked + i, next_random(t));
    /* Positive, and of its full length. */
    asked[TSA_TOKENS_IMPRINT] = (asked[TSA_TOKENS_IMPRINT] & 0x7f) | 0x40;
    memcpy(body + t->imprint_at, asked, TSA_TOKENS_IMPRINT);
    memcpy(body + t->nonce_at, asked + TSA_TOKENS_IMPRINT, TSA_TOKENS_NONCE);
}

/* ---- whole checks ---- */

static TS_RESP *read_response(bytes answer)
{
    const uint8_t *at = answer.p;
    TS_RESP *response = d2i_TS_RESP(NULL, &at, (long)answer.n);
    if (!response || at != answer.p + answer.n || !TS_RESP_get_tst_info(response))
        client_die("token", "OpenSSL cannot read it");
    return response;
}

static void check_info(TS_RESP *response, const uint8_t *asked)
{
    TS_TST_INFO *info = TS_RESP_get_tst_info(response);
    const ASN1_OCTET_STRING *imprint = TS_MSG_IMPRINT_get_msg(TS_TST_INFO_get_msg_imprint(info));
    const ASN1_INTEGER *nonce = TS_TST_INFO_get_nonce(info);
    if (ASN1_STRING_length(imprint) != TSA_TOKENS_IMPRINT ||
        memcmp(ASN1_STRING_get0_data(imprint), asked, TSA_TOKENS_IMPRINT) != 0 || !nonce ||
        ASN1_STRING_length(nonce) != TSA_TOKENS_NONCE ||
        memcmp(ASN1_STRING_get0_data(nonce), asked + TSA_TOKENS_IMPRINT, TSA_TOKENS_NONCE) != 0)
        client_die("token", "another imprint or nonce");
}

static bytes token_of(TS_RESP *response, uint8_t **der)
{
    int n = i2d_PKCS7(TS_RESP_get_token(response), der);
    if (n <= 0)
        client_die("token", "OpenSSL");
    return bytes_of(*der, (size_t)n);
}

static void check_sm2(const tsa_tokens *t, bytes token)
{
    uint8_t digest[SM3_SIZE], e[32];
    signed_data s;
    signed_attributes attributes;
    bytes message;
    arena *a = arena_create(ARENA);
    client_must(signed_data_read(&s, token), "token");
    client_must(signed_attributes_read(&attributes, s.attributes), "signed attributes");
    sm3(digest, s.content.p, s.content.n);
    if (!bytes_equal(attributes.message_digest, bytes_of(digest, sizeof digest)))
        client_die("token", "another message digest");
    client_must(signed_data_message(a, &s, s.content, &message), "signed attributes");
    sm2_digest(e, t->key, message);
    client_must(sm2_verify_bytes(t->key, e, s.rs), "signature");
    arena_destroy(a);
}

static void check_p256(const tsa_tokens *t, TS_RESP *response)
{
    X509_STORE *trusted = X509_STORE_new();
    STACK_OF(X509) *others = sk_X509_new_null();
    if (!trusted || !others || X509_STORE_add_cert(trusted, t->certificate) != 1 ||
        sk_X509_push(others, t->certificate) != 1 ||
        TS_RESP_verify_signature(TS_RESP_get_token(response), others, trusted, NULL) != 1)
        client_die("signature", "OpenSSL does not take it");
    X509_STORE_free(trusted);
    sk_X509_free(others);
}

static void check_whole(tsa_tokens *t, const uint8_t *asked, bytes answer)
{
    uint8_t *der = NULL;
    TS_RESP *response = read_response(answer);
    check_info(response, asked);
    bytes token = token_of(response, &der);
    t->token_n = token.n;
    if (t->sm2)
        check_sm2(t, token);
    else
        check_p256(t, response);
    t->verified++;
    OPENSSL_free(der);
    TS_RESP_free(response);
}

/* SEQUENCE, whatever its length's octets, and in it first PKIStatusInfo { granted }. */
static bool is_granted(bytes answer)
{
    static const uint8_t granted[] = {0x30, 0x03, 0x02, 0x01, 0x00};
    size_t head = answer.n > 2 && answer.p[1] & 0x80 ? 2 + (size_t)(answer.p[1] & 0x7f) : 2;
    return answer.n > head + sizeof granted && answer.p[0] == 0x30 &&
           memcmp(answer.p + head, granted, sizeof granted) == 0;
}

void tsa_tokens_take(void *context, unsigned connection, bytes answer)
{
    tsa_tokens *t = context;
    const uint8_t *asked = t->asked[connection];
    if (!is_granted(answer))
        client_die("token", "not granted");
    if (!memmem(answer.p, answer.n, asked, TSA_TOKENS_IMPRINT) ||
        !memmem(answer.p, answer.n, asked + TSA_TOKENS_IMPRINT, TSA_TOKENS_NONCE))
        client_die("token", "another imprint or nonce");
    if (t->taken++ % t->sample_each == 0)
        check_whole(t, asked, answer);
}

/* ---- the signer ---- */

static void take_signer_sm2(tsa_tokens *t, bytes token)
{
    signed_data s;
    cert c;
    client_must(signed_data_read(&s, token), "token");
    client_must(signed_data_signer(&s, &c), "the signer's certificate");
    if (!c.is_sm2)
        client_die("signer", "no SM2 key");
    memcpy(t->key, c.public_key, sizeof t->key);
}

static void take_signer_p256(tsa_tokens *t, TS_RESP *response)
{
    STACK_OF(X509) *signers = PKCS7_get0_signers(TS_RESP_get_token(response), NULL, 0);
    if (sk_X509_num(signers) != 1)
        client_die("signer", "no certificate in the token");
    t->certificate = sk_X509_value(signers, 0);
    X509_up_ref(t->certificate);
    sk_X509_free(signers);
}

static void take_signer(void *context, unsigned connection, bytes answer)
{
    tsa_tokens *t = context;
    uint8_t *der = NULL;
    TS_RESP *response = read_response(answer);
    bytes token = token_of(response, &der);
    if (t->sm2)
        take_signer_sm2(t, token);
    else
        take_signer_p256(t, response);
    OPENSSL_free(der);
    TS_RESP_free(response);
    check_whole(t, t->asked[connection], answer);
}

void tsa_tokens_open(tsa_tokens *t, bool sm2, unsigned port, const char *path, unsigned connections,
                     unsigned sample_each)
{
    *t = (tsa_tokens){.sm2 = sm2, .sample_each = sample_each, .asked = calloc(connections, sizeof *t->asked)};
    client_must(os_entropy_fill(NULL, (uint8_t *)&t->random, sizeof t->random), "random numbers");
    if (!t->asked)
        client_die("load", "out of memory");
    tsa_tokens_request(t, true);
    (void)http_load_run(&(http_load){.port = port,
                                     .connections = 1,
                                     .requests = 1,
                                     .path = path,
                                     .content_type = "application/timestamp-query",
                                     .body = bytes_of(t->request, t->request_n),
                                     .fill = tsa_tokens_fill,
                                     .take = take_signer,
                                     .context = t});
    tsa_tokens_request(t, false);
}

void tsa_tokens_close(tsa_tokens *t)
{
    X509_free(t->certificate);
    free(t->asked);
}
