/* What a certificate calls its holder: a signature goes on under that name when its signer's is changed. */
#ifndef YIQIAN_SERVICE_HOLDER_H
#define YIQIAN_SERVICE_HOLDER_H

#include "asn1/oid.h"
#include "base/arena.h"
#include "base/bytes.h"

/* The text of one attribute of a name (DER), or of all of it (OID_UNKNOWN), in the arena; NULL where there is none that can be read. */
const char *holder_attribute(arena *a, bytes name, oid attribute);

/* The certificate's CN; `otherwise` where there is no certificate, or it has none. */
const char *holder_name(arena *a, bytes certificate, const char *otherwise);

#endif
