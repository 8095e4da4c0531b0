#!/usr/bin/env python3
"""run.py TSA_PEER [SEED]: timestamp requests of BouncyCastle, OpenSSL's command line and rfc3161ng, answered by TSA_PEER, and each answer
checked by whoever knows its algorithm: BouncyCastle all three, in both profiles; `openssl ts -verify` P-256 and RSA; rfc3161ng RSA.
"""

import hashlib
import pathlib
import random
import subprocess
import sys
import tempfile
import unittest

import rfc3161ng
from pyasn1.codec.der import encoder

OURS = ""
SEED = random.SystemRandom().randrange(1 << 32)
JARS = ":".join(f"/usr/share/java/{name}.jar" for name in ("bcprov", "bcpkix", "bcutil"))
NOW = 1790000000123456  # 2026-09-21, in microseconds; the certificates' periods contain it
FAILURES = {"badAlg": 0, "badRequest": 2, "badDataFormat": 5, "unacceptedExtension": 16}
OPENSSL_WORDS = {0: "unrecognized or unsupported algorithm identifier", 2: "transaction not permitted or supported",
                 5: "the data submitted has the wrong format", 16: "the requested extension is not supported by the TSA"}


def run(*command, fails=False):
    done = subprocess.run(list(map(str, command)), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=300)
    if (done.returncode != 0) != fails:
        raise AssertionError(f"{' '.join(map(str, command))}: exit status {done.returncode}\n{done.stdout}")
    return done.stdout


def bouncy_castle(act, directory, *arguments):
    return run("java", "-cp", JARS, pathlib.Path(__file__).with_name("Bc.java"), act, directory, *arguments)


def name_of(rng, algorithm, profile="rfc"):
    """As tsa_peer.c reads it: digits, ordering, accuracy and time."""
    accuracy = rng.choice((0, 1, 999)) + 1000 * rng.choice((0, 999)) + 1000000 * rng.choice((0, 1, 60))
    return f"{algorithm}-{profile}-{rng.randrange(7)}-{rng.randrange(2)}-{accuracy}-{NOW + rng.randrange(10**9)}"


def tlv(tag, content):
    n = len(content)
    length = bytes([n]) if n < 0x80 else bytes([0x81, n]) if n < 0x100 else bytes([0x82, n >> 8, n & 0xFF])
    return bytes([tag]) + length + content


class Peers(unittest.TestCase):
    def setUp(self):
        made = tempfile.TemporaryDirectory()
        self.addCleanup(made.cleanup)
        self.dir = pathlib.Path(made.name)
        self.rng = random.Random(SEED)

    def answer(self):
        run(OURS, "answer", self.dir)
        for der in self.dir.glob("*.cer"):
            run("openssl", "x509", "-inform", "DER", "-in", der, "-out", der.with_suffix(".pem"))

    def answers(self, algorithms):
        found = [path for path in sorted(self.dir.glob("*.tsr")) if path.name.split("-")[0] in algorithms]
        self.assertTrue(found)
        return found

    def verify(self, answer, *what, fails=False):
        algorithm = answer.name.split("-")[0]
        return run("openssl", "ts", "-verify", "-in", answer, *what, "-CAfile", self.dir / f"{algorithm}_root.pem",
                   "-untrusted", self.dir / f"{algorithm}.pem", fails=fails)


class BouncyCastle(Peers):
    def test_requests_of_every_shape(self):
        bouncy_castle("request", self.dir, 240, SEED)
        self.answer()
        self.assertEqual(bouncy_castle("check", self.dir), "240 checked\n")
        # P-256 and RSA once more, by OpenSSL
        for answer in self.answers(("p256", "rsa")):
            self.assertIn("Verification: OK", self.verify(answer, "-queryfile", answer.with_suffix(".tsq")))

    def test_an_answer_to_another_request(self):
        bouncy_castle("request", self.dir, 2, SEED)
        self.answer()
        one, two = self.answers(("sm2", "p256", "rsa"))
        one.write_bytes(two.read_bytes())
        with self.assertRaisesRegex(AssertionError, "TSPValidationException"):
            bouncy_castle("check", self.dir)


class OpenSsl(Peers):
    def query(self, algorithm, *how):
        path = self.dir / f"{name_of(self.rng, algorithm)}-ossl{len(list(self.dir.iterdir()))}.tsq"
        run("openssl", "ts", "-query", "-data", self.document, *how, "-out", path)
        return path

    def setUp(self):
        super().setUp()
        self.document = self.dir / "document"
        self.document.write_text("出院小结：病情平稳，予以出院。\n")

    def test_its_queries_and_its_verifier(self):
        for algorithm in ("p256", "rsa"):
            for digest in ("-sm3", "-sha256", "-sha384", "-sha512"):
                for how in ((), ("-cert",), ("-no_nonce",), ("-cert", "-no_nonce", "-tspolicy", "1.2.3.4.1")):
                    self.query(algorithm, digest, *how)
        self.answer()
        other = self.dir / "other"
        other.write_text("x")
        for answer in self.answers(("p256", "rsa")):
            self.assertIn("Verification: OK", self.verify(answer, "-queryfile", answer.with_suffix(".tsq")))
            self.assertIn("Verification: OK", self.verify(answer, "-data", self.document))
            self.verify(answer, "-data", other, fails=True)
            text = run("openssl", "ts", "-reply", "-in", answer, "-text")
            self.assertIn("Status: Granted.", text)
            self.assertEqual("Ordering: yes" in text, answer.name.split("-")[3] == "1")
            self.assertIn("TSA: DirName:", text)

    def test_it_reads_sm2(self):
        for how in (("-sm3",), ("-sm3", "-cert"), ("-sha256", "-no_nonce")):
            self.query("sm2", *how)
        self.answer()
        for answer in self.answers(("sm2",)):
            text = run("openssl", "ts", "-reply", "-in", answer, "-text")
            for part in ("Status: Granted.", "Policy OID: 2.25.92789953449470946607310693012765490645.1.1"):
                self.assertIn(part, text)
            # The chain and all that needs no SM2 under the default ID (which the command cannot be told): the unit's certificate.
            run("openssl", "verify", "-vfyopt", "distid:1234567812345678", "-purpose", "timestampsign", "-partial_chain", "-trusted",
                self.dir / "sm2_root.pem", self.dir / "sm2.pem")

    def test_the_units_certificates(self):
        self.query("rsa", "-sha256")
        self.answer()
        for algorithm in ("sm2", "p256", "rsa"):
            text = run("openssl", "x509", "-in", self.dir / f"{algorithm}.pem", "-noout", "-text")
            self.assertIn("X509v3 Extended Key Usage: critical\n                Time Stamping\n", text)
            self.assertIn("X509v3 Key Usage: critical\n                Digital Signature\n", text)
        self.assertIn("Public-Key: (3072 bit)", text)


class Rfc3161ng(Peers):
    def test_its_requests_and_its_check(self):
        asked = {}
        for i in range(40):
            hashname = self.rng.choice(("sha256", "sha384", "sha512"))
            digest = hashlib.new(hashname, self.rng.randbytes(20)).digest()
            nonce = self.rng.choice((None, 0, -self.rng.getrandbits(200), self.rng.getrandbits(255), self.rng.getrandbits(64)))
            policy = self.rng.choice((None, (1, 2, 3, 4, 1)))
            certificates = self.rng.random() < 0.5
            request = rfc3161ng.make_timestamp_request(digest=digest, hashname=hashname, nonce=nonce, tsa_policy_id=policy,
                                                       include_tsa_certificate=certificates)
            name = f"{name_of(self.rng, 'rsa')}-ng{i}"
            (self.dir / f"{name}.tsq").write_bytes(rfc3161ng.encode_timestamp_request(request))
            asked[name] = (hashname, digest, nonce, certificates)
        self.answer()
        for name, (hashname, digest, nonce, certificates) in asked.items():
            with self.subTest(name):
                response = rfc3161ng.decode_timestamp_response((self.dir / f"{name}.tsr").read_bytes())
                token = encoder.encode(response.time_stamp_token)
                unit = b"" if certificates else (self.dir / "rsa.pem").read_bytes()
                if certificates:  # it takes the first of the set, which the order of DER decides
                    unit = (self.dir / "rsa.cer").read_bytes()
                check = {"certificate": unit, "digest": digest, "hashname": hashname, "nonce": nonce}
                self.assertTrue(rfc3161ng.check_timestamp(token, **check))
                with self.assertRaises(ValueError):
                    rfc3161ng.check_timestamp(token, **{**check, "digest": bytes(len(digest))})
                digits, time = int(name.split("-")[2]), int(name.split("-")[5])
                said = rfc3161ng.get_timestamp(token, naive=False).timestamp()
                cut = time // 10 ** (6 - digits) * 10 ** (6 - digits)
                self.assertLessEqual(abs(round(said * 1000000) - cut), 1)  # it reads the fraction as a float


class Refusals(Peers):
    def request(self, version=1, hash_oid="06082a811ccf55018311", imprint=bytes(32), rest=b"", parameters=b"\x05\x00"):
        algorithm = tlv(0x30, bytes.fromhex(hash_oid) + parameters)
        return tlv(0x30, tlv(2, bytes([version])) + tlv(0x30, algorithm + tlv(4, imprint)) + rest)

    def test_each_is_well_formed_and_says_why(self):
        extension = tlv(0xA0, tlv(0x30, bytes.fromhex("06022a03") + tlv(4, b"\x05\x00")))
        cases = {
            "badAlg": [self.request(hash_oid="06052b0e03021a", imprint=bytes(20)),  # SHA-1
                       self.request(hash_oid="06082a864886f70d0205", imprint=bytes(16)),  # MD5
                       self.request(hash_oid="06022a03"), self.request(parameters=b"\x02\x01\x01")],
            "badRequest": [self.request(version=2), self.request(rest=tlv(2, b"\x11" * 33)), self.request(rest=bytes(5000))],
            "badDataFormat": [b"", b"\x30", b"hello", self.request() + b"\0", self.request(imprint=bytes(31)),
                              self.request(rest=b"\x01\x01\x00"), self.request(rest=b"\x02\x02\x00\x01"),
                              self.request(rest=tlv(0xA0, b""))],
            "unacceptedExtension": [self.request(rest=extension)],
        }
        expected = {}
        for failure, requests in cases.items():
            for i, request in enumerate(requests):
                name = f"sm2-rfc-0-0-0-{NOW}-{failure}-{i}"
                (self.dir / f"{name}.tsq").write_bytes(request)
                expected[name] = FAILURES[failure]
        self.answer()
        told = dict(line.split(" ", 1) for line in bouncy_castle("refused", self.dir).splitlines())
        self.assertEqual(len(told), len(expected))
        for name, bit in expected.items():
            with self.subTest(name):
                text = run("openssl", "ts", "-reply", "-in", self.dir / f"{name}.tsr", "-text")
                self.assertIn("Status: Rejected.", text)
                self.assertIn(f"Failure info: {OPENSSL_WORDS[bit]}", text)
                self.assertIn("request refused", text)
                # BouncyCastle's number has the first bit of each octet highest: PKIFailureInfo.badAlg = 1 << 7
                failure, words = told[f"{name}.tsr"].split(" ", 1)
                self.assertEqual(int(failure), 1 << (bit // 8 * 8 + 7 - bit % 8))
                self.assertIn("请求被拒绝", words)


if __name__ == "__main__":
    OURS = sys.argv.pop(1)
    if len(sys.argv) > 1 and sys.argv[1].isdigit():
        SEED = int(sys.argv.pop(1))
    print(f"seed {SEED}", file=sys.stderr)
    unittest.main(verbosity=2)
