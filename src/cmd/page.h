/* What every listing takes: how many, and after which. */
#ifndef YIQIAN_CMD_PAGE_H
#define YIQIAN_CMD_PAGE_H

#include "cmd/session.h"

typedef struct page_options {
    int64_t limit;
    const char *after;
} page_options;

/* The two rows of a listing whose options struct has a page_options member `page`. */
#define PAGE_ROWS(type, max_)                                                                                          \
    {.name = "limit",                                                                                                  \
     .kind = OPTION_INT,                                                                                               \
     .value = "N",                                                                                                     \
     .min = 1,                                                                                                         \
     .max = (max_),                                                                                                    \
     .help = {"最多几条（默认 100）", "how many at the most (100)"},                                                   \
     .offset = offsetof(type, page.limit)},                                                                            \
    {                                                                                                                  \
        .name = "after", .kind = OPTION_TEXT, .value = "ID", .help = {"从这一条之后开始", "begin behind this one"},    \
        .offset = offsetof(type, page.after)                                                                           \
    }

/* The path with ?limit= and ?after=. */
const char *page_query(session *s, const char *path, const page_options *page);

#endif
