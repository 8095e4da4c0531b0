/* A certificate's row as its readers see it. Nothing outside src/service includes this. */
#ifndef YIQIAN_SERVICE_CERTIFICATE_ROW_H
#define YIQIAN_SERVICE_CERTIFICATE_ROW_H

#include "service/certificate.h"

/* One list of columns for every reading of a certificate; certificate_read_row knows their order. The DER comes first: a listing leaves it
 * out. */
#define CERTIFICATE_COLUMNS                                                                                            \
    ", c.serial, c.key_id, c.user_id, u.staff_no, u.name, c.state, c.not_before, c.not_after, c.created_at, "          \
    "c.revoked_at, c.reason, c.profile, c.profile_version, k.state FROM certificate c JOIN app_user u ON u.id = "      \
    "c.user_id JOIN device_key k ON k.id = c.key_id "

MUST_CHECK err certificate_read_row(const store_value *v, int64_t now_ms, certificate_view *out);

#endif
