#include "cmd/document.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "os/file.h"

err document_base64(session *s, const char *path, const char **base64)
{
    static const phrase large = {"文件超过 10 MiB", "the file has more than 10 MiB"};
    static const phrase hint = {"大文件请按摘要处理：task create --digest-only，verify --form digest",
                                "take a large file by its digest: task create --digest-only, verify --form digest"};
    bytes content;
    err e = file_read(s->arena, path, DOCUMENT_MAX, &content);
    if (e == ERR_LIMIT)
        return session_fail(s, e, large, path, hint);
    if (e != ERR_OK)
        return session_file_failed(s, e, path);
    *base64 = base64_text(s->arena, content.p, content.n);
    return *base64 ? ERR_OK : ERR_MEMORY;
}

static err err_of_open(int number)
{
    return number == ENOENT || number == ENOTDIR ? ERR_NOT_FOUND : number == EACCES ? ERR_FORBIDDEN : ERR_IO;
}

err document_digest(session *s, const char *path, char hex[2 * SM3_SIZE + 1])
{
    uint8_t block[16384], digest[SM3_SIZE];
    sm3_ctx ctx;
    size_t n;
    FILE *file = fopen(path, "rb");
    if (!file)
        return session_file_failed(s, err_of_open(errno), path);
    sm3_init(&ctx);
    while ((n = fread(block, 1, sizeof block, file)) > 0)
        sm3_update(&ctx, block, n);
    bool failed = ferror(file);
    (void)fclose(file);
    sm3_final(&ctx, digest);
    hex_encode(hex, digest, sizeof digest);
    return failed ? session_file_failed(s, ERR_IO, path) : ERR_OK;
}

const char *document_media_type(const char *path)
{
    static const struct {
        const char *ending, *type;
    } types[] = {{".docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
                 {".htm", "text/html"},
                 {".html", "text/html"},
                 {".jpeg", "image/jpeg"},
                 {".jpg", "image/jpeg"},
                 {".json", "application/json"},
                 {".ofd", "application/ofd"},
                 {".pdf", "application/pdf"},
                 {".png", "image/png"},
                 {".txt", "text/plain"},
                 {".xml", "application/xml"}};
    const char *ending = strrchr(path, '.');
    for (size_t i = 0; ending && i < sizeof types / sizeof *types; i++)
        if (strcasecmp(ending, types[i].ending) == 0)
            return types[i].type;
    return "application/octet-stream";
}
