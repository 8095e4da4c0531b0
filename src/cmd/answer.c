#include "cmd/answer.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/text.h"
#include "cmd/table.h"
#include "os/clock.h"
#include "os/file.h"

enum { HEX_SHOWN = 16, TIME_TEXT = 32, FILE_MODE = 0644, NS_PER_MS = 1000000 };

static const json_t *member(const json_t *object, const char *path)
{
    char name[64];
    for (;;) {
        size_t n = strcspn(path, ".");
        if (n >= sizeof name)
            return NULL;
        memcpy(name, path, n);
        name[n] = 0;
        object = json_object_get(object, name);
        if (!path[n])
            return object;
        path += n + 1;
    }
}

const char *answer_text(const json_t *object, const char *path)
{
    return json_string_value(member(object, path));
}

const char *answer_word(const char *word)
{
    static const struct {
        const char *word, *zh;
    } words[] = {
        {"active", "有效"},
        {"administrator", "管理员"},
        {"allow", "白名单"},
        {"auditor", "审计员"},
        {"authorisation", "授权签名"},
        {"bad", "不可信"},
        {"cancelled", "已取消"},
        {"claimed", "签名中"},
        {"closed", "已结束"},
        {"count", "份数用完"},
        {"declined", "已拒签"},
        {"delivered", "已送达"},
        {"demonstration", "演示（未核对）"},
        {"deny", "黑名单"},
        {"destroyed", "已销毁"},
        {"disagree", "来源不一致"},
        {"disk_full", "磁盘已满"},
        {"disk_low", "磁盘将满"},
        {"done", "已完成"},
        {"ended", "已随发放者失效"},
        {"enrolling", "登记中"},
        {"exhausted", "已用完"},
        {"expired", "已过期"},
        {"expiry", "到期"},
        {"failed", "失败"},
        {"fine", "正常"},
        {"fingerprint", "指纹"},
        {"frozen", "已冻结"},
        {"good", "良好"},
        {"high", "高"},
        {"holdover", "守时中"},
        {"key", "密钥失效"},
        {"leap", "闰秒"},
        {"limit", "超出允许误差"},
        {"locked", "已锁定"},
        {"no_allow_list", "没有白名单"},
        {"normal", "普通"},
        {"not_in_allow_list", "不在白名单中"},
        {"offered", "待授权"},
        {"ok", "正常"},
        {"open", "待扫码"},
        {"operator", "操作员"},
        {"passed", "通过"},
        {"pending", "待签名"},
        {"phone", "手机"},
        {"pin", "PIN 码"},
        {"proofs", "证明错误过多"},
        {"queued", "排队中"},
        {"removed", "已移除"},
        {"retired", "已退役"},
        {"revoked", "已吊销"},
        {"scanned", "已扫码"},
        {"self_test_failed", "自检未通过"},
        {"signed", "已签名"},
        {"silent", "无应答"},
        {"soon_out", "将超限"},
        {"stepped", "时钟被改动"},
        {"stopped", "已停止"},
        {"superseded", "已替换"},
        {"suspended", "已停用"},
        {"tasks", "签名任务"},
        {"timestamps", "时间戳"},
        {"too_few", "来源不足"},
        {"unsynchronised", "来源未同步"},
        {"urgent", "紧急"},
        {"users", "用户同步"},
        {"verify", "签名验证"},
        {"waiting", "等待前序"},
        {"withdrawn", "已撤回"},
        {"workstation", "工作站"},
    };
    for (size_t i = 0; i < sizeof words / sizeof *words && language_is_chinese(); i++)
        if (strcmp(words[i].word, word) == 0)
            return words[i].zh;
    return word;
}

const char *answer_time(arena *a, const char *rfc3339)
{
    char text[TIME_TEXT];
    int64_t ms;
    struct tm local;
    if (!clock_read(&ms, rfc3339) || !localtime_r(&(time_t){(time_t)(ms / 1000)}, &local) ||
        strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &local) == 0)
        return arena_text(a, rfc3339, strlen(rfc3339));
    return arena_text(a, text, strlen(text));
}

static const char *joined(arena *a, const json_t *array)
{
    const char *text = "";
    size_t i;
    const json_t *item;
    json_array_foreach(array, i, item)
    {
        const char *word = json_string_value(item);
        if (text)
            text = arena_printf(a, "%s%s%s", text, *text ? ", " : "", word ? answer_word(word) : "?");
    }
    return text;
}

/* The text of a cell; "" for what is not there, NULL where the arena is full. */
static const char *cell(arena *a, const json_t *object, const answer_column *column, bool in_table)
{
    static const phrase yes = {"是", "yes"}, no = {"否", "no"};
    const json_t *value = member(object, column->path);
    const char *text = json_string_value(value);
    if (json_is_boolean(value))
        return say(json_is_true(value) ? yes : no);
    if (json_is_integer(value))
        return arena_printf(a, "%lld",
                            (long long)json_integer_value(value) / (column->kind == ANSWER_MS ? NS_PER_MS : 1));
    if (json_is_array(value))
        return joined(a, value);
    if (!text)
        return "";
    if (column->kind == ANSWER_WORD)
        return answer_word(text);
    if (column->kind == ANSWER_TIME)
        return answer_time(a, text);
    if (column->kind == ANSWER_HEX && in_table && strlen(text) > HEX_SHOWN)
        return arena_printf(a, "%.*s…", HEX_SHOWN, text);
    return text;
}

err answer_dump(const json_t *answer)
{
    if (json_is_null(answer))
        return puts("{}") < 0 ? ERR_IO : ERR_OK;
    int failed = json_dumpf(answer, stdout, JSON_INDENT(2));
    return failed || putchar('\n') == EOF ? ERR_IO : ERR_OK;
}

static err add_rows(session *s, table *t, const json_t *items, const answer_column *columns, size_t n)
{
    const char *cells[TABLE_COLUMNS];
    size_t i;
    const json_t *item;
    json_array_foreach(items, i, item)
    {
        for (size_t c = 0; c < n; c++) {
            cells[c] = cell(s->arena, item, &columns[c], true);
            if (!cells[c])
                return ERR_MEMORY;
        }
        TRY(table_add(t, cells));
    }
    return ERR_OK;
}

/* Where the listing goes on: said apart from the listing. */
static void tell_next(const json_t *answer)
{
    static const phrase more = {"还有更多，下一页：--after", "there is more; the next page: --after"};
    const json_t *next = json_object_get(answer, "next");
    (void)fflush(stdout);
    if (json_is_string(next))
        fprintf(stderr, "%s %s\n", say(more), json_string_value(next));
    else if (json_is_integer(next))
        fprintf(stderr, "%s %lld\n", say(more), (long long)json_integer_value(next));
}

err answer_list(session *s, const json_t *answer, const answer_column *columns, size_t n)
{
    static const phrase none = {"没有记录", "nothing to list"};
    const json_t *items = json_object_get(answer, "items");
    const char *headers[TABLE_COLUMNS];
    if (s->common.json)
        return answer_dump(answer);
    if (json_array_size(items) == 0) {
        printf("%s\n", say(none));
        return ERR_OK;
    }
    table *t = table_begin(s->arena, n);
    for (size_t i = 0; i < n; i++)
        headers[i] = say(columns[i].header);
    TRY(table_add(t, headers));
    TRY(add_rows(s, t, items, columns, n));
    table_print(stdout, t, 0);
    tell_next(answer);
    return ERR_OK;
}

static err show_fields(session *s, const json_t *answer, const answer_column *columns, size_t n, size_t indent)
{
    table *t = table_begin(s->arena, 2);
    for (size_t i = 0; i < n; i++) {
        const char *text = cell(s->arena, answer, &columns[i], false);
        if (!text)
            return ERR_MEMORY;
        if (*text)
            TRY(table_add(t, (const char *[]){say(columns[i].header), text}));
    }
    if (!t)
        return ERR_MEMORY;
    table_print(stdout, t, indent);
    return ERR_OK;
}

err answer_show(session *s, const json_t *answer, const answer_column *columns, size_t n)
{
    return s->common.json ? answer_dump(answer) : show_fields(s, answer, columns, n, 0);
}

err answer_done(session *s, phrase done, const json_t *answer, const answer_column *columns, size_t n)
{
    enum { INDENT = 2 };
    if (s->common.json)
        return answer_dump(answer);
    printf("%s\n", say(done));
    return show_fields(s, answer, columns, n, INDENT);
}

err answer_write(session *s, const char *path, const void *p, size_t n)
{
    if (!path)
        return fwrite(p, 1, n, stdout) == n ? ERR_OK : ERR_IO;
    err e = file_write(path, p, n, FILE_MODE);
    return e == ERR_OK ? ERR_OK : session_file_failed(s, e, path);
}
