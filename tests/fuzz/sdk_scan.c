/* What a camera reads, and a login's assertion. First byte: which. A code that is taken is the one text of what was read. An assertion is
 * taken exactly where jansson reads its ten members, texts in their order, and writes them back as the same bytes; and it claims nothing but
 * what it says. */
#include <jansson.h>

#include "assertion.h"
#include "base/arena.h"
#include "base/text.h"
#include "fuzz.h"
#include "yiqian/device.h"

enum { ROOM = 1 << 20, MEMBERS = 10 };

/* ---- codes ---- */

static bool terminated(const char *text, size_t cap)
{
    return memchr(text, 0, cap) != NULL;
}

static void check_code(const char *text)
{
    static const char letters[] = "LSEWC";
    yq_qr qr;
    memset(&qr, 0xff, sizeof qr);
    yq_status status = yq_qr_read(text, &qr);
    CHECK(status == YQ_OK || status == YQ_INVALID_ARGUMENT);
    if (status != YQ_OK)
        return;
    uint8_t id[16];
    bytes plain;
    arena *a = arena_create(ROOM);
    CHECK(a && strlen(text) <= YQ_QR_MAX && (unsigned)qr.kind < sizeof letters - 1);
    CHECK(terminated(qr.id, sizeof qr.id) && terminated(qr.workstation, sizeof qr.workstation) &&
          terminated(qr.url, sizeof qr.url));
    CHECK(base64url_decode(a, text + 11, strlen(text + 11), &plain) == ERR_OK);
    const char *again = arena_printf(a, "YIQIAN:1:%c:%s", letters[qr.kind], base64url_text(a, plain.p, plain.n));
    CHECK(again && strcmp(again, text) == 0);
    CHECK((*qr.workstation != 0) == (qr.kind == YQ_QR_WORKSTATION));
    CHECK((*qr.id == 0) == (qr.kind == YQ_QR_SERVER));
    if (qr.kind != YQ_QR_SERVER) {
        CHECK(uuid_decode(id, qr.id, strlen(qr.id)) == ERR_OK);
        CHECK(memcmp(id, plain.p + (qr.kind == YQ_QR_WORKSTATION), sizeof id) == 0);
    }
    CHECK(!*qr.url || ((qr.kind == YQ_QR_ENROL || qr.kind == YQ_QR_SERVER) && strncmp(qr.url, "http", 4) == 0));
    CHECK(*qr.url || qr.kind != YQ_QR_SERVER);
    for (const char *p = qr.url; *p; p++)
        CHECK(*p > ' ' && *p <= '~');
    arena_destroy(a);
}

/* ---- assertions ---- */

static const char *const members[MEMBERS] = {"type",    "system",   "system_id", "login",       "nonce",
                                             "purpose", "staff_no", "name",      "certificate", "time"};

static bool like(const char *text, const char *pattern)
{
    if (strlen(text) != strlen(pattern))
        return false;
    for (; *pattern; pattern++, text++) {
        bool digit = *text >= '0' && *text <= '9', hex = digit || (*text >= 'a' && *text <= 'f');
        if (*pattern == '0' ? !digit : *pattern == 'x' ? !hex : *text != *pattern)
            return false;
    }
    return true;
}

static const char *value_of(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

/* The ten members, texts without control characters, in their order and nothing else. */
static bool whole(json_t *object)
{
    size_t i = 0;
    const char *name;
    json_t *value;
    json_object_foreach(object, name, value)
    {
        if (i == MEMBERS || strcmp(name, members[i++]) != 0 || !json_is_string(value))
            return false;
        for (const char *p = json_string_value(value); *p; p++)
            if ((unsigned char)*p < ' ' || *p == 0x7f)
                return false;
    }
    return i == MEMBERS && strcmp(value_of(object, "type"), "yiqian/login/1") == 0 &&
           like(value_of(object, "system_id"), "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx") &&
           like(value_of(object, "time"), "0000-00-00T00:00:00.000Z");
}

static bool writes_back(const json_t *object, bytes text)
{
    char *written = json_dumps(object, JSON_COMPACT);
    CHECK(written);
    bool same = bytes_equal(bytes_of_text(written), text);
    free(written);
    return same;
}

static void check_assertion(bytes text)
{
    json_t *object = json_loadb((const char *)text.p, text.n, JSON_REJECT_DUPLICATES, NULL);
    if (!object || !whole(object)) {
        static const assertion_claim any = {"a", "", "b", "c", "d"};
        CHECK(!assertion_claims(text, &any));
        json_decref(object);
        return;
    }
    const assertion_claim claim = {value_of(object, "system"), value_of(object, "purpose"), value_of(object, "login"),
                                   value_of(object, "staff_no"), value_of(object, "certificate")};
    bool taken = assertion_claims(text, &claim);
    CHECK(taken == (text.n <= ASSERTION_MAX && writes_back(object, text)));
    CHECK(!taken || assertion_reserved(text));
    for (size_t i = 0; i < 5; i++) {
        assertion_claim other = claim;
        const char **changed[] = {&other.system, &other.purpose, &other.login, &other.staff_no, &other.certificate};
        *changed[i] = **changed[i] ? "" : "x";
        CHECK(!assertion_claims(text, &other));
    }
    json_decref(object);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    choices c = {bytes_of(p, n)};
    if (choose_below(&c, 2)) {
        check_assertion(c.left);
        return 0;
    }
    char *text = malloc(c.left.n + 1);
    CHECK(text);
    if (c.left.n > 0)
        memcpy(text, c.left.p, c.left.n);
    text[c.left.n] = 0;
    check_code(text);
    free(text);
    return 0;
}
