#include "service/check_internal.h"

enum { MEMORY_WARN = 10, MEMORY_FAIL = 4, HUNDRED = 100, ENTROPY_WARN = 128, ENTROPY_FAIL = 32 };

enum { MEMORY, ENTROPY };
static const check_kind kinds[] = {
    [MEMORY] = {"machine.memory",
                {"可用内存", "Memory that is available"},
                {"查看是什么占用了内存（top）；关闭其他程序，或增加内存。",
                 "See what takes it (top); end other programs, or add memory."},
                false},
    [ENTROPY] =
        {"machine.entropy",
         {"内核熵池（比特）", "The kernel's entropy pool (bits)"},
         {"虚拟机请启用 virtio-rng，或检查内核版本与硬件随机数发生器。",
          "In a virtual machine turn on virtio-rng; else look at the kernel's version and the hardware generator."},
         false},
};

void check_machine_judge(checker *k, const machine_facts *f)
{
    arena *a = k->c->arena;
    int64_t percent = f->memory_total > 0 && f->memory_available >= 0
                          ? f->memory_available / (f->memory_total / HUNDRED + 1)
                          : HOST_UNKNOWN;
    check_add(k, &kinds[MEMORY], "", check_at_least(percent, MEMORY_WARN, MEMORY_FAIL),
              check_text_percent(a, f->memory_available, f->memory_total), check_text_percent(a, MEMORY_WARN, HUNDRED));
    check_add(k, &kinds[ENTROPY], "", check_at_least(f->entropy, ENTROPY_WARN, ENTROPY_FAIL),
              f->entropy < 0 ? "" : check_text_number(a, f->entropy), check_text_number(a, ENTROPY_WARN));
}

static void run(checker *k)
{
    host_reading host;
    host_read(&host, k->c->arena);
    check_machine_judge(k, &(machine_facts){host.memory_total, host.memory_available, host.entropy});
}

const check_family check_machine = {kinds, sizeof kinds / sizeof *kinds, run};
