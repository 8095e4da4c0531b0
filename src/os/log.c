#include "os/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "os/clock.h"

/* A line has at most PIPE_BUF bytes (4096 on Linux), so that lines of several threads do not mix in a pipe either: the head, and
 * four bytes for each of a message of control characters. */
enum { MESSAGE_MAX = 1000, LINE_MAX_BYTES = 64 + 4 * MESSAGE_MAX };

static atomic_int lowest = LOG_INFO;

void log_set_level(log_level level)
{
    atomic_store_explicit(&lowest, (int)level, memory_order_relaxed);
}

static bool is_control(unsigned char c)
{
    return c < 0x20 || c == 0x7f;
}

/* Ends text that did not fit before the character (of UTF-8) that was cut. */
static void end_at_character(char *text, size_t n)
{
    while (n > 0 && ((unsigned char)text[n - 1] & 0xc0) == 0x80)
        n--;
    text[n > 0 && ((unsigned char)text[n - 1] & 0x80) ? n - 1 : n] = 0;
}

/* Appends text with its control characters as \xNN. */
static size_t append_escaped(char *line, size_t n, const char *text)
{
    static const char digits[] = "0123456789abcdef";
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (is_control(c)) {
            line[n++] = '\\';
            line[n++] = 'x';
            line[n++] = digits[c >> 4];
            line[n++] = digits[c & 15];
        } else {
            line[n++] = *text;
        }
    }
    return n;
}

void log_write(log_level level, const char *module, const char *format, ...)
{
    static const char *const names[] = {"debug", "info", "warn", "error"};
    if ((int)level < atomic_load_explicit(&lowest, memory_order_relaxed) || (unsigned)level > LOG_ERROR)
        return;
    int saved = errno;
    char time[CLOCK_TEXT], message[MESSAGE_MAX], line[LINE_MAX_BYTES];
    clock_text(time, clock_unix_ms());
    va_list args;
    va_start(args, format);
    int length = vsnprintf(message, sizeof message, format, args);
    va_end(args);
    if (length < 0)
        message[0] = 0;
    else if (length >= MESSAGE_MAX)
        end_at_character(message, MESSAGE_MAX - 1);
    int head = snprintf(line, sizeof line, "%s %-5s %.30s ", time, names[level], module);
    size_t n = head > 0 ? (size_t)head : 0;
    n = append_escaped(line, n, message);
    line[n++] = '\n';
    for (size_t done = 0; done < n;) {
        ssize_t wrote = write(STDERR_FILENO, line + done, n - done);
        if (wrote < 0 && errno != EINTR)
            break; /* nowhere left to say so */
        done += wrote > 0 ? (size_t)wrote : 0;
    }
    errno = saved;
}

bool log_brake_passes_at(log_brake *brake, uint64_t second, unsigned *held)
{
    uint64_t last = atomic_load_explicit(&brake->second, memory_order_relaxed);
    if (last != second && atomic_compare_exchange_strong(&brake->second, &last, second))
        atomic_store_explicit(&brake->passed, 0, memory_order_relaxed);
    if (atomic_fetch_add_explicit(&brake->passed, 1, memory_order_relaxed) >= LOG_BRAKE_LINES) {
        atomic_fetch_add_explicit(&brake->held, 1, memory_order_relaxed);
        return false;
    }
    *held = atomic_exchange_explicit(&brake->held, 0, memory_order_relaxed);
    return true;
}

bool log_brake_passes(log_brake *brake, unsigned *held)
{
    return log_brake_passes_at(brake, clock_monotonic_ns() / 1000000000, held);
}
