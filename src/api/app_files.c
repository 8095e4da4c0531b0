#include "api/app_files.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "crypto/sm3.h"
#include "os/file.h"
#include "os/log.h"

enum { NAMES_BYTES = 1 << 20 };

struct app_files {
    arena *arena;
    app_file files[APP_FILES_MAX];
    size_t n, bytes;
    const char *setting; /* where the directory was named, for the log */
};

/* A directory that is being read. */
typedef struct reading {
    app_files *files;
    const char *root;   /* of all */
    const char *prefix; /* of its own files' paths: "", "assets/" */
    unsigned depth;
} reading;

static err refuse(const app_files *files, const char *path, const char *why)
{
    log_write(LOG_ERROR, "api", "%s: %s: %s", files->setting, *path ? path : ".", why);
    return ERR_CONFIG;
}

static bool ends_with(const char *text, const char *end)
{
    size_t n = strlen(text), end_n = strlen(end);
    return n > end_n && strcmp(text + n - end_n, end) == 0;
}

static const char *type_of(const char *path)
{
    static const char *const types[][2] = {
        {".html", "text/html; charset=utf-8"},
        {".js", "text/javascript; charset=utf-8"},
        {".mjs", "text/javascript; charset=utf-8"},
        {".css", "text/css; charset=utf-8"},
        {".wasm", "application/wasm"},
        {".json", "application/json"},
        {".map", "application/json"},
        {".webmanifest", "application/manifest+json"},
        {".svg", "image/svg+xml"},
        {".png", "image/png"},
        {".jpg", "image/jpeg"},
        {".webp", "image/webp"},
        {".ico", "image/vnd.microsoft.icon"},
        {".woff2", "font/woff2"},
        {".ttf", "font/ttf"},
        {".txt", "text/plain; charset=utf-8"},
    };
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (ends_with(path, types[i][0]))
            return types[i][1];
    return "application/octet-stream";
}

/* Vite's assets/[name]-[hash][extname], the hash eight characters of base64url. */
static bool has_hash(const char *path)
{
    enum { HASH = 8 };
    static const char directory[] = "assets/",
                      letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const char *slash = strrchr(path, '/'), *dot = strrchr(path, '.');
    return strncmp(path, directory, sizeof directory - 1) == 0 && dot && dot - slash > HASH + 2 &&
           dot[-HASH - 1] == '-' && strspn(dot - HASH, letters) == HASH;
}

static void make_tag(char out[APP_TAG], bytes content)
{
    enum { USED = 16 };
    uint8_t digest[SM3_SIZE];
    char hex[2 * USED + 1];
    sm3(digest, content.p, content.n);
    hex_encode(hex, digest, USED);
    (void)snprintf(out, APP_TAG, "\"%s\"", hex);
}

static err read_file(app_files *files, const char *root, const char *path)
{
    if (files->n == APP_FILES_MAX)
        return refuse(files, path, "more than 500 files");
    app_file *file = &files->files[files->n];
    const char *name = arena_printf(files->arena, "%s/%s", root, path);
    *file = (app_file){.path = path, .type = type_of(path), .immutable = has_hash(path)};
    if (!name)
        return ERR_MEMORY;
    err e = file_read(files->arena, name, APP_BYTES_MAX - files->bytes, &file->plain);
    if (e == ERR_LIMIT)
        return refuse(files, path, "more than 32 MiB together");
    if (e != ERR_OK)
        return e == ERR_MEMORY ? e : refuse(files, path, "cannot be read");
    make_tag(file->tag, file->plain);
    files->bytes += file->plain.n;
    files->n++;
    return ERR_OK;
}

static err read_directory(app_files *files, const char *root, const char *prefix, unsigned depth);

static err visit(void *context, const char *name)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_";
    const reading *r = context;
    file_kind kind;
    const char *path = arena_printf(r->files->arena, "%s%s", r->prefix, name),
               *whole = arena_printf(r->files->arena, "%s/%s%s", r->root, r->prefix, name);
    if (!path || !whole)
        return ERR_MEMORY;
    if (name[strspn(name, letters)] != '\0')
        return refuse(r->files, path, "a name of letters, digits, '.', '-' and '_' is expected");
    if (file_kind_of(whole, &kind) != ERR_OK)
        return refuse(r->files, path, "cannot be read");
    if (kind == FILE_OTHER)
        return refuse(r->files, path, "neither a file nor a directory; links are not followed");
    if (kind == FILE_REGULAR)
        return read_file(r->files, r->root, path);
    const char *prefix = arena_printf(r->files->arena, "%s/", path);
    return prefix ? read_directory(r->files, r->root, prefix, r->depth + 1) : ERR_MEMORY;
}

static err read_directory(app_files *files, const char *root, const char *prefix, unsigned depth)
{
    reading r = {files, root, prefix, depth};
    const char *path = arena_printf(files->arena, "%s/%s", root, prefix);
    if (!path)
        return ERR_MEMORY;
    if (depth > APP_DEPTH_MAX)
        return refuse(files, prefix, "directories too deep");
    err e = file_each(path, visit, &r);
    return e == ERR_OK || e == ERR_CONFIG || e == ERR_MEMORY ? e
                                                             : refuse(files, prefix, "the directory cannot be read");
}

static int by_path(const void *a, const void *b)
{
    return strcmp(((const app_file *)a)->path, ((const app_file *)b)->path);
}

/* RFC 1952 8, four bits at a time. */
static uint32_t crc32_of(bytes content)
{
    static const uint32_t table[16] = {0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4,
                                       0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
                                       0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c};
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < content.n; i++) {
        crc ^= content.p[i];
        crc = crc >> 4 ^ table[crc & 15];
        crc = crc >> 4 ^ table[crc & 15];
    }
    return ~crc;
}

static uint32_t little_endian(const uint8_t p[4])
{
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* RFC 1952 2.2, 2.3.1: its magic, and at its end the CRC-32 and the length of what it holds. The length alone would let an earlier build's
 * index.html pass, in which nothing but the hashes of other files' names differs. */
static bool packs(bytes packed, bytes plain)
{
    enum { LEAST = 18 };
    if (packed.n < LEAST || packed.p[0] != 0x1f || packed.p[1] != 0x8b)
        return false;
    const uint8_t *end = packed.p + packed.n - 8;
    return little_endian(end + 4) == (uint32_t)plain.n && little_endian(end) == crc32_of(plain);
}

static err pair(app_files *files)
{
    static const char end[] = ".gz";
    for (size_t i = 0; i < files->n; i++) {
        const app_file *packed = &files->files[i];
        if (!ends_with(packed->path, end))
            continue;
        const char *path = arena_text(files->arena, packed->path, strlen(packed->path) - (sizeof end - 1));
        app_file *of = path ? (app_file *)(uintptr_t)app_files_find(files, path) : NULL;
        if (!path)
            return ERR_MEMORY;
        if (!of)
            continue;
        if (!packs(packed->plain, of->plain))
            return refuse(files, packed->path, "not the same file, compressed by gzip");
        if (packed->plain.n >= of->plain.n)
            continue;
        of->packed = packed->plain;
        memcpy(of->packed_tag, packed->tag, sizeof of->packed_tag);
    }
    return ERR_OK;
}

err app_files_open(app_files **out, const char *setting, const char *directory)
{
    app_files *files = calloc(1, sizeof *files);
    if (!files)
        return ERR_MEMORY;
    files->setting = setting;
    err e = ERR_OK;
    files->arena = arena_create((size_t)2 * APP_BYTES_MAX + NAMES_BYTES);
    if (!files->arena) {
        e = ERR_MEMORY;
        goto out;
    }
    TRY_OUT(read_directory(files, directory, "", 0));
    qsort(files->files, files->n, sizeof *files->files, by_path);
    TRY_OUT(pair(files));
    if (!app_files_find(files, APP_INDEX))
        TRY_OUT(refuse(files, APP_INDEX, "is not there; the directory of the built pages is expected"));
    *out = files;
out:
    if (e != ERR_OK)
        app_files_close(files);
    return e;
}

void app_files_close(app_files *files)
{
    if (!files)
        return;
    arena_destroy(files->arena);
    free(files);
}

const app_file *app_files_find(const app_files *files, const char *path)
{
    const app_file key = {.path = path};
    return bsearch(&key, files->files, files->n, sizeof *files->files, by_path);
}
