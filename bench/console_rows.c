#include "console_rows.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "audit/audit.h"
#include "audit/audit_head.h"
#include "audit/audit_row.h"
#include "audit/merkle.h"
#include "client.h"
#include "console_more.h"
#include "keystore/keystore.h"
#include "os/clock.h"

enum { ROWS_A_TRANSACTION = 200000, GROUP = 50, TABLES = 16, INDEXES_MAX = 128 };
static const int64_t day_ms = 86400000;

/* ---- random numbers: the same ones each time ---- */

static uint64_t seed = UINT64_C(0x9e3779b97f4a7c15);

static uint64_t draw(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}

int64_t console_below(int64_t n)
{
    return (int64_t)(draw() % (uint64_t)n);
}

/* Most are drawn from the first ones: a fifth of the people signs four fifths. */
static int64_t skewed(int64_t n)
{
    return console_below(5) ? console_below(n > 5 ? n / 5 : n) : console_below(n);
}

static void fill(uint8_t *out, size_t n)
{
    for (size_t i = 0; i < n; i += 8) {
        uint64_t x = draw() | UINT64_C(0x0100000000000001);
        memcpy(out + i, &x, n - i < 8 ? n - i : 8);
    }
    out[0] &= 0x7f; /* below the group's order */
    if (n > 32)
        out[32] &= 0x7f;
}

void console_uuid_at(uint8_t id[16], int64_t ms)
{
    fill(id, 16);
    for (int i = 0; i < 6; i++)
        id[i] = (uint8_t)(ms >> (40 - 8 * i));
    id[6] = (uint8_t)(0x70 | (id[6] & 0x0f));
    id[8] = (uint8_t)(0x80 | (id[8] & 0x3f));
}

/* ---- names ---- */

const char *console_department(char out[32], int64_t i)
{
    static const char *const names[] = {"心内科", "呼吸科", "骨科", "普外科", "神经内科", "儿科", "妇产科", "急诊科"};
    (void)snprintf(out, 32, "%s%" PRId64 "区", names[i % 8], i / 8 + 1);
    return out;
}

const char *console_record_type(int64_t i)
{
    static const char *const names[] = {"医嘱", "出院小结", "手术记录", "病程记录", "检验报告", "知情同意书"};
    static char texts[CONSOLE_TYPES][32];
    (void)snprintf(texts[i], sizeof texts[i], "%s%" PRId64, names[i % 6], i / 6 + 1);
    return texts[i];
}

const char *console_name(char out[32], int64_t user)
{
    static const char *const family[] = {"王", "李", "张", "刘", "陈", "杨", "赵", "黄", "周", "吴"};
    static const char *const given[] = {"伟", "芳", "娜", "敏", "静", "强", "磊", "洋", "艳", "勇"};
    /* Of a hundred thousand people a name stands for some: they are numbered so that it is a handful. */
    (void)snprintf(out, 32, "%s%s%s%" PRId64, family[user % 10], given[user / 10 % 10], given[user / 100 % 10],
                   user / 1000 % 20 + user / 20000 * 20);
    return out;
}

/* ---- statements ---- */

static void check(sqlite3 *db, int rc, const char *what)
{
    if (rc != SQLITE_OK && rc != SQLITE_DONE && rc != SQLITE_ROW)
        client_die(what, sqlite3_errmsg(db));
}

void console_rows_run(sqlite3 *db, const char *sql)
{
    check(db, sqlite3_exec(db, sql, NULL, NULL, NULL), sql);
}

static sqlite3_stmt *prepare(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *s;
    check(db, sqlite3_prepare_v2(db, sql, -1, &s, NULL), sql);
    return s;
}

/* One row: i integer, t text, b blob and its size, n NULL. */
static void put(sqlite3_stmt *s, const char *types, ...)
{
    va_list args;
    va_start(args, types);
    for (int i = 0; types[i]; i++) {
        if (types[i] == 'i') {
            (void)sqlite3_bind_int64(s, i + 1, va_arg(args, int64_t));
        } else if (types[i] == 't') {
            (void)sqlite3_bind_text(s, i + 1, va_arg(args, const char *), -1, SQLITE_STATIC);
        } else if (types[i] == 'n') {
            (void)sqlite3_bind_null(s, i + 1);
        } else {
            const void *p = va_arg(args, const void *);
            (void)sqlite3_bind_blob(s, i + 1, p, va_arg(args, int), SQLITE_STATIC);
        }
    }
    va_end(args);
    int rc = sqlite3_step(s);
    check(sqlite3_db_handle(s), rc, sqlite3_sql(s));
    (void)sqlite3_reset(s);
}

sqlite3 *console_rows_open(const char *data_dir)
{
    char path[256];
    sqlite3 *db;
    (void)snprintf(path, sizeof path, "%s/yiqian.db", data_dir);
    if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK)
        client_die("database", path);
    console_rows_run(db, "PRAGMA synchronous = FULL; PRAGMA cache_size = -16384; PRAGMA temp_store = MEMORY");
    return db;
}

/* ---- the rows ---- */

typedef struct person {
    uint8_t id[16], enrolment[16], key[16], device[16], serial[16];
    int64_t department;
} person;

typedef struct maker {
    sqlite3 *db;
    console_size size;
    int64_t now_ms, rows;
    person *people;
    uint8_t systems[CONSOLE_SYSTEMS][16], unit[16];
    uint8_t certificate[4096];
    int certificate_n;
    sqlite3_stmt *task, *signature, *token, *stamp, *audit;
    merkle tree;
    uint8_t mac_key[32];
    int64_t token_n;
} maker;

static void counted(maker *m, int64_t rows)
{
    m->rows += rows;
    if (m->rows < ROWS_A_TRANSACTION)
        return;
    m->rows = 0;
    console_rows_run(m->db, "COMMIT; BEGIN");
}

static void make_people(maker *m)
{
    static const char *const platforms[] = {"android", "android", "ios", "harmony", "web"};
    sqlite3_stmt *user = prepare(
        m->db, "INSERT INTO app_user (id, staff_no, name, state, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?)");
    sqlite3_stmt *place = prepare(m->db, "INSERT INTO user_department (user_id, place, department) VALUES (?, 0, ?)");
    sqlite3_stmt *phone =
        prepare(m->db, "INSERT INTO device (id, platform, name, state, created_at) VALUES (?, ?, ?, 'active', ?)");
    sqlite3_stmt *enrolment = prepare(m->db, "INSERT INTO enrolment (id, user_id, device_id, code_hash, state, tries, "
                                             "created_at, expires_at) VALUES (?, ?, ?, ?, 'enrolled', 0, ?, ?)");
    sqlite3_stmt *key = prepare(
        m->db, "INSERT INTO device_key (id, enrolment_id, user_id, public_key, sealed_share, serial, state, failures, "
               "failures_since_refresh, refreshed_at, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, 0, 0, ?, ?)");
    sqlite3_stmt *certificate =
        prepare(m->db, "INSERT INTO certificate (serial, key_id, user_id, state, certificate, not_before, not_after, "
                       "revoked_at, reason, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    uint8_t random[128];
    int64_t began = m->now_ms - CONSOLE_DAYS * day_ms;
    m->people = calloc((size_t)m->size.users, sizeof *m->people);
    for (int64_t i = 0; i < m->size.users; i++) {
        person *p = &m->people[i];
        char staff[32], name[32], department[32];
        int64_t at = began + i;
        console_uuid_at(p->id, at);
        console_uuid_at(p->device, at);
        console_uuid_at(p->enrolment, at);
        console_uuid_at(p->key, at);
        fill(p->serial, 16);
        fill(random, sizeof random);
        random[0] = 4;
        p->department = console_below(m->size.departments);
        (void)snprintf(staff, sizeof staff, "U%06" PRId64, i);
        bool revoked = i % 50 == 7, active = i % 100 != 9;
        put(user, "btttii", p->id, 16, staff, console_name(name, i), active ? "active" : "suspended", at, at);
        put(place, "bt", p->id, 16, console_department(department, p->department));
        put(phone, "btti", p->device, 16, platforms[i % 5], "测试手机", at);
        put(enrolment, "bbbbii", p->enrolment, 16, p->id, 16, p->device, 16, random, 32, at, at);
        put(key, "bbbbbbtii", p->key, 16, p->enrolment, 16, p->id, 16, random, 65, random, 96, p->serial, 16,
            revoked ? "destroyed" : "active", at, at);
        put(certificate, revoked ? "bbbtbiiiii" : "bbbtbiinni", p->serial, 16, p->key, 16, p->id, 16,
            revoked ? "revoked" : "active", m->certificate, m->certificate_n, at, m->now_ms + 300 * day_ms,
            revoked ? m->now_ms - day_ms : at, (int64_t)4, at);
        counted(m, 6);
    }
    sqlite3_stmt *all[] = {user, place, phone, enrolment, key, certificate};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        (void)sqlite3_finalize(all[i]);
    sqlite3_stmt *system =
        prepare(m->db, "INSERT INTO system (id, name, scopes, state, created_at) VALUES (?, ?, 'tasks', 'active', ?)");
    for (int i = 0; i < CONSOLE_SYSTEMS; i++) {
        char name[32];
        (void)snprintf(name, sizeof name, "业务系统%02d", i);
        console_uuid_at(m->systems[i], began + i);
        put(system, "bti", m->systems[i], 16, name, began);
    }
    (void)sqlite3_finalize(system);
}

static const char *named(char out[64], const char *kind, const uint8_t id[16])
{
    char text[UUID_TEXT];
    uuid_encode(text, id);
    (void)snprintf(out, 64, "%s:%s", kind, text);
    return out;
}

typedef struct act {
    const char *event, *outcome, *actor, *subject, *origin, *detail;
} act;

static void audit_row(maker *m, int64_t at, const act *a)
{
    uint8_t leaf[SM3_SIZE];
    int64_t sequence = (int64_t)m->tree.size + 1;
    store_value columns[AUDIT_FIELDS] = {store_int(sequence),    store_int(at),        store_text(a->event),
                                         store_text(a->outcome), store_text(a->actor), store_text(a->subject),
                                         store_text(a->origin),  store_text(a->detail)};
    client_must(audit_row_leaf(leaf, columns), "audit row");
    put(m->audit, "iittttttb", sequence, at, a->event, a->outcome, a->actor, a->subject, a->origin, a->detail, leaf,
        SM3_SIZE);
    merkle_append(&m->tree, leaf);
    counted(m, 1);
}

static const char *origin_of(char out[32], int64_t i)
{
    (void)snprintf(out, 32, "10.%d.%d.%d", (int)(i / 50000 + 1), (int)(i / 250 % 200), (int)(i % 250 + 1));
    return out;
}

/* Of every so many signatures: what a person is refused, and what operators do. */
static void make_acts(maker *m, int64_t at, int64_t i)
{
    static const char *const refusals[] = {"pin_wrong", "forbidden", "conflict", "rate_limited"};
    static const char *const acts[] = {"user.update",        "enrolment.offer", "key.unlock",   "console.login",
                                       "certificate.revoke", "policy.update",   "audit.export", "operator.update",
                                       "backup.made",        "system.update"};
    char actor[64], subject[64], origin[32];
    const person *p = &m->people[console_below(m->size.users)];
    if (i % 50 == 1)
        audit_row(m, at,
                  &(act){"task.sign", refusals[console_below(4)], named(actor, "device", p->enrolment),
                         named(subject, "user", p->id), origin_of(origin, p - m->people), NULL});
    if (i % 100 == 2)
        audit_row(
            m, at,
            &(act){acts[console_below(console_below(20) ? 4 : 10)], console_below(30) ? "ok" : "not_found",
                   named(actor, "operator", m->people[console_below(m->size.users < 200 ? m->size.users : 200)].device),
                   named(subject, "user", p->id), origin_of(origin, console_below(200)), "{}"});
}

/* One task; signed at `at`, or ended in another way (state). */
static void make_task(maker *m, int64_t at, const char *state)
{
    static const char *const methods[] = {"pin", "pin", "pin", "fingerprint", "fingerprint"};
    static const char *const titles[] = {"长期医嘱",       "临时医嘱", "出院小结",
                                         "手术知情同意书", "病程记录", "检验报告审核"};
    const person *p = &m->people[skewed(m->size.users)];
    int64_t made = at - 1000 - console_below(console_below(4) ? 600000 : 8 * 3600000),
            type = console_below(CONSOLE_TYPES);
    const uint8_t *system = m->systems[skewed(CONSOLE_SYSTEMS)];
    bool is_signed = strcmp(state, "signed") == 0 || strcmp(state, "withdrawn") == 0;
    uint8_t id[16], random[128];
    char reference[32], title[96], department[32], who[64], subject[64], from[32];
    console_uuid_at(id, made);
    fill(random, sizeof random);
    /* Rare on purpose: whoever looks for it has to go through much. */
    int64_t patient = console_below(400000);
    (void)snprintf(reference, sizeof reference, "ZY%07" PRId64, patient);
    (void)snprintf(title, sizeof title, "%s %s", titles[type % 6], draw() % 500000 == 0 ? "罕见病例" : "住院患者");
    (void)console_department(department,
                             console_below(20) ? p->department : m->size.departments - 1 - console_below(3));
    put(m->task, "bbbtttbtiiit", id, 16, system, 16, p->id, 16, title, console_record_type(type), reference, random, 32,
        department, made, made + 7 * day_ms, strcmp(state, "withdrawn") == 0 ? at + 3600000 : at, state);
    act a = {"task.create", "ok", named(who, "system", system), named(subject, "task", id), "10.0.0.9", NULL};
    audit_row(m, made, &a);
    a = (act){"task.claim", "ok", named(who, "device", p->enrolment), subject, origin_of(from, p - m->people), NULL};
    if (is_signed)
        audit_row(m, at - 50, &a);
    a.event = is_signed ? "task.sign" : "task.decline";
    audit_row(m, at, &a);
    counted(m, 1);
    if (!is_signed)
        return;
    put(m->signature, "bbbbbbbti", id, 16, p->id, 16, p->key, 16, random, 16, p->serial, 16, random + 16, 32,
        random + 32, 64, methods[console_below(5)], at);
    uint8_t serial[20];
    fill(serial, sizeof serial);
    for (int i = 0; i < 6; i++)
        serial[i + 1] = (uint8_t)(at >> (40 - 8 * i));
    put(m->token, "bbibbti", serial, 20, m->unit, 16, at * 1000, random, 32, random + 32, 64,
        named(who, "system", system), m->token_n++ / 2048);
    put(m->stamp, "bbi", id, 16, serial, 20, at);
    counted(m, 3);
}

/* Days are busy from eight to six, and a little at night. */
static int64_t time_of(int64_t i, const maker *m)
{
    int64_t per_day = m->size.signatures / CONSOLE_DAYS + 1, day = i / per_day, place = i % per_day;
    int64_t zone = 8 * 3600000, first = (m->now_ms + zone) / day_ms - CONSOLE_DAYS + 1;
    int64_t in_day = place * 10 < per_day ? place * 8 * 36000000 / per_day
                                          : 8 * 3600000 + (place * 10 - per_day) * 10 * 360000 / per_day * 10 / 9;
    int64_t at = (first + day) * day_ms - zone + in_day;
    return at < m->now_ms ? at : m->now_ms - (m->size.signatures - i);
}

static void make_records(maker *m, console_figures *out)
{
    static const char *const ends[] = {"declined", "cancelled", "expired"};
    m->task =
        prepare(m->db, "INSERT INTO task (id, system_id, signer, form, title, description, record_type, reference, "
                       "media_type, digest, department, state, created_at, expires_at, finished_at) VALUES (?1, ?2, "
                       "?3, 'digest', ?4, '', ?5, ?6, 'application/pdf', ?7, ?8, ?12, ?9, ?10, ?11)");
    m->signature = prepare(m->db, "INSERT INTO signature (task_id, signer, key_id, sid, serial, e, rs, form, method, "
                                  "failures_before, signed_at) VALUES (?, ?, ?, ?, ?, ?, ?, 'digest', ?, 0, ?)");
    m->token = prepare(
        m->db,
        "INSERT INTO token (serial, unit_id, gm, demonstration, certificates, time_us, accuracy_us, hash, imprint, "
        "client, origin, signature, block) VALUES (?1, ?2, 0, 1, 0, ?3, 1000, 'sm3', ?4, ?6, '10.1.2.3', ?5, ?7)");
    m->stamp = prepare(m->db, "INSERT INTO signature_stamp (task_id, serial, asked_at) VALUES (?, ?, ?)");
    m->audit = prepare(m->db, "INSERT INTO audit (sequence, time_ms, event, outcome, actor, subject, origin, detail, "
                              "leaf) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");
    for (int64_t i = 0; i < m->size.signatures; i++) {
        int64_t at = time_of(i, m);
        make_task(m, at, i % 400 == 3 ? "withdrawn" : "signed");
        if (i % 25 == 0) {
            make_task(m, at, ends[i / 25 % 3]);
            out->others++;
        }
        make_acts(m, at, i);
    }
    sqlite3_stmt *all[] = {m->task, m->signature, m->token, m->stamp, m->audit};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        (void)sqlite3_finalize(all[i]);
}

/* ---- the whole ---- */

/* Indexes are made when all rows are there. */
static size_t take_indexes(sqlite3 *db, char *sql[INDEXES_MAX])
{
    char names[INDEXES_MAX][64];
    size_t n = 0;
    sqlite3_stmt *s = prepare(db, "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL");
    while (sqlite3_step(s) == SQLITE_ROW && n < INDEXES_MAX) {
        (void)snprintf(names[n], sizeof names[n], "%s", (const char *)sqlite3_column_text(s, 0));
        sql[n++] = strdup((const char *)sqlite3_column_text(s, 1));
    }
    (void)sqlite3_finalize(s);
    for (size_t i = 0; i < n; i++) {
        char drop[80];
        (void)snprintf(drop, sizeof drop, "DROP INDEX %.60s", names[i]);
        console_rows_run(db, drop);
    }
    return n;
}

static void read_blob(sqlite3 *db, const char *sql, void *out, size_t max, int *n)
{
    sqlite3_stmt *s = prepare(db, sql);
    if (sqlite3_step(s) != SQLITE_ROW || (size_t)sqlite3_column_bytes(s, 0) > max)
        client_die(sql, "no row that fits");
    *n = sqlite3_column_bytes(s, 0);
    memcpy(out, sqlite3_column_blob(s, 0), (size_t)*n);
    (void)sqlite3_finalize(s);
}

/* The tree as the server left it. */
static void read_tree(maker *m)
{
    sqlite3_stmt *s = prepare(m->db, "SELECT leaf FROM audit ORDER BY sequence");
    merkle_init(&m->tree);
    while (sqlite3_step(s) == SQLITE_ROW)
        merkle_append(&m->tree, sqlite3_column_blob(s, 0));
    (void)sqlite3_finalize(s);
}

static void write_head(maker *m)
{
    uint8_t root[SM3_SIZE], mac[SM3_SIZE];
    merkle_root(root, &m->tree);
    audit_head_mac(mac, m->mac_key, m->tree.size, root);
    sqlite3_stmt *s = prepare(m->db, "UPDATE audit_head SET size = ?, root = ?, mac = ? WHERE id = 1");
    put(s, "ibb", (int64_t)m->tree.size, root, SM3_SIZE, mac, SM3_SIZE);
    (void)sqlite3_finalize(s);
}

void console_rows_make(const char *data_dir, console_size size, int64_t now_ms, console_figures *out)
{
    static maker m;
    char *indexes[INDEXES_MAX], path[256];
    keystore *k;
    struct stat status;
    int unit_n;
    uint64_t began = clock_monotonic_ns();
    m = (maker){.db = console_rows_open(data_dir), .size = size, .now_ms = now_ms};
    *out = (console_figures){0};
    client_must(keystore_open(&k, data_dir, false, &client_rng), "key store");
    keystore_derive(k, AUDIT_KEY_PURPOSE, m.mac_key);
    keystore_close(k);
    console_rows_run(m.db, "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -1000000; PRAGMA "
                           "locking_mode = EXCLUSIVE");
    read_blob(m.db, "SELECT certificate FROM ca WHERE name = 'issuing'", m.certificate, sizeof m.certificate,
              &m.certificate_n);
    read_blob(m.db, "SELECT id FROM tsa_unit LIMIT 1", m.unit, sizeof m.unit, &unit_n);
    read_tree(&m);
    size_t n = take_indexes(m.db, indexes);
    console_rows_run(m.db, "DELETE FROM statistics_state"); /* as before the migration */
    console_rows_run(m.db, "BEGIN");
    make_people(&m);
    make_records(&m, out);
    console_more_make(m.db, (100000 + size.users - 1) / size.users, now_ms);
    /* What the server counted while the years went by. */
    console_rows_run(
        m.db,
        "INSERT INTO token_hour (hour, unit_id, client, tokens) SELECT time_us / 3600000000, unit_id, client, count(*) "
        "FROM token WHERE time_us / 3600000000 < (SELECT max(time_us) FROM token) / 3600000000 GROUP BY 1, 2, 3");
    write_head(&m);
    console_rows_run(m.db, "COMMIT");
    for (size_t i = 0; i < n; i++) {
        console_rows_run(m.db, indexes[i]);
        free(indexes[i]);
    }
    console_rows_run(m.db, "PRAGMA locking_mode = NORMAL; PRAGMA journal_mode = WAL");
    check(m.db, sqlite3_close(m.db), "close");
    free(m.people);
    (void)snprintf(path, sizeof path, "%s/yiqian.db", data_dir);
    out->bytes = stat(path, &status) == 0 ? status.st_size : 0;
    out->audit = (int64_t)m.tree.size;
    out->seconds = (double)(clock_monotonic_ns() - began) / 1e9;
}

/* ---- what writing costs ---- */

typedef struct written {
    uint8_t signer[16], key[16], serial[16], system[16];
} written;

static written somebody(sqlite3 *db)
{
    written w;
    int n;
    read_blob(db, "SELECT user_id FROM device_key LIMIT 1", w.signer, 16, &n);
    read_blob(db, "SELECT id FROM device_key LIMIT 1", w.key, 16, &n);
    read_blob(db, "SELECT serial FROM certificate LIMIT 1", w.serial, 16, &n);
    read_blob(db, "SELECT id FROM system LIMIT 1", w.system, 16, &n);
    return w;
}

console_cost console_rows_sign(sqlite3 *db, int64_t n, int64_t now_ms)
{
    static const char *const sql[] = {
        "INSERT INTO task (id, system_id, signer, form, title, description, record_type, reference, media_type, "
        "digest, department, state, created_at, expires_at) VALUES (?1, ?2, ?3, 'digest', 'bench', '', '医嘱1', "
        "'bench', 'application/pdf', ?4, '心内科1区', 'pending', ?5, ?5 + 86400000)",
        "UPDATE task SET state = 'claimed', claim_key = ?2, claim_sid = ?1, claim_until = ?3 + 60000 WHERE id = ?1 AND "
        "(state = 'pending' OR (state = 'claimed' AND claim_until <= ?3))",
        "INSERT INTO claim (key_id, sid, item, subject, e, attributes, claimed_at, method) VALUES (?2, ?1, 0, ?1, ?3, "
        "NULL, ?4, 'pin')",
        "UPDATE task SET state = 'signed', finished_at = ?3 WHERE id = ?1 AND claim_key = ?2 AND claim_sid = ?1 AND "
        "state IN ('claimed', 'pending') AND (claim_until > ?3 OR expires_at > ?3)",
        "INSERT INTO signature (task_id, signer, key_id, sid, serial, e, rs, form, method, failures_before, signed_at) "
        "VALUES (?1, ?2, ?3, ?1, ?4, ?5, ?6, 'digest', 'pin', 0, ?7)",
        "INSERT INTO audit (sequence, time_ms, event, outcome, actor, subject, origin, detail, leaf) VALUES ((SELECT "
        "max(sequence) + 1 FROM audit), ?1, 'task.sign', 'ok', ?2, ?2, '10.1.2.3', NULL, ?3)"};
    enum { STATEMENTS = sizeof sql / sizeof *sql };
    sqlite3_stmt *s[STATEMENTS];
    const written w = somebody(db);
    uint8_t id[16], random[64];
    char subject[64];
    for (int i = 0; i < STATEMENTS; i++)
        s[i] = prepare(db, sql[i]);
    uint64_t began = clock_monotonic_ns(), cpu = clock_thread_cpu_ns();
    for (int64_t i = 0; i < n; i++) {
        if (i % GROUP == 0)
            console_rows_run(db, i ? "COMMIT; BEGIN IMMEDIATE" : "BEGIN IMMEDIATE");
        console_uuid_at(id, now_ms + i);
        fill(random, sizeof random);
        named(subject, "task", id);
        put(s[0], "bbbbi", id, 16, w.system, 16, w.signer, 16, random, 32, now_ms + i);
        put(s[1], "bbi", id, 16, w.key, 16, now_ms + i);
        put(s[2], "bbbi", id, 16, w.key, 16, random, 32, now_ms + i);
        put(s[3], "bbi", id, 16, w.key, 16, now_ms + i);
        put(s[4], "bbbbbbi", id, 16, w.signer, 16, w.key, 16, w.serial, 16, random, 32, random, 64, now_ms + i);
        for (int k = 0; k < 3; k++)
            put(s[5], "itb", now_ms + i, subject, random, 32);
    }
    console_rows_run(db, "COMMIT");
    console_cost cost = {(double)(clock_monotonic_ns() - began) / 1e9, (double)(clock_thread_cpu_ns() - cpu) / 1e9};
    for (int i = 0; i < STATEMENTS; i++)
        (void)sqlite3_finalize(s[i]);
    return cost;
}
