/* The single-certificate switch: where it is on, a person has one valid certificate, and a new one supersedes the others with their keys.
 * The phone that was enrolled last is the one that signs: an operator's code for another phone means that phone to replace the first. */
#ifndef YIQIAN_SERVICE_SUPERSESSION_H
#define YIQIAN_SERVICE_SUPERSESSION_H

#include "service/service.h"

/* A valid certificate that goes. */
typedef struct superseded {
    uint8_t key_id[16];
    bytes serial;
    const char *device_name, *platform;
    int64_t not_after_ms;
} superseded;

/* What a certificate issued now to this person, for this key (NULL: a new one), would supersede: nothing where the switch is off. Frozen
 * ones count. ERR_USER_NOT_FOUND. */
MUST_CHECK err supersession_list(call *c, const uint8_t user_id[16], const uint8_t *key_id, const superseded **out,
                                 size_t *n);

/* Adds to the unit that issues a certificate for this key what that supersedes: certificates (on the revocation list as superseded), their
 * keys with what was authorised or claimed with them, an audit row each. replaced: the key that this one was made in place of, which goes
 * whatever the switch says (NULL: none). Under the locks of the person and of all his keys (person_lock.h); the caller makes the list anew where
 * *n > 0. Nothing outside src/service calls it. */
typedef struct superseded_key {
    uint8_t key_id[16];
    bytes serial;
} superseded_key;
MUST_CHECK err supersession_add(call *c, store_unit *unit, const uint8_t user_id[16], const uint8_t key_id[16],
                                const superseded_key *replaced, size_t *n);

#endif
