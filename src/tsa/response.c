#include "tsa/response.h"

#include <string.h>

err tsa_response_granted(buffer *out, bytes token)
{
    size_t response = der_open(out, DER_SEQUENCE), status = der_open(out, DER_SEQUENCE);
    der_put_uint64(out, TSA_GRANTED);
    der_close(out, status);
    buffer_put(out, token.p, token.n);
    der_close(out, response);
    return out->overflow ? ERR_LENGTH : ERR_OK;
}

/* A BIT STRING with this one bit (X.690 11.2.2: nothing after it). */
static void put_failure(buffer *out, tsa_failure why)
{
    uint8_t content[1 + TSA_SYSTEM_FAILURE / 8 + 1] = {(uint8_t)(7 - why % 8)};
    content[1 + why / 8] = (uint8_t)(0x80 >> why % 8);
    der_put(out, DER_BIT_STRING, bytes_of(content, 2 + why / 8));
}

static void put_text(buffer *out, bytes text)
{
    size_t strings = der_open(out, DER_SEQUENCE);
    der_put(out, DER_UTF8_STRING, text);
    der_close(out, strings);
}

err tsa_response_refused(buffer *out, tsa_failure why, const char *text)
{
    bytes line = bytes_of(NULL, 0);
    if (text)
        line = bytes_of_text(text);
    if (!der_string_valid(DER_UTF8_STRING, line))
        return ERR_UTF8;
    size_t response = der_open(out, DER_SEQUENCE), status = der_open(out, DER_SEQUENCE);
    der_put_uint64(out, TSA_REJECTION);
    if (line.n > 0)
        put_text(out, line);
    put_failure(out, why);
    der_close(out, status);
    der_close(out, response);
    return out->overflow ? ERR_LENGTH : ERR_OK;
}

/* ---- reading ---- */

/* PKIFreeText ::= SEQUENCE SIZE (1..MAX) OF UTF8String */
static err read_text(der_reader *r, bytes *first)
{
    der_reader strings;
    bytes next;
    TRY(der_enter(r, &strings, DER_SEQUENCE));
    TRY(der_value(&strings, first, DER_UTF8_STRING));
    if (!der_string_valid(DER_UTF8_STRING, *first))
        return ERR_DER;
    while (!der_at_end(&strings)) {
        TRY(der_value(&strings, &next, DER_UTF8_STRING));
        if (!der_string_valid(DER_UTF8_STRING, next))
            return ERR_DER;
    }
    return ERR_OK;
}

/* A NamedBitList (X.690 11.2.2) longer than der_named_bits takes. Every bit must be one of RFC 3161. */
static err read_failure(der_reader *r, tsa_response *out)
{
    bytes content;
    TRY(der_value(r, &content, DER_BIT_STRING));
    if (content.n < 2 || content.p[0] > 7)
        return ERR_DER;
    unsigned unused = content.p[0], last = content.p[content.n - 1];
    if ((last & ((2u << unused) - 1)) != 1u << unused)
        return ERR_DER;
    for (size_t i = 8; i < 8 * content.n; i++) {
        if (!(content.p[i / 8] >> (7 - i % 8) & 1))
            continue;
        if (i - 8 > TSA_SYSTEM_FAILURE || !tsa_failure_name((unsigned)(i - 8)))
            return ERR_UNSUPPORTED;
        if (!out->has_failure)
            out->failure = (tsa_failure)(i - 8);
        out->has_failure = true;
    }
    return ERR_OK;
}

static err read_status(der_reader *response, tsa_response *out)
{
    der_reader status;
    uint64_t value;
    TRY(der_enter(response, &status, DER_SEQUENCE));
    TRY(der_uint64(&status, &value));
    if (value >= TSA_STATUS_COUNT)
        return ERR_UNSUPPORTED;
    out->status = (tsa_status)value;
    if (der_next_is(&status, DER_SEQUENCE))
        TRY(read_text(&status, &out->text));
    if (der_next_is(&status, DER_BIT_STRING))
        TRY(read_failure(&status, out));
    return der_finish(&status);
}

err tsa_response_read(tsa_response *out, bytes der)
{
    der_reader outer = der_reader_over(der), response;
    memset(out, 0, sizeof *out);
    TRY(der_enter(&outer, &response, DER_SEQUENCE));
    TRY(der_finish(&outer));
    TRY(read_status(&response, out));
    bool granted = out->status == TSA_GRANTED || out->status == TSA_GRANTED_WITH_MODS;
    if (granted) {
        uint8_t tag;
        TRY(der_any(&response, &tag, NULL, &out->token));
        if (tag != DER_SEQUENCE)
            return ERR_DER;
    }
    return der_finish(&response);
}
