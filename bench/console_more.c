#include "console_more.h"

#include <inttypes.h>
#include <stdio.h>

#include "client.h"
#include "console_rows.h"

/* Each statement makes ?1 rows, numbered i from 0; ?2 is the present time. Ids and numbers come from functions of the connection (below, uuid_at). */
#define ROWS "WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?1) "
#define DAY "86400000"
#define SOMEBODY                                                                                                       \
    "(SELECT id FROM app_user WHERE staff_no = printf('U%06d', (i * 7919) % (SELECT count(*) FROM app_user)))"
#define OPERATOR(k) "(SELECT id FROM operator WHERE rowid = (i + " k ") % (SELECT count(*) FROM operator) + 1)"

static const struct {
    int64_t rows; /* 0: once, not a row of each */
    const char *sql;
} statements[] = {
    /* People come and go over the years; so do their phones and certificates. */
    {0, "UPDATE certificate SET created_at = ?2 - below(730 * " DAY ") - 1000"},
    {0, "UPDATE certificate SET not_before = created_at, not_after = CASE WHEN created_at < ?2 - 365 * " DAY
        " THEN ?2 + below(365 * " DAY ") ELSE created_at + 365 * " DAY " + 1000000 END, revoked_at = "
        "CASE WHEN state = 'revoked' THEN created_at + (?2 - created_at) / 2 END"},
    {0,
     "UPDATE certificate SET state = 'frozen', revoked_at = ?2 - below(" DAY "), reason = 6 WHERE state = 'active' AND "
     "below(200) = 0"},
    {0,
     "UPDATE device_key SET used_at = ?2 - below(400 * " DAY "), state = CASE WHEN state <> 'active' THEN state WHEN "
     "below(100) = 0 THEN 'locked' WHEN below(100) = 0 THEN 'frozen' ELSE state END"},
    /* What a renewal left behind. */
    {0,
     "INSERT INTO certificate (serial, key_id, user_id, state, certificate, not_before, not_after, created_at) SELECT "
     "randomblob(16), key_id, user_id, 'superseded', certificate, not_before - 365 * " DAY ", not_before + " DAY
     ", created_at - 365 * " DAY " FROM certificate WHERE below(5) = 0"},
    {100000,
     ROWS "INSERT INTO user_alias (system_id, external_id, user_id) SELECT (SELECT id FROM system ORDER BY id LIMIT "
          "1), printf('HIS%06d', i), " SOMEBODY " FROM n WHERE " SOMEBODY " IS NOT NULL"},
    /* Callbacks are kept for 30 days. */
    {0,
     "INSERT INTO callback_endpoint (id, system_id, kind, place, url, events, sealed_secret, state, created_at) SELECT "
     "uuid_at(?2), id, 'system', 1, 'https://127.0.0.1:9/callback', 255, randomblob(60), 'suspended', ?2 FROM system"},
    {300000, ROWS
     "INSERT INTO callback (id, endpoint_id, subject, sequence, event, happened_at, state, tries, queued_at, "
     "next_at, finished_at, last_status) SELECT uuid_at(?2 - (?1 - i) * (30 * " DAY " / ?1)), (SELECT id FROM "
     "callback_endpoint WHERE rowid = i % 20 + 1), randomblob(16), i, CASE i % 10 WHEN 0 THEN 'task.declined' WHEN "
     "1 THEN 'task.stamped' ELSE 'task.signed' END, ?2 - (?1 - i) * (30 * " DAY " / ?1), CASE WHEN i % 500 = 0 "
     "THEN 'failed' ELSE 'delivered' END, 1, ?2 - (?1 - i) * (30 * " DAY " / ?1), 0, ?2 - (?1 - i) * (30 * " DAY
     " / ?1) + 100, CASE WHEN i % 500 = 0 THEN 500 ELSE 200 END FROM n"},
    {2000, ROWS
     "INSERT INTO workstation (id, name, place, code_hash, tries, state, created_at, expires_at) SELECT uuid_at(?2 "
     "- 600 * " DAY " + i), printf('工作站%04d', i), printf('%d号楼', i % 9), randomblob(32), 0, 'active', ?2, ?2 "
     "FROM n"},
    {200000,
     ROWS "INSERT INTO authorisation (id, workstation_id, key_id, user_id, pk_w, scope, count_left, method, state, "
          "created_at, approved_at, expires_at, closed_at) SELECT uuid_at(?2 - (?1 - i) * 300000), (SELECT id FROM "
          "workstation WHERE rowid = i % (SELECT count(*) FROM workstation) + 1), k.id, k.user_id, "
          "randomblob(65), NULL, 0, 'pin', CASE i % 3 WHEN 0 THEN 'expired' WHEN 1 THEN 'closed' ELSE 'exhausted' "
          "END, ?2 - (?1 - i) * 300000, ?2 - (?1 - i) * 300000, ?2 - (?1 - i) * 300000 + 28800000, ?2 - (?1 - i) * "
          "300000 + 28800000 FROM n JOIN device_key k ON k.rowid = i % (SELECT count(*) FROM device_key) + 1"},
    {200, ROWS
     "INSERT INTO operator (id, user_id, role, state, version, created_at, updated_at) SELECT uuid_at(?2 - 700 * " DAY
     " + i), id, 'auditor', 'active', 1, ?2, ?2 FROM n JOIN app_user ON staff_no = printf('U%06d', i) WHERE state = "
     "'active'"},
    {50000,
     ROWS "INSERT INTO console_session (id, operator_id, secret_hash, method, origin, created_at, seen_at, expires_at, "
          "ended_at) SELECT uuid_at(?2 - (?1 - i) * 1000000), " OPERATOR(
              "0") ", randomblob(32), 'scan', '10.1.2.3', "
                   "?2 - i, ?2 - i, ?2 + " DAY ", CASE WHEN i + 400 < ?1 THEN ?2 - i END FROM n"},
    {5000, ROWS
     "INSERT INTO operator_token (id, name, secret_hash, scopes, state, created_at, expires_at, made_by) SELECT "
     "printf('token%05d', i), '统计', randomblob(32), 'auditor', CASE WHEN i % 10 THEN 'revoked' ELSE 'active' END, ?2 "
     "- i * 1000000, ?2 + " DAY ", " OPERATOR("3") " FROM n"},
    {20000, ROWS
     "INSERT INTO approval (id, act, method, target, sealed_request, asked_by, decided_by, state, created_at, "
     "expires_at, decided_at) SELECT uuid_at(?2 - (?1 - i) * 3000000), 'operator.create', 'POST', '/v1/operators', "
     "randomblob(200), " OPERATOR("0") ", " OPERATOR("7") ", CASE i % 4 WHEN 0 THEN 'rejected' WHEN 1 THEN "
                                                          "'expired' ELSE 'withdrawn' END, ?2 - (?1 - i) * 3000000, ?2 "
                                                          "- (?1 - i) * 3000000, ?2 - (?1 - i) * 3000000 "
                                                          "FROM n"},
    {50000,
     ROWS "INSERT INTO alarm (id, kind, subject, severity, state, value, count, opened_at, seen_at, closed_at) SELECT "
          "uuid_at(?2 - (?1 - i) * 600000), 'certificates', printf('%d', i), 'warning', CASE WHEN i % 1000 THEN "
          "'closed' ELSE 'acknowledged' END, '{}', 3, ?2 - (?1 - i) * 600000, ?2 - (?1 - i) * 600000, CASE WHEN i % "
          "1000 THEN ?2 - (?1 - i) * 600000 END FROM n"},
    {2000, ROWS
     "INSERT INTO backup (id, scope, cause, state, file, size, digest, made_by, created_at, finished_at) SELECT "
     "uuid_at(?2 - (?1 - i) * 40000000), 'all', 'scheduled', CASE WHEN i % 4 THEN 'removed' ELSE 'failed' END, "
     "printf('b%d.yqb', i), 1, randomblob(32), 'server', ?2 - (?1 - i) * 40000000, ?2 - (?1 - i) * 40000000 FROM n"},
    {100000,
     ROWS "INSERT OR IGNORE INTO token_refusal (hour, client, reason, refusals) SELECT ?2 / 3600000 - i / 6, "
          "printf('10.1.%d.%d', i % 6, i % 250), CASE i % 3 WHEN 0 THEN 'badAlg' ELSE 'rate_limited' END, 3 FROM n"},
    /* A minute's row for 30 days, an hour's for a year. */
    {43200,
     ROWS "INSERT OR IGNORE INTO monitor_minute SELECT 'bench', ?2 / 60000 * 60000 - i * 60000, " /* 28 figures */
          "below(100), below(100), 1, 2, 3, 4, 5, 6, 7, 8, 40, 9, 10, 11, 12, 13, 14, 15, 0, below(50), below(90), 99, "
          "0, 0, 10, 0, 12, 12 FROM n"},
    {8784,
     ROWS "INSERT OR IGNORE INTO monitor_hour SELECT 'bench', ?2 / 3600000 * 3600000 - (i + 720) * 3600000, "
          "below(100), below(100), 1, 2, 3, 4, 5, 6, 7, 8, 40, 9, 10, 11, 12, 13, 14, 15, 0, below(50), below(90), 99, "
          "0, 0, 10, 0, 12, 12 FROM n"},
};

static void below(sqlite3_context *context, int n, sqlite3_value **values)
{
    (void)n;
    sqlite3_result_int64(context, console_below(sqlite3_value_int64(values[0])));
}

static void uuid_at(sqlite3_context *context, int n, sqlite3_value **values)
{
    uint8_t id[16];
    (void)n;
    console_uuid_at(id, sqlite3_value_int64(values[0]));
    sqlite3_result_blob(context, id, sizeof id, SQLITE_TRANSIENT);
}

void console_more_make(sqlite3 *db, int64_t scale, int64_t now_ms)
{
    (void)sqlite3_create_function(db, "below", 1, SQLITE_UTF8, NULL, below, NULL, NULL);
    (void)sqlite3_create_function(db, "uuid_at", 1, SQLITE_UTF8, NULL, uuid_at, NULL, NULL);
    for (size_t k = 0; k < sizeof statements / sizeof *statements; k++) {
        sqlite3_stmt *s;
        int64_t rows = statements[k].rows / scale;
        if (sqlite3_prepare_v2(db, statements[k].sql, -1, &s, NULL) != SQLITE_OK)
            client_die(statements[k].sql, sqlite3_errmsg(db));
        (void)sqlite3_bind_int64(s, 1, rows > 20 ? rows : 20);
        (void)sqlite3_bind_int64(s, 2, now_ms);
        if (sqlite3_step(s) != SQLITE_DONE)
            client_die(statements[k].sql, sqlite3_errmsg(db));
        (void)sqlite3_finalize(s);
    }
}
