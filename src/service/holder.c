#include "service/holder.h"

#include <string.h>

#include "asn1/name.h"
#include "pki/cert.h"

const char *holder_attribute(arena *a, bytes name, oid attribute)
{
    size_t cap = 4 * name.n + 64;
    buffer b = buffer_over(arena_alloc(a, cap), cap - 1);
    if (!b.p)
        return NULL;
    err e = attribute == OID_UNKNOWN ? name_text(&b, name) : name_value(&b, name, attribute);
    return e == ERR_OK && !b.overflow && memchr(b.p, 0, b.n) == NULL ? (const char *)b.p : NULL;
}

const char *holder_name(arena *a, bytes certificate, const char *otherwise)
{
    cert parsed;
    const char *name = certificate.n > 0 && cert_parse(&parsed, certificate) == ERR_OK
                           ? holder_attribute(a, parsed.subject, OID_COMMON_NAME)
                           : NULL;
    return name ? name : otherwise;
}
