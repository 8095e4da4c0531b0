"""yiqian ts against the real server: a timestamp asked for, shown and verified, by the server and without it; roots of other authorities added by an
administrator; what is changed is found."""
import base64
import hashlib
import json
import os
import re
import subprocess
import tempfile
import unittest

import tsa
from server import Server

YIQIAN = os.environ.get("YIQIAN", "yiqian")
CONFIGURATION = os.path.join(os.path.dirname(__file__), "..", "token_peers", "openssl.cnf")
DOCUMENT = "出院小结：患者病情平稳，准予出院。\n".encode()


class Ts(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.made = tempfile.TemporaryDirectory()
        cls.folder = cls.made.name
        tsa.file_of(cls.folder, "document", DOCUMENT)
        tsa.file_of(cls.folder, "other", DOCUMENT + b"x")
        cls.yiqian("tsa", "unit", "add", "p256", "--algorithm", "p256")
        cls.yiqian("tsa", "unit", "add", "rsa", "--algorithm", "rsa")

    @classmethod
    def tearDownClass(cls):
        cls.made.cleanup()
        cls.server.close()

    @classmethod
    def yiqian(cls, *arguments, status=0, language="C"):
        done = subprocess.run([YIQIAN, "--data-dir", cls.server.data_dir, *arguments], capture_output=True, text=True, cwd=cls.folder,
                              env={**os.environ, "LC_ALL": language, "YIQIAN_SERVER": f"http://127.0.0.1:{cls.server.port}"}, timeout=120)
        assert done.returncode == status, (arguments, done.returncode, done.stdout, done.stderr)
        return done.stdout if status == 0 else done.stdout + done.stderr

    def checks(self, *arguments, status=0):
        answer = json.loads(self.yiqian("--json", "ts", "verify", *arguments, status=status))
        self.assertEqual(answer["valid"], status == 0)
        return {check["check"]: (check["result"], check["code"]) for check in answer["checks"]}, answer

    def root_of(self, unit):
        """The unit's chain's last certificate."""
        _, pem = self.server.http.raw("GET", f"/pki/tsa/{unit}.pem")
        root = re.findall(rb"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----\n", pem, re.S)[-1]
        return tsa.file_of(self.folder, f"{unit}.root.pem", root)

    def url(self, path):
        return f"http://127.0.0.1:{self.server.port}{path}"

    def test_asked_for_shown_and_verified(self):
        for unit, path, algorithm, profile in (("sm2", "/tsa", "SM2-with-SM3", "rfc"), ("sm2", "/tsa/gm", "SM2-with-SM3", "gm"),
                                               ("p256", "/tsa/p256", "ECDSA", "rfc"), ("rsa", "/tsa/rsa", "RSA", "rfc")):
            for hash_name in tsa.HASHES:
                with self.subTest((path, hash_name)):
                    root = self.root_of(unit)
                    said = self.yiqian("ts", "request", "document", "--url", self.url(path), "--hash", hash_name, "--root", root, "--output", "x.tsr",
                                       language="zh_CN.UTF-8")
                    self.assertIn("已取得时间戳", said)
                    self.assertIn(hashlib.new(hash_name, DOCUMENT).hexdigest(), said)
                    self.assertIn(hashlib.new(hash_name, DOCUMENT).hexdigest(), self.yiqian("ts", "show", "x.tsr"))
                    for where in (("--root", root), ()):  # here, and by the server
                        checks, answer = self.checks("--token", "x.tsr", "document", *where)
                        left = {"nonce", "policy"} | ({"revocation"} if where else set())
                        self.assertEqual({check for check, why in checks.items() if why[0] != "passed"}, left)
                        self.assertEqual((answer["signature_algorithm"], answer["profile"], answer["hash"]), (algorithm, profile, hash_name))
                        checks, _ = self.checks("--token", "x.tsr", "other", *where, status=1)
                        self.assertEqual([name for name, why in checks.items() if why[0] == "failed"], ["imprint"])

    def test_query_and_reply(self):
        for certificate in ((), ("--cert",)):
            self.yiqian("ts", "query", "document", *certificate, "--output", "q.tsq")
            self.assertIn("granted", self.yiqian("ts", "reply", "q.tsq", "--output", "q.tsr"))
            self.assertIn("granted", self.yiqian("ts", "reply", "q.tsr"))
            # its own certificates the server has; who verifies alone needs the token's
            checks, answer = self.checks("--token", "q.tsr", "--query", "q.tsq")
            self.assertEqual(checks["nonce"][0], "passed")
            self.assertEqual(answer["certificates"], 2 if certificate else 0)
            checks, _ = self.checks("--token", "q.tsr", "--query", "q.tsq", "--root", self.root_of("sm2"), status=0 if certificate else 1)
            self.assertEqual(checks["signing_certificate"][1], "certificate_matches" if certificate else "certificate_missing")

    def test_help_names_an_option_once(self):
        for language in ("C", "zh_CN.UTF-8"):
            said = self.yiqian("ts", "verify", "--help", language=language)
            self.assertEqual(len(re.findall(r"^  --token ", said, re.M)), 1)
            self.assertIn("\n  --credential ", said)

    def test_a_refusal_in_words(self):
        self.yiqian("ts", "query", "document", "--policy", "1.2.3", "--output", "q.tsq")
        said = self.yiqian("ts", "reply", "q.tsq", "--output", "q.tsr", status=1)
        self.assertIn("unacceptedPolicy", said)
        self.assertIn("已拒绝", self.yiqian("ts", "reply", "q.tsr", status=1, language="zh_CN.UTF-8"))
        self.assertIn("策略不被支持", self.yiqian("ts", "show", "q.tsr", language="zh_CN.UTF-8"))
        self.yiqian("ts", "request", "document", "--policy", "1.2.3", "--output", "q.tsr", status=1)
        checks, _ = self.checks("--token", "q.tsr", "document", "--root", self.root_of("sm2"), status=1)
        self.assertEqual(checks["structure"][1], "response_refused")
        # What is no timestamp response is said as the server says it.
        said = self.yiqian("ts", "request", "document", "--url", self.url("/tsa/absent"), "--output", "q.tsr", status=1)
        self.assertIn("[unit_not_found]", said)
        self.assertIn("Hint:", said)

    def test_a_unit_that_is_retired(self):
        for algorithm in ("sm2", "p256"):
            for reason, code in (("superseded", "revoked_later"), ("keyCompromise", "revoked")):
                with self.subTest((algorithm, reason)):
                    unit = f"{algorithm}-{reason.lower()}"
                    self.yiqian("tsa", "unit", "add", unit, "--algorithm", algorithm)
                    self.yiqian("ts", "request", "document", "--url", self.url("/tsa/" + unit), "--output", "u.tsr")
                    checks, _ = self.checks("--token", "u.tsr", "document")
                    self.assertEqual(checks["revocation"][1], "not_revoked")
                    self.yiqian("tsa", "unit", "retire", unit, "--reason", reason, "--yes")
                    checks, answer = self.checks("--token", "u.tsr", "document", status=1 if code == "revoked" else 0)
                    self.assertEqual((checks["revocation"][1], answer["signer"]["revocation_reason"]), (code, reason))

    def test_business_systems_verify(self):
        system = self.server.system("归档系统", scopes=("verify",))
        answer = tsa.ask(self.server.http, tsa.query(hashlib.new("sm3", DOCUMENT).digest(), nonce=2**63 + 5, certificates=True))
        body = {"token": tsa.b64(answer.token), "document": tsa.b64(DOCUMENT), "nonce": tsa.b64((2**63 + 5).to_bytes(8, "big"))}
        status, told = system.call("POST", "/v1/timestamps/verify", body)
        self.assertEqual((status, told["valid"]), (200, True), told)
        self.assertEqual(told["nonce"], "008000000000000005")
        self.assertEqual({check["check"]: check["code"] for check in told["checks"]}["revocation"], "not_revoked")
        status, told = system.call("POST", "/v1/timestamps/verify", {**body, "nonce": tsa.b64(b"\x05")})
        self.assertEqual((status, told["valid"]), (200, False))
        other = self.server.system("门诊系统", scopes=("tasks",))
        status, told = other.call("POST", "/v1/timestamps/verify", body)
        self.assertEqual((status, told["code"]), (403, "forbidden"))

    def authority(self):
        """An authority of OpenSSL's, with a token of the document."""
        def openssl(*arguments):
            done = subprocess.run(["openssl", *arguments], capture_output=True, cwd=self.folder)
            assert done.returncode == 0, done.stderr

        with open(CONFIGURATION, "rb") as file:
            tsa.file_of(self.folder, "openssl.cnf", file.read())
        tsa.file_of(self.folder, "serial", b"01\n")
        for owner in ("root", "signer"):
            openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", owner + ".key")
            openssl("req", "-new", "-key", owner + ".key", "-subj", "/C=CN/CN=" + owner, "-out", owner + ".csr")
        openssl("x509", "-req", "-in", "root.csr", "-signkey", "root.key", "-days", "9", "-extfile", "openssl.cnf", "-extensions", "root", "-out",
                "root.pem")
        openssl("x509", "-req", "-in", "signer.csr", "-CA", "root.pem", "-CAkey", "root.key", "-set_serial", "5", "-days", "9", "-extfile",
                "openssl.cnf", "-extensions", "signer", "-out", "signer.pem")
        openssl("ts", "-query", "-data", "document", "-sha256", "-cert", "-out", "a.tsq")
        openssl("ts", "-reply", "-config", "openssl.cnf", "-queryfile", "a.tsq", "-signer", "signer.pem", "-inkey", "signer.key", "-out", "a.tsr")
        tsa.file_of(self.folder, "crlnumber", b"01\n")

        def revoke(reason):
            tsa.file_of(self.folder, "index.txt", f"R\t401231235959Z\t391231235959Z,{reason}\t05\tunknown\t/C=CN/CN=signer\n".encode())
            openssl("ca", "-gencrl", "-config", "openssl.cnf", "-name", "crl", "-keyfile", "root.key", "-cert", "root.pem", "-out", "list.pem")

        return revoke

    def test_another_authority(self):
        revoke = self.authority()
        verify = ("--token", "a.tsr", "document")
        checks, _ = self.checks(*verify, status=1)
        self.assertEqual(checks["chain"][1], "root_untrusted")
        root = json.loads(self.yiqian("--json", "tsa", "root", "add", "root.pem", "--name", "外部时间戳"))["root"]
        self.assertIn("外部时间戳", self.yiqian("tsa", "root", "list"))
        checks, answer = self.checks(*verify)
        self.assertEqual((checks["revocation"][1], answer["root"]), ("no_revocation_data", "CN=root,C=CN"))
        # the next list must not be older than the last: they are a second apart
        for reason, code in (("superseded", "revoked_later"), ("keyCompromise", "revoked")):
            revoke(reason)
            self.yiqian("tsa", "root", "crl", root, "list.pem")
            checks, answer = self.checks(*verify, status=1 if code == "revoked" else 0)
            self.assertEqual((checks["revocation"][1], answer["signer"]["revocation_reason"]), (code, reason))
        self.yiqian("tsa", "root", "remove", root)
        checks, _ = self.checks(*verify, status=1)
        self.assertEqual(checks["chain"][1], "root_untrusted")
        events = [row["event"] for row in self.server.audit() if row["event"].startswith("tsa.root")]
        self.assertEqual(events, ["tsa.root_add", "tsa.root_crl", "tsa.root_crl", "tsa.root_remove"])

    def test_a_changed_token(self):
        answer = tsa.ask(self.server.http, tsa.query(hashlib.new("sm3", DOCUMENT).digest(), certificates=True))
        status, told = self.server.operator.json("POST", "/v1/timestamps/verify", {"token": tsa.b64(answer.token), "document": tsa.b64(DOCUMENT)})
        self.assertTrue(told["valid"])
        year = answer.token.index(answer.time.encode())
        for at in (year + 3, len(answer.token) - 1):
            token = bytearray(answer.token)
            token[at] ^= 1
            status, told = self.server.operator.json("POST", "/v1/timestamps/verify", {"token": base64.b64encode(token).decode()})
            self.assertEqual((status, told["valid"]), (200, False))
            failed = {check["check"] for check in told["checks"] if check["result"] == "failed"}
            self.assertIn("message_digest" if at < len(token) - 1 else "signature", failed)


if __name__ == "__main__":
    unittest.main()
