#include "http_load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "client.h"
#include "os/clock.h"

enum { ANSWER_ROOM = 32 * 1024, EVENTS = 64 };

typedef struct slot {
    int fd;
    uint8_t *request;
    char *answer;
    size_t got, whole; /* whole: bytes of the answer; 0: its header is not in yet */
    size_t body_at;
    uint64_t sent_ns;
} slot;

typedef struct run {
    const http_load *load;
    slot *slots;
    size_t head_n, request_n;
    unsigned started, done;
    uint32_t *latencies; /* nanoseconds */
} run;

static void send_next(run *r, unsigned i)
{
    slot *s = &r->slots[i];
    if (r->started == r->load->requests)
        return;
    r->started++;
    r->load->fill(r->load->context, i, s->request + r->head_n);
    s->got = s->whole = 0;
    s->sent_ns = clock_monotonic_ns();
    client_send(s->fd, (const char *)s->request, r->request_n);
}

static void see_header(slot *s)
{
    const char *end = strstr(s->answer, "\r\n\r\n");
    if (!end)
        return;
    const char *length = strcasestr(s->answer, "\r\nContent-Length: ");
    if (strncmp(s->answer, "HTTP/1.1 200", 12) != 0 || !length || length > end)
        client_die("answer", s->answer);
    s->body_at = (size_t)(end + 4 - s->answer);
    s->whole = s->body_at + strtoul(length + 18, NULL, 10);
    if (s->whole >= ANSWER_ROOM)
        client_die("answer", "too long");
}

static void receive(run *r, unsigned i)
{
    slot *s = &r->slots[i];
    ssize_t got = recv(s->fd, s->answer + s->got, ANSWER_ROOM - 1 - s->got, 0);
    if (got <= 0)
        client_die(r->load->path, "connection lost");
    s->got += (size_t)got;
    s->answer[s->got] = 0;
    if (s->whole == 0)
        see_header(s);
    if (s->whole == 0 || s->got < s->whole)
        return;
    if (s->got > s->whole)
        client_die("answer", "more than one");
    r->latencies[r->done++] = (uint32_t)(clock_monotonic_ns() - s->sent_ns);
    r->load->take(r->load->context, i, bytes_of((uint8_t *)s->answer + s->body_at, s->whole - s->body_at));
    send_next(r, i);
}

static void slot_open(run *r, int poll, unsigned i, const char *head)
{
    slot *s = &r->slots[i];
    client c = client_connect_tcp(r->load->port);
    free(c.answer);
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = i};
    *s = (slot){.fd = c.fd, .request = malloc(r->request_n), .answer = malloc(ANSWER_ROOM)};
    if (!s->request || !s->answer || epoll_ctl(poll, EPOLL_CTL_ADD, s->fd, &event) != 0)
        client_die("connections", "none to be had");
    memcpy(s->request, head, r->head_n);
    memcpy(s->request + r->head_n, r->load->body.p, r->load->body.n);
}

static int ascending(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

http_load_result http_load_run(const http_load *load)
{
    char head[512];
    struct epoll_event events[EVENTS];
    int head_n = snprintf(
        head, sizeof head, "POST %s HTTP/1.1\r\nHost: b\r\n%s%s%sContent-Type: %s\r\nContent-Length: %zu\r\n\r\n",
        load->path, load->authorization ? "Authorization: " : "", load->authorization ? load->authorization : "",
        load->authorization ? "\r\n" : "", load->content_type, load->body.n);
    run r = {.load = load,
             .slots = calloc(load->connections, sizeof *r.slots),
             .head_n = (size_t)head_n,
             .request_n = (size_t)head_n + load->body.n,
             .latencies = calloc(load->requests, sizeof *r.latencies)};
    int poll = epoll_create1(0);
    if (!r.slots || !r.latencies || poll < 0)
        client_die("load", "out of memory");
    for (unsigned i = 0; i < load->connections; i++)
        slot_open(&r, poll, i, head);
    uint64_t began = clock_monotonic_ns();
    for (unsigned i = 0; i < load->connections; i++)
        send_next(&r, i);
    while (r.done < load->requests) {
        int n = epoll_wait(poll, events, EVENTS, -1);
        for (int i = 0; i < n; i++)
            receive(&r, events[i].data.u32);
    }
    http_load_result result = {.seconds = (double)(clock_monotonic_ns() - began) / 1e9};
    qsort(r.latencies, load->requests, sizeof *r.latencies, ascending);
    result.p50_us = r.latencies[load->requests / 2] / 1e3;
    result.p99_us = r.latencies[(size_t)load->requests * 99 / 100] / 1e3;
    for (unsigned i = 0; i < load->connections; i++) {
        close(r.slots[i].fd);
        free(r.slots[i].request);
        free(r.slots[i].answer);
    }
    close(poll);
    free(r.slots);
    free(r.latencies);
    return result;
}
