#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "cmd/ts.h"
#include "os/file.h"
#include "pki/pem.h"
#include "tsa/digest.h"

enum { FILE_MAX = 16 << 20, PEMS_MAX = 32 };

static const phrase nothing = {NULL, NULL};

static bool kind_of(bytes der, ts_kind *out)
{
    der_reader outer = der_reader_over(der), inner;
    bool constructed = der.n > 2 && der.p[0] == DER_SEQUENCE;
    if (!constructed)
        return false;
    if (der_enter(&outer, &inner, DER_SEQUENCE) != ERR_OK) {
        *out = TS_TOKEN; /* BER, as other authorities may write it */
        return der.p[1] == 0x80;
    }
    *out = der_next_is(&inner, DER_INTEGER) ? TS_QUERY : der_next_is(&inner, DER_SEQUENCE) ? TS_RESPONSE : TS_TOKEN;
    return *out != TS_TOKEN || der_next_is(&inner, DER_OID);
}

err ts_file_read(session *s, const char *path, bytes *out, ts_kind *kind)
{
    static const phrase none = {"不是时间戳的请求、应答或令牌（DER）",
                                "this is no timestamp query, response or token (DER)"};
    err e = file_read(s->arena, path, TSA_READ_MAX, out);
    if (e != ERR_OK)
        return session_file_failed(s, e, path);
    return kind_of(*out, kind) ? ERR_OK : session_fail(s, ERR_DER, none, path, nothing);
}

err ts_file_query(session *s, const char *path, tsa_request *out)
{
    static const phrase none = {"不是有效的时间戳请求", "this is no valid timestamp query"};
    bytes der;
    ts_kind kind;
    tsa_failure why = TSA_BAD_DATA_FORMAT;
    TRY(ts_file_read(s, path, &der, &kind));
    err e = kind == TS_QUERY ? tsa_request_read(out, der, &why) : ERR_DER;
    return e == ERR_OK
               ? e
               : session_fail(s, e, none, arena_printf(s->arena, "%s (%s)", path, tsa_failure_name(why)), nothing);
}

/* All of one file. */
static err add_pems(session *s, const char *label, const char *path, bytes *out, size_t *n)
{
    static const phrase none = {"文件中没有所需的 PEM 或 DER 内容", "the file has nothing of the kind, PEM or DER"};
    static const phrase many = {"文件中的证书过多", "too many of them"};
    bytes content, der;
    size_t before = *n;
    err e = file_read(s->arena, path, FILE_MAX, &content);
    if (e != ERR_OK)
        return session_file_failed(s, e, path);
    if (content.n > 0 && content.p[0] == DER_SEQUENCE && *n < PEMS_MAX) {
        out[(*n)++] = content;
        return ERR_OK;
    }
    while ((e = pem_decode(s->arena, label, content, &der, &content)) == ERR_OK) {
        if (*n == PEMS_MAX)
            return session_fail(s, ERR_LIMIT, many, path, nothing);
        out[(*n)++] = der;
    }
    if (e == ERR_MEMORY)
        return e;
    return *n > before && e == ERR_NOT_FOUND ? ERR_OK : session_fail(s, e, none, path, nothing);
}

err ts_file_pems(session *s, const char *label, const option_list *paths, const bytes **out, size_t *n)
{
    bytes *all = arena_alloc(s->arena, PEMS_MAX * sizeof *all);
    *out = all;
    *n = 0;
    if (!all)
        return ERR_MEMORY;
    for (size_t i = 0; i < paths->n; i++)
        TRY(add_pems(s, label, paths->items[i], all, n));
    return ERR_OK;
}

static err digest_file(FILE *file, tsa_digest *d)
{
    uint8_t block[16384];
    size_t n;
    while ((n = fread(block, 1, sizeof block, file)) > 0)
        TRY(tsa_digest_add(d, bytes_of(block, n)));
    return ferror(file) ? ERR_IO : ERR_OK;
}

static err imprint_of_file(session *s, const char *path, tsa_hash hash, uint8_t *out)
{
    tsa_digest *d;
    FILE *file = fopen(path, "rb");
    if (!file)
        return session_file_failed(s, errno == ENOENT ? ERR_NOT_FOUND : errno == EACCES ? ERR_FORBIDDEN : ERR_IO, path);
    err e = tsa_digest_begin(&d, hash);
    if (e == ERR_OK)
        e = digest_file(file, d);
    err end = tsa_digest_end(d, out);
    (void)fclose(file);
    return e == ERR_IO ? session_file_failed(s, e, path) : e != ERR_OK ? e : end;
}

err ts_file_imprint(session *s, const char *path, const char *hex, tsa_hash hash, bytes *out)
{
    static const phrase wrong = {"摘要值须为与算法等长的十六进制", "a digest is hex of its algorithm's length"};
    uint8_t *digest = arena_alloc(s->arena, TSA_IMPRINT_MAX);
    if (!digest)
        return ERR_MEMORY;
    *out = bytes_of(digest, tsa_hash_size(hash));
    if (path)
        return imprint_of_file(s, path, hash, digest);
    if (hex_decode(digest, out->n, hex, strlen(hex)) != ERR_OK)
        return session_usage(s, wrong, hex);
    return ERR_OK;
}

err ts_policy(session *s, const char *text, bytes *out)
{
    enum { POLICY_MAX = 64 };
    static const phrase wrong = {"策略须为对象标识符，如 1.2.3.4",
                                 "a policy is an object identifier, 1.2.3.4 for example"};
    *out = bytes_of(NULL, 0);
    if (!text)
        return ERR_OK;
    buffer b = buffer_over(arena_alloc(s->arena, POLICY_MAX), POLICY_MAX);
    if (!b.p)
        return ERR_MEMORY;
    if (oid_from_text(&b, bytes_of_text(text)) != ERR_OK)
        return session_usage(s, wrong, text);
    *out = bytes_of(b.p, b.n);
    return ERR_OK;
}
