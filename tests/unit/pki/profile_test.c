#include "profile.h"

static profile_applied apply(arena *a, const char *json, const profile_person *who)
{
    profile_definition p = profile_of(a, json);
    profile_applied out;
    fault f;
    fault_clear(&f);
    err e = profile_apply(a, &p, who, &out, &f);
    if (e != ERR_OK)
        fail_msg("%s: %s %s (%s)", json, err_code(e), f.field, f.detail);
    return out;
}

/* The one extension's value for the doctor, in hex. */
static void expect(arena *a, const char *json, const char *hex)
{
    profile_applied out = apply(a, json, &profile_doctor);
    assert_int_equal(out.extensions_n, 1);
    assert_string_equal(hex_text(a, out.extensions[0].value.p, out.extensions[0].value.n), hex);
}

#define VALUE(type, value) WITH_EXTENSION("{\"oid\":\"1.2.3\",\"type\":\"" type "\",\"value\":\"" value "\"}")

static void values_are_encoded_by_their_type(void **state)
{
    arena *a = *state;
    expect(a, VALUE("UTF8String", "{department}"), "0c09e5bf83e58685e7a791");
    expect(a, VALUE("PrintableString", "No {staff_no}"), "13084e6f204431303031");
    expect(a, VALUE("IA5String", "{staff_no}@example.org"),
           "1611"
           "4431303031406578616d706c652e6f7267");
    expect(a, VALUE("NumericString", "{attribute:licence}"), "1212313130313130313939303031303131323334");
    expect(a, VALUE("INTEGER", "0"), "020100");
    expect(a, VALUE("INTEGER", "127"), "02017f");
    expect(a, VALUE("INTEGER", "128"), "02020080");
    expect(a, VALUE("INTEGER", "-1"), "0201ff");
    expect(a, VALUE("INTEGER", "-128"), "020180");
    expect(a, VALUE("INTEGER", "-129"), "0202ff7f");
    expect(a, VALUE("INTEGER", "9223372036854775807"), "02087fffffffffffffff");
    expect(a, VALUE("INTEGER", "-9223372036854775808"), "02088000000000000000");
    expect(a, VALUE("INTEGER", "{attribute:licence}"), "0208018730a4819a5422");
    expect(a, VALUE("BOOLEAN", "true"), "0101ff");
    expect(a, VALUE("BOOLEAN", "false"), "010100");
    expect(a, VALUE("OCTET STRING", "00Ff"), "040200ff");
    expect(a, VALUE("DER", "MAYwBAYCKgM="), "3006300406022a03");
    expect(a, WITH_EXTENSION("{\"oid\":\"1.2.3\",\"type\":\"NULL\"}"), "0500");
    expect(a, WITH_EXTENSION("{\"oid\":\"1.2.3\",\"type\":\"NULL\",\"tag\":30}"), "be020500");
    /* GM/T 0015-2012 identifyCode: [0] PrintableString */
    expect(a,
           WITH_EXTENSION("{\"oid\":\"1.2.156.10260.4.1.1\",\"type\":\"PrintableString\",\"tag\":0,\"value\":"
                          "\"{attribute:licence}\"}"),
           "a0141312313130313130313939303031303131323334");
    /* What he lacks is left out of a sequence. */
    expect(a,
           WITH_EXTENSION("{\"oid\":\"1.2.3\",\"type\":\"SEQUENCE OF "
                          "UTF8String\",\"values\":[\"a\",\"{attribute:no}\",\"{attribute:执业}\"]}"),
           "300b0c01610c06e58cbbe5b888");
}

static void a_subject_is_built_in_its_order(void **state)
{
    char text[256] = "";
    buffer b = buffer_over(text, sizeof text - 1);
    profile_applied out =
        apply(*state,
              "{" USAGE
              ",\"subject\":[{\"attribute\":\"C\",\"value\":\"CN\"},{\"attribute\":\"O\",\"value\":\"{organisation}\"},"
              "{\"attribute\":\"OU\",\"value\":\"{attribute:none}\"},{\"attribute\":\"OU\",\"value\":\"{department}\"},"
              "{\"attribute\":\"CN\",\"value\":\"{name}\"},{\"attribute\":\"serialNumber\",\"value\":\"{staff_no}\"}]}",
              &profile_doctor);
    assert_int_equal(name_text(&b, out.subject), ERR_OK);
    assert_string_equal(text, "serialNumber=D1001,CN=王建国,OU=心内科,O=示例医院,C=CN");
    assert_int_equal(out.subject_left_out, 1u << 2);
}

static void what_a_person_lacks_is_left_out(void **state)
{
    profile_applied out =
        apply(*state,
              WITH_EXTENSION("{\"oid\":\"1.2.3\",\"type\":\"INTEGER\",\"value\":\"{attribute:no}\"},"
                             "{\"oid\":\"1.2.4\",\"type\":\"NULL\"},"
                             "{\"oid\":\"1.2.5\",\"type\":\"SEQUENCE OF UTF8String\",\"values\":[\"{attribute:no}\"]}"),
              &profile_doctor);
    assert_int_equal(out.extensions_n, 1);
    assert_true(bytes_equal(out.extensions[0].type, OCTETS("\x2a\x04")));
    assert_int_equal(out.extensions_left_out, 1u << 0 | 1u << 2);
}

static void an_example_has_a_value_of_each_type(void **state)
{
    profile_person sample = {.name = "示例", .staff_no = "S1", .organisation = "示例医院", .sample = true};
    static const char *const types[] = {"UTF8String", "PrintableString", "IA5String",   "NumericString",
                                        "INTEGER",    "BOOLEAN",         "OCTET STRING"};
    for (size_t i = 0; i < COUNT(types); i++) {
        const char *json = arena_printf(
            *state,
            WITH_EXTENSION("{\"oid\":\"1.2.3\",\"type\":\"%s\",\"value\":\"{attribute:x}\",\"missing\":\"refuse\"}"),
            types[i]);
        assert_int_equal(apply(*state, json, &sample).extensions_n, 1);
    }
}

static const struct {
    const char *json, *field;
} refused[] = {
    {WITH_EXTENSION("{\"oid\":\"1.2.3\",\"type\":\"UTF8String\",\"value\":\"{attribute:no}\",\"missing\":\"refuse\"}"),
     "definition.extensions.0"},
    {VALUE("INTEGER", "{name}"), "definition.extensions.0"},
    {VALUE("INTEGER", "{attribute:licence}{attribute:licence}"), "definition.extensions.0"},
    {VALUE("NumericString", "{staff_no}"), "definition.extensions.0"},
    {VALUE("PrintableString", "{name}"), "definition.extensions.0"},
    {VALUE("BOOLEAN", "{name}"), "definition.extensions.0"},
    {VALUE("OCTET STRING", "{staff_no}"), "definition.extensions.0"},
    {"{" USAGE ",\"subject\":[{\"attribute\":\"CN\",\"value\":\"{name}\"},{\"attribute\":\"serialNumber\",\"value\":"
     "\"{staff_no}{name}\"}]}",
     "definition.subject.1"},
    {"{" USAGE ",\"subject\":[{\"attribute\":\"CN\",\"value\":\"{name}\"},{\"attribute\":\"OU\",\"value\":"
     "\"{attribute:no}\",\"missing\":\"refuse\"},{\"attribute\":\"serialNumber\",\"value\":\"{staff_no}\"}]}",
     "definition.subject.1"},
    {"{" USAGE
     ",\"subject\":[{\"attribute\":\"C\",\"value\":\"{department}\"},{\"attribute\":\"CN\",\"value\":\"{name}\"},"
     "{\"attribute\":\"serialNumber\",\"value\":\"{staff_no}\"}]}",
     "definition.subject.0"},
};

static void what_cannot_be_written_is_refused(void **state)
{
    for (size_t i = 0; i < COUNT(refused); i++) {
        profile_definition p = profile_of(*state, refused[i].json);
        profile_applied out;
        fault f;
        fault_clear(&f);
        assert_int_equal(profile_apply(*state, &p, &profile_doctor, &out, &f), ERR_PROFILE);
        assert_string_equal(f.field, refused[i].field);
        assert_true(*f.detail);
    }
}

static void lengths_are_those_of_x520(void **state)
{
    char name[65 + 1], huge[PROFILE_VALUE_MAX + 2];
    profile_definition p = profile_of(*state, "{" USAGE "," SUBJECT "}");
    profile_person who = {.name = name, .staff_no = "1"};
    profile_applied out;
    fault f;
    memset(name, 'a', 65);
    name[65] = 0;
    fault_clear(&f);
    assert_int_equal(profile_apply(*state, &p, &who, &out, &f), ERR_PROFILE);
    assert_string_equal(f.field, "definition.subject.0");
    name[64] = 0;
    assert_int_equal(profile_apply(*state, &p, &who, &out, &f), ERR_OK);
    /* A value that a definition takes as a whole, and one octet more. */
    memset(huge, 'b', sizeof huge);
    huge[PROFILE_VALUE_MAX] = 0;
    profile_attribute attribute = {"x", huge};
    who.attributes = &attribute;
    who.attributes_n = 1;
    p = profile_of(*state, VALUE("IA5String", "{attribute:x}"));
    assert_int_equal(profile_apply(*state, &p, &who, &out, &f), ERR_OK);
    huge[PROFILE_VALUE_MAX] = 'b';
    huge[PROFILE_VALUE_MAX + 1] = 0;
    assert_int_equal(profile_apply(*state, &p, &who, &out, &f), ERR_PROFILE);
    /* Each part may be that long, and all together not. */
    static char wide[64 * 3 + 1];
    for (size_t i = 0; i < 64; i++)
        memcpy(wide + 3 * i, "医", 3);
    who.name = wide;
    p = profile_of(
        *state, "{" USAGE ",\"subject\":[{\"attribute\":\"CN\",\"value\":\"{name}\"},{\"attribute\":\"OU\",\"value\":"
                "\"{name}\"},{\"attribute\":\"O\",\"value\":\"{name}\"},{\"attribute\":\"title\",\"value\":\"{name}\"},"
                "{\"attribute\":\"serialNumber\",\"value\":\"{staff_no}\"}]}");
    assert_int_equal(profile_apply(*state, &p, &who, &out, &f), ERR_PROFILE);
    assert_string_equal(f.field, "definition.subject.0");
}

static void every_type_has_its_name(void **state)
{
    (void)state;
    for (unsigned i = 0; i < PROFILE_TYPE_COUNT; i++)
        assert_non_null(profile_type_name((profile_type)i));
    assert_string_equal(profile_type_name(PROFILE_OCTETS), "OCTET STRING");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_encoded_by_their_type),  cmocka_unit_test(a_subject_is_built_in_its_order),
        cmocka_unit_test(what_a_person_lacks_is_left_out),   cmocka_unit_test(an_example_has_a_value_of_each_type),
        cmocka_unit_test(what_cannot_be_written_is_refused), cmocka_unit_test(lengths_are_those_of_x520),
        cmocka_unit_test(every_type_has_its_name),
    };
    return cmocka_run_group_tests(tests, arena_setup, arena_teardown);
}
