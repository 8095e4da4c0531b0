/* What an act that waits for approval is about, as people know it: whoever approves sees more than an id. */
#ifndef YIQIAN_API_APPROVAL_ABOUT_H
#define YIQIAN_API_APPROVAL_ABOUT_H

#include "api/api.h"

/* {"kind": "backup", ...}, of what the row's first parameter names, as it is now, and of a role that the body names; JSON null where it is about nothing that
 * is there, NULL if memory is out. Of a row that waits for a second person. */
json_t *approval_about(call *c, const http_route *route, const char *param, bytes body);

#endif
