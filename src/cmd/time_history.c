/* `yiqian time history`: lists the clock's history, or verifies it without believing the server. */
#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "cmd/answer.h"
#include "cmd/remote.h"
#include "cmd/time.h"
#include "tsa/clock_statement.h"

enum { ROWS_MAX = 200, SIGNERS_MAX = 64 };

const option_row time_history_rows[TIME_HISTORY_ROWS] = {
    {.name = "limit",
     .kind = OPTION_INT,
     .value = "N",
     .min = 1,
     .max = ROWS_MAX,
     .help = {"最多几行（默认 100）", "how many rows at the most (100)"},
     .offset = offsetof(time_history_options, limit)},
    {.name = "after",
     .kind = OPTION_INT,
     .value = "N",
     .max = INT64_C(999999999999999),
     .help = {"从这个序号之后开始", "begin behind this number"},
     .offset = offsetof(time_history_options, after)},
    {.name = "check",
     .kind = OPTION_FLAG,
     .help = {"从头核验整条历史", "verify the whole history from its beginning"},
     .offset = offsetof(time_history_options, check)}};

static const answer_column columns[] = {{{"序号", "No."}, "sequence", ANSWER_TEXT},
                                        {{"时间", "Time"}, "time", ANSWER_TIME},
                                        {{"状态", "State"}, "state", ANSWER_WORD},
                                        {{"原因", "Because"}, "reason", ANSWER_WORD},
                                        {{"误差上限（微秒）", "Error at most (us)"}, "error_us", ANSWER_TEXT},
                                        {{"来源", "Sources"}, "sources", ANSWER_TEXT}};

/* A check under way. */
typedef struct check {
    session *session;
    cert signers[SIGNERS_MAX];
    size_t signers_n;
    int64_t links;
    uint8_t previous[CLOCK_LINK];
} check;

static err decode(session *s, const json_t *text, bytes *out)
{
    const char *value = json_string_value(text);
    return value ? base64_decode(s->arena, value, strlen(value), out) : ERR_ENCODING;
}

/* Line by line as fields of the row, for the table. */
static err spread(session *s, json_t *item)
{
    static const char *const names[] = {"reason", "error_us", "sources"};
    const char *text = answer_text(item, "statement");
    for (size_t i = 0; text && i < sizeof names / sizeof *names; i++) {
        bytes value = clock_statement_field(bytes_of_text(text), names[i]);
        char *copy = arena_text(s->arena, value.p, value.n);
        if (!copy || json_object_set_new(item, names[i], json_string(copy)) != 0)
            return ERR_MEMORY;
    }
    return ERR_OK;
}

static err list(session *s, const time_history_options *o)
{
    json_t *answer, *item;
    size_t i;
    const char *path = remote_query_int(s, "/v1/tsa/clock/history", "limit", o->limit);
    TRY(remote_get(s, remote_query_int(s, path, "after", o->after), &answer));
    json_array_foreach(json_object_get(answer, "items"), i, item) TRY(spread(s, item));
    return answer_list(s, answer, ANSWER_COLUMNS(columns));
}

/* ---- --check ---- */

static err broken(session *s, int64_t sequence, const char *why)
{
    static const phrase what = {"时钟历史不完整", "the clock's history is not intact"},
                        hint = {"请保留现场（数据目录与备份），并通知安全负责人",
                                "keep the data directory and the backups as they are, and tell who is responsible for "
                                "security"};
    return session_fail(s, ERR_CORRUPT, what, arena_printf(s->arena, "%" PRId64 ": %s", sequence, why), hint);
}

/* The issuing CA's certificate, as the server publishes it. */
static err fetch_issuer(session *s, cert *out)
{
    bytes der;
    TRY(remote_fetch(s, "/pki/issuing.cer", &der));
    void *copy = arena_copy(s->arena, der.p, der.n); /* it lives until the next request only */
    if (!copy)
        return ERR_MEMORY;
    return cert_parse(out, bytes_of(copy, der.n)) == ERR_OK && out->is_sm2 ? ERR_OK : broken(s, 0, "issuing CA");
}

/* Each key that signs is certified by the issuing CA, and for signing. */
static err take_signers(check *c, const json_t *certificates, const cert *issuer)
{
    size_t i;
    const json_t *one;
    c->signers_n = 0;
    json_array_foreach(certificates, i, one)
    {
        bytes der;
        cert *by = &c->signers[c->signers_n];
        if (c->signers_n == SIGNERS_MAX)
            return broken(c->session, 0, "too many signers");
        if (decode(c->session, one, &der) != ERR_OK || cert_parse(by, der) != ERR_OK ||
            !bytes_equal(by->issuer, issuer->subject) || !(by->key_usage & CERT_DIGITAL_SIGNATURE) ||
            cert_verify_signature(by, issuer->public_key) != ERR_OK)
            return broken(c->session, 0, "a signer's certificate is not the issuing CA's");
        c->signers_n++;
    }
    return ERR_OK;
}

static err check_link(check *c, const json_t *item)
{
    const char *text = answer_text(item, "statement");
    bytes signature;
    err e = ERR_CHAIN;
    if (!text || decode(c->session, json_object_get(item, "signature"), &signature) != ERR_OK)
        return broken(c->session, c->links + 1, "not readable");
    for (size_t i = 0; i < c->signers_n && e == ERR_CHAIN; i++)
        e = clock_statement_check(bytes_of_text(text), signature, c->links + 1, c->previous, &c->signers[i]);
    if (e != ERR_OK)
        return broken(c->session, c->links + 1,
                      e == ERR_CORRUPT ? "missing, inserted or changed"
                      : e == ERR_CHAIN ? "its signer is not known"
                                       : "its signature is not valid");
    clock_statement_link(c->previous, bytes_of_text(text), signature);
    c->links++;
    return ERR_OK;
}

static err check_all(session *s)
{
    static const phrase whole = {"时钟历史完整", "The clock's history is intact"};
    static const answer_column result[] = {{{"条数", "Links"}, "links", ANSWER_TEXT},
                                           {{"末条摘要", "Digest of the last"}, "link", ANSWER_TEXT}};
    check *c = arena_alloc(s->arena, sizeof *c);
    cert issuer;
    json_t *page;
    size_t i;
    const json_t *item;
    if (!c)
        return ERR_MEMORY;
    c->session = s;
    TRY(fetch_issuer(s, &issuer));
    do {
        TRY(remote_get(s, arena_printf(s->arena, "/v1/tsa/clock/history?limit=%d&after=%" PRId64, ROWS_MAX, c->links),
                       &page));
        TRY(take_signers(c, json_object_get(page, "signers"), &issuer));
        json_array_foreach(json_object_get(page, "items"), i, item) TRY(check_link(c, item));
    } while (json_is_string(json_object_get(page, "next")) && json_array_size(json_object_get(page, "items")) > 0);
    char link[2 * CLOCK_LINK + 1];
    hex_encode(link, c->previous, sizeof c->previous);
    json_t *answer = json_pack("{s:I, s:s}", "links", (json_int_t)c->links, "link", link);
    if (!answer || json_array_append_new(s->answers, answer) != 0)
        return ERR_MEMORY;
    return answer_done(s, whole, answer, ANSWER_COLUMNS(result));
}

err time_history(session *s, const void *options)
{
    const time_history_options *o = options;
    return o->check ? check_all(s) : list(s, o);
}
