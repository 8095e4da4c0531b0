/* A definition from its JSON. Paths of fields end with a point, or are empty. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "asn1/der_text.h"
#include "base/text.h"
#include "pki/extension_text.h"
#include "pki/profile.h"

typedef struct reading {
    arena *a;
    fault *f;
} reading;

static err wrong(const reading *r, err e, const char *path, const char *name, const char *detail)
{
    return fault_field(r->f, fault_set(r->f, e, "%s", detail), "definition.%s%s", path, name);
}

/* names: separated by spaces, with one at both ends. */
static err only(const reading *r, json_t *object, const char *path, const char *names)
{
    const char *name;
    json_t *value;
    json_object_foreach(object, name, value)
    {
        char word[64];
        int n = snprintf(word, sizeof word, " %s ", name);
        if (n < 0 || (size_t)n >= sizeof word || !strstr(names, word) || strchr(name, ' '))
            return wrong(r, ERR_FIELD_UNKNOWN, path, n < (int)sizeof word ? name : "", "没有这个字段 / no such field");
    }
    return ERR_OK;
}

static bool has_control(const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
            return true;
    return false;
}

/* A text of 1 to max characters; *out NULL where an optional one is not there. */
static err read_text(const reading *r, const json_t *value, const char *path, const char *name, bool required,
                     size_t max, const char **out)
{
    *out = NULL;
    if (!value || json_is_null(value))
        return required ? wrong(r, ERR_FIELD_MISSING, path, name, "缺少此项 / is missing") : ERR_OK;
    if (!json_is_string(value))
        return wrong(r, ERR_FIELD_TYPE, path, name, "应为文字 / want a string");
    const char *text = json_string_value(value);
    size_t n = json_string_length(value);
    if (n == 0 || utf8_length(text, n) > max)
        return wrong(r, ERR_FIELD_LENGTH, path, name, "为空或过长 / is empty or too long");
    if (has_control(text, n) || utf8_deceptive(text, n))
        return wrong(
            r, ERR_FIELD_VALUE, path, name,
            "不允许控制字符、不可见字符与方向字符 / control, invisible and directional characters are not allowed");
    *out = arena_text(r->a, text, n);
    return *out ? ERR_OK : ERR_MEMORY;
}

static err read_flag(const reading *r, const json_t *object, const char *path, const char *name, bool *out)
{
    const json_t *value = json_object_get(object, name);
    if (!value || json_is_null(value))
        return ERR_OK;
    if (!json_is_boolean(value))
        return wrong(r, ERR_FIELD_TYPE, path, name, "应为 true 或 false / want true or false");
    *out = json_is_true(value);
    return ERR_OK;
}

/* An array of at most max elements; *out NULL where it is not there. */
static err read_array(const reading *r, const json_t *object, const char *path, const char *name, size_t max,
                      const json_t **out)
{
    const json_t *value = json_object_get(object, name);
    *out = NULL;
    if (!value || json_is_null(value))
        return ERR_OK;
    if (!json_is_array(value))
        return wrong(r, ERR_FIELD_TYPE, path, name, "应为数组 / want an array");
    if (json_array_size(value) > max)
        return wrong(r, ERR_FIELD_LENGTH, path, name, "元素过多 / has too many elements");
    *out = value;
    return ERR_OK;
}

static err read_object(const reading *r, json_t *value, const char *path, const char *name, const char *names)
{
    char inner[64];
    if (!json_is_object(value))
        return wrong(r, ERR_FIELD_TYPE, path, name, "应为对象 / want an object");
    snprintf(inner, sizeof inner, "%s%s.", path, name);
    return only(r, value, inner, names);
}

/* "leave_out" (also where nothing is said) or "refuse". */
static err read_missing(const reading *r, const json_t *object, const char *path, bool *required)
{
    const char *word;
    TRY(read_text(r, json_object_get(object, "missing"), path, "missing", false, 16, &word));
    *required = word && strcmp(word, "refuse") == 0;
    return !word || *required || strcmp(word, "leave_out") == 0
               ? ERR_OK
               : wrong(r, ERR_FIELD_VALUE, path, "missing", "leave_out or refuse");
}

static err read_oid(const reading *r, const json_t *value, const char *path, const char *name, bytes *out)
{
    const char *text;
    uint8_t *octets = arena_alloc(r->a, 64);
    if (!octets)
        return ERR_MEMORY;
    buffer b = buffer_over(octets, 64);
    TRY(read_text(r, value, path, name, true, 160, &text));
    if (oid_from_text(&b, bytes_of_text(text)) != ERR_OK)
        return wrong(
            r, ERR_FIELD_VALUE, path, name,
            "应为点分十进制的 OID，如 1.2.156.1 / want an object identifier in dotted decimal, such as 1.2.156.1");
    *out = bytes_of(octets, b.n);
    return ERR_OK;
}

/* ---- usages ---- */

static err read_usage_bit(const reading *r, const json_t *value, uint16_t *bits)
{
    const char *word;
    TRY(read_text(r, value, "key_usage.", "bits", true, 32, &word));
    for (unsigned i = 0; i < EXTENSION_KEY_USAGES; i++)
        if (strcmp(word, extension_key_usage_name(i)) == 0) {
            if (*bits & 1u << i)
                return wrong(r, ERR_FIELD_VALUE, "key_usage.", "bits", "用途重复 / a usage stands there twice");
            *bits |= (uint16_t)(1u << i);
            return ERR_OK;
        }
    return wrong(r, ERR_FIELD_VALUE, "key_usage.", "bits", "没有这个用途 / no such usage");
}

static err read_key_usage(const reading *r, const json_t *root, profile_definition *out)
{
    json_t *object = json_object_get(root, "key_usage");
    const json_t *bits;
    uint16_t u = 0;
    out->usage.key_usage_critical = true;
    if (!object)
        return wrong(r, ERR_FIELD_MISSING, "", "key_usage", "缺少此项 / is missing");
    TRY(read_object(r, object, "", "key_usage", " bits critical "));
    TRY(read_flag(r, object, "key_usage.", "critical", &out->usage.key_usage_critical));
    TRY(read_array(r, object, "key_usage.", "bits", EXTENSION_KEY_USAGES, &bits));
    for (size_t i = 0; i < json_array_size(bits); i++)
        TRY(read_usage_bit(r, json_array_get(bits, i), &u));
    if (u & (CERT_KEY_CERT_SIGN | CERT_CRL_SIGN))
        return wrong(r, ERR_FIELD_VALUE, "key_usage.", "bits",
                     "keyCertSign 与 cRLSign 只属于 CA / keyCertSign and cRLSign are a CA's");
    if (!(u & (CERT_DIGITAL_SIGNATURE | CERT_NON_REPUDIATION)))
        return wrong(
            r, ERR_FIELD_VALUE, "key_usage.", "bits",
            "签名需要 digitalSignature 或 nonRepudiation / digitalSignature or nonRepudiation is needed to sign");
    if ((u & (CERT_ENCIPHER_ONLY | CERT_DECIPHER_ONLY)) && !(u & CERT_KEY_AGREEMENT))
        return wrong(
            r, ERR_FIELD_VALUE, "key_usage.", "bits",
            "encipherOnly 与 decipherOnly 须与 keyAgreement 同用 / encipherOnly and decipherOnly go with keyAgreement");
    out->usage.key_usage = u;
    return ERR_OK;
}

static err read_purpose(const reading *r, const json_t *value, bytes *purposes, size_t n)
{
    TRY(read_oid(r, value, "extended_key_usage.", "purposes", &purposes[n]));
    oid known = oid_from_octets(purposes[n]);
    if (known == OID_TIME_STAMPING || known == OID_OCSP_SIGNING)
        return wrong(r, ERR_FIELD_VALUE, "extended_key_usage.", "purposes",
                     "timeStamping 与 OCSPSigning 只属于机构，不属于个人 / timeStamping and OCSPSigning are an "
                     "authority's, no person's");
    for (size_t i = 0; i < n; i++)
        if (bytes_equal(purposes[i], purposes[n]))
            return wrong(r, ERR_FIELD_VALUE, "extended_key_usage.", "purposes",
                         "用途重复 / a purpose stands there twice");
    return ERR_OK;
}

static err read_purposes(const reading *r, const json_t *root, profile_definition *out)
{
    json_t *object = json_object_get(root, "extended_key_usage");
    const json_t *list;
    if (!object || json_is_null(object))
        return ERR_OK;
    TRY(read_object(r, object, "", "extended_key_usage", " purposes critical "));
    TRY(read_flag(r, object, "extended_key_usage.", "critical", &out->usage.purposes_critical));
    TRY(read_array(r, object, "extended_key_usage.", "purposes", PROFILE_PURPOSES_MAX, &list));
    out->usage.purposes_n = json_array_size(list);
    bytes *purposes = arena_alloc(r->a, out->usage.purposes_n * sizeof *purposes);
    if (!purposes)
        return ERR_MEMORY;
    for (size_t i = 0; i < out->usage.purposes_n; i++)
        TRY(read_purpose(r, json_array_get(list, i), purposes, i));
    out->usage.purposes = purposes;
    return ERR_OK;
}

/* ---- subject ---- */

static const oid attributes[] = {
    OID_COUNTRY,     OID_STATE,         OID_LOCALITY, OID_ORGANIZATION, OID_ORGANIZATIONAL_UNIT,
    OID_COMMON_NAME, OID_SERIAL_NUMBER, OID_TITLE};

static err read_template(const reading *r, const json_t *value, const char *path, const char *name, const char **out)
{
    char fixed[PROFILE_VALUE_MAX];
    buffer b = buffer_over(fixed, sizeof fixed);
    const char *missing;
    TRY(read_text(r, value, path, name, true, PROFILE_TEMPLATE_MAX, out));
    if (profile_expand(r->a, &b, *out, NULL, &missing) != ERR_OK)
        return wrong(r, ERR_FIELD_VALUE, path, name,
                     "占位符为 {name} {staff_no} {department} {organisation} {attribute:名称} / placeholders are "
                     "{name} {staff_no} {department} {organisation} {attribute:NAME}");
    return ERR_OK;
}

/* What is fixed shows at once whether it can stand there: its characters, and that it alone is not too long already. */
static err check_part(const reading *r, const profile_part *part, const char *path)
{
    char fixed[4 * PROFILE_TEMPLATE_MAX + 1] = "";
    uint8_t scratch[NAME_DER_MAX];
    buffer b = buffer_over(fixed, sizeof fixed - 1), name = buffer_over(scratch, sizeof scratch);
    const char *missing;
    TRY(profile_expand(r->a, &b, part->value, NULL, &missing));
    if (b.n == 0 || (part->attribute == OID_COUNTRY && strchr(part->value, '{')))
        return ERR_OK;
    return name_build(&name, &(name_field){part->attribute, fixed}, 1) == ERR_OK
               ? ERR_OK
               : wrong(r, ERR_FIELD_VALUE, path, "value",
                       "超过此属性的长度，或含不允许的字符 / is too long for this attribute, or has characters that do "
                       "not fit");
}

static err read_part(const reading *r, json_t *object, size_t i, profile_definition *out)
{
    profile_part *part = &out->subject[i];
    char path[32], name[24];
    const char *word;
    size_t same = 0;
    snprintf(name, sizeof name, "subject.%zu", i);
    snprintf(path, sizeof path, "%s.", name);
    TRY(read_object(r, object, "", name, " attribute value missing "));
    TRY(read_text(r, json_object_get(object, "attribute"), path, "attribute", true, 32, &word));
    for (size_t k = 0; k < sizeof attributes / sizeof *attributes; k++)
        if (strcmp(word, oid_name(attributes[k])) == 0)
            part->attribute = attributes[k];
    if (part->attribute == OID_UNKNOWN)
        return wrong(r, ERR_FIELD_VALUE, path, "attribute", "C ST L O OU title CN serialNumber");
    for (size_t k = 0; k < i; k++)
        same += out->subject[k].attribute == part->attribute;
    if (same >= (part->attribute == OID_ORGANIZATIONAL_UNIT ? PROFILE_UNITS_MAX : 1))
        return wrong(r, ERR_FIELD_VALUE, path, "attribute", "此属性出现过多 / stands there too often");
    TRY(read_template(r, json_object_get(object, "value"), path, "value", &part->value));
    TRY(read_missing(r, object, path, &part->required));
    return check_part(r, part, path);
}

/* A certificate that does not say whose it is, or the same of two, is none (GB/T 20518: names are unambiguous). */
static err check_subject(const reading *r, profile_definition *out)
{
    bool named = false, numbered = false;
    for (size_t i = 0; i < out->subject_n; i++) {
        profile_part *part = &out->subject[i];
        named |= part->attribute == OID_COMMON_NAME && profile_has_placeholder(part->value, "name");
        numbered |= profile_has_placeholder(part->value, "staff_no");
    }
    if (!named)
        return wrong(
            r, ERR_FIELD_VALUE, "", "subject",
            "须有含 {name} 的 CN：证书要说明属于谁 / CN with {name} is needed: the certificate says whose it is");
    return numbered
               ? ERR_OK
               : wrong(r, ERR_FIELD_VALUE, "", "subject",
                       "须有一项含 {staff_no}：可能有人同名 / {staff_no} is needed: two people may have the same name");
}

static err read_subject(const reading *r, const json_t *root, profile_definition *out)
{
    const json_t *list;
    TRY(read_array(r, root, "", "subject", PROFILE_SUBJECT_MAX, &list));
    out->subject_n = json_array_size(list);
    for (size_t i = 0; i < out->subject_n; i++)
        TRY(read_part(r, json_array_get(list, i), i, out));
    return check_subject(r, out);
}

/* ---- extensions ---- */

/* The CA's own, and what only a CA's certificate or a list has. What other standards define is given whole. */
static bool is_forbidden(bytes type)
{
    static const uint8_t id_ce[] = {0x55, 0x1d}, id_pe[] = {0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x01};
    if (type.n == 3 && memcmp(type.p, id_ce, sizeof id_ce) == 0)
        return type.p[2] != 9 && type.p[2] != 17 && type.p[2] != 32;
    return type.n == 8 && memcmp(type.p, id_pe, sizeof id_pe) == 0 && (type.p[7] == 1 || type.p[7] == 11);
}

static bool is_standard(bytes type)
{
    static const uint8_t id_ce[] = {0x55, 0x1d}, id_pe[] = {0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x01};
    return (type.n >= 2 && memcmp(type.p, id_ce, sizeof id_ce) == 0) ||
           (type.n >= 7 && memcmp(type.p, id_pe, sizeof id_pe) == 0);
}

static err check_type(const reading *r, const profile_definition *out, size_t i, const char *path)
{
    const profile_extension *t = &out->extensions[i];
    if (is_forbidden(t->type))
        return wrong(
            r, ERR_FIELD_VALUE, path, "oid",
            "此扩展由 CA 写入，或不属于个人证书 / the CA writes this extension itself, or it is none of a person's");
    if (is_standard(t->type) && t->kind != PROFILE_DER)
        return wrong(r, ERR_FIELD_VALUE, path, "type",
                     "RFC 5280 的扩展须以 DER 给出 / an extension of RFC 5280 is given as DER");
    for (size_t k = 0; k < i; k++)
        if (bytes_equal(out->extensions[k].type, t->type))
            return wrong(r, ERR_FIELD_VALUE, path, "oid", "重复出现 / stands there twice");
    return ERR_OK;
}

static err read_kind(const reading *r, const json_t *object, const char *path, profile_type *out)
{
    const char *word;
    TRY(read_text(r, json_object_get(object, "type"), path, "type", true, 32, &word));
    for (unsigned k = 0; k < PROFILE_TYPE_COUNT; k++)
        if (strcmp(word, profile_type_name((profile_type)k)) == 0) {
            *out = (profile_type)k;
            return ERR_OK;
        }
    return wrong(r, ERR_FIELD_VALUE, path, "type",
                 "UTF8String PrintableString IA5String NumericString INTEGER BOOLEAN OCTET STRING NULL SEQUENCE OF "
                 "UTF8String DER");
}

static err read_tag(const reading *r, const json_t *object, const char *path, int *out)
{
    const json_t *value = json_object_get(object, "tag");
    *out = -1;
    if (!value || json_is_null(value))
        return ERR_OK;
    if (!json_is_integer(value))
        return wrong(r, ERR_FIELD_TYPE, path, "tag", "应为整数 / want a whole number");
    json_int_t n = json_integer_value(value);
    if (n < 0 || n > 30)
        return wrong(r, ERR_FIELD_VALUE, path, "tag", "0 to 30");
    *out = (int)n;
    return ERR_OK;
}

static err read_der(const reading *r, const json_t *object, const char *path, bytes *out)
{
    const char *text;
    TRY(read_text(r, json_object_get(object, "value"), path, "value", true, PROFILE_VALUE_MAX * 4 / 3 + 4, &text));
    err e = base64_decode(r->a, text, strlen(text), out);
    if (e == ERR_MEMORY)
        return e;
    if (e != ERR_OK)
        return wrong(r, ERR_FIELD_VALUE, path, "value",
                     "应为 Base64（RFC 4648 §4） / want base64 with padding (RFC 4648 section 4)");
    if (out->n > PROFILE_VALUE_MAX)
        return wrong(r, ERR_FIELD_LENGTH, path, "value", "过长 / is too long");
    return der_check(*out) == ERR_OK
               ? ERR_OK
               : wrong(r, ERR_FIELD_VALUE, path, "value", "不是一个严格的 DER 值 / is not one value in strict DER");
}

static err read_values(const reading *r, const json_t *object, const char *path, profile_extension *t)
{
    const json_t *list = NULL;
    bool sequence = t->kind == PROFILE_SEQUENCE;
    if (sequence)
        TRY(read_array(r, object, path, "values", PROFILE_VALUES_MAX, &list));
    if (sequence && json_array_size(list) == 0)
        return wrong(r, ERR_FIELD_MISSING, path, "values", "缺少此项 / is missing");
    if (json_object_get(object, sequence ? "value" : "values"))
        return wrong(r, ERR_FIELD_UNKNOWN, path, sequence ? "value" : "values",
                     "与此类型不符 / does not go with this type");
    t->values_n = sequence ? json_array_size(list) : 1;
    const char **values = arena_alloc(r->a, t->values_n * sizeof *values);
    if (!values)
        return ERR_MEMORY;
    for (size_t i = 0; i < t->values_n; i++) {
        const json_t *one = sequence ? json_array_get(list, i) : json_object_get(object, "value");
        TRY(read_template(r, one, path, sequence ? "values" : "value", &values[i]));
    }
    t->values = values;
    return ERR_OK;
}

/* Without placeholders the value is the same for all, and shows at once whether it fits. */
static err check_fixed(const reading *r, const profile_extension *t, const char *path)
{
    static const profile_person nobody;
    profile_definition alone = {.extensions = {*t}, .extensions_n = 1};
    profile_applied out;
    fault f;
    for (size_t i = 0; i < t->values_n; i++)
        if (strchr(t->values[i], '{'))
            return ERR_OK;
    fault_clear(&f);
    err e = profile_apply(r->a, &alone, &nobody, &out, &f);
    return e == ERR_PROFILE ? wrong(r, ERR_FIELD_VALUE, path, t->kind == PROFILE_SEQUENCE ? "values" : "value",
                                    "与类型不符 / does not fit the type")
                            : e;
}

static err read_extension(const reading *r, json_t *object, size_t i, profile_definition *out)
{
    profile_extension *t = &out->extensions[i];
    char path[32], name[24];
    snprintf(name, sizeof name, "extensions.%zu", i);
    snprintf(path, sizeof path, "%s.", name);
    TRY(read_object(r, object, "", name, " oid critical type tag value values missing "));
    TRY(read_oid(r, json_object_get(object, "oid"), path, "oid", &t->type));
    TRY(read_flag(r, object, path, "critical", &t->critical));
    TRY(read_kind(r, object, path, &t->kind));
    TRY(read_tag(r, object, path, &t->tag));
    TRY(read_missing(r, object, path, &t->required));
    TRY(check_type(r, out, i, path));
    if (t->kind == PROFILE_DER)
        return read_der(r, object, path, &t->der);
    if (t->kind == PROFILE_NULL)
        return json_object_get(object, "value")
                   ? wrong(r, ERR_FIELD_UNKNOWN, path, "value", "NULL 没有值 / NULL has none")
                   : ERR_OK;
    TRY(read_values(r, object, path, t));
    return check_fixed(r, t, path);
}

static err read_extensions(const reading *r, const json_t *root, profile_definition *out)
{
    const json_t *list;
    TRY(read_array(r, root, "", "extensions", PROFILE_EXTENSIONS_MAX, &list));
    out->extensions_n = json_array_size(list);
    for (size_t i = 0; i < out->extensions_n; i++)
        TRY(read_extension(r, json_array_get(list, i), i, out));
    return ERR_OK;
}

static err read_days(const reading *r, const json_t *root, profile_definition *out)
{
    const json_t *value = json_object_get(root, "validity_days");
    if (!value || json_is_null(value))
        return ERR_OK;
    if (!json_is_integer(value))
        return wrong(r, ERR_FIELD_TYPE, "", "validity_days", "应为整数 / want a whole number");
    out->days = json_integer_value(value);
    return out->days >= 1 && out->days <= PROFILE_DAYS_MAX
               ? ERR_OK
               : wrong(r, ERR_FIELD_VALUE, "", "validity_days", "1 to 3660");
}

static err read_root(const reading *r, json_t *root, profile_definition *out)
{
    TRY(only(r, root, "", " validity_days key_usage extended_key_usage subject extensions "));
    TRY(read_days(r, root, out));
    TRY(read_key_usage(r, root, out));
    TRY(read_purposes(r, root, out));
    TRY(read_subject(r, root, out));
    return read_extensions(r, root, out);
}

err profile_read(arena *a, bytes json, profile_definition *out, fault *f)
{
    reading r = {a, f};
    memset(out, 0, sizeof *out);
    if (json.n > PROFILE_JSON_MAX)
        return wrong(&r, ERR_LENGTH, "", "", "过长 / is too long");
    if (!utf8_valid((const char *)json.p, json.n))
        return ERR_UTF8;
    json_t *root = json_loadb((const char *)json.p, json.n, JSON_REJECT_DUPLICATES, NULL);
    err e = json_is_object(root) ? read_root(&r, root, out) : ERR_JSON;
    json_decref(root);
    return e;
}
