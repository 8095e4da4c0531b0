#include "service/time_stale.h"

void time_stale_step(time_stale *s)
{
    *s = (time_stale){.chrony = true, .kernel = true, .kernel_bound = 0};
}

/* True: it measured anew. The first one seen after the step may be from before it. */
static bool chrony_anew(time_stale *s, const clock_reading *r)
{
    bool anew = s->chrony_mark != 0 && r->mark != s->chrony_mark;
    s->chrony_mark = r->mark;
    return anew;
}

static bool kernel_anew(time_stale *s, const clock_reading *r)
{
    bool anew = r->bound_ns < s->kernel_bound;
    s->kernel_bound = r->bound_ns;
    return anew;
}

void time_stale_filter(time_stale *s, clock_reading *readings, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        clock_reading *r = &readings[i];
        bool stale =
            r->synchronised && ((r->kind == CLOCK_CHRONY && s->chrony) || (r->kind == CLOCK_KERNEL && s->kernel));
        if (!stale)
            continue;
        if (r->kind == CLOCK_CHRONY)
            s->chrony = !chrony_anew(s, r);
        else
            s->kernel = !kernel_anew(s, r);
        if (r->kind == CLOCK_CHRONY ? s->chrony : s->kernel)
            clock_reading_none(r, r->kind, r->id, "not measured since the clock was set");
    }
}
