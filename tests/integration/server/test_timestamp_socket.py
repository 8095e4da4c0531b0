"""The socket transport of timestamps against the real server: GM/T 0033-2014 8.3, RFC 3161 3.3."""
import os
import secrets
import socket
import sqlite3
import ssl
import struct
import subprocess
import tempfile
import threading
import time
import unittest

import tsa
from server import Server
from tsa_socket import ERROR, FINAL, MESSAGE, NO_MORE, PARTIAL, POLL_REPLY, POLL_REQUEST, Connection, frame

DOCUMENT = "出院小结：患者病情平稳，准予出院。\n".encode() * 40


class Socket(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server(options=["--tsa-listen", "127.0.0.1:0", "--tsa-connections-max", "40", "--tsa-connections-per-address-max", "20",
                                     "--tsa-idle-time", "3", "--request-time", "2"])
        cls.folder = tempfile.TemporaryDirectory()

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()
        cls.server.close()

    def connect(self, source="127.0.0.1"):
        return Connection(self.server.tsa_port, source)

    def assert_works(self):
        with self.connect("127.0.0.77") as connection:
            self.assertEqual(connection.ask(tsa.query())[0], FINAL)

    def wait_for(self, condition, seconds=10):
        end = time.monotonic() + seconds
        while not condition():
            self.assertLess(time.monotonic(), end)
            time.sleep(0.02)

    def test_openssl_reads_what_it_asked_for(self):
        document = tsa.file_of(self.folder.name, "document", DOCUMENT)
        with self.connect() as connection:
            for name in ("sm3", "sha256", "sha512"):
                query = os.path.join(self.folder.name, "q.tsq")
                tsa.openssl("ts", "-query", "-data", document, "-" + name, "-cert", "-out", query)
                with open(query, "rb") as file:
                    flag, reply = connection.ask(file.read())
                self.assertEqual(flag, FINAL)
                answer = tsa.Answer(reply)
                text = tsa.openssl_text(answer)
                self.assertIn("Status: Granted.", text)
                self.assertIn(f"Hash Algorithm: {name}", text)
                path, token = tsa.file_of(self.folder.name, "r.tsr", reply), os.path.join(self.folder.name, "token")
                tsa.openssl("ts", "-reply", "-in", path, "-token_out", "-out", token)
                self.assertIn(f"Hash Algorithm: {name}", tsa.openssl("ts", "-reply", "-in", token, "-token_in", "-text").decode())
                with sqlite3.connect(os.path.join(self.server.data_dir, "yiqian.db")) as database:
                    rows = database.execute("SELECT client, origin, hash FROM token WHERE serial = ?", (answer.serial,)).fetchall()
                self.assertEqual(rows, [("anonymous", "127.0.0.1", name)])

    def test_requests_that_are_refused_have_a_well_formed_answer(self):
        good = tsa.query()
        refused = {"badDataFormat": [b"\0", b"x" * 100, good[:-1], good + b"\0", secrets.token_bytes(300)],
                   "badAlg": [tsa.query(imprint=bytes(20), hash_name="sm3")], "unacceptedPolicy": [tsa.query(policy="1.2.3.4")]}
        with self.connect() as connection:
            for failure, requests in refused.items():
                for request in requests:
                    flag, reply = connection.ask(request)
                    self.assertEqual(flag, FINAL)
                    answer = tsa.Answer(reply)
                    self.assertIsNone(answer.token)
                    if failure != "badAlg":
                        self.assertEqual(answer.failure, failure)
                    self.assertIn("Status: Rejected.", tsa.openssl_text(answer))
            self.assertIsNotNone(tsa.Answer(connection.ask(good)[1]).token)

    def test_many_requests_at_once_are_answered_in_order(self):
        imprints = [secrets.token_bytes(32) for _ in range(200)]
        with self.connect() as connection:
            sender = threading.Thread(target=lambda: connection.send(b"".join(frame(MESSAGE, tsa.query(i)) for i in imprints)))
            sender.start()
            for imprint in imprints:
                flag, reply = connection.hear()
                self.assertEqual((flag, tsa.Answer(reply).imprint), (FINAL, imprint))
            sender.join()

    def test_half_open(self):
        """A client that says it sends no more gets its answer, and then the end."""
        with self.connect() as connection:
            connection.send(frame(MESSAGE, tsa.query()))
            connection.sock.shutdown(socket.SHUT_WR)
            self.assertEqual(connection.hear()[0], FINAL)
            self.assertIsNone(connection.hear())

    def test_polling_has_nothing_to_poll_for(self):
        with self.connect() as connection:
            connection.send(frame(POLL_REQUEST, struct.pack(">I", 7)))
            flag, text = connection.hear()
            self.assertEqual(flag, ERROR)
            self.assertIn("polling reference", text.decode())
            self.assertEqual(connection.ask(tsa.query())[0], FINAL)

    def test_what_is_no_message_is_refused_and_ends_the_connection(self):
        numbers = struct.pack(">II", 1, 2)
        wrong = [struct.pack(">IB", 0, 0), struct.pack(">IB", 1, 0), struct.pack(">IB", 0xffffffff, 0) + b"x" * 5000,
                 struct.pack(">IB", 1 << 20, 0), frame(7, b"x"), frame(255, b"x"), frame(POLL_REPLY, numbers), frame(NO_MORE, b"\0"),
                 frame(PARTIAL, numbers + tsa.query()), frame(FINAL, tsa.query()), frame(ERROR, b"no"), frame(POLL_REQUEST, b"12345"),
                 b"POST /tsa HTTP/1.1\r\nHost: x\r\n\r\n", secrets.token_bytes(64)]
        for data in wrong:
            with self.connect() as connection:
                connection.send(data)
                flag, text = connection.hear()
                self.assertEqual(flag, ERROR, data[:16])
                self.assertTrue(text.decode())
                self.assertIsNone(connection.hear())
        self.assert_works()

    def test_who_is_slow_or_silent_is_cut(self):
        with self.connect() as silent, self.connect() as slow:
            begun, data = time.monotonic(), frame(MESSAGE, tsa.query())
            with self.assertRaises((BrokenPipeError, ConnectionResetError)):
                for byte in data + data:
                    slow.send(bytes([byte]))
                    time.sleep(0.1)
            self.assertLess(time.monotonic() - begun, 10)
            self.assertEqual(silent.read(1), b"")
            self.assertLess(time.monotonic() - begun, 14)
        self.assert_works()

    def test_connections_are_limited(self):
        mine = [self.connect("127.0.0.2") for _ in range(20)]
        for connection in mine:
            self.assertEqual(connection.ask(tsa.query())[0], FINAL)
        with self.connect("127.0.0.2") as more:
            self.assertEqual(more.hear(), (ERROR, b"too many connections"))
            self.assertIsNone(more.hear())
        others = [self.connect("127.0.0.3") for _ in range(20)]
        for connection in others:
            self.assertEqual(connection.ask(tsa.query())[0], FINAL)
        with self.connect("127.0.0.4") as more:
            self.assertEqual(more.hear(), (ERROR, b"too many connections"))
        # HTTP goes on meanwhile.
        tsa.ask(self.server.new_client())
        for connection in mine + others:
            connection.sock.close()
        self.wait_for(self.has_room)
        self.assert_works()

    def has_room(self):
        with self.connect("127.0.0.5") as connection:
            try:
                heard = connection.ask(tsa.query())
            except OSError:  # turned away before it had said anything
                return False
            return heard is not None and heard[0] == FINAL

    def test_clients_that_are_killed_leave_nothing(self):
        data = frame(MESSAGE, tsa.query())
        for i in range(100):
            with self.connect() as connection:
                connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                try:
                    connection.send((data * 3)[:i * 3])
                except OSError:
                    pass  # it was turned away for a moment: connections end a little later than clients
        self.wait_for(self.has_room)
        threads = len(os.listdir(f"/proc/{self.server.process.pid}/task"))
        self.wait_for(lambda: len(os.listdir(f"/proc/{self.server.process.pid}/task")) <= threads)
        self.assert_works()

    def test_denied_on_a_connection_that_stays(self):
        with self.connect("127.0.7.7") as connection:
            self.assertEqual(connection.ask(tsa.query())[0], FINAL)
            row = self.server.operate("POST", "/v1/tsa/access", {"action": "deny", "network": "127.0.7.0/24"})["access"]
            flag, text = connection.ask(tsa.query())
            self.assertEqual(flag, ERROR)
            self.assertIn("access_denied", text.decode())
            self.assertIsNone(connection.hear())
        with self.connect("127.0.7.8") as connection:
            self.assertEqual(connection.hear(), (ERROR, b"access denied"))
            self.assertIsNone(connection.hear())
        self.server.operate("DELETE", f"/v1/tsa/access/{row}")
        with self.connect("127.0.7.7") as connection:
            self.assertEqual(connection.ask(tsa.query())[0], FINAL)


class Others(unittest.TestCase):
    def test_over_tls(self):
        with tempfile.TemporaryDirectory() as folder:
            key, certificate = os.path.join(folder, "key.pem"), os.path.join(folder, "certificate.pem")
            subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-out",
                            certificate, "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2"],
                           check=True, capture_output=True)
            options = ["--tls-certificate", certificate, "--tls-key", key, "--tsa-listen", "127.0.0.1:0", "--request-time", "2"]
            with Server(options=options) as server:
                context = ssl.create_default_context(cafile=certificate)
                with Connection(server.tsa_port, tls=context) as connection:
                    self.assertIn(connection.sock.version(), ("TLSv1.2", "TLSv1.3"))
                    for _ in range(3):
                        flag, reply = connection.ask(tsa.query(certificates=True))
                        self.assertEqual(flag, FINAL)
                        self.assertIn("Status: Granted.", tsa.openssl_text(tsa.Answer(reply)))
                with Connection(server.tsa_port) as clear:
                    clear.send(frame(MESSAGE, tsa.query()))
                    self.assertNotIn(b"\x30\x82", clear.read(1 << 16))

    @unittest.skipUnless(os.environ.get("YIQIAN"), "the command line is not built here")
    def test_the_command_line_as_client(self):
        with Server(options=["--tsa-listen", "127.0.0.1:0"]) as server, tempfile.TemporaryDirectory() as folder:
            document, reply = tsa.file_of(folder, "document", DOCUMENT), os.path.join(folder, "r.tsr")

            def yiqian(*arguments):
                return subprocess.run([os.environ["YIQIAN"], "ts", *arguments], capture_output=True, text=True, env={**os.environ, "LC_ALL": "C.UTF-8"})

            done = yiqian("request", document, "--url", f"tcp://127.0.0.1:{server.tsa_port}", "--output", reply)
            self.assertEqual(done.returncode, 0, done.stderr)
            with open(reply, "rb") as file:
                self.assertIn("Status: Granted.", tsa.openssl_text(tsa.Answer(file.read())))
            server.operate("POST", "/v1/tsa/access", {"action": "deny", "network": "127.0.0.0/8"})
            done = yiqian("request", document, "--url", f"tcp://127.0.0.1:{server.tsa_port}", "--output", reply + "2")
            self.assertEqual(done.returncode, 1)
            self.assertIn("access denied", done.stderr)
            for url, code in (("tcp://127.0.0.1", 2), ("tcp://127.0.0.1:1", 3)):
                self.assertEqual(yiqian("request", document, "--url", url, "--output", reply + "3").returncode, code, url)

    def test_the_profile_of_gm(self):
        """A request that names no policy gets what the setting says; one that names a policy, what that says."""
        with Server(options=["--tsa-listen", "127.0.0.1:0", "--tsa-listen-profile", "gm"]) as server:
            with Connection(server.tsa_port) as connection:
                answer = tsa.Answer(connection.ask(tsa.query())[1])
                self.assertEqual(answer.type, tsa.oid_content("1.2.156.10197.6.1.4.2.2"))

    def test_a_stop_answers_what_was_asked(self):
        server, begun, answered, cut = Server(options=["--tsa-listen", "127.0.0.1:0"]), [], [], []

        def ask():
            with Connection(server.tsa_port) as connection:
                while True:
                    begun.append(1)
                    try:
                        reply = connection.ask(tsa.query())
                    except (BrokenPipeError, ConnectionResetError):
                        reply = None
                    if reply is None:
                        cut.append(1)
                        return
                    answered.append(tsa.Answer(reply[1]).serial)

        threads = [threading.Thread(target=ask, daemon=True) for _ in range(4)]
        for thread in threads:
            thread.start()
        end = time.monotonic() + 60
        while len(answered) <= 20 and time.monotonic() < end:
            time.sleep(0.02)
        data_dir = server.data_dir
        self.assertEqual(server.stop(), 0)
        for thread in threads:
            thread.join()
        with sqlite3.connect(os.path.join(data_dir, "yiqian.db")) as database:
            logged = {row[0] for row in database.execute("SELECT serial FROM token")}
        self.assertEqual(set(answered) - logged, set())
        self.assertEqual(len(cut), 4)
        self.assertGreater(len(answered), 20)
        server.close()


if __name__ == "__main__":
    unittest.main()
