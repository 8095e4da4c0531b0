#include "api/policies.h"

#include "api/input.h"
#include "service/policy.h"

static err answer(call *c, http_response *response, const policy *p)
{
    TRY(json_respond(c->arena, response, 200,
                     json_pack("{s:s, s:I, s:b, s:s, s:I, s:I, s:o, s:I, s:I}", "certificates_per_person",
                               p->single ? "single" : "many", "renewal_days", (json_int_t)p->renewal_days,
                               "fingerprint", !p->no_fingerprint, "certificate_profile", p->profile,
                               "console_idle_minutes", (json_int_t)p->idle_minutes, "version", (json_int_t)p->version,
                               "changed_at", api_time(p->changed_ms), "people_with_several",
                               (json_int_t)p->people_with_several, "surplus_certificates",
                               (json_int_t)p->surplus_certificates)));
    return api_etag(c, response, p->version);
}

err policies_get(void *app, http_request *request, http_response *response)
{
    call *c = app;
    policy p;
    (void)request;
    TRY(policy_get(c, &p));
    return answer(c, response, &p);
}

err policies_patch(void *app, http_request *request, http_response *response)
{
    static const json_field fields[] = {{"certificates_per_person", JSON_TEXT_FIELD, false, 1, 16,
                                         offsetof(policy_change, certificates_per_person), JSON_NO_PRESENT},
                                        {"renewal_days", JSON_INT_FIELD, false, 1, POLICY_RENEWAL_DAYS_MAX,
                                         offsetof(policy_change, renewal_days), JSON_NO_PRESENT},
                                        {"fingerprint", JSON_BOOL_FIELD, false, 0, 0,
                                         offsetof(policy_change, fingerprint),
                                         offsetof(policy_change, has_fingerprint)},
                                        {"console_idle_minutes", JSON_INT_FIELD, false, 1, POLICY_IDLE_MINUTES_MAX,
                                         offsetof(policy_change, idle_minutes), JSON_NO_PRESENT}};
    call *c = app;
    policy_change change = {0};
    policy p;
    TRY(api_if_match(c, request, &change.version));
    TRY(input_message(c, request, fields, sizeof fields / sizeof *fields, &change, NULL));
    if (!change.certificates_per_person && !change.renewal_days && !change.has_fingerprint && !change.idle_minutes)
        return fault_set(&c->fault, ERR_FIELD_MISSING,
                         "give certificates_per_person, renewal_days, fingerprint or console_idle_minutes");
    TRY(policy_update(c, &change, &p));
    return answer(c, response, &p);
}

json_t *policies_supersedes_json(const superseded *goes, size_t n)
{
    json_t *items = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(items,
                              json_pack("{s:o, s:o, s:s, s:s, s:o}", "key_id", api_uuid(goes[i].key_id), "serial",
                                        api_hex(goes[i].serial.p, goes[i].serial.n), "device_name", goes[i].device_name,
                                        "platform", goes[i].platform, "not_after", api_time(goes[i].not_after_ms)));
    return items;
}
