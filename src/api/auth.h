/* Who is asking: the Unix socket's peer, a business system's signed request or bearer key, an operator's token, a device's
 * session, a person in the console by his cookie. Fills the call's actor and gives the WHO_ bits it holds. Where there is an Authorization header, nothing
 * else counts. */
#ifndef YIQIAN_API_AUTH_H
#define YIQIAN_API_AUTH_H

#include "api/api.h"

/* What session tokens of workstations begin with. */
#define AUTH_WORKSTATION_PREFIX "ws_"

/* The console's cookie, and what a request with it carries besides, unless it is a GET. */
#define AUTH_COOKIE "yiqian_console"
#define AUTH_CSRF_HEADER "X-CSRF-Token"
/* In a request that the page makes by itself: it keeps no session from going idle. */
#define AUTH_BACKGROUND_HEADER "X-Background"

typedef struct auth auth;

/* The memory of nonces already seen. Ownership: auth_destroy; NULL is fine. */
MUST_CHECK err auth_create(auth **out);
void auth_destroy(auth *a);

/* ERR_UNAUTHENTICATED (nobody, or a wrong secret), ERR_INSECURE (a bearer secret over a clear connection that is not loopback), ERR_REPLAY,
 * ERR_CLOCK_SKEW, ERR_SESSION_EXPIRED, ERR_CSRF. */
MUST_CHECK err auth_check(auth *a, const http_request *request, call *c, uint64_t *who);

/* ERR_INSECURE unless the connection keeps a secret: TLS, loopback or the Unix socket. */
MUST_CHECK err auth_secure(const http_request *request);

/* Whether an operator's token of some scope may call it. */
bool auth_token_may(const http_route *route);

#endif
