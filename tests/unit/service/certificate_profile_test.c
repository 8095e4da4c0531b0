#include "service/certificate_profile.h"

#include "fixture.h"
#include "pki/path.h"
#include "service/device.h"
#include "service/policy.h"

#define HEAD                                                                                                           \
    "{\"key_usage\":{\"bits\":[\"nonRepudiation\"]},\"subject\":[{\"attribute\":\"CN\",\"value\":\"{name}\"},"         \
    "{\"attribute\":\"serialNumber\",\"value\":\"{staff_no}\"}]"
#define PLAIN HEAD "}"
#define LICENCE(missing)                                                                                               \
    HEAD ",\"validity_days\":30,\"extensions\":[{\"oid\":\"1.2.156.10260.4.1.2\",\"type\":\"PrintableString\","        \
         "\"value\":\"{attribute:licence}\",\"missing\":\"" missing "\"}]}"

static err create(fixture *f, const char *id, const char *definition, certificate_profile_view *out)
{
    return certificate_profile_create(
        fixture_call(f, "profile.create"), id,
        &(certificate_profile_change){.name = "门诊医师", .definition = bytes_of_text(definition)}, out);
}

static err update(fixture *f, const char *id, int64_t version, const char *definition, certificate_profile_view *out)
{
    return certificate_profile_update(
        fixture_call(f, "profile.change"), id,
        &(certificate_profile_change){.version = version, .note = "why", .definition = bytes_of_text(definition)}, out);
}

static void attribute_set(fixture *f, const user *u, const char *name, const char *value)
{
    fixture_write(
        f,
        "INSERT INTO user_attribute (user_id, name, value) VALUES ($1, $2, $3) ON CONFLICT (user_id, name) DO "
        "UPDATE SET value = $3",
        (store_value[]){store_id(u->id), store_text(name), store_text(value)}, 3);
}

static void the_first_profile_is_what_was_issued_before(void **state)
{
    fixture *f = *state;
    certificate_profile_view p;
    const certificate_profile_view *list;
    size_t n;
    policy rules;
    assert_int_equal(certificate_profile_list(fixture_call(f, NULL), &list, &n), ERR_OK);
    assert_int_equal(n, 1);
    assert_int_equal(certificate_profile_show(fixture_call(f, NULL), "personal", &p), ERR_OK);
    assert_true(p.in_use);
    assert_int_equal(p.version, 1);
    assert_string_equal(p.state, "active");
    assert_int_equal(policy_get(fixture_call(f, NULL), &rules), ERR_OK);
    assert_string_equal(rules.profile, "personal");
    user u = fixture_user(f, "D1001", "王建国");
    certificate_profile_made made;
    assert_int_equal(certificate_profile_make(fixture_call(f, NULL), u.id, &made), ERR_OK);
    assert_int_equal(made.definition.days, 0);
    assert_int_equal(made.definition.usage.key_usage, CERT_DIGITAL_SIGNATURE | CERT_NON_REPUDIATION);
    assert_true(made.definition.usage.key_usage_critical);
    assert_int_equal(made.applied.extensions_n, 0);
    assert_int_equal(certificate_profile_show(fixture_call(f, NULL), "none", &p), ERR_PROFILE_NOT_FOUND);
    assert_int_equal(certificate_profile_make(fixture_call(f, NULL), (const uint8_t *)"0123456789abcdef", &made),
                     ERR_USER_NOT_FOUND);
}

static void certificates_are_issued_by_the_newest_version(void **state)
{
    fixture *f = *state;
    user u = fixture_user(f, "D1001", "王建国");
    certificate_profile_view p;
    fixture_key first, second, third;
    const certificate_profile_version *versions;
    size_t n;
    extension x;
    path_result path;
    attribute_set(f, &u, "licence", "110");
    fixture_certify(f, &u, &first);
    assert_int_equal(create(f, "doctor", PLAIN, &p), ERR_OK);
    assert_false(p.in_use);
    fixture_certify(f, &u, &second);
    assert_int_equal(second.parsed.key_usage, CERT_DIGITAL_SIGNATURE | CERT_NON_REPUDIATION);
    assert_int_equal(certificate_profile_use(fixture_call(f, "profile.use"), "doctor", &p), ERR_OK);
    assert_true(p.in_use);
    assert_int_equal(update(f, "doctor", 1, LICENCE("refuse"), &p), ERR_OK);
    assert_int_equal(p.version, 2);
    fixture_certify(f, &u, &third);
    assert_int_equal(third.parsed.key_usage, CERT_NON_REPUDIATION);
    assert_int_equal(third.parsed.not_after_ms - third.parsed.not_before_ms, INT64_C(30) * 86400000);
    assert_int_equal(cert_find_extension(&third.parsed, oid_octets(OID_GB_SOCIAL_INSURANCE), &x), ERR_OK);
    assert_false(x.critical);
    assert_true(bytes_equal(x.value, bytes_of("\x13\x03"
                                              "110",
                                              5)));
    assert_int_equal(
        path_validate(&third.parsed, &f->service->issuing.cert, 1, &f->service->root.cert, 1, f->now_ms, &path),
        ERR_OK);
    assert_int_equal(
        fixture_number(f, "SELECT count(*) FROM certificate WHERE profile = 'personal' AND profile_version = 1"), 2);
    assert_int_equal(
        fixture_number(f, "SELECT count(*) FROM certificate WHERE profile = 'doctor' AND profile_version = 2"), 1);
    assert_int_equal(certificate_profile_versions(fixture_call(f, NULL), "doctor", &versions, &n), ERR_OK);
    assert_int_equal(n, 2);
    assert_int_equal(versions[0].version, 2);
    assert_int_equal(versions[0].certificates, 1);
    assert_string_equal(versions[0].note, "why");
    assert_string_equal(versions[0].created_by, "operator:uid:1000");
    assert_string_equal(versions[1].definition, PLAIN);
    assert_int_equal(versions[1].certificates, 0);
    assert_int_equal(certificate_profile_versions(fixture_call(f, NULL), "none", &versions, &n), ERR_PROFILE_NOT_FOUND);
}

static void a_critical_extension_is_refused_by_verifiers(void **state)
{
    fixture *f = *state;
    user u = fixture_user(f, "D1001", "王建国");
    certificate_profile_view p;
    fixture_key k;
    path_result path;
    assert_int_equal(
        create(f, "strange", HEAD ",\"extensions\":[{\"oid\":\"1.2.3\",\"type\":\"NULL\",\"critical\":true}]}", &p),
        ERR_OK);
    assert_int_equal(certificate_profile_use(fixture_call(f, "profile.use"), "strange", &p), ERR_OK);
    fixture_certify(f, &u, &k);
    assert_int_equal(
        path_validate(&k.parsed, &f->service->issuing.cert, 1, &f->service->root.cert, 1, f->now_ms, &path), ERR_CHAIN);
    assert_int_equal(path.finding[PATH_CRITICAL_EXTENSION].state, PATH_FAILED);
}

static void who_lacks_what_is_required_gets_none(void **state)
{
    fixture *f = *state;
    user u = fixture_user(f, "D1001", "王建国");
    certificate_profile_view p;
    certificate_profile_made made;
    bytes subject;
    assert_int_equal(create(f, "doctor", LICENCE("refuse"), &p), ERR_OK);
    assert_int_equal(certificate_profile_use(fixture_call(f, "profile.use"), "doctor", &p), ERR_OK);
    /* Before anything is made for him. */
    assert_int_equal(device_subject(fixture_call(f, NULL), u.id, &subject), ERR_PROFILE);
    assert_non_null(strstr(f->c.fault.detail, "{attribute:licence}"));
    assert_string_equal(f->c.fault.field, "");
    call *c = fixture_call(f, "certificate.issue");
    bytes der;
    assert_int_equal(certificate_issue_for_key(c, store_unit_begin(f->arena), u.id, u.id,
                                               f->service->issuing.cert.subject, f->service->issuing.cert.public_key,
                                               &der),
                     ERR_PROFILE);
    attribute_set(f, &u, "licence", "中文");
    assert_int_equal(device_subject(fixture_call(f, NULL), u.id, &subject), ERR_PROFILE);
    attribute_set(f, &u, "licence", "110");
    assert_int_equal(device_subject(fixture_call(f, NULL), u.id, &subject), ERR_OK);
    assert_int_equal(update(f, "doctor", 0, LICENCE("leave_out"), &p), ERR_OK);
    attribute_set(f, &u, "licence", "");
    assert_int_equal(certificate_profile_make(fixture_call(f, NULL), u.id, &made), ERR_OK);
    assert_int_equal(made.applied.extensions_n, 0);
    assert_int_equal(made.applied.extensions_left_out, 1);
}

static void of_two_changes_the_later_one_is_told(void **state)
{
    fixture *f = *state;
    certificate_profile_view p;
    assert_int_equal(create(f, "doctor", PLAIN, &p), ERR_OK);
    assert_int_equal(update(f, "doctor", 1, PLAIN, &p), ERR_OK);
    assert_int_equal(update(f, "doctor", 1, PLAIN, &p), ERR_STALE);
    assert_int_equal(update(f, "doctor", 3, PLAIN, &p), ERR_STALE);
    assert_int_equal(update(f, "doctor", 0, PLAIN, &p), ERR_OK);
    assert_int_equal(p.version, 3);
    assert_int_equal(update(f, "none", 1, PLAIN, &p), ERR_PROFILE_NOT_FOUND);
    assert_int_equal(update(f, "doctor", 3, "{}", &p), ERR_FIELD_MISSING);
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM certificate_profile_version WHERE profile = 'doctor'"), 3);
    assert_int_equal(fixture_number(f,
                                    "SELECT count(*) FROM audit WHERE event = 'profile.change' AND outcome = 'ok' AND "
                                    "subject = 'profile:doctor' AND detail = 'version=2 note=why'"),
                     1);
}

static void wrong_profiles_are_not_made(void **state)
{
    fixture *f = *state;
    certificate_profile_view p;
    static const char *const ids[] = {"", "A", "1a", "a b", "a/b", "é", "preview", "abcdefghijklmnopqrstuvwxyz0123456"};
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        assert_int_equal(create(f, ids[i], PLAIN, &p), ERR_FIELD_VALUE);
        assert_string_equal(f->c.fault.field, "profile");
    }
    assert_int_equal(create(f, "personal", PLAIN, &p), ERR_EXISTS);
    assert_int_equal(create(f, "doctor", "{", &p), ERR_JSON);
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM certificate_profile"), 1);
    for (int i = 1; i < CERTIFICATE_PROFILES_MAX; i++)
        assert_int_equal(create(f, arena_printf(f->arena, "p%d", i), PLAIN, &p), ERR_OK);
    assert_int_equal(create(f, "doctor", PLAIN, &p), ERR_LIMIT);
}

static void a_retired_profile_is_over(void **state)
{
    fixture *f = *state;
    certificate_profile_view p;
    assert_int_equal(create(f, "doctor", PLAIN, &p), ERR_OK);
    assert_int_equal(certificate_profile_retire(fixture_call(f, "profile.retire"), "personal", &p), ERR_CONFLICT);
    assert_int_equal(certificate_profile_retire(fixture_call(f, "profile.retire"), "none", &p), ERR_PROFILE_NOT_FOUND);
    assert_int_equal(certificate_profile_retire(fixture_call(f, "profile.retire"), "doctor", &p), ERR_OK);
    assert_string_equal(p.state, "retired");
    assert_int_equal(certificate_profile_retire(fixture_call(f, "profile.retire"), "doctor", &p), ERR_CONFLICT);
    assert_int_equal(certificate_profile_use(fixture_call(f, "profile.use"), "doctor", &p), ERR_CONFLICT);
    assert_int_equal(certificate_profile_use(fixture_call(f, "profile.use"), "none", &p), ERR_PROFILE_NOT_FOUND);
    assert_int_equal(update(f, "doctor", 1, PLAIN, &p), ERR_CONFLICT);
    assert_int_equal(create(f, "doctor", PLAIN, &p), ERR_EXISTS);
}

static void a_preview_is_nobodys_certificate(void **state)
{
    fixture *f = *state;
    user u = fixture_user(f, "D1001", "王建国");
    certificate_profile_preview seen, again;
    cert x;
    bytes definition = bytes_of_text(LICENCE("refuse"));
    assert_int_equal(certificate_profile_try(fixture_call(f, NULL), definition, NULL, &seen), ERR_OK);
    assert_true(seen.sample);
    assert_int_equal(cert_parse_tbs(&x, seen.tbs), ERR_OK);
    assert_true(bytes_equal(x.issuer, f->service->issuing.cert.subject));
    /* There is no signature in it, and each has a key of its own. */
    assert_int_equal(cert_parse(&x, seen.tbs), ERR_DER);
    assert_int_equal(certificate_profile_try(fixture_call(f, NULL), definition, NULL, &again), ERR_OK);
    assert_false(bytes_equal(seen.tbs, again.tbs));
    assert_int_equal(certificate_profile_try(fixture_call(f, NULL), definition, u.id, &seen), ERR_PROFILE);
    assert_string_equal(f->c.fault.field, "definition.extensions.0");
    attribute_set(f, &u, "licence", "110");
    assert_int_equal(certificate_profile_try(fixture_call(f, NULL), definition, u.id, &seen), ERR_OK);
    assert_string_equal(seen.staff_no, "D1001");
    assert_int_equal(certificate_profile_try(fixture_call(f, NULL), bytes_of_text("{}"), NULL, &seen),
                     ERR_FIELD_MISSING);
    assert_int_equal(
        certificate_profile_try(fixture_call(f, NULL), definition, (const uint8_t *)"0123456789abcdef", &seen),
        ERR_USER_NOT_FOUND);
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM certificate"), 0);
}

static void a_certificate_fits_into_a_device(void **state)
{
    fixture *f = *state;
    char definition[8192] = HEAD ",\"extensions\":[", value[1001];
    certificate_profile_preview seen;
    certificate_profile_view p;
    user u = fixture_user(f, "D1001", "王建国");
    bytes der;
    memset(value, 'x', 1000);
    value[1000] = 0;
    attribute_set(f, &u, "long", value);
    for (int i = 0; i < 4; i++) {
        size_t n = strlen(definition);
        snprintf(definition + n, sizeof definition - n,
                 "%s{\"oid\":\"1.2.%d\",\"type\":\"UTF8String\",\"value\":\"{attribute:long}\"}", i ? "," : "", i);
    }
    strcat(definition, "]}");
    bytes text = bytes_of_text(definition);
    assert_int_equal(certificate_profile_try(fixture_call(f, NULL), text, u.id, &seen), ERR_PROFILE);
    assert_string_equal(f->c.fault.field, "definition");
    assert_int_equal(create(f, "large", definition, &p), ERR_OK);
    assert_int_equal(certificate_profile_use(fixture_call(f, "profile.use"), "large", &p), ERR_OK);
    call *c = fixture_call(f, "certificate.issue");
    assert_int_equal(certificate_issue_for_key(c, store_unit_begin(f->arena), u.id, u.id,
                                               f->service->issuing.cert.subject, f->service->issuing.cert.public_key,
                                               &der),
                     ERR_PROFILE);
}

#define WITH_FIXTURE(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FIXTURE(the_first_profile_is_what_was_issued_before),
        WITH_FIXTURE(certificates_are_issued_by_the_newest_version),
        WITH_FIXTURE(a_critical_extension_is_refused_by_verifiers),
        WITH_FIXTURE(who_lacks_what_is_required_gets_none),
        WITH_FIXTURE(of_two_changes_the_later_one_is_told),
        WITH_FIXTURE(wrong_profiles_are_not_made),
        WITH_FIXTURE(a_retired_profile_is_over),
        WITH_FIXTURE(a_preview_is_nobodys_certificate),
        WITH_FIXTURE(a_certificate_fits_into_a_device),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
