/* Products of 32 bits in portable C: for WebAssembly and processors of 32 bits. */
#define LIMB_HALVES
#define CRYPTO_BACKEND
#include "crypto/backend_table.h"

#include "crypto/fe_32.inc"
#include "crypto/scan.h"

#include "crypto/inverse.inc"

#include "crypto/fe.inc"

#include "crypto/scalar.inc"

#include "crypto/point.inc"

#include "crypto/point_mul.inc"

const backend backend_32 = BACKEND_TABLE("32");
