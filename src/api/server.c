#include "api/server.h"

#include "service/operator.h"

enum { API_VERSION = 1 };

err server_about(void *app, http_request *request, http_response *response)
{
    call *c = app;
    bool none;
    TRY(api_query_only(c, request, ""));
    TRY(operator_none(c, &none));
    return json_respond(c->arena, response, 200,
                        json_pack("{s:s, s:s, s:o, s:i, s:s, s:b, s:b}", "name", service_organisation(c->service), "version",
                                  YIQIAN_VERSION, "time", api_time(c->now_ms), "api", API_VERSION, "public_url",
                                  service_public_url(c->service), "sandbox", service_is_sandbox(c->service),
                                  "no_operator", none));
}
