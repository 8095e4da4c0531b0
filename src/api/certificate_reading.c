#include "api/certificate_reading.h"

#include <string.h>

#include "asn1/name.h"
#include "crypto/sm3.h"
#include "pki/extension_text.h"

/* As RFC 4514 has it. */
static json_t *name_json(call *c, bytes name)
{
    size_t cap = 4 * name.n + 64;
    buffer b = buffer_over(arena_alloc(c->arena, cap), cap - 1);
    if (!b.p || name_text(&b, name) != ERR_OK)
        return NULL;
    return json_stringn((const char *)b.p, b.n);
}

static json_t *oid_json(bytes content)
{
    char text[512];
    buffer b = buffer_over(text, sizeof text);
    return oid_to_text(&b, content) == ERR_OK ? json_stringn(text, b.n) : NULL;
}

static json_t *known_json(bytes content)
{
    oid known = oid_from_octets(content);
    return known == OID_UNKNOWN ? json_null() : json_string(oid_name(known));
}

static json_t *extension_json(call *c, const extension *x)
{
    size_t cap = 8 * x->value.n + 512;
    buffer b = buffer_over(arena_alloc(c->arena, cap), cap);
    if (!b.p)
        return NULL;
    /* What does not fit into that is cut off: the value stands beside it whole. Text of others need not be UTF-8. */
    (void)!extension_text(&b, x);
    json_t *text = json_stringn((const char *)b.p, b.n);
    return json_pack("{s:o, s:o, s:b, s:o, s:o}", "oid", oid_json(x->type), "name", known_json(x->type), "critical",
                     x->critical, "value", api_base64(c->arena, x->value), "text", text ? text : json_string(""));
}

static json_t *extensions_json(call *c, const cert *x)
{
    json_t *items = json_array();
    extension_list list;
    extension one;
    extension_list_open(&list, x->extensions);
    while (extension_next(&list, &one) == ERR_OK)
        json_array_append_new(items, extension_json(c, &one));
    return items;
}

static json_t *usages_json(const cert *x)
{
    json_t *items = json_array();
    for (unsigned i = 0; i < EXTENSION_KEY_USAGES; i++)
        if (x->key_usage & 1u << i)
            json_array_append_new(items, json_string(extension_key_usage_name(i)));
    return items;
}

/* The AlgorithmIdentifier inside what is signed: behind version and serial number. */
static json_t *algorithm_json(const cert *x)
{
    der_reader outer = der_reader_over(x->tbs), tbs, algorithm;
    bytes type;
    if (der_enter(&outer, &tbs, DER_SEQUENCE) != ERR_OK)
        return NULL;
    if (der_next_is(&tbs, DER_CONTEXT_CONSTRUCTED(0)) && der_any(&tbs, NULL, NULL, NULL) != ERR_OK)
        return NULL;
    if (der_any(&tbs, NULL, NULL, NULL) != ERR_OK || der_enter(&tbs, &algorithm, DER_SEQUENCE) != ERR_OK ||
        der_oid(&algorithm, &type) != ERR_OK)
        return NULL;
    return oid_from_octets(type) == OID_UNKNOWN ? oid_json(type) : known_json(type);
}

static json_t *fingerprint_json(const cert *x)
{
    uint8_t digest[SM3_SIZE];
    if (x->der.n == 0)
        return json_null();
    sm3(digest, x->der.p, x->der.n);
    return api_hex(digest, sizeof digest);
}

json_t *certificate_reading_json(call *c, const cert *x)
{
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:s, s:o, s:o, s:o, s:I, s:o}", "serial",
                     api_hex(x->serial.p, x->serial.n), "signature_algorithm", algorithm_json(x), "issuer",
                     name_json(c, x->issuer), "subject", name_json(c, x->subject), "not_before",
                     api_time(x->not_before_ms), "not_after", api_time(x->not_after_ms), "key_algorithm",
                     x->is_sm2 ? "SM2" : "other", "public_key",
                     x->is_sm2 ? api_hex(x->public_key, sizeof x->public_key) : json_null(), "key_usage",
                     usages_json(x), "extensions", extensions_json(c, x), "size",
                     (json_int_t)(x->der.n ? x->der.n : x->tbs.n), "fingerprint_sm3", fingerprint_json(x));
}
