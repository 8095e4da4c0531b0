/* `yiqian task scan-code`: signing by scan. */
#ifndef YIQIAN_CMD_TASK_SCAN_H
#define YIQIAN_CMD_TASK_SCAN_H

#include "cmd/session.h"

typedef struct task_scan_options {
    const char *task, *batch;
    int64_t expires_in;
    bool text;
} task_scan_options;

enum { TASK_SCAN_ROWS = 4 };
extern const option_row task_scan_rows[TASK_SCAN_ROWS];

err task_scan(session *s, const void *options);

#endif
