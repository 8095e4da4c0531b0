#!/usr/bin/env python3
"""Writes src/crypto/point_table.inc, the precomputed multiples of G, to standard output.

tests/unit/crypto/point_mul_test.c compares every entry with an independent implementation.
"""

P = 2**256 - 2**224 - 2**96 + 2**64 - 1
G = (0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7,
     0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0)

WINDOWS, WINDOW_BITS, ODD = 43, 6, 128


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


def window(i):
    base = double(G, WINDOW_BITS * i)
    return multiples(base, base, 2**(WINDOW_BITS - 1))


def odd(base):
    return multiples(base, double(base, 1), ODD)


print("/* Multiples of G in Montgomery form, affine; made by scripts/tools/point_table.py. */")
print(f"\n/* base_table[i][j] = (j + 1) * 2^({WINDOW_BITS}i) * G. */")
array(f"static const point_affine base_table[{WINDOWS}][{2**(WINDOW_BITS - 1)}]", [window(i) for i in range(WINDOWS)])
print("\n/* odd_table[h][j] = (2j + 1) * 2^(128h) * G. */")
array(f"static const point_affine odd_table[2][{ODD}]", [odd(G), odd(double(G, 128))])
