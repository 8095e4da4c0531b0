/* JSON in requests and answers, over jansson. A request body is read by a table of its fields: unknown, missing, mistyped,
 * too long and ill-encoded ones are each refused by name. */
#ifndef YIQIAN_HTTP_JSON_H
#define YIQIAN_HTTP_JSON_H

#include <jansson.h>

#include "http/problem.h"

typedef enum json_kind {
    JSON_TEXT_FIELD,   /* const char *: UTF-8 of min..max characters, no control, invisible or directional ones, where min > 0 not blanks alone */
    JSON_LINES_FIELD,  /* the same, where line feeds and tabs are allowed */
    JSON_INT_FIELD,    /* int64_t: min..max */
    JSON_BOOL_FIELD,   /* bool */
    JSON_HEX_FIELD,    /* uint8_t[max]: exactly max bytes, 2*max hex digits */
    JSON_UUID_FIELD,   /* uint8_t[16] */
    JSON_BASE64_FIELD, /* bytes: min..max bytes, in the arena */
    JSON_ARRAY_FIELD,  /* json_t *: min..max elements, borrowed from the document */
    JSON_OBJECT_FIELD  /* json_t * */
} json_kind;

typedef struct json_field {
    const char *name;
    json_kind kind;
    bool required; /* where not: left out or null, the target keeps what it held */
    int64_t min, max;
    size_t offset;  /* of the target in the struct */
    size_t present; /* offset of a bool set to whether the field was there, or JSON_NO_PRESENT */
} json_field;

#define JSON_NO_PRESENT ((size_t)-1)

/* From here on JSON documents are wiped when they are freed: tokens, codes and PIN-sensitive values pass through them. Once, before
 * the first document of the process. */
void json_wipe_freed(void);

/* The body as a JSON object: ERR_MEDIA_TYPE (the content type is not application/json), ERR_UTF8, ERR_JSON (also: duplicate keys, nesting over 16).
 * Ownership: json_decref(*out). */
MUST_CHECK err json_body(const http_request *request, json_t **out, fault *f);

/* Reads the fields of object into target; ERR_FIELD_*, with the field's name (prefix before it, "" for none) in f. */
MUST_CHECK err json_read(arena *a, const json_t *object, const json_field *fields, size_t n, void *target,
                         const char *prefix, fault *f);

/* Answers with a JSON document and releases it. */
MUST_CHECK err json_respond(arena *a, http_response *response, int status, json_t *document);

#endif
