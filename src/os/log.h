/* The process's log: one line an event on standard error, "time level module message key=value ...". Never a secret, a PIN, a
 * PIN-sensitive value (docs/spec/two-party-sm2.md), a document or a name of a patient. */
#ifndef YIQIAN_OS_LOG_H
#define YIQIAN_OS_LOG_H

typedef enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR } log_level;

void log_set_level(log_level level);

/* One line; line breaks and control characters in it are escaped. Thread-safe. */
void log_write(log_level level, const char *module, const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
