#include "service/signature_stamp.h"

#include <string.h>

#include "asn1/ecsig.h"
#include "crypto/sm3.h"
#include "os/log.h"
#include "service/internal.h"
#include "service/task_event.h"
#include "service/timestamp.h"
#include "service/token_log.h"

/* The timestamp's row, into the unit. Whatever keeps it from being made keeps nobody from signing: *why then, and nothing is added. */
static err stamp(call *c, store_unit *unit, const signature_stamp *s, bytes *serial, err *why)
{
    uint8_t der[ECSIG_DER_MAX], *imprint = arena_alloc(c->arena, SM3_SIZE);
    size_t n;
    tsa_failure failure;
    timestamp made;
    fault before = c->fault;
    timestamp_request rq = {.profile = CMS_RFC,
                            .client = call_subject(c, "system", s->system),
                            .request = {.hash = TSA_SM3, .certificates = true}};
    if (!imprint || !rq.client)
        return ERR_MEMORY;
    if (ecsig_to_der(der, &n, s->rs) != ERR_OK)
        return ERR_CORRUPT;
    sm3(imprint, der, n);
    rq.request.imprint = bytes_of(imprint, SM3_SIZE);
    *why = timestamp_add(c, unit, &rq, &made, &failure);
    c->fault = before;
    if (*why == ERR_MEMORY)
        return ERR_MEMORY;
    if (*why != ERR_OK)
        return ERR_OK;
    uint8_t *copy = arena_copy(c->arena, made.statement.serial, sizeof made.statement.serial);
    *serial = bytes_of(copy, sizeof made.statement.serial);
    return copy ? ERR_OK : ERR_MEMORY;
}

err signature_stamp_add(call *c, store_unit *unit, const signature_stamp *s)
{
    bytes serial = {NULL, 0};
    err why;
    TRY(stamp(c, unit, s, &serial, &why));
    store_unit_add(unit, 1, ERR_INTERNAL, "INSERT INTO signature_stamp (task_id, serial, asked_at) VALUES ($1, $2, $3)",
                   (store_value[]){store_id(s->task), serial.p ? store_blob(serial.p, serial.n) : store_null(),
                                   store_int(c->now_ms)},
                   3);
    return ERR_OK;
}

/* Said when it begins and when it is over, not every few seconds. */
static void tell_waiting(service *s, err why)
{
    bool waits = why != ERR_OK;
    if (atomic_exchange(&s->stamps_wait, waits) == waits)
        return;
    if (waits)
        log_write(LOG_ERROR, "stamp", "finished signatures wait for their timestamps code=%s", err_code(why));
    else
        log_write(LOG_INFO, "stamp", "finished signatures are timestamped again");
}

enum { OPEN_TASK, OPEN_RS, OPEN_SYSTEM, OPEN_SIGNER, OPEN_COLUMNS };

/* The oldest that are open. *n: how many were stamped; *why: what kept the next from it. */
static err stamp_some(call *c, size_t *n, err *why)
{
    store_result rows;
    store_unit *unit = store_unit_begin(c->arena);
    *n = 0;
    *why = ERR_OK;
    if (!unit)
        return ERR_MEMORY;
    TRY(store_query(
        c->service->options.store, c->arena, &rows,
        "SELECT x.task_id, g.rs, t.system_id, t.signer FROM signature_stamp x JOIN signature g ON g.task_id "
        "= x.task_id JOIN task t ON t.id = x.task_id WHERE x.serial IS NULL ORDER BY x.asked_at LIMIT $1",
        (store_value[]){store_int(SIGNATURE_STAMP_UNIT)}, 1));
    for (size_t i = 0; i < rows.rows; i++) {
        const store_value *v = rows.values + i * OPEN_COLUMNS;
        bytes serial;
        if (v[OPEN_RS].n != ECSIG_SIZE)
            return ERR_CORRUPT;
        TRY(stamp(c, unit, &(signature_stamp){v[OPEN_TASK].p, v[OPEN_SYSTEM].p, v[OPEN_RS].p}, &serial, why));
        if (*why != ERR_OK)
            break;
        /* Another node may be at it too: then this unit, with its timestamps, is as if it had never been. */
        store_unit_add(unit, 1, ERR_CONFLICT,
                       "UPDATE signature_stamp SET serial = $2 WHERE task_id = $1 AND serial IS NULL",
                       (store_value[]){v[OPEN_TASK], store_blob(serial.p, serial.n)}, 2);
        TRY(task_event_add(c, unit, &(task_event){v[OPEN_TASK].p, v[OPEN_SIGNER].p, "stamped"}));
        ++*n;
    }
    return *n > 0 ? call_commit(c, unit) : ERR_OK;
}

err signature_stamp_housekeeping(call *c)
{
    err why = ERR_OK;
    size_t n = SIGNATURE_STAMP_UNIT;
    for (size_t i = 0; i < SIGNATURE_STAMP_ROUND / SIGNATURE_STAMP_UNIT && n == SIGNATURE_STAMP_UNIT; i++) {
        err e = stamp_some(c, &n, &why);
        if (e == ERR_CONFLICT || e == ERR_EXISTS)
            return ERR_OK; /* the next round looks again */
        TRY(e);
    }
    tell_waiting(c->service, why);
    return ERR_OK;
}

err signature_stamp_token(call *c, const task *t, bytes *token)
{
    token_entry entry;
    *token = bytes_of(NULL, 0);
    if (!t->timestamp.serial.p)
        return ERR_OK;
    TRY(token_log_show(c, t->timestamp.serial, &entry));
    *token = entry.issued.token;
    return ERR_OK;
}
