/* The whole API over HTTP: a server with the program's routes on a Unix socket and on a loopback port, and a client. */
#ifndef YIQIAN_TESTS_API_SERVER_H
#define YIQIAN_TESTS_API_SERVER_H

#include <curl/curl.h>

#include "api/api.h"
#include "unit/service/fixture.h"

enum { SERVER_ANSWER_MAX = 1 << 20 };

typedef struct server {
    fixture f;
    api *api;
    http_server *http;
    char socket[128];
    /* Of the last answer. */
    long status;
    char content_type[64], cache_control[64], head[4096];
    const char *more; /* a header of the next requests, "Name: value"; NULL: none */
    bytes raw;
    json_t *json; /* NULL where it was no JSON */
    json_t *kept; /* all answers, so that what was read from them stays */
} server;

static inline int server_setup(void **state)
{
    server *s = calloc(1, sizeof *s);
    assert_non_null(s);
    fixture_init(&s->f);
    s->kept = json_array();
    snprintf(s->socket, sizeof s->socket, "%s/api.sock", s->f.dir);
    assert_int_equal(api_create(&s->api, s->f.service, (api_waiting){4, 4}), ERR_OK);
    http_options options = {.routes = api_routes,
                            .routes_n = api_routes_n,
                            .dispatch = api_dispatch,
                            .app = s->api,
                            .listen = "127.0.0.1:0",
                            .unix_path = s->socket,
                            .loops = 1,
                            .workers = 2,
                            .is_quick = api_is_quick,
                            .quick_workers = 1,
                            .queue_max = 16,
                            .waiting_max = 16,
                            .connections_max = 16,
                            .request_seconds = 10,
                            .idle_seconds = 10};
    assert_int_equal(http_start(&s->http, &options), ERR_OK);
    *state = s;
    return 0;
}

static inline int server_teardown(void **state)
{
    server *s = *state;
    http_stop(s->http);
    api_destroy(s->api);
    json_decref(s->kept);
    unlink(s->socket);
    fixture_remove(&s->f);
    free(s);
    return 0;
}

typedef struct server_body {
    char *p;
    size_t n;
} server_body;

static inline size_t server_take(char *p, size_t size, size_t n, void *to)
{
    server_body *b = to;
    if (b->n + size * n > SERVER_ANSWER_MAX)
        return 0;
    memcpy(b->p + b->n, p, size * n);
    b->n += size * n;
    return size * n;
}

static inline size_t server_take_header(char *p, size_t size, size_t n, void *to)
{
    server *s = to;
    size_t head_n = strlen(s->head);
    snprintf(s->head + head_n, sizeof s->head - head_n, "%.*s", (int)(size * n), p);
    static const char name[] = "Cache-Control: ";
    if (size * n > sizeof name && memcmp(p, name, sizeof name - 1) == 0)
        snprintf(s->cache_control, sizeof s->cache_control, "%.*s", (int)(size * n - sizeof name - 1),
                 p + sizeof name - 1);
    return size * n;
}

/* One request; authorization NULL: over the Unix socket, as operator, administrator and auditor; "": over TCP, as nobody; else
 * over TCP with that header. body.p NULL: none; type NULL: no content type. Gives the status. */
static inline int server_send(server *s, const char *authorization, const char *method, const char *path,
                              const char *type, bytes body)
{
    CURL *curl = curl_easy_init();
    struct curl_slist *headers = NULL;
    static char received[SERVER_ANSWER_MAX];
    server_body answer = {received, 0};
    assert_non_null(curl);
    if (!authorization)
        curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, s->socket);
    curl_easy_setopt(curl, CURLOPT_URL, arena_printf(s->f.arena, "http://127.0.0.1:%u%s", http_port(s->http), path));
    curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
    if (body.p) {
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body.p);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)body.n);
        headers = curl_slist_append(headers,
                                    arena_printf(s->f.arena, "Content-Type:%s%s", type ? " " : "", type ? type : ""));
    }
    if (authorization && *authorization)
        headers = curl_slist_append(headers, arena_printf(s->f.arena, "Authorization: %s", authorization));
    if (s->more)
        headers = curl_slist_append(headers, s->more);
    curl_easy_setopt(curl, CURLOPT_NOBODY, (long)(strcmp(method, "HEAD") == 0));
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, server_take);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer);
    s->cache_control[0] = s->head[0] = '\0';
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, server_take_header);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, s);
    assert_int_equal(curl_easy_perform(curl), CURLE_OK);
    const char *answered = NULL;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &s->status);
    curl_easy_getinfo(curl, CURLINFO_CONTENT_TYPE, &answered);
    snprintf(s->content_type, sizeof s->content_type, "%s", answered ? answered : "");
    curl_slist_free_all(headers);
    curl_easy_cleanup(curl);
    char *kept = arena_alloc(s->f.arena, answer.n + 1);
    assert_non_null(kept);
    memcpy(kept, answer.p, answer.n);
    s->raw = bytes_of(kept, answer.n);
    s->json = json_loadb(answer.p, answer.n, 0, NULL);
    if (s->json)
        json_array_append_new(s->kept, s->json);
    return (int)s->status;
}

/* The same with a body of JSON text, or NULL. */
static inline int server_call(server *s, const char *authorization, const char *method, const char *path,
                              const char *body)
{
    return server_send(s, authorization, method, path, "application/json",
                       body ? bytes_of_text(body) : bytes_of(NULL, 0));
}

/* A header of the last answer; "" where there is none. The texts are the arena's. */
static inline const char *server_header(const server *s, const char *name)
{
    for (const char *line = s->head; (line = strchr(line, '\n')) != NULL;) {
        size_t n = strlen(name);
        line++;
        if (strncasecmp(line, name, n) == 0 && line[n] == ':')
            return arena_printf(s->f.arena, "%.*s", (int)strcspn(line + n + 2, "\r"), line + n + 2);
    }
    return "";
}

/* As operator, administrator and auditor. */
static inline int server_get(server *s, const char *path)
{
    return server_call(s, NULL, "GET", path, NULL);
}

static inline int server_post(server *s, const char *path, const char *body)
{
    return server_call(s, NULL, "POST", path, body);
}

/* A text of the last answer; a path of names joined by '.', a number is an array's index. */
static inline const json_t *server_value(const server *s, const char *path)
{
    const json_t *at = s->json;
    while (*path && at) {
        char name[64];
        size_t n = strcspn(path, ".");
        assert_true(n < sizeof name);
        memcpy(name, path, n);
        name[n] = '\0';
        at = json_is_array(at) ? json_array_get(at, (size_t)strtoul(name, NULL, 10)) : json_object_get(at, name);
        path += n + (path[n] == '.');
    }
    return at;
}

static inline const char *server_text(const server *s, const char *path)
{
    const char *text = json_string_value(server_value(s, path));
    assert_non_null(text);
    return text;
}

/* The last answer is this problem, about this field (NULL: any). */
#define assert_problem(s, want_status, want_code, want_field)                                                          \
    do {                                                                                                               \
        assert_int_equal((s)->status, want_status);                                                                    \
        assert_string_equal((s)->content_type, "application/problem+json");                                            \
        assert_string_equal(server_text(s, "code"), want_code);                                                        \
        if (want_field)                                                                                                \
            assert_string_equal(server_text(s, "field"), want_field);                                                  \
    } while (0)

#define WITH_SERVER(test) cmocka_unit_test_setup_teardown(test, server_setup, server_teardown)

#endif
