/* One link of the clock's history: what the clock was found to be, as text, chained to the link before and signed (SM2 with SM3, the default
 * ID). Lines of "name=value", in this order and no others:
 *
 *     yiqian-clock/1
 *     sequence, at (RFC 3339, UTC), state, reason, error_us ("unknown"), leap, voices, agreeing, needed, sources, signer (the serial of its
 *     certificate, hex), previous (SM3 over the text and the signature of the link before, hex; 64 zeros in the first) */
#ifndef YIQIAN_TSA_CLOCK_STATEMENT_H
#define YIQIAN_TSA_CLOCK_STATEMENT_H

#include "base/bytes.h"
#include "pki/cert.h"

enum { CLOCK_STATEMENT_MAX = 8 << 10, CLOCK_SIGNATURE = 64, CLOCK_LINK = 32 };

typedef struct clock_statement {
    int64_t sequence; /* from 1 */
    int64_t at_us;
    const char *state, *reason;
    bool known;
    uint64_t error_us; /* where known */
    int leap;
    unsigned voices, agreeing, needed;
    const char *sources; /* one line: what each said */
    bytes signer;        /* the serial */
    uint8_t previous[CLOCK_LINK];
} clock_statement;

/* Appends the text. ERR_LENGTH; ERR_ENCODING (a line break in what would be a value). */
MUST_CHECK err clock_statement_write(buffer *out, const clock_statement *s);

/* The value of a line; empty where there is none. Borrows. */
bytes clock_statement_field(bytes text, const char *name);

/* What the next link calls previous. */
void clock_statement_link(uint8_t out[CLOCK_LINK], bytes text, bytes signature);

/* Is it the link of this number behind that one, and did the certificate's key sign it? ERR_CORRUPT (another number, or previous), ERR_CHAIN
 * (names another signer), ERR_SIGNATURE. That the certificate is to be trusted is another question. */
MUST_CHECK err clock_statement_check(bytes text, bytes signature, int64_t sequence, const uint8_t previous[CLOCK_LINK],
                                     const cert *by);

#endif
