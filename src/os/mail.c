#include "os/mail.h"

#include <curl/curl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/ct.h"
#include "base/text.h"
#include "os/clock.h"

enum {
    LINE = 76,       /* characters of base64 in a line (RFC 2045 6.8) */
    WORD_BYTES = 42, /* of a subject in one encoded word: 75 characters at the most with its frame (RFC 2047 2) */
    LOCAL_MAX = 64,  /* RFC 5321 4.5.3.1.1 */
    DAY_S = 86400,
    MS = 1000
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static CURLcode global = CURLE_FAILED_INIT;

static void start_curl(void)
{
    global = curl_global_init(CURL_GLOBAL_DEFAULT);
}

/* ---- what may be said ---- */

static bool domain_valid(const char *text, size_t n)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-.";
    return n > 0 && n <= 253 && strspn(text, allowed) >= n && text[0] != '.' && text[0] != '-' && text[n - 1] != '.' &&
           text[n - 1] != '-';
}

bool mail_address_valid(const char *text)
{
    /* atext of RFC 5322 3.2.3, and '.': no quoted local part, which nobody has. */
    static const char local[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+-/=?^_`{|}~.";
    size_t n = strspn(text, local);
    if (strlen(text) > MAIL_ADDRESS_MAX || n == 0 || n > LOCAL_MAX || text[n] != '@' || text[0] == '.' ||
        text[0] == '-' || text[n - 1] == '.')
        return false;
    const char *domain = text + n + 1;
    return domain_valid(domain, strlen(domain));
}

bool mail_host_valid(const char *host)
{
    address a;
    return strchr(host, ':') ? address_parse(&a, host) == ERR_OK : domain_valid(host, strlen(host));
}

/* ---- the message ---- */

static err check(const mail_message *m)
{
    if (!mail_address_valid(m->from) || m->to_n < 1 || m->to_n > MAIL_RECIPIENTS ||
        m->id[strspn(m->id, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-")] || !*m->id)
        return ERR_ARG;
    for (size_t i = 0; i < m->to_n; i++)
        if (!mail_address_valid(m->to[i]))
            return ERR_ARG;
    if (strlen(m->subject) > MAIL_SUBJECT_MAX || strlen(m->text) > MAIL_TEXT_MAX)
        return ERR_LENGTH;
    if (!utf8_valid(m->subject, strlen(m->subject)) || !utf8_valid(m->text, strlen(m->text)))
        return ERR_UTF8;
    for (const char *p = m->subject; *p; p++)
        if ((unsigned char)*p < 0x20 || *p == 0x7f)
            return ERR_ARG;
    return ERR_OK;
}

/* As encoded words (RFC 2047), none of which ends within a character. */
static const char *encode_subject(arena *a, const char *text)
{
    const char *out = "";
    size_t left = strlen(text);
    while (left > 0 && out) {
        size_t n = left < WORD_BYTES ? left : WORD_BYTES;
        while (n < left && ((unsigned char)text[n] & 0xc0) == 0x80)
            n--;
        const char *word = base64_text(a, text, n);
        out = word ? arena_printf(a, "%s%s=?UTF-8?B?%s?=", out, *out ? "\r\n " : "", word) : NULL;
        text += n;
        left -= n;
    }
    return out;
}

static const char *encode_text(arena *a, const char *text)
{
    const char *all = base64_text(a, text, strlen(text));
    size_t n = all ? strlen(all) : 0, at = 0;
    char *out = all ? arena_alloc(a, n + 2 * (n / LINE + 1) + 1) : NULL;
    if (!out)
        return NULL;
    for (size_t i = 0; i < n; i += LINE) {
        size_t part = n - i < LINE ? n - i : LINE;
        memcpy(out + at, all + i, part);
        memcpy(out + at + part, "\r\n", 2);
        at += part + 2;
    }
    out[at] = '\0';
    return out;
}

/* "Fri, 27 Nov 2026 19:00:00 +0000"; the first of January 1970 was a Thursday. */
static const char *date_text(arena *a, int64_t unix_ms)
{
    static const char *const days[] = {"Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"};
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    clock_civil at;
    int64_t unix_s = unix_ms / MS;
    clock_civil_of(&at, unix_s);
    return arena_printf(a, "%s, %02u %s %04" PRId64 " %02u:%02u:%02u +0000", days[unix_s / DAY_S % 7], at.day,
                        months[at.month - 1], at.year, at.hour, at.minute, at.second);
}

static const char *recipients_text(arena *a, const mail_message *m)
{
    const char *out = m->to[0];
    for (size_t i = 1; i < m->to_n && out; i++)
        out = arena_printf(a, "%s,\r\n %s", out, m->to[i]);
    return out;
}

err mail_write(arena *a, const mail_message *m, bytes *out)
{
    TRY(check(m));
    const char *subject = encode_subject(a, m->subject), *text = encode_text(a, m->text);
    const char *date = date_text(a, m->unix_ms), *to = recipients_text(a, m);
    if (!subject || !text || !date || !to)
        return ERR_MEMORY;
    const char *whole = arena_printf(a,
                                     "Date: %s\r\nFrom: %s\r\nTo: %s\r\nMessage-ID: <%s@%s>\r\nSubject: %s\r\n"
                                     "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
                                     "Content-Transfer-Encoding: base64\r\nAuto-Submitted: auto-generated\r\n\r\n%s",
                                     date, m->from, to, m->id, strchr(m->from, '@') + 1, subject, text);
    if (!whole)
        return ERR_MEMORY;
    *out = bytes_of_text(whole);
    return ERR_OK;
}

/* ---- sending ---- */

typedef struct transfer {
    const mail_server *server;
    bytes left;
    bool refused;
    const char *secrets[3]; /* in whatever form they are sent */
    size_t secrets_n;
    char error[CURL_ERROR_SIZE], reply[MAIL_REPLY];
} transfer;

static bool holds(const char *p, size_t n, const char *secret)
{
    size_t secret_n = strlen(secret);
    for (size_t at = 0; secret_n > 0 && at + secret_n <= n; at++)
        if (memcmp(p + at, secret, secret_n) == 0)
            return true;
    return false;
}

/* Looked at in whole: a secret that is cut is still a part of one. */
static bool repeats(const char *line, size_t n, const char *const *secrets, size_t secrets_n)
{
    for (size_t i = 0; i < secrets_n; i++)
        if (holds(line, n, secrets[i]))
            return true;
    return false;
}

/* One octet, or the whole of one character in UTF-8; 0: neither. */
static size_t printable(const char *p, size_t left)
{
    size_t n = (unsigned char)*p < 0x80 ? 1 : (unsigned char)*p < 0xe0 ? 2 : (unsigned char)*p < 0xf0 ? 3 : 4;
    if (n == 1)
        return *p >= ' ' && *p < 0x7f;
    return n <= left && utf8_valid(p, n) && utf8_length(p, n) == 1 && !utf8_deceptive(p, n) ? n : 0;
}

void mail_reply_clean(char out[MAIL_REPLY], const char *line, size_t n, const char *const *secrets, size_t secrets_n)
{
    enum { CODE = 3 };
    size_t used = 0;
    out[0] = '\0';
    while (n > 0 && (line[n - 1] == '\r' || line[n - 1] == '\n'))
        n--;
    if (n < CODE || line[0] < '2' || line[0] > '5' || line[1] < '0' || line[1] > '9' || line[2] < '0' || line[2] > '9' ||
        (n > CODE && line[CODE] != ' ' && line[CODE] != '-') || memcmp(line, "334", CODE) == 0)
        return;
    if (repeats(line, n, secrets, secrets_n))
        n = CODE;
    for (size_t i = 0; i < n;) {
        size_t step = i == CODE ? 1 : printable(line + i, n - i), more = step > 0 ? step : 1;
        if (used + more >= MAIL_REPLY)
            break;
        if (i == CODE)
            out[used] = ' ';
        else if (step == 0)
            out[used] = '?';
        else
            memcpy(out + used, line + i, step);
        used += more;
        i += more;
    }
    out[used] = '\0';
    if (repeats(out, used, secrets, secrets_n)) /* also as it comes out */
        out[CODE] = '\0';
}

/* What the server says comes line by line. That it takes leave (221) is no answer to the message, and comes behind it. */
static size_t hear(char *p, size_t size, size_t n, void *arg)
{
    transfer *t = arg;
    if (size * n < 3 || memcmp(p, "221", 3) != 0)
        mail_reply_clean(t->reply, p, size * n, t->secrets, t->secrets_n);
    return size * n;
}

/* The password as it is, and as AUTH PLAIN and LOGIN send it (RFC 4616, RFC 4954). */
static err keep_secrets(arena *a, transfer *t)
{
    const mail_server *s = t->server;
    if (!s->username || !s->password || !*s->password)
        return ERR_OK;
    size_t user_n = strlen(s->username), n = strlen(s->password);
    char *plain = arena_alloc(a, user_n + n + 2);
    if (!plain)
        return ERR_MEMORY;
    plain[0] = plain[user_n + 1] = '\0';
    memcpy(plain + 1, s->username, user_n);
    memcpy(plain + user_n + 2, s->password, n);
    t->secrets[0] = s->password;
    t->secrets[1] = base64_text(a, plain, user_n + n + 2);
    t->secrets[2] = base64_text(a, s->password, n);
    t->secrets_n = t->secrets[1] && t->secrets[2] ? 3 : 0;
    wipe(plain, user_n + n + 2);
    return t->secrets_n > 0 ? ERR_OK : ERR_MEMORY;
}

static void forget_secrets(transfer *t)
{
    for (size_t i = 1; i < t->secrets_n; i++)
        wipe((void *)(uintptr_t)t->secrets[i], strlen(t->secrets[i]));
}

static size_t give(char *to, size_t size, size_t n, void *arg)
{
    transfer *t = arg;
    size_t part = size * n < t->left.n ? size * n : t->left.n;
    memcpy(to, t->left.p, part);
    t->left = bytes_of(t->left.p + part, t->left.n - part);
    return part;
}

/* A mail server is inside the hospital or outside, but never where nobody can be. */
static curl_socket_t open_allowed(void *arg, curlsocktype purpose, struct curl_sockaddr *peer)
{
    transfer *t = arg;
    address at;
    (void)purpose;
    if (address_of_socket(&at, &peer->addr) != ERR_OK || address_kind_of(&at) == ADDRESS_REFUSED ||
        (t->server->deny && address_ranges_have(t->server->deny, &at))) {
        t->refused = true;
        return CURL_SOCKET_BAD;
    }
    return socket(peer->family, peer->socktype | SOCK_CLOEXEC, peer->protocol);
}

static bool set_up(CURL *e, transfer *t, const char *url, const char *from, struct curl_slist *to)
{
    const mail_server *s = t->server;
    return curl_easy_setopt(e, CURLOPT_URL, url) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "smtp,smtps") == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_PROXY, "") == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_ERRORBUFFER, t->error) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, (long)s->timeout_ms) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, (long)s->timeout_ms) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_USE_SSL, (long)(s->security == MAIL_CLEAR ? CURLUSESSL_NONE : CURLUSESSL_ALL)) ==
               CURLE_OK &&
           (!s->ca_file || (curl_easy_setopt(e, CURLOPT_CAINFO, s->ca_file) == CURLE_OK &&
                            curl_easy_setopt(e, CURLOPT_CAPATH, NULL) == CURLE_OK)) &&
           (!s->username || (curl_easy_setopt(e, CURLOPT_USERNAME, s->username) == CURLE_OK &&
                             curl_easy_setopt(e, CURLOPT_PASSWORD, s->password ? s->password : "") == CURLE_OK)) &&
           curl_easy_setopt(e, CURLOPT_OPENSOCKETFUNCTION, open_allowed) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_OPENSOCKETDATA, t) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_MAIL_FROM, from) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_MAIL_RCPT, to) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_READFUNCTION, give) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, hear) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_HEADERDATA, t) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_READDATA, t) == CURLE_OK && curl_easy_setopt(e, CURLOPT_UPLOAD, 1L) == CURLE_OK;
}

static bool bracketed(struct curl_slist **list, arena *a, const mail_message *m)
{
    for (size_t i = 0; i < m->to_n; i++) {
        const char *one = arena_printf(a, "<%s>", m->to[i]);
        struct curl_slist *longer = one ? curl_slist_append(*list, one) : NULL;
        if (!longer)
            return false;
        *list = longer;
    }
    return true;
}

static void say_why(const transfer *t, CURLcode code, char words[MAIL_WORDS])
{
    enum { WHY = MAIL_WORDS - MAIL_REPLY - 3 };
    const char *why = t->refused    ? "no connection is made to this address"
                      : t->error[0] ? t->error
                                    : curl_easy_strerror(code);
    if (t->reply[0] == '4' || t->reply[0] == '5')
        (void)snprintf(words, MAIL_WORDS, "%.*s: %s", (int)WHY, why, t->reply);
    else
        (void)snprintf(words, MAIL_WORDS, "%s", why);
}

err mail_send(arena *a, const mail_server *server, const mail_message *m, char words[MAIL_WORDS],
              char reply[MAIL_REPLY])
{
    transfer t = {.server = server};
    struct curl_slist *to = NULL;
    CURL *easy = NULL;
    words[0] = reply[0] = '\0';
    if (!mail_host_valid(server->host) || (server->username && server->security == MAIL_CLEAR))
        return ERR_ARG;
    TRY(mail_write(a, m, &t.left));
    TRY(keep_secrets(a, &t));
    bool v6 = strchr(server->host, ':');
    const char *url = arena_printf(a, "%s://%s%s%s:%u", server->security == MAIL_TLS ? "smtps" : "smtp", v6 ? "[" : "",
                                   server->host, v6 ? "]" : "", (unsigned)server->port);
    const char *from = arena_printf(a, "<%s>", m->from);
    (void)pthread_once(&once, start_curl);
    err e = url && from && global == CURLE_OK ? ERR_OK : ERR_MEMORY;
    TRY_OUT(e);
    easy = curl_easy_init();
    e = easy && bracketed(&to, a, m) && set_up(easy, &t, url, from, to) ? ERR_OK : ERR_MEMORY;
    TRY_OUT(e);
    CURLcode code = curl_easy_perform(easy);
    memcpy(reply, t.reply, MAIL_REPLY);
    if (code != CURLE_OK) {
        say_why(&t, code, words);
        e = ERR_TRANSPORT;
    }
out:
    forget_secrets(&t);
    curl_easy_cleanup(easy);
    curl_slist_free_all(to);
    return e;
}
