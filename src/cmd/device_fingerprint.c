/* `yiqian device fingerprint`: with --test-finger only, for a PC has nothing that only a person's finger opens. */
#include <stdio.h>
#include <string.h>

#include "base/ct.h"
#include "cmd/device_run.h"
#include "cmd/pin.h"

static yq_status enable(device_run *r, const yq_key_info *key, yq_problem *problem, int *code)
{
    char pin[PIN_ROOM] = "";
    size_t pin_n;
    if (!device_run_pin(r, pin, &pin_n, false, code))
        return YQ_OK;
    yq_status status = yq_enable_fingerprint(r->device, key->key, pin, pin_n, problem);
    wipe(pin, sizeof pin);
    return status;
}

int device_run_fingerprint(device_run *r)
{
    static const phrase words = {"请给出 on 或 off", "say on or off"},
                        on = {"指纹已开启（测试用：以文件代替）", "The fingerprint is on (for tests: it is a file)"},
                        off = {"指纹已关闭", "The fingerprint is off"};
    const bool turns_on = strcmp(r->operands[0], "on") == 0;
    yq_key_info key;
    yq_problem problem = {0};
    int code = EXIT_OK;
    if (!turns_on && strcmp(r->operands[0], "off") != 0)
        return device_run_usage(r, words, r->operands[0]);
    if (!device_run_choose(r, &key, &code))
        return code;
    yq_status status = turns_on ? enable(r, &key, &problem, &code) : yq_disable_fingerprint(r->device, key.key);
    if (code != EXIT_OK)
        return code;
    if (status != YQ_OK)
        return device_run_failed(r, status, &problem);
    (void)json_object_set_new(r->result, "key", json_string(key.key));
    (void)json_object_set_new(r->result, "fingerprint", json_boolean(turns_on));
    if (!r->options.json)
        printf("%s\n", say(turns_on ? on : off));
    return EXIT_OK;
}
