"""Timestamps over HTTP, as a person asks for them: OpenSSL writes the query, curl posts it, OpenSSL reads the answer."""
import datetime
import hashlib
import os
import random
import re
import socket
import sqlite3
import subprocess
import tempfile
import unittest

import tsa
from server import Server

DOCUMENT = "出院小结：患者病情平稳，准予出院。\n".encode() * 40
SIGNED_DATA = ("1.2.840.113549.1.7.2", "1.2.156.10197.6.1.4.2.2")
POLICY = "2.25.92789953449470946607310693012765490645"


class Timestamps(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.folder = tempfile.TemporaryDirectory()

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()
        cls.server.close()

    def rows(self, sql="SELECT count(*) FROM token", *arguments):
        with sqlite3.connect(os.path.join(self.server.data_dir, "yiqian.db")) as database:
            return database.execute(sql, arguments).fetchall()

    def url(self, path):
        return f"http://127.0.0.1:{self.server.port}{path}"

    def test_openssl_and_curl(self):
        document = tsa.file_of(self.folder.name, "document", DOCUMENT)
        names = {"sm3": "sm3", "sha256": "sha256", "sha384": "sha384", "sha512": "sha512"}
        for path, policy in (("/tsa", ".2.1"), ("/tsa/gm", ".2.2"), ("/tsa/sm2", ".2.1"), ("/tsa/sm2/gm", ".2.2")):
            for name, shown in names.items():
                for certificates in ([], ["-cert"]):
                    query, reply = (os.path.join(self.folder.name, n) for n in ("q.tsq", "r.tsr"))
                    tsa.openssl("ts", "-query", "-data", document, "-" + name, *certificates, "-out", query)
                    subprocess.run(["curl", "--noproxy", "*", "-sS", "--fail", "-H", "Content-Type: application/timestamp-query",
                                    "--data-binary", "@" + query, "-o", reply, self.url(path)], check=True)
                    with open(reply, "rb") as file:
                        answer = tsa.Answer(file.read())
                    asked = tsa.openssl("ts", "-query", "-in", query, "-text").decode()
                    nonce = re.search(r"Nonce: (0x[0-9A-F]+)", asked)[1]
                    self.assertEqual((answer.imprint, answer.nonce), (hashlib.new(name, DOCUMENT).digest(), int(nonce, 16)))
                    self.assertEqual(self.rows("SELECT hash, client, certificates, gm FROM token WHERE serial = ?", answer.serial),
                                     [(name, "anonymous", int(bool(certificates)), int(path.endswith("/gm")))])
                    self.assertEqual(answer.type, tsa.oid_content(SIGNED_DATA[path.endswith("/gm")]))
                    if path.endswith("/gm"):
                        self.assertEqual(answer.policy, tsa.oid_content(POLICY + policy))
                        continue  # OpenSSL does not know GM/T 0010's signedData
                    text = tsa.openssl("ts", "-reply", "-in", reply, "-text").decode()
                    self.assertIn("Status: Granted.", text)
                    self.assertIn("Policy OID: " + POLICY + policy, text)
                    self.assertIn("Hash Algorithm: " + shown, text)
                    self.assertIn("Nonce: " + nonce, text)
                    self.assertRegex(text, r"Time stamp: \w{3} +\d+ \d\d:\d\d:\d\d")

    def test_the_certificate_is_for_timestamps_alone(self):
        status, pem = self.server.http.raw("GET", "/pki/tsa/sm2.pem")
        self.assertEqual(status, 200)
        text = tsa.openssl("x509", "-noout", "-text", data=pem).decode()
        self.assertRegex(text, r"Extended Key Usage: critical\s+Time Stamping\n")
        self.assertRegex(text, r"Key Usage: critical\s+Digital Signature\n")
        self.assertEqual(pem.count(b"BEGIN CERTIFICATE"), 3)

    def test_what_is_refused_openssl_reads(self):
        good = tsa.query(nonce=7)
        cases = {
            "badDataFormat": [b"", b"\x30", good[:-1], good + b"\x00", b"\x30\x80" + good[2:] + b"\x00\x00", b"GET / HTTP/1.1",
                              tsa.query(imprint=b"short")],
            "badAlg": [good.replace(tsa.oid(tsa.HASHES["sm3"]), tsa.oid("1.2.156.10197.1.499"))],
            "badRequest": [good.replace(b"\x02\x01\x01", b"\x02\x01\x02", 1), b"\x30\x82\x10\x00" + bytes(4096)],
            "unacceptedPolicy": [tsa.query(policy="1.2.3"), tsa.query(policy=POLICY + ".1.1")],
            "unacceptedExtension": [tsa.query(more=tsa.der(0xa0, tsa.der(0x30, tsa.oid("1.2.3"), b"\x04\x00")))]}
        words = {"badDataFormat": "the data submitted has the wrong format", "badAlg": "unrecognized or unsupported algorithm identifier",
                 "badRequest": "transaction not permitted or supported",
                 "unacceptedPolicy": "the requested TSA policy is not supported by the TSA",
                 "unacceptedExtension": "the requested extension is not supported by the TSA"}
        before = self.rows()
        for failure, queries in cases.items():
            for data in queries:
                answer = tsa.ask(self.server.http, data)
                self.assertEqual(answer.failure, failure, data.hex())
                text = tsa.openssl_text(answer)
                self.assertIn("Status: Rejected.", text)
                self.assertIn(words[failure], text)
        self.assertEqual(self.rows(), before)

    def test_what_is_no_query_is_a_problem(self):
        for kind in ("application/json", "text/plain", ""):
            status, answer = self.server.http.json("POST", "/tsa", tsa.query(), {"Content-Type": kind})
            self.assertEqual((status, answer["code"]), (415, "media_type"))
        status, answer = self.server.http.json("POST", "/tsa/nobody", tsa.query(), tsa.QUERY)
        self.assertEqual((status, answer["code"]), (404, "unit_not_found"))
        status, answer = self.server.http.json("POST", "/tsa", bytes(20000), tsa.QUERY)
        self.assertEqual((status, answer["code"]), (413, "body_too_large"))
        status, answer = self.server.http.json("POST", "/tsa", tsa.query(), {**tsa.QUERY, "Authorization": "Bearer ak_x.y"})
        self.assertEqual((status, answer["code"]), (401, "unauthenticated"))

    def test_a_body_of_100_mb(self):
        head = b"POST /tsa HTTP/1.1\r\nHost: x\r\nContent-Type: application/timestamp-query\r\nContent-Length: 104857600\r\n\r\n"
        with socket.create_connection(("127.0.0.1", self.server.port), timeout=30) as connection:
            connection.sendall(head + b"\x30" * 1000)
            self.assertIn(b" 413 ", connection.recv(65536).split(b"\r\n")[0])
        self.assertIsNotNone(tsa.ask(self.server.http).token)

    def test_business_systems(self):
        system = self.server.system("病理系统", scopes=("timestamps",))
        imprint = hashlib.new("sm3", DOCUMENT).digest()
        status, made = system.call("POST", "/v1/timestamps", {"hash": "sm3", "imprint": tsa.b64(imprint), "nonce": tsa.b64(b"\x00\xff")})
        self.assertEqual(status, 201, made)
        answer = tsa.Answer(tsa.der(0x30, tsa.der(0x30, b"\x02\x01\x00"), tsa.base64.b64decode(made["token"])))
        self.assertEqual((answer.serial.hex(), answer.imprint, answer.nonce), (made["serial"], imprint, 255))
        client = self.rows("SELECT client FROM token WHERE serial = ?", answer.serial)[0][0]
        self.assertRegex(client, "^system:")
        # Over RFC 3161 the same system may say who it is.
        query = tsa.query()
        headers = system.headers("POST", "/tsa", query)
        answer = tsa.ask(self.server.http, query, headers=headers)
        self.assertEqual(self.rows("SELECT client FROM token WHERE serial = ?", answer.serial), [(client,)])
        status, problem = self.server.http.json("POST", "/tsa", query, {**tsa.QUERY, **headers})
        self.assertEqual((status, problem["code"]), (401, "request_replayed"))
        status, problem = self.server.system("检验系统", scopes=("verify",)).call(
            "POST", "/v1/timestamps", {"hash": "sm3", "imprint": tsa.b64(imprint)})
        self.assertEqual((status, problem["code"]), (403, "forbidden"))

    def test_rfc3161ng_over_the_wire(self):
        """A client that is not ours, from its own query to its own check of the answer."""
        import rfc3161ng

        self.server.operate("POST", "/v1/tsa/units", {"unit": "rsa", "algorithm": "rsa"})
        status, pem = self.server.http.raw("GET", "/pki/tsa/rsa.pem")
        unit = pem[:pem.index(b"-----END") + 30].split(b"-----END")[0] + b"-----END CERTIFICATE-----\n"
        for name in ("sha256", "sha384", "sha512"):
            for brings in (True, False):
                timestamper = rfc3161ng.RemoteTimestamper(self.url("/tsa/rsa"), certificate=unit, hashname=name, include_tsa_certificate=brings)
                document = os.urandom(random.randrange(1, 5000))
                token = timestamper(data=document, nonce=random.getrandbits(63))
                self.assertTrue(timestamper.check(token, data=document))
                self.assertLess(abs((rfc3161ng.get_timestamp(token, naive=False) - datetime.datetime.now(datetime.timezone.utc)).total_seconds()), 30)
                with self.assertRaises(ValueError):
                    timestamper.check(token, data=document + b"x")
        refused = rfc3161ng.RemoteTimestamper(self.url("/tsa/rsa"), hashname="sha1")(data=b"SHA-1 is refused", return_tsr=True)
        self.assertEqual(int(refused["status"]["status"]), 2)

    def test_after_a_restart_the_unit_is_the_same(self):
        before = self.server.http.raw("GET", "/pki/tsa/sm2.pem")[1]
        first = tsa.ask(self.server.http)
        self.server.restart()
        self.assertEqual(self.server.http.raw("GET", "/pki/tsa/sm2.pem")[1], before)
        self.assertNotEqual(tsa.ask(self.server.http).serial[:16], first.serial[:16])


if __name__ == "__main__":
    unittest.main()
