/* Complete tasks through push: a thousand connected devices, simulated, each with its own identity, key and open channel (server-sent events),
 * on the cores that the server has too. A task is made; its event comes to the device's channel; the device pulls its list, fetches the
 * document, signs (S1 to S3); the business system reads the result. Some threads do the work of all devices, as many at a time as there
 * are threads: a device waits for its turn, which is not counted as the server's.
 * Measured: the time from sending the creation to the event's arrival, at a steady rate and as fast as it goes; tasks a second; the server's
 * own account of its CPU (/v1/system/figures). */
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "client.h"
#include "os/clock.h"

enum {
    DEVICES = 1000,
    DOCUMENT = 4096,
    SIGNERS = 16,
    MAKERS = 8,
    AT_ONCE = 32, /* tasks under way when it goes as fast as it can */
    STEADY_RATE = 200,
    STEADY_TASKS = 3000,
    FAST_TASKS = 8000,
    IDLE_SECONDS = 26, /* a heartbeat each */
    EVENT_ROOM = 16384
};

typedef struct phone {
    device d;
    int channel;
    char event[EVENT_ROOM]; /* what of an event has come */
    size_t event_n;
    _Atomic uint64_t created_ns; /* of the task under way */
    char task[UUID_TEXT];        /* the last one that was told */
} phone;

/* Phones that have something to sign, in the order in which it came. */
typedef struct job_queue {
    pthread_mutex_t lock;
    pthread_cond_t filled;
    unsigned jobs[DEVICES];
    size_t head, n;
    bool closed;
} job_queue;

typedef struct load {
    unsigned port;
    char authorization[256];
    phone *phones;
    int poll;
    job_queue queue;
    sem_t free_places;
    atomic_uint next, made, told, signed_n;
    uint32_t *latency_us; /* of each told */
    bool steady;
    unsigned tasks;
    uint64_t started_ns;
} load;

/* ---- the queue ---- */

static void push(job_queue *q, unsigned phone_index)
{
    pthread_mutex_lock(&q->lock);
    q->jobs[(q->head + q->n++) % DEVICES] = phone_index;
    pthread_cond_signal(&q->filled);
    pthread_mutex_unlock(&q->lock);
}

static bool pop(job_queue *q, unsigned *phone_index)
{
    pthread_mutex_lock(&q->lock);
    while (q->n == 0 && !q->closed)
        pthread_cond_wait(&q->filled, &q->lock);
    bool got = q->n > 0;
    if (got) {
        *phone_index = q->jobs[q->head];
        q->head = (q->head + 1) % DEVICES;
        q->n--;
    }
    pthread_mutex_unlock(&q->lock);
    return got;
}

static void close_queue(job_queue *q)
{
    pthread_mutex_lock(&q->lock);
    q->closed = true;
    pthread_cond_broadcast(&q->filled);
    pthread_mutex_unlock(&q->lock);
}

/* ---- the channels ---- */

static void open_channel(load *l, phone *p, unsigned index)
{
    char head[512];
    client c = client_connect_tcp(l->port);
    int n = snprintf(head, sizeof head, "GET /v1/device/events HTTP/1.1\r\nHost: b\r\nAuthorization: %s\r\n\r\n",
                     p->d.authorization);
    client_send(c.fd, head, (size_t)n);
    free(c.answer);
    p->channel = c.fd;
    struct epoll_event want = {.events = EPOLLIN, .data.u32 = index};
    if (epoll_ctl(l->poll, EPOLL_CTL_ADD, c.fd, &want) != 0)
        client_die("epoll", "no place");
}

/* A whole event: its newest task, if that was not told before. */
static void told(load *l, phone *p, unsigned index, const char *data)
{
    const char *task = strstr(data, "\"task\":\"");
    if (!task || strncmp(task + 8, p->task, UUID_TEXT - 1) == 0)
        return;
    memcpy(p->task, task + 8, UUID_TEXT - 1);
    uint64_t ns = clock_monotonic_ns() - p->created_ns;
    l->latency_us[l->told++] = (uint32_t)(ns / 1000);
    push(&l->queue, index);
}

static void read_channel(load *l, unsigned index)
{
    phone *p = &l->phones[index];
    ssize_t got = recv(p->channel, p->event + p->event_n, EVENT_ROOM - 1 - p->event_n, MSG_DONTWAIT);
    if (got <= 0)
        client_die("channel", "ended");
    p->event_n += (size_t)got;
    p->event[p->event_n] = 0;
    char *data, *end, *rest = p->event;
    while ((data = strstr(rest, "data: ")) && (end = strchr(data, '\n'))) {
        *end = 0;
        told(l, p, index, data);
        rest = end + 1;
    }
    p->event_n -= (size_t)(rest - p->event);
    memmove(p->event, rest, p->event_n + 1);
    if (p->event_n == EVENT_ROOM - 1)
        p->event_n = 0; /* comments */
}

static void *listen_to_all(void *arg)
{
    load *l = arg;
    struct epoll_event events[128];
    while (l->signed_n < l->tasks) {
        int n = epoll_wait(l->poll, events, 128, 100);
        for (int i = 0; i < n; i++)
            read_channel(l, events[i].data.u32);
    }
    close_queue(&l->queue);
    return NULL;
}

/* ---- the business system ---- */

static void create(load *l, client *c, phone *p, unsigned number)
{
    uint8_t document[DOCUMENT];
    arena *a = arena_create(1 << 20);
    memset(document, 'a', sizeof document);
    (void)snprintf((char *)document, sizeof document, "record %u of %s", number, p->d.staff_no);
    json_t *body = json_pack("{s:s, s:s, s:s, s:s}", "signer", p->d.staff_no, "form", "raw", "title", "护理记录",
                             "document", base64_text(a, document, sizeof document));
    p->created_ns = clock_monotonic_ns();
    json_decref(client_call(c, "POST", "/v1/tasks", l->authorization, body));
    arena_destroy(a);
}

static void wait_until(uint64_t ns)
{
    const struct timespec at = {(time_t)(ns / 1000000000), (long)(ns % 1000000000)};
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) != 0) {
    }
}

/* At the steady rate each task has its moment, whatever became of those before; as fast as it goes, each waits for a free place. */
static void *make(void *arg)
{
    load *l = arg;
    client c = client_connect_tcp(l->port);
    for (unsigned number; (number = l->made++) < l->tasks;) {
        if (l->steady)
            wait_until(l->started_ns + number * (UINT64_C(1000000000) / STEADY_RATE));
        (void)sem_wait(&l->free_places);
        create(l, &c, &l->phones[l->next++ % DEVICES], number);
    }
    close(c.fd);
    free(c.answer);
    return NULL;
}

/* ---- the phones' work ---- */

static void sign(load *l, client *c, phone *p)
{
    char path[128];
    uint8_t id[16];
    const char *document;
    size_t n;
    json_t *list = client_call(c, "GET", "/v1/device/tasks", p->d.authorization, NULL);
    const char *task = client_text(json_array_get(json_object_get(list, "tasks"), 0), "task");
    if (strcmp(task, p->task) != 0)
        client_die("list", "not the task that was told");
    json_decref(list);
    client_must(uuid_decode(id, p->task, UUID_TEXT - 1), "task");
    (void)snprintf(path, sizeof path, "/v1/device/tasks/%s/document", p->task);
    if (client_exchange(c, "GET", path, p->d.authorization, NULL, &document, &n) != 200 || n != DOCUMENT)
        client_die("document", document);
    uint8_t copy[DOCUMENT];
    memcpy(copy, document, n);
    client_sign(c, &p->d, id, bytes_of(copy, n));
    (void)snprintf(path, sizeof path, "/v1/tasks/%s", p->task);
    json_t *result = client_call(c, "GET", path, l->authorization, NULL);
    if (strcmp(client_text(result, "state"), "signed") != 0)
        client_die("result", client_text(result, "state"));
    json_decref(result);
}

static void *sign_all(void *arg)
{
    load *l = arg;
    client c = client_connect_tcp(l->port);
    for (unsigned index; pop(&l->queue, &index);) {
        sign(l, &c, &l->phones[index]);
        l->signed_n++;
        (void)sem_post(&l->free_places);
    }
    close(c.fd);
    free(c.answer);
    return NULL;
}

/* ---- measuring ---- */

typedef struct measure {
    double seconds, cpu_us, p50_ms, p99_ms, most_ms;
} measure;

static int by_size(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static measure run(load *l, client *operator_socket, bool steady, unsigned tasks)
{
    pthread_t listener, signers[SIGNERS], makers[MAKERS];
    l->steady = steady;
    l->tasks = tasks;
    l->made = l->told = l->signed_n = 0;
    l->queue.closed = false;
    l->latency_us = calloc(tasks + DEVICES, sizeof *l->latency_us);
    (void)sem_init(&l->free_places, 0, steady ? DEVICES / 2 : AT_ONCE);
    json_t *before = client_figures(operator_socket);
    l->started_ns = clock_monotonic_ns();
    pthread_create(&listener, NULL, listen_to_all, l);
    for (size_t i = 0; i < SIGNERS; i++)
        pthread_create(&signers[i], NULL, sign_all, l);
    for (size_t i = 0; i < MAKERS; i++)
        pthread_create(&makers[i], NULL, make, l);
    for (size_t i = 0; i < MAKERS; i++)
        pthread_join(makers[i], NULL);
    pthread_join(listener, NULL);
    for (size_t i = 0; i < SIGNERS; i++)
        pthread_join(signers[i], NULL);
    measure m = {.seconds = (double)(clock_monotonic_ns() - l->started_ns) / 1e9};
    json_t *after = client_figures(operator_socket);
    m.cpu_us = client_grown(after, before, "process_cpu_ns") / tasks / 1e3;
    json_decref(before);
    json_decref(after);
    if (l->told != tasks)
        client_die("events", "not one each");
    qsort(l->latency_us, tasks, sizeof *l->latency_us, by_size);
    m.p50_ms = l->latency_us[tasks / 2] / 1e3;
    m.p99_ms = l->latency_us[tasks - tasks / 100 - 1] / 1e3;
    m.most_ms = l->latency_us[tasks - 1] / 1e3;
    free(l->latency_us);
    return m;
}

/* Nothing happens: what the open channels cost by themselves, heartbeats included. Milliseconds of CPU a second. */
static double idle(client *operator_socket)
{
    const struct timespec pause = {IDLE_SECONDS, 0};
    json_t *before = client_figures(operator_socket);
    (void)nanosleep(&pause, NULL);
    json_t *after = client_figures(operator_socket);
    double ms = client_grown(after, before, "process_cpu_ns") / IDLE_SECONDS / 1e6;
    json_decref(before);
    json_decref(after);
    return ms;
}

static void print(const char *name, const measure *m, unsigned tasks)
{
    printf("%-24s %6.0f /s   server CPU %5.0f us a task   created to event: p50 %.1f ms, p99 %.1f ms, most %.1f ms\n",
           name, tasks / m->seconds, m->cpu_us, m->p50_ms, m->p99_ms, m->most_ms);
}

static json_t *report(const measure *m, unsigned tasks)
{
    return json_pack("{s:f, s:f, s:f, s:f, s:f}", "per_second", tasks / m->seconds, "server_cpu_us", m->cpu_us,
                     "event_p50_ms", m->p50_ms, "event_p99_ms", m->p99_ms, "event_max_ms", m->most_ms);
}

static void open_system(load *l, client *operator_socket)
{
    char path[128];
    json_t *made = client_call(operator_socket, "POST", "/v1/systems", NULL,
                               json_pack("{s:s, s:[s]}", "name", "bench", "scopes", "tasks"));
    (void)snprintf(path, sizeof path, "/v1/systems/%s/credentials", client_text(made, "system"));
    json_t *credential = client_call(operator_socket, "POST", path, NULL, json_object());
    (void)snprintf(l->authorization, sizeof l->authorization, "Bearer %s.%s", client_text(credential, "key_id"),
                   client_text(credential, "secret"));
    json_decref(made);
    json_decref(credential);
}

static void raise_files(void)
{
    struct rlimit files;
    (void)getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur < 2 * DEVICES)
        client_die("open files", "too few are allowed (ulimit -n)");
}

int main(int argc, char **argv)
{
    bool json = argc == 2 && strcmp(argv[1], "--json") == 0;
    if (argc > 1 && !json) {
        fprintf(stderr, "usage: bench_tasks [--json]\n");
        return 2;
    }
    char data_dir[] = "/tmp/yiqian-bench-XXXXXX", remove_it[160];
    load l = {.queue = {.lock = PTHREAD_MUTEX_INITIALIZER, .filled = PTHREAD_COND_INITIALIZER},
              .poll = epoll_create1(0),
              .phones = calloc(DEVICES, sizeof *l.phones)};
    raise_files();
    if (!mkdtemp(data_dir) || !l.phones || l.poll < 0)
        client_die(data_dir, "cannot be made");
    pid_t server = client_start_server(YIQIAND_PATH, data_dir, &l.port);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    (void)snprintf(address.sun_path, sizeof address.sun_path, "%s/yiqiand.sock", data_dir);
    client operator_socket = client_connect((const struct sockaddr *)&address, sizeof address);
    client c = client_connect_tcp(l.port);
    open_system(&l, &operator_socket);
    for (unsigned i = 0; i < DEVICES; i++) {
        (void)snprintf(l.phones[i].d.staff_no, sizeof l.phones[i].d.staff_no, "B%u", i);
        client_enrol(&c, &operator_socket, &l.phones[i].d);
        open_channel(&l, &l.phones[i], i);
    }
    double idle_ms = idle(&operator_socket);
    measure steady = run(&l, &operator_socket, true, STEADY_TASKS), fast = run(&l, &operator_socket, false, FAST_TASKS);
    if (json) {
        json_t *out =
            json_pack("{s:s, s:{s:i, s:i, s:f, s:o, s:o}}", "benchmark", "tasks", "figures", "devices", (int)DEVICES,
                      "client_threads", (int)(SIGNERS + MAKERS + 1), "idle_cpu_ms_a_second", idle_ms, "steady",
                      report(&steady, STEADY_TASKS), "as_fast_as_it_goes", report(&fast, FAST_TASKS));
        json_dumpf(out, stdout, JSON_INDENT(1) | JSON_REAL_PRECISION(6));
        putchar('\n');
        json_decref(out);
    } else {
        printf("%d devices, each with its channel (server-sent events) open, the work of all done by %d client threads "
               "on the same "
               "cores;\ncreated, told, pulled with its 4 KiB document, signed, read; synchronous=FULL\n",
               (int)DEVICES, (int)(SIGNERS + MAKERS + 1));
        printf("idle: %.1f ms of server CPU a second\n", idle_ms);
        print("200 a second", &steady, STEADY_TASKS);
        print("as fast as it goes", &fast, FAST_TASKS);
    }
    kill(server, SIGTERM);
    waitpid(server, NULL, 0);
    (void)snprintf(remove_it, sizeof remove_it, "rm -rf '%s'", data_dir);
    return system(remove_it) == 0 ? 0 : 1;
}
