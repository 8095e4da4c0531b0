/* Timestamps: tokens issued a second by the server and by a small one built on OpenSSL alone (tsa_peer.c), in turns, on the cores that the
 * load has too, each token durable before it is answered. The servers' CPU is what the system counts for their processes; what it is made of
 * at ours is its own account (/v1/system/figures). */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tsa_verifying.h"

enum {
    ROUNDS = 3,
    SAMPLE_EACH = 1000,
    PEER_THREADS = 2,
    VERIFIED_SHARE = 6 /* as many tokens a round for one verification over the API */
};

typedef struct server {
    bool sm2;
    const char *path;
    pid_t pid;
    unsigned port;
    client operator_socket; /* ours */
    tsa_tokens tokens;
} server;

typedef struct measure {
    http_load_result load;
    double tokens, cpu_ns;
    double crypto_ns, loops_ns, workers_ns, writer_ns, groups; /* ours */
} measure;

static double cpu_of(pid_t pid)
{
    clockid_t clock;
    struct timespec t;
    if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &t) != 0)
        client_die("CPU time", "none to be had");
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void split(measure *m, const json_t *after, const json_t *before)
{
    m->crypto_ns = client_grown(after, before, "crypto_cpu_ns");
    m->loops_ns = client_grown(after, before, "http_loops_cpu_ns");
    m->workers_ns = client_grown(after, before, "workers_cpu_ns") - m->crypto_ns;
    m->writer_ns = client_grown(after, before, "store_writer_cpu_ns");
    m->groups = client_grown(after, before, "store_groups");
}

static measure issue(server *s, unsigned connections, unsigned requests)
{
    json_t *before = s->sm2 ? client_figures(&s->operator_socket) : NULL;
    double cpu = cpu_of(s->pid);
    measure m = {.tokens = requests};
    m.load = http_load_run(&(http_load){.port = s->port,
                                        .connections = connections,
                                        .requests = requests,
                                        .path = s->path,
                                        .content_type = "application/timestamp-query",
                                        .body = bytes_of(s->tokens.request, s->tokens.request_n),
                                        .fill = tsa_tokens_fill,
                                        .take = tsa_tokens_take,
                                        .context = &s->tokens});
    m.cpu_ns = cpu_of(s->pid) - cpu;
    if (s->sm2) {
        json_t *after = client_figures(&s->operator_socket);
        split(&m, after, before);
        json_decref(after);
        json_decref(before);
    }
    return m;
}

static void keep_best(measure *best, measure m)
{
    if (best->tokens == 0 || m.tokens / m.load.seconds > best->tokens / best->load.seconds)
        *best = m;
}

static double file_size(const char *directory, const char *name)
{
    char path[256];
    struct stat status;
    (void)snprintf(path, sizeof path, "%s/%s", directory, name);
    return stat(path, &status) == 0 ? (double)status.st_size : 0;
}

static void start_ours(server *s, const char *data_dir)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    (void)snprintf(address.sun_path, sizeof address.sun_path, "%s/yiqiand.sock", data_dir);
    s->pid = client_start_server(YIQIAND_PATH, data_dir, &s->port);
    s->operator_socket = client_connect((const struct sockaddr *)&address, sizeof address);
}

static void start_peer(server *s, const char *data_dir)
{
    char threads[16];
    (void)snprintf(threads, sizeof threads, "%d", (int)PEER_THREADS);
    s->pid = client_start((const char *const[]){PEER_PATH, data_dir, threads, NULL}, &s->port);
}

static void stop(server *s)
{
    if (s->sm2)
        client_close(&s->operator_socket);
    kill(s->pid, SIGTERM);
    waitpid(s->pid, NULL, 0);
    tsa_tokens_close(&s->tokens);
}

static void print(const char *name, const server *s, const measure *m)
{
    double n = m->tokens;
    printf("%-8s %7.0f tokens/s   p50 %.2f ms, p99 %.2f ms   server CPU %5.1f us a token", name, n / m->load.seconds,
           m->load.p50_us / 1e3, m->load.p99_us / 1e3, m->cpu_ns / n / 1e3);
    if (s->sm2)
        printf(": crypto %.1f, http loops %.1f, workers besides %.1f, store writer %.1f; %.3f commits a token",
               m->crypto_ns / n / 1e3, m->loops_ns / n / 1e3, m->workers_ns / n / 1e3, m->writer_ns / n / 1e3,
               m->groups / n);
    printf("\n         token of %zu bytes; %u verified, of %u\n", s->tokens.token_n, s->tokens.verified,
           s->tokens.taken);
}

static json_t *report(const server *s, const measure *m)
{
    double n = m->tokens;
    json_t *out =
        json_pack("{s:f, s:f, s:f, s:f, s:i}", "per_second", n / m->load.seconds, "server_cpu_us", m->cpu_ns / n / 1e3,
                  "p50_us", m->load.p50_us, "p99_us", m->load.p99_us, "verified", (int)s->tokens.verified);
    if (s->sm2) {
        json_t *parts = json_pack("{s:f, s:f, s:f, s:f, s:f}", "crypto_us", m->crypto_ns / n / 1e3, "http_loops_us",
                                  m->loops_ns / n / 1e3, "workers_us", m->workers_ns / n / 1e3, "store_writer_us",
                                  m->writer_ns / n / 1e3, "commits_per_token", m->groups / n);
        json_object_update(out, parts);
        json_decref(parts);
    }
    return out;
}

typedef struct options {
    bool json, no_peer;
    unsigned requests, connections;
} options;

static bool read_options(options *o, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--json") == 0)
            o->json = true;
        else if (strcmp(argv[i], "--no-peer") == 0)
            o->no_peer = true;
        else if (strcmp(argv[i], "--requests") == 0 && i + 1 < argc)
            o->requests = (unsigned)strtoul(argv[++i], NULL, 10);
        else if (strcmp(argv[i], "--connections") == 0 && i + 1 < argc)
            o->connections = (unsigned)strtoul(argv[++i], NULL, 10);
        else
            return false;
    }
    return o->requests > 0 && o->connections > 0;
}

typedef struct results {
    measure ours, peer;
    double log_bytes; /* a token */
    /* Verifications: by the server, and in this process. */
    double served_per_second, served_cpu_us, here_us, peer_here_us;
} results;

/* A business system that may verify. */
static void make_system(server *s, char authorization[256])
{
    char path[128];
    json_t *made = client_call(&s->operator_socket, "POST", "/v1/systems", NULL,
                               json_pack("{s:s, s:[s]}", "name", "bench", "scopes", "verify"));
    (void)snprintf(path, sizeof path, "/v1/systems/%s/credentials", client_text(made, "system"));
    json_t *credential = client_call(&s->operator_socket, "POST", path, NULL, json_object());
    (void)snprintf(authorization, 256, "Bearer %s.%s", client_text(credential, "key_id"),
                   client_text(credential, "secret"));
    json_decref(made);
    json_decref(credential);
}

static void verify(const options *o, server *ours, server *peer, results *r)
{
    char authorization[256];
    const char *root;
    size_t root_n;
    tsa_collected tokens;
    unsigned requests = o->requests / VERIFIED_SHARE + 1;
    make_system(ours, authorization);
    tsa_collect(&tokens, &ours->tokens, ours->port, ours->path);
    if (client_exchange(&ours->operator_socket, "GET", "/pki/root.cer", NULL, NULL, &root, &root_n) != 200)
        client_die("root", root);
    r->here_us = tsa_verify_here_us(&tokens, bytes_of(root, root_n));
    double cpu = cpu_of(ours->pid);
    r->served_per_second =
        requests / tsa_verify_served(&tokens, ours->port, authorization, o->connections, requests).seconds;
    r->served_cpu_us = (cpu_of(ours->pid) - cpu) / requests / 1e3;
    tsa_collected_free(&tokens);
    if (o->no_peer)
        return;
    tsa_collect(&tokens, &peer->tokens, peer->port, peer->path);
    r->peer_here_us = tsa_verify_here_us(&tokens, bytes_of(NULL, 0));
    tsa_collected_free(&tokens);
}

static void run(const options *o, const char *data_dir, server *ours, server *peer, results *r)
{
    start_ours(ours, data_dir);
    tsa_tokens_open(&ours->tokens, true, ours->port, ours->path, o->connections, SAMPLE_EACH);
    if (!o->no_peer) {
        start_peer(peer, data_dir);
        tsa_tokens_open(&peer->tokens, false, peer->port, peer->path, o->connections, SAMPLE_EACH);
    }
    double size = file_size(data_dir, "yiqian.db");
    for (int round = 0; round < ROUNDS; round++) {
        keep_best(&r->ours, issue(ours, o->connections, o->requests));
        if (!o->no_peer)
            keep_best(&r->peer, issue(peer, o->connections, o->requests));
    }
    verify(o, ours, peer, r);
    stop(ours);
    if (!o->no_peer)
        stop(peer);
    r->log_bytes = (file_size(data_dir, "yiqian.db") - size) / ((double)o->requests * ROUNDS);
}

static void print_all(const options *o, const server *ours, const server *peer, const results *r)
{
    printf("%u connections, keep-alive, one client thread on the same cores, every token durable; best of %d rounds of "
           "%u, in turns\n",
           o->connections, (int)ROUNDS, o->requests);
    print("yiqian", ours, &r->ours);
    printf("         %.0f bytes of log a token\n", r->log_bytes);
    printf("         verified: %.0f a second over the API (server CPU %.0f us each), %.1f us of CPU in one process\n",
           r->served_per_second, r->served_cpu_us, r->here_us);
    if (o->no_peer)
        return;
    print("peer", peer, &r->peer);
    printf("         verified by OpenSSL: %.1f us of CPU in one process\n", r->peer_here_us);
    printf("against the peer: %.2f times the tokens a second; the peer takes %.2f times the CPU a token\n",
           r->peer.load.seconds / r->ours.load.seconds, r->peer.cpu_ns / r->ours.cpu_ns);
}

static void report_all(const options *o, const server *ours, const server *peer, const results *r)
{
    json_t *out = json_pack("{s:s, s:{s:i, s:i, s:f, s:o}}", "benchmark", "tsa", "figures", "connections",
                            (int)o->connections, "requests", (int)o->requests, "log_bytes_per_token", r->log_bytes,
                            "yiqian_sm2", report(ours, &r->ours));
    json_object_set_new(json_object_get(out, "figures"), "verifications",
                        json_pack("{s:f, s:f, s:f, s:f}", "served_per_second", r->served_per_second, "served_cpu_us",
                                  r->served_cpu_us, "in_process_us", r->here_us, "openssl_p256_in_process_us",
                                  r->peer_here_us));
    if (!o->no_peer) {
        json_object_set_new(json_object_get(out, "figures"), "peer_p256", report(peer, &r->peer));
        json_object_set_new(out, "ratios",
                            json_pack("{s:f, s:f}", "tokens_per_second", r->peer.load.seconds / r->ours.load.seconds,
                                      "peer_cpu_to_ours", r->peer.cpu_ns / r->ours.cpu_ns));
    }
    json_dumpf(out, stdout, JSON_INDENT(1) | JSON_REAL_PRECISION(6));
    putchar('\n');
    json_decref(out);
}

int main(int argc, char **argv)
{
    options o = {.requests = 60000, .connections = 64};
    if (!read_options(&o, argc, argv)) {
        fprintf(stderr, "usage: bench_tsa [--json] [--no-peer] [--requests N] [--connections N]\n");
        return 2;
    }
    char data_dir[] = "/tmp/yiqian-bench-XXXXXX", remove_it[160];
    server ours = {.sm2 = true, .path = "/tsa"}, peer = {.path = "/"};
    results r = {0};
    if (!mkdtemp(data_dir))
        client_die(data_dir, "cannot be made");
    run(&o, data_dir, &ours, &peer, &r);
    if (o.json)
        report_all(&o, &ours, &peer, &r);
    else
        print_all(&o, &ours, &peer, &r);
    (void)snprintf(remove_it, sizeof remove_it, "rm -rf '%s'", data_dir);
    return system(remove_it) == 0 ? 0 : 1;
}
