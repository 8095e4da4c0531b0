/* Revocation lists: what crl_parse takes OpenSSL takes, and both find the same entries. Only the authority makes lists that verify: the
 * first byte says whether the rest is a list as it comes (even), or a tbsCertList that somebody else's key signs (odd). */
#include "pki/crl.h"
#include "unit/pki/authority.h"
#include "x509_peer.h"

static identity authority, stranger;
static cert issuer;
static uint8_t issuer_room[AUTHORITY_ROOM];

static void set_up(void)
{
    if (authority.sign)
        return;
    identity_make(&authority, 1, "签发中心");
    identity_make(&stranger, 2, "签发中心");
    cert_template t = authority_template(&authority, &authority, CERT_ISSUING);
    issuer = authority_parse(authority_issue(issuer_room, &t, &authority));
}

static void check_entry(const crl *list, X509_REVOKED *theirs, size_t i, der_reader *entries)
{
    der_reader one;
    bytes serial;
    crl_entry found;
    CHECK(der_enter(entries, &one, DER_SEQUENCE) == ERR_OK && der_unsigned(&one, &serial) == ERR_OK);
    peer_check_number(X509_REVOKED_get0_serialNumber(theirs), serial);
    CHECK(crl_find(list, serial, &found) == ERR_OK);
    CHECK(i > 0 || peer_time(X509_REVOKED_get0_revocationDate(theirs)) == found.revoked_at_ms);
}

static void check_peer(const crl *list)
{
    const uint8_t *at = list->der.p;
    X509_CRL *peer = d2i_X509_CRL(NULL, &at, (long)list->der.n);
    ERR_clear_error();
    if (!peer && (!peer_takes_name(list->issuer) || !peer_takes_algorithm(peer_algorithm(list->der))))
        return;
    CHECK(peer && at == list->der.p + list->der.n);
    peer_check_name(X509_CRL_get_issuer(peer), list->issuer);
    CHECK(peer_time(X509_CRL_get0_lastUpdate(peer)) == list->this_update_ms);
    const ASN1_TIME *next = X509_CRL_get0_nextUpdate(peer);
    CHECK((next ? peer_time(next) : INT64_MAX) == list->next_update_ms);
    STACK_OF(X509_REVOKED) *revoked = X509_CRL_get_REVOKED(peer);
    size_t n = revoked ? (size_t)sk_X509_REVOKED_num(revoked) : 0;
    CHECK(n == list->entries_n);
    /* OpenSSL keeps them in the order of the list until it is searched. crl_find goes through all, so not for too many. */
    der_reader entries = der_reader_over(list->entries);
    for (size_t i = 0; i < n && i < 64; i++)
        check_entry(list, sk_X509_REVOKED_value(revoked, (int)i), i, &entries);
    X509_CRL_free(peer);
}

static void check(bytes der)
{
    crl list;
    crl_entry entry;
    if (crl_parse(&list, der) != ERR_OK)
        return;
    CHECK(crl_find(&list, bytes_of("\x7f\xee", 2), &entry) != ERR_MEMORY);
    check_peer(&list);
    /* The lists of the corpus are another key's; who has not this one makes none. */
    CHECK(crl_verify(&list, &issuer) != ERR_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    static uint8_t room[1 << 16];
    set_up();
    if (n == 0 || n > sizeof room / 2)
        return 0;
    if (!(*p & 1)) {
        check(bytes_of(p + 1, n - 1));
        return 0;
    }
    buffer b = buffer_over(room, sizeof room);
    size_t whole = der_open(&b, DER_SEQUENCE), start = b.n;
    buffer_put(&b, p + 1, n - 1);
    if (signed_finish(&b, start, stranger.sign) != ERR_OK)
        return 0;
    der_close(&b, whole);
    check(bytes_of(b.p, b.n));
    return 0;
}
