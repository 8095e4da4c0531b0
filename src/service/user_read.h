/* Users as rows: one list of columns for every reading of one, and what hangs on him. Nothing outside src/service includes this. */
#ifndef YIQIAN_SERVICE_USER_READ_H
#define YIQIAN_SERVICE_USER_READ_H

#include "service/user.h"

/* Of `FROM app_user u LEFT JOIN user_seal k ON k.user_id = u.id`. */
#define USER_READ_COLUMNS                                                                                              \
    "u.id, u.staff_no, u.name, u.state, u.created_at, u.updated_at, u.certificates, u.version, "                       \
    "CASE WHEN k.width > 0 THEN k.version ELSE 0 END, u.updated_by"
#define USER_READ_FROM "app_user u LEFT JOIN user_seal k ON k.user_id = u.id"

/* The users of the rows, with departments, aliases and attributes. ERR_CORRUPT, ERR_MEMORY and the store's. */
MUST_CHECK err user_read_rows(call *c, const store_result *rows, user **out);

#endif
