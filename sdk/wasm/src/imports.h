/* What the module asks of its surroundings (sdk/js/src/imports.ts). Those marked "waits" may take a while, in which other calls go on; the
 * list stands in CMakeLists.txt, too, for Asyncify. What they return is as in yiqian/device.h. */
#ifndef YIQIAN_WASM_IMPORTS_H
#define YIQIAN_WASM_IMPORTS_H

#include <stddef.h>
#include <stdint.h>

#include "yiqian/device.h"

#ifdef __wasm__
#define IMPORT(name) __attribute__((import_module("yiqian"), import_name(#name)))
#else
#define IMPORT(name) /* for what checks headers with another compiler */
#endif

/* Waits. */
IMPORT(storage_load) int import_storage_load(const char *name, uint8_t *out, size_t capacity, size_t *n);
IMPORT(storage_save) int import_storage_save(const char *name, const uint8_t *p, size_t n);
IMPORT(storage_erase) int import_storage_erase(const char *name);

/* Waits. The answer's body stays outside, to be taken piece by piece with import_take until that gives 0. */
IMPORT(exchange) int import_exchange(const yq_http_request *request, int *status);
IMPORT(take) size_t import_take(uint8_t *out, size_t capacity);
/* Ends every exchange under way, and every later one. */
IMPORT(stop) void import_stop(void);

IMPORT(random) int import_random(uint8_t *out, size_t n);

/* Waits. */
IMPORT(credential_create) int import_credential_create(const char *name, uint8_t public_key[65]);
IMPORT(credential_sign) int import_credential_sign(const char *name, const uint8_t *message, size_t n, uint8_t rs[64]);
IMPORT(credential_erase) int import_credential_erase(const char *name);

/* Waits. As yq_fingerprint. */
IMPORT(fingerprint_wrap) int import_fingerprint_wrap(const char *name, const uint8_t *secret, size_t n);
IMPORT(fingerprint_unwrap)
int import_fingerprint_unwrap(const char *name, const char *prompt, uint8_t *secret, size_t capacity, size_t *n);
IMPORT(fingerprint_erase) int import_fingerprint_erase(const char *name);

/* What a person answered: JSON and a PIN, which the asker wipes and frees. p is NULL where he said no. */
typedef struct import_reply {
    uint8_t *p;
    size_t n;
    uint8_t *pin;
    size_t pin_n;
} import_reply;

/* Waits. Puts the question, JSON, to the person of the call that runs. */
IMPORT(ask) void import_ask(const char *question, size_t n, import_reply *reply);

/* Which call runs: 1 and up. */
IMPORT(current) int import_current(void);

/* Waits until the address is woken, or that many milliseconds; less than 0: for ever. 1: the time is over. */
IMPORT(wait) int import_wait(const void *address, double ms);
IMPORT(wake) void import_wake(const void *address);

/* Milliseconds: since 1970, and of a clock that nobody sets. */
IMPORT(now) double import_now(void);
IMPORT(monotonic) double import_monotonic(void);

#endif
