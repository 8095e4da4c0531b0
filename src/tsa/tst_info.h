/* TSTInfo, what a timestamp says (RFC 3161 2.4.2, GM/T 0033-2014 7.2), of any authority: read strictly.
 *
 *   TSTInfo ::= SEQUENCE { version (1), policy OBJECT IDENTIFIER, SEQUENCE { hashAlgorithm, OCTET STRING }, serialNumber INTEGER,
 *                          genTime GeneralizedTime, accuracy OPTIONAL, ordering BOOLEAN DEFAULT FALSE, nonce INTEGER OPTIONAL,
 *                          tsa [0] GeneralName OPTIONAL, extensions [1] OPTIONAL } */
#ifndef YIQIAN_TSA_TST_INFO_H
#define YIQIAN_TSA_TST_INFO_H

#include "tsa/request.h"

enum { TST_INFO_SERIAL_MAX = 32 /* RFC 3161 asks for 20 to be taken */, TST_INFO_NONCE_MAX = 64 };

/* Slices borrow from the input. */
typedef struct tst_info {
    bytes policy; /* content octets */
    tsa_hash hash;
    bytes imprint;
    bytes serial;    /* magnitude */
    int64_t time_us; /* since 1970, digits beyond microseconds dropped */
    unsigned digits; /* of the second, as they stand there */
    bool has_accuracy;
    uint64_t accuracy_us;
    bool ordering;
    bytes nonce; /* content octets of the INTEGER; empty: none */
    bytes tsa;   /* GeneralName, whole; empty: none */
} tst_info;

/* where, if not ERR_OK: which part it was, static. ERR_DER; ERR_UNSUPPORTED: another version, a hash that is not known here, a critical
 * extension. */
MUST_CHECK err tst_info_read(tst_info *out, bytes der, const char **where);

#endif
