"""Runs the command line as a person or a script does, in an environment of its own."""
import json
import os
import pathlib
import pty
import select
import subprocess
import sys
import time

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


def on_terminal(arguments, typed, env=None):
    """Runs with a terminal of its own, where each of (what is shown, what is typed then) is awaited; what was shown, and the exit code."""
    pid, terminal = pty.fork()
    if pid == 0:
        inherited = {name: value for name, value in os.environ.items() if name != "YIQIAN_PIN"}
        os.execve(YIQIAN, [YIQIAN, *map(str, arguments)], {**inherited, "LANG": "C", **(env or {})})
    shown = b""
    typed = list(typed)
    while select.select([terminal], [], [], 20)[0]:
        try:
            piece = os.read(terminal, 1000)
        except OSError:
            break
        shown += piece
        if typed and shown.rstrip(b" ").endswith(typed[0][0]):
            time.sleep(0.1)  # echo goes off right after the prompt
            os.write(terminal, typed.pop(0)[1])
    return shown, os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


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
