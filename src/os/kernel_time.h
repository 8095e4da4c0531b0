/* What the kernel says of its clock (adjtimex, read only): whether somebody steers it, and how far it may be off. */
#ifndef YIQIAN_OS_KERNEL_TIME_H
#define YIQIAN_OS_KERNEL_TIME_H

#include "os/clock_reading.h"

struct timex;

void kernel_time_measure(clock_reading *out);

/* The same from what adjtimex gave: its struct and its result. */
void kernel_time_read(clock_reading *out, const struct timex *said, int state);

#endif
