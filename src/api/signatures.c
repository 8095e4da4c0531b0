#include "api/signatures.h"

#include <inttypes.h>
#include <string.h>

#include "api/input.h"
#include "api/task_body.h"
#include "api/tsa_json.h"
#include "api/verifications.h"
#include "base/text.h"
#include "service/signature_search.h"
#include "service/signature_story.h"

enum { TEXT_MAX = 512 /* octets of a query argument */ };

/* ---- searching ---- */

static err read_text(call *c, const http_request *request, const char *name, const char **out)
{
    *out = http_query(request, name);
    if (*out && (!**out || strlen(*out) > TEXT_MAX))
        return fault_field(&c->fault, ERR_FIELD_LENGTH, "%s", name);
    return ERR_OK;
}

/* "<ms>.<uuid>", as place_text makes it. */
static err read_place(call *c, const http_request *request, signature_filter *out)
{
    const char *text = http_query(request, "after"), *dot = text ? strchr(text, '.') : NULL;
    if (!text)
        return ERR_OK;
    out->has_after = true;
    const char *number = dot ? arena_text(c->arena, text, (size_t)(dot - text)) : "";
    if (!number)
        return ERR_MEMORY;
    TRY(input_number(c, "after", number, INT64_MAX, &out->after.signed_ms));
    if (!dot || uuid_decode(out->after.task, dot + 1, strlen(dot + 1)) != ERR_OK)
        return fault_field(&c->fault, ERR_FIELD_VALUE, "after");
    return ERR_OK;
}

static json_t *place_text(const signature_place *place)
{
    char id[UUID_TEXT];
    uuid_encode(id, place->task);
    return json_sprintf("%" PRId64 ".%s", place->signed_ms, id);
}

static err read_period(call *c, const http_request *request, signature_filter *out)
{
    const char *from = http_query(request, "from"), *to = http_query(request, "to");
    out->to_ms = INT64_MAX;
    if (from)
        TRY(input_time(c, "from", from, &out->from_ms));
    if (to)
        TRY(input_time(c, "to", to, &out->to_ms));
    return out->from_ms < out->to_ms ? ERR_OK : fault_field(&c->fault, ERR_FIELD_VALUE, "from");
}

static err read_method(call *c, const http_request *request, const char **out)
{
    static const char *const methods[] = {"pin", "fingerprint", "authorisation"};
    *out = http_query(request, "method");
    bool known = !*out;
    for (size_t i = 0; !known && i < COUNT(methods); i++)
        known = strcmp(*out, methods[i]) == 0;
    return known ? ERR_OK : fault_field(&c->fault, ERR_FIELD_VALUE, "method");
}

static err read_filter(call *c, const http_request *request, uint8_t system_id[16], signature_filter *out)
{
    *out = (signature_filter){0};
    TRY(api_query_only(
        c, request,
        "person system reference reference_prefix record_type department method title from to after limit"));
    TRY(input_limit(c, request, &out->limit));
    if (out->limit > SIGNATURE_SEARCH_PAGE)
        out->limit = SIGNATURE_SEARCH_PAGE;
    const struct {
        const char *name, **into;
    } texts[] = {{"person", &out->person},
                 {"reference", &out->reference},
                 {"reference_prefix", &out->reference_prefix},
                 {"record_type", &out->record_type},
                 {"department", &out->department},
                 {"title", &out->title}};
    for (size_t i = 0; i < COUNT(texts); i++)
        TRY(read_text(c, request, texts[i].name, texts[i].into));
    if (out->reference && out->reference_prefix)
        return fault_field(&c->fault, ERR_FIELD_VALUE, "reference_prefix");
    const char *system = http_query(request, "system");
    if (system) {
        if (uuid_decode(system_id, system, strlen(system)) != ERR_OK)
            return fault_field(&c->fault, ERR_FIELD_VALUE, "system");
        out->system_id = system_id;
    }
    TRY(read_method(c, request, &out->method));
    TRY(read_period(c, request, out));
    return read_place(c, request, out);
}

static json_t *entry_json(const signature_entry *e)
{
    return json_pack("{s:o, s:o, s:s, s:s, s:s, s:s, s:s, s:s, s:s?, s:s, s:{s:o, s:s}, s:{s:o, s:s, s:s}, s:s?, s:s?, "
                     "s:o, s:s?, s:s}",
                     "task", api_uuid(e->place.task), "signed_at", api_time(e->place.signed_ms), "method", e->method,
                     "form", e->form, "kind", e->kind, "title", e->title, "reference", e->reference, "record_type",
                     e->record_type, "department", e->department, "state", e->task_state, "system", "system",
                     api_uuid(e->system_id), "name", e->system, "signer", "user", api_uuid(e->user_id), "staff_no",
                     e->staff_no, "name", e->name, "platform", e->platform, "workstation", e->workstation, "serial",
                     api_hex(e->serial.p, e->serial.n), "certificate_state", e->certificate_state, "timestamp",
                     e->stamped        ? "stamped"
                     : e->stamp_wanted ? "pending"
                                       : "none");
}

err signatures_list(void *app, http_request *request, http_response *response)
{
    call *c = app;
    uint8_t system_id[16];
    signature_filter filter;
    signature_page page;
    TRY(read_filter(c, request, system_id, &filter));
    TRY(signature_search(c, &filter, &page));
    json_t *items = json_array();
    for (size_t i = 0; i < page.n; i++)
        json_array_append_new(items, entry_json(&page.entries[i]));
    return json_respond(c->arena, response, 200,
                        json_pack("{s:o, s:o, s:o}", "items", items, "next",
                                  page.more ? place_text(&page.next) : json_null(), "searched_to",
                                  page.more ? api_time(page.next.signed_ms) : json_null()));
}

/* ---- one ---- */

static json_t *event_json(const story_event *e)
{
    return json_pack("{s:o, s:s, s:s, s:s?, s:s?, s:s?, s:s?, s:s?, s:I}", "time", api_time(e->row.time_ms), "event",
                     e->row.event, "outcome", e->row.outcome, "actor", e->row.actor, "actor_name", e->actor_name,
                     "device", e->device, "origin", e->row.origin, "detail", e->row.detail, "sequence",
                     (json_int_t)e->row.sequence);
}

static json_t *callback_json(const callback *b)
{
    return json_pack("{s:o, s:o, s:s, s:s, s:I, s:I, s:o, s:o, s:o, s:s?}", "callback", api_uuid(b->id), "endpoint",
                     api_uuid(b->endpoint_id), "event", b->event, "state", b->state, "sequence",
                     (json_int_t)b->sequence, "tries", (json_int_t)b->tries, "happened_at", api_time(b->happened_ms),
                     "finished_at", api_time(b->finished_ms), "last_status",
                     b->last_status ? json_integer(b->last_status) : json_null(), "last_error", b->last_error);
}

static json_t *authorisation_json(const authorisation *a)
{
    return json_pack("{s:o, s:s, s:{s:o, s:s, s:s}, s:s?, s:o, s:o, s:o, s:s?}", "authorisation", api_uuid(a->id),
                     "state", a->state, "workstation", "workstation", api_uuid(a->workstation_id), "name",
                     a->workstation_name, "place", a->workstation_place, "method", a->method, "approved_at",
                     api_time(a->approved_ms), "expires_at", api_time(a->expires_ms), "closed_at",
                     api_time(a->closed_ms), "closed_by", a->closed_by);
}

static json_t *key_json(const signature_story *s)
{
    return json_pack("{s:o, s:s, s:o, s:s?, s:s?}", "key_id", api_uuid(s->key_id), "state", s->key_state, "device",
                     s->has_device ? api_uuid(s->device_id) : json_null(), "device_name", s->device_name, "platform",
                     s->platform);
}

static json_t *certificate_json(const signature_story *s)
{
    const certificate_view *x = &s->certificate;
    return json_pack("{s:o, s:s, s:s, s:o, s:o, s:o, s:s?, s:o}", "serial", api_hex(x->serial.p, x->serial.n),
                     "state_at_signing", s->certificate_then, "state_now", x->state, "not_before",
                     api_time(x->not_before_ms), "not_after", api_time(x->not_after_ms), "revoked_at",
                     api_time(x->revoked_ms), "reason", x->revoked_ms ? certificate_reason_name(x->reason) : NULL,
                     "created_at", api_time(x->created_ms));
}

static json_t *claim_json(const signature_story *s)
{
    if (!s->claimed_ms)
        return json_null();
    return json_pack("{s:o, s:s, s:o}", "claimed_at", api_time(s->claimed_ms), "method", s->claim_method, "sid",
                     api_hex(s->sid, sizeof s->sid));
}

static json_t *story_json(call *c, const signature_story *s)
{
    json_t *events = json_array(), *callbacks = json_array(), *of = task_body_json(c, &s->task);
    for (size_t i = 0; i < s->events_n; i++)
        json_array_append_new(events, event_json(&s->events[i]));
    for (size_t i = 0; i < s->callbacks_n; i++)
        json_array_append_new(callbacks, callback_json(&s->callbacks[i]));
    (void)json_object_set_new(
        of, "system", json_pack("{s:o, s:s}", "system", api_uuid(s->task.system_id), "name", s->task.system_name));
    if (s->token.n > 0)
        (void)json_object_set_new(json_object_get(of, "timestamp"), "token", api_base64(c->arena, s->token));
    if (s->cms.n > 0)
        (void)json_object_set_new(json_object_get(of, "signature"), "cms", api_base64(c->arena, s->cms));
    return json_pack(
        "{s:s, s:o, s:s, s:o, s:o, s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "format", "yiqian/signature/1",
        "made_at", api_time(c->now_ms), "organisation", service_organisation(c->service), "task", of, "events", events,
        "events_whole", s->events_whole, "claim", claim_json(s), "failures_before",
        s->failures_before < 0 ? json_null() : json_integer(s->failures_before), "key",
        s->key_state ? key_json(s) : json_null(), "authorisation",
        s->has_authorisation ? authorisation_json(&s->authorisation) : json_null(), "certificate",
        s->has_certificate ? certificate_json(s) : json_null(), "clock",
        s->clock_state ? json_pack("{s:s, s:o, s:I}", "state", s->clock_state, "since", tsa_json_time(s->clock_at_us),
                                   "sequence", (json_int_t)s->clock_sequence)
                       : json_null(),
        "callbacks", callbacks, "verification",
        s->has_verification ? verifications_json(c, &s->verification) : json_null());
}

err signatures_get(void *app, http_request *request, http_response *response)
{
    call *c = app;
    uint8_t id[16];
    signature_story *story = arena_alloc(c->arena, sizeof *story);
    if (!story)
        return ERR_MEMORY;
    TRY(api_query_only(c, request, ""));
    TRY(api_param_uuid(c, request, 0, ERR_TASK_NOT_FOUND, id));
    TRY(signature_story_read(c, id, story));
    return json_respond(c->arena, response, 200, story_json(c, story));
}
