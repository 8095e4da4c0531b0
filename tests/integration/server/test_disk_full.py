"""A full disk: a clear error with a stable code, nothing half done, and the server goes on by itself when there is room again."""
import json
import os
import subprocess
import tempfile
import time
import unittest

import tsa
from phone import Refused
from receiver import Receiver
from server import Server

DOCUMENT = "入院记录".encode() * 300


class DiskFull(unittest.TestCase):
    def health(self, server, want):
        """Its word; a write is tried every few seconds only."""
        for _ in range(100):
            status, answer = server.http.json("GET", "/v1/health")
            if status == want:
                return answer["status"]
            time.sleep(0.1)
        self.fail(f"{status} {answer}")

    def test_full_disk(self):
        with tempfile.TemporaryDirectory() as folder:
            flag = os.path.join(folder, "full")
            env = {"LD_PRELOAD": os.environ["YIQIAN_FULL_DISK_LIBRARY"], "YIQIAN_FULL_DISK": flag}
            with Server(env=env) as server:
                user = server.user("D4001", "何静")
                system = server.system()
                device = server.enrolled(user)
                before = system.create("D4001", DOCUMENT)["task"]
                open(flag, "w").close()
                status, problem = system.call("POST", "/v1/tasks", {"signer": "D4001", "form": "digest", "digest": "ab" * 32, "title": "x"})
                self.assertEqual((status, problem["code"]), (507, "disk_full"))
                with self.assertRaises(Refused) as refused:
                    device.sign("274915", [(before, device.e(DOCUMENT))])
                self.assertEqual(refused.exception.code, "disk_full")
                # No answer to a PIN that could not be counted.
                with self.assertRaises(Refused) as refused:
                    device.sign("999111", [(before, device.e(DOCUMENT))])
                self.assertEqual(refused.exception.code, "disk_full")
                self.assertEqual(system.task(before)["state"], "pending")
                self.assertEqual(self.health(server, 503), "disk_full")
                shown = subprocess.run([os.environ["YIQIAN"], "status", "--data-dir", server.data_dir], capture_output=True, text=True,
                                       env={**os.environ, "LANG": "C.UTF-8"})
                self.assertEqual(shown.returncode, 1, shown)
                self.assertIn("disk_full", shown.stdout)
                os.unlink(flag)
                self.assertEqual(self.health(server, 200), "ok")
                device.sign("274915", [(before, device.e(DOCUMENT))])
                self.assertEqual(system.task(before)["state"], "signed")
                self.assertEqual(len(system.call("GET", "/v1/tasks")[1]["items"]), 1)
                self.assertTrue(server.operate("GET", "/v1/audit/check")["intact"])

    def test_no_timestamp_without_its_row(self):
        with tempfile.TemporaryDirectory() as folder:
            flag = os.path.join(folder, "full")
            env = {"LD_PRELOAD": os.environ["YIQIAN_FULL_DISK_LIBRARY"], "YIQIAN_FULL_DISK": flag}
            with Server(env=env) as server:
                answers = [tsa.ask(server.http) for _ in range(3)]
                open(flag, "w").close()
                for path in ("/tsa", "/tsa/gm"):
                    refused = tsa.ask(server.http, path=path)
                    self.assertEqual(refused.failure, "systemFailure")
                    self.assertIn("the server's disk is full", refused.text)
                os.unlink(flag)
                answers.append(tsa.ask(server.http))
                items = server.operate("GET", "/v1/tsa/tokens")["items"]
                self.assertEqual([row["serial"] for row in items], [a.serial.hex() for a in reversed(answers)])

    def test_it_is_told_although_nothing_can_be_recorded(self):
        """Once, and once more when it is over; and what was told as it became full is not told again and again because nobody can note that it was."""
        with tempfile.TemporaryDirectory() as folder:
            flag = os.path.join(folder, "full")
            env = {"LD_PRELOAD": os.environ["YIQIAN_FULL_DISK_LIBRARY"], "YIQIAN_FULL_DISK": flag}
            receiver = Receiver(lambda number, message: number > 1 and 204 or open(flag, "w").close() or 204)
            told = lambda: [[(a["event"], a["kind"]) for a in json.loads(body)["alarms"]] for _, body in list(receiver.requests)]
            with Server(env=env, options=("--monitor-interval", "1s", "--check-disk-free", "4611686018427387903")) as server:
                server.operate("POST", "/v1/alarm-channels", {"kind": "webhook", "name": "值班", "url": f"http://127.0.0.1:{receiver.port}/", "digest_minutes": 0})
                rounds = lambda: sum("its checks failed code=disk_full" in line for line in list(server.log))
                self.wait(lambda: len(told()) > 1, told)
                self.assertIn(("opened", "disk.space"), told()[0])
                # Each round comes to the same: the log, which is on the full disk, says so once.
                opened = lambda: sum("opened database.write" in line for line in list(server.log))
                self.wait(opened, rounds)
                before = rounds()
                self.wait(lambda: rounds() > before + 3, rounds)
                self.assertEqual(opened(), 1)
                self.assertEqual(told()[1:], [[("opened", "database.write")]])
                os.unlink(flag)
                self.wait(lambda: [("closed", "database.write")] in told(), told)
            receiver.close()

    def wait(self, condition, shown):
        end = time.monotonic() + 60
        while not condition():
            self.assertLess(time.monotonic(), end, shown())
            time.sleep(0.05)

    def test_an_almost_full_disk_is_told_before_it_is_full(self):
        """Small writes succeed, so the server is well; documents soon do not fit."""
        with tempfile.TemporaryDirectory() as folder:
            flag = os.path.join(folder, "low")
            env = {"LD_PRELOAD": os.environ["YIQIAN_FULL_DISK_LIBRARY"], "YIQIAN_LOW_DISK": flag}
            with Server(env=env) as server:
                self.assertEqual(self.warning(server, None)["status"], "ok")
                open(flag, "w").close()
                self.assertEqual(self.warning(server, "disk_low")["status"], "ok")
                shown = subprocess.run([os.environ["YIQIAN"], "status", "--data-dir", server.data_dir], capture_output=True, text=True,
                                       env={**os.environ, "LANG": "zh_CN.UTF-8"})
                self.assertEqual(shown.returncode, 0, shown)
                self.assertIn("磁盘将满", shown.stdout)
                os.unlink(flag)
                self.warning(server, None)

    def warning(self, server, want):
        for _ in range(100):
            status, answer = server.http.json("GET", "/v1/health")
            self.assertEqual(status, 200, answer)
            if answer["warning"] == want:
                return answer
            time.sleep(0.1)
        self.fail(answer)


if __name__ == "__main__":
    unittest.main()
