#include "api/seals.h"

#include <strings.h>

#include "service/seal.h"

/* A drawn seal is a document by itself where somebody opens it: it may load and run nothing. */
static void guard(http_response *response)
{
    response->headers[0].name = "Content-Security-Policy";
    response->headers[0].value = "default-src 'none'; sandbox";
    response->headers[1].name = "X-Content-Type-Options";
    response->headers[1].value = "nosniff";
}

err seals_get(void *app, http_request *request, http_response *response)
{
    call *c = app;
    uint8_t id[16];
    seal s;
    TRY(api_param_uuid(c, request, 0, ERR_USER_NOT_FOUND, id));
    TRY(seal_get(c, id, &s));
    response->status = 200;
    response->content_type = s.drawn ? "image/svg+xml" : "image/png";
    response->body = s.picture;
    guard(response);
    return s.drawn ? ERR_OK : api_etag(c, response, s.version);
}

err seals_put(void *app, http_request *request, http_response *response)
{
    call *c = app;
    uint8_t id[16];
    int64_t version;
    seal s;
    const char *type = http_header(request, "Content-Type");
    if (!type || strcasecmp(type, "image/png") != 0)
        return fault_set(&c->fault, ERR_MEDIA_TYPE, "want Content-Type: image/png");
    TRY(api_param_uuid(c, request, 0, ERR_USER_NOT_FOUND, id));
    TRY(api_if_match(c, request, &version));
    TRY(seal_put(c, id, version, request->body, &s));
    TRY(json_respond(c->arena, response, 200,
                     json_pack("{s:o, s:s, s:I, s:I, s:I, s:o}", "user", api_uuid(id), "seal_made", "uploaded", "width",
                               (json_int_t)s.width, "height", (json_int_t)s.height, "version", (json_int_t)s.version,
                               "updated_at", api_time(s.updated_ms))));
    return api_etag(c, response, s.version);
}

err seals_delete(void *app, http_request *request, http_response *response)
{
    call *c = app;
    uint8_t id[16];
    int64_t version;
    TRY(api_param_uuid(c, request, 0, ERR_USER_NOT_FOUND, id));
    TRY(api_if_match(c, request, &version));
    TRY(seal_remove(c, id, version));
    response->status = 204;
    return ERR_OK;
}
