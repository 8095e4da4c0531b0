/* One-time links into the console: the first administrator's, those that the server's own user makes through the Unix socket, and those that two people set up:
 * one takes the link, the other was shown its code, and neither is of use alone. */
#ifndef YIQIAN_SERVICE_CONSOLE_LINK_H
#define YIQIAN_SERVICE_CONSOLE_LINK_H

#include "service/console_session.h"
#include "service/enrolment_offer.h"

enum { CONSOLE_LINK_MINUTES = 30, CONSOLE_SETUP_HOURS = 24, CONSOLE_SETUP_TRIES = 5 };

/* The text behind "?link="; earlier links of the operator are void. ERR_OPERATOR_NOT_FOUND, ERR_CONFLICT (suspended). */
MUST_CHECK err console_link_create(call *c, const uint8_t operator_id[16], const char **text, int64_t *expires_ms);

/* What whoever approves is shown, once: the code that the link of a setup needs. "": there is none, for nobody approved it. */
typedef struct console_setup {
    char code[ENROLMENT_CODE_SHOWN];
    int64_t expires_ms;
} console_setup;

/* A way in for an existing operator, in two hands: for a first login, and to recover. Earlier links of him are void. ERR_OPERATOR_NOT_FOUND, ERR_CONFLICT
 * (suspended; nobody is there to approve it: the server's own user makes a link), ERR_USER_SUSPENDED, ERR_OWN_ROLE. */
MUST_CHECK err console_link_setup(call *c, const uint8_t operator_id[16], console_setup *out);

/* For whoever asked for the setup: its link, of which the one before is void. ERR_OPERATOR_NOT_FOUND, ERR_NOT_FOUND (none that he asked for, or it is over). */
MUST_CHECK err console_link_take(call *c, const uint8_t operator_id[16], const char **text, int64_t *expires_ms);

/* Logs in; the link is used up. ERR_UNAUTHENTICATED, also for the link of a setup. */
MUST_CHECK err console_link_use(call *c, const char *text, const char **cookie);

/* The same with the link and the code of a setup. ERR_UNAUTHENTICATED (the link); ERR_ACTIVATION (the code, with tries_left: after the last the link is void). */
MUST_CHECK err console_setup_use(call *c, const char *text, const char *code, const char **cookie);

/* Nothing outside src/service uses these. Adds to the unit: a link of this operator (NULL: of the first), in whose place earlier ones go; a setup of one
 * whom the unit makes, where somebody approves it; that it is used, ERR_UNAUTHENTICATED where it was. Finds a link that is good; first: it belongs to no operator. */
MUST_CHECK err console_link_add(call *c, store_unit *unit, const uint8_t *operator_id, const char **text,
                                int64_t *expires_ms);
MUST_CHECK err console_link_add_setup(call *c, store_unit *unit, const uint8_t operator_id[16], console_setup *out);
void console_link_add_used(call *c, store_unit *unit, const uint8_t id[16]);
MUST_CHECK err console_link_find(call *c, const char *text, uint8_t id[16], uint8_t operator_id[16], bool *first);

#endif
