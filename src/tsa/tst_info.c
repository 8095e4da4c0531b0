#include "tsa/tst_info.h"

#include <string.h>

#include "pki/extension.h"

enum { MICROS = 1000000 };

static err read_hash(der_reader *r, tsa_hash *out)
{
    der_reader algorithm;
    bytes type;
    TRY(der_enter(r, &algorithm, DER_SEQUENCE));
    TRY(der_oid(&algorithm, &type));
    if (!der_at_end(&algorithm))
        TRY(der_null(&algorithm));
    TRY(der_finish(&algorithm));
    return tsa_hash_from_oid(out, type);
}

static err read_imprint(der_reader *r, tst_info *out)
{
    der_reader imprint;
    TRY(der_enter(r, &imprint, DER_SEQUENCE));
    TRY(read_hash(&imprint, &out->hash));
    TRY(der_value(&imprint, &out->imprint, DER_OCTET_STRING));
    TRY(der_finish(&imprint));
    return out->imprint.n == tsa_hash_size(out->hash) ? ERR_OK : ERR_DER;
}

/* YYYYMMDDhhmmss[.s...]Z without zeros at the end of the fraction (RFC 3161 2.4.2); der_time reads all but the fraction. */
static err read_time(der_reader *r, tst_info *out)
{
    enum { SECONDS = 14, DIGITS_MAX = 9 };
    uint8_t whole[2 + SECONDS + 1] = {DER_GENERALIZED_TIME, SECONDS + 1};
    bytes text;
    int64_t unix_ms;
    TRY(der_value(r, &text, DER_GENERALIZED_TIME));
    if (text.n < SECONDS + 1 || text.p[text.n - 1] != 'Z')
        return ERR_DER;
    memcpy(whole + 2, text.p, SECONDS);
    whole[2 + SECONDS] = 'Z';
    der_reader seconds = der_reader_over(bytes_of(whole, sizeof whole));
    TRY(der_time(&seconds, &unix_ms));
    out->time_us = unix_ms * 1000;
    if (text.n == SECONDS + 1)
        return ERR_OK;
    const uint8_t *fraction = text.p + SECONDS + 1;
    size_t n = text.n - SECONDS - 2;
    if (text.p[SECONDS] != '.' || n < 1 || n > DIGITS_MAX || fraction[n - 1] == '0')
        return ERR_DER;
    int64_t unit = MICROS;
    for (size_t i = 0; i < n; i++) {
        if (fraction[i] < '0' || fraction[i] > '9')
            return ERR_DER;
        unit /= 10;
        out->time_us += unit * (fraction[i] - '0');
    }
    out->digits = (unsigned)n;
    return ERR_OK;
}

/* [n] IMPLICIT INTEGER (1..999) */
static err read_thousandths(der_reader *r, unsigned n, uint64_t *out)
{
    bytes content;
    TRY(der_value(r, &content, DER_CONTEXT(n)));
    bool minimal = content.n == 1 ? content.p[0] >= 1 && content.p[0] < 0x80
                                  : content.n == 2 && (content.p[0] != 0 || content.p[1] >= 0x80);
    if (!minimal)
        return ERR_DER;
    *out = content.n == 1 ? content.p[0] : (uint64_t)content.p[0] << 8 | content.p[1];
    return *out <= 999 ? ERR_OK : ERR_DER;
}

static err read_accuracy(der_reader *r, tst_info *out)
{
    der_reader accuracy;
    uint64_t seconds = 0, millis = 0, micros = 0;
    out->has_accuracy = der_next_is(r, DER_SEQUENCE);
    if (!out->has_accuracy)
        return ERR_OK;
    TRY(der_enter(r, &accuracy, DER_SEQUENCE));
    if (der_next_is(&accuracy, DER_INTEGER))
        TRY(der_uint64(&accuracy, &seconds));
    if (der_next_is(&accuracy, DER_CONTEXT(0)))
        TRY(read_thousandths(&accuracy, 0, &millis));
    if (der_next_is(&accuracy, DER_CONTEXT(1)))
        TRY(read_thousandths(&accuracy, 1, &micros));
    if (seconds > UINT32_MAX)
        return ERR_DER;
    out->accuracy_us = seconds * MICROS + millis * 1000 + micros;
    return der_finish(&accuracy);
}

/* An explicit FALSE is not DER but is found, and means what its absence means. */
static err read_ordering(der_reader *r, tst_info *out)
{
    return der_next_is(r, DER_BOOLEAN) ? der_boolean(r, &out->ordering) : ERR_OK;
}

static err read_nonce(der_reader *r, tst_info *out)
{
    if (!der_next_is(r, DER_INTEGER))
        return ERR_OK;
    TRY(der_integer(r, &out->nonce));
    return out->nonce.n <= TST_INFO_NONCE_MAX ? ERR_OK : ERR_DER;
}

/* [0] EXPLICIT, because GeneralName is a CHOICE. */
static err read_tsa(der_reader *r, tst_info *out)
{
    der_reader name;
    if (!der_next_is(r, DER_CONTEXT_CONSTRUCTED(0)))
        return ERR_OK;
    TRY(der_enter(r, &name, DER_CONTEXT_CONSTRUCTED(0)));
    TRY(der_any(&name, NULL, NULL, &out->tsa));
    return der_finish(&name);
}

static err read_extensions(der_reader *r)
{
    bytes content;
    extension_list list;
    extension one;
    err e;
    if (!der_next_is(r, DER_CONTEXT_CONSTRUCTED(1)))
        return ERR_OK;
    TRY(der_value(r, &content, DER_CONTEXT_CONSTRUCTED(1)));
    extension_list_open(&list, content);
    while ((e = extension_next(&list, &one)) == ERR_OK)
        if (one.critical)
            return ERR_UNSUPPORTED;
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

err tst_info_read(tst_info *out, bytes der, const char **where)
{
    der_reader outer = der_reader_over(der), r;
    uint64_t version;
    memset(out, 0, sizeof *out);
    *where = "TSTInfo";
    TRY(der_enter(&outer, &r, DER_SEQUENCE));
    TRY(der_finish(&outer));
    *where = "TSTInfo.version";
    TRY(der_uint64(&r, &version));
    if (version != 1)
        return ERR_UNSUPPORTED;
    *where = "TSTInfo.policy";
    TRY(der_oid(&r, &out->policy));
    *where = "TSTInfo.messageImprint";
    TRY(read_imprint(&r, out));
    *where = "TSTInfo.serialNumber";
    TRY(der_unsigned(&r, &out->serial));
    if (out->serial.n > TST_INFO_SERIAL_MAX)
        return ERR_DER;
    *where = "TSTInfo.genTime";
    TRY(read_time(&r, out));
    *where = "TSTInfo.accuracy";
    TRY(read_accuracy(&r, out));
    *where = "TSTInfo.ordering";
    TRY(read_ordering(&r, out));
    *where = "TSTInfo.nonce";
    TRY(read_nonce(&r, out));
    *where = "TSTInfo.tsa";
    TRY(read_tsa(&r, out));
    *where = "TSTInfo.extensions";
    TRY(read_extensions(&r));
    *where = "TSTInfo";
    return der_finish(&r);
}
