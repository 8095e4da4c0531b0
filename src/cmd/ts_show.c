#include <stdio.h>

#include "cmd/answer.h"
#include "cmd/ts.h"

static const phrase nothing = {NULL, NULL};

static err show_query(session *s, const char *path)
{
    static const phrase title = {"时间戳请求", "A timestamp query"};
    tsa_request request;
    TRY(ts_file_query(s, path, &request));
    if (!s->common.json)
        printf("%s\n", say(title));
    return ts_words_query(s, &request);
}

static err show_token(session *s, const char *path, bytes der)
{
    static const phrase title = {"时间戳令牌（内容未验证；验证用 yiqian ts verify）",
                                 "A timestamp token, as it says (verify it with yiqian ts verify)"};
    static const phrase malformed = {"令牌格式错误，位于", "the token is malformed, at"};
    tsa_token token;
    bool converted;
    const char *where;
    err e = tsa_token_read_any(s->arena, &token, der, &converted, &where);
    if (e != ERR_OK)
        return session_fail(s, e, malformed, arena_printf(s->arena, "%s: %s", where, path), nothing);
    if (!s->common.json)
        printf("%s\n", say(title));
    return ts_words_token(s, &token);
}

static err show_response(session *s, const char *path, bytes der)
{
    static const phrase title = {"时间戳应答", "A timestamp response"};
    tsa_response response;
    err e = tsa_response_read(&response, der);
    if (e == ERR_DER)
        return show_token(s, path, der); /* its token may be BER; what is wrong is said there */
    if (e != ERR_OK)
        return e;
    if (s->common.json && !ts_granted(&response)) {
        json_t *json = ts_words_status_json(s, &response);
        return json ? answer_dump(json) : ERR_MEMORY;
    }
    if (!s->common.json) {
        printf("%s\n", say(title));
        TRY(ts_words_status(s, &response));
    }
    return ts_granted(&response) ? show_token(s, path, der) : ERR_OK;
}

err ts_show(session *s, const void *options)
{
    const ts_show_options *o = options;
    bytes der;
    ts_kind kind;
    TRY(ts_file_read(s, o->file, &der, &kind));
    return kind == TS_QUERY      ? show_query(s, o->file)
           : kind == TS_RESPONSE ? show_response(s, o->file, der)
                                 : show_token(s, o->file, der);
}
