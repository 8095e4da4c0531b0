/* Limbs of 64 bits in portable C. Without products of 128 bits it is right but slow: the back end 32 is for such processors. */
#define CRYPTO_BACKEND
#include "crypto/backend_table.h"

#include "crypto/fe_64.inc"
#include "crypto/scan.h"

#include "crypto/inverse.inc"

#include "crypto/fe.inc"

#include "crypto/scalar.inc"

#include "crypto/point.inc"

#include "crypto/point_mul.inc"

const backend backend_64 = BACKEND_TABLE("64");
