/* The verification of a SignedData as the API runs it, against a service in this process and a person whose certificate it issued. The first byte
 * says what the rest is. Even: a SignedData as it comes, which is never valid, because nobody has the keys of this service. Odd: choices of what
 * that person signed, of edits of it, and of what is given beside it:
 *
 *   variant, edits of the SignedData, what is given (bits: document, digest, certificate), edits of the document, edits of the digest
 *
 * What must hold: only what he signed, over the document and digest given, is valid; a signature over attributes, a digest or a certificate
 * request is valid as nothing else; what cannot be read is an error that names its field, and never the server's own. */
#include "cms/signed_data.h"
#include "crypto/sm2.h"
#include "http/problem.h"
#include "service.h"
#include "service/certificate.h"
#include "service/verify.h"

enum { INPUT_MAX = 16 << 10, ROOM = 1 << 20 };

/* Bits of a variant. With attributes the content is the document; without, it can be one that stands for another form's message. */
enum { RFC = 1, ATTACHED = 2, ATTRIBUTES = 4, AMBIGUOUS = 8, VARIANTS = 16 };

static const bytes document = {(const uint8_t *)"discharge summary", 17};

static struct world {
    fixture *f;
    fixture_key k;
    arena *scratch;
    uint8_t digest[SM3_SIZE]; /* of the document */
    struct {
        bytes der, content;
        uint8_t e[32];
    } honest[VARIANTS];
} w;

static void tear_down(void)
{
    sm2_private_wipe(&w.k.key);
    arena_destroy(w.scratch);
}

static bytes attributes_of(const bytes *content, oid type)
{
    uint8_t digest[SM3_SIZE], hash[SM3_SIZE];
    sm3(digest, content->p, content->n);
    sm3(hash, w.k.certificate.p, w.k.certificate.n);
    const signed_attributes_values values = {type, digest, w.f->now_ms, hash, NULL};
    buffer b = buffer_over(arena_alloc(w.f->arena, SIGNED_ATTRIBUTES_BUILT_MAX), SIGNED_ATTRIBUTES_BUILT_MAX);
    CHECK(b.p && signed_attributes_build(&b, &values) == ERR_OK);
    return bytes_of(b.p, b.n);
}

static void sign_variant(unsigned i)
{
    uint8_t rs[64];
    oid type = i & RFC ? OID_CMS_DATA : OID_GM_DATA;
    bytes attributes = attributes_of(&document, type), message = document;
    if (i & AMBIGUOUS)
        message = i & RFC ? bytes_of(w.digest, sizeof w.digest) : attributes;
    w.honest[i].content = message;
    signed_data_parts parts = {.profile = i & RFC ? CMS_RFC : CMS_GM,
                               .rs = rs,
                               .signer = &w.k.parsed,
                               .others = &w.f->service->issuing.der,
                               .others_n = 1};
    if (i & ATTACHED)
        parts.content = message;
    if (i & ATTRIBUTES)
        message = parts.attributes = attributes_of(&w.honest[i].content, type);
    sm2_digest(w.honest[i].e, w.k.key.public_key, message);
    CHECK(sm2_sign(rs, &w.k.key, w.honest[i].e, &w.f->rng) == ERR_OK);
    size_t cap = signed_data_size_max(&parts);
    buffer b = buffer_over(arena_alloc(w.f->arena, cap), cap);
    CHECK(b.p && signed_data_write(&b, &parts) == ERR_OK);
    w.honest[i].der = bytes_of(b.p, b.n);
}

static void set_up(void)
{
    if (w.f)
        return;
    w.f = service_make();
    CHECK(atexit(tear_down) == 0);
    user u = fixture_user(w.f, "D1001", "王建国");
    fixture_certify(w.f, &u, &w.k);
    sm3(w.digest, document.p, document.n);
    for (unsigned i = 0; i < VARIANTS; i++)
        sign_variant(i);
    w.scratch = arena_create(ROOM);
    CHECK(w.scratch);
}

static err run(const verify_request *request, verification *v)
{
    call *c = fixture_call(w.f, NULL);
    c->arena = w.scratch;
    err e = verify_run(c, request, v);
    if (e != ERR_OK) {
        CHECK(problem_of(e)->status >= 400 && problem_of(e)->status < 500);
        CHECK(strcmp(c->fault.field, "cms") == 0 || strcmp(c->fault.field, "certificate") == 0 ||
              strcmp(c->fault.field, "document") == 0);
    }
    for (size_t i = 0; e == ERR_OK && i < VERIFY_CHECK_COUNT; i++)
        CHECK(v->findings[i].reason);
    return e;
}

static void check_as_it_comes(bytes der)
{
    verification v;
    const verify_request request = {.cms = der, .document = document};
    CHECK(run(&request, &v) != ERR_OK || !v.valid);
}

/* n bytes that the choices change, in memory of that size. */
static bytes edited(choices *c, bytes from, bool *changed)
{
    uint8_t *copy = arena_copy(w.scratch, from.p, from.n);
    CHECK(copy);
    *changed |= choose_edits(c, copy, from.n);
    return bytes_of(copy, from.n);
}

static void check_edited(bytes in)
{
    choices c = {in};
    verification v;
    bool changed = false, content_changed = false;
    unsigned i = choose_below(&c, VARIANTS);
    uint8_t digest[SM3_SIZE];
    verify_request request = {.cms = edited(&c, w.honest[i].der, &changed)};
    unsigned given = choose(&c);
    if (given & 1)
        request.document = edited(&c, w.honest[i].content, &content_changed);
    if (given & 2) {
        sm3(digest, w.honest[i].content.p, w.honest[i].content.n);
        content_changed |= choose_edits(&c, digest, sizeof digest);
        request.has_digest = true;
        memcpy(request.digest, digest, sizeof digest);
    }
    if (given & 4)
        request.certificate = w.k.certificate;
    bool whole = given & 1 || i & ATTACHED, enough = whole || (given & 2 && i & ATTRIBUTES);
    if (run(&request, &v) != ERR_OK) {
        CHECK(changed || !enough);
        return;
    }
    bool ambiguous = i & AMBIGUOUS && !(i & ATTRIBUTES);
    if (!v.valid) {
        CHECK(changed || content_changed || ambiguous);
        return;
    }
    CHECK(!ambiguous && !content_changed && v.issued_here);
    CHECK(bytes_equal(v.certificate, w.k.certificate) && memcmp(v.e, w.honest[i].e, sizeof v.e) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    set_up();
    if (n == 0 || n > INPUT_MAX)
        return 0;
    arena_reset(w.scratch);
    if (*p & 1)
        check_edited(bytes_of(p + 1, n - 1));
    else
        check_as_it_comes(bytes_of(p + 1, n - 1));
    return 0;
}
