#include "profile.h"

static void a_definition_is_read_whole(void **state)
{
    profile_definition p = profile_of(
        *state, "{\"validity_days\":730,"
                "\"key_usage\":{\"bits\":[\"nonRepudiation\",\"keyAgreement\",\"encipherOnly\"],\"critical\":false},"
                "\"extended_key_usage\":{\"purposes\":[\"1.3.6.1.5.5.7.3.2\",\"1.2.3\"],\"critical\":true},"
                "\"subject\":[{\"attribute\":\"C\",\"value\":\"CN\"},{\"attribute\":\"OU\",\"value\":\"{department}\"},"
                "{\"attribute\":\"OU\",\"value\":\"x\",\"missing\":\"refuse\"},{\"attribute\":\"CN\",\"value\":"
                "\"{name} {staff_no}\"}],"
                "\"extensions\":[{\"oid\":\"1.2.156.10260.4.1.1\",\"type\":\"PrintableString\",\"tag\":0,\"value\":"
                "\"{attribute:id}\",\"missing\":\"refuse\",\"critical\":true},"
                "{\"oid\":\"1.2.5\",\"type\":\"NULL\"},"
                "{\"oid\":\"2.5.29.32\",\"type\":\"DER\",\"value\":\"MAYwBAYCKgM=\"},"
                "{\"oid\":\"1.2.4\",\"type\":\"SEQUENCE OF UTF8String\",\"values\":[\"a\",\"{name}\"]}]}");
    assert_int_equal(p.days, 730);
    assert_int_equal(p.usage.key_usage, CERT_NON_REPUDIATION | CERT_KEY_AGREEMENT | CERT_ENCIPHER_ONLY);
    assert_false(p.usage.key_usage_critical);
    assert_int_equal(p.usage.purposes_n, 2);
    assert_true(bytes_equal(p.usage.purposes[0], oid_octets(OID_CLIENT_AUTH)));
    assert_true(p.usage.purposes_critical);
    assert_int_equal(p.subject_n, 4);
    assert_int_equal(p.subject[1].attribute, OID_ORGANIZATIONAL_UNIT);
    assert_false(p.subject[1].required);
    assert_true(p.subject[2].required);
    assert_int_equal(p.extensions_n, 4);
    assert_true(bytes_equal(p.extensions[0].type, oid_octets(OID_GB_IDENTITY)));
    assert_true(p.extensions[0].critical && p.extensions[0].required);
    assert_int_equal(p.extensions[0].tag, 0);
    assert_int_equal(p.extensions[1].kind, PROFILE_NULL);
    assert_int_equal(p.extensions[1].tag, -1);
    assert_int_equal(p.extensions[2].der.n, 8);
    assert_int_equal(p.extensions[3].values_n, 2);
    p = profile_of(*state, "{" USAGE "," SUBJECT "}");
    assert_int_equal(p.days, 0);
    assert_true(p.usage.key_usage_critical);
    assert_int_equal(p.usage.purposes_n, 0);
    assert_int_equal(p.extensions_n, 0);
}

#define EXT(oid, type, rest) WITH_EXTENSION("{\"oid\":\"" oid "\",\"type\":\"" type "\"" rest "}")
#define SUBJECT_OF(parts) "{" USAGE ",\"subject\":[" parts "]}"
#define NAMED "{\"attribute\":\"CN\",\"value\":\"{name}\"},{\"attribute\":\"serialNumber\",\"value\":\"{staff_no}\"}"

static const struct {
    const char *json;
    err e;
    const char *field;
} wrong[] = {
    {"", ERR_JSON, ""},
    {"[]", ERR_JSON, ""},
    {"{\"a\":1,\"a\":1}", ERR_JSON, ""},
    {"{}", ERR_FIELD_MISSING, "definition.key_usage"},
    {WITH("\"other\":1"), ERR_FIELD_UNKNOWN, "definition.other"},
    {WITH("\"validity_days\":0"), ERR_FIELD_VALUE, "definition.validity_days"},
    {WITH("\"validity_days\":3661"), ERR_FIELD_VALUE, "definition.validity_days"},
    {WITH("\"validity_days\":\"1\""), ERR_FIELD_TYPE, "definition.validity_days"},
    /* usages */
    {"{\"key_usage\":1," SUBJECT "}", ERR_FIELD_TYPE, "definition.key_usage"},
    {"{\"key_usage\":{}," SUBJECT "}", ERR_FIELD_VALUE, "definition.key_usage.bits"},
    {"{\"key_usage\":{\"bits\":[],\"x\":1}," SUBJECT "}", ERR_FIELD_UNKNOWN, "definition.key_usage.x"},
    {"{\"key_usage\":{\"bits\":[\"keyEncipherment\"]}," SUBJECT "}", ERR_FIELD_VALUE, "definition.key_usage.bits"},
    {"{\"key_usage\":{\"bits\":[\"digitalSignature\",\"keyCertSign\"]}," SUBJECT "}", ERR_FIELD_VALUE,
     "definition.key_usage.bits"},
    {"{\"key_usage\":{\"bits\":[\"digitalSignature\",\"cRLSign\"]}," SUBJECT "}", ERR_FIELD_VALUE,
     "definition.key_usage.bits"},
    {"{\"key_usage\":{\"bits\":[\"digitalSignature\",\"encipherOnly\"]}," SUBJECT "}", ERR_FIELD_VALUE,
     "definition.key_usage.bits"},
    {"{\"key_usage\":{\"bits\":[\"digitalSignature\",\"digitalSignature\"]}," SUBJECT "}", ERR_FIELD_VALUE,
     "definition.key_usage.bits"},
    {"{\"key_usage\":{\"bits\":[\"signing\"]}," SUBJECT "}", ERR_FIELD_VALUE, "definition.key_usage.bits"},
    {"{\"key_usage\":{\"bits\":[7]}," SUBJECT "}", ERR_FIELD_TYPE, "definition.key_usage.bits"},
    {"{\"key_usage\":{\"bits\":[\"digitalSignature\"],\"critical\":1}," SUBJECT "}", ERR_FIELD_TYPE,
     "definition.key_usage.critical"},
    {WITH("\"extended_key_usage\":{\"purposes\":[\"1.3.6.1.5.5.7.3.8\"]}"), ERR_FIELD_VALUE,
     "definition.extended_key_usage.purposes"},
    {WITH("\"extended_key_usage\":{\"purposes\":[\"1.3.6.1.5.5.7.3.9\"]}"), ERR_FIELD_VALUE,
     "definition.extended_key_usage.purposes"},
    {WITH("\"extended_key_usage\":{\"purposes\":[\"1.2.3\",\"1.2.3\"]}"), ERR_FIELD_VALUE,
     "definition.extended_key_usage.purposes"},
    {WITH("\"extended_key_usage\":{\"purposes\":[\"clientAuth\"]}"), ERR_FIELD_VALUE,
     "definition.extended_key_usage.purposes"},
    {WITH("\"extended_key_usage\":{\"purposes\":\"1.2.3\"}"), ERR_FIELD_TYPE, "definition.extended_key_usage.purposes"},
    {WITH("\"extended_key_usage\":{\"purposes\":[\"1.2.1\",\"1.2.2\",\"1.2.3\",\"1.2.4\",\"1.2.5\",\"1.2.6\",\"1.2.7\","
          "\"1.2.8\",\"1.2.9\"]}"),
     ERR_FIELD_LENGTH, "definition.extended_key_usage.purposes"},
    /* subject */
    {"{" USAGE "}", ERR_FIELD_VALUE, "definition.subject"},
    {SUBJECT_OF("{\"attribute\":\"CN\",\"value\":\"{name}\"}"), ERR_FIELD_VALUE, "definition.subject"},
    {SUBJECT_OF("{\"attribute\":\"CN\",\"value\":\"{staff_no}\"}"), ERR_FIELD_VALUE, "definition.subject"},
    {SUBJECT_OF("{\"attribute\":\"O\",\"value\":\"{name}{staff_no}\"}"), ERR_FIELD_VALUE, "definition.subject"},
    {SUBJECT_OF("7"), ERR_FIELD_TYPE, "definition.subject.0"},
    {SUBJECT_OF(NAMED ",{\"attribute\":\"CN\",\"value\":\"x\"}"), ERR_FIELD_VALUE, "definition.subject.2.attribute"},
    {SUBJECT_OF("{\"attribute\":\"emailAddress\",\"value\":\"x\"}"), ERR_FIELD_VALUE, "definition.subject.0.attribute"},
    {SUBJECT_OF("{\"attribute\":\"C\",\"value\":\"China\"}"), ERR_FIELD_VALUE, "definition.subject.0.value"},
    {SUBJECT_OF("{\"attribute\":\"serialNumber\",\"value\":\"工号{staff_no}\"}"), ERR_FIELD_VALUE,
     "definition.subject.0.value"},
    {SUBJECT_OF(
         "{\"attribute\":\"O\",\"value\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"}"),
     ERR_FIELD_VALUE, "definition.subject.0.value"},
    {SUBJECT_OF("{\"attribute\":\"O\",\"value\":\"\"}"), ERR_FIELD_LENGTH, "definition.subject.0.value"},
    {SUBJECT_OF("{\"attribute\":\"O\"}"), ERR_FIELD_MISSING, "definition.subject.0.value"},
    {SUBJECT_OF("{\"value\":\"x\"}"), ERR_FIELD_MISSING, "definition.subject.0.attribute"},
    {SUBJECT_OF("{\"attribute\":\"O\",\"value\":\"{nam}\"}"), ERR_FIELD_VALUE, "definition.subject.0.value"},
    {SUBJECT_OF("{\"attribute\":\"O\",\"value\":\"a\\u202eb\"}"), ERR_FIELD_VALUE, "definition.subject.0.value"},
    {SUBJECT_OF("{\"attribute\":\"O\",\"value\":\"a\\nb\"}"), ERR_FIELD_VALUE, "definition.subject.0.value"},
    {SUBJECT_OF("{\"attribute\":\"O\",\"value\":\"x\",\"missing\":\"no\"}"), ERR_FIELD_VALUE,
     "definition.subject.0.missing"},
    {SUBJECT_OF("{\"attribute\":\"O\",\"value\":\"x\",\"missing\":true}"), ERR_FIELD_TYPE,
     "definition.subject.0.missing"},
    /* extensions: the type's OID */
    {WITH("\"extensions\":{}"), ERR_FIELD_TYPE, "definition.extensions"},
    {EXT("", "NULL", ""), ERR_FIELD_LENGTH, "definition.extensions.0.oid"},
    {EXT("1", "NULL", ""), ERR_FIELD_VALUE, "definition.extensions.0.oid"},
    {EXT("1.2.", "NULL", ""), ERR_FIELD_VALUE, "definition.extensions.0.oid"},
    {EXT("1.40.1", "NULL", ""), ERR_FIELD_VALUE, "definition.extensions.0.oid"},
    {EXT("3.1.1", "NULL", ""), ERR_FIELD_VALUE, "definition.extensions.0.oid"},
    {EXT("1.2.a", "NULL", ""), ERR_FIELD_VALUE, "definition.extensions.0.oid"},
    {EXT("1.2.03", "NULL", ""), ERR_FIELD_VALUE, "definition.extensions.0.oid"},
    {EXT("2.5.29.14", "NULL", ""), ERR_FIELD_VALUE, "definition.extensions.0.oid"},
    {EXT("2.5.29.15", "NULL", ""), ERR_FIELD_VALUE, "definition.extensions.0.oid"},
    {EXT("2.5.29.19", "DER", ",\"value\":\"MAMBAf8=\""), ERR_FIELD_VALUE, "definition.extensions.0.oid"},
    {EXT("2.5.29.31", "NULL", ""), ERR_FIELD_VALUE, "definition.extensions.0.oid"},
    {EXT("2.5.29.35", "NULL", ""), ERR_FIELD_VALUE, "definition.extensions.0.oid"},
    {EXT("2.5.29.37", "NULL", ""), ERR_FIELD_VALUE, "definition.extensions.0.oid"},
    {EXT("1.3.6.1.5.5.7.1.1", "NULL", ""), ERR_FIELD_VALUE, "definition.extensions.0.oid"},
    {EXT("2.5.29.32", "UTF8String", ",\"value\":\"x\""), ERR_FIELD_VALUE, "definition.extensions.0.type"},
    {EXT("1.3.6.1.5.5.7.1.3", "NULL", ""), ERR_FIELD_VALUE, "definition.extensions.0.type"},
    {WITH_EXTENSION("{\"oid\":\"1.2.3\",\"type\":\"NULL\"},{\"oid\":\"1.2.3\",\"type\":\"NULL\"}"), ERR_FIELD_VALUE,
     "definition.extensions.1.oid"},
    {WITH_EXTENSION("{\"type\":\"NULL\"}"), ERR_FIELD_MISSING, "definition.extensions.0.oid"},
    {WITH_EXTENSION("{\"oid\":\"1.2.3\"}"), ERR_FIELD_MISSING, "definition.extensions.0.type"},
    {EXT("1.2.3", "Text", ""), ERR_FIELD_VALUE, "definition.extensions.0.type"},
    {EXT("1.2.3", "NULL", ",\"tag\":31"), ERR_FIELD_VALUE, "definition.extensions.0.tag"},
    {EXT("1.2.3", "NULL", ",\"tag\":-1"), ERR_FIELD_VALUE, "definition.extensions.0.tag"},
    {EXT("1.2.3", "NULL", ",\"tag\":\"0\""), ERR_FIELD_TYPE, "definition.extensions.0.tag"},
    {EXT("1.2.3", "NULL", ",\"critical\":\"no\""), ERR_FIELD_TYPE, "definition.extensions.0.critical"},
    {EXT("1.2.3", "NULL", ",\"colour\":1"), ERR_FIELD_UNKNOWN, "definition.extensions.0.colour"},
    {EXT("1.2.3", "NULL", ",\"value\":\"x\""), ERR_FIELD_UNKNOWN, "definition.extensions.0.value"},
    /* and values */
    {EXT("1.2.3", "UTF8String", ""), ERR_FIELD_MISSING, "definition.extensions.0.value"},
    {EXT("1.2.3", "UTF8String", ",\"value\":5"), ERR_FIELD_TYPE, "definition.extensions.0.value"},
    {EXT("1.2.3", "UTF8String", ",\"value\":\"a}\""), ERR_FIELD_VALUE, "definition.extensions.0.value"},
    {EXT("1.2.3", "UTF8String", ",\"values\":[\"a\"],\"value\":\"a\""), ERR_FIELD_UNKNOWN,
     "definition.extensions.0.values"},
    {EXT("1.2.3", "PrintableString", ",\"value\":\"心\""), ERR_FIELD_VALUE, "definition.extensions.0.value"},
    {EXT("1.2.3", "IA5String", ",\"value\":\"心\""), ERR_FIELD_VALUE, "definition.extensions.0.value"},
    {EXT("1.2.3", "NumericString", ",\"value\":\"1a\""), ERR_FIELD_VALUE, "definition.extensions.0.value"},
    {EXT("1.2.3", "INTEGER", ",\"value\":\"1a\""), ERR_FIELD_VALUE, "definition.extensions.0.value"},
    {EXT("1.2.3", "INTEGER", ",\"value\":\"01\""), ERR_FIELD_VALUE, "definition.extensions.0.value"},
    {EXT("1.2.3", "INTEGER", ",\"value\":\"-0\""), ERR_FIELD_VALUE, "definition.extensions.0.value"},
    {EXT("1.2.3", "INTEGER", ",\"value\":\"-\""), ERR_FIELD_VALUE, "definition.extensions.0.value"},
    {EXT("1.2.3", "INTEGER", ",\"value\":\"9223372036854775808\""), ERR_FIELD_VALUE, "definition.extensions.0.value"},
    {EXT("1.2.3", "BOOLEAN", ",\"value\":\"TRUE\""), ERR_FIELD_VALUE, "definition.extensions.0.value"},
    {EXT("1.2.3", "OCTET STRING", ",\"value\":\"0\""), ERR_FIELD_VALUE, "definition.extensions.0.value"},
    {EXT("1.2.3", "OCTET STRING", ",\"value\":\"zz\""), ERR_FIELD_VALUE, "definition.extensions.0.value"},
    {EXT("1.2.3", "SEQUENCE OF UTF8String", ""), ERR_FIELD_MISSING, "definition.extensions.0.values"},
    {EXT("1.2.3", "SEQUENCE OF UTF8String", ",\"values\":[]"), ERR_FIELD_MISSING, "definition.extensions.0.values"},
    {EXT("1.2.3", "SEQUENCE OF UTF8String", ",\"values\":[\"a\"],\"value\":\"a\""), ERR_FIELD_UNKNOWN,
     "definition.extensions.0.value"},
    {EXT("1.2.3", "DER", ""), ERR_FIELD_MISSING, "definition.extensions.0.value"},
    {EXT("1.2.3", "DER", ",\"value\":\"BQA\""), ERR_FIELD_VALUE, "definition.extensions.0.value"},
    {EXT("1.2.3", "DER", ",\"value\":\"MIAAAA==\""), ERR_FIELD_VALUE, "definition.extensions.0.value"},
    {EXT("1.2.3", "DER", ",\"value\":\"BQAFAA==\""), ERR_FIELD_VALUE, "definition.extensions.0.value"},
    {EXT("1.2.3", "DER", ",\"value\":\"AgIAAQ==\""), ERR_FIELD_VALUE, "definition.extensions.0.value"},
};

static void what_is_wrong_is_named(void **state)
{
    for (size_t i = 0; i < COUNT(wrong); i++) {
        profile_definition p;
        fault f;
        fault_clear(&f);
        err e = profile_read(*state, bytes_of_text(wrong[i].json), &p, &f);
        if (e != wrong[i].e || strcmp(f.field, wrong[i].field) != 0)
            fail_msg("%s: %s %s (%s)", wrong[i].json, err_code(e), f.field, f.detail);
        if (*wrong[i].field)
            assert_true(*f.detail);
    }
}

static void sizes_are_bounded(void **state)
{
    profile_definition p;
    fault f;
    char *large = arena_alloc(*state, PROFILE_JSON_MAX + 2);
    memset(large, ' ', PROFILE_JSON_MAX + 1);
    memcpy(large, "{" USAGE "," SUBJECT "}", strlen("{" USAGE "," SUBJECT "}"));
    fault_clear(&f);
    assert_int_equal(profile_read(*state, bytes_of(large, PROFILE_JSON_MAX), &p, &f), ERR_OK);
    assert_int_equal(profile_read(*state, bytes_of(large, PROFILE_JSON_MAX + 1), &p, &f), ERR_LENGTH);
    assert_int_equal(profile_read(*state, bytes_of("{\"\xff\":1}", 7), &p, &f), ERR_UTF8);

    char many[4096] = "{" USAGE "," SUBJECT ",\"extensions\":[";
    for (int i = 0; i <= PROFILE_EXTENSIONS_MAX; i++) {
        size_t n = strlen(many);
        snprintf(many + n, sizeof many - n, "%s{\"oid\":\"1.2.%d\",\"type\":\"NULL\"}", i ? "," : "", i);
    }
    strncat(many, "]}", sizeof many - strlen(many) - 1);
    assert_int_equal(profile_read(*state, bytes_of_text(many), &p, &f), ERR_FIELD_LENGTH);
    assert_string_equal(f.field, "definition.extensions");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_definition_is_read_whole),
        cmocka_unit_test(what_is_wrong_is_named),
        cmocka_unit_test(sizes_are_bounded),
    };
    return cmocka_run_group_tests(tests, arena_setup, arena_teardown);
}
