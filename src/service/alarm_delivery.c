#include "service/alarm_delivery.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ct.h"
#include "base/text.h"
#include "os/clock.h"
#include "os/entropy.h"
#include "os/log.h"
#include "os/mail.h"
#include "os/outbound.h"
#include "service/alarm_decide.h"
#include "service/alarm_message.h"
#include "service/alarm_unrecorded.h"
#include "service/callback_endpoint.h"
#include "service/column.h"
#include "service/internal.h"
#include "service/monitor_internal.h"
#include "service/time_watch.h"

enum { TIMEOUT_MS = 15000, LOOK_MS = 1000, ARENA = 8 << 20 };
static const int64_t minute_ms = 60000, day_ms = 86400000;

struct alarm_delivery {
    service *service;
    pthread_t thread;
    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t wake;
    bool stopping;
};

/* ---- one message ---- */

static err split(arena *a, const char *text, const char *to[MAIL_RECIPIENTS], size_t *n)
{
    for (*n = 0; *text && *n < MAIL_RECIPIENTS; (*n)++) {
        size_t length = strcspn(text, ",");
        to[*n] = arena_text(a, text, length);
        if (!to[*n])
            return ERR_MEMORY;
        text += length + (text[length] == ',');
    }
    return ERR_OK;
}

static mail_security security_of(const char *name)
{
    return strcmp(name, "tls") == 0 ? MAIL_TLS : strcmp(name, "starttls") == 0 ? MAIL_STARTTLS : MAIL_CLEAR;
}

static err send_mail(service *s, arena *a, const alarm_channel *ch, const alarm_message *m, char words[ALARM_WORDS],
                     char reply[MAIL_REPLY])
{
    _Static_assert((int)ALARM_WORDS == (int)MAIL_WORDS, "the words of a mail fit");
    const char *to[MAIL_RECIPIENTS];
    char id[UUID_TEXT], *password = NULL;
    size_t password_n = 0;
    mail_message mail = {.from = ch->sender, .to = to, .unix_ms = m->at_ms, .id = id};
    uuid_encode(id, m->id);
    TRY(split(a, ch->recipients, to, &mail.to_n));
    TRY(alarm_message_mail(a, m, strcmp(ch->language, "zh") == 0, &mail.subject, &mail.text));
    bool authenticates = ch->username && *ch->username;
    if (authenticates)
        TRY(alarm_channel_secret(s, a, ch->id, &password, &password_n));
    err e = mail_send(a,
                      &(mail_server){.host = ch->host,
                                     .port = (uint16_t)ch->port,
                                     .security = security_of(ch->security),
                                     .username = authenticates ? ch->username : NULL,
                                     .password = password,
                                     .ca_file = s->options.callback_ca_file,
                                     .deny = s->options.callback_deny,
                                     .timeout_ms = TIMEOUT_MS},
                      &mail, words, reply);
    if (password)
        wipe(password, password_n);
    return e;
}

static err post(service *s, arena *a, const alarm_channel *ch, const alarm_message *m, const char *secret,
                outbound_result *result)
{
    const char *headers[CALLBACK_HEADERS];
    size_t n;
    bytes body;
    outbound *o;
    TRY(alarm_message_json(a, m, &body));
    TRY(callback_message_headers(a, secret, NULL, m->at_ms / 1000, m->id, body, headers, &n));
    TRY(callback_outbound_create(s, &o));
    err e = outbound_post(o, ch->url, headers, n, body, NULL);
    while (e == ERR_OK && !outbound_take(o, result))
        outbound_run(o, LOOK_MS); /* ends: a transfer has its time limit */
    outbound_destroy(o);
    return e;
}

static err send_webhook(service *s, arena *a, const alarm_channel *ch, const alarm_message *m, char words[ALARM_WORDS])
{
    outbound_result result = {0};
    char *secret;
    size_t n;
    TRY(alarm_channel_secret(s, a, ch->id, &secret, &n));
    err e = post(s, a, ch, m, secret, &result);
    wipe(secret, n);
    TRY(e);
    if (result.status >= 200 && result.status < 300)
        return ERR_OK;
    if (result.status != 0)
        (void)snprintf(words, ALARM_WORDS, "HTTP %d", result.status);
    else
        (void)snprintf(words, ALARM_WORDS, "%s", result.message);
    return ERR_TRANSPORT;
}

err alarm_delivery_send(service *s, arena *a, const alarm_channel *ch, alarm_message *m, char words[ALARM_WORDS],
                        char reply[MAIL_REPLY])
{
    words[0] = reply[0] = '\0';
    m->organisation = service_organisation(s);
    m->node = monitor_node(s);
    m->console_url = service_public_url(s);
    m->zone_minutes = time_watch_zone(s);
    err e = strcmp(ch->kind, "mail") == 0 ? send_mail(s, a, ch, m, words, reply) : send_webhook(s, a, ch, m, words);
    if (e != ERR_OK && !*words)
        (void)snprintf(words, ALARM_WORDS, "%s", err_code(e));
    return e;
}

err alarm_delivery_test(call *c, const uint8_t id[16], alarm_test *out)
{
    uint8_t message_id[16];
    alarm_channel ch;
    memset(out, 0, sizeof *out);
    c->subject = call_subject(c, "alarm-channel", id);
    TRY(alarm_channel_get(c, id, &ch));
    TRY(uuid7_create(message_id));
    uint64_t began_ns = clock_monotonic_ns();
    out->delivered = alarm_delivery_send(c->service, c->arena, &ch,
                                         &(alarm_message){.id = message_id, .at_ms = c->now_ms, .test = true},
                                         out->words, out->reply) == ERR_OK;
    out->took_ms = (int64_t)((clock_monotonic_ns() - began_ns) / 1000000);
    c->detail = arena_printf(c->arena, "%s %s", ch.kind, out->delivered ? "delivered" : "failed");
    return c->detail ? call_commit(c, store_unit_begin(c->arena)) : ERR_MEMORY;
}

/* ---- the queue ---- */

typedef struct due {
    alarm_news *news;
    size_t n;
    int64_t total;
    uint8_t last[16]; /* notices up to this id are told by the message */
} due;

/* In quiet time only what is critical; the rest stays queued. */
static err list_due(service *s, arena *a, const alarm_channel *ch, bool quiet, due *out)
{
    store_result rows;
    const store_value *count;
    store_value params[] = {store_id(ch->id), store_text(quiet ? "critical" : ""), store_int(ALARM_TOLD_MAX)};
    memset(out, 0, sizeof *out);
    TRY(store_query_one(s->options.store, a, &count, ERR_OK,
                        "SELECT count(*), max(n.id) FROM alarm_notice n JOIN alarm ON alarm.id = n.alarm_id WHERE "
                        "n.channel_id = $1 AND n.state = 'queued' AND ($2 = '' OR alarm.severity = $2)",
                        params, 2));
    out->total = count[0].i;
    if (out->total == 0)
        return ERR_OK;
    TRY(store_column_id(out->last, &count[1]));
    TRY(store_query(
        s->options.store, a, &rows,
        "SELECT " ALARM_COLUMNS ", n.event FROM alarm_notice n JOIN alarm ON alarm.id = n.alarm_id WHERE "
        "n.channel_id = $1 AND n.state = 'queued' AND ($2 = '' OR alarm.severity = $2) ORDER BY n.id LIMIT $3",
        params, 3));
    out->news = arena_alloc(a, (rows.rows + 1) * sizeof *out->news);
    if (!out->news)
        return ERR_MEMORY;
    for (; out->n < rows.rows; out->n++) {
        const store_value *v = rows.values + out->n * rows.columns;
        TRY(alarm_read(v, &out->news[out->n].alarm));
        out->news[out->n].event = column_text(&v[ALARM_COLUMN_COUNT]);
    }
    return ERR_OK;
}

/* Before it goes out. ERR_CONFLICT: another is at it. */
static err claim(service *s, arena *a, const alarm_channel *ch, int64_t now_ms)
{
    store_unit *unit = store_unit_begin(a);
    store_unit_add(unit, 1, ERR_CONFLICT, "UPDATE alarm_channel SET next_at = $2 WHERE id = $1 AND next_at <= $3",
                   (store_value[]){store_id(ch->id), store_int(now_ms + alarm_backoff_ms(ch->failures + 1)),
                                   store_int(now_ms)},
                   3);
    return store_commit(s->options.store, unit);
}

/* last: what is told goes up to this notice. */
static err settle(service *s, arena *a, const alarm_channel *ch, const uint8_t last[16], bool quiet, int64_t now_ms)
{
    store_unit *unit = store_unit_begin(a);
    store_unit_add(
        unit, STORE_ANY, ERR_OK,
        "UPDATE alarm_notice SET state = 'sent', finished_at = $3 WHERE channel_id = $1 AND state = 'queued' "
        "AND id <= $2 AND ($4 = '' OR alarm_id IN (SELECT id FROM alarm WHERE severity = $4))",
        (store_value[]){store_id(ch->id), store_id(last), store_int(now_ms), store_text(quiet ? "critical" : "")}, 4);
    store_unit_add(
        unit, STORE_ANY, ERR_OK,
        "UPDATE alarm_channel SET sent_at = $2, failures = 0, last_error = NULL, next_at = $3 WHERE id = $1",
        (store_value[]){store_id(ch->id), store_int(now_ms), store_int(now_ms + ch->digest_minutes * minute_ms)}, 3);
    return store_commit(s->options.store, unit);
}

static err postpone(service *s, arena *a, const alarm_channel *ch, const char *words, int64_t now_ms)
{
    store_unit *unit = store_unit_begin(a);
    store_unit_add(
        unit, STORE_ANY, ERR_OK,
        "UPDATE alarm_channel SET failures = failures + 1, last_error = $2, next_at = $3 WHERE id = $1",
        (store_value[]){store_id(ch->id), store_text(words), store_int(now_ms + alarm_backoff_ms(ch->failures + 1))},
        3);
    store_unit_add(
        unit, STORE_ANY, ERR_OK,
        "UPDATE alarm_notice SET state = 'failed', finished_at = $2 WHERE channel_id = $1 AND state = 'queued' "
        "AND queued_at < $3",
        (store_value[]){store_id(ch->id), store_int(now_ms), store_int(now_ms - day_ms)}, 3);
    log_write(LOG_WARN, "alarm", "alarms cannot be told over a channel failures=%" PRId64 ": %s", ch->failures + 1,
              words);
    return store_commit(s->options.store, unit);
}

/* Where it cannot be noted that it goes out, or that it went: that is remembered, or it would go out again at every look. */
static err send(service *s, arena *a, const alarm_channel *ch, const due *d, bool quiet, bool claimed, int64_t now_ms,
                size_t *sent)
{
    char words[ALARM_WORDS], reply[MAIL_REPLY];
    uint8_t id[16];
    alarm_claim *m = claimed ? NULL : alarm_claim_make(s->monitor->claims, ch->id);
    TRY(uuid7_create(id));
    if (m)
        m->next_ms = now_ms + alarm_backoff_ms(ch->failures + ++m->failures);
    bool told = alarm_delivery_send(
                    s, a, ch, &(alarm_message){.id = id, .news = d->news, .n = d->n, .total = d->total, .at_ms = now_ms},
                    words, reply) == ERR_OK;
    *sent += told;
    if (!told && claimed)
        return postpone(s, a, ch, words, now_ms);
    if (!told) {
        log_write(LOG_WARN, "alarm", "alarms cannot be told over a channel, nor that noted: %s", words);
        return ERR_OK;
    }
    err e = claimed ? settle(s, a, ch, d->last, quiet, now_ms) : ERR_OK;
    if (claimed && e == ERR_OK)
        return ERR_OK;
    m = alarm_claim_make(s->monitor->claims, ch->id);
    m->sent = true;
    m->quiet = quiet;
    memcpy(m->last, d->last, sizeof m->last);
    return e;
}

static err settle_late(service *s, arena *a, const alarm_channel *ch, alarm_claim *m, int64_t now_ms)
{
    err e = settle(s, a, ch, m->last, m->quiet, now_ms);
    if (e == ERR_OK)
        *m = (alarm_claim){0};
    else
        m->next_ms = now_ms + minute_ms;
    return e;
}

static err look_at(service *s, arena *a, const alarm_channel *ch, int64_t now_ms, size_t *sent)
{
    due d;
    int64_t minute = (now_ms / minute_ms + time_watch_zone(s)) % ALARM_DAY_MINUTES;
    bool quiet = alarm_is_quiet(ch->quiet_from, ch->quiet_to, minute);
    alarm_claim *m = alarm_claim_find(s->monitor->claims, ch->id);
    if (m && now_ms < m->next_ms)
        return ERR_OK;
    if (m && m->sent)
        return settle_late(s, a, ch, m, now_ms);
    TRY(list_due(s, a, ch, quiet, &d));
    if (d.n == 0) /* none, or somebody saw to them between the two readings */
        return ERR_OK;
    err e = claim(s, a, ch, now_ms);
    if (e == ERR_CONFLICT)
        return ERR_OK;
    if (m && e == ERR_OK)
        *m = (alarm_claim){0};
    return send(s, a, ch, &d, quiet, e == ERR_OK, now_ms, sent);
}

err alarm_delivery_round(service *s, arena *a, int64_t now_ms, size_t *sent)
{
    store_result rows;
    call c = {
        .service = s, .arena = a, .now_ms = now_ms, .actor = ACTOR_SERVER, .actor_text = "server", .origin = "server"};
    err first = ERR_OK;
    *sent = 0;
    TRY(alarm_unrecorded_tell(s, a, now_ms, sent));
    TRY(store_query(
        s->options.store, a, &rows,
        "SELECT c.id FROM alarm_channel c WHERE c.state = 'active' AND c.next_at <= $1 AND EXISTS (SELECT 1 "
        "FROM alarm_notice n WHERE n.channel_id = c.id AND n.state = 'queued')",
        (store_value[]){store_int(now_ms)}, 1));
    for (size_t i = 0; i < rows.rows; i++) {
        uint8_t id[16];
        alarm_channel ch;
        TRY(store_column_id(id, &rows.values[i]));
        err e = alarm_channel_get(&c, id, &ch);
        if (e == ERR_OK)
            e = look_at(s, a, &ch, now_ms, sent);
        if (e != ERR_OK && e != ERR_NOT_FOUND && first == ERR_OK)
            first = e;
    }
    return first;
}

/* ---- the thread ---- */

/* A line each second would be written onto a disk that is full. */
static bool may_say(uint64_t *said_ns)
{
    uint64_t now_ns = clock_monotonic_ns();
    if (*said_ns != 0 && now_ns - *said_ns < (uint64_t)minute_ms * 1000000)
        return false;
    *said_ns = now_ns;
    return true;
}

static bool pause_for(alarm_delivery *d, int64_t ms)
{
    uint64_t end_ns = clock_monotonic_ns() + (uint64_t)ms * 1000000;
    struct timespec end = {.tv_sec = (time_t)(end_ns / 1000000000), .tv_nsec = (long)(end_ns % 1000000000)};
    pthread_mutex_lock(&d->lock);
    while (!d->stopping && pthread_cond_timedwait(&d->wake, &d->lock, &end) == 0)
        ;
    bool go_on = !d->stopping;
    pthread_mutex_unlock(&d->lock);
    return go_on;
}

static void *run(void *context)
{
    alarm_delivery *d = context;
    arena *a = arena_create(ARENA);
    size_t sent;
    uint64_t said_ns = 0;
    while (a && pause_for(d, LOOK_MS)) {
        err e = alarm_delivery_round(d->service, a, clock_unix_ms(), &sent);
        if (e != ERR_OK && may_say(&said_ns))
            log_write(LOG_ERROR, "alarm", "the queue of alarms cannot be sent code=%s", err_code(e));
        arena_reset(a);
    }
    arena_destroy(a);
    return NULL;
}

static void destroy(alarm_delivery *d)
{
    pthread_cond_destroy(&d->wake);
    pthread_mutex_destroy(&d->lock);
    free(d);
}

err alarm_delivery_start(alarm_delivery **out, service *s)
{
    pthread_condattr_t monotonic;
    alarm_delivery *d = calloc(1, sizeof *d);
    if (!d)
        return ERR_MEMORY;
    d->service = s;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&d->wake, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pthread_mutex_init(&d->lock, NULL);
    if (pthread_create(&d->thread, NULL, run, d) != 0) {
        destroy(d);
        return ERR_MEMORY;
    }
    *out = d;
    return ERR_OK;
}

void alarm_delivery_stop(alarm_delivery *d)
{
    if (!d)
        return;
    pthread_mutex_lock(&d->lock);
    d->stopping = true;
    pthread_cond_signal(&d->wake);
    pthread_mutex_unlock(&d->lock);
    (void)pthread_join(d->thread, NULL);
    destroy(d);
}
