#include "call.h"

#include <stdlib.h>
#include <string.h>

#include "base/ct.h"

enum { JSON_FIRST = 4096, JSON_MAX = 128 << 20 };

static yq_status of_argument(err e)
{
    return e == ERR_OK ? YQ_OK : e == ERR_MEMORY ? YQ_OUT_OF_MEMORY : YQ_INVALID_ARGUMENT;
}

yq_status call_text(call *c, const char **out, const char *name)
{
    json_value value;
    err e = json_reader_field(&value, c->in, name);
    return of_argument(e == ERR_OK ? json_reader_text(c->memory, out, value) : e);
}

/* Missing and null are alike. */
static bool given(call *c, json_value *value, const char *name)
{
    return json_reader_field(value, c->in, name) == ERR_OK && !json_reader_is_null(*value);
}

yq_status call_text_or_null(call *c, const char **out, const char *name)
{
    json_value value;
    *out = NULL;
    return given(c, &value, name) ? of_argument(json_reader_text(c->memory, out, value)) : YQ_OK;
}

yq_status call_int(call *c, int64_t *out, const char *name, int64_t min, int64_t max)
{
    json_value value;
    err e = json_reader_field(&value, c->in, name);
    return of_argument(e == ERR_OK ? json_reader_int(out, value, min, max) : e);
}

yq_status call_bool(call *c, bool *out, const char *name)
{
    json_value value;
    *out = false;
    return given(c, &value, name) ? of_argument(json_reader_bool(out, value)) : YQ_OK;
}

bytes call_blob(const call *c, size_t place)
{
    return place < c->blobs_n ? c->blobs[place] : bytes_of(NULL, 0);
}

/* An empty PIN is not taken for the wish to be asked for the finger. */
yq_status call_proof(call *c, bytes *pin)
{
    bool fingerprint;
    *pin = bytes_of(NULL, 0);
    YQ_TRY(call_bool(c, &fingerprint, "fingerprint"));
    if (fingerprint)
        return YQ_OK;
    *pin = call_blob(c, 0);
    return pin->n > 0 ? YQ_OK : YQ_WEAK_PIN;
}

buffer call_json(void (*write)(json_writer *w, const void *value), const void *value)
{
    for (size_t capacity = JSON_FIRST; capacity <= JSON_MAX; capacity *= 4) {
        json_writer w;
        uint8_t *p = malloc(capacity);
        if (!p)
            break;
        json_writer_init(&w, p, capacity);
        write(&w, value);
        if (!w.out.overflow)
            return w.out;
        wipe(p, capacity);
        free(p);
    }
    return buffer_over(NULL, 0);
}

yq_status call_give(call *c, void (*write)(json_writer *w, const void *value), const void *value)
{
    c->result = call_json(write, value);
    return c->result.p ? YQ_OK : YQ_OUT_OF_MEMORY;
}

yq_status call_give_content(call *c, const uint8_t *p, size_t n)
{
    uint8_t *copy = malloc(n > 0 ? n : 1);
    if (!copy)
        return YQ_OUT_OF_MEMORY;
    c->content = buffer_over(copy, n);
    buffer_put(&c->content, p, n);
    return YQ_OK;
}

const char *call_status_name(yq_status status)
{
    static const char *const names[] = {
        "ok",
        "invalid_argument",
        "out_of_memory",
        "reentered",
        "closed",
        "not_found",
        "wrong_state",
        "limit_reached",
        "weak_pin",
        "declined",
        "entropy_failed",
        "storage_failed",
        "credential_failed",
        "clock_failed",
        "transport_failed",
        "transport_insecure",
        "bad_answer",
        "answer_rejected",
        "refused",
        "pin_wrong",
        "key_locked",
        "document_changed",
        "content_unseen",
        "form_refused",
        "not_attempted",
        "code_invalid",
        "code_expired",
        "out_of_scope",
        "not_active",
        "fingerprint_off",
        "fingerprint_failed",
        "cancelled",
    };
    _Static_assert(sizeof names / sizeof *names == YQ_CANCELLED + 1, "a name for every status");
    return (size_t)status < sizeof names / sizeof *names ? names[status] : "invalid_argument";
}
