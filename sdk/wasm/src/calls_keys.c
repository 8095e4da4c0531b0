/* Calls about the device, its keys and their PINs. The bytes that go with a call: its PIN, and the new one behind it. */
#include <stdlib.h>

#include "base/ct.h"
#include "device.h"
#include "imports.h"
#include "platform.h"
#include "values.h"

yq_device *device;

static const char *pin_of(const call *c, size_t place, size_t *n)
{
    bytes pin = call_blob(c, place);
    *n = pin.n;
    return (const char *)pin.p;
}

/* ---- the device ---- */

yq_status device_options(call *c, yq_options *out)
{
    int64_t iterations, document_max;
    YQ_TRY(call_text_or_null(c, &out->platform, "platform"));
    YQ_TRY(call_int(c, &iterations, "pinIterations", 0, UINT32_MAX));
    YQ_TRY(call_int(c, &document_max, "documentMax", 0, UINT32_MAX));
    out->pin_iterations = (uint32_t)iterations;
    out->document_max = (size_t)document_max;
    return YQ_OK;
}

static yq_status open_device(call *c)
{
    yq_options options;
    if (device)
        return YQ_WRONG_STATE;
    YQ_TRY(device_options(c, &options));
    return yq_device_open(&device, &platform, &options);
}

static yq_status set_server(call *c)
{
    const char *url;
    YQ_TRY(call_text(c, &url, "url"));
    return yq_set_server(device, url);
}

static yq_status server(call *c)
{
    char url[256];
    YQ_TRY(yq_get_server(device, url));
    return call_give(c, values_text, url);
}

static yq_status set_key_server(call *c)
{
    const char *key, *url;
    YQ_TRY(call_text(c, &key, "key"));
    YQ_TRY(call_text(c, &url, "url"));
    return yq_set_key_server(device, key, url);
}

/* ---- keys ---- */

typedef struct key_list {
    const yq_key_info *items;
    size_t n;
} key_list;

static void write_keys(json_writer *w, const void *value)
{
    const key_list *list = value;
    json_writer_begin_array(w, NULL);
    for (size_t i = 0; i < list->n; i++)
        values_key(w, &list->items[i]);
    json_writer_end_array(w);
}

static yq_status keys(call *c)
{
    key_list list;
    yq_key_info *items = arena_alloc(c->memory, YQ_KEYS_MAX * sizeof *items);
    if (!items)
        return YQ_OUT_OF_MEMORY;
    list.items = items;
    YQ_TRY(yq_list_keys(device, items, YQ_KEYS_MAX, &list.n));
    return call_give(c, write_keys, &list);
}

static yq_status sync_key(call *c)
{
    const char *key;
    yq_key_info info;
    YQ_TRY(call_text(c, &key, "key"));
    YQ_TRY(yq_sync_key(device, key, &info, &c->problem));
    return call_give(c, values_key, &info);
}

static yq_status sync_all(call *c)
{
    return yq_sync_keys(device, &c->problem);
}

static yq_status certificate(call *c)
{
    const char *key;
    int64_t place;
    uint8_t der[4096];
    size_t n;
    YQ_TRY(call_text(c, &key, "key"));
    YQ_TRY(call_int(c, &place, "place", 0, 2));
    YQ_TRY(yq_key_certificate(device, key, (unsigned)place, der, sizeof der, &n));
    return call_give_content(c, der, n);
}

static yq_status remove_key(call *c)
{
    const char *key;
    bool local_only;
    YQ_TRY(call_text(c, &key, "key"));
    YQ_TRY(call_bool(c, &local_only, "localOnly"));
    return yq_remove_key(device, key, local_only, &c->problem);
}

/* ---- enrolment ---- */

void device_reply_free(import_reply *reply)
{
    if (reply->pin)
        wipe(reply->pin, reply->pin_n);
    free(reply->pin);
    free(reply->p);
}

bool device_confirm(void *context, const yq_person *person)
{
    (void)context;
    import_reply reply = {0};
    buffer question = call_json(values_person, person);
    if (!question.p)
        return false;
    import_ask((const char *)question.p, question.n, &reply);
    free(question.p);
    bool yes = reply.p != NULL;
    device_reply_free(&reply);
    return yes;
}

static yq_status enrol(call *c)
{
    yq_enrolment enrolment = {0};
    yq_key_info info = {0};
    bool confirm;
    YQ_TRY(call_text_or_null(c, &enrolment.server, "server"));
    YQ_TRY(call_text(c, &enrolment.staff_no, "staffNo"));
    YQ_TRY(call_text(c, &enrolment.activation_code, "activationCode"));
    YQ_TRY(call_text(c, &enrolment.device_name, "deviceName"));
    YQ_TRY(call_bool(c, &confirm, "confirm"));
    enrolment.pin = pin_of(c, 0, &enrolment.pin_n);
    enrolment.confirm = confirm ? device_confirm : NULL;
    YQ_TRY(yq_enrol(device, &enrolment, &info, &c->problem));
    return call_give(c, values_key, &info);
}

static yq_status resume_enrolment(call *c)
{
    const char *key, *pin;
    size_t pin_n;
    yq_key_info info;
    YQ_TRY(call_text(c, &key, "key"));
    pin = pin_of(c, 0, &pin_n);
    YQ_TRY(yq_enrol_resume(device, key, pin, pin_n, &info, &c->problem));
    return call_give(c, values_key, &info);
}

/* ---- PIN and renewal ---- */

static yq_status check_pin(call *c)
{
    size_t n;
    const char *pin = pin_of(c, 0, &n);
    return yq_check_pin(pin, n);
}

static yq_status change_pin(call *c)
{
    const char *key, *pin, *new_pin;
    size_t pin_n, new_pin_n;
    YQ_TRY(call_text(c, &key, "key"));
    pin = pin_of(c, 0, &pin_n);
    new_pin = pin_of(c, 1, &new_pin_n);
    return yq_change_pin(device, key, pin, pin_n, new_pin, new_pin_n, &c->problem);
}

static yq_status refresh(call *c)
{
    const char *key, *pin;
    size_t pin_n;
    YQ_TRY(call_text(c, &key, "key"));
    pin = pin_of(c, 0, &pin_n);
    return yq_refresh(device, key, pin, pin_n, &c->problem);
}

static yq_status renewed(call *c,
                         yq_status (*act)(yq_device *, const char *, const yq_renewal *, yq_key_info *, yq_problem *))
{
    const char *key;
    yq_renewal renewal = {0};
    yq_key_info info;
    bool confirm;
    YQ_TRY(call_text(c, &key, "key"));
    YQ_TRY(call_bool(c, &confirm, "confirm"));
    renewal.pin = pin_of(c, 0, &renewal.pin_n);
    renewal.confirm = confirm ? device_confirm : NULL;
    YQ_TRY(act(device, key, &renewal, &info, &c->problem));
    return call_give(c, values_key, &info);
}

static yq_status renew(call *c)
{
    return renewed(c, yq_renew);
}

static yq_status rekey(call *c)
{
    return renewed(c, yq_rekey);
}

const call_row calls_keys[] = {
    {"open", open_device},
    {"setServer", set_server},
    {"server", server},
    {"setKeyServer", set_key_server},
    {"keys", keys},
    {"sync", sync_key},
    {"syncAll", sync_all},
    {"certificate", certificate},
    {"remove", remove_key},
    {"checkPin", check_pin},
    {"enrol", enrol},
    {"resumeEnrolment", resume_enrolment},
    {"changePin", change_pin},
    {"refresh", refresh},
    {"renew", renew},
    {"rekey", rekey},
    {NULL, NULL},
};
