/* Creating once: a create that carries an idempotency key makes its thing once, however often it is sent. Outside src/service only the
 * struct is of use. */
#ifndef YIQIAN_SERVICE_IDEMPOTENCY_H
#define YIQIAN_SERVICE_IDEMPOTENCY_H

#include "service/service.h"

enum {
    IDEMPOTENCY_DAYS = 7, /* how long a key is remembered */
    IDEMPOTENCY_KEY_MAX = 64
};

/* What a create carries. key NULL: none, and everything below does nothing. body, path: of the request (path NULL: none); the same key
 * with another is refused. */
typedef struct idempotency {
    const char *key;
    bytes body;
    const char *path;
} idempotency;

/* Whether the caller's key made something before: then `made` is its id. ERR_IDEMPOTENCY (by another request). */
MUST_CHECK err idempotency_find(call *c, const idempotency *i, uint8_t made[16], bool *found);

/* Adds to the unit that creates. Where the same key came twice at the same moment, the commit of the second is ERR_EXISTS: look
 * with idempotency_find again. */
void idempotency_add(call *c, store_unit *unit, const idempotency *i, const uint8_t made[16]);

/* Adds to the unit: what is too old is forgotten. */
void idempotency_expire(store_unit *unit, int64_t now_ms);

#endif
