#!/usr/bin/env python3
"""run.py YIQIAN: tokens made by BouncyCastle (SM2 in both profiles, P-256, P-384, RSA, RSA-PSS; DER and BER; the certificate named by SHA-1 or
by a newer hash) and by `openssl ts -reply` (P-256, RSA, requests of every digest) are valid for `yiqian ts verify`, and for the right document,
request and root alone; OpenSSL reads our queries."""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

YIQIAN = ""
HERE = pathlib.Path(__file__).parent
JARS = ":".join(f"/usr/share/java/{name}.jar" for name in ("bcprov", "bcpkix", "bcutil"))
KINDS = ("sm2", "p256", "p384", "rsa", "rsapss")
ALGORITHMS = {"sm2": "SM2-with-SM3", "p256": "ECDSA", "p384": "ECDSA", "rsa": "RSA", "rsapss": "RSA-PSS"}
ENVIRONMENT = {**os.environ, "LC_ALL": "C"}


def run(*command, directory, status=0):
    done = subprocess.run(list(map(str, command)), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=120, cwd=directory,
                          env=ENVIRONMENT)
    if done.returncode != status:
        raise AssertionError(f"{' '.join(map(str, command))}: exit status {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


class Peers(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        made = tempfile.TemporaryDirectory()
        cls.addClassCleanup(made.cleanup)
        cls.dir = pathlib.Path(made.name)
        cls.make()

    def command(self, *command, status=0):
        return run(*command, directory=self.dir, status=status)

    def verify(self, token, *options, status=0):
        """The checks by name, with their codes, and the whole answer."""
        answer = json.loads(self.command(YIQIAN, "--json", "ts", "verify", "--token", token, *options, status=status))
        self.assertEqual(answer["valid"], status == 0)
        return {check["check"]: (check["result"], check["code"]) for check in answer["checks"]}, answer

    def assert_fails_only(self, checks, name, code):
        self.assertEqual({check: why for check, why in checks.items() if why[0] == "failed"}, {name: ("failed", code)})


class BouncyCastle(Peers):
    @classmethod
    def make(cls):
        run("java", "-Dfile.encoding=UTF-8", "-cp", JARS, HERE / "Bc.java", cls.dir, directory=cls.dir)

    def test_its_tokens(self):
        for kind in KINDS:
            for name in (f"{kind}.tsr", f"{kind}.tst", f"{kind}_ber.tst", f"{kind}_v1.tst") + (("sm2_gm.tst",) if kind == "sm2" else ()):
                with self.subTest(name):
                    checks, answer = self.verify(name, "document", "--root", f"{kind}_root.cer")
                    left = {check for check, why in checks.items() if why[0] == "not_checked"}
                    self.assertEqual(left, {"nonce", "policy", "revocation"})
                    self.assertEqual(checks["structure"][1], "structure_ber" if "ber" in name else "structure_der")
                    self.assertEqual(answer["profile"], "gm" if "gm" in name else "rfc")
                    self.assertEqual(answer["signature_algorithm"], ALGORITHMS[kind])
                    self.assertEqual((answer["policy"], answer["accuracy_us"], answer["ordering"]), ("1.2.3.4.5", 1020300, True))
                    self.assertEqual(answer["serial"], "4e" if "v1" in name else "4d")
                    self.assertEqual(answer["tsa"], f"CN={kind} 时间戳,C=CN")

    def test_the_right_request_document_and_root_alone(self):
        other = self.dir / "other"
        other.write_text("x")
        for kind in KINDS:
            with self.subTest(kind):
                root = ("--root", f"{kind}_root.cer")
                checks, _ = self.verify(f"{kind}.tsr", "--query", f"{kind}.tsq", *root)
                self.assertEqual((checks["imprint"][0], checks["nonce"][0]), ("passed", "passed"))
                checks, _ = self.verify(f"{kind}.tsr", other, *root, status=1)
                self.assert_fails_only(checks, "imprint", "imprint_differs")
                checks, _ = self.verify(f"{kind}.tsr", "document", *root, "--policy", "1.2.3", status=1)
                self.assert_fails_only(checks, "policy", "policy_differs")
                checks, _ = self.verify(f"{kind}.tsr", "document", "--root", "p256_root.cer" if kind != "p256" else "rsa_root.cer", status=1)
                self.assert_fails_only(checks, "chain", "root_untrusted")
                # another query of the same document: another nonce
                self.command(YIQIAN, "ts", "query", "document", "--hash", "sm3" if kind == "sm2" else "sha512", "--output", "again.tsq")
                checks, _ = self.verify(f"{kind}.tsr", "--query", "again.tsq", *root, status=1)
                self.assert_fails_only(checks, "nonce", "nonce_differs")

    def test_a_changed_token(self):
        for kind in KINDS:
            with self.subTest(kind):
                token = bytearray((self.dir / f"{kind}.tst").read_bytes())
                token[-1] ^= 1
                (self.dir / "changed.tst").write_bytes(token)
                checks, _ = self.verify("changed.tst", "document", "--root", f"{kind}_root.cer", status=1)
                self.assert_fails_only(checks, "signature", "signature_invalid")


class OpenSsl(Peers):
    @classmethod
    def make(cls):
        def openssl(*arguments):
            return run("openssl", *arguments, directory=cls.dir)

        shutil.copy(HERE / "openssl.cnf", cls.dir)
        (cls.dir / "serial").write_text("01\n")
        (cls.dir / "document").write_text("出院小结\n")
        for kind in ("p256", "rsa"):
            key = ("-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:3072") if kind == "rsa" else ("-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256")
            for owner in ("root", "signer"):
                openssl("genpkey", *key, "-out", f"{kind}_{owner}.key")
                openssl("req", "-new", "-key", f"{kind}_{owner}.key", "-subj", f"/C=CN/CN={kind} {owner}", "-out", f"{kind}_{owner}.csr")
            openssl("x509", "-req", "-in", f"{kind}_root.csr", "-signkey", f"{kind}_root.key", "-days", "30", "-extfile", "openssl.cnf", "-extensions",
                    "root", "-out", f"{kind}_root.pem")
            openssl("x509", "-req", "-in", f"{kind}_signer.csr", "-CA", f"{kind}_root.pem", "-CAkey", f"{kind}_root.key", "-set_serial", "5", "-days",
                    "20", "-extfile", "openssl.cnf", "-extensions", "signer", "-out", f"{kind}_signer.pem")

    def reply(self, kind, query, out):
        self.command("openssl", "ts", "-reply", "-config", "openssl.cnf", "-queryfile", query, "-signer", f"{kind}_signer.pem", "-inkey",
                     f"{kind}_signer.key", "-chain", f"{kind}_root.pem", "-out", out)

    def test_its_tokens(self):
        for kind in ("p256", "rsa"):
            for digest in ("sm3", "sha256", "sha384", "sha512"):
                for how in ((), ("-cert",), ("-cert", "-no_nonce")):
                    with self.subTest((kind, digest, how)):
                        self.command("openssl", "ts", "-query", "-data", "document", f"-{digest}", *how, "-out", "x.tsq")
                        self.reply(kind, "x.tsq", "x.tsr")
                        more = () if how else ("--certificates", f"{kind}_signer.pem")
                        checks, answer = self.verify("x.tsr", "document", "--query", "x.tsq", "--root", f"{kind}_root.pem", *more)
                        self.assertEqual(checks["nonce"][0], "not_checked" if "-no_nonce" in how else "passed")
                        self.assertEqual(checks["tsa_name"][0], "passed")
                        self.assertEqual((answer["hash"], answer["accuracy_us"]), (digest, 1500100))
                        if not how:
                            checks, _ = self.verify("x.tsr", "document", "--root", f"{kind}_root.pem", status=1)
                            self.assert_fails_only(checks, "signing_certificate", "certificate_missing")

    def test_our_queries(self):
        for digest in ("sm3", "sha256", "sha384", "sha512"):
            self.command(YIQIAN, "ts", "query", "document", "--hash", digest, "--policy", "1.2.3.4.1", "--cert", "--output", "ours.tsq")
            text = self.command("openssl", "ts", "-query", "-in", "ours.tsq", "-text")
            self.assertIn(f"Hash Algorithm: {digest}\n", text)
            self.assertIn("Certificate required: yes", text)
            self.assertNotIn("Nonce: unspecified", text)
            self.reply("rsa", "ours.tsq", "ours.tsr")
            self.verify("ours.tsr", "--query", "ours.tsq", "--root", "rsa_root.pem")

    def test_revoked_by_its_list(self):
        self.command("openssl", "ts", "-query", "-data", "document", "-sha256", "-cert", "-out", "r.tsq")
        self.reply("rsa", "r.tsq", "r.tsr")
        verify = ("r.tsr", "document", "--root", "rsa_root.pem", "--crl", "list.pem")
        for reason, code in ((None, "not_revoked"), ("superseded", "revoked_later"), ("keyCompromise", "revoked"), ("", "revoked")):
            with self.subTest(reason):
                when = "391231235959Z"  # later than the token
                line = "" if reason is None else f"R\t401231235959Z\t{when}{',' + reason if reason else ''}\t05\tunknown\t/C=CN/CN=rsa signer\n"
                (self.dir / "index.txt").write_text(line)
                (self.dir / "crlnumber").write_text("01\n")
                self.command("openssl", "ca", "-gencrl", "-config", "openssl.cnf", "-name", "crl", "-keyfile", "rsa_root.key", "-cert", "rsa_root.pem",
                             "-out", "list.pem")
                checks, _ = self.verify(*verify, "--time", self.in_a_minute(), status=1 if code == "revoked" else 0)
                self.assertEqual(checks["revocation"][1], code)

    def in_a_minute(self):
        return self.command("date", "-u", "-d", "1 minute", "+%Y-%m-%dT%H:%M:%SZ").strip()


class Words(Peers):
    """What the commands say, in Chinese and English, and what they refuse."""

    @classmethod
    def make(cls):
        (cls.dir / "document").write_text("x")

    def refused(self, *command, status, says):
        done = subprocess.run([YIQIAN, "ts", *command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=self.dir, env=ENVIRONMENT,
                              timeout=60)
        self.assertEqual(done.returncode, status, done.stderr)
        self.assertIn(says, done.stderr)

    def test_refusals(self):
        self.refused("query", status=2, says="give a file, or --imprint")
        self.refused("query", "document", "--imprint", "00", status=2, says="give a file, or --imprint")
        self.refused("query", "--imprint", "00", status=2, says="a digest is hex of its algorithm's length")
        self.refused("query", "document", "--policy", "x", status=2, says="object identifier")
        self.refused("query", "nowhere", status=1, says="nowhere")
        self.refused("show", "document", status=1, says="no timestamp query, response or token")
        self.refused("verify", "--token", "document", status=2, says="give a file, --imprint or --query")
        self.refused("verify", "--token", "document", "document", "--crl", "x", status=2, says="--crl goes with --root")
        self.command(YIQIAN, "ts", "query", "document", "--output", "q.tsq")
        self.refused("verify", "--token", "q.tsq", "document", "--root", "document", status=1, says="this is a query")
        self.refused("reply", "q.tsq", status=2, says="--output")
        self.refused("reply", "q.tsq", "--url", "ftp://x/", "--output", "r", status=2, says="address")
        self.refused("reply", "q.tsq", "--url", "http://127.0.0.1:1/tsa", "--output", "r", status=3, says="cannot be reached")

    def test_a_query_in_words(self):
        self.command(YIQIAN, "ts", "query", "--imprint", "11" * 32, "--no-nonce", "--output", "q.tsq")
        self.assertIn("11" * 32, self.command(YIQIAN, "ts", "show", "q.tsq"))
        self.assertEqual(json.loads(self.command(YIQIAN, "--json", "ts", "show", "q.tsq")),
                         {"hash": "sm3", "imprint_hex": "11" * 32, "policy": None, "nonce": None, "certificates": False})
        chinese = subprocess.run([YIQIAN, "ts", "show", "q.tsq"], stdout=subprocess.PIPE, text=True, cwd=self.dir, check=True,
                                 env={**ENVIRONMENT, "LC_ALL": "zh_CN.UTF-8"}).stdout
        self.assertIn("时间戳请求", chinese)


if __name__ == "__main__":
    YIQIAN = sys.argv.pop(1)
    unittest.main(verbosity=2)
