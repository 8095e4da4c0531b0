#include "cmd/command.h"

static const command_group *const groups[] = {&tsa_access_group};

const command_group tsa_group = {.name = "tsa",
                                 .summary = {"时间戳服务", "the timestamp server"},
                                 .groups = groups,
                                 .groups_n = sizeof groups / sizeof *groups};
