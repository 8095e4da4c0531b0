#include "server.h"
#include "unit/service/stamp.h"

#include "base/text.h"

static timestamp issue(server *s, const char *client)
{
    timestamp ts;
    tsa_failure why;
    tsa_request request = stamp_request(TSA_SM3);
    request.nonce = bytes_of("\x05", 1);
    timestamp_request rq = {.profile = CMS_RFC, .request = request, .client = client};
    assert_int_equal(timestamp_issue(stamp_call(&s->f), &rq, &ts, &why), ERR_OK);
    return ts;
}

static const char *hex(server *s, const timestamp *ts)
{
    return hex_text(s->f.arena, ts->statement.serial, sizeof ts->statement.serial);
}

static void a_token_is_there_as_it_was_issued(void **state)
{
    server *s = *state;
    timestamp ts = issue(s, "system:1");
    bytes token;
    assert_int_equal(server_get(s, arena_printf(s->f.arena, "/v1/tsa/tokens/%s", hex(s, &ts))), 200);
    const char *text = server_text(s, "token");
    assert_int_equal(base64_decode(s->f.arena, text, strlen(text), &token), ERR_OK);
    assert_true(bytes_equal(token, ts.token));
    assert_string_equal(server_text(s, "serial"), hex(s, &ts));
    assert_string_equal(server_text(s, "imprint"), hex_text(s->f.arena, stamp_imprint, 32));
    assert_string_equal(server_text(s, "nonce"), "05");
    assert_string_equal(server_text(s, "client"), "system:1");
    assert_string_equal(server_text(s, "origin"), "192.0.2.7");
    assert_string_equal(server_text(s, "unit"), "sm2");
    assert_string_equal(server_text(s, "policy"), "2.25.92789953449470946607310693012765490645.2.1");
    static const char *const none[] = {"00", "zz", "01020304050607080910111213141516171819202122"};
    for (size_t i = 0; i < 3; i++) {
        server_get(s, arena_printf(s->f.arena, "/v1/tsa/tokens/%s", none[i]));
        assert_problem(s, 404, "timestamp_not_found", NULL);
    }
    assert_int_equal(server_call(s, "", "GET", arena_printf(s->f.arena, "/v1/tsa/tokens/%s", hex(s, &ts)), NULL), 401);
}

static size_t listed(server *s, const char *query)
{
    assert_int_equal(server_get(s, arena_printf(s->f.arena, "/v1/tsa/tokens%s", query)), 200);
    return json_array_size(server_value(s, "items"));
}

static void the_log_is_searched_in_pages(void **state)
{
    server *s = *state;
    timestamp made[5];
    for (int i = 0; i < 5; i++)
        made[i] = issue(s, i % 2 ? "system:1" : "anonymous");
    assert_int_equal(listed(s, ""), 5);
    assert_true(json_is_null(server_value(s, "next")));
    assert_int_equal(listed(s, "?limit=2"), 2);
    const char *next = server_text(s, "next");
    assert_int_equal(listed(s, arena_printf(s->f.arena, "?limit=3&after=%s", next)), 3);
    assert_string_equal(server_text(s, "items.2.serial"), hex(s, &made[0]));
    assert_int_equal(listed(s, "?client=system:1"), 2);
    assert_int_equal(listed(s, "?unit=sm2"), 5);
    assert_int_equal(listed(s, arena_printf(s->f.arena, "?serial=%s", hex(s, &made[3]))), 1);
    assert_int_equal(listed(s, arena_printf(s->f.arena, "?imprint=%s", hex_text(s->f.arena, stamp_imprint, 32))), 5);
    assert_int_equal(listed(s, "?from=2020-01-01T00:00:00Z&to=2021-01-01T00:00:00Z"), 0);
    assert_int_equal(listed(s, "?from=2020-01-01T00:00:00Z"), 5);
    static const struct {
        const char *query;
        int status;
        const char *code, *field;
    } rows[] = {{"serial=00", 400, "field_length", "serial"},
                {"imprint=0", 400, "field_length", "imprint"},
                {"imprint=zz", 400, "field_value", "imprint"},
                {"from=yesterday", 400, "field_value", "from"},
                {"after=0102030405060708091011121314151617181920", 400, "field_value", "after"},
                {"limit=0", 400, "field_value", "limit"},
                {"clients=x", 400, "field_unknown", "clients"},
                {"unit=nobody", 404, "unit_not_found", NULL}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        server_get(s, arena_printf(s->f.arena, "/v1/tsa/tokens?%s", rows[i].query));
        assert_problem(s, rows[i].status, rows[i].code, rows[i].field);
    }
}

static void statistics_by_hour(void **state)
{
    server *s = *state;
    for (int i = 0; i < 3; i++)
        (void)issue(s, "anonymous");
    assert_int_equal(server_send(s, "", "POST", "/tsa", "application/timestamp-query", bytes_of("x", 1)), 200);
    assert_int_equal(service_housekeeping(s->f.service, s->f.arena, s->f.now_ms), ERR_OK);
    assert_int_equal(server_get(s, "/v1/tsa/statistics"), 200);
    int64_t tokens = 0; /* the test may run over an hour's end */
    for (size_t i = 0; i < json_array_size(server_value(s, "tokens")); i++)
        tokens += json_integer_value(json_object_get(json_array_get(server_value(s, "tokens"), i), "tokens"));
    assert_int_equal(tokens, 3);
    assert_string_equal(server_text(s, "tokens.0.unit"), "sm2");
    assert_string_equal(server_text(s, "tokens.0.client"), "anonymous");
    assert_string_equal(server_text(s, "refusals.0.reason"), "badDataFormat");
    assert_int_equal(json_integer_value(server_value(s, "refusals.0.refusals")), 1);
    assert_int_equal(server_get(s, "/v1/tsa/statistics?from=2020-01-01T00:00:00Z&to=2020-12-31T23:00:00Z"), 200);
    assert_int_equal(json_array_size(server_value(s, "tokens")), 0);
    server_get(s, "/v1/tsa/statistics?from=2020-01-01T00:00:00Z");
    assert_problem(s, 400, "field_value", "from");
    server_get(s, "/v1/tsa/statistics?from=2020-01-02T00:00:00Z&to=2020-01-01T00:00:00Z");
    assert_problem(s, 400, "field_value", "from");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SERVER(a_token_is_there_as_it_was_issued),
        WITH_SERVER(the_log_is_searched_in_pages),
        WITH_SERVER(statistics_by_hour),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
