/* Definitions of profiles for the tests, and what they give. */
#ifndef YIQIAN_TESTS_PKI_PROFILE_H
#define YIQIAN_TESTS_PKI_PROFILE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "pki/profile.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])
#define OCTETS(literal) bytes_of(literal, sizeof(literal) - 1)

#define USAGE "\"key_usage\":{\"bits\":[\"digitalSignature\"]}"
#define SUBJECT                                                                                                        \
    "\"subject\":[{\"attribute\":\"CN\",\"value\":\"{name}\"},{\"attribute\":\"serialNumber\",\"value\":\"{staff_no}"  \
    "\"}]"
/* A whole definition with this extension; and with these further fields. */
#define WITH_EXTENSION(json) "{" USAGE "," SUBJECT ",\"extensions\":[" json "]}"
#define WITH(json) "{" USAGE "," SUBJECT "," json "}"

static inline int arena_setup(void **state)
{
    *state = arena_create(16 << 20);
    return *state ? 0 : -1;
}

static inline int arena_teardown(void **state)
{
    arena_destroy(*state);
    return 0;
}

static const profile_attribute profile_attributes[] = {
    {"licence", "110110199001011234"}, {"执业", "医师"}, {"empty", ""}};
static const profile_person profile_doctor = {.name = "王建国",
                                              .staff_no = "D1001",
                                              .department = "心内科",
                                              .organisation = "示例医院",
                                              .attributes = profile_attributes,
                                              .attributes_n = COUNT(profile_attributes)};

static inline profile_definition profile_of(arena *a, const char *json)
{
    profile_definition p;
    fault f;
    fault_clear(&f);
    err e = profile_read(a, bytes_of_text(json), &p, &f);
    if (e != ERR_OK)
        fail_msg("%s: %s %s (%s)", json, err_code(e), f.field, f.detail);
    return p;
}

#endif
