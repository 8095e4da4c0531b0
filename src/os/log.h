/* The process's log: one line an event on standard error, "time level module message key=value ...". Never a secret, a PIN, a
 * PIN-sensitive value (docs/spec/two-party-sm2.md), a document or a name of a patient. */
#ifndef YIQIAN_OS_LOG_H
#define YIQIAN_OS_LOG_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

typedef enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR } log_level;

void log_set_level(log_level level);

/* One line; line breaks and control characters in it are escaped. Thread-safe. */
void log_write(log_level level, const char *module, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* For lines that a client can cause as often as it likes: a brake for each kind of them lets so many a second through, so that no flood fills
 * the disk or hides the rest. Zeros at first; thread-safe, exact but at a second's turn. */
enum { LOG_BRAKE_LINES = 100 };
typedef struct log_brake {
    _Atomic uint64_t second;
    _Atomic unsigned passed, held;
} log_brake;

/* May a line be written now? *held: how many before it were not. */
bool log_brake_passes(log_brake *brake, unsigned *held);

/* The same at a given second of the monotonic clock. */
bool log_brake_passes_at(log_brake *brake, uint64_t second, unsigned *held);

#endif
