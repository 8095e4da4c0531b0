/* `yiqian device renew | rekey`. */
#include <stdio.h>
#include <string.h>

#include "base/ct.h"
#include "cmd/answer.h"
#include "cmd/device_run.h"
#include "cmd/pin.h"

static bool confirm(void *context, const yq_person *person)
{
    return device_run_confirm(context, person, (phrase){"新证书的持有人", "The new certificate is for"},
                              (phrase){"继续吗？[Y/n] ", "Go on? [Y/n] "});
}

typedef yq_status (*renewal_call)(yq_device *device, const char *key, const yq_renewal *renewal, yq_key_info *out,
                                  yq_problem *problem);

static int run(device_run *r, renewal_call call, phrase done)
{
    static const phrase number = {"密钥", "Key"}, serial = {"证书序列号", "Certificate"},
                        until = {"有效期至", "Valid until"};
    char pin[PIN_ROOM] = "";
    int code;
    yq_key_info key;
    yq_problem problem;
    yq_renewal renewal = {.confirm = confirm, .confirm_context = r};
    if (!device_run_choose(r, &key, &code) || !device_run_pin(r, pin, &renewal.pin_n, false, &code))
        return code;
    renewal.pin = pin;
    yq_status status = call(r->device, key.key, &renewal, &key, &problem);
    wipe(pin, sizeof pin);
    if (status != YQ_OK)
        return device_run_failed(r, status, &problem);
    (void)json_object_set_new(r->result, "key", device_run_key_json(&key));
    if (!r->options.json) {
        const char *time = answer_time(r->session.arena, key.not_after);
        printf("%s\n%s: %s\n%s: %s\n%s: %s\n", say(done), say(number), key.key_id, say(serial), key.serial, say(until),
               time ? device_run_printable(r, time) : "");
    }
    return EXIT_OK;
}

int device_run_renew(device_run *r)
{
    return run(r, yq_renew, (phrase){"证书已更新，密钥不变", "The certificate is renewed, for the same key"});
}

int device_run_rekey(device_run *r)
{
    return run(r, yq_rekey, (phrase){"密钥已更换，原密钥已销毁", "There is another key: the old one is destroyed"});
}
