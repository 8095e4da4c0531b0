#include "service/refresh.h"

#include "desk.h"
#include "service/key_state.h"

static int setup_phone(void **state)
{
    assert_int_equal(setup(state), 0);
    desk *d = *state;
    phone_enrol(&d->phone, &d->doctor);
    phone_keygen(&d->phone);
    phone_certify(&d->phone);
    return 0;
}

typedef struct refreshing {
    mpc_refresh_request request;
    refresh_answer answer;
    mpc_refresh_confirm confirm;
    scalar d1;
} refreshing;

static void new_sid(desk *d, uint8_t sid[16])
{
    issued_sid issued;
    assert_int_equal(issued_sid_make(phone_call(&d->phone, "key.sid"), d->phone.key_id, &issued), ERR_OK);
    memcpy(sid, issued.sid, 16);
}

/* R1 with this d1 and a sid of its own. */
static err begin(desk *d, refreshing *r, const scalar *d1)
{
    new_sid(d, r->request.sid);
    memcpy(r->request.key_id, d->phone.key_id, 16);
    assert_int_equal(mpc_device_refresh(&r->request, d1, d->phone.P, &d->f.rng), ERR_OK);
    return refresh_begin(phone_call(&d->phone, "key.refresh_request"), &r->request, &r->answer);
}

static err begin_fresh(desk *d, refreshing *r, const scalar *d1)
{
    assert_int_equal(d->f.rng.fill(d->f.rng.ctx, r->request.rid, 16), ERR_OK);
    assert_int_equal(d->f.rng.fill(d->f.rng.ctx, r->request.u_device, 32), ERR_OK);
    return begin(d, r, d1);
}

/* R3 with this sid. */
static err confirm(desk *d, refreshing *r, const uint8_t sid[16], bool pin_changed)
{
    memcpy(r->confirm.sid, sid, 16);
    assert_int_equal(
        mpc_device_confirm(&r->confirm, &r->d1, &d->phone.d1, &r->request, r->answer.u_server, d->phone.P, &d->f.rng),
        ERR_OK);
    return refresh_confirm(phone_call(&d->phone, "key.refresh_confirm"), &r->confirm, pin_changed);
}

static void refresh_whole(desk *d)
{
    refreshing r = {.d1 = {{0}}};
    assert_int_equal(begin_fresh(d, &r, &d->phone.d1), ERR_OK);
    assert_int_equal(confirm(d, &r, r.answer.sid.sid, false), ERR_OK);
    d->phone.d1 = r.d1;
}

static int64_t column(desk *d, const char *sql)
{
    return fixture_number(&d->f, sql);
}

static bytes sealed_of(desk *d)
{
    const store_value *row;
    assert_int_equal(
        store_query_one(d->f.store, d->f.arena, &row, ERR_OK, "SELECT sealed_share FROM device_key", NULL, 0), ERR_OK);
    return bytes_of(row[0].p, row[0].n);
}

static void the_shares_are_replaced_and_p1_is_retired(void **state)
{
    desk *d = *state;
    bytes before = sealed_of(d);
    refreshing r = {.d1 = {{0}}};
    assert_int_equal(begin_fresh(d, &r, &d->phone.d1), ERR_OK);
    assert_int_equal(column(d, "SELECT count(*) FROM device_key WHERE sealed_pending IS NOT NULL"), 1);
    assert_true(bytes_equal(before, sealed_of(d)));
    d->f.now_ms += 1000;
    assert_int_equal(confirm(d, &r, r.answer.sid.sid, true), ERR_OK);
    assert_string_equal(fixture_last_audit(&d->f).detail, "pin_changed");
    assert_int_equal(column(d, "SELECT count(*) FROM device_key WHERE sealed_pending IS NULL AND issued_sid IS NULL"),
                     1);
    assert_int_equal(column(d, "SELECT refreshed_at FROM device_key"), d->f.now_ms);
    assert_false(bytes_equal(before, sealed_of(d)));
    assert_int_equal(column(d, "SELECT count(*) FROM retired_share"), 1);
    d->phone.d1 = r.d1;
    /* Twice within a millisecond, and with the clock set back. */
    refresh_whole(d);
    d->f.now_ms -= 500;
    refresh_whole(d);
    assert_int_equal(column(d, "SELECT count(*) FROM retired_share"), 3);
}

static void a_refresh_starts_its_counter_anew(void **state)
{
    desk *d = *state;
    fixture_write(&d->f, "UPDATE device_key SET failures = 3, failures_since_refresh = 17, failures_untold = 4", NULL,
                  0);
    refreshing r = {.d1 = {{0}}};
    assert_int_equal(begin_fresh(d, &r, &d->phone.d1), ERR_OK);
    assert_int_equal(column(d, "SELECT failures_since_refresh FROM device_key"), 17);
    assert_int_equal(confirm(d, &r, r.answer.sid.sid, false), ERR_OK);
    assert_int_equal(column(d, "SELECT failures_since_refresh FROM device_key"), 0);
    /* Only a signature forgives those in a row. */
    assert_int_equal(column(d, "SELECT failures FROM device_key"), 3);
    assert_int_equal(column(d, "SELECT failures_untold FROM device_key"), 4);
    fixture_write(&d->f, "UPDATE device_key SET failures_since_refresh = 7", NULL, 0);
    uint8_t sid[16];
    new_sid(d, sid);
    assert_int_equal(confirm(d, &r, sid, false), ERR_OK);
    assert_int_equal(column(d, "SELECT failures_since_refresh FROM device_key"), 7);
}

static void a_sid_is_good_once_and_for_a_minute(void **state)
{
    desk *d = *state;
    refreshing r = {.d1 = {{0}}};
    assert_int_equal(begin_fresh(d, &r, &d->phone.d1), ERR_OK);
    assert_int_equal(refresh_begin(phone_call(&d->phone, "key.refresh_request"), &r.request, &r.answer), ERR_SID);
    assert_string_equal(d->f.c.fault.field, "sid");
    uint8_t old[16], sid[16];
    new_sid(d, old);
    new_sid(d, sid);
    assert_int_equal(confirm(d, &r, old, false), ERR_SID);
    d->f.now_ms += ISSUED_SID_SECONDS * 1000;
    assert_int_equal(confirm(d, &r, sid, false), ERR_SID);
    assert_int_equal(column(d, "SELECT failures_since_refresh FROM device_key"), 0);
    new_sid(d, sid);
    d->f.now_ms += ISSUED_SID_SECONDS * 1000 - 1;
    assert_int_equal(confirm(d, &r, sid, false), ERR_OK);
}

static void a_finished_rid_makes_no_other_share(void **state)
{
    desk *d = *state;
    refreshing r = {.d1 = {{0}}};
    assert_int_equal(begin_fresh(d, &r, &d->phone.d1), ERR_OK);
    assert_int_equal(confirm(d, &r, r.answer.sid.sid, false), ERR_OK);
    assert_int_equal(begin(d, &r, &r.d1), ERR_CONFLICT);
    assert_string_equal(d->f.c.fault.field, "rid");
    assert_int_equal(column(d, "SELECT failures_since_refresh FROM device_key"), 0);
}

static void whose_key_and_in_which_state(void **state)
{
    desk *d = *state;
    refreshing r = {.d1 = {{0}}};
    issued_sid issued;
    assert_int_equal(begin_fresh(d, &r, &d->phone.d1), ERR_OK);
    static const struct {
        const char *state;
        err want;
    } rows[] = {{"locked", ERR_KEY_LOCKED},
                {"frozen", ERR_KEY_STATE},
                {"destroyed", ERR_KEY_STATE},
                {"enrolling", ERR_KEY_STATE}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        fixture_write(&d->f, "UPDATE device_key SET state = $1", (store_value[]){store_text(rows[i].state)}, 1);
        assert_int_equal(issued_sid_make(phone_call(&d->phone, "key.sid"), d->phone.key_id, &issued), rows[i].want);
        assert_int_equal(refresh_begin(phone_call(&d->phone, NULL), &r.request, &r.answer), rows[i].want);
        assert_int_equal(confirm(d, &r, r.answer.sid.sid, false), rows[i].want);
    }
    fixture_write(&d->f, "UPDATE device_key SET state = 'active'", NULL, 0);
    phone other = d->phone;
    memset(other.enrolment_id, 7, 16);
    assert_int_equal(issued_sid_make(phone_call(&other, "key.sid"), d->phone.key_id, &issued), ERR_KEY_NOT_FOUND);
    assert_int_equal(refresh_begin(phone_call(&other, NULL), &r.request, &r.answer), ERR_KEY_NOT_FOUND);
    assert_int_equal(refresh_confirm(phone_call(&other, NULL), &r.confirm, false), ERR_KEY_NOT_FOUND);
}

static void an_expired_certificate_is_refreshed_no_more(void **state)
{
    desk *d = *state;
    int64_t end = column(d, "SELECT not_after FROM certificate");
    issued_sid issued;
    d->f.now_ms = end - 1;
    refresh_whole(d);
    d->f.now_ms = end;
    assert_int_equal(issued_sid_make(phone_call(&d->phone, "key.sid"), d->phone.key_id, &issued),
                     ERR_CERTIFICATE_EXPIRED);
}

static void a_malformed_proof_is_no_failure(void **state)
{
    desk *d = *state;
    refreshing r = {.d1 = {{0}}};
    assert_int_equal(begin_fresh(d, &r, &d->phone.d1), ERR_OK);
    new_sid(d, r.request.sid);
    memset(r.request.proof.z, 0xff, 32);
    assert_int_equal(refresh_begin(phone_call(&d->phone, NULL), &r.request, &r.answer), ERR_SCALAR);
    memcpy(r.confirm.key_id, d->phone.key_id, 16);
    memcpy(r.confirm.rid, r.request.rid, 16);
    memcpy(r.confirm.sid, r.request.sid, 16);
    memset(r.confirm.proof.z, 0xff, 32);
    assert_int_equal(refresh_confirm(phone_call(&d->phone, NULL), &r.confirm, false), ERR_SCALAR);
    assert_int_equal(column(d, "SELECT failures_since_refresh FROM device_key"), 0);
}

static void the_alarm_and_the_lock(void **state)
{
    desk *d = *state;
    refreshing r = {.d1 = {{0}}};
    scalar old = d->phone.d1;
    refresh_whole(d);
    fixture_write(&d->f, "UPDATE device_key SET failures = 4", NULL, 0);
    /* The fifth failure is a clone's: frozen, not locked, and said as a wrong PIN that locks. */
    assert_int_equal(begin_fresh(d, &r, &old), ERR_PIN);
    assert_int_equal(d->f.c.fault.tries_left, 0);
    assert_int_equal(column(d, "SELECT count(*) FROM device_key WHERE state = 'frozen' AND alarmed_at IS NOT NULL"), 1);
    assert_int_equal(column(d, "SELECT count(*) FROM audit WHERE event = 'key.clone_alarm'"), 1);
    assert_int_equal(
        column(d, "SELECT count(*) FROM audit WHERE event = 'key.refresh_request' AND outcome = 'pin_wrong'"), 1);
    assert_int_equal(key_state_unfreeze(fixture_call(&d->f, "key.unfreeze"), d->phone.key_id, false), ERR_CONFLICT);
    assert_int_equal(key_state_unfreeze(fixture_call(&d->f, "key.unfreeze"), d->phone.key_id, true), ERR_OK);
    assert_int_equal(begin_fresh(d, &r, &d->phone.d1), ERR_OK);
}

static void a_destroyed_key_leaves_no_share(void **state)
{
    desk *d = *state;
    refreshing r = {.d1 = {{0}}};
    size_t n;
    refresh_whole(d);
    assert_int_equal(begin_fresh(d, &r, &d->phone.d1), ERR_OK);
    assert_int_equal(key_state_lost(fixture_call(&d->f, "key.lost"), d->doctor.id, NULL, &n), ERR_OK);
    assert_int_equal(n, 1);
    assert_int_equal(
        column(d, "SELECT count(*) FROM device_key WHERE sealed_share IS NOT NULL OR sealed_pending IS NOT NULL"), 0);
    assert_int_equal(column(d, "SELECT count(*) FROM retired_share"), 0);
}

#define WITH_PHONE(test) cmocka_unit_test_setup_teardown(test, setup_phone, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {WITH_PHONE(the_shares_are_replaced_and_p1_is_retired),
                                       WITH_PHONE(a_refresh_starts_its_counter_anew),
                                       WITH_PHONE(a_sid_is_good_once_and_for_a_minute),
                                       WITH_PHONE(a_finished_rid_makes_no_other_share),
                                       WITH_PHONE(whose_key_and_in_which_state),
                                       WITH_PHONE(an_expired_certificate_is_refreshed_no_more),
                                       WITH_PHONE(a_malformed_proof_is_no_failure),
                                       WITH_PHONE(the_alarm_and_the_lock),
                                       WITH_PHONE(a_destroyed_key_leaves_no_share)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
