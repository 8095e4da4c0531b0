#include "service/backup_carry.h"

#include "os/log.h"
#include "service/column.h"

enum { PAGE = 500, PAGE_ARENA = 4 << 20 };

/* found: of the old database, its first columns being looked at by `where` ($1, $2 ...; looked of them), which says whether the restored row is looser. */
typedef struct carry_rule {
    backup_carried what;
    const char *found, *table, *set, *where;
    size_t looked, columns;
} carry_rule;

#define KEY_RANK(state)                                                                                                \
    "(CASE " state " WHEN 'destroyed' THEN 3 WHEN 'frozen' THEN 2 WHEN 'locked' THEN 1 ELSE 0 END)"

static const carry_rule rules[] = {
    {BACKUP_CARRIED_CERTIFICATES,
     "SELECT serial, state, revoked_at, reason FROM certificate WHERE revoked_at IS NOT NULL", "certificate", "state = $2, revoked_at = $3, reason = $4",
     "serial = $1 AND (revoked_at IS NULL OR (state = 'frozen' AND $2 <> 'frozen'))", 2, 4},
    {BACKUP_CARRIED_CERTIFICATES, "SELECT id, revoked_at, reason FROM operator_certificate WHERE state = 'revoked'",
     "operator_certificate", "state = 'revoked', revoked_at = $2, reason = $3", "id = $1 AND state = 'active'", 1, 3},
    {BACKUP_CARRIED_KEYS,
     "SELECT id, state, alarmed_at, failures FROM device_key WHERE state = 'locked' OR state = 'frozen' OR state = "
     "'destroyed'",
     "device_key",
     "state = $2, alarmed_at = coalesce(alarmed_at, $3), failures = CASE WHEN failures < $4 THEN $4 ELSE failures END, "
     "sealed_share = CASE WHEN $2 = 'destroyed' THEN NULL ELSE sealed_share END, sealed_pending = CASE WHEN $2 = "
     "'destroyed' THEN NULL ELSE sealed_pending END",
     "id = $1 AND " KEY_RANK("state") " < " KEY_RANK("$2"), 2, 4},
    {BACKUP_CARRIED_ENROLMENTS, "SELECT id FROM enrolment WHERE state = 'closed'", "enrolment", "state = 'closed'",
     "id = $1 AND state <> 'closed'", 1, 1},
    {BACKUP_CARRIED_USERS, "SELECT id FROM app_user WHERE state = 'suspended'", "app_user",
     "state = 'suspended', version = version + 1", "id = $1 AND state <> 'suspended'", 1, 1},
    {BACKUP_CARRIED_OPERATORS, "SELECT id, state FROM operator WHERE state <> 'active'", "operator",
     "state = $2, version = version + 1", "id = $1 AND (state = 'active' OR (state = 'suspended' AND $2 = 'removed'))", 2, 2},
    {BACKUP_CARRIED_TOKENS, "SELECT id FROM operator_token WHERE state = 'revoked' OR ended_at IS NOT NULL",
     "operator_token", "state = 'revoked'", "id = $1 AND state = 'active' AND ended_at IS NULL", 1, 1},
    {BACKUP_CARRIED_SYSTEMS, "SELECT id FROM system WHERE state = 'suspended'", "system",
     "state = 'suspended', version = version + 1", "id = $1 AND state <> 'suspended'", 1, 1},
    {BACKUP_CARRIED_CREDENTIALS, "SELECT id FROM system_credential WHERE state = 'revoked'", "system_credential",
     "state = 'revoked', version = version + 1", "id = $1 AND state <> 'revoked'", 1, 1},
    /* A rotation lets the one before go on for a while. */
    {BACKUP_CARRIED_CREDENTIALS,
     "SELECT id, expires_at FROM system_credential WHERE state = 'active' AND expires_at IS NOT NULL",
     "system_credential", "expires_at = $2, version = version + 1",
     "id = $1 AND state = 'active' AND (expires_at IS NULL OR expires_at > $2)", 2, 2},
};

static err carry_row(store *s, arena *a, store_unit *unit, const carry_rule *rule, const store_value *v, int64_t *n)
{
    const store_value *looser;
    const char *look = arena_printf(a, "SELECT 1 FROM %s WHERE %s", rule->table, rule->where),
               *change = arena_printf(a, "UPDATE %s SET %s WHERE %s", rule->table, rule->set, rule->where);
    if (!look || !change)
        return ERR_MEMORY;
    err e = store_query_one(s, a, &looser, ERR_NOT_FOUND, look, v, rule->looked);
    if (e == ERR_NOT_FOUND)
        return ERR_OK;
    TRY(e);
    store_unit_add(unit, STORE_ANY, ERR_OK, change, v, rule->columns);
    ++*n;
    return ERR_OK;
}

static err carry_page(store *s, arena *a, const carry_rule *rule, const store_result *rows, int64_t *n)
{
    int64_t before = *n;
    store_unit *unit = store_unit_begin(a);
    for (size_t i = 0; i < rows->rows; i++)
        TRY(carry_row(s, a, unit, rule, rows->values + i * rows->columns, n));
    return *n > before ? store_commit(s, unit) : ERR_OK;
}

static err carry(store *s, engine *old, arena *a, const carry_rule *rule, int64_t *n, bool *known)
{
    store_result rows = {.rows = PAGE};
    for (int64_t at = 0; rows.rows == PAGE; at += PAGE) {
        arena_reset(a);
        const char *found = arena_printf(a, "%s ORDER BY 1 LIMIT $1 OFFSET $2", rule->found);
        if (!found)
            return ERR_MEMORY;
        err e = engine_query(old, a, &rows, found, (store_value[]){store_int(PAGE), store_int(at)}, 2);
        if (e == ERR_MEMORY)
            return e;
        if (e != ERR_OK) {
            /* The old database may be what the restore is for. */
            log_write(LOG_WARN, "restore", "the old database cannot be read table=%s code=%s", rule->table,
                      err_code(e));
            *known = false;
            return ERR_OK;
        }
        TRY(carry_page(s, a, rule, &rows, n));
    }
    return ERR_OK;
}

err backup_carry(store *s, engine *old, backup_restored *out, bool *known)
{
    err e = ERR_OK;
    arena *a = arena_create(PAGE_ARENA);
    if (!a)
        return ERR_MEMORY;
    *known = true;
    for (size_t i = 0; e == ERR_OK && i < sizeof rules / sizeof *rules; i++)
        e = carry(s, old, a, &rules[i], &out->carried[rules[i].what], known);
    arena_destroy(a);
    return e;
}
