/* The REST API under /v1: one file a resource, the rows of all routes in routes.c. A handler reads its request, calls one use
 * case of src/service and writes the answer; who may call it stands on its row and was checked before. */
#ifndef YIQIAN_API_API_H
#define YIQIAN_API_API_H

#include "http/http.h"
#include "http/json.h"
#include "http/problem.h"
#include "service/service.h"

/* Who may call: the `who` column. Several bits: any of them. */
enum {
    WHO_ANYONE = 1 << 0,
    WHO_DEVICE = 1 << 1, /* a device's session token */
    WHO_TASKS = 1 << 2,  /* a business system with scope "tasks" */
    WHO_USERS = 1 << 3,  /* a business system with scope "users" */
    WHO_VERIFY = 1 << 4, /* a business system with scope "verify" */
    WHO_OPERATOR =
        1 << 5, /* the Unix socket, or an operator token with scope "operator": users, codes, keys, certificates */
    WHO_ADMINISTRATOR = 1 << 6, /* likewise "administrator": systems, tokens */
    WHO_AUDITOR = 1 << 7,       /* likewise "auditor": reads every log */
    WHO_WORKSTATION = 1 << 8,   /* a workstation's session token */
    WHO_TSA =
        1
        << 9, /* whoever the timestamp server's access lists admit (service/tsa_access.h), with or without credentials */
    WHO_TIMESTAMPS = 1 << 10 /* a business system with scope "timestamps" */
};

typedef struct api api;

/* How many requests of one device and of one business system may wait at once, streams among them. */
typedef struct api_waiting {
    unsigned per_device, per_system;
} api_waiting;

/* The service must outlive it. Ownership: api_destroy; NULL is fine. */
MUST_CHECK err api_create(api **out, service *s, api_waiting limits);
void api_destroy(api *a);

/* What a handler gets as its first argument: the use cases' call, and behind it what only the API knows. A handler that needs
 * only the call says `call *c = app`. */
typedef struct api_call {
    call call;
    http_server *server;
    api_waiting limits;
} api_call;

/* For http_options.dispatch, with the api as app: authenticates, has the handler run with its api_call, records refusals of acts, turns errors into problem+json. */
void api_dispatch(void *app, http_request *request, http_response *response);

/* For http_options.is_quick. */
bool api_is_quick(const http_route *route);

/* The server, for its figures; set after http_start, before a request can ask for them or as soon as may be. */
void api_set_server(api *a, http_server *server);

/* For service_options.wake, with a pointer to the api's pointer (set before the server starts) as context. */
void api_wake(void *context, const uint8_t topic[16]);

extern const http_route api_routes[];
extern const size_t api_routes_n;

/* What handlers share. */

/* The time as JSON text; JSON null for 0. */
json_t *api_time(int64_t unix_ms);
json_t *api_uuid(const uint8_t id[16]);
json_t *api_hex(const void *p, size_t n);
json_t *api_base64(arena *a, bytes b);

/* A path parameter or query argument that is a UUID; ERR_NOT_FOUND / ERR_FIELD_VALUE. */
MUST_CHECK err api_param_uuid(call *c, const http_request *request, size_t index, err none, uint8_t out[16]);

/* Refuses a query argument that is not one of `names` (separated by spaces): a filter that was mistyped would otherwise give
 * everything. ERR_FIELD_UNKNOWN. */
MUST_CHECK err api_query_only(call *c, const http_request *request, const char *names);

/* The page of a listing: ?limit=1..1000 (default 100) and ?after=<uuid>. */
typedef struct api_page {
    int64_t limit;
    bool has_after;
    uint8_t after[16];
} api_page;
MUST_CHECK err api_page_read(call *c, const http_request *request, api_page *out);

#endif
