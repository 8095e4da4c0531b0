/* Verifications of timestamps a second: by the server over its API, and in this process, beside OpenSSL's of the other server's tokens. */
#ifndef YIQIAN_BENCH_TSA_VERIFYING_H
#define YIQIAN_BENCH_TSA_VERIFYING_H

#include "tsa_tokens.h"

/* Tokens with their certificates, and what they are about. */
enum { TSA_COLLECTED = 256 };
typedef struct tsa_collected {
    bool sm2;
    size_t n;
    bytes answers[TSA_COLLECTED]; /* whole TimeStampResp */
    uint8_t imprints[TSA_COLLECTED][TSA_TOKENS_IMPRINT];
    tsa_tokens *of;
} tsa_collected;

/* Asks the server that t was opened for. */
void tsa_collect(tsa_collected *out, tsa_tokens *t, unsigned port, const char *path);
void tsa_collected_free(tsa_collected *c);

/* POST /v1/timestamps/verify, `requests` times. */
http_load_result tsa_verify_served(const tsa_collected *c, unsigned port, const char *authorization,
                                   unsigned connections, unsigned requests);

/* CPU microseconds of one verification in this process, of all that were collected in turn: ours of SM2 (tsa_verify: signature, chain to the
 * root, period, key usages), OpenSSL's of P-256 (TS_RESP_verify_response: the same). root: DER; of P-256 the signer is its own. */
double tsa_verify_here_us(const tsa_collected *c, bytes root);

#endif
