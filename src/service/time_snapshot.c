#include "service/time_snapshot.h"

#include <string.h>

#include "tsa/clock_decision.h"

uint64_t time_snapshot_shift(int64_t low_ns, int64_t high_ns, const clock_pair *now)
{
    int64_t low = now->unix_ns - (int64_t)now->after_ns, high = now->unix_ns - (int64_t)now->before_ns;
    if (low > high_ns)
        return (uint64_t)(low - high_ns);
    return high < low_ns ? (uint64_t)(low_ns - high) : 0;
}

time_answer time_snapshot_bound(const time_snapshot *s, const clock_pair *now, uint64_t *bound_ns)
{
    if (!s->known)
        return TIME_UNKNOWN;
    uint64_t shift = time_snapshot_shift(s->low_ns, s->high_ns, now);
    if (shift > TIME_STEP_NS)
        return TIME_STEPPED;
    /* As long as the pair took to read, the difference may have changed unseen. */
    shift += now->after_ns - now->before_ns;
    uint64_t elapsed = now->after_ns > s->measured_ns ? now->after_ns - s->measured_ns : 0;
    uint64_t bound = holdover_bound(&s->oscillator, s->bound_ns, elapsed);
    *bound_ns = bound > UINT64_MAX - shift ? UINT64_MAX : bound + shift;
    /* The clock of a snapshot from before a leap second may or may not have taken part in it. */
    if (s->leap != 0 && now->unix_ns / 1000000000 >= s->leap_at_s - CLOCK_LEAP_SECONDS)
        return TIME_UNKNOWN;
    return *bound_ns <= s->limit_ns ? TIME_KNOWN : TIME_UNKNOWN;
}

/* A sequence lock (Boehm 2012) whose words are themselves atomic: a reader that saw a word of a writing sees its turn, too. */
void time_board_write(time_board *board, const time_snapshot *s)
{
    uint64_t words[TIME_SNAPSHOT_WORDS], turn = atomic_load_explicit(&board->turn, memory_order_relaxed);
    memcpy(words, s, sizeof words);
    atomic_store_explicit(&board->turn, turn + 1, memory_order_relaxed);
    for (size_t i = 0; i < TIME_SNAPSHOT_WORDS; i++)
        atomic_store_explicit(&board->words[i], words[i], memory_order_release);
    atomic_store_explicit(&board->turn, turn + 2, memory_order_release);
}

void time_board_read(time_board *board, time_snapshot *out)
{
    uint64_t words[TIME_SNAPSHOT_WORDS], turn;
    do {
        turn = atomic_load_explicit(&board->turn, memory_order_acquire);
        for (size_t i = 0; i < TIME_SNAPSHOT_WORDS; i++)
            words[i] = atomic_load_explicit(&board->words[i], memory_order_acquire);
    } while (turn % 2 != 0 || atomic_load_explicit(&board->turn, memory_order_relaxed) != turn);
    memcpy(out, words, sizeof words);
}
