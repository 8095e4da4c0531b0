/* The messages of the socket transport (GM/T 0033-2014 8.3, RFC 3161 3.3): length (32 bits), flag (8 bits), value. The length counts the
 * flag and the value; numbers are big-endian. */
#ifndef YIQIAN_TSA_FRAME_H
#define YIQIAN_TSA_FRAME_H

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/err.h"

/* GM/T 0033-2014 table 2; the numbers are the flags. */
typedef enum frame_type {
    FRAME_MESSAGE = 0,             /* tsaMsg: DER */
    FRAME_POLL_REPLY = 1,          /* pollRep: polling reference, time to check back */
    FRAME_POLL_REQUEST = 2,        /* pollReq: polling reference */
    FRAME_NEGATIVE_POLL_REPLY = 3, /* negPollRep: one octet 00 */
    FRAME_PARTIAL_REPLY = 4,       /* partialMsgRep: next polling reference, time to check back, DER */
    FRAME_FINAL_REPLY = 5,         /* finalMsgRep: DER */
    FRAME_ERROR = 6,               /* errorMsgRep: text for people */
    FRAME_TYPES
} frame_type;

typedef struct frame {
    frame_type type;
    uint32_t reference;  /* of pollRep, pollReq and partialMsgRep */
    uint32_t check_back; /* of pollRep and partialMsgRep: seconds */
    bytes message; /* DER of tsaMsg, partialMsgRep and finalMsgRep, not looked into; the UTF-8 text of errorMsgRep */
} frame;

enum { FRAME_HEAD = 5 /* length and flag */ };

/* How many bytes of value follow the head. ERR_LENGTH: no message of this type has a value of that length, or it is longer than max.
 * ERR_UNSUPPORTED: there is no such flag. */
MUST_CHECK err frame_head(const uint8_t head[FRAME_HEAD], size_t max, size_t *value_n);

/* A whole message; out borrows from it. What frame_head says, ERR_LENGTH (not of the length it says), ERR_ENCODING (of negPollRep, or text
 * that is not UTF-8). */
MUST_CHECK err frame_read(frame *out, bytes whole);

/* ERR_LENGTH (a message that is empty, or does not fit the length field), ERR_ENCODING (text that is not UTF-8), ERR_ARG (no such type),
 * ERR_LIMIT (the buffer is too small: nothing was written). */
MUST_CHECK err frame_write(buffer *out, const frame *f);

#endif
