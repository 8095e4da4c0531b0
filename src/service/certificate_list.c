#include <string.h>

#include "base/text.h"
#include "service/certificate_row.h"
#include "service/column.h"
#include "service/internal.h"
#include "service/like.h"

/* ---- the search ---- */

/* The serials that begin so, as a range: whole octets of at least two. Where it is no beginning of one, the range is empty. */
static err serial_range(call *c, const char *q, store_value *from, store_value *until)
{
    size_t n = strlen(q) / 2;
    uint8_t *low = arena_alloc(c->arena, n + 1), *high = arena_alloc(c->arena, n + CERT_SERIAL_MAX + 1);
    *from = *until = store_blob("", 0);
    if (!low || !high)
        return ERR_MEMORY;
    if (n < 2 || n > CERT_SERIAL_MAX || hex_decode(low, n, q, 2 * n) != ERR_OK ||
        strspn(q, "0123456789abcdefABCDEF") != strlen(q))
        return ERR_OK;
    /* Behind a beginning of nothing but FF comes what is longer than any serial. */
    memset(high, 0xff, CERT_SERIAL_MAX + 1);
    memcpy(high, low, n);
    size_t last = n;
    while (last > 0 && high[last - 1] == 0xff)
        last--;
    if (last > 0)
        high[last - 1]++;
    *from = store_blob(low, n);
    *until = store_blob(high, last > 0 ? last : CERT_SERIAL_MAX + 1);
    return ERR_OK;
}

/* ---- the page ---- */

/* Where a listing goes on. Serials are random, so within a millisecond it is in their order. */
static err list_start(call *c, const certificate_filter *filter, store_value *time, store_value *serial)
{
    certificate_view last;
    bool newest = filter->order == CERTIFICATES_NEWEST;
    *time = store_int(newest ? INT64_MAX : INT64_MIN);
    *serial = store_blob("", 0);
    if (filter->after.n == 0)
        return ERR_OK;
    if (certificate_show(c, filter->after, &last) != ERR_OK)
        return fault_field(&c->fault, ERR_FIELD_VALUE, "after");
    *time = store_int(filter->order == CERTIFICATES_EXPIRY ? last.not_after_ms : last.created_ms);
    *serial = store_blob(filter->after.p, filter->after.n);
    return ERR_OK;
}

/* Whom the pattern means is found once. Which ones the page has is found in an index that holds all that is looked at (the signs keep it to that
 * one): a certificate's row is wide. */
#define MATCHES                                                                                                        \
    "AND (+c.user_id = $3 OR $3 IS NULL) AND (+c.state = $4 OR $4 IS NULL) AND (+c.profile = $5 OR $5 IS NULL) "       \
    "AND (+c.not_after < $6 OR $6 = 0) AND ($7 IS NULL OR +c.user_id IN (SELECT p.id FROM app_user p WHERE "           \
    "lower(p.staff_no) LIKE $7 ESCAPE '!' OR lower(p.name) LIKE $7 ESCAPE '!') OR (+c.serial >= $8 AND +c.serial "     \
    "< $9)) "
#define PAGE(time, behind, order)                                                                                      \
    "SELECT NULL" CERTIFICATE_COLUMNS "WHERE c.serial IN (SELECT c.serial FROM certificate c WHERE (c." time           \
    " " behind " $1 OR (c." time " = $1 AND c.serial " behind " $2)) " MATCHES "ORDER BY c." time order                \
    ", c.serial" order " LIMIT $10) ORDER BY c." time order ", c.serial" order

static err query(call *c, const certificate_filter *filter, const store_value params[10], store_result *rows)
{
    store *s = c->service->options.store;
    switch (filter->order) {
    case CERTIFICATES_NEWEST:
        return store_query(s, c->arena, rows, PAGE("created_at", "<", " DESC"), params, 10);
    case CERTIFICATES_EXPIRY:
        return store_query(s, c->arena, rows, PAGE("not_after", ">", ""), params, 10);
    default:
        return store_query(s, c->arena, rows, PAGE("created_at", ">", ""), params, 10);
    }
}

err certificate_list(call *c, const certificate_filter *filter, const certificate_view **out, size_t *n)
{
    store_result rows;
    const char *like = NULL;
    store_value params[10] = {[2] = store_id(filter->user_id),   [3] = store_text(filter->state),
                              [4] = store_text(filter->profile), [5] = store_int(filter->expires_before_ms),
                              [7] = store_blob("", 0),           [8] = store_blob("", 0),
                              [9] = store_int(filter->limit)};
    if (filter->q) {
        if (utf8_length(filter->q, strlen(filter->q)) > CERTIFICATE_Q_MAX)
            return fault_field(&c->fault, ERR_FIELD_LENGTH, "q");
        like = like_contains(c->arena, filter->q, strlen(filter->q));
        if (!like)
            return ERR_MEMORY;
        TRY(serial_range(c, filter->q, &params[7], &params[8]));
    }
    params[6] = store_text(like);
    TRY(list_start(c, filter, &params[0], &params[1]));
    TRY(query(c, filter, params, &rows));
    certificate_view *certificates = arena_alloc(c->arena, rows.rows * sizeof *certificates);
    if (!certificates)
        return ERR_MEMORY;
    for (size_t i = 0; i < rows.rows; i++)
        TRY(certificate_read_row(rows.values + i * rows.columns, c->now_ms, &certificates[i]));
    *out = certificates;
    *n = rows.rows;
    return ERR_OK;
}
