#include "calls_device.h"

#include <stdlib.h>
#include <string.h>

#include "values.h"

enum { CERTIFICATE_MAX = 4096, DOCUMENT_LIMIT = 1 << 30 };

yq_device *calls_device_of(const calls_call *call)
{
    calls_device *d = call->object;
    return d->device;
}

const char *calls_pin_digits(const calls_pin *pin)
{
    return pin->given ? pin->digits : NULL;
}

void calls_read_options(calls_call *call, yq_options *options)
{
    options->platform = pack_read_text(&call->in);
    options->pin_iterations = pack_read_u32(&call->in);
    int64_t document_max = pack_read_i64(&call->in);
    if (document_max < 0 || document_max > DOCUMENT_LIMIT) /* one is an array in Java */
        call->in.bad = true;
    options->document_max = (size_t)document_max;
}

/* ---- opening and closing ---- */

static yq_status open_device(calls_device *d, calls_call *call, const yq_options *options)
{
    if (pthread_mutex_init(&d->lock, NULL) != 0)
        return YQ_OUT_OF_MEMORY;
    yq_status status = YQ_OUT_OF_MEMORY;
    d->bridge = bridge_create(call->env, call->callback);
    if (d->bridge) {
        const yq_platform platform = bridge_platform(d->bridge);
        status = yq_device_open(&d->device, &platform, options);
    }
    if (status != YQ_OK) {
        bridge_destroy(call->env, d->bridge);
        (void)pthread_mutex_destroy(&d->lock);
    }
    return status;
}

yq_status calls_device_open(calls_call *call)
{
    yq_options options;
    calls_read_options(call, &options);
    if (call->in.bad || !call->callback)
        return YQ_INVALID_ARGUMENT;
    calls_device *d = calloc(1, sizeof *d);
    if (!d)
        return YQ_OUT_OF_MEMORY;
    yq_status status = open_device(d, call, &options);
    if (status == YQ_OK)
        pack_write_i64(&call->out, (int64_t)(intptr_t)d);
    else
        free(d);
    return status;
}

yq_status calls_device_close(calls_call *call)
{
    calls_device *d = call->object;
    yq_device_close(d->device);
    calls_free_scans(d);
    bridge_destroy(call->env, d->bridge);
    (void)pthread_mutex_destroy(&d->lock);
    free(d);
    return YQ_OK;
}

yq_status calls_set_server(calls_call *call)
{
    const char *url = pack_read_text(&call->in);
    return call->in.bad ? YQ_INVALID_ARGUMENT : yq_set_server(calls_device_of(call), url);
}

yq_status calls_get_server(calls_call *call)
{
    char server[256];
    yq_status status = yq_get_server(calls_device_of(call), server);
    if (status == YQ_OK)
        pack_write_text(&call->out, server);
    return status;
}

yq_status calls_set_key_server(calls_call *call)
{
    const char *key = pack_read_text(&call->in);
    const char *url = pack_read_text(&call->in);
    return call->in.bad ? YQ_INVALID_ARGUMENT : yq_set_key_server(calls_device_of(call), key, url);
}

/* ---- keys ---- */

yq_status calls_list_keys(calls_call *call)
{
    size_t n = 0;
    yq_key_info *keys = calloc(YQ_KEYS_MAX, sizeof *keys);
    yq_status status = keys ? yq_list_keys(calls_device_of(call), keys, YQ_KEYS_MAX, &n) : YQ_OUT_OF_MEMORY;
    if (status == YQ_OK) {
        pack_write_u32(&call->out, (uint32_t)n);
        for (size_t i = 0; i < n; i++)
            values_write_key(&call->out, &keys[i]);
    }
    free(keys);
    return status;
}

yq_status calls_sync_key(calls_call *call)
{
    yq_key_info info;
    const char *key = pack_read_text(&call->in);
    if (call->in.bad)
        return YQ_INVALID_ARGUMENT;
    yq_status status = yq_sync_key(calls_device_of(call), key, &info, &call->problem);
    if (status == YQ_OK)
        values_write_key(&call->out, &info);
    return status;
}

yq_status calls_sync_keys(calls_call *call)
{
    return yq_sync_keys(calls_device_of(call), &call->problem);
}

yq_status calls_key_certificate(calls_call *call)
{
    uint8_t der[CERTIFICATE_MAX];
    size_t n;
    const char *key = pack_read_text(&call->in);
    unsigned place = pack_read_u32(&call->in);
    if (call->in.bad)
        return YQ_INVALID_ARGUMENT;
    yq_status status = yq_key_certificate(calls_device_of(call), key, place, der, sizeof der, &n);
    if (status == YQ_OK)
        pack_write_bytes(&call->out, der, n);
    return status;
}

yq_status calls_remove_key(calls_call *call)
{
    const char *key = pack_read_text(&call->in);
    bool local_only = pack_read_bool(&call->in);
    return call->in.bad ? YQ_INVALID_ARGUMENT : yq_remove_key(calls_device_of(call), key, local_only, &call->problem);
}

/* ---- enrolment ---- */

yq_status calls_check_pin(calls_call *call)
{
    return yq_check_pin(call->pin.digits, call->pin.n);
}

static bool confirm_person(void *context, const yq_person *person)
{
    calls_call *call = context;
    pack_writer asked = {0};
    uint8_t *answer;
    size_t n;
    values_write_person(&asked, person);
    bool yes = bridge_ask(call->env, call->callback, &asked, &answer, &n);
    free(answer);
    pack_writer_free(&asked);
    return yes;
}

/* Where there is a key it is told also where the call failed. */
static yq_status give_key(calls_call *call, yq_status status, const yq_key_info *key)
{
    pack_write_bool(&call->out, *key->key);
    if (*key->key)
        values_write_key(&call->out, key);
    return status;
}

yq_status calls_enrol(calls_call *call)
{
    yq_key_info key = {.key = ""};
    yq_enrolment e = {.pin = call->pin.digits, .pin_n = call->pin.n};
    e.server = pack_read_text(&call->in);
    e.staff_no = pack_read_text(&call->in);
    e.activation_code = pack_read_text(&call->in);
    e.device_name = pack_read_text(&call->in);
    e.confirm = call->callback ? confirm_person : NULL;
    e.confirm_context = call;
    yq_status status = call->in.bad ? YQ_INVALID_ARGUMENT : yq_enrol(calls_device_of(call), &e, &key, &call->problem);
    if (status != YQ_OK && status != YQ_WRONG_STATE)
        *key.key = 0;
    return give_key(call, status, &key);
}

static yq_status give_key_if_made(calls_call *call, yq_status status, yq_key_info *key)
{
    if (status != YQ_OK)
        *key->key = 0;
    return give_key(call, status, key);
}

yq_status calls_enrol_resume(calls_call *call)
{
    yq_key_info info = {.key = ""};
    const char *key = pack_read_text(&call->in);
    yq_status status = call->in.bad ? YQ_INVALID_ARGUMENT
                                    : yq_enrol_resume(calls_device_of(call), key, call->pin.digits, call->pin.n, &info,
                                                      &call->problem);
    return give_key_if_made(call, status, &info);
}

/* ---- PIN and renewal ---- */

yq_status calls_change_pin(calls_call *call)
{
    const char *key = pack_read_text(&call->in);
    return call->in.bad ? YQ_INVALID_ARGUMENT
                        : yq_change_pin(calls_device_of(call), key, call->pin.digits, call->pin.n, call->new_pin.digits,
                                        call->new_pin.n, &call->problem);
}

yq_status calls_refresh(calls_call *call)
{
    const char *key = pack_read_text(&call->in);
    return call->in.bad ? YQ_INVALID_ARGUMENT
                        : yq_refresh(calls_device_of(call), key, call->pin.digits, call->pin.n, &call->problem);
}

yq_status calls_enable_fingerprint(calls_call *call)
{
    const char *key = pack_read_text(&call->in);
    return call->in.bad
               ? YQ_INVALID_ARGUMENT
               : yq_enable_fingerprint(calls_device_of(call), key, call->pin.digits, call->pin.n, &call->problem);
}

yq_status calls_disable_fingerprint(calls_call *call)
{
    const char *key = pack_read_text(&call->in);
    return call->in.bad ? YQ_INVALID_ARGUMENT : yq_disable_fingerprint(calls_device_of(call), key);
}

typedef yq_status (*renewing)(yq_device *, const char *, const yq_renewal *, yq_key_info *, yq_problem *);

static yq_status renew(calls_call *call, renewing how)
{
    yq_key_info info = {.key = ""};
    const char *key = pack_read_text(&call->in);
    const yq_renewal renewal = {.pin = call->pin.digits,
                                .pin_n = call->pin.n,
                                .confirm = call->callback ? confirm_person : NULL,
                                .confirm_context = call};
    yq_status status =
        call->in.bad ? YQ_INVALID_ARGUMENT : how(calls_device_of(call), key, &renewal, &info, &call->problem);
    return give_key_if_made(call, status, &info);
}

yq_status calls_renew(calls_call *call)
{
    return renew(call, yq_renew);
}

yq_status calls_rekey(calls_call *call)
{
    return renew(call, yq_rekey);
}

/* ---- lost phones ---- */

yq_status calls_list_other_keys(calls_call *call)
{
    size_t n = 0;
    const char *key = pack_read_text(&call->in);
    if (call->in.bad)
        return YQ_INVALID_ARGUMENT;
    yq_other_key *keys = calloc(YQ_OTHER_KEYS_MAX, sizeof *keys);
    yq_status status = keys
                           ? yq_list_other_keys(calls_device_of(call), key, keys, YQ_OTHER_KEYS_MAX, &n, &call->problem)
                           : YQ_OUT_OF_MEMORY;
    if (status == YQ_OK)
        pack_write_u32(&call->out, (uint32_t)n);
    for (size_t i = 0; status == YQ_OK && i < n; i++) {
        pack_write_text(&call->out, keys[i].key_id);
        pack_write_text(&call->out, keys[i].state);
        pack_write_text(&call->out, keys[i].device_name);
        pack_write_text(&call->out, keys[i].platform);
        pack_write_text(&call->out, keys[i].created_at);
    }
    free(keys);
    return status;
}

yq_status calls_report_lost(calls_call *call)
{
    const char *key = pack_read_text(&call->in);
    const char *lost = pack_read_text(&call->in);
    return call->in.bad ? YQ_INVALID_ARGUMENT : yq_report_lost(calls_device_of(call), key, lost, &call->problem);
}
