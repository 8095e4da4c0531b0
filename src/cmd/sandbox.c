/* `yiqian sandbox`: fictional signers for those who integrate, against a server that is a sandbox. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/answer.h"
#include "cmd/command.h"
#include "cmd/device_words.h"
#include "cmd/remote.h"
#include "cmd/sandbox_signer.h"

static const sandbox_row rows[] = {
    {"S0001", "沙箱甲（立即签）", SANDBOX_SIGNS, {"立即签名", "signs at once"}},
    {"S0002", "沙箱乙（五秒后签）", SANDBOX_SIGNS_LATER, {"五秒后签名", "signs after five seconds"}},
    {"S0003", "沙箱丙（拒签）", SANDBOX_DECLINES, {"拒签，并给出原因", "declines, with a reason"}},
    {"S0004", "沙箱丁（不应答）", SANDBOX_SILENT, {"从不应答：任务到期", "never answers: the task expires"}},
    {"S0005",
     "沙箱戊（证书已吊销）",
     SANDBOX_REVOKED,
     {"证书已吊销，不能签名", "cannot sign: its certificate is revoked"}},
};
enum { SIGNERS = sizeof rows / sizeof *rows };

typedef struct sandbox_options {
    const char *dir;
} sandbox_options;

static const option_row option_rows[] = {
    {.name = "dir",
     .kind = OPTION_PATH,
     .value = "DIR",
     .help = {"虚构签名者的手机存放的目录；默认为数据目录下的 sandbox-signers",
              "where the signers' phones are kept; by default sandbox-signers in the data directory"},
     .offset = offsetof(sandbox_options, dir)}};

/* ---- at the server ---- */

static err check_sandbox(session *s, const char *where)
{
    static const phrase real = {"这不是沙箱服务器，不会在其上自动签名",
                                "this server is no sandbox: nothing signs by itself on it"},
                        how = {"以新的数据目录启动：yiqiand --sandbox true --data-dir DIR",
                               "start one on a data directory of its own: yiqiand --sandbox true --data-dir DIR"};
    json_t *health;
    TRY(remote_get(s, "/v1/health", &health));
    return json_is_true(json_object_get(health, "sandbox")) ? ERR_OK : session_fail(s, ERR_REMOTE, real, where, how);
}

/* Nobody signs by itself on a server that people rely on: neither on the one that is administered here, nor on the one at the address that
 * the phones enrol at, which may be another. */
static err check_servers(session *s)
{
    session there;
    const char *address = connection_server(&s->common);
    TRY(check_sandbox(s, NULL));
    err e = session_open(&there);
    there.caller = CALLER_NOBODY;
    there.common = (common_options){.server = address, .ca_file = s->common.ca_file};
    if (e == ERR_OK)
        e = check_sandbox(&there, address);
    s->told |= there.told;
    session_close(&there);
    return e;
}

static err ensure_user(session *s, const sandbox_row *row, const char **id)
{
    json_t *answer, *user;
    TRY(remote_get(s, remote_query(s, "/v1/users", "staff_no", row->staff_no), &answer));
    user = json_array_get(json_object_get(answer, "items"), 0);
    if (!user)
        TRY(remote_post(
            s, "/v1/users",
            json_pack("{s:s, s:s, s:[s]}", "staff_no", row->staff_no, "name", row->name, "departments", "沙箱科"),
            &user));
    *id = answer_text(user, "user");
    return *id ? ERR_OK : ERR_JSON;
}

/* ---- on the phone ---- */

static err device_failed(session *s, const sandbox_signer *signer, yq_status status, const yq_problem *problem)
{
    device_words_tell(s->arena, status, problem, phone_message(signer->phone));
    s->told = true;
    return status == YQ_TRANSPORT_FAILED ? ERR_TRANSPORT : ERR_REMOTE;
}

static err enrol(session *s, sandbox_signer *signer, const char *user, yq_key_info *key)
{
    json_t *answer;
    yq_problem problem;
    TRY(remote_post(s, remote_path(s, "/v1/users/", user, "/activation-codes"), json_object(), &answer));
    const char *code = answer_text(answer, "activation_code");
    if (!code)
        return ERR_JSON;
    const yq_enrolment enrolment = {.server = connection_server(&s->common),
                                    .staff_no = signer->row->staff_no,
                                    .activation_code = code,
                                    .device_name = "沙箱手机 / sandbox phone",
                                    .pin = SANDBOX_PIN,
                                    .pin_n = sizeof SANDBOX_PIN - 1};
    yq_status status = yq_enrol(signer->device, &enrolment, key, &problem);
    return status == YQ_OK ? ERR_OK : device_failed(s, signer, status, &problem);
}

/* The key of an earlier run where the server still knows it; what is of no use any more is removed. */
static yq_status find_key(const sandbox_signer *signer, yq_key_info *key, bool *found, yq_problem *problem)
{
    yq_key_info keys[YQ_KEYS_MAX];
    size_t n;
    *found = false;
    yq_status status = yq_list_keys(signer->device, keys, YQ_KEYS_MAX, &n);
    for (size_t i = 0; status == YQ_OK && i < n; i++) {
        if (!*found && keys[i].stage == YQ_KEY_ENROLLED) {
            status = yq_sync_key(signer->device, keys[i].key, key, problem);
            /* A revoked certificate's key is destroyed, and has no session. */
            bool gone = status == YQ_REFUSED || (status == YQ_OK && strcmp(key->state, "active") != 0);
            *found = status == YQ_OK && !gone;
            if (status == YQ_REFUSED)
                status = YQ_OK;
            if (*found || status != YQ_OK)
                continue;
        }
        status = yq_remove_key(signer->device, keys[i].key, true, NULL);
    }
    return status;
}

static err open_phone(session *s, sandbox_signer *signer, const char *dir)
{
    static const phrase busy = {"另一个进程正在使用该目录", "another process uses this directory"},
                        nothing = {NULL, NULL};
    const yq_options options = {.platform = "sandbox", .pin_iterations = 10000};
    const char *path = arena_printf(s->arena, "%s/%s", dir, signer->row->staff_no);
    if (!path)
        return ERR_MEMORY;
    err e = phone_open(&signer->phone, path, s->common.ca_file);
    if (e != ERR_OK)
        return e == ERR_BUSY ? session_fail(s, e, busy, path, nothing) : session_file_failed(s, e, path);
    yq_status status = yq_device_open(&signer->device, phone_platform(signer->phone), &options);
    return status == YQ_OK ? ERR_OK : device_failed(s, signer, status, NULL);
}

static err is_revoked(session *s, const char *user, bool *revoked)
{
    json_t *answer;
    TRY(remote_get(s, remote_query(s, "/v1/certificates?state=revoked", "user", user), &answer));
    *revoked = json_array_size(json_object_get(answer, "items")) > 0;
    return ERR_OK;
}

static err prepare(session *s, sandbox_signer *signer, const char *dir)
{
    const char *user;
    yq_key_info key;
    yq_problem problem;
    json_t *answer;
    bool found, revoked = false;
    TRY(ensure_user(s, signer->row, &user));
    if (signer->row->behaviour == SANDBOX_REVOKED)
        TRY(is_revoked(s, user, &revoked));
    if (revoked)
        return ERR_OK;
    TRY(open_phone(s, signer, dir));
    yq_status status = find_key(signer, &key, &found, &problem);
    if (status != YQ_OK)
        return device_failed(s, signer, status, &problem);
    if (!found)
        TRY(enrol(s, signer, user, &key));
    memcpy(signer->key, key.key, sizeof signer->key);
    if (signer->row->behaviour != SANDBOX_REVOKED)
        return ERR_OK;
    return remote_post(s, remote_path(s, "/v1/certificates/", key.serial, "/revoke"),
                       json_pack("{s:s}", "reason", "cessationOfOperation"), &answer);
}

/* ---- running ---- */

/* In both languages: who integrates shows it to colleagues of either. */
static void tell_ready(const session *s)
{
    static const phrase ready = {"沙箱就绪，按 Ctrl-C 结束", "The sandbox is ready; Ctrl-C ends it"};
    if (s->common.json) {
        printf("{\"event\":\"ready\"}\n");
    } else {
        for (size_t i = 0; i < SIGNERS; i++)
            printf("%s  %s / %s\n", rows[i].staff_no, rows[i].what.zh, rows[i].what.en);
        printf("%s / %s\n", ready.zh, ready.en);
    }
    (void)fflush(stdout);
}

/* Until a signal; then none of them is in the middle of anything, and the process ends with its threads. */
static err serve(session *s, sandbox_signer *signers)
{
    static pthread_rwlock_t acting = PTHREAD_RWLOCK_INITIALIZER;
    sigset_t ends;
    int signal_number;
    sigemptyset(&ends);
    sigaddset(&ends, SIGINT);
    sigaddset(&ends, SIGTERM);
    (void)pthread_sigmask(SIG_BLOCK, &ends, NULL);
    tell_ready(s);
    for (size_t i = 0; i < SIGNERS; i++) {
        signers[i].json = s->common.json;
        signers[i].acting = &acting;
        if (signers[i].row->behaviour < SANDBOX_SILENT &&
            pthread_create(&signers[i].thread, NULL, sandbox_signer_run, &signers[i]) != 0)
            return ERR_MEMORY;
    }
    (void)sigwait(&ends, &signal_number);
    (void)pthread_rwlock_wrlock(&acting);
    (void)fflush(stdout);
    _exit(EXIT_OK);
}

static err sandbox(session *s, const void *options)
{
    const sandbox_options *o = options;
    const char *dir = o->dir ? o->dir : arena_printf(s->arena, "%s/sandbox-signers", connection_data_dir(&s->common));
    sandbox_signer *signers = calloc(SIGNERS, sizeof *signers);
    err e = dir && signers ? check_servers(s) : ERR_MEMORY;
    for (size_t i = 0; i < SIGNERS && e == ERR_OK; i++) {
        signers[i].row = &rows[i];
        e = prepare(s, &signers[i], dir);
    }
    if (e == ERR_OK)
        return serve(s, signers); /* ends the process, or its failure does */
    for (size_t i = 0; i < SIGNERS && signers; i++) {
        yq_device_close(signers[i].device);
        phone_close(signers[i].phone);
    }
    free(signers);
    return e;
}

static const command commands[] = {
    {.summary = {"沙箱：虚构签名者按工号自动签名、拒签或不应答，供对接联调",
                 "a sandbox: fictional signers that sign, decline or keep silent by themselves, for integration"},
     .notes = {"服务器须以 yiqiand --sandbox true 启动；见 docs/integration/sandbox.md",
               "the server is started with yiqiand --sandbox true; see docs/integration/sandbox.md"},
     .caller = CALLER_ISSUER,
     COMMAND_OPTIONS(option_rows, sandbox_options),
     .run = sandbox}};

const command_group sandbox_group = {
    .name = "sandbox", .summary = {"沙箱中的虚构签名者", "a sandbox's fictional signers"}, COMMAND_GROUP(commands)};
