#include "service/alarm_channel.h"

#include "fixture.h"
#include "service/alarm_delivery.h"

static alarm_channel_change mail(void)
{
    alarm_channel_change change = ALARM_CHANNEL_UNCHANGED;
    change.kind = "mail";
    change.name = "值班";
    change.host = "smtp.hospital.example";
    change.sender = "yiqian@hospital.example";
    change.recipients = "duty@hospital.example,it@hospital.example";
    return change;
}

static err create(fixture *f, const alarm_channel_change *change, alarm_channel *out)
{
    char secret[CALLBACK_SECRET_TEXT];
    err e = alarm_channel_create(fixture_call(f, "alarm.channel_create"), change, out, secret);
    if (e == ERR_OK)
        assert_int_equal(strlen(secret), strcmp(out->kind, "webhook") == 0 ? CALLBACK_SECRET_TEXT - 1 : 0);
    return e;
}

static void made_and_changed(void **state)
{
    fixture *f = *state;
    alarm_channel ch;
    alarm_channel_change change = mail();
    assert_int_equal(create(f, &change, &ch), ERR_OK);
    assert_string_equal(ch.security, "starttls");
    assert_int_equal(ch.port, 587);
    assert_int_equal(ch.digest_minutes, ALARM_DIGEST_MINUTES);
    assert_int_equal(ch.version, 1);
    assert_false(ch.has_secret);
    audit_entry row = fixture_last_audit(f);
    assert_string_equal(row.event, "alarm.channel_create");
    change = (alarm_channel_change)ALARM_CHANNEL_UNCHANGED;
    change.security = "tls";
    change.username = "yiqian";
    change.password = "geheim";
    change.version = 1;
    assert_int_equal(alarm_channel_update(fixture_call(f, "alarm.channel_update"), ch.id, &change, &ch), ERR_OK);
    assert_true(ch.has_secret);
    assert_int_equal(ch.version, 2);
    assert_null(strstr(fixture_last_audit(f).detail, "geheim"));
    assert_int_equal(alarm_channel_update(fixture_call(f, "alarm.channel_update"), ch.id, &change, &ch), ERR_STALE);
    change = (alarm_channel_change)ALARM_CHANNEL_UNCHANGED;
    change.name = "夜班";
    assert_int_equal(alarm_channel_update(fixture_call(f, "alarm.channel_update"), ch.id, &change, &ch), ERR_OK);
    assert_true(ch.has_secret); /* as it was */
    char *secret;
    size_t n;
    assert_int_equal(alarm_channel_secret(f->service, f->arena, ch.id, &secret, &n), ERR_OK);
    assert_string_equal(secret, "geheim");
    /* Sent to another server only by who knows it. */
    change = (alarm_channel_change)ALARM_CHANNEL_UNCHANGED;
    change.host = "smtp.elsewhere.example";
    assert_int_equal(alarm_channel_update(fixture_call(f, "alarm.channel_update"), ch.id, &change, &ch),
                     ERR_FIELD_MISSING);
    assert_string_equal(f->c.fault.field, "password");
    change.host = ch.host;
    change.port = 25;
    assert_int_equal(alarm_channel_update(fixture_call(f, "alarm.channel_update"), ch.id, &change, &ch),
                     ERR_FIELD_MISSING);
    change.port = ch.port;
    assert_int_equal(alarm_channel_update(fixture_call(f, "alarm.channel_update"), ch.id, &change, &ch), ERR_OK);
    change.host = "smtp.elsewhere.example";
    change.password = "geheim";
    assert_int_equal(alarm_channel_update(fixture_call(f, "alarm.channel_update"), ch.id, &change, &ch), ERR_OK);
    assert_string_equal(ch.host, "smtp.elsewhere.example");
    change = (alarm_channel_change)ALARM_CHANNEL_UNCHANGED;
    change.password = ""; /* and without one, its user name is one too many */
    assert_int_equal(alarm_channel_update(fixture_call(f, "alarm.channel_update"), ch.id, &change, &ch),
                     ERR_FIELD_MISSING);
    change.username = "";
    assert_int_equal(alarm_channel_update(fixture_call(f, "alarm.channel_update"), ch.id, &change, &ch), ERR_OK);
    assert_false(ch.has_secret);
    assert_int_equal(alarm_channel_remove(fixture_call(f, "alarm.channel_remove"), ch.id), ERR_OK);
    assert_int_equal(alarm_channel_remove(fixture_call(f, "alarm.channel_remove"), ch.id), ERR_NOT_FOUND);
    assert_int_equal(alarm_channel_secret(f->service, f->arena, ch.id, &secret, &n), ERR_NOT_FOUND);
}

static void a_sealed_password_of_another_row_does_not_open(void **state)
{
    fixture *f = *state;
    alarm_channel a, b;
    alarm_channel_change change = mail();
    change.security = "tls";
    change.username = "u";
    change.password = "geheim";
    assert_int_equal(create(f, &change, &a), ERR_OK);
    assert_int_equal(create(f, &change, &b), ERR_OK);
    fixture_write(f,
                  "UPDATE alarm_channel SET sealed_secret = (SELECT sealed_secret FROM alarm_channel WHERE id = $1) "
                  "WHERE id = $2",
                  (store_value[]){store_id(a.id), store_id(b.id)}, 2);
    char *secret;
    size_t n;
    assert_int_equal(alarm_channel_secret(f->service, f->arena, b.id, &secret, &n), ERR_DECRYPT);
}

static void refused(fixture *f, const alarm_channel_change *change, const char *field)
{
    alarm_channel ch;
    assert_int_not_equal(create(f, change, &ch), ERR_OK);
    assert_string_equal(f->c.fault.field, field);
}

static void what_cannot_be_set(void **state)
{
    fixture *f = *state;
#define REFUSED(member, value, field)                                                                                  \
    do {                                                                                                               \
        alarm_channel_change change = mail();                                                                          \
        change.member = value;                                                                                         \
        refused(f, &change, field);                                                                                    \
    } while (0)
    REFUSED(kind, "sms", "kind");
    REFUSED(name, NULL, "name");
    REFUSED(host, NULL, "host");
    REFUSED(host, "a b", "host");
    REFUSED(port, 65536, "port");
    REFUSED(security, "ssl", "security");
    REFUSED(sender, "a", "sender");
    REFUSED(recipients, NULL, "recipients");
    REFUSED(recipients, "", "recipients");
    REFUSED(recipients, "a@b,,c@d", "recipients");
    REFUSED(recipients, "a@b,a@b,a@b,a@b,a@b,a@b,a@b,a@b,a@b,a@b,a@b", "recipients");
    REFUSED(severity, "info", "severity");
    REFUSED(language, "de", "language");
    REFUSED(state, "removed", "state");
    REFUSED(digest_minutes, ALARM_DIGEST_MINUTES_MAX + 1, "digest_minutes");
    REFUSED(quiet_from, ALARM_DAY_MINUTES, "quiet_from");
    REFUSED(quiet_to, ALARM_DAY_MINUTES, "quiet_to");
    REFUSED(url, "https://a.example/", "url");
    REFUSED(username, "u", "password");
    alarm_channel_change hook = ALARM_CHANNEL_UNCHANGED;
    hook.kind = "webhook";
    hook.name = "运维";
    refused(f, &hook, "url");
    hook.url = "http://8.8.8.8/";
    refused(f, &hook, "url");
    hook.url = "https://ops.hospital.example/";
    hook.port = 25;
    refused(f, &hook, "port");
}

static void there_are_so_many_at_the_most(void **state)
{
    fixture *f = *state;
    alarm_channel ch;
    alarm_channel_change change = mail();
    for (int i = 0; i < ALARM_CHANNELS_MAX; i++)
        assert_int_equal(create(f, &change, &ch), ERR_OK);
    assert_int_equal(create(f, &change, &ch), ERR_LIMIT);
}

static void who_is_told_of_what(void **state)
{
    fixture *f = *state;
    alarm_channel all, critical, asleep;
    static const uint8_t alarm_id[16] = {7};
    alarm_channel_change change = mail();
    assert_int_equal(create(f, &change, &all), ERR_OK);
    change.severity = "critical";
    assert_int_equal(create(f, &change, &critical), ERR_OK);
    change.state = "suspended";
    assert_int_equal(create(f, &change, &asleep), ERR_OK);
    fixture_write(f,
                  "INSERT INTO alarm (id, kind, subject, severity, state, value, count, opened_at, seen_at) VALUES "
                  "($1, 'disk.space', '', "
                  "'warning', 'open', '', 1, 1, 1)",
                  (store_value[]){store_id(alarm_id)}, 1);
    for (int i = 0; i < 2; i++) {
        call *c = fixture_call(f, NULL);
        store_unit *unit = store_unit_begin(f->arena);
        assert_int_equal(alarm_channel_notify(c, unit, alarm_id, "opened", i == 0 ? "warning" : "critical"), ERR_OK);
        assert_int_equal(call_commit(c, unit), ERR_OK);
        assert_int_equal(fixture_number(f, "SELECT count(*) FROM alarm_notice"), i == 0 ? 1 : 3);
    }
}

static void a_message_that_cannot_be_sent_is_kept_for_a_day(void **state)
{
    fixture *f = *state;
    alarm_channel ch;
    static const uint8_t alarm_id[16] = {7};
    size_t sent;
    alarm_channel_change change = mail();
    change.host = "127.0.0.1";
    change.port = 9;
    change.security = "none";
    assert_int_equal(create(f, &change, &ch), ERR_OK);
    fixture_write(f,
                  "INSERT INTO alarm (id, kind, subject, severity, state, value, count, opened_at, seen_at) VALUES "
                  "($1, 'disk.space', '', "
                  "'critical', 'open', '1 GiB', 1, 1, 1)",
                  (store_value[]){store_id(alarm_id)}, 1);
    call *c = fixture_call(f, NULL);
    store_unit *unit = store_unit_begin(f->arena);
    assert_int_equal(alarm_channel_notify(c, unit, alarm_id, "opened", "critical"), ERR_OK);
    assert_int_equal(call_commit(c, unit), ERR_OK);
    assert_int_equal(alarm_delivery_round(f->service, f->arena, f->now_ms, &sent), ERR_OK);
    assert_int_equal(sent, 0);
    assert_int_equal(fixture_number(f, "SELECT failures FROM alarm_channel"), 1);
    assert_int_equal(alarm_delivery_round(f->service, f->arena, f->now_ms + 59999, &sent), ERR_OK); /* not yet */
    assert_int_equal(fixture_number(f, "SELECT failures FROM alarm_channel"), 1);
    assert_int_equal(alarm_delivery_round(f->service, f->arena, f->now_ms + 60000, &sent), ERR_OK);
    assert_int_equal(fixture_number(f, "SELECT failures FROM alarm_channel"), 2);
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM alarm_notice WHERE state = 'queued'"), 1);
    assert_int_equal(alarm_delivery_round(f->service, f->arena, f->now_ms + INT64_C(86400001), &sent), ERR_OK);
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM alarm_notice WHERE state = 'failed'"), 1);
    alarm_test test;
    assert_int_equal(alarm_delivery_test(fixture_call(f, "alarm.channel_test"), ch.id, &test), ERR_OK);
    assert_false(test.delivered);
    assert_true(*test.words);
    assert_string_equal(fixture_last_audit(f).detail, "mail failed");
    assert_int_equal(alarm_delivery_test(fixture_call(f, "alarm.channel_test"), alarm_id, &test), ERR_NOT_FOUND);
}

#define WITH_FIXTURE(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FIXTURE(made_and_changed),    WITH_FIXTURE(a_sealed_password_of_another_row_does_not_open),
        WITH_FIXTURE(what_cannot_be_set),  WITH_FIXTURE(there_are_so_many_at_the_most),
        WITH_FIXTURE(who_is_told_of_what), WITH_FIXTURE(a_message_that_cannot_be_sent_is_kept_for_a_day),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
