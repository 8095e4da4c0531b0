/* The person's other phones: step 11 of docs/spec/device-api.md. */
#include <string.h>

#include "base/text.h"
#include "keys.h"
#include "wire.h"

enum { ANSWER_MAX = 256 * 1024 };

static err read_key(yq_other_key *out, json_value object)
{
    const struct {
        const char *name;
        char *to;
        size_t cap;
    } texts[] = {{"state", out->state, sizeof out->state},
                 {"device_name", out->device_name, sizeof out->device_name},
                 {"platform", out->platform, sizeof out->platform},
                 {"created_at", out->created_at, sizeof out->created_at}};
    json_value value;
    uint8_t id[16];
    memset(out, 0, sizeof *out);
    TRY(json_reader_field(&value, object, "key_id"));
    TRY(json_reader_uuid(id, value));
    uuid_encode(out->key_id, id);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        TRY(json_reader_field(&value, object, texts[i].name));
        TRY(json_reader_copy(texts[i].to, texts[i].cap, value));
    }
    return ERR_OK;
}

static err read_keys(yq_other_key *out, size_t capacity, size_t *n, json_value root)
{
    json_value array, element;
    size_t position = 0;
    TRY(json_reader_field(&array, root, "keys"));
    TRY(json_reader_count(n, array, YQ_OTHER_KEYS_MAX));
    for (size_t i = 0; i < capacity && json_reader_next(&element, array, &position); i++)
        TRY(read_key(&out[i], element));
    return ERR_OK;
}

static yq_status list(yq_device *device, const char *name, yq_other_key *out, size_t capacity, size_t *n)
{
    const wire_call call = {"GET", "/v1/device/other-keys", NULL, 0, ANSWER_MAX};
    wire_answer answer = {0};
    json_value root;
    context_key *key;
    YQ_TRY(keys_enrolled(&key, device, name));
    yq_status status = wire_request(device, key, &call, &answer);
    if (status == YQ_OK)
        status = wire_open(&root, &answer);
    if (status == YQ_OK)
        status = status_of_answer(read_keys(out, capacity, n, root));
    wire_answer_free(&answer);
    return status == YQ_OK && *n > capacity ? YQ_LIMIT_REACHED : status;
}

yq_status yq_list_other_keys(yq_device *device, const char *key, yq_other_key *out, size_t capacity, size_t *n,
                             yq_problem *problem)
{
    context_clear_problem(problem);
    if (!n || (!out && capacity > 0))
        return YQ_INVALID_ARGUMENT;
    *n = 0;
    YQ_TRY(context_enter(device, problem));
    return context_leave(device, list(device, key, out, capacity, n), problem);
}

static yq_status report(yq_device *device, const char *name, const uint8_t lost[16])
{
    uint8_t body[WIRE_BODY];
    json_writer w;
    wire_answer answer = {0};
    context_key *key;
    YQ_TRY(keys_enrolled(&key, device, name));
    if (memcmp(lost, key->stored.key_id, sizeof key->stored.key_id) == 0)
        return YQ_INVALID_ARGUMENT;
    wire_begin(&w, body, sizeof body);
    json_writer_uuid(&w, "key_id", lost);
    YQ_TRY(wire_end(&w));
    const wire_call call = {"POST", "/v1/device/lost", w.out.p, w.out.n, WIRE_SMALL};
    yq_status status = wire_request(device, key, &call, &answer);
    wire_answer_free(&answer);
    return status;
}

yq_status yq_report_lost(yq_device *device, const char *key, const char *lost_key_id, yq_problem *problem)
{
    uint8_t lost[16];
    context_clear_problem(problem);
    if (!lost_key_id || uuid_decode(lost, lost_key_id, strlen(lost_key_id)) != ERR_OK)
        return YQ_INVALID_ARGUMENT;
    YQ_TRY(context_enter(device, problem));
    return context_leave(device, report(device, key, lost), problem);
}
