#include <stdlib.h>
#include <string.h>

#include "base/ct.h"
#include "base/text.h"
#include "crypto/sm3.h"
#include "os/large_file.h"
#include "service/backup_file.h"

enum { SEALED_MAX = BACKUP_FRAME + BACKUP_CHUNK + BACKUP_TAG, PIECE = 64 << 10, ENTRY = 1 };

struct backup_reader {
    int fd;
    backup_header header;
    backup_keys keys;
    const atomic_bool *stop;
    uint64_t counter, size, left; /* left: of the entry's content */
    bool last;                    /* the chunk in plain is the last one */
    sm3_ctx digest;
    size_t at, n; /* in plain: what was read, and what there is */
    uint8_t plain[BACKUP_CHUNK], sealed[SEALED_MAX], piece[PIECE];
};

/* Exactly n octets of the file. */
static err get_octets(backup_reader *r, void *p, size_t n)
{
    size_t got;
    TRY(large_file_read(r->fd, p, n, &got));
    sm3_update(&r->digest, p, got);
    return got == n ? ERR_OK : ERR_BACKUP_SHORTENED;
}

static err get_chunk(backup_reader *r)
{
    size_t n;
    if (*r->stop)
        return ERR_BUSY;
    TRY(get_octets(r, r->sealed, BACKUP_FRAME));
    TRY(backup_frame_read(r->sealed, &n, &r->last));
    TRY(get_octets(r, r->sealed + BACKUP_FRAME, n + BACKUP_TAG));
    TRY(backup_chunk_open(&r->keys, r->counter++, bytes_of(r->sealed, BACKUP_FRAME + n + BACKUP_TAG), r->plain));
    r->at = 0;
    r->n = n;
    return ERR_OK;
}

/* Exactly n plain bytes; an authentic file has them. */
static err get_plain(backup_reader *r, void *p, size_t n)
{
    uint8_t *to = p;
    while (n > 0) {
        if (r->at == r->n) {
            if (r->last)
                return ERR_BACKUP_DAMAGED;
            TRY(get_chunk(r));
            continue;
        }
        size_t there = r->n - r->at, take = n < there ? n : there;
        memcpy(to, r->plain + r->at, take);
        r->at += take;
        to += take;
        n -= take;
    }
    return ERR_OK;
}

err backup_reader_open(backup_reader **out, const char *path, const atomic_bool *stop)
{
    uint8_t octets[BACKUP_HEADER] = {0};
    backup_reader *r = calloc(1, sizeof *r);
    *out = NULL;
    if (!r)
        return ERR_MEMORY;
    r->fd = -1;
    r->stop = stop;
    sm3_init(&r->digest);
    err e = large_file_open(&r->fd, &r->size, path);
    if (e == ERR_OK)
        e = get_octets(r, octets, sizeof octets);
    if (e == ERR_BACKUP_SHORTENED &&
        !backup_header_begins(bytes_of(octets, r->size < sizeof octets ? (size_t)r->size : sizeof octets)))
        e = ERR_BACKUP_DAMAGED; /* it is none */
    if (e == ERR_OK)
        e = backup_header_read(&r->header, octets);
    if (e == ERR_OK)
        *out = r;
    else
        backup_reader_close(r);
    return e;
}

const backup_header *backup_reader_header(const backup_reader *r)
{
    return &r->header;
}

uint64_t backup_reader_size(const backup_reader *r)
{
    return r->size;
}

err backup_reader_unlock(backup_reader *r, bytes passphrase)
{
    return backup_keys_make(&r->header, passphrase, &r->keys);
}

const backup_keys *backup_reader_keys(const backup_reader *r)
{
    return &r->keys;
}

static err at_end(backup_reader *r)
{
    uint8_t more;
    size_t n;
    if (!r->last || r->at != r->n)
        return ERR_BACKUP_DAMAGED;
    TRY(large_file_read(r->fd, &more, 1, &n));
    return n == 0 ? ERR_OK : ERR_BACKUP_DAMAGED;
}

err backup_reader_next(backup_reader *r, char name[BACKUP_NAME_MAX + 1], uint64_t *size, bool *end)
{
    uint8_t kind, n, length[8];
    while (r->left > 0) {
        size_t passed;
        TRY(backup_reader_read(r, r->piece, PIECE, &passed));
    }
    TRY(get_plain(r, &kind, 1));
    *end = kind == 0;
    if (*end)
        return at_end(r);
    TRY(get_plain(r, &n, 1));
    if (kind != ENTRY || n == 0)
        return ERR_BACKUP_DAMAGED;
    TRY(get_plain(r, name, n));
    name[n] = '\0';
    if (!utf8_valid(name, n) || memchr(name, '\0', n))
        return ERR_BACKUP_DAMAGED;
    TRY(get_plain(r, length, sizeof length));
    r->left = *size = load_u64be(length);
    return ERR_OK;
}

err backup_reader_read(backup_reader *r, void *p, size_t cap, size_t *n)
{
    *n = r->left < cap ? (size_t)r->left : cap;
    TRY(get_plain(r, p, *n));
    r->left -= *n;
    return ERR_OK;
}

err backup_reader_all(backup_reader *r, arena *a, bytes *out)
{
    size_t n;
    if (r->left > BACKUP_SMALL_MAX)
        return ERR_LIMIT;
    uint8_t *p = arena_alloc(a, (size_t)r->left + 1);
    if (!p)
        return ERR_MEMORY;
    TRY(backup_reader_read(r, p, (size_t)r->left, &n));
    *out = bytes_of(p, n);
    return ERR_OK;
}

void backup_reader_digest(backup_reader *r, uint8_t digest[32])
{
    sm3_final(&r->digest, digest);
}

void backup_reader_close(backup_reader *r)
{
    if (!r)
        return;
    large_file_close(r->fd);
    wipe(r, sizeof *r);
    free(r);
}
