/* What the console asks, answered by the real server over a hospital's years: 100,000 people in 200 departments, 5,000,000 signatures with their
 * timestamps and audit rows (console_rows.c makes them). Every list, search and chart is asked several times, each time for something else; each has to
 * be answered within a second. And what the indexes behind it cost a signature. --scale N: a hospital that is N times smaller, for a test that it runs. */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "client.h"
#include "console_questions.h"
#include "console_rows.h"
#include "os/clock.h"

enum { TRIES = 15, PAGES = 40, WRITE_ROUNDS = 4, WRITE_ROUND = 20000, QUESTIONS_MAX = 256, PATH_MAX_TEXT = 512 };
static const double limit_ms = 1000;

typedef struct question {
    const char *name;
    double ms[TRIES > PAGES ? TRIES : PAGES];
    int n;
    double cpu_ms; /* the server's, of all of them: what other people's work on the machine does not change */
    size_t rows;   /* of the last answer */
} question;

typedef struct bench {
    console_size size;
    client operator_socket;
    pid_t pid;
    bool kept; /* whoever keeps the rows tries this and that: he is told as it comes */
    question questions[QUESTIONS_MAX];
    size_t questions_n;
    char tasks[TRIES][UUID_TEXT], users[TRIES][UUID_TEXT], systems[CONSOLE_SYSTEMS][UUID_TEXT], serials[TRIES][48],
        imprints[TRIES][80], certificates[TRIES][48], actors[TRIES][64], subjects[TRIES][64], origins[TRIES][48];
    size_t tasks_n, users_n, systems_n, serials_n, certificates_n, acts_n;
    char next[160]; /* of the last answer */
    const char *server;
    const char *only; /* what the name of a question has to contain */
} bench;

/* ---- asking ---- */

static double server_cpu_ms(const bench *b)
{
    clockid_t clock;
    struct timespec at = {0};
    if (clock_getcpuclockid(b->pid, &clock) != 0 || clock_gettime(clock, &at) != 0)
        client_die("the server", "its CPU time is not known");
    return (double)at.tv_sec * 1e3 + (double)at.tv_nsec / 1e6;
}

static json_t *ask(bench *b, question *q, const char *path)
{
    const char *answer;
    uint64_t began = clock_monotonic_ns();
    double cpu_ms = server_cpu_ms(b);
    int status = client_exchange(&b->operator_socket, "GET", path, NULL, NULL, &answer, NULL);
    double ms = (double)(clock_monotonic_ns() - began) / 1e6;
    if (status != 200)
        client_die(path, answer);
    json_t *json = json_loads(answer, 0, NULL); /* NULL of a sheet */
    q->ms[q->n++] = ms;
    q->cpu_ms += server_cpu_ms(b) - cpu_ms;
    q->rows = json_array_size(json_object_get(json, "items"));
    (void)snprintf(b->next, sizeof b->next, "%s", client_text(json, "next"));
    return json;
}

static question *ask_about(bench *b, const char *name)
{
    if (b->questions_n == QUESTIONS_MAX)
        client_die(name, "too many questions");
    question *q = &b->questions[b->questions_n++];
    *q = (question){.name = name};
    return q;
}

/* The path with what stands behind each @ replaced for this try. */
static void expand(const bench *b, int k, const char *pattern, char out[PATH_MAX_TEXT])
{
    char department[32], name[32], value[96];
    size_t n = 0;
    for (const char *p = pattern; *p; p++) {
        if (*p != '@') {
            n += (size_t)snprintf(out + n, 4, (*p & 0x80) ? "%%%02X" : "%c", (unsigned char)*p);
            continue;
        }
        int64_t user = (int64_t)k * 7919 % b->size.users;
        switch (*++p) {
        case 'u':
            (void)snprintf(value, sizeof value, "U%06" PRId64, user);
            break;
        case 'n':
            (void)snprintf(value, sizeof value, "%s", console_name(name, user));
            break;
        case 'd':
            (void)snprintf(value, sizeof value, "%s", console_department(department, k * 13 % b->size.departments));
            break;
        case 't':
            (void)snprintf(value, sizeof value, "%s", console_record_type(k % CONSOLE_TYPES));
            break;
        case 's':
            (void)snprintf(value, sizeof value, "%s", b->systems[(size_t)k % b->systems_n]);
            break;
        case 'p':
            (void)snprintf(value, sizeof value, "ZY%07d", k * 12345 % 400000);
            break;
        case 'k':
            (void)snprintf(value, sizeof value, "%s", b->tasks[(size_t)k % b->tasks_n]);
            break;
        case 'x':
            (void)snprintf(value, sizeof value, "%s", b->serials[(size_t)k % b->serials_n]);
            break;
        case 'U':
            (void)snprintf(value, sizeof value, "%s", b->users[(size_t)k % b->users_n]);
            break;
        case 'c':
            (void)snprintf(value, sizeof value, "%.8s", b->certificates[(size_t)k % b->certificates_n]);
            break;
        case 'a':
            (void)snprintf(value, sizeof value, "%s", b->actors[(size_t)k % b->acts_n]);
            break;
        case 'b':
            (void)snprintf(value, sizeof value, "system:%s", b->systems[(size_t)k % b->systems_n]);
            break;
        case 'g':
            (void)snprintf(value, sizeof value, "%s", b->subjects[(size_t)k % b->acts_n]);
            break;
        case 'o':
            (void)snprintf(value, sizeof value, "%s", b->origins[(size_t)k % b->acts_n]);
            break;
        case 'f':
            (void)snprintf(value, sizeof value, "%.3s", console_name(name, user));
            break;
        case 'i':
            (void)snprintf(value, sizeof value, "%s", b->imprints[(size_t)k % b->serials_n]);
            break;
        default: /* a day, so many before today */
        {
            static const int back[] = {['1'] = 1, ['3'] = 30, ['9'] = 365, ['7'] = 729};
            clock_civil at;
            clock_civil_of(&at, (int64_t)time(NULL) - (back[(unsigned char)*p] + (int64_t)k) * 86400);
            (void)snprintf(value, sizeof value, "%04d-%02u-%02u", (int)at.year, at.month, at.day);
        }
        }
        for (const char *v = value; *v; v++)
            n += (size_t)snprintf(out + n, 4, (*v & 0x80) ? "%%%02X" : "%c", (unsigned char)*v);
    }
    out[n] = 0;
}

static void ask_often(bench *b, const console_question *about)
{
    question *q = ask_about(b, about->name);
    for (int k = 0; k < TRIES; k++) {
        char path[PATH_MAX_TEXT];
        expand(b, k, about->path, path);
        json_decref(ask(b, q, path));
    }
    if (b->kept)
        fprintf(stderr, "  %s: CPU %.1f ms\n", q->name, q->cpu_ms / q->n);
}

/* Page after page of one search. */
static void ask_on(bench *b, const console_question *about)
{
    question *q = ask_about(b, about->name);
    char first[PATH_MAX_TEXT], path[2 * PATH_MAX_TEXT];
    expand(b, 0, about->path, first);
    (void)snprintf(path, sizeof path, "%s", first);
    for (int k = 0; k < PAGES; k++) {
        json_decref(ask(b, q, path));
        if (!*b->next)
            return;
        (void)snprintf(path, sizeof path, "%s&after=%s", first, b->next);
    }
}

/* ---- what is asked about ---- */

/* So many texts of a list's items. */
static size_t learn_texts(bench *b, const char *path, const char *name, void *out, size_t size, size_t max)
{
    question unmeasured = {0};
    json_t *one, *found = ask(b, &unmeasured, path);
    size_t i, n = 0;
    json_array_foreach(json_object_get(found, "items"), i, one) if (n < max && *client_text(one, name))(void)
        snprintf((char *)out + n++ * size, size, "%s", client_text(one, name));
    json_decref(found);
    if (n == 0)
        client_die(path, "the server has none");
    return n;
}

static void learn(bench *b)
{
    static const char tokens[] = "/v1/tsa/tokens?limit=15", acts[] = "/v1/audit?limit=15&event=task.sign";
    b->tasks_n = learn_texts(b, "/v1/signatures?limit=15", "task", b->tasks, sizeof *b->tasks, TRIES);
    b->users_n = learn_texts(b, "/v1/users?limit=15", "user", b->users, sizeof *b->users, TRIES);
    b->systems_n = learn_texts(b, "/v1/systems?limit=20", "system", b->systems, sizeof *b->systems, CONSOLE_SYSTEMS);
    b->serials_n = learn_texts(b, tokens, "serial", b->serials, sizeof *b->serials, TRIES);
    (void)learn_texts(b, tokens, "imprint", b->imprints, sizeof *b->imprints, TRIES);
    b->certificates_n =
        learn_texts(b, "/v1/certificates?limit=15", "serial", b->certificates, sizeof *b->certificates, TRIES);
    b->acts_n = learn_texts(b, acts, "actor", b->actors, sizeof *b->actors, TRIES);
    (void)learn_texts(b, acts, "subject", b->subjects, sizeof *b->subjects, TRIES);
    (void)learn_texts(b, acts, "origin", b->origins, sizeof *b->origins, TRIES);
}

static void ask_all(bench *b)
{
    for (size_t i = 0; i < console_questions_n; i++)
        if (!b->only || strstr(console_questions[i].name, b->only))
            ask_often(b, &console_questions[i]);
    for (size_t i = 0; i < console_pages_n; i++)
        if (!b->only || strstr(console_pages[i].name, b->only))
            ask_on(b, &console_pages[i]);
}

/* ---- what comes out ---- */

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Whether all were answered in time. */
static bool tell(bench *b, json_t *out)
{
    bool in_time = true;
    json_t *list = json_array();
    for (size_t i = 0; i < b->questions_n; i++) {
        question *q = &b->questions[i];
        double first = q->ms[0];
        qsort(q->ms, (size_t)q->n, sizeof *q->ms, by_size);
        double p50 = q->ms[q->n / 2], p95 = q->ms[q->n * 95 / 100], worst = q->ms[q->n - 1];
        in_time = in_time && worst < limit_ms;
        if (!out)
            printf("  %s %-46s p50 %7.1f ms  p95 %7.1f ms  most %7.1f ms  first %7.1f ms  CPU %7.1f ms  rows %zu\n",
                   worst < limit_ms ? "PASS" : "FAIL", q->name, p50, p95, worst, first, q->cpu_ms / q->n, q->rows);
        json_array_append_new(list, json_pack("{s:s, s:f, s:f, s:f, s:f, s:f, s:i}", "name", q->name, "p50_ms", p50,
                                              "p95_ms", p95, "most_ms", worst, "first_ms", first, "cpu_ms",
                                              q->cpu_ms / q->n, "rows", (int)q->rows));
    }
    if (out)
        (void)json_object_set_new(out, "questions", list);
    else
        json_decref(list);
    return in_time;
}

/* ---- the server ---- */

static pid_t start(bench *b, const char *data_dir)
{
    unsigned port;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    (void)snprintf(address.sun_path, sizeof address.sun_path, "%s/yiqiand.sock", data_dir);
    pid_t pid = b->pid = client_start_server(b->server, data_dir, &port);
    b->operator_socket = client_connect((const struct sockaddr *)&address, sizeof address);
    return pid;
}

static void stop(bench *b, pid_t pid)
{
    client_close(&b->operator_socket);
    kill(pid, SIGTERM);
    waitpid(pid, NULL, 0);
}

/* Until housekeeping has counted all days. */
static double wait_until_counted(bench *b)
{
    uint64_t began = clock_monotonic_ns();
    for (bool complete = false; !complete;) {
        question unmeasured = {0};
        char path[PATH_MAX_TEXT];
        expand(b, 0, "/v1/statistics/signatures?by=day&from=@7", path);
        json_t *answer = ask(b, &unmeasured, path);
        complete = json_is_true(json_object_get(answer, "complete"));
        json_decref(answer);
        if (!complete)
            usleep(100000);
    }
    return (double)(clock_monotonic_ns() - began) / 1e9;
}

/* With and without, in turns; *with and *without are seconds a signature, the least of the rounds. */
static void measure_writing(const char *data_dir, int64_t n, double *with, double *without, double *cpu_with,
                            double *cpu_without)
{
    sqlite3 *db = console_rows_open(data_dir);
    int64_t now = clock_unix_ms();
    *with = *without = *cpu_with = *cpu_without = 1e9;
    for (int round = 0; round < WRITE_ROUNDS; round++)
        for (int is_with = 0; is_with < 2; is_with++) {
            console_rows_run(
                db, is_with ? "CREATE INDEX IF NOT EXISTS signature_signed ON signature (signed_at, task_id, signer);"
                              "CREATE INDEX IF NOT EXISTS audit_refused ON audit (sequence) WHERE outcome <> "
                              "'ok';"
                              "CREATE INDEX IF NOT EXISTS task_unsigned ON task (finished_at) WHERE "
                              "state = 'declined' OR state = 'cancelled' OR state = 'expired' OR "
                              "state = 'withdrawn'"
                            : "DROP INDEX signature_signed; DROP INDEX audit_refused; DROP INDEX "
                              "task_unsigned");
            console_rows_run(db, "PRAGMA wal_checkpoint(TRUNCATE)");
            console_cost cost = console_rows_sign(db, n, now += n + 1);
            double *best = is_with ? with : without, *cpu = is_with ? cpu_with : cpu_without;
            if (cost.seconds / (double)n < *best)
                *best = cost.seconds / (double)n;
            if (cost.cpu_seconds / (double)n < *cpu)
                *cpu = cost.cpu_seconds / (double)n;
        }
    (void)sqlite3_close(db);
}

static bool is_made(const char *data_dir)
{
    char path[256];
    (void)snprintf(path, sizeof path, "%s/yiqian.db", data_dir);
    return access(path, F_OK) == 0;
}

/* Whether all were answered in time. */
static bool run(const char *data_dir, console_size size, bool as_json, bool keep, const char *only, const char *server)
{
    static bench b;
    console_figures made = {0};
    double with = 0, without = 0, cpu_with = 0, cpu_without = 0;
    b.size = size;
    b.only = only;
    b.kept = keep;
    b.server = server;
    bool is_new = !is_made(data_dir);
    if (is_new) {
        stop(&b, start(&b, data_dir));
        console_rows_make(data_dir, size, clock_unix_ms(), &made);
    }
    if (!as_json && is_new)
        printf("%" PRId64 " people, %" PRId64 " departments, %" PRId64 " signatures, %" PRId64
               " tasks that ended otherwise, %" PRId64 " audit rows: made in %.0f s, %.1f GB\n",
               size.users, size.departments, size.signatures, made.others, made.audit, made.seconds,
               (double)made.bytes / 1e9);
    uint64_t began = clock_monotonic_ns();
    pid_t pid = start(&b, data_dir);
    double started = (double)(clock_monotonic_ns() - began) / 1e9, counted = wait_until_counted(&b);
    if (!as_json)
        printf("the server started in %.1f s, and counted all days in %.1f s\n", started, counted);
    learn(&b);
    ask_all(&b);
    stop(&b, pid);
    if (!keep)
        measure_writing(data_dir, size.signatures < WRITE_ROUND ? size.signatures : WRITE_ROUND, &with, &without,
                        &cpu_with, &cpu_without);
    json_t *out = as_json ? json_object() : NULL;
    bool in_time = tell(&b, out);
    if (out) {
        (void)json_object_update_new(
            out, json_pack("{s:I, s:I, s:I, s:f, s:I, s:f, s:f, s:f, s:f, s:f, s:f, s:b}", "users",
                           (json_int_t)size.users, "departments", (json_int_t)size.departments, "signatures",
                           (json_int_t)size.signatures, "made_seconds", made.seconds, "bytes", (json_int_t)made.bytes,
                           "start_seconds", started, "counted_seconds", counted, "write_us", with * 1e6,
                           "write_us_without_indexes", without * 1e6, "write_cpu_us", cpu_with * 1e6,
                           "write_cpu_us_without_indexes", cpu_without * 1e6, "in_time", in_time));
        (void)json_dumpf(out, stdout, JSON_INDENT(2));
        putchar('\n');
        json_decref(out);
    } else {
        if (!keep)
            printf("writing one signature's rows: %.1f us (CPU %.1f us) with the indexes, %.1f us (CPU %.1f us) "
                   "without: ratio %.3f (CPU %.3f)\n",
                   with * 1e6, cpu_with * 1e6, without * 1e6, cpu_without * 1e6, with / without,
                   cpu_with / cpu_without);
        printf("%s\n", in_time ? "each was answered within a second" : "NOT each was answered within a second");
    }
    return in_time;
}

int main(int argc, char **argv)
{
    char data_dir[] = "/tmp/yiqian-bench-XXXXXX", remove[64];
    const char *directory = NULL, *kept = NULL, *only = NULL, *server = YIQIAND_PATH;
    int64_t scale = 1;
    bool as_json = false;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--json") == 0)
            as_json = true;
        else if (strcmp(argv[i], "--scale") == 0 && i + 1 < argc)
            scale = strtoll(argv[++i], NULL, 10);
        else if (strcmp(argv[i], "--data") == 0 && i + 1 < argc)
            kept = argv[++i];
        else if (strcmp(argv[i], "--only") == 0 && i + 1 < argc)
            only = argv[++i];
        else if (strcmp(argv[i], "--server") == 0 && i + 1 < argc)
            server = argv[++i];
        else
            client_die(argv[i], "unknown; --json, --scale N, --data DIRECTORY, --only WORD, --server PROGRAM");
    }
    if (scale < 1 || scale > 5000)
        client_die("--scale", "1 to 5000");
    console_size size = {100000 / scale, 200 / scale > 4 ? 200 / scale : 4, 5000000 / scale};
    directory = kept ? kept : mkdtemp(data_dir);
    if (!directory)
        client_die("mkdtemp", data_dir);
    bool in_time = run(directory, size, as_json, kept, only, server);
    if (kept)
        return in_time || scale > 1 ? 0 : 1;
    (void)snprintf(remove, sizeof remove, "rm -rf '%s'", directory);
    /* A smaller hospital is made to see that it runs, on whatever machine. */
    return system(remove) == 0 && (in_time || scale > 1) ? 0 : 1;
}
