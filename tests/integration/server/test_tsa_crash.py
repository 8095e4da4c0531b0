"""kill -9 of servers that issue timestamps under load, again and again, also with their clocks set to another year, and of one of two that
share a unit behind a proxy: every token that was answered is in a log, byte for byte, and no serial number was given twice."""
import base64
import http.client
import os
import random
import shutil
import socket
import sqlite3
import subprocess
import tempfile
import threading
import time
import unittest

import client
import tsa
from server import Server

ROUNDS = int(os.environ.get("YIQIAN_CRASH_ROUNDS", "12"))
CLIENTS = 6
DOWN = (ConnectionError, http.client.HTTPException, OSError)
YEAR = 365 * 86400


class Load:
    """Clients that ask as fast as they are answered; `answers` are those they had in full."""

    def __init__(self, port):
        self.port, self.stop, self.answers, self.errors = port, threading.Event(), [], []
        self.threads = [threading.Thread(target=self.run) for _ in range(CLIENTS)]
        for thread in self.threads:
            thread.start()

    def run(self):
        http_client = client.tcp(self.port)
        while not self.stop.is_set():
            path = random.choice(("/tsa", "/tsa/gm"))
            query = tsa.query(hash_name=random.choice(list(tsa.HASHES)), nonce=random.getrandbits(63), certificates=random.random() < 0.3)
            try:
                status, body = http_client.raw("POST", path, query, tsa.QUERY)
            except DOWN:
                http_client.connection = None
                time.sleep(0.01)
                continue
            try:
                if status in (502, 503, 504):  # the proxy's, while it finds out
                    continue
                assert status == 200, (status, body)
                answer = tsa.Answer(body)
                assert answer.token, (answer.failure, answer.text)
                self.answers.append(answer)
            except Exception as error:  # seen by the test, which runs in another thread
                self.errors.append(error)
                return

    def wait(self, n, seconds=60):
        """Until there are n answers more, however busy the machine is."""
        n, end = len(self.answers) + n, time.monotonic() + seconds
        while len(self.answers) < n and not self.errors:
            assert time.monotonic() < end, f"{len(self.answers)} answers in {seconds} s"
            time.sleep(0.01)

    def end(self):
        self.stop.set()
        for thread in self.threads:
            thread.join(60)
        assert not self.errors, self.errors
        return self.answers


def logged(data_dir):
    with sqlite3.connect(os.path.join(data_dir, "yiqian.db")) as database:
        return {row[0] for row in database.execute("SELECT serial FROM token")}


class Crash(unittest.TestCase):
    def check(self, answers, *logs):
        serials = [answer.serial for answer in answers]
        self.assertEqual(len(set(serials)), len(serials), "a serial number was given twice")
        self.assertEqual(sum(map(len, logs)), len(set().union(*logs)), "two logs have the same serial number")
        self.assertLessEqual(set(serials), set().union(*logs), "a token that was answered is in no log")

    def rebuilt(self, server, answers, n=40):
        for answer in random.sample(answers, min(n, len(answers))):
            entry = server.operate("GET", f"/v1/tsa/tokens/{answer.serial.hex()}")
            self.assertEqual(base64.b64decode(entry["token"]), answer.token)

    def test_kill_under_load(self):
        library = os.environ.get("YIQIAN_SHIFTED_CLOCK_LIBRARY")
        shifts = [0, YEAR, -3600, 3 * YEAR, 0, -86400] if library else [0]
        # The unit's certificate is two days older than now, so that a clock that is set back is still in its period.
        server = Server(env={"LD_PRELOAD": library, "YIQIAN_CLOCK_SHIFT": "-172800"} if library else {})
        server.stop()
        answers = []
        for number in range(ROUNDS):
            if library:
                server.env["YIQIAN_CLOCK_SHIFT"] = str(shifts[number % len(shifts)])
            server.start()
            load = Load(server.port)
            load.wait(20)
            time.sleep(random.uniform(0, 0.5))
            server.kill()
            answers += load.end()
        server.start()
        years = {answer.time[:4] for answer in answers}
        self.assertEqual(len(years), 3 if library else 1)
        self.assertGreaterEqual(len(answers), 20 * ROUNDS)
        self.check(answers, logged(server.data_dir))
        self.rebuilt(server, answers)
        self.assertTrue(server.operate("GET", "/v1/audit/check")["intact"])
        # What the statistics say is what the log has.
        if not library:
            counted = server.operate("GET", "/v1/tsa/statistics")
            self.assertEqual(sum(row["tokens"] for row in counted["tokens"]), len(logged(server.data_dir)))
        server.close()

    def proxy(self, folder, ports):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        servers = "".join(f"  server s{p} 127.0.0.1:{p} check inter 100ms fall 1 rise 1\n" for p in ports)
        tsa.file_of(folder, "proxy.cfg", f"""
defaults
  mode http
  timeout connect 1s
  timeout client 30s
  timeout server 30s
  retries 3
  option redispatch 1
frontend tsa
  bind 127.0.0.1:{port}
  default_backend instances
backend instances
  balance roundrobin
{servers}""".encode())
        process = subprocess.Popen(["haproxy", "-db", "-q", "-f", os.path.join(folder, "proxy.cfg")], stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
        self.addCleanup(lambda: (process.kill(), process.wait()))
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                return port
            except OSError:
                self.assertIsNone(process.poll(), "the proxy did not start")
                time.sleep(0.05)
        self.fail("the proxy does not answer")

    def test_two_instances_of_one_unit_behind_a_proxy(self):
        folder = tempfile.TemporaryDirectory(prefix="yiqian-instances-")
        self.addCleanup(folder.cleanup)
        first = Server()
        first.stop()
        copy = os.path.join(folder.name, "second")
        shutil.copytree(first.data_dir, copy, ignore=shutil.ignore_patterns("*.sock"))
        first.start()
        second = Server(data_dir=copy)
        self.assertEqual(first.http.raw("GET", "/pki/tsa/sm2.pem"), second.http.raw("GET", "/pki/tsa/sm2.pem"))
        load = Load(self.proxy(folder.name, (first.port, second.port)))
        load.wait(300)
        second.kill()
        load.wait(100)  # the instance that is left takes over
        answers = load.end()
        logs = [logged(first.data_dir), logged(copy)]
        self.assertGreater(min(map(len, logs)), 20, "both issued")
        self.check(answers, *logs)
        self.rebuilt(first, [a for a in answers if a.serial in logs[0]])
        second.start()  # what the killed one had is there when it comes back, and it goes on
        self.rebuilt(second, [a for a in answers if a.serial in logs[1]])
        more = [tsa.ask(second.http) for _ in range(20)]
        self.check(answers + more, logged(first.data_dir), logged(copy))
        second.close()
        first.close()


if __name__ == "__main__":
    unittest.main()
