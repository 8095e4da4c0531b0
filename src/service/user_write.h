/* The statements that write what hangs on a user; user.c and user_import.c put them into their units. Nothing outside src/service
 * includes this. */
#ifndef YIQIAN_SERVICE_USER_WRITE_H
#define YIQIAN_SERVICE_USER_WRITE_H

#include "service/user.h"

/* What the one who changes somebody is called, by his parameters: $id of the operator's own user or of the system (call.actor_id), $text in words
 * (call.actor_text). */
#define USER_WRITE_BY(id, text)                                                                                        \
    "coalesce((SELECT p.name FROM app_user p WHERE p.id = " id "), (SELECT s.name FROM system s WHERE s.id = " id      \
    "), " text ")"

/* $id: NULL where no person and no system is behind the call. */
store_value user_write_by(const call *c);

/* Each takes the place of what there was. */
void user_write_departments(store_unit *unit, const uint8_t id[16], const char *const *departments, size_t n);
/* only_system: the aliases of that system alone; NULL: all. The unit fails with ERR_EXISTS where one is another person's, with ERR_SYSTEM_NOT_FOUND
 * where there is no such system. */
void user_write_aliases(store_unit *unit, const uint8_t id[16], const uint8_t *only_system, const user_alias *aliases,
                        size_t n);
/* Those without a value are left out. */
void user_write_attributes(store_unit *unit, const uint8_t id[16], const user_attribute *attributes, size_t n);

#endif
