/* The multiples of G of crypto/point_table.h, computed instead of downloaded: they are 180 KB that do not compress. */
#ifndef YIQIAN_WASM_POINT_TABLE_COMPUTE_H
#define YIQIAN_WASM_POINT_TABLE_COMPUTE_H

void point_table_compute(void);

#endif
