#include "tsa_verifying.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/ts.h>

#include "os/clock.h"
#include "tsa/token_verify.h"

enum { ARENA = 1 << 20, ROUNDS = 8, BODY = 8192 };

static void collect_one(void *context, unsigned connection, bytes answer)
{
    tsa_collected *c = context;
    uint8_t *copy = malloc(answer.n);
    if (!copy)
        client_die("tokens", "out of memory");
    memcpy(copy, answer.p, answer.n);
    memcpy(c->imprints[c->n], c->of->asked[connection], TSA_TOKENS_IMPRINT);
    c->answers[c->n++] = bytes_of(copy, answer.n);
}

static void fill_one(void *context, unsigned connection, uint8_t *body)
{
    const tsa_collected *c = context;
    tsa_tokens_fill(c->of, connection, body);
}

void tsa_collect(tsa_collected *out, tsa_tokens *t, unsigned port, const char *path)
{
    *out = (tsa_collected){.sm2 = t->sm2, .of = t};
    tsa_tokens_request(t, true);
    (void)http_load_run(&(http_load){.port = port,
                                     .connections = 1,
                                     .requests = TSA_COLLECTED,
                                     .path = path,
                                     .content_type = "application/timestamp-query",
                                     .body = bytes_of(t->request, t->request_n),
                                     .fill = fill_one,
                                     .take = collect_one,
                                     .context = out});
    tsa_tokens_request(t, false);
}

void tsa_collected_free(tsa_collected *c)
{
    for (size_t i = 0; i < c->n; i++)
        free((void *)(uintptr_t)c->answers[i].p);
}

/* ---- over the API ---- */

typedef struct served {
    uint8_t (*bodies)[BODY]; /* JSON, all of one length: what is missing are spaces */
    size_t n, next, length;
} served;

static void make_bodies(served *s, const tsa_collected *c)
{
    arena *a = arena_create((size_t)64 << 20);
    s->bodies = calloc(c->n, sizeof *s->bodies);
    s->n = c->n;
    for (size_t i = 0; a && s->bodies && i < c->n; i++) {
        int n = snprintf((char *)s->bodies[i], BODY, "{\"token\": \"%s\", \"imprint\": \"%s\", \"hash\": \"sm3\"}",
                         base64_text(a, c->answers[i].p, c->answers[i].n),
                         base64_text(a, c->imprints[i], TSA_TOKENS_IMPRINT));
        if (n >= BODY)
            client_die("tokens", "too long");
        if ((size_t)n > s->length)
            s->length = (size_t)n;
        memset(s->bodies[i] + n, ' ', BODY - (size_t)n);
    }
    if (!a || !s->bodies)
        client_die("tokens", "out of memory");
    arena_destroy(a);
}

static void fill_body(void *context, unsigned connection, uint8_t *body)
{
    served *s = context;
    (void)connection;
    memcpy(body, s->bodies[s->next++ % s->n], s->length);
}

static void take_verdict(void *context, unsigned connection, bytes answer)
{
    static const char valid[] = "\"valid\":true", spaced[] = "\"valid\": true";
    (void)context;
    (void)connection;
    if (!memmem(answer.p, answer.n, valid, sizeof valid - 1) && !memmem(answer.p, answer.n, spaced, sizeof spaced - 1))
        client_die("verification", "not valid");
}

http_load_result tsa_verify_served(const tsa_collected *c, unsigned port, const char *authorization,
                                   unsigned connections, unsigned requests)
{
    served s = {0};
    make_bodies(&s, c);
    http_load_result result = http_load_run(&(http_load){.port = port,
                                                         .connections = connections,
                                                         .requests = requests,
                                                         .path = "/v1/timestamps/verify",
                                                         .content_type = "application/json",
                                                         .authorization = authorization,
                                                         .body = bytes_of(s.bodies[0], s.length),
                                                         .fill = fill_body,
                                                         .take = take_verdict,
                                                         .context = &s});
    free(s.bodies);
    return result;
}

/* ---- here ---- */

static void verify_ours(const tsa_collected *c, size_t i, bytes root)
{
    tsa_verification v;
    arena *a = arena_create(ARENA);
    const tsa_expected expected = {.imprint = bytes_of(c->imprints[i], TSA_TOKENS_IMPRINT),
                                   .hash = TSA_SM3,
                                   .roots = &root,
                                   .roots_n = 1,
                                   .now_us = clock_unix_ms() * 1000};
    client_must(tsa_verify(a, c->answers[i], &expected, &v), "verification");
    if (!v.valid)
        client_die("verification", "not valid");
    arena_destroy(a);
}

static void verify_openssl(const tsa_collected *c, size_t i)
{
    const uint8_t *at = c->answers[i].p;
    TS_RESP *response = d2i_TS_RESP(NULL, &at, (long)c->answers[i].n);
    TS_VERIFY_CTX *context = TS_VERIFY_CTX_new();
    X509_STORE *trusted = X509_STORE_new();
    uint8_t *imprint = OPENSSL_memdup(c->imprints[i], TSA_TOKENS_IMPRINT);
    if (!response || !context || !trusted || !imprint || X509_STORE_add_cert(trusted, c->of->certificate) != 1)
        client_die("verification", "OpenSSL");
    (void)TS_VERIFY_CTX_set_flags(context, TS_VFY_SIGNATURE | TS_VFY_IMPRINT | TS_VFY_VERSION);
    (void)TS_VERIFY_CTX_set_imprint(context, imprint, TSA_TOKENS_IMPRINT);
    (void)TS_VERIFY_CTX_set_store(context, trusted);
    if (TS_RESP_verify_response(context, response) != 1)
        client_die("verification", "not valid for OpenSSL");
    TS_VERIFY_CTX_free(context); /* with store and imprint */
    TS_RESP_free(response);
}

double tsa_verify_here_us(const tsa_collected *c, bytes root)
{
    uint64_t began = clock_thread_cpu_ns();
    for (unsigned round = 0; round < ROUNDS; round++)
        for (size_t i = 0; i < c->n; i++) {
            if (c->sm2)
                verify_ours(c, i, root);
            else
                verify_openssl(c, i);
        }
    return (double)(clock_thread_cpu_ns() - began) / 1e3 / (ROUNDS * (double)c->n);
}
