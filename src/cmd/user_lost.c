/* `yiqian user lost`: a person's phones that are gone. It cannot be undone, so nothing is destroyed that was not seen or named. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd/answer.h"
#include "cmd/remote.h"
#include "cmd/table.h"
#include "cmd/user.h"

/* One phone, for the question: on standard error, standard output is the result's. */
static err tell_phone(session *s, const json_t *key)
{
    static const char *const paths[] = {"key_id", "device_name", "platform"};
    const char *state = answer_text(key, "state");
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        const char *text = answer_text(key, paths[i]), *printable = table_printable(s->arena, text ? text : "-");
        if (!printable)
            return ERR_MEMORY;
        fprintf(stderr, "  %s", printable);
    }
    fprintf(stderr, "  %s\n", state ? answer_word(state) : "-");
    return ERR_OK;
}

/* Those that it is about: of the key that is named, or all that are not destroyed already. */
static err tell_phones(session *s, const user_lost_options *o)
{
    static const phrase these = {"以下手机将不能再签名", "These phones will sign no more"};
    const char *path;
    json_t *answer, *key;
    size_t i;
    TRY(user_path(s, o->staff_no, "/keys", &path));
    TRY(remote_get(s, path, &answer));
    fprintf(stderr, "%s:\n", say(these));
    json_array_foreach(json_object_get(answer, "items"), i, key)
    {
        const char *id = answer_text(key, "key_id"), *state = answer_text(key, "state");
        if (id && state && strcmp(state, "destroyed") != 0 && (!o->key_id || strcmp(o->key_id, id) == 0))
            TRY(tell_phone(s, key));
    }
    return ERR_OK;
}

static err ask(session *s, const user_lost_options *o)
{
    static const phrase question = {"密钥将被销毁，证书将被吊销，不能恢复。继续吗？[y/N] ",
                                    "The keys are destroyed and their certificates revoked for good. Go on? [y/N] "},
                        gave_up = {"已放弃：没有改变", "given up: nothing was changed"}, nothing = {NULL, NULL};
    char line[16] = "";
    TRY(tell_phones(s, o));
    fputs(say(question), stderr);
    if (fgets(line, sizeof line, stdin) && (*line == 'y' || *line == 'Y'))
        return ERR_OK;
    return session_fail(s, ERR_CONFLICT, gave_up, NULL, nothing);
}

static err agreed(session *s, const user_lost_options *o)
{
    static const phrase both = {"--key 与 --all 只能给出一个", "give --key or --all, not both"},
                        which = {"请指明手机：--key KEY_ID（见 yiqian user keys），或全部：--all",
                                 "say which phone: --key KEY_ID (see yiqian user keys), or all of them: --all"},
                        unanswered = {"没有终端可以询问：核对后用 --yes",
                                      "there is no terminal to ask on: when you are sure, use --yes"};
    const bool terminal = isatty(STDIN_FILENO);
    if (o->key_id && o->all)
        return session_usage(s, both, NULL);
    if (!o->key_id && !o->all && (o->yes || !terminal))
        return session_usage(s, which, o->staff_no);
    if (o->yes)
        return ERR_OK;
    return terminal ? ask(s, o) : session_usage(s, unanswered, o->staff_no);
}

err user_lost(session *s, const void *options)
{
    static const phrase done = {"密钥已销毁，证书已吊销：不能再签名",
                                "Keys destroyed, certificates revoked: nothing more is signed"};
    static const answer_column count[] = {{{"密钥数", "Keys"}, "keys", ANSWER_TEXT}};
    const user_lost_options *o = options;
    const char *path;
    json_t *answer;
    TRY(agreed(s, o));
    TRY(user_path(s, o->staff_no, "/lost", &path));
    TRY(remote_post(s, path, o->key_id ? json_pack("{s:s}", "key_id", o->key_id) : json_object(), &answer));
    return answer_done(s, done, answer, ANSWER_COLUMNS(count));
}
