/* One-time links into the console: the first administrator's, and those that the server's own user makes through the Unix socket. */
#ifndef YIQIAN_SERVICE_CONSOLE_LINK_H
#define YIQIAN_SERVICE_CONSOLE_LINK_H

#include "service/console_session.h"

enum { CONSOLE_LINK_MINUTES = 30 };

/* The text behind "?link="; earlier links of the operator are void. ERR_OPERATOR_NOT_FOUND, ERR_CONFLICT (suspended). */
MUST_CHECK err console_link_create(call *c, const uint8_t operator_id[16], const char **text, int64_t *expires_ms);

/* Logs in; the link is used up. ERR_UNAUTHENTICATED. */
MUST_CHECK err console_link_use(call *c, const char *text, const char **cookie);

/* Nothing outside src/service uses these. Adds to the unit: a link of this operator (NULL: of the first), in whose place earlier ones go; that it is used,
 * ERR_UNAUTHENTICATED where it was. Finds a link that is good; first: it belongs to no operator. */
MUST_CHECK err console_link_add(call *c, store_unit *unit, const uint8_t *operator_id, const char **text,
                                int64_t *expires_ms);
void console_link_add_used(call *c, store_unit *unit, const uint8_t id[16]);
MUST_CHECK err console_link_find(call *c, const char *text, uint8_t id[16], uint8_t operator_id[16], bool *first);

#endif
