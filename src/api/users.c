#include "api/users.h"

#include <string.h>

#include "api/auth.h"
#include "api/input.h"
#include "api/policies.h"
#include "api/user_json.h"
#include "service/enrolment_offer.h"
#include "service/user.h"

static err respond_user(call *c, http_response *response, int status, const user *u)
{
    TRY(json_respond(c->arena, response, status, user_json(u)));
    return api_etag(c, response, u->version);
}

/* The body of a POST or PATCH; a field that was not there is NULL. */
typedef struct user_input {
    const char *staff_no, *name, *state, *certificates;
    json_t *departments, *aliases, *attributes; /* gone when read_user returns; then what was there still is not NULL */
} user_input;

/* The lists of the body, in the arena. */
typedef struct user_lists {
    const char *const *departments;
    const user_alias *aliases;
    const user_attribute *attributes;
    size_t departments_n, aliases_n, attributes_n;
} user_lists;

#define USER_FIELD(name, kind, required, min, max)                                                                     \
    {                                                                                                                  \
#name, kind, required, min, max, offsetof(user_input, name), JSON_NO_PRESENT                                   \
    }
#define USER_LISTS                                                                                                     \
    USER_FIELD(departments, JSON_ARRAY_FIELD, false, 0, USER_DEPARTMENTS),                                             \
        USER_FIELD(aliases, JSON_ARRAY_FIELD, false, 0, USER_ALIASES),                                                 \
        USER_FIELD(attributes, JSON_OBJECT_FIELD, false, 0, 0)

static err read_lists(call *c, const user_input *in, user_lists *out)
{
    if (in->departments) {
        out->departments_n = json_array_size(in->departments);
        TRY(input_texts(c, in->departments, "departments", &out->departments));
    }
    if (in->aliases)
        TRY(user_json_aliases(c, in->aliases, &out->aliases, &out->aliases_n));
    return in->attributes ? user_json_attributes(c, in->attributes, &out->attributes, &out->attributes_n) : ERR_OK;
}

/* Reads the fields; the lists are taken out before the document goes. */
static err read_user(call *c, const http_request *request, const json_field *fields, size_t n, user_input *in,
                     user_lists *lists)
{
    json_t *body;
    *in = (user_input){0};
    *lists = (user_lists){0};
    TRY(json_body(request, &body, &c->fault));
    err e = json_read(c->arena, body, fields, n, in, "", &c->fault);
    if (e == ERR_OK)
        e = read_lists(c, in, lists);
    json_decref(body);
    return e;
}

err users_post(void *app, http_request *request, http_response *response)
{
    static const json_field fields[] = {USER_FIELD(staff_no, JSON_TEXT_FIELD, true, 1, USER_STAFF_NO_MAX),
                                        USER_FIELD(name, JSON_TEXT_FIELD, true, 1, USER_NAME_MAX), USER_LISTS};
    call *c = app;
    user_input in;
    user_lists lists;
    user u;
    user_request r = {0};
    TRY(input_idempotency(c, request, &r.once));
    TRY(read_user(c, request, fields, sizeof fields / sizeof *fields, &in, &lists));
    r.staff_no = in.staff_no;
    r.name = in.name;
    r.departments = lists.departments;
    r.departments_n = lists.departments_n;
    r.aliases = lists.aliases;
    r.aliases_n = lists.aliases_n;
    r.attributes = lists.attributes;
    r.attributes_n = lists.attributes_n;
    TRY(user_create(c, &r, &u));
    return respond_user(c, response, u.repeated ? 200 : 201, &u);
}

err users_list(void *app, http_request *request, http_response *response)
{
    call *c = app;
    api_page page;
    const user *users;
    size_t n;
    TRY(api_query_only(c, request, "limit after staff_no q department state"));
    TRY(api_page_read(c, request, &page));
    user_filter filter = {.staff_no = http_query(request, "staff_no"),
                          .q = http_query(request, "q"),
                          .department = http_query(request, "department"),
                          .state = http_query(request, "state"),
                          .has_after = page.has_after,
                          .limit = page.limit < USER_PAGE ? page.limit : USER_PAGE};
    memcpy(filter.after, page.after, sizeof filter.after);
    TRY(user_list(c, &filter, &users, &n));
    json_t *items = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(items, user_json(&users[i]));
    json_t *next = n > 0 && (int64_t)n == filter.limit ? api_uuid(users[n - 1].id) : json_null();
    return json_respond(c->arena, response, 200, json_pack("{s:o, s:o}", "items", items, "next", next));
}

err users_get(void *app, http_request *request, http_response *response)
{
    call *c = app;
    uint8_t id[16];
    user u;
    TRY(api_param_uuid(c, request, 0, ERR_USER_NOT_FOUND, id));
    TRY(user_get(c, id, &u));
    return respond_user(c, response, 200, &u);
}

err users_patch(void *app, http_request *request, http_response *response)
{
    static const json_field fields[] = {USER_FIELD(name, JSON_TEXT_FIELD, false, 1, USER_NAME_MAX),
                                        USER_FIELD(state, JSON_TEXT_FIELD, false, 1, 16),
                                        USER_FIELD(certificates, JSON_TEXT_FIELD, false, 1, 16), USER_LISTS};
    call *c = app;
    uint8_t id[16];
    user_input in;
    user_lists lists;
    user u;
    user_change change = {0};
    TRY(api_param_uuid(c, request, 0, ERR_USER_NOT_FOUND, id));
    TRY(api_if_match(c, request, &change.version));
    TRY(read_user(c, request, fields, sizeof fields / sizeof *fields, &in, &lists));
    change.name = in.name;
    change.state = in.state;
    change.certificates = in.certificates;
    change.has_departments = in.departments != NULL;
    change.departments = lists.departments;
    change.departments_n = lists.departments_n;
    change.has_aliases = in.aliases != NULL;
    change.aliases = lists.aliases;
    change.aliases_n = lists.aliases_n;
    change.has_attributes = in.attributes != NULL;
    change.attributes = lists.attributes;
    change.attributes_n = lists.attributes_n;
    if (!change.name && !change.state && !change.certificates && !change.has_departments && !change.has_aliases &&
        !change.has_attributes)
        return fault_set(&c->fault, ERR_FIELD_MISSING,
                         "give name, departments, aliases, attributes, state or certificates");
    TRY(user_update(c, id, &change, &u));
    return respond_user(c, response, 200, &u);
}

static err read_expires_in(call *c, const http_request *request, int64_t *out)
{
    static const json_field fields[] = {
        {"expires_in", JSON_INT_FIELD, false, ENROLMENT_TTL_MIN, ENROLMENT_TTL_MAX, 0, JSON_NO_PRESENT}};
    json_t *body;
    *out = ENROLMENT_TTL_DEFAULT;
    if (request->body.n == 0)
        return ERR_OK;
    TRY(json_body(request, &body, &c->fault));
    err e = json_read(c->arena, body, fields, 1, out, "", &c->fault);
    json_decref(body);
    return e;
}

err users_activation_code(void *app, http_request *request, http_response *response)
{
    call *c = app;
    uint8_t id[16];
    int64_t expires_in;
    enrolment_offer offer;
    const superseded *goes;
    size_t n;
    TRY(auth_secure(request));
    TRY(api_param_uuid(c, request, 0, ERR_USER_NOT_FOUND, id));
    TRY(read_expires_in(c, request, &expires_in));
    TRY(enrolment_offer_create(c, id, expires_in, &offer));
    TRY(supersession_list(c, id, NULL, &goes, &n));
    return json_respond(c->arena, response, 201,
                        json_pack("{s:o, s:s, s:o, s:o}", "enrolment_id", api_uuid(offer.id), "activation_code",
                                  offer.code, "expires_at", api_time(offer.expires_ms), "supersedes",
                                  policies_supersedes_json(goes, n)));
}
