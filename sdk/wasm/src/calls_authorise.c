/* A person lets a workstation sign. */
#include <stdlib.h>
#include <string.h>

#include "device.h"
#include "imports.h"
#include "values.h"

static void write_offer(json_writer *w, const void *value)
{
    const yq_workstation_offer *o = value;
    json_writer_begin_object(w, NULL);
    json_writer_text(w, "workstation", o->workstation);
    json_writer_text(w, "name", o->name);
    json_writer_text(w, "place", o->place);
    if (o->scope)
        values_scope(w, "scope", o->scope);
    else
        json_writer_null(w, "scope");
    json_writer_text(w, "authorisation", o->authorisation);
    json_writer_end_object(w);
}

/* What the person allows, and by what he shows that it is he. */
static err read_consent(arena *memory, const import_reply *reply, yq_consent *consent)
{
    json_value root, value;
    TRY(json_reader_open(&root, reply->p, reply->n));
    TRY(values_read_scope(memory, &consent->allowed, root));
    TRY(json_reader_field(&value, root, "fingerprint"));
    TRY(json_reader_bool(&consent->by_fingerprint, value));
    if (reply->pin_n > sizeof consent->pin)
        return ERR_RANGE;
    if (reply->pin_n > 0)
        memcpy(consent->pin, reply->pin, reply->pin_n);
    consent->pin_n = reply->pin_n;
    return ERR_OK;
}

static bool confirm(void *context, const yq_workstation_offer *offer, yq_consent *consent)
{
    call *c = context;
    import_reply reply = {0};
    buffer question = call_json(write_offer, offer);
    if (!question.p)
        return false;
    import_ask((const char *)question.p, question.n, &reply);
    free(question.p);
    bool yes = reply.p && read_consent(c->memory, &reply, consent) == ERR_OK;
    device_reply_free(&reply);
    return yes;
}

/* The memory of the call holds the consent's texts too, which come later than its arguments. */
static yq_status authorise(call *c)
{
    const char *key;
    char id[37];
    yq_approval approval = {.confirm = confirm, .confirm_context = c};
    YQ_TRY(call_text(c, &key, "key"));
    YQ_TRY(call_text(c, &approval.code, "code"));
    YQ_TRY(yq_authorise(device, key, &approval, id, &c->problem));
    return call_give(c, values_text, id);
}

static void put_authorisation(json_writer *w, const yq_authorisation_info *a)
{
    json_writer_begin_object(w, NULL);
    json_writer_text(w, "authorisation", a->authorisation);
    json_writer_text(w, "state", a->state);
    json_writer_text(w, "workstationName", a->workstation_name);
    json_writer_text(w, "workstationPlace", a->workstation_place);
    values_scope(w, "scope", &a->scope);
    json_writer_int(w, "countLeft", a->count_left);
    json_writer_text(w, "approvedAt", a->approved_at);
    json_writer_text(w, "expiresAt", a->expires_at);
    json_writer_text(w, "closedAt", a->closed_at);
    json_writer_text(w, "closedBy", a->closed_by);
    json_writer_end_object(w);
}

static void write_authorisations(json_writer *w, const void *value)
{
    const yq_authorisations *all = value;
    json_writer_begin_array(w, NULL);
    for (size_t i = 0; i < all->n; i++)
        put_authorisation(w, &all->items[i]);
    json_writer_end_array(w);
}

static yq_status authorisations(call *c)
{
    const char *key;
    yq_authorisations all;
    YQ_TRY(call_text(c, &key, "key"));
    YQ_TRY(yq_list_authorisations(device, key, &all, &c->problem));
    yq_status status = call_give(c, write_authorisations, &all);
    yq_authorisations_free(&all);
    return status;
}

static yq_status close_authorisation(call *c)
{
    const char *key, *authorisation;
    YQ_TRY(call_text(c, &key, "key"));
    YQ_TRY(call_text(c, &authorisation, "authorisation"));
    return yq_close_authorisation(device, key, authorisation, &c->problem);
}

const call_row calls_authorise[] = {
    {"authorise", authorise},
    {"authorisations", authorisations},
    {"closeAuthorisation", close_authorisation},
    {NULL, NULL},
};
