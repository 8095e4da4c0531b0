#include "cmd/answer.h"
#include "cmd/ts.h"

static err tell_status(session *s, bytes der)
{
    static const phrase malformed = {"应答格式错误", "the response is malformed"};
    tsa_response response;
    err e = tsa_response_read(&response, der);
    if (e != ERR_OK)
        return session_fail(s, e, malformed, NULL, (phrase){NULL, NULL});
    if (s->common.json) {
        json_t *json = ts_words_status_json(s, &response);
        TRY(json ? answer_dump(json) : ERR_MEMORY);
    } else {
        TRY(ts_words_status(s, &response));
    }
    s->told = true; /* the status says it */
    return ts_granted(&response) ? ERR_OK : ERR_REMOTE;
}

err ts_reply(session *s, const void *options)
{
    static const phrase needed = {"请用 --output 指定应答的文件", "name the response's file with --output"};
    static const phrase token = {"这是令牌；显示用 yiqian ts show", "this is a token; yiqian ts show shows it"};
    const ts_reply_options *o = options;
    bytes given, der;
    ts_kind kind;
    TRY(ts_file_read(s, o->file, &given, &kind));
    if (kind == TS_TOKEN)
        return session_fail(s, ERR_DER, token, o->file, (phrase){NULL, NULL});
    if (kind == TS_RESPONSE)
        return tell_status(s, given);
    if (!o->output)
        return session_usage(s, needed, NULL);
    TRY(ts_exchange(s, o->url, given, &der));
    TRY(answer_write(s, o->output, der.p, der.n));
    return tell_status(s, der);
}
