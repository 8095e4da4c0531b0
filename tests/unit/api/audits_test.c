#include "server.h"

#include "audit/audit.h"
#include "audit/audit_block.h"

static void the_log_is_read_by_sequence(void **state)
{
    server *s = *state;
    fixture_user(&s->f, "D1001", "王建国");
    int64_t rows = fixture_number(&s->f, "SELECT count(*) FROM audit");
    size_t seen = 0;
    const char *path = "/v1/audit?limit=1";
    for (;;) {
        assert_int_equal(server_get(s, path), 200);
        seen += json_array_size(server_value(s, "items"));
        if (json_is_null(server_value(s, "next")))
            break;
        assert_int_equal(json_integer_value(server_value(s, "items.0.sequence")), seen);
        path = arena_printf(s->f.arena, "/v1/audit?limit=1&after=%s", server_text(s, "next"));
    }
    assert_int_equal(seen, rows);
    assert_int_equal(server_get(s, arena_printf(s->f.arena, "/v1/audit?after=%d", (int)rows - 1)), 200);
    assert_string_equal(server_text(s, "items.0.event"), "user.create");
    assert_string_equal(server_text(s, "items.0.outcome"), "ok");
    server_get(s, "/v1/audit?after=-1");
    assert_problem(s, 400, "field_value", "after");
    server_get(s, "/v1/audit?after=9223372036854775808");
    assert_problem(s, 400, "field_value", "after");
    assert_int_equal(server_get(s, "/v1/audit?after=9223372036854775807"), 200);
}

static void the_check_tells_what_is_wrong(void **state)
{
    server *s = *state;
    fixture_user(&s->f, "D1001", "王建国");
    assert_int_equal(server_get(s, "/v1/audit/check"), 200);
    assert_true(json_is_true(server_value(s, "intact")));
    assert_true(json_is_null(server_value(s, "finding")));
    assert_int_equal(strlen(server_text(s, "root")), 64);
    fixture_write(&s->f, "UPDATE audit SET actor = 'nobody' WHERE sequence = 1", NULL, 0);
    assert_int_equal(server_get(s, "/v1/audit/check"), 200);
    assert_true(json_is_false(server_value(s, "intact")));
    assert_true(strlen(server_text(s, "finding")) > 0);
}

/* ---- the table of one origin, over blocks and pages ---- */

enum { ROWS = 3 * AUDIT_BLOCK_ROWS, A_UNIT = 512, EVERY = 5 };

static void fill(fixture *f)
{
    int64_t blocks = 0;
    arena *a = arena_create(8 << 20);
    for (int i = 0; i < ROWS;) {
        arena_reset(a);
        store_unit *unit = store_unit_begin(a);
        for (int k = 0; k < A_UNIT; k++, i++)
            assert_int_equal(audit_add(f->audit, a, unit,
                                       &(audit_record){f->now_ms + i, "task.sign", "ok", NULL, NULL,
                                                       i % EVERY == 0 ? "10.0.9.9" : "10.0.0.1", NULL}),
                             ERR_OK);
        assert_int_equal(store_commit(f->store, unit), ERR_OK);
    }
    arena_destroy(a);
    for (int i = 0; i < 3 && blocks < 3; i++) {
        assert_int_equal(audit_block_roll_up(f->store), ERR_OK);
        assert_int_equal(audit_block_count(f->store, f->arena, &blocks), ERR_OK);
    }
    assert_int_equal(blocks, 3);
}

/* Its rows behind the heading are those of `wanted` from *at on. */
static void assert_table(const server *s, const store_result *wanted, size_t *at)
{
    const char *text = arena_printf(s->f.arena, "%.*s", (int)s->raw.n, (const char *)s->raw.p);
    assert_non_null(text);
    for (const char *line = strstr(text, "\r\n") + 2; *line; line = strstr(line, "\r\n") + 2, ++*at) {
        assert_true(*at < wanted->rows);
        assert_int_equal(strtoll(line + (*line == '"'), NULL, 10), wanted->values[*at].i);
        const char *origin = strstr(line, "10.0.9.9");
        assert_true(origin && origin < strchr(line, '\r'));
    }
}

static void a_table_of_one_origin_has_its_rows_and_no_others(void **state)
{
    server *s = *state;
    store_result wanted;
    size_t at = 0, pages = 0;
    const char *next = "0";
    fill(&s->f);
    assert_int_equal(store_query(s->f.store, s->f.arena, &wanted,
                                 "SELECT sequence FROM audit WHERE origin = '10.0.9.9' ORDER BY sequence", NULL, 0),
                     ERR_OK);
    assert_int_equal(wanted.rows, (ROWS + EVERY - 1) / EVERY);
    for (; *next; next = server_header(s, "Yiqian-Next"), pages++) {
        assert_int_equal(
            server_get(s, arena_printf(s->f.arena, "/v1/audit/export?format=csv&origin=10.0.9.9&after=%s", next)), 200);
        assert_table(s, &wanted, &at);
    }
    assert_int_equal(at, wanted.rows);
    assert_true(pages > 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SERVER(the_log_is_read_by_sequence),
        WITH_SERVER(the_check_tells_what_is_wrong),
        WITH_SERVER(a_table_of_one_origin_has_its_rows_and_no_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
