"""The timestamp server through the command line: units, the log, statistics. OpenSSL asks, and verifies where it can."""
import pathlib
import re
import tempfile
import unittest

import cli
import tsa
from server import Server


class Timestamps(cli.Checks, unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.temporary = tempfile.TemporaryDirectory(prefix="yiqian-cli-")
        cls.folder = pathlib.Path(cls.temporary.name)
        cls.operator = ["--data-dir", cls.server.data_dir]

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()
        cls.server.close()

    def run_tsa(self, *arguments):
        return self.answer("tsa", *arguments, *self.operator)

    def test_units(self):
        made = self.run_tsa("unit", "add", "theatre", "--algorithm", "sm2", "--limit", "1500ms", "--digits", "0", "--ordering")
        self.assertEqual((made["unit"], made["limit_us"], made["time_digits"], made["ordering"]), ("theatre", 1500000, 0, True))
        text = self.ok("tsa", "unit", "list", *self.operator).out
        self.assertRegex(text, r"(?m)^sm2 +sm2 +active +1000000 +3 +no")
        self.assertRegex(text, r"(?m)^theatre +sm2 +active +1500000 +0 +yes")
        self.ok("tsa", "unit", "stop", "theatre", *self.operator)
        answer = tsa.ask(self.server.http, path="/tsa/theatre")
        self.assertEqual(answer.failure, "systemFailure")
        self.assertIn("stopped", answer.text)
        self.ok("tsa", "unit", "start", "theatre", *self.operator)
        # Times rise by whole seconds, ahead of the clock, until that is too far.
        times = [tsa.ask(self.server.http, path="/tsa/theatre") for _ in range(4)]
        self.assertIsNotNone(times[0].token)
        self.assertEqual(times[-1].failure, "timeNotAvailable")
        self.fails(2, "tsa", "unit", "retire", "theatre", *self.operator, says=("--yes",))
        pem = self.server.http.raw("GET", "/pki/tsa/theatre.pem")[1]
        self.assertIn("destroyed", self.ok("tsa", "unit", "retire", "theatre", "--yes", "--reason", "superseded", *self.operator).out)
        serial = tsa.openssl("x509", "-noout", "-serial", data=pem).decode().strip().split("=")[1]
        listed = tsa.openssl("crl", "-inform", "DER", "-noout", "-text", data=self.server.http.raw("GET", "/pki/issuing.crl")[1]).decode()
        self.assertRegex(listed, rf"(?s)Serial Number: {serial}\s.*?Superseded")
        self.fails(1, "tsa", "unit", "start", "theatre", *self.operator, says=("unit_not_found",))
        self.fails(1, "tsa", "unit", "add", "gm", "--algorithm", "sm2", *self.operator, says=("unit",))
        self.fails(2, "tsa", "unit", "add", "x", "--algorithm", "sm2", "--limit", "2 ms", *self.operator, says=("--limit",))
        events = [row["event"] for row in self.server.audit() if "name=theatre" in (row["detail"] or "") and row["outcome"] == "ok"]
        self.assertEqual(events, ["tsa.unit_create", "tsa.unit_stop", "tsa.unit_start", "tsa.unit_retire"])

    def test_p256_and_rsa_verify_with_openssl(self):
        document = tsa.file_of(self.folder, "record", b"discharge summary" * 100)
        for algorithm in ("p256", "rsa"):
            self.run_tsa("unit", "add", algorithm, "--algorithm", algorithm)
            status, pem = self.server.http.raw("GET", f"/pki/tsa/{algorithm}.pem")
            self.assertEqual((status, pem.count(b"BEGIN CERTIFICATE")), (200, 2))
            root = tsa.file_of(self.folder, "root.pem", b"-----BEGIN" + pem.split(b"-----BEGIN")[2])
            unit = tsa.file_of(self.folder, "unit.pem", b"-----BEGIN" + pem.split(b"-----BEGIN")[1])
            for digest in ("sha256", "sha384", "sha512", "sm3"):
                for certificates in ([], ["-cert"]):
                    query, reply = self.folder / "q.tsq", self.folder / "r.tsr"
                    tsa.openssl("ts", "-query", "-data", document, "-" + digest, *certificates, "-out", str(query))
                    reply.write_bytes(tsa.ask(self.server.http, query.read_bytes(), path=f"/tsa/{algorithm}").der)
                    untrusted = [] if certificates else ["-untrusted", unit]
                    said = tsa.openssl("ts", "-verify", "-in", str(reply), "-queryfile", str(query), "-CAfile", root, *untrusted, check=False)
                    self.assertIn(b"Verification: OK", said)
            other = tsa.file_of(self.folder, "other", b"another document")
            said = tsa.openssl("ts", "-verify", "-in", str(reply), "-data", other, "-CAfile", root, check=False)
            self.assertNotIn(b"Verification: OK", said)

    def test_log_and_show(self):
        imprint = bytes(range(32))
        answers = [tsa.ask(self.server.http, tsa.query(imprint=imprint, nonce=n, certificates=n % 2 == 1), path=path)
                   for n, path in enumerate(("/tsa", "/tsa/gm", "/tsa/sm2"))]
        page = self.run_tsa("log", "--imprint", imprint.hex())
        self.assertEqual([row["serial"] for row in page["items"]], [a.serial.hex() for a in reversed(answers)])
        self.assertEqual({row["client"] for row in page["items"]}, {"anonymous"})
        first = self.run_tsa("log", "--imprint", imprint.hex(), "--limit", "2")
        rest = self.run_tsa("log", "--imprint", imprint.hex(), "--limit", "2", "--after", first["next"])
        self.assertEqual([row["serial"] for row in rest["items"]], [answers[0].serial.hex()])
        for answer in answers:
            file = self.folder / "token.der"
            text = self.ok("tsa", "show", answer.serial.hex(), "--output", file, *self.operator).out
            self.assertEqual(file.read_bytes(), answer.token)
            self.assertIn(imprint.hex(), text)
        self.assertEqual(self.run_tsa("log", "--to", "2020-01-01T00:00:00Z")["items"], [])
        self.assertEqual(len(self.run_tsa("log", "--serial", answers[1].serial.hex(), "--client", "anonymous", "--unit", "sm2")["items"]), 1)
        self.fails(1, "tsa", "show", "00" * 20, *self.operator, says=("timestamp_not_found",))
        self.fails(1, "tsa", "log", "--from", "yesterday", *self.operator, says=("from",))

    def test_statistics(self):
        before = sum(row["tokens"] for row in self.run_tsa("statistics")["tokens"])
        for _ in range(3):
            tsa.ask(self.server.http)
        self.assertEqual(sum(row["tokens"] for row in self.run_tsa("statistics")["tokens"]), before + 3)
        text = self.ok("tsa", "statistics", *self.operator).out
        self.assertRegex(text, r"(?m)^Timestamps issued\nHour +Unit +Client +Issued\n\d{4}-")
        self.assertTrue(re.search(r"(?m)^Requests refused\n", text))


if __name__ == "__main__":
    unittest.main()
