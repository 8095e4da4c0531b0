/* What a load of timestamp requests asks for and how its answers are checked: each for the granted status, its own imprint and nonce; some of them
 * wholly, the signature included. The requests are OpenSSL's, not the server's own code; so is the check of P-256, while OpenSSL cannot
 * read SM2 tokens, whose signature is checked here. */
#ifndef YIQIAN_BENCH_TSA_TOKENS_H
#define YIQIAN_BENCH_TSA_TOKENS_H

#include "client.h"
#include "http_load.h"

enum { TSA_TOKENS_REQUEST = 256, TSA_TOKENS_IMPRINT = 32, TSA_TOKENS_NONCE = 8 };

typedef struct tsa_tokens {
    bool sm2; /* SM3 imprints and an SM2 signature; else SHA-256 and P-256 */
    uint8_t request[TSA_TOKENS_REQUEST];
    size_t request_n, imprint_at, nonce_at;
    uint64_t random; /* the state of a generator: unguessable need not be, different must be */
    uint8_t (*asked)[TSA_TOKENS_IMPRINT + TSA_TOKENS_NONCE]; /* of each connection */
    unsigned taken, sample_each, verified;
    uint8_t key[65];   /* of the signer, SM2 */
    void *certificate; /* of the signer, P-256: X509 */
    size_t token_n;    /* of the last one */
} tsa_tokens;

/* Asks once for a token with its certificate, by which the sampled ones are verified. */
void tsa_tokens_open(tsa_tokens *t, bool sm2, unsigned port, const char *path, unsigned connections,
                     unsigned sample_each);
void tsa_tokens_close(tsa_tokens *t);

/* Makes the request, whose imprint and nonce are then replaced each time. */
void tsa_tokens_request(tsa_tokens *t, bool certificates);

/* http_load.fill and .take */
void tsa_tokens_fill(void *context, unsigned connection, uint8_t *body);
void tsa_tokens_take(void *context, unsigned connection, bytes answer);

#endif
