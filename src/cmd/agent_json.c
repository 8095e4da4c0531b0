#include "cmd/agent_json.h"

#include "os/clock.h"

const char *agent_json_state(yq_authorisation_state state)
{
    static const char *const words[] = {[YQ_AUTHORISATION_OFFERED] = "offered",
                                        [YQ_AUTHORISATION_ACTIVE] = "active",
                                        [YQ_AUTHORISATION_CLOSED] = "closed",
                                        [YQ_AUTHORISATION_EXPIRED] = "expired",
                                        [YQ_AUTHORISATION_EXHAUSTED] = "exhausted"};
    return words[state];
}

/* "2026-03-01T08:30:00Z"; null for 0. */
static json_t *time_json(int64_t seconds)
{
    char text[CLOCK_TEXT];
    if (seconds == 0)
        return json_null();
    clock_text(text, seconds * 1000);
    return json_string(text);
}

static json_t *names(const char *const *names, size_t n)
{
    json_t *array = json_array();
    for (size_t i = 0; i < n; i++)
        (void)json_array_append_new(array, json_string(names[i]));
    return array;
}

json_t *agent_json_open(const yq_authorisation_status *s)
{
    return json_pack("{s:s, s:o, s:i}", "name", s->name, "until", time_json(s->scope.until), "count_left",
                     s->count_left);
}

json_t *agent_json_authorisation(const yq_authorisation_status *s)
{
    json_t *object =
        json_pack("{s:s, s:s, s:o, s:o, s:o, s:i, s:i, s:o}", "authorisation", s->authorisation, "state",
                  agent_json_state(s->state), "systems", names(s->scope.systems, s->scope.systems_n), "record_types",
                  names(s->scope.record_types, s->scope.record_types_n), "until", time_json(s->scope.until), "count",
                  s->scope.count, "count_left", s->count_left, "code_expires_at", time_json(s->code_expires));
    if (*s->staff_no)
        (void)json_object_set_new(object, "signer", json_pack("{s:s, s:s}", "staff_no", s->staff_no, "name", s->name));
    if (*s->closed_by)
        (void)json_object_set_new(object, "closed_by", json_string(s->closed_by));
    return object;
}
