/* `yiqian agent`: the workstation's half of authorised signing for the programs of a workstation, as a REST on the loopback address. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/ct.h"
#include "base/text.h"
#include "cmd/agent_api.h"
#include "cmd/command.h"
#include "cmd/phone.h"
#include "cmd/workstation.h"
#include "http/json.h"
#include "os/entropy.h"
#include "os/file.h"
#include "os/limits.h"
#include "os/log.h"

enum {
    LOOPS = 1,
    QUEUE = 64,
    WAITING = 64,
    CONNECTIONS = 128,
    REQUEST_SECONDS = 10,
    IDLE_SECONDS = 75,
    STOP_MS = 2000,
    HOST_MAX = 64
};

typedef struct agent_options {
    const char *dir, *listen;
    option_list origins;
    bool require_token;
} agent_options;

static const option_row rows[] = {
    WORKSTATION_DIR_ROW(agent_options),
    {.name = "listen",
     .kind = OPTION_TEXT,
     .value = "ADDRESS",
     .help = {"监听地址，只能是本机（默认 127.0.0.1:8971）", "where to listen, on this machine only (127.0.0.1:8971)"},
     .offset = offsetof(agent_options, listen)},
    {.name = "origin",
     .kind = OPTION_LIST,
     .value = "ORIGIN",
     .help = {"允许调用的网页来源，如 https://emr.hospital.example；可多次给出",
              "pages that may call: https://emr.hospital.example; may be given several times"},
     .offset = offsetof(agent_options, origins)},
    {.name = "require-token",
     .kind = OPTION_FLAG,
     .help = {"网页也须带令牌：多人共用的机器（终端服务器）应启用",
              "pages must send the token too: for machines that several people use at once"},
     .offset = offsetof(agent_options, require_token)}};

static const phrase nothing = {NULL, NULL};

/* The one that is told of changes; set before there is any. */
static _Atomic(http_server *) server;

static void changed(void *context, const uint8_t id[16])
{
    (void)context;
    http_server *s = server;
    if (s)
        http_wake(s, id);
}

/* ---- what it is given ---- */

/* "127.0.0.1:8971", "[::1]:8971": anything else could be reached from outside. */
static err read_listen(session *s, const char *listen, char host[HOST_MAX])
{
    static const phrase bad = {"只能监听本机地址，如 127.0.0.1:8971 或 [::1]:8971",
                               "it listens on this machine only: 127.0.0.1:8971 or [::1]:8971"};
    const char *colon = strrchr(listen, ':');
    size_t n = colon ? (size_t)(colon - listen) : 0;
    bool v4 = n >= 7 && n < HOST_MAX && strncmp(listen, "127.", 4) == 0 && strspn(listen, "0123456789.") == n;
    bool v6 = n == 5 && strncmp(listen, "[::1]", 5) == 0;
    if (!v4 && !v6)
        return session_usage(s, bad, listen);
    memcpy(host, listen, n);
    host[n] = 0;
    return ERR_OK;
}

static err check_origins(session *s, const option_list *origins)
{
    static const phrase bad = {"不是网页来源（形如 https://emr.hospital.example，不带路径）",
                               "not an origin (like https://emr.hospital.example, without a path)"};
    for (size_t i = 0; i < origins->n; i++)
        if (!agent_gate_origin_valid(origins->items[i]))
            return session_usage(s, bad, origins->items[i]);
    return ERR_OK;
}

/* Made once: programs of this machine that may read it keep working after a restart. */
static err read_token(session *s, const char *dir, agent_gate *gate)
{
    uint8_t fresh[AGENT_TOKEN / 2];
    size_t n;
    char *token = gate->token;
    const char *path = arena_printf(s->arena, "%s/agent-token", dir);
    if (!path)
        return ERR_MEMORY;
    gate->token_file = path;
    if (!file_exists(path)) {
        TRY(os_entropy_fill(NULL, fresh, sizeof fresh));
        hex_encode(token, fresh, sizeof fresh);
        wipe(fresh, sizeof fresh);
        err e = file_create(path, token, AGENT_TOKEN, 0600);
        if (e != ERR_OK && e != ERR_EXISTS)
            return session_file_failed(s, e, path);
    }
    char room[AGENT_TOKEN + 2];
    err e = file_read_secret(room, sizeof room, path, &n);
    if (e == ERR_OK && n == AGENT_TOKEN + 1 && room[AGENT_TOKEN] == '\n')
        n--;
    if (e == ERR_OK && n != AGENT_TOKEN)
        e = ERR_CORRUPT;
    if (e != ERR_OK)
        return session_secret_failed(s, e, path);
    memcpy(token, room, AGENT_TOKEN);
    token[AGENT_TOKEN] = 0;
    wipe(room, sizeof room);
    return ERR_OK;
}

/* ---- running ---- */

static void wait_for_signal(const sigset_t *signals)
{
    int which;
    while (sigwait(signals, &which) != 0)
        ;
    log_write(LOG_INFO, "agent", "stopping on signal %d", which);
}

static err start(session *s, agent *a, const char *listen, http_server **out)
{
    static const phrase failed = {"无法监听", "cannot listen on"};
    const http_options options = {.routes = agent_routes,
                                  .routes_n = agent_routes_n,
                                  .dispatch = agent_dispatch,
                                  .app = a,
                                  .listen = listen,
                                  .loops = LOOPS,
                                  .workers = AGENT_WORKERS,
                                  .queue_max = QUEUE,
                                  .waiting_max = WAITING,
                                  .connections_max = CONNECTIONS,
                                  .request_seconds = REQUEST_SECONDS,
                                  .idle_seconds = IDLE_SECONDS};
    err e = http_start(out, &options);
    if (e != ERR_OK)
        return session_fail(s, e, failed, listen, nothing);
    a->gate.port = http_port(*out);
    server = *out;
    printf("yiqian agent %s listening on http://%s:%u\n", YIQIAN_VERSION, a->gate.host, (unsigned)a->gate.port);
    return session_flush(s);
}

/* Where a call is still waiting for the server after the time for closing, the process ends over it: its memory goes with it, and so do shares. */
static void stop(agent *a, phone *p, http_server *http)
{
    phone_hurry(p, STOP_MS);
    bool idle = agent_book_stop(a->book, STOP_MS);
    if (!idle) {
        log_write(LOG_WARN, "agent", "not everything could be closed in time");
        _exit(EXIT_OK);
    }
    server = NULL;
    http_stop(http);
    agent_book_destroy(a->book);
}

static err serve(session *s, agent *a, phone *p, const char *dir, const char *listen)
{
    sigset_t signals;
    http_server *http = NULL;
    (void)sigemptyset(&signals);
    (void)sigaddset(&signals, SIGTERM);
    (void)sigaddset(&signals, SIGINT);
    /* Blocked before any thread starts, so that none but this one takes them. */
    (void)sigprocmask(SIG_BLOCK, &signals, NULL);
    (void)signal(SIGPIPE, SIG_IGN);
    const char *open_file = arena_printf(s->arena, "%s/agent-open", dir);
    if (!open_file)
        return ERR_MEMORY;
    err e = agent_book_create(&a->book, a->workstation, open_file, changed, NULL);
    if (e != ERR_OK)
        return session_file_failed(s, e, open_file);
    e = start(s, a, listen, &http);
    if (e != ERR_OK) {
        server = NULL;
        http_stop(http);
        agent_book_destroy(a->book);
        return e;
    }
    wait_for_signal(&signals);
    stop(a, p, http);
    return ERR_OK;
}

static err run(session *s, const void *options)
{
    static const phrase elsewhere = {
        "服务器与身份取自本机的登记，连接选项中只有 --ca-file 有用",
        "server and identity are those of the registration: of the connection's options only "
        "--ca-file is of use"};
    const agent_options *o = options;
    const char *listen = o->listen ? o->listen : "127.0.0.1:8971";
    char host[HOST_MAX];
    workstation_run w = {0};
    agent a = {.gate = {.host = host, .origins = o->origins, .always_token = o->require_token}};
    json_wipe_freed();
    if (s->common.data_dir || s->common.server || s->common.token || s->common.credential)
        return session_usage(s, elsewhere, NULL);
    TRY(read_listen(s, listen, host));
    TRY(check_origins(s, &o->origins));
    if (!limits_protect_memory())
        log_write(LOG_WARN, "agent", "memory is not locked: what is secret may be swapped out (LimitMEMLOCK=infinity)");
    err e = workstation_open(s, o->dir, &w);
    if (e == ERR_OK)
        e = workstation_require(s, &w, &a.info);
    if (e == ERR_OK)
        e = read_token(s, w.dir, &a.gate);
    a.workstation = w.workstation;
    if (e == ERR_OK)
        e = serve(s, &a, w.phone, w.dir, listen);
    wipe(a.gate.token, sizeof a.gate.token);
    workstation_close(&w);
    return e;
}

static const command commands[] = {
    {.summary = {"工作站代理：在范围内代签，供本机的业务系统调用（docs/integration/agent.md）",
                 "the workstation's agent: signs within what people allowed, for this machine's programs"},
     .notes =
         {"先以 yiqian workstation enrol 登记。网页须在 --origin 中；其他程序须带 DIR/agent-token 中的令牌"
          "（Authorization: Bearer）。授权只在内存中，退出即结束。",
          "Register first: yiqian workstation enrol. Pages must be among --origin; other programs send the token of\n"
          "DIR/agent-token (Authorization: Bearer). Authorisations are in memory only and end with the agent."},
     .caller = CALLER_NOBODY,
     COMMAND_OPTIONS(rows, agent_options),
     .run = run},
};

const command_group agent_group = {
    .name = "agent", .summary = {"工作站代理", "the workstation's agent"}, COMMAND_GROUP(commands)};
