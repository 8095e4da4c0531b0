#include "cms/signed_data.h"

#include <string.h>

#include "asn1/ecsig.h"

static const struct {
    oid data, signed_data;
} profiles[] = {[CMS_GM] = {OID_GM_DATA, OID_GM_SIGNED_DATA}, [CMS_RFC] = {OID_CMS_DATA, OID_CMS_SIGNED_DATA}};

/* ---- writing ---- */

enum { FRAME = 512 /* everything but content, attributes, certificates and issuer */ };

size_t signed_data_size_max(const signed_data_parts *parts)
{
    size_t n = FRAME + parts->content.n + parts->attributes.n + parts->signer->der.n + parts->signer->issuer.n +
               parts->timestamp.n;
    for (size_t i = 0; i < parts->others_n; i++)
        n += parts->others[i].n;
    return n;
}

static void put_algorithm(buffer *b, oid id)
{
    size_t sequence = der_open(b, DER_SEQUENCE);
    oid_put(b, id);
    der_close(b, sequence);
}

static void put_content(buffer *b, const signed_data_parts *parts)
{
    size_t sequence = der_open(b, DER_SEQUENCE);
    oid_put(b, profiles[parts->profile].data);
    if (parts->content.p) {
        size_t explicitly = der_open(b, DER_CONTEXT_CONSTRUCTED(0));
        der_put(b, DER_OCTET_STRING, parts->content);
        der_close(b, explicitly);
    }
    der_close(b, sequence);
}

/* [0] IMPLICIT SET OF in DER: the set's own content, in order, under another tag. */
static err put_attributes(buffer *b, bytes set)
{
    der_reader r = der_reader_over(set);
    bytes content;
    TRY(der_value(&r, &content, DER_SET));
    TRY(der_finish(&r));
    der_put(b, DER_CONTEXT_CONSTRUCTED(0), content);
    return ERR_OK;
}

/* unsignedAttrs with one attribute, which has one value. */
static err put_timestamp(buffer *b, bytes token)
{
    if (!der_is_one_value(token, DER_SEQUENCE))
        return ERR_DER;
    size_t set = der_open(b, DER_CONTEXT_CONSTRUCTED(1)), attribute = der_open(b, DER_SEQUENCE);
    oid_put(b, OID_TIME_STAMP_TOKEN);
    size_t values = der_open(b, DER_SET);
    buffer_put(b, token.p, token.n);
    der_close(b, values);
    der_close(b, attribute);
    der_close(b, set);
    return ERR_OK;
}

static err put_signer(buffer *b, const signed_data_parts *parts)
{
    uint8_t signature[ECSIG_DER_MAX];
    size_t n;
    TRY(ecsig_to_der(signature, &n, parts->rs));
    size_t set = der_open(b, DER_SET), info = der_open(b, DER_SEQUENCE);
    der_put_uint64(b, 1);
    size_t name = der_open(b, DER_SEQUENCE);
    buffer_put(b, parts->signer->issuer.p, parts->signer->issuer.n);
    der_put_unsigned(b, parts->signer->serial);
    der_close(b, name);
    put_algorithm(b, OID_SM3);
    if (parts->attributes.p)
        TRY(put_attributes(b, parts->attributes));
    put_algorithm(b, OID_SM2_WITH_SM3);
    der_put(b, DER_OCTET_STRING, bytes_of(signature, n));
    if (parts->timestamp.p)
        TRY(put_timestamp(b, parts->timestamp));
    der_close(b, info);
    der_close(b, set);
    return ERR_OK;
}

static void put_certificates(buffer *b, const signed_data_parts *parts)
{
    bytes certificates[SIGNED_DATA_CERTIFICATES] = {parts->signer->der};
    for (size_t i = 0; i < parts->others_n; i++)
        certificates[1 + i] = parts->others[i];
    der_put_set_of(b, DER_CONTEXT_CONSTRUCTED(0), certificates, 1 + parts->others_n);
}

err signed_data_write(buffer *out, const signed_data_parts *parts)
{
    if (parts->others_n >= SIGNED_DATA_CERTIFICATES)
        return ERR_LIMIT;
    size_t info = der_open(out, DER_SEQUENCE);
    oid_put(out, profiles[parts->profile].signed_data);
    size_t explicitly = der_open(out, DER_CONTEXT_CONSTRUCTED(0)), data = der_open(out, DER_SEQUENCE);
    der_put_uint64(out, 1);
    size_t digests = der_open(out, DER_SET);
    put_algorithm(out, OID_SM3);
    der_close(out, digests);
    put_content(out, parts);
    put_certificates(out, parts);
    TRY(put_signer(out, parts));
    der_close(out, data);
    der_close(out, explicitly);
    der_close(out, info);
    return out->overflow ? ERR_LENGTH : ERR_OK;
}

/* ---- reading ---- */

/* An AlgorithmIdentifier without parameters, or with NULL, as both are written. */
static err read_algorithm(der_reader *r, oid *out)
{
    der_reader algorithm;
    bytes type;
    TRY(der_enter(r, &algorithm, DER_SEQUENCE));
    TRY(der_oid(&algorithm, &type));
    if (!der_at_end(&algorithm))
        TRY(der_null(&algorithm));
    *out = oid_from_octets(type);
    return der_finish(&algorithm);
}

static err read_profile(der_reader *r, signed_data *out)
{
    bytes type;
    TRY(der_oid(r, &type));
    for (size_t i = 0; i < sizeof profiles / sizeof *profiles; i++) {
        if (bytes_equal(type, oid_octets(profiles[i].signed_data))) {
            out->profile = (cms_profile)i;
            return ERR_OK;
        }
    }
    return ERR_UNSUPPORTED;
}

/* SET OF DigestAlgorithmIdentifier: for readers in one pass; what counts is the signer's. */
static err read_digests(der_reader *r)
{
    der_reader digests;
    oid ignored;
    TRY(der_enter(r, &digests, DER_SET));
    while (!der_at_end(&digests))
        TRY(read_algorithm(&digests, &ignored));
    return ERR_OK;
}

static err read_content(der_reader *r, signed_data *out)
{
    der_reader content, explicitly;
    TRY(der_enter(r, &content, DER_SEQUENCE));
    TRY(der_oid(&content, &out->content_type));
    out->attached = !der_at_end(&content);
    if (out->attached) {
        TRY(der_enter(&content, &explicitly, DER_CONTEXT_CONSTRUCTED(0)));
        TRY(der_value(&explicitly, &out->content, DER_OCTET_STRING));
        TRY(der_finish(&explicitly));
    }
    return der_finish(&content);
}

static err read_certificates(der_reader *r, signed_data *out)
{
    der_reader certificates;
    if (!der_next_is(r, DER_CONTEXT_CONSTRUCTED(0)))
        return ERR_OK;
    TRY(der_enter(r, &certificates, DER_CONTEXT_CONSTRUCTED(0)));
    while (!der_at_end(&certificates)) {
        uint8_t tag;
        bytes whole;
        TRY(der_any(&certificates, &tag, NULL, &whole));
        if (tag != DER_SEQUENCE)
            return ERR_UNSUPPORTED; /* an attribute certificate, or an extended one of PKCS#6 */
        if (out->certificates_n == SIGNED_DATA_CERTIFICATES)
            return ERR_LIMIT;
        out->certificates[out->certificates_n++] = whole;
    }
    return ERR_OK;
}

/* Revocation lists that came along are not used: whoever signs may leave out the one that matters. */
static err skip_tagged(der_reader *r, uint8_t tag)
{
    return der_next_is(r, tag) ? der_value(r, &(bytes){NULL, 0}, tag) : ERR_OK;
}

static err read_name(der_reader *r, signed_data *out)
{
    der_reader name;
    if (!der_next_is(r, DER_SEQUENCE))
        return ERR_UNSUPPORTED; /* [0] subjectKeyIdentifier, which GM/T 0010 does not have */
    TRY(der_enter(r, &name, DER_SEQUENCE));
    TRY(der_any(&name, NULL, NULL, &out->issuer));
    TRY(name_check(out->issuer));
    TRY(der_unsigned(&name, &out->serial));
    return der_finish(&name);
}

/* "SM2-with-SM3" is what we write; "SM2 sign" is what others mean by it: the digest is SM3 either way. */
static err read_signature(der_reader *r, signed_data *out)
{
    oid algorithm;
    TRY(read_algorithm(r, &algorithm));
    if (algorithm != OID_SM2_WITH_SM3 && algorithm != OID_SM2_SIGN)
        return ERR_UNSUPPORTED;
    TRY(der_value(r, &out->signature, DER_OCTET_STRING));
    return ecsig_from_der(out->rs, out->signature);
}

static err read_signer(der_reader *r, signed_data *out)
{
    der_reader infos, info;
    uint64_t version;
    oid digest;
    TRY(der_enter(r, &infos, DER_SET));
    if (der_at_end(&infos))
        return ERR_UNSUPPORTED;
    TRY(der_enter(&infos, &info, DER_SEQUENCE));
    if (!der_at_end(&infos))
        return ERR_UNSUPPORTED;
    TRY(der_uint64(&info, &version));
    TRY(read_name(&info, out));
    TRY(read_algorithm(&info, &digest));
    if (version != 1 || digest != OID_SM3)
        return ERR_UNSUPPORTED;
    if (der_next_is(&info, DER_CONTEXT_CONSTRUCTED(0)))
        TRY(der_any(&info, NULL, &out->attributes, &out->attributes_whole));
    TRY(read_signature(&info, out));
    if (der_next_is(&info, DER_CONTEXT_CONSTRUCTED(1))) /* what is not signed proves nothing by itself */
        TRY(der_value(&info, &out->unsigned_attributes, DER_CONTEXT_CONSTRUCTED(1)));
    return der_finish(&info);
}

err signed_data_read(signed_data *out, bytes der)
{
    der_reader outer = der_reader_over(der), info, explicitly, data;
    uint64_t version;
    memset(out, 0, sizeof *out);
    TRY(der_enter(&outer, &info, DER_SEQUENCE));
    TRY(der_finish(&outer));
    TRY(read_profile(&info, out));
    TRY(der_enter(&info, &explicitly, DER_CONTEXT_CONSTRUCTED(0)));
    TRY(der_finish(&info));
    TRY(der_enter(&explicitly, &data, DER_SEQUENCE));
    TRY(der_finish(&explicitly));
    TRY(der_uint64(&data, &version));
    if (version < 1 || version > 5)
        return ERR_UNSUPPORTED; /* RFC 5652 5.1 */
    TRY(read_digests(&data));
    TRY(read_content(&data, out));
    TRY(read_certificates(&data, out));
    TRY(skip_tagged(&data, DER_CONTEXT_CONSTRUCTED(1)));
    TRY(read_signer(&data, out));
    return der_finish(&data);
}

err signed_data_signer(const signed_data *s, cert *out)
{
    for (size_t i = 0; i < s->certificates_n; i++) {
        TRY(cert_parse(out, s->certificates[i]));
        if (bytes_equal(out->issuer, s->issuer) && bytes_equal(out->serial, s->serial))
            return ERR_OK;
    }
    return ERR_NOT_FOUND;
}

err signed_data_timestamp(const signed_data *s, bytes *token)
{
    der_reader attributes = der_reader_over(s->unsigned_attributes), attribute, values;
    while (!der_at_end(&attributes)) {
        bytes type;
        uint8_t tag;
        TRY(der_enter(&attributes, &attribute, DER_SEQUENCE));
        TRY(der_oid(&attribute, &type));
        if (oid_from_octets(type) != OID_TIME_STAMP_TOKEN)
            continue;
        TRY(der_enter(&attribute, &values, DER_SET));
        TRY(der_any(&values, &tag, NULL, token));
        return tag == DER_SEQUENCE ? ERR_OK : ERR_DER;
    }
    return ERR_NOT_FOUND;
}

err signed_data_message(arena *a, const signed_data *s, bytes content, bytes *message)
{
    *message = content;
    if (!s->attributes.p)
        return ERR_OK;
    uint8_t *set = arena_copy(a, s->attributes_whole.p, s->attributes_whole.n);
    if (!set)
        return ERR_MEMORY;
    set[0] = DER_SET;
    *message = bytes_of(set, s->attributes_whole.n);
    return ERR_OK;
}
