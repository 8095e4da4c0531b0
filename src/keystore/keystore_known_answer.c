#include "keystore/keystore_known_answer.h"

#include <openssl/evp.h>
#include <string.h>

/* The example of GB/T 32907-2016 A.1, its plain text as the counter: the first block of the key stream is its cipher text. The
 * second block is SM4 of the counter plus one (OpenSSL's command line, SM4-ECB). */
static bool sm4_ctr_holds(bytes answer)
{
    static const uint8_t zero[32];
    uint8_t key[16], out[32] = {0};
    int n = 0;
    known_answer_input(key, sizeof key, "0123456789abcdeffedcba9876543210");
    EVP_CIPHER *method = EVP_CIPHER_fetch(NULL, "SM4-CTR", NULL);
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    bool done = method && ctx && EVP_EncryptInit_ex2(ctx, method, key, key, NULL) == 1 &&
                EVP_EncryptUpdate(ctx, out, &n, zero, sizeof zero) == 1 && n == (int)sizeof zero;
    EVP_CIPHER_CTX_free(ctx);
    EVP_CIPHER_free(method);
    return done && known_answer_is(answer, out, sizeof out);
}

const known_answer keystore_known_answer = {"sm4_ctr", sm4_ctr_holds,
                                            "681edf34d206965e86b3e94f536e4246"
                                            "be9a2469307a96f9d33ddbed4cf39994"};
