#include "service/issuance.h"

#include <string.h>

#include "service/certificate.h"
#include "service/device.h"
#include "service/internal.h"
#include "service/sign_item.h"
#include "service/supersession.h"

/* The certificate that was issued for this key already. */
static err certificate_of(call *c, const signing_key *key, sign_completion *out)
{
    const store_value *row;
    TRY(store_query_one(
        c->service->options.store, c->arena, &row, ERR_NOT_FOUND,
        "SELECT serial, certificate, not_before, not_after, created_at FROM certificate WHERE key_id = $1 "
        "ORDER BY created_at LIMIT 1",
        (store_value[]){store_id(key->id)}, 1));
    out->serial = bytes_of(row[0].p, row[0].n);
    out->certificate = bytes_of(row[1].p, row[1].n);
    out->not_before_ms = row[2].i;
    out->not_after_ms = row[3].i;
    out->signed_ms = row[4].i;
    return ERR_OK;
}

static err enrolment_complete(call *c, const signing_key *key, const uint8_t sid[16], const uint8_t signed_e[32],
                              sign_completion *out)
{
    bytes subject;
    uint8_t e[32];
    store_unit *unit = store_unit_begin(c->arena);
    if (!unit)
        return ERR_MEMORY;
    /* The person may have been renamed since: then it is not this name that the device signed. */
    TRY(sign_item_request_digest(c, key, e));
    if (memcmp(e, signed_e, sizeof e) != 0)
        return ERR_DIGEST;
    c->audit_event = "certificate.issue";
    c->subject = call_subject(c, "user", key->user_id);
    TRY(device_subject(c, key->user_id, &subject));
    store_unit_add(unit, 1, ERR_ENROLMENT_CLOSED,
                   "UPDATE enrolment SET state = 'enrolled' WHERE id = $1 AND state = 'open'",
                   (store_value[]){store_id(key->enrolment_id)}, 1);
    TRY(certificate_issue_for_key(c, unit, key->id, key->user_id, subject, key->public_key, &out->certificate));
    store_unit_add(unit, 1, ERR_INTERNAL,
                   "UPDATE device_key SET serial = (SELECT serial FROM certificate WHERE key_id = $1) WHERE id = $1",
                   (store_value[]){store_id(key->id)}, 1);
    signing_key_settle(unit, key, sid);
    TRY(supersession_add(c, unit, key->user_id, key->id, &out->superseded));
    TRY(call_commit(c, unit));
    return certificate_of(c, key, out);
}

err issuance_complete(call *c, const signing_key *key, const uint8_t sid[16], const uint8_t e[32], sign_completion *out)
{
    if (key->enrolling)
        return enrolment_complete(c, key, sid, e, out);
    TRY(certificate_of(c, key, out));
    c->detail = "repeated";
    return call_commit(c, store_unit_begin(c->arena));
}
