#include "service/backup_setting.h"

#include <string.h>

#include "base/ct.h"
#include "service/backup_content.h"
#include "service/backup_make.h"
#include "service/column.h"
#include "service/internal.h"

static const char context[] = "backup_setting.passphrase";
enum { DAYS_OF_WEEK = 7, THURSDAY = 4 /* 1970-01-01 */ };
#define MINUTE_MS INT64_C(60000)
#define HOUR_MS INT64_C(3600000)
#define DAY_MS INT64_C(86400000)

err backup_setting_get(const service *s, arena *a, backup_setting *out)
{
    const store_value *v;
    TRY(store_query_one(s->options.store, a, &v, ERR_CORRUPT,
                        "SELECT schedule, minute, weekday, scope, keep, sealed_passphrase, version, changed_at FROM "
                        "backup_setting WHERE id = 1",
                        NULL, 0));
    const char *scope = column_text(&v[3]);
    *out = (backup_setting){.schedule = column_text(&v[0]),
                            .minute = column_int(&v[1]),
                            .weekday = column_int(&v[2]),
                            .keep = column_int(&v[4]),
                            .has_passphrase = v[5].type == STORE_BLOB,
                            .version = column_int(&v[6]),
                            .changed_ms = column_int(&v[7])};
    return out->schedule && scope && backup_scope_of(scope, &out->scope) ? ERR_OK : ERR_CORRUPT;
}

void backup_passphrase_wipe(backup_passphrase *p)
{
    wipe(p, sizeof *p);
}

err backup_setting_passphrase(const service *s, arena *a, backup_passphrase *out)
{
    const store_value *v;
    TRY(store_query_one(s->options.store, a, &v, ERR_CORRUPT,
                        "SELECT sealed_passphrase FROM backup_setting WHERE id = 1", NULL, 0));
    bytes sealed = column_bytes(v);
    if (!sealed.p)
        return ERR_PASSPHRASE_MISSING;
    if (sealed.n < KEYSTORE_OVERHEAD || sealed.n - KEYSTORE_OVERHEAD > sizeof out->text)
        return ERR_CORRUPT;
    out->n = sealed.n - KEYSTORE_OVERHEAD;
    return keystore_unseal(s->options.keystore, bytes_of_text(context), sealed, out->text);
}

static bool is_schedule(const char *text)
{
    return text && (strcmp(text, "off") == 0 || strcmp(text, "daily") == 0 || strcmp(text, "weekly") == 0);
}

static err check(call *c, const backup_setting *w, bool has_passphrase)
{
    if (!is_schedule(w->schedule))
        return fault_field(&c->fault, ERR_FIELD_VALUE, "schedule");
    if (w->minute < 0 || w->minute >= BACKUP_DAY_MINUTES)
        return fault_field(&c->fault, ERR_FIELD_VALUE, "at");
    if (w->weekday < 1 || w->weekday > DAYS_OF_WEEK)
        return fault_field(&c->fault, ERR_FIELD_VALUE, "weekday");
    if (w->keep < 1 || w->keep > BACKUP_KEEP_MAX)
        return fault_field(&c->fault, ERR_FIELD_VALUE, "keep");
    if (strcmp(w->schedule, "off") == 0)
        return ERR_OK;
    TRY(has_passphrase ? ERR_OK : ERR_PASSPHRASE_MISSING);
    TRY(backup_files_check(c->service, c->arena, &c->fault));
    return backup_directory_check(c->service, c->arena);
}

static err seal(call *c, const char *passphrase, store_value *out)
{
    size_t n = strlen(passphrase);
    TRY(backup_passphrase_check(bytes_of(passphrase, n)));
    uint8_t *sealed = arena_alloc(c->arena, n + KEYSTORE_OVERHEAD);
    if (!sealed)
        return ERR_MEMORY;
    TRY(keystore_seal(c->service->options.keystore, bytes_of_text(context), bytes_of(passphrase, n), sealed,
                      &c->service->options.rng));
    *out = store_blob(sealed, n + KEYSTORE_OVERHEAD);
    return ERR_OK;
}

err backup_setting_put(call *c, const backup_setting *w, const char *passphrase, backup_setting *out)
{
    backup_setting now;
    store_value sealed = store_null();
    TRY(backup_setting_get(c->service, c->arena, &now));
    if (w->version != 0 && w->version != now.version)
        return ERR_STALE;
    TRY(check(c, w, passphrase || now.has_passphrase));
    if (passphrase)
        TRY(seal(c, passphrase, &sealed));
    c->subject = "backup-settings";
    c->detail = arena_printf(c->arena, "schedule=%s at=%02d:%02d weekday=%d scope=%s keep=%d passphrase=%s",
                             w->schedule, (int)(w->minute / 60), (int)(w->minute % 60), (int)w->weekday,
                             backup_scope_name(w->scope), (int)w->keep, passphrase ? "changed" : "same");
    store_unit *unit = store_unit_begin(c->arena);
    store_unit_add(unit, 1, ERR_STALE,
                   "UPDATE backup_setting SET schedule = $1, minute = $2, weekday = $3, scope = $4, keep = $5, "
                   "sealed_passphrase = coalesce($6, sealed_passphrase), version = version + 1, changed_at = $7 WHERE "
                   "id = 1 AND version = $8",
                   (store_value[]){store_text(w->schedule), store_int(w->minute), store_int(w->weekday),
                                   store_text(backup_scope_name(w->scope)), store_int(w->keep), sealed,
                                   store_int(c->now_ms), store_int(now.version)},
                   8);
    TRY(call_commit(c, unit));
    return backup_setting_get(c->service, c->arena, out);
}

/* The last moment, at or before now, at which the schedule says that one is made. */
static int64_t last_moment(const backup_setting *s, int zone_minutes, int64_t now_ms)
{
    int64_t local = now_ms + zone_minutes * MINUTE_MS, day = local / DAY_MS;
    if (local - day * DAY_MS < s->minute * MINUTE_MS)
        day--;
    if (strcmp(s->schedule, "weekly") == 0) {
        int64_t weekday = (day + THURSDAY - 1) % DAYS_OF_WEEK + 1;
        day -= (weekday - s->weekday + DAYS_OF_WEEK) % DAYS_OF_WEEK;
    }
    return day * DAY_MS + s->minute * MINUTE_MS - zone_minutes * MINUTE_MS;
}

bool backup_is_due(const backup_setting *setting, int zone_minutes, int64_t now_ms, int64_t last_good_ms,
                   int64_t last_try_ms)
{
    if (strcmp(setting->schedule, "off") == 0)
        return false;
    int64_t moment = last_moment(setting, zone_minutes, now_ms);
    if (moment <= setting->changed_ms || last_good_ms >= moment)
        return false;
    return last_try_ms < moment || now_ms - last_try_ms >= HOUR_MS;
}
