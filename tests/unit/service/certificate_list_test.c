#include "base/text.h"
#include "fixture.h"
#include "service/certificate.h"

static const int64_t day = INT64_C(86400000);

/* The staff numbers of what the filter finds, in its order, a page of two at a time. */
static const char *found(fixture *f, certificate_filter filter)
{
    const char *all = "";
    const certificate_view *list;
    size_t n;
    filter.limit = 2;
    for (;;) {
        assert_int_equal(certificate_list(fixture_call(f, NULL), &filter, &list, &n), ERR_OK);
        for (size_t i = 0; i < n; i++)
            all = arena_printf(f->arena, "%s%s%s", all, *all ? " " : "", list[i].staff_no);
        if (n < 2)
            return all;
        filter.after = list[n - 1].serial;
    }
}

static const char *of_q(fixture *f, const char *q)
{
    return found(f, (certificate_filter){.q = q, .order = CERTIFICATES_OLDEST});
}

/* Five people, an hour between them; the later one's certificate ends the sooner. */
static void five(fixture *f, fixture_key keys[5])
{
    static const char *const names[] = {"王建国", "李秀英", "Zhang San", "100%_!", "王小明"};
    for (int i = 0; i < 5; i++) {
        user u = fixture_user(f, arena_printf(f->arena, "D%d", i), names[i]);
        f->now_ms += 3600000;
        f->service->options.certificate_days = 100 - i;
        fixture_certify(f, &u, &keys[i]);
    }
}

static void orders_are_kept_over_pages(void **state)
{
    fixture *f = *state;
    fixture_key k[5];
    five(f, k);
    assert_string_equal(found(f, (certificate_filter){.order = CERTIFICATES_OLDEST}), "D0 D1 D2 D3 D4");
    assert_string_equal(found(f, (certificate_filter){.order = CERTIFICATES_NEWEST}), "D4 D3 D2 D1 D0");
    assert_string_equal(found(f, (certificate_filter){.order = CERTIFICATES_EXPIRY}), "D4 D3 D2 D1 D0");
    fixture_write(f, "UPDATE certificate SET not_after = $2 WHERE serial = $1",
                  (store_value[]){store_blob(k[2].parsed.serial.p, k[2].parsed.serial.n), store_int(f->now_ms + day)},
                  2);
    assert_string_equal(found(f, (certificate_filter){.order = CERTIFICATES_EXPIRY}), "D2 D4 D3 D1 D0");
    assert_string_equal(
        found(f, (certificate_filter){.order = CERTIFICATES_EXPIRY, .expires_before_ms = f->now_ms + 2 * day}), "D2");
    assert_string_equal(
        found(f, (certificate_filter){.order = CERTIFICATES_EXPIRY, .expires_before_ms = k[1].parsed.not_after_ms}),
        "D2 D4 D3");
}

static void people_and_serials_are_found_by_a_part(void **state)
{
    fixture *f = *state;
    fixture_key k[5];
    five(f, k);
    assert_string_equal(of_q(f, "王"), "D0 D4");
    assert_string_equal(of_q(f, "zhang"), "D2");
    assert_string_equal(of_q(f, "SAN"), "D2");
    assert_string_equal(of_q(f, "d3"), "D3");
    assert_string_equal(of_q(f, "%"), "D3");
    assert_string_equal(of_q(f, "_"), "D3");
    assert_string_equal(of_q(f, "!"), "D3");
    assert_string_equal(of_q(f, "赵"), "");
    for (int i = 0; i < 5; i++) {
        char hex[41];
        hex_encode(hex, k[i].parsed.serial.p, k[i].parsed.serial.n);
        assert_string_equal(of_q(f, hex), arena_printf(f->arena, "D%d", i));
        hex[12] = 0; /* of six octets two that are the same are not to be expected */
        assert_string_equal(of_q(f, hex), arena_printf(f->arena, "D%d", i));
        hex[11] = 0; /* half an octet is not looked at */
        assert_string_equal(of_q(f, hex), arena_printf(f->arena, "D%d", i));
    }
    /* One that ends with FF, and one of nothing else. */
    fixture_write(
        f, "UPDATE certificate SET serial = $2 WHERE serial = $1",
        (store_value[]){store_blob(k[0].parsed.serial.p, k[0].parsed.serial.n), store_blob("\xff\xff\xff\x01", 4)}, 2);
    assert_string_equal(of_q(f, "ffff"), "D0");
    assert_string_equal(of_q(f, "FFFFFF"), "D0");
    assert_string_equal(of_q(f, "ff"), "");
    assert_string_equal(of_q(f, "ffffffff"), "");
    assert_string_equal(of_q(f, "fffg"), "");
    char text[CERTIFICATE_Q_MAX + 2];
    const certificate_view *list;
    size_t n;
    memset(text, 'a', CERTIFICATE_Q_MAX + 1);
    text[CERTIFICATE_Q_MAX + 1] = 0;
    certificate_filter filter = {.q = text, .limit = 1};
    assert_int_equal(certificate_list(fixture_call(f, NULL), &filter, &list, &n), ERR_FIELD_LENGTH);
    assert_string_equal(f->c.fault.field, "q");
    text[CERTIFICATE_Q_MAX] = 0;
    assert_string_equal(of_q(f, text), "");
}

static void states_people_and_profiles_are_told_apart(void **state)
{
    fixture *f = *state;
    fixture_key k[5];
    const store_value *row;
    certificate_view out;
    five(f, k);
    assert_int_equal(
        certificate_revoke(fixture_call(f, "certificate.revoke"), k[1].parsed.serial, REASON_UNSPECIFIED, &out),
        ERR_OK);
    assert_string_equal(out.profile, "personal");
    assert_int_equal(out.profile_version, 1);
    assert_string_equal(out.key_state, "destroyed");
    assert_string_equal(found(f, (certificate_filter){.state = "revoked"}), "D1");
    assert_string_equal(found(f, (certificate_filter){.state = "active", .q = "王"}), "D0 D4");
    assert_string_equal(found(f, (certificate_filter){.profile = "personal"}), "D0 D1 D2 D3 D4");
    assert_string_equal(found(f, (certificate_filter){.profile = "other"}), "");
    assert_int_equal(store_query_one(f->store, f->arena, &row, ERR_OK,
                                     "SELECT user_id FROM certificate WHERE serial = $1",
                                     (store_value[]){store_blob(k[3].parsed.serial.p, k[3].parsed.serial.n)}, 1),
                     ERR_OK);
    assert_string_equal(found(f, (certificate_filter){.user_id = row->p}), "D3");
}

#define WITH_FIXTURE(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FIXTURE(orders_are_kept_over_pages),
        WITH_FIXTURE(people_and_serials_are_found_by_a_part),
        WITH_FIXTURE(states_people_and_profiles_are_told_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
