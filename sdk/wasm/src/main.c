/* What the module exports (sdk/js/src/engine.ts calls it). */
#include <stdlib.h>
#include <string.h>

#include "base/ct.h"
#include "call.h"
#include "point_table_compute.h"

enum { MEMORY = 1 << 20 };

#define EXPORT(name) __attribute__((export_name(#name)))

/* Read and written outside, as twelve words of 32 bits. */
typedef struct frame {
    const char *name;
    const char *arguments; /* JSON */
    size_t arguments_n;
    const bytes *blobs;
    size_t blobs_n;
    const char *status; /* static text */
    uint8_t *result;    /* JSON; NULL for none */
    size_t result_n;
    uint8_t *problem; /* JSON; NULL for none */
    size_t problem_n;
    uint8_t *content;
    size_t content_n;
} frame;
_Static_assert(sizeof(frame) == 12 * 4 && sizeof(bytes) == 8, "words of 32 bits");

EXPORT(start) void glue_start(void);
EXPORT(alloc) void *glue_alloc(size_t n);
EXPORT(release) void glue_release(void *p, size_t n);
EXPORT(run) void glue_run(frame *f);

/* The linker's. Where nobody calls it, every export would begin and end a program. */
void __wasm_call_ctors(void);

/* Once, before anything else. */
void glue_start(void)
{
    __wasm_call_ctors();
    point_table_compute();
}

/* NULL where memory is out. */
void *glue_alloc(size_t n)
{
    return malloc(n > 0 ? n : 1);
}

void glue_release(void *p, size_t n)
{
    if (p)
        wipe(p, n);
    free(p);
}

static const call_row *find(const char *name)
{
    const call_row *const tables[] = {calls_keys, calls_fingerprint, calls_work,
                                      calls_scan, calls_authorise,   calls_workstation};
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        for (const call_row *row = tables[i]; row->name; row++)
            if (strcmp(row->name, name) == 0)
                return row;
    return NULL;
}

static void write_problem(json_writer *w, const void *value)
{
    const yq_problem *p = value;
    json_writer_begin_object(w, NULL);
    json_writer_int(w, "httpStatus", p->http_status);
    json_writer_text(w, "code", p->code);
    json_writer_text(w, "title", p->title);
    json_writer_text(w, "titleEn", p->title_en);
    json_writer_text(w, "hint", p->hint);
    json_writer_text(w, "hintEn", p->hint_en);
    json_writer_text(w, "detail", p->detail);
    json_writer_text(w, "field", p->field);
    if (p->tries_left >= 0)
        json_writer_int(w, "triesLeft", p->tries_left);
    else
        json_writer_null(w, "triesLeft");
    if (p->retry_after >= 0)
        json_writer_int(w, "retryAfter", p->retry_after);
    else
        json_writer_null(w, "retryAfter");
    json_writer_end_object(w);
}

static yq_status run(call *c, const frame *f)
{
    const call_row *row = find(f->name);
    if (!row || json_reader_open(&c->in, f->arguments, f->arguments_n) != ERR_OK)
        return YQ_INVALID_ARGUMENT;
    /* Room for what is read of the arguments, and for the largest list that a call fills. */
    c->memory = arena_create(16 * f->arguments_n + MEMORY);
    if (!c->memory)
        return YQ_OUT_OF_MEMORY;
    yq_status status = row->run(c);
    arena_destroy(c->memory);
    return status;
}

void glue_run(frame *f)
{
    call c = {.blobs = f->blobs, .blobs_n = f->blobs_n, .problem = {.tries_left = -1, .retry_after = -1}};
    buffer problem = {0};
    yq_status status = run(&c, f);
    if (c.problem.http_status != 0)
        problem = call_json(write_problem, &c.problem);
    f->status = call_status_name(status);
    f->result = c.result.p;
    f->result_n = c.result.n;
    f->problem = problem.p;
    f->problem_n = problem.n;
    f->content = c.content.p;
    f->content_n = c.content.n;
}
