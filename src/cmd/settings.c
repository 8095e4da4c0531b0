#include "cmd/settings.h"

#include <string.h>

#define ROW(member, kind, fallback, min, max, zh, en)                                                                  \
    {                                                                                                                  \
        .name = #member, kind, fallback, min, max, zh, en, offsetof(settings, member)                                  \
    }

enum { HOUR = 3600, DAY = 86400 };

static const config_row rows[] = {
    ROW(config, CONFIG_PATH, NULL, 1, 4096, "配置文件", "The configuration file"),
    ROW(data_dir, CONFIG_PATH, "yiqian-data", 1, 4096, "数据目录：数据库、主密钥、管理套接字",
        "The data directory: database, master key, operators' socket"),
    ROW(listen, CONFIG_TEXT, "127.0.0.1:8970", 3, 255,
        "监听地址，如 127.0.0.1:8970 或 [::]:8970；端口 0 表示任取空闲端口",
        "The address to listen on, 127.0.0.1:8970 or [::]:8970; port 0 takes a free one"),
    ROW(public_url, CONFIG_TEXT, NULL, 8, 255, "对外网址，写入证书（CRL 地址）与二维码；请在首次启动之前设定",
        "The URL that certificates (CRL address) and QR codes carry; set it before the first start"),
    ROW(organisation, CONFIG_TEXT, "演示医院 (demonstration)", 1, 64, "医院名称，写入证书的 O 项；请在首次启动之前设定",
        "The hospital's name, O of its certificates; set it before the first start"),
    ROW(sandbox, CONFIG_BOOL, "false", 0, 1,
        "沙箱：供对接联调，证书、CA 与状态处处标明“沙箱”，签名不具效力；只能在首次启动时设定，此后不能开也不能关",
        "A sandbox for integration: certificates, CA and health say so everywhere, its signatures mean nothing; set at "
        "the "
        "first start, and neither on nor off afterwards"),
    ROW(tls_certificate, CONFIG_PATH, NULL, 1, 4096, "TLS 证书链文件（PEM）；设定后只以 HTTPS 服务",
        "The TLS certificate chain (PEM); set, the server speaks HTTPS only"),
    ROW(tls_key, CONFIG_PATH, NULL, 1, 4096, "TLS 私钥文件（PEM）", "The TLS private key (PEM)"),
    ROW(tls_root, CONFIG_PATH, NULL, 1, 4096,
        "供手机下载并信任的 TLS 根证书文件（PEM，见 yiqian tls make）；设定后由 /app/tls-root.cer 提供",
        "The TLS root certificate (PEM, see yiqian tls make) that phones download and trust; set, it is at "
        "/app/tls-root.cer"),
    ROW(app_dir, CONFIG_PATH, NULL, 1, 4096,
        "移动端页面的构建目录，启动时整体读入并由 /app/ 提供（至多 500 个文件、32 MiB）；不设则不提供",
        "The directory of the built app, read whole at the start and served at /app/ (at most 500 files and 32 MiB); "
        "not set, there is none"),
    ROW(console_dir, CONFIG_PATH, NULL, 1, 4096,
        "管理控制台的构建目录，启动时整体读入并由 /console/ 提供（限制同上）；不设则不提供",
        "The directory of the built console, read whole at the start and served at /console/ (with the same limits); "
        "not set, there is none"),
    ROW(app_origins, CONFIG_TEXT, "", 0, 1000,
        "允许跨源调用移动端接口的来源（原生外壳等），逗号分隔，如 "
        "https://app.yiqian.invalid；不设则一概不许",
        "The origins of other pages (native shells) that may call what devices call, separated by commas, "
        "https://app.yiqian.invalid for example; not set, none may"),
    ROW(certificate_life, CONFIG_SECONDS, "1095d", DAY, 3650LL * DAY, "个人证书有效期",
        "The life of a personal certificate"),
    ROW(crl_life, CONFIG_SECONDS, "24h", HOUR, 30LL * DAY, "CRL 有效期", "The life of a CRL"),
    ROW(authorisation_life, CONFIG_SECONDS, "16h", HOUR, 24 * HOUR, "工作站授权签名的最长有效期（整小时）",
        "How long a workstation may be authorised to sign at the most (whole hours)"),
    ROW(loops, CONFIG_INT, "1", 1, 64, "收发网络数据的线程数，一个可应付数万请求每秒",
        "Threads that read and write connections; one serves tens of thousands of requests a second"),
    ROW(workers, CONFIG_INT, "32", 1, 1024, "处理请求的线程数", "Threads that handle requests"),
    ROW(queue_max, CONFIG_INT, "1024", 1, 65536, "等待处理的请求上限，超过者答“忙”",
        "Requests that may wait; more are answered busy"),
    ROW(connections_max, CONFIG_INT, "16384", 8, 1000000, "连接数上限", "Connections at once"),
    ROW(connections_per_address_max, CONFIG_INT, "0", 0, 1000000, "每个地址的连接数上限，0 为不限",
        "Connections of one address at once; 0 for no limit of its own"),
    ROW(waiting_max, CONFIG_INT, "12288", 1, 1000000, "同时等待事件的请求（长轮询与设备通道）上限，超过者答“忙”",
        "Requests that wait for something at once (long polls, devices' channels); more are answered busy"),
    ROW(waiting_per_device_max, CONFIG_INT, "4", 1, 1000, "每台设备同时等待的请求上限",
        "Requests of one device that wait at once"),
    ROW(waiting_per_system_max, CONFIG_INT, "4096", 1, 1000000, "每个业务系统同时等待的请求上限",
        "Requests of one business system that wait at once"),
    ROW(request_time, CONFIG_SECONDS, "30s", 1, HOUR, "一个请求须在此时间内到齐",
        "The time within which a request must arrive whole"),
    ROW(idle_time, CONFIG_SECONDS, "75s", 1, HOUR, "空闲连接保持的时间", "How long an idle connection is kept"),
    ROW(anonymous_per_minute, CONFIG_INT, "60000", 0, 100000000,
        "每分钟未携带凭据的请求（登记、挑战、会话）上限，0 为不限",
        "Calls without credentials (enrolments, challenges, sessions) a minute; 0 for no limit"),
    ROW(anonymous_per_address_per_minute, CONFIG_INT, "6000", 0, 100000000,
        "同上，每个地址（IPv6 为每个 /64）的上限；全院可能共用一个 NAT 地址",
        "The same of one address (IPv6: of one /64); a whole hospital may be behind one"),
    ROW(trusted_proxies, CONFIG_TEXT, "", 0, 4000,
        "反向代理的地址与网段，逗号分隔，如 127.0.0.1, 10.9.0.0/24；只有来自这些地址的 X-Forwarded-For "
        "才被采信为客户端地址",
        "Addresses and networks of reverse proxies, separated by commas, 127.0.0.1, 10.9.0.0/24 for example; only "
        "their "
        "X-Forwarded-For is believed to say who the client is"),
    ROW(tsa_per_minute, CONFIG_INT, "0", 0, 10000000,
        "每个业务系统每分钟的时间戳请求上限，0 为不限；访问名单（yiqian tsa access）中的限额优先",
        "Timestamp requests of one business system a minute, 0 for no limit; a limit in the access lists (yiqian tsa "
        "access) takes its place"),
    ROW(tsa_per_address_per_minute, CONFIG_INT, "600000", 0, 10000000,
        "同上，不带凭据时每个地址（IPv6 为每个 /64）的上限",
        "The same of one address (IPv6: of one /64) without credentials"),
    ROW(tsa_listen, CONFIG_TEXT, NULL, 3, 255,
        "时间戳 Socket 接口（GM/T 0033-2014 8.3、RFC 3161 3.3）的监听地址，如 [::]:318；不设则不提供。设有 "
        "tls_certificate 时为 TLS",
        "The address of the timestamp socket (GM/T 0033-2014 8.3, RFC 3161 3.3), [::]:318 for example; not set, there "
        "is "
        "none. Over TLS where tls_certificate is set"),
    ROW(tsa_listen_profile, CONFIG_TEXT, "rfc", 2, 3,
        "Socket 接口签发的格式：rfc（RFC 3161）或 gm（GM/T 0033）；请求中写明 GM/T 0033 策略时总是 gm",
        "What the socket issues: rfc (RFC 3161) or gm (GM/T 0033); a request that names the policy of GM/T 0033 gets "
        "gm "
        "always"),
    ROW(tsa_connections_max, CONFIG_INT, "256", 1, 4096, "Socket 接口的连接数上限",
        "Connections of the socket at once"),
    ROW(tsa_connections_per_address_max, CONFIG_INT, "64", 0, 4096, "其中每个地址的连接数上限，0 为不限",
        "Of those, connections of one address; 0 for no limit of its own"),
    ROW(tsa_idle_time, CONFIG_SECONDS, "10s", 1, HOUR,
        "Socket 接口空闲连接保持的时间；有的客户端等到连接关闭才读取响应，不宜过长",
        "How long an idle connection of the socket is kept; some clients read the answer when the connection closes"),
    ROW(known_keys, CONFIG_INT, "4096", 0, 1000000, "为常签名者预先算好的公钥个数，每个占 4 KiB 内存，0 为不用",
        "Public keys kept prepared for those who sign often, 4 KiB of memory each; 0 for none"),
    ROW(callback_ca_file, CONFIG_PATH, NULL, 1, 4096,
        "回调以 HTTPS 发送时信任的 CA 证书文件（PEM，如院内 CA）；不设则用系统所信任的",
        "The CA certificates (PEM) trusted when callbacks are sent over HTTPS, the hospital's own CA for example; not "
        "set, the "
        "system's"),
    ROW(callback_deny, CONFIG_TEXT, "", 0, 4000,
        "回调不得连接的地址与网段，逗号分隔，如 10.9.0.0/16；链路本地与云元数据地址总是拒绝",
        "Addresses and networks that callbacks never connect to, separated by commas, 10.9.0.0/16 for example; "
        "link-local and "
        "cloud metadata addresses are refused always"),
    ROW(callback_plain_http, CONFIG_BOOL, "false", 0, 1, "允许回调以 http:// 发往非私有地址",
        "Callbacks may go over http:// to addresses that are not private"),
    ROW(callback_retention, CONFIG_SECONDS, "30d", DAY, 3650LL * DAY, "已送达或失败的回调保留的时间",
        "How long callbacks that were delivered or have failed are kept"),
    ROW(time_sources, CONFIG_TEXT, "system", 3, 1000,
        "时间源，逗号分隔：chrony、kernel、ntp:10.0.0.1[:端口]、gpsd:127.0.0.1:2947；system "
        "不核对任何来源，直接采用系统时钟（演示）。见 docs/operations/time.md",
        "Where the time is checked against, separated by commas: chrony, kernel, ntp:10.0.0.1[:port], "
        "gpsd:127.0.0.1:2947; system trusts "
        "the system clock as it is (demonstration). See docs/operations/time.md"),
    ROW(time_agree, CONFIG_INT, "0", 0, 16, "至少几个时间源须一致（chrony 与 kernel 合算一个），0 为多于所设之半",
        "How many sources must agree (chrony and kernel count as one); 0: more than half of those set"),
    ROW(time_limit_ms, CONFIG_INT, "1000", 1, 1000,
        "时钟误差上限（毫秒）：超过即停发时间戳；仅有 NTP 时宜为 1000，接有卫星接收机时宜为 2",
        "The limit of the clock's error, in milliseconds: beyond it no timestamps are issued; 1000 is for NTP alone, 2 "
        "for a receiver"),
    ROW(time_interval, CONFIG_SECONDS, "8s", 1, 64, "多久核对一次时钟；不正常时为 2 秒",
        "How often the clock is checked; every 2 seconds while it is not good"),
    ROW(oscillator, CONFIG_TEXT, "quartz", 4, 200,
        "系统时钟所用晶振，决定失去时间源后误差如何增长：quartz、ocxo，或四项指标 "
        "frequency=1e-10, aging=5e-10（每日）, stability=2e-11, temperature=2e-10",
        "The oscillator that the system clock runs on, which says how its error grows without sources: quartz, ocxo, "
        "or "
        "its figures "
        "frequency=1e-10, aging=5e-10 (a day), stability=2e-11, temperature=2e-10"),
    ROW(time_zone, CONFIG_TEXT, "Asia/Shanghai", 3, 32,
        "/v1/time 中民用时间的时区：Asia/Shanghai、UTC 或 +08:00 之类的固定偏移",
        "The zone of the civil time in /v1/time: Asia/Shanghai, UTC, or a fixed offset such as +08:00"),
    ROW(tsa_policy, CONFIG_TEXT, "", 0, 200,
        "RFC 3161 时间戳的策略 OID，如 1.2.3.4；不设则用本产品的。演示模式的时间戳总用演示策略",
        "The policy of timestamps by RFC 3161, an object identifier such as 1.2.3.4; not set, this product's own. In "
        "the "
        "demonstration mode the policy always says so"),
    ROW(tsa_policy_gm, CONFIG_TEXT, "", 0, 200, "GM/T 0033 时间戳的策略 OID，同上",
        "The same of timestamps by GM/T 0033"),
    ROW(node_name, CONFIG_TEXT, "", 0, 64, "监控数据中本节点的名称；不设则用主机名",
        "The name of this node in what is measured; not set, the machine's"),
    ROW(monitor_interval, CONFIG_SECONDS, "60s", 1, 600, "多久测量并检查一次系统状态，写入监控历史、产生或解除告警",
        "How often the system is measured and checked, which makes the history and raises and ends alarms"),
    ROW(metrics_networks, CONFIG_TEXT, "", 0, 4000,
        "可不带凭据读取 /metrics（Prometheus）的地址与网段，逗号分隔；不设则须操作员令牌",
        "Addresses and networks that read /metrics (Prometheus) without credentials, separated by commas; not set, an "
        "operator's token is needed"),
    ROW(check_disk_free, CONFIG_SIZE, "4 GiB", 1, INT64_MAX / 2, "数据磁盘剩余空间低于此值时告警，低于其四分之一为严重",
        "Below this much free space where the data is there is an alarm, a critical one below a quarter of it"),
    ROW(backup_dir, CONFIG_PATH, NULL, 1, 4096,
        "备份文件的存放目录（可为另一块磁盘或网络存储），须属于运行服务的用户、他人不可写；不设则为数据目录下的 "
        "backups。见 "
        "docs/operations/backup.md",
        "Where backups are put (another disk, or network storage), a directory of the server's user that nobody else "
        "may "
        "write into; not set, backups in the data directory. See docs/operations/backup.md"),
    ROW(log_level, CONFIG_TEXT, "info", 4, 5, "日志级别：debug、info、warn、error",
        "The log's level: debug, info, warn, error"),
};

const config_table settings_table = {rows, sizeof rows / sizeof *rows, "config"};

const char *settings_as_file(arena *a, const settings *s, const char *const *origins)
{
    const char *text = "";
    for (size_t i = 0; i < sizeof rows / sizeof *rows && text; i++) {
        const char *value, *name = rows[i].name;
        bool of_the_machine = strcmp(name, "config") == 0 || strcmp(name, "data_dir") == 0;
        if (!origins[i] || config_value(a, &rows[i], s, &value) != ERR_OK || !value)
            continue;
        text = arena_printf(a, "%s%s%s = %s\n", text, of_the_machine ? "# " : "", name, value);
    }
    return text;
}
