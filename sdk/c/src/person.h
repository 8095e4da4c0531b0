/* Whom a certificate will be for, as the server says before one is asked for: shown to the person. */
#ifndef YIQIAN_SDK_PERSON_H
#define YIQIAN_SDK_PERSON_H

#include "json_reader.h"
#include "stored_key.h"

enum { PERSON_SUPERSEDES_MAX = 200, PERSON_ARENA = 1 << 20 };

/* Reads user, organisation, subject and supersedes of an answer: the first three into `changed`, whose staff_no must be that of the answer and
 * of the subject (ERR_ANSWER); person borrows from it and from the arena. ERR_FIELD_*, ERR_DER, ERR_MEMORY. */
MUST_CHECK err person_read(stored_key *changed, yq_person *person, arena *a, json_value root);

/* e of the certificate request for this key and subject. */
MUST_CHECK err person_request_digest(uint8_t e[32], const uint8_t P[65], bytes subject);

#endif
