#include "api/input.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "mpc/mpc.h"
#include "os/clock.h"
#include "pki/cert.h"
#include "service/scope.h"

static err element_text(call *c, const json_t *array, size_t i, const char *field, const char **out)
{
    const json_t *element = json_array_get(array, i);
    if (!json_is_string(element))
        return fault_field(&c->fault, fault_set(&c->fault, ERR_FIELD_TYPE, "want a string"), "%s[%zu]", field, i);
    *out = arena_text(c->arena, json_string_value(element), json_string_length(element));
    return *out ? ERR_OK : ERR_MEMORY;
}

err input_message(call *c, const http_request *request, const json_field *fields, size_t n, void *target,
                  const int64_t *protocol)
{
    json_t *body;
    TRY(json_body(request, &body, &c->fault));
    err e = json_read(c->arena, body, fields, n, target, "", &c->fault);
    json_decref(body);
    if (e == ERR_OK && protocol && *protocol != MPC_VERSION)
        return fault_field(&c->fault, ERR_PROTOCOL, "protocol");
    return e;
}

err input_method(call *c, const char *text, bool *by_fingerprint)
{
    *by_fingerprint = text && strcmp(text, "fingerprint") == 0;
    return !text || *by_fingerprint || strcmp(text, "pin") == 0 ? ERR_OK
                                                                : fault_field(&c->fault, ERR_FIELD_VALUE, "method");
}

err input_optional(call *c, const http_request *request, const json_field *fields, size_t n, void *target)
{
    json_t *body;
    if (request->body.n == 0)
        return ERR_OK;
    TRY(json_body(request, &body, &c->fault));
    err e = json_read(c->arena, body, fields, n, target, "", &c->fault);
    json_decref(body);
    return e;
}

err input_texts(call *c, const json_t *array, const char *field, const char *const **out)
{
    size_t n = json_array_size(array);
    const char **texts = arena_alloc(c->arena, n * sizeof *texts);
    if (!texts)
        return ERR_MEMORY;
    for (size_t i = 0; i < n; i++)
        TRY(element_text(c, array, i, field, &texts[i]));
    *out = texts;
    return ERR_OK;
}

err input_scopes(call *c, const json_t *array, uint32_t *out)
{
    *out = 0;
    for (size_t i = 0; i < json_array_size(array); i++) {
        const char *name = NULL;
        TRY(element_text(c, array, i, "scopes", &name));
        uint32_t bit = scope_bit(name);
        if (!bit || *out & bit)
            return fault_field(&c->fault, ERR_FIELD_VALUE, "scopes[%zu]", i);
        *out |= bit;
    }
    return ERR_OK;
}

json_t *input_scopes_json(uint32_t scopes)
{
    json_t *array = json_array();
    for (unsigned i = 0; i < SCOPE_COUNT; i++)
        if (scopes >> i & 1)
            json_array_append_new(array, json_string(scope_name(i)));
    return array;
}

err input_time(call *c, const char *field, const char *text, int64_t *out)
{
    if (clock_read(out, text))
        return ERR_OK;
    fault_set(&c->fault, ERR_FIELD_VALUE, "want a time like 2026-03-01T16:30:00+08:00 (RFC 3339)");
    return fault_field(&c->fault, ERR_FIELD_VALUE, "%s", field);
}

err input_number(call *c, const char *field, const char *text, int64_t max, int64_t *out)
{
    *out = 0;
    for (const char *p = text; *p; p++) {
        int digit = *p - '0';
        if (digit < 0 || digit > 9 || *out > (max - digit) / 10)
            return fault_field(&c->fault, ERR_FIELD_VALUE, "%s", field);
        *out = *out * 10 + digit;
    }
    return *text ? ERR_OK : fault_field(&c->fault, ERR_FIELD_VALUE, "%s", field);
}

err input_limit(call *c, const http_request *request, int64_t *out)
{
    const char *text = http_query(request, "limit");
    *out = 100;
    if (!text)
        return ERR_OK;
    TRY(input_number(c, "limit", text, 1000, out));
    return *out >= 1 ? ERR_OK : fault_field(&c->fault, ERR_FIELD_VALUE, "limit");
}

err input_serial(call *c, const char *text, bytes *out)
{
    size_t n = strlen(text);
    *out = bytes_of(NULL, 0);
    if (n == 0 || n % 2 != 0 || n / 2 > CERT_SERIAL_MAX)
        return ERR_OK;
    uint8_t *serial = arena_alloc(c->arena, n / 2);
    if (!serial)
        return ERR_MEMORY;
    if (hex_decode(serial, n / 2, text, n) == ERR_OK)
        *out = bytes_of(serial, n / 2);
    return ERR_OK;
}

err input_idempotency(call *c, const http_request *request, idempotency *out)
{
    static const char header[] = "Idempotency-Key";
    size_t n = 0;
    *out = (idempotency){http_header(request, header), request->body, request->path};
    if (!out->key && !http_has_header(request, header))
        return ERR_OK;
    while (out->key && out->key[n] > ' ' && out->key[n] < 0x7f)
        n++;
    return n >= 1 && n <= IDEMPOTENCY_KEY_MAX && !out->key[n] ? ERR_OK
                                                              : fault_field(&c->fault, ERR_FIELD_VALUE, header);
}

/* In DER: an octet before one that would be a sign, and none that says nothing (X.690 8.3.2). */
err input_nonce(call *c, bytes given, bytes *out)
{
    uint8_t *octets = arena_alloc(c->arena, given.n + 1);
    size_t from = 0;
    if (!octets)
        return ERR_MEMORY;
    memcpy(octets + 1, given.p, given.n);
    while (from < given.n && octets[from] == 0 && octets[from + 1] < 0x80)
        from++;
    *out = bytes_of(octets + from, given.n + 1 - from);
    return ERR_OK;
}
