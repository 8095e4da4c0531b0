#include "service/issuance.h"

#include <string.h>

#include "base/text.h"
#include "pki/cert.h"
#include "service/certificate.h"
#include "service/column.h"
#include "service/device.h"
#include "service/internal.h"
#include "service/key_event.h"
#include "service/operator_phone.h"
#include "service/renewal.h"
#include "service/sign_item.h"
#include "service/supersession.h"

static err certificate_read(const store_value *row, sign_completion *out)
{
    out->serial = column_bytes(&row[0]);
    out->certificate = column_bytes(&row[1]);
    out->not_before_ms = column_int(&row[2]);
    out->not_after_ms = column_int(&row[3]);
    out->signed_ms = column_int(&row[4]);
    return out->certificate.p ? ERR_OK : ERR_CORRUPT;
}

static err certificate_by_serial(call *c, bytes serial, sign_completion *out)
{
    const store_value *row;
    TRY(store_query_one(
        c->service->options.store, c->arena, &row, ERR_CORRUPT,
        "SELECT serial, certificate, not_before, not_after, created_at FROM certificate WHERE serial = $1",
        (store_value[]){store_blob(serial.p, serial.n)}, 1));
    return certificate_read(row, out);
}

/* The certificate that the enrolment of this key got: its first one. */
static err certificate_of_enrolment(call *c, const signing_key *key, sign_completion *out)
{
    const store_value *row;
    TRY(store_query_one(
        c->service->options.store, c->arena, &row, ERR_NOT_FOUND,
        "SELECT serial, certificate, not_before, not_after, created_at FROM certificate WHERE key_id = $1 "
        "ORDER BY created_at LIMIT 1",
        (store_value[]){store_id(key->id)}, 1));
    return certificate_read(row, out);
}

/* Issues the certificate and makes it the key's. */
static err issue(call *c, store_unit *unit, const signing_key *key, bytes *serial)
{
    bytes subject, der;
    cert issued;
    TRY(device_subject(c, key->user_id, &subject));
    TRY(certificate_issue_for_key(c, unit, key->id, key->user_id, subject, key->public_key, &der));
    TRY(cert_parse(&issued, der));
    *serial = issued.serial;
    store_unit_add(unit, 1, ERR_INTERNAL, "UPDATE device_key SET serial = $2 WHERE id = $1",
                   (store_value[]){store_id(key->id), store_blob(serial->p, serial->n)}, 2);
    return ERR_OK;
}

/* The person may have been renamed since: then it is not this name that the device signed. */
static err request_check(call *c, const signing_key *key, const uint8_t signed_e[32])
{
    uint8_t e[32];
    TRY(sign_item_request_digest(c, key, e));
    return memcmp(e, signed_e, sizeof e) == 0 ? ERR_OK : ERR_DIGEST;
}

/* ---- enrolment ---- */

/* An enrolment that was opened to re-key: the old key has given leave for just this new one, and is still usable, or somebody has stopped it
 * since. */
static err leave_check(call *c, const signing_key *key, superseded_key *replaced, bool *has_leave)
{
    const store_value *row;
    err e = store_query_one(c->service->options.store, c->arena, &row, ERR_NOT_FOUND,
                            "SELECT k.id, k.state, c.serial, c.state, c.not_after, r.public_key FROM renewal r JOIN "
                            "device_key k ON k.id = r.key_id LEFT JOIN certificate c ON c.serial = k.serial WHERE "
                            "r.enrolment_id = $1",
                            (store_value[]){store_id(key->enrolment_id)}, 1);
    *has_leave = e == ERR_OK;
    if (e == ERR_NOT_FOUND)
        return ERR_OK;
    TRY(e);
    TRY(store_column_id(replaced->key_id, &row[0]));
    TRY(signing_key_certificate_check(c, &row[2], &replaced->serial));
    if (strcmp(row[1].p, "locked") == 0)
        return ERR_KEY_LOCKED;
    if (strcmp(row[1].p, "active") != 0)
        return ERR_KEY_STATE;
    return bytes_equal(column_bytes(&row[5]), bytes_of(key->public_key, POINT_SIZE))
               ? ERR_OK
               : fault_set(&c->fault, ERR_KEY_STATE, "the key in whose place it comes has not signed for it");
}

static err enrolment_complete(call *c, const signing_key *key, const uint8_t sid[16], const uint8_t e[32],
                              sign_completion *out)
{
    superseded_key replaced;
    bool has_leave;
    bytes serial;
    store_unit *unit = store_unit_begin(c->arena);
    if (!unit)
        return ERR_MEMORY;
    TRY(request_check(c, key, e));
    c->audit_event = "certificate.issue";
    c->subject = call_subject(c, "user", key->user_id);
    store_unit_add(unit, 1, ERR_ENROLMENT_CLOSED,
                   "UPDATE enrolment SET state = 'enrolled' WHERE id = $1 AND state = 'open'",
                   (store_value[]){store_id(key->enrolment_id)}, 1);
    TRY(leave_check(c, key, &replaced, &has_leave));
    TRY(issue(c, unit, key, &serial));
    if (has_leave)
        operator_phone_add_rekeyed(unit, replaced.key_id, key->enrolment_id);
    signing_key_settle(c, unit, key, sid);
    TRY(supersession_add(c, unit, key->user_id, key->id, has_leave ? &replaced : NULL, &out->superseded));
    TRY(call_commit(c, unit));
    return certificate_of_enrolment(c, key, out);
}

/* ---- renewal ---- */

/* The old certificate is superseded and not revoked: its key is still good, and so is what was signed. */
static err renew(call *c, const signing_key *key, const uint8_t sid[16], const uint8_t id[16], const uint8_t e[32],
                 sign_completion *out)
{
    bytes serial;
    store_unit *unit = store_unit_begin(c->arena);
    const char *old = hex_text(c->arena, key->serial.p, key->serial.n);
    if (!unit || !old)
        return ERR_MEMORY;
    TRY(request_check(c, key, e));
    c->audit_event = "certificate.renew";
    c->subject = call_subject(c, "user", key->user_id);
    c->detail = arena_printf(c->arena, "supersedes=%s", old);
    TRY(issue(c, unit, key, &serial));
    store_unit_add(unit, 1, ERR_CONFLICT,
                   "UPDATE certificate SET state = 'superseded' WHERE serial = $1 AND state = 'active'",
                   (store_value[]){store_blob(key->serial.p, key->serial.n)}, 1);
    store_unit_add(unit, 1, ERR_TASK_NOT_CLAIMED,
                   "UPDATE renewal SET state = 'done', serial = $2 WHERE id = $1 AND state = 'open'",
                   (store_value[]){store_id(id), store_blob(serial.p, serial.n)}, 2);
    signing_key_settle(c, unit, key, sid);
    TRY(key_event_add(c, unit, key->id, key->user_id, KEY_CERTIFICATE_ENDED));
    TRY(supersession_add(c, unit, key->user_id, key->id, NULL, &out->superseded));
    TRY(call_commit(c, unit));
    return certificate_by_serial(c, serial, out);
}

/* Leave for the new key that e names; given again for another one, that counts. */
static err rekey(call *c, const signing_key *key, const uint8_t sid[16], const uint8_t id[16], const uint8_t e[32],
                 const renewal_matter *matter)
{
    store_unit *unit = store_unit_begin(c->arena);
    if (!unit)
        return ERR_MEMORY;
    if (memcmp(matter->e, e, sizeof matter->e) != 0) /* another key was made meanwhile */
        return ERR_DIGEST;
    c->audit_event = "key.rekey";
    c->subject = call_subject(c, "key", key->id);
    c->detail = call_subject(c, "renewal", id);
    store_unit_add(unit, 1, ERR_TASK_NOT_CLAIMED,
                   "UPDATE renewal SET state = 'done', public_key = $2 WHERE id = $1 AND state IN ('open', 'done')",
                   (store_value[]){store_id(id), store_blob(matter->new_key, POINT_SIZE)}, 2);
    signing_key_settle(c, unit, key, sid);
    return call_commit(c, unit);
}

static err renewal_complete(call *c, const signing_key *key, const uint8_t sid[16], const uint8_t id[16],
                            const uint8_t e[32], sign_completion *out)
{
    renewal_matter matter;
    err found = renewal_load(c, key, id, &matter);
    if (found == ERR_TASK_NOT_FOUND)
        return ERR_TASK_NOT_CLAIMED;
    TRY(found);
    if (matter.rekey)
        return rekey(c, key, sid, id, e, &matter);
    if (!matter.done)
        return renew(c, key, sid, id, e, out);
    TRY(certificate_by_serial(c, matter.serial, out));
    c->detail = "repeated";
    return call_commit(c, store_unit_begin(c->arena));
}

err issuance_complete(call *c, const signing_key *key, const uint8_t sid[16], const uint8_t subject[16],
                      const uint8_t e[32], sign_completion *out)
{
    if (memcmp(subject, key->enrolment_id, 16) != 0)
        return renewal_complete(c, key, sid, subject, e, out);
    if (key->enrolling)
        return enrolment_complete(c, key, sid, e, out);
    TRY(certificate_of_enrolment(c, key, out));
    c->detail = "repeated";
    return call_commit(c, store_unit_begin(c->arena));
}
