#include "fixture.h"
#include "service/console_session.h"
#include "service/operator_token.h"

static void make(fixture *f, uint32_t scopes, int64_t ttl, operator_token *out, const char **token)
{
    call *c = fixture_call(f, "operator.token.create");
    assert_int_equal(operator_token_create(c, "值班操作员", scopes, ttl, out, token), ERR_OK);
}

static void a_token_gives_its_scopes(void **state)
{
    fixture *f = *state;
    operator_token made;
    uint32_t scopes;
    const char *id, *token;
    make(f, SCOPE_AUDITOR, 3600, &made, &token);
    assert_memory_equal(token, made.id, strlen(made.id));
    assert_int_equal(operator_token_check(fixture_call(f, NULL), token, &scopes, &id), ERR_OK);
    assert_int_equal(scopes, SCOPE_AUDITOR);
    assert_string_equal(id, made.id);
    const char *secret = strchr(token, '.') + 1;
    assert_null(strstr(fixture_last_audit(f).detail, secret));
    const store_value *row;
    assert_int_equal(
        store_query_one(f->store, f->arena, &row, ERR_OK, "SELECT secret_hash FROM operator_token", NULL, 0), ERR_OK);
    assert_int_equal(row[0].n, 32);
    assert_memory_not_equal(row[0].p, secret, 32);
}

static void every_other_text_is_nobody(void **state)
{
    fixture *f = *state;
    operator_token made;
    uint32_t scopes;
    const char *id, *token;
    make(f, SCOPE_OPERATOR, 3600, &made, &token);
    size_t length = strlen(token);
    for (size_t i = 0; i < length; i++) {
        char *changed = arena_text(f->arena, token, length);
        changed[i] = changed[i] == 'x' ? 'y' : 'x';
        assert_int_equal(operator_token_check(fixture_call(f, NULL), changed, &scopes, &id), ERR_UNAUTHENTICATED);
        assert_int_equal(operator_token_check(fixture_call(f, NULL), arena_text(f->arena, token, i), &scopes, &id),
                         ERR_UNAUTHENTICATED);
    }
    assert_int_equal(operator_token_check(fixture_call(f, NULL), arena_printf(f->arena, "%sx", token), &scopes, &id),
                     ERR_UNAUTHENTICATED);
}

static void a_token_ends(void **state)
{
    fixture *f = *state;
    operator_token made;
    const operator_token *list;
    size_t n;
    uint32_t scopes;
    const char *id, *token;
    make(f, SCOPE_OPERATOR, 3600, &made, &token);
    f->now_ms += 3600 * 1000 - 1;
    assert_int_equal(operator_token_check(fixture_call(f, NULL), token, &scopes, &id), ERR_OK);
    f->now_ms += 1;
    assert_int_equal(operator_token_check(fixture_call(f, NULL), token, &scopes, &id), ERR_SESSION_EXPIRED);
    assert_int_equal(operator_token_list(fixture_call(f, NULL), &list, &n), ERR_OK);
    assert_int_equal(n, 1);
    assert_string_equal(list[0].state, "expired");
    assert_string_equal(list[0].name, "值班操作员");
}

static void a_revoked_token_is_nobody(void **state)
{
    fixture *f = *state;
    int64_t with;
    operator_token made;
    uint32_t scopes;
    const char *id, *token;
    make(f, SCOPE_OPERATOR, 3600, &made, &token);
    assert_int_equal(operator_token_revoke(fixture_call(f, "operator.token.revoke"), "ot_none", &with), ERR_NOT_FOUND);
    assert_int_equal(operator_token_revoke(fixture_call(f, "operator.token.revoke"), made.id, &with), ERR_OK);
    assert_int_equal(operator_token_check(fixture_call(f, NULL), token, &scopes, &id), ERR_UNAUTHENTICATED);
    assert_int_equal(operator_token_revoke(fixture_call(f, "operator.token.revoke"), made.id, &with), ERR_CONFLICT);
}

/* ---- a token is its maker's ---- */

static console_operator person(fixture *f, const char *staff_no, const char *role_text)
{
    console_operator o;
    assert_int_equal(operator_create(fixture_call(f, "operator.create"), staff_no, "王建国", role_text, &o), ERR_OK);
    return o;
}

/* In the console; parent: with that token instead. */
static const char *made_by(fixture *f, const console_operator *maker, const char *parent)
{
    operator_token made;
    const char *token;
    console_session s = {.staff_no = maker->staff_no};
    memcpy(s.operator_id, maker->id, 16);
    memcpy(s.user_id, maker->user_id, 16);
    call *c = fixture_call(f, "operator.token.create");
    c->own_socket = false;
    c->console = parent ? NULL : &s;
    c->token_id = parent ? arena_text(f->arena, parent, strcspn(parent, ".")) : NULL;
    assert_int_equal(operator_token_create(c, "接口", SCOPE_AUDITOR, 3600, &made, &token), ERR_OK);
    return token;
}

static err use(fixture *f, const char *token)
{
    uint32_t scopes;
    const char *id;
    return operator_token_check(fixture_call(f, NULL), token, &scopes, &id);
}

/* How many are shown so. */
static size_t shown(fixture *f, const char *as)
{
    const operator_token *list;
    size_t n, found = 0;
    assert_int_equal(operator_token_list(fixture_call(f, NULL), &list, &n), ERR_OK);
    for (size_t i = 0; i < n; i++)
        found += strcmp(list[i].state, as) == 0;
    return found;
}

static void change(fixture *f, const console_operator *o, const char *role_text, const char *operator_state)
{
    console_operator out;
    assert_int_equal(operator_update(fixture_call(f, "operator.update"), o->id,
                                     &(operator_change){.role = role_text, .state = operator_state}, &out),
                     ERR_OK);
}

static void a_token_ends_with_what_its_maker_may(void **state)
{
    fixture *f = *state;
    operator_token server;
    const char *kept, *token;
    make(f, SCOPE_AUDITOR, 7200, &server, &kept);
    person(f, "D0", "administrator");
    for (int way = 0; way < 4; way++) {
        user u;
        console_operator o = person(f, way == 0 ? "D1" : way == 1 ? "D2" : way == 2 ? "D3" : "D4", "administrator");
        token = made_by(f, &o, NULL);
        const char *child = made_by(f, &o, token);
        assert_int_equal(use(f, token), ERR_OK);
        assert_int_equal(use(f, child), ERR_OK);
        switch (way) {
        case 0: /* suspended; it does not come back with him */
            change(f, &o, NULL, "suspended");
            change(f, &o, NULL, "active");
            break;
        case 1:
            assert_int_equal(operator_remove(fixture_call(f, "operator.remove"), o.id, 0), ERR_OK);
            break;
        case 2:
            change(f, &o, "auditor", NULL);
            change(f, &o, "administrator", NULL);
            break;
        default: /* as a user */
            assert_int_equal(
                user_update(fixture_call(f, "user.update"), o.user_id, &(user_change){.state = "suspended"}, &u),
                ERR_OK);
            assert_int_equal(
                user_update(fixture_call(f, "user.update"), o.user_id, &(user_change){.state = "active"}, &u), ERR_OK);
        }
        assert_int_equal(use(f, token), ERR_UNAUTHENTICATED);
        assert_int_equal(use(f, child), ERR_UNAUTHENTICATED);
        assert_int_equal(shown(f, "ended"), (size_t)(2 * (way + 1)));
    }
    assert_int_equal(use(f, kept), ERR_OK);
    assert_int_equal(shown(f, "active"), 1);
}

static void or_with_his_role(void **state)
{
    fixture *f = *state;
    role r;
    const uint64_t manages = PERMISSION_BIT(PERMISSION_OPERATORS_MANAGE), reads = PERMISSION_BIT(PERMISSION_SYSTEM_READ);
    assert_int_equal(role_create(fixture_call(f, "role.create"), "人事", manages | reads, &r), ERR_OK);
    console_operator o = person(f, "D1", r.text);
    person(f, "D0", "administrator");
    const char *token = made_by(f, &o, NULL);
    assert_int_equal(role_update(fixture_call(f, "role.update"), r.text, &(role_change){.name = "人事科"}, &r), ERR_OK);
    assert_int_equal(use(f, token), ERR_OK);
    for (int back = 0; back < 2; back++) {
        assert_int_equal(role_update(fixture_call(f, "role.update"), r.text,
                                     &(role_change){.has_permissions = true,
                                                    .permissions = back ? manages | reads : reads},
                                     &r),
                         ERR_OK);
        assert_int_equal(use(f, token), ERR_UNAUTHENTICATED);
        assert_int_equal(shown(f, "ended"), 1);
    }
}

/* Made in the moment in which his permission went: no unit saw it. */
static void a_maker_without_permission_has_none(void **state)
{
    fixture *f = *state;
    console_operator o = person(f, "D1", "auditor");
    assert_int_equal(use(f, made_by(f, &o, NULL)), ERR_UNAUTHENTICATED);
    assert_int_equal(shown(f, "ended"), 1);
}

/* ---- made with a token ---- */

static const char *child_of(fixture *f, const char *parent, int64_t ttl, operator_token *made)
{
    const char *token;
    call *c = fixture_call(f, "operator.token.create");
    c->own_socket = false;
    c->token_id = parent;
    assert_int_equal(operator_token_create(c, "子", SCOPE_AUDITOR, ttl, made, &token), ERR_OK);
    return token;
}

static void a_child_ends_with_its_parent_at_the_latest(void **state)
{
    fixture *f = *state;
    operator_token parent, child, brief, grandchild;
    const char *token, *ends;
    make(f, SCOPE_ADMINISTRATOR, 3600, &parent, &token);
    assert_null(parent.parent);
    assert_string_equal(parent.made_by, "operator:uid:1000");
    ends = child_of(f, parent.id, OPERATOR_TTL_MAX, &child);
    assert_int_equal(child.expires_ms, parent.expires_ms);
    assert_string_equal(child.parent, parent.id);
    assert_string_equal(child.made_by, "operator:uid:1000");
    child_of(f, child.id, 60, &brief);
    assert_int_equal(brief.expires_ms, f->now_ms + 60000);
    child_of(f, child.id, 3601, &grandchild);
    assert_int_equal(grandchild.expires_ms, parent.expires_ms);
    assert_string_equal(grandchild.parent, child.id);
    f->now_ms = parent.expires_ms - 1;
    assert_int_equal(use(f, ends), ERR_OK);
    f->now_ms = parent.expires_ms;
    assert_int_equal(use(f, ends), ERR_SESSION_EXPIRED);
}

static void what_was_made_with_a_token_is_revoked_with_it(void **state)
{
    fixture *f = *state;
    int64_t with;
    operator_token top, other, made;
    const char *tops, *others;
    make(f, SCOPE_ADMINISTRATOR, 3600, &top, &tops);
    make(f, SCOPE_ADMINISTRATOR, 3600, &other, &others);
    const char *child = child_of(f, top.id, 3600, &made);
    const char *grandchild = child_of(f, made.id, 3600, &made);
    const char *of_other = child_of(f, other.id, 3600, &made);
    assert_int_equal(operator_token_revoke(fixture_call(f, "operator.token.revoke"), made.id, &with), ERR_OK);
    assert_int_equal(use(f, others), ERR_OK); /* a child takes nothing from its parent */
    assert_int_equal(with, 0);
    assert_int_equal(use(f, of_other), ERR_UNAUTHENTICATED);
    assert_int_equal(operator_token_revoke(fixture_call(f, "operator.token.revoke"), top.id, &with), ERR_OK);
    assert_int_equal(use(f, tops), ERR_UNAUTHENTICATED);
    assert_int_equal(use(f, child), ERR_UNAUTHENTICATED);
    assert_int_equal(use(f, grandchild), ERR_UNAUTHENTICATED);
    assert_int_equal(use(f, others), ERR_OK);
    assert_int_equal(shown(f, "revoked"), 4);
    assert_int_equal(with, 2);
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM audit WHERE event = 'operator.token.revoke' AND outcome = 'ok'"), 4);
}

/* All of them go; beyond a number the row says of how many there are rows. */
static void of_very_many_some_are_told(void **state)
{
    fixture *f = *state;
    int64_t with;
    operator_token top;
    const char *token;
    make(f, SCOPE_ADMINISTRATOR, 3600, &top, &token);
    store_unit *unit = store_unit_begin(f->arena);
    store_unit_add(unit, STORE_ANY, ERR_OK,
                   "INSERT INTO operator_token (id, name, secret_hash, scopes, state, created_at, expires_at, parent) "
                   "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 501) "
                   "SELECT 'ot_' || i, '子', zeroblob(32), 'auditor', 'active', 1, 2, $1 FROM n",
                   (store_value[]){store_text(top.id)}, 1);
    assert_int_equal(store_commit(f->store, unit), ERR_OK);
    assert_int_equal(operator_token_revoke(fixture_call(f, "operator.token.revoke"), top.id, &with), ERR_OK);
    assert_int_equal(with, 501);
    assert_int_equal(shown(f, "revoked"), 502);
    assert_string_equal(fixture_last_audit(f).detail, "with=501 told=500");
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM audit WHERE event = 'operator.token.revoke'"), 501);
}

/* It was there when the request was let in, and is revoked when its child is written. */
static void a_revoked_parent_has_no_more_children(void **state)
{
    fixture *f = *state;
    int64_t with;
    operator_token parent, out;
    const char *token;
    make(f, SCOPE_ADMINISTRATOR, 3600, &parent, &token);
    assert_int_equal(operator_token_revoke(fixture_call(f, "operator.token.revoke"), parent.id, &with), ERR_OK);
    for (int i = 0; i < 2; i++) {
        call *c = fixture_call(f, "operator.token.create");
        c->own_socket = false;
        c->token_id = i == 0 ? parent.id : "ot_00000000000000000000";
        assert_int_equal(operator_token_create(c, "子", SCOPE_AUDITOR, 3600, &out, &token), ERR_UNAUTHENTICATED);
    }
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM operator_token"), 1);
}

static void wrong_tokens_are_not_made(void **state)
{
    fixture *f = *state;
    operator_token out;
    const char *token;
    call *c = fixture_call(f, "operator.token.create");
    assert_int_equal(operator_token_create(c, "", SCOPE_OPERATOR, 3600, &out, &token), ERR_FIELD_LENGTH);
    assert_int_equal(operator_token_create(c, "甲", 0, 3600, &out, &token), ERR_FIELD_VALUE);
    assert_int_equal(operator_token_create(c, "甲", SCOPE_TASKS, 3600, &out, &token), ERR_FIELD_VALUE);
    assert_int_equal(operator_token_create(c, "甲", SCOPE_OPERATOR | SCOPE_AUDITOR, 3600, &out, &token),
                     ERR_SEPARATION);
    assert_int_equal(operator_token_create(c, "甲", SCOPE_OPERATOR | SCOPE_ADMINISTRATOR, 3600, &out, &token),
                     ERR_SEPARATION);
    assert_int_equal(operator_token_create(c, "甲", SCOPE_OPERATOR, 59, &out, &token), ERR_RANGE);
    assert_int_equal(operator_token_create(c, "甲", SCOPE_OPERATOR, 90 * 86400 + 1, &out, &token), ERR_RANGE);
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM operator_token"), 0);
}

#define WITH_FIXTURE(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FIXTURE(a_token_gives_its_scopes),  WITH_FIXTURE(every_other_text_is_nobody), WITH_FIXTURE(a_token_ends),
        WITH_FIXTURE(a_revoked_token_is_nobody), WITH_FIXTURE(wrong_tokens_are_not_made),
        WITH_FIXTURE(a_token_ends_with_what_its_maker_may),
        WITH_FIXTURE(or_with_his_role),
        WITH_FIXTURE(a_maker_without_permission_has_none),
        WITH_FIXTURE(a_child_ends_with_its_parent_at_the_latest),
        WITH_FIXTURE(what_was_made_with_a_token_is_revoked_with_it),
        WITH_FIXTURE(of_very_many_some_are_told),
        WITH_FIXTURE(a_revoked_parent_has_no_more_children),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
