#include "cmd/device_run.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd/device_words.h"
#include "cmd/pin.h"
#include "cmd/table.h"

static const phrase nothing = {NULL, NULL};

int device_run_failed(device_run *r, yq_status status, const yq_problem *problem)
{
    static const phrase unanswered = {"没有终端可以询问：核对后用 --yes",
                                      "there is no terminal to ask on: when you are sure, use --yes"};
    if (status == YQ_DECLINED && r->unanswered)
        return device_run_usage(r, unanswered, NULL);
    (void)fflush(stdout);
    device_words_tell(r->session.arena, status, problem, phone_message(r->phone));
    (void)json_object_set_new(r->result, "error", device_words_json(status, problem));
    r->session.told = true;
    return device_words_exit(status);
}

int device_run_usage(device_run *r, phrase what, const char *subject)
{
    (void)session_usage(&r->session, what, subject);
    return EXIT_USAGE;
}

const char *device_run_printable(device_run *r, const char *text)
{
    const char *printable = table_printable(r->session.arena, text);
    return printable ? printable : "";
}

/* On standard error: standard output is the result's. */
bool device_run_confirm(device_run *r, const yq_person *person, phrase whose, phrase question)
{
    static const phrase ends = {"以下设备不能再签名", "This device will sign no more"};
    char answer[16] = "";
    fprintf(stderr, "%s: %s (%s), %s\n", say(whose), device_run_printable(r, person->name),
            device_run_printable(r, person->staff_no), device_run_printable(r, person->organisation));
    for (size_t i = 0; i < person->supersedes_n; i++)
        fprintf(stderr, "  %s: %s\n", say(ends), device_run_printable(r, person->supersedes[i]));
    if (r->options.yes)
        return true;
    if (!isatty(STDIN_FILENO)) {
        r->unanswered = person->supersedes_n > 0;
        return !r->unanswered;
    }
    fputs(say(question), stderr);
    return fgets(answer, sizeof answer, stdin) && strchr("\nYy", answer[0]) != NULL;
}

/* ---- which key ---- */

bool device_run_choose(device_run *r, yq_key_info *key, int *code)
{
    static const phrase none = {"本设备尚未登记", "this device is not enrolled"},
                        first = {"先执行 yiqian device enrol", "run yiqian device enrol first"},
                        damaged = {"密钥记录已损坏，不能使用", "the key's record is damaged and cannot be used"},
                        anew = {"用 yiqian device remove 删除后重新登记",
                                "remove it (yiqian device remove) and enrol again"},
                        several = {"本设备有多个密钥，请用 --key 指定（见 yiqian device keys）",
                                   "this device has several keys: say which with --key (see yiqian device keys)"};
    yq_key_info keys[YQ_KEYS_MAX];
    const char *broken = NULL;
    size_t n, enrolled = 0;
    yq_status status = yq_list_keys(r->device, keys, YQ_KEYS_MAX, &n);
    for (size_t i = 0; status == YQ_OK && i < n; i++) {
        bool named = r->options.key &&
                     (strcmp(r->options.key, keys[i].key) == 0 || strcmp(r->options.key, keys[i].key_id) == 0 ||
                      strcmp(r->options.key, keys[i].staff_no) == 0);
        if (keys[i].stage == YQ_KEY_DAMAGED && (named || !r->options.key))
            broken = keys[i].key;
        if (keys[i].stage != YQ_KEY_ENROLLED || (r->options.key && !named))
            continue;
        *key = keys[i];
        enrolled++;
    }
    if (status == YQ_OK && enrolled == 1)
        return true;
    if (status != YQ_OK)
        *code = device_run_failed(r, status, NULL);
    else if (enrolled > 1)
        *code = device_run_usage(r, several, NULL);
    else if (broken)
        *code = (session_fail(&r->session, ERR_CORRUPT, damaged, broken, anew), EXIT_FAILED);
    else if (r->options.key)
        *code = device_run_failed(r, YQ_NOT_FOUND, NULL);
    else
        *code = (session_fail(&r->session, ERR_NOT_FOUND, none, NULL, first), EXIT_FAILED);
    return false;
}

/* ---- the PIN ---- */

static bool read_pin(device_run *r, char *out, size_t *n, const char *file, const char *variable, bool new_pin,
                     int *code)
{
    static const phrase no_terminal = {"没有终端可以输入 PIN 码", "there is no terminal to type the PIN on"},
                        instead = {"用文件选项或环境变量给出", "give it by the file option or the variable"},
                        differ = {"两次输入不同", "the two are not the same"}, gave_up = {"已放弃", "given up"};
    err e = pin_read(out, n, file, variable, new_pin);
    if (e == ERR_OK)
        return true;
    if (e == ERR_UNSUPPORTED)
        (void)session_fail(&r->session, e, no_terminal, variable, instead);
    else if (e == ERR_CONFLICT)
        (void)session_fail(&r->session, e, differ, NULL, nothing);
    else if (e == ERR_TIMEOUT)
        (void)session_fail(&r->session, e, gave_up, NULL, nothing);
    else
        (void)session_secret_failed(&r->session, e, file ? file : variable);
    *code = EXIT_USAGE;
    return false;
}

bool device_run_pin(device_run *r, char *out, size_t *n, bool new_pin, int *code)
{
    return read_pin(r, out, n, r->options.pin_file, "YIQIAN_PIN", new_pin, code);
}

bool device_run_person(device_run *r, char *room, const char **pin, size_t *n, int *code)
{
    *pin = r->options.fingerprint ? NULL : room;
    *n = 0;
    return r->options.fingerprint || device_run_pin(r, room, n, false, code);
}

bool device_run_other_pin(device_run *r, char *out, size_t *n, int *code)
{
    return read_pin(r, out, n, r->options.new_pin_file, "YIQIAN_NEW_PIN", true, code);
}

/* ---- a key as JSON ---- */

static void set_text(json_t *object, const char *name, const char *text)
{
    (void)json_object_set_new(object, name, *text ? json_string(text) : json_null());
}

json_t *device_run_key_json(const yq_key_info *key)
{
    json_t *object = json_object();
    set_text(object, "key", key->key);
    set_text(object, "key_id", key->key_id);
    set_text(object, "stage", device_words_stage_code(key->stage));
    set_text(object, "server", key->server);
    set_text(object, "staff_no", key->staff_no);
    set_text(object, "name", key->name);
    set_text(object, "organisation", key->organisation);
    set_text(object, "state", key->state);
    (void)json_object_set_new(object, "tries_left", key->tries_left < 0 ? json_null() : json_integer(key->tries_left));
    set_text(object, "serial", key->serial);
    set_text(object, "certificate_state", key->certificate_state);
    set_text(object, "not_before", key->not_before);
    set_text(object, "not_after", key->not_after);
    (void)json_object_set_new(object, "renewal_due", json_boolean(key->renewal_due));
    set_text(object, "replaces", key->replaces);
    (void)json_object_set_new(object, "pin_changing", json_boolean(key->pin_changing));
    (void)json_object_set_new(object, "fingerprint", json_boolean(key->fingerprint));
    (void)json_object_set_new(object, "fingerprint_allowed", json_boolean(key->fingerprint_allowed));
    return object;
}
