/* One at a time for an id: what happens between reading a key's state and the durable outcome (docs/spec/two-party-sm2.md, PIN: one
 * unverified proof per key in flight on a node). Ids are exact: different keys never wait for each other. Nothing outside src/service
 * includes this. */
#ifndef YIQIAN_SERVICE_KEY_LOCK_H
#define YIQIAN_SERVICE_KEY_LOCK_H

#include <stdint.h>

#include "base/err.h"

typedef struct key_locks key_locks;

/* NULL if memory is out. Ownership: key_locks_destroy; NULL is fine. */
key_locks *key_locks_create(void);
void key_locks_destroy(key_locks *l);

/* Waits for the id. ERR_BUSY where KEY_LOCKS_MAX ids are held: more than there are workers. */
enum { KEY_LOCKS_MAX = 1024 };
MUST_CHECK err key_lock_take(key_locks *l, const uint8_t id[16]);

/* The same without waiting: ERR_KEY_BUSY where somebody holds it. For what one device could have wait many times at once. */
MUST_CHECK err key_lock_try(key_locks *l, const uint8_t id[16]);

void key_lock_release(key_locks *l, const uint8_t id[16]);

#endif
