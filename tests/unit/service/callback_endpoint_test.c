#include "mailroom.h"

static err create(mailroom *m, const business_system *s, const callback_endpoint_request *r, callback_endpoint *out,
                  char *secret)
{
    return callback_endpoint_create(fixture_call(&m->f, "callback.endpoint_create"), s ? s->id : NULL, r, out, secret);
}

static void an_endpoint_is_kept_as_given_and_its_secret_sealed(void **state)
{
    mailroom *m = *state;
    callback_endpoint made;
    char secret[CALLBACK_SECRET_TEXT], got[CALLBACK_SECRET_TEXT];
    const store_value *row;
    callback_endpoint_request r = {.url = "https://his.example.cn/yq", .events = 5};
    assert_int_equal(create(m, &m->emr, &r, &made, secret), ERR_OK);
    assert_string_equal(made.url, r.url);
    assert_string_equal(made.state, "active");
    assert_int_equal(made.events, 5);
    assert_false(made.push);
    assert_memory_equal(made.system_id, m->emr.id, 16);
    assert_int_equal(made.previous_until, 0);
    audit_entry last = fixture_last_audit(&m->f);
    assert_string_equal(last.event, "callback.endpoint_create");
    assert_null(strstr(last.detail, secret));
    assert_int_equal(
        store_query_one(m->f.store, m->f.arena, &row, ERR_OK, "SELECT sealed_secret FROM callback_endpoint", NULL, 0),
        ERR_OK);
    bytes sealed = bytes_of(row[0].p, row[0].n);
    assert_int_equal(callback_secret_open(m->f.service, m->f.arena, made.id, sealed, got), ERR_OK);
    assert_string_equal(got, secret);
    /* Bound to its row. */
    assert_int_equal(callback_secret_open(m->f.service, m->f.arena, m->emr.id, sealed, got), ERR_DECRYPT);
    assert_int_equal(callback_secret_open(m->f.service, m->f.arena, made.id, bytes_of(sealed.p, sealed.n - 1), got),
                     ERR_CORRUPT);
}

static void wrong_endpoints_are_refused(void **state)
{
    mailroom *m = *state;
    static const uint8_t nobody[16] = {1};
    callback_endpoint made;
    char secret[CALLBACK_SECRET_TEXT];
    callback_endpoint_request r = {.url = "http://8.8.8.8/", .events = 1};
    assert_int_equal(create(m, &m->emr, &r, &made, secret), ERR_FIELD_VALUE);
    assert_string_equal(m->f.c.fault.field, "url");
    r.url = "https://host/";
    r.events = 0;
    assert_int_equal(create(m, &m->emr, &r, &made, secret), ERR_FIELD_VALUE);
    assert_string_equal(m->f.c.fault.field, "events");
    r.events = 1 << CALLBACK_WAITING;
    assert_int_equal(create(m, &m->emr, &r, &made, secret), ERR_FIELD_VALUE);
    r.events = 1;
    assert_int_equal(callback_endpoint_create(fixture_call(&m->f, "x"), nobody, &r, &made, secret),
                     ERR_SYSTEM_NOT_FOUND);
    assert_int_equal(fixture_number(&m->f, "SELECT COUNT(*) FROM callback_endpoint"), 0);
}

static void there_are_four_places_each_and_a_free_one_is_used_again(void **state)
{
    mailroom *m = *state;
    callback_endpoint made[CALLBACK_PLACES], more;
    char secret[CALLBACK_SECRET_TEXT];
    callback_endpoint_request r = {.url = "https://host/", .events = 1};
    const business_system *const owners[] = {&m->emr, NULL};
    for (size_t k = 0; k < 2; k++) {
        for (int i = 0; i < CALLBACK_PLACES; i++)
            made[i] = mailroom_endpoint(m, owners[k], 1);
        assert_int_equal(create(m, owners[k], &r, &more, secret), ERR_LIMIT);
        assert_int_equal(
            callback_endpoint_remove(fixture_call(&m->f, "x"), owners[k] ? owners[k]->id : NULL, made[1].id), ERR_OK);
        assert_int_equal(create(m, owners[k], &r, &more, secret), ERR_OK);
        assert_int_equal(create(m, owners[k], &r, &more, secret), ERR_LIMIT);
    }
    assert_int_equal(
        fixture_number(&m->f, "SELECT COUNT(*) FROM callback_endpoint WHERE place = 1 AND state <> 'removed'"), 2);
    mailroom_endpoint(m, &m->ris, 1);
}

static void changes_and_their_refusals(void **state)
{
    mailroom *m = *state;
    callback_endpoint e = mailroom_endpoint(m, &m->emr, 1), push = mailroom_endpoint(m, NULL, 0), out;
    callback_endpoint_change change = {.url = "https://other/", .has_events = true, .events = 3, .state = "suspended"};
    assert_int_equal(callback_endpoint_update(fixture_call(&m->f, "x"), m->emr.id, e.id, &change, &out), ERR_OK);
    assert_string_equal(out.url, "https://other/");
    assert_string_equal(out.state, "suspended");
    assert_int_equal(out.events, 3);
    change = (callback_endpoint_change){0};
    assert_int_equal(callback_endpoint_update(fixture_call(&m->f, "x"), m->emr.id, e.id, &change, &out), ERR_OK);
    assert_string_equal(out.url, "https://other/");
    assert_int_equal(out.events, 3);
    change.state = "removed";
    assert_int_equal(callback_endpoint_update(fixture_call(&m->f, "x"), m->emr.id, e.id, &change, &out),
                     ERR_FIELD_VALUE);
    change = (callback_endpoint_change){.url = "ftp://x/"};
    assert_int_equal(callback_endpoint_update(fixture_call(&m->f, "x"), m->emr.id, e.id, &change, &out),
                     ERR_FIELD_VALUE);
    change = (callback_endpoint_change){.has_events = true, .events = 1};
    assert_int_equal(callback_endpoint_update(fixture_call(&m->f, "x"), NULL, push.id, &change, &out),
                     ERR_FIELD_UNKNOWN);
    /* One's id under another's name is none. */
    change = (callback_endpoint_change){.state = "active"};
    assert_int_equal(callback_endpoint_update(fixture_call(&m->f, "x"), m->ris.id, e.id, &change, &out), ERR_NOT_FOUND);
    assert_int_equal(callback_endpoint_update(fixture_call(&m->f, "x"), NULL, e.id, &change, &out), ERR_NOT_FOUND);
    assert_int_equal(callback_endpoint_get(fixture_call(&m->f, NULL), m->emr.id, push.id, &out), ERR_NOT_FOUND);
}

static void what_is_removed_is_gone_and_its_messages_have_failed(void **state)
{
    mailroom *m = *state;
    callback_endpoint e = mailroom_endpoint(m, &m->emr, CALLBACK_SYSTEM_EVENTS), out;
    const callback_endpoint *list;
    size_t n;
    char secret[CALLBACK_SECRET_TEXT];
    callback_test test;
    mailroom_task(m, &m->emr);
    assert_int_equal(callback_endpoint_remove(fixture_call(&m->f, "x"), m->ris.id, e.id), ERR_NOT_FOUND);
    assert_int_equal(callback_endpoint_remove(fixture_call(&m->f, "x"), m->emr.id, e.id), ERR_OK);
    assert_int_equal(fixture_number(&m->f, "SELECT COUNT(*) FROM callback WHERE state = 'failed'"), 1);
    assert_int_equal(fixture_number(&m->f, "SELECT length(sealed_secret) FROM callback_endpoint"), 0);
    mailroom_task(m, &m->emr);
    assert_int_equal(mailroom_count(m), 1);
    assert_int_equal(callback_endpoint_list(fixture_call(&m->f, NULL), m->emr.id, &list, &n), ERR_OK);
    assert_int_equal(n, 0);
    assert_int_equal(callback_endpoint_remove(fixture_call(&m->f, "x"), m->emr.id, e.id), ERR_NOT_FOUND);
    assert_int_equal(callback_endpoint_rotate(fixture_call(&m->f, "x"), m->emr.id, e.id, &out, secret), ERR_NOT_FOUND);
    assert_int_equal(callback_endpoint_test(fixture_call(&m->f, "x"), m->emr.id, e.id, &test), ERR_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_MAILROOM(an_endpoint_is_kept_as_given_and_its_secret_sealed),
        IN_MAILROOM(wrong_endpoints_are_refused),
        IN_MAILROOM(there_are_four_places_each_and_a_free_one_is_used_again),
        IN_MAILROOM(changes_and_their_refusals),
        IN_MAILROOM(what_is_removed_is_gone_and_its_messages_have_failed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
