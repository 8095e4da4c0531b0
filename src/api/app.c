#include "api/app.h"

#include <string.h>
#include <strings.h>

#include "api/app_files.h"

/* Nothing but their own files runs and is loaded, and they talk to this server alone. WebAssembly needs its permission; what a camera, a file
 * or a document gave is shown from blob: and data: addresses. A module worker has the policy of its own answer, so every file carries it. */
#define POLICY                                                                                                         \
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' blob: data:; "         \
    "font-src 'self'; connect-src 'self'; worker-src 'self'; manifest-src 'self'; frame-ancestors 'none'; "            \
    "base-uri 'none'; form-action 'none'"

/* What one of them is allowed of the browser, and what is said where it is not there. */
typedef struct pages {
    const char *policy, *permissions, *missing;
} pages;

static const pages phone_pages = {
    POLICY,
    "camera=(self), publickey-credentials-create=(self), publickey-credentials-get=(self), display-capture=(), "
    "geolocation=(), microphone=(), midi=(), payment=(), serial=(), usb=()",
    "本服务器没有移动端页面：请以 app_dir 指定其构建目录 / no app here: app_dir names the directory of its build",
};

static const pages console_pages = {
    POLICY,
    "clipboard-write=(self), camera=(), publickey-credentials-create=(), publickey-credentials-get=(), "
    "display-capture=(), geolocation=(), microphone=(), midi=(), payment=(), serial=(), usb=()",
    "本服务器没有管理控制台：请以 console_dir 指定其构建目录 / no console here: console_dir names the directory of its "
    "build",
};

static void add(http_response *response, const char *name, const char *value)
{
    size_t i = 0;
    while (i < HTTP_HEADERS_OUT && response->headers[i].name)
        i++;
    if (i < HTTP_HEADERS_OUT) {
        response->headers[i].name = name;
        response->headers[i].value = value;
    }
}

static err none(call *c, const pages *of)
{
    return fault_set(&c->fault, ERR_NOT_FOUND, "%s", of->missing);
}

static err go(http_response *response, const char *to)
{
    response->status = 302;
    add(response, "Location", to); /* relative: a proxy may serve all this under a path of its own */
    return ERR_OK;
}

err app_home(void *app, http_request *request, http_response *response)
{
    api_call *ac = app;
    if (ac->app.files)
        return go(response, "app/");
    if (ac->app.console && strcmp(request->path, "/") == 0)
        return go(response, "console/");
    return none(&ac->call, &phone_pages);
}

err app_console_home(void *app, http_request *request, http_response *response)
{
    api_call *ac = app;
    (void)request;
    return ac->app.console ? go(response, "console/") : none(&ac->call, &console_pages);
}

/* RFC 9110 12.5.3: whether a coding is in the list and its weight is not 0. */
static bool accepts(const char *list, const char *coding)
{
    const size_t name_n = strlen(coding);
    for (const char *at = list ? list : ""; *(at += strspn(at, ", \t")) != '\0'; at += strcspn(at, ",")) {
        size_t n = strcspn(at, ",; \t");
        if (n != name_n || strncasecmp(at, coding, n) != 0)
            continue;
        const char *weight = at + n + strspn(at + n, "; \t");
        if (strncasecmp(weight, "q=", 2) != 0)
            return true;
        return weight[2 + strspn(weight + 2, "0.")] >= '1' && weight[2 + strspn(weight + 2, "0.")] <= '9';
    }
    return false;
}

/* RFC 9110 13.1.2: by weak comparison. */
static bool is_known(const char *list, const char *tag)
{
    const size_t tag_n = strlen(tag);
    for (const char *at = list ? list : ""; *(at += strspn(at, ", \t")) != '\0'; at += strcspn(at, ",")) {
        if (*at == '*')
            return true;
        at += strncmp(at, "W/", 2) == 0 ? 2 : 0;
        if (strncmp(at, tag, tag_n) == 0)
            return true;
    }
    return false;
}

static void add_security(const pages *of, http_response *response)
{
    add(response, "Content-Security-Policy", of->policy);
    add(response, "Permissions-Policy", of->permissions);
    add(response, "Referrer-Policy", "no-referrer");
    add(response, "Cross-Origin-Opener-Policy", "same-origin");
    add(response, "Cross-Origin-Resource-Policy", "same-origin");
}

static err answer(const pages *of, const app_file *file, http_request *request, http_response *response)
{
    const bool packed = file->packed.n > 0 && accepts(http_header(request, "Accept-Encoding"), "gzip");
    const char *tag = packed ? file->packed_tag : file->tag;
    add(response, "ETag", tag);
    add(response, "Vary", "Accept-Encoding");
    add(response, "Cache-Control", file->immutable ? "public, max-age=31536000, immutable" : "no-cache");
    add_security(of, response);
    response->content_type = file->type;
    response->body = packed ? file->packed : file->plain;
    if (is_known(http_header(request, "If-None-Match"), tag)) {
        response->status = 304; /* the library sends the length alone */
        return ERR_OK;
    }
    response->status = 200;
    if (packed)
        add(response, "Content-Encoding", "gzip");
    return ERR_OK;
}

static err get(call *c, const pages *of, const app_files *files, http_request *request, http_response *response)
{
    const char *path = request->params[0];
    if (!files)
        return none(c, of);
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    const app_file *file = app_files_find(files, path);
    if (!file && !strchr(name, '.'))
        file = app_files_find(files, APP_INDEX);
    return file ? answer(of, file, request, response) : ERR_NOT_FOUND;
}

err app_get(void *app, http_request *request, http_response *response)
{
    api_call *ac = app;
    return get(&ac->call, &phone_pages, ac->app.files, request, response);
}

err app_console_get(void *app, http_request *request, http_response *response)
{
    api_call *ac = app;
    return get(&ac->call, &console_pages, ac->app.console, request, response);
}

err app_tls_root(void *app, http_request *request, http_response *response)
{
    api_call *ac = app;
    (void)request;
    if (ac->app.tls_root.n == 0)
        return fault_set(&ac->call.fault, ERR_NOT_FOUND,
                         "没有可下载的 TLS 根证书：见 tls_root / no TLS root is offered: see tls_root");
    response->status = 200;
    response->content_type = "application/x-x509-ca-cert"; /* what phones take for a certificate to install */
    response->body = ac->app.tls_root;
    add(response, "Cache-Control", "no-cache");
    return ERR_OK;
}
