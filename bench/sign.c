/* Many devices against the running server, on the cores they share: 4 KiB documents, one digest a request, everything durable.
 * Two measurements: co-signatures (tasks made beforehand: S1/S2 and the completion), and complete tasks (made, signed, result
 * fetched). The server's CPU is its own account (/v1/system/figures), so the load's share of the cores does not count in it. */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client.h"
#include "os/clock.h"

enum { DOCUMENT = 4096, THREADS = 32 };

typedef struct bench {
    unsigned port, devices, tasks_each;
    const char *system_authorization;
    device *all;
} bench;

/* A document of its own for each task, so that each digest is. */
static void document_make(uint8_t out[DOCUMENT], const char *staff_no, unsigned number)
{
    memset(out, 'a', DOCUMENT);
    (void)snprintf((char *)out, DOCUMENT, "record %u of %s", number, staff_no);
}

static void task_create(client *c, const bench *b, const device *d, unsigned number, char id[UUID_TEXT])
{
    uint8_t document[DOCUMENT];
    arena *a = arena_create(1 << 20);
    document_make(document, d->staff_no, number);
    json_t *task = client_call(c, "POST", "/v1/tasks", b->system_authorization,
                               json_pack("{s:s, s:s, s:s, s:s}", "signer", d->staff_no, "form", "raw", "title",
                                         "护理记录", "document", base64_text(a, document, DOCUMENT)));
    (void)snprintf(id, UUID_TEXT, "%s", client_text(task, "task"));
    json_decref(task);
    arena_destroy(a);
}

static void task_sign(client *c, device *d, unsigned number, const char *id)
{
    uint8_t document[DOCUMENT], subject[16];
    document_make(document, d->staff_no, number);
    client_must(uuid_decode(subject, id, strlen(id)), "task");
    client_sign(c, d, subject, bytes_of(document, DOCUMENT));
}

static void task_result(client *c, const bench *b, const char *id)
{
    char path[96];
    (void)snprintf(path, sizeof path, "/v1/tasks/%s", id);
    json_t *task = client_call(c, "GET", path, b->system_authorization, NULL);
    if (strcmp(client_text(task, "state"), "signed") != 0)
        client_die("result", client_text(task, "state"));
    json_decref(task);
}

typedef enum phase { PHASE_CREATE, PHASE_SIGN, PHASE_WHOLE } phase;

typedef struct worker {
    bench *b;
    phase phase;
    unsigned index;
} worker;

static void *work(void *arg)
{
    worker *w = arg;
    bench *b = w->b;
    client c = client_connect_tcp(b->port);
    for (unsigned number = 0; number < b->tasks_each; number++)
        for (unsigned i = w->index; i < b->devices; i += THREADS) {
            device *d = &b->all[i];
            char whole[UUID_TEXT], *id = w->phase == PHASE_WHOLE ? whole : d->tasks[number];
            if (w->phase != PHASE_SIGN)
                task_create(&c, b, d, number, id);
            if (w->phase != PHASE_CREATE)
                task_sign(&c, d, number, id);
            if (w->phase == PHASE_WHOLE)
                task_result(&c, b, id);
        }
    close(c.fd);
    free(c.answer);
    return NULL;
}

typedef struct measure {
    double seconds, count;
    double process_ns, crypto_ns, loops_ns, workers_ns, writer_ns, groups;
} measure;

static measure run(bench *b, client *operator_socket, phase p)
{
    pthread_t threads[THREADS];
    worker workers[THREADS];
    json_t *before = client_figures(operator_socket);
    uint64_t started = clock_monotonic_ns();
    for (unsigned i = 0; i < THREADS; i++) {
        workers[i] = (worker){b, p, i};
        if (pthread_create(&threads[i], NULL, work, &workers[i]) != 0)
            client_die("threads", "none to be had");
    }
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    measure m = {.seconds = (double)(clock_monotonic_ns() - started) / 1e9,
                 .count = (double)b->devices * b->tasks_each};
    json_t *after = client_figures(operator_socket);
    m.process_ns = client_grown(after, before, "process_cpu_ns");
    m.crypto_ns = client_grown(after, before, "crypto_cpu_ns");
    m.loops_ns = client_grown(after, before, "http_loops_cpu_ns");
    m.workers_ns = client_grown(after, before, "workers_cpu_ns");
    m.writer_ns = client_grown(after, before, "store_writer_cpu_ns");
    m.groups = client_grown(after, before, "store_groups");
    json_decref(before);
    json_decref(after);
    return m;
}

static json_t *report(const measure *m)
{
    double n = m->count, http = m->process_ns - m->crypto_ns - m->writer_ns;
    return json_pack("{s:f, s:f, s:f, s:f, s:f, s:f, s:f}", "per_second", n / m->seconds, "server_cpu_us",
                     m->process_ns / n / 1e3, "crypto_us", m->crypto_ns / n / 1e3, "crypto_share",
                     m->crypto_ns / m->process_ns, "http_json_reads_us", http / n / 1e3, "store_writer_us",
                     m->writer_ns / n / 1e3, "commits_per_item", m->groups / n);
}

static void print(const char *name, const measure *m)
{
    double n = m->count;
    printf(
        "%-16s %8.0f /s   server CPU %6.0f us each: crypto %5.0f (%.0f %%), http+json+reads %5.0f, store writer %5.0f; "
        "%.2f commits each\n",
        name, n / m->seconds, m->process_ns / n / 1e3, m->crypto_ns / n / 1e3, 100 * m->crypto_ns / m->process_ns,
        (m->process_ns - m->crypto_ns - m->writer_ns) / n / 1e3, m->writer_ns / n / 1e3, m->groups / n);
}

/* bench_sign [--json] measures. bench_sign --load PORT SOCKET DEVICES TASKS is the same work as a load on a server that runs already, for tests:
 * its names carry the process id, so that it can be repeated. */
int main(int argc, char **argv)
{
    bool json = argc == 2 && strcmp(argv[1], "--json") == 0, load = argc == 6 && strcmp(argv[1], "--load") == 0;
    if (argc > 1 && !json && !load) {
        fprintf(stderr, "usage: bench_sign [--json]\n");
        return 2;
    }
    char data_dir[] = "/tmp/yiqian-bench-XXXXXX", socket_path[108], authorization[256], path[128], remove_it[160];
    bench b = {.devices = 64, .tasks_each = 40};
    pid_t server = 0;
    if (load) {
        b.port = (unsigned)strtoul(argv[2], NULL, 10);
        b.devices = (unsigned)strtoul(argv[4], NULL, 10);
        b.tasks_each = (unsigned)strtoul(argv[5], NULL, 10);
        (void)snprintf(socket_path, sizeof socket_path, "%s", argv[3]);
    } else {
        if (!mkdtemp(data_dir))
            client_die(data_dir, "cannot be made");
        server = client_start_server(YIQIAND_PATH, data_dir, &b.port);
        (void)snprintf(socket_path, sizeof socket_path, "%s/yiqiand.sock", data_dir);
    }
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    memcpy(address.sun_path, socket_path, strlen(socket_path) + 1);
    client operator_socket = client_connect((const struct sockaddr *)&address, sizeof address);
    client c = client_connect_tcp(b.port);

    (void)snprintf(path, sizeof path, "bench %ld", (long)getpid());
    json_t *made = client_call(&operator_socket, "POST", "/v1/systems", NULL,
                               json_pack("{s:s, s:[s]}", "name", path, "scopes", "tasks"));
    (void)snprintf(path, sizeof path, "/v1/systems/%s/credentials", client_text(made, "system"));
    json_t *credential = client_call(&operator_socket, "POST", path, NULL, json_object());
    (void)snprintf(authorization, sizeof authorization, "Bearer %s.%s", client_text(credential, "key_id"),
                   client_text(credential, "secret"));
    b.system_authorization = authorization;
    b.all = calloc(b.devices, sizeof *b.all);
    for (unsigned i = 0; i < b.devices; i++) {
        (void)snprintf(b.all[i].staff_no, sizeof b.all[i].staff_no, "B%ld-%u", (long)getpid(), i);
        b.all[i].tasks = calloc(b.tasks_each, sizeof *b.all[i].tasks);
        client_enrol(&c, &operator_socket, &b.all[i]);
    }
    measure create = run(&b, &operator_socket, PHASE_CREATE);
    measure sign = run(&b, &operator_socket, PHASE_SIGN);
    measure whole = run(&b, &operator_socket, PHASE_WHOLE);
    if (json) {
        json_t *out = json_pack("{s:s, s:{s:i, s:i, s:o, s:o, s:o}, s:{s:f}}", "benchmark", "sign", "figures",
                                "devices", (int)b.devices, "client_threads", (int)THREADS, "task_create",
                                report(&create), "co_signature", report(&sign), "complete_task", report(&whole),
                                "ratios", "crypto_of_server_cpu", sign.crypto_ns / sign.process_ns);
        json_dumpf(out, stdout, JSON_INDENT(1) | JSON_REAL_PRECISION(6));
        putchar('\n');
        json_decref(out);
    } else {
        printf("%u devices, %d client threads on the same cores, 4 KiB documents, synchronous=FULL\n", b.devices,
               (int)THREADS);
        print("tasks made", &create);
        print("co-signatures", &sign);
        print("complete tasks", &whole);
    }
    json_decref(made);
    json_decref(credential);
    if (load)
        return 0;
    kill(server, SIGTERM);
    waitpid(server, NULL, 0);
    (void)snprintf(remove_it, sizeof remove_it, "rm -rf '%s'", data_dir);
    return system(remove_it) == 0 ? 0 : 1;
}
