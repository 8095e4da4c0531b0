"""Reads QR codes at level M in byte mode (ISO/IEC 18004), of the versions that the tests meet: 4, a login's on a terminal, and 11, a workstation's in a
picture. Masks, the path of the bits and the blocks are those of the standard. Nothing is blurred here, so errors are not corrected: they fail."""

QUIET, LEVEL_M = 4, 0
FORMAT_MASK = 0b101010000010010
MASKS = [lambda r, c: (r + c) % 2 == 0, lambda r, c: r % 2 == 0, lambda r, c: c % 3 == 0, lambda r, c: (r + c) % 3 == 0,
         lambda r, c: (r // 2 + c // 3) % 2 == 0, lambda r, c: r * c % 2 + r * c % 3 == 0,
         lambda r, c: (r * c % 2 + r * c % 3) % 2 == 0, lambda r, c: ((r + c) % 2 + r * c % 3) % 2 == 0]
# By size: the data codewords of each block, the centres of the alignment patterns, the bits of the length, whether the version is written beside.
VERSIONS = {33: ((32, 32), (6, 26), 8, False), 61: ((50, 51, 51, 51, 51), (6, 30, 54), 16, True)}


def modules_on_terminal(lines):
    """True: dark. Characters are drawn in the light colour: the upper half, the lower, both or none."""
    rows = []
    for line in lines:
        rows.append([character not in "▀█" for character in line])
        rows.append([character not in "▄█" for character in line])
    size = len(rows[0]) - 2 * QUIET
    edge = QUIET + size
    for i, row in enumerate(rows):
        for j, dark in enumerate(row):
            if dark and not (QUIET <= i < edge and QUIET <= j < edge) and i < 2 * QUIET + size:
                raise ValueError("the quiet zone is not light")
    return [row[QUIET:edge] for row in rows[QUIET:edge]]


def is_function(size, r, c):
    """Finders with their separators and the format beside them, the version, timing, the alignment patterns."""
    _, centres, _, has_version = VERSIONS[size]
    last = centres[-1]
    finder = (r < 9 and c < 9) or (r < 9 and c >= size - 8) or (r >= size - 8 and c < 9)
    version = has_version and ((r < 6 and size - 11 <= c < size - 8) or (c < 6 and size - 11 <= r < size - 8))
    aligned = any(abs(r - a) <= 2 and abs(c - b) <= 2 for a in centres for b in centres if (a, b) not in ((6, 6), (6, last), (last, 6)))
    return finder or version or aligned or r == 6 or c == 6


def check_patterns(m):
    size = len(m)
    for top, left in ((0, 0), (0, size - 7), (size - 7, 0)):
        for r in range(7):
            for c in range(7):
                if m[top + r][left + c] != (max(abs(r - 3), abs(c - 3)) != 2):
                    raise ValueError("no finder pattern")
    for i in range(8, size - 8):
        if m[6][i] != (i % 2 == 0) or m[i][6] != (i % 2 == 0):
            raise ValueError("no timing pattern")


def mask_of(m):
    bits = [m[8][c] for c in (0, 1, 2, 3, 4, 5, 7, 8)] + [m[r][8] for r in (7, 5, 4, 3, 2, 1, 0)]
    value = int("".join(str(int(bit)) for bit in bits), 2) ^ FORMAT_MASK
    if value >> 13 != LEVEL_M:
        raise ValueError("not level M")
    return MASKS[value >> 10 & 7]


def bits_of(m):
    """Two columns at a time from the right, up and down by turns; column 6 is the timing pattern's."""
    size, mask, up = len(m), mask_of(m), True
    for right in [c for c in range(size - 1, 6, -2)] + [5, 3, 1]:
        for r in range(size - 1, -1, -1) if up else range(size):
            for c in (right, right - 1):
                if not is_function(size, r, c):
                    yield m[r][c] != mask(r, c)
        up = not up


def data_of(codewords, lengths):
    """The blocks' codewords come in turn; the longer blocks have one more at the end."""
    blocks, coming = [[] for _ in lengths], iter(codewords)
    for place in range(max(lengths)):
        for block, length in zip(blocks, lengths):
            if place < length:
                block.append(next(coming))
    return sum(blocks, [])


def read(m):
    """The text of a code. m: rows of modules without the quiet zone, true where dark."""
    if len(m) not in VERSIONS or any(len(row) != len(m) for row in m):
        raise ValueError("not a code of a known version")
    lengths, _, length_bits, _ = VERSIONS[len(m)]
    check_patterns(m)
    bits = "".join(str(int(bit)) for bit in bits_of(m))
    codewords = [int(bits[i:i + 8], 2) for i in range(0, sum(lengths) * 8, 8)]
    stream = "".join(f"{byte:08b}" for byte in data_of(codewords, lengths))
    if stream[:4] != "0100":
        raise ValueError("not in byte mode")
    start = 4 + length_bits
    n = int(stream[4:start], 2)
    return bytes(int(stream[start + 8 * i:start + 8 + 8 * i], 2) for i in range(n)).decode()


def read_terminal(lines):
    return read(modules_on_terminal(lines))
