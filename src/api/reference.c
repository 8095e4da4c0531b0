#include "api/reference.h"

#include <string.h>

static err answer(http_response *response, const char *name, const char *type)
{
    for (size_t i = 0; i < reference_files_n; i++) {
        if (strcmp(reference_files[i].name, name) != 0)
            continue;
        response->status = 200;
        response->content_type = type;
        response->body = bytes_of(reference_files[i].p, reference_files[i].n);
        response->headers[0].name = "Cache-Control";
        response->headers[0].value = "no-cache";
        response->headers[1].name = "Content-Security-Policy";
        response->headers[1].value =
            "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
        response->headers[2].name = "X-Content-Type-Options";
        response->headers[2].value = "nosniff";
        return ERR_OK;
    }
    return ERR_NOT_FOUND;
}

err reference_page(void *app, http_request *request, http_response *response)
{
    (void)app;
    (void)request;
    return answer(response, "reference.html", "text/html; charset=utf-8");
}

err reference_asset(void *app, http_request *request, http_response *response)
{
    (void)app;
    const char *file = request->params[0];
    if (strcmp(file, "reference.css") == 0)
        return answer(response, file, "text/css; charset=utf-8");
    return strcmp(file, "openapi.yaml") == 0 ? answer(response, file, "application/yaml; charset=utf-8")
                                             : ERR_NOT_FOUND;
}
