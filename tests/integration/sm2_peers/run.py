#!/usr/bin/env python3
"""run.py SM2_PEER BCPROV_JAR: what one side emits, the other checks.

A case is one line of hex fields ("-" is empty):
    sign D P MESSAGE R||S           under the ID 1234567812345678
    encrypt D P TEXT C1||C3||C2
Both programs know `emit SIGNATURES CIPHERS`, to standard output, and `check`, from standard input: it says how many cases of
each kind held, checks that D and P belong together, and that each signature and cipher is refused with one bit flipped.
"""

import pathlib
import subprocess
import sys

SIGNATURES, CIPHERS = 3000, 600
EXPECTED = f"{SIGNATURES} signatures, {CIPHERS} ciphers\n"


def run(program, *arguments, given=None):
    done = subprocess.run([*program, *arguments], input=given, stdout=subprocess.PIPE, text=True, timeout=240)
    if done.returncode != 0:
        sys.exit(f"{' '.join(program)} {' '.join(arguments)}: exit status {done.returncode}")
    return done.stdout


def main():
    ours = [sys.argv[1]]
    theirs = ["java", "-cp", sys.argv[2], str(pathlib.Path(__file__).with_name("Bc.java"))]
    for emitter, checker in ((ours, theirs), (theirs, ours)):
        cases = run(emitter, "emit", str(SIGNATURES), str(CIPHERS))
        held = run(checker, "check", given=cases)
        print(f"{pathlib.Path(emitter[-1]).name} -> {pathlib.Path(checker[-1]).name}: {held}", end="")
        if held != EXPECTED:
            sys.exit(f"expected: {EXPECTED}")


main()
