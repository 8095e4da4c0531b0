"""Reads a QR code of version 4 at level M (ISO/IEC 18004) from what `yiqian` draws with blocks: the masks, the path of the bits and the blocks are
those of the standard. There is no noise on a terminal, so errors are not corrected: they fail."""

SIZE, QUIET, LEVEL_M = 33, 4, 0
ALIGNMENT = 26
BLOCKS, DATA = 2, 32  # codewords of data in each block of version 4-M
FORMAT_MASK = 0b101010000010010
MASKS = [lambda r, c: (r + c) % 2 == 0, lambda r, c: r % 2 == 0, lambda r, c: c % 3 == 0, lambda r, c: (r + c) % 3 == 0,
         lambda r, c: (r // 2 + c // 3) % 2 == 0, lambda r, c: r * c % 2 + r * c % 3 == 0,
         lambda r, c: (r * c % 2 + r * c % 3) % 2 == 0, lambda r, c: ((r + c) % 2 + r * c % 3) % 2 == 0]


def modules(lines):
    """True: dark. Characters are drawn in the light colour: the upper half, the lower, both or none."""
    rows = []
    for line in lines:
        rows.append([character not in "▀█" for character in line])
        rows.append([character not in "▄█" for character in line])
    edge = QUIET + SIZE
    inside = [row[QUIET:edge] for row in rows[QUIET:edge]]
    if len(inside) != SIZE or any(len(row) != SIZE for row in inside):
        raise ValueError("not a code of version 4")
    for i, row in enumerate(rows):
        for j, dark in enumerate(row):
            if dark and not (QUIET <= i < edge and QUIET <= j < edge) and i < 2 * QUIET + SIZE:
                raise ValueError("the quiet zone is not light")
    return inside


def is_function(r, c):
    """Finders with their separators and the format beside them, timing, the alignment pattern."""
    return (r < 9 and c < 9) or (r < 9 and c >= SIZE - 8) or (r >= SIZE - 8 and c < 9) or r == 6 or c == 6 or \
        (abs(r - ALIGNMENT) <= 2 and abs(c - ALIGNMENT) <= 2)


def check_patterns(m):
    for top, left in ((0, 0), (0, SIZE - 7), (SIZE - 7, 0)):
        for r in range(7):
            for c in range(7):
                if m[top + r][left + c] != (max(abs(r - 3), abs(c - 3)) != 2):
                    raise ValueError("no finder pattern")
    for i in range(8, SIZE - 8):
        if m[6][i] != (i % 2 == 0) or m[i][6] != (i % 2 == 0):
            raise ValueError("no timing pattern")


def mask_of(m):
    bits = [m[8][c] for c in (0, 1, 2, 3, 4, 5, 7, 8)] + [m[r][8] for r in (7, 5, 4, 3, 2, 1, 0)]
    value = int("".join(str(int(bit)) for bit in bits), 2) ^ FORMAT_MASK
    if value >> 13 != LEVEL_M:
        raise ValueError("not level M")
    return MASKS[value >> 10 & 7]


def bits_of(m, mask):
    """Two columns at a time from the right, up and down by turns; column 6 is the timing pattern's."""
    up = True
    for right in [c for c in range(SIZE - 1, 6, -2)] + [5, 3, 1]:
        for r in range(SIZE - 1, -1, -1) if up else range(SIZE):
            for c in (right, right - 1):
                if not is_function(r, c):
                    yield m[r][c] != mask(r, c)
        up = not up


def read(lines):
    m = modules(lines)
    check_patterns(m)
    bits = list(bits_of(m, mask_of(m)))
    codewords = [int("".join(str(int(bit)) for bit in bits[i:i + 8]), 2) for i in range(0, BLOCKS * DATA * 8, 8)]
    data = [codewords[i * BLOCKS + block] for block in range(BLOCKS) for i in range(DATA)]
    stream = "".join(f"{byte:08b}" for byte in data)
    if stream[:4] != "0100":
        raise ValueError("not in byte mode")
    n = int(stream[4:12], 2)
    return bytes(int(stream[12 + 8 * i:20 + 8 * i], 2) for i in range(n)).decode()
