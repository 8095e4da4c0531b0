/* A whole request through the API against a service in this process: routing, authentication, the body's table of fields, the use case,
 * the database, the answer. The input reads as HTTP does:
 *
 *   WHO METHOD TARGET            who: nobody, operator (the Unix socket), system, token, device; anybody else is nobody
 *   Name: value                  headers; a real server's reader has been before, so none holds a control character
 *                                an empty line
 *   body
 *
 * In target and body words stand for what an input could not know: @U @E @K @T @S @C @N the ids of a user, his enrolment and key, a task,
 * a system, its credential, the certificate's serial number; @R a sign request for the task that the device made; @P the key's
 * public point; @G the certificate in base64 and @Q a signature with it over "x"; @A an activation code of user N2002, @V a credential.
 *
 * What must hold: no answer says that the server is broken (5xx); every refusal is problem+json with a code of the table; nobody gets
 * where the route's row does not let anyone. */
#include "http/router.h"
#include "http/uri.h"
#include "service.h"
#include "service/operator_token.h"

enum { ROOM = 24 << 20, INPUT_MAX = 16 << 10, TEXT_ROOM = 64 << 10, WORDS = 13, CHANGES_MAX = 16, TARGET_MAX = 4096 };

typedef struct world {
    fixture *f;
    phone p;
    api *api;
    router *router;
    arena *lasting, *scratch; /* the fixture's arena while the world is made, and afterwards */
    const char *system, *token;
    char device[512];
    struct {
        char letter;
        const char *text;
    } words[WORDS];
    size_t words_n;
    bytes snapshot;
    int64_t audited; /* rows of the audit log */
    unsigned changes;
} world;

static world w;

static const char *hex_of(const void *p, size_t n)
{
    const char *text = hex_text(w.f->arena, p, n);
    CHECK(text);
    return text;
}

static const char *id_of(const uint8_t id[16])
{
    char text[UUID_TEXT];
    uuid_encode(text, id);
    const char *copy = arena_text(w.f->arena, text, strlen(text));
    CHECK(copy);
    return copy;
}

/* S1 for the task, as the device sends it. */
static const char *sign_request_of(const uint8_t task_id[16])
{
    signing s;
    signing_begin(&s, &w.p);
    signing_add(&s, &w.p, task_id, bytes_of_text("出院小结"));
    signing_prove(&s, &w.p, &w.p.d1);
    signing_end(&s);
    const char *text =
        arena_printf(w.f->arena,
                     "{\"protocol\":1,\"sid\":\"%s\",\"items\":[{\"task\":\"%s\",\"e\":\"%s\",\"A\":\"%s\",\"B\":\"%"
                     "s\"}],\"c\":\"%s\",\"z\":\"%s\"}",
                     hex_of(s.request.mpc.sid, 16), id_of(task_id), hex_of(s.items[0].e, 32), hex_of(s.items[0].A, 65),
                     hex_of(s.items[0].B, 65), hex_of(s.request.mpc.proof.c, 16), hex_of(s.request.mpc.proof.z, 32));
    CHECK(text);
    return text;
}

static void name_word(char letter, const char *text)
{
    CHECK(text && w.words_n < WORDS);
    w.words[w.words_n].letter = letter;
    w.words[w.words_n++].text = text;
}

static void name_ids(const user *u, const business_system *office, const system_credential *credential)
{
    const store_value *serial;
    CHECK(store_query_one(w.f->store, w.f->arena, &serial, ERR_INTERNAL, "SELECT serial FROM device_key WHERE id = $1",
                          (store_value[]){store_id(w.p.key_id)}, 1) == ERR_OK);
    name_word('U', id_of(u->id));
    name_word('E', id_of(w.p.enrolment_id));
    name_word('K', id_of(w.p.key_id));
    name_word('S', id_of(office->id));
    name_word('C', credential->id);
    name_word('N', hex_of(serial->p, serial->n));
    name_word('P', hex_of(w.p.P, POINT_SIZE));
    name_word('V', hex_of(w.p.credential_public, 65));
}

static void name_tasks(const business_system *office)
{
    task open = fixture_task(w.f, office, "D1001", "出院小结"), done = fixture_task(w.f, office, "D1001", "x");
    signing s;
    signing_begin(&s, &w.p);
    signing_add(&s, &w.p, done.id, bytes_of_text("x"));
    CHECK(signing_open(&s, &w.p) == ERR_OK);
    signing_finish(&s);
    CHECK(signing_complete(&s, &w.p) == ERR_OK);
    signing_end(&s);
    CHECK(task_load(fixture_call(w.f, NULL), done.id, &done) == ERR_OK && done.has_signature);
    name_word('T', id_of(open.id));
    name_word('R', sign_request_of(open.id));
    name_word('Q', hex_of(done.signature.rs, 64));
    name_word('G', base64_text(w.f->arena, done.signature.certificate.p, done.signature.certificate.n));
}

static void name_code(void)
{
    enrolment_offer offer;
    user u = fixture_user(w.f, "N2002", "李秀英");
    CHECK(enrolment_offer_create(fixture_call(w.f, "enrolment.offer"), u.id, 86400, &offer) == ERR_OK);
    name_word('A', arena_text(w.f->arena, offer.code, strlen(offer.code)));
}

static void tear_down(void)
{
    w.f->arena = w.lasting;
    arena_destroy(w.scratch);
    phone_throw_away(&w.p);
    router_destroy(w.router);
    api_destroy(w.api);
}

static int64_t audited(void)
{
    arena_reset(w.scratch);
    return fixture_number(w.f, "SELECT count(*) FROM audit");
}

/* What ends with the service's process: sessions, nonces. */
static void begin(void)
{
    CHECK(api_create(&w.api, w.f->service, (api_waiting){4, 4}) == ERR_OK);
    CHECK(snprintf(w.device, sizeof w.device, "%s", service_login(&w.p)) < (int)sizeof w.device);
    w.audited = audited();
    w.changes = 0;
}

static void set_up(void)
{
    static system_credential credential;
    business_system office;
    operator_token made;
    if (w.f)
        return;
    w.f = service_make();
    CHECK(atexit(tear_down) == 0);
    CHECK(router_create(&w.router, api_routes, api_routes_n) == ERR_OK);
    user u = fixture_user(w.f, "D1001", "王建国");
    phone_make(&w.p, w.f, &u);
    CHECK(system_create(fixture_call(w.f, "system.create"), "电子病历", SCOPE_OF_SYSTEMS, false, &office) == ERR_OK);
    CHECK(system_credential_create(fixture_call(w.f, "system.credential_create"), office.id, &credential) == ERR_OK);
    CHECK(operator_token_create(fixture_call(w.f, "operator.token_create"), "值班", SCOPE_OPERATOR, OPERATOR_TTL_MAX,
                                &made, &w.token) == ERR_OK);
    w.system = arena_printf(w.f->arena, "%s.%s", credential.id, credential.secret);
    CHECK(w.system);
    name_ids(&u, &office, &credential);
    name_tasks(&office);
    name_code();
    w.snapshot = service_snapshot(w.f);
    w.lasting = w.f->arena;
    w.scratch = w.f->arena = arena_create(1 << 20);
    CHECK(w.scratch);
    begin();
}

/* Back to the beginning after an act, and after some refusals, which count too (a wrong PIN); or one input would suspend the user, and
 * those after it would all be refused for that. */
static void put_right(const http_request *request, const http_response *response)
{
    bool act = response->status < 300 && strcmp(request->method, "GET") != 0;
    w.changes += act ? CHANGES_MAX : audited() != w.audited;
    if (w.changes < CHANGES_MAX)
        return;
    api_destroy(w.api);
    service_restore(w.f, w.snapshot);
    begin();
}

static const char *word(char letter)
{
    for (size_t i = 0; i < w.words_n; i++)
        if (w.words[i].letter == letter)
            return w.words[i].text;
    return NULL;
}

/* Puts the words in; what does not fit is cut. */
static const char *expand(arena *a, const uint8_t *p, size_t n, size_t *out_n)
{
    char *out = arena_alloc(a, TEXT_ROOM);
    CHECK(out);
    *out_n = 0;
    for (size_t i = 0; i < n; i++) {
        const char *text = p[i] == '@' && i + 1 < n ? word((char)p[i + 1]) : NULL;
        size_t length = text ? strlen(text) : 1;
        if (*out_n + length >= TEXT_ROOM)
            break;
        memcpy(out + *out_n, text ? text : (const char *)p + i, length);
        *out_n += length;
        i += text != NULL;
    }
    return out;
}

/* The line up to the next line feed, without it. */
static bytes take_line(bytes *in)
{
    const uint8_t *end = in->n > 0 ? memchr(in->p, '\n', in->n) : NULL;
    size_t n = end ? (size_t)(end - in->p) : in->n, skip = end ? n + 1 : n;
    bytes line = bytes_of(in->p, n);
    *in = bytes_of(in->p + skip, in->n - skip);
    return line;
}

static bytes take_word(bytes *in)
{
    const uint8_t *end = in->n > 0 ? memchr(in->p, ' ', in->n) : NULL;
    size_t n = end ? (size_t)(end - in->p) : in->n, skip = end ? n + 1 : n;
    bytes found = bytes_of(in->p, n);
    *in = bytes_of(in->p + skip, in->n - skip);
    return found;
}

static void take_headers(arena *a, bytes *in)
{
    headers_n = 0;
    while (in->n > 0) {
        bytes line = take_line(in);
        const uint8_t *colon = line.n > 0 ? memchr(line.p, ':', line.n) : NULL;
        if (line.n == 0)
            return;
        if (!colon || headers_n == HEADERS_MAX - 2)
            continue;
        size_t n = (size_t)(colon - line.p);
        headers[headers_n].name = arena_text(a, line.p, n);
        headers[headers_n].value = arena_text(a, colon + 1 + (n + 1 < line.n && colon[1] == ' '),
                                              line.n - n - 1 - (n + 1 < line.n && colon[1] == ' '));
        CHECK(headers[headers_n].name && headers[headers_n].value);
        for (char *c = (char *)(uintptr_t)headers[headers_n].value; *c; c++)
            if ((unsigned char)*c < 0x20 || *c == 0x7f)
                *c = '?';
        headers_n++;
    }
}

/* What authenticates him comes before the input's own headers. False for nobody. */
static bool authenticate(arena *a, http_request *request, bytes who)
{
    const char *secret = NULL;
    if (bytes_equal(who, bytes_of_text("operator"))) {
        request->unix_socket = true;
        request->uid = (uint32_t)geteuid();
        return true;
    }
    if (bytes_equal(who, bytes_of_text("system"))) {
        secret = w.system;
    } else if (bytes_equal(who, bytes_of_text("token"))) {
        secret = w.token;
    } else if (bytes_equal(who, bytes_of_text("device"))) {
        secret = w.device;
    }
    if (!secret)
        return false;
    memmove(headers + 1, headers, headers_n * sizeof *headers);
    headers[0].name = "Authorization";
    headers[0].value = arena_printf(a, "Bearer %s", secret);
    headers_n++;
    return true;
}

/* As http/loop.c admits a request. */
static err admit(http_request *request)
{
    router_match match;
    if (strlen(request->path) + strlen(request->query) > TARGET_MAX)
        return ERR_LENGTH;
    TRY(router_find(w.router, request->method, request->path, &match));
    request->route = match.route;
    if (request->body.n > match.route->body_max)
        return ERR_BODY_TOO_LARGE;
    for (size_t i = 0; i < match.params_n; i++) {
        char *value;
        TRY(uri_decode(request->arena, &value, match.params[i].p, match.params[i].n, URI_PATH));
        request->params[i] = value;
    }
    return uri_check_query(request->arena, request->query);
}

static void check_answer(const http_request *request, const http_response *response, bool nobody)
{
    CHECK(response->status >= 200 && response->status < 500);
    CHECK(response->body.n == 0 || response->content_type);
    if (response->status < 300)
        CHECK(!nobody || (request->route->who & WHO_ANYONE));
    bool problem = response->status >= 400;
    CHECK(!problem || strcmp(response->content_type, "application/problem+json") == 0);
    if (!problem && (!response->content_type || strcmp(response->content_type, "application/json") != 0))
        return;
    json_t *answer = json_loadb((const char *)response->body.p, response->body.n, JSON_REJECT_DUPLICATES, NULL);
    CHECK(json_is_object(answer));
    if (problem) {
        const char *code = json_string_value(json_object_get(answer, "code"));
        CHECK(code && err_from_code(code) != ERR_INTERNAL && err_from_code(code) != ERR_OK);
        CHECK(json_integer_value(json_object_get(answer, "status")) == response->status);
    }
    json_decref(answer);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    if (n > INPUT_MAX)
        return 0;
    set_up();
    arena *a = arena_create(ROOM);
    CHECK(a);
    bytes in = bytes_of(p, n), line = take_line(&in), who = take_word(&line), method = take_word(&line);
    size_t target_n, body_n;
    char *target = (char *)(uintptr_t)expand(a, line.p, line.n, &target_n);
    char *query = strchr(target, '?');
    take_headers(a, &in);
    const char *body = expand(a, in.p, in.n, &body_n);
    http_request request = {.arena = a,
                            .method = arena_text(a, method.p, method.n),
                            .path = target,
                            .query = query ? query + 1 : "",
                            .body = bytes_of(body, body_n),
                            .loopback = true,
                            .origin = "127.0.0.1"};
    http_response response = {0};
    CHECK(request.method);
    if (query)
        *query = 0;
    bool nobody = !authenticate(a, &request, who);
    headers[headers_n].name = "Content-Type";
    headers[headers_n++].value = "application/json";
    if (admit(&request) == ERR_OK) {
        api_dispatch(w.api, &request, &response);
        check_answer(&request, &response, nobody);
        put_right(&request, &response);
    }
    arena_destroy(a);
    return 0;
}
