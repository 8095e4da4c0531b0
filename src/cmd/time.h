/* The commands of `yiqian time` that have a file of their own. */
#ifndef YIQIAN_CMD_TIME_H
#define YIQIAN_CMD_TIME_H

#include "cmd/command.h"

typedef struct time_history_options {
    int64_t limit, after;
    bool check;
} time_history_options;

enum { TIME_HISTORY_ROWS = 3 };
extern const option_row time_history_rows[TIME_HISTORY_ROWS];

err time_history(session *s, const void *options);

#endif
