#include "client.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/obj_mac.h>
#include <openssl/sha.h>

#include "asn1/csr_info.h"
#include "base/text.h"
#include "crypto/sm2.h"
#include "os/entropy.h"

static const char PIN[] = "274915";
const entropy client_rng = {os_entropy_fill, NULL};

_Noreturn void client_die(const char *what, const char *detail)
{
    fprintf(stderr, "bench: %s: %s\n", what, detail);
    exit(1);
}

void client_must(err e, const char *what)
{
    if (e != ERR_OK)
        client_die(what, err_code(e));
}

client client_connect(const struct sockaddr *address, socklen_t n)
{
    client c = {socket(address->sa_family, SOCK_STREAM, 0), malloc(CLIENT_ANSWER_MAX)};
    int on = 1;
    if (c.fd < 0 || !c.answer || connect(c.fd, address, n) != 0)
        client_die("connect", "no connection");
    if (address->sa_family == AF_INET)
        (void)setsockopt(c.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return c;
}

client client_connect_tcp(unsigned port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return client_connect((const struct sockaddr *)&address, sizeof address);
}

void client_close(client *c)
{
    (void)close(c->fd);
    free(c->answer);
}

void client_send(int fd, const char *p, size_t n)
{
    while (n > 0) {
        ssize_t sent = send(fd, p, n, MSG_NOSIGNAL);
        if (sent <= 0)
            client_die("send", "connection lost");
        p += sent;
        n -= (size_t)sent;
    }
}

/* Sends a request and gives the status; the body, terminated, is at *body until the next request. */
int client_exchange(client *c, const char *method, const char *path, const char *authorization, const char *body,
                    const char **answer, size_t *length_of)
{
    char head[2048];
    size_t body_n = body ? strlen(body) : 0, n = 0;
    int head_n =
        snprintf(head, sizeof head,
                 "%s %s HTTP/1.1\r\nHost: b\r\n%s%s%sContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n",
                 method, path, authorization ? "Authorization: " : "", authorization ? authorization : "",
                 authorization ? "\r\n" : "", body_n);
    client_send(c->fd, head, (size_t)head_n);
    client_send(c->fd, body ? body : "", body_n);
    for (;;) {
        ssize_t got = recv(c->fd, c->answer + n, CLIENT_ANSWER_MAX - 1 - n, 0);
        if (got <= 0)
            client_die(path, "connection lost");
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
        if (length_of)
            *length_of = want;
        return (int)strtol(c->answer + 9, NULL, 10);
    }
}

json_t *client_call(client *c, const char *method, const char *path, const char *authorization, json_t *body)
{
    const char *answer;
    char *text = body ? json_dumps(body, JSON_COMPACT) : NULL;
    int status = client_exchange(c, method, path, authorization, text, &answer, NULL);
    if (status < 200 || status > 299)
        client_die(path, answer);
    free(text);
    json_decref(body);
    return json_loads(*answer ? answer : "{}", 0, NULL);
}

const char *client_text(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "";
}

static void client_hex(const json_t *object, const char *name, void *out, size_t n)
{
    const char *text = client_text(object, name);
    client_must(hex_decode(out, n, text, strlen(text)), name);
}

static void client_uuid(const json_t *object, const char *name, uint8_t out[16])
{
    const char *text = client_text(object, name);
    client_must(uuid_decode(out, text, strlen(text)), name);
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

void client_sign(client *c, device *d, const uint8_t subject[16], bytes message)
{
    char path[128], key[UUID_TEXT], sid[33], rs_text[129];
    uint8_t rs[1][64];
    mpc_sign_item item;
    mpc_sign_request request = {.m = 1, .items = &item};
    mpc_device_session *session;
    mpc_sign_answer answer;
    memcpy(request.key_id, d->key_id, 16);
    client_must(os_entropy_fill(NULL, request.sid, 16), "sid");
    sm2_digest(item.e, d->blob.P, message);
    client_must(mpc_device_sign(&session, &request, &d->d1, d->blob.P, &client_rng), "S1");
    uuid_encode(key, d->key_id);
    (void)snprintf(path, sizeof path, "/v1/device/keys/%s/sign-requests", key);
    json_t *got = client_call(c, "POST", path, d->authorization,
                              json_pack("{s:i, s:o, s:[{s:o, s:o, s:o, s:o}], s:o, s:o}", "protocol", 1, "sid",
                                        hex_json(request.sid, 16), "items", "task", uuid_json(subject), "e",
                                        hex_json(item.e, 32), "A", hex_json(item.A, 65), "B", hex_json(item.B, 65), "c",
                                        hex_json(request.proof.c, 16), "z", hex_json(request.proof.z, 32)));
    const json_t *first = json_array_get(json_object_get(got, "answers"), 0);
    client_hex(first, "W", answer.W, 65);
    client_hex(first, "s1", answer.s1, 32);
    json_decref(got);
    client_must(mpc_device_finish(session, rs, &answer, 1), "S3");
    mpc_device_session_destroy(session);
    hex_encode(sid, request.sid, 16);
    hex_encode(rs_text, rs[0], 64);
    (void)snprintf(path, sizeof path, "/v1/device/keys/%s/signatures", key);
    json_decref(client_call(c, "POST", path, d->authorization,
                            json_pack("{s:i, s:s, s:[{s:o, s:s}]}", "protocol", 1, "sid", sid, "signatures", "task",
                                      uuid_json(subject), "rs", rs_text)));
}

static EC_KEY *credential_make(uint8_t public_key[65])
{
    EC_KEY *key = EC_KEY_new_by_curve_name(NID_X9_62_prime256v1);
    if (!key || EC_KEY_generate_key(key) != 1 ||
        EC_POINT_point2oct(EC_KEY_get0_group(key), EC_KEY_get0_public_key(key), POINT_CONVERSION_UNCOMPRESSED,
                           public_key, 65, NULL) != 65)
        client_die("credential", "OpenSSL");
    return key;
}

static void login(client *c, device *d, EC_KEY *credential, const uint8_t enrolment[16])
{
    static const char tag[] = "yiqian/device-session/1";
    uint8_t message[256], digest[32], rs[64];
    json_t *asked = client_call(c, "POST", "/v1/device/challenges", NULL,
                                json_pack("{s:i, s:o}", "protocol", 1, "enrolment_id", uuid_json(enrolment)));
    const char *challenge = client_text(asked, "challenge");
    size_t n = sizeof tag - 1, challenge_n = strlen(challenge) / 2;
    memcpy(message, tag, n);
    memcpy(message + n, enrolment, 16);
    client_must(hex_decode(message + n + 16, challenge_n, challenge, 2 * challenge_n), "challenge");
    SHA256(message, n + 16 + challenge_n, digest);
    ECDSA_SIG *signature = ECDSA_do_sign(digest, sizeof digest, credential);
    if (!signature || BN_bn2binpad(ECDSA_SIG_get0_r(signature), rs, 32) != 32 ||
        BN_bn2binpad(ECDSA_SIG_get0_s(signature), rs + 32, 32) != 32)
        client_die("credential", "OpenSSL");
    json_t *got = client_call(c, "POST", "/v1/device/sessions", NULL,
                              json_pack("{s:i, s:o, s:s, s:o}", "protocol", 1, "enrolment_id", uuid_json(enrolment),
                                        "challenge", challenge, "signature", hex_json(rs, 64)));
    (void)snprintf(d->authorization, sizeof d->authorization, "Bearer %s", client_text(got, "token"));
    ECDSA_SIG_free(signature);
    json_decref(asked);
    json_decref(got);
}

void client_enrol(client *c, client *operator_socket, device *d)
{
    uint8_t public_key[65], enrolment[16], info[1024];
    char path[128];
    arena *a = arena_create(1 << 20);
    mpc_keygen_request k1;
    mpc_keygen_answer k2;
    scalar d1;
    bytes subject;
    json_t *user = client_call(operator_socket, "POST", "/v1/users", NULL,
                               json_pack("{s:s, s:s}", "staff_no", d->staff_no, "name", "压测"));
    (void)snprintf(path, sizeof path, "/v1/users/%s/activation-codes", client_text(user, "user"));
    json_t *code = client_call(operator_socket, "POST", path, NULL, json_object());
    EC_KEY *credential = credential_make(public_key);
    json_t *opened = client_call(c, "POST", "/v1/enrolments", NULL,
                                 json_pack("{s:i, s:s, s:s, s:s, s:s, s:o}", "protocol", 1, "staff_no", d->staff_no,
                                           "activation_code", client_text(code, "activation_code"), "platform", "bench",
                                           "device_name", "bench", "credential", hex_json(public_key, 65)));
    client_uuid(opened, "enrolment_id", enrolment);
    const char *subject_text = client_text(opened, "subject");
    client_must(base64_decode(a, subject_text, strlen(subject_text), &subject), "subject");
    login(c, d, credential, enrolment);
    client_must(mpc_device_keygen(&d1, &k1, enrolment, &client_rng), "K1");
    json_t *made =
        client_call(c, "POST", "/v1/device/keys", d->authorization,
                    json_pack("{s:i, s:o, s:o, s:o, s:o}", "protocol", 1, "enrolment_id", uuid_json(enrolment), "P1",
                              hex_json(k1.P1, 65), "c", hex_json(k1.proof.c, 16), "z", hex_json(k1.proof.z, 32)));
    client_uuid(made, "key_id", k2.key_id);
    client_hex(made, "P", k2.P, 65);
    client_hex(made, "P2", k2.P2, 65);
    memcpy(d->key_id, k2.key_id, 16);
    bytes pin = bytes_of(PIN, sizeof PIN - 1);
    client_must(mpc_device_keep(&d->blob, &d1, &k1, &k2, pin, MPC_ITERATIONS_MIN, &client_rng), "K3");
    client_must(mpc_device_unmask(&d->d1, &d->blob, pin), "PIN");
    buffer out = buffer_over(info, sizeof info);
    client_must(csr_info_build(&out, subject, d->blob.P), "certificate request");
    client_sign(c, d, enrolment, bytes_of(info, out.n));
    EC_KEY_free(credential);
    json_decref(user);
    json_decref(code);
    json_decref(opened);
    json_decref(made);
    arena_destroy(a);
}

json_t *client_figures(client *operator_socket)
{
    return client_call(operator_socket, "GET", "/v1/system/figures", NULL, NULL);
}

double client_grown(const json_t *after, const json_t *before, const char *name)
{
    return (double)(json_integer_value(json_object_get(after, name)) -
                    json_integer_value(json_object_get(before, name)));
}

pid_t client_start(const char *const argv[], unsigned *port)
{
    int line[2];
    char text[512] = "";
    if (pipe(line) != 0)
        client_die("pipe", "none to be had");
    pid_t child = fork();
    if (child == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGTERM); /* client_die leaves nobody behind */
        dup2(line[1], STDOUT_FILENO);
        close(line[0]);
        execv(argv[0], (char *const *)(uintptr_t)argv);
        _exit(127);
    }
    close(line[1]);
    FILE *from = fdopen(line[0], "r");
    const char *colon = from && fgets(text, sizeof text, from) ? strstr(text, "127.0.0.1:") : NULL;
    if (!colon)
        client_die(argv[0], "did not start");
    *port = (unsigned)strtoul(colon + 10, NULL, 10);
    return child;
}

pid_t client_start_server(const char *program, const char *data_dir, unsigned *port)
{
    const char *const argv[] = {
        program, "--data-dir",  data_dir, "--listen", "127.0.0.1:0", "--tsa-per-address-per-minute",
        "0",     "--log-level", "error",  NULL};
    return client_start(argv, port);
}
