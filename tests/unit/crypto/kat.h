/* The standards' own examples, tests/kat/sm2.json. */
#ifndef YIQIAN_TESTS_CRYPTO_KAT_H
#define YIQIAN_TESTS_CRYPTO_KAT_H

#include <jansson.h>

#include "peer.h"

/* The file, or one of its members; the caller releases the file with json_decref. */
static inline json_t *kat_load(void)
{
    json_error_t error;
    json_t *kat = json_load_file(YIQIAN_SOURCE_DIR "/tests/kat/sm2.json", 0, &error);
    if (!kat)
        fail_msg("%s: %s", error.source, error.text);
    return kat;
}

static inline const char *kat_text(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    if (!text)
        fail_msg("no %s", name);
    return text;
}

static inline void kat_bytes(uint8_t *out, size_t n, const json_t *object, const char *name)
{
    from_hex(out, n, kat_text(object, name));
}

#endif
