#include "service/policy.h"

#include <stdlib.h>
#include <string.h>

#include "service/column.h"
#include "service/internal.h"

#define CERTIFICATES "certificates_per_person"
#define RENEWAL_DAYS "renewal_days"

static err values_load(call *c, policy *out)
{
    store_result rows;
    TRY(store_query(c->service->options.store, c->arena, &rows, "SELECT name, value, changed_at FROM policy", NULL, 0));
    *out = (policy){.renewal_days = POLICY_RENEWAL_DAYS_DEFAULT};
    for (size_t i = 0; i < rows.rows; i++) {
        const store_value *v = rows.values + i * rows.columns;
        const char *name = column_text(&v[0]), *value = column_text(&v[1]);
        if (!name || !value)
            return ERR_CORRUPT;
        if (strcmp(name, CERTIFICATES) == 0)
            out->single = strcmp(value, "single") == 0;
        else if (strcmp(name, RENEWAL_DAYS) == 0)
            out->renewal_days = strtoll(value, NULL, 10);
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
        "SELECT count(*), CAST(coalesce(sum(n - 1), 0) AS BIGINT) FROM (SELECT count(*) AS n FROM certificate c "
        "JOIN app_user u ON u.id = c.user_id WHERE c.state IN ('active', 'frozen') AND c.not_after > $1 AND "
        "u.certificates <> 'many' GROUP BY c.user_id HAVING count(*) > 1) AS several",
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

err policy_update(call *c, const policy_change *change, policy *out)
{
    const char *certificates = change->certificates_per_person;
    store_unit *unit = store_unit_begin(c->arena);
    c->subject = "policy";
    if (certificates && strcmp(certificates, "single") != 0 && strcmp(certificates, "many") != 0)
        return fault_field(&c->fault, ERR_FIELD_VALUE, CERTIFICATES);
    if (change->renewal_days < 0 || change->renewal_days > POLICY_RENEWAL_DAYS_MAX)
        return fault_field(&c->fault, ERR_FIELD_VALUE, RENEWAL_DAYS);
    const char *days = arena_printf(c->arena, "%lld", (long long)change->renewal_days);
    if (!unit || !days)
        return ERR_MEMORY;
    if (certificates)
        value_set(unit, CERTIFICATES, certificates, c->now_ms);
    if (change->renewal_days)
        value_set(unit, RENEWAL_DAYS, days, c->now_ms);
    c->detail = arena_printf(c->arena, "%s%s%s%s%s", certificates ? CERTIFICATES "=" : "",
                             certificates ? certificates : "", certificates && change->renewal_days ? " " : "",
                             change->renewal_days ? RENEWAL_DAYS "=" : "", change->renewal_days ? days : "");
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

err policy_renewable_from(call *c, int64_t not_after_ms, int64_t *from_ms)
{
    policy p;
    TRY(values_load(c, &p));
    *from_ms = not_after_ms - p.renewal_days * INT64_C(86400000);
    return ERR_OK;
}
