#include "cmd/credential.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ct.h"
#include "base/text.h"
#include "crypto/sm3.h"
#include "os/entropy.h"
#include "os/file.h"

enum { FILE_MAX = 4096, NONCE = 18 };

static err take(char *out, size_t cap, const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    size_t n = json_string_length(value);
    if (n == 0 || n >= cap)
        return ERR_JSON;
    memcpy(out, json_string_value(value), n + 1);
    return ERR_OK;
}

err credential_read(credential *out, const char *path)
{
    char text[FILE_MAX];
    size_t n;
    json_t *object = NULL;
    *out = (credential){.server = ""};
    err e = file_read_secret(text, sizeof text, path, &n);
    if (e == ERR_OK)
        object = json_loadb(text, n, JSON_REJECT_DUPLICATES, NULL);
    wipe(text, sizeof text);
    TRY(e);
    if (json_object_get(object, "server"))
        e = take(out->server, sizeof out->server, object, "server");
    if (e == ERR_OK)
        e = take(out->key, sizeof out->key, object, "key");
    if (e == ERR_OK)
        e = take(out->secret, sizeof out->secret, object, "secret");
    json_decref(object);
    return e;
}

err credential_write(const char *path, const char *server, const char *key, const char *secret)
{
    json_t *object = json_pack("{s:s, s:s, s:s}", "server", server, "key", key, "secret", secret);
    char *text = object ? json_dumps(object, JSON_INDENT(2)) : NULL;
    json_decref(object);
    if (!text)
        return ERR_MEMORY;
    size_t n = strlen(text);
    text[n] = '\n'; /* in the terminator's place: the file needs none */
    err e = file_create(path, text, n + 1, 0600);
    wipe(text, n + 1);
    free(text);
    return e;
}

err credential_sign(const credential *c, arena *a, const char *method, const char *path, bytes body, int64_t now_ms,
                    const char **header)
{
    uint8_t random[NONCE], digest[SM3_SIZE], mac[SM3_SIZE];
    char digest_text[2 * SM3_SIZE + 1], mac_text[2 * SM3_SIZE + 1];
    TRY(os_entropy_fill(NULL, random, sizeof random));
    const char *nonce = base64url_text(a, random, sizeof random);
    sm3(digest, body.p, body.n);
    hex_encode(digest_text, digest, sizeof digest);
    const char *text =
        nonce ? arena_printf(a, "%s\n%s\n%s\n%lld\n%s", method, path, digest_text, (long long)(now_ms / 1000), nonce)
              : NULL;
    if (!text)
        return ERR_MEMORY;
    hmac_sm3(mac, c->secret, strlen(c->secret), text, strlen(text));
    hex_encode(mac_text, mac, sizeof mac);
    *header = arena_printf(a, "Authorization: YQ1-HMAC-SM3 key=%s, time=%lld, nonce=%s, signature=%s", c->key,
                           (long long)(now_ms / 1000), nonce, mac_text);
    return *header ? ERR_OK : ERR_MEMORY;
}
