/* A certificate field by field, for people: what stands in it, not whether it is good. */
#ifndef YIQIAN_API_CERTIFICATE_READING_H
#define YIQIAN_API_CERTIFICATE_READING_H

#include "api/api.h"
#include "pki/cert.h"

/* Of a certificate or of a TBSCertificate by itself (cert_parse_tbs), which has no fingerprint. NULL where memory is out or it cannot be read. */
json_t *certificate_reading_json(call *c, const cert *x);

#endif
