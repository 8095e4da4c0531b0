#include "doc/seal_picture.h"

#include <png.h>
#include <stdlib.h>
#include <string.h>

enum { SIGNATURE = 8, CHUNK_FRAME = 12, HEADER_DATA = 13, CHANNELS = 4 };

static const uint8_t signature[SIGNATURE] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};

typedef struct chunk {
    const uint8_t *start; /* length, type, data, CRC */
    const uint8_t *type, *data;
    size_t n; /* of the data */
} chunk;

/* The chunk at *at, which moves past it. */
static bool next_chunk(bytes png, size_t *at, chunk *out)
{
    if (png.n - *at < CHUNK_FRAME)
        return false;
    const uint8_t *p = png.p + *at;
    size_t n = load_u32be(p);
    if (n > png.n - *at - CHUNK_FRAME)
        return false;
    *out = (chunk){p, p + 4, p + 8, n};
    *at += CHUNK_FRAME + n;
    return true;
}

static bool is(const chunk *c, const char *type)
{
    return memcmp(c->type, type, 4) == 0;
}

static bool is_kept(const chunk *c)
{
    return is(c, "IHDR") || is(c, "PLTE") || is(c, "tRNS") || is(c, "IDAT") || is(c, "IEND");
}

/* PNG 11.2.1; NULL where it may be decoded. 16-bit samples are linear light to libpng's simplified interface: they would come out
 * other than they look. */
static const char *header_problem(const chunk *header)
{
    if (!is(header, "IHDR") || header->n != HEADER_DATA)
        return "不是完整的 PNG / not a whole PNG";
    uint32_t width = load_u32be(header->data), height = load_u32be(header->data + 4);
    if (width > SEAL_PICTURE_SIDE || height > SEAL_PICTURE_SIDE)
        return "图片过大，边长至多 1200 像素 / too large: at most 1200 pixels a side";
    if (width < SEAL_PICTURE_SIDE_MIN || height < SEAL_PICTURE_SIDE_MIN)
        return "图片过小，边长至少 16 像素 / too small: at least 16 pixels a side";
    if (header->data[8] > 8)
        return "不支持每通道 16 位的图片 / 16 bits a channel are not supported";
    return header->data[12] != 0 ? "不支持隔行扫描的 PNG / an interlaced PNG is not supported" : NULL;
}

/* Copies what the pixels need into `bare`, so that the decoder sees nothing else; NULL, or what is wrong. */
static const char *bare_copy(bytes given, buffer *bare)
{
    size_t at = SIGNATURE;
    chunk c = {0};
    const char *why = NULL;
    bool first = true;
    if (given.n < SIGNATURE || memcmp(given.p, signature, SIGNATURE) != 0)
        return "不是 PNG 图片 / not a PNG";
    buffer_put(bare, signature, SIGNATURE);
    while (at < given.n) {
        if (!next_chunk(given, &at, &c))
            return "不是完整的 PNG / not a whole PNG";
        if (first && (why = header_problem(&c)) != NULL)
            return why;
        first = false;
        if (is(&c, "acTL") || is(&c, "fcTL") || is(&c, "fdAT"))
            return "不支持动画 PNG / an animated PNG is not supported";
        if (is_kept(&c))
            buffer_put(bare, c.start, CHUNK_FRAME + c.n);
        else if (!(c.type[0] & 0x20)) /* PNG 5.4: a critical one cannot be left out */
            return "含有未知的关键数据块 / a critical chunk is unknown";
        if (is(&c, "IEND"))
            break;
    }
    if (at != given.n || !c.type || !is(&c, "IEND"))
        return at != given.n ? "PNG 之后还有其他数据 / there is something after the PNG"
                             : "不是完整的 PNG / not a whole PNG";
    return NULL;
}

/* libpng adds what says that colours are sRGB; a reader assumes that anyway. */
static void drop_ancillary(bytes png, buffer *out)
{
    size_t at = SIGNATURE;
    chunk c;
    buffer_put(out, png.p, SIGNATURE);
    while (at < png.n && next_chunk(png, &at, &c))
        if (is_kept(&c))
            buffer_put(out, c.start, CHUNK_FRAME + c.n);
}

static err write_anew(arena *a, png_image *image, const void *pixels, bytes *out)
{
    png_image written = {.version = PNG_IMAGE_VERSION, .width = image->width, .height = image->height};
    written.format = PNG_FORMAT_RGBA;
    png_alloc_size_t room = PNG_IMAGE_PNG_SIZE_MAX(written), n = room;
    uint8_t *raw = malloc(room);
    uint8_t *clean = NULL;
    if (raw && png_image_write_to_memory(&written, raw, &n, 0, pixels, 0, NULL))
        clean = arena_alloc(a, n);
    png_image_free(&written);
    if (clean) {
        buffer b = buffer_over(clean, n);
        drop_ancillary(bytes_of(raw, n), &b);
        *out = bytes_of(clean, b.n);
    }
    free(raw);
    return clean ? ERR_OK : ERR_MEMORY;
}

/* Whether nobody would see anything on white paper: all of it is clear, or white (as the console looks for ink). */
static bool is_blank(const uint8_t *pixels, size_t n)
{
    enum { CLEAR = 16, WHITE = 225 };
    for (size_t i = 0; i < n; i++) {
        const uint8_t *p = pixels + i * CHANNELS;
        if (p[3] >= CLEAR && (p[0] <= WHITE || p[1] <= WHITE || p[2] <= WHITE))
            return false;
    }
    return true;
}

static err decode(arena *a, bytes bare, seal_picture *out, const char **why)
{
    png_image image = {.version = PNG_IMAGE_VERSION};
    uint8_t *pixels = NULL;
    err e = ERR_PICTURE;
    *why = "图片已损坏 / the picture is damaged";
    if (!png_image_begin_read_from_memory(&image, bare.p, bare.n))
        goto out;
    image.format = PNG_FORMAT_RGBA;
    /* Both sides are bounded by header_problem. */
    pixels = malloc((size_t)image.width * image.height * CHANNELS);
    if (!pixels) {
        e = ERR_MEMORY;
        goto out;
    }
    /* A warning, such as a wrong checksum or too little data, is damage as well. */
    if (!png_image_finish_read(&image, NULL, pixels, 0, NULL) || image.warning_or_error != 0)
        goto out;
    if (is_blank(pixels, (size_t)image.width * image.height)) {
        *why = "图片是空白的 / the picture is blank";
        goto out;
    }
    e = write_anew(a, &image, pixels, &out->png);
    out->width = image.width;
    out->height = image.height;
out:
    png_image_free(&image);
    free(pixels);
    return e;
}

err seal_picture_read(arena *a, bytes given, seal_picture *out, const char **why)
{
    *why = "图片过大，至多 512 KiB / too large: at most 512 KiB";
    if (given.n > SEAL_PICTURE_BYTES)
        return ERR_PICTURE;
    uint8_t *room = arena_alloc(a, given.n + SIGNATURE);
    if (!room)
        return ERR_MEMORY;
    buffer bare = buffer_over(room, given.n + SIGNATURE);
    const char *problem = bare_copy(given, &bare);
    if (problem) {
        *why = problem;
        return ERR_PICTURE;
    }
    return decode(a, bytes_of(room, bare.n), out, why);
}
