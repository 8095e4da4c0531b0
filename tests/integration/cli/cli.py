"""Runs the command line as a person or a script does, in an environment of its own."""
import json
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tests/integration/server"))

YIQIAN = os.environ.get("YIQIAN", "yiqian")
RECORD = ROOT / "examples/records/discharge-summary.pdf"


class Result:
    def __init__(self, done):
        self.code, self.bytes, self.err = done.returncode, done.stdout, done.stderr.decode()
        self.out = done.stdout.decode(errors="replace")

    def __repr__(self):
        return f"exit {self.code}\n--- stdout\n{self.out}\n--- stderr\n{self.err}"

    @property
    def json(self):
        return json.loads(self.out)


def yiqian(*arguments, lang="C.UTF-8", env=None, cwd=None, stdin=b""):
    inherited = {name: value for name, value in os.environ.items()
                 if not name.startswith(("YIQIAN_", "LC_")) and name not in ("LANG", "STATE_DIRECTORY")}
    done = subprocess.run([YIQIAN, *map(str, arguments)], input=stdin, capture_output=True, timeout=120, cwd=cwd,
                          env={**inherited, "LANG": lang, "TZ": "Asia/Shanghai", **(env or {})})
    return Result(done)


class Checks:
    """For unittest.TestCase: what almost every test says of a run."""

    def ok(self, *arguments, **more):
        done = yiqian(*arguments, **more)
        self.assertEqual(done.code, 0, done)
        self.assertEqual(done.err, "", done)
        return done

    def answer(self, *arguments, **more):
        return self.ok(*arguments, "--json", **more).json

    def fails(self, code, *arguments, says=(), **more):
        done = yiqian(*arguments, **more)
        self.assertEqual(done.code, code, done)
        self.assertEqual(done.out, "", done)
        for text in says:
            self.assertIn(text, done.err)
        return done
