#include <string.h>

#include "base/text.h"
#include "service/column.h"
#include "service/device.h"
#include "service/device_key.h"
#include "service/internal.h"
#include "service/like.h"
#include "service/policy.h"
#include "service/signing_key.h"

/* The certificate's octets come first: a list of everybody's keys leaves them out. */
#define KEY_COLUMNS                                                                                                    \
    ", k.id, k.enrolment_id, k.state, d.name, d.platform, k.failures, k.created_at, c.serial, c.state, c.not_before, " \
    "c.not_after, k.failures_since_refresh, k.refreshed_at, k.alarmed_at, k.used_at"
#define KEY_FROM                                                                                                       \
    " FROM device_key k JOIN enrolment n ON n.id = k.enrolment_id JOIN device d ON d.id = n.device_id "                \
    "LEFT JOIN certificate c ON c.serial = k.serial "
#define KEY_VIEW "SELECT c.certificate" KEY_COLUMNS KEY_FROM

/* lead: how long before a certificate's end it may be renewed, negative. */
static err read_view(const store_value *v, int64_t now_ms, int64_t lead, device_key_view *view)
{
    memset(view, 0, sizeof *view);
    view->certificate = column_bytes(&v[0]);
    TRY(store_column_id(view->id, &v[1]));
    TRY(store_column_id(view->enrolment_id, &v[2]));
    view->state = v[3].p;
    view->device_name = v[4].p;
    view->platform = v[5].p;
    view->tries_left = signing_key_tries_left(view->state, v[6].i, v[12].i);
    view->created_ms = v[7].i;
    view->has_certificate = v[8].type != STORE_NULL;
    view->serial = bytes_of(v[8].p, v[8].n);
    view->certificate_state = v[9].p;
    view->not_before_ms = v[10].i;
    view->not_after_ms = v[11].i;
    view->refreshed_ms = column_int(&v[13]);
    view->alarmed_ms = column_int(&v[14]);
    view->used_ms = column_int(&v[15]);
    view->renewal_due = view->has_certificate && strcmp(view->state, "active") == 0 &&
                        strcmp(view->certificate_state, "active") == 0 && now_ms < view->not_after_ms &&
                        now_ms >= view->not_after_ms + lead;
    return ERR_OK;
}

static err key_views(call *c, const char *sql, const uint8_t id[16], const device_key_view **out, size_t *n)
{
    store_result rows;
    int64_t lead;
    TRY(policy_renewable_from(c, 0, &lead));
    TRY(store_query(c->service->options.store, c->arena, &rows, sql, (store_value[]){store_id(id)}, 1));
    device_key_view *views = arena_alloc(c->arena, rows.rows * sizeof *views);
    if (!views)
        return ERR_MEMORY;
    for (size_t i = 0; i < rows.rows; i++)
        TRY(read_view(rows.values + i * rows.columns, c->now_ms, lead, &views[i]));
    *out = views;
    *n = rows.rows;
    return ERR_OK;
}

err device_key_list_of_enrolment(call *c, const device_key_view **out, size_t *n)
{
    return key_views(c, KEY_VIEW "WHERE k.enrolment_id = $1 ORDER BY k.id LIMIT 100", c->actor_id, out, n);
}

err device_key_list_others(call *c, const device_key_view **out, size_t *n)
{
    uint8_t user_id[16];
    TRY(device_standing(c, user_id));
    return key_views(c,
                     KEY_VIEW "WHERE k.state <> 'destroyed' AND k.enrolment_id <> $1 AND k.user_id = "
                              "(SELECT user_id FROM enrolment WHERE id = $1) ORDER BY k.id LIMIT 100",
                     c->actor_id, out, n);
}

err device_key_list_of_user(call *c, const uint8_t user_id[16], const device_key_view **out, size_t *n)
{
    return key_views(c, KEY_VIEW "WHERE k.user_id = $1 ORDER BY k.id LIMIT 1000", user_id, out, n);
}

/* ---- of everybody ---- */

/* $1 after, $2 state, $3 pattern, $4 platform, $5 department, $6 not used since, $7 limit. Whom and which devices the pattern, the department and the platform
 * mean is found once, not for each row; what is shown is read of the page's rows alone. */
#define ON_DEVICE(of)                                                                                                  \
    "k.enrolment_id IN (SELECT n.id FROM device d JOIN enrolment n ON n.device_id = d.id WHERE " of ")"
static const char search[] =
    "SELECT NULL" KEY_COLUMNS ", u.id, u.staff_no, u.name, u.state, (SELECT m.department FROM user_department m WHERE "
    "m.user_id = u.id ORDER BY m.place LIMIT 1)" KEY_FROM "JOIN app_user u ON u.id = k.user_id WHERE k.id IN "
    "(SELECT k.id FROM device_key k WHERE k.id < $1 AND (k.state = $2 OR ($2 IS NULL AND k.state <> 'destroyed')) AND "
    "($3 IS NULL OR " ON_DEVICE(
        "lower(d.name) LIKE $3 ESCAPE '!'") " OR "
                                            "k.user_id IN (SELECT p.id FROM app_user p WHERE lower(p.name) LIKE $3 "
                                            "ESCAPE '!' OR "
                                            "lower(p.staff_no) LIKE $3 ESCAPE '!')) AND ($4 IS NULL OR " ON_DEVICE(
                                                "d.platform = $4") ") AND ($5 IS NULL OR "
                                                                   "k.user_id IN (SELECT m.user_id FROM "
                                                                   "user_department m WHERE m.department = $5)) AND "
                                                                   "($6 = 0 OR COALESCE(k.used_at, k.created_at) < $6) "
                                                                   "AND EXISTS (SELECT 1 FROM enrolment n WHERE n.id = "
                                                                   "k.enrolment_id AND n.device_id IS NOT NULL) ORDER "
                                                                   "BY k.id DESC LIMIT $7) ORDER BY k.id DESC";

static err read_held(const store_value *v, int64_t now_ms, int64_t lead, device_key_held *out)
{
    TRY(read_view(v, now_ms, lead, &out->key));
    TRY(store_column_id(out->user_id, &v[16]));
    out->staff_no = column_text(&v[17]);
    out->user_name = column_text(&v[18]);
    out->user_state = column_text(&v[19]);
    out->department = column_text(&v[20]);
    return out->staff_no && out->user_name && out->user_state ? ERR_OK : ERR_CORRUPT;
}

err device_key_list(call *c, const device_key_filter *filter, const device_key_held **out, size_t *n)
{
    uint8_t last[16];
    const char *pattern = NULL;
    store_result rows;
    int64_t lead;
    memset(last, 0xff, sizeof last);
    if (filter->q && *filter->q) {
        if (utf8_length(filter->q, strlen(filter->q)) > DEVICE_KEY_Q_MAX)
            return fault_field(&c->fault, ERR_FIELD_LENGTH, "q");
        pattern = like_contains(c->arena, filter->q, strlen(filter->q));
        if (!pattern)
            return ERR_MEMORY;
    }
    TRY(policy_renewable_from(c, 0, &lead));
    TRY(store_query(c->service->options.store, c->arena, &rows, search,
                    (store_value[]){store_id(filter->after ? filter->after : last), store_text(filter->state),
                                    store_text(pattern), store_text(filter->platform), store_text(filter->department),
                                    store_int(filter->unused_since_ms), store_int(filter->limit)},
                    7));
    device_key_held *held = arena_alloc(c->arena, rows.rows * sizeof *held);
    if (!held)
        return ERR_MEMORY;
    for (size_t i = 0; i < rows.rows; i++)
        TRY(read_held(rows.values + i * rows.columns, c->now_ms, lead, &held[i]));
    *out = held;
    *n = rows.rows;
    return ERR_OK;
}
