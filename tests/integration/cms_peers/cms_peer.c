/* cms_peer issue DIR   writes root.cer, person.cer, document, and {gm,rfc}_{attached,detached}[_plain].p7s, all DER; plain: no attributes
 * cms_peer accept DIR  reads and verifies DIR/attached.p7s, DIR/detached.p7s and DIR/plain.p7s over DIR/document, whoever made them */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cms/signed_data.h"
#include "crypto/sm2.h"
#include "crypto/sm3.h"
#include "os/entropy.h"
#include "os/file.h"

#define BEGIN INT64_C(1767225600000) /* 2026-01-01T00:00:00Z */
#define END INT64_C(1893456000000)   /* 2030-01-01T00:00:00Z */
#define AT INT64_C(1780272000000)    /* 2026-06-01T00:00:00Z, the signing time that Bc.java expects and sets */

static const entropy rng = {os_entropy_fill, NULL};
static const char text[] = "出院小结：病情平稳，予以出院，两周后门诊复查。\n";

static void expect(const char *what, const char *name, bool holds)
{
    if (holds)
        return;
    fprintf(stderr, "cms_peer: %s %s\n", what, name);
    exit(1);
}

static void check(const char *what, const char *name, err e)
{
    if (e != ERR_OK)
        fprintf(stderr, "cms_peer: %s\n", err_code(e));
    expect(what, name, e == ERR_OK);
}

static char *path_in(arena *a, const char *dir, const char *name)
{
    char *path = arena_printf(a, "%s/%s", dir, name);
    expect("memory", name, path);
    return path;
}

static void write_file(arena *a, const char *dir, const char *name, bytes b)
{
    check("write", name, file_write(path_in(a, dir, name), b.p, b.n, 0644));
}

static bytes read_file(arena *a, const char *dir, const char *name)
{
    bytes out;
    check("read", name, file_read(a, path_in(a, dir, name), 1 << 20, &out));
    return out;
}

static bytes certificate(arena *a, const char *dir, const char *file, const sm2_private *ca, const sm2_private *of,
                         cert_profile profile)
{
    uint8_t names[2][256];
    buffer name[2];
    const char *const texts[] = {"示范根CA", profile == CERT_ROOT ? "示范根CA" : "张晓明"};
    for (size_t i = 0; i < 2; i++) {
        name_field fields[] = {{OID_COUNTRY, "CN"}, {OID_COMMON_NAME, texts[i]}};
        name[i] = buffer_over(names[i], sizeof names[i]);
        check("name", texts[i], name_build(&name[i], fields, 2));
    }
    cert_template t = {.serial_n = CERT_SERIAL_SIZE,
                       .issuer = bytes_of(name[0].p, name[0].n),
                       .subject = bytes_of(name[1].p, name[1].n),
                       .public_key = of->public_key,
                       .not_before_ms = BEGIN,
                       .not_after_ms = END,
                       .profile = profile};
    check("serial", file, cert_serial_generate(t.serial, &rng));
    signer *by = signer_in_memory(ca, &rng);
    size_t cap = cert_size_max(&t);
    buffer b = buffer_over(arena_alloc(a, cap), cap);
    expect("memory", file, by && b.p);
    check("issue", file, cert_issue(&b, &t, by));
    signer_destroy(by);
    write_file(a, dir, file, bytes_of(b.p, b.n));
    return bytes_of(b.p, b.n);
}

static void sign(arena *a, const char *dir, const sm2_private *key, signed_data_parts parts, bool plain)
{
    uint8_t digest[SM3_SIZE], hash[SM3_SIZE], e[32], rs[64], room[SIGNED_ATTRIBUTES_BUILT_MAX];
    const bytes document = bytes_of(text, sizeof text - 1);
    const char *name = arena_printf(a, "%s_%s%s.p7s", parts.profile == CMS_GM ? "gm" : "rfc",
                                    parts.content.p ? "attached" : "detached", plain ? "_plain" : "");
    expect("memory", "name", name);
    sm3(digest, document.p, document.n);
    sm3(hash, parts.signer->der.p, parts.signer->der.n);
    const signed_attributes_values values = {parts.profile == CMS_GM ? OID_GM_DATA : OID_CMS_DATA, digest, AT, hash,
                                             NULL};
    buffer attributes = buffer_over(room, sizeof room);
    check("attributes", name, signed_attributes_build(&attributes, &values));
    if (!plain)
        parts.attributes = bytes_of(attributes.p, attributes.n);
    sm2_digest(e, key->public_key, plain ? document : parts.attributes);
    check("sign", name, sm2_sign(rs, key, e, &rng));
    parts.rs = rs;
    size_t cap = signed_data_size_max(&parts);
    buffer b = buffer_over(arena_alloc(a, cap), cap);
    expect("memory", name, b.p);
    check("write", name, signed_data_write(&b, &parts));
    write_file(a, dir, name, bytes_of(b.p, b.n));
}

static void issue(arena *a, const char *dir)
{
    sm2_private ca, person;
    cert leaf;
    const bytes document = bytes_of(text, sizeof text - 1);
    check("key", "root", sm2_private_generate(&ca, &rng));
    check("key", "person", sm2_private_generate(&person, &rng));
    bytes root = certificate(a, dir, "root.cer", &ca, &ca, CERT_ROOT);
    check("parse", "person.cer", cert_parse(&leaf, certificate(a, dir, "person.cer", &ca, &person, CERT_PERSON)));
    write_file(a, dir, "document", document);
    for (int i = 0; i < 8; i++) {
        signed_data_parts parts = {
            .profile = i & 1 ? CMS_RFC : CMS_GM, .signer = &leaf, .others = &root, .others_n = 1};
        if (i & 2)
            parts.content = document;
        sign(a, dir, &person, parts, i & 4);
    }
    sm2_private_wipe(&ca);
    sm2_private_wipe(&person);
}

static void accept_attributes(const signed_data *s, const cert *leaf, bytes document, const char *name)
{
    uint8_t digest[SM3_SIZE], hash[SM3_SIZE];
    signed_attributes read;
    sm3(digest, document.p, document.n);
    sm3(hash, leaf->der.p, leaf->der.n);
    check("attributes of", name, signed_attributes_read(&read, s->attributes));
    expect("content type of", name, oid_from_octets(read.content_type) == OID_CMS_DATA);
    expect("digest of", name, bytes_equal(read.message_digest, bytes_of(digest, sizeof digest)));
    expect("signing time of", name, read.has_signing_time && read.signing_time_ms == AT);
    expect("certificate of", name,
           read.has_certificate && oid_from_octets(read.certificate_algorithm) == OID_SM3 &&
               bytes_equal(read.certificate_hash, bytes_of(hash, sizeof hash)));
}

static void accept(arena *a, const char *dir, const char *name, bool attached, bool plain)
{
    uint8_t e[32];
    signed_data s;
    cert leaf;
    bytes message, document = read_file(a, dir, "document");
    check("read", name, signed_data_read(&s, read_file(a, dir, name)));
    expect("profile of", name, s.profile == CMS_RFC && oid_from_octets(s.content_type) == OID_CMS_DATA);
    expect("content of", name, s.attached == attached && (!attached || bytes_equal(s.content, document)));
    expect("attributes of", name, plain == !s.attributes.p);
    check("certificate of", name, signed_data_signer(&s, &leaf));
    if (!plain)
        accept_attributes(&s, &leaf, document, name);
    check("message of", name, signed_data_message(a, &s, document, &message));
    sm2_digest(e, leaf.public_key, message);
    check("signature of", name, sm2_verify_bytes(leaf.public_key, e, s.rs));
    e[31] ^= 1;
    expect("another message of", name, sm2_verify_bytes(leaf.public_key, e, s.rs) == ERR_SIGNATURE);
}

int main(int argc, char **argv)
{
    arena *a = arena_create(1 << 22);
    expect("usage: cms_peer", "issue|accept DIR", a && argc == 3);
    if (strcmp(argv[1], "issue") == 0) {
        issue(a, argv[2]);
    } else {
        accept(a, argv[2], "attached.p7s", true, false);
        accept(a, argv[2], "detached.p7s", false, false);
        accept(a, argv[2], "plain.p7s", true, true);
    }
    arena_destroy(a);
    return 0;
}
