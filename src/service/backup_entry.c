#include "service/backup_entry.h"

#include <stdio.h>
#include <string.h>

#include "keystore/keystore.h"

enum { DEL = 127 };
static const char files[] = BACKUP_ENTRY_FILES;

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

/* The server's own; "before-restore" with whatever follows, as there may be several. */
static bool is_own(const char *component, size_t n)
{
    static const char *const own[] = {"yiqian.db",    "yiqian.db-wal", "yiqian.db-shm",  "master.key",
                                      "yiqiand.lock", "yiqiand.sock",  "authorisations", "backups",
                                      "restore.new",  "restore.ready", "backup.tmp",     "restored-settings.conf"};
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        if (strlen(own[i]) == n && memcmp(component, own[i], n) == 0)
            return true;
    return begins(component, "before-restore");
}

bool backup_entry_is_file(const char *name)
{
    if (!begins(name, files) || strlen(name) > BACKUP_NAME_MAX ||
        is_own(name + sizeof files - 1, strcspn(name + sizeof files - 1, "/")))
        return false;
    const char *at = name + sizeof files - 1;
    for (unsigned depth = 1; depth <= BACKUP_ENTRY_DEPTH; depth++) {
        size_t n = strcspn(at, "/");
        if (n == 0 || at[0] == '.')
            return false;
        if (!at[n])
            return true;
        at += n + 1;
    }
    return false;
}

static err wrong(backup_entries *seen, const char *name, const char *why)
{
    (void)snprintf(seen->wrong, sizeof seen->wrong, "%s %s", name, why);
    for (char *at = seen->wrong; *at; at++)
        if ((unsigned char)*at < ' ' || *at == DEL)
            *at = '?'; /* it is shown on terminals */
    return ERR_BACKUP_CONTENT;
}

bool backup_entries_has(const backup_entries *seen, const char *name)
{
    for (size_t i = 0; i < seen->files_n; i++)
        if (strcmp(seen->files[i], name) == 0)
            return true;
    return false;
}

/* One is a directory on the way to the other. */
static bool is_above(const char *one, const char *other)
{
    return begins(other, one) && other[strlen(one)] == '/';
}

static err add_file(backup_entries *seen, const char *name)
{
    if (!backup_entry_is_file(name))
        return wrong(seen, name, "may not be in a backup");
    for (size_t i = 0; i < seen->files_n; i++)
        if (strcmp(seen->files[i], name) == 0 || is_above(name, seen->files[i]) || is_above(seen->files[i], name))
            return wrong(seen, name, "is there twice, or is a directory of another");
    if (seen->files_n == BACKUP_FILES_MAX)
        return wrong(seen, name, "is one file more than there may be");
    (void)snprintf(seen->files[seen->files_n++], sizeof seen->files[0], "%s", name);
    return ERR_OK;
}

err backup_entries_add(backup_entries *seen, const char *name, uint64_t size)
{
    const struct {
        const char *name;
        bool *seen;
        uint64_t least, most;
    } rows[] = {{BACKUP_ENTRY_MANIFEST, &seen->manifest, 1, BACKUP_SMALL_MAX},
                {BACKUP_ENTRY_MASTER_KEY, &seen->master_key, KEYSTORE_WRAPPED, KEYSTORE_WRAPPED},
                {BACKUP_ENTRY_SETTINGS, &seen->settings, 0, BACKUP_SMALL_MAX},
                {BACKUP_ENTRY_DATABASE, &seen->database, 1, UINT64_MAX}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (strcmp(name, rows[i].name) != 0)
            continue;
        if (*rows[i].seen || size < rows[i].least || size > rows[i].most)
            return wrong(seen, name, *rows[i].seen ? "is there twice" : "is not of the size that it may be");
        *rows[i].seen = true;
        return ERR_OK;
    }
    return add_file(seen, name);
}

err backup_entries_end(backup_entries *seen)
{
    if (!seen->manifest)
        return wrong(seen, BACKUP_ENTRY_MANIFEST, "is missing");
    return seen->database ? ERR_OK : wrong(seen, BACKUP_ENTRY_DATABASE, "is missing");
}
