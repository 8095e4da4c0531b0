#include "http/peer.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "os/clock.h"

enum { DROPPED_MAX = 256 << 10 };

struct peer {
    int fd;
    SSL *ssl; /* NULL: in clear */
};

struct peer_tls {
    SSL_CTX *context;
};

/* ---- certificate and key ---- */

static bool use_chain(SSL_CTX *context, BIO *pem)
{
    X509 *certificate = PEM_read_bio_X509(pem, NULL, NULL, NULL);
    bool ok = certificate && SSL_CTX_use_certificate(context, certificate) == 1;
    X509_free(certificate);
    for (X509 *above; ok && (above = PEM_read_bio_X509(pem, NULL, NULL, NULL)) != NULL;) {
        ok = SSL_CTX_add0_chain_cert(context, above) == 1;
        if (!ok)
            X509_free(above);
    }
    return ok;
}

static bool use_key(SSL_CTX *context, BIO *pem)
{
    EVP_PKEY *key = PEM_read_bio_PrivateKey(pem, NULL, NULL, NULL);
    bool ok = key && SSL_CTX_use_PrivateKey(context, key) == 1 && SSL_CTX_check_private_key(context) == 1;
    EVP_PKEY_free(key);
    return ok;
}

static err configure(SSL_CTX *context, const char *certificate_pem, const char *key_pem)
{
    BIO *certificate = BIO_new_mem_buf(certificate_pem, -1), *key = BIO_new_mem_buf(key_pem, -1);
    err e = ERR_OK;
    if (!certificate || !key || SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) != 1)
        e = ERR_MEMORY;
    else if (!use_chain(context, certificate) || !use_key(context, key))
        e = ERR_CONFIG;
    BIO_free(certificate);
    BIO_free(key);
    ERR_clear_error();
    (void)SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    (void)SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    (void)SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    return e;
}

err peer_tls_create(peer_tls **out, const char *certificate_pem, const char *key_pem)
{
    peer_tls *tls = calloc(1, sizeof *tls);
    if (!tls)
        return ERR_MEMORY;
    tls->context = SSL_CTX_new(TLS_server_method());
    err e = tls->context ? configure(tls->context, certificate_pem, key_pem) : ERR_MEMORY;
    if (e != ERR_OK) {
        peer_tls_destroy(tls);
        return e;
    }
    *out = tls;
    return ERR_OK;
}

err peer_tls_create_client(peer_tls **out, const char *ca_file)
{
    peer_tls *tls = calloc(1, sizeof *tls);
    if (!tls || !(tls->context = SSL_CTX_new(TLS_client_method()))) {
        free(tls);
        return ERR_MEMORY;
    }
    SSL_CTX_set_verify(tls->context, SSL_VERIFY_PEER, NULL);
    bool trusts = ca_file ? SSL_CTX_load_verify_file(tls->context, ca_file) == 1
                          : SSL_CTX_set_default_verify_paths(tls->context) == 1;
    ERR_clear_error();
    if (!trusts || SSL_CTX_set_min_proto_version(tls->context, TLS1_2_VERSION) != 1) {
        peer_tls_destroy(tls);
        return ERR_CONFIG;
    }
    *out = tls;
    return ERR_OK;
}

void peer_tls_destroy(peer_tls *tls)
{
    if (!tls)
        return;
    SSL_CTX_free(tls->context);
    free(tls);
}

/* ---- one connection ---- */

/* A host is named by its address or by its name. */
static bool expect_host(SSL *ssl, const char *host)
{
    X509_VERIFY_PARAM *wanted = SSL_get0_param(ssl);
    if (X509_VERIFY_PARAM_set1_ip_asc(wanted, host) == 1)
        return true;
    return SSL_set1_host(ssl, host) == 1 && SSL_set_tlsext_host_name(ssl, host) == 1;
}

static SSL *begin_tls(int fd, peer_tls *tls, const char *host)
{
    SSL *ssl = SSL_new(tls->context);
    bool ok = ssl && SSL_set_fd(ssl, fd) == 1 && (!host || expect_host(ssl, host));
    ERR_clear_error();
    if (!ok) {
        SSL_free(ssl);
        return NULL;
    }
    if (host)
        SSL_set_connect_state(ssl);
    else
        SSL_set_accept_state(ssl);
    return ssl;
}

err peer_open(peer **out, int fd, peer_tls *tls, const char *host)
{
    peer *p = calloc(1, sizeof *p);
    if (!p)
        return ERR_MEMORY;
    if (tls && !(p->ssl = begin_tls(fd, tls, host))) {
        free(p);
        return ERR_MEMORY;
    }
    p->fd = fd;
    *out = p;
    return ERR_OK;
}

void peer_close(peer *p)
{
    if (!p)
        return;
    SSL_free(p->ssl);
    (void)close(p->fd);
    free(p);
}

static err wait_for(const peer *p, short events, uint64_t deadline_ns)
{
    for (;;) {
        uint64_t now = clock_monotonic_ns();
        if (now >= deadline_ns)
            return ERR_TIMEOUT;
        uint64_t ms = (deadline_ns - now + 999999) / 1000000;
        struct pollfd at = {.fd = p->fd, .events = events};
        int n = poll(&at, 1, ms > 60000 ? 60000 : (int)ms);
        if (n > 0)
            return ERR_OK; /* an error among the events shows at the next call */
        if (n < 0 && errno != EINTR)
            return ERR_TRANSPORT;
    }
}

/* What an SSL call that returned `result` waits for. ERR_OK: call it again. */
static err wait_for_tls(const peer *p, int result, uint64_t deadline_ns)
{
    int why = SSL_get_error(p->ssl, result);
    ERR_clear_error();
    if (why == SSL_ERROR_WANT_READ)
        return wait_for(p, POLLIN, deadline_ns);
    if (why == SSL_ERROR_WANT_WRITE)
        return wait_for(p, POLLOUT, deadline_ns);
    return ERR_TRANSPORT;
}

err peer_greet(peer *p, uint64_t deadline_ns)
{
    if (!p->ssl)
        return ERR_OK;
    for (int n; (n = SSL_do_handshake(p->ssl)) != 1;)
        TRY(wait_for_tls(p, n, deadline_ns));
    return ERR_OK;
}

static err read_tls(peer *p, void *to, size_t n, uint64_t deadline_ns, size_t *got)
{
    for (int r; (r = SSL_read_ex(p->ssl, to, n, got)) != 1;) {
        *got = 0;
        if (SSL_get_error(p->ssl, r) == SSL_ERROR_ZERO_RETURN)
            return ERR_OK;
        TRY(wait_for_tls(p, r, deadline_ns));
    }
    return ERR_OK;
}

err peer_read(peer *p, void *to, size_t n, uint64_t deadline_ns, size_t *got)
{
    *got = 0;
    if (p->ssl)
        return read_tls(p, to, n, deadline_ns, got);
    for (;;) {
        ssize_t r = recv(p->fd, to, n, 0);
        if (r >= 0) {
            *got = (size_t)r;
            return ERR_OK;
        }
        if (errno == EAGAIN || errno == EWOULDBLOCK)
            TRY(wait_for(p, POLLIN, deadline_ns));
        else if (errno != EINTR)
            return ERR_TRANSPORT;
    }
}

static err write_some(peer *p, const void *from, size_t n, uint64_t deadline_ns, size_t *sent)
{
    *sent = 0;
    if (p->ssl) {
        int r = SSL_write_ex(p->ssl, from, n, sent);
        return r == 1 ? ERR_OK : wait_for_tls(p, r, deadline_ns);
    }
    ssize_t r = send(p->fd, from, n, MSG_NOSIGNAL);
    if (r >= 0) {
        *sent = (size_t)r;
        return ERR_OK;
    }
    if (errno == EINTR)
        return ERR_OK;
    return errno == EAGAIN || errno == EWOULDBLOCK ? wait_for(p, POLLOUT, deadline_ns) : ERR_TRANSPORT;
}

err peer_write(peer *p, const void *from, size_t n, uint64_t deadline_ns)
{
    const uint8_t *at = from;
    for (size_t sent; n > 0; at += sent, n -= sent)
        TRY(write_some(p, at, n, deadline_ns, &sent));
    return ERR_OK;
}

void peer_finish(peer *p, uint64_t deadline_ns)
{
    char dropped[4096];
    if (p->ssl && SSL_is_init_finished(p->ssl))
        (void)SSL_shutdown(p->ssl);
    ERR_clear_error();
    (void)shutdown(p->fd, SHUT_WR);
    for (size_t n = 0; n < DROPPED_MAX;) {
        ssize_t r = recv(p->fd, dropped, sizeof dropped, 0);
        if (r == 0)
            return;
        if (r > 0)
            n += (size_t)r;
        else if ((errno != EAGAIN && errno != EWOULDBLOCK) || wait_for(p, POLLIN, deadline_ns) != ERR_OK)
            return;
    }
}

void peer_hang_up(peer *p, int at_once)
{
    (void)shutdown(p->fd, at_once ? SHUT_RDWR : SHUT_RD);
}
