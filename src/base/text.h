/* Bytes as text: hex, base64 (RFC 4648 sections 4 and 5), UUID text (RFC 9562), and the check that text is UTF-8.
 * Decoders are strict: no white space, no missing or surplus padding, no non-zero trailing bits. */
#ifndef YIQIAN_BASE_TEXT_H
#define YIQIAN_BASE_TEXT_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/err.h"

/* Writes 2n lower-case digits and a terminator. */
void hex_encode(char *out, const void *p, size_t n);

/* Exactly 2n digits of either case into n bytes; ERR_LENGTH, ERR_ENCODING. Constant-time in the digits' values. */
MUST_CHECK err hex_decode(void *out, size_t n, const char *text, size_t text_n);

/* In the arena; NULL if it is full. */
char *hex_text(arena *a, const void *p, size_t n);

/* Standard alphabet with padding, and URL alphabet without; both in the arena, NULL if it is full. */
char *base64_text(arena *a, const void *p, size_t n);
char *base64url_text(arena *a, const void *p, size_t n);

/* The inverse, into the arena. ERR_ENCODING, ERR_MEMORY. */
MUST_CHECK err base64_decode(arena *a, const char *text, size_t text_n, bytes *out);
MUST_CHECK err base64url_decode(arena *a, const char *text, size_t text_n, bytes *out);

/* 36 characters (8-4-4-4-12, lower case) and a terminator; decoding takes either case. */
enum { UUID_TEXT = 37 };
void uuid_encode(char out[UUID_TEXT], const uint8_t id[16]);
MUST_CHECK err uuid_decode(uint8_t id[16], const char *text, size_t text_n);

/* Well-formed UTF-8 (no surrogates, no overlong forms, at most U+10FFFF) without U+0000. */
bool utf8_valid(const char *text, size_t n);

/* Whether valid UTF-8 has characters that are not seen, or change how the rest is read (Unicode TR 36): zero-width and blank ones, directional
 * and C1 controls, line separators, tags. A signer reads such text otherwise than it is. */
bool utf8_deceptive(const char *text, size_t n);

/* Whether valid UTF-8 has nothing but blanks in it, of whatever width (Unicode's Zs, tabs and line feeds). */
bool utf8_blank(const char *text, size_t n);

/* The number of characters (code points) of valid UTF-8. */
size_t utf8_length(const char *text, size_t n);

/* How many bytes the first n characters of valid UTF-8 take; all of a text that has fewer. */
size_t utf8_prefix(const char *text, size_t n);

#endif
