/* What a timestamp token says and what its verification found, as JSON: for the API, and for the command line's own verification. */
#ifndef YIQIAN_API_TSA_JSON_H
#define YIQIAN_API_TSA_JSON_H

#include <jansson.h>

#include "tsa/token_verify.h"

/* {valid, checks: [{check, result, code, detail, detail_en}], structure_at, ... statement}. NULL: no memory. Ownership: json_decref. */
json_t *tsa_json_verification(arena *a, const tsa_verification *v);

/* Adds what the token says to the object; false: no memory. */
bool tsa_json_statement(arena *a, json_t *object, const tsa_token *t);

/* RFC 3339 with microseconds. */
json_t *tsa_json_time(int64_t unix_us);

/* Dotted decimal; JSON null where it is longer than is shown. */
json_t *tsa_json_oid(bytes content);

#endif
