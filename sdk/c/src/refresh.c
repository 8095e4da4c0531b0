#include "refresh.h"

#include <string.h>

#include "base/ct.h"
#include "fingerprint.h"
#include "keys.h"
#include "roster.h"

enum { CONFIRMATIONS = 2 };

/* Posts the body that w holds, to keys/{key_id}/what. */
static yq_status post(yq_device *device, context_key *key, const char *what, json_writer *w, wire_answer *answer)
{
    char path[WIRE_PATH];
    wire_key_path(path, key, what);
    YQ_TRY(wire_end(w));
    const wire_call call = {"POST", path, w->out.p, w->out.n, WIRE_SMALL};
    return wire_request(device, key, &call, answer);
}

static err read_sid(uint8_t sid[MPC_ID], json_value root)
{
    json_value value;
    TRY(json_reader_field(&value, root, "sid"));
    return json_reader_hex(sid, MPC_ID, value);
}

yq_status refresh_sid(yq_device *device, context_key *key, uint8_t sid[MPC_ID])
{
    uint8_t body[WIRE_BODY];
    json_writer w;
    json_value root;
    wire_answer answer = {0};
    wire_begin(&w, body, sizeof body);
    yq_status status = post(device, key, "sids", &w, &answer);
    if (status == YQ_OK)
        status = wire_open(&root, &answer);
    if (status == YQ_OK)
        status = status_of_answer(read_sid(sid, root));
    wire_answer_free(&answer);
    return status;
}

/* ---- R1, R2 ---- */

static err read_answer(uint8_t u_server[32], uint8_t sid[MPC_ID], json_value root)
{
    json_value value;
    TRY(json_reader_field(&value, root, "u_server"));
    TRY(json_reader_hex(u_server, 32, value));
    return read_sid(sid, root);
}

static yq_status ask(yq_device *device, context_key *key, const mpc_refresh_request *request, uint8_t u_server[32],
                     uint8_t sid[MPC_ID])
{
    uint8_t body[WIRE_BODY];
    json_writer w;
    json_value root;
    wire_answer answer = {0};
    wire_begin(&w, body, sizeof body);
    json_writer_hex(&w, "sid", request->sid, MPC_ID);
    json_writer_hex(&w, "rid", request->rid, MPC_ID);
    json_writer_hex(&w, "u_device", request->u_device, sizeof request->u_device);
    json_writer_hex(&w, "c", request->proof.c, MPC_CHALLENGE);
    json_writer_hex(&w, "z", request->proof.z, 32);
    yq_status status = post(device, key, "refresh-requests", &w, &answer);
    if (status == YQ_OK)
        status = wire_open(&root, &answer);
    if (status == YQ_OK)
        status = status_of_answer(read_answer(u_server, sid, root));
    wipe(body, sizeof body);
    wire_answer_free(&answer);
    return status;
}

/* ---- R3, R4 ---- */

/* The new mask for the platform to keep, now that the server has seen a proof with it: before that it might be a wrong PIN's. *kept (NULL: only
 * where the fingerprint is on) says what came of it. */
static bool keep_mask(yq_device *device, context_key *key, const scalar *d1, yq_status *kept)
{
    const mpc_device_blob *blob = &key->stored.refresh.blob;
    if (!kept && !key->stored.fingerprint) {
        fingerprint_discard(device, &key->stored); /* of a turning on that was cut before it was remembered */
        return false;
    }
    yq_status status = kept ? fingerprint_erase(device, &key->stored) : YQ_OK;
    if (status == YQ_OK)
        status = fingerprint_keep(device, key, blob, d1);
    if (kept)
        *kept = status;
    if (status != YQ_OK)
        fingerprint_discard(device, &key->stored);
    return status == YQ_OK;
}

/* "The device erases the old blob on the acknowledgement." */
static yq_status adopt(yq_device *device, context_key *key, const scalar *d1, yq_status *kept)
{
    stored_key changed = key->stored;
    changed.fingerprint = keep_mask(device, key, d1, kept);
    changed.blob = key->stored.refresh.blob;
    memset(&changed.refresh, 0, sizeof changed.refresh);
    yq_status status = roster_save(device, key, &changed);
    wipe(&changed, sizeof changed);
    return status;
}

/* The server never had this refresh or has given it up: the old share is the good one. */
static yq_status drop(yq_device *device, context_key *key)
{
    stored_key changed = key->stored;
    memset(&changed.refresh, 0, sizeof changed.refresh);
    yq_status status = roster_save(device, key, &changed);
    wipe(&changed, sizeof changed);
    return status;
}

static yq_status confirm(yq_device *device, context_key *key, const scalar *d1, const uint8_t sid[MPC_ID])
{
    uint8_t body[WIRE_BODY];
    json_writer w;
    wire_answer answer = {0};
    mpc_refresh_confirm request;
    memcpy(request.key_id, key->stored.key_id, MPC_ID);
    memcpy(request.rid, key->stored.refresh.rid, MPC_ID);
    memcpy(request.sid, sid, MPC_ID);
    YQ_TRY(status_of_own(mpc_device_confirm_again(&request, d1, key->stored.blob.P, &device->rng)));
    wire_begin(&w, body, sizeof body);
    json_writer_hex(&w, "sid", request.sid, MPC_ID);
    json_writer_hex(&w, "rid", request.rid, MPC_ID);
    json_writer_bool(&w, "pin_changed", key->stored.refresh.pin_changing);
    json_writer_hex(&w, "c", request.proof.c, MPC_CHALLENGE);
    json_writer_hex(&w, "z", request.proof.z, 32);
    yq_status status = post(device, key, "refresh-confirms", &w, &answer);
    wipe(body, sizeof body);
    wipe(&request, sizeof request);
    wire_answer_free(&answer);
    return status;
}

/* R3 for the stored refresh, whose share d1 is; once more where the answer is lost or the sid was too old. sid NULL: one is fetched. */
static yq_status confirm_stored(yq_device *device, context_key *key, const scalar *d1, const uint8_t *sid,
                                yq_status *kept)
{
    uint8_t fetched[MPC_ID];
    yq_status status = YQ_OK;
    for (int i = 0; i < CONFIRMATIONS; i++) {
        if (!sid)
            YQ_TRY(refresh_sid(device, key, fetched));
        status = confirm(device, key, d1, sid ? sid : fetched);
        sid = NULL;
        if (status != YQ_TRANSPORT_FAILED && !(status == YQ_REFUSED && wire_refused_with(device, "sid_refused")))
            break;
    }
    return status == YQ_OK ? adopt(device, key, d1, kept) : status;
}

/* Finishes the refresh that is open, if there is one. */
static yq_status settle(yq_device *device, context_key *key, const unmasking *by)
{
    scalar d1 = {{0}};
    if (!key->stored.refresh.pending)
        return YQ_OK;
    bool pin_changing = key->stored.refresh.pin_changing;
    yq_status status = unmasking_share(&d1, &key->stored.refresh.blob, by);
    if (status == YQ_OK)
        status = confirm_stored(device, key, &d1, NULL, NULL);
    scalar_wipe(&d1);
    if (status != YQ_REFUSED || !wire_refused_with(device, "conflict"))
        return status;
    YQ_TRY(drop(device, key));
    /* The PIN that was given is that of the change which is not to be: with the old share it would count as a wrong one. */
    return pin_changing ? YQ_REFUSED : YQ_OK;
}

/* ---- a whole refresh ---- */

static yq_status request_make(yq_device *device, context_key *key, const scalar *d1, mpc_refresh_request *request)
{
    memcpy(request->key_id, key->stored.key_id, MPC_ID);
    YQ_TRY(context_random(device, request->rid, MPC_ID));
    YQ_TRY(context_random(device, request->u_device, sizeof request->u_device));
    YQ_TRY(refresh_sid(device, key, request->sid));
    return status_of_own(mpc_device_refresh(request, d1, key->stored.blob.P, &device->rng));
}

/* "Stores the new blob beside the old." */
static yq_status store_beside(yq_device *device, context_key *key, const mpc_refresh_request *request,
                              const scalar *new_d1, bytes new_pin, bool pin_changing)
{
    stored_key changed = key->stored;
    changed.refresh.pending = true;
    changed.refresh.pin_changing = pin_changing;
    memcpy(changed.refresh.rid, request->rid, MPC_ID);
    yq_status status = status_of_own(
        mpc_device_mask(&changed.refresh.blob, new_d1, changed.blob.P, new_pin, device->pin_iterations, &device->rng));
    if (status == YQ_OK)
        status = roster_save(device, key, &changed);
    wipe(&changed, sizeof changed);
    return status;
}

static yq_status run(yq_device *device, context_key *key, bytes pin, bytes new_pin, bool pin_changing, yq_status *kept)
{
    scalar d1 = {{0}}, new_d1 = {{0}};
    mpc_refresh_request request;
    mpc_refresh_confirm unused = {.sid = {0}};
    uint8_t u_server[32], sid[MPC_ID];
    yq_status status = status_of_own(mpc_device_unmask(&d1, &key->stored.blob, pin));
    if (status == YQ_OK)
        status = request_make(device, key, &d1, &request);
    if (status == YQ_OK)
        status = ask(device, key, &request, u_server, sid);
    if (status == YQ_OK)
        status = status_of_own(
            mpc_device_confirm(&unused, &new_d1, &d1, &request, u_server, key->stored.blob.P, &device->rng));
    if (status == YQ_OK)
        status = store_beside(device, key, &request, &new_d1, new_pin, pin_changing);
    if (status == YQ_OK)
        status = confirm_stored(device, key, &new_d1, sid, kept);
    scalar_wipe(&d1);
    scalar_wipe(&new_d1);
    wipe(&request, sizeof request);
    wipe(&unused, sizeof unused);
    wipe(u_server, sizeof u_server);
    return status;
}

/* ---- at every use of the key ---- */

/* The hospital's policy has changed since it was last asked for. */
static yq_status after_refusal(yq_device *device, context_key *key)
{
    if (wire_refused_with(device, "fingerprint_forbidden"))
        YQ_TRY(fingerprint_forbid(device, key));
    return YQ_REFUSED;
}

static yq_status by_fingerprint(yq_device *device, context_key *key, unmasking *by, refresh_use use, void *context)
{
    YQ_TRY(fingerprint_open(device, key, by));
    yq_status status = settle(device, key, by);
    if (status == YQ_OK)
        status = use(device, key, by, context);
    if (status == YQ_REFUSED && wire_refused_with(device, "refresh_pending"))
        return YQ_FINGERPRINT_OFF; /* the new share is masked under the PIN */
    return status == YQ_REFUSED ? after_refusal(device, key) : status;
}

yq_status refresh_before(yq_device *device, context_key *key, unmasking *by, refresh_use use, void *context)
{
    if (key->grant) /* has no PIN, and its share is never replaced */
        return use(device, key, by, context);
    if (by->by_fingerprint)
        return by_fingerprint(device, key, by, use, context);
    YQ_TRY(settle(device, key, by));
    yq_status status = use(device, key, by, context);
    if (status != YQ_REFUSED || !wire_refused_with(device, "refresh_pending"))
        return status;
    /* Its answer was lost before anything was stored here. */
    context_clear_problem(&device->problem);
    YQ_TRY(run(device, key, by->pin, by->pin, false, NULL));
    return use(device, key, by, context);
}

typedef struct signing {
    cosign_item *items;
    size_t n;
    uint8_t *sid;
} signing;

static yq_status sign(yq_device *device, context_key *key, const unmasking *by, void *context)
{
    const signing *s = context;
    return cosign_sign(device, key, s->items, s->n, by, s->sid);
}

yq_status refresh_sign(yq_device *device, context_key *key, cosign_item *items, size_t n, unmasking *by,
                       uint8_t sid[16])
{
    return refresh_before(device, key, by, sign, &(signing){items, n, sid});
}

bool refresh_after_use(yq_device *device, context_key *key, const unmasking *by, bool due)
{
    yq_problem problem = device->problem;
    if (key->grant || (!due && key->stored.blob.iterations >= device->pin_iterations))
        return false;
    if (by->by_fingerprint)
        return true;
    /* A PIN from times when fewer were thought weak cannot be kept under: its user has to change it. */
    if (mpc_pin_check(by->pin) == ERR_OK) {
        yq_status status = run(device, key, by->pin, by->pin, false, NULL);
        (void)status;
    }
    device->problem = problem;
    return false;
}

yq_status refresh_and_keep(yq_device *device, context_key *key, bytes pin)
{
    yq_status kept = YQ_FINGERPRINT_FAILED;
    YQ_TRY(status_of_own(mpc_pin_check(pin)));
    YQ_TRY(settle(device, key, &(unmasking){.pin = pin}));
    YQ_TRY(run(device, key, pin, pin, false, &kept));
    return kept;
}

/* ---- the calls ---- */

static yq_status change_pin(yq_device *device, const char *name, bytes pin, bytes new_pin)
{
    context_key *key;
    YQ_TRY(keys_enrolled(&key, device, name));
    YQ_TRY(context_check_pin(pin));
    YQ_TRY(new_pin.p ? status_of_own(mpc_pin_check(new_pin)) : YQ_WEAK_PIN);
    if (key->stored.refresh.pending && key->stored.refresh.pin_changing)
        return YQ_WRONG_STATE;
    YQ_TRY(settle(device, key, &(unmasking){.pin = pin}));
    return run(device, key, pin, new_pin, true, NULL);
}

yq_status yq_change_pin(yq_device *device, const char *key, const char *pin, size_t pin_n, const char *new_pin,
                        size_t new_pin_n, yq_problem *problem)
{
    YQ_TRY(context_enter(device, problem));
    return context_leave(device, change_pin(device, key, bytes_of(pin, pin_n), bytes_of(new_pin, new_pin_n)), problem);
}

static yq_status refresh(yq_device *device, const char *name, bytes pin)
{
    context_key *key;
    YQ_TRY(keys_enrolled(&key, device, name));
    YQ_TRY(context_check_pin(pin));
    bool open = key->stored.refresh.pending;
    YQ_TRY(settle(device, key, &(unmasking){.pin = pin}));
    if (open) /* and now it is finished, or there is none */
        return YQ_OK;
    YQ_TRY(status_of_own(mpc_pin_check(pin)));
    return run(device, key, pin, pin, false, NULL);
}

yq_status yq_refresh(yq_device *device, const char *key, const char *pin, size_t pin_n, yq_problem *problem)
{
    YQ_TRY(context_enter(device, problem));
    return context_leave(device, refresh(device, key, bytes_of(pin, pin_n)), problem);
}
