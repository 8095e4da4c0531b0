"""sdk/c/examples/enrol_and_sign.c under valgrind's memcheck against the real server: it does what it says, without one error and without one
byte that is lost."""
import os
import re
import subprocess
import sys
import tempfile
import pathlib
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "server"))
from server import Server  # noqa: E402

EXAMPLE = os.environ["YIQIAN_SDK_EXAMPLE"]
PIN, WRONG = "274950", "999000"
# What is still reachable at the end is the libraries' own (OpenSSL's and libcurl's tables).
VALGRIND = ["valgrind", "--error-exitcode=99", "--leak-check=full", "--show-leak-kinds=definite,indirect,possible",
            "--errors-for-leak-kinds=definite,indirect,possible"]


class Example(unittest.TestCase):
    def run_example(self, staff_no, code, pin=PIN):
        done = subprocess.run([*VALGRIND, EXAMPLE, f"http://127.0.0.1:{self.server.port}", staff_no, code, pin], cwd=self.folder.name,
                              capture_output=True, text=True, timeout=280)
        self.assertRegex(done.stderr, r"ERROR SUMMARY: 0 errors from 0 contexts", done.stderr)
        for kind in ("definitely lost", "indirectly lost", "possibly lost"):
            found = re.search(kind + r": ([\d,]+) bytes", done.stderr)
            self.assertEqual(found[1] if found else "0", "0", done.stderr)
        return done

    def test_enrols_and_signs(self):
        self.folder = tempfile.TemporaryDirectory(prefix="yiqian-example-")
        self.addCleanup(self.folder.cleanup)
        with Server() as self.server:
            system, user = self.server.system(), self.server.user("D1001")
            code = self.server.code(user)
            tasks = [system.create("D1001", f"医嘱 {i}".encode(), title=f"医嘱 {i}", form=form)["task"]
                     for i, form in enumerate(("raw", "digest", "cms"))]
            done = self.run_example("D1001", code)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("enrolling 王建国 (D1001)", done.stdout)
            for task in tasks:
                self.assertIn(f"signed {task} ", done.stdout)
                self.assertEqual(system.task(task)["state"], "signed")
            # The same command again goes on where it stands; what fails is said, and loses no memory either.
            more = system.create("D1001", "病程记录".encode())["task"]
            done = self.run_example("D1001", code, WRONG)
            self.assertEqual(done.returncode, 1)
            self.assertIn("pin_wrong", done.stderr)
            self.assertIn("4 tries left", done.stderr)
            done = self.run_example("D1001", code)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn(f"signed {more} ", done.stdout)
            self.assertIn("1 wrong PINs before this one", done.stdout)


if __name__ == "__main__":
    unittest.main()
