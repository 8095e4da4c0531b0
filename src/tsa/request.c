#include "tsa/request.h"

#include <string.h>

#include "pki/extension.h"

enum { VERSION = 1 };

static const struct {
    oid id;
    size_t size;
    const char *name;
} hashes[TSA_HASH_COUNT] = {
    [TSA_SM3] = {OID_SM3, 32, "sm3"},
    [TSA_SHA256] = {OID_SHA256, 32, "sha256"},
    [TSA_SHA384] = {OID_SHA384, 48, "sha384"},
    [TSA_SHA512] = {OID_SHA512, 64, "sha512"},
};

size_t tsa_hash_size(tsa_hash hash)
{
    return hashes[hash].size;
}

oid tsa_hash_oid(tsa_hash hash)
{
    return hashes[hash].id;
}

const char *tsa_hash_name(tsa_hash hash)
{
    return hashes[hash].name;
}

err tsa_hash_from_name(tsa_hash *out, const char *name)
{
    for (tsa_hash hash = 0; hash < TSA_HASH_COUNT; hash++) {
        if (strcmp(hashes[hash].name, name) == 0) {
            *out = hash;
            return ERR_OK;
        }
    }
    return ERR_UNSUPPORTED;
}

err tsa_hash_from_oid(tsa_hash *out, bytes octets)
{
    for (tsa_hash hash = 0; hash < TSA_HASH_COUNT; hash++) {
        if (bytes_equal(oid_octets(hashes[hash].id), octets)) {
            *out = hash;
            return ERR_OK;
        }
    }
    return ERR_UNSUPPORTED;
}

const char *tsa_failure_name(unsigned bit)
{
    switch (bit) {
    case TSA_BAD_ALG:
        return "badAlg";
    case TSA_BAD_REQUEST:
        return "badRequest";
    case TSA_BAD_DATA_FORMAT:
        return "badDataFormat";
    case TSA_TIME_NOT_AVAILABLE:
        return "timeNotAvailable";
    case TSA_UNACCEPTED_POLICY:
        return "unacceptedPolicy";
    case TSA_UNACCEPTED_EXTENSION:
        return "unacceptedExtension";
    case TSA_ADD_INFO_NOT_AVAILABLE:
        return "addInfoNotAvailable";
    case TSA_SYSTEM_FAILURE:
        return "systemFailure";
    default:
        return NULL;
    }
}

err tsa_nonce_check(bytes content)
{
    if (content.n > TSA_NONCE_MAX)
        return ERR_LENGTH;
    bool repeats_sign = content.n > 1 && ((content.p[0] == 0 && content.p[1] < 0x80) ||
                                          (content.p[0] == 0xff && content.p[1] >= 0x80)); /* X.690 8.3.2 */
    return repeats_sign ? ERR_DER : ERR_OK;
}

/* ---- reading ---- */

static err refuse(tsa_failure *why, tsa_failure failure, err e)
{
    *why = failure;
    return e;
}

/* What stands in the request, before it is asked whether it is served here. */
typedef struct read_parts {
    bytes hash, imprint;
    bool other_parameters; /* the hash's are there and are not NULL */
    bool extensions;
} read_parts;

static err read_imprint(der_reader *r, read_parts *parts, tsa_request *out)
{
    der_reader imprint, algorithm;
    TRY(der_enter(r, &imprint, DER_SEQUENCE));
    TRY(der_enter(&imprint, &algorithm, DER_SEQUENCE));
    TRY(der_oid(&algorithm, &parts->hash));
    out->bare_hash = der_at_end(&algorithm);
    if (der_next_is(&algorithm, DER_NULL)) {
        TRY(der_null(&algorithm));
    } else if (!out->bare_hash) {
        TRY(der_any(&algorithm, NULL, NULL, NULL));
        parts->other_parameters = true;
    }
    TRY(der_finish(&algorithm));
    TRY(der_value(&imprint, &parts->imprint, DER_OCTET_STRING));
    return der_finish(&imprint);
}

/* [0] IMPLICIT Extensions, at least one (RFC 5280 4.1). */
static err read_extensions(der_reader *r, read_parts *parts)
{
    bytes content;
    extension_list list;
    extension one;
    err e;
    TRY(der_value(r, &content, DER_CONTEXT_CONSTRUCTED(0)));
    extension_list_open(&list, content);
    while ((e = extension_next(&list, &one)) == ERR_OK)
        parts->extensions = true;
    return e == ERR_NOT_FOUND && parts->extensions ? ERR_OK : ERR_DER;
}

/* DER does not write a DEFAULT (X.690 11.5). */
static err read_certificates(der_reader *r, tsa_request *out)
{
    TRY(der_boolean(r, &out->certificates));
    return out->certificates ? ERR_OK : ERR_DER;
}

static err read_after_version(der_reader *r, read_parts *parts, tsa_request *out)
{
    TRY(read_imprint(r, parts, out));
    if (der_next_is(r, DER_OID))
        TRY(der_oid(r, &out->policy));
    if (der_next_is(r, DER_INTEGER))
        TRY(der_integer(r, &out->nonce));
    if (der_next_is(r, DER_BOOLEAN))
        TRY(read_certificates(r, out));
    if (der_next_is(r, DER_CONTEXT_CONSTRUCTED(0)))
        TRY(read_extensions(r, parts));
    return der_finish(r);
}

static err read_version(bytes der, der_reader *request, uint64_t *version)
{
    der_reader outer = der_reader_over(der);
    TRY(der_enter(&outer, request, DER_SEQUENCE));
    TRY(der_finish(&outer));
    return der_uint64(request, version);
}

err tsa_request_read(tsa_request *out, bytes der, tsa_failure *why)
{
    der_reader r;
    uint64_t version;
    read_parts parts = {.extensions = false};
    memset(out, 0, sizeof *out);
    if (der.n > TSA_REQUEST_MAX)
        return refuse(why, TSA_BAD_REQUEST, ERR_LENGTH);
    if (read_version(der, &r, &version) != ERR_OK)
        return refuse(why, TSA_BAD_DATA_FORMAT, ERR_DER);
    if (version != VERSION)
        return refuse(why, TSA_BAD_REQUEST, ERR_PROTOCOL);
    if (read_after_version(&r, &parts, out) != ERR_OK)
        return refuse(why, TSA_BAD_DATA_FORMAT, ERR_DER);
    if (tsa_hash_from_oid(&out->hash, parts.hash) != ERR_OK || parts.other_parameters)
        return refuse(why, TSA_BAD_ALG, ERR_UNSUPPORTED);
    if (parts.imprint.n != tsa_hash_size(out->hash))
        return refuse(why, TSA_BAD_DATA_FORMAT, ERR_LENGTH);
    if (tsa_nonce_check(out->nonce) != ERR_OK)
        return refuse(why, TSA_BAD_REQUEST, ERR_LENGTH);
    if (parts.extensions)
        return refuse(why, TSA_UNACCEPTED_EXTENSION, ERR_UNSUPPORTED);
    out->imprint = parts.imprint;
    return ERR_OK;
}

/* ---- writing ---- */

void tsa_put_imprint(buffer *out, tsa_hash hash, bytes imprint, bool bare_hash)
{
    size_t sequence = der_open(out, DER_SEQUENCE), algorithm = der_open(out, DER_SEQUENCE);
    oid_put(out, hashes[hash].id);
    if (!bare_hash)
        der_put_null(out);
    der_close(out, algorithm);
    der_put(out, DER_OCTET_STRING, imprint);
    der_close(out, sequence);
}

err tsa_request_write(buffer *out, const tsa_request *request)
{
    if (request->imprint.n != tsa_hash_size(request->hash))
        return ERR_LENGTH;
    TRY(tsa_nonce_check(request->nonce));
    size_t sequence = der_open(out, DER_SEQUENCE);
    der_put_uint64(out, VERSION);
    tsa_put_imprint(out, request->hash, request->imprint, request->bare_hash);
    if (request->policy.n > 0)
        der_put(out, DER_OID, request->policy);
    if (request->nonce.n > 0)
        der_put(out, DER_INTEGER, request->nonce);
    if (request->certificates)
        der_put_boolean(out, true);
    der_close(out, sequence);
    return out->overflow ? ERR_LENGTH : ERR_OK;
}
