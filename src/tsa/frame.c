#include "tsa/frame.h"

#include "base/text.h"

enum { NUMBER = 4, NUMBERS_MAX = 2 };

/* What a value consists of: 32-bit numbers, then, where there is one, a message of at least one octet. */
typedef struct layout {
    unsigned numbers;
    bool message;
} layout;

static const layout layouts[FRAME_TYPES] = {
    [FRAME_MESSAGE] = {0, true},       [FRAME_POLL_REPLY] = {2, false},
    [FRAME_POLL_REQUEST] = {1, false}, [FRAME_NEGATIVE_POLL_REPLY] = {0, true},
    [FRAME_PARTIAL_REPLY] = {2, true}, [FRAME_FINAL_REPLY] = {0, true},
    [FRAME_ERROR] = {0, true},
};

static bool fits(frame_type type, size_t value_n)
{
    const layout *l = &layouts[type];
    size_t least = (size_t)NUMBER * l->numbers + l->message;
    return type == FRAME_NEGATIVE_POLL_REPLY ? value_n == 1 : l->message ? value_n >= least : value_n == least;
}

err frame_head(const uint8_t head[FRAME_HEAD], size_t max, size_t *value_n)
{
    uint32_t length = load_u32be(head);
    if (head[4] >= FRAME_TYPES)
        return ERR_UNSUPPORTED;
    if (length == 0 || length - 1 > max || !fits(head[4], length - 1))
        return ERR_LENGTH;
    *value_n = length - 1;
    return ERR_OK;
}

/* The message itself, by its type. */
static err check_message(frame_type type, bytes message)
{
    if (type == FRAME_NEGATIVE_POLL_REPLY)
        return message.p[0] == 0 ? ERR_OK : ERR_ENCODING;
    if (type == FRAME_ERROR)
        return utf8_valid((const char *)message.p, message.n) ? ERR_OK : ERR_ENCODING;
    return ERR_OK;
}

err frame_read(frame *out, bytes whole)
{
    size_t value_n;
    if (whole.n < FRAME_HEAD)
        return ERR_LENGTH;
    TRY(frame_head(whole.p, whole.n - FRAME_HEAD, &value_n));
    if (value_n != whole.n - FRAME_HEAD)
        return ERR_LENGTH;
    const uint8_t *at = whole.p + FRAME_HEAD;
    *out = (frame){.type = whole.p[4]};
    const layout *l = &layouts[out->type];
    uint32_t *const numbers[NUMBERS_MAX] = {&out->reference, &out->check_back};
    for (unsigned i = 0; i < l->numbers; i++, at += NUMBER)
        *numbers[i] = load_u32be(at);
    if (!l->message)
        return ERR_OK;
    bytes message = bytes_of(at, (size_t)(whole.p + whole.n - at));
    TRY(check_message(out->type, message));
    if (out->type != FRAME_NEGATIVE_POLL_REPLY)
        out->message = message;
    return ERR_OK;
}

err frame_write(buffer *out, const frame *f)
{
    static const uint8_t no_more = 0;
    if ((unsigned)f->type >= FRAME_TYPES)
        return ERR_ARG;
    const layout *l = &layouts[f->type];
    bytes message = !l->message                            ? bytes_of(NULL, 0)
                    : f->type == FRAME_NEGATIVE_POLL_REPLY ? bytes_of(&no_more, 1)
                                                           : f->message;
    if (message.n >= UINT32_MAX - NUMBER * NUMBERS_MAX || !fits(f->type, (size_t)NUMBER * l->numbers + message.n))
        return ERR_LENGTH;
    size_t value_n = (size_t)NUMBER * l->numbers + message.n;
    if (l->message)
        TRY(check_message(f->type, message));
    if (out->overflow || out->cap - out->n < FRAME_HEAD + value_n)
        return ERR_LIMIT;
    buffer_put_u32be(out, (uint32_t)(value_n + 1));
    buffer_put_u8(out, (uint8_t)f->type);
    const uint32_t numbers[NUMBERS_MAX] = {f->reference, f->check_back};
    for (unsigned i = 0; i < l->numbers; i++)
        buffer_put_u32be(out, numbers[i]);
    buffer_put(out, message.p, message.n);
    return ERR_OK;
}
