/* Values of types.ts, written and read. Writers put one value, unnamed, as call_give wants them. */
#ifndef YIQIAN_WASM_VALUES_H
#define YIQIAN_WASM_VALUES_H

#include "call.h"
#include "yiqian/workstation.h"

void values_text(json_writer *w, const void *terminated);
void values_digest(json_writer *w, const void *bytes_32);
const char *values_kind(yq_kind kind);
void values_key(json_writer *w, const void *yq_key_info_value);
void values_person(json_writer *w, const void *yq_person_value);
void values_task(json_writer *w, const void *yq_task_value);
void values_tasks(json_writer *w, const void *yq_tasks_value);
void values_scope(json_writer *w, const char *name, const yq_scope *scope);
void values_text_list(json_writer *w, const char *name, const char *const *texts, size_t n);

void values_scanned(json_writer *w, const void *yq_scanned_value);

/* What a signing call gives. */
typedef struct values_signed {
    const yq_sign_result *results;
    size_t n;
    yq_sign_summary summary;
} values_signed;
void values_write_signed(json_writer *w, const void *values_signed_value);

/* A Task, whose fields are not read: they are for the eye. ERR_FIELD_*, ERR_MEMORY. */
MUST_CHECK err values_read_task(arena *a, yq_task *out, json_value object);

/* The argument `scanned`, with at most one task. As from yq_scan: freed with yq_scanned_free after YQ_OK. */
YQ_MUST_CHECK yq_status values_scanned_argument(call *c, yq_scanned *out);

/* Gives the results, and then the status that came with them; nothing is given where the arguments were wrong. */
YQ_MUST_CHECK yq_status values_give_signed(call *c, yq_status status, const values_signed *done);

/* The argument `task`. */
YQ_MUST_CHECK yq_status values_task_argument(call *c, yq_task *out);

/* The argument `items` with its bytes from the place `first` on: an item's `document` is how many behind that, or null. */
YQ_MUST_CHECK yq_status values_items(call *c, size_t first, yq_sign_item **items, size_t *n);

MUST_CHECK err values_read_scope(arena *a, yq_scope *out, json_value object);

#endif
