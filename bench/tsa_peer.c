/* A timestamp server as one builds it on OpenSSL alone, to compare with: TS_RESP_create_response with P-256 (OpenSSL signs no SM2 tokens), HTTP
 * read by hand, and the same promise: a token is in a log on the disk before it is answered. Each thread has its connections and its log;
 * what came while the disk was at work shares the next sync. No limits, no refusals, no search: it is what a token costs, not a product.
 *
 * bench_tsa_peer DIRECTORY THREADS prints "127.0.0.1:PORT" and serves until it is killed. */
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/ts.h>
#include <openssl/x509v3.h>

enum { THREADS_MAX = 16, REQUEST_ROOM = 4096, ANSWER_ROOM = 8192, EVENTS = 256, LOG_ROOM = EVENTS * ANSWER_ROOM };

typedef struct peer {
    EVP_PKEY *key;
    X509 *certificate;
    uint8_t serial_prefix[8];
} peer;

typedef struct connection {
    int fd;
    size_t n;
    char request[REQUEST_ROOM];
    size_t answer_n;
    uint8_t answer[ANSWER_ROOM];
} connection;

typedef struct worker {
    peer *p;
    int poll, log;
    TS_RESP_CTX *issuer;
    uint8_t *rows; /* of the log: what is to be synced next */
    size_t rows_n;
} worker;

_Noreturn static void die(const char *what)
{
    fprintf(stderr, "bench_tsa_peer: %s\n", what);
    ERR_print_errors_fp(stderr);
    exit(1);
}

static void add_extension(X509 *certificate, int nid, const char *value)
{
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);
    if (!extension || X509_add_ext(certificate, extension, -1) != 1)
        die("extension");
    X509_EXTENSION_free(extension);
}

static void make_certificate(peer *p)
{
    enum { DAY = 86400 };
    p->key = EVP_EC_gen("P-256");
    p->certificate = X509_new();
    X509_NAME *name = X509_NAME_new();
    if (!p->key || !p->certificate || !name ||
        X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const uint8_t *)"peer", -1, -1, 0) != 1 ||
        X509_set_version(p->certificate, 2) != 1 || ASN1_INTEGER_set(X509_get_serialNumber(p->certificate), 1) != 1 ||
        X509_set_issuer_name(p->certificate, name) != 1 || X509_set_subject_name(p->certificate, name) != 1 ||
        !X509_gmtime_adj(X509_getm_notBefore(p->certificate), -DAY) ||
        !X509_gmtime_adj(X509_getm_notAfter(p->certificate), DAY) || X509_set_pubkey(p->certificate, p->key) != 1)
        die("certificate");
    add_extension(p->certificate, NID_key_usage, "critical,digitalSignature");
    add_extension(p->certificate, NID_ext_key_usage, "critical,timeStamping");
    if (X509_sign(p->certificate, p->key, EVP_sha256()) == 0)
        die("certificate");
    X509_NAME_free(name);
}

/* A number of the process, and a random prefix against the next one's. */
static ASN1_INTEGER *next_serial(TS_RESP_CTX *issuer, void *prefix)
{
    static _Atomic uint64_t last;
    uint8_t octets[16];
    uint64_t number = atomic_fetch_add(&last, 1) + 1;
    (void)issuer;
    memcpy(octets, prefix, 8);
    for (int i = 0; i < 8; i++)
        octets[8 + i] = (uint8_t)(number >> (56 - 8 * i));
    BIGNUM *b = BN_bin2bn(octets, sizeof octets, NULL);
    ASN1_INTEGER *serial = b ? BN_to_ASN1_INTEGER(b, NULL) : NULL;
    BN_free(b);
    return serial;
}

static TS_RESP_CTX *make_issuer(peer *p)
{
    TS_RESP_CTX *issuer = TS_RESP_CTX_new();
    ASN1_OBJECT *policy = OBJ_txt2obj("1.3.6.1.4.1.99999.1", 1);
    if (!issuer || !policy || TS_RESP_CTX_set_signer_cert(issuer, p->certificate) != 1 ||
        TS_RESP_CTX_set_signer_key(issuer, p->key) != 1 || TS_RESP_CTX_set_signer_digest(issuer, EVP_sha256()) != 1 ||
        TS_RESP_CTX_set_ess_cert_id_digest(issuer, EVP_sha256()) != 1 ||
        TS_RESP_CTX_set_def_policy(issuer, policy) != 1 || TS_RESP_CTX_add_md(issuer, EVP_sha256()) != 1 ||
        TS_RESP_CTX_set_accuracy(issuer, 1, 0, 0) != 1)
        die("issuer");
    TS_RESP_CTX_set_serial_cb(issuer, next_serial, p->serial_prefix);
    ASN1_OBJECT_free(policy);
    return issuer;
}

static void close_connection(connection *c)
{
    close(c->fd);
    free(c);
}

/* The length of the whole request, 0: it is not all there. */
static size_t request_length(const connection *c, size_t *body_at)
{
    const char *end = memmem(c->request, c->n, "\r\n\r\n", 4);
    if (!end)
        return 0;
    const char *length = strcasestr(c->request, "\r\nContent-Length: ");
    *body_at = (size_t)(end + 4 - c->request);
    return *body_at + (length && length < end ? strtoul(length + 18, NULL, 10) : 0);
}

/* Signs and writes answer and row, both yet to be sent and synced. */
static void answer(worker *w, connection *c, size_t body_at, size_t whole)
{
    BIO *in = BIO_new_mem_buf(c->request + body_at, (int)(whole - body_at));
    TS_RESP *response = in ? TS_RESP_create_response(w->issuer, in) : NULL;
    int n = response ? i2d_TS_RESP(response, NULL) : 0;
    int head =
        snprintf((char *)c->answer, ANSWER_ROOM,
                 "HTTP/1.1 200 OK\r\nContent-Type: application/timestamp-reply\r\nContent-Length: %d\r\n\r\n", n);
    uint8_t *at = c->answer + head;
    if (n <= 0 || head + n > ANSWER_ROOM || i2d_TS_RESP(response, &at) != n)
        die("token");
    memcpy(w->rows + w->rows_n, c->answer + head, (size_t)n);
    w->rows_n += (size_t)n;
    c->answer_n = (size_t)(head + n);
    c->n = 0;
    TS_RESP_free(response);
    BIO_free(in);
}

/* False: the connection is over. */
static bool read_request(worker *w, connection *c)
{
    ssize_t got = recv(c->fd, c->request + c->n, REQUEST_ROOM - 1 - c->n, 0);
    if (got <= 0)
        return false;
    c->n += (size_t)got;
    c->request[c->n] = 0;
    size_t body_at, whole = request_length(c, &body_at);
    if (whole > 0 && c->n >= whole)
        answer(w, c, body_at, whole);
    return true;
}

static void sync_rows(worker *w)
{
    if (w->rows_n == 0)
        return;
    if (write(w->log, w->rows, w->rows_n) != (ssize_t)w->rows_n || fdatasync(w->log) != 0)
        die("log");
    w->rows_n = 0;
}

static void *work(void *arg)
{
    worker *w = arg;
    struct epoll_event events[EVENTS];
    for (;;) {
        int n = epoll_wait(w->poll, events, EVENTS, -1), ready = 0;
        connection *answered[EVENTS];
        for (int i = 0; i < n; i++) {
            connection *c = events[i].data.ptr;
            if (!read_request(w, c))
                close_connection(c);
            else if (c->answer_n > 0)
                answered[ready++] = c;
        }
        sync_rows(w);
        for (int i = 0; i < ready; i++) {
            connection *c = answered[i];
            if (send(c->fd, c->answer, c->answer_n, MSG_NOSIGNAL) != (ssize_t)c->answer_n)
                (void)shutdown(c->fd, SHUT_RDWR);
            c->answer_n = 0;
        }
    }
    return NULL;
}

static void start_worker(worker *w, peer *p, const char *directory, int number)
{
    char name[256];
    pthread_t thread;
    (void)snprintf(name, sizeof name, "%s/peer-%d.log", directory, number);
    *w = (worker){.p = p,
                  .poll = epoll_create1(EPOLL_CLOEXEC),
                  .log = open(name, O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0600),
                  .issuer = make_issuer(p),
                  .rows = malloc(LOG_ROOM)};
    if (w->poll < 0 || w->log < 0 || !w->rows || pthread_create(&thread, NULL, work, w) != 0)
        die(name);
    (void)pthread_detach(thread);
}

static int start_listening(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t n = sizeof address;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) != 0 || listen(fd, SOMAXCONN) != 0 ||
        getsockname(fd, (struct sockaddr *)&address, &n) != 0)
        die("listen");
    printf("127.0.0.1:%u\n", ntohs(address.sin_port));
    (void)fflush(stdout);
    return fd;
}

int main(int argc, char **argv)
{
    static worker workers[THREADS_MAX];
    long threads = argc == 3 ? strtol(argv[2], NULL, 10) : 0;
    peer p;
    if (threads < 1 || threads > THREADS_MAX) {
        fprintf(stderr, "usage: bench_tsa_peer DIRECTORY THREADS\n");
        return 2;
    }
    make_certificate(&p);
    if (RAND_bytes(p.serial_prefix, sizeof p.serial_prefix) != 1)
        die("random numbers");
    p.serial_prefix[0] = (p.serial_prefix[0] & 0x7f) | 0x40; /* positive, and always as long */
    for (int i = 0; i < threads; i++)
        start_worker(&workers[i], &p, argv[1], i);
    int fd = start_listening();
    for (long next = 0;; next = (next + 1) % threads) {
        connection *c = calloc(1, sizeof *c);
        int on = 1;
        if (!c || (c->fd = accept4(fd, NULL, NULL, SOCK_CLOEXEC)) < 0)
            die("accept");
        (void)setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
        if (epoll_ctl(workers[next].poll, EPOLL_CTL_ADD, c->fd, &event) != 0)
            die("epoll");
    }
}
