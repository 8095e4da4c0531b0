/* A person outward, and what a request gives of one: aliases and attributes. */
#ifndef YIQIAN_API_USER_JSON_H
#define YIQIAN_API_USER_JSON_H

#include "api/api.h"
#include "service/user.h"

json_t *user_json(const user *u);

/* [{"system": UUID, "external_id": text}, ...]. ERR_FIELD_* (aliases[i]...), ERR_MEMORY. */
MUST_CHECK err user_json_aliases(call *c, const json_t *array, const user_alias **out, size_t *n);

/* {name: value, ...}; of PATCH and POST. ERR_FIELD_TYPE, ERR_MEMORY. */
MUST_CHECK err user_json_attributes(call *c, const json_t *object, const user_attribute **out, size_t *n);

#endif
