#include "service/console_first.h"

#include <string.h>

#include "os/entropy.h"
#include "service/column.h"
#include "service/internal.h"
#include "service/operator_certificate.h"
#include "service/operator_phone.h"
#include "service/user.h"

err console_first_link(service *s, arena *a, int64_t now_ms, const char **url)
{
    call c = {.service = s,
              .arena = a,
              .now_ms = now_ms,
              .actor = ACTOR_SERVER,
              .actor_text = "server",
              .origin = "server",
              .audit_event = "console.first_link"};
    bool none;
    const char *text;
    int64_t expires_ms;
    *url = NULL;
    TRY(operator_none(&c, &none));
    store_unit *unit = none ? store_unit_begin(a) : NULL;
    if (!unit)
        return none ? ERR_MEMORY : ERR_OK;
    TRY(console_link_add(&c, unit, NULL, &text, &expires_ms));
    TRY(call_commit(&c, unit));
    *url = arena_printf(a, "%s/console/#/first?link=%s", s->options.public_url, text);
    return *url ? ERR_OK : ERR_MEMORY;
}

/* His user: there already under this name, or made now. */
static err find_user(call *c, const console_first_request *r, uint8_t id[16])
{
    const store_value *row;
    user made;
    err e = store_query_one(c->service->options.store, c->arena, &row, ERR_USER_NOT_FOUND,
                            "SELECT id, name, state FROM app_user WHERE staff_no = $1",
                            (store_value[]){store_text(r->staff_no)}, 1);
    if (e == ERR_USER_NOT_FOUND) {
        const char *event = c->audit_event;
        c->audit_event = "user.create";
        e = user_create(c, &(user_request){.staff_no = r->staff_no, .name = r->name}, &made);
        c->audit_event = event;
        c->recorded = false;
        TRY(e);
        memcpy(id, made.id, 16);
        return ERR_OK;
    }
    TRY(e);
    if (strcmp(column_text(&row[2]), "active") != 0)
        return ERR_USER_SUSPENDED;
    if (strcmp(column_text(&row[1]), r->name) != 0)
        return fault_field(&c->fault, ERR_FIELD_VALUE, "name");
    return store_column_id(id, &row[0]);
}

static err make_way_in(call *c, store_unit *unit, const console_first_request *r, const uint8_t operator_id[16],
                       const uint8_t user_id[16], console_first_made *out)
{
    if (r->csr.n > 0)
        return operator_certificate_add(c, unit, operator_id, r->staff_no, r->name, r->csr, &out->certificate);
    TRY(enrolment_offer_make(c, ENROLMENT_TTL_DEFAULT, &out->offer));
    enrolment_offer_add(c, unit, user_id, &out->offer);
    operator_phone_add_enrolment(c, unit, user_id, out->offer.id);
    out->has_offer = true;
    return ERR_OK;
}

err console_first_use(call *c, const console_first_request *r, console_first_made *out)
{
    uint8_t link_id[16], nobody[16], user_id[16], operator_id[16];
    bool first, none;
    role administrator;
    *out = (console_first_made){0};
    TRY(console_link_find(c, r->link, link_id, nobody, &first));
    if (!first)
        return ERR_UNAUTHENTICATED;
    TRY(operator_none(c, &none));
    if (!none)
        return ERR_CONFLICT;
    TRY(role_find(c, permission_role_name(ROLE_ADMINISTRATOR), &administrator));
    TRY(find_user(c, r, user_id));
    TRY(uuid7_create(operator_id));
    store_unit *unit = store_unit_begin(c->arena);
    if (!unit)
        return ERR_MEMORY;
    console_link_add_used(c, unit, link_id);
    store_unit_add(unit, 0, ERR_CONFLICT, "SELECT id FROM operator WHERE state <> 'removed' LIMIT 1", NULL, 0);
    operator_add(c, unit, operator_id, user_id, &administrator);
    TRY(make_way_in(c, unit, r, operator_id, user_id, out));
    TRY(console_session_begin_new(c, unit, operator_id, user_id, "link", &out->cookie));
    c->subject = call_subject(c, "operator", operator_id);
    c->detail = arena_printf(c->arena, "staff_no=%s role=%s", r->staff_no, administrator.name);
    if (!c->subject || !c->detail)
        return ERR_MEMORY;
    TRY(call_commit(c, unit));
    return operator_get(c, operator_id, &out->operator_made);
}
