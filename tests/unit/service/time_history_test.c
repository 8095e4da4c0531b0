#include "service/time_history.h"

#include "base/text.h"
#include "unit/service/clock_lab.h"

static const int64_t second_ns = 1000000000;

/* Checks the whole chain as `yiqian time history --check` does; the number of the first link that fails, 0 for none. */
static int64_t first_broken(fixture *f, size_t *n)
{
    const time_link *links;
    const bytes *certificates;
    size_t signers;
    uint8_t previous[CLOCK_LINK] = {0};
    cert by[8];
    assert_int_equal(time_history_list(fixture_call(f, NULL), 0, 200, &links, n), ERR_OK);
    assert_int_equal(time_history_signers(fixture_call(f, NULL), &certificates, &signers), ERR_OK);
    for (size_t k = 0; k < signers; k++) {
        assert_int_equal(cert_parse(&by[k], certificates[k]), ERR_OK);
        assert_int_equal(cert_verify_signature(&by[k], f->service->issuing.cert.public_key), ERR_OK);
        assert_int_equal(by[k].key_usage, CERT_DIGITAL_SIGNATURE);
        assert_false(by[k].ca);
    }
    for (size_t i = 0; i < *n; i++) {
        err e = ERR_CHAIN;
        for (size_t k = 0; k < signers && e == ERR_CHAIN; k++)
            e = clock_statement_check(links[i].text, links[i].signature, (int64_t)i + 1, previous, &by[k]);
        if (e != ERR_OK)
            return (int64_t)i + 1;
        clock_statement_link(previous, links[i].text, links[i].signature);
    }
    return 0;
}

static void fill(lab *l)
{
    for (int i = 0; i < 4; i++) {
        lab_answer(l);
        lab_round(l);
        lab_silence(l);
        lab_pass(l, 8 * second_ns);
        lab_round(l);
    }
}

static void a_link_at_each_change_and_each_hour(void **state)
{
    fixture *f = *state;
    lab l;
    size_t n;
    lab_open(&l, f, 1, 1);
    for (int i = 0; i < 10; i++) {
        lab_round(&l);
        lab_pass(&l, 8 * second_ns);
    }
    assert_int_equal(fixture_number(f, "SELECT COUNT(*) FROM clock_history"), 1);
    lab_pass(&l, 3600 * second_ns);
    lab_round(&l);
    assert_int_equal(fixture_number(f, "SELECT COUNT(*) FROM clock_history"), 2);
    fill(&l);
    assert_int_equal(fixture_number(f, "SELECT COUNT(*) FROM clock_history"), 9);
    assert_int_equal(first_broken(f, &n), 0);
    assert_int_equal(n, 9);
    const time_link *links;
    assert_int_equal(time_history_list(fixture_call(f, NULL), 7, 200, &links, &n), ERR_OK);
    assert_int_equal(n, 2);
    assert_int_equal(links[0].sequence, 8);
    bytes sources = clock_statement_field(links[0].text, "sources");
    char *text = arena_text(f->arena, sources.p, sources.n);
    assert_non_null(strstr(text, "ntp 10.0.0.1:123"));
}

/* Another server, or a restart: the chain goes on with the same key. */
static void the_chain_goes_on_after_a_restart(void **state)
{
    fixture *f = *state;
    lab l;
    size_t n;
    lab_open(&l, f, 1, 1);
    fill(&l);
    fixture_close(f);
    fixture_open(f);
    lab_open(&l, f, 1, 1);
    fill(&l);
    assert_int_equal(first_broken(f, &n), 0);
    assert_int_equal(n, 16);
    assert_int_equal(fixture_number(f, "SELECT COUNT(*) FROM time_signer"), 1);
}

static void a_key_that_comes_to_its_end_is_followed_by_another(void **state)
{
    fixture *f = *state;
    lab l;
    size_t n;
    lab_open(&l, f, 1, 1);
    l.unix_ns = clock_unix_ms() * 1000000;
    fill(&l);
    lab_pass(&l, INT64_C(1800) * 86400 * second_ns);
    fill(&l);
    assert_int_equal(fixture_number(f, "SELECT COUNT(*) FROM time_signer"), 2);
    assert_int_equal(first_broken(f, &n), 0);
    assert_int_equal(n, 16);
}

static void what_was_done_to_it_is_found(void **state)
{
    static const struct {
        const char *sql;
        int64_t found;
    } rows[] = {
        {"UPDATE clock_history SET statement = REPLACE(statement, 'state=holdover', 'state=good') WHERE sequence = 2",
         2},
        {"UPDATE clock_history SET signature = (SELECT h.signature FROM clock_history AS h WHERE h.sequence = 4) "
         "WHERE sequence = 6",
         6},
        {"DELETE FROM clock_history WHERE sequence = 3", 3},
        {"DELETE FROM clock_history WHERE sequence = 1", 1},
        {"UPDATE clock_history SET statement = (SELECT h.statement FROM clock_history AS h WHERE h.sequence = 5), "
         "signature = (SELECT h.signature FROM clock_history AS h WHERE h.sequence = 5) WHERE sequence = 7",
         7},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        fixture f;
        lab l;
        size_t n;
        (void)state;
        fixture_init(&f);
        lab_open(&l, &f, 1, 1);
        fill(&l);
        assert_int_equal(first_broken(&f, &n), 0);
        store_unit *unit = store_unit_begin(f.arena);
        store_unit_add(unit, 1, ERR_INTERNAL, rows[i].sql, NULL, 0);
        assert_int_equal(store_commit(f.store, unit), ERR_OK);
        assert_int_equal(first_broken(&f, &n), rows[i].found);
        fixture_remove(&f);
    }
}

static void a_server_whose_self_test_failed_signs_none(void **state)
{
    fixture *f = *state;
    lab l;
    lab_open(&l, f, 1, 1);
    atomic_store(&f->service->selftest_failed, true);
    assert_int_equal(time_watch_round(f->service, f->arena), ERR_SELF_TEST);
    assert_int_equal(fixture_number(f, "SELECT COUNT(*) FROM clock_history"), 0);
    atomic_store(&f->service->selftest_failed, false);
    lab_round(&l); /* what could not be written is written as soon as it can */
    assert_int_equal(fixture_number(f, "SELECT COUNT(*) FROM clock_history"), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_link_at_each_change_and_each_hour, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(the_chain_goes_on_after_a_restart, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(a_key_that_comes_to_its_end_is_followed_by_another, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test(what_was_done_to_it_is_found),
        cmocka_unit_test_setup_teardown(a_server_whose_self_test_failed_signs_none, fixture_setup, fixture_teardown)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
