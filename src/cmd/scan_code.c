#include "cmd/scan_code.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cmd/answer.h"
#include "cmd/qr_terminal.h"
#include "cmd/remote.h"

static bool is_state(const json_t *answer, const char *state)
{
    const char *is = answer_text(answer, "state");
    return is && strcmp(is, state) == 0;
}

static err not_open(session *s, const json_t *answer)
{
    static const phrase over = {"不能再扫码", "it cannot be scanned any more"};
    return session_fail(s, ERR_CONFLICT, over, answer_word(answer_text(answer, "state")), (phrase){NULL, NULL});
}

/* Once: for a script, or a file. */
static err show_once(session *s, const json_t *answer, bool as_text)
{
    const char *text = answer_text(answer, "code");
    qr_code code;
    if (!text)
        return not_open(s, answer);
    if (as_text)
        return printf("%s\n", text) < 0 ? ERR_IO : ERR_OK;
    TRY(qr_code_make(s->arena, text, &code));
    (void)qr_terminal_print(stdout, &code, false);
    return ERR_OK;
}

/* Somebody scanned or typed it. Of a typed login the person has to read the number here. */
static err show_scanned(session *s, const json_t *answer)
{
    static const phrase scanned = {"已扫码", "Scanned"}, done = {"已完成", "Done"},
                        number = {"请在手机上输入这个数字", "Enter this number on the phone"};
    const char *digits = answer_text(answer, "number");
    if (is_state(answer, "done"))
        printf("%s\n", say(done));
    else if (!is_state(answer, "scanned"))
        return not_open(s, answer);
    else if (digits)
        printf("%s: %s\n", say(number), digits);
    else
        printf("%s\n", say(scanned));
    return ERR_OK;
}

static void to_next_second(void)
{
    struct timespec second = {.tv_sec = 1};
    while (nanosleep(&second, &second) != 0)
        continue;
}

/* In the place of the one before. */
static err draw(session *s, const char *text, unsigned *lines)
{
    qr_code code;
    TRY(qr_code_make(s->arena, text, &code));
    if (*lines > 0)
        printf("\033[%uA\r", *lines);
    *lines = qr_terminal_print(stdout, &code, true);
    return fflush(stdout) == 0 ? ERR_OK : ERR_IO;
}

static err show_until_scanned(session *s, const char *path, json_t *answer)
{
    unsigned lines = 0;
    while (is_state(answer, "open")) {
        const char *text = answer_text(answer, "code");
        TRY(text ? draw(s, text, &lines) : ERR_JSON);
        to_next_second();
        (void)json_array_clear(s->answers); /* the one before */
        TRY(remote_get(s, path, &answer));
    }
    return show_scanned(s, answer);
}

err scan_code_show(session *s, const char *path, bool as_text)
{
    json_t *answer;
    TRY(remote_get(s, path, &answer));
    if (s->common.json)
        return answer_dump(answer);
    if (as_text || !isatty(STDOUT_FILENO))
        return show_once(s, answer, as_text);
    return show_until_scanned(s, path, answer);
}
