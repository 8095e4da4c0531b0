#include "cmd/answer.h"
#include "cmd/command.h"
#include "cmd/remote.h"

typedef struct key_options {
    const char *key_id;
    bool despite_alarm;
} key_options;

#define KEY_ROW                                                                                                        \
    {                                                                                                                  \
        .name = "KEY_ID", .kind = OPTION_TEXT, .flags = OPTION_REQUIRED | OPTION_OPERAND,                              \
        .help = {"密钥标识，见 yiqian user keys STAFF_NO", "the key's id, from yiqian user keys STAFF_NO"},            \
        .offset = offsetof(key_options, key_id)                                                                        \
    }

static const option_row key_rows[] = {KEY_ROW};
static const option_row unfreeze_rows[] = {
    KEY_ROW,
    {.name = "despite-alarm",
     .kind = OPTION_FLAG,
     .help = {"即使因克隆告警而冻结也解冻（存在设备副本；通常应吊销证书、重新登记）",
              "also where a clone alarm froze it (a copy of the device exists: usually revoke and enrol anew)"},
     .offset = offsetof(key_options, despite_alarm)}};

/* An act without a body. */
static err act(session *s, const key_options *o, const char *what, phrase done)
{
    json_t *answer;
    TRY(remote_call(s, &(remote_request){.method = "POST", .path = remote_path(s, "/v1/keys/", o->key_id, what)},
                    &answer));
    return answer_done(s, done, answer, NULL, 0);
}

static err freeze(session *s, const void *options)
{
    static const phrase done = {"已冻结：不能签名，证书已列入 CRL",
                                "Frozen: it signs nothing, and its certificate is on the CRL"};
    return act(s, options, "/freeze", done);
}

static err unfreeze(session *s, const void *options)
{
    static const phrase done = {"已解冻：证书已从 CRL 移除", "Unfrozen: its certificate is off the CRL"};
    const key_options *o = options;
    json_t *answer;
    TRY(remote_post(s, remote_path(s, "/v1/keys/", o->key_id, "/unfreeze"),
                    json_pack("{s:b}", "despite_alarm", o->despite_alarm), &answer));
    return answer_done(s, done, answer, NULL, 0);
}

static err unlock(session *s, const void *options)
{
    static const phrase done = {"已解锁：PIN 错误次数重新计算", "Unlocked: wrong PINs are counted anew"};
    return act(s, options, "/unlock", done);
}

static const command commands[] = {
    {.name = "freeze",
     .summary = {"冻结密钥与证书", "freeze a key and its certificate"},
     .caller = CALLER_OPERATOR,
     COMMAND_OPTIONS(key_rows, key_options),
     .run = freeze},
    {.name = "unfreeze",
     .summary = {"解冻密钥与证书", "unfreeze a key and its certificate"},
     .caller = CALLER_OPERATOR,
     COMMAND_OPTIONS(unfreeze_rows, key_options),
     .run = unfreeze},
    {.name = "unlock",
     .summary = {"解锁因 PIN 多次错误而锁定的密钥", "unlock a key that wrong PINs locked"},
     .caller = CALLER_OPERATOR,
     COMMAND_OPTIONS(key_rows, key_options),
     .run = unlock}};

const command_group key_group = {
    .name = "key", .summary = {"密钥：冻结、解冻、解锁", "keys: freeze, unfreeze, unlock"}, COMMAND_GROUP(commands)};
