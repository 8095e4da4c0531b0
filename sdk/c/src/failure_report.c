#include "failure_report.h"

#include <stdio.h>
#include <string.h>

#include "base/ct.h"
#include "wire.h"
#include "roster.h"

static stored_report report_of(const uint8_t *sid, const uint8_t *task, const char *code)
{
    stored_report report = {.pending = true, .has_sid = sid != NULL, .has_task = task != NULL};
    if (sid)
        memcpy(report.sid, sid, 16);
    if (task)
        memcpy(report.task, task, 16);
    (void)snprintf(report.code, sizeof report.code, "%s", code);
    return report;
}

static yq_status send_report(yq_device *device, context_key *key, const stored_report *report)
{
    uint8_t body[WIRE_BODY];
    char path[WIRE_PATH];
    json_writer w;
    wire_answer answer = {0};
    wire_key_path(path, key, "sign-failures");
    wire_begin(&w, body, sizeof body);
    if (report->has_sid)
        json_writer_hex(&w, "sid", report->sid, 16);
    else
        json_writer_null(&w, "sid");
    if (report->has_task)
        json_writer_uuid(&w, "task", report->task);
    else
        json_writer_null(&w, "task");
    json_writer_text(&w, "code", report->code);
    YQ_TRY(wire_end(&w));
    const wire_call call = {"POST", path, w.out.p, w.out.n, WIRE_SMALL};
    yq_status status = wire_request(device, key, &call, &answer);
    wire_answer_free(&answer);
    return status;
}

static void set_report(yq_device *device, context_key *key, const stored_report *report)
{
    stored_key changed = key->stored;
    changed.report = *report;
    /* Not durable is better than not at all: the server's own 60 seconds end the request in any case. */
    if (roster_save(device, key, &changed) != YQ_OK)
        key->stored.report = *report;
    wipe(&changed, sizeof changed);
}

void failure_report_keep(yq_device *device, context_key *key, const uint8_t *sid, const uint8_t *task, const char *code)
{
    stored_report report = report_of(sid, task, code);
    set_report(device, key, &report);
}

void failure_report_send(yq_device *device, context_key *key, const uint8_t *sid, const uint8_t *task, const char *code)
{
    yq_problem problem = device->problem;
    stored_report report = report_of(sid, task, code);
    if (send_report(device, key, &report) == YQ_TRANSPORT_FAILED)
        set_report(device, key, &report);
    device->problem = problem;
}

yq_status failure_report_flush(yq_device *device, context_key *key)
{
    if (!key->stored.report.pending)
        return YQ_OK;
    const stored_report report = key->stored.report, none = {0};
    yq_status status = send_report(device, key, &report);
    bool said = status == YQ_OK || (status == YQ_REFUSED && !wire_undecided(device));
    if (!said)
        return status;
    context_clear_problem(&device->problem);
    set_report(device, key, &none);
    return YQ_OK;
}
