/* Acts that change what may be done with a key and its certificate: unlock, freeze, unfreeze, destroy, lost (docs/spec/states.md). Each is
 * committed under the key's lock: after its answer nothing more is signed that it forbids. */
#ifndef YIQIAN_SERVICE_KEY_STATE_H
#define YIQIAN_SERVICE_KEY_STATE_H

#include "service/certificate.h"

/* An operator lets a locked key be used again: the counters of failed PINs start anew. ERR_KEY_NOT_FOUND, ERR_KEY_STATE. */
MUST_CHECK err key_state_unlock(call *c, const uint8_t key_id[16]);

/* An operator stops an active key for a while; its certificate is put on the list (certificateHold). ERR_KEY_NOT_FOUND, ERR_KEY_STATE. */
MUST_CHECK err key_state_freeze(call *c, const uint8_t key_id[16]);

/* The end of that; the certificate is taken off the list. A key that a clone alarm froze stays frozen unless despite_alarm is said: there
 * is a copy of the device. ERR_KEY_NOT_FOUND, ERR_KEY_STATE (not frozen), ERR_CONFLICT (despite_alarm). */
MUST_CHECK err key_state_unfreeze(call *c, const uint8_t key_id[16], bool despite_alarm);

/* "Phone lost": destroys a key of this person, or all of them (NULL), with what is needed to make one (enrolments, sessions), and revokes
 * the certificates (keyCompromise). Tasks that they had claimed wait for another device. *n: how many keys it were. Again it is ERR_OK, with 0.
 * ERR_USER_NOT_FOUND, ERR_KEY_NOT_FOUND. */
MUST_CHECK err key_state_lost(call *c, const uint8_t user_id[16], const uint8_t *key_id, size_t *n);

/* The same from another phone of the person. ERR_FORBIDDEN (key_id: the calling device's own), ERR_KEY_NOT_FOUND, and as device_standing. */
MUST_CHECK err key_state_lost_from_device(call *c, const uint8_t key_id[16]);

/* Adds to a unit what destroys a key: its share, what a refresh left of it, its open renewals; its certificate is the caller's, and so is
 * the key's lock. Nothing outside src/service calls it. ERR_MEMORY. */
MUST_CHECK err key_state_destroy_add(call *c, store_unit *unit, const uint8_t key_id[16], const uint8_t user_id[16]);

#endif
