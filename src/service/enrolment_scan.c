#include "service/enrolment_scan.h"

#include <string.h>

#include "service/internal.h"
#include "service/operator_phone.h"

err enrolment_scan_create(call *c, const uint8_t user_id[16], int64_t expires_in, scan_session *out)
{
    store_unit *unit = store_unit_begin(c->arena);
    c->subject = call_subject(c, "user", user_id);
    if (!unit)
        return ERR_MEMORY;
    TRY(enrolment_user_check(c, user_id));
    TRY(scan_session_make(c, SCAN_ENROL, expires_in, out));
    memcpy(out->only_user, user_id, 16);
    out->only_one = true;
    c->detail = call_subject(c, "enrol", out->id);
    operator_guard_phone(c, unit, user_id);
    TRY(scan_session_add(c, unit, out));
    operator_phone_add_scan(unit, user_id, out->id);
    TRY(operator_phone_fault(c, call_commit(c, unit)));
    return scan_session_load(c, out->id, ERR_NOT_FOUND, out);
}

err enrolment_scan_get(call *c, const uint8_t id[16], scan_session *out)
{
    TRY(scan_session_load(c, id, ERR_NOT_FOUND, out));
    return out->kind == SCAN_ENROL ? ERR_OK : ERR_NOT_FOUND;
}

err enrolment_scan_cancel(call *c, const uint8_t id[16], scan_session *out)
{
    TRY(enrolment_scan_get(c, id, out));
    c->subject = call_subject(c, "user", out->only_user);
    c->detail = call_subject(c, "enrol", id);
    /* A code that was given out lives on: it ends by its own time, or with the device's enrolment. */
    TRY(scan_session_open(c, out));
    TRY(scan_session_cancel(c, out));
    return enrolment_scan_get(c, id, out);
}

/* "王**": enough for the person who holds the phone, not for a list of staff. */
static const char *masked(arena *a, const char *name)
{
    size_t first = 1;
    while (((unsigned char)name[first] & 0xc0) == 0x80)
        first++;
    return arena_printf(a, "%.*s**", (int)first, name);
}

err enrolment_scan_use(call *c, const char *code, enrolment_scanned *out)
{
    scan_session s;
    store_unit *unit = store_unit_begin(c->arena);
    if (!unit)
        return ERR_MEMORY;
    TRY(selftest_require(c));
    TRY(scan_session_by_code(c, code, &s));
    if (s.kind != SCAN_ENROL || strcmp(s.state, "open") != 0)
        return ERR_SCAN;
    c->subject = call_subject(c, "user", s.only_user);
    c->detail = call_subject(c, "enrol", s.id);
    TRY(enrolment_offer_make(c, ENROLMENT_SCAN_MAX, &out->offer));
    enrolment_offer_add(c, unit, s.only_user, &out->offer);
    operator_phone_add_scanned(c, unit, s.id, out->offer.id);
    scan_session_add_scanned(unit, &s, NULL, out->offer.id);
    call_wake(c, s.id);
    TRY(call_commit(c, unit));
    out->staff_no = s.staff_no;
    out->name = masked(c->arena, s.person_name);
    out->organisation = c->service->options.organisation;
    return out->name ? ERR_OK : ERR_MEMORY;
}
