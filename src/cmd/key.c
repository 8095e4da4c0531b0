#include "cmd/answer.h"
#include "cmd/command.h"
#include "cmd/remote.h"

typedef struct unlock_options {
    const char *key_id;
} unlock_options;

static const option_row unlock_rows[] = {
    {.name = "KEY_ID",
     .kind = OPTION_TEXT,
     .flags = OPTION_REQUIRED | OPTION_OPERAND,
     .help = {"密钥标识，见 yiqian user keys STAFF_NO", "the key's id, from yiqian user keys STAFF_NO"},
     .offset = offsetof(unlock_options, key_id)}};

static err unlock(session *s, const void *options)
{
    static const phrase done = {"已解锁：PIN 错误次数重新计算", "Unlocked: wrong PINs are counted anew"};
    const unlock_options *o = options;
    json_t *answer;
    TRY(remote_call(s, &(remote_request){.method = "POST", .path = remote_path(s, "/v1/keys/", o->key_id, "/unlock")},
                    &answer));
    return answer_done(s, done, answer, NULL, 0);
}

static const command commands[] = {
    {.name = "unlock",
     .summary = {"解锁因 PIN 多次错误而锁定的密钥", "unlock a key that wrong PINs locked"},
     .caller = CALLER_OPERATOR,
     COMMAND_OPTIONS(unlock_rows, unlock_options),
     .run = unlock}};

const command_group key_group = {.name = "key", .summary = {"密钥：解锁", "keys: unlock"}, COMMAND_GROUP(commands)};
