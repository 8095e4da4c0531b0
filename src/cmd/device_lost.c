/* `yiqian device other-keys | lost`: the person's other phones. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd/answer.h"
#include "cmd/device_run.h"
#include "cmd/table.h"

static err print_keys(device_run *r, const yq_other_key *keys, size_t n)
{
    static const phrase headers[] = {
        {"密钥", "Key"}, {"设备", "Device"}, {"平台", "Platform"}, {"状态", "State"}, {"登记时间", "Enrolled"}};
    enum { COLUMNS = sizeof headers / sizeof *headers };
    const char *cells[COLUMNS];
    table *t = table_headed(r->session.arena, headers, COLUMNS);
    for (size_t i = 0; i < n; i++) {
        const char *time = answer_time(r->session.arena, keys[i].created_at);
        cells[0] = keys[i].key_id;
        cells[1] = device_run_printable(r, keys[i].device_name);
        cells[2] = device_run_printable(r, keys[i].platform);
        cells[3] = device_run_printable(r, answer_word(keys[i].state));
        cells[4] = time ? device_run_printable(r, time) : "";
        TRY(table_add(t, cells));
    }
    table_print(stdout, t, 0);
    return ERR_OK;
}

int device_run_other_keys(device_run *r)
{
    static const phrase none = {"本人没有其他手机", "there is no other phone of this person"};
    yq_key_info key;
    yq_other_key keys[YQ_OTHER_KEYS_MAX];
    size_t n = 0;
    yq_problem problem;
    int code;
    if (!device_run_choose(r, &key, &code))
        return code;
    yq_status status = yq_list_other_keys(r->device, key.key, keys, YQ_OTHER_KEYS_MAX, &n, &problem);
    if (status != YQ_OK)
        return device_run_failed(r, status, &problem);
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++)
        (void)json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s, s:s}", "key_id", keys[i].key_id, "state",
                                                    keys[i].state, "device_name", keys[i].device_name, "platform",
                                                    keys[i].platform, "created_at", keys[i].created_at));
    (void)json_object_set_new(r->result, "keys", list);
    if (!r->options.json && n == 0)
        printf("%s\n", say(none));
    else if (!r->options.json && print_keys(r, keys, n) != ERR_OK)
        return device_run_failed(r, YQ_OUT_OF_MEMORY, NULL);
    return EXIT_OK;
}

/* It cannot be undone, so a person is asked, and where nobody can answer --yes says it. */
static bool sure(device_run *r)
{
    static const phrase question = {"密钥将被销毁，证书将被吊销，不能恢复。继续吗？[y/N] ",
                                    "The key is destroyed and its certificate revoked for good. Go on? [y/N] "};
    char answer[16] = "";
    r->unanswered = !isatty(STDIN_FILENO);
    if (r->options.yes || r->unanswered)
        return r->options.yes;
    fputs(say(question), stderr);
    return fgets(answer, sizeof answer, stdin) && (answer[0] == 'y' || answer[0] == 'Y');
}

int device_run_lost(device_run *r)
{
    static const phrase done = {"已报失：那部手机不能再签名", "Reported lost: that phone signs nothing more"};
    yq_key_info key;
    yq_problem problem;
    int code;
    if (!device_run_choose(r, &key, &code))
        return code;
    if (!sure(r))
        return device_run_failed(r, YQ_DECLINED, NULL);
    yq_status status = yq_report_lost(r->device, key.key, r->operands[0], &problem);
    if (status != YQ_OK)
        return device_run_failed(r, status, &problem);
    (void)json_object_set_new(r->result, "lost", json_string(r->operands[0]));
    if (!r->options.json)
        printf("%s: %s\n", say(done), r->operands[0]);
    return EXIT_OK;
}
