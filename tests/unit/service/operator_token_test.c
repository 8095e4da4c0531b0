#include "fixture.h"
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
    operator_token made;
    uint32_t scopes;
    const char *id, *token;
    make(f, SCOPE_OPERATOR, 3600, &made, &token);
    assert_int_equal(operator_token_revoke(fixture_call(f, "operator.token.revoke"), "ot_none"), ERR_NOT_FOUND);
    assert_int_equal(operator_token_revoke(fixture_call(f, "operator.token.revoke"), made.id), ERR_OK);
    assert_int_equal(operator_token_check(fixture_call(f, NULL), token, &scopes, &id), ERR_UNAUTHENTICATED);
    assert_int_equal(operator_token_revoke(fixture_call(f, "operator.token.revoke"), made.id), ERR_CONFLICT);
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
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
