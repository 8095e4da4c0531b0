#include "service/approval.h"

#include <string.h>

#include "base/text.h"
#include "os/entropy.h"
#include "service/column.h"
#include "service/internal.h"

enum { KEPT_DAYS = 400, REQUEST_HEAD_MAX = 256 };

static const int64_t hour_ms = 3600000;

/* What the act's unit has to find unchanged: the two, with the roles that they were seen to have. */
typedef struct seat {
    console_session who;
    int64_t version, role_version;
} seat;

struct call_approval {
    uint8_t id[16];
    seat asker, approver;
    bool ended; /* what the act wrote is durable, and this with it */
};

#define APPROVAL                                                                                                       \
    "SELECT a.id, a.act, a.method, a.target, a.sealed_request, a.asked_by, a.decided_by, a.state, a.reason, "          \
    "a.status, "                                                                                                       \
    "a.created_at, a.expires_at, a.decided_at, u.staff_no, u.name, v.staff_no, v.name, a.about FROM approval a "       \
    "JOIN operator o ON o.id = a.asked_by JOIN app_user u ON u.id = o.user_id "                                        \
    "LEFT JOIN operator p ON p.id = a.decided_by LEFT JOIN app_user v ON v.id = p.user_id WHERE "

static const char *context_of(call *c, const uint8_t id[16])
{
    return call_subject(c, "approval", id);
}

/* "<If-Match or nothing>\n" || body. */
static err seal(call *c, const uint8_t id[16], const approval_request *r, bytes *out)
{
    const char *context = context_of(c, id), *head = r->if_match ? r->if_match : "";
    size_t head_n = strlen(head);
    if (head_n > REQUEST_HEAD_MAX || strchr(head, '\n'))
        return fault_field(&c->fault, ERR_FIELD_VALUE, "If-Match");
    size_t n = head_n + 1 + r->body.n;
    uint8_t *plain = arena_alloc(c->arena, n), *sealed = arena_alloc(c->arena, n + KEYSTORE_OVERHEAD);
    if (!context || !plain || !sealed)
        return ERR_MEMORY;
    memcpy(plain, head, head_n);
    plain[head_n] = '\n';
    if (r->body.n > 0)
        memcpy(plain + head_n + 1, r->body.p, r->body.n);
    *out = bytes_of(sealed, n + KEYSTORE_OVERHEAD);
    return keystore_seal(c->service->options.keystore, bytes_of_text(context), bytes_of(plain, n), sealed,
                         &c->service->options.rng);
}

static err unseal(call *c, const uint8_t id[16], bytes sealed, approval_request *r)
{
    const char *context = context_of(c, id);
    if (sealed.n <= KEYSTORE_OVERHEAD)
        return ERR_CORRUPT;
    size_t n = sealed.n - KEYSTORE_OVERHEAD;
    uint8_t *plain = arena_alloc(c->arena, n);
    if (!context || !plain)
        return ERR_MEMORY;
    if (keystore_unseal(c->service->options.keystore, bytes_of_text(context), sealed, plain) != ERR_OK)
        return ERR_CORRUPT;
    const uint8_t *newline = memchr(plain, '\n', n);
    if (!newline)
        return ERR_CORRUPT;
    size_t head_n = (size_t)(newline - plain);
    r->if_match = head_n > 0 ? arena_text(c->arena, (const char *)plain, head_n) : NULL;
    r->body = bytes_of(newline + 1, n - head_n - 1);
    return head_n > 0 && !r->if_match ? ERR_MEMORY : ERR_OK;
}

static err read_approval(call *c, const store_value *v, approval *out)
{
    *out =
        (approval){.request = {.act = column_text(&v[1]),
                               .method = column_text(&v[2]),
                               .target = column_text(&v[3]),
                               .about = column_text(&v[17])},
                   .state = column_text(&v[7]),
                   .reason = column_text(&v[8]),
                   .status = column_int(&v[9]),
                   .created_ms = column_int(&v[10]),
                   .expires_ms = column_int(&v[11]),
                   .decided_ms = column_int(&v[12]),
                   .asker_staff_no = column_text(&v[13]),
                   .asker_name = column_text(&v[14]),
                   .decider_staff_no = column_text(&v[15]),
                   .decider_name = column_text(&v[16]),
                   .decided = v[6].type != STORE_NULL};
    TRY(store_column_id(out->id, &v[0]));
    TRY(store_column_id(out->asked_by, &v[5]));
    if (out->decided)
        TRY(store_column_id(out->decided_by, &v[6]));
    if (strcmp(out->state, "pending") == 0 && out->expires_ms <= c->now_ms)
        out->state = "expired";
    return unseal(c, out->id, column_bytes(&v[4]), &out->request);
}

err approval_get(call *c, const uint8_t id[16], approval *out)
{
    const store_value *row;
    TRY(store_query_one(c->service->options.store, c->arena, &row, ERR_NOT_FOUND, APPROVAL "a.id = $1",
                        (store_value[]){store_id(id)}, 1));
    return read_approval(c, row, out);
}

err approval_list(call *c, const char *state, const uint8_t *before, int64_t limit, const approval **out, size_t *n)
{
    uint8_t most[16];
    store_result rows;
    memset(most, 0xff, sizeof most);
    TRY(store_query(c->service->options.store, c->arena, &rows,
                    APPROVAL "a.id < $1 AND (a.state = $2 OR $2 IS NULL) ORDER BY a.id DESC LIMIT $3",
                    (store_value[]){store_id(before ? before : most), store_text(state), store_int(limit)}, 3));
    approval *list = arena_alloc(c->arena, rows.rows * sizeof *list);
    if (!list)
        return ERR_MEMORY;
    for (size_t i = 0; i < rows.rows; i++)
        TRY(read_approval(c, rows.values + i * rows.columns, &list[i]));
    *out = list;
    *n = rows.rows;
    return ERR_OK;
}

static err check_room(call *c)
{
    const store_value *row;
    TRY(store_query_one(c->service->options.store, c->arena, &row, ERR_INTERNAL,
                        "SELECT count(*) FROM approval WHERE asked_by = $1 AND state = 'pending' AND expires_at > $2",
                        (store_value[]){store_id(c->console->operator_id), store_int(c->now_ms)}, 2));
    return column_int(&row[0]) < APPROVALS_PENDING ? ERR_OK : ERR_LIMIT;
}

err approval_ask(call *c, const approval_request *request, approval *out)
{
    uint8_t id[16];
    bytes sealed = {0};
    c->audit_event = "approval.ask";
    TRY(check_room(c));
    TRY(uuid7_create(id));
    TRY(seal(c, id, request, &sealed));
    c->subject = call_subject(c, "approval", id);
    c->detail = arena_printf(c->arena, "act=%s %s %s", request->act, request->method, request->target);
    store_unit *unit = store_unit_begin(c->arena);
    if (!c->subject || !c->detail || !unit)
        return ERR_MEMORY;
    store_unit_add(unit, 1, ERR_INTERNAL,
                   "INSERT INTO approval (id, act, method, target, sealed_request, asked_by, state, created_at, "
                   "expires_at, about) VALUES ($1, $2, $3, $4, $5, $6, 'pending', $7, $8, $9)",
                   (store_value[]){store_id(id), store_text(request->act), store_text(request->method),
                                   store_text(request->target), store_blob(sealed.p, sealed.n),
                                   store_id(c->console->operator_id), store_int(c->now_ms),
                                   store_int(c->now_ms + APPROVAL_HOURS * hour_ms), store_text(request->about)},
                   9);
    TRY(call_commit(c, unit));
    return approval_get(c, id, out);
}

/* An operator as he is now, whether or not he is logged in. ERR_APPROVAL where he is none who may log in. */
static err take_seat(call *c, const uint8_t operator_id[16], seat *out)
{
    const store_value *v;
    TRY(store_query_one(c->service->options.store, c->arena, &v, ERR_APPROVAL,
                        "SELECT o.user_id, u.staff_no, u.name, o.role, r.permissions, o.version, r.version, o.role_id "
                        "FROM operator o JOIN app_user u ON u.id = o.user_id LEFT JOIN role r ON r.id = o.role_id "
                        "WHERE o.id = $1 AND o.state = 'active' AND u.state = 'active'",
                        (store_value[]){store_id(operator_id)}, 1));
    console_session *who = &out->who;
    *out = (seat){.version = column_int(&v[5]), .role_version = column_int(&v[6])};
    memcpy(who->operator_id, operator_id, 16);
    TRY(store_column_id(who->user_id, &v[0]));
    who->staff_no = column_text(&v[1]);
    who->name = column_text(&v[2]);
    who->role = column_text(&v[3]);
    if (!who->role) {
        char text[UUID_TEXT];
        uint8_t role_id[16];
        TRY(store_column_id(role_id, &v[7]));
        uuid_encode(text, role_id);
        who->role = arena_text(c->arena, text, UUID_TEXT - 1);
        if (!who->role)
            return ERR_MEMORY;
    }
    who->role_name = who->role;
    return role_permissions(column_text(&v[3]), column_text(&v[4]), &who->permissions);
}

/* May c's person decide it? */
static err check_decider(call *c, const approval *a, uint64_t needed)
{
    if (strcmp(a->state, "pending") != 0)
        return fault_set(&c->fault, ERR_CONFLICT, "it is %s", a->state);
    if (!(c->console->permissions & needed))
        return ERR_FORBIDDEN;
    return memcmp(a->asked_by, c->console->operator_id, 16) == 0 ? ERR_APPROVAL : ERR_OK;
}

err approval_begin(call *c, const approval *a, uint64_t needed, call *act)
{
    struct call_approval *run = arena_alloc(c->arena, sizeof *run);
    if (!run)
        return ERR_MEMORY;
    c->subject = call_subject(c, "approval", a->id);
    TRY(check_decider(c, a, needed));
    memcpy(run->id, a->id, 16);
    TRY(take_seat(c, a->asked_by, &run->asker));
    TRY(take_seat(c, c->console->operator_id, &run->approver));
    /* One person may have been removed and made an operator again. */
    if (!(run->asker.who.permissions & needed) || !(run->approver.who.permissions & needed) ||
        memcmp(run->asker.who.user_id, run->approver.who.user_id, 16) == 0)
        return ERR_APPROVAL;
    *act = (call){.service = c->service,
                  .arena = c->arena,
                  .now_ms = c->now_ms,
                  .actor = ACTOR_OPERATOR,
                  .actor_text = call_subject(c, "operator", a->asked_by),
                  .console = &run->asker.who,
                  .approver = &run->approver.who,
                  .approval = run,
                  .origin = c->origin,
                  .audit_event = a->request.act};
    fault_clear(&act->fault);
    memcpy(act->actor_id, run->asker.who.user_id, 16);
    return act->actor_text ? ERR_OK : ERR_MEMORY;
}

static void add_standing(store_unit *unit, const seat *s)
{
    store_unit_add(
        unit, 1, ERR_APPROVAL,
        "SELECT o.id FROM operator o JOIN app_user u ON u.id = o.user_id LEFT JOIN role r ON r.id = o.role_id "
        "WHERE o.id = $1 AND o.version = $2 AND COALESCE(r.version, 0) = $3 AND o.state = 'active' AND "
        "u.state = 'active'",
        (store_value[]){store_id(s->who.operator_id), store_int(s->version), store_int(s->role_version)}, 3);
}

static void add_decision(const call *c, store_unit *unit, const uint8_t id[16], const uint8_t operator_id[16],
                         const char *state, const char *reason, int status)
{
    store_unit_add(unit, 1, ERR_CONFLICT,
                   "UPDATE approval SET state = $2, decided_by = $3, reason = $4, status = $5, decided_at = $6 "
                   "WHERE id = $1 AND state = 'pending' AND expires_at > $6",
                   (store_value[]){store_id(id), store_text(state), store_id(operator_id), store_text(reason),
                                   status ? store_int(status) : store_null(), store_int(c->now_ms)},
                   6);
}

err approval_add_end(call *c, store_unit *unit, const char **detail)
{
    const struct call_approval *run = c->approval;
    if (run->ended)
        return ERR_OK;
    char id[UUID_TEXT], approver[UUID_TEXT];
    uuid_encode(id, run->id);
    uuid_encode(approver, run->approver.who.operator_id);
    *detail = arena_printf(c->arena, "%s%sapproval=%s approved_by=operator:%s", *detail ? *detail : "",
                           *detail ? " " : "", id, approver);
    const char *actor = call_subject(c, "operator", run->approver.who.operator_id);
    const char *subject = call_subject(c, "approval", run->id);
    if (!*detail || !actor || !subject)
        return ERR_MEMORY;
    add_decision(c, unit, run->id, run->approver.who.operator_id, "approved", NULL, 0);
    add_standing(unit, &run->asker);
    add_standing(unit, &run->approver);
    const audit_record record = {.time_ms = c->now_ms,
                                 .event = "approval.approve",
                                 .outcome = "ok",
                                 .actor = actor,
                                 .subject = subject,
                                 .origin = c->origin,
                                 .detail = c->audit_event};
    return audit_add(c->service->options.audit, c->arena, unit, &record);
}

void approval_committed(call *c)
{
    c->approval->ended = true;
}

err approval_done(call *act, int status)
{
    const store_value params[] = {store_id(act->approval->id), store_int(status)};
    if (!act->approval->ended)
        TRY(call_commit(act, store_unit_begin(act->arena)));
    store_unit *unit = store_unit_begin(act->arena);
    if (!unit)
        return ERR_MEMORY;
    store_unit_add(unit, 1, ERR_INTERNAL, "UPDATE approval SET status = $2 WHERE id = $1", params, 2);
    return store_commit(act->service->options.store, unit);
}

err approval_failed(call *act, err why, int status)
{
    struct call_approval *run = act->approval;
    store_unit *unit = store_unit_begin(act->arena);
    if (!unit)
        return ERR_MEMORY;
    if (run->ended) /* a part of it stands: it was approved, and what failed afterwards has its own row */
        return approval_done(act, status);
    add_decision(act, unit, run->id, run->approver.who.operator_id, "failed", err_code(why), status);
    const char *approver = call_subject(act, "approved_by=operator", run->approver.who.operator_id);
    act->detail = arena_printf(act->arena, "%s%s%s", act->detail ? act->detail : "", act->detail ? " " : "",
                               approver ? approver : "");
    act->approval = NULL; /* it was not approved to any end */
    return call_commit_refusal(act, unit, why);
}

static err decide(call *c, const approval *a, const char *state, const char *reason)
{
    c->detail = arena_printf(c->arena, "act=%s %s %s", a->request.act, a->request.method, a->request.target);
    store_unit *unit = store_unit_begin(c->arena);
    if (!c->detail || !unit)
        return ERR_MEMORY;
    add_decision(c, unit, a->id, c->console->operator_id, state, reason, 0);
    return call_commit(c, unit);
}

err approval_reject(call *c, const uint8_t id[16], uint64_t needed, const char *reason, approval *out)
{
    c->subject = call_subject(c, "approval", id);
    TRY(approval_get(c, id, out));
    TRY(check_decider(c, out, needed));
    TRY(decide(c, out, "rejected", reason));
    return approval_get(c, id, out);
}

err approval_withdraw(call *c, const uint8_t id[16], approval *out)
{
    c->subject = call_subject(c, "approval", id);
    TRY(approval_get(c, id, out));
    if (memcmp(out->asked_by, c->console->operator_id, 16) != 0)
        return ERR_FORBIDDEN;
    if (strcmp(out->state, "pending") != 0)
        return fault_set(&c->fault, ERR_CONFLICT, "it is %s", out->state);
    TRY(decide(c, out, "withdrawn", NULL));
    return approval_get(c, id, out);
}

void approval_expire(store_unit *unit, int64_t now_ms)
{
    store_unit_add(unit, STORE_ANY, ERR_OK,
                   "UPDATE approval SET state = 'expired' WHERE state = 'pending' AND expires_at <= $1",
                   (store_value[]){store_int(now_ms)}, 1);
    store_unit_add(unit, STORE_ANY, ERR_OK, "DELETE FROM approval WHERE expires_at < $1 AND state <> 'pending'",
                   (store_value[]){store_int(now_ms - KEPT_DAYS * 24 * hour_ms)}, 1);
}
