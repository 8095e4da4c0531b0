#include "api/departments.h"

#include "api/input.h"
#include "service/department.h"

err departments_list(void *app, http_request *request, http_response *response)
{
    call *c = app;
    const department *all;
    department_totals totals;
    size_t n;
    TRY(api_query_only(c, request, ""));
    TRY(department_list(c, &all, &n));
    TRY(department_count(c, &totals));
    json_t *items = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(items, json_pack("{s:s, s:I, s:I}", "department", all[i].name, "people",
                                               (json_int_t)all[i].people, "active", (json_int_t)all[i].active));
    return json_respond(c->arena, response, 200,
                        json_pack("{s:o, s:I, s:I, s:I}", "items", items, "people", (json_int_t)totals.people, "active",
                                  (json_int_t)totals.active, "without", (json_int_t)totals.without));
}

typedef struct rename_input {
    const char *department, *new_name;
} rename_input;

err departments_rename(void *app, http_request *request, http_response *response)
{
    static const json_field fields[] = {FIELD(rename_input, department, JSON_TEXT_FIELD, 1, 64),
                                        FIELD(rename_input, new_name, JSON_TEXT_FIELD, 1, 64)};
    call *c = app;
    rename_input in = {0};
    int64_t people;
    TRY(input_message(c, request, fields, COUNT(fields), &in, NULL));
    TRY(department_rename(c, in.department, in.new_name, &people));
    return json_respond(c->arena, response, 200,
                        json_pack("{s:s, s:I}", "department", in.new_name, "people", (json_int_t)people));
}
