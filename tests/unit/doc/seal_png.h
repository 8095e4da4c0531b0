/* PNGs for tests: whole ones by libpng, and others made of them chunk by chunk. */
#ifndef YIQIAN_TESTS_DOC_SEAL_PNG_H
#define YIQIAN_TESTS_DOC_SEAL_PNG_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <png.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

/* Red where x + y is even, else clear; grey where format is that. */
static inline bytes seal_png(arena *a, unsigned width, unsigned height, png_uint_32 format)
{
    png_image image = {.version = PNG_IMAGE_VERSION, .width = width, .height = height};
    image.format = format;
    size_t pixel = PNG_IMAGE_PIXEL_SIZE(format), stride = pixel * width;
    uint8_t *pixels = calloc(height, stride);
    assert_non_null(pixels);
    for (unsigned y = 0; y < height; y++)
        for (unsigned x = 0; x < width; x++)
            if ((x + y) % 2 == 0) {
                pixels[y * stride + x * pixel] = 0xc8;
                if (pixel == 4 || pixel == 2)
                    pixels[y * stride + x * pixel + pixel - 1] = 0xff;
            }
    png_alloc_size_t n = PNG_IMAGE_PNG_SIZE_MAX(image);
    uint8_t *png = arena_alloc(a, n);
    assert_non_null(png);
    assert_true(png_image_write_to_memory(&image, png, &n, 0, pixels, 0, NULL));
    free(pixels);
    return bytes_of(png, n);
}

/* Of these pixels (RGBA). */
static inline bytes seal_png_of(arena *a, unsigned width, unsigned height, const uint8_t *pixels)
{
    png_image image = {.version = PNG_IMAGE_VERSION, .width = width, .height = height};
    image.format = PNG_FORMAT_RGBA;
    png_alloc_size_t n = PNG_IMAGE_PNG_SIZE_MAX(image);
    uint8_t *png = arena_alloc(a, n);
    assert_non_null(png);
    assert_true(png_image_write_to_memory(&image, png, &n, 0, pixels, 0, NULL));
    return bytes_of(png, n);
}

static inline uint32_t seal_png_crc(const uint8_t *p, size_t n)
{
    uint32_t crc = 0xffffffff;
    for (size_t i = 0; i < n; i++) {
        crc ^= p[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc & 1 ? crc >> 1 ^ 0xedb88320 : crc >> 1;
    }
    return ~crc;
}

/* Appends a chunk with its checksum. */
static inline void seal_png_chunk(buffer *b, const char *type, const void *data, size_t n)
{
    size_t from = b->n + 4;
    buffer_put_u32be(b, (uint32_t)n);
    buffer_put(b, type, 4);
    buffer_put(b, data, n);
    buffer_put_u32be(b, seal_png_crc(b->p + from, b->n - from));
}

/* A copy with one octet of IHDR's data changed and its checksum right. */
static inline bytes seal_png_header(arena *a, bytes png, size_t at, uint8_t value)
{
    uint8_t *copy = arena_copy(a, png.p, png.n);
    assert_non_null(copy);
    copy[16 + at] = value;
    store_u32be(copy + 29, seal_png_crc(copy + 12, 17));
    return bytes_of(copy, png.n);
}

/* A copy with a chunk put in after IHDR. */
static inline bytes seal_png_with(arena *a, bytes png, const char *type, const void *data, size_t n)
{
    enum { HEAD = 8 + 25 };
    uint8_t *copy = arena_alloc(a, png.n + n + 12);
    assert_non_null(copy);
    buffer b = buffer_over(copy, png.n + n + 12);
    buffer_put(&b, png.p, HEAD);
    seal_png_chunk(&b, type, data, n);
    buffer_put(&b, png.p + HEAD, png.n - HEAD);
    return bytes_of(copy, b.n);
}

#endif
