"""Signatures of people whom another hospital's CA certified, made by OpenSSL: verified where its root is trusted for signatures, and for nothing else."""
import base64
import datetime
import pathlib
import subprocess
import tempfile
import unittest

from server import Server

ID = "distid:1234567812345678"
DOCUMENT = "转诊记录：患者张三（虚构），建议上级医院进一步检查。\n".encode()
REVOKED = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(hours=1)
CONFIG = """[ca]
default_ca=d
[d]
database=index.txt
policy=any
rand_serial=yes
default_md=sm3
default_crl_days=7
crlnumber=number
[root]
basicConstraints=critical,CA:TRUE
keyUsage=critical,keyCertSign,cRLSign
subjectKeyIdentifier=hash
[issuing]
basicConstraints=critical,CA:TRUE,pathlen:0
keyUsage=critical,keyCertSign,cRLSign
subjectKeyIdentifier=hash
authorityKeyIdentifier=keyid
[leaf]
keyUsage=critical,digitalSignature,nonRepudiation
subjectKeyIdentifier=hash
authorityKeyIdentifier=keyid
[machine]
keyUsage=critical,digitalSignature
subjectKeyIdentifier=hash
authorityKeyIdentifier=keyid
[any_use]
subjectKeyIdentifier=hash
authorityKeyIdentifier=keyid
[silent]
basicConstraints=critical,CA:TRUE
keyUsage=critical,keyCertSign
subjectKeyIdentifier=hash
[of_some]
issuingDistributionPoint=critical,@some
[some]
onlyuser=TRUE
[req]
distinguished_name=dn
[dn]
[any]
countryName=optional
organizationName=optional
commonName=supplied
serialNumber=optional
"""


def days(n):
    return datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=n)


class Hospital:
    """Another hospital's CA: root, issuing CA, and a doctor."""

    def __init__(self, begun=0):
        self.place = tempfile.TemporaryDirectory(prefix="yiqian-foreign-")
        self.folder = pathlib.Path(self.place.name)
        (self.folder / "ca.cnf").write_text(CONFIG)
        (self.folder / "number").write_text("01\n")
        self.certify("root", None, "Example Root", "root", begun, 3650)
        self.certify("issuing", "root", "Example Issuing", "issuing", begun)
        self.certify("doctor", "issuing", "Li Si/serialNumber=W2001", "leaf", begun)

    def run(self, *arguments):
        return subprocess.run(("openssl", *arguments), cwd=self.folder, capture_output=True, check=True).stdout

    def key(self, name):
        self.run("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:SM2", "-pkeyopt", "ec_param_enc:named_curve", "-out", f"{name}.key")

    def certify(self, name, issuer, subject, extensions, begun=0, end=300):
        """begun, end: of its period, in days from now. Without an issuer it is its own."""
        self.key(name)
        self.run("req", "-new", "-key", f"{name}.key", "-subj", "/C=CN/O=Example Hospital/CN=" + subject, "-sm3", "-sigopt", ID, "-config", "ca.cnf", "-out", f"{name}.csr")
        (self.folder / "index.txt").write_text("")
        by = ("-cert", f"{issuer}.pem", "-keyfile", f"{issuer}.key") if issuer else ("-selfsign", "-keyfile", f"{name}.key")
        self.run("ca", "-batch", "-notext", "-config", "ca.cnf", "-in", f"{name}.csr", *by, "-outdir", ".", "-preserveDN", "-startdate", f"{days(begun):%Y%m%d%H%M%SZ}",
                 "-enddate", f"{days(end):%Y%m%d%H%M%SZ}", "-vfyopt", ID, "-sigopt", ID, "-extfile", "ca.cnf", "-extensions", extensions, "-out", f"{name}.pem")

    def der(self, name):
        return base64.b64encode(self.run("x509", "-in", f"{name}.pem", "-outform", "DER")).decode()

    def crl(self, name, revoked=None, made=0, extensions=None):
        """made: in days from now; it holds a week."""
        serial = revoked and self.run("x509", "-in", f"{revoked}.pem", "-noout", "-serial").decode().strip().partition("=")[2]
        (self.folder / "index.txt").write_text(f"R\t401231235959Z\t{REVOKED:%y%m%d%H%M%S}Z,keyCompromise\t{serial}\tunknown\t/CN=x\n" if revoked else "")
        self.run("ca", "-config", "ca.cnf", "-gencrl", "-cert", f"{name}.pem", "-keyfile", f"{name}.key", "-sigopt", ID, "-crl_lastupdate", f"{days(made):%Y%m%d%H%M%SZ}", "-crl_nextupdate",
                 f"{days(made + 7):%Y%m%d%H%M%SZ}", "-out", "crl.pem", *(("-crlexts", extensions) if extensions else ()))
        return base64.b64encode((self.folder / "crl.pem").read_bytes()).decode()

    def sign(self, name, document):
        (self.folder / "document").write_bytes(document)
        return base64.b64encode(self.run("pkeyutl", "-sign", "-inkey", f"{name}.key", "-rawin", "-digest", "sm3", "-pkeyopt", ID, "-in", "document")).decode()


class Foreign(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server, cls.there = Server(), Hospital()
        cls.system = cls.server.system()
        cls.signature = cls.there.sign("doctor", DOCUMENT)

    @classmethod
    def tearDownClass(cls):
        cls.server.close()
        cls.there.place.cleanup()

    def tearDown(self):
        for one in self.server.operate("GET", "/v1/tsa/roots")["items"]:
            self.server.operate("DELETE", f"/v1/tsa/roots/{one['root']}")

    def trust(self, name="root", purposes=("signature",), expect=(201,)):
        return self.server.operate("POST", "/v1/tsa/roots", {"name": "示例医院", "certificate": self.there.der(name), "purposes": list(purposes)}, expect=expect)

    def give(self, root, *lists, there=None):
        for one in lists:
            self.server.operate("PATCH", f"/v1/tsa/roots/{root['root']}", {"crl": one, "issuer": (there or self.there).der("issuing")})

    def verify(self, **change):
        body = {"form": "raw", "document": base64.b64encode(DOCUMENT).decode(), "signature": self.signature, "certificate": self.there.der("doctor"),
                "intermediates": [self.there.der("issuing")], **change}
        status, answer = self.system.call("POST", "/v1/verify", body)
        self.assertEqual(status, 200, answer)
        return answer, {one["check"]: one["code"] for one in answer["checks"]}

    def test_trusted_with_its_lists(self):
        answer, codes = self.verify()
        self.assertEqual((answer["valid"], codes["chain"], answer["signer"]["trusted_root"]), (False, "root_untrusted", None))
        root = self.trust()
        self.assertEqual(root["purposes"], ["signature"])
        # Nobody says yet whether it was revoked, and one list of two says it of one.
        answer, codes = self.verify()
        self.assertEqual((answer["valid"], codes["chain"], codes["revocation"]), (False, "chain_trusted", "no_revocation_data"))
        self.give(root, self.there.crl("issuing"))
        self.assertEqual(self.verify()[1]["revocation"], "no_revocation_data")
        self.give(root, self.there.crl("root"))
        answer, codes = self.verify()
        self.assertEqual((answer["valid"], codes["revocation"], answer["signer"]["issued_here"], answer["signer"]["name"]), (True, "not_revoked", False, "Li Si"))
        self.assertEqual(answer["signer"]["trusted_root"], {"root": root["root"], "name": "示例医院", "subject": root["subject"]})
        # Not of what was changed, nor before the certificate began, nor without what stands between.
        self.assertFalse(self.verify(document=base64.b64encode(DOCUMENT + b" ").decode())[0]["valid"])
        self.assertEqual(self.verify(time=f"{days(-2):%Y-%m-%dT%H:%M:%SZ}")[1]["period"], "not_yet_valid")
        self.assertEqual(self.verify(intermediates=[])[1]["chain"], "root_untrusted")
        row = next(r for r in self.server.audit() if r["event"] == "tsa.root_add")
        self.assertIn("for=signature", row["detail"])
        self.server.operate("DELETE", f"/v1/tsa/roots/{root['root']}")
        self.assertEqual(self.verify()[1]["chain"], "root_untrusted")

    def test_revoked(self):
        root = self.trust()
        self.give(root, self.there.crl("root"), self.there.crl("issuing", "doctor"))
        answer, codes = self.verify()
        self.assertEqual((answer["valid"], codes["revocation"], answer["signer"]["revocation_reason"]), (False, "revoked", "keyCompromise"))
        self.assertEqual(answer["signer"]["revoked_at"][:19], f"{REVOKED:%Y-%m-%dT%H:%M:%S}")

    def test_the_issuing_ca_revoked(self):
        root = self.trust()
        self.give(root, self.there.crl("root", "issuing"), self.there.crl("issuing"))
        answer, codes = self.verify()
        self.assertEqual((answer["valid"], codes["revocation"]), (False, "revoked"))

    def test_a_list_that_has_nothing_to_do_with_the_root_is_refused(self):
        root = self.trust()
        path = f"/v1/tsa/roots/{root['root']}"
        other = Hospital() # of the same names, and other keys
        def refused(code, body):
            status, problem = self.server.operator.json("PATCH", path, body)
            self.assertEqual((problem.get("code"), problem.get("field")), (code, "crl"), problem)
            self.assertIn(" / ", problem["detail"])
            return problem["detail"]
        try:
            refused("signature_invalid", {"crl": other.crl("root")})
            self.assertIn("issuingDistributionPoint", refused("unsupported", {"crl": self.there.crl("root", extensions="of_some")}))
            self.assertIn("issuingDistributionPoint", refused("unsupported", {"crl": self.there.crl("issuing", extensions="of_some"), "issuer": self.there.der("issuing")}))
            refused("chain_invalid", {"crl": other.crl("issuing"), "issuer": self.there.der("issuing")})
            refused("chain_invalid", {"crl": other.crl("issuing"), "issuer": other.der("issuing")})
            refused("chain_invalid", {"crl": self.there.crl("issuing")})
            refused("chain_invalid", {"crl": base64.b64encode(self.server.http.raw("GET", "/pki/issuing.crl")[1]).decode()})
            self.assertEqual(self.server.operate("GET", "/v1/tsa/roots")["items"][0]["crls"], 0)
            # The CA's certificate may be in the list's own file.
            together = (self.there.folder / "issuing.pem").read_bytes() + base64.b64decode(self.there.crl("issuing"))
            self.assertEqual(self.server.operate("PATCH", path, {"crl": base64.b64encode(together).decode()})["crls"], 1)
            self.server.operate("DELETE", path)
            root = self.trust()
            self.give(root, self.there.crl("root"))
            self.assertEqual(self.verify()[1]["revocation"], "no_revocation_data")
            answer, codes = self.verify(certificate=other.der("doctor"), intermediates=[other.der("issuing")], signature=other.sign("doctor", DOCUMENT))
            self.assertEqual((answer["valid"], codes["signature"]), (False, "signature_valid"))
            self.assertIn(codes["chain"], ("root_untrusted", "chain_broken"))
        finally:
            other.place.cleanup()

    def test_each_purpose_is_its_own(self):
        root = self.trust(purposes=("timestamp",))
        self.give(root, self.there.crl("root"), self.there.crl("issuing"))
        self.assertEqual(self.verify()[1]["chain"], "root_untrusted")
        self.server.operate("DELETE", f"/v1/tsa/roots/{root['root']}")
        root = self.trust(purposes=("signature", "timestamp"))
        self.assertEqual(root["purposes"], ["timestamp", "signature"])
        self.assertEqual([one["purposes"] for one in self.server.operate("GET", "/v1/tsa/roots")["items"] if one["root"] == root["root"]], [root["purposes"]])
        self.assertEqual(self.verify()[1]["chain"], "chain_trusted")

    def test_an_issuing_ca_may_be_what_is_trusted(self):
        root = self.trust("issuing")
        self.give(root, self.there.crl("issuing"))
        self.assertTrue(self.verify(intermediates=[])[0]["valid"])

    def test_a_machine_signs_for_nobody(self):
        root = self.trust()
        self.give(root, self.there.crl("root"), self.there.crl("issuing"))
        for extensions in ("machine", "any_use"):
            self.there.certify(extensions, "issuing", "PACS", extensions)
            answer, codes = self.verify(certificate=self.there.der(extensions), signature=self.there.sign(extensions, DOCUMENT))
            self.assertEqual((answer["valid"], codes["signature"], codes["revocation"], codes["key_usage"]), (False, "signature_valid", "not_revoked", "usage_forbidden"))
        self.assertEqual(self.verify()[1]["key_usage"], "usage_allowed")

    def test_what_was_signed_in_another_form_is_no_document(self):
        digest = bytes(range(32))
        other = {"document": base64.b64encode(digest).decode(), "signature": self.there.sign("doctor", digest)}
        self.assertEqual(self.verify(**other)[1]["document"], "document_not_compared") # of whom nobody trusts nothing is said
        root = self.trust()
        self.give(root, self.there.crl("root"), self.there.crl("issuing"))
        answer, codes = self.verify(**other)
        self.assertEqual((answer["valid"], codes["signature"], codes["document"]), (False, "signature_valid", "content_ambiguous"))

    def test_a_list_from_after_the_certificates_end_says_nothing_of_it(self):
        there = Hospital(-300)
        try:
            there.certify("former", "issuing", "Wang Wu", "leaf", -300, -100)
            root = self.server.operate("POST", "/v1/tsa/roots", {"name": "旧院区", "certificate": there.der("root"), "purposes": ["signature"]})
            then = lambda: self.verify(certificate=there.der("former"), intermediates=[there.der("issuing")], signature=there.sign("former", DOCUMENT), time=f"{days(-150):%Y-%m-%dT%H:%M:%SZ}")
            # The root's list speaks of the issuing CA, whose certificate has not ended.
            self.give(root, there.crl("root"), there.crl("issuing", made=-120), there=there)
            answer, codes = then()
            self.assertEqual((answer["valid"], codes["revocation"]), (True, "not_revoked"))
            self.give(root, there.crl("issuing"), there=there)
            answer, codes = then()
            self.assertEqual((answer["valid"], codes["revocation"]), (False, "no_revocation_data"))
        finally:
            there.place.cleanup()

    def test_a_root_with_a_new_key(self):
        """Of the same name, certified by the old one: each key has its own list, which speaks of what it certified."""
        there = Hospital(-300)
        try:
            there.certify("renewed", "root", "Example Root", "issuing", -300)
            there.certify("former", "renewed", "Wang Wu", "leaf", -300, -100)
            root = self.server.operate("POST", "/v1/tsa/roots", {"name": "旧院区", "certificate": there.der("root"), "purposes": ["signature"]})
            hand_in = lambda **body: self.server.operate("PATCH", f"/v1/tsa/roots/{root['root']}", body, expect=(200, 422))
            then = lambda: self.verify(certificate=there.der("former"), intermediates=[there.der("renewed")], signature=there.sign("former", DOCUMENT), time=f"{days(-150):%Y-%m-%dT%H:%M:%SZ}")
            self.assertEqual(hand_in(crl=there.crl("renewed"))["code"], "signature_invalid")
            self.assertEqual(hand_in(crl=there.crl("root"))["crls"], 1)
            self.assertEqual(hand_in(crl=there.crl("renewed", made=-120), issuer=there.der("renewed"))["crls"], 2)
            # The old key's list is from after the signer's end, and speaks of the new key's certificate.
            answer, codes = then()
            self.assertEqual((answer["valid"], codes["revocation"]), (True, "not_revoked"))
            self.assertEqual(hand_in(crl=there.crl("root"))["crls"], 2)
            self.assertEqual(hand_in(crl=there.crl("renewed"), issuer=there.der("renewed"))["crls"], 2)
            self.assertEqual(then()[1]["revocation"], "no_revocation_data")
        finally:
            there.place.cleanup()

    def test_a_ca_that_signs_no_lists(self):
        there = Hospital()
        try:
            there.certify("root", None, "Example Root", "silent")
            root = self.server.operate("POST", "/v1/tsa/roots", {"name": "示例医院", "certificate": there.der("root"), "purposes": ["signature"]})
            problem = self.server.operate("PATCH", f"/v1/tsa/roots/{root['root']}", {"crl": there.crl("root")}, expect=(422,))
            self.assertEqual(problem["code"], "chain_invalid")
            self.assertIn("cRLSign", problem["detail"])
        finally:
            there.place.cleanup()

    def test_what_is_no_trust(self):
        for purposes in ([], ["signature", "signature"], ["mail"], ["signature", 7], "signature"):
            problem = self.server.operate("POST", "/v1/tsa/roots", {"name": "x", "certificate": self.there.der("root"), "purposes": purposes}, expect=(400,))
            self.assertTrue(problem["field"].startswith("purposes"), problem)
        self.assertEqual(self.trust("doctor", expect=(400,))["field"], "certificate")
        with tempfile.TemporaryDirectory() as place:
            path = pathlib.Path(place) / "rsa.pem"
            self.there.run("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "rsa.key", "-subj", "/CN=RSA Root", "-config", "ca.cnf", "-extensions", "root", "-out", str(path))
            body = {"name": "x", "certificate": base64.b64encode(path.read_bytes()).decode()}
            self.assertEqual(self.server.operate("POST", "/v1/tsa/roots", {**body, "purposes": ["signature"]}, expect=(400,))["field"], "certificate")
            self.server.operate("POST", "/v1/tsa/roots", body)


if __name__ == "__main__":
    unittest.main()
