#include "cmd/passphrase.h"

#include <fcntl.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/ct.h"
#include "base/text.h"
#include "cmd/language.h"
#include "os/file.h"

enum { CTRL_C = 3, CTRL_D = 4, BACKSPACE = 8, DEL = 127 };

static void trim(char *text, size_t *n)
{
    static const char mark[] = "\xef\xbb\xbf";
    if (*n >= sizeof mark - 1 && memcmp(text, mark, sizeof mark - 1) == 0) {
        *n -= sizeof mark - 1;
        memmove(text, text + sizeof mark - 1, *n);
    }
    while (*n > 0 && (text[*n - 1] == '\n' || text[*n - 1] == '\r'))
        --*n;
    text[*n] = '\0';
}

static void show(int terminal, const char *text)
{
    ssize_t wrote = write(terminal, text, strlen(text));
    (void)wrote; /* a prompt that cannot be shown changes nothing about what is typed */
}

static err read_line(int terminal, char out[PASSPHRASE_ROOM], size_t *n)
{
    for (*n = 0;;) {
        char c;
        if (read(terminal, &c, 1) != 1)
            return ERR_IO;
        if (c == '\n' || c == '\r')
            return ERR_OK;
        if (c == CTRL_C || c == CTRL_D)
            return ERR_TIMEOUT;
        if (c == BACKSPACE || c == DEL) {
            while (*n > 0 && (out[--*n] & 0xc0) == 0x80) /* a whole character of UTF-8 */
                ;
        } else if (*n < PASSPHRASE_ROOM - 1) {
            out[(*n)++] = c;
        }
    }
}

/* Without echo, and without signals from the keyboard: one of those would leave the terminal silent. */
static err ask(int terminal, phrase prompt, char out[PASSPHRASE_ROOM], size_t *n)
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

static err ask_terminal(char out[PASSPHRASE_ROOM], size_t *n, bool fresh)
{
    static const phrase prompt = {"备份口令：", "Passphrase of the backup: "},
                        new_one = {"新的备份口令（至少 12 个字符）：",
                                   "New passphrase for backups (at least 12 characters): "},
                        again = {"再输入一次：", "Once more: "};
    char second[PASSPHRASE_ROOM];
    size_t second_n = 0;
    int terminal = open("/dev/tty", O_RDWR | O_CLOEXEC);
    if (terminal < 0)
        return ERR_UNSUPPORTED;
    err e = ask(terminal, fresh ? new_one : prompt, out, n);
    if (e == ERR_OK && fresh)
        e = ask(terminal, again, second, &second_n);
    if (e == ERR_OK && fresh && (second_n != *n || !ct_equal(second, out, *n)))
        e = ERR_CONFLICT;
    wipe(second, sizeof second);
    (void)close(terminal);
    return e;
}

err passphrase_read(char out[PASSPHRASE_ROOM], size_t *n, const char *file, bool fresh)
{
    *n = 0;
    err e = file ? file_read_secret(out, PASSPHRASE_ROOM - 1, file, n) : ask_terminal(out, n, fresh);
    if (e == ERR_OK) {
        trim(out, n);
        e = *n == 0 ? ERR_PASSPHRASE_MISSING : utf8_valid(out, *n) && !memchr(out, 0, *n) ? ERR_OK : ERR_ENCODING;
    }
    if (e != ERR_OK)
        wipe(out, PASSPHRASE_ROOM);
    return e;
}

const char *passphrase_problem(err e)
{
    static const phrase missing = {"口令文件不存在", "the file of the passphrase is not there"},
                        open_to_others = {"口令文件不得让他人读取：chmod 600",
                                          "others can read the file of the passphrase: chmod 600"},
                        no_terminal = {"没有终端可供输入：请用 --passphrase-file",
                                       "there is no terminal to ask on: use --passphrase-file"},
                        differ = {"两次输入不一致", "the two differ"}, empty = {"口令为空", "the passphrase is empty"},
                        foreign = {"口令不是 UTF-8（文件可能存为 UTF-16 或 GBK）：请另存为 UTF-8",
                                   "the passphrase is not UTF-8 (the file may be UTF-16 or GBK): save it as UTF-8"},
                        too_long = {"口令文件过长：其中只应有一行口令",
                                    "the file of the passphrase is too long: it holds one line, the passphrase"},
                        given_up = {"已取消", "given up"},
                        unread = {"口令无法读取：须为普通文件",
                                  "the passphrase cannot be read: it must be a regular file"};
    switch (e) {
    case ERR_NOT_FOUND:
        return say(missing);
    case ERR_FORBIDDEN:
        return say(open_to_others);
    case ERR_UNSUPPORTED:
        return say(no_terminal);
    case ERR_CONFLICT:
        return say(differ);
    case ERR_PASSPHRASE_MISSING:
        return say(empty);
    case ERR_ENCODING:
        return say(foreign);
    case ERR_LIMIT:
        return say(too_long);
    case ERR_TIMEOUT:
        return say(given_up);
    default:
        return say(unread);
    }
}
