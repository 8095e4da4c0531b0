#include "os/kernel_time.h"

#include <string.h>
#include <sys/timex.h>

static const char id[] = "adjtimex";

void kernel_time_read(clock_reading *out, const struct timex *said, int state)
{
    clock_reading_none(out, CLOCK_KERNEL, id, "not synchronised: nobody steers the clock");
    if (state < 0 || state == TIME_ERROR || (said->status & STA_UNSYNC) || said->maxerror < 0)
        return;
    clock_reading_none(out, CLOCK_KERNEL, id, "maxerror %ld us, esterror %ld us", said->maxerror, said->esterror);
    out->synchronised = true;
    /* What is still to be added to the clock; maxerror grows by itself until the clock is steered again. */
    out->offset_ns = -(int64_t)said->offset * (said->status & STA_NANO ? 1 : 1000);
    out->bound_ns = (uint64_t)said->maxerror * 1000;
    out->leap = state == TIME_INS || state == TIME_OOP || (said->status & STA_INS) ? 1
                : state == TIME_DEL || (said->status & STA_DEL)                    ? -1
                                                                                   : 0;
}

void kernel_time_measure(clock_reading *out)
{
    struct timex said;
    memset(&said, 0, sizeof said); /* modes 0: reads only */
    int state = adjtimex(&said);
    if (state < 0)
        clock_reading_none(out, CLOCK_KERNEL, id, "adjtimex is not allowed here");
    else
        kernel_time_read(out, &said, state);
}
