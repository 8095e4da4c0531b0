/* Many devices against the running server, on the cores they share: 4 KiB documents, one digest a request, everything durable.
 * Two measurements: co-signatures (tasks made beforehand: S1/S2 and the completion), and complete tasks (made, signed, result
 * fetched). The server's CPU is its own account (/v1/system/figures), so the load's share of the cores does not count in it. */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <jansson.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/obj_mac.h>
#include <openssl/sha.h>

#include "asn1/csr_info.h"
#include "base/text.h"
#include "crypto/sm2.h"
#include "crypto/sm3.h"
#include "mpc/mpc_device.h"
#include "os/clock.h"
#include "os/entropy.h"

enum { DOCUMENT = 4096, ANSWER_MAX = 1 << 20, REQUEST_MAX = 1 << 16, DEVICES_MAX = 256, THREADS = 32 };

static const char PIN[] = "274915";
static const entropy rng = {os_entropy_fill, NULL};

static _Noreturn void die(const char *what, const char *detail)
{
    fprintf(stderr, "bench_sign: %s: %s\n", what, detail);
    exit(1);
}

static void must(err e, const char *what)
{
    if (e != ERR_OK)
        die(what, err_code(e));
}

/* One keep-alive connection, requests one after another. */
typedef struct connection {
    int fd;
    char *answer;
} connection;

static connection connect_to(const struct sockaddr *address, socklen_t n)
{
    connection c = {socket(address->sa_family, SOCK_STREAM, 0), malloc(ANSWER_MAX)};
    int on = 1;
    if (c.fd < 0 || !c.answer || connect(c.fd, address, n) != 0)
        die("connect", "no connection");
    if (address->sa_family == AF_INET)
        (void)setsockopt(c.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return c;
}

static connection connect_tcp(unsigned port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return connect_to((const struct sockaddr *)&address, sizeof address);
}

static void send_all(int fd, const char *p, size_t n)
{
    while (n > 0) {
        ssize_t sent = send(fd, p, n, MSG_NOSIGNAL);
        if (sent <= 0)
            die("send", "connection lost");
        p += sent;
        n -= (size_t)sent;
    }
}

/* Sends a request and gives the status; the body, terminated, is at *body until the next request. */
static int exchange(connection *c, const char *method, const char *path, const char *authorization, const char *body,
                    const char **answer)
{
    char head[2048];
    size_t body_n = body ? strlen(body) : 0, n = 0;
    int head_n =
        snprintf(head, sizeof head,
                 "%s %s HTTP/1.1\r\nHost: b\r\n%s%s%sContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n",
                 method, path, authorization ? "Authorization: " : "", authorization ? authorization : "",
                 authorization ? "\r\n" : "", body_n);
    send_all(c->fd, head, (size_t)head_n);
    send_all(c->fd, body ? body : "", body_n);
    for (;;) {
        ssize_t got = recv(c->fd, c->answer + n, ANSWER_MAX - 1 - n, 0);
        if (got <= 0)
            die(path, "connection lost");
        n += (size_t)got;
        c->answer[n] = 0;
        const char *end = strstr(c->answer, "\r\n\r\n");
        if (!end)
            continue;
        const char *length = strcasestr(c->answer, "\r\nContent-Length: ");
        size_t want = length && length < end ? strtoul(length + 18, NULL, 10) : 0;
        if (n < (size_t)(end + 4 - c->answer) + want)
            continue;
        *answer = end + 4;
        return (int)strtol(c->answer + 9, NULL, 10);
    }
}

static json_t *call(connection *c, const char *method, const char *path, const char *authorization, json_t *body)
{
    const char *answer;
    char *text = body ? json_dumps(body, JSON_COMPACT) : NULL;
    int status = exchange(c, method, path, authorization, text, &answer);
    if (status < 200 || status > 299)
        die(path, answer);
    free(text);
    json_decref(body);
    return json_loads(*answer ? answer : "{}", 0, NULL);
}

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "";
}

static void hex_of(const json_t *object, const char *name, void *out, size_t n)
{
    const char *text = text_of(object, name);
    must(hex_decode(out, n, text, strlen(text)), name);
}

static void uuid_of(const json_t *object, const char *name, uint8_t out[16])
{
    const char *text = text_of(object, name);
    must(uuid_decode(out, text, strlen(text)), name);
}

static json_t *hex_json(const void *p, size_t n)
{
    char text[2 * 128 + 1];
    hex_encode(text, p, n);
    return json_string(text);
}

static json_t *uuid_json(const uint8_t id[16])
{
    char text[UUID_TEXT];
    uuid_encode(text, id);
    return json_string(text);
}

typedef struct device {
    char staff_no[40], authorization[128];
    uint8_t key_id[16];
    mpc_device_blob blob;
    scalar d1; /* unmasked once: PBKDF2 is the phone's cost, not this benchmark's */
    char (*tasks)[UUID_TEXT];
} device;

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

static void sign_one(connection *c, device *d, const uint8_t subject[16], bytes message)
{
    char path[128], key[UUID_TEXT], sid[33], rs_text[129];
    uint8_t rs[1][64];
    mpc_sign_item item;
    mpc_sign_request request = {.m = 1, .items = &item};
    mpc_device_session *session;
    mpc_sign_answer answer;
    memcpy(request.key_id, d->key_id, 16);
    must(os_entropy_fill(NULL, request.sid, 16), "sid");
    sm2_digest(item.e, d->blob.P, message);
    must(mpc_device_sign(&session, &request, &d->d1, d->blob.P, &rng), "S1");
    uuid_encode(key, d->key_id);
    (void)snprintf(path, sizeof path, "/v1/device/keys/%s/sign-requests", key);
    json_t *got = call(c, "POST", path, d->authorization,
                       json_pack("{s:i, s:o, s:[{s:o, s:o, s:o, s:o}], s:o, s:o}", "protocol", 1, "sid",
                                 hex_json(request.sid, 16), "items", "task", uuid_json(subject), "e",
                                 hex_json(item.e, 32), "A", hex_json(item.A, 65), "B", hex_json(item.B, 65), "c",
                                 hex_json(request.proof.c, 16), "z", hex_json(request.proof.z, 32)));
    const json_t *first = json_array_get(json_object_get(got, "answers"), 0);
    hex_of(first, "W", answer.W, 65);
    hex_of(first, "s1", answer.s1, 32);
    json_decref(got);
    must(mpc_device_finish(session, rs, &answer, 1), "S3");
    mpc_device_session_destroy(session);
    hex_encode(sid, request.sid, 16);
    hex_encode(rs_text, rs[0], 64);
    (void)snprintf(path, sizeof path, "/v1/device/keys/%s/signatures", key);
    json_decref(call(c, "POST", path, d->authorization,
                     json_pack("{s:i, s:s, s:[{s:o, s:s}]}", "protocol", 1, "sid", sid, "signatures", "task",
                               uuid_json(subject), "rs", rs_text)));
}

static EC_KEY *credential_make(uint8_t public_key[65])
{
    EC_KEY *key = EC_KEY_new_by_curve_name(NID_X9_62_prime256v1);
    if (!key || EC_KEY_generate_key(key) != 1 ||
        EC_POINT_point2oct(EC_KEY_get0_group(key), EC_KEY_get0_public_key(key), POINT_CONVERSION_UNCOMPRESSED,
                           public_key, 65, NULL) != 65)
        die("credential", "OpenSSL");
    return key;
}

static void login(connection *c, device *d, EC_KEY *credential, const uint8_t enrolment[16])
{
    static const char tag[] = "yiqian/device-session/1";
    uint8_t message[256], digest[32], rs[64];
    json_t *asked = call(c, "POST", "/v1/device/challenges", NULL,
                         json_pack("{s:i, s:o}", "protocol", 1, "enrolment_id", uuid_json(enrolment)));
    const char *challenge = text_of(asked, "challenge");
    size_t n = sizeof tag - 1, challenge_n = strlen(challenge) / 2;
    memcpy(message, tag, n);
    memcpy(message + n, enrolment, 16);
    must(hex_decode(message + n + 16, challenge_n, challenge, 2 * challenge_n), "challenge");
    SHA256(message, n + 16 + challenge_n, digest);
    ECDSA_SIG *signature = ECDSA_do_sign(digest, sizeof digest, credential);
    if (!signature || BN_bn2binpad(ECDSA_SIG_get0_r(signature), rs, 32) != 32 ||
        BN_bn2binpad(ECDSA_SIG_get0_s(signature), rs + 32, 32) != 32)
        die("credential", "OpenSSL");
    json_t *got = call(c, "POST", "/v1/device/sessions", NULL,
                       json_pack("{s:i, s:o, s:s, s:o}", "protocol", 1, "enrolment_id", uuid_json(enrolment),
                                 "challenge", challenge, "signature", hex_json(rs, 64)));
    (void)snprintf(d->authorization, sizeof d->authorization, "Bearer %s", text_of(got, "token"));
    ECDSA_SIG_free(signature);
    json_decref(asked);
    json_decref(got);
}

static void enrol(connection *c, connection *operator_socket, device *d)
{
    uint8_t public_key[65], enrolment[16], info[1024];
    char path[128];
    arena *a = arena_create(1 << 20);
    mpc_keygen_request k1;
    mpc_keygen_answer k2;
    scalar d1;
    bytes subject;
    json_t *user = call(operator_socket, "POST", "/v1/users", NULL,
                        json_pack("{s:s, s:s}", "staff_no", d->staff_no, "name", "压测"));
    (void)snprintf(path, sizeof path, "/v1/users/%s/activation-codes", text_of(user, "user"));
    json_t *code = call(operator_socket, "POST", path, NULL, json_object());
    EC_KEY *credential = credential_make(public_key);
    json_t *opened = call(c, "POST", "/v1/enrolments", NULL,
                          json_pack("{s:i, s:s, s:s, s:s, s:s, s:o}", "protocol", 1, "staff_no", d->staff_no,
                                    "activation_code", text_of(code, "activation_code"), "platform", "bench",
                                    "device_name", "bench", "credential", hex_json(public_key, 65)));
    uuid_of(opened, "enrolment_id", enrolment);
    const char *subject_text = text_of(opened, "subject");
    must(base64_decode(a, subject_text, strlen(subject_text), &subject), "subject");
    login(c, d, credential, enrolment);
    must(mpc_device_keygen(&d1, &k1, enrolment, &rng), "K1");
    json_t *made =
        call(c, "POST", "/v1/device/keys", d->authorization,
             json_pack("{s:i, s:o, s:o, s:o, s:o}", "protocol", 1, "enrolment_id", uuid_json(enrolment), "P1",
                       hex_json(k1.P1, 65), "c", hex_json(k1.proof.c, 16), "z", hex_json(k1.proof.z, 32)));
    uuid_of(made, "key_id", k2.key_id);
    hex_of(made, "P", k2.P, 65);
    hex_of(made, "P2", k2.P2, 65);
    memcpy(d->key_id, k2.key_id, 16);
    bytes pin = bytes_of(PIN, sizeof PIN - 1);
    must(mpc_device_keep(&d->blob, &d1, &k1, &k2, pin, MPC_ITERATIONS_MIN, &rng), "K3");
    must(mpc_device_unmask(&d->d1, &d->blob, pin), "PIN");
    buffer out = buffer_over(info, sizeof info);
    must(csr_info_build(&out, subject, d->blob.P), "certificate request");
    sign_one(c, d, enrolment, bytes_of(info, out.n));
    EC_KEY_free(credential);
    json_decref(user);
    json_decref(code);
    json_decref(opened);
    json_decref(made);
    arena_destroy(a);
}

static void task_create(connection *c, const bench *b, const device *d, unsigned number, char id[UUID_TEXT])
{
    uint8_t document[DOCUMENT];
    arena *a = arena_create(1 << 20);
    document_make(document, d->staff_no, number);
    json_t *task = call(c, "POST", "/v1/tasks", b->system_authorization,
                        json_pack("{s:s, s:s, s:s, s:s}", "signer", d->staff_no, "form", "raw", "title", "护理记录",
                                  "document", base64_text(a, document, DOCUMENT)));
    (void)snprintf(id, UUID_TEXT, "%s", text_of(task, "task"));
    json_decref(task);
    arena_destroy(a);
}

static void task_sign(connection *c, device *d, unsigned number, const char *id)
{
    uint8_t document[DOCUMENT], subject[16];
    document_make(document, d->staff_no, number);
    must(uuid_decode(subject, id, strlen(id)), "task");
    sign_one(c, d, subject, bytes_of(document, DOCUMENT));
}

static void task_result(connection *c, const bench *b, const char *id)
{
    char path[96];
    (void)snprintf(path, sizeof path, "/v1/tasks/%s", id);
    json_t *task = call(c, "GET", path, b->system_authorization, NULL);
    if (strcmp(text_of(task, "state"), "signed") != 0)
        die("result", text_of(task, "state"));
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
    connection c = connect_tcp(b->port);
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

static json_t *figures(connection *operator_socket)
{
    return call(operator_socket, "GET", "/v1/system/figures", NULL, NULL);
}

static double grown(const json_t *after, const json_t *before, const char *name)
{
    return (double)(json_integer_value(json_object_get(after, name)) -
                    json_integer_value(json_object_get(before, name)));
}

static measure run(bench *b, connection *operator_socket, phase p)
{
    pthread_t threads[THREADS];
    worker workers[THREADS];
    json_t *before = figures(operator_socket);
    uint64_t started = clock_monotonic_ns();
    for (unsigned i = 0; i < THREADS; i++) {
        workers[i] = (worker){b, p, i};
        if (pthread_create(&threads[i], NULL, work, &workers[i]) != 0)
            die("threads", "none to be had");
    }
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    measure m = {.seconds = (double)(clock_monotonic_ns() - started) / 1e9,
                 .count = (double)b->devices * b->tasks_each};
    json_t *after = figures(operator_socket);
    m.process_ns = grown(after, before, "process_cpu_ns");
    m.crypto_ns = grown(after, before, "crypto_cpu_ns");
    m.loops_ns = grown(after, before, "http_loops_cpu_ns");
    m.workers_ns = grown(after, before, "workers_cpu_ns");
    m.writer_ns = grown(after, before, "store_writer_cpu_ns");
    m.groups = grown(after, before, "store_groups");
    json_decref(before);
    json_decref(after);
    return m;
}

/* Starts the server on a data directory of its own; its first line tells the port. */
static pid_t start_server(const char *program, const char *data_dir, unsigned *port)
{
    int line[2];
    char text[512] = "";
    if (pipe(line) != 0)
        die("pipe", "none to be had");
    pid_t child = fork();
    if (child == 0) {
        dup2(line[1], STDOUT_FILENO);
        close(line[0]);
        execl(program, program, "--data-dir", data_dir, "--listen", "127.0.0.1:0", "--log-level", "error",
              (char *)NULL);
        _exit(127);
    }
    close(line[1]);
    FILE *from = fdopen(line[0], "r");
    const char *colon = from && fgets(text, sizeof text, from) ? strstr(text, "127.0.0.1:") : NULL;
    if (!colon)
        die(program, "did not start");
    *port = (unsigned)strtoul(colon + 10, NULL, 10);
    return child;
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
            die(data_dir, "cannot be made");
        server = start_server(YIQIAND_PATH, data_dir, &b.port);
        (void)snprintf(socket_path, sizeof socket_path, "%s/yiqiand.sock", data_dir);
    }
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    memcpy(address.sun_path, socket_path, strlen(socket_path) + 1);
    connection operator_socket = connect_to((const struct sockaddr *)&address, sizeof address);
    connection c = connect_tcp(b.port);

    (void)snprintf(path, sizeof path, "bench %ld", (long)getpid());
    json_t *made =
        call(&operator_socket, "POST", "/v1/systems", NULL, json_pack("{s:s, s:[s]}", "name", path, "scopes", "tasks"));
    (void)snprintf(path, sizeof path, "/v1/systems/%s/credentials", text_of(made, "system"));
    json_t *credential = call(&operator_socket, "POST", path, NULL, json_object());
    (void)snprintf(authorization, sizeof authorization, "Bearer %s.%s", text_of(credential, "key_id"),
                   text_of(credential, "secret"));
    b.system_authorization = authorization;
    b.all = calloc(b.devices, sizeof *b.all);
    for (unsigned i = 0; i < b.devices; i++) {
        (void)snprintf(b.all[i].staff_no, sizeof b.all[i].staff_no, "B%ld-%u", (long)getpid(), i);
        b.all[i].tasks = calloc(b.tasks_each, sizeof *b.all[i].tasks);
        enrol(&c, &operator_socket, &b.all[i]);
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
