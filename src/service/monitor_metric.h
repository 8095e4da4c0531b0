/* What is measured of the machine and the server, one column each of the tables monitor_minute and monitor_hour. A column's rows are put together
 * (minutes to an hour, hours to a point of a chart) as its second word says: AVG of what is known, MAX, or SUM of what was counted. -1: not
 * known. */
#ifndef YIQIAN_SERVICE_MONITOR_METRIC_H
#define YIQIAN_SERVICE_MONITOR_METRIC_H

#define MONITOR_METRICS(X)                                                                                             \
    X(cpu, AVG)         /* thousandths of all processors */                                                            \
    X(load, AVG)        /* thousandths: mean of the last minute */                                                     \
    X(memory_used, AVG) /* bytes */                                                                                    \
    X(memory_total, MAX)                                                                                               \
    X(disk_free, AVG) /* bytes, where the data is */                                                                   \
    X(disk_total, MAX)                                                                                                 \
    X(disk_read, SUM) /* bytes */                                                                                      \
    X(disk_written, SUM)                                                                                               \
    X(net_received, SUM) /* bytes */                                                                                   \
    X(net_sent, SUM)                                                                                                   \
    X(temperature, MAX)    /* thousandths of a degree Celsius */                                                       \
    X(process_cpu, AVG)    /* thousandths of one processor */                                                          \
    X(process_memory, AVG) /* bytes */                                                                                 \
    X(process_files, MAX)                                                                                              \
    X(requests, SUM)                                                                                                   \
    X(answers_2xx, SUM)                                                                                                \
    X(answers_3xx, SUM)                                                                                                \
    X(answers_4xx, SUM)                                                                                                \
    X(answers_5xx, SUM)                                                                                                \
    X(latency_p50, AVG) /* microseconds; -1: no request */                                                             \
    X(latency_p95, AVG)                                                                                                \
    X(latency_p99, MAX)                                                                                                \
    X(requests_waiting, MAX) /* for something to happen */                                                             \
    X(callbacks_queued, MAX)                                                                                           \
    X(tasks_unfinished, MAX)                                                                                           \
    X(stamps_waiting, MAX) /* signatures that wait for their timestamps */                                             \
    X(signatures, SUM)                                                                                                 \
    X(tokens, SUM) /* timestamps issued */

typedef enum monitor_metric {
#define MONITOR_ENUM(name, aggregate) MONITOR_##name,
    MONITOR_METRICS(MONITOR_ENUM)
#undef MONITOR_ENUM
        MONITOR_METRIC_COUNT
} monitor_metric;

#endif
