/* Mail by SMTP (RFC 5321), over libcurl: one message, its text in UTF-8. Nothing of what others wrote can add a header, a recipient or a command. */
#ifndef YIQIAN_OS_MAIL_H
#define YIQIAN_OS_MAIL_H

#include "base/arena.h"
#include "base/bytes.h"
#include "os/address.h"

typedef enum mail_security { MAIL_CLEAR, MAIL_STARTTLS, MAIL_TLS } mail_security;

typedef struct mail_server {
    const char *host; /* a name, or an address */
    uint16_t port;
    mail_security security;          /* STARTTLS and TLS verify the server's certificate */
    const char *username, *password; /* NULL: no authentication; never in clear */
    const char *ca_file;             /* PEM of the trusted roots instead of the system's; NULL for those */
    const address_ranges *deny;      /* no connection to these; NULL for none */
    uint32_t timeout_ms;
} mail_server;

enum { MAIL_RECIPIENTS = 10, MAIL_ADDRESS_MAX = 254, MAIL_SUBJECT_MAX = 1000, MAIL_TEXT_MAX = 256 << 10 };

typedef struct mail_message {
    const char *from;
    const char *const *to;
    size_t to_n;                /* 1..MAIL_RECIPIENTS */
    const char *subject, *text; /* UTF-8 */
    int64_t unix_ms;
    const char *id; /* before the '@' of its Message-ID: letters, digits, '-' */
} mail_message;

/* "name@host.example": printable ASCII without what has a meaning in a header or a command, one '@'. */
bool mail_address_valid(const char *text);
/* A DNS name, an IPv4 address, or an IPv6 one without brackets. */
bool mail_host_valid(const char *host);

/* The message as it is sent (RFC 5322, MIME): subject and text in base64. In the arena. ERR_ARG (an address, a control character in the
 * subject, too many recipients), ERR_LENGTH, ERR_UTF8, ERR_MEMORY. */
MUST_CHECK err mail_write(arena *a, const mail_message *m, bytes *out);

enum { MAIL_WORDS = 256, MAIL_REPLY = 200 };

/* Sends it, and returns when the server has taken it for all recipients. words says what went wrong, "" if nothing did; where the server refused it, with what
 * it said. reply: the last thing that it said, "250 2.0.0 queued" (RFC 5321 4.2), as text of one line (mail_reply_clean); "" where it said nothing.
 * ERR_TRANSPORT (no connection, no TLS, an untrusted certificate, refused), ERR_ARG (also: a password in clear) and what mail_write gives. */
MUST_CHECK err mail_send(arena *a, const mail_server *server, const mail_message *m, char words[MAIL_WORDS],
                         char reply[MAIL_REPLY]);

/* A line that a server sent, as it may be shown and logged: cut, of printable UTF-8 ('?' for each other octet), and without its text where that repeats one of
 * the secrets. "" for what is no reply, or asks for a secret (334). */
void mail_reply_clean(char out[MAIL_REPLY], const char *line, size_t n, const char *const *secrets, size_t secrets_n);

#endif
