/* Every act in every state of a certificate (docs/spec/states.md): what stands in the table happens, anything else changes nothing. */
#include "service/issuance.h"

#include "asn1/rekey_info.h"
#include "desk.h"
#include "service/key_state.h"
#include "service/policy.h"
#include "service/renewal.h"

#define DAY INT64_C(86400000)

/* Certificates of a life that may always be renewed, and the switch on. */
static int setup_policy(void **state)
{
    policy p;
    assert_int_equal(setup(state), 0);
    desk *d = *state;
    d->f.service->options.certificate_days = 100;
    assert_int_equal(policy_update(fixture_call(&d->f, "policy.update"),
                                   &(policy_change){.certificates_per_person = "single", .renewal_days = 180}, &p),
                     ERR_OK);
    return 0;
}

/* One person with his phone, and the certificate that the act is about. */
typedef struct subject {
    desk *d;
    user person;
    phone phone;
    bytes serial;
} subject;

static bytes serial_of(const subject *s)
{
    const store_value *row;
    assert_int_equal(store_query_one(s->d->f.store, s->d->f.arena, &row, ERR_OK,
                                     "SELECT serial FROM device_key WHERE id = $1",
                                     (store_value[]){store_id(s->phone.key_id)}, 1),
                     ERR_OK);
    return bytes_of(row[0].p, row[0].n);
}

static err sign_whole(signing *s, const phone *p)
{
    err e = signing_open(s, p);
    if (e == ERR_OK) {
        signing_finish(s);
        e = signing_complete(s, p);
    }
    signing_end(s);
    return e;
}

static err open_renewal(subject *s, const phone *other, renewal *r)
{
    renewal_request request = {.rekey = other != NULL};
    memcpy(request.key_id, s->phone.key_id, 16);
    if (other)
        memcpy(request.credential, other->credential_public, 65);
    return renewal_open(phone_call(&s->phone, "key.renewal"), &request, r);
}

/* ---- the acts ---- */

static err revoke_it(subject *s)
{
    certificate_view view;
    return certificate_revoke(fixture_call(&s->d->f, "certificate.revoke"), s->serial, REASON_UNSPECIFIED, &view);
}

static err freeze(subject *s)
{
    return key_state_freeze(fixture_call(&s->d->f, "key.freeze"), s->phone.key_id);
}

static err unfreeze(subject *s)
{
    return key_state_unfreeze(fixture_call(&s->d->f, "key.unfreeze"), s->phone.key_id, false);
}

static err lose(subject *s)
{
    size_t n;
    return key_state_lost(fixture_call(&s->d->f, "key.lost"), s->person.id, s->phone.key_id, &n);
}

static err remove_key(subject *s)
{
    return device_key_remove(phone_call(&s->phone, "key.remove"), s->phone.key_id);
}

static err renew(subject *s)
{
    renewal r = {.expires_ms = 0};
    uint8_t info[1024];
    buffer out = buffer_over(info, sizeof info);
    signing session;
    TRY(open_renewal(s, NULL, &r));
    assert_int_equal(csr_info_build(&out, r.subject, s->phone.P), ERR_OK);
    signing_begin(&session, &s->phone);
    signing_add(&session, &s->phone, r.id, bytes_of(info, out.n));
    return sign_whole(&session, &s->phone);
}

static err rekey(subject *s)
{
    renewal r = {.expires_ms = 0};
    phone other;
    uint8_t info[REKEY_INFO_SIZE];
    buffer out = buffer_over(info, sizeof info);
    signing session;
    phone_buy(&other, &s->d->f);
    err e = open_renewal(s, &other, &r);
    if (e == ERR_OK) {
        memcpy(other.enrolment_id, r.enrolment_id, 16);
        other.subject = r.subject;
        phone_keygen(&other);
        assert_int_equal(rekey_info_build(&out, r.id, s->phone.key_id, other.P), ERR_OK);
        signing_begin(&session, &s->phone);
        signing_add(&session, &s->phone, r.id, bytes_of(info, out.n));
        e = sign_whole(&session, &s->phone);
        if (e == ERR_OK)
            phone_certify(&other);
    }
    phone_throw_away(&other);
    return e;
}

static err other_phone(subject *s)
{
    phone other;
    phone_make(&other, &s->d->f, &s->person);
    phone_throw_away(&other);
    return ERR_OK;
}

static err time_passes(subject *s)
{
    fixture *f = &s->d->f;
    int64_t now = f->now_ms;
    f->now_ms += 101 * DAY;
    fixture_housekeeping(f);
    f->now_ms = now;
    return ERR_OK;
}

/* ---- the states ---- */

static void set_key(const subject *s, const char *state)
{
    fixture_write(&s->d->f, "UPDATE device_key SET state = $2 WHERE id = $1",
                  (store_value[]){store_id(s->phone.key_id), store_text(state)}, 2);
}

static void be_active(subject *s)
{
    (void)s;
}

static void be_frozen(subject *s)
{
    assert_int_equal(freeze(s), ERR_OK);
}

static void be_revoked(subject *s)
{
    assert_int_equal(revoke_it(s), ERR_OK);
}

static void be_superseded(subject *s)
{
    assert_int_equal(other_phone(s), ERR_OK);
}

/* Superseded by a renewal: the key lives, with another certificate. */
static void be_renewed(subject *s)
{
    assert_int_equal(renew(s), ERR_OK);
}

static void be_expired(subject *s)
{
    fixture_write(&s->d->f, "UPDATE certificate SET state = 'expired', not_after = $2 WHERE serial = $1",
                  (store_value[]){store_blob(s->serial.p, s->serial.n), store_int(s->d->f.now_ms - 1)}, 2);
    set_key(s, "active");
}

enum { ACTIVE, FROZEN, REVOKED, SUPERSEDED, RENEWED, EXPIRED, STATES };

static const struct {
    const char *name, *row; /* row: the state of its row */
    void (*be)(subject *s);
} states[STATES] = {
    [ACTIVE] = {"active", "active", be_active},        [FROZEN] = {"frozen", "frozen", be_frozen},
    [REVOKED] = {"revoked", "revoked", be_revoked},    [SUPERSEDED] = {"superseded", "superseded", be_superseded},
    [RENEWED] = {"renewed", "superseded", be_renewed}, [EXPIRED] = {"expired", "expired", be_expired}};

static const struct {
    const char *name;
    err (*act)(subject *s);
    struct {
        err want;
        const char *to; /* NULL: as before */
    } in[STATES];
} acts[] = {
    {"revoke",
     revoke_it,
     {[ACTIVE] = {ERR_OK, "revoked"},
      [FROZEN] = {ERR_OK, "revoked"},
      [REVOKED] = {ERR_CERTIFICATE_REVOKED, NULL},
      [SUPERSEDED] = {ERR_CONFLICT, NULL},
      [RENEWED] = {ERR_CONFLICT, NULL},
      [EXPIRED] = {ERR_CERTIFICATE_EXPIRED, NULL}}},
    {"freeze",
     freeze,
     {[ACTIVE] = {ERR_OK, "frozen"},
      [FROZEN] = {ERR_KEY_STATE, NULL},
      [REVOKED] = {ERR_KEY_STATE, NULL},
      [SUPERSEDED] = {ERR_KEY_STATE, NULL},
      [RENEWED] = {ERR_OK, NULL},
      [EXPIRED] = {ERR_OK, NULL}}},
    {"unfreeze",
     unfreeze,
     {[ACTIVE] = {ERR_KEY_STATE, NULL},
      [FROZEN] = {ERR_OK, "active"},
      [REVOKED] = {ERR_KEY_STATE, NULL},
      [SUPERSEDED] = {ERR_KEY_STATE, NULL},
      [RENEWED] = {ERR_KEY_STATE, NULL},
      [EXPIRED] = {ERR_KEY_STATE, NULL}}},
    {"lost",
     lose,
     {[ACTIVE] = {ERR_OK, "revoked"},
      [FROZEN] = {ERR_OK, "revoked"},
      [REVOKED] = {ERR_OK, NULL},
      [SUPERSEDED] = {ERR_OK, NULL},
      [RENEWED] = {ERR_OK, "revoked"},
      [EXPIRED] = {ERR_OK, NULL}}},
    {"remove",
     remove_key,
     {[ACTIVE] = {ERR_OK, "revoked"},
      [FROZEN] = {ERR_OK, "revoked"},
      [REVOKED] = {ERR_KEY_NOT_FOUND, NULL},
      [SUPERSEDED] = {ERR_KEY_NOT_FOUND, NULL},
      [RENEWED] = {ERR_OK, "revoked"},
      [EXPIRED] = {ERR_OK, NULL}}},
    {"renew",
     renew,
     {[ACTIVE] = {ERR_OK, "superseded"},
      [FROZEN] = {ERR_CERTIFICATE_FROZEN, NULL},
      [REVOKED] = {ERR_CERTIFICATE_REVOKED, NULL},
      [SUPERSEDED] = {ERR_CERTIFICATE_SUPERSEDED, NULL},
      [RENEWED] = {ERR_OK, NULL},
      [EXPIRED] = {ERR_CERTIFICATE_EXPIRED, NULL}}},
    {"rekey",
     rekey,
     {[ACTIVE] = {ERR_OK, "superseded"},
      [FROZEN] = {ERR_CERTIFICATE_FROZEN, NULL},
      [REVOKED] = {ERR_CERTIFICATE_REVOKED, NULL},
      [SUPERSEDED] = {ERR_CERTIFICATE_SUPERSEDED, NULL},
      [RENEWED] = {ERR_OK, NULL},
      [EXPIRED] = {ERR_CERTIFICATE_EXPIRED, NULL}}},
    {"another phone is enrolled",
     other_phone,
     {[ACTIVE] = {ERR_OK, "superseded"},
      [FROZEN] = {ERR_OK, "superseded"},
      [REVOKED] = {ERR_OK, NULL},
      [SUPERSEDED] = {ERR_OK, NULL},
      [RENEWED] = {ERR_OK, NULL},
      [EXPIRED] = {ERR_OK, NULL}}},
    {"time passes",
     time_passes,
     {[ACTIVE] = {ERR_OK, "expired"},
      [FROZEN] = {ERR_OK, NULL},
      [REVOKED] = {ERR_OK, NULL},
      [SUPERSEDED] = {ERR_OK, NULL},
      [RENEWED] = {ERR_OK, NULL},
      [EXPIRED] = {ERR_OK, NULL}}},
};

/* On the revocation list: frozen, revoked, and superseded but for a renewal, whose key lives on. */
static void assert_state(const subject *s, const char *want, bool by_renewal)
{
    const store_value *row;
    assert_int_equal(store_query_one(s->d->f.store, s->d->f.arena, &row, ERR_OK,
                                     "SELECT state, revoked_at FROM certificate WHERE serial = $1",
                                     (store_value[]){store_blob(s->serial.p, s->serial.n)}, 1),
                     ERR_OK);
    assert_string_equal(row[0].p, want);
    bool superseded = strcmp(want, "superseded") == 0;
    bool listed = strcmp(want, "frozen") == 0 || strcmp(want, "revoked") == 0 || (superseded && !by_renewal);
    assert_int_equal(row[1].type != STORE_NULL, listed);
}

static void every_act_in_every_state(void **state)
{
    desk *d = *state;
    for (size_t a = 0; a < sizeof acts / sizeof *acts; a++)
        for (int at = 0; at < STATES; at++) {
            char staff_no[16];
            snprintf(staff_no, sizeof staff_no, "S%zu-%d", a, at);
            subject s = {.d = d,
                         .person = fixture_user(&d->f, arena_text(d->f.arena, staff_no, strlen(staff_no)), "李秀英")};
            phone_make(&s.phone, &d->f, &s.person);
            s.serial = serial_of(&s);
            states[at].be(&s);
            print_message("%s: %s\n", states[at].name, acts[a].name);
            assert_state(&s, states[at].row, at == RENEWED);
            assert_int_equal(acts[a].act(&s), acts[a].in[at].want);
            const char *to = acts[a].in[at].to;
            assert_state(&s, to ? to : states[at].row, to ? acts[a].act == renew : at == RENEWED);
            phone_throw_away(&s.phone);
            arena_reset(d->f.arena);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_act_in_every_state, setup_policy, teardown)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
