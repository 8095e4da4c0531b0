/* The server: wiring only. Starts on an empty data directory with no configuration. */
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "api/api.h"
#include "api/app_files.h"
#include "api/metrics.h"
#include "api/tsa_socket.h"
#include "asn1/oid.h"
#include "base/ct.h"
#include "cmd/restore.h"
#include "cmd/restored.h"
#include "cmd/settings.h"
#include "crypto/drbg.h"
#include "http/cors.h"
#include "http/frame_server.h"
#include "os/address.h"
#include "os/clock.h"
#include "os/entropy.h"
#include "os/file.h"
#include "os/lock.h"
#include "os/limits.h"
#include "os/log.h"
#include "os/socket.h"
#include "pki/pem.h"
#include "service/alarm_delivery.h"
#include "service/backup_swap.h"
#include "service/callback_delivery.h"
#include "service/console_first.h"
#include "service/monitor.h"
#include "service/time_options.h"
#include "service/time_watch.h"
#include "tsa/request.h"

enum {
    SETTINGS_ARENA = 4 << 20,
    HOUSEKEEPING_ARENA = 64 << 20,
    HOUSEKEEPING_SECONDS = 5,
    RESEED_SECONDS = 60,
    TLS_FILE_MAX = 1 << 20,
    TRIM_THRESHOLD = 64 << 20,
    OTHER_FILES = 256
};

extern char **environ;

/* Everything that runs, in the order of its start. */
typedef struct daemon_state {
    arena *arena;
    settings settings;
    const char **origins;           /* of the settings, as config_load gives them */
    bytes tls_certificate, tls_key; /* the files, of the arena */
    app_files *app, *console;
    bytes tls_root; /* DER, of the arena */
    cors_origins app_origins;
    int lock;
    drbg drbg;
    keystore *keystore;
    store *store;
    audit *audit;
    service *service;
    address_ranges callback_deny, trusted_proxies, metrics_networks;
    time_options time;
    bytes tsa_policy, tsa_policy_gm; /* content octets */
    callback_delivery *delivery;
    alarm_delivery *alarms;
    api *api;
    http_server *server;
    tsa_socket tsa_socket;
    frame_server *tsa_server;
} daemon_state;

static err fail(err e, const char *what)
{
    log_write(LOG_ERROR, "yiqiand", "%s code=%s", what, err_code(e));
    return e;
}

static const char *in_data_dir(daemon_state *d, const char *name)
{
    return arena_printf(d->arena, "%s/%s", d->settings.data_dir, name);
}

static err set_log_level(const char *name)
{
    static const struct {
        const char *name;
        log_level level;
    } levels[] = {{"debug", LOG_DEBUG}, {"info", LOG_INFO}, {"warn", LOG_WARN}, {"error", LOG_ERROR}};
    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++)
        if (strcmp(name, levels[i].name) == 0) {
            log_set_level(levels[i].level);
            return ERR_OK;
        }
    return ERR_CONFIG;
}

static err open_random(daemon_state *d)
{
    const entropy seed = {os_entropy_fill, NULL};
    const atomic_uint *forks;
    err e = os_entropy_forks(&forks);
    if (e != ERR_OK)
        return fail(e, "forks cannot be counted");
    e = drbg_open(&d->drbg, &seed, forks);
    /* The server starts without signing: the self-test says so to whoever asks. */
    if (e != ERR_OK)
        log_write(LOG_ERROR, "yiqiand", "the system's random numbers cannot be used code=%s", err_code(e));
    return ERR_OK;
}

/* It goes into certificates: nothing but scheme, host, port and path. */
static bool url_valid(const char *url)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~:/[]%";
    size_t scheme = strncmp(url, "https://", 8) == 0 ? 8 : strncmp(url, "http://", 7) == 0 ? 7 : 0;
    return scheme > 0 && url[scheme] != '\0' && url[scheme] != '/' && url[strspn(url, allowed)] == '\0';
}

static err read_tls(daemon_state *d)
{
    const settings *s = &d->settings;
    if (!s->tls_certificate && !s->tls_key)
        return ERR_OK;
    if (!s->tls_certificate || !s->tls_key)
        return fail(ERR_CONFIG, "tls_certificate and tls_key go together");
    err e = file_read(d->arena, s->tls_certificate, TLS_FILE_MAX, &d->tls_certificate);
    if (e == ERR_OK)
        e = file_read(d->arena, s->tls_key, TLS_FILE_MAX, &d->tls_key);
    return e == ERR_OK ? ERR_OK : fail(e, "the files of tls_certificate and tls_key cannot be read");
}

/* Only what is a certificate is offered to whoever asks. */
static err read_tls_root(daemon_state *d)
{
    const char *path = d->settings.tls_root;
    bytes text;
    if (!path)
        return ERR_OK;
    err e = file_read(d->arena, path, TLS_FILE_MAX, &text);
    if (e == ERR_OK)
        e = pem_decode(d->arena, PEM_CERTIFICATE, text, &d->tls_root, NULL);
    return e == ERR_OK ? ERR_OK : fail(ERR_CONFIG, "the file of tls_root is not there, or holds no certificate (PEM)");
}

static err read_app(daemon_state *d)
{
    if (d->settings.app_dir && app_files_open(&d->app, "app_dir", d->settings.app_dir) != ERR_OK)
        return fail(ERR_CONFIG, "the directory of app_dir cannot be served");
    if (d->settings.console_dir && app_files_open(&d->console, "console_dir", d->settings.console_dir) != ERR_OK)
        return fail(ERR_CONFIG, "the directory of console_dir cannot be served");
    if (cors_parse(d->arena, &d->app_origins, d->settings.app_origins) != ERR_OK)
        return fail(ERR_CONFIG, "app_origins is at most 16 origins such as https://app.example or "
                                "capacitor://localhost:8080, in lower case and separated by commas");
    return ERR_OK;
}

static err read_time(daemon_state *d)
{
    const settings *s = &d->settings;
    time_options *t = &d->time;
    t->agree = (unsigned)s->time_agree;
    t->limit_us = (uint64_t)s->time_limit_ms * 1000;
    t->interval_ms = (uint64_t)s->time_interval * 1000;
    if (time_sources_read(&t->sources, s->time_sources) != ERR_OK)
        return fail(
            ERR_CONFIG,
            "time_sources is \"system\", or at most 16 of chrony, kernel, ntp:ADDRESS and gpsd:ADDRESS, each once and "
            "separated by commas; addresses are numeric");
    /* More than there are could never agree: the server would start, and issue nothing for good. */
    if (t->sources.n > 0 && t->agree > time_sources_voices(&t->sources))
        return fail(ERR_CONFIG, "time_agree is more than time_sources has voices (chrony and kernel count as one)");
    if (oscillator_read(&t->oscillator, s->oscillator) != ERR_OK)
        return fail(ERR_CONFIG, "oscillator is quartz, ocxo, or frequency=, aging=, stability= and temperature=, each "
                                "from 0 to 1e-3, separated by commas");
    if (time_zone_read(&t->zone_minutes, s->time_zone) != ERR_OK)
        return fail(ERR_CONFIG, "time_zone is Asia/Shanghai, UTC, or an offset such as +08:00");
    if (t->sources.n == 0)
        log_write(
            LOG_WARN, "yiqiand",
            "time_sources is \"system\": nothing checks the clock, and timestamps say that they are a demonstration");
    return ERR_OK;
}

static err read_policy(daemon_state *d, const char *text, bytes *out)
{
    enum { OCTETS_MAX = 64 };
    buffer b = buffer_over(arena_alloc(d->arena, OCTETS_MAX), OCTETS_MAX);
    *out = bytes_of(NULL, 0);
    if (!b.p)
        return ERR_MEMORY;
    if (*text && oid_from_text(&b, bytes_of_text(text)) != ERR_OK)
        return fail(ERR_CONFIG, "tsa_policy and tsa_policy_gm are object identifiers, such as 1.2.3.4");
    *out = bytes_of(b.p, b.n);
    return ERR_OK;
}

/* A first start makes a CA that carries the settings for years: what cannot be used is refused before anything is made. */
static err check_settings(daemon_state *d)
{
    if (d->settings.public_url && !url_valid(d->settings.public_url))
        return fail(ERR_CONFIG, "public_url is http://host[:port] or https://host[:port], and a path if need be");
    if (address_ranges_parse(&d->callback_deny, d->settings.callback_deny) != ERR_OK)
        return fail(ERR_CONFIG,
                    "callback_deny is at most 64 addresses or networks such as 10.9.0.0/16, separated by commas");
    if (address_ranges_parse(&d->metrics_networks, d->settings.metrics_networks) != ERR_OK)
        return fail(ERR_CONFIG,
                    "metrics_networks is at most 64 addresses or networks such as 10.9.0.0/16, separated by commas");
    if (address_ranges_parse(&d->trusted_proxies, d->settings.trusted_proxies) != ERR_OK)
        return fail(ERR_CONFIG,
                    "trusted_proxies is at most 64 addresses or networks such as 10.9.0.0/24, separated by commas");
    if (strcmp(d->settings.tsa_listen_profile, "rfc") != 0 && strcmp(d->settings.tsa_listen_profile, "gm") != 0)
        return fail(ERR_CONFIG, "tsa_listen_profile is rfc or gm");
    if (d->settings.callback_ca_file && !file_exists(d->settings.callback_ca_file))
        return fail(ERR_CONFIG, "the file of callback_ca_file is not there");
    TRY(read_time(d));
    TRY(read_policy(d, d->settings.tsa_policy, &d->tsa_policy));
    TRY(read_policy(d, d->settings.tsa_policy_gm, &d->tsa_policy_gm));
    TRY(read_app(d));
    TRY(read_tls_root(d));
    return read_tls(d);
}

/* Likewise, but behind the lock, which knows better why an address is in use. */
static err check_address(const char *listen_at)
{
    int fd;
    uint16_t port;
    err e = socket_listen_tcp(&fd, &port, listen_at);
    if (e != ERR_OK)
        return fail(e, e == ERR_CONFIG
                           ? "listen and tsa_listen are numeric addresses with a port, such as 127.0.0.1:8970 or "
                             "[::]:8970"
                           : "the address is in use, or not of this machine, or its port needs more rights");
    (void)close(fd);
    return ERR_OK;
}

/* A restore that was interrupted is finished or undone before anything is opened. */
static err resume_restore(daemon_state *d)
{
    backup_swap_found found;
    bytes note;
    err e = backup_swap_resume(d->arena, d->settings.data_dir, &found, &note);
    if (e != ERR_OK)
        return fail(e, "a restore was interrupted and can be neither finished nor undone: the data directory must be "
                       "writable (the log says what could not be moved); leave restore.ready there alone");
    if (found == BACKUP_SWAP_UNDONE)
        log_write(LOG_WARN, "yiqiand", "a restore was interrupted before it was ready: the data is as it was before");
    if (found == BACKUP_SWAP_FINISHED)
        log_write(LOG_WARN, "yiqiand", "a restore was interrupted and is finished now: the data is the backup's %.*s",
                  (int)note.n, (const char *)note.p);
    return ERR_OK;
}

static bool is_being_restored(daemon_state *d)
{
    char holder[LOCK_HOLDER];
    lock_holder(in_data_dir(d, "yiqiand.lock"), holder);
    return strcmp(holder, RESTORE_HOLDS) == 0;
}

/* A crash may have left a key's file under another name, too: what is destroyed later would still be there. */
static void remove_leftovers(daemon_state *d)
{
    err e = file_remove_leftovers(d->settings.data_dir);
    err pads = file_remove_leftovers(in_data_dir(d, "authorisations"));
    e = e == ERR_OK ? pads : e;
    if (e != ERR_OK)
        log_write(LOG_ERROR, "yiqiand", "what a crash left (*.tmp) cannot be removed code=%s", err_code(e));
}

static err open_data(daemon_state *d)
{
    uint8_t audit_key[32];
    bool is_new, has_database, had_key;
    entropy rng = {drbg_fill, &d->drbg};
    err e = file_make_directory(d->settings.data_dir, 0700);
    if (e != ERR_OK)
        return fail(e, "the data directory cannot be made; its parent must be there and be writable");
    e = file_check_directory(d->settings.data_dir);
    if (e != ERR_OK)
        return fail(e, "the data directory must be this user's own, and nobody else may write into it");
    e = lock_take(&d->lock, in_data_dir(d, "yiqiand.lock"));
    if (e != ERR_OK)
        return fail(e, e != ERR_BUSY ? "the data directory cannot be written"
                       : is_being_restored(d) ? "a restore is under way on this data directory: start when it is over"
                                        : "another yiqiand runs on this data directory");
    lock_say(d->lock, "server");
    TRY(resume_restore(d));
    remove_leftovers(d);
    has_database = file_exists(in_data_dir(d, "yiqian.db"));
    had_key = file_exists(in_data_dir(d, "master.key"));
    TRY(check_address(d->settings.listen));
    if (d->settings.tsa_listen)
        TRY(check_address(d->settings.tsa_listen));
    /* A new master key opens nothing of an old database: one is made only where there is none. */
    e = keystore_open(&d->keystore, d->settings.data_dir, !has_database, &rng);
    if (e != ERR_OK)
        return fail(e, e == ERR_DISK_FULL ? "the disk is full"
                       : e == ERR_NOT_FOUND
                           ? "master.key is missing: put it back; without it the database cannot be used"
                           : "master.key cannot be used: it must be 32 bytes and readable for this user only");
    /* A reader for each worker, up to the store's own limit: none waits for another's. */
    store_options options = {.path = in_data_dir(d, "yiqian.db"),
                             .readers = d->settings.workers < STORE_READERS_MAX ? (unsigned)d->settings.workers
                                                                                : STORE_READERS_MAX,
                             .group_max = 256};
    e = store_open(&d->store, &options);
    if (e != ERR_OK)
        return fail(e, "the database yiqian.db cannot be opened");
    e = service_is_new(d->store, &is_new);
    if (e != ERR_OK)
        return fail(e, "the database yiqian.db cannot be read");
    if (is_new && had_key)
        log_write(
            LOG_WARN, "yiqiand",
            "there is a master.key and nothing in yiqian.db: this is a new server; if it was another one, stop it "
            "and put its database back");
    keystore_derive(d->keystore, AUDIT_KEY_PURPOSE, audit_key);
    e = audit_open(&d->audit, d->store, audit_key, is_new);
    wipe(audit_key, sizeof audit_key);
    if (e != ERR_OK)
        return fail(e, "the audit log is not intact: yiqian audit fsck says more");
    return ERR_OK;
}

static err open_service(daemon_state *d)
{
    const settings *s = &d->settings;
    const char *url = s->public_url;
    restored_warn(d->arena, s);
    if (!url) {
        url = arena_printf(d->arena, "%s://%s", s->tls_certificate ? "https" : "http", s->listen);
        log_write(LOG_WARN, "yiqiand", "public_url is not set: certificates will carry %s", url ? url : "");
    }
    if (!url)
        return ERR_MEMORY;
    size_t n = strlen(url);
    service_options options = {
        .store = d->store,
        .audit = d->audit,
        .keystore = d->keystore,
        .rng = {drbg_fill, &d->drbg},
        .seed = {os_entropy_fill, NULL},
        .public_url = n > 0 && url[n - 1] == '/' ? arena_text(d->arena, url, n - 1) : url,
        .organisation = s->organisation,
        .sandbox = s->sandbox,
        .certificate_days = (int)(s->certificate_life / 86400),
        .anybody = {s->anonymous_per_minute, s->anonymous_per_minute * 60},
        .origin = {s->anonymous_per_address_per_minute, s->anonymous_per_address_per_minute * 60},
        .tsa_per_minute = s->tsa_per_minute,
        .tsa_per_address_per_minute = s->tsa_per_address_per_minute,
        .crl_hours = (int)(s->crl_life / 3600),
        .known_keys = (size_t)s->known_keys,
        .data_dir = s->data_dir,
        .authorisations_dir = in_data_dir(d, "authorisations"),
        .authorisation_hours = (int)(s->authorisation_life / 3600),
        .callback_ca_file = s->callback_ca_file,
        .callback_deny = &d->callback_deny,
        .callback_plain_http = s->callback_plain_http,
        .callback_retention_ms = s->callback_retention * 1000,
        .node = s->node_name,
        .monitor_interval_s = s->monitor_interval,
        .check_disk_free = s->check_disk_free,
        .tls_certificate = d->tls_certificate,
        .backup_dir = s->backup_dir,
        .settings_text = settings_as_file(d->arena, s, d->origins),
        .backup_files = {s->tls_certificate, s->tls_key, s->tls_root, s->callback_ca_file},
        .time = &d->time,
        .tsa_policy = d->tsa_policy,
        .tsa_policy_gm = d->tsa_policy_gm,
        .wake = api_wake,
        .wake_context = &d->api};
    err e = service_open(&d->service, &options);
    if (e == ERR_OK)
        e = time_watch_start(d->service);
    if (e == ERR_OK)
        e = alarm_delivery_start(&d->alarms, d->service);
    if (e == ERR_OK)
        e = callback_delivery_start(&d->delivery, d->service);
    if (e == ERR_OK)
        e = api_create(&d->api, d->service,
                       (api_waiting){(unsigned)s->waiting_per_device_max, (unsigned)s->waiting_per_system_max});
    if (e == ERR_OK)
        api_set_app(d->api, (api_app){d->app, d->console, d->tls_root});
    if (e == ERR_OK)
        api_set_settings(d->api, (api_settings){&settings_table, &d->settings, d->origins});
    if (e == ERR_OK)
        api_set_metrics(d->api, &d->metrics_networks);
    if (e == ERR_CONFIG)
        return fail(e, s->sandbox
                           ? "sandbox: this database was made without it; a sandbox needs a data directory of its own"
                           : "this database is a sandbox's: start it with sandbox, or take another data directory");
    return e == ERR_OK ? ERR_OK : fail(e, "the service cannot start");
}

/* Each connection is a file, and so are database, socket and logs: connections that cannot be accepted would stop all. */
static err fit_connections(http_options *options, unsigned tsa_connections)
{
    uint64_t files = limits_raise_files(), others = OTHER_FILES + tsa_connections;
    if (files == 0 || files >= options->connections_max + others)
        return ERR_OK;
    if (files < OTHER_FILES + others)
        return fail(ERR_LIMIT,
                    "too few open files are allowed (ulimit -n): 1024, and tsa_connections_max, is a good number");
    options->connections_max = (unsigned)(files - others);
    log_write(LOG_WARN, "yiqiand", "connections_max is lowered to %u: %llu open files are allowed",
              options->connections_max, (unsigned long long)files);
    return ERR_OK;
}

static err open_server(daemon_state *d)
{
    const settings *s = &d->settings;
    http_options options = {.routes = api_routes,
                            .routes_n = api_routes_n,
                            .dispatch = api_dispatch,
                            .app = d->api,
                            .listen = s->listen,
                            .tls_cert_pem = (const char *)d->tls_certificate.p,
                            .tls_key_pem = (const char *)d->tls_key.p,
                            .unix_path = in_data_dir(d, "yiqiand.sock"),
                            .loops = (unsigned)s->loops,
                            .workers = (unsigned)s->workers,
                            .is_quick = api_is_quick,
                            .quick_workers = limits_processors(),
                            .queue_max = (unsigned)s->queue_max,
                            .waiting_max = (unsigned)s->waiting_max,
                            .connections_max = (unsigned)s->connections_max,
                            .connections_per_address_max = (unsigned)s->connections_per_address_max,
                            .trusted_proxies = &d->trusted_proxies,
                            .origins = &d->app_origins,
                            .is_shared = api_is_shared,
                            .request_seconds = (unsigned)s->request_time,
                            .idle_seconds = (unsigned)s->idle_time};
    TRY(fit_connections(&options, s->tsa_listen ? (unsigned)s->tsa_connections_max : 0));
    err e = http_start(&d->server, &options);
    if (e != ERR_OK)
        return fail(e,
                    e == ERR_CONFIG
                        ? "the address (numeric, with a port), the TLS certificate or the socket's path cannot be used"
                    : e == ERR_IO ? "the address is in use, or the socket cannot be made"
                                  : "the server cannot start");
    api_set_server(d->api, d->server);
    monitor_set_requests(d->service, metrics_read_requests, d->server);
    const char *colon = strrchr(s->listen, ':');
    printf("yiqiand %s%s listening on %s://%.*s:%u, data in %s\n", YIQIAN_VERSION, s->sandbox ? " (SANDBOX)" : "",
           options.tls_cert_pem ? "https" : "http", (int)(colon - s->listen), s->listen, (unsigned)http_port(d->server),
           s->data_dir);
    fflush(stdout);
    return ERR_OK;
}

/* The socket transport of timestamps, where it is asked for. */
static err open_tsa_socket(daemon_state *d)
{
    enum { MESSAGE_MAX = 4 * TSA_REQUEST_MAX }; /* what is somewhat too long is refused as a request, as over HTTP */
    const settings *s = &d->settings;
    if (!s->tsa_listen)
        return ERR_OK;
    d->tsa_socket = (tsa_socket){d->service, strcmp(s->tsa_listen_profile, "gm") == 0 ? CMS_GM : CMS_RFC};
    const frame_server_options options = {.listen = s->tsa_listen,
                                          .admit = tsa_socket_admit,
                                          .answer = tsa_socket_answer,
                                          .app = &d->tsa_socket,
                                          .tls_cert_pem = (const char *)d->tls_certificate.p,
                                          .tls_key_pem = (const char *)d->tls_key.p,
                                          .message_max = MESSAGE_MAX,
                                          .connections_max = (unsigned)s->tsa_connections_max,
                                          .connections_per_address_max = (unsigned)s->tsa_connections_per_address_max,
                                          .request_seconds = (unsigned)s->request_time,
                                          .idle_seconds = (unsigned)s->tsa_idle_time};
    err e = frame_server_start(&d->tsa_server, &options);
    if (e != ERR_OK)
        return fail(e, "the timestamp socket (tsa_listen) cannot start: its address, or the TLS certificate");
    const char *colon = strrchr(s->tsa_listen, ':');
    printf("timestamp socket on %s://%.*s:%u\n", options.tls_cert_pem ? "tls" : "tcp", (int)(colon - s->tsa_listen),
           s->tsa_listen, (unsigned)frame_server_port(d->tsa_server));
    fflush(stdout);
    return ERR_OK;
}

/* Said on standard error, beside the log: whoever has it is the administrator, so it is kept nowhere. A server that cannot make one (a
 * self-test failed, the disk is full) still does what it can. */
static void tell_first_link(const daemon_state *d)
{
    const char *url = NULL;
    err e = console_first_link(d->service, d->arena, clock_unix_ms(), &url);
    if (e != ERR_OK)
        log_write(LOG_ERROR, "yiqiand", "the first administrator's link cannot be made code=%s", err_code(e));
    if (url)
        fprintf(stderr,
                "还没有操作员。请在 %d 分钟内用浏览器打开以下一次性链接，登记首位管理员（重新启动会换新链接）：\n"
                "There is no operator yet. Open this one-time link within %d minutes to become the first administrator "
                "(a restart makes another):\n  %s\n",
                CONSOLE_LINK_MINUTES, CONSOLE_LINK_MINUTES, url);
}

/* Housekeeping every few seconds and a new seed every minute, until a signal ends it. */
static err serve(daemon_state *d, const sigset_t *signals)
{
    struct timespec pause = {HOUSEKEEPING_SECONDS, 0};
    uint64_t reseeded = clock_monotonic_ns();
    arena *a = arena_create(HOUSEKEEPING_ARENA);
    if (!a)
        return ERR_MEMORY;
    do {
        if (clock_monotonic_ns() - reseeded >= RESEED_SECONDS * UINT64_C(1000000000)) {
            reseeded = clock_monotonic_ns();
            drbg_expire(&d->drbg);
        }
        err e = service_housekeeping(d->service, a, clock_unix_ms());
        if (e != ERR_OK)
            log_write(LOG_ERROR, "yiqiand", "housekeeping failed code=%s", err_code(e));
        arena_reset(a);
    } while (sigtimedwait(signals, NULL, &pause) < 0);
    arena_destroy(a);
    log_write(LOG_INFO, "yiqiand", "stopping");
    return ERR_OK;
}

static void close_all(daemon_state *d)
{
    frame_server_stop(d->tsa_server);
    monitor_stop(d->service);
    alarm_delivery_stop(d->alarms);
    http_stop(d->server);
    api_destroy(d->api);
    app_files_close(d->console);
    app_files_close(d->app);
    callback_delivery_stop(d->delivery);
    time_watch_stop(d->service);
    service_close(d->service);
    audit_close(d->audit);
    store_close(d->store);
    keystore_close(d->keystore);
    drbg_close(&d->drbg);
    if (d->lock >= 0)
        lock_release(d->lock);
    arena_destroy(d->arena);
}

static void usage(void)
{
    puts("yiqiand: 医签服务端 / the server of yiqian\n"
         "  yiqiand [--SETTING VALUE ...]    运行 / run\n"
         "  yiqiand restore [--replace] [--passphrase-file FILE] [--SETTING VALUE ...] BACKUP.yqb\n"
         "                                   从备份恢复 / restore a backup\n"
         "  yiqiand --sample                 打印配置样例 / print a sample configuration\n"
         "  yiqiand --version\n");
    config_help(stdout, &settings_table);
}

/* What is asked of the program instead of running it. */
static bool answered(int argc, char **argv)
{
    if (argc != 2)
        return false;
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
        usage();
    else if (strcmp(argv[1], "--sample") == 0)
        config_sample(stdout, &settings_table);
    else if (strcmp(argv[1], "--markdown") == 0)
        config_markdown(stdout, &settings_table);
    else if (strcmp(argv[1], "--version") == 0)
        puts("yiqiand " YIQIAN_VERSION);
    else
        return false;
    return true;
}

/* The command line tool's, which often stand in the same environment. */
static const char *const others[] = {"YIQIAN_SERVER",     "YIQIAN_CREDENTIAL",      "YIQIAN_KEY_PASSPHRASE", "YIQIAN_DEVICE_DIR",
                                     "YIQIAN_PIN", "YIQIAN_NEW_PIN", "YIQIAN_WORKSTATION_DIR", NULL};

static err configure(daemon_state *d, int argc, char **argv)
{
    char message[CONFIG_MESSAGE] = "";
    d->arena = arena_create(SETTINGS_ARENA);
    d->origins = d->arena ? arena_alloc(d->arena, settings_table.n * sizeof *d->origins) : NULL;
    if (!d->origins)
        return ERR_MEMORY;
    config_source source = {.environment = (const char *const *)environ,
                            .arguments = (const char *const *)(argv + 1),
                            .arguments_n = (size_t)(argc - 1),
                            .origins = d->origins,
                            .others = others};
    err e = config_load(d->arena, &d->settings, &settings_table, &source, message);
    if (e == ERR_OK)
        e = set_log_level(d->settings.log_level);
    if (e != ERR_OK)
        fprintf(stderr, "yiqiand: %s\n", *message ? message : "log_level is debug, info, warn or error");
    return e;
}

int main(int argc, char **argv)
{
    daemon_state d = {.lock = -1};
    sigset_t signals;
    if (answered(argc, argv))
        return EXIT_SUCCESS;
    if (argc > 1 && strcmp(argv[1], "restore") == 0)
        return restore_command(argc - 1, argv + 1);
    /* Blocked before the first thread starts, so that all threads leave them to serve(). */
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    signal(SIGPIPE, SIG_IGN);
    limits_forbid_core();
    json_wipe_freed();
    /* Requests allocate and free the same few hundred KiB over and over: not back to the kernel each time. */
    mallopt(M_TRIM_THRESHOLD, TRIM_THRESHOLD);
    err e = configure(&d, argc, argv);
    int status = e == ERR_CONFIG ? 2 : EXIT_FAILURE;
    if (e == ERR_OK)
        e = check_settings(&d);
    if (e == ERR_OK)
        e = open_random(&d);
    if (e == ERR_OK)
        e = open_data(&d);
    if (e == ERR_OK)
        e = open_service(&d);
    if (e == ERR_OK)
        e = open_server(&d);
    if (e == ERR_OK)
        e = open_tsa_socket(&d);
    if (e == ERR_OK)
        e = monitor_start(d.service);
    if (e == ERR_OK)
        tell_first_link(&d);
    if (e == ERR_OK)
        e = serve(&d, &signals);
    close_all(&d);
    return e == ERR_OK ? EXIT_SUCCESS : status;
}
