#include "cmd/signature.h"

#include <string.h>

#include "base/text.h"
#include "pki/pem.h"

err signature_bytes(session *s, const json_t *text, bytes *out)
{
    const char *base64 = json_string_value(text);
    return base64 ? base64_decode(s->arena, base64, strlen(base64), out) : ERR_JSON;
}

err signature_pem(session *s, const json_t *signature, const char **pem)
{
    const json_t *chain = json_object_get(signature, "chain");
    bytes der;
    TRY(signature_bytes(s, json_object_get(signature, "certificate"), &der));
    *pem = pem_encode(s->arena, PEM_CERTIFICATE, der);
    for (size_t i = 0; i < json_array_size(chain) && *pem; i++) {
        TRY(signature_bytes(s, json_array_get(chain, i), &der));
        const char *next = pem_encode(s->arena, PEM_CERTIFICATE, der);
        *pem = next ? arena_printf(s->arena, "%s%s", *pem, next) : NULL;
    }
    return *pem ? ERR_OK : ERR_MEMORY;
}
