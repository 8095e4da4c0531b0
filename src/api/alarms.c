#include "api/alarms.h"

#include <string.h>

#include "api/auth.h"
#include "api/input.h"
#include "base/ct.h"
#include "service/alarm.h"
#include "service/alarm_channel.h"
#include "service/alarm_delivery.h"
#include "service/callback_url.h"

enum {
    NAME_MAX_CHARACTERS = 64,
    HOST_MAX = 253,
    ADDRESS_MAX = 254,
    USERNAME_MAX = 128,
    WORD_MAX = 16,
    PORT_MAX = 65535
};

/* ---- alarms ---- */

static json_t *alarm_json(const alarm_entry *al)
{
    static const check_words nothing = {"", ""};
    const check_words unknown = {al->kind, al->kind};
    const check_words *name = al->check ? &al->check->name : &unknown,
                      *what = al->check ? &al->check->what_to_do : &nothing;
    return json_pack("{s:o, s:s, s:s, s:{s:s, s:s}, s:{s:s, s:s}, s:s, s:s, s:s, s:I, s:o, s:o, s:o, s:s?, s:o}",
                     "alarm", api_uuid(al->id), "kind", al->kind, "subject", al->subject, "name", "zh", name->zh, "en",
                     name->en, "what_to_do", "zh", what->zh, "en", what->en, "severity", al->severity, "state",
                     al->state, "value", al->value, "count", (json_int_t)al->count, "opened_at",
                     api_time(al->opened_ms), "seen_at", api_time(al->seen_ms), "acknowledged_at",
                     api_time(al->acknowledged_ms), "acknowledged_by", al->acknowledged_by, "closed_at",
                     api_time(al->closed_ms));
}

err alarms_list(void *app, http_request *request, http_response *response)
{
    call *c = app;
    api_page page;
    const alarm_entry *alarms;
    size_t n;
    alarm_filter filter = {.state = http_query(request, "state")};
    TRY(api_query_only(c, request, "limit after state"));
    TRY(api_page_read(c, request, &page));
    filter.limit = page.limit < ALARM_PAGE ? page.limit : ALARM_PAGE;
    filter.has_after = page.has_after;
    memcpy(filter.after, page.after, sizeof filter.after);
    TRY(alarm_list(c, &filter, &alarms, &n));
    json_t *items = json_array();
    for (size_t i = 0; i < n; i++)
        (void)json_array_append_new(items, alarm_json(&alarms[i]));
    json_t *next = n > 0 && (int64_t)n == filter.limit ? api_uuid(alarms[n - 1].id) : json_null();
    return json_respond(c->arena, response, 200, json_pack("{s:o, s:o}", "items", items, "next", next));
}

err alarms_acknowledge(void *app, http_request *request, http_response *response)
{
    call *c = app;
    uint8_t id[16];
    alarm_entry al;
    TRY(api_param_uuid(c, request, 0, ERR_NOT_FOUND, id));
    TRY(alarm_acknowledge(c, id, &al));
    return json_respond(c->arena, response, 200, alarm_json(&al));
}

/* ---- channels ---- */

static json_t *recipients_json(const char *text)
{
    json_t *array = json_array();
    while (text && *text) {
        size_t n = strcspn(text, ",");
        (void)json_array_append_new(array, json_stringn(text, n));
        text += n + (text[n] == ',');
    }
    return array;
}

static json_t *minute_json(arena *a, int64_t minute)
{
    enum { HOUR = 60 };
    const char *text = arena_printf(a, "%02d:%02d", (int)(minute / HOUR), (int)(minute % HOUR));
    return text ? json_string(text) : NULL;
}

/* A password is never among it; a webhook's secret where it was just made. */
static json_t *channel_json(arena *a, const alarm_channel *ch, const char *secret)
{
    bool mail = strcmp(ch->kind, "mail") == 0;
    json_t *json = json_pack("{s:o, s:s, s:s, s:s, s:s, s:s, s:I, s:o, s:o, s:I, s:o, s:o, s:I, s:s?}", "channel",
                             api_uuid(ch->id), "kind", ch->kind, "name", ch->name, "state", ch->state, "severity",
                             ch->severity, "language", ch->language, "digest_minutes", (json_int_t)ch->digest_minutes,
                             "quiet_from", minute_json(a, ch->quiet_from), "quiet_to", minute_json(a, ch->quiet_to),
                             "version", (json_int_t)ch->version, "created_at", api_time(ch->created_ms), "sent_at",
                             api_time(ch->sent_ms), "failures", (json_int_t)ch->failures, "last_error", ch->last_error);
    json_t *more =
        mail ? json_pack("{s:s, s:I, s:s, s:s, s:o, s:s, s:b}", "host", ch->host, "port", (json_int_t)ch->port,
                         "security", ch->security, "sender", ch->sender, "recipients", recipients_json(ch->recipients),
                         "username", ch->username ? ch->username : "", "has_password", ch->has_secret)
             : json_pack("{s:s}", "url", ch->url);
    if (!json || !more || json_object_update(json, more) != 0) {
        json_decref(json);
        json = NULL;
    }
    json_decref(more);
    if (json && secret && *secret)
        (void)json_object_set_new(json, "secret", json_string(secret));
    return json;
}

typedef struct channel_input {
    alarm_channel_change change;
    const char *quiet_from, *quiet_to;
    json_t *recipients;
} channel_input;

#define CHANGE(member, kind, min, max)                                                                                 \
    {                                                                                                                  \
#member, kind, false, min, max, offsetof(channel_input, change.member), JSON_NO_PRESENT                        \
    }
static const json_field fields[] = {
    CHANGE(name, JSON_TEXT_FIELD, 1, NAME_MAX_CHARACTERS),
    CHANGE(state, JSON_TEXT_FIELD, 1, WORD_MAX),
    CHANGE(host, JSON_TEXT_FIELD, 1, HOST_MAX),
    CHANGE(port, JSON_INT_FIELD, 1, PORT_MAX),
    CHANGE(security, JSON_TEXT_FIELD, 1, WORD_MAX),
    CHANGE(sender, JSON_TEXT_FIELD, 1, ADDRESS_MAX),
    CHANGE(username, JSON_TEXT_FIELD, 0, USERNAME_MAX),
    CHANGE(password, JSON_TEXT_FIELD, 0, ALARM_PASSWORD_MAX),
    CHANGE(url, JSON_TEXT_FIELD, CALLBACK_URL_MIN, CALLBACK_URL_MAX),
    CHANGE(severity, JSON_TEXT_FIELD, 1, WORD_MAX),
    CHANGE(language, JSON_TEXT_FIELD, 1, WORD_MAX),
    CHANGE(digest_minutes, JSON_INT_FIELD, 0, ALARM_DIGEST_MINUTES_MAX),
    {"quiet_from", JSON_TEXT_FIELD, false, 5, 5, offsetof(channel_input, quiet_from), JSON_NO_PRESENT},
    {"quiet_to", JSON_TEXT_FIELD, false, 5, 5, offsetof(channel_input, quiet_to), JSON_NO_PRESENT},
    {"recipients", JSON_ARRAY_FIELD, false, 1, ALARM_RECIPIENTS_MAX, offsetof(channel_input, recipients),
     JSON_NO_PRESENT},
    CHANGE(kind, JSON_TEXT_FIELD, 1, WORD_MAX), /* of a new one alone */
};

/* "22:30" */
static err read_minute(call *c, const char *field, const char *text, int64_t *out)
{
    enum { HOUR = 60, DAY_HOURS = 24, TEN = 10 };
    static const size_t digits[] = {0, 1, 3, 4};
    if (!text)
        return ERR_OK;
    bool good = strlen(text) == 5 && text[2] == ':';
    for (size_t i = 0; i < 4 && good; i++)
        good = text[digits[i]] >= '0' && text[digits[i]] <= '9';
    int64_t hour = good ? (text[0] - '0') * TEN + text[1] - '0' : DAY_HOURS;
    int64_t minute = good ? (text[3] - '0') * TEN + text[4] - '0' : HOUR;
    if (hour >= DAY_HOURS || minute >= HOUR)
        return fault_field(&c->fault, ERR_FIELD_VALUE, "%s", field);
    *out = hour * HOUR + minute;
    return ERR_OK;
}

/* A comma within one would make two of it. */
static err read_recipients(call *c, channel_input *in)
{
    const char *const *texts;
    if (!in->recipients)
        return ERR_OK;
    TRY(input_texts(c, in->recipients, "recipients", &texts));
    const char *all = "";
    for (size_t i = 0; i < json_array_size(in->recipients) && all; i++) {
        if (strchr(texts[i], ',') || strlen(texts[i]) > ADDRESS_MAX)
            return fault_field(&c->fault, ERR_FIELD_VALUE, "recipients[%zu]", i);
        all = arena_printf(c->arena, "%s%s%s", all, i > 0 ? "," : "", texts[i]);
    }
    in->change.recipients = all;
    return all ? ERR_OK : ERR_MEMORY;
}

static err read_channel(call *c, const http_request *request, bool fresh, channel_input *in)
{
    json_t *body;
    *in = (channel_input){.change = ALARM_CHANNEL_UNCHANGED};
    TRY(json_body(request, &body, &c->fault));
    err e = json_read(c->arena, body, fields, COUNT(fields) - !fresh, in, "", &c->fault);
    if (e == ERR_OK)
        e = read_recipients(c, in);
    json_decref(body);
    TRY(e);
    TRY(read_minute(c, "quiet_from", in->quiet_from, &in->change.quiet_from));
    return read_minute(c, "quiet_to", in->quiet_to, &in->change.quiet_to);
}

err alarms_channel_list(void *app, http_request *request, http_response *response)
{
    call *c = app;
    const alarm_channel *channels;
    size_t n;
    TRY(api_query_only(c, request, "limit after")); /* as other lists; all of them are one page */
    TRY(alarm_channel_list(c, &channels, &n));
    json_t *items = json_array();
    for (size_t i = 0; i < n; i++)
        (void)json_array_append_new(items, channel_json(c->arena, &channels[i], NULL));
    return json_respond(c->arena, response, 200, json_pack("{s:o, s:n}", "items", items, "next"));
}

err alarms_channel_post(void *app, http_request *request, http_response *response)
{
    call *c = app;
    channel_input in;
    alarm_channel ch;
    char secret[CALLBACK_SECRET_TEXT] = "";
    TRY(auth_secure(request));
    TRY(read_channel(c, request, true, &in));
    err e = alarm_channel_create(c, &in.change, &ch, secret);
    if (e == ERR_OK)
        e = json_respond(c->arena, response, 201, channel_json(c->arena, &ch, secret));
    if (e == ERR_OK)
        e = api_etag(c, response, ch.version);
    wipe(secret, sizeof secret);
    return e;
}

err alarms_channel_patch(void *app, http_request *request, http_response *response)
{
    call *c = app;
    uint8_t id[16];
    channel_input in;
    alarm_channel ch;
    TRY(auth_secure(request));
    TRY(api_param_uuid(c, request, 0, ERR_NOT_FOUND, id));
    TRY(read_channel(c, request, false, &in));
    TRY(api_if_match(c, request, &in.change.version));
    TRY(alarm_channel_update(c, id, &in.change, &ch));
    TRY(json_respond(c->arena, response, 200, channel_json(c->arena, &ch, NULL)));
    return api_etag(c, response, ch.version);
}

err alarms_channel_delete(void *app, http_request *request, http_response *response)
{
    call *c = app;
    uint8_t id[16];
    TRY(api_param_uuid(c, request, 0, ERR_NOT_FOUND, id));
    TRY(alarm_channel_remove(c, id));
    response->status = 204;
    return ERR_OK;
}

err alarms_channel_test(void *app, http_request *request, http_response *response)
{
    call *c = app;
    uint8_t id[16];
    alarm_test test;
    TRY(api_param_uuid(c, request, 0, ERR_NOT_FOUND, id));
    TRY(alarm_delivery_test(c, id, &test));
    return json_respond(c->arena, response, 200,
                        json_pack("{s:b, s:I, s:s?, s:s?}", "delivered", test.delivered, "took_ms",
                                  (json_int_t)test.took_ms, "error", *test.words ? test.words : NULL, "reply",
                                  *test.reply ? test.reply : NULL));
}
