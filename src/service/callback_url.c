#include "service/callback_url.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { HOST_MAX = 253 };

/* Up to five digits, 1 to 65535; nothing at all is the scheme's own. */
static bool port_valid(const char *text, size_t n)
{
    unsigned port = 0;
    if (n == 0)
        return true;
    if (text[0] != ':' || n < 2 || n > 6)
        return false;
    for (size_t i = 1; i < n; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        port = port * 10 + (unsigned)(text[i] - '0');
    }
    return port >= 1 && port <= 65535;
}

/* The host alone; *rest is what follows it. */
static bool read_host(const char *text, char host[HOST_MAX + 1], const char **rest)
{
    static const char name[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._";
    bool literal = *text == '[';
    const char *from = text + literal;
    size_t n = strspn(from, literal ? "0123456789abcdefABCDEF:." : name);
    if (n == 0 || n > HOST_MAX || (literal && from[n] != ']'))
        return false;
    (void)snprintf(host, HOST_MAX + 1, "%.*s", (int)n, from);
    *rest = from + n + literal;
    return true;
}

const char *callback_url_fault(const char *url, const address_ranges *deny, bool plain_http)
{
    static const char allowed[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~:/?[]@!$&'()*+,;=%";
    char host[HOST_MAX + 1];
    const char *rest;
    address a;
    bool https = strncasecmp(url, "https://", 8) == 0;
    if (!https && strncasecmp(url, "http://", 7) != 0)
        return "应以 https:// 开头，院内地址可用 http:// / want https://, or http:// inside the hospital";
    if (strlen(url) > CALLBACK_URL_MAX)
        return "至多 512 个字符 / at most 512 characters";
    if (url[strspn(url, allowed)])
        return "含有网址中不允许的字符或 # 片段；中文域名请写成 xn-- 形式 / "
               "a character that a URL does not have, or a fragment; other names of hosts as xn--";
    const char *authority = url + (https ? 8 : 7);
    size_t n = strcspn(authority, "/?");
    if (memchr(authority, '@', n))
        return "网址中不得含用户名与密码 / no user name and no password in the URL";
    if (!read_host(authority, host, &rest) || !port_valid(rest, n - (size_t)(rest - authority)))
        return "缺少主机名，或端口不在 1 至 65535 / no host, or no port from 1 to 65535";
    if (address_parse(&a, host) != ERR_OK)
        return *authority == '[' ? "方括号中不是 IPv6 地址 / no IPv6 address" : NULL;
    address_kind kind = address_kind_of(&a);
    if (kind == ADDRESS_REFUSED || (deny && address_ranges_have(deny, &a)))
        return "不允许连接到此地址 / no connection is made to this address";
    bool open = kind == ADDRESS_PUBLIC && !https && !plain_http;
    return open ? "公网地址须用 https:// / http:// only to private addresses; use https://" : NULL;
}

const char *callback_url_shown(arena *a, const char *url)
{
    const char *colon = strstr(url, "://"), *host = colon ? colon + 3 : url;
    size_t n = strcspn(host, "/?#\\"), user = 0;
    for (size_t i = 0; i < n; i++)
        if (host[i] == '@')
            user = i + 1;
    const char *rest = host + n;
    return arena_printf(a, "%.*s%s%.*s%s", (int)(host - url), url, user ? "***@" : "", (int)(n - user), host + user,
                        !*rest ? "" : strcmp(rest, "/") == 0 ? rest : "/***");
}
