/* What stands in a code that a screen shows: docs/spec/qr.md, docs/spec/qr-workstation.md. Whoever drew it is not known yet. */
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "context.h"
#include "roster.h"

enum {
    CODE_SIZE = 16 + 2 + 12, /* id, step, mac */
    URL_MAX = 255,
    OFFER_SIZE = 1 + 16 + 65 + 16 + 8 + 64, /* version, auth_id, pkW, workstation, expiry, signature */
    OFFER_VERSION = 1,
    OFFER_WORKSTATION = 1 + 16 + 65
};

static const char prefix[] = "YIQIAN:1:";

/* In the order of yq_qr_kind. */
static const char letters[] = "LSEWC";

static yq_status read_offer(yq_qr *out, bytes plain)
{
    if (plain.n != OFFER_SIZE || plain.p[0] != OFFER_VERSION)
        return YQ_INVALID_ARGUMENT;
    uuid_encode(out->id, plain.p + 1);
    uuid_encode(out->workstation, plain.p + OFFER_WORKSTATION);
    return YQ_OK;
}

static yq_status read_url(yq_qr *out, bytes plain)
{
    char url[URL_MAX + 1] = "";
    if (plain.n == 0 || plain.n > URL_MAX)
        return YQ_INVALID_ARGUMENT;
    memcpy(url, plain.p, plain.n);
    return strlen(url) == plain.n && roster_check_server(out->url, url) == YQ_OK ? YQ_OK : YQ_INVALID_ARGUMENT;
}

/* Only a code of enrolment says where its server is, and only in a form that can be one's. */
static yq_status read_session(yq_qr *out, bytes plain)
{
    if (plain.n < CODE_SIZE || (plain.n > CODE_SIZE && out->kind != YQ_QR_ENROL))
        return YQ_INVALID_ARGUMENT;
    uuid_encode(out->id, plain.p);
    return plain.n == CODE_SIZE ? YQ_OK : read_url(out, bytes_of(plain.p + CODE_SIZE, plain.n - CODE_SIZE));
}

static yq_status read_code(yq_qr *out, arena *a, const char *text)
{
    const size_t head = sizeof prefix - 1;
    bytes plain;
    if (strncmp(text, prefix, head) != 0 || !text[head] || text[head + 1] != ':')
        return YQ_INVALID_ARGUMENT;
    const char *letter = strchr(letters, text[head]), *body = text + head + 2;
    if (!letter || base64url_decode(a, body, strlen(body), &plain) != ERR_OK)
        return YQ_INVALID_ARGUMENT;
    out->kind = (yq_qr_kind)(letter - letters);
    switch (out->kind) {
    case YQ_QR_WORKSTATION:
        return read_offer(out, plain);
    case YQ_QR_SERVER:
        return read_url(out, plain);
    default:
        return read_session(out, plain);
    }
}

yq_status yq_qr_read(const char *text, yq_qr *out)
{
    if (!text || !out || strnlen(text, YQ_QR_MAX + 1) > YQ_QR_MAX)
        return YQ_INVALID_ARGUMENT;
    yq_qr qr = {.kind = YQ_QR_LOGIN};
    arena *a = arena_create(4 * YQ_QR_MAX);
    yq_status status = a ? read_code(&qr, a, text) : YQ_OUT_OF_MEMORY;
    arena_destroy(a);
    if (status == YQ_OK)
        *out = qr;
    return status;
}
