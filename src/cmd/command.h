/* Commands as rows: `yiqian GROUP COMMAND`. Each group has a file of its own, which exports its table. */
#ifndef YIQIAN_CMD_COMMAND_H
#define YIQIAN_CMD_COMMAND_H

#include "cmd/session.h"

typedef struct command {
    const char *
        name; /* "add"; NULL for what the group's name alone does, the one command of `yiqian verify`, the first of `yiqian time` */
    phrase summary;
    phrase notes; /* stands below the options in its help; {NULL, NULL} for none */
    caller caller;
    const option_row *options; /* of its own */
    size_t options_n;
    size_t options_size; /* of the struct that they fill */
    /* What went wrong has been told. */
    err (*run)(session *s, const void *options);
} command;

/* The last columns of a row: its options, and the type of the struct that they fill. */
#define COMMAND_OPTIONS(rows, type)                                                                                    \
    .options = (rows), .options_n = sizeof(rows) / sizeof *(rows), .options_size = sizeof(type)

typedef struct command_group {
    const char *name; /* "user"; of a group in a group both: "tsa access" */
    phrase summary;
    const command *commands;
    size_t n;
    const struct command_group *const *groups; /* in this one, alphabetical; NULL for none */
    size_t groups_n;
    int (*whole)(
        int argc,
        char **argv); /* a group that reads its command line itself, argv[0] being its name; NULL for the others */
} command_group;

#define COMMAND_GROUP(rows) .commands = (rows), .n = sizeof(rows) / sizeof *(rows)

extern const command_group agent_group, alarm_group, audit_group, authorisation_group, backup_group, callback_group,
    cert_group, check_group, console_group, key_group, login_group, operator_group, policy_group, profile_group,
    role_group, sandbox_group, server_code_group, status_group, system_group, task_group, time_group, tls_group,
    token_group, ts_group, tsa_group, user_group, verify_group, workstation_group;

/* In tsa_group. */
extern const command_group tsa_access_group, tsa_root_group, tsa_unit_group;

/* src/cmd/device.c: the SDK as a reference phone. */
int device_command(int argc, char **argv);

#endif
