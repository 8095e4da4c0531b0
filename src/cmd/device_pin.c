/* `yiqian device pin | refresh`. */
#include <stdio.h>
#include <string.h>

#include "base/ct.h"
#include "cmd/device_run.h"
#include "cmd/pin.h"

/* Where the change is open, the person has to know which PIN it is now. */
static void tell_which(device_run *r, const char *key_id)
{
    static const phrase now_new =
                            {"PIN 的更换尚未得到确认：从现在起用新 PIN；执行 yiqian device refresh 完成",
                             "the change is not confirmed: the PIN is the new one; yiqian device refresh finishes it"},
                        still_old = {"PIN 未更换，仍用原 PIN", "the PIN is not changed: it is the old one"};
    yq_key_info keys[YQ_KEYS_MAX];
    size_t n = 0;
    if (yq_list_keys(r->device, keys, YQ_KEYS_MAX, &n) != YQ_OK)
        return;
    for (size_t i = 0; i < n; i++)
        if (strcmp(keys[i].key, key_id) == 0)
            fprintf(stderr, "  %s\n", say(keys[i].pin_changing ? now_new : still_old));
}

static int done(device_run *r, const char *key, yq_status status, const yq_problem *problem, phrase words)
{
    if (status != YQ_OK)
        return device_run_failed(r, status, problem);
    (void)json_object_set_new(r->result, "key", json_string(key));
    if (!r->options.json)
        printf("%s\n", say(words));
    return EXIT_OK;
}

int device_run_change_pin(device_run *r)
{
    static const phrase changed = {"PIN 已更换，密钥分片已更新", "The PIN is changed, and the shares are new"};
    char pin[PIN_ROOM] = "", new_pin[PIN_ROOM] = "";
    size_t pin_n, new_pin_n;
    int code;
    yq_key_info key;
    yq_problem problem;
    if (!device_run_choose(r, &key, &code))
        return code;
    if (device_run_pin(r, pin, &pin_n, false, &code) && device_run_other_pin(r, new_pin, &new_pin_n, &code)) {
        yq_status status = yq_change_pin(r->device, key.key, pin, pin_n, new_pin, new_pin_n, &problem);
        code = done(r, key.key, status, &problem, changed);
        if (status != YQ_OK)
            tell_which(r, key.key);
    }
    wipe(pin, sizeof pin);
    wipe(new_pin, sizeof new_pin);
    return code;
}

int device_run_refresh(device_run *r)
{
    static const phrase refreshed = {"密钥分片已更新", "The shares are new"};
    char pin[PIN_ROOM] = "";
    size_t pin_n;
    int code;
    yq_key_info key;
    yq_problem problem;
    if (!device_run_choose(r, &key, &code) || !device_run_pin(r, pin, &pin_n, false, &code))
        return code;
    yq_status status = yq_refresh(r->device, key.key, pin, pin_n, &problem);
    wipe(pin, sizeof pin);
    return done(r, key.key, status, &problem, refreshed);
}
