/* The messages of the timestamp socket: what is read is written back octet for octet, and the head alone says the length of all that
 * is read. A stream of messages falls into the same ones wherever it is cut. */
#include "fuzz.h"
#include "tsa/frame.h"

enum { INPUT_MAX = 16 << 10 };

static void check_message(bytes whole)
{
    frame f, again;
    if (frame_read(&f, whole) != ERR_OK)
        return;
    size_t value_n;
    CHECK(frame_head(whole.p, INPUT_MAX, &value_n) == ERR_OK && value_n + FRAME_HEAD == whole.n);
    uint8_t *room = malloc(whole.n);
    CHECK(room);
    buffer out = buffer_over(room, whole.n);
    CHECK(frame_write(&out, &f) == ERR_OK && bytes_equal(bytes_of(room, out.n), whole));
    CHECK(frame_read(&again, bytes_of(room, out.n)) == ERR_OK && again.type == f.type &&
          again.reference == f.reference && again.check_back == f.check_back && bytes_equal(again.message, f.message));
    if (whole.n > 0) {
        out = buffer_over(room, whole.n - 1);
        CHECK(frame_write(&out, &f) == ERR_LIMIT && out.n == 0);
    }
    free(room);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    if (n > INPUT_MAX)
        return 0;
    bytes left = bytes_of(p, n);
    check_message(left);
    for (size_t value_n; left.n >= FRAME_HEAD;) {
        if (frame_head(left.p, left.n - FRAME_HEAD, &value_n) != ERR_OK)
            break;
        CHECK(value_n > 0 && value_n <= left.n - FRAME_HEAD);
        check_message(bytes_of(left.p, FRAME_HEAD + value_n));
        left = bytes_of(left.p + FRAME_HEAD + value_n, left.n - FRAME_HEAD - value_n);
    }
    return 0;
}
