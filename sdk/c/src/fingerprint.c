#include "fingerprint.h"

#include <stdio.h>
#include <string.h>

#include "base/ct.h"
#include "base/text.h"
#include "roster.h"

enum { SECRET = MPC_SALT + 32 };

bool fingerprint_there(const yq_device *device)
{
    return device->platform.fingerprint.wrap != NULL;
}

/* Once an enrolment is open its person is certain. */
static bool has_person(const context_key *key)
{
    return !key->damaged && key->stored.stage >= STORED_OPEN;
}

bool fingerprint_shared(const yq_device *device)
{
    const char *first = NULL;
    for (size_t i = 0; i < device->keys_n; i++) {
        const context_key *key = device->keys[i];
        if (!has_person(key))
            continue;
        if (first && strcmp(first, key->stored.staff_no) != 0)
            return true;
        first = key->stored.staff_no;
    }
    return false;
}

yq_status fingerprint_require(const yq_device *device, const context_key *key)
{
    const bool on = fingerprint_there(device) && key->stored.fingerprint && !fingerprint_shared(device);
    return on ? YQ_OK : YQ_FINGERPRINT_OFF;
}

static yq_status of_platform(int result)
{
    switch (result) {
    case YQ_PLATFORM_OK:
        return YQ_OK;
    case YQ_PLATFORM_NOT_FOUND:
        return YQ_FINGERPRINT_OFF;
    case YQ_PLATFORM_CANCELLED:
        return YQ_CANCELLED;
    default:
        return YQ_FINGERPRINT_FAILED;
    }
}

yq_status fingerprint_keep(yq_device *device, const context_key *key, const mpc_device_blob *blob, const scalar *d1)
{
    char name[YQ_NAME_MAX + 1];
    uint8_t secret[SECRET];
    scalar mask;
    const yq_fingerprint *f = &device->platform.fingerprint;
    if (!f->wrap)
        return YQ_FINGERPRINT_FAILED;
    roster_fingerprint_name(name, &key->stored);
    yq_status status = status_of_own(mpc_device_mask_of(&mask, blob, d1));
    if (status == YQ_OK) {
        memcpy(secret, blob->salt, MPC_SALT);
        scalar_to_bytes(secret + MPC_SALT, &mask);
        status = of_platform(f->wrap(f->context, name, secret, sizeof secret));
    }
    scalar_wipe(&mask);
    wipe(secret, sizeof secret);
    return status == YQ_FINGERPRINT_OFF ? YQ_FINGERPRINT_FAILED : status;
}

yq_status fingerprint_erase(yq_device *device, const stored_key *key)
{
    char name[YQ_NAME_MAX + 1];
    const yq_fingerprint *f = &device->platform.fingerprint;
    if (!f->erase)
        return YQ_OK;
    roster_fingerprint_name(name, key);
    return f->erase(f->context, name) == YQ_PLATFORM_OK ? YQ_OK : YQ_FINGERPRINT_FAILED;
}

void fingerprint_discard(yq_device *device, const stored_key *key)
{
    yq_status status = fingerprint_erase(device, key);
    (void)status;
}

yq_status fingerprint_end(yq_device *device, context_key *key)
{
    if (key->stored.fingerprint) {
        stored_key changed = key->stored;
        changed.fingerprint = false;
        yq_status status = roster_save(device, key, &changed);
        wipe(&changed, sizeof changed);
        YQ_TRY(status);
    }
    return fingerprint_erase(device, &key->stored);
}

yq_status fingerprint_forbid(yq_device *device, context_key *key)
{
    stored_key changed = key->stored;
    changed.fingerprint_forbidden = true;
    changed.fingerprint = false;
    yq_status status = roster_save(device, key, &changed);
    wipe(&changed, sizeof changed);
    if (status == YQ_OK)
        fingerprint_discard(device, &key->stored);
    return status;
}

void fingerprint_end_shared(yq_device *device)
{
    if (!fingerprint_shared(device))
        return;
    for (size_t i = 0; i < device->keys_n; i++)
        if (device->keys[i]->stored.fingerprint) {
            /* Where this fails it is off all the same (fingerprint_require), and the next opening of the storage tries again. */
            yq_status status = fingerprint_end(device, device->keys[i]);
            (void)status;
        }
}

/* ---- opening ---- */

/* "purpose: detail", cut where a character begins. */
static void write_prompt(char out[YQ_PROMPT_MAX + 1], const unmasking *by)
{
    const char *detail = by->detail && *by->detail ? by->detail : "";
    int n = snprintf(out, YQ_PROMPT_MAX + 1, "%s%s%s", by->purpose ? by->purpose : "", *detail ? ": " : "", detail);
    if (n <= YQ_PROMPT_MAX)
        return;
    size_t end = YQ_PROMPT_MAX;
    while (end > 0 && !utf8_valid(out, end))
        end--;
    out[end] = 0;
}

/* The platform's bytes: the salt, and the mask. */
static yq_status unwrap(yq_device *device, const context_key *key, unmasking *by)
{
    char name[YQ_NAME_MAX + 1], prompt[YQ_PROMPT_MAX + 1];
    uint8_t secret[YQ_FINGERPRINT_MAX];
    size_t n = 0;
    const yq_fingerprint *f = &device->platform.fingerprint;
    roster_fingerprint_name(name, &key->stored);
    write_prompt(prompt, by);
    yq_status status = of_platform(f->unwrap(f->context, name, prompt, secret, sizeof secret, &n));
    if (status == YQ_OK && (n != SECRET || scalar_from_bytes(&by->mask, secret + MPC_SALT) != ERR_OK))
        status = YQ_FINGERPRINT_OFF;
    if (status == YQ_OK)
        memcpy(by->salt, secret, MPC_SALT);
    wipe(secret, sizeof secret);
    return status;
}

static bool belongs(const unmasking *by, const mpc_device_blob *blob)
{
    return memcmp(by->salt, blob->salt, sizeof by->salt) == 0;
}

yq_status fingerprint_open(yq_device *device, context_key *key, unmasking *by)
{
    const stored_key *own = &key->stored;
    YQ_TRY(fingerprint_require(device, key));
    yq_status status = unwrap(device, key, by);
    by->open = status == YQ_OK && belongs(by, own->refresh.pending ? &own->refresh.blob : &own->blob);
    if (by->open || (status != YQ_OK && status != YQ_FINGERPRINT_OFF))
        return status;
    const bool for_the_pin = status == YQ_OK && own->refresh.pending && belongs(by, &own->blob);
    scalar_wipe(&by->mask);
    if (!for_the_pin) {
        status = fingerprint_end(device, key);
        if (status == YQ_STORAGE_FAILED)
            return status;
    }
    return YQ_FINGERPRINT_OFF;
}
