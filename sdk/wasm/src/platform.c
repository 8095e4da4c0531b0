#include "platform.h"

#include "base/ct.h"
#include "imports.h"

enum { PIECE = 16384 };

static int load(void *context, const char *name, uint8_t *out, size_t capacity, size_t *n)
{
    (void)context;
    return import_storage_load(name, out, capacity, n);
}

static int save(void *context, const char *name, const uint8_t *p, size_t n)
{
    (void)context;
    return import_storage_save(name, p, n);
}

static int erase(void *context, const char *name)
{
    (void)context;
    return import_storage_erase(name);
}

/* Where the SDK takes no more, the rest is dropped outside with the next exchange of this call. */
static int exchange(void *context, const yq_http_request *request, int *status, yq_http_answer *answer)
{
    (void)context;
    uint8_t piece[PIECE];
    size_t n;
    int outcome = import_exchange(request, status);
    while (outcome == YQ_PLATFORM_OK && (n = import_take(piece, sizeof piece)) > 0)
        if (!yq_http_answer_write(answer, piece, n))
            outcome = YQ_PLATFORM_FAILED;
    wipe(piece, sizeof piece);
    return outcome;
}

static void stop(void *context)
{
    (void)context;
    import_stop();
}

static int fill(void *context, uint8_t *out, size_t n)
{
    (void)context;
    return import_random(out, n);
}

static int create(void *context, const char *name, uint8_t public_key[65])
{
    (void)context;
    return import_credential_create(name, public_key);
}

static int sign(void *context, const char *name, const uint8_t *message, size_t n, uint8_t rs[64])
{
    (void)context;
    return import_credential_sign(name, message, n, rs);
}

static int erase_credential(void *context, const char *name)
{
    (void)context;
    return import_credential_erase(name);
}

static int wrap(void *context, const char *name, const uint8_t *secret, size_t n)
{
    (void)context;
    return import_fingerprint_wrap(name, secret, n);
}

static int unwrap(void *context, const char *name, const char *prompt, uint8_t *secret, size_t capacity, size_t *n)
{
    (void)context;
    return import_fingerprint_unwrap(name, prompt, secret, capacity, n);
}

static int erase_fingerprint(void *context, const char *name)
{
    (void)context;
    return import_fingerprint_erase(name);
}

const yq_platform platform = {
    .storage = {NULL, load, save, erase},
    .transport = {NULL, exchange, stop},
    .entropy = {NULL, fill},
    .credential = {NULL, create, sign, erase_credential},
    .fingerprint = {NULL, wrap, unwrap, erase_fingerprint},
};
