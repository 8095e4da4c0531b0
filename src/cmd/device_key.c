/* `yiqian device enrol | resume | keys | remove`. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/ct.h"
#include "cmd/answer.h"
#include "cmd/device_run.h"
#include "cmd/device_words.h"
#include "cmd/pin.h"
#include "cmd/table.h"

/* ---- enrol, resume ---- */

static bool confirm(void *context, const yq_person *person)
{
    return device_run_confirm(context, person, (phrase){"激活码属于", "The activation code belongs to"},
                              (phrase){"是您本人吗？[Y/n] ", "Is this you? [Y/n] "});
}

static void print_key(device_run *r, const yq_key_info *key)
{
    static const phrase enrolled = {"已登记", "Enrolled"}, number = {"密钥", "Key"},
                        serial = {"证书序列号", "Certificate"}, until = {"有效期至", "Valid until"};
    const char *time = answer_time(r->session.arena, key->not_after);
    printf("%s: %s (%s), %s\n", say(enrolled), device_run_printable(r, key->name),
           device_run_printable(r, key->staff_no), device_run_printable(r, key->organisation));
    printf("%s: %s\n%s: %s\n%s: %s\n", say(number), key->key_id, say(serial), key->serial, say(until),
           time ? device_run_printable(r, time) : "");
}

static int finish_enrolment(device_run *r, yq_status status, const yq_key_info *key, const yq_problem *problem)
{
    static const phrase anew = {
        "没有终端可以询问，未登记；激活码已用过，请领取新的，核对后用 --yes",
        "there is no terminal to ask on, so nothing was enrolled; the activation code is used up: "
        "get another, and use --yes when you are sure"};
    if (status == YQ_DECLINED && r->unanswered)
        return device_run_usage(r, anew, NULL);
    if (status != YQ_OK)
        return device_run_failed(r, status, problem);
    (void)json_object_set_new(r->result, "key", device_run_key_json(key));
    if (!r->options.json)
        print_key(r, key);
    return EXIT_OK;
}

/* The same command again goes on where an earlier one was interrupted. */
static yq_status enrol_or_resume(device_run *r, const yq_enrolment *enrolment, yq_key_info *key, yq_problem *problem)
{
    yq_status status = yq_enrol(r->device, enrolment, key, problem);
    if (status == YQ_WRONG_STATE && key->stage == YQ_KEY_UNFINISHED)
        status = yq_enrol_resume(r->device, key->key, enrolment->pin, enrolment->pin_n, key, problem);
    return status;
}

int device_run_enrol(device_run *r)
{
    static const phrase no_server = {
        "设备还没有服务器，或登记的内容不可用：给出 --server，或先扫描服务器的二维码",
        "the phone has no server yet, or what was given cannot be used: give --server, or scan the "
        "server's code first"};
    char pin[PIN_ROOM], host[65] = "";
    size_t pin_n;
    int code;
    yq_key_info key = {.stage = YQ_KEY_OPENING};
    yq_problem problem;
    (void)gethostname(host, sizeof host - 1);
    if (!device_run_pin(r, pin, &pin_n, true, &code))
        return code;
    const yq_enrolment enrolment = {.server = r->options.server,
                                    .staff_no = r->options.staff_no,
                                    .activation_code = r->options.code,
                                    .device_name = r->options.name ? r->options.name
                                                   : *host         ? host
                                                                   : "yiqian",
                                    .pin = pin,
                                    .pin_n = pin_n,
                                    .confirm = confirm,
                                    .confirm_context = r};
    yq_status status = enrol_or_resume(r, &enrolment, &key, &problem);
    wipe(pin, sizeof pin);
    if (status == YQ_INVALID_ARGUMENT && !r->options.server)
        return device_run_usage(r, no_server, NULL);
    return finish_enrolment(r, status, &key, &problem);
}

/* The one enrolment that is not finished, or the one that --key names. */
static bool find_unfinished(device_run *r, yq_key_info *key)
{
    yq_key_info keys[YQ_KEYS_MAX];
    size_t n, found = 0;
    if (yq_list_keys(r->device, keys, YQ_KEYS_MAX, &n) != YQ_OK)
        return false;
    for (size_t i = 0; i < n; i++) {
        if (keys[i].stage != YQ_KEY_UNFINISHED || (r->options.key && strcmp(r->options.key, keys[i].key) != 0 &&
                                                   strcmp(r->options.key, keys[i].staff_no) != 0))
            continue;
        *key = keys[i];
        found++;
    }
    return found == 1;
}

int device_run_resume(device_run *r)
{
    static const phrase none = {"没有（或不止一个）未完成的登记", "there is no unfinished enrolment, or more than one"};
    char pin[PIN_ROOM];
    size_t pin_n;
    int code;
    yq_key_info key;
    yq_problem problem;
    if (!find_unfinished(r, &key))
        return device_run_usage(r, none, r->options.key);
    if (!device_run_pin(r, pin, &pin_n, false, &code))
        return code;
    yq_status status = yq_enrol_resume(r->device, key.key, pin, pin_n, &key, &problem);
    wipe(pin, sizeof pin);
    return finish_enrolment(r, status, &key, &problem);
}

/* ---- keys ---- */

static err print_keys(device_run *r, const yq_key_info *keys, size_t n)
{
    static const phrase headers[] = {{"密钥", "Key"},
                                     {"工号", "Staff no"},
                                     {"姓名", "Name"},
                                     {"阶段", "Stage"},
                                     {"状态", "State"},
                                     {"剩余次数", "Tries left"},
                                     {"证书有效期至", "Valid until"},
                                     {"服务器", "Server"}};
    static const phrase due = {"（可更新）", "(renew it)"};
    enum { COLUMNS = sizeof headers / sizeof *headers };
    arena *a = r->session.arena;
    const char *cells[COLUMNS];
    table *t = table_headed(a, headers, COLUMNS);
    for (size_t i = 0; i < n; i++) {
        const yq_key_info *k = &keys[i];
        cells[0] = *k->key_id ? k->key_id : k->key;
        cells[1] = device_run_printable(r, k->staff_no);
        cells[2] = device_run_printable(r, k->name);
        cells[3] = say(device_words_stage(k->stage));
        cells[4] = device_run_printable(r, answer_word(k->state));
        cells[5] = k->tries_left < 0 ? "" : arena_printf(a, "%d", k->tries_left);
        cells[6] = *k->not_after ? answer_time(a, k->not_after) : "";
        if (k->renewal_due && cells[6])
            cells[6] = arena_printf(a, "%s %s", cells[6], say(due));
        cells[7] = k->server;
        TRY(table_add(t, cells));
    }
    table_print(stdout, t, 0);
    return ERR_OK;
}

int device_run_keys(device_run *r)
{
    yq_key_info keys[YQ_KEYS_MAX];
    size_t n = 0;
    yq_problem problem;
    yq_status asked = r->options.offline ? YQ_OK : yq_sync_keys(r->device, &problem);
    yq_status status = yq_list_keys(r->device, keys, YQ_KEYS_MAX, &n);
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++)
        (void)json_array_append_new(list, device_run_key_json(&keys[i]));
    (void)json_object_set_new(r->result, "keys", list);
    if (status == YQ_OK && !r->options.json && print_keys(r, keys, n) != ERR_OK)
        status = YQ_OUT_OF_MEMORY;
    /* What is known here is shown even where a server could not be asked. */
    if (status == YQ_OK)
        status = asked;
    return status == YQ_OK ? EXIT_OK : device_run_failed(r, status, &problem);
}

/* ---- remove ---- */

int device_run_remove(device_run *r)
{
    static const phrase removed = {"已删除", "Removed"};
    yq_problem problem;
    yq_status status = yq_remove_key(r->device, r->operands[0], r->options.local, &problem);
    if (status != YQ_OK)
        return device_run_failed(r, status, &problem);
    (void)json_object_set_new(r->result, "removed", json_string(r->operands[0]));
    if (!r->options.json)
        printf("%s: %s\n", say(removed), r->operands[0]);
    return EXIT_OK;
}
