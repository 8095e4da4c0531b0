#include "api/repeats.h"

#include <string.h>

#include "api/input.h"
#include "os/log.h"
#include "service/once.h"

/* An answer is kept as status (2 octets, big-endian), the texts content type, name and value of each header, each with its zero, an empty text, and the body. */
enum { STATUS = 2, ACCEPTED = 202 };

static size_t put(uint8_t *out, size_t at, const char *text)
{
    size_t n = strlen(text) + 1;
    if (out)
        memcpy(out + at, text, n);
    return at + n;
}

/* out NULL: only how long it is. */
static size_t write_answer(const http_response *r, uint8_t *out)
{
    size_t at = STATUS;
    if (out) {
        out[0] = (uint8_t)(r->status >> 8);
        out[1] = (uint8_t)r->status;
    }
    at = put(out, at, r->content_type ? r->content_type : "");
    for (size_t i = 0; i < HTTP_HEADERS_OUT && r->headers[i].name; i++) {
        at = put(out, at, r->headers[i].name);
        at = put(out, at, r->headers[i].value);
    }
    at = put(out, at, "");
    if (out && r->body.n > 0)
        memcpy(out + at, r->body.p, r->body.n);
    return at + r->body.n;
}

/* The next text; NULL at the end. It was sealed by this program, and is looked at all the same. */
static const char *take(bytes *left)
{
    const uint8_t *end = left->n > 0 ? memchr(left->p, 0, left->n) : NULL;
    const char *text = (const char *)left->p;
    if (!end)
        return NULL;
    size_t n = (size_t)(end - left->p) + 1;
    *left = bytes_of(left->p + n, left->n - n);
    return text;
}

static err read_answer(bytes kept, http_response *out)
{
    *out = (http_response){0};
    if (kept.n < STATUS)
        return ERR_CORRUPT;
    out->status = kept.p[0] << 8 | kept.p[1];
    bytes left = bytes_of(kept.p + STATUS, kept.n - STATUS);
    out->content_type = take(&left);
    if (!out->content_type)
        return ERR_CORRUPT;
    if (!*out->content_type)
        out->content_type = NULL;
    size_t n = 0;
    for (const char *name = take(&left); !name || *name; name = take(&left)) {
        const char *value = name && n + 1 < HTTP_HEADERS_OUT ? take(&left) : NULL;
        if (!value)
            return ERR_CORRUPT;
        out->headers[n].name = name;
        out->headers[n++].value = value;
    }
    out->headers[n].name = "Idempotency-Replayed";
    out->headers[n].value = "true";
    out->body = left;
    return ERR_OK;
}

/* Whoever is given a secret again is on record before he has it. */
static err replay(api_call *ac, const http_request *request, bytes kept, http_response *out)
{
    call *c = &ac->call;
    http_response before;
    TRY(read_answer(kept, &before));
    bool asked = request->route->who & WHO_SECOND && before.status == ACCEPTED;
    c->audit_event = asked ? "approval.ask" : request->route->audit_event;
    c->subject = NULL;
    c->detail = "repeated";
    c->once = NULL;
    TRY(call_commit(c, store_unit_begin(c->arena)));
    *out = before;
    return ERR_OK;
}

/* The act stands whatever becomes of this. */
static void keep(call *c, const struct call_once *once, const http_response *response)
{
    size_t n = write_answer(response, NULL);
    uint8_t *plain = response->has_file ? NULL : arena_alloc(c->arena, n);
    if (!plain)
        return;
    (void)write_answer(response, plain);
    err e = once_keep(c, once, bytes_of(plain, n));
    if (e != ERR_OK)
        log_write(LOG_ERROR, "api", "an answer could not be kept for its repetition code=%s", err_code(e));
}

err repeats_run(api_call *ac, http_request *request, http_response *response, http_handler act)
{
    call *c = &ac->call;
    idempotency once = {0};
    bytes before;
    if (request->route->who & WHO_ONCE)
        TRY(input_idempotency(c, request, &once));
    if (!once.key)
        return act(ac, request, response);
    if (*request->query)
        once.path = arena_printf(c->arena, "%s?%s", request->path, request->query);
    if (!once.path)
        return ERR_MEMORY;
    TRY(once_begin(c, &once, &before));
    if (before.n > 0)
        return replay(ac, request, before, response);
    const struct call_once *mine = c->once;
    err e = act(ac, request, response);
    if (once_is_noted(mine)) {
        if (e == ERR_OK)
            keep(c, mine, response);
        return e;
    }
    if (e == ERR_OK)
        return e;
    /* The key may have come twice at the same moment: the other one was first. */
    err other = once_begin(c, &once, &before);
    if (before.n == 0 && other != ERR_BUSY && other != ERR_ANSWER_LOST && other != ERR_IDEMPOTENCY)
        return e;
    fault_clear(&c->fault);
    return before.n > 0 ? replay(ac, request, before, response) : other;
}
