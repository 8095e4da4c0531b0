/* What the agent knows of its authorisations, with handles of the test's own in the place of the SDK's. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/agent_book.h"
#include "cmd/agent_open.h"
#include "os/file.h"

static const char id_text[] = "11111111-2222-3333-4444-555555555555";
static const uint8_t digest[AGENT_BOOK_DIGEST] = {1, 2, 3};

/* ---- the handle ---- */

struct yq_authorisation {
    pthread_mutex_t lock;
    pthread_cond_t moved;
    yq_authorisation_status status;
    int waits;                   /* calls of yq_authorisation_wait that have seen the status */
    int told;                    /* of those, how many may return */
    bool closing, closing_fails; /* all of them */
};

static void handle_init(yq_authorisation *a, yq_authorisation_state state, int count_left)
{
    *a = (yq_authorisation){.status = {.state = state, .count_left = count_left}};
    memcpy(a->status.authorisation, id_text, sizeof id_text);
    assert_int_equal(pthread_mutex_init(&a->lock, NULL), 0);
    assert_int_equal(pthread_cond_init(&a->moved, NULL), 0);
}

/* Sees the status at once, and tells it when it is let. */
yq_status yq_authorisation_wait(yq_authorisation *a, unsigned seconds, yq_authorisation_status *out,
                                yq_problem *problem)
{
    (void)seconds;
    (void)problem;
    (void)pthread_mutex_lock(&a->lock);
    *out = a->status;
    int mine = ++a->waits;
    (void)pthread_cond_broadcast(&a->moved);
    while (mine > a->told && !a->closing)
        (void)pthread_cond_wait(&a->moved, &a->lock);
    (void)pthread_mutex_unlock(&a->lock);
    return YQ_OK;
}

yq_status yq_authorisation_look(yq_authorisation *a, yq_authorisation_status *out)
{
    (void)pthread_mutex_lock(&a->lock);
    *out = a->status;
    (void)pthread_mutex_unlock(&a->lock);
    return YQ_OK;
}

yq_status yq_authorisation_close(yq_authorisation *a, yq_problem *problem)
{
    (void)problem;
    (void)pthread_mutex_lock(&a->lock);
    a->status.state = YQ_AUTHORISATION_CLOSED;
    a->closing = true;
    (void)pthread_cond_broadcast(&a->moved);
    (void)pthread_mutex_unlock(&a->lock);
    return a->closing_fails ? YQ_TRANSPORT_FAILED : YQ_OK;
}

/* The server is away twice, then answers. */
static atomic_int swept, sweeps_failing;

yq_status yq_workstation_close_authorisation(yq_workstation *workstation, const char *id, yq_problem *problem)
{
    (void)workstation;
    (void)id;
    *problem = (yq_problem){0};
    if (sweeps_failing > 0) {
        sweeps_failing--;
        return YQ_TRANSPORT_FAILED;
    }
    swept++;
    return YQ_OK;
}

void yq_authorisation_free(yq_authorisation *a)
{
    (void)a;
}

const char *yq_status_text(yq_status status)
{
    (void)status;
    return "";
}

/* ---- the tests ---- */

static char file[] = "/tmp/yiqian-agent-open-XXXXXX";

static const char *open_file(void)
{
    return file;
}

/* The ids that the file has, once they are n. */
static void wait_for_file(size_t n, uint8_t ids[AGENT_OPEN_MAX][16])
{
    size_t found = AGENT_OPEN_MAX;
    for (int tries = 0; tries < 1000 && found != n; tries++) {
        assert_int_equal(agent_open_read(file, ids, &found), ERR_OK);
        if (found != n)
            (void)usleep(10000);
    }
    assert_int_equal(found, n);
}

static void changed(void *context, const uint8_t id[16])
{
    (void)id;
    atomic_int *n = context;
    (*n)++;
}

static void wait_for(yq_authorisation *a, int waits)
{
    (void)pthread_mutex_lock(&a->lock);
    while (a->waits < waits)
        (void)pthread_cond_wait(&a->moved, &a->lock);
    (void)pthread_mutex_unlock(&a->lock);
}

/* A thread has seen the first status and tells it when the second is known already. */
static void assert_second_stays(yq_authorisation_state first, int first_left, yq_authorisation_state second,
                                int second_left)
{
    agent_book *book;
    yq_authorisation a;
    yq_authorisation_status known;
    uint8_t id[16];
    atomic_int changes = 0;
    handle_init(&a, first, first_left);
    assert_int_equal(agent_book_create(&book, NULL, open_file(), changed, &changes), ERR_OK);
    assert_int_equal(agent_book_add(book, &a, digest, id), ERR_OK);
    agent_entry *entry = agent_book_hold(book, id, digest);
    assert_non_null(entry);
    wait_for(&a, 1);
    (void)pthread_mutex_lock(&a.lock);
    a.status.state = second;
    a.status.count_left = second_left;
    (void)pthread_mutex_unlock(&a.lock);
    agent_book_look(book, entry);
    agent_book_status(book, entry, &known);
    assert_int_equal(known.state, second);
    assert_int_equal(known.count_left, second_left);
    (void)pthread_mutex_lock(&a.lock);
    a.told = 1;
    (void)pthread_cond_broadcast(&a.moved);
    (void)pthread_mutex_unlock(&a.lock);
    wait_for(&a, 2); /* the first was taken in */
    agent_book_status(book, entry, &known);
    assert_int_equal(known.state, second);
    assert_int_equal(known.count_left, second_left);
    assert_int_equal(changes, first != second);
    agent_book_release(book, entry);
    assert_true(agent_book_stop(book, 10000));
    agent_book_destroy(book);
}

static void what_is_told_late_takes_nothing_back(void **state)
{
    (void)state;
    assert_second_stays(YQ_AUTHORISATION_ACTIVE, 5, YQ_AUTHORISATION_ACTIVE, 3);
    assert_second_stays(YQ_AUTHORISATION_OFFERED, 0, YQ_AUTHORISATION_ACTIVE, 7);
}

static void the_digest_is_asked_for(void **state)
{
    (void)state;
    agent_book *book;
    yq_authorisation a;
    uint8_t id[16], other[AGENT_BOOK_DIGEST];
    atomic_int changes = 0;
    handle_init(&a, YQ_AUTHORISATION_ACTIVE, 1);
    assert_int_equal(agent_book_create(&book, NULL, open_file(), changed, &changes), ERR_OK);
    assert_int_equal(agent_book_add(book, &a, digest, id), ERR_OK);
    for (size_t i = 0; i < sizeof other; i++) {
        memcpy(other, digest, sizeof other);
        other[i] ^= 0x80;
        assert_null(agent_book_hold(book, id, other));
    }
    agent_entry *entry = agent_book_hold(book, id, digest);
    assert_non_null(entry);
    agent_book_release(book, entry);
    assert_true(agent_book_stop(book, 10000));
    agent_book_destroy(book);
}

/* Nothing is told by the book's end: that is the process that was killed. */
static void what_is_open_is_noted_and_closed_by_the_next(void **state)
{
    (void)state;
    static const char broken[] = "x\n\n11111111-2222-3333-4444-55555555555\n\xff\n";
    agent_book *book;
    yq_authorisation a;
    uint8_t id[16], ids[AGENT_OPEN_MAX][16], left[2][16] = {{1}, {2}};
    struct stat s;
    atomic_int changes = 0;
    assert_int_equal(agent_open_write(file, (const uint8_t(*)[16])left, 2), ERR_OK);
    sweeps_failing = 1;
    swept = 0;
    handle_init(&a, YQ_AUTHORISATION_ACTIVE, 1);
    assert_int_equal(agent_book_create(&book, NULL, file, changed, &changes), ERR_OK);
    assert_int_equal(agent_book_add(book, &a, digest, id), ERR_OK);
    wait_for_file(1, ids); /* the two were closed, the server having been away at first */
    assert_memory_equal(ids[0], id, 16);
    assert_int_equal(swept, 2);
    assert_int_equal(stat(file, &s), 0);
    assert_int_equal(s.st_mode & 0777, 0600);
    a.closing_fails = true;
    assert_true(agent_book_stop(book, 10000));
    agent_book_destroy(book);
    wait_for_file(1, ids); /* the server could not be told */
    assert_int_equal(agent_book_create(&book, NULL, file, changed, &changes), ERR_OK);
    wait_for_file(0, ids);
    assert_int_equal(swept, 3);
    assert_true(agent_book_stop(book, 10000));
    agent_book_destroy(book);
    assert_int_equal(file_write(file, broken, sizeof broken - 1, 0600), ERR_OK);
    wait_for_file(0, ids);
}

static void as_many_as_there_is_room_for(void **state)
{
    (void)state;
    agent_book *book;
    yq_authorisation all[AGENT_BOOK_MAX + 1];
    uint8_t id[16];
    atomic_int changes = 0;
    assert_int_equal(agent_book_create(&book, NULL, open_file(), changed, &changes), ERR_OK);
    for (size_t i = 0; i <= AGENT_BOOK_MAX; i++) {
        handle_init(&all[i], YQ_AUTHORISATION_ACTIVE, 1);
        all[i].status.authorisation[0] = (char)('a' + i % 6);
        assert_int_equal(agent_book_has_room(book), i < AGENT_BOOK_MAX);
        assert_int_equal(agent_book_add(book, &all[i], digest, id), i < AGENT_BOOK_MAX ? ERR_OK : ERR_LIMIT);
    }
    assert_true(agent_book_stop(book, 10000));
    assert_int_equal(agent_book_add(book, &all[AGENT_BOOK_MAX], digest, id), ERR_LIMIT); /* it stops: nothing begins */
    agent_book_destroy(book);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_told_late_takes_nothing_back),
        cmocka_unit_test(the_digest_is_asked_for),
        cmocka_unit_test(what_is_open_is_noted_and_closed_by_the_next),
        cmocka_unit_test(as_many_as_there_is_room_for),
    };
    int made = mkstemp(file);
    if (made < 0 || close(made) != 0)
        return 1;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    (void)unlink(file);
    return failed;
}
