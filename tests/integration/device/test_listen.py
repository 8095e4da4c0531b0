"""`yiqian device listen` against a real server: what it tells, how soon it signs, a server that goes and comes back, and what ends it."""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cli"))
import cli  # noqa: E402
from server import Server  # noqa: E402

PIN = "274950"


class Listener:
    """The process, its lines as they come."""

    def __init__(self, phone, *arguments):
        env = {**os.environ, "YIQIAN_PIN": PIN, "LANG": "C.UTF-8"}
        command = [cli.YIQIAN, "device", "listen", "--dir", str(phone), "--json", *arguments]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env)
        self.lines, self.arrived = [], threading.Condition()
        self.thread = threading.Thread(target=self.read, daemon=True)
        self.thread.start()

    def read(self):
        for line in self.process.stdout:
            with self.arrived:
                self.lines.append(json.loads(line))
                self.arrived.notify_all()

    def wait_for(self, event, task=None, seconds=10):
        """The first line of that kind that was not asked for before."""
        def found():
            return next((line for line in self.lines if line["event"] == event and task in (None, line.get("task"))), None)
        with self.arrived:
            if not self.arrived.wait_for(found, seconds):
                raise AssertionError(f"no {event} of {task} in {self.lines}")
            line = found()
            self.lines.remove(line)
            return line

    def end(self, seconds=15):
        code = self.process.wait(seconds)
        self.thread.join(5)
        return code, self.process.stderr.read()


class Listen(unittest.TestCase):
    def setUp(self):
        self.server = Server(options=["--anonymous-per-minute", "0"])
        self.addCleanup(lambda: self.server.close())
        folder = tempfile.TemporaryDirectory(prefix="yiqian-listen-")
        self.addCleanup(folder.cleanup)
        self.phone = pathlib.Path(folder.name) / "phone"
        self.user = self.server.user("D1001")
        self.system = self.server.system()
        done = cli.yiqian("device", "enrol", "--dir", self.phone, "--server", f"http://127.0.0.1:{self.server.port}",
                          "--staff-no", "D1001", "--code", self.server.code(self.user), env={"YIQIAN_PIN": PIN})
        self.assertEqual(done.code, 0, done)

    def listener(self, *arguments):
        made = Listener(self.phone, *arguments)
        def kill():
            made.process.kill()
            made.process.wait()
            made.process.stdout.close()
            made.process.stderr.close()
        self.addCleanup(kill)
        return made

    def key(self):
        return self.server.operate("GET", f"/v1/users/{self.user['user']}/keys")["items"][0]["key_id"]

    def test_tells_what_comes_and_what_goes(self):
        listener = self.listener("--time", "8s")
        first = self.system.create("D1001", "病程记录一".encode(), title="病程记录")["task"]
        told = listener.wait_for("task", first)
        self.assertEqual((told["title"], told["form"], told["document_size"]), ("病程记录", "raw", 15))
        begun = time.monotonic()
        second = self.system.create("D1001", "病程记录二".encode(), priority="urgent")["task"]
        self.assertEqual(listener.wait_for("task", second)["priority"], "urgent")
        self.assertLess(time.monotonic() - begun, 1)
        self.system.call("POST", f"/v1/tasks/{first}/cancel")
        listener.wait_for("gone", first, 2)
        self.assertEqual(listener.end(30), (0, ""))
        self.assertEqual(listener.lines, [])
        self.assertEqual(self.system.task(second)["state"], "pending")

    def test_signs_what_comes(self):
        listener = self.listener("--sign")
        begun = time.monotonic()
        task = self.system.create("D1001", "出院小结".encode())["task"]
        self.assertTrue(listener.wait_for("signed", task)["seen"])
        self.assertLess(time.monotonic() - begun, 3)
        self.assertEqual(self.system.task(task)["state"], "signed")
        # Without content it is not signed; the others are.
        unseen = self.system.create("D1001", form="digest", digest="ab" * 32)["task"]
        self.assertEqual(listener.wait_for("not_signed", unseen)["error"]["status"], "content_unseen")
        many = [self.system.create("D1001", f"护理记录 {i}".encode())["task"] for i in range(20)]
        for one in many:
            listener.wait_for("signed", one)
        self.assertEqual(self.system.task(unseen)["state"], "pending")
        self.assertEqual([self.system.task(one)["state"] for one in many], ["signed"] * 20)

    def test_unseen_where_it_is_wished(self):
        listener = self.listener("--sign", "--unseen")
        task = self.system.create("D1001", form="cms", digest="ab" * 32)["task"]
        self.assertFalse(listener.wait_for("signed", task)["seen"])

    def test_a_server_that_goes_and_comes_back(self):
        port = self.server.port
        listener = self.listener("--sign")
        task = self.system.create("D1001", "一".encode() * 3)["task"]
        listener.wait_for("signed", task)
        self.server.kill()
        self.server.options += ["--listen", f"127.0.0.1:{port}"]
        listener.wait_for("offline", None, 40)
        self.server.start()
        self.system.http = self.server.new_client()
        task = self.system.create("D1001", "二".encode() * 3)["task"]
        listener.wait_for("signed", task, 40)
        listener.wait_for("online")

    def test_what_ends_it(self):
        listener = self.listener()
        task = self.system.create("D1001", "一".encode() * 3)["task"]
        listener.wait_for("task", task)
        begun = time.monotonic()
        self.server.operate("POST", f"/v1/keys/{self.key()}/freeze")
        end = listener.wait_for("end")
        self.assertLess(time.monotonic() - begun, 2)
        self.assertEqual((end["error"]["code"], end["key"]["state"], end["key"]["certificate_state"]),
                         ("certificate_frozen", "frozen", "frozen"))
        code, said = listener.end()
        self.assertEqual(code, 1)
        self.assertIn("certificate_frozen", said)
        self.server.operate("POST", f"/v1/keys/{self.key()}/unfreeze", {})
        # A wrong PIN is tried once, and not again with the next task.
        wrong = pathlib.Path(self.phone).parent / "wrong"
        wrong.write_text("999000")
        wrong.chmod(0o600)
        listener = self.listener("--sign", "--pin-file", str(wrong))
        end = listener.wait_for("end")
        self.assertEqual((end["error"]["code"], end["error"]["tries_left"]), ("pin_wrong", 4))
        self.assertEqual(listener.end()[0], 1)
        self.assertEqual(self.system.task(task)["state"], "pending")


if __name__ == "__main__":
    unittest.main()
