/* A reference phone: what the device SDK (yiqian/device.h) needs of a platform, for a PC. Storage is a directory of
 * 0600 files, transport libcurl, randomness getrandom, the credential a P-256 key of OpenSSL in that directory. A PC
 * has nothing that a program of the same user could not read: shares and credentials are protected by file permissions
 * only. */
#ifndef YIQIAN_CMD_PHONE_H
#define YIQIAN_CMD_PHONE_H

#include "base/err.h"
#include "yiqian/device.h"

typedef struct phone phone;

/* Opens (makes, 0700, with its parents) the directory; one process at a time. ca_file: PEM of the roots that the
 * server's TLS certificate is checked against; NULL for the system's. ERR_BUSY (another process has the directory),
 * ERR_FORBIDDEN, ERR_IO, ERR_MEMORY, ERR_LENGTH (the path). Ownership: phone_close; NULL is fine. */
MUST_CHECK err phone_open(phone **out, const char *directory, const char *ca_file);
void phone_close(phone *p);

/* For yq_device_open and yq_workstation_open; lives as long as the phone. Its callbacks take several threads at once. */
const yq_platform *phone_platform(const phone *p);

/* For tests only: from now on (before the device is opened) the platform has a fingerprint, which is a 0600 file beside the others. Nobody's
 * finger guards it: with it and the storage anybody signs. */
void phone_pretend_finger(phone *p);

/* Exchanges that begin from now on end after this time at the latest. */
void phone_hurry(phone *p, unsigned timeout_ms);

/* What went wrong last in transport or storage, in words; "" for nothing. For people, not part of any message. By the one thread that
 * uses the phone. */
const char *phone_message(const phone *p);

#endif
