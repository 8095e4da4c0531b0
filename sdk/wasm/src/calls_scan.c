/* Calls about codes that were scanned, and about the person's other phones. */
#include "device.h"
#include "values.h"

static void write_qr(json_writer *w, const void *value)
{
    const yq_qr *qr = value;
    static const char *const kinds[] = {"login", "sign", "enrol", "workstation", "server"};
    json_writer_begin_object(w, NULL);
    json_writer_text(w, "kind", kinds[qr->kind]);
    json_writer_text(w, "id", qr->id);
    json_writer_text(w, "workstation", qr->workstation);
    json_writer_text(w, "url", qr->url);
    json_writer_end_object(w);
}

static yq_status read_qr(call *c)
{
    const char *text;
    yq_qr qr;
    YQ_TRY(call_text(c, &text, "text"));
    return yq_qr_read(text, &qr) == YQ_OK ? call_give(c, write_qr, &qr) : YQ_CODE_INVALID;
}

static yq_status give_scanned(call *c, yq_status status, yq_scanned *scanned)
{
    if (status == YQ_OK)
        status = call_give(c, values_scanned, scanned);
    yq_scanned_free(scanned);
    return status;
}

static yq_status scan(call *c)
{
    const char *key, *code;
    yq_scanned scanned;
    YQ_TRY(call_text(c, &key, "key"));
    YQ_TRY(call_text(c, &code, "code"));
    return give_scanned(c, yq_scan(device, key, code, &scanned, &c->problem), &scanned);
}

static yq_status scan_short_code(call *c)
{
    const char *key, *digits;
    yq_scanned scanned;
    YQ_TRY(call_text(c, &key, "key"));
    YQ_TRY(call_text(c, &digits, "digits"));
    return give_scanned(c, yq_scan_short_code(device, key, digits, &scanned, &c->problem), &scanned);
}

static yq_status scan_number(call *c)
{
    const char *key, *number;
    yq_scanned scanned;
    YQ_TRY(call_text(c, &key, "key"));
    YQ_TRY(call_text(c, &number, "number"));
    YQ_TRY(values_scanned_argument(c, &scanned));
    return give_scanned(c, yq_scan_number(device, key, &scanned, number, &c->problem), &scanned);
}

static yq_status decline_scan(call *c)
{
    const char *key, *reason;
    yq_scanned scanned;
    YQ_TRY(call_text(c, &key, "key"));
    YQ_TRY(call_text(c, &reason, "reason"));
    YQ_TRY(values_scanned_argument(c, &scanned));
    yq_status status = yq_scan_decline(device, key, &scanned, reason, &c->problem);
    yq_scanned_free(&scanned);
    return status;
}

static yq_status sign_login(call *c)
{
    const char *key;
    yq_scanned scanned;
    yq_sign_result result = {.status = YQ_NOT_ATTEMPTED};
    values_signed done = {.results = &result, .n = 1};
    bytes pin;
    YQ_TRY(call_text(c, &key, "key"));
    YQ_TRY(call_proof(c, &pin));
    YQ_TRY(values_scanned_argument(c, &scanned));
    yq_status status =
        yq_sign_login(device, key, &scanned, (const char *)pin.p, pin.n, &result, &done.summary, &c->problem);
    yq_scanned_free(&scanned);
    return values_give_signed(c, status, &done);
}

static void write_offer(json_writer *w, const void *value)
{
    const yq_offer *o = value;
    json_writer_begin_object(w, NULL);
    json_writer_text(w, "server", o->server);
    json_writer_text(w, "staffNo", o->staff_no);
    json_writer_text(w, "name", o->name);
    json_writer_text(w, "organisation", o->organisation);
    json_writer_text(w, "activationCode", o->activation_code);
    json_writer_text(w, "expiresAt", o->expires_at);
    json_writer_end_object(w);
}

static yq_status scan_enrolment(call *c)
{
    const char *code, *server;
    yq_offer offer;
    YQ_TRY(call_text(c, &code, "code"));
    YQ_TRY(call_text_or_null(c, &server, "server"));
    YQ_TRY(yq_scan_enrolment(device, server, code, &offer, &c->problem));
    return call_give(c, write_offer, &offer);
}

/* ---- other phones ---- */

typedef struct other_list {
    const yq_other_key *items;
    size_t n;
} other_list;

static void write_others(json_writer *w, const void *value)
{
    const other_list *list = value;
    json_writer_begin_array(w, NULL);
    for (size_t i = 0; i < list->n; i++) {
        const yq_other_key *o = &list->items[i];
        json_writer_begin_object(w, NULL);
        json_writer_text(w, "keyId", o->key_id);
        json_writer_text(w, "state", o->state);
        json_writer_text(w, "deviceName", o->device_name);
        json_writer_text(w, "platform", o->platform);
        json_writer_text(w, "createdAt", o->created_at);
        json_writer_end_object(w);
    }
    json_writer_end_array(w);
}

static yq_status other_keys(call *c)
{
    const char *key;
    other_list list;
    yq_other_key *items = arena_alloc(c->memory, YQ_OTHER_KEYS_MAX * sizeof *items);
    YQ_TRY(call_text(c, &key, "key"));
    if (!items)
        return YQ_OUT_OF_MEMORY;
    list.items = items;
    YQ_TRY(yq_list_other_keys(device, key, items, YQ_OTHER_KEYS_MAX, &list.n, &c->problem));
    return call_give(c, write_others, &list);
}

static yq_status report_lost(call *c)
{
    const char *key, *lost;
    YQ_TRY(call_text(c, &key, "key"));
    YQ_TRY(call_text(c, &lost, "lostKeyId"));
    return yq_report_lost(device, key, lost, &c->problem);
}

const call_row calls_scan[] = {
    {"readQr", read_qr},
    {"scan", scan},
    {"scanShortCode", scan_short_code},
    {"scanNumber", scan_number},
    {"declineScan", decline_scan},
    {"signLogin", sign_login},
    {"scanEnrolment", scan_enrolment},
    {"otherKeys", other_keys},
    {"reportLost", report_lost},
    {NULL, NULL},
};
