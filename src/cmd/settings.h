/* The daemon's settings: one table for the parser, --help, the sample file and docs/operations/configuration.md. */
#ifndef YIQIAN_CMD_SETTINGS_H
#define YIQIAN_CMD_SETTINGS_H

#include "os/config.h"

typedef struct settings {
    const char *config, *data_dir, *listen, *public_url, *organisation, *tls_certificate, *tls_key, *tls_root;
    const char *app_dir, *console_dir, *app_origins, *backup_dir;
    int64_t certificate_life, crl_life, authorisation_life, loops, workers, queue_max, connections_max,
        connections_per_address_max, waiting_max, waiting_per_device_max, waiting_per_system_max, request_time,
        idle_time, known_keys, anonymous_per_minute, anonymous_per_address_per_minute;
    const char *callback_ca_file, *callback_deny;
    const char *trusted_proxies, *tsa_listen, *tsa_listen_profile;
    int64_t tsa_per_minute, tsa_per_address_per_minute, tsa_connections_max, tsa_connections_per_address_max,
        tsa_idle_time;
    bool callback_plain_http, sandbox;
    int64_t callback_retention;
    const char *time_sources, *oscillator, *time_zone;
    int64_t time_agree, time_limit_ms, time_interval;
    const char *tsa_policy, *tsa_policy_gm;
    const char *node_name, *metrics_networks;
    int64_t check_disk_free, monitor_interval;
    const char *log_level;
} settings;

extern const config_table settings_table;

/* What was set, as a file would say it; where the data is, and the file itself, stand in it as comments. In the arena; NULL if it is full. */
const char *settings_as_file(arena *a, const settings *s, const char *const *origins);

#endif
