#include "api/timestamps.h"

#include <string.h>
#include <strings.h>

#include "api/input.h"
#include "api/tsa_json.h"
#include "pki/pem.h"
#include "service/timestamp.h"

/* ---- RFC 3161 ---- */

#define QUERY_TYPE "application/timestamp-query"

static bool is_query(const char *type)
{
    size_t n = strlen(QUERY_TYPE);
    if (!type || strncasecmp(type, QUERY_TYPE, n) != 0)
        return false;
    type += n + strspn(type + n, " \t");
    return *type == '\0' || *type == ';';
}

static bool asks_gm(const http_request *request)
{
    const char *last = strrchr(request->route->pattern, '/');
    return last && strcmp(last, "/gm") == 0;
}

static void respond(http_response *response, bytes answer)
{
    response->status = 200;
    response->content_type = "application/timestamp-reply";
    response->body = answer;
}

/* A token on its way to the disk, and whose it is. */
typedef struct issued {
    call call;
    http_request *request;
} issued;

static void refuse(void *context, http_request *request, http_response *response, err result)
{
    issued *held = context;
    bytes answer;
    err e = timestamp_refuse(&held->call, result, &answer);
    if (e == ERR_OK)
        respond(response, answer);
    else
        problem_respond(request->arena, response, e, &held->call.fault);
}

static void release(void *context, err result)
{
    const issued *held = context;
    http_release(held->request, result);
}

/* The answer leaves when the row is durable; no thread waits for that (docs/adr/0013). */
err timestamps_tsa(void *app, http_request *request, http_response *response)
{
    call *c = app;
    bytes answer;
    store_unit *row;
    if (!is_query(http_header(request, "Content-Type")))
        return fault_set(&c->fault, ERR_MEDIA_TYPE, "want Content-Type: " QUERY_TYPE);
    issued *held = arena_alloc(c->arena, sizeof *held);
    if (!held)
        return ERR_MEMORY;
    TRY(timestamp_begin(c, request->body, request->params[0], asks_gm(request) ? CMS_GM : CMS_RFC, &answer, &row));
    respond(response, answer);
    if (!row)
        return ERR_OK;
    *held = (issued){*c, request};
    http_hold(request, refuse, held);
    call_commit_later(&held->call, row, release, held);
    return ERR_OK;
}

/* ---- JSON ---- */

typedef struct timestamp_input {
    const char *hash, *unit, *profile;
    bytes imprint, nonce;
} timestamp_input;

static const json_field fields[] = {
    FIELD(timestamp_input, hash, JSON_TEXT_FIELD, 3, 16),
    FIELD(timestamp_input, imprint, JSON_BASE64_FIELD, 1, TSA_IMPRINT_MAX),
    {"unit", JSON_TEXT_FIELD, false, 1, TSA_UNIT_NAME_MAX, offsetof(timestamp_input, unit), JSON_NO_PRESENT},
    {"profile", JSON_TEXT_FIELD, false, 1, 8, offsetof(timestamp_input, profile), JSON_NO_PRESENT},
    {"nonce", JSON_BASE64_FIELD, false, 1, TSA_NONCE_MAX - 1, offsetof(timestamp_input, nonce), JSON_NO_PRESENT}};

static err read_request(call *c, const timestamp_input *in, timestamp_request *rq)
{
    tsa_request *r = &rq->request;
    rq->unit = in->unit;
    rq->client = timestamp_client(c);
    rq->profile = in->profile && strcmp(in->profile, "gm") == 0 ? CMS_GM : CMS_RFC;
    if (in->profile && rq->profile == CMS_RFC && strcmp(in->profile, "rfc") != 0)
        return fault_field(&c->fault, ERR_FIELD_VALUE, "profile");
    if (tsa_hash_from_name(&r->hash, in->hash) != ERR_OK)
        return fault_field(&c->fault, ERR_FIELD_VALUE, "hash");
    if (in->imprint.n != tsa_hash_size(r->hash))
        return fault_field(&c->fault, ERR_FIELD_LENGTH, "imprint");
    r->imprint = in->imprint;
    r->certificates = true;
    return in->nonce.n > 0 ? input_nonce(c, in->nonce, &r->nonce) : ERR_OK;
}

err timestamps_post(void *app, http_request *request, http_response *response)
{
    call *c = app;
    timestamp_input in = {0};
    timestamp_request rq = {0};
    timestamp made;
    tsa_failure why;
    TRY(input_message(c, request, fields, COUNT(fields), &in, NULL));
    TRY(read_request(c, &in, &rq));
    err e = timestamp_issue(c, &rq, &made, &why);
    if (e == ERR_UNSUPPORTED)
        return fault_field(&c->fault, e, "profile");
    TRY(e);
    const tsa_statement *st = &made.statement;
    return json_respond(c->arena, response, 201,
                        json_pack("{s:o, s:s, s:o, s:I, s:o, s:b, s:s, s:s, s:o}", "serial",
                                  api_hex(st->serial, sizeof st->serial), "unit", made.unit->name, "time",
                                  tsa_json_time(st->time_us), "accuracy_us", (json_int_t)st->accuracy_us, "policy",
                                  tsa_json_oid(st->policy), "demonstration", made.demonstration, "profile",
                                  st->profile == CMS_GM ? "gm" : "rfc", "hash", tsa_hash_name(st->hash), "token",
                                  api_base64(c->arena, made.token)));
}

/* ---- the certificates ---- */

/* The path's last part is "NAME.pem". */
static const tsa_unit *unit_of_file(call *c, const char *file)
{
    static const char end[] = ".pem";
    size_t n = strlen(file), end_n = sizeof end - 1;
    if (n <= end_n || n > TSA_UNIT_NAME_MAX + end_n || strcmp(file + n - end_n, end) != 0)
        return NULL;
    const char *name = arena_text(c->arena, file, n - end_n);
    return name ? tsa_unit_find(c->service, name) : NULL;
}

err timestamps_chain(void *app, http_request *request, http_response *response)
{
    call *c = app;
    const tsa_unit *u = unit_of_file(c, request->params[0]);
    if (!u)
        return ERR_UNIT_NOT_FOUND;
    const char *text = pem_encode(c->arena, PEM_CERTIFICATE, u->certificate);
    for (size_t i = 0; text && i < u->chain_n; i++) {
        const char *next = pem_encode(c->arena, PEM_CERTIFICATE, u->chain[i]);
        text = next ? arena_printf(c->arena, "%s%s", text, next) : NULL;
    }
    if (!text)
        return ERR_MEMORY;
    response->status = 200;
    response->content_type = "application/x-pem-file";
    response->headers[0].name = "Cache-Control";
    response->headers[0].value = "public, max-age=3600";
    response->body = bytes_of_text(text);
    return ERR_OK;
}
