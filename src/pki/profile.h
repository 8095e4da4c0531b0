/* Profiles of persons' certificates: what a hospital wants to stand in them. A definition is JSON (docs/operations/certificate-profiles.md);
 * it is read strictly, and applied to one person it gives his certificate's subject and further extensions. */
#ifndef YIQIAN_PKI_PROFILE_H
#define YIQIAN_PKI_PROFILE_H

#include "asn1/name.h"
#include "base/arena.h"
#include "base/fault.h"
#include "pki/cert.h"

enum {
    PROFILE_JSON_MAX = 32768,
    PROFILE_DAYS_MAX = 3660,
    PROFILE_SUBJECT_MAX = 16, /* parts of the subject */
    PROFILE_UNITS_MAX = 4,    /* OUs among them */
    PROFILE_PURPOSES_MAX = 8,
    PROFILE_EXTENSIONS_MAX = 16,
    PROFILE_VALUES_MAX = 16,       /* elements of a SEQUENCE OF */
    PROFILE_TEMPLATE_MAX = 256,    /* characters */
    PROFILE_VALUE_MAX = 1024,      /* bytes of what a template gives, and of a DER value */
    PROFILE_SUBJECT_DER_MAX = 768, /* bytes: what both sides of a certificate request have room for */
    PROFILE_CERTIFICATE_MAX =
        4096 /* bytes of the whole certificate: what a device keeps of it (sdk/c/src/stored_key.h) */
};

typedef enum profile_type {
    PROFILE_UTF8,
    PROFILE_PRINTABLE,
    PROFILE_IA5,
    PROFILE_NUMERIC,
    PROFILE_INTEGER,  /* decimal, 64 bits */
    PROFILE_BOOLEAN,  /* "true", "false" */
    PROFILE_OCTETS,   /* hex */
    PROFILE_NULL,     /* no value */
    PROFILE_SEQUENCE, /* SEQUENCE OF UTF8String: `values` */
    PROFILE_DER,      /* base64, without placeholders: one value in strict DER */
    PROFILE_TYPE_COUNT
} profile_type;

/* "UTF8String", "SEQUENCE OF UTF8String", "DER" ... Static storage. */
const char *profile_type_name(profile_type type);

typedef struct profile_part {
    oid attribute;
    const char *value; /* a template */
    bool required;     /* a person without it gets no certificate; else the part is left out */
} profile_part;

typedef struct profile_extension {
    bytes type; /* content octets of the OID */
    bool critical, required;
    profile_type kind;
    int tag;                   /* EXPLICIT [tag] around the value; -1: none */
    const char *const *values; /* templates: one, or a SEQUENCE's elements; of PROFILE_NULL none */
    size_t values_n;
    bytes der; /* of PROFILE_DER */
} profile_extension;

typedef struct profile_definition {
    int64_t days; /* 0: the server's setting certificate_life */
    cert_usage usage;
    profile_part subject[PROFILE_SUBJECT_MAX];
    size_t subject_n;
    profile_extension extensions[PROFILE_EXTENSIONS_MAX];
    size_t extensions_n;
} profile_definition;

/* Reads and checks a definition. What it gives is in the arena. ERR_JSON, ERR_UTF8, ERR_LENGTH (more than PROFILE_JSON_MAX bytes), ERR_FIELD_*
 * with the field and, in words, what is wrong: an OID that is none or is the CA's to write, an unknown placeholder, fixed text that is too long or
 * has characters that the type does not take, a subject that does not name the person (CN with {name}, and {staff_no}), keyUsage of a CA's
 * or of none that signs. */
MUST_CHECK err profile_read(arena *a, bytes json, profile_definition *out, fault *f);

typedef struct profile_attribute {
    const char *name, *value;
} profile_attribute;

/* Whose certificate it is. NULL: he has none. */
typedef struct profile_person {
    const char *name, *staff_no, *department, *organisation;
    const profile_attribute *attributes;
    size_t attributes_n;
    bool sample; /* an example: what is missing gets a value that fits its type */
} profile_person;

typedef struct profile_applied {
    bytes subject; /* Name, DER */
    extension extensions[PROFILE_EXTENSIONS_MAX];
    size_t extensions_n;
    uint32_t subject_left_out, extensions_left_out; /* bit i: part i of the definition */
} profile_applied;

/* What the person's certificate says by this profile, in the arena. ERR_PROFILE: he lacks something that it requires, or has a value that is too
 * long or does not fit the type; the fault's field names the part of the definition, its detail says what. ERR_MEMORY. */
MUST_CHECK err profile_apply(arena *a, const profile_definition *p, const profile_person *who, profile_applied *out,
                             fault *f);

/* ---- templates: text with {name} {staff_no} {department} {organisation} {attribute:NAME} ---- */

enum { PROFILE_ATTRIBUTE_NAME_MAX = 64 /* characters */ };

/* Appends the text for the person. *missing is set to the placeholder for which he has nothing, in the arena ("attribute:licence"); NULL where he
 * has all. who NULL: only the fixed text. ERR_FIELD_VALUE: a brace that belongs to none of these; ERR_MEMORY. What does not fit sets
 * out->overflow. */
MUST_CHECK err profile_expand(arena *a, buffer *out, const char *text, const profile_person *who, const char **missing);

/* True if the placeholder ("name") stands in the template. */
bool profile_has_placeholder(const char *text, const char *placeholder);

#endif
