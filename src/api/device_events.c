#include "api/device_events.h"

#include <string.h>

#include "api/wait.h"
#include "base/text.h"
#include "service/device_channel.h"

enum { HEARTBEAT_MS = 25000 /* proxies keep a connection 60 s without a byte, most of them */ };

/* What is kept from run to run. */
typedef struct sent {
    bool any;
    uint8_t fingerprint[DEVICE_CHANNEL_FINGERPRINT]; /* of the last event */
} sent;

_Static_assert(sizeof(sent) <= HTTP_KEPT, "fits");

static err first_run(call *c, const http_request *request, sent *last)
{
    TRY(api_query_only(c, request, "after"));
    const char *id = http_header(request, "Last-Event-ID");
    if (!id)
        id = http_query(request, "after");
    if (!id || !*id)
        return ERR_OK;
    if (hex_decode(last->fingerprint, sizeof last->fingerprint, id, strlen(id)) != ERR_OK)
        return fault_field(&c->fault, ERR_FIELD_VALUE, "Last-Event-ID");
    last->any = true;
    return ERR_OK;
}

/* JSON has no line feed of its own, so that one data line holds it. */
static err event_text(call *c, const device_channel *channel, const char **out)
{
    char id[2 * DEVICE_CHANNEL_FINGERPRINT + 1];
    json_t *tasks = json_array();
    for (size_t i = 0; i < channel->tasks_n; i++)
        json_array_append_new(tasks, json_pack("{s:o, s:s, s:s}", "task", api_uuid(channel->tasks[i].id), "title",
                                               channel->tasks[i].title, "system", channel->tasks[i].system_name));
    json_t *event = json_pack("{s:i, s:o}", "count", (int)channel->count, "tasks", tasks);
    http_response text = {0};
    TRY(json_respond(c->arena, &text, 200, event));
    hex_encode(id, channel->fingerprint, sizeof channel->fingerprint);
    *out =
        arena_printf(c->arena, "id: %s\nevent: tasks\ndata: %.*s\n\n", id, (int)text.body.n, (const char *)text.body.p);
    return *out ? ERR_OK : ERR_MEMORY;
}

err device_events_get(void *app, http_request *request, http_response *response)
{
    call *c = app;
    device_channel channel;
    sent last;
    const char *text;
    memcpy(&last, request->kept, sizeof last);
    if (request->runs == 0)
        TRY(first_run(c, request, &last));
    TRY(device_channel_read(c, &channel));
    if (last.any && memcmp(last.fingerprint, channel.fingerprint, sizeof last.fingerprint) == 0) {
        /* Woken in vain, or a heartbeat: the first bytes carry the headers out. */
        text = ": \n\n";
    } else {
        TRY(event_text(c, &channel, &text));
        memcpy(last.fingerprint, channel.fingerprint, sizeof last.fingerprint);
        last.any = true;
    }
    memcpy(request->kept, &last, sizeof last);
    TRY(api_wait_for(c, request, channel.user_id, 1, HEARTBEAT_MS));
    *response = (http_response){
        .status = 200, .content_type = "text/event-stream", .body = bytes_of_text(text), .stream = true};
    response->headers[0].name = "X-Accel-Buffering"; /* nginx passes each event on at once */
    response->headers[0].value = "no";
    return ERR_OK;
}

void device_events_end(arena *a, http_response *response, err e)
{
    const char *text = arena_printf(a, "event: end\ndata: {\"code\":\"%s\"}\n\n", err_code(e));
    *response = (http_response){.status = 200, .stream = true, .body = bytes_of_text(text ? text : "")};
}
