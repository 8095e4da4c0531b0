#include <string.h>

#include "base/text.h"
#include "service/internal.h"
#include "service/like.h"
#include "service/user.h"
#include "service/user_read.h"

/* $1 after, $2 state, $3 pattern, $4 limit. The people of departments and aliases that match are found once, not for each row; all of it is
 * a walk through one narrow table each, which 100,000 people make tens of milliseconds long. */
#define MATCHES                                                                                                        \
    "($2 IS NULL OR u.state = $2) AND ($3 IS NULL OR lower(u.name) LIKE $3 ESCAPE '!' OR "                             \
    "lower(u.staff_no) LIKE $3 ESCAPE '!' OR "                                                                         \
    "u.id IN (SELECT a.user_id FROM user_alias a WHERE lower(a.external_id) LIKE $3 ESCAPE '!') OR "                   \
    "u.id IN (SELECT d.user_id FROM user_department d WHERE lower(d.department) LIKE $3 ESCAPE '!'))"

static const char by_id[] =
    "SELECT " USER_READ_COLUMNS " FROM " USER_READ_FROM " WHERE u.id > $1 AND " MATCHES " ORDER BY u.id LIMIT $4";

/* The index over departments gives their people in the order of ids. */
static const char by_department[] =
    "SELECT " USER_READ_COLUMNS " FROM user_department m JOIN app_user u ON u.id = m.user_id "
    "LEFT JOIN user_seal k ON k.user_id = u.id WHERE m.department = $5 AND m.user_id > $1 AND " MATCHES
    " ORDER BY m.user_id LIMIT $4";

static const char by_staff_no[] =
    "SELECT " USER_READ_COLUMNS " FROM " USER_READ_FROM " WHERE u.staff_no = $6 AND u.id > $1 AND ($5 IS NULL OR "
    "EXISTS (SELECT 1 FROM user_department m WHERE m.user_id = u.id AND m.department = $5)) AND " MATCHES
    " ORDER BY u.id LIMIT $4";

err user_list(call *c, const user_filter *filter, const user **out, size_t *n)
{
    static const uint8_t least[16];
    const char *pattern = NULL;
    store_result rows;
    user *users;
    if (filter->state && strcmp(filter->state, "active") != 0 && strcmp(filter->state, "suspended") != 0)
        return fault_field(&c->fault, ERR_FIELD_VALUE, "state");
    if (filter->q && *filter->q) {
        if (utf8_length(filter->q, strlen(filter->q)) > USER_SEARCH_MAX)
            return fault_field(&c->fault, ERR_FIELD_LENGTH, "q");
        pattern = like_contains(c->arena, filter->q, strlen(filter->q));
        if (!pattern)
            return ERR_MEMORY;
    }
    const store_value params[] = {store_id(filter->has_after ? filter->after : least),
                                  store_text(filter->state),
                                  store_text(pattern),
                                  store_int(filter->limit),
                                  store_text(filter->department),
                                  store_text(filter->staff_no)};
    store *s = c->service->options.store;
    if (filter->staff_no)
        TRY(store_query(s, c->arena, &rows, by_staff_no, params, 6));
    else if (filter->department)
        TRY(store_query(s, c->arena, &rows, by_department, params, 5));
    else
        TRY(store_query(s, c->arena, &rows, by_id, params, 4));
    TRY(user_read_rows(c, &rows, &users));
    *out = users;
    *n = rows.rows;
    return ERR_OK;
}
