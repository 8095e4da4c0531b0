"""docs/integration/README.md as an integrator reads it: every sh block is pasted into one bash, in order, with `call` as the page has it and as each
example program does it; between the blocks the independent phones scan what is shown and sign what is pending."""
import os
import re
import shutil
import subprocess
import tempfile
import unittest

from run import BCPROV, EXAMPLES
from server import Server

PIN = "274915"
PAGE = os.path.join(EXAMPLES, "../../docs/integration/README.md")
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.M | re.S)
SOURCES = {"java": "SignAndWait.java", "csharp": "SignAndWait.cs", "delphi": "SignAndWait.dpr"}


class Terminal:
    """A bash that stops at the first failure, and what its variables are."""

    def __init__(self, folder, environment):
        self.shell = subprocess.Popen(["bash", "-c", "set -euo pipefail; while IFS= read -r -d '' block; do eval \"$block\"; done"], cwd=folder,
                                      env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def paste(self, block):
        """What it printed."""
        said = b""
        self.shell.stdin.write(block.encode() + b"\nprintf '\\n@@done@@\\n'\0")
        self.shell.stdin.flush()
        while not said.endswith(b"\n@@done@@\n"):
            line = self.shell.stdout.readline()
            if not line:
                raise AssertionError(f"failed:\n{block}\n{said.decode(errors='replace')}")
            said += line
        return said[:-len(b"\n@@done@@\n")].decode()

    def variable(self, name):
        return self.paste(f'printf %s "${{{name}-}}"').strip()

    def close(self):
        self.shell.stdin.close()
        self.shell.stdout.close()
        self.shell.wait(30)


class Guide(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.addClassCleanup(cls.server.close)
        cls.phones = [cls.server.enrolled(cls.server.user("D1001")), cls.server.enrolled(cls.server.user("D1002", "李秀英"))]
        with open(PAGE, encoding="utf-8") as page:
            cls.page = page.read()
        cls.blocks = FENCE.findall(cls.page)

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="yiqian-guide-")
        self.addCleanup(shutil.rmtree, self.folder)
        for name in os.listdir(EXAMPLES):
            shutil.copy(os.path.join(EXAMPLES, name), self.folder)

    def build(self, *command):
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def phones_act(self, code):
        if code:
            scanned = self.phones[0].scan(code)
            for task in scanned["tasks"]:
                self.phones[0].sign_task(PIN, task)
        for phone in self.phones:
            for task in phone.tasks():
                phone.sign_task(PIN, task)

    def follow(self, call=None):
        """A business system of its own, so that nobody else's idempotency keys are in the way. All that was printed, by block."""
        made = self.server.operate("POST", "/v1/systems", {"name": "电子病历 " + self.id()[-12:], "scopes": ["tasks", "verify"]})
        credential = self.server.operate("POST", f"/v1/systems/{made['system']}/credentials", {})
        terminal = Terminal(self.folder, {**os.environ, "LANG": "C.UTF-8", "YIQIAN_URL": f"http://127.0.0.1:{self.server.port}",
                                          "YIQIAN_KEY": credential["key_id"], "YIQIAN_SECRET": credential["secret"]})
        self.addCleanup(terminal.close)
        said, code = [], ""
        for language, block in self.blocks:
            if language != "sh":
                continue
            said.append(terminal.paste(block))
            if call and "call() {" in block:
                terminal.paste(f"call() {{ {call} call \"$@\"; }}")
            shown = terminal.variable("code")
            self.phones_act(shown if shown != code else "")
            code = shown
        return said

    def assert_followed(self, said):
        lines = "\n".join(said).splitlines()
        short = [line for line in lines if len(line) < 40]
        for line, times in (("signed", 2), ("done", 2), ("withdrawn", 1), ("cancelled", 1), ("D1001", 1), ("leaf.pem: OK", 1), ("Verified OK", 1)):
            self.assertEqual(lines.count(line), times, short)  # signed: pushed, countersigned; done: scanned, logged in
        self.assertEqual(len([line for line in short if re.fullmatch('"state": *"signed"', line)]), 2, short)  # the batch
        self.assertEqual(len(re.findall('"valid": *true', said[-1])), 2)

    def test_curl(self):
        self.assert_followed(self.follow())

    def test_java(self):
        self.build("javac", "-encoding", "UTF-8", "-cp", BCPROV, "SignAndWait.java")
        self.assert_followed(self.follow(f"java -cp {BCPROV}:. SignAndWait"))

    def test_csharp(self):
        self.build("mcs", "-r:System.Net.Http", "SignAndWait.cs", "Sm3.cs")
        self.assert_followed(self.follow("mono SignAndWait.exe"))

    def test_delphi(self):
        self.build("fpc", "-O1", "SignAndWait.dpr")
        self.assert_followed(self.follow("./SignAndWait"))

    def test_the_other_languages_lines_are_those_of_the_programs(self):
        quoted = {language: block.strip() for language, block in self.blocks if language in SOURCES}
        self.assertEqual(set(quoted), set(SOURCES))
        for language, line in quoted.items():
            with open(os.path.join(EXAMPLES, SOURCES[language]), encoding="utf-8") as source:
                self.assertIn(line, source.read())

    def test_every_flow_has_its_diagram(self):
        sections = re.split(r"(?m)^## ", self.page)[1:]
        with_diagram = [s.splitlines()[0] for s in sections if "```mermaid\nsequenceDiagram" in s]
        for flow in ("推送", "批量", "会签", "扫码签名", "扫码登录", "授权签名", "回调"):
            self.assertTrue(any(flow in title for title in with_diagram), flow)


if __name__ == "__main__":
    unittest.main()
