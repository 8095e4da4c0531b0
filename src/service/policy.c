#include "service/policy.h"

#include <stdlib.h>
#include <string.h>

#include "service/column.h"
#include "service/internal.h"

#define CERTIFICATES "certificates_per_person"
#define RENEWAL_DAYS "renewal_days"
#define FINGERPRINT "fingerprint"
#define IDLE_MINUTES "console_idle_minutes"
#define VERSION "version"
#define PROFILE "certificate_profile"

static err values_load(call *c, policy *out)
{
    store_result rows;
    TRY(store_query(c->service->options.store, c->arena, &rows, "SELECT name, value, changed_at FROM policy", NULL, 0));
    *out = (policy){.renewal_days = POLICY_RENEWAL_DAYS_DEFAULT,
                    .idle_minutes = POLICY_IDLE_MINUTES_DEFAULT,
                    .profile = "personal"};
    for (size_t i = 0; i < rows.rows; i++) {
        const store_value *v = rows.values + i * rows.columns;
        const char *name = column_text(&v[0]), *value = column_text(&v[1]);
        if (!name || !value)
            return ERR_CORRUPT;
        if (strcmp(name, CERTIFICATES) == 0)
            out->single = strcmp(value, "single") == 0;
        else if (strcmp(name, RENEWAL_DAYS) == 0)
            out->renewal_days = strtoll(value, NULL, 10);
        else if (strcmp(name, FINGERPRINT) == 0)
            out->no_fingerprint = strcmp(value, "forbidden") == 0;
        else if (strcmp(name, IDLE_MINUTES) == 0)
            out->idle_minutes = strtoll(value, NULL, 10);
        else if (strcmp(name, VERSION) == 0)
            out->version = strtoll(value, NULL, 10);
        else if (strcmp(name, PROFILE) == 0)
            out->profile = value;
        if (column_int(&v[2]) > out->changed_ms)
            out->changed_ms = column_int(&v[2]);
    }
    return ERR_OK;
}

/* A frozen certificate counts: unfrozen it is as good as before. */
static err several_count(call *c, policy *out)
{
    const store_value *row;
    TRY(store_query_one(
        c->service->options.store, c->arena, &row, ERR_INTERNAL,
        "SELECT count(*), CAST(coalesce(sum(several.n - 1), 0) AS BIGINT) FROM (SELECT user_id, count(*) AS n FROM "
        "certificate WHERE state IN ('active', 'frozen') AND not_after > $1 GROUP BY user_id HAVING count(*) > 1) AS "
        "several JOIN app_user u ON u.id = several.user_id WHERE u.certificates <> 'many'",
        (store_value[]){store_int(c->now_ms)}, 1));
    out->people_with_several = column_int(&row[0]);
    out->surplus_certificates = column_int(&row[1]);
    return ERR_OK;
}

err policy_get(call *c, policy *out)
{
    TRY(values_load(c, out));
    return several_count(c, out);
}

static void value_set(store_unit *unit, const char *name, const char *value, int64_t now_ms)
{
    store_unit_add(unit, 1, ERR_INTERNAL,
                   "INSERT INTO policy (name, value, changed_at) VALUES ($1, $2, $3) ON CONFLICT (name) DO UPDATE SET "
                   "value = $2, changed_at = $3",
                   (store_value[]){store_text(name), store_text(value), store_int(now_ms)}, 3);
}

/* What is changed: names and their values as they are stored. */
typedef struct policy_value {
    const char *name, *value; /* NULL: stays */
} policy_value;
enum { POLICY_VALUES = 4 };

static err values_of(call *c, const policy_change *change, policy_value out[POLICY_VALUES])
{
    const char *days = arena_printf(c->arena, "%lld", (long long)change->renewal_days),
               *minutes = arena_printf(c->arena, "%lld", (long long)change->idle_minutes);
    const policy_value values[POLICY_VALUES] = {{CERTIFICATES, change->certificates_per_person},
                                                {RENEWAL_DAYS, change->renewal_days ? days : NULL},
                                                {FINGERPRINT, !change->has_fingerprint ? NULL
                                                              : change->fingerprint    ? "allowed"
                                                                                       : "forbidden"},
                                                {IDLE_MINUTES, change->idle_minutes ? minutes : NULL}};
    memcpy(out, values, sizeof values);
    return days && minutes ? ERR_OK : ERR_MEMORY;
}

static err check_change(call *c, const policy_change *change)
{
    const char *certificates = change->certificates_per_person;
    if (certificates && strcmp(certificates, "single") != 0 && strcmp(certificates, "many") != 0)
        return fault_field(&c->fault, ERR_FIELD_VALUE, CERTIFICATES);
    if (change->renewal_days < 0 || change->renewal_days > POLICY_RENEWAL_DAYS_MAX)
        return fault_field(&c->fault, ERR_FIELD_VALUE, RENEWAL_DAYS);
    if (change->idle_minutes < 0 || change->idle_minutes > POLICY_IDLE_MINUTES_MAX)
        return fault_field(&c->fault, ERR_FIELD_VALUE, IDLE_MINUTES);
    return ERR_OK;
}

err policy_update(call *c, const policy_change *change, policy *out)
{
    policy_value values[POLICY_VALUES];
    policy before;
    c->subject = "policy";
    c->detail = "";
    TRY(check_change(c, change));
    TRY(values_load(c, &before));
    if (change->version && change->version != before.version) /* nobody is asked to approve what is stale */
        return ERR_STALE;
    TRY(values_of(c, change, values));
    store_unit *unit = store_unit_begin(c->arena);
    if (!unit)
        return ERR_MEMORY;
    store_unit_add(unit, 1, ERR_STALE,
                   "UPDATE policy SET value = CAST(CAST(value AS BIGINT) + 1 AS TEXT) WHERE name = '" VERSION
                   "' AND (CAST(value AS BIGINT) = $1 OR $1 = 0)",
                   (store_value[]){store_int(change->version)}, 1);
    for (size_t i = 0; i < POLICY_VALUES && c->detail; i++) {
        if (!values[i].value)
            continue;
        value_set(unit, values[i].name, values[i].value, c->now_ms);
        /* "certificates_per_person=single renewal_days=30" */
        c->detail =
            arena_printf(c->arena, "%s%s%s=%s", c->detail, *c->detail ? " " : "", values[i].name, values[i].value);
    }
    if (!c->detail)
        return ERR_MEMORY;
    TRY(call_commit(c, unit));
    return policy_get(c, out);
}

err policy_single_for(call *c, const uint8_t user_id[16], bool *single)
{
    const store_value *row;
    TRY(store_query_one(c->service->options.store, c->arena, &row, ERR_USER_NOT_FOUND,
                        "SELECT CASE WHEN certificates = 'policy' THEN coalesce((SELECT value FROM policy WHERE "
                        "name = '" CERTIFICATES "'), 'many') ELSE certificates END FROM app_user WHERE id = $1",
                        (store_value[]){store_id(user_id)}, 1));
    const char *rule = column_text(&row[0]);
    *single = rule && strcmp(rule, "single") == 0;
    return ERR_OK;
}

err policy_fingerprint(call *c, bool *allowed)
{
    policy p;
    TRY(values_load(c, &p));
    *allowed = !p.no_fingerprint;
    return ERR_OK;
}

err policy_renewable_from(call *c, int64_t not_after_ms, int64_t *from_ms)
{
    policy p;
    TRY(values_load(c, &p));
    *from_ms = not_after_ms - p.renewal_days * INT64_C(86400000);
    return ERR_OK;
}
