/* The items of a sign request: what each is for, and whether its e is the one that the server computes. Nothing outside src/service includes this. */
#ifndef YIQIAN_SERVICE_SIGN_ITEM_H
#define YIQIAN_SERVICE_SIGN_ITEM_H

#include "service/sign.h"
#include "service/signing_key.h"

/* May this key sign each of these now, and is each e the server's own? attributes (room for m) are the signed attributes of each item of form
 * cms; empty for the others. *tasks: they are tasks, not a certificate request or leave to re-key. On an error the fault's field names the item, and
 * c->subject is the one that was refused. */
MUST_CHECK err sign_items_check(call *c, const signing_key *key, const sign_request *request, bytes *attributes,
                                bool *tasks);

/* e of the certificate request of the key, which the server builds for itself. */
MUST_CHECK err sign_item_request_digest(call *c, const signing_key *key, uint8_t e[32]);

/* Adds this thread's CPU time since started_ns to the figures. */
void sign_count_crypto(call *c, uint64_t started_ns);

#endif
