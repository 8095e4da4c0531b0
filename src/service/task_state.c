#include "service/task_state.h"

#include <string.h>

enum { WAITING, PENDING, CLAIMED, SIGNED, WITHDRAWN, DECLINED, CANCELLED, EXPIRED, STATES };

const char *const task_states[] = {[WAITING] = "waiting",     [PENDING] = "pending",     [CLAIMED] = "claimed",
                                   [SIGNED] = "signed",       [WITHDRAWN] = "withdrawn", [DECLINED] = "declined",
                                   [CANCELLED] = "cancelled", [EXPIRED] = "expired",     NULL};

static const err errors[STATES] = {[WAITING] = ERR_TASK_WAITING,     [PENDING] = ERR_OK,
                                   [CLAIMED] = ERR_TASK_CLAIMED,     [SIGNED] = ERR_TASK_SIGNED,
                                   [WITHDRAWN] = ERR_TASK_WITHDRAWN, [DECLINED] = ERR_TASK_DECLINED,
                                   [CANCELLED] = ERR_TASK_CANCELLED, [EXPIRED] = ERR_TASK_EXPIRED};

/* A pending task is completed where its claim lapsed and nobody took it over: the signature exists. */
static const struct {
    int from;
    task_act act;
    int to;
} moves[] = {{PENDING, TASK_CLAIM, CLAIMED},
             {CLAIMED, TASK_COMPLETE, SIGNED},
             {PENDING, TASK_COMPLETE, SIGNED},
             {CLAIMED, TASK_ABANDON, PENDING},
             {WAITING, TASK_DECLINE, DECLINED},
             {PENDING, TASK_DECLINE, DECLINED},
             {WAITING, TASK_CANCEL, CANCELLED},
             {PENDING, TASK_CANCEL, CANCELLED},
             {SIGNED, TASK_WITHDRAW, WITHDRAWN},
             {WAITING, TASK_EXPIRE, EXPIRED},
             {PENDING, TASK_EXPIRE, EXPIRED},
             {WAITING, TASK_PREDECESSOR_SIGNED, PENDING},
             {WAITING, TASK_PREDECESSOR_ENDED, CANCELLED},
             {WAITING, TASK_PREDECESSOR_WITHDRAWN, CANCELLED},
             {PENDING, TASK_PREDECESSOR_WITHDRAWN, CANCELLED}};

static int index_of(const char *state)
{
    int i = 0;
    while (i < STATES && (!state || strcmp(task_states[i], state) != 0))
        i++;
    return i;
}

bool task_state_known(const char *state)
{
    return index_of(state) < STATES;
}

/* What is not in the table. Acts that nobody asks for (time, a predecessor, a claim that is gone) then do nothing. */
static err refusal(int from, task_act act)
{
    switch (act) {
    case TASK_ABANDON:
    case TASK_EXPIRE:
    case TASK_PREDECESSOR_SIGNED:
    case TASK_PREDECESSOR_ENDED:
        return ERR_OK;
    case TASK_PREDECESSOR_WITHDRAWN:
        return from == CLAIMED ? ERR_TASK_CLAIMED : ERR_OK;
    case TASK_WITHDRAW:
        return from == WAITING || from == PENDING || from == CLAIMED ? ERR_TASK_NOT_SIGNED : errors[from];
    default:
        return errors[from];
    }
}

err task_state_next(const char *state, task_act act, const char **next)
{
    int from = index_of(state);
    *next = state;
    if (from == STATES)
        return ERR_CORRUPT;
    for (size_t i = 0; i < sizeof moves / sizeof *moves; i++)
        if (moves[i].from == from && moves[i].act == act) {
            *next = task_states[moves[i].to];
            return ERR_OK;
        }
    return refusal(from, act);
}

err task_state_error(const char *state)
{
    int i = index_of(state);
    return i < STATES ? errors[i] : ERR_CORRUPT;
}

const char *task_state_as_of(const char *state, int64_t claim_until, int64_t expires_ms, int64_t now_ms)
{
    if (strcmp(state, "claimed") == 0 && claim_until <= now_ms)
        state = "pending";
    bool unfinished = strcmp(state, "pending") == 0 || strcmp(state, "waiting") == 0;
    return unfinished && expires_ms <= now_ms ? "expired" : state;
}
