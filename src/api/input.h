/* What requests of several resources carry: lists of texts, scopes, times, hex identifiers; and the rows of their tables. */
#ifndef YIQIAN_API_INPUT_H
#define YIQIAN_API_INPUT_H

#include "api/api.h"
#include "service/idempotency.h"

/* A row of a table of fields: a member of the target under its own name, which must be there. */
#define FIELD(type, member, kind, min, max)                                                                            \
    {                                                                                                                  \
        .name = #member, kind, true, min, max, offsetof(type, member), JSON_NO_PRESENT                                 \
    }
#define COUNT(array) (sizeof(array) / sizeof *(array))

/* The whole body by its table; and the protocol number, which is in every message of a device (protocol NULL: the body has none).
 * ERR_PROTOCOL, and json_read's. */
MUST_CHECK err input_message(call *c, const http_request *request, const json_field *fields, size_t n, void *target,
                             const int64_t *protocol);

/* How the person showed that it is he, by the device's word: "pin" (or NULL) or "fingerprint". ERR_FIELD_VALUE (method). */
MUST_CHECK err input_method(call *c, const char *text, bool *by_fingerprint);

/* A body that may be left out. */
MUST_CHECK err input_optional(call *c, const http_request *request, const json_field *fields, size_t n, void *target);

/* A JSON array of strings, copied into the arena; what the strings may be is the use case's to check. ERR_FIELD_TYPE, ERR_MEMORY. */
MUST_CHECK err input_texts(call *c, const json_t *array, const char *field, const char *const **out);

/* A JSON array of scope names (service/scope.h). ERR_FIELD_TYPE, ERR_FIELD_VALUE (unknown, or twice). */
MUST_CHECK err input_scopes(call *c, const json_t *array, uint32_t *out);

/* The same outward. */
json_t *input_scopes_json(uint32_t scopes);

/* A time as RFC 3339 section 5.6 has it ("2026-03-01T16:30:00.123+08:00") as Unix milliseconds; digits beyond milliseconds are dropped.
 * A leap second is refused. ERR_FIELD_VALUE. */
MUST_CHECK err input_time(call *c, const char *field, const char *text, int64_t *out);

/* ?limit= of a listing whose cursor is not a UUID: 1..1000, 100 where it is not given. ERR_FIELD_VALUE. */
MUST_CHECK err input_limit(call *c, const http_request *request, int64_t *out);

/* A decimal number from 0 to max, without sign or spaces. ERR_FIELD_VALUE. */
MUST_CHECK err input_number(call *c, const char *field, const char *text, int64_t max, int64_t *out);

/* The request's Idempotency-Key, 1 to 64 characters of visible ASCII, with its body; none is none. ERR_FIELD_VALUE: there is one, and it is no such text. */
MUST_CHECK err input_idempotency(call *c, const http_request *request, idempotency *out);

/* A certificate's serial number in hex, 1 to 20 bytes; where it is none, *out is empty. In the arena. ERR_MEMORY. */
MUST_CHECK err input_serial(call *c, const char *text, bytes *out);

/* A timestamp's nonce, given as the octets of a number without a sign, big-endian: the content of its INTEGER. ERR_MEMORY. */
MUST_CHECK err input_nonce(call *c, bytes given, bytes *out);

#endif
