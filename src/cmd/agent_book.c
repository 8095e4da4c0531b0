#include "cmd/agent_book.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/ct.h"
#include "base/text.h"
#include "cmd/agent_open.h"
#include "os/clock.h"
#include "os/log.h"

/* WAIT_SECONDS: one waiting call, within the transport's time limit; PAUSE_SECONDS: after a failed one. */
enum { WAIT_SECONDS = 20, PAUSE_SECONDS = 2, NS = 1000000000 };

struct agent_entry {
    agent_book *book;
    bool used;
    uint8_t id[16], digest[AGENT_BOOK_DIGEST];
    yq_authorisation *handle;
    yq_authorisation_status status;
    bool untold;      /* closed here, and the server could not be told */
    unsigned holders; /* its watcher among them */
    uint64_t order;
};

struct agent_book {
    yq_workstation *workstation;
    void (*changed)(void *context, const uint8_t id[16]);
    void *context;
    pthread_mutex_t lock;
    pthread_cond_t idle; /* somebody let go of an entry, or the book stops */
    bool stopping, sweeping;
    uint64_t orders;
    agent_entry entries[AGENT_BOOK_MAX];
    const char *open_file;
    pthread_mutex_t file_lock;        /* outside of `lock`: the file is written in the order of what it tells */
    uint8_t left[AGENT_OPEN_MAX][16]; /* by an earlier process, open at the server */
    size_t left_n;
};

static bool ended(const yq_authorisation_status *s)
{
    return s->state != YQ_AUTHORISATION_OFFERED && s->state != YQ_AUTHORISATION_ACTIVE;
}

static bool start_thread(void *(*run)(void *), void *context)
{
    pthread_attr_t attributes;
    pthread_t thread;
    if (pthread_attr_init(&attributes) != 0)
        return false;
    bool started = pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED) == 0 &&
                   pthread_create(&thread, &attributes, run, context) == 0;
    (void)pthread_attr_destroy(&attributes);
    return started;
}

/* False: the book stops. */
static bool pause_after_failure(agent_book *book)
{
    const uint64_t until = clock_monotonic_ns() + (uint64_t)PAUSE_SECONDS * NS;
    const struct timespec at = {(time_t)(until / NS), (long)(until % NS)};
    (void)pthread_mutex_lock(&book->lock);
    while (!book->stopping && clock_monotonic_ns() < until)
        (void)pthread_cond_timedwait(&book->idle, &book->lock, &at);
    bool go_on = !book->stopping;
    (void)pthread_mutex_unlock(&book->lock);
    return go_on;
}

/* ---- what is open at the server, on the disk ---- */

/* Whoever cannot write it signs on: what is open ends at the server by itself, only later. */
static void note_open(agent_book *book)
{
    uint8_t ids[AGENT_OPEN_MAX][16];
    size_t n = 0;
    (void)pthread_mutex_lock(&book->file_lock);
    (void)pthread_mutex_lock(&book->lock);
    for (size_t i = 0; i < AGENT_BOOK_MAX; i++) {
        const agent_entry *e = &book->entries[i];
        if (e->used && (e->untold || !ended(&e->status)))
            memcpy(ids[n++], e->id, 16);
    }
    for (size_t i = 0; i < book->left_n && n < AGENT_OPEN_MAX; i++)
        memcpy(ids[n++], book->left[i], 16);
    (void)pthread_mutex_unlock(&book->lock);
    err e = agent_open_write(book->open_file, (const uint8_t(*)[16])ids, n);
    (void)pthread_mutex_unlock(&book->file_lock);
    if (e != ERR_OK)
        log_write(LOG_WARN, "agent", "what is open could not be noted: %s", err_code(e));
}

/* False: worth asking again. */
static bool close_left(agent_book *book, const uint8_t id[16])
{
    char text[UUID_TEXT];
    yq_problem problem = {0};
    uuid_encode(text, id);
    yq_status status = yq_workstation_close_authorisation(book->workstation, text, &problem);
    const bool again = status == YQ_TRANSPORT_FAILED ||
                       (status == YQ_REFUSED && (problem.http_status >= 500 || problem.http_status == 429));
    log_write(status == YQ_OK ? LOG_INFO : LOG_WARN, "agent", "authorisation %s of an earlier agent: %s %s", text,
              status == YQ_OK ? "closed" : yq_status_text(status), problem.code);
    return !again;
}

/* Closes what an earlier process left open, one after the other and again until the server has answered. */
static void *sweep(void *context)
{
    agent_book *book = context;
    uint8_t id[16];
    bool go_on = true;
    while (go_on) {
        (void)pthread_mutex_lock(&book->lock);
        go_on = book->left_n > 0 && !book->stopping;
        if (go_on)
            memcpy(id, book->left[0], 16);
        (void)pthread_mutex_unlock(&book->lock);
        if (!go_on)
            break;
        if (!close_left(book, id)) {
            go_on = pause_after_failure(book);
            continue;
        }
        (void)pthread_mutex_lock(&book->lock);
        memcpy(book->left[0], book->left[--book->left_n], 16);
        (void)pthread_mutex_unlock(&book->lock);
        note_open(book);
    }
    (void)pthread_mutex_lock(&book->lock);
    book->sweeping = false;
    (void)pthread_cond_broadcast(&book->idle);
    (void)pthread_mutex_unlock(&book->lock);
    return NULL;
}

static bool init_locks(agent_book *book)
{
    pthread_condattr_t attributes;
    bool made = pthread_mutex_init(&book->lock, NULL) == 0 && pthread_mutex_init(&book->file_lock, NULL) == 0 &&
                pthread_condattr_init(&attributes) == 0;
    made = made && pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) == 0 &&
           pthread_cond_init(&book->idle, &attributes) == 0;
    if (made)
        (void)pthread_condattr_destroy(&attributes);
    return made;
}

err agent_book_create(agent_book **out, yq_workstation *workstation, const char *open_file,
                      void (*changed)(void *context, const uint8_t id[16]), void *context)
{
    agent_book *book = calloc(1, sizeof *book);
    if (!book)
        return ERR_MEMORY;
    *book = (agent_book){.workstation = workstation, .open_file = open_file, .changed = changed, .context = context};
    err e = init_locks(book) ? agent_open_read(open_file, book->left, &book->left_n) : ERR_MEMORY;
    if (e == ERR_OK && book->left_n > 0) {
        book->sweeping = start_thread(sweep, book);
        e = book->sweeping ? ERR_OK : ERR_MEMORY;
    }
    if (e != ERR_OK) {
        free(book);
        return e;
    }
    *out = book;
    return ERR_OK;
}

void agent_book_destroy(agent_book *book)
{
    if (!book)
        return;
    for (size_t i = 0; i < AGENT_BOOK_MAX; i++)
        if (book->entries[i].used)
            yq_authorisation_free(book->entries[i].handle);
    (void)pthread_cond_destroy(&book->idle);
    (void)pthread_mutex_destroy(&book->file_lock);
    (void)pthread_mutex_destroy(&book->lock);
    wipe(book, sizeof *book);
    free(book);
}

/* ---- holding ---- */

agent_entry *agent_book_hold(agent_book *book, const uint8_t id[16], const uint8_t digest[AGENT_BOOK_DIGEST])
{
    agent_entry *found = NULL;
    (void)pthread_mutex_lock(&book->lock);
    for (size_t i = 0; i < AGENT_BOOK_MAX && !found; i++)
        if (book->entries[i].used && memcmp(book->entries[i].id, id, 16) == 0 &&
            ct_equal(book->entries[i].digest, digest, AGENT_BOOK_DIGEST))
            found = &book->entries[i];
    if (found)
        found->holders++;
    (void)pthread_mutex_unlock(&book->lock);
    return found;
}

size_t agent_book_hold_all(agent_book *book, agent_entry *out[AGENT_BOOK_MAX])
{
    size_t n = 0;
    (void)pthread_mutex_lock(&book->lock);
    for (size_t i = 0; i < AGENT_BOOK_MAX; i++)
        if (book->entries[i].used) {
            book->entries[i].holders++;
            out[n++] = &book->entries[i];
        }
    (void)pthread_mutex_unlock(&book->lock);
    return n;
}

void agent_book_release(agent_book *book, agent_entry *entry)
{
    if (!entry)
        return;
    (void)pthread_mutex_lock(&book->lock);
    entry->holders--;
    (void)pthread_cond_broadcast(&book->idle);
    (void)pthread_mutex_unlock(&book->lock);
}

yq_authorisation *agent_entry_handle(agent_entry *entry)
{
    return entry->handle;
}

void agent_book_status(agent_book *book, agent_entry *entry, yq_authorisation_status *out)
{
    (void)pthread_mutex_lock(&book->lock);
    *out = entry->status;
    (void)pthread_mutex_unlock(&book->lock);
}

/* ---- what happens ---- */

/* Two threads look at the same handle, and what one saw may be told late: no state and no count comes back. */
static bool is_later(const yq_authorisation_status *known, const yq_authorisation_status *now)
{
    if (ended(known) || now->state < known->state)
        return false;
    return now->state != known->state || now->state != YQ_AUTHORISATION_ACTIVE || now->count_left <= known->count_left;
}

static void take_status(agent_entry *entry, const yq_authorisation_status *now)
{
    agent_book *book = entry->book;
    (void)pthread_mutex_lock(&book->lock);
    bool later = is_later(&entry->status, now);
    bool changed = later && entry->status.state != now->state;
    if (later)
        entry->status = *now;
    (void)pthread_mutex_unlock(&book->lock);
    if (!changed)
        return;
    log_write(LOG_INFO, "agent", "authorisation %s state=%d", now->authorisation, (int)now->state);
    if (ended(now))
        note_open(book);
    book->changed(book->context, entry->id);
}

void agent_book_look(agent_book *book, agent_entry *entry)
{
    yq_authorisation_status now;
    (void)book;
    if (yq_authorisation_look(entry->handle, &now) == YQ_OK)
        take_status(entry, &now);
}

static bool is_over(agent_entry *entry)
{
    agent_book *book = entry->book;
    (void)pthread_mutex_lock(&book->lock);
    bool over = ended(&entry->status) || book->stopping;
    (void)pthread_mutex_unlock(&book->lock);
    return over;
}

static void *watch(void *context)
{
    agent_entry *entry = context;
    while (!is_over(entry)) {
        yq_authorisation_status now;
        yq_problem problem;
        yq_status status = yq_authorisation_wait(entry->handle, WAIT_SECONDS, &now, &problem);
        if (status == YQ_OK) {
            take_status(entry, &now);
            continue;
        }
        log_write(LOG_WARN, "agent", "waiting failed: %s %s", yq_status_text(status), problem.code);
        agent_book_look(entry->book, entry);
        if (!is_over(entry) && !pause_after_failure(entry->book))
            break;
    }
    agent_book_release(entry->book, entry);
    return NULL;
}

/* ---- adding ---- */

/* A place that is free, or the oldest that ended and is not held. Under the lock. */
static agent_entry *place(agent_book *book)
{
    agent_entry *best = NULL;
    for (size_t i = 0; i < AGENT_BOOK_MAX; i++) {
        agent_entry *e = &book->entries[i];
        if (!e->used)
            return e;
        if (ended(&e->status) && e->holders == 0 && (!best || e->order < best->order))
            best = e;
    }
    return best;
}

bool agent_book_has_room(agent_book *book)
{
    (void)pthread_mutex_lock(&book->lock);
    bool room = place(book) != NULL && !book->stopping;
    (void)pthread_mutex_unlock(&book->lock);
    return room;
}

err agent_book_add(agent_book *book, yq_authorisation *handle, const uint8_t digest[AGENT_BOOK_DIGEST], uint8_t id[16])
{
    yq_authorisation_status status;
    yq_authorisation *old = NULL;
    bool watched = false;
    if (yq_authorisation_look(handle, &status) != YQ_OK ||
        uuid_decode(id, status.authorisation, strlen(status.authorisation)) != ERR_OK)
        return ERR_INTERNAL;
    (void)pthread_mutex_lock(&book->lock);
    agent_entry *entry = book->stopping ? NULL : place(book);
    if (entry) {
        old = entry->used ? entry->handle : NULL;
        *entry = (agent_entry){
            .book = book, .used = true, .handle = handle, .status = status, .holders = 1, .order = ++book->orders};
        memcpy(entry->id, id, 16);
        memcpy(entry->digest, digest, AGENT_BOOK_DIGEST);
        /* Before anybody can hold it; its thread waits for the lock. */
        entry->used = watched = start_thread(watch, entry);
    }
    (void)pthread_mutex_unlock(&book->lock);
    yq_authorisation_free(old);
    if (watched)
        note_open(book);
    return watched ? ERR_OK : entry ? ERR_MEMORY : ERR_LIMIT;
}

/* ---- closing, stopping ---- */

yq_status agent_book_close(agent_book *book, agent_entry *entry, yq_problem *problem)
{
    yq_status status = yq_authorisation_close(entry->handle, problem);
    (void)pthread_mutex_lock(&book->lock);
    entry->untold = status != YQ_OK;
    (void)pthread_mutex_unlock(&book->lock);
    agent_book_look(book, entry);
    if (status != YQ_OK)
        note_open(book);
    return status;
}

static void *close_one(void *context)
{
    agent_entry *entry = context;
    yq_problem problem;
    yq_status status = agent_book_close(entry->book, entry, &problem);
    if (status != YQ_OK)
        log_write(LOG_WARN, "agent", "an authorisation could not be closed at the server: %s %s",
                  yq_status_text(status), problem.code);
    agent_book_release(entry->book, entry);
    return NULL;
}

/* One thread each: one that waits for the server holds up none of the others. */
static void close_all(agent_book *book)
{
    agent_entry *all[AGENT_BOOK_MAX];
    size_t n = agent_book_hold_all(book, all);
    for (size_t i = 0; i < n; i++) {
        yq_authorisation_status status;
        pthread_t thread;
        agent_book_status(book, all[i], &status);
        if (ended(&status) || pthread_create(&thread, NULL, close_one, all[i]) != 0)
            agent_book_release(book, all[i]);
        else
            (void)pthread_detach(thread);
    }
}

static bool all_idle(const agent_book *book)
{
    for (size_t i = 0; i < AGENT_BOOK_MAX; i++)
        if (book->entries[i].used && book->entries[i].holders > 0)
            return false;
    return !book->sweeping;
}

bool agent_book_stop(agent_book *book, unsigned ms)
{
    const uint64_t until = clock_monotonic_ns() + (uint64_t)ms * 1000000;
    const struct timespec at = {(time_t)(until / NS), (long)(until % NS)};
    (void)pthread_mutex_lock(&book->lock);
    book->stopping = true;
    (void)pthread_cond_broadcast(&book->idle);
    (void)pthread_mutex_unlock(&book->lock);
    close_all(book);
    (void)pthread_mutex_lock(&book->lock);
    while (!all_idle(book) && clock_monotonic_ns() < until)
        (void)pthread_cond_timedwait(&book->idle, &book->lock, &at);
    bool idle = all_idle(book);
    (void)pthread_mutex_unlock(&book->lock);
    return idle;
}
