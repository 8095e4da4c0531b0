"""The daemon itself: starts on nothing, keeps its secrets to itself, speaks TLS, refuses what it cannot serve."""
import http.client
import os
import resource
import socket
import sqlite3
import ssl
import stat
import subprocess
import tempfile
import unittest

import client
from phone import Phone, Refused
from server import YIQIAND, Server


class Daemon(unittest.TestCase):
    def fails(self, *arguments):
        done = subprocess.run([YIQIAND, *arguments], capture_output=True, text=True, timeout=30)
        self.assertNotEqual(done.returncode, 0, done.stdout)
        return done.returncode, done.stderr

    def test_files_are_for_the_owner_only(self):
        with Server() as server:
            self.assertEqual(stat.S_IMODE(os.stat(server.data_dir).st_mode), 0o700)
            for name in os.listdir(server.data_dir):
                mode = stat.S_IMODE(os.stat(os.path.join(server.data_dir, name)).st_mode)
                self.assertEqual(mode & 0o077, 0, name)

    def test_what_a_crash_left_goes(self):
        """A key's file is under two names for a moment: one that outlived it there would outlive its destruction."""
        with Server() as server:
            server.stop()
            left = [os.path.join(server.data_dir, *name) for name in (("master.key.0123456789abcdef.tmp",), ("authorisations", "0190b5a0-0000-7000-8000-000000000000.0123456789abcdef.tmp"))]
            for path in left:
                os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
                open(path, "w").close()
            server.start()
            self.assertEqual([path for path in left if os.path.exists(path)], [])

    def test_it_leaves_no_core_file(self):
        before = resource.getrlimit(resource.RLIMIT_CORE)
        resource.setrlimit(resource.RLIMIT_CORE, (before[1], before[1]))
        try:
            with Server() as server, open(f"/proc/{server.process.pid}/limits") as limits:
                core = next(line for line in limits if line.startswith("Max core file size"))
        finally:
            resource.setrlimit(resource.RLIMIT_CORE, before)
        self.assertEqual(core.split()[4:6], ["0", "0"], core)

    def test_one_daemon_a_data_directory(self):
        with Server() as server:
            _, text = self.fails("--data-dir", server.data_dir, "--listen", "127.0.0.1:0")
            self.assertIn("busy", text)

    def test_a_readable_master_key_is_refused(self):
        with tempfile.TemporaryDirectory() as folder:
            data = os.path.join(folder, "data")
            Server(data).stop()
            os.chmod(os.path.join(data, "master.key"), 0o644)
            _, text = self.fails("--data-dir", data, "--listen", "127.0.0.1:0")
            self.assertIn("master.key", text)

    def test_a_missing_master_key_is_not_replaced(self):
        with tempfile.TemporaryDirectory() as folder:
            data = os.path.join(folder, "data")
            Server(data).stop()
            os.unlink(os.path.join(data, "master.key"))
            _, text = self.fails("--data-dir", data, "--listen", "127.0.0.1:0")
            self.assertIn("master.key is missing", text)
            self.assertFalse(os.path.exists(os.path.join(data, "master.key")))

    def test_a_data_directory_that_others_may_write(self):
        with tempfile.TemporaryDirectory() as folder:
            data = os.path.join(folder, "data")
            os.mkdir(data)
            os.chmod(data, 0o770)
            _, text = self.fails("--data-dir", data, "--listen", "127.0.0.1:0")
            self.assertIn("nobody else may write", text)
            self.assertEqual(os.listdir(data), [])

    def test_an_audit_log_that_was_emptied(self):
        with tempfile.TemporaryDirectory() as folder:
            data = os.path.join(folder, "data")
            Server(data).stop()
            with sqlite3.connect(os.path.join(data, "yiqian.db")) as database:
                database.executescript("DELETE FROM audit; DELETE FROM audit_head")
            _, text = self.fails("--data-dir", data, "--listen", "127.0.0.1:0")
            self.assertIn("audit log is not intact", text)

    def test_more_clients_than_files(self):
        def few_files():
            resource.setrlimit(resource.RLIMIT_NOFILE, (600, 600))

        with tempfile.TemporaryDirectory() as folder:
            process = subprocess.Popen([YIQIAND, "--data-dir", os.path.join(folder, "d"), "--listen", "127.0.0.1:0"],
                                       stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=few_files)
            try:
                port = int(process.stdout.readline().split(",")[0].rsplit(":", 1)[1])
                clients = [socket.create_connection(("127.0.0.1", port)) for _ in range(450)]
                for one in clients:
                    one.close()
                status, _ = client.tcp(port).json("GET", "/v1/health")
                self.assertEqual(status, 200)
            finally:
                process.terminate()
                _, log = process.communicate(timeout=30)
            self.assertIn("connections_max is lowered to 344", log)

    def test_a_database_that_is_gone_or_empty_beside_its_key_is_told(self):
        for empty in (False, True):
            with tempfile.TemporaryDirectory() as data:
                for said in (False, True):
                    with Server(data) as server:
                        pass
                    self.assertEqual("put its database back" in "".join(server.log), said)
                    self.lose_database(data, empty)

    @staticmethod
    def lose_database(data, empty):
        for name in os.listdir(data):
            if name.startswith("yiqian.db"):
                os.unlink(os.path.join(data, name))
        if empty:
            open(os.path.join(data, "yiqian.db"), "wb").close()

    def test_another_master_key_opens_nothing(self):
        with tempfile.TemporaryDirectory() as folder:
            data = os.path.join(folder, "data")
            Server(data).stop()
            with open(os.path.join(data, "master.key"), "wb") as key:
                key.write(os.urandom(32))
            self.fails("--data-dir", data, "--listen", "127.0.0.1:0")

    def test_a_master_key_from_systemd(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "master.key")
            with open(path, "wb") as key:
                key.write(os.urandom(32))
            os.chmod(path, 0o400)
            with Server(env={"CREDENTIALS_DIRECTORY": folder}) as server:
                self.assertNotIn("master.key", os.listdir(server.data_dir))

    def test_settings_that_are_wrong(self):
        for arguments in (["--listen", "nowhere"], ["--workers", "0"], ["--no-such-setting", "1"], ["--log-level", "loud"],
                          ["--tls-key", "/nonexistent", "--tls-certificate", "/nonexistent"], ["--public-url", "hospital.example"],
                          ["--public-url", "https://hospital.example/?q"]):
            with tempfile.TemporaryDirectory() as folder, self.subTest(arguments):
                data = os.path.join(folder, "data")
                _, text = self.fails("--data-dir", data, *arguments)
                self.assertTrue(text.strip())
                # A CA is made once and carries the settings: none before they are good.
                self.assertFalse({"master.key", "yiqian.db"} & set(os.listdir(data) if os.path.isdir(data) else []))

    def test_a_variable_of_the_command_line_is_no_unknown_setting(self):
        with Server(env={"YIQIAN_SERVER": "http://127.0.0.1:1", "YIQIAN_LISTN": "x"}) as server:
            self.assertTrue(server.logged(lambda line: "YIQIAN_LISTN in the environment is not a setting" in line))
            self.assertFalse([line for line in server.log if "YIQIAN_SERVER" in line])

    def test_ipv6_and_dual_stack(self):
        for listen in ("[::1]:0", "[::]:0"):
            with tempfile.TemporaryDirectory() as folder:
                process = subprocess.Popen([YIQIAND, "--data-dir", os.path.join(folder, "d"), "--listen", listen], stdout=subprocess.PIPE,
                                           stderr=subprocess.DEVNULL, text=True)
                try:
                    port = int(process.stdout.readline().split(",")[0].rsplit(":", 1)[1])
                    for host in ("::1", "127.0.0.1") if listen == "[::]:0" else ("::1",):
                        connection = http.client.HTTPConnection(host, port, timeout=10)
                        connection.request("GET", "/v1/health")
                        self.assertEqual(connection.getresponse().status, 200)
                        connection.close()
                finally:
                    process.terminate()
                    process.wait(30)
                    process.stdout.close()

    def test_tls(self):
        with tempfile.TemporaryDirectory() as folder:
            key, certificate = os.path.join(folder, "key.pem"), os.path.join(folder, "certificate.pem")
            subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key,
                            "-out", certificate, "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"],
                           check=True, capture_output=True)
            with Server(options=["--tls-certificate", certificate, "--tls-key", key]) as server:
                context = ssl.create_default_context(cafile=certificate)
                https = client.Client(lambda: http.client.HTTPSConnection("127.0.0.1", server.port, context=context, timeout=30))
                self.assertEqual(https.json("GET", "/v1/health")[0], 200)
                user = server.user("D5001")
                device = Phone(https)
                device.enrol("D5001", server.code(user), "274915")
                self.assertTrue(device.serial)

    def test_secrets_and_pin_sensitive_values_are_not_logged(self):
        with Server(options=["--log-level", "debug"]) as server:
            user = server.user("D5002")
            system = server.system()
            device = server.enrolled(user)
            document = b"text of a record " * 9
            task = system.create("D5002", document)["task"]
            body, session = device.sign_request("274915", [(task, device.e(document))])
            answer = device.call("POST", device.path("sign-requests"), body)
            with self.assertRaises(Refused):
                device.sign("111999", [(task, device.e(document))])
            device.submit(session, device.finish(session, answer["answers"]))
            log = "".join(server.log)
            audit = str(server.audit())
            for secret in (body["c"], body["z"], answer["answers"][0]["W"], answer["answers"][0]["s1"], system.secret, device.token):
                self.assertNotIn(secret, log)
                self.assertNotIn(secret, audit)

    def test_answers_are_not_to_be_stored(self):
        with Server() as server:
            server.http.json("GET", "/v1/health")
            self.assertEqual(server.http.headers["Cache-Control"], "no-store")


if __name__ == "__main__":
    unittest.main()
