/* Operators: people of the hospital with a role, who work in the console. What is dangerous about them is settled here: nobody changes his own
 * role or state, and somebody can always manage the operators. */
#ifndef YIQIAN_SERVICE_OPERATOR_H
#define YIQIAN_SERVICE_OPERATOR_H

#include "service/role.h"

enum { OPERATOR_PAGE = 200 };

typedef struct console_operator {
    uint8_t id[16], user_id[16];
    const char *staff_no, *name;
    const char *user_state; /* "active", "suspended": as a suspended user he cannot log in either */
    const char *state;      /* "active", "suspended" */
    role role;              /* without its count of operators */
    int64_t version, created_ms, updated_ms;
    int64_t seen_ms;      /* when he last did something in the console; 0: never, or long ago */
    int64_t certificates; /* with which he can log in now */
    int64_t phones;       /* likewise */
    int64_t setup_ms;     /* until when a way in that two people set up waits for him (service/console_link.h); 0: none does */
    uint8_t setup_by[16]; /* who asked for it, and takes its link */
    const char *setup_code; /* of one who was just made, for whoever approved it; else NULL */
} console_operator;

/* staff_no NULL: every one. After that id, NULL: from the first. */
typedef struct operator_filter {
    const char *staff_no;
    const uint8_t *after;
    int64_t limit; /* 1..OPERATOR_PAGE */
} operator_filter;
MUST_CHECK err operator_list(call *c, const operator_filter *filter, const console_operator **out, size_t *n);

/* ERR_OPERATOR_NOT_FOUND, also for one who was removed. */
MUST_CHECK err operator_get(call *c, const uint8_t id[16], console_operator *out);

/* A user becomes an operator. name: where there is no user with that staff number yet, he is made; else NULL or his name. ERR_USER_NOT_FOUND
 * (and no name), ERR_USER_SUSPENDED, ERR_FIELD_VALUE (name: another's; role: none), ERR_EXISTS (he is one). */
MUST_CHECK err operator_create(call *c, const char *staff_no, const char *name, const char *role,
                               console_operator *out);

/* What is NULL stays. His sessions end. version: as for roles. ERR_OPERATOR_NOT_FOUND, ERR_OWN_ROLE, ERR_LAST_ADMINISTRATOR, ERR_STALE, ERR_FIELD_VALUE. */
typedef struct operator_change {
    const char *role, *state;
    int64_t version;
} operator_change;
MUST_CHECK err operator_update(call *c, const uint8_t id[16], const operator_change *change, console_operator *out);

/* He is no operator any more; his certificates are revoked. */
MUST_CHECK err operator_remove(call *c, const uint8_t id[16], int64_t version);

/* How many active operators have one of these permissions, whether or not they can log in at this moment: his user suspended, no phone, no certificate, he
 * still is somebody who would have to be asked. except: not counted; NULL: everybody is. */
MUST_CHECK err operator_count_with(call *c, uint64_t permissions, const uint8_t *except, int64_t *n);

/* Whether there is no operator at all: nobody was ever made one, or they are all removed. */
MUST_CHECK err operator_none(call *c, bool *none);

/* Nothing outside src/service uses what follows. Statement: the ids of those who may manage operators; and its condition on a row of operator and its role. */
#define OPERATOR_MANAGES(o, r)                                                                                         \
    o ".state = 'active' AND (" o ".role = 'administrator' OR ' ' || " r                                               \
      ".permissions || ' ' LIKE '% operators.manage %')"
#define OPERATOR_MANAGERS                                                                                              \
    "SELECT o.id FROM operator o JOIN app_user u ON u.id = o.user_id LEFT JOIN role r ON r.id = o.role_id WHERE "      \
    "u.state = 'active' AND " OPERATOR_MANAGES("o", "r")

/* Adds to a unit: a new operator, for whom codes and scans that would activate a phone are void; and that there is
 * still somebody who may manage operators, which fails it with ERR_LAST_ADMINISTRATOR. */
void operator_add(call *c, store_unit *unit, const uint8_t id[16], const uint8_t user_id[16], const role *r);
void operator_keep_administrator(store_unit *unit);

/* A user is suspended in two steps of a unit: operator_guard_suspension before his state is written, operator_suspended_user after it. The guard fails the unit
 * with ERR_USER_OPERATOR where he is an active operator: who takes an operator's access are those who manage operators, with a second person; else one
 * person could make himself the only one left, whom nobody has to approve. The server's own user may, but not the last who may manage operators
 * (ERR_LAST_ADMINISTRATOR). operator_keeps_user says beforehand whether the guard would fail. */
void operator_guard_suspension(const call *c, store_unit *unit, const uint8_t user_id[16]);
void operator_suspended_user(const call *c, store_unit *unit, const uint8_t user_id[16]);
MUST_CHECK err operator_keeps_user(call *c, const uint8_t user_id[16], bool *keeps);

/* Adds to a unit that whoever asks may have a phone activated for this user; fails it with ERR_LOGIN_OLD (he himself, too late) or ERR_FORBIDDEN, which
 * operator_phone_fault explains. Who has an operator's phone logs in to the console as him (service/operator_phone.h), so for an operator only he himself
 * asks, shortly after he logged in, or the server's own user. */
void operator_guard_phone(const call *c, store_unit *unit, const uint8_t user_id[16]);
MUST_CHECK err operator_phone_fault(call *c, err e);

#endif
