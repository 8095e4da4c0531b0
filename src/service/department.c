#include "service/department.h"

#include <string.h>

#include "service/column.h"
#include "service/internal.h"
#include "service/user_check.h"
#include "service/user_write.h"

/* Everybody is counted in the index alone; who is suspended, and those are few, is looked up. */
err department_list(call *c, const department **out, size_t *n)
{
    store_result rows;
    TRY(store_query(c->service->options.store, c->arena, &rows,
                    "SELECT a.department, a.n, a.n - coalesce(s.n, 0) FROM "
                    "(SELECT department, count(*) AS n FROM user_department GROUP BY department) a LEFT JOIN "
                    "(SELECT d.department, count(*) AS n FROM app_user u JOIN user_department d ON d.user_id = u.id "
                    "WHERE u.state = 'suspended' GROUP BY d.department) s ON s.department = a.department "
                    "ORDER BY a.department LIMIT $1",
                    (store_value[]){store_int(DEPARTMENTS_MAX)}, 1));
    department *all = arena_alloc(c->arena, rows.rows * sizeof *all);
    if (!all)
        return ERR_MEMORY;
    for (size_t i = 0; i < rows.rows; i++) {
        const store_value *v = rows.values + i * rows.columns;
        all[i] = (department){column_text(&v[0]), column_int(&v[1]), column_int(&v[2])};
        if (!all[i].name)
            return ERR_CORRUPT;
    }
    *out = all;
    *n = rows.rows;
    return ERR_OK;
}

err department_count(call *c, department_totals *out)
{
    const store_value *v;
    TRY(store_query_one(c->service->options.store, c->arena, &v, ERR_CORRUPT,
                        "SELECT count(*), count(CASE WHEN u.state = 'active' THEN 1 END), count(CASE WHEN NOT EXISTS "
                        "(SELECT 1 FROM user_department d WHERE d.user_id = u.id) THEN 1 END) FROM app_user u",
                        NULL, 0));
    *out = (department_totals){column_int(&v[0]), column_int(&v[1]), column_int(&v[2])};
    return ERR_OK;
}

err department_rename(call *c, const char *from, const char *to, int64_t *people)
{
    const store_value *v;
    user_problems problems = {0};
    TRY(user_check(c, &(user_fields){.departments = &to, .departments_n = 1}, &problems));
    if (problems.n > 0)
        return fault_field(&c->fault, problems.items[0].code, "new_name");
    if (strcmp(from, to) == 0)
        return fault_field(&c->fault, ERR_FIELD_VALUE, "new_name");
    TRY(store_query_one(c->service->options.store, c->arena, &v, ERR_CORRUPT,
                        "SELECT count(*) FROM user_department WHERE department = $1", (store_value[]){store_text(from)},
                        1));
    *people = column_int(v);
    c->subject = "departments";
    c->detail = arena_printf(c->arena, "%s -> %s people=%lld", from, to, (long long)*people);
    store_unit *unit = store_unit_begin(c->arena);
    if (!unit)
        return ERR_MEMORY;
    store_unit_add(unit, 1, ERR_NOT_FOUND, "SELECT 1 FROM user_department WHERE department = $1 LIMIT 1",
                   (store_value[]){store_text(from)}, 1);
    store_unit_add(unit, STORE_ANY, ERR_OK,
                   "UPDATE app_user SET version = version + 1, updated_at = $2, updated_by = " USER_WRITE_BY(
                       "$3", "$4") " WHERE id IN "
                                   "(SELECT user_id FROM user_department WHERE department = $1)",
                   (store_value[]){store_text(from), store_int(c->now_ms), user_write_by(c), store_text(c->actor_text)},
                   4);
    /* The first department is the one that tasks carry, so the later of the two goes. */
    store_unit_add(
        unit, STORE_ANY, ERR_OK,
        "DELETE FROM user_department WHERE department IN ($1, $2) AND EXISTS (SELECT 1 FROM user_department o "
        "WHERE o.user_id = user_department.user_id AND o.department IN ($1, $2) AND "
        "o.place < user_department.place)",
        (store_value[]){store_text(from), store_text(to)}, 2);
    store_unit_add(unit, STORE_ANY, ERR_OK, "UPDATE user_department SET department = $2 WHERE department = $1",
                   (store_value[]){store_text(from), store_text(to)}, 2);
    return call_commit(c, unit);
}
