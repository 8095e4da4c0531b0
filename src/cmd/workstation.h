/* The workstation of this machine: its directory, and the SDK's context over it. */
#ifndef YIQIAN_CMD_WORKSTATION_H
#define YIQIAN_CMD_WORKSTATION_H

#include "cmd/phone.h"
#include "cmd/session.h"
#include "yiqian/workstation.h"

#define WORKSTATION_DIR_ROW(type)                                                                                      \
    {                                                                                                                  \
        .name = "dir", .kind = OPTION_PATH, .value = "DIR",                                                            \
        .help = {"工作站目录（YIQIAN_WORKSTATION_DIR；默认 ~/.local/share/yiqian/workstation）",                       \
                 "the workstation's directory (YIQIAN_WORKSTATION_DIR; ~/.local/share/yiqian/workstation)"},           \
        .offset = offsetof(type, dir)                                                                                  \
    }

typedef struct workstation_run {
    const char *dir;
    phone *phone;
    yq_workstation *workstation;
} workstation_run;

/* Opens the directory (dir NULL: the variable's, or the XDG base directory's). What is wrong is told. Ownership: workstation_close, also
 * after an error. */
MUST_CHECK err workstation_open(session *s, const char *dir, workstation_run *out);
void workstation_close(workstation_run *w);

/* Who it is; told where it is not registered. */
MUST_CHECK err workstation_require(session *s, const workstation_run *w, yq_workstation_info *out);

#endif
