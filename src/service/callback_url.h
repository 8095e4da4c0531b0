/* What the URL of a callback endpoint may be. Where its name leads is looked at again at every connection (os/outbound.h). */
#ifndef YIQIAN_SERVICE_CALLBACK_URL_H
#define YIQIAN_SERVICE_CALLBACK_URL_H

#include <stdbool.h>

#include "base/arena.h"
#include "os/address.h"

enum { CALLBACK_URL_MIN = 1, CALLBACK_URL_MAX = 512 };

/* https:// to any host, http:// to a private address or a name (plain_http: to any); no user name, no fragment, only the characters
 * that a URL has (RFC 3986). deny may be NULL. NULL for a good one; otherwise what is wrong, in words. */
const char *callback_url_fault(const char *url, const address_ranges *deny, bool plain_http);

/* For people and logs: scheme, host and port, and "***" in the place of what may hold a token: who logs in before the host, and path and query behind it. In the
 * arena; NULL if it is full. */
const char *callback_url_shown(arena *a, const char *url);

#endif
