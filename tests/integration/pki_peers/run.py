#!/usr/bin/env python3
"""run.py PKI_PEER: certificates, requests and CRLs of three implementations, each accepted by the others.

Ours is PKI_PEER, BouncyCastle's is Bc.java; both know `issue DIR` and `accept DIR`. OpenSSL is its command line. OpenSSL 3.0
takes the empty ID for SM2 unless it is told, and tells only the leaf, so a chain is shown link by link with -partial_chain; it
cannot be told an ID for a CRL or a root's own signature, so these signatures are checked over their bytes.
"""

import pathlib
import subprocess
import sys
import tempfile
import unittest

OURS = ""
ID = "distid:1234567812345678"
AT = "1780272000"  # 2026-06-01T00:00:00Z, the time that pki_peer.c and Bc.java take
JARS = ":".join(f"/usr/share/java/{name}.jar" for name in ("bcprov", "bcpkix", "bcutil"))
LINKS = (("person.cer", "issuing.cer"), ("revoked.cer", "issuing.cer"), ("issuing.cer", "root.cer"))

CONFIGURATION = """
[ca]
default_ca = one
[one]
database = {directory}/database
new_certs_dir = {directory}
rand_serial = yes
default_md = sm3
policy = any
unique_subject = no
x509_extensions = extensions
[any]
countryName = optional
organizationName = optional
commonName = supplied
[extensions]
{extensions}
"""


def run(*command, fails=False):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120)
    if (done.returncode != 0) != fails:
        raise AssertionError(f"{' '.join(map(str, command))}: exit status {done.returncode}\n{done.stdout}")
    return done.stdout


def openssl(*arguments, fails=False):
    return run("openssl", *arguments, fails=fails)


def bouncy_castle(act, directory):
    return run("java", "-cp", JARS, pathlib.Path(__file__).with_name("Bc.java"), act, directory)


def verify_link(certificate, issuer, fails=False):
    return openssl("verify", "-vfyopt", ID, "-attime", AT, "-partial_chain", "-trusted", issuer, certificate, fails=fails)


def flip_last_bit(source, target):
    der = bytearray(source.read_bytes())
    der[-1] ^= 1
    target.write_bytes(der)
    return target


def der_values(data):
    """(tag, content, whole) of each value in data; short and two-octet lengths are all that occurs here."""
    at = 0
    while at < len(data):
        start, first = at, data[at + 1]
        header = 2 + (first & 0x7F if first >= 0x80 else 0)
        length = int.from_bytes(data[at + 2 : at + header], "big") if first >= 0x80 else first
        at += header + length
        yield data[start], data[start + header : at], data[start:at]


class Peers(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.dir = pathlib.Path(holder.name)

    def file(self, name):
        return self.dir / name


class OpensslAcceptsOurs(Peers):
    def setUp(self):
        super().setUp()
        run(OURS, "issue", self.dir)

    def test_each_link(self):
        for certificate, issuer in LINKS:
            with self.subTest(certificate):
                self.assertIn(": OK", verify_link(self.file(certificate), self.file(issuer)))
                flipped = flip_last_bit(self.file(certificate), self.file("flipped.cer"))
                verify_link(flipped, self.file(issuer), fails=True)
        verify_link(self.file("person.cer"), self.file("root.cer"), fails=True)

    def test_text(self):
        text = openssl("x509", "-in", self.file("person.cer"), "-noout", "-text", "-nameopt", "utf8,sep_comma_plus_space")
        for part in (
            "Version: 3 (0x2)",
            "Signature Algorithm: SM2-with-SM3",
            "Issuer: C=CN, O=仁济示范医院, OU=信息科, CN=仁济示范医院签发CA",
            "Subject: C=CN, O=仁济示范医院, OU=信息科, CN=张晓明, serialNumber=D1001",
            "Not Before: Jan  1 00:00:00 2026 GMT",
            "ASN1 OID: SM2",
            "X509v3 Key Usage: critical",
            "Digital Signature, Non Repudiation",
            "URI:http://ca.example.org/v1/crl/issuing.crl",
            "CA Issuers - URI:http://ca.example.org/v1/ca/issuing.cer",
            "1.2.156.10260.4.1.1:",
        ):
            self.assertIn(part, text)
        self.assertNotIn("X509v3 Basic Constraints", text)
        text = openssl("x509", "-in", self.file("issuing.cer"), "-noout", "-text")
        self.assertIn("CA:TRUE, pathlen:0", text)
        self.assertIn("Certificate Sign, CRL Sign", text)
        text = openssl("x509", "-in", self.file("root.cer"), "-noout", "-text")
        self.assertIn("Not After : Jan  1 00:00:00 2060 GMT", text)

    def test_request(self):
        check = ("req", "-verify", "-vfyopt", ID, "-noout", "-inform", "DER", "-in")
        self.assertIn("verify OK", openssl(*check, self.file("person.csr"), "-text"))
        flipped = flip_last_bit(self.file("person.csr"), self.file("flipped.csr"))
        done = subprocess.run(["openssl", *check, flipped], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.assertNotIn("verify OK", done.stdout)  # the exit status of `req` is 0 all the same

    def test_crl_text(self):
        text = openssl("crl", "-in", self.file("issuing.crl"), "-noout", "-text")
        for part in (
            "Version 2 (0x1)",
            "Signature Algorithm: SM2-with-SM3",
            "Last Update: May 31 00:00:00 2026 GMT",
            "Next Update: Jun  7 00:00:00 2026 GMT",
            "X509v3 CRL Number: \n                300",
            "Revocation Date: May  1 00:00:00 2026 GMT",
            "Key Compromise",
            "Serial Number: 7F01",
        ):
            self.assertIn(part, text)
        self.assertIn("No Revoked Certificates", openssl("crl", "-in", self.file("root.crl"), "-noout", "-text"))

    def test_signatures_over_their_bytes(self):
        for name, issuer in (("root.cer", "root.cer"), ("root.crl", "root.cer"), ("issuing.crl", "issuing.cer")):
            with self.subTest(name):
                (_, content, _), *rest = der_values(self.file(name).read_bytes())
                self.assertEqual(rest, [])
                (_, _, tbs), _, (_, signature, _) = der_values(content)
                self.file("tbs").write_bytes(tbs)
                self.file("signature").write_bytes(signature[1:])
                self.file("key").write_text(openssl("x509", "-in", self.file(issuer), "-noout", "-pubkey"))
                command = ("dgst", "-sm3", "-sigopt", ID, "-verify", self.file("key"))
                check = (*command, "-signature", self.file("signature"), self.file("tbs"))
                self.assertIn("Verified OK", openssl(*check))
                flip_last_bit(self.file("tbs"), self.file("tbs"))
                openssl(*check, fails=True)


class WeAcceptOpenssls(Peers):
    def key(self, name):
        openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:SM2", "-out", self.file(f"{name}.key"))
        return self.file(f"{name}.key")

    def request(self, name, subject):
        made = ("req", "-new", "-utf8", "-sm3", "-sigopt", ID, "-key", self.key(name), "-subj", subject)
        openssl(*made, "-outform", "DER", "-out", self.file(f"{name}.csr"))

    def certificate(self, name, issuer, extensions):
        """By `openssl ca`, which can be told the period; it is `issuer` that signs."""
        self.file("database").write_text("")
        self.file("config").write_text(CONFIGURATION.format(directory=self.dir, extensions="\n".join(extensions)))
        ca = ("-selfsign",) if issuer == name else ("-cert", self.file(f"{issuer}.pem"))
        how = ("-batch", "-notext", "-config", self.file("config"), "-vfyopt", ID, "-sigopt", ID)
        period = ("-startdate", "20260101000000Z", "-enddate", "20300101000000Z")
        given = ("-keyfile", self.file(f"{issuer}.key"), "-inform", "DER", "-in", self.file(f"{name}.csr"))
        openssl("ca", *how, *period, *ca, *given, "-out", self.file(f"{name}.pem"))
        openssl("x509", "-in", self.file(f"{name}.pem"), "-outform", "DER", "-out", self.file(f"{name}.cer"))

    def test_certificates(self):
        ca = ["keyUsage = critical, keyCertSign, cRLSign", "subjectKeyIdentifier = hash"]
        names = {"root": "/C=CN/CN=示范根CA", "issuing": "/C=CN/CN=示范签发CA", "person": "/C=CN/O=示范/CN=张晓明"}
        for name, subject in names.items():
            self.request(name, subject)
        self.certificate("root", "root", ["basicConstraints = critical, CA:TRUE", *ca])
        self.certificate("issuing", "root", ["basicConstraints = critical, CA:TRUE, pathlen:0", *ca,
                                             "authorityKeyIdentifier = keyid, issuer:always"])
        self.certificate("person", "issuing", ["keyUsage = critical, digitalSignature, nonRepudiation",
                                               "basicConstraints = CA:FALSE", "authorityKeyIdentifier = keyid",
                                               "crlDistributionPoints = URI:http://ca.example.org/1.crl",
                                               "authorityInfoAccess = caIssuers;URI:http://ca.example.org/1.cer"])
        run(OURS, "accept", self.dir)

    def test_requests(self):
        self.request("person", "/C=CN/O=仁济示范医院/CN=张晓明")
        run(OURS, "request", self.file("person.csr"))
        self.assertIn("signature_invalid",
                      run(OURS, "request", flip_last_bit(self.file("person.csr"), self.file("flipped.csr")), fails=True))

    def test_a_request_with_another_id_is_refused(self):
        key = self.key("person")
        openssl("req", "-new", "-sm3", "-sigopt", "distid:another", "-key", key, "-subj", "/CN=x", "-outform", "DER",
                "-out", self.file("person.csr"))
        self.assertIn("signature_invalid", run(OURS, "request", self.file("person.csr"), fails=True))

    def test_a_request_with_attributes(self):
        key = self.key("person")
        openssl("req", "-new", "-sm3", "-sigopt", ID, "-key", key, "-subj", "/CN=x", "-outform", "DER",
                "-addext", "subjectAltName=email:zhang@example.org", "-out", self.file("person.csr"))
        run(OURS, "request", self.file("person.csr"))


class BouncyCastle(Peers):
    def test_it_accepts_ours(self):
        run(OURS, "issue", self.dir)
        bouncy_castle("accept", self.dir)

    def test_we_accept_its(self):
        bouncy_castle("issue", self.dir)
        run(OURS, "accept", self.dir)

    def test_we_accept_our_own(self):
        run(OURS, "issue", self.dir)
        run(OURS, "accept", self.dir)


if __name__ == "__main__":
    OURS = sys.argv.pop(1)
    unittest.main(verbosity=2)
