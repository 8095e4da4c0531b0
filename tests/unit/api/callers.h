/* Who may call a row, in the words of `x-callers` in docs/api/openapi.yaml. */
#ifndef YIQIAN_TESTS_API_CALLERS_H
#define YIQIAN_TESTS_API_CALLERS_H

#include <stdio.h>
#include <string.h>

#include "api/api.h"

enum { CALLERS_TEXT = 1024 };

static inline void callers_add(char text[CALLERS_TEXT], const char *name)
{
    size_t n = strlen(text);
    snprintf(text + n, CALLERS_TEXT - n, "%s%s", n > 0 ? ", " : "", name);
}

/* "users.read, users": callers that are no people first by the bits' order, then permissions. */
static inline void callers_text(uint64_t who, char text[CALLERS_TEXT])
{
    static const struct {
        uint64_t bit;
        const char *name;
    } others[] = {{WHO_ANYONE, "anyone"},         {WHO_DEVICE, "device"},   {WHO_TASKS, "tasks"},
                  {WHO_USERS, "users"},           {WHO_VERIFY, "verify"},   {WHO_WORKSTATION, "workstation"},
                  {WHO_TIMESTAMPS, "timestamps"}, {WHO_TSA, "tsa"},         {WHO_CONSOLE, "console"},
                  {WHO_SOCKET, "socket"},         {WHO_METRICS, "metrics"}, {WHO_SECOND, "second-person"}};
    text[0] = '\0';
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (who & others[i].bit)
            callers_add(text, others[i].name);
    for (unsigned i = 0; i < PERMISSION_COUNT; i++)
        if (who >> WHO_PERMISSIONS_AT & PERMISSION_BIT(i))
            callers_add(text, permission_name(i));
}

#endif
