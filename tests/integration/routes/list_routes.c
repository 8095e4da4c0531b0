/* Prints the route table, a row a line, for the comparison with docs/api/openapi.yaml; behind tabs, who may call, and whether it acts
 * once under an idempotency key. */
#include <stdio.h>

#include "unit/api/callers.h"

int main(void)
{
    for (size_t i = 0; i < api_routes_n; i++) {
        const http_route *row = &api_routes[i];
        char callers[CALLERS_TEXT];
        callers_text(row->who, callers);
        printf("%s %s %zu %d %s\t%s\t%d\n", row->method, row->pattern, row->body_max,
               (row->who & (WHO_ANYONE | WHO_TSA)) != 0, row->audit_event ? row->audit_event : "-", callers,
               (row->who & WHO_ONCE) != 0);
    }
    return 0;
}
