"""Who may ask for timestamps: lists and limits, changed while the server is at work."""
import http.client
import os
import sqlite3
import threading
import time
import unittest

import client
import tsa
import tsa_socket
from server import Server


def from_address(server, address):
    return client.Client(lambda: http.client.HTTPConnection("127.0.0.1", server.port, timeout=30, source_address=(address, 0)))


class Access(unittest.TestCase):
    options = ("--trusted-proxies", "127.0.0.8, 10.77.0.0/24", "--tsa-listen", "127.0.0.1:0")

    def setUp(self):
        self.server = Server(options=self.options)

    def tearDown(self):
        self.server.close()

    def row(self, action, **what):
        return self.server.operate("POST", "/v1/tsa/access", {"action": action, **what})["access"]

    def remove(self, row):
        self.server.operate("DELETE", f"/v1/tsa/access/{row}")

    def status(self, address, forwarded=None, headers=None):
        with_forwarded = {"X-Forwarded-For": forwarded} if forwarded else {}
        status, self.answer = from_address(self.server, address).raw(
            "POST", "/tsa", tsa.query(), {**tsa.QUERY, **with_forwarded, **(headers or {})})
        if status == 200:
            self.assertIsNotNone(tsa.Answer(self.answer).token)
        return status

    def test_deny_wins(self):
        self.assertEqual(self.status("127.0.0.2"), 200)
        self.row("deny", network="127.0.0.0/29")
        self.row("allow", network="127.0.0.2")
        self.row("allow", network="127.0.1.0/24")
        self.assertEqual(self.status("127.0.0.2"), 403)
        self.assertIn(b'"access_denied"', self.answer)
        self.assertEqual(self.status("127.0.1.2"), 200)
        self.assertEqual(self.status("127.0.2.2"), 403)
        events = [r["event"] for r in self.server.audit() if r["event"].startswith("tsa.access")]
        self.assertEqual(events, ["tsa.access_add"] * 3)

    def test_networks_of_ipv6_behind_a_proxy(self):
        proxy, nobody = "127.0.0.8", "127.0.0.9"
        self.row("allow", network="2001:db8::/32")
        self.row("deny", network="2001:db8:bad::/48")
        self.row("allow", network="192.0.2.128/25")
        for client_address, expected in (("2001:db8:1::7", 200), ("2001:db8:bad::7", 403), ("2001:db9::7", 403), ("192.0.2.200", 200),
                                         ("192.0.2.100", 403), ("::ffff:192.0.2.200", 200), ("198.51.100.1", 403)):
            self.assertEqual(self.status(proxy, client_address), expected, client_address)
        # What the client wrote itself is not believed, and nobody but the proxy is believed at all.
        self.assertEqual(self.status(proxy, "192.0.2.200, 198.51.100.1"), 403)
        self.assertEqual(self.status(proxy, "192.0.2.200, 10.77.0.5"), 200)
        self.assertEqual(self.status(nobody, "192.0.2.200"), 403)
        with sqlite3.connect(os.path.join(self.server.data_dir, "yiqian.db")) as database:
            origins = {row[0] for row in database.execute("SELECT origin FROM token")}
        self.assertEqual(origins, {"2001:db8:1::7", "192.0.2.200"})

    def test_limits_of_each_client(self):
        self.row("allow", network="127.0.0.0/8", per_minute=30)
        self.row("allow", network="127.0.0.3", per_minute=2)
        self.row("allow", network="2001:db8::/32", per_minute=2)
        begin, admitted = time.monotonic(), 0
        while self.status("127.0.0.2") == 200:
            admitted += 1
        # Thirty at once, and one more each two seconds that this takes.
        self.assertGreaterEqual(admitted, 30)
        self.assertLessEqual(admitted, 31 + (time.monotonic() - begin) / 2)
        self.assertEqual([self.status("127.0.0.3") for _ in range(3)], [200, 200, 429])
        # The socket counts the same client.
        with tsa_socket.Connection(self.server.tsa_port, "127.0.0.3") as connection:
            flag, text = connection.ask(tsa.query())
            self.assertEqual(flag, tsa_socket.ERROR)
            self.assertIn("too_many_requests", text.decode())
            self.assertEqual(connection.ask(tsa.query())[0], tsa_socket.ERROR)
        one, same, other = "2001:db8:1:2::1", "2001:db8:1:2:ffff::1", "2001:db8:1:3::1"
        self.assertEqual([self.status("127.0.0.8", a) for a in (one, same, one, other, other, other)], [200, 200, 429, 200, 200, 429])
        http_client = from_address(self.server, "127.0.0.2")
        status = 200
        while status == 200:
            status, body = http_client.raw("POST", "/tsa", tsa.query(), tsa.QUERY)
        self.assertEqual((status, http_client.headers["Content-Type"]), (429, "application/problem+json"))
        wait = int(http_client.headers["Retry-After"])
        self.assertTrue(1 <= wait <= 2, wait)
        time.sleep(wait)
        self.assertEqual(self.status("127.0.0.2"), 200)

    def test_business_systems(self):
        system = self.server.system("HIS", ("timestamps",))
        other = self.server.system("EMR", ("timestamps",))
        ids = {s["name"]: s["system"] for s in self.server.operate("GET", "/v1/systems")["items"]}
        self.row("allow", system=ids["HIS"], per_minute=2)

        def sign(who):
            query = tsa.query()
            status, _ = from_address(self.server, "127.0.0.2").raw("POST", "/tsa", query,
                                                                   {**tsa.QUERY, **who.headers("POST", "/tsa", query)})
            return status

        self.assertEqual([sign(system) for _ in range(3)], [200, 200, 429])
        self.assertEqual(sign(other), 403)
        self.assertEqual(self.status("127.0.0.2"), 403)
        # Credentials that are not good are never an anonymous request.
        wrong = client.System(None, system.key, system.secret[::-1])
        self.row("allow", network="127.0.0.0/8")
        self.assertEqual(sign(wrong), 401)
        self.assertEqual(self.status("127.0.0.2"), 200)
        self.assertEqual(sign(other), 200)
        body = {"hash": "sm3", "imprint": tsa.b64(bytes(32))}
        self.assertEqual(other.call("POST", "/v1/timestamps", body)[0], 201)
        self.row("deny", system=ids["EMR"])
        self.assertEqual(sign(other), 403)
        status, problem = other.call("POST", "/v1/timestamps", body)
        self.assertEqual((status, problem["code"]), (403, "access_denied"))

    def test_changes_under_load_drop_nothing(self):
        """Clients that every state of the lists admits ask all the time, over HTTP and over the socket, on connections that stay; each
        request is answered with a token. Meanwhile another client is let in and shut out, and that holds from the change's answer on."""
        stop, wrong, counts = threading.Event(), [], []

        def over_http(address):
            connection, n = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=30, source_address=(address, 0)), 0
            try:
                connection.connect()
                first = connection.sock
                while not stop.is_set():
                    connection.request("POST", "/tsa", tsa.query(), tsa.QUERY)
                    response = connection.getresponse()
                    body = response.read()
                    if response.status != 200 or tsa.Answer(body).token is None or connection.sock is not first:
                        wrong.append((address, response.status, body[:200]))
                    n += 1
            except Exception as problem:
                wrong.append((address, repr(problem)))
            counts.append(n)

        def over_socket(address):
            n = 0
            try:
                with tsa_socket.Connection(self.server.tsa_port, address) as connection:
                    while not stop.is_set():
                        flag, answer = connection.ask(tsa.query())
                        if flag != tsa_socket.FINAL or tsa.Answer(answer).token is None:
                            wrong.append((address, flag, answer[:200]))
                        n += 1
            except Exception as problem:
                wrong.append((address, repr(problem)))
            counts.append(n)

        threads = [threading.Thread(target=over_http, args=(f"127.0.0.{i}",)) for i in (2, 3, 4)]
        threads += [threading.Thread(target=over_socket, args=(f"127.0.0.{i}",)) for i in (2, 5)]
        for thread in threads:
            thread.start()
        changes, end = 0, time.monotonic() + 8
        with tsa_socket.Connection(self.server.tsa_port, "127.0.9.9") as connection:
            while time.monotonic() < end:
                rows = [self.row("deny", network="127.0.9.0/24")]
                self.assertEqual(self.status("127.0.9.9"), 403)
                rows += [self.row("allow", network="127.0.0.0/16"), self.row("deny", network="2001:db8::/32")]
                self.assertEqual(self.status("127.1.0.1"), 403)
                for row in rows:
                    self.remove(row)
                self.assertEqual(self.status("127.0.9.9"), 200)
                flag, answer = connection.ask(tsa.query())
                self.assertEqual(flag, tsa_socket.FINAL, answer)
                changes += 6
        stop.set()
        for thread in threads:
            thread.join()
        self.assertEqual(wrong, [])
        self.assertGreater(min(counts), 20)
        print(f"{changes} changes while {sum(counts)} timestamps were issued on {len(threads)} connections")
        with sqlite3.connect(os.path.join(self.server.data_dir, "yiqian.db")) as database:
            self.assertGreaterEqual(database.execute("SELECT count(*) FROM token").fetchone()[0], sum(counts))


class Limits(unittest.TestCase):
    def test_the_servers_own(self):
        with Server(options=["--tsa-per-address-per-minute", "2", "--tsa-per-minute", "3"]) as server:
            anonymous = from_address(server, "127.0.0.2")
            ask = lambda headers=None: anonymous.raw("POST", "/tsa", query, {**tsa.QUERY, **(headers or {})})[0]
            query = tsa.query()
            self.assertEqual([ask() for _ in range(3)], [200, 200, 429])
            system = server.system("HIS", ("timestamps",))
            self.assertEqual([ask(system.headers("POST", "/tsa", query)) for _ in range(4)], [200, 200, 200, 429])

    def test_settings_that_cannot_be_used(self):
        for options in (["--trusted-proxies", "proxy.example"], ["--tsa-listen", "localhost:318"], ["--tsa-listen-profile", "gmt"],
                        ["--tsa-per-minute", "-1"]):
            with self.assertRaises(AssertionError):
                Server(options=options)


if __name__ == "__main__":
    unittest.main()
