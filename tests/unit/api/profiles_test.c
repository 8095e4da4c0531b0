#include "server.h"

#include "base/text.h"
#include "pki/cert.h"

#define SUBJECT                                                                                                        \
    "\"subject\":[{\"attribute\":\"CN\",\"value\":\"{name}\"},{\"attribute\":\"serialNumber\",\"value\":\"{staff_no}"  \
    "\"}]"
#define DEFINITION(rest) "{\"key_usage\":{\"bits\":[\"nonRepudiation\"]}," SUBJECT rest "}"
#define NEW(id, definition) "{\"profile\":\"" id "\",\"name\":\"门诊医师\",\"definition\":" definition "}"
#define LICENCE                                                                                                        \
    ",\"extensions\":[{\"oid\":\"1.2.156.10260.4.1.1\",\"type\":\"PrintableString\",\"tag\":0,\"value\":"              \
    "\"{attribute:licence}\",\"missing\":\"refuse\"}]"

static int server_patch(server *s, const char *path, const char *body)
{
    return server_call(s, NULL, "PATCH", path, body);
}

static void a_profile_is_made_changed_used_and_retired(void **state)
{
    server *s = *state;
    assert_int_equal(server_get(s, "/v1/profiles"), 200);
    assert_string_equal(server_text(s, "items.0.profile"), "personal");
    assert_true(json_is_true(server_value(s, "items.0.in_use")));
    assert_null(server_value(s, "items.0.definition"));
    assert_int_equal(server_post(s, "/v1/profiles", NEW("doctor", DEFINITION(""))), 201);
    assert_string_equal(server_text(s, "state"), "active");
    assert_string_equal(server_header(s, "ETag"), "\"1\"");
    assert_string_equal(server_text(s, "definition.subject.1.value"), "{staff_no}");

    s->more = "If-Match: \"1\"";
    assert_int_equal(server_patch(s, "/v1/profiles/doctor",
                                  "{\"name\":\"医师\",\"note\":\"执业证号\",\"definition\":" DEFINITION(LICENCE) "}"),
                     200);
    assert_string_equal(server_header(s, "ETag"), "\"2\"");
    assert_string_equal(server_text(s, "name"), "医师");
    assert_string_equal(server_text(s, "definition.extensions.0.oid"), "1.2.156.10260.4.1.1");
    server_patch(s, "/v1/profiles/doctor", "{\"definition\":" DEFINITION("") "}");
    assert_problem(s, 412, "changed_meanwhile", NULL);
    s->more = NULL;

    assert_int_equal(server_get(s, "/v1/profiles/doctor/versions"), 200);
    assert_int_equal(json_integer_value(server_value(s, "items.0.version")), 2);
    assert_string_equal(server_text(s, "items.0.note"), "执业证号");
    assert_null(server_value(s, "items.1.definition.extensions"));

    assert_int_equal(server_post(s, "/v1/profiles/doctor/use", ""), 200);
    assert_int_equal(server_get(s, "/v1/policy"), 200);
    assert_string_equal(server_text(s, "certificate_profile"), "doctor");
    server_post(s, "/v1/profiles/doctor/retire", "");
    assert_problem(s, 409, "conflict", NULL);
    assert_int_equal(server_post(s, "/v1/profiles/personal/retire", ""), 200);
    assert_string_equal(server_text(s, "state"), "retired");
    server_post(s, "/v1/profiles/personal/use", "");
    assert_problem(s, 409, "conflict", NULL);
}

static void a_preview_is_read_field_by_field(void **state)
{
    server *s = *state;
    user u = fixture_user(&s->f, "D1001", "王建国");
    char person[UUID_TEXT];
    uuid_encode(person, u.id);
    const char *of = arena_printf(s->f.arena, "{\"definition\":" DEFINITION(LICENCE) ",\"user\":\"%s\"}", person);
    assert_int_equal(server_post(s, "/v1/profiles/preview", "{\"definition\":" DEFINITION(LICENCE) "}"), 200);
    assert_true(json_is_true(server_value(s, "person.sample")));
    server_post(s, "/v1/profiles/preview", of);
    assert_problem(s, 409, "profile_refused", "definition.extensions.0");
    fixture_write(&s->f,
                  "INSERT INTO user_attribute (user_id, name, value) VALUES ($1, 'licence', '110101199001011234')",
                  (store_value[]){store_id(u.id)}, 1);
    assert_int_equal(server_post(s, "/v1/profiles/preview", of), 200);
    assert_string_equal(server_text(s, "person.staff_no"), "D1001");
    assert_string_equal(server_text(s, "reading.subject"), "serialNumber=D1001,CN=王建国");
    assert_string_equal(server_text(s, "reading.signature_algorithm"), "SM2-with-SM3");
    assert_string_equal(server_text(s, "reading.key_usage.0"), "nonRepudiation");
    assert_true(json_is_null(server_value(s, "reading.fingerprint_sm3")));
    const json_t *extensions = server_value(s, "reading.extensions"),
                 *last = json_array_get(extensions, json_array_size(extensions) - 1);
    assert_string_equal(json_string_value(json_object_get(last, "oid")), "1.2.156.10260.4.1.1");
    assert_string_equal(json_string_value(json_object_get(last, "name")), "identityCode");
    assert_string_equal(json_string_value(json_object_get(last, "text")),
                        "[0] { PrintableString \"110101199001011234\" }");
    assert_string_equal(json_string_value(json_object_get(last, "value")), "oBQTEjExMDEwMTE5OTAwMTAxMTIzNA==");
    assert_int_equal(json_array_size(server_value(s, "warnings")), 0);
    /* It is what would be signed, and is signed by nobody. */
    bytes tbs;
    cert x;
    const char *text = server_text(s, "tbs_certificate");
    assert_int_equal(base64_decode(s->f.arena, text, strlen(text), &tbs), ERR_OK);
    assert_int_equal(cert_parse_tbs(&x, tbs), ERR_OK);
    assert_int_equal(cert_parse(&x, tbs), ERR_DER);

    assert_int_equal(
        server_post(
            s, "/v1/profiles/preview",
            "{\"definition\":" DEFINITION(
                ",\"extended_key_usage\":{\"purposes\":[\"1.2.3\"],\"critical\":true},\"extensions\":[{"
                "\"oid\":\"1.2.4\",\"type\":\"NULL\"},{\"oid\":\"1.2.5\",\"type\":\"NULL\",\"critical\":true}]") "}"),
        200);
    assert_int_equal(json_array_size(server_value(s, "warnings")), 2);
    assert_string_equal(server_text(s, "warnings.0.code"), "critical_purposes");
    assert_string_equal(server_text(s, "warnings.1.field"), "definition.extensions.1");
    of = arena_printf(
        s->f.arena,
        "{\"definition\":" DEFINITION(",\"extensions\":[{\"oid\":\"1.2.4\",\"type\":\"UTF8String\",\"value\":"
                                      "\"{attribute:no}\"}]") ",\"user\":\"%s\"}",
        person);
    assert_int_equal(server_post(s, "/v1/profiles/preview", of), 200);
    assert_string_equal(server_text(s, "left_out.0"), "definition.extensions.0");
}

static void wrong_requests_are_refused(void **state)
{
    server *s = *state;
    server_get(s, "/v1/profiles/none");
    assert_problem(s, 404, "profile_not_found", NULL);
    server_get(s, "/v1/profiles/none/versions");
    assert_problem(s, 404, "profile_not_found", NULL);
    server_post(s, "/v1/profiles/none/use", "");
    assert_problem(s, 404, "profile_not_found", NULL);
    server_post(s, "/v1/profiles", NEW("personal", DEFINITION("")));
    assert_problem(s, 409, "already_exists", "profile");
    server_post(s, "/v1/profiles", NEW("Doctor", DEFINITION("")));
    assert_problem(s, 400, "field_value", "profile");
    server_post(s, "/v1/profiles", NEW("doctor", "{}"));
    assert_problem(s, 400, "field_missing", "definition.key_usage");
    server_post(s, "/v1/profiles", NEW("doctor", "7"));
    assert_problem(s, 400, "field_type", "definition");
    server_post(s, "/v1/profiles",
                NEW("doctor", DEFINITION(",\"extensions\":[{\"oid\":\"2.5.29.15\",\"type\":\"NULL\"}]")));
    assert_problem(s, 400, "field_value", "definition.extensions.0.oid");
    server_post(s, "/v1/profiles/preview", "{}");
    assert_problem(s, 400, "field_missing", "definition");
    server_patch(s, "/v1/profiles/personal", "{\"name\":\"x\"}");
    assert_problem(s, 400, "field_missing", "definition");
    s->more = "If-Match: 1";
    server_patch(s, "/v1/profiles/personal", "{\"definition\":" DEFINITION("") "}");
    assert_problem(s, 400, "field_value", "If-Match");
    s->more = NULL;
    assert_int_equal(server_call(s, "", "GET", "/v1/profiles", NULL), 401);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SERVER(a_profile_is_made_changed_used_and_retired),
        WITH_SERVER(a_preview_is_read_field_by_field),
        WITH_SERVER(wrong_requests_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
