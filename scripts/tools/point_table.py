#!/usr/bin/env python3
"""Writes src/crypto/point_table.c, the precomputed multiples of G, to standard output.

tests/unit/crypto/point_table_test.c compares every entry with an independent implementation.
"""

P = 2**256 - 2**224 - 2**96 + 2**64 - 1
G = (0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7,
     0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0)

WINDOWS, WINDOW_BITS, PARTS, PART_BITS, ODD = 37, 7, 4, 64, 128


def add(a, b):
    if a == b:
        slope = 3 * (a[0] * a[0] - 1) * pow(2 * a[1], -1, P) % P
    else:
        slope = (b[1] - a[1]) * pow(b[0] - a[0], -1, P) % P
    x = (slope * slope - a[0] - b[0]) % P
    return x, (slope * (a[0] - x) - a[1]) % P


def double(a, times):
    for _ in range(times):
        a = add(a, a)
    return a


def limbs(value):
    """Montgomery form, least significant limb first."""
    value = value * 2**256 % P
    return "{{" + ", ".join(f"0x{value >> 64 * i & 2**64 - 1:016x}" for i in range(4)) + "}}"


def array(declaration, rows):
    print(declaration + " = {")
    for row in rows:
        print("    {")
        for x, y in row:
            print(f"        {{{limbs(x)},\n         {limbs(y)}}},")
        print("    },")
    print("};")


def multiples(first, step, count):
    row = [first]
    while len(row) < count:
        row.append(add(row[-1], step))
    return row


def odd(exponent, count):
    base = double(G, exponent)
    return multiples(base, double(base, 1), count)


print("/* Multiples of G in Montgomery form, affine; made by scripts/tools/point_table.py. */")
print('#include "crypto/point_table.h"\n')
array("const point_affine point_base_table[POINT_BASE_WINDOWS][POINT_BASE_ENTRIES]", [odd(WINDOW_BITS * i, 2**(WINDOW_BITS - 1)) for i in range(WINDOWS)])
print()
array("const point_affine point_odd_table[POINT_PARTS][POINT_ODD_ENTRIES]", [odd(PART_BITS * s, ODD) for s in range(PARTS)])
