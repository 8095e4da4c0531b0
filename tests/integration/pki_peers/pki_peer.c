/* pki_peer issue DIR    writes root.cer issuing.cer person.cer revoked.cer person.csr root.crl issuing.crl, all DER
 * pki_peer accept DIR   checks such files, whoever wrote them; lists are not asked for where there are none
 * pki_peer request FILE checks one certification request
 *
 * Everything is judged at one fixed time, so the outcome does not depend on today's date. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "os/entropy.h"
#include "os/file.h"
#include "pki/csr.h"
#include "pki/path.h"

#define DAY INT64_C(86400000)
#define AT INT64_C(1780272000000)         /* 2026-06-01T00:00:00Z */
#define BEGIN INT64_C(1767225600000)      /* 2026-01-01T00:00:00Z */
#define ROOT_END INT64_C(2840140800000)   /* 2060-01-01T00:00:00Z, so written as GeneralizedTime */
#define REVOKED_AT INT64_C(1777593600000) /* 2026-05-01T00:00:00Z */
#define CRL_URL "http://ca.example.org/v1/crl/issuing.crl"
#define CA_URL "http://ca.example.org/v1/ca/issuing.cer"

static const entropy rng = {os_entropy_fill, NULL};

static void stop(const char *what, const char *name, err e)
{
    fprintf(stderr, "pki_peer: %s %s: %s\n", what, name, err_code(e));
    exit(1);
}

static void check(const char *what, const char *name, err e)
{
    if (e != ERR_OK)
        stop(what, name, e);
}

static void expect(const char *what, const char *name, bool holds)
{
    if (!holds)
        stop(what, name, ERR_INTERNAL);
}

static char *path_in(arena *a, const char *dir, const char *name)
{
    char *path = arena_printf(a, "%s/%s", dir, name);
    expect("memory", name, path);
    return path;
}

static void write_file(arena *a, const char *dir, const char *name, const buffer *b)
{
    check("write", name, file_write(path_in(a, dir, name), b->p, b->n, 0644));
}

static bytes read_file(arena *a, const char *dir, const char *name)
{
    bytes der;
    check("read", name, file_read(a, path_in(a, dir, name), 1 << 20, &der));
    return der;
}

typedef struct party {
    sm2_private key;
    signer *sign;
    uint8_t name_room[512];
    bytes name;
} party;

static void party_make(party *p, const char *common_name, const char *serial_number)
{
    name_field fields[] = {{OID_COUNTRY, "CN"},
                           {OID_ORGANIZATION, "仁济示范医院"},
                           {OID_ORGANIZATIONAL_UNIT, "信息科"},
                           {OID_COMMON_NAME, common_name},
                           {OID_SERIAL_NUMBER, serial_number}};
    buffer b = buffer_over(p->name_room, sizeof p->name_room);
    check("key", common_name, sm2_private_generate(&p->key, &rng));
    p->sign = signer_in_memory(&p->key, &rng);
    expect("memory", common_name, p->sign);
    check("name", common_name, name_build(&b, fields, sizeof fields / sizeof fields[0]));
    p->name = bytes_of(b.p, b.n);
}

static void party_drop(party *p)
{
    signer_destroy(p->sign);
    sm2_private_wipe(&p->key);
}

typedef struct issued {
    uint8_t serial[CERT_SERIAL_SIZE];
} issued;

static issued issue(arena *a, const char *dir, const char *name, party *issuer, const party *subject,
                    cert_profile profile, int64_t end)
{
    static uint8_t room[4096];
    static const uint8_t identity[] = {0x0c, 4, 't', 'e', 's', 't'};
    extension further = {oid_octets(OID_GB_IDENTITY), false, bytes_of(identity, sizeof identity)};
    issued out;
    check("serial", name, cert_serial_generate(out.serial, &rng));
    cert_template t = {.serial_n = sizeof out.serial,
                       .issuer = issuer->name,
                       .subject = subject->name,
                       .public_key = subject->key.public_key,
                       .not_before_ms = BEGIN,
                       .not_after_ms = end,
                       .profile = profile};
    memcpy(t.serial, out.serial, sizeof out.serial);
    if (profile == CERT_PERSON) {
        t.crl_url = CRL_URL;
        t.ca_issuers_url = CA_URL;
        t.extensions = &further;
        t.extensions_n = 1;
    }
    buffer b = buffer_over(room, sizeof room);
    check("issue", name, cert_issue(&b, &t, issuer->sign));
    write_file(a, dir, name, &b);
    return out;
}

static void issue_list(arena *a, const char *dir, const char *name, party *issuer, const crl_entry *entries, size_t n)
{
    static uint8_t room[4096];
    crl_template t = {.issuer = issuer->name,
                      .number = 300,
                      .this_update_ms = AT - DAY,
                      .next_update_ms = AT + 6 * DAY,
                      .entries = entries,
                      .entries_n = n};
    buffer b = buffer_over(room, sizeof room);
    check("list", name, crl_issue(&b, &t, issuer->sign));
    write_file(a, dir, name, &b);
}

static void issue_request(arena *a, const char *dir, const char *name, party *subject)
{
    static uint8_t info_room[1024], room[1024];
    uint8_t rs[64];
    buffer info = buffer_over(info_room, sizeof info_room), b = buffer_over(room, sizeof room);
    check("info", name, csr_info_build(&info, subject->name, subject->key.public_key));
    check("sign", name, signer_sign_message(subject->sign, bytes_of(info.p, info.n), rs));
    check("assemble", name, csr_assemble(&b, bytes_of(info.p, info.n), rs));
    write_file(a, dir, name, &b);
}

static void issue_all(arena *a, const char *dir)
{
    party root, issuing, person, leaver;
    party_make(&root, "仁济示范医院根CA", NULL);
    party_make(&issuing, "仁济示范医院签发CA", NULL);
    party_make(&person, "张晓明", "D1001");
    party_make(&leaver, "李云", "D1002");
    issue(a, dir, "root.cer", &root, &root, CERT_ROOT, ROOT_END);
    issue(a, dir, "issuing.cer", &root, &issuing, CERT_ISSUING, BEGIN + 3650 * DAY);
    issue(a, dir, "person.cer", &issuing, &person, CERT_PERSON, BEGIN + 730 * DAY);
    issued revoked = issue(a, dir, "revoked.cer", &issuing, &leaver, CERT_PERSON, BEGIN + 730 * DAY);
    issue_request(a, dir, "person.csr", &person);
    const crl_entry entries[] = {
        {bytes_of(revoked.serial, sizeof revoked.serial), REVOKED_AT, CRL_KEY_COMPROMISE},
        {bytes_of("\x7f\x01", 2), REVOKED_AT, CRL_UNSPECIFIED},
    };
    issue_list(a, dir, "root.crl", &root, NULL, 0);
    issue_list(a, dir, "issuing.crl", &issuing, entries, 2);
    party_drop(&root);
    party_drop(&issuing);
    party_drop(&person);
    party_drop(&leaver);
}

static cert read_cert(arena *a, const char *dir, const char *name)
{
    cert c;
    check("parse", name, cert_parse(&c, read_file(a, dir, name)));
    return c;
}

static crl read_list(arena *a, const char *dir, const char *name)
{
    crl list;
    check("parse", name, crl_parse(&list, read_file(a, dir, name)));
    return list;
}

static bool file_is_there(arena *a, const char *dir, const char *name)
{
    return file_exists(path_in(a, dir, name));
}

static void say_findings(const path_result *r)
{
    for (path_check i = 0; i < PATH_CHECK_COUNT; i++)
        if (r->finding[i].state == PATH_FAILED)
            fprintf(stderr, "pki_peer: %s fails at %zu\n", path_check_name(i), r->finding[i].index);
}

/* The signature's last bit: whatever else is right, this must not be accepted. */
static void expect_a_flip_is_refused(const cert *leaf, const cert *issuing, const cert *root)
{
    cert flipped = *leaf;
    path_result r;
    flipped.signature[63] ^= 1;
    expect("a wrong signature is refused", "person.cer",
           path_validate(&flipped, issuing, 1, root, 1, AT, &r) == ERR_CHAIN &&
               r.finding[PATH_SIGNATURE].state == PATH_FAILED);
}

static void accept_lists(arena *a, const char *dir, path_result *r, const cert *issuing, const cert *root)
{
    const crl lists[] = {read_list(a, dir, "root.crl"), read_list(a, dir, "issuing.crl")};
    check("list", "root.crl", crl_verify(&lists[0], root));
    check("list", "issuing.crl", crl_verify(&lists[1], issuing));
    err e = path_check_revocation(r, lists, 2, AT, AT);
    say_findings(r);
    check("revocation", "person.cer", e);

    cert revoked = read_cert(a, dir, "revoked.cer");
    path_result found;
    check("path", "revoked.cer", path_validate(&revoked, issuing, 1, root, 1, AT, &found));
    expect("is revoked", "revoked.cer", path_check_revocation(&found, lists, 2, AT, AT) == ERR_CHAIN);
    expect("is revoked", "revoked.cer", found.finding[PATH_REVOCATION].state == PATH_FAILED);
    expect("reason", "revoked.cer", found.revoked.reason == CRL_KEY_COMPROMISE);
    expect("date", "revoked.cer", found.revoked.revoked_at_ms == REVOKED_AT);
}

static void accept_request(bytes der, bytes *subject)
{
    uint8_t key[POINT_SIZE];
    check("request", "", csr_verify(der, subject, key));
}

static void accept_all(arena *a, const char *dir)
{
    const cert root = read_cert(a, dir, "root.cer"), issuing = read_cert(a, dir, "issuing.cer");
    const cert person = read_cert(a, dir, "person.cer");
    check("self-signature", "root.cer", cert_verify_signature(&root, root.public_key));
    path_result r;
    err e = path_validate(&person, &issuing, 1, &root, 1, AT, &r);
    say_findings(&r);
    check("path", "person.cer", e);
    expect("three certificates", "person.cer", r.chain_n == 3);
    expect_a_flip_is_refused(&person, &issuing, &root);
    if (file_is_there(a, dir, "issuing.crl"))
        accept_lists(a, dir, &r, &issuing, &root);
    bytes subject;
    accept_request(read_file(a, dir, "person.csr"), &subject);
    expect("the request's subject", "person.csr", bytes_equal(subject, person.subject));
}

int main(int argc, char **argv)
{
    arena *a = arena_create(16 << 20);
    if (argc != 3 || !a) {
        fprintf(stderr, "usage: pki_peer issue|accept DIR | request FILE\n");
        return 2;
    }
    bytes der, subject;
    if (strcmp(argv[1], "issue") == 0) {
        issue_all(a, argv[2]);
    } else if (strcmp(argv[1], "accept") == 0) {
        accept_all(a, argv[2]);
    } else {
        check("read", argv[2], file_read(a, argv[2], 1 << 20, &der));
        accept_request(der, &subject);
    }
    arena_destroy(a);
    return 0;
}
