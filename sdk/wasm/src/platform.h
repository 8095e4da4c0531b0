/* The platform's callbacks, as imports. */
#ifndef YIQIAN_WASM_PLATFORM_H
#define YIQIAN_WASM_PLATFORM_H

#include "yiqian/device.h"

extern const yq_platform platform;

#endif
