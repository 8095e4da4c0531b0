#include "service/backup_note.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

static const char form[] = "yiqian-restore/1 ";

const char *backup_note_write(arena *a, const backup_restored *d)
{
    char id[UUID_TEXT];
    const char *digest = hex_text(a, d->digest, sizeof d->digest), *aside = d->aside ? strrchr(d->aside, '/') + 1 : "-";
    uuid_encode(id, d->header.id);
    const char *text =
        digest ? arena_printf(a, "%s%s %s %s %" PRId64 " %d %d %d %" PRId64 " %" PRId64 " %" PRId64 " %d", form, id,
                              digest, aside, d->header.created_ms, d->header.scope == BACKUP_ALL, d->has_settings,
                              d->credential, d->keys, d->authorisations, d->refreshed, d->carried_known)
               : NULL;
    for (size_t i = 0; text && i < BACKUP_CARRIED_KINDS; i++)
        text = arena_printf(a, "%s %" PRId64, text, d->carried[i]);
    return text;
}

/* The next word, in the arena; "" where there is none. */
static const char *word(arena *a, const char **at)
{
    size_t n = strcspn(*at, " ");
    const char *out = arena_text(a, *at, n);
    *at += n + ((*at)[n] == ' ');
    return out ? out : "";
}

static bool number(const char *text, int64_t *out)
{
    char *end;
    errno = 0;
    long long n = strtoll(text, &end, 10);
    *out = n;
    return *text && !*end && errno == 0;
}

err backup_note_read(arena *a, const char *data_dir, bytes note, backup_restored *d)
{
    enum { CREATED, ALL, SETTINGS, CREDENTIAL, KEYS, AUTHORISATIONS, REFRESHED, KNOWN, FIXED };
    int64_t n[FIXED + BACKUP_CARRIED_KINDS];
    const char *at = arena_text(a, (const char *)note.p, note.n);
    memset(d, 0, sizeof *d);
    if (!at)
        return ERR_MEMORY;
    if (strncmp(at, form, sizeof form - 1) != 0)
        return ERR_CORRUPT;
    at += sizeof form - 1;
    const char *id = word(a, &at), *digest = word(a, &at), *aside = word(a, &at);
    if (uuid_decode(d->header.id, id, strlen(id)) != ERR_OK ||
        hex_decode(d->digest, sizeof d->digest, digest, strlen(digest)) != ERR_OK || strchr(aside, '/'))
        return ERR_CORRUPT;
    for (size_t i = 0; i < sizeof n / sizeof *n; i++)
        if (!number(word(a, &at), &n[i]))
            return ERR_CORRUPT;
    d->aside = strcmp(aside, "-") != 0 ? arena_printf(a, "%s/%s", data_dir, aside) : NULL;
    d->header.created_ms = n[CREATED];
    d->header.scope = n[ALL] ? BACKUP_ALL : BACKUP_CONFIGURATION;
    d->has_settings = n[SETTINGS] != 0;
    d->credential = n[CREDENTIAL] != 0;
    d->keys = n[KEYS];
    d->authorisations = n[AUTHORISATIONS];
    d->refreshed = n[REFRESHED];
    d->carried_known = n[KNOWN] != 0;
    memcpy(d->carried, n + FIXED, sizeof d->carried);
    return ERR_OK;
}
