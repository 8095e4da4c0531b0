#include "service/alarm_channel.h"

#include <stdio.h>
#include <string.h>

#include "base/ct.h"
#include "base/text.h"
#include "os/entropy.h"
#include "os/mail.h"
#include "service/callback_url.h"
#include "service/column.h"
#include "service/internal.h"

enum { SECRET_BYTES = 32, SECRET = CALLBACK_SECRET_TEXT - 1, PORT_MAX = 65535, PORT_TLS = 465, PORT_SUBMISSION = 587 };

#define COLUMNS                                                                                                        \
    "id, kind, name, state, host, port, security, sender, recipients, username, url, sealed_secret, severity, "        \
    "language, digest_minutes, quiet_from, quiet_to, version, created_at, sent_at, failures, last_error"

static err read_channel(const store_value *v, alarm_channel *out)
{
    memset(out, 0, sizeof *out);
    TRY(store_column_id(out->id, &v[0]));
    out->kind = column_text(&v[1]);
    out->name = column_text(&v[2]);
    out->state = column_text(&v[3]);
    out->host = column_text(&v[4]);
    out->port = column_int(&v[5]);
    out->security = column_text(&v[6]);
    out->sender = column_text(&v[7]);
    out->recipients = column_text(&v[8]);
    out->username = column_text(&v[9]);
    out->url = column_text(&v[10]);
    out->has_secret = v[11].type == STORE_BLOB;
    out->severity = column_text(&v[12]);
    out->language = column_text(&v[13]);
    out->digest_minutes = column_int(&v[14]);
    out->quiet_from = column_int(&v[15]);
    out->quiet_to = column_int(&v[16]);
    out->version = column_int(&v[17]);
    out->created_ms = column_int(&v[18]);
    out->sent_ms = column_int(&v[19]);
    out->failures = column_int(&v[20]);
    out->last_error = column_text(&v[21]);
    return out->kind && out->name && out->state && out->severity && out->language ? ERR_OK : ERR_CORRUPT;
}

static bool is_mail(const alarm_channel *ch)
{
    return strcmp(ch->kind, "mail") == 0;
}

err alarm_channel_get(call *c, const uint8_t id[16], alarm_channel *out)
{
    const store_value *row;
    TRY(store_query_one(c->service->options.store, c->arena, &row, ERR_NOT_FOUND,
                        "SELECT " COLUMNS " FROM alarm_channel WHERE id = $1 AND state <> 'removed'",
                        (store_value[]){store_id(id)}, 1));
    return read_channel(row, out);
}

err alarm_channel_list(call *c, const alarm_channel **out, size_t *n)
{
    store_result rows;
    TRY(store_query(c->service->options.store, c->arena, &rows,
                    "SELECT " COLUMNS " FROM alarm_channel WHERE state <> 'removed' ORDER BY id", NULL, 0));
    alarm_channel *channels = arena_alloc(c->arena, (rows.rows + 1) * sizeof *channels);
    if (!channels)
        return ERR_MEMORY;
    for (size_t i = 0; i < rows.rows; i++)
        TRY(read_channel(rows.values + i * rows.columns, &channels[i]));
    *out = channels;
    *n = rows.rows;
    return ERR_OK;
}

/* ---- what may be set ---- */

static err refuse(call *c, const char *field)
{
    return fault_field(&c->fault, ERR_FIELD_VALUE, "%s", field);
}

static bool among(const char *text, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(text, words[i]) == 0)
            return true;
    return false;
}

static err check_recipients(call *c, const char *text)
{
    size_t n = 0;
    while (*text) {
        size_t length = strcspn(text, ",");
        char one[MAIL_ADDRESS_MAX + 1];
        if (length >= sizeof one || ++n > ALARM_RECIPIENTS_MAX)
            return refuse(c, "recipients");
        (void)snprintf(one, sizeof one, "%.*s", (int)length, text);
        if (!mail_address_valid(one))
            return refuse(c, "recipients");
        text += length + (text[length] == ',');
    }
    return n > 0 ? ERR_OK : refuse(c, "recipients");
}

static err check_mail(call *c, const alarm_channel *ch, bool has_password)
{
    static const char *const securities[] = {"none", "starttls", "tls"};
    if (!ch->host || !mail_host_valid(ch->host))
        return refuse(c, "host");
    if (ch->port < 1 || ch->port > PORT_MAX)
        return refuse(c, "port");
    if (!among(ch->security, securities, 3))
        return refuse(c, "security");
    if (!ch->sender || !mail_address_valid(ch->sender))
        return refuse(c, "sender");
    if (!ch->recipients)
        return refuse(c, "recipients");
    TRY(check_recipients(c, ch->recipients));
    bool authenticates = ch->username && *ch->username;
    if (authenticates && strcmp(ch->security, "none") == 0) {
        (void)fault_set(&c->fault, ERR_FIELD_VALUE, "a password does not travel in clear: starttls or tls");
        return refuse(c, "security");
    }
    return authenticates && !has_password ? fault_field(&c->fault, ERR_FIELD_MISSING, "password") : ERR_OK;
}

static err check_webhook(call *c, const alarm_channel *ch)
{
    const service_options *o = &c->service->options;
    if (!ch->url)
        return fault_field(&c->fault, ERR_FIELD_MISSING, "url");
    const char *wrong = callback_url_fault(ch->url, o->callback_deny, o->callback_plain_http);
    if (!wrong)
        return ERR_OK;
    (void)fault_set(&c->fault, ERR_FIELD_VALUE, "%s", wrong);
    return refuse(c, "url");
}

static err check_common(call *c, const alarm_channel *ch)
{
    static const char *const severities[] = {"warning", "critical"}, *const languages[] = {"zh", "en"},
                             *const states[] = {"active", "suspended"};
    if (!among(ch->severity, severities, 2))
        return refuse(c, "severity");
    if (!among(ch->language, languages, 2))
        return refuse(c, "language");
    if (!among(ch->state, states, 2))
        return refuse(c, "state");
    if (ch->digest_minutes < 0 || ch->digest_minutes > ALARM_DIGEST_MINUTES_MAX)
        return refuse(c, "digest_minutes");
    if (ch->quiet_from < 0 || ch->quiet_from >= ALARM_DAY_MINUTES)
        return refuse(c, "quiet_from");
    return ch->quiet_to < 0 || ch->quiet_to >= ALARM_DAY_MINUTES ? refuse(c, "quiet_to") : ERR_OK;
}

/* What belongs to the other kind is refused, not forgotten. */
static err check_kinds(call *c, const alarm_channel *ch, const alarm_channel_change *change)
{
    const char *const of_mail[] = {change->host,       change->security, change->sender,
                                   change->recipients, change->username, change->password};
    static const char *const names[] = {"host", "security", "sender", "recipients", "username", "password"};
    if (is_mail(ch))
        return change->url ? fault_field(&c->fault, ERR_FIELD_UNKNOWN, "url") : ERR_OK;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (of_mail[i])
            return fault_field(&c->fault, ERR_FIELD_UNKNOWN, "%s", names[i]);
    return change->port >= 0 ? fault_field(&c->fault, ERR_FIELD_UNKNOWN, "port") : ERR_OK;
}

static const char *chosen(const char *wanted, const char *otherwise)
{
    return wanted ? wanted : otherwise;
}

static int64_t chosen_number(int64_t wanted, int64_t otherwise)
{
    return wanted >= 0 ? wanted : otherwise;
}

/* A password that is kept goes where it was given for: else whoever may change a channel, but not read its password, has it sent to himself. */
static err check_password(call *c, const alarm_channel *ch, const alarm_channel_change *change)
{
    bool elsewhere = (change->host && ch->host && strcmp(change->host, ch->host) != 0) ||
                     (change->port >= 0 && change->port != ch->port);
    return ch->has_secret && is_mail(ch) && elsewhere && !change->password
               ? fault_field(&c->fault, ERR_FIELD_MISSING, "password")
               : ERR_OK;
}

/* The channel as it would be; all of it is checked again, so that no change leaves one that could not have been made. */
static err apply(call *c, alarm_channel *ch, const alarm_channel_change *change)
{
    TRY(check_kinds(c, ch, change));
    TRY(check_password(c, ch, change));
    ch->name = chosen(change->name, ch->name);
    ch->state = chosen(change->state, ch->state);
    ch->severity = chosen(change->severity, ch->severity);
    ch->language = chosen(change->language, ch->language);
    ch->digest_minutes = chosen_number(change->digest_minutes, ch->digest_minutes);
    ch->quiet_from = chosen_number(change->quiet_from, ch->quiet_from);
    ch->quiet_to = chosen_number(change->quiet_to, ch->quiet_to);
    TRY(check_common(c, ch));
    if (!is_mail(ch)) {
        ch->url = chosen(change->url, ch->url);
        return check_webhook(c, ch);
    }
    ch->host = chosen(change->host, ch->host);
    ch->security = chosen(change->security, ch->security);
    ch->port = chosen_number(change->port, ch->port);
    ch->sender = chosen(change->sender, ch->sender);
    ch->recipients = chosen(change->recipients, ch->recipients);
    ch->username = chosen(change->username, ch->username);
    bool has_password = change->password ? *change->password : ch->has_secret;
    return check_mail(c, ch, has_password);
}

/* ---- secrets ---- */

static bytes secret_context(arena *a, const uint8_t id[16])
{
    char text[UUID_TEXT];
    uuid_encode(text, id);
    const char *context = arena_printf(a, "alarm_channel.secret:%s", text);
    return context ? bytes_of_text(context) : bytes_of(NULL, 0);
}

static err seal(call *c, const uint8_t id[16], const char *secret, store_value *out)
{
    size_t n = strlen(secret);
    uint8_t *sealed = arena_alloc(c->arena, n + KEYSTORE_OVERHEAD);
    bytes context = secret_context(c->arena, id);
    if (!sealed || !context.p)
        return ERR_MEMORY;
    TRY(selftest_require(c));
    TRY(keystore_seal(c->service->options.keystore, context, bytes_of(secret, n), sealed, &c->service->options.rng));
    *out = store_blob(sealed, n + KEYSTORE_OVERHEAD);
    return ERR_OK;
}

err alarm_channel_secret(service *s, arena *a, const uint8_t id[16], char **out, size_t *n)
{
    const store_value *row;
    TRY(store_query_one(s->options.store, a, &row, ERR_NOT_FOUND,
                        "SELECT sealed_secret FROM alarm_channel WHERE id = $1 AND state <> 'removed'",
                        (store_value[]){store_id(id)}, 1));
    bytes sealed = column_bytes(row), context = secret_context(a, id);
    *n = sealed.n > KEYSTORE_OVERHEAD ? sealed.n - KEYSTORE_OVERHEAD : 0;
    *out = arena_alloc(a, *n + 1);
    if (!*out || !context.p)
        return ERR_MEMORY;
    return *n > 0 ? keystore_unseal(s->options.keystore, context, sealed, (uint8_t *)*out) : ERR_OK;
}

static err draw_secret(call *c, char secret[CALLBACK_SECRET_TEXT])
{
    const entropy *rng = &c->service->options.rng;
    uint8_t raw[SECRET_BYTES];
    TRY(selftest_require(c));
    err e = rng->fill(rng->ctx, raw, sizeof raw);
    char *text = e == ERR_OK ? base64url_text(c->arena, raw, sizeof raw) : NULL;
    wipe(raw, sizeof raw);
    TRY(e);
    if (!text)
        return ERR_MEMORY;
    memcpy(secret, text, CALLBACK_SECRET_TEXT);
    wipe(text, SECRET);
    return ERR_OK;
}

/* ---- acts ---- */

static err describe(call *c, const alarm_channel *ch)
{
    c->subject = call_subject(c, "alarm-channel", ch->id);
    c->detail = is_mail(ch) ? arena_printf(c->arena, "mail %s host=%s to=%s", ch->name, chosen(ch->host, ""),
                                           chosen(ch->recipients, ""))
                            : arena_printf(c->arena, "webhook %s url=%s", ch->name,
                                           chosen(callback_url_shown(c->arena, chosen(ch->url, "")), ""));
    return c->subject && c->detail ? ERR_OK : ERR_MEMORY;
}

static store_value port_of(const alarm_channel *ch)
{
    return is_mail(ch) ? store_int(ch->port) : store_null();
}

err alarm_channel_create(call *c, const alarm_channel_change *change, alarm_channel *out,
                         char secret[CALLBACK_SECRET_TEXT])
{
    static const char *const kinds[] = {"mail", "webhook"};
    store_value sealed = store_null();
    secret[0] = '\0';
    if (!change->kind || !among(change->kind, kinds, 2))
        return refuse(c, "kind");
    if (!change->name)
        return fault_field(&c->fault, ERR_FIELD_MISSING, "name");
    alarm_channel ch = {.kind = change->kind,
                        .state = "active",
                        .severity = "warning",
                        .language = "zh",
                        .digest_minutes = ALARM_DIGEST_MINUTES};
    if (is_mail(&ch)) {
        ch.security = "starttls";
        ch.port = change->security && strcmp(change->security, "tls") == 0 ? PORT_TLS : PORT_SUBMISSION;
    }
    TRY(uuid7_create(ch.id));
    TRY(apply(c, &ch, change));
    TRY(describe(c, &ch));
    if (!is_mail(&ch)) {
        TRY(draw_secret(c, secret));
        TRY(seal(c, ch.id, secret, &sealed));
    } else if (change->password && *change->password) {
        TRY(seal(c, ch.id, change->password, &sealed));
    }
    store_unit *unit = store_unit_begin(c->arena);
    store_unit_add(
        unit, 1, ERR_LIMIT,
        "INSERT INTO alarm_channel (id, kind, name, state, host, port, security, sender, recipients, username, "
        "url, sealed_secret, severity, language, digest_minutes, quiet_from, quiet_to, version, created_at) "
        "SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, 1, $18 WHERE "
        "(SELECT count(*) FROM alarm_channel WHERE state <> 'removed') < $19",
        (store_value[]){store_id(ch.id), store_text(ch.kind), store_text(ch.name), store_text(ch.state),
                        store_text(ch.host), port_of(&ch), store_text(ch.security), store_text(ch.sender),
                        store_text(ch.recipients), store_text(ch.username), store_text(ch.url), sealed,
                        store_text(ch.severity), store_text(ch.language), store_int(ch.digest_minutes),
                        store_int(ch.quiet_from), store_int(ch.quiet_to), store_int(c->now_ms),
                        store_int(ALARM_CHANNELS_MAX)},
        19);
    err e = call_commit(c, unit);
    if (e != ERR_OK)
        wipe(secret, CALLBACK_SECRET_TEXT);
    TRY(e);
    return alarm_channel_get(c, ch.id, out);
}

err alarm_channel_update(call *c, const uint8_t id[16], const alarm_channel_change *change, alarm_channel *out)
{
    store_value sealed = store_null();
    alarm_channel ch;
    c->subject = call_subject(c, "alarm-channel", id);
    TRY(alarm_channel_get(c, id, &ch));
    if (change->version != 0 && change->version != ch.version)
        return ERR_STALE;
    TRY(apply(c, &ch, change));
    TRY(describe(c, &ch));
    if (change->password && *change->password)
        TRY(seal(c, id, change->password, &sealed));
    store_unit *unit = store_unit_begin(c->arena);
    store_unit_add(unit, 1, ERR_STALE,
                   "UPDATE alarm_channel SET name = $2, state = $3, host = $4, port = $5, security = $6, sender = $7, "
                   "recipients = $8, username = $9, url = $10, sealed_secret = CASE WHEN $11 = 0 THEN NULL ELSE "
                   "coalesce($12, sealed_secret) END, severity = $13, language = $14, digest_minutes = $15, "
                   "quiet_from = $16, quiet_to = $17, version = version + 1, failures = 0, next_at = 0, last_error = "
                   "NULL WHERE id = $1 AND version = $18 AND state <> 'removed'",
                   (store_value[]){store_id(id), store_text(ch.name), store_text(ch.state), store_text(ch.host),
                                   port_of(&ch), store_text(ch.security), store_text(ch.sender),
                                   store_text(ch.recipients), store_text(ch.username), store_text(ch.url),
                                   store_int(!change->password || *change->password), sealed, store_text(ch.severity),
                                   store_text(ch.language), store_int(ch.digest_minutes), store_int(ch.quiet_from),
                                   store_int(ch.quiet_to), store_int(ch.version)},
                   18);
    TRY(call_commit(c, unit));
    return alarm_channel_get(c, id, out);
}

err alarm_channel_remove(call *c, const uint8_t id[16])
{
    alarm_channel ch;
    c->subject = call_subject(c, "alarm-channel", id);
    TRY(alarm_channel_get(c, id, &ch));
    TRY(describe(c, &ch));
    store_unit *unit = store_unit_begin(c->arena);
    store_unit_add(
        unit, 1, ERR_NOT_FOUND,
        "UPDATE alarm_channel SET state = 'removed', sealed_secret = NULL WHERE id = $1 AND state <> 'removed'",
        (store_value[]){store_id(id)}, 1);
    store_unit_add(
        unit, STORE_ANY, ERR_OK,
        "UPDATE alarm_notice SET state = 'failed', finished_at = $2 WHERE channel_id = $1 AND state = 'queued'",
        (store_value[]){store_id(id), store_int(c->now_ms)}, 2);
    return call_commit(c, unit);
}

err alarm_channel_notify(call *c, store_unit *unit, const uint8_t alarm_id[16], const char *event, const char *severity)
{
    store_result rows;
    TRY(store_query(c->service->options.store, c->arena, &rows,
                    "SELECT id FROM alarm_channel WHERE state = 'active' AND (severity = 'warning' OR $1 = 'critical')",
                    (store_value[]){store_text(severity)}, 1));
    for (size_t i = 0; i < rows.rows; i++) {
        uint8_t *id = arena_alloc(c->arena, 16);
        if (!id)
            return ERR_MEMORY;
        TRY(uuid7_create(id));
        store_unit_add(
            unit, 1, ERR_INTERNAL,
            "INSERT INTO alarm_notice (id, channel_id, alarm_id, event, state, queued_at) VALUES ($1, $2, $3, "
            "$4, 'queued', $5)",
            (store_value[]){store_id(id), rows.values[i], store_id(alarm_id), store_text(event), store_int(c->now_ms)},
            5);
    }
    return ERR_OK;
}
