#include "stamp.h"

#include "service/token_log.h"

static tsa_request wish(fixture *f, tsa_hash hash, uint8_t tag)
{
    tsa_request rq = stamp_request(hash);
    uint8_t *imprint = arena_copy(f->arena, stamp_imprint, sizeof stamp_imprint);
    imprint[0] = tag;
    rq.imprint = bytes_of(imprint, rq.imprint.n);
    return rq;
}

static timestamp issued(fixture *f, const char *unit, cms_profile profile, const tsa_request *rq, const char *client)
{
    timestamp ts;
    tsa_failure why;
    timestamp_request request = {.unit = unit, .profile = profile, .request = *rq, .client = client};
    assert_int_equal(timestamp_issue(stamp_call(f), &request, &ts, &why), ERR_OK);
    return ts;
}

static size_t found(fixture *f, token_filter filter, const token_entry **out)
{
    size_t n;
    if (!filter.limit)
        filter.limit = 100;
    assert_int_equal(token_log_list(stamp_call(f), &filter, out, &n), ERR_OK);
    return n;
}

/* Every shape: algorithm, hash with and without parameters, profile, nonce, certificates, ordering, digits. */
static void each_token_is_written_again_byte_for_byte(void **state)
{
    fixture *f = *state;
    static const tsa_unit_request units[] = {{"p256", SIGNER_P256, 1000000, 0, false},
                                             {"rsa", SIGNER_RSA, 1000000, 6, false},
                                             {"ordered", SIGNER_SM2, 60000000, 6, true}};
    static const struct {
        const char *unit;
        cms_profile profile;
    } rows[] = {{NULL, CMS_RFC}, {NULL, CMS_GM}, {"p256", CMS_RFC}, {"rsa", CMS_RFC}, {"ordered", CMS_GM}};
    timestamp made[5 * TSA_HASH_COUNT * 8];
    size_t n = 0;
    const tsa_unit *u;
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(tsa_unit_create(fixture_call(f, "tsa.unit_create"), &units[i], &u), ERR_OK);
    for (size_t i = 0; i < 5; i++)
        for (tsa_hash hash = TSA_SM3; hash < TSA_HASH_COUNT; hash++)
            for (int bits = 0; bits < 8; bits++) {
                tsa_request rq = wish(f, hash, (uint8_t)n);
                rq.certificates = bits & 1;
                rq.bare_hash = bits & 4;
                if (bits & 2)
                    rq.nonce = bytes_of("\xfe\xdc\x00\x01", 4);
                made[n++] = issued(f, rows[i].unit, rows[i].profile, &rq, "server");
            }
    /* Also when the units were stopped, retired and read again. */
    assert_int_equal(tsa_unit_retire(fixture_call(f, "tsa.unit_retire"), "rsa", REASON_CESSATION, &u), ERR_OK);
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < n; i++) {
            token_entry entry;
            assert_int_equal(token_log_show(stamp_call(f), bytes_of(made[i].statement.serial, 20), &entry), ERR_OK);
            assert_true(bytes_equal(entry.issued.token, made[i].token));
        }
        fixture_close(f);
        fixture_open(f);
    }
    token_entry none;
    assert_int_equal(token_log_show(stamp_call(f), bytes_of("\x01", 1), &none), ERR_TIMESTAMP_NOT_FOUND);
}

static void a_policy_of_the_settings_is_kept_with_the_token(void **state)
{
    fixture *f = *state;
    token_entry entry;
    tsa_request rq = wish(f, TSA_SM3, 1);
    timestamp ts = issued(f, NULL, CMS_RFC, &rq, "server");
    fixture_write(f, "UPDATE token SET policy = $1", (store_value[]){store_blob("\x2a\x03\x04", 3)}, 1);
    assert_int_equal(token_log_show(stamp_call(f), bytes_of(ts.statement.serial, 20), &entry), ERR_OK);
    assert_true(bytes_equal(entry.issued.statement.policy, bytes_of("\x2a\x03\x04", 3)));
    assert_false(bytes_equal(entry.issued.token, ts.token));
}

static void it_is_searched_by_whatever_is_given(void **state)
{
    fixture *f = *state;
    static const char *const clients[] = {"anonymous", "system:1", "system:2"};
    timestamp made[12];
    const token_entry *e;
    const tsa_unit *u;
    assert_int_equal(tsa_unit_create(fixture_call(f, "tsa.unit_create"),
                                     &(tsa_unit_request){"second", SIGNER_SM2, 1000000, 3, false}, &u),
                     ERR_OK);
    for (size_t i = 0; i < 12; i++) {
        tsa_request rq = wish(f, i % 2 ? TSA_SHA256 : TSA_SM3, (uint8_t)(i / 2));
        if (i == 7) /* the second with its imprint, five blocks on */
            f->service->tokens_logged += 5 * TOKEN_LOG_BLOCK;
        made[i] = issued(f, i < 4 ? "second" : NULL, CMS_RFC, &rq, clients[i % 3]);
        fixture_write(f, "UPDATE token SET time_us = $1 WHERE serial = $2",
                      (store_value[]){store_int((int64_t)(1000 + i / 2)), store_blob(made[i].statement.serial, 20)}, 2);
    }
    assert_int_equal(found(f, (token_filter){0}, &e), 12);
    assert_memory_equal(e[0].issued.statement.serial, made[11].statement.serial, 20);
    assert_memory_equal(e[11].issued.statement.serial, made[0].statement.serial, 20);
    assert_string_equal(e[0].client, "system:2");
    assert_string_equal(e[0].origin, "192.0.2.7");
    assert_int_equal(found(f, (token_filter){.client = "system:1"}, &e), 4);
    assert_int_equal(found(f, (token_filter){.client = "system:9"}, &e), 0);
    assert_int_equal(found(f, (token_filter){.unit_id = u->id}, &e), 4);
    assert_int_equal(found(f, (token_filter){.unit_id = u->id, .client = "system:1"}, &e), 1);
    assert_int_equal(found(f, (token_filter){.imprint = made[6].statement.imprint}, &e), 2);
    assert_int_equal(found(f, (token_filter){.imprint = bytes_of("x", 1)}, &e), 0);
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM token WHERE block = 0"), 7);
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM token WHERE block = 5"), 5);
    f->service->tokens_logged = 0; /* another start */
    assert_int_equal(token_log_open(f->service), ERR_OK);
    assert_int_equal(token_log_block(f->service), 5);
    assert_int_equal(found(f, (token_filter){.serial = bytes_of(made[5].statement.serial, 20)}, &e), 1);
    assert_int_equal(
        found(f, (token_filter){.serial = bytes_of(made[5].statement.serial, 20), .client = "system:1"}, &e), 0);
    assert_int_equal(found(f, (token_filter){.has_from = true, .from_us = 1001, .has_to = true, .to_us = 1003}, &e), 4);
    assert_int_equal(found(f, (token_filter){.has_to = true, .to_us = 1000}, &e), 0);
    /* In pages, with tokens of one moment on both sides of a page's end. */
    uint8_t last[20];
    size_t n, seen = 0;
    token_filter filter = {.limit = 3};
    do {
        n = found(f, filter, &e);
        for (size_t i = 0; i < n; i++)
            assert_memory_equal(e[i].issued.statement.serial, made[11 - seen - i].statement.serial, 20);
        seen += n;
        if (n > 0)
            memcpy(last, e[n - 1].issued.statement.serial, 20);
        filter.after = bytes_of(last, 20);
    } while (n == 3);
    assert_int_equal(seen, 12);
    filter.after = bytes_of("no such number here!", 20);
    assert_int_equal(token_log_list(stamp_call(f), &filter, &e, &n), ERR_FIELD_VALUE);
    assert_string_equal(f->c.fault.field, "after");
}

#define WITH_FIXTURE(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FIXTURE(each_token_is_written_again_byte_for_byte),
        WITH_FIXTURE(a_policy_of_the_settings_is_kept_with_the_token),
        WITH_FIXTURE(it_is_searched_by_whatever_is_given),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
