/* What the parts of a verification share. Nothing outside src/service includes this. */
#ifndef YIQIAN_SERVICE_VERIFY_MATTER_H
#define YIQIAN_SERVICE_VERIFY_MATTER_H

#include "asn1/ecsig.h"
#include "cms/signed_data.h"
#include "service/task.h"
#include "service/verify.h"

/* What is being verified, from the request or from a task's row. */
typedef struct subject_matter {
    bool from_task, has_rs;
    const task *task;
    uint8_t rs[ECSIG_SIZE];
    cert leaf;
    bytes document;
    bool has_digest;
    uint8_t digest[32];                           /* of the document; given, recorded or computed */
    bytes message;                                /* M of form cms */
    bytes certificates[SIGNED_DATA_CERTIFICATES]; /* that came with it */
    size_t certificates_n;
    bytes timestamp; /* that came with it as an unsigned attribute; p NULL: none */
} subject_matter;

extern const verify_reason verify_document_same, verify_document_other, verify_document_alone;

void verify_find(verification *v, verify_check check, verify_state state, const verify_reason *reason);

/* A certificate as a client sends it: DER, or the bytes of a PEM file. The fault names the field. */
MUST_CHECK err verify_certificate_read(call *c, bytes given, const char *field, cert *out);

#endif
