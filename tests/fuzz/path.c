/* Path validation of certificates that an attacker makes. He has a person's certificate with its key, and three keys of his own; in
 * half of the inputs also an issuing CA's key whose certificate allows no CA below it. He issues whatever he likes, in any number, and
 * edits every byte before he signs. Without the CA's key nothing but the hospital's own certificates may ever pass; with it, nothing
 * that stands below another CA of his. */
#include "fuzz.h"
#include "pki/path.h"
#include "unit/pki/authority.h"

enum { ROOT, ISSUING, PERSON, SUB_CA, ATTACKER, IDENTITIES = ATTACKER + 3, MADE_MAX = 6, HONEST = 4 };

static identity who[IDENTITIES];
static uint8_t honest_room[HONEST][AUTHORITY_ROOM];
static cert honest[HONEST]; /* root, issuing CA, person, the CA with path length 0 */
static crl list;
static uint8_t list_room[1024];

static void issue(unsigned place, unsigned issuer, cert_profile profile)
{
    cert_template t = authority_template(&who[issuer], &who[place], profile);
    honest[place] = authority_parse(authority_issue(honest_room[place], &t, &who[issuer]));
}

static void set_up(void)
{
    static const char *const names[IDENTITIES] = {"根", "签发中心", "王建国", "分院签发中心", "甲", "乙", "丙"};
    if (who[ROOT].sign)
        return;
    for (unsigned i = 0; i < IDENTITIES; i++)
        identity_make(&who[i], (uint8_t)i, names[i]);
    issue(ROOT, ROOT, CERT_ROOT);
    issue(ISSUING, ROOT, CERT_ISSUING);
    issue(PERSON, ISSUING, CERT_PERSON);
    issue(SUB_CA, ROOT, CERT_ISSUING);
    crl_template t = {.issuer = who[ISSUING].name,
                      .number = 1,
                      .this_update_ms = AUTHORITY_NOW - AUTHORITY_DAY,
                      .next_update_ms = AUTHORITY_NOW + AUTHORITY_DAY};
    buffer b = buffer_over(list_room, sizeof list_room);
    CHECK(crl_issue(&b, &t, who[ISSUING].sign) == ERR_OK && crl_parse(&list, bytes_of(b.p, b.n)) == ERR_OK);
}

typedef struct attack {
    bool has_sub_ca;
    uint8_t room[MADE_MAX][AUTHORITY_ROOM];
    cert certs[MADE_MAX + HONEST]; /* the made ones, then the honest ones */
    size_t n;
} attack;

/* One of the keys the attacker signs with. */
static const identity *signs(const attack *a, choices *c)
{
    static const unsigned without[] = {PERSON, ATTACKER, ATTACKER + 1, ATTACKER + 2};
    unsigned i = choose_below(c, a->has_sub_ca ? 5 : 4);
    return &who[i < 4 ? without[i] : SUB_CA];
}

/* The tbs of what was issued, edited, signed anew by the same key. */
static bytes edited(uint8_t room[AUTHORITY_ROOM], bytes der, choices *c, const identity *by)
{
    uint8_t tbs[AUTHORITY_ROOM];
    cert made = authority_parse(der);
    size_t n = made.tbs.n;
    memcpy(tbs, made.tbs.p, n);
    (void)choose_edits(c, tbs, n);
    buffer b = buffer_over(room, AUTHORITY_ROOM);
    size_t whole = der_open(&b, DER_SEQUENCE), start = b.n;
    buffer_put(&b, tbs, n);
    CHECK(signed_finish(&b, start, by->sign) == ERR_OK);
    der_close(&b, whole);
    return bytes_of(b.p, b.n);
}

static void make(attack *a, choices *c)
{
    static const cert_profile profiles[] = {CERT_ROOT, CERT_ISSUING, CERT_PERSON};
    uint8_t first[AUTHORITY_ROOM];
    const identity *by = signs(a, c), *issuer = &who[choose_below(c, IDENTITIES)];
    const identity *named = &who[choose_below(c, IDENTITIES)], *keyed = &who[choose_below(c, IDENTITIES)];
    cert_template t = authority_template(issuer, named, profiles[choose_below(c, 3)]);
    uint8_t how = choose(c);
    t.public_key = keyed->key.public_key;
    t.serial[1] = choose(c);
    if (how & 1)
        t.authority_key_id = bytes_of(issuer->key_id, CERT_KEY_ID_SIZE);
    if (how & 2)
        t.not_after_ms = t.not_before_ms + AUTHORITY_DAY / 2;
    buffer b = buffer_over(first, sizeof first);
    CHECK(cert_issue(&b, &t, by->sign) == ERR_OK);
    bytes der = edited(a->room[a->n], bytes_of(b.p, b.n), c, by);
    if (cert_parse(&a->certs[a->n], der) == ERR_OK)
        a->n++;
}

static bool is_honest(const cert *c)
{
    for (size_t i = 0; i < HONEST; i++)
        if (bytes_equal(honest[i].der, c->der))
            return true;
    return false;
}

static void check_passed(const attack *a, const path_result *r, int64_t at_ms)
{
    size_t last = r->chain_n - 1, others = 0;
    CHECK(bytes_equal(r->chain[last]->der, honest[ROOT].der));
    for (size_t i = 0; i <= last; i++) {
        const cert *c = r->chain[i];
        CHECK(c->not_before_ms <= at_ms && at_ms < c->not_after_ms + 1000 && !c->unknown_critical);
        CHECK(i == 0 || c->ca);
        CHECK(i == last || bytes_equal(c->issuer, r->chain[i + 1]->subject));
    }
    if (is_honest(r->chain[0]))
        return;
    CHECK(a->has_sub_ca);
    size_t ca = 0;
    while (ca < last && !bytes_equal(r->chain[ca]->der, honest[SUB_CA].der))
        ca++;
    CHECK(ca < last);
    for (size_t i = 1; i < ca; i++)
        others += !bytes_equal(r->chain[i]->issuer, r->chain[i]->subject);
    CHECK(others == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    static attack a;
    choices c = {bytes_of(p, n)};
    path_result r;
    set_up();
    a.n = 0;
    uint8_t how = choose(&c);
    a.has_sub_ca = how & 1;
    for (unsigned left = 1 + choose_below(&c, MADE_MAX); left > 0; left--)
        make(&a, &c);
    size_t made = a.n;
    for (size_t i = 0; i < HONEST; i++)
        a.certs[a.n++] = honest[i];
    const cert *leaf = &a.certs[choose(&c) % (made > 0 ? made : a.n)];
    int64_t at_ms = AUTHORITY_NOW + (how & 2 ? 0 : AUTHORITY_DAY / 4) - (how & 4 ? AUTHORITY_DAY : 0);
    err e = path_validate(leaf, a.certs, a.n, &honest[ROOT], 1, at_ms, &r);
    CHECK((e == ERR_OK) == path_passed(&r) && r.chain_n >= 1 && r.chain_n <= PATH_CERTS_MAX);
    if (e == ERR_OK)
        check_passed(&a, &r, at_ms);
    err revocation = path_check_revocation(&r, &list, 1, at_ms, AUTHORITY_NOW);
    CHECK((revocation == ERR_OK) == path_passed(&r) && (e == ERR_OK || revocation != ERR_OK));
    return 0;
}
