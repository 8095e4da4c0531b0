#include <string.h>

#include "service/check_internal.h"
#include "service/internal.h"
#include "service/time_watch.h"

enum { URL, CLOCK, SANDBOX };
static const check_kind kinds[] = {
    [URL] = {"configuration.public_url",
             {"对外网址", "The public URL"},
             {"public_url 应为院内可达的 https:// 地址：它写入证书与二维码，手机只信任 HTTPS。",
              "public_url should be an https:// address that the whole hospital reaches: certificates and QR codes "
              "carry it, and "
              "phones want HTTPS."},
             true},
    [CLOCK] = {"configuration.clock",
               {"时间源设置", "Time sources"},
               {"未设时间源（time_sources），系统时钟未经核对：时间戳标明“演示”，不可用于正式用途。",
                "No time source is set (time_sources), the system clock is trusted as it is: timestamps say "
                "\"demonstration\" and "
                "are of no use in earnest."},
               true},
    [SANDBOX] =
        {"configuration.sandbox",
         {"运行方式", "Mode"},
         {"本机为沙箱：其签名不具效力；正式使用须另建数据目录。",
          "This is a sandbox: its signatures mean nothing. For earnest use start on a data directory of its own."},
         true},
};

static bool is_local(const char *url)
{
    static const char *const hosts[] = {"127.", "localhost", "[::1]", "0.0.0.0"};
    const char *host = strstr(url, "://");
    host = host ? host + 3 : url;
    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++)
        if (strncmp(host, hosts[i], strlen(hosts[i])) == 0)
            return true;
    return false;
}

void check_configuration_judge(checker *k, const configuration_facts *f)
{
    bool good = strncmp(f->public_url, "https://", 8) == 0 && !is_local(f->public_url);
    check_add(k, &kinds[URL], "", good ? CHECK_OK : CHECK_WARNING, f->public_url, "https://");
    check_add(k, &kinds[CLOCK], "", f->demonstration ? CHECK_WARNING : CHECK_OK, f->demonstration ? "system" : "", "");
    check_add(k, &kinds[SANDBOX], "", f->sandbox ? CHECK_WARNING : CHECK_OK, f->sandbox ? "sandbox" : "", "");
}

static void run(checker *k)
{
    service *s = k->c->service;
    check_configuration_judge(k, &(configuration_facts){s->options.public_url,
                                                        time_watch_state(s) == TIME_DEMONSTRATION, s->options.sandbox});
}

const check_family check_configuration = {kinds, sizeof kinds / sizeof *kinds, run};
