#include "server.h"
#include "unit/service/stamp.h"

#include "base/text.h"
#include "pki/pem.h"
#include "service/scope.h"
#include "service/system.h"

#define QUERY "application/timestamp-query"

/* The Authorization of a business system with these scopes. */
static const char *system_key(server *s, uint32_t scopes, business_system *made)
{
    system_credential credential;
    assert_int_equal(
        system_create(fixture_call(&s->f, "system.create"), scopes == SCOPE_TASKS ? "HIS" : "EMR", scopes, false, made),
        ERR_OK);
    assert_int_equal(system_credential_create(fixture_call(&s->f, "system.credential_create"), made->id, &credential),
                     ERR_OK);
    return arena_printf(s->f.arena, "Bearer %s.%s", credential.id, credential.secret);
}

static tsa_response ask(server *s, const char *authorization, const char *path, bytes query)
{
    tsa_response answer;
    assert_int_equal(server_send(s, authorization, "POST", path, QUERY, query), 200);
    assert_string_equal(s->content_type, "application/timestamp-reply");
    assert_int_equal(tsa_response_read(&answer, s->raw), ERR_OK);
    return answer;
}

static void anybody_gets_a_token_on_every_path(void **state)
{
    server *s = *state;
    static const struct {
        const char *path;
        cms_profile profile;
    } rows[] = {{"/tsa", CMS_RFC}, {"/tsa/gm", CMS_GM}, {"/tsa/sm2", CMS_RFC}, {"/tsa/sm2/gm", CMS_GM}};
    tsa_request rq = stamp_request(TSA_SM3);
    bytes query = stamp_query(s->f.arena, &rq);
    for (size_t i = 0; i < 4; i++) {
        stamp_info info;
        stamp_read(ask(s, "", rows[i].path, query).token, &info);
        stamp_verify(s->f.arena, &info, tsa_unit_find(s->f.service, NULL)->certificate);
        assert_int_equal(info.data.profile, rows[i].profile);
    }
    assert_int_equal(server_send(s, "", "POST", "/tsa", "Application/Timestamp-Query; x=y", query), 200);
    assert_int_equal(fixture_number(&s->f, "SELECT count(*) FROM token WHERE client = 'anonymous' AND origin = "
                                           "'127.0.0.1'"),
                     5);
}

static void what_is_not_durable_is_refused(void **state)
{
    server *s = *state;
    tsa_request rq = stamp_request(TSA_SM3);
    bytes query = stamp_query(s->f.arena, &rq);
    stamp_info info;
    uint8_t next[20];
    stamp_read(ask(s, "", "/tsa", query).token, &info);
    memcpy(next, info.serial.p, sizeof next); /* what the counter gives next is taken */
    next[19]++;
    fixture_write(&s->f,
                  "INSERT INTO token (serial, unit_id, gm, demonstration, certificates, time_us, accuracy_us, hash, "
                  "imprint, client, origin, signature) SELECT $2, unit_id, gm, demonstration, certificates, time_us, "
                  "accuracy_us, hash, imprint, client, origin, signature FROM token WHERE serial = $1",
                  (store_value[]){store_blob(info.serial.p, 20), store_blob(next, 20)}, 2);
    tsa_response refused = ask(s, "", "/tsa", query);
    assert_int_equal(refused.status, TSA_REJECTION);
    assert_int_equal(refused.token.n, 0);
    stamp_read(ask(s, "", "/tsa", query).token, &info);
    assert_int_equal(info.serial.p[19], next[19] + 1);
    assert_int_equal(fixture_number(&s->f, "SELECT count(*) FROM token"), 3);
}

static void who_says_who_he_is_must_be_it(void **state)
{
    server *s = *state;
    business_system made;
    tsa_request rq = stamp_request(TSA_SM3);
    bytes query = stamp_query(s->f.arena, &rq);
    assert_int_equal(server_send(s, "Bearer ak_none.none", "POST", "/tsa", QUERY, query), 401);
    assert_string_equal(s->content_type, "application/problem+json");
    const char *key = system_key(s, SCOPE_TASKS, &made);
    assert_int_equal(ask(s, key, "/tsa", query).status, TSA_GRANTED);
    const store_value *client;
    assert_int_equal(
        store_query_one(s->f.store, s->f.arena, &client, ERR_NOT_FOUND, "SELECT client FROM token", NULL, 0), ERR_OK);
    char id[UUID_TEXT];
    uuid_encode(id, made.id);
    assert_string_equal(client->p, arena_printf(s->f.arena, "system:%s", id));
}

static void what_is_no_query_is_refused(void **state)
{
    server *s = *state;
    tsa_request rq = stamp_request(TSA_SM3);
    bytes query = stamp_query(s->f.arena, &rq);
    static const char *const types[] = {"application/json", "text/plain", "application/timestamp-queryx", NULL};
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(server_send(s, "", "POST", "/tsa", types[i], query), 415);
        assert_problem(s, 415, "media_type", NULL);
        assert_non_null(strstr(server_text(s, "detail"), QUERY));
    }
    assert_int_equal(server_send(s, "", "POST", "/tsa/nobody", QUERY, query), 404);
    assert_problem(s, 404, "unit_not_found", NULL);
    assert_int_equal(server_send(s, "", "GET", "/tsa", NULL, bytes_of(NULL, 0)), 405);
    assert_refused(ask(s, "", "/tsa", bytes_of("", 0)), TSA_BAD_DATA_FORMAT);
    assert_refused(ask(s, "", "/tsa", bytes_of_text("no query")), TSA_BAD_DATA_FORMAT);
    uint8_t indefinite[256] = {0x30, 0x80};
    memcpy(indefinite + 2, query.p + 2, query.n - 2);
    assert_refused(ask(s, "", "/tsa", bytes_of(indefinite, query.n + 2)), TSA_BAD_DATA_FORMAT);
    uint8_t *large = arena_alloc(s->f.arena, 16 << 10);
    assert_int_equal(ask(s, "", "/tsa", bytes_of(large, 16 << 10)).status, TSA_REJECTION);
    uint8_t *huge = arena_alloc(s->f.arena, (16 << 10) + 1);
    assert_int_equal(server_send(s, "", "POST", "/tsa", QUERY, bytes_of(huge, (16 << 10) + 1)), 413);
    assert_int_equal(fixture_number(&s->f, "SELECT count(*) FROM token"), 0);
}

static void business_systems_ask_in_json(void **state)
{
    server *s = *state;
    business_system made;
    const char *key = system_key(s, SCOPE_TIMESTAMPS, &made);
    const char *imprint = base64_text(s->f.arena, stamp_imprint, 32);
    static const char form[] = "{\"hash\":\"%s\",\"imprint\":\"%s\"%s}";
    char serial[41];
    bytes token;
    stamp_info info;
    assert_int_equal(server_call(s, key, "POST", "/v1/timestamps",
                                 arena_printf(s->f.arena, form, "sm3", imprint, ",\"nonce\":\"AAD/\"")),
                     201);
    const char *text = server_text(s, "token");
    assert_int_equal(base64_decode(s->f.arena, text, strlen(text), &token), ERR_OK);
    stamp_read(token, &info);
    stamp_verify(s->f.arena, &info, tsa_unit_find(s->f.service, NULL)->certificate);
    hex_encode(serial, info.serial.p, info.serial.n);
    assert_string_equal(server_text(s, "serial"), serial);
    assert_true(bytes_equal(info.nonce, bytes_of("\x00\xff", 2)));
    assert_int_equal(info.data.certificates_n, 2);
    assert_string_equal(server_text(s, "unit"), "sm2");
    assert_string_equal(server_text(s, "profile"), "rfc");
    assert_string_equal(server_text(s, "policy"), "2.25.92789953449470946607310693012765490645.2.1");
    assert_int_equal(strlen(server_text(s, "time")), strlen("2026-03-01T08:30:00.123456Z"));
    assert_int_equal(json_integer_value(server_value(s, "accuracy_us")), 1000999);
    assert_true(json_is_true(server_value(s, "demonstration")));
    assert_int_equal(
        server_call(s, key, "POST", "/v1/timestamps",
                    arena_printf(s->f.arena, form, "sm3", imprint, ",\"profile\":\"gm\",\"unit\":\"sm2\"")),
        201);
    assert_string_equal(server_text(s, "profile"), "gm");
}

static void json_is_refused_by_field(void **state)
{
    server *s = *state;
    business_system made;
    const char *key = system_key(s, SCOPE_TIMESTAMPS, &made), *other = system_key(s, SCOPE_TASKS, &made);
    static const struct {
        const char *body;
        int status;
        const char *code, *field;
    } rows[] = {{"{\"imprint\":\"AAAA\"}", 400, "field_missing", "hash"},
                {"{\"hash\":\"sm3\"}", 400, "field_missing", "imprint"},
                {"{\"hash\":\"md5\",\"imprint\":\"AAAA\"}", 400, "field_value", "hash"},
                {"{\"hash\":\"sm3\",\"imprint\":\"AAAA\"}", 400, "field_length", "imprint"},
                {"{\"hash\":\"sm3\",\"imprint\":\"AAAA\",\"profile\":\"x\"}", 400, "field_value", "profile"},
                {"{\"hash\":\"sm3\",\"imprint\":\"AAAA\",\"more\":1}", 400, "field_unknown", "more"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        server_call(s, key, "POST", "/v1/timestamps", rows[i].body);
        assert_problem(s, rows[i].status, rows[i].code, rows[i].field);
    }
    const char *imprint = base64_text(s->f.arena, stamp_imprint, 32);
    const char *good = arena_printf(s->f.arena, "{\"hash\":\"sm3\",\"imprint\":\"%s\"}", imprint);
    server_call(s, other, "POST", "/v1/timestamps", good);
    assert_problem(s, 403, "forbidden", NULL);
    server_call(s, "", "POST", "/v1/timestamps", good);
    assert_problem(s, 401, "unauthenticated", NULL);
    server_call(s, key, "POST", "/v1/timestamps",
                arena_printf(s->f.arena, "{\"hash\":\"sm3\",\"imprint\":\"%s\",\"unit\":\"nobody\"}", imprint));
    assert_problem(s, 404, "unit_not_found", NULL);
    const tsa_unit *u;
    assert_int_equal(tsa_unit_create(fixture_call(&s->f, "tsa.unit_create"),
                                     &(tsa_unit_request){"p256", SIGNER_P256, 1000000, 3, false}, &u),
                     ERR_OK);
    server_call(s, key, "POST", "/v1/timestamps",
                arena_printf(s->f.arena, "{\"hash\":\"sm3\",\"imprint\":\"%s\",\"unit\":\"p256\",\"profile\":\"gm\"}",
                             imprint));
    assert_problem(s, 422, "unsupported", "profile");
    tsa_unit_find(s->f.service, NULL)->limit_us = 1000;
    server_call(s, key, "POST", "/v1/timestamps", good);
    assert_problem(s, 503, "time_not_available", NULL);
    assert_int_equal(fixture_number(&s->f, "SELECT count(*) FROM token"), 0);
}

static void the_chain_is_there_for_anyone(void **state)
{
    server *s = *state;
    const tsa_unit *u = tsa_unit_find(s->f.service, NULL);
    bytes der, rest;
    assert_int_equal(server_call(s, "", "GET", "/pki/tsa/sm2.pem", NULL), 200);
    assert_string_equal(s->content_type, "application/x-pem-file");
    rest = s->raw;
    const bytes want[] = {u->certificate, s->f.service->issuing.der, s->f.service->root.der};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(pem_decode(s->f.arena, PEM_CERTIFICATE, rest, &der, &rest), ERR_OK);
        assert_true(bytes_equal(der, want[i]));
    }
    static const char *const none[] = {"/pki/tsa/sm2", "/pki/tsa/.pem", "/pki/tsa/nobody.pem", "/pki/tsa/sm2.pem.pem"};
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(server_call(s, "", "GET", none[i], NULL), 404);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SERVER(anybody_gets_a_token_on_every_path), WITH_SERVER(who_says_who_he_is_must_be_it),
        WITH_SERVER(what_is_not_durable_is_refused),     WITH_SERVER(who_says_who_he_is_must_be_it),
        WITH_SERVER(what_is_no_query_is_refused),        WITH_SERVER(business_systems_ask_in_json),
        WITH_SERVER(json_is_refused_by_field),           WITH_SERVER(the_chain_is_there_for_anyone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
