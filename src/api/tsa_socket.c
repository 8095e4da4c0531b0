#include "api/tsa_socket.h"

#include "http/problem.h"
#include "os/clock.h"
#include "os/log.h"
#include "service/timestamp.h"
#include "service/tsa_access.h"

/* What a problem's document would say, in one line. */
static const char *text_of(arena *a, err e, const fault *f)
{
    const problem_row *row = problem_of(e);
    return arena_printf(a, "%s / %s [%s]%s%s", row->title_zh, row->title_en, err_code(e), *f->detail ? " " : "",
                        f->detail);
}

bool tsa_socket_admit(void *app, const char *origin)
{
    const tsa_socket *socket = app;
    call c = {.service = socket->service};
    tsa_access_verdict verdict;
    return tsa_access_would(&c, origin, NULL, &verdict) == ERR_OK && verdict.admitted;
}

err tsa_socket_answer(void *app, arena *a, const char *origin, bytes message, bytes *answer, const char **why)
{
    const tsa_socket *socket = app;
    call c = {
        .service = socket->service, .arena = a, .now_ms = clock_unix_ms(), .actor_text = "nobody", .origin = origin};
    fault_clear(&c.fault);
    err e = tsa_access_check(&c, origin);
    if (e == ERR_OK)
        e = timestamp_answer(&c, message, NULL, socket->profile, answer);
    if (e == ERR_OK)
        return ERR_OK;
    log_write(LOG_INFO, "tsa-socket", "refused code=%s origin=%s", err_code(e), origin);
    *why = text_of(a, e, &c.fault);
    return e;
}
