/* `yiqian audit verify FILE`: an exported part of the audit log, checked without the server that it came from. */
#include "cmd/audit_verify.h"

#include <inttypes.h>
#include <string.h>

#include "audit/audit_row.h"
#include "audit/merkle.h"
#include "base/text.h"
#include "cmd/answer.h"
#include "os/file.h"
#include "crypto/sm2.h"
#include "pki/cert.h"
#include "pki/pem.h"

enum { FILE_MAX = 64 << 20, STATEMENT_MAX = 1000 };

const option_row audit_verify_rows[AUDIT_VERIFY_ROWS] = {
    {.name = "FILE",
     .kind = OPTION_PATH,
     .flags = OPTION_REQUIRED | OPTION_OPERAND,
     .help = {"导出的文件（jsonl）", "the exported file (jsonl)"},
     .offset = offsetof(audit_verify_options, file)},
    {.name = "root",
     .kind = OPTION_PATH,
     .value = "FILE",
     .help = {"医院根 CA 证书（PEM 或 DER）；不给则只核验到文件中所附的证书链",
              "the hospital's root CA certificate (PEM or DER); without it the chain in the file is believed"},
     .offset = offsetof(audit_verify_options, root)}};

/* One file under way. */
typedef struct check {
    session *session;
    json_t *head;
    merkle tree;
    int64_t rows;
} check;

static err broken(const check *k, const char *why)
{
    static const phrase what = {"审计日志文件核验不通过", "the audit log file does not verify"},
                        hint = {"请保留该文件，并通知安全负责人",
                                "keep the file, and tell who is responsible for security"};
    return session_fail(k->session, ERR_CORRUPT, what, why, hint);
}

static bool number_of(const json_t *object, const char *name, int64_t *out)
{
    const json_t *value = json_object_get(object, name);
    *out = json_integer_value(value);
    return json_is_integer(value);
}

static bool hash_of(const json_t *object, const char *name, uint8_t out[SM3_SIZE])
{
    const char *text = json_string_value(json_object_get(object, name));
    return text && hex_decode(out, SM3_SIZE, text, strlen(text)) == ERR_OK;
}

/* ---- the head ---- */

static err base64_of(const check *k, const json_t *value, bytes *out)
{
    const char *text = json_string_value(value);
    return text ? base64_decode(k->session->arena, text, strlen(text), out) : ERR_ENCODING;
}

static bool issued_by(const cert *below, const cert *above)
{
    return bytes_equal(below->issuer, above->subject) && above->is_sm2 && below->signed_by_sm2 && above->ca &&
           cert_verify_signature(below, above->public_key) == ERR_OK;
}

static err read_root(const check *k, const char *path, bytes *out)
{
    bytes file;
    err e = file_read(k->session->arena, path, CERT_DER_MAX * 2, &file);
    if (e != ERR_OK)
        return session_file_failed(k->session, e, path);
    *out = file;
    if (pem_decode(k->session->arena, PEM_CERTIFICATE, file, out, NULL) != ERR_OK)
        *out = file;
    return ERR_OK;
}

/* The statement names the size and the root that the file claims, and the key that signed it is certified up to the hospital's root. */
static err check_head(const check *k, const char *root_path)
{
    session *s = k->session;
    const json_t *head = json_object_get(k->head, "head"), *chain = json_object_get(head, "chain");
    const char *text = json_string_value(json_object_get(head, "text"));
    cert by, issuing, root;
    bytes signature, der[3], own;
    int64_t size;
    const char *root_hash = json_string_value(json_object_get(k->head, "root"));
    if (!text || strlen(text) > STATEMENT_MAX || !root_hash || !number_of(k->head, "size", &size) ||
        base64_of(k, json_object_get(head, "signature"), &signature) != ERR_OK || signature.n != 64 ||
        base64_of(k, json_object_get(head, "certificate"), &der[0]) != ERR_OK ||
        base64_of(k, json_array_get(chain, 0), &der[1]) != ERR_OK ||
        base64_of(k, json_array_get(chain, 1), &der[2]) != ERR_OK)
        return broken(k, "head");
    if (cert_parse(&by, der[0]) != ERR_OK || cert_parse(&issuing, der[1]) != ERR_OK ||
        cert_parse(&root, der[2]) != ERR_OK || !issued_by(&by, &issuing) || !issued_by(&issuing, &root) ||
        !issued_by(&root, &root))
        return broken(k, "the chain of certificates");
    const char *begins = arena_printf(s->arena, "yiqian-audit-head/1\nsize=%" PRId64 "\nroot=%s\n", size, root_hash);
    if (!begins)
        return ERR_MEMORY;
    if (strncmp(text, begins, strlen(begins)) != 0 || !(by.key_usage & CERT_DIGITAL_SIGNATURE) || !by.is_sm2)
        return broken(k, "the signed statement says something else");
    uint8_t e[32];
    sm2_digest(e, by.public_key, bytes_of_text(text));
    if (sm2_verify_bytes(by.public_key, e, signature.p) != ERR_OK)
        return broken(k, "the signature on the head");
    if (!root_path)
        return ERR_OK;
    TRY(read_root(k, root_path, &own));
    return bytes_equal(own, der[2]) ? ERR_OK : broken(k, "another root CA");
}

/* ---- rows ---- */

static store_value text_column(const json_t *row, const char *name)
{
    return store_text(json_string_value(json_object_get(row, name)));
}

static err check_row(check *k, const json_t *row)
{
    uint8_t leaf[SM3_SIZE], recorded[SM3_SIZE];
    int64_t sequence, time_ms;
    const char *line = arena_printf(k->session->arena, "line %" PRId64, k->rows + 2);
    if (!number_of(row, "sequence", &sequence) || !number_of(row, "time_ms", &time_ms) ||
        sequence != (int64_t)k->tree.size + 1 || !hash_of(row, "leaf", recorded))
        return broken(k, line);
    const store_value fields[AUDIT_FIELDS] = {
        store_int(sequence),       store_int(time_ms),          text_column(row, "event"),  text_column(row, "outcome"),
        text_column(row, "actor"), text_column(row, "subject"), text_column(row, "origin"), text_column(row, "detail")};
    if (audit_row_leaf(leaf, fields) != ERR_OK || memcmp(leaf, recorded, sizeof leaf) != 0)
        return broken(k, line);
    merkle_append(&k->tree, leaf);
    k->rows++;
    return ERR_OK;
}

/* Subtrees from the left to the right; each begins where the one before it ended. */
static bool take_nodes(merkle *m, const json_t *nodes)
{
    size_t i;
    const json_t *node;
    json_array_foreach(nodes, i, node)
    {
        uint8_t hash[SM3_SIZE];
        int64_t level;
        if (!number_of(node, "level", &level) || level < 0 || level >= 62 || !hash_of(node, "hash", hash) ||
            m->size > INT64_MAX / 2 || m->size % (UINT64_C(1) << level) != 0)
            return false;
        merkle_append_subtree(m, (unsigned)level, hash);
    }
    return true;
}

static err check_lines(check *k, const char *text)
{
    int64_t from, to, size;
    uint8_t root[SM3_SIZE], claimed[SM3_SIZE];
    if (!number_of(k->head, "from", &from) || !number_of(k->head, "to", &to) || !number_of(k->head, "size", &size) ||
        !hash_of(k->head, "root", claimed) || !take_nodes(&k->tree, json_object_get(k->head, "before")) ||
        (int64_t)k->tree.size != from - 1)
        return broken(k, "line 1");
    while (*text) {
        size_t n = strcspn(text, "\n");
        json_t *row = json_loadb(text, n, JSON_REJECT_DUPLICATES, NULL);
        err e = row ? check_row(k, row) : broken(k, "a line that is no JSON");
        json_decref(row);
        TRY(e);
        text += n + (text[n] == '\n');
    }
    if ((int64_t)k->tree.size != to || !take_nodes(&k->tree, json_object_get(k->head, "after")) ||
        (int64_t)k->tree.size != size)
        return broken(k, "rows are missing, or there are too many");
    merkle_root(root, &k->tree);
    return memcmp(root, claimed, sizeof root) == 0 ? ERR_OK : broken(k, "the rows do not give the root of the tree");
}

err audit_verify(session *s, const void *options)
{
    static const phrase good = {"核验通过：这些行自记录以来未被改动", "Verified: these rows are as they were recorded"};
    static const answer_column columns[] = {{{"医院", "Hospital"}, "organisation", ANSWER_TEXT},
                                            {{"从序号", "From No."}, "from", ANSWER_TEXT},
                                            {{"到序号", "To No."}, "to", ANSWER_TEXT},
                                            {{"日志总行数", "Rows in the log"}, "size", ANSWER_TEXT},
                                            {{"树根", "Root"}, "root", ANSWER_TEXT},
                                            {{"导出时间", "Exported at"}, "exported_at", ANSWER_TIME}};
    const audit_verify_options *o = options;
    check k = {.session = s};
    bytes file;
    err e = file_read(s->arena, o->file, FILE_MAX, &file);
    if (e != ERR_OK)
        return session_file_failed(s, e, o->file);
    if (memchr(file.p, 0, file.n))
        return broken(&k, "not a text file");
    const char *text = (const char *)file.p;
    size_t n = strcspn(text, "\n");
    k.head = json_loadb(text, n, JSON_REJECT_DUPLICATES, NULL);
    if (!k.head || json_array_append_new(s->answers, k.head) != 0)
        return broken(&k, "line 1");
    const char *format = json_string_value(json_object_get(k.head, "format"));
    if (!format || strcmp(format, "yiqian-audit/1") != 0)
        return broken(&k, "line 1: not an export of the audit log");
    merkle_init(&k.tree);
    TRY(check_head(&k, o->root));
    TRY(check_lines(&k, text + n + (text[n] == '\n')));
    return answer_done(s, good, k.head, ANSWER_COLUMNS(columns));
}
