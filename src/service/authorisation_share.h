/* The server's share under an authorisation, which must be gone for good when that is closed. It is XORed with a one-time pad that stands in a
 * file of its own (0600, authorisations_dir/<auth_id>, not in a backup), and the result, sealed under the master key, in the database: of
 * neither alone is anything to be learned, and once the file is gone no old copy of the database opens it.
 * Nothing outside src/service includes this. */
#ifndef YIQIAN_SERVICE_AUTHORISATION_SHARE_H
#define YIQIAN_SERVICE_AUTHORISATION_SHARE_H

#include "service/share.h"

/* Makes the pad's file, durably, and what goes into the database. ERR_EXISTS (a pad of that id is there), and those of os/file.h. */
MUST_CHECK err authorisation_share_seal(call *c, const uint8_t auth_id[16], const mpc_server_share *share,
                                        uint8_t sealed[SHARE_SEALED]);

/* ERR_AUTHORISATION_CLOSED where the pad is gone, ERR_CORRUPT. Ownership: the caller wipes *share. */
MUST_CHECK err authorisation_share_open(call *c, const uint8_t auth_id[16], const uint8_t public_key[POINT_SIZE],
                                        bytes sealed, mpc_server_share *share);

/* Destroys the pad. What fails is logged and done by the next sweep. */
void authorisation_share_destroy(service *s, arena *a, const uint8_t auth_id[16]);

/* Destroys every pad whose authorisation is not active: at the start, and with the housekeeping. */
MUST_CHECK err authorisation_share_sweep(service *s);

#endif
