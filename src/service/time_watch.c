#include "service/time_watch.h"

#include <stdlib.h>

#include "os/clock.h"
#include "service/internal.h"

/* Nothing is known of a clock that nobody watches: one second is what a machine that was ever set may be off. */
struct time_watch {
    uint64_t accuracy_us;
};

enum { DEMONSTRATION_ACCURACY_US = 1000000 };

err time_watch_open(service *s)
{
    s->time = calloc(1, sizeof *s->time);
    if (!s->time)
        return ERR_MEMORY;
    s->time->accuracy_us = DEMONSTRATION_ACCURACY_US;
    return ERR_OK;
}

void time_watch_close(service *s)
{
    free(s->time);
    s->time = NULL;
}

err time_watch_now(service *s, uint64_t limit_us, time_now *out)
{
    *out = (time_now){
        .unix_us = (int64_t)(clock_unix_ns() / 1000), .accuracy_us = s->time->accuracy_us, .demonstration = true};
    return out->accuracy_us <= limit_us ? ERR_OK : ERR_TIME;
}
