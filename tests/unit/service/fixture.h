/* A whole server below HTTP, in a directory of its own: real database, key store, audit log and CA. The time of a call is the
 * test's to set. */
#ifndef YIQIAN_TESTS_SERVICE_FIXTURE_H
#define YIQIAN_TESTS_SERVICE_FIXTURE_H

#include <dirent.h>
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "asn1/name.h"
#include "os/clock.h"
#include "os/entropy.h"
#include "os/log.h"
#include "service/audit_log.h"
#include "service/certificate.h"
#include "service/internal.h"
#include "service/user.h"
#include "unit/scratch_name.h"

#define FIXTURE_URL "http://127.0.0.1:8970"
#define FIXTURE_ORGANISATION "示例医院"

typedef struct fixture {
    char dir[64];
    entropy rng;
    store *store;
    keystore *keystore;
    audit *audit;
    service *service;
    arena *arena;
    int64_t now_ms;
    call c;
} fixture;

/* Opens the server over the fixture's directory, as at a start of the program. */
static inline void fixture_open(fixture *f)
{
    char path[128], pads[128];
    uint8_t key[32];
    snprintf(path, sizeof path, "%s/yiqian.db", f->dir);
    snprintf(pads, sizeof pads, "%s/authorisations", f->dir);
    assert_int_equal(store_open(&f->store, &(store_options){path, 2, 64}), ERR_OK);
    assert_int_equal(keystore_open(&f->keystore, f->dir, true, &f->rng), ERR_OK);
    keystore_derive(f->keystore, AUDIT_KEY_PURPOSE, key);
    assert_int_equal(audit_open(&f->audit, f->store, key, true), ERR_OK);
    assert_int_equal(service_open(&f->service, &(service_options){.store = f->store,
                                                                  .audit = f->audit,
                                                                  .keystore = f->keystore,
                                                                  .rng = f->rng,
                                                                  .public_url = FIXTURE_URL,
                                                                  .organisation = FIXTURE_ORGANISATION,
                                                                  .certificate_days = 365,
                                                                  .crl_hours = 24,
                                                                  .authorisations_dir = pads}),
                     ERR_OK);
}

static inline void fixture_close(fixture *f)
{
    service_close(f->service);
    audit_close(f->audit);
    store_close(f->store);
    keystore_close(f->keystore);
    f->service = NULL;
    f->audit = NULL;
    f->store = NULL;
    f->keystore = NULL;
}

static inline void fixture_init(fixture *f)
{
    memset(f, 0, sizeof *f);
    log_set_level(LOG_ERROR);
    scratch_name(f->dir, sizeof f->dir);
    assert_non_null(mkdtemp(f->dir));
    f->rng = (entropy){os_entropy_fill, NULL};
    f->arena = arena_create(16 << 20);
    assert_non_null(f->arena);
    fixture_open(f);
    f->now_ms = clock_unix_ms();
}

/* The directory with its files. */
static inline void fixture_remove_dir(const char *dir)
{
    DIR *d = opendir(dir);
    for (struct dirent *entry; d && (entry = readdir(d));) {
        char path[512];
        snprintf(path, sizeof path, "%s/%s", dir, entry->d_name);
        if (entry->d_name[0] != '.')
            unlink(path);
    }
    if (d)
        closedir(d);
    rmdir(dir);
}

static inline void fixture_remove(fixture *f)
{
    char pads[128];
    fixture_close(f);
    arena_destroy(f->arena);
    snprintf(pads, sizeof pads, "%s/authorisations", f->dir);
    fixture_remove_dir(pads);
    fixture_remove_dir(f->dir);
}

/* For cmocka_unit_test_setup_teardown. */
static inline int fixture_setup(void **state)
{
    fixture *f = malloc(sizeof *f);
    assert_non_null(f);
    fixture_init(f);
    *state = f;
    return 0;
}

static inline int fixture_teardown(void **state)
{
    fixture_remove(*state);
    free(*state);
    return 0;
}

/* A new request by an operator; event NULL: one that is no act. What earlier calls gave stays until the test's end. */
static inline call *fixture_call(fixture *f, const char *event)
{
    f->c = (call){.service = f->service,
                  .arena = f->arena,
                  .now_ms = f->now_ms,
                  .actor = ACTOR_OPERATOR,
                  .actor_text = "operator:uid:1000",
                  .own_socket = true,
                  .origin = "unix",
                  .audit_event = event};
    fault_clear(&f->c.fault);
    return &f->c;
}

/* The same by a business system. */
static inline call *fixture_call_as_system(fixture *f, const char *event, const uint8_t system_id[16])
{
    call *c = fixture_call(f, event);
    c->actor = ACTOR_SYSTEM;
    memcpy(c->actor_id, system_id, 16);
    c->actor_text = call_subject(c, "system", system_id);
    return c;
}

/* The one integer that the statement gives. */
static inline int64_t fixture_number(fixture *f, const char *sql)
{
    const store_value *row;
    assert_int_equal(store_query_one(f->store, f->arena, &row, ERR_OK, sql, NULL, 0), ERR_OK);
    assert_int_equal(row->type, STORE_INT);
    return row->i;
}

/* Writes one row past the use cases. */
static inline void fixture_write(fixture *f, const char *sql, const store_value *params, size_t n)
{
    store_unit *unit = store_unit_begin(f->arena);
    store_unit_add(unit, 1, ERR_INTERNAL, sql, params, n);
    assert_int_equal(store_commit(f->store, unit), ERR_OK);
}

/* The newest audit row; its texts are the fixture's arena's. */
static inline audit_entry fixture_last_audit(fixture *f)
{
    const store_value *v;
    assert_int_equal(store_query_one(f->store, f->arena, &v, ERR_OK,
                                     "SELECT event, outcome, actor, subject, detail, sequence FROM audit "
                                     "ORDER BY sequence DESC LIMIT 1",
                                     NULL, 0),
                     ERR_OK);
    return (audit_entry){.event = v[0].p,
                         .outcome = v[1].p,
                         .actor = v[2].p,
                         .subject = v[3].type == STORE_TEXT ? v[3].p : NULL,
                         .detail = v[4].type == STORE_TEXT ? v[4].p : NULL,
                         .sequence = v[5].i};
}

static inline user fixture_user(fixture *f, const char *staff_no, const char *name)
{
    static const char *const departments[] = {"心内科"};
    user u;
    assert_int_equal(
        user_create(fixture_call(f, "user.create"),
                    &(user_request){.staff_no = staff_no, .name = name, .departments = departments, .departments_n = 1},
                    &u),
        ERR_OK);
    return u;
}

/* A person's key and certificate, without the two-party protocol: the key is whole, in the test's hands. */
typedef struct fixture_key {
    uint8_t id[16], enrolment_id[16];
    sm2_private key;
    bytes certificate;
    cert parsed;
} fixture_key;

static inline void fixture_certify(fixture *f, const user *u, fixture_key *k)
{
    static uint8_t subject[NAME_DER_MAX];
    uint8_t device_id[16];
    buffer name = buffer_over(subject, sizeof subject);
    name_field fields[] = {{OID_COUNTRY, "CN"},
                           {OID_ORGANIZATION, FIXTURE_ORGANISATION},
                           {OID_COMMON_NAME, u->name},
                           {OID_SERIAL_NUMBER, u->staff_no}};
    assert_int_equal(name_build(&name, fields, 4), ERR_OK);
    assert_int_equal(uuid7_create(k->id), ERR_OK);
    assert_int_equal(uuid7_create(k->enrolment_id), ERR_OK);
    assert_int_equal(uuid7_create(device_id), ERR_OK);
    assert_int_equal(sm2_private_generate(&k->key, &f->rng), ERR_OK);
    fixture_write(
        f, "INSERT INTO device (id, platform, name, state, created_at) VALUES ($1, 'linux', '测试设备', 'active', $2)",
        (store_value[]){store_id(device_id), store_int(f->now_ms)}, 2);
    fixture_write(f,
                  "INSERT INTO enrolment (id, user_id, device_id, code_hash, state, tries, created_at, expires_at) "
                  "VALUES ($1, $2, $3, $4, 'enrolled', 0, $5, $5)",
                  (store_value[]){store_id(k->enrolment_id), store_id(u->id), store_id(device_id),
                                  store_blob(subject, 32), store_int(f->now_ms)},
                  5);
    fixture_write(
        f,
        "INSERT INTO device_key (id, enrolment_id, user_id, public_key, sealed_share, state, failures, "
        "failures_since_refresh, refreshed_at, created_at) VALUES ($1, $2, $3, $4, $5, 'active', 0, 0, $6, $6)",
        (store_value[]){store_id(k->id), store_id(k->enrolment_id), store_id(u->id),
                        store_blob(k->key.public_key, POINT_SIZE), store_blob("sealed", 6), store_int(f->now_ms)},
        6);
    call *c = fixture_call(f, "certificate.issue");
    store_unit *unit = store_unit_begin(f->arena);
    assert_int_equal(
        certificate_issue_for_key(c, unit, k->id, u->id, bytes_of(name.p, name.n), k->key.public_key, &k->certificate),
        ERR_OK);
    store_unit_add(unit, 1, ERR_INTERNAL,
                   "UPDATE device_key SET serial = (SELECT serial FROM certificate WHERE key_id = $1) WHERE id = $1",
                   (store_value[]){store_id(k->id)}, 1);
    assert_int_equal(call_commit(c, unit), ERR_OK);
    assert_int_equal(cert_parse(&k->parsed, k->certificate), ERR_OK);
}

#endif
