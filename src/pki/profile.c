#include "pki/profile.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

static const char *const type_names[PROFILE_TYPE_COUNT] = {
    [PROFILE_UTF8] = "UTF8String",
    [PROFILE_PRINTABLE] = "PrintableString",
    [PROFILE_IA5] = "IA5String",
    [PROFILE_NUMERIC] = "NumericString",
    [PROFILE_INTEGER] = "INTEGER",
    [PROFILE_BOOLEAN] = "BOOLEAN",
    [PROFILE_OCTETS] = "OCTET STRING",
    [PROFILE_NULL] = "NULL",
    [PROFILE_SEQUENCE] = "SEQUENCE OF UTF8String",
    [PROFILE_DER] = "DER",
};

/* What stands for a person's missing value in an example, of each type. */
static const char *const samples[PROFILE_TYPE_COUNT] = {
    [PROFILE_UTF8] = "示例",     [PROFILE_PRINTABLE] = "SAMPLE",
    [PROFILE_IA5] = "sample",    [PROFILE_NUMERIC] = "0",
    [PROFILE_INTEGER] = "0",     [PROFILE_BOOLEAN] = "false",
    [PROFILE_OCTETS] = "00",     [PROFILE_NULL] = "",
    [PROFILE_SEQUENCE] = "示例", [PROFILE_DER] = "",
};

const char *profile_type_name(profile_type type)
{
    return type_names[type];
}

/* ---- one value ---- */

static uint8_t string_tag(profile_type kind)
{
    switch (kind) {
    case PROFILE_PRINTABLE:
        return DER_PRINTABLE_STRING;
    case PROFILE_IA5:
        return DER_IA5_STRING;
    case PROFILE_NUMERIC:
        return DER_NUMERIC_STRING;
    default:
        return DER_UTF8_STRING;
    }
}

static err put_string(buffer *out, profile_type kind, bytes text)
{
    uint8_t tag = string_tag(kind);
    if (!der_string_valid(tag, text))
        return ERR_ENCODING;
    der_put(out, tag, text);
    return ERR_OK;
}

/* Minimal two's complement (X.690 8.3). */
static err put_integer(buffer *out, const char *text)
{
    const char *digits = text + (*text == '-');
    char *end;
    uint8_t octets[8];
    if (strspn(digits, "0123456789") != strlen(digits) || *digits == 0 || (*digits == '0' && text[1] != 0))
        return ERR_ENCODING;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (errno == ERANGE)
        return ERR_RANGE;
    store_u64be(octets, (uint64_t)value);
    size_t skip = 0;
    uint8_t filler = value < 0 ? 0xff : 0;
    while (skip < 7 && octets[skip] == filler && ((octets[skip + 1] ^ filler) & 0x80) == 0)
        skip++;
    der_put(out, DER_INTEGER, bytes_of(octets + skip, sizeof octets - skip));
    return ERR_OK;
}

static err put_octets(buffer *out, bytes text)
{
    uint8_t octets[PROFILE_VALUE_MAX / 2];
    if (text.n % 2 != 0 || text.n / 2 > sizeof octets)
        return ERR_ENCODING;
    TRY(hex_decode(octets, text.n / 2, (const char *)text.p, text.n));
    der_put(out, DER_OCTET_STRING, bytes_of(octets, text.n / 2));
    return ERR_OK;
}

/* text is terminated. */
static err put_value(buffer *out, profile_type kind, bytes text)
{
    const char *word = (const char *)text.p;
    switch (kind) {
    case PROFILE_INTEGER:
        return put_integer(out, word);
    case PROFILE_BOOLEAN:
        if (strcmp(word, "true") != 0 && strcmp(word, "false") != 0)
            return ERR_ENCODING;
        der_put_boolean(out, *word == 't');
        return ERR_OK;
    case PROFILE_OCTETS:
        return put_octets(out, text);
    default:
        return put_string(out, kind, text);
    }
}

/* ---- for one person ---- */

typedef struct application {
    arena *a;
    const profile_person *who;
    fault *f;
} application;

/* What is wrong with a part of the definition for this person; both texts name `of` where it says %s. */
static err refuse(application *x, const char *part, size_t i, const char *zh, const char *en, const char *of)
{
    const char *z = strchr(zh, '%'), *e = strchr(en, '%');
    if (z && e)
        fault_set(x->f, ERR_PROFILE, "%.*s%s%s / %.*s%s%s", (int)(z - zh), zh, of, z + 2, (int)(e - en), en, of, e + 2);
    else
        fault_set(x->f, ERR_PROFILE, "%s / %s", zh, en);
    return fault_field(x->f, ERR_PROFILE, "definition.%s.%zu", part, i);
}

/* The template's text for the person, terminated; *there false: he lacks something, and that is to be left out. */
static err text_of(application *x, const char *template, profile_type kind, bool required, const char *part, size_t i,
                   bytes *out, bool *there)
{
    buffer b = buffer_over(arena_alloc(x->a, PROFILE_VALUE_MAX + 1), PROFILE_VALUE_MAX);
    const char *missing;
    if (!b.p)
        return ERR_MEMORY;
    TRY(profile_expand(x->a, &b, template, x->who, &missing));
    if (missing && x->who->sample) {
        b.n = 0;
        buffer_put(&b, samples[kind], strlen(samples[kind]));
        missing = NULL;
    }
    *there = !missing;
    if (missing && required)
        return refuse(x, part, i, "模板要求 {%s}，此人没有",
                      "the profile requires {%s}, which this person does not have", missing);
    if (b.overflow)
        return refuse(x, part, i, "%s 的值过长", "the value of %s is too long", template);
    *out = bytes_of(b.p, b.n);
    return ERR_OK;
}

static err apply_subject(application *x, const profile_definition *p, profile_applied *out)
{
    name_field fields[PROFILE_SUBJECT_MAX];
    buffer name = buffer_over(arena_alloc(x->a, NAME_DER_MAX), NAME_DER_MAX);
    if (!name.p)
        return ERR_MEMORY;
    for (size_t i = 0; i < p->subject_n; i++) {
        const profile_part *part = &p->subject[i];
        bool printable = part->attribute == OID_SERIAL_NUMBER || part->attribute == OID_COUNTRY, there;
        uint8_t scratch[NAME_DER_MAX];
        buffer alone = buffer_over(scratch, sizeof scratch);
        bytes text = {NULL, 0};
        TRY(text_of(x, part->value, printable ? PROFILE_PRINTABLE : PROFILE_UTF8, part->required, "subject", i, &text,
                    &there));
        fields[i] = (name_field){part->attribute, there ? (const char *)text.p : NULL};
        if (!there)
            out->subject_left_out |= UINT32_C(1) << i;
        /* Each by itself, so that the one that is wrong is named. */
        if (name_build(&alone, &fields[i], 1) != ERR_OK)
            return refuse(x, "subject", i, "%s 的值为空、过长或含不允许的字符",
                          "the value of %s is empty, too long, or has characters that do not fit",
                          oid_name(part->attribute));
    }
    err e = name_build(&name, fields, p->subject_n);
    out->subject = bytes_of(name.p, name.n);
    return e == ERR_LENGTH || name.n > PROFILE_SUBJECT_DER_MAX
               ? refuse(x, "subject", 0, "主体过长", "the subject is too long", "")
               : e;
}

static err put_elements(application *x, const profile_extension *t, size_t i, buffer *out, bool *there)
{
    size_t sequence = t->kind == PROFILE_SEQUENCE ? der_open(out, DER_SEQUENCE) : 0;
    *there = false;
    for (size_t k = 0; k < t->values_n; k++) {
        bytes text = {NULL, 0};
        bool one;
        TRY(text_of(x, t->values[k], t->kind, t->required, "extensions", i, &text, &one));
        if (!one)
            continue;
        *there = true;
        if (put_value(out, t->kind, text) != ERR_OK)
            return refuse(x, "extensions", i, "此人的值与 %s 不符", "the person's value does not fit %s",
                          type_names[t->kind]);
    }
    if (t->kind == PROFILE_SEQUENCE)
        der_close(out, sequence);
    return ERR_OK;
}

static err apply_extension(application *x, const profile_extension *t, size_t i, profile_applied *out)
{
    enum { ROOM = 2 * PROFILE_VALUE_MAX };
    buffer b = buffer_over(arena_alloc(x->a, ROOM), ROOM);
    bool there = true;
    if (!b.p)
        return ERR_MEMORY;
    size_t tagged = t->tag >= 0 ? der_open(&b, DER_CONTEXT_CONSTRUCTED((unsigned)t->tag)) : 0;
    if (t->kind == PROFILE_NULL)
        der_put_null(&b);
    else if (t->kind == PROFILE_DER)
        buffer_put(&b, t->der.p, t->der.n);
    else
        TRY(put_elements(x, t, i, &b, &there));
    if (t->tag >= 0)
        der_close(&b, tagged);
    if (b.overflow)
        return refuse(x, "extensions", i, "值过长", "the value is too long", "");
    if (there)
        out->extensions[out->extensions_n++] = (extension){t->type, t->critical, bytes_of(b.p, b.n)};
    else
        out->extensions_left_out |= UINT32_C(1) << i;
    return ERR_OK;
}

err profile_apply(arena *a, const profile_definition *p, const profile_person *who, profile_applied *out, fault *f)
{
    application x = {a, who, f};
    memset(out, 0, sizeof *out);
    TRY(apply_subject(&x, p, out));
    for (size_t i = 0; i < p->extensions_n; i++)
        TRY(apply_extension(&x, &p->extensions[i], i, out));
    return ERR_OK;
}
