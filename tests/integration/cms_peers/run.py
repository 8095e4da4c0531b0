#!/usr/bin/env python3
"""run.py CMS_PEER: SignedData of ours read and verified by BouncyCastle and read by OpenSSL, and BouncyCastle's by us.

Ours is CMS_PEER, BouncyCastle's is Bc.java; both know `issue DIR` and `accept DIR`. BouncyCastle's CMSSignedData takes the
identifiers of RFC 5652 only, as OpenSSL's `cms` does: GM/T 0010 is taken apart as ASN.1 by both, and its signature verified by
BouncyCastle's SM2 over its bytes. OpenSSL only reads.
"""

import itertools
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

OURS = ""
JARS = ":".join(f"/usr/share/java/{name}.jar" for name in ("bcprov", "bcpkix", "bcutil"))
FILES = ["_".join(part for part in parts if part) for parts in itertools.product(("gm", "rfc"), ("attached", "detached"), ("", "plain"))]


def run(*command, fails=False):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120)
    if (done.returncode != 0) != fails:
        raise AssertionError(f"{' '.join(map(str, command))}: exit status {done.returncode}\n{done.stdout}")
    return done.stdout


def bouncy_castle(act, directory, fails=False):
    return run("java", "-cp", JARS, pathlib.Path(__file__).with_name("Bc.java"), act, directory, fails=fails)


class Peers(unittest.TestCase):
    def setUp(self):
        self.made = tempfile.TemporaryDirectory()
        self.dir = pathlib.Path(self.made.name)

    def tearDown(self):
        self.made.cleanup()

    def changed(self, name, offset):
        """The octet there (from the end, where negative) with its last bit flipped."""
        data = bytearray((self.dir / name).read_bytes())
        data[offset] ^= 1
        (self.dir / name).write_bytes(data)


class BouncyCastle(Peers):
    def test_it_accepts_ours(self):
        run(OURS, "issue", self.dir)
        bouncy_castle("accept", self.dir)

    def test_it_refuses_ours_changed(self):
        run(OURS, "issue", self.dir)
        self.changed("rfc_detached.p7s", -1)  # s of the signature
        self.assertIn("rfc_detached.p7s: signature", bouncy_castle("accept", self.dir, fails=True))

    def test_we_accept_its(self):
        bouncy_castle("issue", self.dir)
        run(OURS, "accept", self.dir)

    def test_we_refuse_its_changed(self):
        bouncy_castle("issue", self.dir)
        self.changed("detached.p7s", -1)
        self.assertIn("signature of detached.p7s", run(OURS, "accept", self.dir, fails=True))
        self.changed("detached.p7s", -1)
        self.changed("document", 0)
        self.assertIn("attached.p7s", run(OURS, "accept", self.dir, fails=True))


class OpenSsl(Peers):
    def setUp(self):
        super().setUp()
        run(OURS, "issue", self.dir)

    def test_it_reads_rfc_5652(self):
        for name in (name for name in FILES if name.startswith("rfc")):
            with self.subTest(name):
                text = run("openssl", "cms", "-cmsout", "-print", "-inform", "DER", "-in", self.dir / f"{name}.p7s", "-noout")
                for part in ("pkcs7-signedData", "algorithm: sm3 (1.2.156.10197.1.401)", "eContentType: pkcs7-data (1.2.840.113549.1.7.1)",
                             "d.issuerAndSerialNumber", "algorithm: SM2-with-SM3 (1.2.156.10197.1.501)"):
                    self.assertIn(part, text)
                self.assertEqual("eContent: <ABSENT>" in text, "detached" in name)
                for part in ("object: contentType", "object: signingTime", "UTCTIME:Jun  1 00:00:00 2026 GMT", "object: messageDigest",
                             "object: id-smime-aa-signingCertificateV2"):
                    self.assertEqual(part in text, "plain" not in name, part)

    def test_it_reads_gm_t_0010_as_asn1(self):
        for name in (name for name in FILES if name.startswith("gm")):
            with self.subTest(name):
                text = run("openssl", "asn1parse", "-inform", "DER", "-in", self.dir / f"{name}.p7s")
                types = re.findall(r"1\.2\.156\.10197\.6\.1\.4\.2\.\d", text)
                # SignedData, the content's type and, in the attributes, once more
                data = "1.2.156.10197.6.1.4.2.1"
                self.assertEqual(types, ["1.2.156.10197.6.1.4.2.2", data] + ([] if "plain" in name else [data]))


if __name__ == "__main__":
    OURS = sys.argv.pop(1)
    unittest.main(verbosity=2)
