#include "ward.h"

typedef struct scene {
    ward *w;
    yq_workstation *station;
    yq_authorisation *a;
    yq_device *phone;
    char key[37], code[WORKSTATION_CODE_TEXT];
    /* what the person does, and saw */
    bool say_no;
    const char *pin; /* NULL: the right one */
    const yq_scope *allow;
    int asked;
    char name[257], place[257], system[65];
    int64_t until;
    bool was_asked_for;
    bool by_fingerprint;
} scene;

static bool confirm(void *context, const yq_workstation_offer *offer, yq_consent *consent)
{
    scene *s = context;
    yq_scope *allowed = &consent->allowed;
    const char *pin = s->pin ? s->pin : FAKE_PIN;
    s->asked++;
    consent->by_fingerprint = s->by_fingerprint;
    consent->pin_n = strlen(pin);
    memcpy(consent->pin, pin, consent->pin_n < sizeof consent->pin ? consent->pin_n : sizeof consent->pin);
    (void)snprintf(s->name, sizeof s->name, "%s", offer->name);
    (void)snprintf(s->place, sizeof s->place, "%s", offer->place);
    s->was_asked_for = offer->scope != NULL;
    if (offer->scope) {
        (void)snprintf(s->system, sizeof s->system, "%s", offer->scope->systems[0]);
        s->until = offer->scope->until;
        assert_int_equal(allowed->until, offer->scope->until);
    } else {
        assert_int_equal(allowed->count, 0);
    }
    if (s->allow)
        *allowed = *s->allow;
    return !s->say_no;
}

static bool say_yes(void *context, const yq_workstation_offer *offer, yq_consent *consent)
{
    (void)context;
    memcpy(consent->pin, FAKE_PIN, consent->pin_n = strlen(FAKE_PIN));
    return offer->scope && consent->allowed.count == offer->scope->count;
}

static scene make(bool with_wish)
{
    const yq_scope wish = {.systems_n = 1, .systems = {"电子病历"}, .until = FAKE_NOW + 3600, .count = 5};
    scene s = {.w = ward_make()};
    s.station = ward_registered(s.w);
    assert_int_equal(yq_authorisation_offer(s.station, with_wish ? &wish : NULL, &s.a, NULL), YQ_OK);
    s.phone = ward_phone(s.w);
    uuid_encode(s.key, s.w->key_id);
    (void)snprintf(s.code, sizeof s.code, "%s", yq_authorisation_code(s.a));
    return s;
}

static void drop(scene *s)
{
    yq_authorisation_free(s->a);
    yq_workstation_close(s->station);
    yq_device_close(s->phone);
    ward_free(s->w);
}

static yq_status approve_with(scene *s, const char *pin, yq_problem *problem)
{
    const yq_approval approval = {.code = s->code, .confirm = confirm, .confirm_context = s};
    s->pin = pin;
    char id[37] = "", expected[37];
    yq_status status = yq_authorise(s->phone, s->key, &approval, id, problem);
    uuid_encode(expected, s->w->auth_id);
    if (status == YQ_OK)
        assert_string_equal(id, expected);
    else
        assert_string_equal(id, "");
    return status;
}

static void the_share_goes_to_the_workstation_in_the_code(void **state)
{
    (void)state;
    scene s = make(true);
    yq_authorisation_status status;
    assert_int_equal(approve_with(&s, FAKE_PIN, NULL), YQ_OK);
    assert_string_equal(s.name, WARD_STATION);
    assert_string_equal(s.place, WARD_PLACE);
    assert_string_equal(s.system, "电子病历");
    assert_int_equal(s.until, FAKE_NOW + 3600);
    /* Exactly what was shown, and the workstation opens it. */
    assert_int_equal(s.w->wish.n, strlen(s.w->scope));
    assert_memory_equal(s.w->wish.p, s.w->scope, s.w->wish.n);
    assert_int_equal(yq_authorisation_wait(s.a, 1, &status, NULL), YQ_OK);
    assert_int_equal(status.state, YQ_AUTHORISATION_ACTIVE);
    assert_string_equal(status.staff_no, "D1001");
    drop(&s);
}

/* By the finger in place of the PIN: asked for when the person has seen what for. */
static void may_be_by_fingerprint(void **state)
{
    (void)state;
    scene s = make(true);
    char name[YQ_NAME_MAX + 1];
    uint8_t secret[48];
    scalar mask;
    yq_problem problem;
    s.by_fingerprint = true;
    assert_int_equal(approve_with(&s, "", NULL), YQ_FINGERPRINT_OFF);
    assert_int_equal(approve_with(&s, FAKE_PIN, NULL), YQ_INVALID_ARGUMENT); /* one of the two */
    /* As yq_enable_fingerprint leaves it. */
    context_key *key = s.phone->keys[0];
    key->stored.fingerprint = true;
    roster_fingerprint_name(name, &key->stored);
    assert_int_equal(mpc_device_mask_of(&mask, &key->stored.blob, &s.w->d1), ERR_OK);
    memcpy(secret, key->stored.blob.salt, 16);
    scalar_to_bytes(secret + 16, &mask);
    assert_int_equal(fake_wrap(s.w->f, name, secret, sizeof secret), YQ_PLATFORM_OK);
    s.w->f->unwrap_gives = YQ_PLATFORM_CANCELLED;
    assert_int_equal(approve_with(&s, "", NULL), YQ_CANCELLED);
    s.w->f->unwrap_gives = YQ_PLATFORM_OK;
    s.say_no = true;
    int unwraps = s.w->f->unwraps;
    assert_int_equal(approve_with(&s, "", NULL), YQ_DECLINED);
    assert_int_equal(s.w->f->unwraps, unwraps);
    s.say_no = false;
    assert_int_equal(approve_with(&s, "", &problem), YQ_OK);
    assert_string_equal(s.w->f->prompt, "授权 / Authorise: " WARD_STATION);
    assert_int_equal(s.w->f->by_fingerprint, 1);
    assert_int_equal(s.w->approvals, 1);
    drop(&s);
}

static void the_person_says_how_much(void **state)
{
    (void)state;
    scene s = make(true);
    const yq_scope less = {.record_types_n = 1, .record_types = {"护理\"记录"}, .until = FAKE_NOW + 60, .count = 2};
    s.allow = &less;
    assert_int_equal(approve_with(&s, FAKE_PIN, NULL), YQ_OK);
    assert_string_equal(
        s.w->scope, "{\"v\":1,\"systems\":[],\"record_types\":[\"护理\\\"记录\"],\"until\":1772353860,\"count\":2}");
    drop(&s);
    s = make(false);
    assert_int_equal(approve_with(&s, FAKE_PIN, NULL),
                     YQ_INVALID_ARGUMENT); /* nothing was asked for, and nothing said */
    assert_false(s.was_asked_for);
    s.allow = &less;
    assert_int_equal(approve_with(&s, FAKE_PIN, NULL), YQ_OK);
    drop(&s);
}

static void the_largest_scope_goes_through(void **state)
{
    (void)state;
    static char names[2 * YQ_SCOPE_NAMES][64 * 3 + 1];
    yq_scope wish = {.until = FAKE_NOW + 3600, .count = YQ_SCOPE_COUNT};
    scene s = make(false);
    yq_authorisation_status status;
    for (size_t i = 0; i < 2 * YQ_SCOPE_NAMES; i++) {
        for (size_t k = 0; k < 64; k++)
            memcpy(names[i] + 3 * k, k == i ? "签" : "医", 3);
        *(i < YQ_SCOPE_NAMES ? &wish.systems[wish.systems_n++] : &wish.record_types[wish.record_types_n++]) = names[i];
    }
    yq_authorisation_free(s.a);
    assert_int_equal(yq_authorisation_offer(s.station, &wish, &s.a, NULL), YQ_OK);
    (void)snprintf(s.code, sizeof s.code, "%s", yq_authorisation_code(s.a));
    const yq_approval approval = {.code = s.code, .confirm = say_yes};
    assert_int_equal(yq_authorise(s.phone, s.key, &approval, NULL, NULL), YQ_OK);
    assert_int_equal(yq_authorisation_wait(s.a, 1, &status, NULL), YQ_OK);
    assert_int_equal(status.state, YQ_AUTHORISATION_ACTIVE);
    assert_int_equal(status.scope.record_types_n, YQ_SCOPE_NAMES);
    assert_string_equal(status.scope.record_types[31], names[63]);
    drop(&s);
}

static void declining_a_wrong_pin_and_a_lost_answer(void **state)
{
    (void)state;
    scene s = make(true);
    yq_problem problem;
    s.say_no = true;
    assert_int_equal(approve_with(&s, FAKE_PIN, NULL), YQ_DECLINED);
    s.say_no = false;
    assert_int_equal(s.w->approvals, 0);
    assert_int_equal(approve_with(&s, "593827", &problem), YQ_PIN_WRONG);
    assert_int_equal(problem.tries_left, 4);
    assert_int_equal(approve_with(&s, "12", NULL), YQ_WEAK_PIN);
    assert_int_equal(approve_with(&s, "2749502749502", NULL), YQ_WEAK_PIN);
    assert_int_equal(approve_with(&s, "", NULL), YQ_WEAK_PIN);
    s.w->refuse = "/offer";
    s.w->refuse_code = "authorisation_closed";
    s.w->refuse_status = 410;
    assert_int_equal(approve_with(&s, FAKE_PIN, &problem), YQ_REFUSED);
    assert_string_equal(problem.code, "authorisation_closed");
    s.w->lose = "/authorisations";
    assert_int_equal(approve_with(&s, FAKE_PIN, NULL), YQ_TRANSPORT_FAILED);
    assert_int_equal(s.w->approvals, 1);
    drop(&s);
}

static void codes_that_are_none_are_refused_before_anybody_is_asked(void **state)
{
    (void)state;
    scene s = make(true);
    char whole[sizeof s.code];
    memcpy(whole, s.code, sizeof whole);
    static const char *const bad[] = {"", "YIQIAN:1:W:", "YIQIAN:1:S:AAAA", "YIQIAN:2:W:AAAA",
                                      "https://sign.hospital.example"};
    for (size_t i = 0; i < COUNT(bad); i++) {
        (void)snprintf(s.code, sizeof s.code, "%s", bad[i]);
        assert_int_equal(approve_with(&s, FAKE_PIN, NULL), YQ_CODE_INVALID);
    }
    /* Each character of the code counts. */
    for (size_t i = 11; whole[i]; i++) {
        memcpy(s.code, whole, sizeof whole);
        s.code[i] = whole[i] == 'A' ? 'B' : 'A';
        yq_status status = approve_with(&s, FAKE_PIN, NULL);
        assert_true(status == YQ_CODE_INVALID || status == YQ_CODE_EXPIRED || status == YQ_ANSWER_REJECTED);
    }
    memcpy(s.code, whole, sizeof whole);
    s.code[strlen(whole) - 1] = 0;
    assert_int_equal(approve_with(&s, FAKE_PIN, NULL), YQ_CODE_INVALID);
    assert_int_equal(s.asked, 0);
    assert_int_equal(s.w->approvals, 0);
    memcpy(s.code, whole, sizeof whole);
    s.w->f->now = FAKE_NOW + 60 + 301;
    assert_int_equal(approve_with(&s, FAKE_PIN, NULL), YQ_CODE_EXPIRED);
    s.w->f->now = FAKE_NOW - 301;
    assert_int_equal(approve_with(&s, FAKE_PIN, NULL), YQ_CODE_EXPIRED);
    s.w->f->now = 0;
    assert_int_equal(approve_with(&s, FAKE_PIN, NULL), YQ_CLOCK_FAILED);
    assert_int_equal(s.asked, 0);
    s.w->f->now = FAKE_NOW + 60 + 299;
    assert_int_equal(approve_with(&s, FAKE_PIN, NULL), YQ_OK);
    drop(&s);
}

static void lie(ward *w, const char *path, json_t *answer)
{
    uint8_t room[AUTHORITY_ROOM];
    bytes der = bytes_of(NULL, 0);
    json_t *station = json_object_get(answer, "workstation");
    if (!ward_ends(path, "/offer"))
        return;
    if (strcmp(w->lie, "another CA") == 0)
        der = ward_certify(room, &w->stranger, WARD_PLACE, WARD_STATION, NULL, w->station_key, CERT_WORKSTATION);
    else if (strcmp(w->lie, "a person's") == 0)
        der = ward_certify(room, &w->issuing, WARD_PLACE, WARD_STATION, NULL, w->station_key, CERT_PERSON);
    else if (strcmp(w->lie, "a CA's") == 0)
        der = ward_certify(room, &w->root, WARD_PLACE, WARD_STATION, NULL, w->station_key, CERT_ISSUING);
    else if (strcmp(w->lie, "no place") == 0)
        der = ward_certify(room, &w->issuing, NULL, WARD_STATION, NULL, w->station_key, CERT_WORKSTATION);
    else if (strcmp(w->lie, "a name that deceives") == 0)
        der = ward_certify(room, &w->issuing, WARD_PLACE, "三楼\xe2\x80\xaeX", NULL, w->station_key, CERT_WORKSTATION);
    else if (strcmp(w->lie, "run out") == 0)
        der = ward_certify_late(room, w);
    else if (strcmp(w->lie, "another key") == 0)
        der = ward_certify(room, &w->issuing, WARD_PLACE, WARD_STATION, NULL, w->share.P, CERT_WORKSTATION);
    else if (strcmp(w->lie, "another workstation") == 0)
        fake_set_uuid(station, "workstation", w->auth_id);
    else
        json_object_set_new(answer, "scope", fake_base64("{\"v\":1}", 7));
    if (der.n)
        json_object_set_new(station, "certificate", fake_base64(der.p, der.n));
}

static void a_workstation_that_is_not_the_hospitals(void **state)
{
    (void)state;
    static const struct {
        const char *lie;
        yq_status status;
    } lies[] = {{"another CA", YQ_ANSWER_REJECTED},
                {"a person's", YQ_ANSWER_REJECTED},
                {"a CA's", YQ_ANSWER_REJECTED},
                {"no place", YQ_ANSWER_REJECTED},
                {"a name that deceives", YQ_ANSWER_REJECTED},
                {"another key", YQ_CODE_INVALID},
                {"another workstation", YQ_ANSWER_REJECTED},
                {"run out", YQ_ANSWER_REJECTED},
                {"no scope", YQ_BAD_ANSWER}};
    scene s = make(true);
    for (size_t i = 0; i < COUNT(lies); i++) {
        s.w->tamper = lie;
        s.w->lie = lies[i].lie;
        assert_int_equal(approve_with(&s, FAKE_PIN, NULL), lies[i].status);
    }
    assert_int_equal(s.asked, 0);
    assert_int_equal(s.w->approvals, 0);
    drop(&s);
}

static void lie_about_the_list(ward *w, const char *path, json_t *answer)
{
    json_t *item = json_array_get(json_object_get(answer, "authorisations"), 0);
    (void)path;
    if (strcmp(w->lie, "count") == 0)
        json_object_set_new(item, "count_left", json_integer(-1));
    else
        json_object_del(item, w->lie);
}

static void what_is_open_is_listed_and_ended(void **state)
{
    (void)state;
    scene s = make(true);
    yq_authorisations all;
    char id[37];
    uuid_encode(id, s.w->auth_id);
    assert_int_equal(approve_with(&s, FAKE_PIN, NULL), YQ_OK);
    assert_int_equal(yq_list_authorisations(s.phone, s.key, &all, NULL), YQ_OK);
    assert_int_equal(all.n, 1);
    assert_string_equal(all.items[0].authorisation, id);
    assert_string_equal(all.items[0].state, "active");
    assert_string_equal(all.items[0].workstation_name, WARD_STATION);
    assert_string_equal(all.items[0].workstation_place, WARD_PLACE);
    assert_string_equal(all.items[0].scope.systems[0], "电子病历");
    assert_int_equal(all.items[0].count_left, 4);
    assert_string_equal(all.items[0].closed_by, "");
    yq_authorisations_free(&all);
    static const char *const lies[] = {"count", "state", "workstation", "scope", "closed_by"};
    s.w->tamper = lie_about_the_list;
    for (size_t i = 0; i < COUNT(lies); i++) {
        s.w->lie = lies[i];
        assert_int_equal(yq_list_authorisations(s.phone, s.key, &all, NULL), YQ_BAD_ANSWER);
    }
    s.w->tamper = NULL;
    assert_int_equal(yq_close_authorisation(s.phone, s.key, "x", NULL), YQ_INVALID_ARGUMENT);
    assert_int_equal(yq_close_authorisation(s.phone, s.key, id, NULL), YQ_OK);
    assert_int_equal(yq_close_authorisation(s.phone, s.key, id, NULL), YQ_REFUSED);
    assert_string_equal(s.w->state, "closed");
    yq_authorisations_free(NULL);
    drop(&s);
}

static void arguments_are_checked(void **state)
{
    (void)state;
    scene s = make(true);
    yq_approval approval = {.code = s.code};
    assert_int_equal(yq_authorise(s.phone, s.key, &approval, NULL, NULL), YQ_INVALID_ARGUMENT);
    approval.confirm = confirm;
    approval.code = NULL;
    assert_int_equal(yq_authorise(s.phone, s.key, &approval, NULL, NULL), YQ_INVALID_ARGUMENT);
    approval.code = s.code;
    approval.confirm_context = &s;
    s.pin = FAKE_PIN;
    assert_int_equal(yq_authorise(s.phone, "x", &approval, NULL, NULL), YQ_NOT_FOUND);
    assert_int_equal(yq_list_authorisations(s.phone, s.key, NULL, NULL), YQ_INVALID_ARGUMENT);
    assert_int_equal(yq_authorise(s.phone, s.key, &approval, NULL, NULL), YQ_OK);
    drop(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_share_goes_to_the_workstation_in_the_code),
                                       cmocka_unit_test(may_be_by_fingerprint),
                                       cmocka_unit_test(the_person_says_how_much),
                                       cmocka_unit_test(the_largest_scope_goes_through),
                                       cmocka_unit_test(declining_a_wrong_pin_and_a_lost_answer),
                                       cmocka_unit_test(codes_that_are_none_are_refused_before_anybody_is_asked),
                                       cmocka_unit_test(a_workstation_that_is_not_the_hospitals),
                                       cmocka_unit_test(what_is_open_is_listed_and_ended),
                                       cmocka_unit_test(arguments_are_checked)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
