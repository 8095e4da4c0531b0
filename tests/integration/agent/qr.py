"""Reads a QR code of version 11, level M, byte mode, without errors (ISO/IEC 18004:2015): what a camera makes of the agent's picture."""
VERSION, SIZE, BLOCKS, ALIGNMENT = 11, 61, (50, 51, 51, 51, 51), (6, 30, 54)
MASKS = (lambda y, x: (y + x) % 2, lambda y, x: y % 2, lambda y, x: x % 3, lambda y, x: (y + x) % 3, lambda y, x: (y // 2 + x // 3) % 2,
         lambda y, x: y * x % 2 + y * x % 3, lambda y, x: (y * x % 2 + y * x % 3) % 2, lambda y, x: ((y + x) % 2 + y * x % 3) % 2)


def is_function(y, x):
    corner = (y < 9 and x < 9) or (y < 9 and x >= SIZE - 8) or (y >= SIZE - 8 and x < 9)
    version = (y < 6 and SIZE - 11 <= x < SIZE - 8) or (x < 6 and SIZE - 11 <= y < SIZE - 8)
    aligned = any(abs(y - a) <= 2 and abs(x - b) <= 2 for a in ALIGNMENT for b in ALIGNMENT if (a, b) not in ((6, 6), (6, 54), (54, 6)))
    return corner or version or aligned or y == 6 or x == 6


def read(rows):
    """rows: modules, 1 is dark, without the quiet zone."""
    assert len(rows) == SIZE, len(rows)
    places = [(8, x) for x in (0, 1, 2, 3, 4, 5, 7, 8)] + [(y, 8) for y in (7, 5, 4, 3, 2, 1, 0)]
    form = int("".join(str(rows[y][x]) for y, x in places), 2) ^ 0x5412
    assert form >> 13 == 0, "level M"
    mask = MASKS[form >> 10 & 7]
    bits, upward, column = [], True, SIZE - 1
    while column > 0:
        column -= column == 6
        for y in range(SIZE - 1, -1, -1) if upward else range(SIZE):
            bits += [rows[y][x] ^ (mask(y, x) == 0) for x in (column, column - 1) if not is_function(y, x)]
        upward, column = not upward, column - 2
    words = [int("".join(map(str, map(int, bits[i:i + 8]))), 2) for i in range(0, len(bits) - 7, 8)]
    blocks = [[] for _ in BLOCKS]
    stream = iter(words)
    for place in range(max(BLOCKS)):
        for block, length in zip(blocks, BLOCKS):
            if place < length:
                block.append(next(stream))
    text = "".join(f"{word:08b}" for block in blocks for word in block)
    assert text[:4] == "0100", "byte mode"
    count = int(text[4:20], 2)
    return bytes(int(text[20 + 8 * i:28 + 8 * i], 2) for i in range(count)).decode()
