/* `yiqian console sign`: the signature that the console's login page asks for, made with a key file (docs/spec/console.md). */
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>

#include "asn1/ecsig.h"
#include "base/ct.h"
#include "base/text.h"
#include "cmd/answer.h"
#include "cmd/command.h"
#include "cmd/remote.h"
#include "crypto/sm2.h"
#include "os/entropy.h"
#include "os/file.h"
#include "pki/cert.h"
#include "pki/pem.h"

enum { KEY_FILE_MAX = 64 << 10, PASSPHRASE_ROOM = 256, CHALLENGE = 40 };

#define PASSPHRASE_VARIABLE "YIQIAN_KEY_PASSPHRASE"

typedef struct sign_options {
    const char *key, *challenge, *passphrase_file;
} sign_options;

static const option_row sign_rows[] = {
    {.name = "key",
     .kind = OPTION_PATH,
     .flags = OPTION_REQUIRED,
     .value = "FILE",
     .help = {"密钥文件：加密的私钥（PKCS#8）与证书，PEM",
              "the key file: encrypted private key (PKCS#8) and certificate, PEM"},
     .offset = offsetof(sign_options, key)},
    {.name = "challenge",
     .kind = OPTION_TEXT,
     .value = "HEX",
     .help = {"登录页所示的挑战（默认向服务器取一个）",
              "the challenge that the login page shows (by default one is asked for)"},
     .offset = offsetof(sign_options, challenge)},
    {.name = "passphrase-file",
     .kind = OPTION_PATH,
     .value = "FILE",
     .help = {"口令所在的文件（0600）；默认取环境变量 " PASSPHRASE_VARIABLE "，否则在终端输入",
              "the file with the passphrase (0600); by default " PASSPHRASE_VARIABLE
              ", else it is asked for on the terminal"},
     .offset = offsetof(sign_options, passphrase_file)}};

static const phrase no_hint = {NULL, NULL};

/* ---- the key file ---- */

static err read_passphrase(session *s, const sign_options *o, char out[PASSPHRASE_ROOM])
{
    static const phrase wrong = {"没有得到口令", "no passphrase was given"};
    const char *value = getenv(PASSPHRASE_VARIABLE);
    size_t n = 0;
    if (o->passphrase_file) {
        err e = file_read_secret(out, PASSPHRASE_ROOM - 1, o->passphrase_file, &n);
        if (e != ERR_OK)
            return session_secret_failed(s, e, o->passphrase_file);
        while (n > 0 && (out[n - 1] == '\n' || out[n - 1] == '\r'))
            n--;
        out[n] = '\0';
    } else if (value && *value && strlen(value) < PASSPHRASE_ROOM) {
        memcpy(out, value, strlen(value) + 1);
    } else if (EVP_read_pw_string(out, PASSPHRASE_ROOM,
                                  say((phrase){"密钥文件的口令：", "Passphrase of the key file: "}), 0) != 0) {
        return session_fail(s, ERR_UNSUPPORTED, wrong, NULL, no_hint);
    }
    return *out ? ERR_OK : session_fail(s, ERR_ARG, wrong, NULL, no_hint);
}

/* OpenSSL opens what it, Java and browsers write. */
static err private_of(const bytes *file, char *passphrase, sm2_private *out)
{
    err e = ERR_DECRYPT;
    uint8_t d[32] = {0};
    BIGNUM *number = NULL;
    BIO *bio = BIO_new_mem_buf(file->p, (int)file->n);
    EVP_PKEY *key = bio ? PEM_read_bio_PrivateKey(bio, NULL, NULL, passphrase) : NULL;
    if (key && EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_PRIV_KEY, &number) == 1 &&
        BN_bn2binpad(number, d, sizeof d) == sizeof d)
        e = sm2_private_from_bytes(out, d);
    wipe(d, sizeof d);
    BN_clear_free(number);
    EVP_PKEY_free(key);
    BIO_free(bio);
    ERR_clear_error();
    return e;
}

static err open_key(session *s, const sign_options *o, sm2_private *key, bytes *certificate)
{
    static const phrase wrong = {"口令不符，或不是 SM2 密钥文件",
                                 "the passphrase is wrong, or this is no SM2 key file"},
                        no_certificate = {"密钥文件中没有证书", "there is no certificate in the key file"},
                        mismatch = {"证书与私钥不属于同一密钥", "certificate and private key are of different keys"};
    char passphrase[PASSPHRASE_ROOM];
    bytes file;
    cert x;
    err e = file_read(s->arena, o->key, KEY_FILE_MAX, &file);
    if (e != ERR_OK)
        return session_file_failed(s, e, o->key);
    if (pem_decode(s->arena, PEM_CERTIFICATE, file, certificate, NULL) != ERR_OK ||
        cert_parse(&x, *certificate) != ERR_OK)
        return session_fail(s, ERR_NOT_FOUND, no_certificate, o->key, no_hint);
    TRY(read_passphrase(s, o, passphrase));
    e = private_of(&file, passphrase, key);
    wipe(passphrase, sizeof passphrase);
    if (e != ERR_OK)
        return session_fail(s, ERR_DECRYPT, wrong, o->key, no_hint);
    if (x.is_sm2 && ct_equal(x.public_key, key->public_key, POINT_SIZE))
        return ERR_OK;
    sm2_private_wipe(key);
    return session_fail(s, ERR_CONFLICT, mismatch, o->key, no_hint);
}

/* ---- the challenge ---- */

/* The message is written here and not taken from a page; the server that it names is shown, for whoever signs to look at. */
static err message_of(session *s, const char *server, const char *challenge, const char **out)
{
    static const phrase bad = {"挑战须为 80 位十六进制", "a challenge has 80 hex digits"};
    uint8_t octets[CHALLENGE];
    if (hex_decode(octets, sizeof octets, challenge, strlen(challenge)) != ERR_OK)
        return session_usage(s, bad, challenge);
    *out = arena_printf(s->arena, "{\"type\":\"yiqian/console/1\",\"server\":\"%s\",\"challenge\":\"%s\"}", server,
                        hex_text(s->arena, octets, sizeof octets));
    return *out ? ERR_OK : ERR_MEMORY;
}

static err find_challenge(session *s, const sign_options *o, const char **server, const char **challenge)
{
    json_t *about, *made;
    TRY(remote_get(s, "/v1/server", &about));
    *server = answer_text(about, "public_url");
    *challenge = o->challenge;
    if (!*challenge) {
        TRY(remote_call(s, &(remote_request){.method = "POST", .path = "/v1/console/challenges"}, &made));
        *challenge = answer_text(made, "challenge");
    }
    return *server && *challenge ? ERR_OK : ERR_JSON;
}

static err signature_of(const sm2_private *key, const char *message, uint8_t out[ECSIG_DER_MAX], size_t *n)
{
    const entropy rng = {os_entropy_fill, NULL};
    uint8_t e[32], rs[64];
    sm2_digest(e, key->public_key, bytes_of_text(message));
    TRY(sm2_sign(rs, key, e, &rng));
    return ecsig_to_der(out, n, rs);
}

static err sign(session *s, const void *options)
{
    static const phrase done = {"把下面一行粘贴到登录页（五分钟内，仅一次）",
                                "Paste this line into the login page (within five minutes, once)"};
    static const answer_column fields[] = {{{"服务器", "Server"}, "server", ANSWER_TEXT},
                                           {{"登录凭据", "Proof"}, "proof", ANSWER_TEXT}};
    const sign_options *o = options;
    const char *server, *challenge, *message = NULL;
    bytes certificate;
    sm2_private key;
    uint8_t der[ECSIG_DER_MAX];
    size_t der_n = 0;
    TRY(find_challenge(s, o, &server, &challenge));
    TRY(message_of(s, server, challenge, &message));
    TRY(open_key(s, o, &key, &certificate));
    err e = signature_of(&key, message, der, &der_n);
    sm2_private_wipe(&key);
    TRY(e);
    const char *x = base64_text(s->arena, certificate.p, certificate.n), *g = base64_text(s->arena, der, der_n);
    json_t *proof =
        x && g ? json_pack("{s:s, s:s, s:s}", "challenge", challenge, "certificate", x, "signature", g) : NULL;
    char *text = proof ? json_dumps(proof, JSON_COMPACT) : NULL;
    const char *line = text ? base64_text(s->arena, text, strlen(text)) : NULL;
    json_t *answer = line ? json_pack("{s:s, s:s, s:O}", "server", server, "proof", line, "session", proof) : NULL;
    free(text);
    json_decref(proof);
    if (!answer)
        return ERR_MEMORY;
    e = answer_done(s, done, answer, ANSWER_COLUMNS(fields));
    json_decref(answer);
    return e;
}

static const command commands[] = {
    {.name = "sign",
     .summary = {"用密钥文件签署控制台的登录挑战", "sign the console's login challenge with a key file"},
     .notes = {"--json 给出 POST /v1/console/sessions 的请求体（session）",
               "--json gives the body of POST /v1/console/sessions (session)"},
     .caller = CALLER_NOBODY,
     COMMAND_OPTIONS(sign_rows, sign_options),
     .run = sign},
};

const command_group console_group = {.name = "console",
                                     .summary = {"管理控制台：以密钥文件登录", "the console: log in with a key file"},
                                     COMMAND_GROUP(commands)};
