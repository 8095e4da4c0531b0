#include "service/check_internal.h"
#include "service/time_watch.h"

enum { STATE, SOURCE };
static const check_kind kinds[] = {
    [STATE] = {"clock.state",
               {"时钟", "The clock"},
               {"时间不可信时停发时间戳：查看下列各时间源与网络，见 docs/operations/time.md。",
                "While the time is not known no timestamps are issued: look at the sources below and at the network; "
                "docs/operations/time.md."},
               false},
    [SOURCE] =
        {"clock.source",
         {"时间源", "Time source"},
         {"该时间源不应答、未同步或与其他来源不一致：检查其地址、网络（UDP 123）与设备本身。",
          "It is silent, not synchronised, or disagrees with the others: check its address, the network (UDP 123), "
          "and the device itself."},
         false},
};

static check_state state_of(time_state state)
{
    switch (state) {
    case TIME_GOOD:
        return CHECK_OK;
    case TIME_SOON_OUT:
    case TIME_HOLDOVER:
        return CHECK_WARNING;
    case TIME_DEMONSTRATION: /* nobody looks: the family "configuration" says so */
        return CHECK_UNKNOWN;
    case TIME_BAD:
        break;
    }
    return CHECK_FAILED;
}

void check_clock_judge(checker *k, const time_report *r)
{
    arena *a = k->c->arena;
    const char *reason = r->state == TIME_GOOD || r->state == TIME_DEMONSTRATION
                             ? time_state_name(r->state)
                             : arena_printf(a, "%s: %s", time_state_name(r->state), clock_reason_name(r->reason));
    const char *value = r->known && r->state != TIME_DEMONSTRATION
                            ? arena_printf(a, "%s, ±%llu µs", reason, (unsigned long long)r->error_us)
                            : reason;
    check_add(k, &kinds[STATE], "", state_of(r->state), value,
              arena_printf(a, "±%llu µs", (unsigned long long)r->limit_us));
    for (size_t i = 0; i < r->n; i++) {
        const clock_reading *one = &r->readings[i];
        bool agrees = one->synchronised && r->agrees[i];
        check_add(k, &kinds[SOURCE], arena_printf(a, "%s %s", clock_source_name(one->kind), one->id),
                  agrees ? CHECK_OK : CHECK_WARNING,
                  one->synchronised && !agrees ? arena_printf(a, "%s, disagrees", one->said)
                                               : arena_printf(a, "%s", one->said),
                  "");
    }
}

static void run(checker *k)
{
    time_report *r = arena_alloc(k->c->arena, sizeof *r);
    if (!r)
        return;
    time_watch_read(k->c->service, r);
    check_clock_judge(k, r);
}

const check_family check_clock = {kinds, sizeof kinds / sizeof *kinds, run};
