/* TimeStampResp (RFC 3161 2.4.2, GM/T 0033-2014 7.2): a token, or why there is none.
 *
 *   TimeStampResp ::= SEQUENCE { status PKIStatusInfo, timeStampToken ContentInfo OPTIONAL }
 *   PKIStatusInfo ::= SEQUENCE { status INTEGER, statusString SEQUENCE OF UTF8String OPTIONAL, failInfo BIT STRING OPTIONAL } */
#ifndef YIQIAN_TSA_RESPONSE_H
#define YIQIAN_TSA_RESPONSE_H

#include "tsa/request.h"

/* PKIStatus. With a token: the first two, and no other. */
typedef enum tsa_status {
    TSA_GRANTED,
    TSA_GRANTED_WITH_MODS,
    TSA_REJECTION,
    TSA_WAITING,
    TSA_REVOCATION_WARNING,
    TSA_REVOCATION_NOTIFICATION,
    TSA_STATUS_COUNT
} tsa_status;

/* A granted response has this many octets more than its token, at most; a refusal as many as its text and this. */
enum { TSA_RESPONSE_OVERHEAD = 64 };

/* Appends a granted response around a token (ContentInfo, DER). ERR_LENGTH: no room. */
MUST_CHECK err tsa_response_granted(buffer *out, bytes token);

/* Appends a rejection. text: UTF-8, for a person; NULL: none. ERR_UTF8, ERR_LENGTH (no room). */
MUST_CHECK err tsa_response_refused(buffer *out, tsa_failure why, const char *text);

/* Slices borrow. */
typedef struct tsa_response {
    tsa_status status;
    bytes text; /* the first string of statusString; empty: none */
    bool has_failure;
    tsa_failure failure; /* the first bit that is set */
    bytes token;         /* a whole value, whose inside was not looked at; empty where the status is a refusal */
} tsa_response;

/* Strict. ERR_DER, also for a token beside a refusal or a grant without one; ERR_UNSUPPORTED: a status or failInfo that RFC 3161 does not
 * have, which a client must take for an error (2.4.2). */
MUST_CHECK err tsa_response_read(tsa_response *out, bytes der);

#endif
