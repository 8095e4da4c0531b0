#include <string.h>

#include "calls_device.h"
#include "values.h"

/* ---- what was scanned stays here: it has memory of the SDK's, and Java has no destructors ---- */

void calls_keep_scanned(calls_device *d, yq_scanned *scanned)
{
    (void)pthread_mutex_lock(&d->lock);
    size_t place = d->oldest;
    for (size_t i = 0; i < CALLS_SCANS; i++)
        if (!d->scans[i].memory)
            place = i;
    if (place == d->oldest)
        d->oldest = (d->oldest + 1) % CALLS_SCANS;
    yq_scanned_free(&d->scans[place]);
    d->scans[place] = *scanned;
    (void)pthread_mutex_unlock(&d->lock);
}

bool calls_take_scanned(calls_device *d, const char *scan, yq_scanned *out)
{
    bool found = false;
    (void)pthread_mutex_lock(&d->lock);
    for (size_t i = 0; i < CALLS_SCANS && !found; i++) {
        found = d->scans[i].memory && strcmp(d->scans[i].scan, scan) == 0;
        if (found) {
            *out = d->scans[i];
            memset(&d->scans[i], 0, sizeof d->scans[i]);
        }
    }
    (void)pthread_mutex_unlock(&d->lock);
    return found;
}

void calls_free_scans(calls_device *d)
{
    for (size_t i = 0; i < CALLS_SCANS; i++)
        yq_scanned_free(&d->scans[i]);
}

/* ---- codes ---- */

yq_status calls_qr_read(calls_call *call)
{
    yq_qr qr;
    const char *text = pack_read_text(&call->in);
    yq_status status = call->in.bad ? YQ_INVALID_ARGUMENT : yq_qr_read(text, &qr);
    if (status != YQ_OK)
        return status;
    pack_write_u32(&call->out, qr.kind);
    pack_write_text(&call->out, qr.id);
    pack_write_text(&call->out, qr.workstation);
    pack_write_text(&call->out, qr.url);
    return YQ_OK;
}

static yq_status give_scanned(calls_call *call, yq_status status, yq_scanned *scanned)
{
    if (status != YQ_OK)
        return status;
    values_write_scanned(&call->out, scanned);
    calls_keep_scanned(call->object, scanned);
    return YQ_OK;
}

typedef yq_status (*scanning)(yq_device *, const char *, const char *, yq_scanned *, yq_problem *);

static yq_status scan(calls_call *call, scanning how)
{
    yq_scanned scanned;
    const char *key = pack_read_text(&call->in);
    const char *code = pack_read_text(&call->in);
    if (call->in.bad)
        return YQ_INVALID_ARGUMENT;
    return give_scanned(call, how(calls_device_of(call), key, code, &scanned, &call->problem), &scanned);
}

yq_status calls_scan(calls_call *call)
{
    return scan(call, yq_scan);
}

yq_status calls_scan_short_code(calls_call *call)
{
    return scan(call, yq_scan_short_code);
}

yq_status calls_scan_number(calls_call *call)
{
    yq_scanned scanned;
    const char *key = pack_read_text(&call->in);
    const char *scan_id = pack_read_text(&call->in);
    const char *number = pack_read_text(&call->in);
    if (call->in.bad || !scan_id || !calls_take_scanned(call->object, scan_id, &scanned))
        return YQ_INVALID_ARGUMENT;
    yq_status status = yq_scan_number(calls_device_of(call), key, &scanned, number, &call->problem);
    if (status == YQ_OK)
        values_write_scanned(&call->out, &scanned);
    calls_keep_scanned(call->object, &scanned);
    return status;
}

yq_status calls_scan_decline(calls_call *call)
{
    yq_scanned scanned;
    const char *key = pack_read_text(&call->in);
    const char *scan_id = pack_read_text(&call->in);
    const char *reason = pack_read_text(&call->in);
    if (call->in.bad || !scan_id || !calls_take_scanned(call->object, scan_id, &scanned))
        return YQ_INVALID_ARGUMENT;
    yq_status status = yq_scan_decline(calls_device_of(call), key, &scanned, reason, &call->problem);
    if (status == YQ_OK)
        yq_scanned_free(&scanned);
    else
        calls_keep_scanned(call->object, &scanned);
    return status;
}

yq_status calls_scan_enrolment(calls_call *call)
{
    yq_offer offer;
    const char *server = pack_read_text(&call->in);
    const char *code = pack_read_text(&call->in);
    if (call->in.bad)
        return YQ_INVALID_ARGUMENT;
    yq_status status = yq_scan_enrolment(calls_device_of(call), server, code, &offer, &call->problem);
    if (status == YQ_OK) {
        pack_write_text(&call->out, offer.server);
        pack_write_text(&call->out, offer.staff_no);
        pack_write_text(&call->out, offer.name);
        pack_write_text(&call->out, offer.organisation);
        pack_write_text(&call->out, offer.activation_code);
        pack_write_text(&call->out, offer.expires_at);
    }
    pack_wipe(&offer, sizeof offer);
    return status;
}
