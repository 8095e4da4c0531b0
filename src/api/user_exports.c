#include "api/user_exports.h"

#include <string.h>

#include "api/sheet.h"
#include "api/wait.h"
#include "os/clock.h"
#include "os/entropy.h"
#include "service/user.h"

/* What is kept from run to run: each gives some pages, so that nobody's memory grows with the hospital. */
typedef struct progress {
    uint8_t topic[16]; /* the export's own, which it wakes to go on */
    uint8_t after[16];
    bool has_after, over;
} progress;

_Static_assert(sizeof(progress) <= HTTP_KEPT, "fits");

enum { PAGE = 200, NEXT_MS = 1 };

static const char heading[] = SHEET_MARK "工号,姓名,科室,状态,证书限制,其他系统标识,属性,签章,添加时间,更新时间\r\n";

static void add_field(sheet *s, const char *text, const char *end)
{
    s->failed = s->failed || !text; /* it was put together, and the arena was full */
    sheet_cell(s, text);
    sheet_text(s, end);
}

/* Several values in one field, as the import reads them again. */
static const char *joined(arena *a, const char *before, const char *more, const char *separator, const char *value)
{
    return before ? arena_printf(a, "%s%s%s%s%s", before, *before ? ";" : "", more, separator, value) : NULL;
}

static void add_user(sheet *s, const user *u)
{
    const char *departments = "", *aliases = "", *attributes = "";
    char created[CLOCK_TEXT], updated[CLOCK_TEXT];
    for (size_t i = 0; i < u->departments_n; i++)
        departments = joined(s->arena, departments, "", "", u->departments[i]);
    for (size_t i = 0; i < u->aliases_n; i++)
        aliases = joined(s->arena, aliases, u->aliases[i].system, ":", u->aliases[i].external_id);
    for (size_t i = 0; i < u->attributes_n; i++)
        attributes = joined(s->arena, attributes, u->attributes[i].name, ":", u->attributes[i].value);
    clock_text(created, u->created_ms);
    clock_text(updated, u->updated_ms);
    add_field(s, u->staff_no, ",");
    add_field(s, u->name, ",");
    add_field(s, departments, ",");
    add_field(s, strcmp(u->state, "active") == 0 ? "在用" : "停用", ",");
    add_field(s,
              strcmp(u->certificates, "single") == 0 ? "单证书"
              : strcmp(u->certificates, "many") == 0 ? "多证书"
                                                     : "按策略",
              ",");
    add_field(s, aliases, ",");
    add_field(s, attributes, ",");
    add_field(s, u->seal_version > 0 ? "图片" : "按姓名生成", ",");
    add_field(s, created, ",");
    add_field(s, updated, "\r\n");
}

static err add_page(call *c, const http_request *request, progress *p, sheet *s)
{
    const user *users;
    size_t n;
    user_filter filter = {.q = http_query(request, "q"),
                          .department = http_query(request, "department"),
                          .state = http_query(request, "state"),
                          .has_after = p->has_after,
                          .limit = PAGE};
    memcpy(filter.after, p->after, sizeof filter.after);
    TRY(user_list(c, &filter, &users, &n));
    for (size_t i = 0; i < n; i++)
        add_user(s, &users[i]);
    p->over = n < PAGE;
    if (n > 0) {
        p->has_after = true;
        memcpy(p->after, users[n - 1].id, sizeof p->after);
    }
    return s->failed ? ERR_MEMORY : ERR_OK;
}

err user_exports_get(void *app, http_request *request, http_response *response)
{
    call *c = app;
    progress p;
    memcpy(&p, request->kept, sizeof p);
    sheet s = {.arena = c->arena};
    if (request->runs == 0) {
        if (http_query(request, "limit"))
            return fault_field(&c->fault,
                               fault_set(&c->fault, ERR_FIELD_UNKNOWN,
                                         "导出筛选出的全部用户，没有 limit / an export has all that the filter finds, without a limit"),
                               "limit");
        TRY(api_query_only(c, request, "q department state"));
        TRY(uuid7_create(p.topic));
        sheet_text(&s, heading);
    }
    err e = add_page(c, request, &p, &s);
    if (e != ERR_OK && request->runs == 0)
        return e;
    if (e != ERR_OK) { /* its status has left long ago: the sheet itself must say that it is not whole */
        s.n = 0;
        s.failed = false;
        sheet_text(&s, "\"导出中断，本表不完整 / the export was cut, this sheet is not whole\"\r\n");
        p.over = true;
    }
    memcpy(request->kept, &p, sizeof p);
    if (!p.over) {
        TRY(api_wait_for(c, request, p.topic, 1, NEXT_MS));
        api_call *ac = app;
        if (ac->server)
            http_wake(ac->server,
                      p.topic); /* as soon as the client took this piece, not at the next look at deadlines */
    }
    response->status = 200;
    response->content_type = "text/csv; charset=utf-8";
    response->body = bytes_of(s.p, s.n);
    response->stream = true;
    response->headers[0].name = "Content-Disposition";
    response->headers[0].value = "attachment; filename=\"users.csv\"";
    response->headers[1].name = "X-Content-Type-Options";
    response->headers[1].value = "nosniff";
    return ERR_OK;
}
