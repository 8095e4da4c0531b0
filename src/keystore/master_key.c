#include "keystore/master_key.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/ct.h"
#include "os/file.h"

enum { PATH_BYTES = 4096, CREDENTIAL_ARENA = 4096, MASTER_BYTES = 32 };

static const char name[] = "master.key";

static err path_in(char path[PATH_BYTES], const char *directory)
{
    int n = snprintf(path, PATH_BYTES, "%s/%s", directory, name);
    return n > 0 && n < PATH_BYTES ? ERR_OK : ERR_LENGTH;
}

/* A file of another size is no key; a longer one is ERR_LIMIT to the reader. */
static err size_error(err e, size_t n)
{
    if (e == ERR_LIMIT || (e == ERR_OK && n != MASTER_BYTES))
        return ERR_CORRUPT;
    return e;
}

static err load_file(master_key *key, const char *path)
{
    size_t n = 0;
    err e = file_read_secret(key->bytes, sizeof key->bytes, path, &n);
    return size_error(e, n);
}

/* systemd gives the service its right to a credential by an ACL, which stat shows as a permission of the group; so the group is
 * no sign of danger here, other than in a file of ours. (systemd.exec(5), "Credentials") */
static err load_credential(master_key *key, const char *path)
{
    struct stat status;
    if (stat(path, &status) == 0 && (status.st_mode & S_IRWXO))
        return ERR_FORBIDDEN;
    arena *a = arena_create(CREDENTIAL_ARENA);
    if (!a)
        return ERR_MEMORY;
    bytes content = {0};
    err e = file_read(a, path, sizeof key->bytes, &content);
    e = size_error(e, content.n);
    if (e == ERR_OK)
        memcpy(key->bytes, content.p, sizeof key->bytes);
    arena_destroy(a);
    return e;
}

/* Where another process made one at the same moment, that one counts: the caller reads it. */
static err create_file(const char *path, const entropy *rng)
{
    master_key fresh;
    err e;
    TRY_OUT(rng->fill(rng->ctx, fresh.bytes, sizeof fresh.bytes));
    e = file_create(path, fresh.bytes, sizeof fresh.bytes, S_IRUSR | S_IWUSR);
    if (e == ERR_EXISTS)
        e = ERR_OK;
out:
    wipe(&fresh, sizeof fresh);
    return e;
}

err master_key_put(const char *data_dir, const uint8_t master[32])
{
    char path[PATH_BYTES];
    TRY(path_in(path, data_dir));
    return file_create(path, master, MASTER_BYTES, S_IRUSR | S_IWUSR);
}

err master_key_load(master_key *key, const char *data_dir, bool create, const entropy *rng)
{
    char path[PATH_BYTES];
    const char *credentials = getenv("CREDENTIALS_DIRECTORY");
    key->credential = false;
    if (credentials && credentials[0]) {
        TRY(path_in(path, credentials));
        /* systemd sets the variable for any credential of the service: this one need not be among them. */
        err e = load_credential(key, path);
        key->credential = e == ERR_OK;
        if (e != ERR_NOT_FOUND)
            return e;
    }
    TRY(path_in(path, data_dir));
    err e = load_file(key, path);
    if (e != ERR_NOT_FOUND || !create)
        return e;
    TRY(create_file(path, rng));
    return load_file(key, path);
}
