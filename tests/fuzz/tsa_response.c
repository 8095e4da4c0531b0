/* TimeStampResp: what ours takes, OpenSSL takes too, and reads the same out of it; it says either that there is a token, and has one, or
 * neither. */
#include <openssl/err.h>
#include <openssl/ts.h>

#include "fuzz.h"
#include "tsa/response.h"

static bool inside(bytes part, bytes whole)
{
    return part.n == 0 || (part.p >= whole.p && part.p + part.n <= whole.p + whole.n);
}

/* It looks into the token, and for what RFC 3161 forbids; ours does neither here. */
static void check_peer(const tsa_response *r, bytes der)
{
    const uint8_t *at = der.p;
    TS_RESP *peer = d2i_TS_RESP(NULL, &at, (long)der.n);
    if (!peer) {
        ERR_clear_error();
        CHECK(r->token.n > 0);
        return;
    }
    CHECK(at == der.p + der.n);
    const TS_STATUS_INFO *status = TS_RESP_get_status_info(peer);
    CHECK(ASN1_INTEGER_get(TS_STATUS_INFO_get0_status(status)) == (long)r->status);
    const ASN1_BIT_STRING *failure = TS_STATUS_INFO_get0_failure_info(status);
    CHECK(!r->has_failure || (failure && ASN1_BIT_STRING_get_bit(failure, (int)r->failure)));
    CHECK((TS_RESP_get_token(peer) != NULL) == (r->token.n > 0));
    TS_RESP_free(peer);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    tsa_response r;
    bytes der = bytes_of(p, n);
    if (tsa_response_read(&r, der) != ERR_OK)
        return 0;
    CHECK(inside(r.text, der) && inside(r.token, der));
    CHECK((r.token.n > 0) == (r.status == TSA_GRANTED || r.status == TSA_GRANTED_WITH_MODS));
    CHECK(r.status < TSA_STATUS_COUNT);
    CHECK(!r.has_failure || tsa_failure_name(r.failure));
    check_peer(&r, der);
    return 0;
}
