/* What the loads on a running server are made of: connections, devices that enrol and sign. Whatever goes wrong ends the program. */
#ifndef YIQIAN_BENCH_CLIENT_H
#define YIQIAN_BENCH_CLIENT_H

#include <sys/socket.h>
#include <sys/types.h>

#include <jansson.h>

#include "base/text.h"
#include "mpc/mpc_device.h"

enum { CLIENT_ANSWER_MAX = 16 << 20 };

extern const entropy client_rng;

_Noreturn void client_die(const char *what, const char *detail);
void client_must(err e, const char *what);

/* One keep-alive connection, requests one after another. */
typedef struct client {
    int fd;
    char *answer;
} client;

client client_connect(const struct sockaddr *address, socklen_t n);
client client_connect_tcp(unsigned port);
void client_close(client *c);
void client_send(int fd, const char *p, size_t n);

/* Sends a request and gives the status; the body, terminated, is at *answer until the next request, *n bytes of it (NULL: not asked). */
int client_exchange(client *c, const char *method, const char *path, const char *authorization, const char *body,
                    const char **answer, size_t *n);

/* The answer's JSON, of a 2xx; body is taken. */
json_t *client_call(client *c, const char *method, const char *path, const char *authorization, json_t *body);

/* "" where there is none. */
const char *client_text(const json_t *object, const char *name);

typedef struct device {
    char staff_no[40], authorization[128];
    uint8_t key_id[16];
    mpc_device_blob blob;
    scalar d1; /* unmasked once: PBKDF2 is the phone's cost, not a benchmark's */
    char (*tasks)[UUID_TEXT];
} device;

/* Makes the user (staff_no is set) and enrols the device. */
void client_enrol(client *c, client *operator_socket, device *d);

/* One task in one request: S1 to S3. */
void client_sign(client *c, device *d, const uint8_t subject[16], bytes message);

/* /v1/system/figures, and by how much one of them grew. */
json_t *client_figures(client *operator_socket);
double client_grown(const json_t *after, const json_t *before, const char *name);

/* Starts a server whose first line tells its port on 127.0.0.1: any, and yiqiand on a data directory of its own. */
pid_t client_start(const char *const argv[], unsigned *port);
pid_t client_start_server(const char *program, const char *data_dir, unsigned *port);

#endif
