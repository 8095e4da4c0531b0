"""A sandbox: the server says everywhere that it is one and stays one; the fictional signers behave as docs/integration/sandbox.md says."""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cli"))
import cli  # noqa: E402
from server import Server  # noqa: E402

DOCUMENT = "出院小结：沙箱。".encode()


class Sandbox(unittest.TestCase):
    def setUp(self):
        self.server = Server(options=["--sandbox", "true"])
        self.addCleanup(lambda: self.server.close())
        folder = tempfile.TemporaryDirectory(prefix="yiqian-sandbox-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def signers(self):
        """The process; what it told; its lines as they come."""
        command = [cli.YIQIAN, "sandbox", "--data-dir", self.server.data_dir, "--server", f"http://127.0.0.1:{self.server.port}",
                   "--dir", str(self.folder / "phones"), "--json"]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        lines = []
        def read():
            lines.extend(json.loads(line) for line in process.stdout)
        line = process.stdout.readline()
        if not line:
            raise AssertionError(process.stderr.read())
        self.assertEqual(json.loads(line), {"event": "ready"})
        thread = threading.Thread(target=read, daemon=True)
        thread.start()
        def end():
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            code = process.wait(10)
            thread.join(5)
            process.stdout.close()
            said = process.stderr.read()
            process.stderr.close()
            return code, said, lines
        self.addCleanup(lambda: process.poll() is None and process.kill())
        return end

    def until(self, system, task, states, seconds):
        end = time.monotonic() + seconds
        while True:
            status, answer = system.call("GET", f"/v1/tasks/{task}?wait=2")
            if answer["state"] in states or time.monotonic() > end:
                return answer

    def test_each_signer_behaves_as_documented(self):
        end = self.signers()
        system = self.server.system()
        begun = time.monotonic()
        tasks = {staff: system.create(staff, DOCUMENT)["task"] for staff in ("S0001", "S0002", "S0003", "S0004", "S0005")}
        self.assertEqual(self.until(system, tasks["S0001"], ("signed",), 10)["state"], "signed")
        self.assertLess(time.monotonic() - begun, 4)
        declined = self.until(system, tasks["S0003"], ("declined",), 10)
        self.assertEqual(declined["state"], "declined")
        self.assertIn("沙箱", declined["reason"])
        self.assertEqual(system.task(tasks["S0002"])["state"], "pending")
        later = self.until(system, tasks["S0002"], ("signed",), 15)
        self.assertEqual(later["state"], "signed")
        self.assertGreater(time.monotonic() - begun, 4.9)
        self.assertLess(time.monotonic() - begun, 10)
        # Each waits from its own beginning: two that come apart are signed apart.
        first = system.create("S0002", DOCUMENT)["task"]
        time.sleep(3)
        second = system.create("S0002", DOCUMENT)["task"]
        self.assertEqual(self.until(system, first, ("signed",), 8)["state"], "signed")
        self.assertEqual(system.task(second)["state"], "pending")
        self.assertEqual(self.until(system, second, ("signed",), 8)["state"], "signed")
        for staff in ("S0004", "S0005"):
            self.assertEqual(system.task(tasks[staff])["state"], "pending")
        items = self.server.operate("GET", "/v1/certificates?limit=100")["items"]
        states = {item["user"]["staff_no"]: item["state"] for item in items}
        self.assertEqual(states, {"S0001": "active", "S0002": "active", "S0003": "active", "S0004": "active", "S0005": "revoked"})
        # Every form, seen or not; a batch of many.
        made = [system.create("S0001", DOCUMENT, form=form)["task"] for form in ("raw", "digest", "cms")]
        made.append(system.create("S0001", form="digest", digest="ab" * 32)["task"])
        status, batch = system.call("POST", "/v1/task-batches", {"title": "三月", "tasks": [
            {"signer": "S0001", "form": "digest", "title": "病程记录", "digest": f"{i:064x}"} for i in range(250)]})
        for task in [*made, *batch["tasks"]]:
            self.assertEqual(self.until(system, task, ("signed",), 20)["state"], "signed")
        status, verified = system.call("POST", "/v1/verify", {"task": made[0]})
        self.assertTrue(verified["valid"])
        self.assertIn("沙箱 SANDBOX", verified["signer"]["subject"])
        code, said, lines = end()
        self.assertEqual((code, said), (0, ""))
        told = {(line["event"], line["staff_no"]) for line in lines}
        self.assertEqual(told, {("signed", "S0001"), ("signed", "S0002"), ("declined", "S0003")})
        # The next run finds its phones again, and makes no second certificate.
        end = self.signers()
        task = system.create("S0001", DOCUMENT)["task"]
        self.assertEqual(self.until(system, task, ("signed",), 10)["state"], "signed")
        self.assertEqual(len(self.server.operate("GET", "/v1/certificates?limit=100")["items"]), 5)
        self.assertEqual(end()[0], 0)

    def test_the_phones_enrol_at_no_real_server(self):
        """The socket is a sandbox's, and the address, of an environment that was left set, is another's."""
        with Server() as real:
            address = f"http://127.0.0.1:{real.port}"
            done = cli.yiqian("sandbox", "--data-dir", self.server.data_dir, "--dir", self.folder / "phones", env={"YIQIAN_SERVER": address})
            self.assertEqual(done.code, 1, done)
            self.assertIn("no sandbox", done.err)
            self.assertIn(address, done.err)
            self.assertEqual(real.operate("GET", "/v1/users")["items"], [])
        self.assertEqual(self.server.operate("GET", "/v1/users")["items"], [])

    def test_it_says_everywhere_what_it_is_and_stays_it(self):
        self.assertIs(self.server.http.json("GET", "/v1/health")[1]["sandbox"], True)
        authority = self.server.http.json("GET", "/v1/ca")[1]
        self.assertIs(authority["sandbox"], True)
        for which in ("root", "issuing"):
            self.assertIn("OU=沙箱 SANDBOX", authority[which]["subject"])
            self.assertIn("yiqian sandbox", authority[which]["subject"])
        phone = self.server.enrolled(self.server.user("D1001"))
        self.assertIn("沙箱 SANDBOX".encode(), phone.certificate)
        shown = cli.yiqian("status", "--data-dir", self.server.data_dir, lang="zh_CN.UTF-8")
        self.assertRegex(shown.out, "沙箱 +是")
        # Neither off nor, elsewhere, on.
        for options, says in (([], "this database is a sandbox's"), (["--sandbox", "false"], "this database is a sandbox's")):
            self.server.stop()
            self.refuses(self.server.data_dir, options, says)
        self.server.start()
        real = tempfile.mkdtemp(prefix="yiqian-test-")
        self.addCleanup(shutil.rmtree, real)
        with Server(data_dir=real) as server:
            self.assertIs(server.http.json("GET", "/v1/health")[1]["sandbox"], False)
            self.assertIs(server.http.json("GET", "/v1/ca")[1]["sandbox"], False)
            # Nothing signs by itself on a real one.
            done = cli.yiqian("sandbox", "--data-dir", real, "--server", f"http://127.0.0.1:{server.port}")
            self.assertEqual(done.code, 1, done)
            self.assertIn("no sandbox", done.err)
            self.assertEqual(server.operate("GET", "/v1/users?limit=10")["items"], [])
        self.refuses(real, ["--sandbox", "true"], "made without it")

    def refuses(self, data_dir, options, says):
        done = subprocess.run([os.environ["YIQIAND"], "--data-dir", data_dir, "--listen", "127.0.0.1:0", *options],
                              capture_output=True, text=True, timeout=30)
        self.assertEqual(done.returncode, 1, done)
        self.assertIn(says, done.stderr)
        self.assertNotIn("listening", done.stdout)


if __name__ == "__main__":
    unittest.main()
