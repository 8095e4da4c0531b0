#include "os/client.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct client {
    CURL *curl;
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static CURLcode global = CURLE_FAILED_INIT;

static void start_curl(void)
{
    global = curl_global_init(CURL_GLOBAL_DEFAULT);
}

err client_create(client **out)
{
    (void)pthread_once(&once, start_curl);
    client *c = global == CURLE_OK ? calloc(1, sizeof *c) : NULL;
    if (!c)
        return ERR_MEMORY;
    c->curl = curl_easy_init();
    if (!c->curl) {
        free(c);
        return ERR_MEMORY;
    }
    *out = c;
    return ERR_OK;
}

void client_destroy(client *c)
{
    if (!c)
        return;
    curl_easy_cleanup(c->curl);
    free(c);
}

/* The response's body as it comes in. */
typedef struct body {
    CURL *curl;
    const client_request *request;
    arena *a;
    char *p;
    size_t n, cap, max;
    err e;
} body;

static bool reserve(body *b, size_t more)
{
    enum { START = 4096 };
    size_t need = b->n + more, cap = b->cap > 0 ? b->cap : START;
    if (need <= b->cap)
        return true;
    while (cap < need)
        cap *= 2;
    char *p = arena_alloc(b->a, cap);
    if (!p)
        return false;
    if (b->n > 0)
        memcpy(p, b->p, b->n);
    b->p = p;
    b->cap = cap;
    return true;
}

static size_t receive(char *data, size_t size, size_t n, void *arg)
{
    body *b = arg;
    long status = 0;
    n *= size;
    (void)curl_easy_getinfo(b->curl, CURLINFO_RESPONSE_CODE, &status);
    if (b->request->sink && status >= 200 && status <= 299) {
        b->e = b->request->sink(b->request->sink_context, data, n);
        return b->e == ERR_OK ? n : 0;
    }
    if (n > b->max - b->n)
        b->e = ERR_LIMIT;
    else if (!reserve(b, n + 1))
        b->e = ERR_MEMORY;
    if (b->e != ERR_OK)
        return 0; /* fewer than n: curl gives up */
    memcpy(b->p + b->n, data, n);
    b->n += n;
    b->p[b->n] = 0;
    return n;
}

static err make_headers(struct curl_slist **out, const client_request *request)
{
    /* Otherwise curl waits a second before it sends a larger body. */
    struct curl_slist *list = curl_slist_append(NULL, "Expect:");
    for (size_t i = 0; i < request->headers_n && list; i++) {
        if (strpbrk(request->headers[i], "\r\n") || !strchr(request->headers[i], ':')) {
            curl_slist_free_all(list);
            return ERR_ARG;
        }
        struct curl_slist *longer = curl_slist_append(list, request->headers[i]);
        if (!longer)
            curl_slist_free_all(list);
        list = longer;
    }
    *out = list;
    return list ? ERR_OK : ERR_MEMORY;
}

static bool set_method(CURL *curl, const client_request *request)
{
    if (strcmp(request->method, "HEAD") == 0)
        return curl_easy_setopt(curl, CURLOPT_NOBODY, 1L) == CURLE_OK;
    bool set = true;
    if (request->body.n > 0 || strcmp(request->method, "GET") != 0)
        set = curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request->body.n > 0 ? (const char *)request->body.p : "") ==
                  CURLE_OK &&
              curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.n) == CURLE_OK;
    return set && curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request->method) == CURLE_OK;
}

static bool set_limits(CURL *curl, const client_request *request)
{
    return curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_PROXY, "") == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)request->timeout_ms) == CURLE_OK &&
           (!request->unix_path || curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, request->unix_path) == CURLE_OK) &&
           (!request->ca_file || (curl_easy_setopt(curl, CURLOPT_CAINFO, request->ca_file) == CURLE_OK &&
                                  curl_easy_setopt(curl, CURLOPT_CAPATH, NULL) == CURLE_OK));
}

static bool set_up(CURL *curl, const client_request *request, struct curl_slist *headers, body *b, char *message)
{
    curl_easy_reset(curl); /* keeps open connections */
    return curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, message) == CURLE_OK && set_limits(curl, request) &&
           curl_easy_setopt(curl, CURLOPT_URL, request->url) == CURLE_OK && set_method(curl, request) &&
           curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, receive) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_WRITEDATA, b) == CURLE_OK;
}

static err err_of_curl(CURLcode code)
{
    switch (code) {
    case CURLE_OK:
        return ERR_OK;
    case CURLE_OUT_OF_MEMORY:
        return ERR_MEMORY;
    case CURLE_URL_MALFORMAT:
        return ERR_ARG;
    default:
        return ERR_TRANSPORT;
    }
}

/* Looked at here, because curl has one code for a scheme it may not use and for an answer that is not HTTP/1. */
static bool is_http(const char *url)
{
    return strncasecmp(url, "http://", 7) == 0 || strncasecmp(url, "https://", 8) == 0;
}

static err take_response(CURL *curl, arena *a, const body *b, client_response *out)
{
    long status = 0;
    char *type = NULL;
    curl_off_t retry = 0;
    struct curl_header *header;
    (void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    (void)curl_easy_getinfo(curl, CURLINFO_CONTENT_TYPE, &type);
    (void)curl_easy_getinfo(curl, CURLINFO_RETRY_AFTER, &retry);
    bool has_retry = curl_easy_header(curl, "Retry-After", 0, CURLH_HEADER, -1, &header) == CURLHE_OK;
    out->status = (int)status;
    out->retry_after = !has_retry ? -1 : retry < INT32_MAX ? (int)retry : INT32_MAX;
    out->content_type = type ? arena_text(a, type, strlen(type)) : "";
    out->body = bytes_of(b->p ? b->p : "", b->n);
    return out->content_type ? ERR_OK : ERR_MEMORY;
}

/* Says in words what message does not say yet. */
static err explain(err e, CURLcode code, const body *b, char message[CLIENT_MESSAGE])
{
    if (e == ERR_LIMIT)
        (void)snprintf(message, CLIENT_MESSAGE, "the response has more than %zu bytes", b->max);
    else if (e != ERR_OK && !message[0])
        (void)snprintf(message, CLIENT_MESSAGE, "%s", curl_easy_strerror(code));
    return e;
}

static err perform(CURL *curl, arena *a, const client_request *request, struct curl_slist *headers,
                   client_response *out, char message[CLIENT_MESSAGE])
{
    body b = {.curl = curl, .request = request, .a = a, .max = request->response_max, .e = ERR_OK};
    if (!set_up(curl, request, headers, &b, message))
        return explain(ERR_MEMORY, CURLE_OUT_OF_MEMORY, &b, message);
    CURLcode code = curl_easy_perform(curl);
    err e = b.e != ERR_OK ? b.e : err_of_curl(code);
    return e == ERR_OK ? take_response(curl, a, &b, out) : explain(e, code, &b, message);
}

static err refuse(char message[CLIENT_MESSAGE], const char *why)
{
    (void)snprintf(message, CLIENT_MESSAGE, "%s", why);
    return ERR_ARG;
}

err client_send(client *c, arena *a, const client_request *request, client_response *out, char message[CLIENT_MESSAGE])
{
    _Static_assert(CLIENT_MESSAGE >= CURL_ERROR_SIZE, "curl writes as much");
    struct curl_slist *headers = NULL;
    message[0] = 0;
    if (!is_http(request->url))
        return refuse(message, "not an http or https URL");
    if (request->timeout_ms == 0)
        return refuse(message, "no time limit");
    err e = make_headers(&headers, request);
    if (e == ERR_ARG)
        return refuse(message, "a header is not \"Name: value\" on one line");
    if (e == ERR_OK)
        e = perform(c->curl, a, request, headers, out, message);
    curl_easy_reset(c->curl); /* the handle lives on, what it points to does not */
    curl_slist_free_all(headers);
    return e;
}
