#include "service/alarm_delivery.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>

#include "fixture.h"
#include "service/alarm_unrecorded.h"

enum { MINUTE = 60000, HOUR = 60 * MINUTE, DAY = 24 * HOUR };

/* A webhook's other end. */
typedef struct platform {
    int fd, port;
    pthread_t thread;
    atomic_int status, got;
    char message[8192]; /* the last one */
} platform;

typedef struct scene {
    fixture f;
    platform there;
    alarm_channel ch;
    int64_t began_ms;
} scene;

static void answer(platform *p, int fd)
{
    char room[sizeof p->message], reply[128];
    size_t n = 0, whole = sizeof room - 1;
    while (n < whole) {
        ssize_t more = read(fd, room + n, sizeof room - 1 - n);
        if (more <= 0)
            return;
        room[n += (size_t)more] = '\0';
        const char *body = strstr(room, "\r\n\r\n"), *length = strstr(room, "Content-Length:");
        if (body && length)
            whole = (size_t)(body + 4 - room) + strtoul(length + 15, NULL, 10);
    }
    memcpy(p->message, room, n + 1);
    p->got++;
    int size = snprintf(reply, sizeof reply, "HTTP/1.1 %d x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", p->status);
    if (write(fd, reply, (size_t)size) != size)
        p->got = -1; /* which no test waits for */
}

static void *serve(void *context)
{
    platform *p = context;
    for (int fd; (fd = accept(p->fd, NULL, NULL)) >= 0; close(fd))
        answer(p, fd);
    return NULL;
}

static void open_platform(platform *p)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof at;
    p->status = 204;
    p->fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(p->fd >= 0);
    assert_int_equal(bind(p->fd, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(p->fd, 8), 0);
    assert_int_equal(getsockname(p->fd, (struct sockaddr *)&at, &size), 0);
    p->port = ntohs(at.sin_port);
    assert_int_equal(pthread_create(&p->thread, NULL, serve, p), 0);
}

static int setup(void **state)
{
    scene *s = calloc(1, sizeof *s);
    char secret[CALLBACK_SECRET_TEXT];
    alarm_channel_change change = ALARM_CHANNEL_UNCHANGED;
    assert_non_null(s);
    fixture_init(&s->f);
    open_platform(&s->there);
    change.kind = "webhook";
    change.name = "值班平台";
    change.url = arena_printf(s->f.arena, "http://127.0.0.1:%d/", s->there.port);
    assert_int_equal(alarm_channel_create(fixture_call(&s->f, "alarm.channel_create"), &change, &s->ch, secret), ERR_OK);
    s->began_ms = s->f.now_ms;
    *state = s;
    return 0;
}

static int teardown(void **state)
{
    scene *s = *state;
    (void)shutdown(s->there.fd, SHUT_RDWR);
    (void)pthread_join(s->there.thread, NULL);
    close(s->there.fd);
    fixture_remove(&s->f);
    free(s);
    return 0;
}

/* A look so long after the beginning; how many messages have come by then. */
static int after(scene *s, int64_t ms)
{
    size_t sent;
    assert_int_equal(alarm_delivery_round(s->f.service, s->f.arena, s->began_ms + ms, &sent), ERR_OK);
    return s->there.got;
}

static void assert_told(const scene *s, const char *event, char id[37])
{
    const char *at = strstr(s->there.message, "\"alarm\":\"");
    assert_non_null(strstr(s->there.message, arena_printf(s->f.arena, "\"event\":\"%s\"", event)));
    assert_non_null(strstr(s->there.message, "database.write"));
    assert_non_null(at);
    if (*id)
        assert_memory_equal(at + 9, id, 36);
    else
        memcpy(id, at + 9, 36);
}

/* Opened, and over; the platform is down from then on. */
static void come_and_go(scene *s, int64_t ms, char id[37])
{
    int before = s->there.got;
    s->there.status = 204;
    alarm_unrecorded_note(s->f.service, ERR_DISK_FULL, s->began_ms + ms);
    assert_int_equal(after(s, ms), before + 1);
    assert_told(s, "opened", id);
    assert_int_equal(after(s, ms + 1000), before + 1);
    s->there.status = 503;
    alarm_unrecorded_note(s->f.service, ERR_OK, s->began_ms + ms + 2000);
    assert_int_equal(after(s, ms + 2000), before + 2);
    assert_told(s, "closed", id);
    assert_int_equal(after(s, ms + 3000), before + 2); /* not each second */
}

static void that_it_is_over_is_told_until_it_is_heard(void **state)
{
    scene *s = *state;
    char id[37] = "";
    come_and_go(s, 0, id);
    assert_int_equal(after(s, 2000 + MINUTE), 3);
    assert_int_equal(after(s, 2000 + 2 * MINUTE), 3);
    s->there.status = 204;
    assert_int_equal(after(s, 2000 + 3 * MINUTE), 4);
    assert_told(s, "closed", id);
    assert_int_equal(after(s, 2000 + 2 * HOUR), 4);
}

static void who_did_not_hear_that_it_was_over_has_it_still(void **state)
{
    scene *s = *state;
    char id[37] = "", other[37] = "";
    come_and_go(s, 0, id);
    s->there.status = 204;
    alarm_unrecorded_note(s->f.service, ERR_DISK_FULL, s->began_ms + 3000);
    assert_int_equal(after(s, HOUR), 3);
    assert_told(s, "opened", id);
    alarm_unrecorded_note(s->f.service, ERR_OK, s->began_ms + HOUR + 1000);
    assert_int_equal(after(s, HOUR + 1000), 4);
    assert_told(s, "closed", id);
    come_and_go(s, 2 * HOUR, other); /* another one */
    assert_string_not_equal(other, id);
}

static void for_a_day(void **state)
{
    scene *s = *state;
    char id[37] = "";
    come_and_go(s, 0, id);
    assert_int_equal(after(s, DAY), 3);
    assert_int_equal(after(s, DAY + 2 * HOUR), 4);
    s->there.status = 204;
    assert_int_equal(after(s, DAY + 9 * HOUR), 4);
}

/* ---- what was queued before ---- */

static void write_any(scene *s, const char *sql)
{
    store_unit *unit = store_unit_begin(s->f.arena);
    store_unit_add(unit, STORE_ANY, ERR_OK, sql, NULL, 0);
    assert_int_equal(store_commit(s->f.store, unit), ERR_OK);
}

static void queue_one(scene *s)
{
    static const uint8_t alarm_id[16] = {7};
    call *c = fixture_call(&s->f, NULL);
    fixture_write(&s->f,
                  "INSERT INTO alarm (id, kind, subject, severity, state, value, count, opened_at, seen_at) VALUES "
                  "($1, 'disk.space', '', 'critical', 'open', '1 GiB', 1, 1, 1)",
                  (store_value[]){store_id(alarm_id)}, 1);
    store_unit *unit = store_unit_begin(s->f.arena);
    assert_int_equal(alarm_channel_notify(c, unit, alarm_id, "opened", "critical"), ERR_OK);
    assert_int_equal(call_commit(c, unit), ERR_OK);
}

static int64_t queued(scene *s)
{
    return fixture_number(&s->f, "SELECT count(*) FROM alarm_notice WHERE state = 'queued'");
}

/* Nothing can be noted of a channel from now on. */
static void fill_disk(scene *s)
{
    write_any(s, "CREATE TEMP TRIGGER full AFTER UPDATE ON alarm_channel BEGIN INSERT INTO request_nonce VALUES "
                 "(hex(zeroblob(500000)), 'x', 1); END");
    write_any(s, "PRAGMA max_page_count = 1");
}

static void make_room(scene *s)
{
    write_any(s, "DROP TRIGGER full");
    write_any(s, "PRAGMA max_page_count = 1000000");
}

static void where_nothing_can_be_noted_it_is_told_once(void **state)
{
    scene *s = *state;
    size_t sent;
    queue_one(s);
    fill_disk(s);
    assert_int_equal(after(s, 0), 1);
    assert_int_equal(after(s, MINUTE - 1), 1);
    assert_int_equal(alarm_delivery_round(s->f.service, s->f.arena, s->began_ms + MINUTE, &sent), ERR_DISK_FULL);
    assert_int_equal(after(s, MINUTE + 1000), 1);
    assert_int_equal(queued(s), 1);
    make_room(s);
    assert_int_equal(after(s, 2 * MINUTE), 1);
    assert_int_equal(queued(s), 0);
    assert_int_equal(after(s, HOUR), 1);
}

static void and_tried_again_where_it_fails(void **state)
{
    scene *s = *state;
    s->there.status = 503;
    queue_one(s);
    fill_disk(s);
    assert_int_equal(after(s, 0), 1);
    assert_int_equal(after(s, 1000), 1);
    assert_int_equal(after(s, MINUTE), 2);
    assert_int_equal(after(s, 2 * MINUTE), 2);
    make_room(s);
    s->there.status = 204;
    assert_int_equal(after(s, 3 * MINUTE), 3);
    assert_int_equal(queued(s), 0);
}

/* Another took it between the look and the claim: the writer's connection sees what the readers' do not see yet. */
static void of_two_senders_one_sends(void **state)
{
    scene *s = *state;
    queue_one(s);
    write_any(s, "CREATE TEMP TABLE alarm_channel AS SELECT * FROM main.alarm_channel");
    write_any(s, "UPDATE alarm_channel SET next_at = 9000000000000000");
    assert_int_equal(after(s, 0), 0);
    write_any(s, "DROP TABLE temp.alarm_channel");
    assert_int_equal(after(s, 0), 1);
}

#define WITH_SCENE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SCENE(that_it_is_over_is_told_until_it_is_heard),
        WITH_SCENE(who_did_not_hear_that_it_was_over_has_it_still),
        WITH_SCENE(for_a_day),
        WITH_SCENE(where_nothing_can_be_noted_it_is_told_once),
        WITH_SCENE(and_tried_again_where_it_fails),
        WITH_SCENE(of_two_senders_one_sends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
