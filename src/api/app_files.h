/* The files of built pages (the app, the console), read whole when the server starts: nothing that a client asks for ever reaches the file system. */
#ifndef YIQIAN_API_APP_FILES_H
#define YIQIAN_API_APP_FILES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"
#include "base/err.h"

/* Beyond these the directory is taken for another one. Bytes: of all files together, packed ones too. */
enum { APP_FILES_MAX = 500, APP_BYTES_MAX = 32 << 20, APP_DEPTH_MAX = 8, APP_TAG = 40 };

#define APP_INDEX "index.html"

typedef struct app_file {
    const char *path; /* "assets/index-C3kq9Zt1.js" */
    const char *type; /* its media type */
    bytes plain;
    bytes packed;                           /* "….gz" beside it (RFC 1952); empty: none, or no smaller */
    char tag[APP_TAG], packed_tag[APP_TAG]; /* for ETag, of plain and packed */
    bool immutable; /* its name has a hash of its content: "assets/…-XXXXXXXX.ext", as Vite writes them */
} app_file;

typedef struct app_files app_files;

/* Reads the directory and what is below, for the setting of that name; names that begin with a dot are left out. ERR_CONFIG (the log says why: no index.html, a link, a
 * name with other characters than letters, digits, '.', '-' and '_', too many, too large, a .gz of something else), ERR_MEMORY, and those
 * of file_read. Ownership: app_files_close; NULL is fine. */
MUST_CHECK err app_files_open(app_files **out, const char *setting, const char *directory);
void app_files_close(app_files *files);

/* NULL where there is none of that path. */
const app_file *app_files_find(const app_files *files, const char *path);

#endif
