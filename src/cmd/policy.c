/* `yiqian policy show | set`. */
#include <string.h>

#include "cmd/answer.h"
#include "cmd/command.h"
#include "cmd/remote.h"

enum { RENEWAL_DAYS_MAX = 180, IDLE_MINUTES_MAX = 240 };

static const answer_column columns[] = {
    {{"每人证书", "Certificates a person"}, "certificates_per_person", ANSWER_TEXT},
    {{"到期前几天可更新", "Days before its end that a certificate may be renewed"}, "renewal_days", ANSWER_TEXT},
    {{"允许用指纹签名", "Signing by fingerprint allowed"}, "fingerprint", ANSWER_TEXT},
    {{"控制台无操作多少分钟退出", "Minutes without a request after which the console logs out"},
     "console_idle_minutes",
     ANSWER_TEXT},
    {{"现有多张有效证书的人数", "People with several valid certificates"}, "people_with_several", ANSWER_TEXT},
    {{"其中多出的证书数", "Certificates beyond one each"}, "surplus_certificates", ANSWER_TEXT},
    {{"更改时间", "Changed"}, "changed_at", ANSWER_TIME}};

static err show(session *s, const void *options)
{
    json_t *answer;
    (void)options;
    TRY(remote_get(s, "/v1/policy", &answer));
    return answer_show(s, answer, ANSWER_COLUMNS(columns));
}

typedef struct set_options {
    const char *certificates;
    int64_t renewal_days;
    const char *fingerprint;
    int64_t idle_minutes;
} set_options;

static const option_row set_rows[] = {{.name = "certificates-per-person",
                                       .kind = OPTION_CHOICE,
                                       .choices = "single|many",
                                       .help = {"single 每人一张有效证书；many 每台设备一张",
                                                "single: one valid certificate a person; many: one on each device"},
                                       .offset = offsetof(set_options, certificates)},
                                      {.name = "renewal-days",
                                       .kind = OPTION_INT,
                                       .value = "N",
                                       .min = 1,
                                       .max = RENEWAL_DAYS_MAX,
                                       .help = {"证书到期前几天可在手机上更新（默认 30）",
                                                "how many days before its end a certificate may be renewed (30)"},
                                       .offset = offsetof(set_options, renewal_days)},
                                      {.name = "fingerprint",
                                       .kind = OPTION_CHOICE,
                                       .choices = "allowed|forbidden",
                                       .help = {"手机可否用指纹代替 PIN 签名和授权（默认 allowed）",
                                                "whether phones may sign and authorise by fingerprint in place of the "
                                                "PIN (allowed)"},
                                       .offset = offsetof(set_options, fingerprint)},
                                      {.name = "console-idle-minutes",
                                       .kind = OPTION_INT,
                                       .value = "N",
                                       .min = 1,
                                       .max = IDLE_MINUTES_MAX,
                                       .help = {"控制台无操作多少分钟即退出（默认 15）",
                                                "after how many minutes without a request the console logs out (15)"},
                                       .offset = offsetof(set_options, idle_minutes)}};

static err set(session *s, const void *options)
{
    static const phrase
        done = {"已更改。不会因此吊销证书：多出的证书在本人下一次签发或更新证书时被取代",
                "Changed. Nothing is revoked by it: surplus certificates are superseded when their person is "
                "next issued or renews one"},
        nothing = {"没有给出要更改的策略", "nothing was given to change"},
        hint = {"yiqian policy set --help", "yiqian policy set --help"};
    const set_options *o = options;
    json_t *answer, *body = json_object();
    if (!o->certificates && !o->renewal_days && !o->fingerprint && !o->idle_minutes) {
        json_decref(body);
        return session_fail(s, ERR_ARG, nothing, NULL, hint);
    }
    if (o->certificates)
        (void)json_object_set_new(body, "certificates_per_person", json_string(o->certificates));
    if (o->renewal_days)
        (void)json_object_set_new(body, "renewal_days", json_integer(o->renewal_days));
    if (o->fingerprint)
        (void)json_object_set_new(body, "fingerprint", json_boolean(strcmp(o->fingerprint, "allowed") == 0));
    if (o->idle_minutes)
        (void)json_object_set_new(body, "console_idle_minutes", json_integer(o->idle_minutes));
    TRY(remote_call(s, &(remote_request){.method = "PATCH", .path = "/v1/policy", .body = body}, &answer));
    return answer_done(s, done, answer, ANSWER_COLUMNS(columns));
}

static const command commands[] = {
    {.name = "set",
     .summary = {"更改策略", "change the policy"},
     .notes = {"先用 yiqian policy show 查看有多少人持有多张有效证书",
               "yiqian policy show says beforehand how many people have several valid certificates"},
     .caller = CALLER_OPERATOR,
     COMMAND_OPTIONS(set_rows, set_options),
     .run = set},
    {.name = "show",
     .summary = {"查看策略，以及单证书开关涉及的人数",
                 "show the policy, and whom the single-certificate switch concerns"},
     .caller = CALLER_OPERATOR,
     .run = show}};

const command_group policy_group = {
    .name = "policy",
    .summary = {"策略：每人证书数、证书更新期、指纹、控制台",
                "the policy: certificates a person, when they are renewed, fingerprints, the console"},
    COMMAND_GROUP(commands)};
