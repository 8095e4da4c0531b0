/* Issuing timestamps: a request in, a token out, whose row is durable in the log (service/token_log.h) before anybody sees it. */
#ifndef YIQIAN_SERVICE_TIMESTAMP_H
#define YIQIAN_SERVICE_TIMESTAMP_H

#include "service/service.h"
#include "service/tsa_unit.h"
#include "tsa/request.h"
#include "tsa/token.h"

typedef struct timestamp_request {
    const char *unit; /* NULL: TSA_UNIT_DEFAULT */
    cms_profile profile;
    tsa_request request;
    const char *client; /* for the log: "anonymous", "system:<id>", "server" */
} timestamp_request;

typedef struct timestamp {
    tsa_statement statement;
    const tsa_unit *unit;
    bool demonstration, certificates;
    bytes signature; /* the octets of SignerInfo.signature */
    bytes token;     /* ContentInfo, DER */
} timestamp;

/* Issues one. Its slices are the call's arena's, or the request's. ERR_UNIT_NOT_FOUND; ERR_CONFLICT (the unit is stopped);
 * ERR_CERTIFICATE_EXPIRED (the unit's); ERR_UNSUPPORTED (the policy asked for, or the profile with this unit); ERR_TIME; ERR_SELF_TEST; and the store's. *why is
 * then the failInfo that says the same. */
MUST_CHECK err timestamp_issue(call *c, const timestamp_request *rq, timestamp *out, tsa_failure *why);

/* The same with the log's row in a unit of work of the caller's, who answers with the token only after that is durable. If its serial number
 * was drawn before (ERR_EXISTS of the commit), the unit of work is made anew with another token. */
MUST_CHECK err timestamp_add(call *c, store_unit *unit, const timestamp_request *rq, timestamp *out, tsa_failure *why);

/* A whole answer (TimeStampResp, DER) to a whole request: the token, or a refusal that says why, which is counted and logged. The actor of the
 * call is the client. Only what RFC 3161 has no failInfo for is an error: ERR_UNIT_NOT_FOUND, ERR_REPLAY (the HTTP request), ERR_MEMORY. */
MUST_CHECK err timestamp_answer(call *c, bytes request_der, const char *unit, cms_profile profile, bytes *response_der);

/* The same in two steps, for an answer that waits for the disk without a thread: where *row is not NULL, *response_der may leave only when that
 * unit of work is durable (call_commit_later); if it does not become so, timestamp_refuse gives what is answered instead. */
MUST_CHECK err timestamp_begin(call *c, bytes request_der, const char *unit, cms_profile profile, bytes *response_der,
                               store_unit **row);
MUST_CHECK err timestamp_refuse(call *c, err e, bytes *response_der);

/* This product's policy for a profile: content octets. */
bytes timestamp_own_policy(cms_profile profile, bool demonstration);

/* The client of a call, as the log names it. */
const char *timestamp_client(const call *c);

#endif
