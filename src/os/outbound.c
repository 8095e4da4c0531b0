#include "os/outbound.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

struct outbound {
    outbound_options options;
    CURLM *multi;
    struct transfer *transfers;
    size_t finished; /* of them, not taken yet */
};

typedef struct transfer {
    struct transfer *next, *previous;
    outbound *o;
    void *tag;
    CURL *easy;
    struct curl_slist *headers;
    char *body;
    size_t received;
    bool https, refused, flooded, finished;
    CURLcode code; /* once finished */
    char error[CURL_ERROR_SIZE];
} transfer;

/* So much of an answer's body is read, for the connection to stay of use. */
enum { BODY_MAX = 64 << 10, CONNECTIONS_KEPT = 64 };

static pthread_once_t once = PTHREAD_ONCE_INIT;
static CURLcode global = CURLE_FAILED_INIT;

static void start_curl(void)
{
    global = curl_global_init(CURL_GLOBAL_DEFAULT);
}

err outbound_create(outbound **out, const outbound_options *options)
{
    (void)pthread_once(&once, start_curl);
    outbound *o = global == CURLE_OK ? calloc(1, sizeof *o) : NULL;
    if (!o)
        return ERR_MEMORY;
    o->options = *options;
    o->multi = curl_multi_init();
    if (!o->multi || curl_multi_setopt(o->multi, CURLMOPT_MAXCONNECTS, (long)CONNECTIONS_KEPT) != CURLM_OK) {
        outbound_destroy(o);
        return ERR_MEMORY;
    }
    *out = o;
    return ERR_OK;
}

static void transfer_destroy(transfer *t)
{
    if (t->easy) {
        (void)curl_multi_remove_handle(t->o->multi, t->easy);
        curl_easy_cleanup(t->easy);
    }
    curl_slist_free_all(t->headers);
    free(t->body);
    if (t->next)
        t->next->previous = t->previous;
    if (t->previous)
        t->previous->next = t->next;
    else if (t->o->transfers == t)
        t->o->transfers = t->next;
    free(t);
}

void outbound_destroy(outbound *o)
{
    if (!o)
        return;
    while (o->transfers)
        transfer_destroy(o->transfers);
    (void)curl_multi_cleanup(o->multi);
    free(o);
}

static size_t drop(char *data, size_t size, size_t n, void *arg)
{
    transfer *t = arg;
    (void)data;
    t->received += size * n;
    t->flooded = t->received > BODY_MAX;
    return t->flooded ? 0 : size * n; /* fewer than n: curl gives up */
}

/* After the name was resolved: a name that resolves otherwise at the next moment is looked at again at the next connection. */
static curl_socket_t open_allowed(void *arg, curlsocktype purpose, struct curl_sockaddr *peer)
{
    transfer *t = arg;
    address a;
    (void)purpose;
    const outbound_options *options = &t->o->options;
    address_kind kind = address_of_socket(&a, &peer->addr) == ERR_OK ? address_kind_of(&a) : ADDRESS_REFUSED;
    if (kind == ADDRESS_REFUSED || (kind == ADDRESS_PUBLIC && !t->https && !options->plain_http) ||
        (options->deny && address_ranges_have(options->deny, &a))) {
        t->refused = true;
        return CURL_SOCKET_BAD;
    }
    return socket(peer->family, peer->socktype | SOCK_CLOEXEC, peer->protocol);
}

static bool copy_headers(transfer *t, const char *const *headers, size_t n)
{
    t->headers = curl_slist_append(NULL, "Expect:"); /* or curl waits a second before a larger body */
    for (size_t i = 0; i < n && t->headers; i++) {
        struct curl_slist *longer = curl_slist_append(t->headers, headers[i]);
        if (!longer)
            return false;
        t->headers = longer;
    }
    return t->headers;
}

static bool set_up(transfer *t, const char *url, size_t body_n)
{
    const outbound_options *o = &t->o->options;
    CURL *e = t->easy;
    return curl_easy_setopt(e, CURLOPT_URL, url) == CURLE_OK && /* copied by curl */
           curl_easy_setopt(e, CURLOPT_PRIVATE, t) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_ERRORBUFFER, t->error) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_PROXY, "") == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
           /* Or giving up on a name waits until its name server has answered, and all others with it. */
           curl_easy_setopt(e, CURLOPT_QUICK_EXIT, 1L) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, (long)o->connect_ms) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, (long)o->timeout_ms) == CURLE_OK &&
           (!o->ca_file || (curl_easy_setopt(e, CURLOPT_CAINFO, o->ca_file) == CURLE_OK &&
                            curl_easy_setopt(e, CURLOPT_CAPATH, NULL) == CURLE_OK)) &&
           curl_easy_setopt(e, CURLOPT_OPENSOCKETFUNCTION, open_allowed) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_OPENSOCKETDATA, t) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, drop) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_WRITEDATA, t) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_POSTFIELDS, t->body) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body_n) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_HTTPHEADER, t->headers) == CURLE_OK;
}

err outbound_post(outbound *o, const char *url, const char *const *headers, size_t headers_n, bytes body, void *tag)
{
    bool https = strncasecmp(url, "https://", 8) == 0;
    if (!https && strncasecmp(url, "http://", 7) != 0)
        return ERR_ARG;
    for (size_t i = 0; i < headers_n; i++)
        if (strpbrk(headers[i], "\r\n") || !strchr(headers[i], ':'))
            return ERR_ARG;
    transfer *t = calloc(1, sizeof *t);
    if (!t)
        return ERR_MEMORY;
    *t = (transfer){.next = o->transfers, .o = o, .tag = tag, .https = https};
    if (o->transfers)
        o->transfers->previous = t;
    o->transfers = t;
    t->body = malloc(body.n + 1);
    t->easy = curl_easy_init();
    if (t->body)
        memcpy(t->body, body.n > 0 ? (const char *)body.p : "", body.n);
    if (t->body && t->easy && copy_headers(t, headers, headers_n) && set_up(t, url, body.n) &&
        curl_multi_add_handle(o->multi, t->easy) == CURLM_OK)
        return ERR_OK;
    transfer_destroy(t);
    return ERR_MEMORY;
}

/* Moves what curl has finished to where outbound_take finds it. */
static void collect(outbound *o)
{
    int left;
    for (CURLMsg *m; (m = curl_multi_info_read(o->multi, &left));) {
        void *arg = NULL;
        if (m->msg != CURLMSG_DONE || curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, (char **)&arg) != CURLE_OK)
            continue;
        transfer *t = arg;
        t->finished = true;
        t->code = m->data.result;
        o->finished++;
    }
}

void outbound_run(outbound *o, int ms)
{
    int running;
    (void)curl_multi_perform(o->multi, &running);
    collect(o);
    if (o->finished > 0)
        return;
    (void)curl_multi_poll(o->multi, NULL, 0, ms, NULL);
    (void)curl_multi_perform(o->multi, &running);
    collect(o);
}

static void explain(const transfer *t, char message[OUTBOUND_MESSAGE])
{
    const char *what = t->refused    ? "no connection is made to this address"
                       : t->error[0] ? t->error
                                     : curl_easy_strerror(t->code);
    (void)snprintf(message, OUTBOUND_MESSAGE, "%s", what);
}

bool outbound_take(outbound *o, outbound_result *out)
{
    transfer *t = o->finished > 0 ? o->transfers : NULL;
    while (t && !t->finished)
        t = t->next;
    if (!t)
        return false;
    long status = 0;
    curl_off_t us = 0;
    (void)curl_easy_getinfo(t->easy, CURLINFO_TOTAL_TIME_T, &us);
    memset(out, 0, sizeof *out);
    out->tag = t->tag;
    out->took_ms = us / 1000;
    /* A body that is too long was broken off; the status had come before it. */
    if (t->code == CURLE_OK || t->flooded)
        (void)curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
    out->status = (int)status;
    if (status == 0)
        explain(t, out->message);
    transfer_destroy(t);
    o->finished--;
    return true;
}

void outbound_wake(outbound *o)
{
    (void)curl_multi_wakeup(o->multi);
}
