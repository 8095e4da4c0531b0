/* Timestamp tokens. The first byte says what the rest is. Even: one as it comes; OpenSSL reads the same out of its TSTInfo, and nothing verifies:
 * nobody is trusted. Odd: edits of one that the authority here made; whatever they do, nothing verifies that says anything else. */
#include "unit/tsa/foreign.h"

#include <openssl/ts.h>

#include "tsa/token_verify.h"
#include "x509_peer.h"

static foreign authority;
static arena *memory;
static uint8_t rooms[2][FOREIGN_ROOM];
static bytes honest[2];
static tsa_token whole[2];

static void tear_down(void)
{
    foreign_drop(&authority);
    arena_destroy(memory);
}

static void set_up(void)
{
    const char *where;
    if (memory)
        return;
    foreign_make(&authority, FOREIGN_SM2);
    memory = arena_create(8 << 20);
    CHECK(memory && atexit(tear_down) == 0);
    for (int i = 0; i < 2; i++) {
        foreign_words w = {.profile = i ? CMS_RFC : CMS_GM,
                           .nonce = OCTETS("\x01\x02"),
                           .accuracy = OCTETS("\x30\x03\x02\x01\x01"),
                           .ordering = true};
        honest[i] = foreign_token(rooms[i], &authority, &w);
        CHECK(tsa_token_read(&whole[i], honest[i], &where) == ERR_OK);
    }
}

/* ---- OpenSSL ---- */

/* It does not look at what is critical, at numbers' ranges nor at names. */
static void check_peer(const tsa_token *t)
{
    const uint8_t *at = t->content.p;
    TS_TST_INFO *peer = d2i_TS_TST_INFO(NULL, &at, (long)t->content.n);
    if (!peer) { /* a GeneralName that is none: ours compares it, and no more */
        ERR_clear_error();
        CHECK(t->info.tsa.n > 0);
        return;
    }
    CHECK(at == t->content.p + t->content.n);
    const ASN1_OBJECT *policy = TS_TST_INFO_get_policy_id(peer);
    CHECK(bytes_equal(t->info.policy, bytes_of(OBJ_get0_data(policy), OBJ_length(policy))));
    peer_check_number(TS_TST_INFO_get_serial(peer), t->info.serial);
    ASN1_OCTET_STRING *imprint = TS_MSG_IMPRINT_get_msg(TS_TST_INFO_get_msg_imprint(peer));
    CHECK(bytes_equal(t->info.imprint, bytes_of(ASN1_STRING_get0_data(imprint), (size_t)ASN1_STRING_length(imprint))));
    CHECK((TS_TST_INFO_get_ordering(peer) != 0) == t->info.ordering);
    CHECK((TS_TST_INFO_get_accuracy(peer) != NULL) == t->info.has_accuracy);
    CHECK((TS_TST_INFO_get_nonce(peer) != NULL) == (t->info.nonce.n > 0));
    TS_TST_INFO_free(peer);
}

/* ---- as it comes ---- */

static tsa_verification verify(bytes der)
{
    tsa_verification v;
    const uint8_t imprint[32] = {0x11, 0x11};
    tsa_expected x = {.imprint = bytes_of(imprint, sizeof imprint),
                      .hash = TSA_SM3,
                      .roots = &authority.root,
                      .roots_n = 1,
                      .now_us = AUTHORITY_NOW * 1000};
    CHECK(tsa_verify(memory, der, &x, &v) == ERR_OK);
    for (int i = 0; i < TSA_CHECK_COUNT; i++)
        CHECK(v.findings[i].reason);
    CHECK(!v.valid || (v.has_token && v.has_signer && v.has_root));
    return v;
}

static void check_as_it_comes(bytes der)
{
    tsa_verification v = verify(der);
    if (v.has_token)
        check_peer(&v.token);
    else
        CHECK(v.where);
    CHECK(!v.valid || bytes_equal(v.token.content, whole[v.token.profile == CMS_RFC].content));
}

/* ---- edited ---- */

static void check_edited(bytes in)
{
    choices c = {in};
    unsigned which = choose_below(&c, 2);
    uint8_t *der = arena_copy(memory, honest[which].p, honest[which].n);
    CHECK(der);
    bool changed = choose_edits(&c, der, honest[which].n);
    tsa_verification v = verify(bytes_of(der, honest[which].n));
    CHECK(v.valid || changed);
    if (!v.valid)
        return;
    CHECK(bytes_equal(v.token.content, whole[which].content));
    CHECK(bytes_equal(v.token.attributes, whole[which].attributes) && bytes_equal(v.signer.der, authority.tsa));
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    set_up();
    if (n == 0)
        return 0;
    arena_reset(memory);
    if (*p & 1)
        check_edited(bytes_of(p + 1, n - 1));
    else
        check_as_it_comes(bytes_of(p + 1, n - 1));
    return 0;
}
