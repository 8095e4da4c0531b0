#include "cmd/pin.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/ct.h"
#include "cmd/language.h"
#include "os/file.h"

static void trim(const char *pin, size_t *n)
{
    while (*n > 0 && (pin[*n - 1] == '\n' || pin[*n - 1] == '\r'))
        --*n;
}

static void show(int terminal, const char *text)
{
    ssize_t wrote = write(terminal, text, strlen(text));
    (void)wrote; /* a prompt that cannot be shown changes nothing about what is typed */
}

enum { CTRL_C = 3, CTRL_D = 4, BACKSPACE = 8, DEL = 127 };

/* One line, character by character. */
static err read_line(int terminal, char out[PIN_ROOM], size_t *n)
{
    for (*n = 0;;) {
        char c;
        if (read(terminal, &c, 1) != 1)
            return ERR_IO;
        if (c == '\n' || c == '\r')
            return ERR_OK;
        if (c == CTRL_C || c == CTRL_D)
            return ERR_TIMEOUT;
        if (c == BACKSPACE || c == DEL)
            *n -= *n > 0;
        else if (*n < PIN_ROOM)
            out[(*n)++] = c;
    }
}

/* Without echo, and without signals from the keyboard: one of those would leave the terminal silent. */
static err ask(int terminal, phrase prompt, char out[PIN_ROOM], size_t *n)
{
    struct termios before, silent;
    if (tcgetattr(terminal, &before) != 0)
        return ERR_UNSUPPORTED;
    silent = before;
    silent.c_lflag &= ~(tcflag_t)(ECHO | ICANON | ISIG);
    silent.c_cc[VMIN] = 1;
    silent.c_cc[VTIME] = 0;
    show(terminal, say(prompt));
    if (tcsetattr(terminal, TCSAFLUSH, &silent) != 0)
        return ERR_UNSUPPORTED;
    err e = read_line(terminal, out, n);
    (void)tcsetattr(terminal, TCSAFLUSH, &before);
    show(terminal, "\n");
    return e;
}

static err ask_terminal(char out[PIN_ROOM], size_t *n, bool new_pin)
{
    static const phrase prompt = {"PIN 码：", "PIN: "},
                        fresh = {"新的 PIN 码（6 至 12 位数字）：", "New PIN (6 to 12 digits): "},
                        again = {"再输入一次：", "Once more: "};
    char second[PIN_ROOM];
    size_t second_n = 0;
    int terminal = open("/dev/tty", O_RDWR | O_CLOEXEC);
    if (terminal < 0)
        return ERR_UNSUPPORTED;
    err e = ask(terminal, new_pin ? fresh : prompt, out, n);
    if (e == ERR_OK && new_pin)
        e = ask(terminal, again, second, &second_n);
    if (e == ERR_OK && new_pin && (second_n != *n || !ct_equal(second, out, *n)))
        e = ERR_CONFLICT;
    wipe(second, sizeof second);
    (void)close(terminal);
    return e;
}

static err read_from(char out[PIN_ROOM], size_t *n, const char *file, const char *variable, bool new_pin)
{
    const char *value = getenv(variable);
    if (file) {
        TRY(file_read_secret(out, PIN_ROOM, file, n));
        trim(out, n);
        return ERR_OK;
    }
    if (!value || !*value)
        return ask_terminal(out, n, new_pin);
    *n = strlen(value);
    if (*n > PIN_ROOM)
        return ERR_LIMIT;
    memcpy(out, value, *n);
    return ERR_OK;
}

/* What was typed before it came to nothing may be the PIN, too. */
err pin_read(char out[PIN_ROOM], size_t *n, const char *file, const char *variable, bool new_pin)
{
    err e = read_from(out, n, file, variable, new_pin);
    if (e != ERR_OK)
        wipe(out, PIN_ROOM);
    return e;
}
