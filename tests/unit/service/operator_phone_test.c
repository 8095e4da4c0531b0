#include "service/operator_phone.h"

#include "asn1/rekey_info.h"
#include "scan_lab.h"
#include "service/console_login.h"
#include "service/console_session.h"
#include "service/enrolment_scan.h"
#include "service/renewal.h"
#include "store/migration.h"

/* The doctor becomes an operator here; she had her phone before. */
static console_operator make(lab *l)
{
    console_operator o;
    assert_int_equal(operator_create(fixture_call(&l->f, "operator.create"), l->doctor.staff_no, NULL, "auditor", &o),
                     ERR_OK);
    return o;
}

/* A call of hers in the console, in a session that began then. */
static call *hers(lab *l, const console_operator *o, int64_t began_ms, const char *event)
{
    call *c = fixture_call(&l->f, event);
    console_session *s = arena_alloc(l->f.arena, sizeof *s);
    *s = (console_session){.created_ms = began_ms};
    memcpy(s->operator_id, o->id, 16);
    memcpy(s->user_id, o->user_id, 16);
    c->console = s;
    c->own_socket = false;
    return c;
}

static login begin(lab *l, const char **handle)
{
    login made;
    call *c = fixture_call(&l->f, NULL);
    c->origin = "192.0.2.7";
    assert_int_equal(console_login_create(c, &made, handle), ERR_OK);
    return made;
}

static err scan_and_sign(lab *l, const phone *p, const login *begun)
{
    scan_seen seen;
    TRY(lab_scan(p, lab_code(l, &begun->session), &seen));
    return lab_sign(p, begun->session.id);
}

static err finish(lab *l, const login *begun, const char *handle)
{
    const char *cookie;
    return console_login_use(fixture_call(&l->f, "console.login"), begun->session.id, handle, &cookie);
}

static err log_in(lab *l, const phone *p)
{
    const char *handle;
    login begun = begin(l, &handle);
    TRY(scan_and_sign(l, p, &begun));
    return finish(l, &begun, handle);
}

/* A record of a business system is signed as ever. */
static void signs_records(lab *l, const phone *p)
{
    signing s;
    task t = fixture_task(&l->f, &l->emr, l->doctor.staff_no, "a record, long enough to be one");
    signing_begin(&s, p);
    signing_add(&s, p, t.id, bytes_of_text("a record, long enough to be one"));
    assert_int_equal(signing_open(&s, p), ERR_OK);
    signing_finish(&s);
    assert_int_equal(signing_complete(&s, p), ERR_OK);
    signing_end(&s);
}

static void a_phone_from_before_opens_no_console(void **state)
{
    lab *l = *state;
    console_operator o = make(l);
    assert_int_equal(log_in(l, &l->phone), ERR_FORBIDDEN);
    signs_records(l, &l->phone);
    /* She is shown it, and says that it is hers; nobody else can, and not in a session found open. */
    const operator_phone *list;
    size_t n;
    assert_int_equal(operator_phone_list(hers(l, &o, l->f.now_ms, NULL), &list, &n), ERR_OK);
    assert_int_equal(n, 1);
    assert_null(list[0].how);
    assert_string_equal(list[0].name, "测试手机");
    assert_int_equal(list[0].enrolled_ms, l->f.now_ms);
    const int64_t old = l->f.now_ms - CONSOLE_FRESH_MINUTES * INT64_C(60000) - 1;
    assert_int_equal(operator_phone_confirm(hers(l, &o, old, "operator.phone_confirm"), list[0].id), ERR_LOGIN_OLD);
    assert_int_equal(
        operator_phone_confirm(hers(l, &o, l->f.now_ms, "operator.phone_confirm"), l->her_phone.enrolment_id),
        ERR_NOT_FOUND);
    assert_int_equal(log_in(l, &l->phone), ERR_FORBIDDEN);
    for (int i = 0; i < 2; i++)
        assert_int_equal(operator_phone_confirm(hers(l, &o, l->f.now_ms, "operator.phone_confirm"), list[0].id),
                         ERR_OK);
    assert_string_equal(fixture_last_audit(&l->f).detail,
                        call_subject(&l->f.c, "enrolment", l->phone.enrolment_id));
    assert_int_equal(log_in(l, &l->phone), ERR_OK);
    assert_int_equal(operator_phone_list(hers(l, &o, l->f.now_ms, NULL), &list, &n), ERR_OK);
    assert_string_equal(list[0].how, "confirmed");
}

static void it_is_taken_back_at_once(void **state)
{
    lab *l = *state;
    const char *handle;
    console_operator o = make(l);
    assert_int_equal(
        operator_phone_confirm(hers(l, &o, l->f.now_ms, "operator.phone_confirm"), l->phone.enrolment_id), ERR_OK);
    assert_int_equal(log_in(l, &l->phone), ERR_OK);
    login begun = begin(l, &handle);
    assert_int_equal(scan_and_sign(l, &l->phone, &begun), ERR_OK);
    assert_int_equal(operator_phone_remove(hers(l, &o, l->f.now_ms, "operator.phone_remove"), l->phone.enrolment_id),
                     ERR_OK);
    assert_int_equal(fixture_number(&l->f, "SELECT count(*) FROM console_session WHERE ended_at IS NULL"), 0);
    assert_int_equal(finish(l, &begun, handle), ERR_UNAUTHENTICATED); /* signed before */
    assert_int_equal(log_in(l, &l->phone), ERR_FORBIDDEN);
    assert_int_equal(operator_phone_remove(hers(l, &o, l->f.now_ms, "operator.phone_remove"), l->phone.enrolment_id),
                     ERR_NOT_FOUND);
    signs_records(l, &l->phone);
}

static void made_one_again_he_begins_anew(void **state)
{
    lab *l = *state;
    console_operator o = make(l);
    assert_int_equal(
        operator_phone_confirm(hers(l, &o, l->f.now_ms, "operator.phone_confirm"), l->phone.enrolment_id), ERR_OK);
    assert_int_equal(log_in(l, &l->phone), ERR_OK);
    assert_int_equal(operator_remove(fixture_call(&l->f, "operator.remove"), o.id, 0), ERR_OK);
    assert_int_equal(log_in(l, &l->phone), ERR_FORBIDDEN);
    make(l);
    assert_int_equal(log_in(l, &l->phone), ERR_FORBIDDEN);
}

static void enrol_with(lab *l, phone *p, const char *code)
{
    device_enrolment made;
    phone_buy(p, &l->f);
    device_enrol_request request = phone_enrol_request(p, &l->doctor, code);
    assert_int_equal(device_enrol(phone_call_as_nobody(p, "device.enrol"), &request, &made), ERR_OK);
    memcpy(p->user_id, made.user_id, 16);
    memcpy(p->enrolment_id, made.id, 16);
    p->subject = made.subject;
    phone_keygen(p);
    phone_certify(p);
}

/* By a code or a scan, of the operator herself or of the server's own user. */
static void what_an_operator_asks_for_logs_him_in(void **state)
{
    lab *l = *state;
    console_operator o = make(l);
    for (int i = 0; i < 4; i++) {
        phone p;
        enrolment_offer offer;
        scan_session scan;
        enrolment_scanned given;
        call *c = i % 2 ? hers(l, &o, l->f.now_ms, "enrolment.offer") : fixture_call(&l->f, "enrolment.offer");
        if (i < 2) {
            assert_int_equal(enrolment_offer_create(c, o.user_id, 3600, &offer), ERR_OK);
        } else {
            assert_int_equal(enrolment_scan_create(c, o.user_id, 60, &scan), ERR_OK);
            assert_int_equal(enrolment_scan_use(phone_call_as_nobody(&l->phone, "enrolment.scan"), lab_code(l, &scan),
                                                &given),
                             ERR_OK);
            offer = given.offer;
        }
        enrol_with(l, &p, offer.code);
        assert_int_equal(log_in(l, &p), ERR_OK);
        phone_throw_away(&p);
    }
    assert_int_equal(fixture_number(&l->f, "SELECT count(*) FROM operator_phone WHERE how = 'enrolled'"), 4);
}

/* The phone signs with its old key for a new one, which it has then; in between it may be taken off. */
static void rekey(lab *l, const console_operator *o, phone *other, bool removed_meanwhile)
{
    renewal r = {0};
    renewal_request request = {.rekey = true};
    uint8_t info[REKEY_INFO_SIZE];
    buffer out = buffer_over(info, sizeof info);
    signing s;
    phone_buy(other, &l->f);
    memcpy(request.key_id, l->phone.key_id, 16);
    memcpy(request.credential, other->credential_public, 65);
    assert_int_equal(renewal_open(phone_call(&l->phone, "key.renewal"), &request, &r), ERR_OK);
    memcpy(other->user_id, l->phone.user_id, 16);
    memcpy(other->enrolment_id, r.enrolment_id, 16);
    other->subject = r.subject;
    phone_keygen(other);
    assert_int_equal(rekey_info_build(&out, r.id, l->phone.key_id, other->P), ERR_OK);
    signing_begin(&s, &l->phone);
    signing_add(&s, &l->phone, r.id, bytes_of(info, out.n));
    assert_int_equal(signing_open(&s, &l->phone), ERR_OK);
    signing_finish(&s);
    assert_int_equal(signing_complete(&s, &l->phone), ERR_OK);
    signing_end(&s);
    if (removed_meanwhile)
        assert_int_equal(operator_phone_remove(hers(l, o, l->f.now_ms, "operator.phone_remove"), l->phone.enrolment_id),
                         ERR_OK);
    phone_certify(other);
}

/* A new key on the same phone: what is asked for under the old key's PIN is as good as that was, at the moment at which it takes its place. */
static void a_new_key_is_what_the_old_one_was(void **state)
{
    lab *l = *state;
    phone other;
    console_operator o = make(l);
    assert_int_equal(
        operator_phone_confirm(hers(l, &o, l->f.now_ms, "operator.phone_confirm"), l->phone.enrolment_id), ERR_OK);
    rekey(l, &o, &other, false);
    assert_int_equal(log_in(l, &other), ERR_OK);
    phone_throw_away(&other);
}

static void nor_does_a_new_key_log_in_where_the_old_one_never_did(void **state)
{
    lab *l = *state;
    phone other;
    console_operator o = make(l);
    rekey(l, &o, &other, false);
    assert_int_equal(log_in(l, &other), ERR_FORBIDDEN);
    phone_throw_away(&other);
}

static void taken_off_it_does_not_come_back_by_a_rekeying_under_way(void **state)
{
    lab *l = *state;
    phone other;
    console_operator o = make(l);
    assert_int_equal(
        operator_phone_confirm(hers(l, &o, l->f.now_ms, "operator.phone_confirm"), l->phone.enrolment_id), ERR_OK);
    rekey(l, &o, &other, true);
    assert_int_equal(log_in(l, &other), ERR_FORBIDDEN);
    assert_int_equal(fixture_number(&l->f, "SELECT count(*) FROM operator_phone"), 0);
    phone_throw_away(&other);
}

/* The statement of the migration that made the table, over what this program wrote. */
static void migrate(lab *l)
{
    const char *begin = NULL;
    for (size_t i = 0; i < store_migration_count && !begin; i++)
        begin = strstr(store_migrations[i].sql, "INSERT INTO operator_phone");
    assert_non_null(begin);
    const char *sql = arena_text(l->f.arena, begin, strcspn(begin, ";"));
    store_unit *unit = store_unit_begin(l->f.arena);
    store_unit_add(unit, STORE_ANY, ERR_OK, "DELETE FROM operator_phone", NULL, 0);
    store_unit_add(unit, STORE_ANY, ERR_OK, sql, NULL, 0);
    assert_int_equal(store_commit(l->f.store, unit), ERR_OK);
}

static void what_logged_in_before_goes_on(void **state)
{
    lab *l = *state;
    phone second;
    console_operator o = make(l);
    migrate(l);
    assert_int_equal(log_in(l, &l->phone), ERR_FORBIDDEN);
    phone_make(&second, &l->f, &l->doctor);
    assert_int_equal(log_in(l, &second), ERR_OK);
    signs_records(l, &l->phone); /* is no login */
    login theirs = lab_login(l);
    assert_int_equal(scan_and_sign(l, &l->phone, &theirs), ERR_OK); /* nor is one of a business system */
    migrate(l);
    assert_int_equal(fixture_number(&l->f, "SELECT count(*) FROM operator_phone WHERE how = 'earlier'"), 1);
    assert_int_equal(log_in(l, &second), ERR_OK);
    assert_int_equal(log_in(l, &l->phone), ERR_FORBIDDEN);
    /* Of one who was made anew since, none. */
    assert_int_equal(operator_remove(fixture_call(&l->f, "operator.remove"), o.id, 0), ERR_OK);
    l->f.now_ms += 1;
    make(l);
    migrate(l);
    assert_int_equal(log_in(l, &second), ERR_FORBIDDEN);
    phone_throw_away(&second);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_LAB(a_phone_from_before_opens_no_console),  IN_LAB(it_is_taken_back_at_once),
        IN_LAB(made_one_again_he_begins_anew),         IN_LAB(what_an_operator_asks_for_logs_him_in),
        IN_LAB(a_new_key_is_what_the_old_one_was),     IN_LAB(what_logged_in_before_goes_on),
        IN_LAB(nor_does_a_new_key_log_in_where_the_old_one_never_did),
        IN_LAB(taken_off_it_does_not_come_back_by_a_rekeying_under_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
