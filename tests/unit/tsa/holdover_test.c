#include "tsa/holdover.h"

#include <math.h>
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

static const uint64_t second_ns = 1000000000, day_s = 86400;

/* ---- figures ---- */

static void figures_are_read(void **state)
{
    (void)state;
    oscillator o;
    assert_int_equal(oscillator_read(&o, "quartz"), ERR_OK);
    assert_true(o.frequency == oscillator_quartz.frequency);
    assert_int_equal(oscillator_read(&o, "ocxo"), ERR_OK);
    assert_true(o.aging_per_day == 5e-10 && o.stability == 2e-11); /* the tender's */
    assert_int_equal(oscillator_read(&o, "temperature=4e-7 ,aging=0, stability=0.00001,  frequency=1e-3"), ERR_OK);
    assert_true(o.frequency == 1e-3 && o.aging_per_day == 0 && o.stability == 1e-5 && o.temperature == 4e-7);
}

static void other_figures_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        err e;
    } rows[] = {{"", ERR_ENCODING},
                {"rubidium", ERR_ENCODING},
                {"frequency=1e-10", ERR_FIELD_MISSING},
                {"frequency=1e-10, aging=5e-10, stability=2e-11", ERR_FIELD_MISSING},
                {"frequency=1e-10, aging=5e-10, stability=2e-11, temperature=1e-10, aging=1", ERR_EXISTS},
                {"frequency=1e-10, aging=5e-10, stability=2e-11, temperature=", ERR_ENCODING},
                {"frequency=1e-10, aging=5e-10, stability=2e-11, temperature=nan", ERR_ENCODING},
                {"frequency=1e-10, aging=5e-10, stability=2e-11, temperature=inf", ERR_ENCODING},
                {"frequency=1e-10, aging=5e-10, stability=2e-11, temperature=0x1p-20", ERR_ENCODING},
                {"frequency=1e-10, aging=5e-10, stability=2e-11, temperature= 1e-9", ERR_ENCODING},
                {"frequency=1e-10; aging=5e-10; stability=2e-11; temperature=1e-9", ERR_ENCODING},
                {"frequency=-1e-10, aging=5e-10, stability=2e-11, temperature=1e-9", ERR_RANGE},
                {"frequency=1e-2, aging=5e-10, stability=2e-11, temperature=1e-9", ERR_RANGE},
                {"frequency=1e999, aging=5e-10, stability=2e-11, temperature=1e-9", ERR_RANGE}};
    oscillator o;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(oscillator_read(&o, rows[i].text), rows[i].e);
}

/* ---- the model ---- */

static void the_bound_never_falls_and_rounds_up(void **state)
{
    (void)state;
    uint64_t last = 0;
    for (uint64_t t = 0; t < 4 * day_s * second_ns; t += 777777777777) {
        uint64_t bound = holdover_bound(&oscillator_ocxo, 1000, t);
        double s = (double)t / 1e9;
        double exact = 1000 + 1e9 * (3e-10 * s + 5e-10 / 86400 * s * s / 2 + 5 * 2e-11 * (s + 1));
        assert_true(bound >= last && (double)bound >= exact && (double)bound < exact + 2);
        last = bound;
    }
    assert_int_equal(holdover_bound(&oscillator_quartz, UINT64_MAX - 1, 1000 * second_ns), UINT64_MAX);
    assert_int_equal(holdover_bound(&oscillator_quartz, 0, UINT64_MAX),
                     holdover_bound(&oscillator_quartz, 0, UINT64_MAX));
    const oscillator wild = {1e-3, 1e-3, 1e-3, 1e-3};
    assert_int_equal(holdover_bound(&wild, 0, UINT64_MAX), UINT64_MAX);
}

/* The figures of docs/operations/time.md. */
static void when_each_preset_stops(void **state)
{
    (void)state;
    static const struct {
        const oscillator *o;
        uint64_t bound_ns, limit_ns, least_s, most_s;
    } rows[] = {
        {&oscillator_quartz, 5000000, 1000000000, 54 * 3600, 55 * 3600}, /* NTP: 5 ms to begin with */
        {&oscillator_quartz, 100000, 2000000, 370, 385},                 /* PPS: 0.1 ms */
        {&oscillator_ocxo, 5000000, 1000000000, 213 * 86400, 215 * 86400},
        {&oscillator_ocxo, 100000, 2000000, 206 * 3600, 210 * 3600},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint64_t s = holdover_seconds(rows[i].o, rows[i].bound_ns, rows[i].limit_ns);
        print_message("stops after %llu s (%.1f h)\n", (unsigned long long)s, (double)s / 3600);
        assert_in_range(s, rows[i].least_s, rows[i].most_s);
        assert_true(holdover_bound(rows[i].o, rows[i].bound_ns, s * second_ns) <= rows[i].limit_ns);
        assert_true(holdover_bound(rows[i].o, rows[i].bound_ns, (s + 1) * second_ns) > rows[i].limit_ns);
    }
    assert_int_equal(holdover_seconds(&oscillator_ocxo, 2000001, 2000000), 0);
    const oscillator perfect = {0, 0, 0, 0};
    assert_int_equal(holdover_seconds(&perfect, 0, 1), UINT64_MAX);
}

/* ---- 72 hours of simulated oscillators ---- */

typedef struct dice {
    uint64_t x;
} dice;

static double uniform(dice *d) /* xorshift64*, in [-1, 1) */
{
    d->x ^= d->x >> 12;
    d->x ^= d->x << 25;
    d->x ^= d->x >> 27;
    return (double)(d->x * UINT64_C(2685821657736338717) >> 11) / 4503599627370496.0 - 1;
}

static double normal(dice *d)
{
    double sum = 0;
    for (int i = 0; i < 12; i++)
        sum += uniform(d);
    return sum / 2; /* variance 12/3 = 4 before */
}

/* A clock on an oscillator with these figures: an unknown rate, aging at an unknown pace, white frequency noise of the stability at 1 s, and a
 * flicker floor as three processes that forget within a minute, half an hour and half a day; the room's temperature swings daily. */
typedef struct clock_model {
    double rate, aging, floor[3], phase, swing, error;
} clock_model;

static void begin(clock_model *m, dice *d, const oscillator *o, double initial)
{
    *m = (clock_model){.rate = uniform(d) * o->frequency,
                       .aging = uniform(d) * o->aging_per_day / 86400,
                       .phase = uniform(d) * 3.14159265358979,
                       .swing = uniform(d) * o->temperature,
                       .error = uniform(d) * initial};
    for (int i = 0; i < 3; i++)
        m->floor[i] = normal(d) * o->stability / sqrt(3);
}

static void step(clock_model *m, dice *d, const oscillator *o, double t, double dt)
{
    static const double memory[3] = {60, 1800, 43200};
    double y = m->rate + m->aging * t + m->swing * sin(t / 86400 * 2 * 3.14159265358979 + m->phase) +
               normal(d) * o->stability / sqrt(dt);
    for (int i = 0; i < 3; i++) {
        double keep = exp(-dt / memory[i]);
        m->floor[i] = m->floor[i] * keep + normal(d) * o->stability / sqrt(3) * sqrt(1 - keep * keep);
        y += m->floor[i];
    }
    m->error += y * dt;
}

/* The largest error of all runs; fails where one is beyond the bound. */
static double simulate(const oscillator *o, unsigned seeds, double initial, double *worst_bound)
{
    const double dt = 10;
    double worst = 0;
    for (unsigned seed = 1; seed <= seeds; seed++) {
        dice d = {seed * UINT64_C(0x9e3779b97f4a7c15)};
        clock_model m;
        begin(&m, &d, o, initial);
        for (double t = 0; t < 72 * 3600; t += dt) {
            step(&m, &d, o, t, dt);
            uint64_t bound = holdover_bound(o, (uint64_t)(initial * 1e9), (uint64_t)((t + dt) * 1e9));
            assert_true(fabs(m.error) * 1e9 <= (double)bound);
            *worst_bound = (double)bound / 1e9;
        }
        worst = fabs(m.error) > worst ? fabs(m.error) : worst;
    }
    return worst;
}

static void an_ocxo_holds_a_millisecond_for_72_hours(void **state)
{
    (void)state;
    double bound;
    double worst = simulate(&oscillator_ocxo, 300, 100e-6, &bound);
    print_message("OCXO, 72 h from 100 us: largest error %.0f us, bound %.0f us\n", worst * 1e6, bound * 1e6);
    assert_true(bound < 1e-3);
    assert_true(worst > 100e-6); /* the simulation does drift */
}

static void the_quartz_bound_covers_what_a_quartz_does(void **state)
{
    (void)state;
    double bound;
    double worst = simulate(&oscillator_quartz, 100, 5e-3, &bound);
    print_message("quartz, 72 h from 5 ms: largest error %.3f s, bound %.3f s\n", worst, bound);
    assert_true(bound > 1 && worst > 0.1);
}

/* The simulation is no proof if a worse oscillator passed, too. */
static void a_worse_oscillator_leaves_the_bound(void **state)
{
    (void)state;
    oscillator worse = {oscillator_ocxo.frequency * 20, oscillator_ocxo.aging_per_day * 3, oscillator_ocxo.stability,
                        oscillator_ocxo.temperature};
    unsigned left = 0;
    for (unsigned seed = 1; seed <= 50; seed++) {
        dice d = {seed * UINT64_C(0x9e3779b97f4a7c15)};
        clock_model m;
        begin(&m, &d, &worse, 100e-6);
        bool out = false;
        for (double t = 0; t < 72 * 3600; t += 10) {
            step(&m, &d, &worse, t, 10);
            out = out ||
                  fabs(m.error) * 1e9 > (double)holdover_bound(&oscillator_ocxo, 100000, (uint64_t)((t + 10) * 1e9));
        }
        left += out;
    }
    assert_true(left > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(figures_are_read),
                                       cmocka_unit_test(other_figures_are_refused),
                                       cmocka_unit_test(the_bound_never_falls_and_rounds_up),
                                       cmocka_unit_test(when_each_preset_stops),
                                       cmocka_unit_test(an_ocxo_holds_a_millisecond_for_72_hours),
                                       cmocka_unit_test(the_quartz_bound_covers_what_a_quartz_does),
                                       cmocka_unit_test(a_worse_oscillator_leaves_the_bound)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
