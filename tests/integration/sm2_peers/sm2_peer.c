/* Our side of run.py, which says what a line is: sm2_peer emit SIGNATURES CIPHERS | sm2_peer check */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "crypto/sm2.h"
#include "os/entropy.h"

/* Texts of at most 255 bytes; signatures and ciphers under one key. */
enum { TEXT_MAX = 255, MADE_MAX = TEXT_MAX + SM2_CIPHER_OVERHEAD, PER_KEY = 10 };

static const entropy rng = {os_entropy_fill, NULL};

static void need(bool good, const char *what, const char *line)
{
    if (good)
        return;
    fprintf(stderr, "sm2_peer: %s: %s\n", what, line);
    exit(1);
}

static uint8_t random_byte(void)
{
    uint8_t b;
    need(os_entropy_fill(NULL, &b, 1) == ERR_OK, "no entropy", "");
    return b;
}

static void print_hex(const uint8_t *p, size_t n, const char *end)
{
    char text[2 * MADE_MAX + 1];
    hex_encode(text, p, n);
    printf("%s%s", n > 0 ? text : "-", end);
}

static void emit(long signatures, long ciphers)
{
    sm2_private key;
    for (long i = 0; i < signatures + ciphers; i++) {
        uint8_t d[32], text[TEXT_MAX], e[32], made[MADE_MAX];
        if (i % PER_KEY == 0)
            need(sm2_private_generate(&key, &rng) == ERR_OK, "no key", "");
        size_t n = random_byte() % TEXT_MAX + (i < signatures ? 0 : 1), made_n = 64;
        need(os_entropy_fill(NULL, text, n) == ERR_OK, "no entropy", "");
        if (i < signatures) {
            sm2_digest(e, key.public_key, bytes_of(text, n));
            need(sm2_sign(made, &key, e, &rng) == ERR_OK, "no signature", "");
        } else {
            made_n = n + SM2_CIPHER_OVERHEAD;
            need(sm2_encrypt(made, key.public_key, bytes_of(text, n), &rng) == ERR_OK, "no cipher", "");
        }
        scalar_to_bytes(d, &key.d);
        printf(i < signatures ? "sign " : "encrypt ");
        print_hex(d, sizeof d, " ");
        print_hex(key.public_key, sizeof key.public_key, " ");
        print_hex(text, n, " ");
        print_hex(made, made_n, "\n");
    }
}

/* The next field of a line in hex, at most cap bytes. */
static size_t field(uint8_t *out, size_t cap, char **line)
{
    char *at = *line, *end = at + strcspn(at, " \n");
    size_t text_n = (size_t)(end - at);
    *line = *end ? end + 1 : end;
    if (text_n == 1 && *at == '-')
        return 0;
    need(text_n / 2 <= cap && hex_decode(out, text_n / 2, at, text_n) == ERR_OK, "bad field", at);
    return text_n / 2;
}

static bool holds(bool signature, const sm2_private *key, bytes text, bytes made)
{
    uint8_t e[32], out[TEXT_MAX];
    if (signature) {
        sm2_digest(e, key->public_key, text);
        return made.n == 64 && sm2_verify_bytes(key->public_key, e, made.p) == ERR_OK;
    }
    return made.n == text.n + SM2_CIPHER_OVERHEAD && sm2_decrypt(out, key, made) == ERR_OK &&
           bytes_equal(bytes_of(out, text.n), text);
}

static void check(void)
{
    static char line[4096];
    long signatures = 0, ciphers = 0;
    while (fgets(line, sizeof line, stdin)) {
        uint8_t d[32], public_key[POINT_SIZE], text[TEXT_MAX], made[MADE_MAX];
        bool signature = strncmp(line, "sign ", 5) == 0;
        char *at = strchr(line, ' ');
        need(at != NULL, "bad line", line);
        at++;
        sm2_private key;
        need(field(d, sizeof d, &at) == sizeof d && sm2_private_from_bytes(&key, d) == ERR_OK, "bad key", line);
        need(field(public_key, sizeof public_key, &at) == sizeof public_key &&
                 memcmp(public_key, key.public_key, sizeof public_key) == 0,
             "not its public key", line);
        size_t text_n = field(text, sizeof text, &at), made_n = field(made, sizeof made, &at);
        need(holds(signature, &key, bytes_of(text, text_n), bytes_of(made, made_n)), "does not hold", line);
        size_t bit = (random_byte() * 256u + random_byte()) % (8 * made_n);
        made[bit / 8] ^= (uint8_t)(1 << bit % 8);
        need(!holds(signature, &key, bytes_of(text, text_n), bytes_of(made, made_n)), "holds with a bit flipped", line);
        *(signature ? &signatures : &ciphers) += 1;
    }
    printf("%ld signatures, %ld ciphers\n", signatures, ciphers);
}

int main(int argc, char **argv)
{
    if (argc == 4 && strcmp(argv[1], "emit") == 0) {
        emit(strtol(argv[2], NULL, 10), strtol(argv[3], NULL, 10));
    } else if (argc == 2 && strcmp(argv[1], "check") == 0) {
        check();
    } else {
        fprintf(stderr, "usage: sm2_peer emit SIGNATURES CIPHERS | sm2_peer check\n");
        return 2;
    }
    return 0;
}
