#include "crypto/known_answer.h"

#include <string.h>

#include "base/text.h"
#include "crypto/hash_drbg.h"
#include "crypto/sm2.h"
#include "crypto/sm3.h"

bool known_answer_holds(const known_answer *row)
{
    uint8_t answer[KNOWN_ANSWER_MAX];
    size_t digits = strlen(row->answer), n = digits / 2;
    return n > 0 && n <= sizeof answer && hex_decode(answer, n, row->answer, digits) == ERR_OK &&
           row->holds(bytes_of(answer, n));
}

void known_answer_input(uint8_t *out, size_t n, const char *hex)
{
    if (hex_decode(out, n, hex, strlen(hex)) != ERR_OK)
        memset(out, 0, n); /* the answer will not be the right one */
}

bool known_answer_is(bytes answer, const uint8_t *computed, size_t n)
{
    return answer.n == n && memcmp(answer.p, computed, n) == 0;
}

/* n bytes 0, 1, 2, ... */
static void count_up(uint8_t *out, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] = (uint8_t)i;
}

/* GB/T 32905-2016 A.2: 64 bytes, so two blocks. */
static bool sm3_holds(bytes answer)
{
    uint8_t message[64], out[SM3_SIZE];
    for (size_t i = 0; i < sizeof message; i++)
        message[i] = (uint8_t)('a' + i % 4);
    sm3(out, message, sizeof message);
    return known_answer_is(answer, out, sizeof out);
}

/* A key longer than a block. The answers of HMAC, KDF, PBKDF2 and Hash_DRBG were computed in Python, SM3 by OpenSSL. */
static bool hmac_holds(bytes answer)
{
    uint8_t key[80], out[SM3_SIZE];
    count_up(key, sizeof key);
    hmac_sm3(out, key, sizeof key, "message digest", 14);
    return known_answer_is(answer, out, sizeof out);
}

static bool kdf_holds(bytes answer)
{
    uint8_t z[64], out[48];
    count_up(z, sizeof z);
    sm3_kdf(out, sizeof out, z, sizeof z);
    return known_answer_is(answer, out, sizeof out);
}

static bool pbkdf2_holds(bytes answer)
{
    uint8_t salt[16], out[48];
    count_up(salt, sizeof salt);
    pbkdf2_hmac_sm3(out, sizeof out, "274915", 6, salt, sizeof salt, 3);
    return known_answer_is(answer, out, sizeof out);
}

/* Instantiated, used, reseeded, used twice: a part of each output. */
static bool hash_drbg_holds(bytes answer)
{
    uint8_t seed[80], out[64], parts[48];
    hash_drbg s;
    count_up(seed, sizeof seed);
    hash_drbg_instantiate(&s, bytes_of(seed, 32), bytes_of(seed + 32, 16), bytes_of(NULL, 0));
    hash_drbg_generate(&s, out, sizeof out);
    memcpy(parts, out, 16);
    hash_drbg_reseed(&s, bytes_of(seed + 48, 32), bytes_of(NULL, 0));
    hash_drbg_generate(&s, out, sizeof out);
    memcpy(parts + 16, out, 16);
    hash_drbg_generate(&s, out, sizeof out);
    memcpy(parts + 32, out + 48, 16);
    return known_answer_is(answer, parts, sizeof parts);
}

/* The key and nonce of the examples in GB/T 32918.5-2017, annexes A and C. */
static bool example_key(sm2_private *key, scalar *k)
{
    uint8_t d[32], nonce[32];
    known_answer_input(d, 32, "3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8");
    known_answer_input(nonce, 32, "59276e27d506861a16680f3ad9c02dccef3cc1fa3cdbe4ce6d54b80deac1bc21");
    return sm2_private_from_bytes(key, d) == ERR_OK && scalar_from_bytes(k, nonce) == ERR_OK;
}

static bool sm2_sign_holds(bytes answer)
{
    sm2_private key;
    scalar k;
    uint8_t e[32], rs[64];
    if (!example_key(&key, &k))
        return false;
    sm2_digest(e, key.public_key, bytes_of_text("message digest"));
    return sm2_sign_with_nonce(rs, &key, e, &k) == ERR_OK && known_answer_is(answer, rs, sizeof rs);
}

/* The right signature is accepted, one with a bit of r or s changed is not. */
static bool sm2_verify_holds(bytes answer)
{
    sm2_private key;
    scalar k;
    uint8_t e[32], rs[64];
    if (answer.n != sizeof rs || !example_key(&key, &k))
        return false;
    sm2_digest(e, key.public_key, bytes_of_text("message digest"));
    memcpy(rs, answer.p, sizeof rs);
    bool holds = sm2_verify_bytes(key.public_key, e, rs) == ERR_OK;
    rs[31] ^= 1;
    holds = holds && sm2_verify_bytes(key.public_key, e, rs) == ERR_SIGNATURE;
    rs[31] ^= 1;
    rs[63] ^= 1;
    return holds && sm2_verify_bytes(key.public_key, e, rs) == ERR_SIGNATURE;
}

static const char example_text[] = "encryption standard";
enum { EXAMPLE_TEXT = sizeof example_text - 1 };

static bool sm2_encrypt_holds(bytes answer)
{
    sm2_private key;
    scalar k;
    uint8_t out[EXAMPLE_TEXT + SM2_CIPHER_OVERHEAD];
    return example_key(&key, &k) &&
           sm2_encrypt_with_nonce(out, key.public_key, bytes_of(example_text, EXAMPLE_TEXT), &k) == ERR_OK &&
           known_answer_is(answer, out, sizeof out);
}

static bool sm2_decrypt_holds(bytes answer)
{
    sm2_private key;
    scalar k;
    uint8_t out[KNOWN_ANSWER_MAX];
    return example_key(&key, &k) && answer.n == EXAMPLE_TEXT + SM2_CIPHER_OVERHEAD &&
           sm2_decrypt(out, &key, answer) == ERR_OK && memcmp(out, example_text, EXAMPLE_TEXT) == 0;
}

#define EXAMPLE_SIGNATURE                                                                                              \
    "f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3"                                                 \
    "b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa"

#define EXAMPLE_CIPHER                                                                                                 \
    "0404ebfc718e8d1798620432268e77feb6415e2ede0e073c0f4f640ecd2e149a73"                                               \
    "e858f9d81e5430a57b36daab8f950a3c64e6ee6a63094d99283aff767e124df0"                                                 \
    "59983c18f809e262923c53aec295d30383b54e39d609d160afcb1908d0bd8766"                                                 \
    "21886ca989ca9c7d58087307ca93092d651efa"

const known_answer known_answer_crypto[] = {
    {"sm3", sm3_holds, "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"},
    {"hmac_sm3", hmac_holds, "7c6f5fbd5850b45c4f32c246e506974f927623385e6a2c4c7ab6a7c9113dc2d5"},
    {"kdf", kdf_holds,
     "c3e5cfe48b9da30523c65df3b189227188a89ac9057b739bb779f028e4afe606e9df98cf02023b778579bdf48e700230"},
    {"pbkdf2", pbkdf2_holds,
     "29b7901e47983d6d5f09bd0a246910b32c0dc98b289d9d067847e906932132629dd45990a82abc04406f998222f2b448"},
    {"hash_drbg", hash_drbg_holds,
     "b569718fc1f1f82a4c0acf90ff4ac10990df1dcae9a1040f34ce7765ebe21985a6625462631575088b8615b26dffc4ad"},
    {"sm2_sign", sm2_sign_holds, EXAMPLE_SIGNATURE},
    {"sm2_verify", sm2_verify_holds, EXAMPLE_SIGNATURE},
    {"sm2_encrypt", sm2_encrypt_holds, EXAMPLE_CIPHER},
    {"sm2_decrypt", sm2_decrypt_holds, EXAMPLE_CIPHER},
};
const size_t known_answer_crypto_n = sizeof known_answer_crypto / sizeof *known_answer_crypto;
