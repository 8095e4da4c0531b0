"""docs/integration/timestamps.md as an integrator reads it: every sh block is pasted into a bash, and the programs that it names are run."""
import os
import re
import shutil
import subprocess
import tempfile
import unittest

from guide import FENCE, Terminal
from run import EXAMPLES
from server import Server

PAGE = os.path.join(EXAMPLES, "../../docs/integration/timestamps.md")
JARS = ":".join(f"/usr/share/java/{name}.jar" for name in ("bcprov", "bcutil", "bcpkix"))
SOURCES = {"java": "Timestamp.java", "python": "timestamp.py", "delphi": "Timestamp.dpr"}


class Timestamps(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.addClassCleanup(cls.server.close)
        cls.server.operate("POST", "/v1/tsa/units", {"unit": "rsa", "algorithm": "rsa"})
        with open(PAGE, encoding="utf-8") as page:
            cls.blocks = FENCE.findall(page.read())

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="yiqian-timestamps-")
        self.addCleanup(shutil.rmtree, self.folder)
        for name in os.listdir(EXAMPLES):
            shutil.copy(os.path.join(EXAMPLES, name), self.folder)
        for unit in ("sm2", "rsa"):
            pem = self.server.http.raw("GET", f"/pki/tsa/{unit}.pem")[1].decode()
            self.write(unit + "-root.pem", pem[pem.rindex("-----BEGIN"):])
        self.write("report.txt", "检验报告：血常规。\n")
        self.environment = {**os.environ, "LANG": "C.UTF-8", "YIQIAN_URL": f"http://127.0.0.1:{self.server.port}"}

    def write(self, name, text):
        with open(os.path.join(self.folder, name), "w", encoding="utf-8") as file:
            file.write(text)

    def run_in(self, *command, fails=False):
        done = subprocess.run(command, cwd=self.folder, env=self.environment, capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode != 0, fails, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def test_openssl_and_curl(self):
        terminal = Terminal(self.folder, self.environment)
        self.addCleanup(terminal.close)
        said = [terminal.paste(block) for language, block in self.blocks if language == "sh"]
        self.assertEqual(len(said), 2)
        self.assertIn("Status: Granted.", said[0])
        self.assertIn("Verification: OK", said[1])

    def read(self, name):
        """What the token in the file says, as OpenSSL prints it."""
        return self.run_in("openssl", "ts", "-reply", "-token_in", "-in", name, "-text")

    def test_java(self):
        self.run_in("javac", "-encoding", "UTF-8", "-cp", JARS, "Timestamp.java")
        program = ["java", "-cp", JARS + ":.", "Timestamp", "report.txt"]
        for unit, hash_name in (("sm2", "sm3"), ("rsa", "sha256")):
            said = self.run_in(*program, unit + "-root.pem", unit)
            self.assertRegex(said, r"(?m)^time 20\d\d-.*Z\nserial [0-9a-f]{30,40}\npolicy 2\.25\.")
            self.assertIn(f"Hash Algorithm: {hash_name}", self.read("report.txt.tst"))
        self.assertIn("IllegalStateException", self.run_in(*program, "sm2-root.pem", "rsa", fails=True))
        self.server.operate("POST", "/v1/tsa/units/rsa/stop")
        try:
            self.assertIn("failInfo", self.run_in(*program, "rsa-root.pem", "rsa", fails=True))
        finally:
            self.server.operate("POST", "/v1/tsa/units/rsa/start")

    def test_python(self):
        self.assertRegex(self.run_in("/usr/bin/python3", "timestamp.py", "report.txt"), r"(?m)^time 20\d\d-")
        self.assertIn("Hash Algorithm: sha256", self.read("report.txt.tst"))

    def test_delphi(self):
        """In Delphi's dialect by Free Pascal, which has another HTTP client."""
        self.run_in("fpc", "-O1", "Timestamp.dpr")
        self.assertIn("saved report.txt.tst", self.run_in("./Timestamp", "report.txt"))
        self.assertIn("Hash Algorithm: sm3", self.read("report.txt.tst"))
        self.assertIn("Status: Granted.", self.run_in("openssl", "ts", "-reply", "-in", "report.txt.tsr", "-text"))
        self.server.operate("POST", "/v1/tsa/units/sm2/stop")
        try:
            self.assertIn("refused", self.run_in("./Timestamp", "report.txt", fails=True))
        finally:
            self.server.operate("POST", "/v1/tsa/units/sm2/start")

    def test_the_other_languages_lines_are_those_of_the_programs(self):
        quoted = {language: block.strip() for language, block in self.blocks if language in SOURCES}
        self.assertEqual(set(quoted), set(SOURCES))
        for language, line in quoted.items():
            with open(os.path.join(EXAMPLES, SOURCES[language]), encoding="utf-8") as source:
                self.assertIn(line, source.read())


if __name__ == "__main__":
    unittest.main()
