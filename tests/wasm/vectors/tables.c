/* The tables that the module computes at its start, for programs that are not started as it is. */
#include "point_table_compute.h"

__attribute__((constructor)) static void compute(void)
{
    point_table_compute();
}
