/* All keys of a person held at once, for what ends some of them together or issues one a certificate: the person's lock first, then each
 * key's in the order of their ids. Whoever holds a key's lock does not wait for this. Nothing outside src/service includes it. */
#ifndef YIQIAN_SERVICE_PERSON_LOCK_H
#define YIQIAN_SERVICE_PERSON_LOCK_H

#include "service/service.h"

enum { PERSON_LOCK_KEYS = 200 };

typedef struct person_lock_key {
    uint8_t id[16], enrolment_id[16];
} person_lock_key;

typedef struct person_lock {
    uint8_t user_id[16];
    const person_lock_key *keys; /* those that are not destroyed or given up, as read under the person's lock */
    size_t n;
} person_lock;

/* key_id: that key alone, beside the person (NULL: all). Ownership: person_lock_release, after ERR_OK. ERR_BUSY. */
MUST_CHECK err person_lock_take(call *c, const uint8_t user_id[16], const uint8_t *key_id, person_lock *out);
void person_lock_release(call *c, person_lock *l);

#endif
