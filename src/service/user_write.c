#include "service/user_write.h"

#include <string.h>

store_value user_write_by(const call *c)
{
    static const uint8_t nobody[16];
    return store_id(memcmp(c->actor_id, nobody, sizeof nobody) != 0 ? c->actor_id : NULL);
}

void user_write_departments(store_unit *unit, const uint8_t id[16], const char *const *departments, size_t n)
{
    store_unit_add(unit, STORE_ANY, ERR_OK, "DELETE FROM user_department WHERE user_id = $1",
                   (store_value[]){store_id(id)}, 1);
    for (size_t i = 0; i < n; i++)
        store_unit_add(unit, 1, ERR_INTERNAL,
                       "INSERT INTO user_department (user_id, place, department) VALUES ($1, $2, $3)",
                       (store_value[]){store_id(id), store_int((int64_t)i), store_text(departments[i])}, 3);
}

void user_write_aliases(store_unit *unit, const uint8_t id[16], const uint8_t *only_system, const user_alias *aliases,
                        size_t n)
{
    store_unit_add(unit, STORE_ANY, ERR_OK,
                   "DELETE FROM user_alias WHERE user_id = $1 AND (system_id = $2 OR $2 IS NULL)",
                   (store_value[]){store_id(id), store_id(only_system)}, 2);
    for (size_t i = 0; i < n; i++)
        store_unit_add(
            unit, 1, ERR_SYSTEM_NOT_FOUND,
            "INSERT INTO user_alias (system_id, external_id, user_id) "
            "SELECT s.id, $2, $3 FROM system s WHERE s.id = $1",
            (store_value[]){store_id(aliases[i].system_id), store_text(aliases[i].external_id), store_id(id)}, 3);
}

void user_write_attributes(store_unit *unit, const uint8_t id[16], const user_attribute *attributes, size_t n)
{
    store_unit_add(unit, STORE_ANY, ERR_OK, "DELETE FROM user_attribute WHERE user_id = $1",
                   (store_value[]){store_id(id)}, 1);
    for (size_t i = 0; i < n; i++)
        if (*attributes[i].value)
            store_unit_add(
                unit, 1, ERR_INTERNAL, "INSERT INTO user_attribute (user_id, name, value) VALUES ($1, $2, $3)",
                (store_value[]){store_id(id), store_text(attributes[i].name), store_text(attributes[i].value)}, 3);
}
