/* The REST API under /v1: one file a resource, the rows of all routes in routes.c. A handler reads its request, calls one use
 * case of src/service and writes the answer; who may call it stands on its row and was checked before. */
#ifndef YIQIAN_API_API_H
#define YIQIAN_API_API_H

#include "http/http.h"
#include "http/json.h"
#include "http/problem.h"
#include "service/permission.h"
#include "service/service.h"

/* Who may call: the `who` column. Several bits: any of them. */
enum {
    WHO_ANYONE = 1 << 0,
    WHO_DEVICE = 1 << 1,      /* a device's session token */
    WHO_TASKS = 1 << 2,       /* a business system with scope "tasks" */
    WHO_USERS = 1 << 3,       /* a business system with scope "users" */
    WHO_VERIFY = 1 << 4,      /* a business system with scope "verify" */
    WHO_WORKSTATION = 1 << 5, /* a workstation's session token */
    WHO_TIMESTAMPS = 1 << 6,  /* a business system with scope "timestamps" */
    WHO_TSA = 1 << 7,         /* whoever the timestamp server's access lists admit (service/tsa_access.h) */
    WHO_CONSOLE = 1 << 8,     /* whoever is logged in to the console, whatever he may do there */
    WHO_SECOND = 1 << 9,      /* no caller: from the console, another person who may do the same has to approve it */
    WHO_ONCE = 1 << 12,       /* no caller: it makes something, and under an Idempotency-Key once (api/repeats.h) */
    WHO_METRICS = 1 << 11,    /* whoever asks from a network of the setting metrics_networks */
    WHO_SOCKET = 1 << 10      /* the server's own user, through the Unix socket, alone */
};

/* Operators by permission: the Unix socket, which may all; an operator's token, which may what its scopes' roles may; and people in
 * the console. */
#define WHO_PERMISSIONS_AT 16
#define MAY(permission) (PERMISSION_BIT(PERMISSION_##permission) << WHO_PERMISSIONS_AT)
#define MAY_USERS_READ MAY(USERS_READ)
#define MAY_USERS_MANAGE MAY(USERS_MANAGE)
#define MAY_DEVICES_READ MAY(DEVICES_READ)
#define MAY_DEVICES_MANAGE MAY(DEVICES_MANAGE)
#define MAY_CERTIFICATES_READ MAY(CERTIFICATES_READ)
#define MAY_CERTIFICATES_MANAGE MAY(CERTIFICATES_MANAGE)
#define MAY_PROFILES_READ MAY(PROFILES_READ)
#define MAY_PROFILES_MANAGE MAY(PROFILES_MANAGE)
#define MAY_SYSTEMS_READ MAY(SYSTEMS_READ)
#define MAY_SYSTEMS_MANAGE MAY(SYSTEMS_MANAGE)
#define MAY_SIGNATURES_READ MAY(SIGNATURES_READ)
#define MAY_TIMESTAMPS_READ MAY(TIMESTAMPS_READ)
#define MAY_TIMESTAMPS_MANAGE MAY(TIMESTAMPS_MANAGE)
#define MAY_SYSTEM_READ MAY(SYSTEM_READ)
#define MAY_SYSTEM_MANAGE MAY(SYSTEM_MANAGE)
#define MAY_CA_MANAGE MAY(CA_MANAGE)
#define MAY_BACKUP_MANAGE MAY(BACKUP_MANAGE)
#define MAY_OPERATORS_READ MAY(OPERATORS_READ)
#define MAY_OPERATORS_MANAGE MAY(OPERATORS_MANAGE)
#define MAY_AUDIT_READ MAY(AUDIT_READ)

typedef struct api api;
struct app_files; /* api/app_files.h */

/* How many requests of one device and of one business system may wait at once, streams among them. */
typedef struct api_waiting {
    unsigned per_device, per_system;
} api_waiting;

/* The service must outlive it. Ownership: api_destroy; NULL is fine. */
MUST_CHECK err api_create(api **out, service *s, api_waiting limits);
void api_destroy(api *a);

/* What is served at /app/ and /console/, before the server starts. Borrowed. */
typedef struct api_app {
    const struct app_files *files;   /* NULL: no app */
    const struct app_files *console; /* NULL: no console */
    bytes tls_root;                  /* the certificate (DER) that phones are to trust; empty: none */
} api_app;
void api_set_app(api *a, api_app app);

/* How the daemon is configured, before the server starts. Borrowed. */
typedef struct api_settings {
    const struct config_table *table; /* NULL: nothing is told */
    const void *values;               /* the struct that the table is about */
    const char *const *origins;       /* as config_source's */
} api_settings;
void api_set_settings(api *a, api_settings settings);

/* What a handler gets as its first argument: the use cases' call, and behind it what only the API knows. A handler that needs
 * only the call says `call *c = app`. */
typedef struct api_call {
    call call;
    http_server *server;
    api_waiting limits;
    api_app app;
    api_settings settings;
    const struct router *router; /* http/router.h, over api_routes */
} api_call;

/* Networks that read /metrics without credentials, before the server starts; NULL: none. Borrowed. */
struct address_ranges;
void api_set_metrics(api *a, const struct address_ranges *networks);

/* For http_options.dispatch, with the api as app: authenticates, has the handler run with its api_call, records refusals of acts, turns errors into problem+json. */
void api_dispatch(void *app, http_request *request, http_response *response);

/* For http_options.is_quick. */
bool api_is_quick(const http_route *route);

/* For http_options.is_shared: what a device calls, and what it asks before it is one. */
bool api_is_shared(const http_route *route);

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

/* What people edit has a version, which an answer carries as its entity tag and a change may name (RFC 9110 13.1.1): a change of
 * an older one than there is is ERR_STALE. api_etag after the answer is written; api_if_match gives 0 where the request names none
 * (or "*"). ERR_FIELD_VALUE (If-Match), ERR_MEMORY, ERR_INTERNAL (no room for a header). */
MUST_CHECK err api_etag(call *c, http_response *response, int64_t version);
MUST_CHECK err api_if_match(call *c, const http_request *request, int64_t *version);

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
