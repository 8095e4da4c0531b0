#include "api/operator_phones.h"

#include "api/input.h"
#include "service/operator_phone.h"

err operator_phones_list(void *app, http_request *request, http_response *response)
{
    call *c = app;
    const operator_phone *list;
    size_t n;
    TRY(api_query_only(c, request, ""));
    TRY(operator_phone_list(c, &list, &n));
    json_t *items = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(items, json_pack("{s:o, s:s, s:s, s:s, s:o, s:b, s:s?, s:o}", "phone",
                                               api_uuid(list[i].id), "name", list[i].name, "platform", list[i].platform,
                                               "key_state", list[i].key_state, "enrolled_at",
                                               api_time(list[i].enrolled_ms), "login", list[i].how != NULL, "how",
                                               list[i].how, "since", api_time(list[i].added_ms)));
    return json_respond(c->arena, response, 200, json_pack("{s:o, s:n}", "items", items, "next"));
}

err operator_phones_post(void *app, http_request *request, http_response *response)
{
    typedef struct input {
        int64_t expires_in;
    } input;
    static const json_field fields[] = {
        FIELD(input, expires_in, JSON_INT_FIELD, ENROLMENT_TTL_MIN, ENROLMENT_TTL_DEFAULT)};
    call *c = app;
    input in = {0};
    enrolment_offer offer;
    TRY(input_message(c, request, fields, COUNT(fields), &in, NULL));
    TRY(operator_phone_offer(c, in.expires_in, &offer));
    return json_respond(
        c->arena, response, 201,
        json_pack("{s:s, s:o}", "activation_code", offer.code, "expires_at", api_time(offer.expires_ms)));
}

static err change(call *c, const http_request *request, http_response *response, err (*act)(call *, const uint8_t[16]))
{
    uint8_t id[16];
    TRY(api_param_uuid(c, request, 0, ERR_NOT_FOUND, id));
    TRY(act(c, id));
    response->status = 204;
    return ERR_OK;
}

err operator_phones_put(void *app, http_request *request, http_response *response)
{
    return change(app, request, response, operator_phone_confirm);
}

err operator_phones_delete(void *app, http_request *request, http_response *response)
{
    return change(app, request, response, operator_phone_remove);
}
