#include "fixture.h"
#include "service/enrolment_offer.h"
#include "service/tsa_access.h"

static int64_t audit_rows(fixture *f)
{
    return fixture_number(f, "SELECT count(*) FROM audit");
}

static int64_t nonces(fixture *f)
{
    return fixture_number(f, "SELECT count(*) FROM request_nonce");
}

static void sign_call(call *c, const char *nonce)
{
    c->credential_id = "ak_test";
    c->nonce = nonce;
    c->nonce_expires = c->now_ms + 300000;
}

static store_unit *a_write(fixture *f, const char *name)
{
    uint8_t *id = arena_alloc(f->arena, 16);
    store_unit *unit = store_unit_begin(f->arena);
    assert_int_equal(uuid7_create(id), ERR_OK);
    store_unit_add(unit, 1, ERR_INTERNAL,
                   "INSERT INTO device (id, platform, name, state, created_at) VALUES ($1, 'linux', $2, 'active', 0)",
                   (store_value[]){store_id(id), store_text(name)}, 2);
    return unit;
}

static int64_t writes(fixture *f)
{
    return fixture_number(f, "SELECT count(*) FROM device");
}

static void an_act_is_committed_with_its_audit_row_and_nonce(void **state)
{
    fixture *f = *state;
    int64_t rows = audit_rows(f);
    call *c = fixture_call(f, "test.act");
    c->subject = "user:x";
    c->detail = "什么";
    sign_call(c, "nonce-0000000000000001");
    assert_int_equal(call_commit(c, a_write(f, "a")), ERR_OK);
    assert_true(c->recorded);
    assert_int_equal(writes(f), 1);
    assert_int_equal(nonces(f), 1);
    assert_int_equal(audit_rows(f), rows + 1);
    audit_entry last = fixture_last_audit(f);
    assert_string_equal(last.event, "test.act");
    assert_string_equal(last.outcome, "ok");
    assert_string_equal(last.actor, "operator:uid:1000");
    assert_string_equal(last.subject, "user:x");
    assert_string_equal(last.detail, "什么");
}

static void what_is_no_act_leaves_no_row(void **state)
{
    fixture *f = *state;
    int64_t rows = audit_rows(f);
    assert_int_equal(call_commit(fixture_call(f, NULL), a_write(f, "a")), ERR_OK);
    assert_int_equal(audit_rows(f), rows);
    assert_int_equal(nonces(f), 0);
    assert_int_equal(writes(f), 1);
}

/* The table in memory may have been lost: the durable one refuses, and the act with it. */
static void a_replayed_nonce_undoes_the_act(void **state)
{
    fixture *f = *state;
    call *c = fixture_call(f, "test.act");
    sign_call(c, "nonce-0000000000000001");
    assert_int_equal(call_commit(c, a_write(f, "a")), ERR_OK);
    int64_t rows = audit_rows(f);
    c = fixture_call(f, "test.act");
    sign_call(c, "nonce-0000000000000001");
    assert_int_equal(call_commit(c, a_write(f, "b")), ERR_REPLAY);
    assert_false(c->recorded);
    assert_int_equal(writes(f), 1);
    assert_int_equal(audit_rows(f), rows);
    /* The refusal can be recorded all the same; another credential's nonce is another. */
    assert_int_equal(call_refused(c, ERR_REPLAY), ERR_OK);
    assert_string_equal(fixture_last_audit(f).outcome, "request_replayed");
    c = fixture_call(f, "test.act");
    sign_call(c, "nonce-0000000000000001");
    c->credential_id = "ak_other";
    assert_int_equal(call_commit(c, a_write(f, "c")), ERR_OK);
    assert_int_equal(nonces(f), 2);
}

static void a_failing_unit_leaves_neither_row_nor_nonce(void **state)
{
    fixture *f = *state;
    int64_t rows = audit_rows(f);
    call *c = fixture_call(f, "test.act");
    sign_call(c, "nonce-0000000000000001");
    store_unit *unit = a_write(f, "a");
    store_unit_add(unit, 1, ERR_CONFLICT, "UPDATE device SET name = 'x' WHERE name = 'nobody'", NULL, 0);
    assert_int_equal(call_commit(c, unit), ERR_CONFLICT);
    assert_false(c->recorded);
    assert_int_equal(writes(f), 0);
    assert_int_equal(nonces(f), 0);
    assert_int_equal(audit_rows(f), rows);
    assert_int_equal(call_commit(c, NULL), ERR_MEMORY);
    assert_false(c->recorded);
}

static void refusals_are_recorded_by_their_code(void **state)
{
    fixture *f = *state;
    call *c = fixture_call(f, "test.act");
    sign_call(c, "nonce-0000000000000001");
    assert_int_equal(call_refused(c, ERR_TASK_NOT_YOURS), ERR_OK);
    assert_true(c->recorded);
    assert_string_equal(fixture_last_audit(f).outcome, "task_not_yours");
    assert_int_equal(nonces(f), 1);
    c = fixture_call(f, "test.act");
    assert_int_equal(call_commit_refusal(c, a_write(f, "a"), ERR_PIN), ERR_OK);
    assert_string_equal(fixture_last_audit(f).outcome, "pin_wrong");
    assert_int_equal(writes(f), 1);
}

static void subjects_are_kind_and_uuid(void **state)
{
    fixture *f = *state;
    static const uint8_t id[16] = {0x01, 0x93, 0x4b, 0x7c, 0x9e, 0x0a, 0x7b, 0xcd, 0x8e, 0xf0, 1, 2, 3, 4, 5, 6};
    call *c = fixture_call(f, NULL);
    assert_string_equal(call_subject(c, "task", id), "task:01934b7c-9e0a-7bcd-8ef0-010203040506");
    c->arena = arena_create(16);
    assert_null(call_subject(c, "task", id));
    arena_destroy(c->arena);
}

static void options_are_copied_and_the_chain_stands(void **state)
{
    fixture *f = *state;
    bytes chain[2];
    cert issuing, root;
    assert_string_equal(f->service->options.public_url, FIXTURE_URL);
    assert_string_equal(f->service->options.organisation, FIXTURE_ORGANISATION);
    service_chain(f->service, chain);
    assert_int_equal(cert_parse(&issuing, chain[0]), ERR_OK);
    assert_int_equal(cert_parse(&root, chain[1]), ERR_OK);
    assert_int_equal(cert_verify_signature(&issuing, root.public_key), ERR_OK);
    assert_int_equal(cert_verify_signature(&root, root.public_key), ERR_OK);
    /* Secrets of one purpose each. */
    assert_memory_not_equal(f->service->code_key, f->service->token_key, 32);
    assert_memory_not_equal(f->service->code_key, f->service->challenge_key, 32);
    assert_memory_not_equal(f->service->token_key, f->service->challenge_key, 32);
    service_close(NULL);
}

static void a_restart_finds_the_same_authority_and_keys(void **state)
{
    fixture *f = *state;
    bytes before[2], after[2];
    uint8_t code_key[32], token_key[32];
    service_chain(f->service, before);
    void *issuing = arena_copy(f->arena, before[0].p, before[0].n),
         *root = arena_copy(f->arena, before[1].p, before[1].n);
    memcpy(code_key, f->service->code_key, 32);
    memcpy(token_key, f->service->token_key, 32);
    before[0].p = issuing;
    before[1].p = root;
    fixture_close(f);
    fixture_open(f);
    service_chain(f->service, after);
    assert_true(bytes_equal(before[0], after[0]));
    assert_true(bytes_equal(before[1], after[1]));
    assert_memory_equal(code_key, f->service->code_key, 32);
    assert_memory_equal(token_key, f->service->token_key, 32);
}

static int64_t offered(fixture *f)
{
    return fixture_number(f, "SELECT count(*) FROM enrolment WHERE state = 'offered'");
}

static void housekeeping_closes_what_is_over(void **state)
{
    fixture *f = *state;
    fixture_key key;
    enrolment_offer offer;
    user u = fixture_user(f, "D1001", "王建国");
    fixture_certify(f, &u, &key);
    assert_int_equal(enrolment_offer_create(fixture_call(f, "enrolment.offer"), u.id, 60, &offer), ERR_OK);
    call *c = fixture_call(f, "test.act");
    sign_call(c, "nonce-0000000000000001");
    int64_t nonce_expires = c->nonce_expires;
    assert_int_equal(call_commit(c, store_unit_begin(f->arena)), ERR_OK);

    assert_int_equal(service_housekeeping(f->service, f->arena, offer.expires_ms - 1), ERR_OK);
    assert_int_equal(offered(f), 1);
    assert_int_equal(service_housekeeping(f->service, f->arena, offer.expires_ms + 1), ERR_OK);
    assert_int_equal(offered(f), 0);

    assert_int_equal(nonces(f), 1);
    assert_int_equal(service_housekeeping(f->service, f->arena, nonce_expires), ERR_OK);
    assert_int_equal(nonces(f), 1);
    assert_int_equal(service_housekeeping(f->service, f->arena, nonce_expires + 1), ERR_OK);
    assert_int_equal(nonces(f), 0);

    int64_t expired_before = fixture_number(f, "SELECT count(*) FROM certificate WHERE state = 'expired'");
    assert_int_equal(expired_before, 0);
    assert_int_equal(service_housekeeping(f->service, f->arena, key.parsed.not_after_ms + 1), ERR_OK);
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM certificate WHERE state = 'expired'"), 1);
}

static void housekeeping_renews_the_revocation_list(void **state)
{
    fixture *f = *state;
    static const char newest[] = "SELECT max(number) FROM crl WHERE issuer = 'issuing'";
    int64_t number = fixture_number(f, newest);
    assert_int_equal(service_housekeeping(f->service, f->arena, f->now_ms), ERR_OK);
    assert_int_equal(fixture_number(f, newest), number);
    assert_int_equal(service_housekeeping(f->service, f->arena, f->now_ms + 23 * INT64_C(3600000)), ERR_OK);
    assert_true(fixture_number(f, newest) > number);
}

/* A row of the access lists that cannot be read is bad enough. */
static void trouble_with_timestamps_keeps_no_list_from_being_renewed(void **state)
{
    fixture *f = *state;
    static const char newest[] = "SELECT max(number) FROM crl WHERE issuer = 'issuing'";
    tsa_access_row row;
    fixture_write(
        f, "INSERT INTO tsa_access (id, action, network, note, created_at) VALUES ($1, 'deny', 'nowhere', '', 0)",
        (store_value[]){store_blob("0123456789abcdef", 16)}, 1);
    assert_int_equal(tsa_access_add(fixture_call(f, "tsa.access_add"),
                                    &(tsa_access_request){.network = "10.0.0.0/8", .per_minute = -1}, &row),
                     ERR_CORRUPT);
    int64_t number = fixture_number(f, newest);
    assert_int_equal(service_housekeeping(f->service, f->arena, f->now_ms + 23 * INT64_C(3600000)), ERR_CORRUPT);
    assert_true(fixture_number(f, newest) > number);
}

static void figures_count_what_became_durable(void **state)
{
    fixture *f = *state;
    service_figures before, after;
    service_read_figures(f->service, &before);
    assert_int_equal(call_commit(fixture_call(f, "test.act"), a_write(f, "a")), ERR_OK);
    service_read_figures(f->service, &after);
    assert_int_equal(after.store.units, before.store.units + 1);
    assert_int_equal(after.crypto_cpu_ns, before.crypto_cpu_ns);
}

#define WITH_FIXTURE(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FIXTURE(an_act_is_committed_with_its_audit_row_and_nonce),
        WITH_FIXTURE(what_is_no_act_leaves_no_row),
        WITH_FIXTURE(a_replayed_nonce_undoes_the_act),
        WITH_FIXTURE(a_failing_unit_leaves_neither_row_nor_nonce),
        WITH_FIXTURE(refusals_are_recorded_by_their_code),
        WITH_FIXTURE(subjects_are_kind_and_uuid),
        WITH_FIXTURE(options_are_copied_and_the_chain_stands),
        WITH_FIXTURE(a_restart_finds_the_same_authority_and_keys),
        WITH_FIXTURE(housekeeping_closes_what_is_over),
        WITH_FIXTURE(housekeeping_renews_the_revocation_list),
        WITH_FIXTURE(trouble_with_timestamps_keeps_no_list_from_being_renewed),
        WITH_FIXTURE(figures_count_what_became_durable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
