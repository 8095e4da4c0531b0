#include "doc/seal_picture.h"

#include "seal_png.h"

static int setup(void **state)
{
    *state = arena_create(64 << 20);
    return *state ? 0 : -1;
}

static int teardown(void **state)
{
    arena_destroy(*state);
    return 0;
}

static void assert_refused(arena *a, bytes given, const char *words)
{
    seal_picture out;
    const char *why = NULL;
    assert_int_equal(seal_picture_read(a, given, &out, &why), ERR_PICTURE);
    assert_non_null(why);
    if (!strstr(why, words))
        fail_msg("refused with: %s; wanted: %s", why, words);
}

/* The types of the chunks, one after the other. */
static const char *types(arena *a, bytes png)
{
    char *text = arena_alloc(a, png.n + 1);
    size_t n = 0;
    for (size_t at = 8; at + 12 <= png.n; at += 12 + load_u32be(png.p + at)) {
        memcpy(text + n, png.p + at + 4, 4);
        n += 4;
    }
    return text;
}

static void a_picture_is_written_anew_with_the_same_pixels(void **state)
{
    static const png_uint_32 formats[] = {PNG_FORMAT_RGBA, PNG_FORMAT_RGB, PNG_FORMAT_GRAY, PNG_FORMAT_GA};
    arena *a = *state;
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        seal_picture out;
        const char *why;
        bytes given = seal_png(a, 40, 30, formats[i]);
        assert_int_equal(seal_picture_read(a, given, &out, &why), ERR_OK);
        assert_int_equal(out.width, 40);
        assert_int_equal(out.height, 30);
        assert_string_equal(types(a, out.png), "IHDRIDATIEND");
        assert_int_equal(out.png.p[24], 8); /* bits */
        assert_int_equal(out.png.p[25], 6); /* RGBA */
        uint8_t pixels[2][40 * 30 * 4];
        bytes both[] = {given, out.png};
        for (int k = 0; k < 2; k++) {
            png_image image = {.version = PNG_IMAGE_VERSION};
            assert_true(png_image_begin_read_from_memory(&image, both[k].p, both[k].n));
            image.format = PNG_FORMAT_RGBA;
            assert_true(png_image_finish_read(&image, NULL, pixels[k], 0, NULL));
        }
        assert_memory_equal(pixels[0], pixels[1], sizeof pixels[0]);
        /* What was written is taken, and comes out the same. */
        seal_picture again;
        assert_int_equal(seal_picture_read(a, out.png, &again, &why), ERR_OK);
        assert_int_equal(again.png.n, out.png.n);
        assert_memory_equal(again.png.p, out.png.p, out.png.n);
    }
}

static void what_is_not_pixels_is_not_handed_on(void **state)
{
    arena *a = *state;
    static const char secret[] = "Comment\0where it was taken";
    seal_picture out;
    const char *why;
    bytes png = seal_png_with(a, seal_png(a, 32, 32, PNG_FORMAT_RGBA), "tEXt", secret, sizeof secret - 1);
    png = seal_png_with(a, png, "eXIf", secret, sizeof secret - 1);
    assert_int_equal(seal_picture_read(a, png, &out, &why), ERR_OK);
    assert_string_equal(types(a, out.png), "IHDRIDATIEND");
}

static void sizes_have_limits(void **state)
{
    arena *a = *state;
    seal_picture out;
    const char *why;
    assert_int_equal(seal_picture_read(a, seal_png(a, 1200, 1200, PNG_FORMAT_RGBA), &out, &why), ERR_OK);
    assert_refused(a, seal_png(a, 1201, 16, PNG_FORMAT_RGBA), "too large");
    assert_refused(a, seal_png(a, 16, 1201, PNG_FORMAT_RGBA), "too large");
    assert_int_equal(seal_picture_read(a, seal_png(a, 16, 16, PNG_FORMAT_RGBA), &out, &why), ERR_OK);
    assert_refused(a, seal_png(a, 15, 16, PNG_FORMAT_RGBA), "too small");
    assert_refused(a, seal_png(a, 16, 15, PNG_FORMAT_RGBA), "too small");
    /* What would be a gigabyte of pixels is refused by its header. */
    assert_refused(a, seal_png_header(a, seal_png(a, 32, 32, PNG_FORMAT_RGBA), 0, 0x7f), "too large");
    uint8_t *large = arena_alloc(a, SEAL_PICTURE_BYTES + 1);
    bytes small = seal_png(a, 32, 32, PNG_FORMAT_RGBA);
    memcpy(large, small.p, small.n);
    assert_refused(a, bytes_of(large, SEAL_PICTURE_BYTES + 1), "512 KiB");
}

static void what_is_no_png_is_refused(void **state)
{
    arena *a = *state;
    bytes png = seal_png(a, 32, 32, PNG_FORMAT_RGBA);
    static const uint8_t jpeg[] = {0xff, 0xd8, 0xff, 0xe0, 0, 16, 'J', 'F', 'I', 'F', 0};
    assert_refused(a, bytes_of(NULL, 0), "not a PNG");
    assert_refused(a, bytes_of(jpeg, sizeof jpeg), "not a PNG");
    assert_refused(a, bytes_of_text("<svg xmlns=\"http://www.w3.org/2000/svg\"/>"), "not a PNG");
    assert_refused(a, bytes_of(png.p, 8), "not a whole PNG");
    /* Cut anywhere it is not whole. */
    for (size_t n = 9; n < png.n; n += 3)
        assert_refused(a, bytes_of(png.p, n), "not a whole PNG");
    uint8_t *longer = arena_alloc(a, png.n + 1);
    memcpy(longer, png.p, png.n);
    assert_refused(a, bytes_of(longer, png.n + 1), "after the PNG");
}

static void what_is_blank_is_refused(void **state)
{
    arena *a = *state;
    seal_picture out;
    const char *why;
    uint8_t pixels[16 * 16 * 4];
    memset(pixels, 0, sizeof pixels);
    assert_refused(a, seal_png_of(a, 16, 16, pixels), "blank");
    memset(pixels, 0xff, sizeof pixels);
    assert_refused(a, seal_png_of(a, 16, 16, pixels), "blank");
    /* Red ink is dark in two of its channels. */
    pixels[5] = pixels[6] = 0x20;
    assert_int_equal(seal_picture_read(a, seal_png_of(a, 16, 16, pixels), &out, &why), ERR_OK);
}

static void what_is_damaged_is_refused(void **state)
{
    arena *a = *state;
    bytes png = seal_png(a, 32, 32, PNG_FORMAT_RGBA);
    size_t refused = 0;
    for (size_t at = 8; at < png.n; at++) {
        uint8_t *copy = arena_copy(a, png.p, png.n);
        seal_picture out;
        const char *why;
        copy[at] ^= 0x10;
        refused += seal_picture_read(a, bytes_of(copy, png.n), &out, &why) == ERR_PICTURE;
    }
    /* Only a change within an ancillary chunk, which nobody looks at, does no harm; there are three of those at the most. */
    assert_in_range(refused, png.n - 8 - 3 * 32, png.n - 8);
    /* The checksum of the pixels by itself. */
    uint8_t *copy = arena_copy(a, png.p, png.n);
    copy[png.n - 13] ^= 1;
    assert_refused(a, bytes_of(copy, png.n), "damaged");
}

static void kinds_that_are_not_taken_say_so(void **state)
{
    arena *a = *state;
    bytes png = seal_png(a, 32, 32, PNG_FORMAT_RGBA);
    static const uint8_t control[8] = {0, 0, 0, 2}, frame[26] = {0};
    assert_refused(a, seal_png_header(a, png, 12, 1), "interlaced");
    assert_refused(a, seal_png_header(a, png, 8, 16), "16 bits");
    assert_refused(a, seal_png(a, 32, 32, PNG_FORMAT_LINEAR_RGB_ALPHA), "16 bits");
    assert_refused(a, seal_png_with(a, png, "acTL", control, sizeof control), "animated");
    assert_refused(a, seal_png_with(a, png, "fcTL", frame, sizeof frame), "animated");
    assert_refused(a, seal_png_with(a, png, "ABCD", frame, sizeof frame), "critical chunk");
    /* A second header, and pixels that never come. */
    assert_refused(a, seal_png_with(a, png, "IHDR", png.p + 16, 13), "damaged");
    uint8_t small[128];
    buffer b = buffer_over(small, sizeof small);
    buffer_put(&b, png.p, 8 + 25);
    seal_png_chunk(&b, "IEND", NULL, 0);
    assert_refused(a, bytes_of(small, b.n), "damaged");
    /* Pixels of zlib that are a little, where the header says a lot. */
    b = buffer_over(small, sizeof small);
    buffer_put(&b, seal_png_header(a, png, 2, 4).p, 8 + 25);
    static const uint8_t little[] = {0x78, 0x9c, 0x63, 0, 0, 0, 1, 0, 1};
    seal_png_chunk(&b, "IDAT", little, sizeof little);
    seal_png_chunk(&b, "IEND", NULL, 0);
    assert_refused(a, bytes_of(small, b.n), "damaged");
}

#define WITH_ARENA(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_ARENA(a_picture_is_written_anew_with_the_same_pixels),
        WITH_ARENA(what_is_not_pixels_is_not_handed_on),
        WITH_ARENA(sizes_have_limits),
        WITH_ARENA(what_is_no_png_is_refused),
        WITH_ARENA(what_is_blank_is_refused),
        WITH_ARENA(what_is_damaged_is_refused),
        WITH_ARENA(kinds_that_are_not_taken_say_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
