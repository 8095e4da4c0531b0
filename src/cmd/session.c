#include "cmd/session.h"

#include <stdio.h>
#include <string.h>

#include "base/ct.h"
#include "cmd/table.h"
#include "os/client.h"
#include "os/file.h"

enum { ARENA_MAX = 512 << 20 };

static const phrase nothing = {NULL, NULL};

err session_open(session *s)
{
    *s = (session){0};
    s->arena = arena_create(ARENA_MAX);
    s->exchange = arena_create(ARENA_MAX);
    s->answers = json_array();
    return s->arena && s->exchange && s->answers ? ERR_OK : ERR_MEMORY;
}

void session_close(session *s)
{
    client_destroy(s->client);
    json_decref(s->answers);
    arena_destroy(s->exchange);
    arena_destroy(s->arena);
    wipe(&s->connection, sizeof s->connection);
}

err session_fail(session *s, err e, phrase what, const char *subject, phrase hint)
{
    static const phrase label = {"提示", "Hint"};
    const char *shown = subject && s->arena ? table_printable(s->arena, subject) : NULL;
    s->told = true;
    (void)fflush(stdout);
    if (shown)
        fprintf(stderr, "yiqian: %s: %s\n", say(what), shown);
    else
        fprintf(stderr, "yiqian: %s\n", say(what));
    if (say(hint))
        fprintf(stderr, "  %s: %s\n", say(label), say(hint));
    return e;
}

err session_usage(session *s, phrase what, const char *subject)
{
    return session_fail(s, ERR_ARG, what, subject, nothing);
}

err session_file_failed(session *s, err e, const char *path)
{
    static const struct {
        err e;
        phrase what;
    } rows[] = {{ERR_NOT_FOUND, {"文件或目录不存在", "no such file or directory"}},
                {ERR_FORBIDDEN, {"没有权限", "permission denied"}},
                {ERR_EXISTS, {"文件已存在，不会覆盖", "the file exists and is not overwritten"}},
                {ERR_LIMIT, {"文件过大", "the file is too large"}},
                {ERR_DISK_FULL, {"磁盘空间不足", "the disk is full"}},
                {ERR_MEMORY, {"内存不足", "out of memory"}}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].e == e)
            return session_fail(s, e, rows[i].what, path, nothing);
    return session_fail(s, ERR_IO, (phrase){"文件读写失败", "the file cannot be read or written"}, path, nothing);
}

err session_secret_failed(session *s, err e, const char *path)
{
    static const phrase open = {"其他用户可以读取这个文件", "others may read this file"},
                        open_hint = {"请执行 chmod 600 后重试", "run chmod 600 on it and try again"};
    return e == ERR_FORBIDDEN && !file_is_private(path) ? session_fail(s, e, open, path, open_hint)
                                                        : session_file_failed(s, e, path);
}

int session_exit_code(session *s, err e)
{
    static const phrase failed = {"操作失败", "failed"};
    if (e == ERR_OK)
        return s->exit_code;
    if (!s->told)
        (void)session_fail(s, e, failed, err_code(e), nothing);
    return e == ERR_ARG ? EXIT_USAGE : e == ERR_TRANSPORT ? EXIT_UNREACHABLE : EXIT_FAILED;
}

err session_flush(session *s)
{
    static const phrase failed = {"标准输出写不进去", "standard output cannot be written"};
    return fflush(stdout) == 0 && !ferror(stdout) ? ERR_OK : session_fail(s, ERR_IO, failed, NULL, nothing);
}
