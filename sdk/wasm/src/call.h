/* One call from outside: its arguments and its result are JSON whose names are those of sdk/js/src/types.ts; PINs and documents go beside
 * it as bytes. */
#ifndef YIQIAN_WASM_CALL_H
#define YIQIAN_WASM_CALL_H

#include "base/arena.h"
#include "json_reader.h"
#include "json_writer.h"
#include "status.h"

enum { CALL_URL = 256, CALL_TEXT = 1024 };

typedef struct call {
    json_value in; /* the object of arguments */
    arena *memory; /* of what is read from it */
    const bytes *blobs;
    size_t blobs_n;
    buffer result;  /* JSON, allocated; wiped and freed outside */
    buffer content; /* bytes that go with it, likewise */
    yq_problem problem;
} call;

/* Arguments: YQ_INVALID_ARGUMENT where one is missing or of another type, YQ_OUT_OF_MEMORY. Texts live as long as the call. */
YQ_MUST_CHECK yq_status call_text(call *c, const char **out, const char *name);
/* NULL where it is missing or null. */
YQ_MUST_CHECK yq_status call_text_or_null(call *c, const char **out, const char *name);
YQ_MUST_CHECK yq_status call_int(call *c, int64_t *out, const char *name, int64_t min, int64_t max);
/* False where it is missing. */
YQ_MUST_CHECK yq_status call_bool(call *c, bool *out, const char *name);

/* The place-th of the bytes; none where there are not so many. */
bytes call_blob(const call *c, size_t place);

/* The PIN that is the first of the bytes; or none, where the argument `fingerprint` says that the finger is to be asked for. */
YQ_MUST_CHECK yq_status call_proof(call *c, bytes *pin);

/* Writes the result by `write`, which puts one unnamed value. YQ_OUT_OF_MEMORY. */
YQ_MUST_CHECK yq_status call_give(call *c, void (*write)(json_writer *w, const void *value), const void *value);

/* Text made by `write`, allocated: for questions. p is NULL where memory is out. */
buffer call_json(void (*write)(json_writer *w, const void *value), const void *value);

/* Gives a copy of the bytes. */
YQ_MUST_CHECK yq_status call_give_content(call *c, const uint8_t *p, size_t n);

/* As Status of types.ts. */
const char *call_status_name(yq_status status);

/* What the table of calls.c holds. */
typedef struct call_row {
    const char *name;
    yq_status (*run)(call *c);
} call_row;

extern const call_row calls_keys[], calls_fingerprint[], calls_work[], calls_scan[], calls_authorise[],
    calls_workstation[];

#endif
