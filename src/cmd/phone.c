#include "cmd/phone.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "base/ct.h"
#include "os/client.h"
#include "os/entropy.h"
#include "os/file.h"
#include "os/lock.h"

enum {
    PATH_BYTES = 1024,
    CREDENTIAL_BYTES = 512,
    SIGNATURE_DER = 80,
    TIMEOUT_MS = 30000,
    HEADER_BYTES = 2048,
    HEADERS = 8,
    CLIENTS = 8 /* kept for the next call */
};

struct phone {
    yq_platform platform;
    char directory[PATH_BYTES];
    char ca_file[PATH_BYTES]; /* "" for the system's */
    int lock;
    pthread_mutex_t shared; /* what stands below: calls come from several threads at once */
    client *idle[CLIENTS];
    size_t idle_n;
    char message[CLIENT_MESSAGE];
    atomic_uint timeout_ms;
};

static void keep_message(phone *p, const char *message)
{
    (void)pthread_mutex_lock(&p->shared);
    (void)snprintf(p->message, sizeof p->message, "%s", message);
    (void)pthread_mutex_unlock(&p->shared);
}

static int said(phone *p, const char *what, err e)
{
    if (e == ERR_OK)
        return YQ_PLATFORM_OK;
    char message[CLIENT_MESSAGE];
    (void)snprintf(message, sizeof message, "%s: %s", what, err_code(e));
    keep_message(p, message);
    return e == ERR_NOT_FOUND ? YQ_PLATFORM_NOT_FOUND : YQ_PLATFORM_FAILED;
}

static err path_of(char out[PATH_BYTES], const phone *p, const char *name)
{
    int n = snprintf(out, PATH_BYTES, "%s/%s", p->directory, name);
    return n > 0 && n < PATH_BYTES ? ERR_OK : ERR_LENGTH;
}

/* ---- storage ---- */

static int load(void *context, const char *name, uint8_t *out, size_t capacity, size_t *n)
{
    phone *p = context;
    char path[PATH_BYTES];
    err e = path_of(path, p, name);
    if (e == ERR_OK)
        e = file_read_secret(out, capacity, path, n);
    return e == ERR_NOT_FOUND ? YQ_PLATFORM_NOT_FOUND : said(p, name, e);
}

static int save(void *context, const char *name, const uint8_t *record, size_t n)
{
    phone *p = context;
    char path[PATH_BYTES];
    err e = path_of(path, p, name);
    return said(p, name, e == ERR_OK ? file_write(path, record, n, 0600) : e);
}

static int erase(void *context, const char *name)
{
    phone *p = context;
    char path[PATH_BYTES];
    err e = path_of(path, p, name);
    if (e == ERR_OK && unlink(path) != 0 && errno != ENOENT)
        e = ERR_IO;
    return said(p, name, e);
}

/* ---- transport ---- */

/* "Name: value" as the client takes them; lines is the room for all. */
static err header_lines(const char *out[HEADERS], char lines[HEADER_BYTES], const yq_http_request *request)
{
    size_t used = 0;
    if (request->headers_n > HEADERS)
        return ERR_LENGTH;
    for (size_t i = 0; i < request->headers_n; i++) {
        int n =
            snprintf(lines + used, HEADER_BYTES - used, "%s: %s", request->headers[i].name, request->headers[i].value);
        if (n < 0 || (size_t)n >= HEADER_BYTES - used)
            return ERR_LENGTH;
        out[i] = lines + used;
        used += (size_t)n + 1;
    }
    return ERR_OK;
}

/* A client is one thread's at a time. */
static err take_client(phone *p, client **out)
{
    *out = NULL;
    (void)pthread_mutex_lock(&p->shared);
    if (p->idle_n > 0)
        *out = p->idle[--p->idle_n];
    (void)pthread_mutex_unlock(&p->shared);
    return *out ? ERR_OK : client_create(out);
}

static void give_client_back(phone *p, client *c)
{
    (void)pthread_mutex_lock(&p->shared);
    bool kept = c && p->idle_n < CLIENTS;
    if (kept)
        p->idle[p->idle_n++] = c;
    (void)pthread_mutex_unlock(&p->shared);
    if (!kept)
        client_destroy(c);
}

static err exchange_in(phone *p, client *c, arena *a, const yq_http_request *request, int *status,
                       yq_http_answer *answer)
{
    char lines[HEADER_BYTES], message[CLIENT_MESSAGE] = "";
    const char *headers[HEADERS];
    client_response response;
    err e;
    TRY_OUT(header_lines(headers, lines, request));
    const client_request sent = {.method = request->method,
                                 .url = request->url,
                                 .headers = headers,
                                 .headers_n = request->headers_n,
                                 .body = bytes_of(request->body, request->body_n),
                                 .timeout_ms = p->timeout_ms,
                                 .response_max =
                                     request->answer_max + 1, /* one more: the SDK sees that it is too much */
                                 .ca_file = *p->ca_file ? p->ca_file : NULL};
    TRY_OUT(client_send(c, a, &sent, &response, message));
    *status = response.status;
    e = yq_http_answer_write(answer, response.body.p, response.body.n) ? ERR_OK : ERR_LIMIT;
out:
    wipe(lines, sizeof lines);
    if (e != ERR_OK && *message)
        keep_message(p, message);
    else if (e != ERR_OK)
        (void)said(p, request->url, e);
    return e;
}

/* The arena wipes what it held: answers are PIN-sensitive. */
static int exchange(void *context, const yq_http_request *request, int *status, yq_http_answer *answer)
{
    phone *p = context;
    client *c = NULL;
    keep_message(p, "");
    arena *a = arena_create(4 * request->answer_max + (1 << 20)); /* the client's buffer grows by doubling */
    err e = a ? take_client(p, &c) : ERR_MEMORY;
    if (e == ERR_OK)
        e = exchange_in(p, c, a, request, status, answer);
    give_client_back(p, c);
    arena_destroy(a);
    return e == ERR_OK ? YQ_PLATFORM_OK : YQ_PLATFORM_FAILED;
}

/* ---- entropy ---- */

static int fill(void *context, uint8_t *out, size_t n)
{
    return os_entropy_fill(context, out, n) == ERR_OK ? YQ_PLATFORM_OK : YQ_PLATFORM_FAILED;
}

/* ---- credential ---- */

static err credential_make(const char *path)
{
    uint8_t der[CREDENTIAL_BYTES], *end = der;
    err e = ERR_IO;
    EVP_PKEY *key = EVP_EC_gen("P-256");
    int n = key ? i2d_PrivateKey(key, NULL) : -1;
    if (n > 0 && n <= CREDENTIAL_BYTES && i2d_PrivateKey(key, &end) == n)
        e = file_create(path, der, (size_t)n, 0600);
    wipe(der, sizeof der);
    EVP_PKEY_free(key);
    return e;
}

static err credential_read(EVP_PKEY **out, const phone *p, const char *name)
{
    uint8_t der[CREDENTIAL_BYTES];
    char path[PATH_BYTES];
    size_t n;
    TRY(path_of(path, p, name));
    TRY(file_read_secret(der, sizeof der, path, &n));
    const uint8_t *at = der;
    *out = d2i_AutoPrivateKey(NULL, &at, (long)n);
    wipe(der, sizeof der);
    return *out ? ERR_OK : ERR_CORRUPT;
}

static err credential_public(const EVP_PKEY *key, uint8_t public_key[65])
{
    size_t n = 0;
    bool got = EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, public_key, 65, &n) == 1;
    return got && n == 65 && public_key[0] == 4 ? ERR_OK : ERR_CORRUPT;
}

static int create(void *context, const char *name, uint8_t public_key[65])
{
    phone *p = context;
    char path[PATH_BYTES];
    EVP_PKEY *key = NULL;
    err e = path_of(path, p, name);
    if (e == ERR_OK && !file_exists(path))
        e = credential_make(path);
    if (e == ERR_OK)
        e = credential_read(&key, p, name);
    if (e == ERR_OK)
        e = credential_public(key, public_key);
    EVP_PKEY_free(key);
    return said(p, name, e) == YQ_PLATFORM_OK ? YQ_PLATFORM_OK : YQ_PLATFORM_FAILED;
}

/* SEQUENCE { r, s } as r || s, each of 32 bytes. */
static err signature_fixed(uint8_t rs[64], const uint8_t *der, size_t n)
{
    ECDSA_SIG *signature = d2i_ECDSA_SIG(NULL, &der, (long)n);
    bool fits = signature && BN_bn2binpad(ECDSA_SIG_get0_r(signature), rs, 32) == 32 &&
                BN_bn2binpad(ECDSA_SIG_get0_s(signature), rs + 32, 32) == 32;
    ECDSA_SIG_free(signature);
    return fits ? ERR_OK : ERR_SIGNATURE;
}

static err credential_sign(EVP_PKEY *key, const uint8_t *message, size_t n, uint8_t rs[64])
{
    uint8_t der[SIGNATURE_DER];
    size_t der_n = sizeof der;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool made = ctx && EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key) == 1 &&
                EVP_DigestSign(ctx, der, &der_n, message, n) == 1;
    EVP_MD_CTX_free(ctx);
    return made ? signature_fixed(rs, der, der_n) : ERR_SIGNATURE;
}

static int sign(void *context, const char *name, const uint8_t *message, size_t n, uint8_t rs[64])
{
    phone *p = context;
    EVP_PKEY *key = NULL;
    err e = credential_read(&key, p, name);
    if (e == ERR_OK)
        e = credential_sign(key, message, n, rs);
    EVP_PKEY_free(key);
    return said(p, name, e) == YQ_PLATFORM_OK ? YQ_PLATFORM_OK : YQ_PLATFORM_FAILED;
}

/* ---- a finger for tests ---- */

static int unwrap(void *context, const char *name, const char *prompt, uint8_t *secret, size_t capacity, size_t *n)
{
    (void)prompt;
    return load(context, name, secret, capacity, n);
}

void phone_pretend_finger(phone *p)
{
    p->platform.fingerprint = (yq_fingerprint){p, save, unwrap, erase};
}

/* ---- opening ---- */

/* Every directory of the path, as mkdir -p does; those that are there stay as they are. */
static err make_directories(const char *path)
{
    char part[PATH_BYTES];
    for (const char *at = path + 1;; at++) {
        if (*at && *at != '/')
            continue;
        memcpy(part, path, (size_t)(at - path));
        part[at - path] = 0;
        if (!file_exists(part))
            TRY(file_make_directory(part, 0700));
        if (!*at)
            return ERR_OK;
    }
}

static err open_directory(phone *p, const char *directory, const char *ca_file)
{
    char path[PATH_BYTES];
    if (strlen(directory) == 0 || strlen(directory) >= PATH_BYTES || (ca_file && strlen(ca_file) >= PATH_BYTES))
        return ERR_LENGTH;
    memcpy(p->directory, directory, strlen(directory) + 1);
    if (ca_file)
        memcpy(p->ca_file, ca_file, strlen(ca_file) + 1);
    TRY(make_directories(directory));
    TRY(path_of(path, p, "lock"));
    return lock_take(&p->lock, path);
}

err phone_open(phone **out, const char *directory, const char *ca_file)
{
    phone *p = calloc(1, sizeof *p);
    if (!p)
        return ERR_MEMORY;
    p->lock = -1;
    p->timeout_ms = TIMEOUT_MS;
    if (pthread_mutex_init(&p->shared, NULL) != 0) {
        free(p);
        return ERR_MEMORY;
    }
    p->platform = (yq_platform){.storage = {p, load, save, erase},
                                .transport = {.context = p, .exchange = exchange},
                                .entropy = {p, fill},
                                .credential = {p, create, sign, erase}};
    err e = open_directory(p, directory, ca_file);
    if (e != ERR_OK) {
        phone_close(p);
        return e;
    }
    *out = p;
    return ERR_OK;
}

void phone_close(phone *p)
{
    if (!p)
        return;
    while (p->idle_n > 0)
        client_destroy(p->idle[--p->idle_n]);
    (void)pthread_mutex_destroy(&p->shared);
    if (p->lock >= 0)
        lock_release(p->lock);
    free(p);
}

const yq_platform *phone_platform(const phone *p)
{
    return &p->platform;
}

void phone_hurry(phone *p, unsigned timeout_ms)
{
    p->timeout_ms = timeout_ms;
}

const char *phone_message(const phone *p)
{
    return p->message;
}
