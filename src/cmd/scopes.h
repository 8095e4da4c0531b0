/* The scopes of credentials and tokens, as the API takes them. */
#ifndef YIQIAN_CMD_SCOPES_H
#define YIQIAN_CMD_SCOPES_H

#include <jansson.h>
#include <stdint.h>

/* The names of an OPTION_SET's bits as an array; NULL if memory is out. Ownership: the caller's. */
json_t *scopes_array(const char *choices, uint32_t bits);

#endif
