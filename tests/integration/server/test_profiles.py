"""Certificate profiles against the real server: what a phone is issued by them, read byte for byte by OpenSSL and BouncyCastle."""
import base64
import pathlib
import re
import sqlite3
import subprocess
import tempfile
import unittest
import uuid

from phone import Phone, Refused
from server import Server

PIN = "274915"
DOCUMENT = b"text of a record " * 9
JARS = ":".join(f"/usr/share/java/{name}.jar" for name in ("bcprov", "bcpkix", "bcutil"))
LICENCE, IDENTITY = "110110000123456", "110101199001011234"
SUBJECT = [{"attribute": "C", "value": "CN"}, {"attribute": "O", "value": "{organisation}"}, {"attribute": "OU", "value": "{department}"},
           {"attribute": "CN", "value": "{name}"}, {"attribute": "serialNumber", "value": "{staff_no}"}]
# Extension, and its value as this test encodes it.
EXTENSIONS = [
    ({"oid": "1.2.156.10260.4.1.1", "type": "PrintableString", "tag": 0, "value": "{attribute:identity}", "missing": "refuse"},
     b"\xa0\x14\x13\x12" + IDENTITY.encode()),
    ({"oid": "1.2.156.10260.4.1.2", "type": "PrintableString", "value": "{attribute:licence}"}, b"\x13\x0f" + LICENCE.encode()),
    ({"oid": "1.2.156.99999.1", "type": "UTF8String", "value": "{department}·{name}"}, None),
    ({"oid": "1.2.156.99999.2", "type": "INTEGER", "value": "{attribute:licence}"}, b"\x02\x06" + int(LICENCE).to_bytes(6, "big")),
    ({"oid": "1.2.156.99999.3", "type": "BOOLEAN", "value": "true"}, b"\x01\x01\xff"),
    ({"oid": "1.2.156.99999.4", "type": "OCTET STRING", "value": "00ff"}, b"\x04\x02\x00\xff"),
    ({"oid": "1.2.156.99999.5", "type": "NULL"}, b"\x05\x00"),
    ({"oid": "1.2.156.99999.6", "type": "SEQUENCE OF UTF8String", "values": ["a", "{attribute:none}", "{staff_no}"]}, None),
    ({"oid": "1.2.156.99999.7", "type": "IA5String", "value": "{staff_no}@example.org"}, None),
    ({"oid": "1.2.156.99999.8", "type": "NumericString", "value": "{attribute:licence}"}, b"\x12\x0f" + LICENCE.encode()),
    ({"oid": "2.5.29.32", "type": "DER", "value": base64.b64encode(bytes.fromhex("3008300606042a817048")).decode()},
     bytes.fromhex("3008300606042a817048")),
    ({"oid": "1.2.156.99999.9", "type": "UTF8String", "value": "{attribute:none}"}, False),  # left out
]


def utf8(text):
    data = text.encode()
    return b"\x0c" + bytes([len(data)]) + data


def definition(extensions=(), **more):
    return {"key_usage": {"bits": ["digitalSignature", "nonRepudiation"]}, "subject": SUBJECT, "extensions": list(extensions), **more}


def run(*command, data=None):
    return subprocess.run(command, input=data, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120, check=False).stdout


class Profiles(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.system = cls.server.system()
        cls.people = 0

    @classmethod
    def tearDownClass(cls):
        cls.server.close()

    def setUp(self):
        type(self).people += 1
        self.staff_no = f"P{self.people}"
        self.user = self.server.user(self.staff_no)
        self.profile = f"p{self.people}"
        self.addCleanup(self.server.operate, "POST", "/v1/profiles/personal/use")
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.dir = pathlib.Path(holder.name)

    def attributes(self, **values):
        with sqlite3.connect(pathlib.Path(self.server.data_dir) / "yiqian.db", timeout=10) as db:
            for name, value in values.items():
                db.execute("INSERT INTO user_attribute (user_id, name, value) VALUES (?, ?, ?)", (uuid.UUID(self.user["user"]).bytes, name, value))

    def use(self, *extensions, **more):
        self.server.operate("POST", "/v1/profiles", {"profile": self.profile, "name": "门诊医师", "definition": definition(extensions, **more)})
        return self.server.operate("POST", f"/v1/profiles/{self.profile}/use")

    def refused(self, code, field, method, path, body):
        status, problem = self.server.operator.json(method, path, body)
        self.assertEqual(problem.get("code"), code, problem)
        self.assertEqual(problem.get("field"), field, problem)
        return problem

    def certificate(self, phone):
        return self.server.operate("GET", f"/v1/certificates/{phone.serial}")

    def files(self, shown):
        ca = self.server.operate("GET", "/v1/ca")
        for name, value in (("leaf", shown["certificate"]), ("issuing", ca["issuing"]["certificate"]), ("root", ca["root"]["certificate"])):
            (self.dir / f"{name}.cer").write_bytes(base64.b64decode(value))
        return [str(self.dir / f"{name}.cer") for name in ("leaf", "issuing", "root")]

    def bouncy_castle(self, shown):
        lines = run("java", "-cp", JARS, str(pathlib.Path(__file__).with_name("Profiles.java")), *self.files(shown)).decode().splitlines()
        extensions = {line.split()[1]: (line.split()[2] == "true", bytes.fromhex(line.split()[3])) for line in lines if line.startswith("extension ")}
        return lines, extensions

    def openssl_extensions(self, leaf):
        """By asn1parse: the octets of each extension's OCTET STRING, behind its OID."""
        pem = run("openssl", "x509", "-inform", "DER", "-in", leaf)
        text = run("openssl", "asn1parse", data=pem).decode()
        found = {}
        for match in re.finditer(r"OBJECT +:([^\n]+)\n(?:[^\n]*BOOLEAN +:(\d+)\n)?[^\n]*OCTET STRING +\[HEX DUMP\]:([0-9A-F]+)", text):
            found[match[1]] = (match[2] == "255", bytes.fromhex(match[3]))
        return found

    def test_every_type_is_read_byte_for_byte_by_others(self):
        self.attributes(identity=IDENTITY, licence=LICENCE)
        self.use(*[x for x, _ in EXTENSIONS], validity_days=100,
                 extended_key_usage={"purposes": ["1.3.6.1.5.5.7.3.2", "1.3.6.1.5.5.7.3.36"]})
        phone = self.server.enrolled(self.user, PIN)
        shown = self.certificate(phone)
        self.assertEqual((shown["profile"], shown["profile_version"]), (self.profile, 1))
        want = {x["oid"]: value for x, value in EXTENSIONS}
        want["1.2.156.99999.1"] = utf8("呼吸内科·王建国")
        want["1.2.156.99999.6"] = b"\x30" + bytes([3 + 2 + len(self.staff_no)]) + utf8("a") + utf8(self.staff_no)
        want["1.2.156.99999.7"] = b"\x16" + bytes([len(self.staff_no) + 12]) + f"{self.staff_no}@example.org".encode()
        lines, bc = self.bouncy_castle(shown)
        self.assertEqual(lines[-1], "valid", lines)
        self.assertIn("purposes [1.3.6.1.5.5.7.3.2, 1.3.6.1.5.5.7.3.36]", lines)
        self.assertRegex(lines[0], "C=CN,O=.+,OU=呼吸内科,CN=王建国,(2.5.4.5|SERIALNUMBER|serialNumber)=" + self.staff_no)
        ours = {x["oid"]: (x["critical"], base64.b64decode(x["value"])) for x in shown["reading"]["extensions"]}
        self.assertEqual(ours, bc)
        openssl = self.openssl_extensions(str(self.dir / "leaf.cer"))
        for oid, value in want.items():
            if value is False:
                self.assertNotIn(oid, bc)
                continue
            self.assertEqual(bc[oid], (False, value), oid)
            name = "X509v3 Certificate Policies" if oid == "2.5.29.32" else oid
            self.assertEqual(openssl[name], (False, value), oid)
        text = run("openssl", "x509", "-inform", "DER", "-in", str(self.dir / "leaf.cer"), "-noout", "-text").decode()
        self.assertIn("Digital Signature, Non Repudiation", text)
        self.assertIn("TLS Web Client Authentication", text)
        self.assertRegex(text, "X509v3 Key Usage: critical")
        verified = run("openssl", "verify", "-vfyopt", "distid:1234567812345678", "-partial_chain", "-trusted", *reversed(self.files(shown)[:2])).decode()
        self.assertIn("leaf.cer: OK", verified)
        # It signs, and this server verifies that.
        task = self.system.create(self.staff_no, DOCUMENT)["task"]
        phone.sign(PIN, [(task, phone.e(DOCUMENT))])
        status, answer = self.system.call("POST", "/v1/verify", {"task": task, "document": base64.b64encode(DOCUMENT).decode()})
        self.assertEqual((status, answer["valid"]), (200, True), answer)

    def test_a_preview_is_what_is_issued_and_signed_by_nobody(self):
        self.attributes(identity=IDENTITY, licence=LICENCE)
        wanted = definition([x for x, _ in EXTENSIONS])
        seen = self.server.operate("POST", "/v1/profiles/preview", {"definition": wanted, "user": self.user["user"]})
        self.assertEqual(seen["left_out"], [f"definition.extensions.{len(EXTENSIONS) - 1}"])
        there = {one["name"]: one["people"] for one in seen["attributes"]}
        self.assertLessEqual({"identity", "licence"}, set(there))
        self.assertNotIn("none", there)
        self.assertTrue(all(0 < n <= seen["people"] for n in there.values()))
        tbs = base64.b64decode(seen["tbs_certificate"])
        self.assertEqual(tbs[:2], b"\x30\x82")
        self.assertNotIn(b"BEGIN CERTIFICATE", run("openssl", "x509", "-inform", "DER", data=tbs))
        self.use(*[x for x, _ in EXTENSIONS])
        shown = self.certificate(self.server.enrolled(self.user, PIN))
        def further(reading):
            return [(x["oid"], x["critical"], x["value"]) for x in reading["extensions"] if x["oid"] != "2.5.29.14"]
        self.assertEqual(further(seen["reading"]), further(shown["reading"]))
        self.assertEqual(seen["reading"]["subject"], shown["reading"]["subject"])
        self.assertNotEqual(seen["reading"]["public_key"], shown["reading"]["public_key"])

    def test_a_version_is_used_from_then_on_also_by_a_renewal(self):
        self.use()
        phone = self.server.enrolled(self.user, PIN)
        changed = definition([{"oid": "1.2.3.4", "type": "UTF8String", "value": "{name}"}])
        headers = {"If-Match": '"1"'}
        status, answer = self.server.operator.json("PATCH", f"/v1/profiles/{self.profile}", {"definition": changed, "note": "why"}, headers)
        self.assertEqual((status, answer["version"]), (200, 2))
        status, answer = self.server.operator.json("PATCH", f"/v1/profiles/{self.profile}", {"definition": definition()}, headers)
        self.assertEqual((status, answer["code"]), (412, "changed_meanwhile"))
        first = self.certificate(phone)
        self.assertNotIn("1.2.3.4", [x["oid"] for x in first["reading"]["extensions"]])
        self.server.operate("PATCH", "/v1/policy", {"renewal_days": 180})
        self.server.operate("PATCH", f"/v1/profiles/{self.profile}", {"definition": {**changed, "validity_days": 90}})
        second = self.server.enrolled(self.user, PIN)
        second.renew(PIN)
        shown = self.certificate(second)
        self.assertEqual(shown["profile_version"], 3)
        self.assertEqual({x["oid"]: x["text"] for x in shown["reading"]["extensions"]}["1.2.3.4"], 'UTF8String "王建国"')
        versions = self.server.operate("GET", f"/v1/profiles/{self.profile}/versions")["items"]
        self.assertEqual([(v["version"], v["certificates"]) for v in versions], [(3, 2), (2, 0), (1, 1)])
        self.assertEqual({v["created_by_name"] for v in versions}, {None})  # nobody: the server's own user at its socket
        rows = [(row["event"], row["subject"]) for row in self.server.audit() if row["event"].startswith("profile.")]
        for event in ("profile.create", "profile.use", "profile.change"):
            self.assertIn((event, f"profile:{self.profile}"), rows)

    def test_who_lacks_an_attribute_is_told_before_a_key_is_made(self):
        self.use({"oid": "1.2.3", "type": "NumericString", "value": "{attribute:licence}", "missing": "refuse"})
        phone = Phone(self.server.new_client())
        with self.assertRaises(Refused) as caught:
            phone.enrol(self.staff_no, self.server.code(self.user), PIN)
        self.assertEqual((caught.exception.status, caught.exception.code), (409, "profile_refused"))
        self.assertIn("licence", caught.exception.problem["detail"])
        self.attributes(licence="12345")
        self.server.enrolled(self.user, PIN)

    def test_a_critical_extension_is_refused_by_all(self):
        self.use({"oid": "1.2.3", "type": "NULL", "critical": True})
        seen = self.server.operate("POST", "/v1/profiles/preview", {"definition": definition([{"oid": "1.2.3", "type": "NULL", "critical": True}])})
        self.assertEqual(seen["warnings"], [{"code": "critical_extension", "field": "definition.extensions.0"}])
        phone = self.server.enrolled(self.user, PIN)
        lines, _ = self.bouncy_castle(self.certificate(phone))
        self.assertRegex(lines[-1], "^invalid")
        verified = run("openssl", "verify", "-vfyopt", "distid:1234567812345678", "-partial_chain", "-trusted",
                       str(self.dir / "issuing.cer"), str(self.dir / "leaf.cer")).decode()
        self.assertIn("unhandled critical extension", verified)
        task = self.system.create(self.staff_no, DOCUMENT)["task"]
        phone.sign(PIN, [(task, phone.e(DOCUMENT))])
        status, answer = self.system.call("POST", "/v1/verify", {"task": task, "document": base64.b64encode(DOCUMENT).decode()})
        self.assertEqual((status, answer["valid"]), (200, False), answer)

    def test_wrong_definitions_are_refused_by_field(self):
        def new(**more):
            return {"profile": self.profile, "name": "x", "definition": definition(**more)}
        for extension, field in (({"oid": "2.5.29.15", "type": "NULL"}, "oid"), ({"oid": "1.2.", "type": "NULL"}, "oid"),
                                 ({"oid": "1.2.3", "type": "INTEGER", "value": "abc"}, "value"), ({"oid": "1.2.3", "type": "X"}, "type"),
                                 ({"oid": "1.2.3", "type": "UTF8String", "value": "{nam}"}, "value"),
                                 ({"oid": "1.2.3", "type": "UTF8String", "value": "x" * 257}, "value"),
                                 ({"oid": "1.2.3", "type": "DER", "value": "MIAAAA=="}, "value")):
            code = "field_length" if len(extension.get("value", "")) > 256 else "field_value"
            self.refused(code, f"definition.extensions.0.{field}", "POST", "/v1/profiles", new(extensions=[extension]))
        self.refused("field_value", "definition.subject", "POST", "/v1/profiles", new(subject=[{"attribute": "CN", "value": "x"}]))
        self.refused("field_unknown", "definition.serial", "POST", "/v1/profiles", new(serial=1))
        self.use()
        self.refused("conflict", None, "POST", f"/v1/profiles/{self.profile}/retire", None)

    def test_certificates_are_found_and_the_lists_are_made(self):
        phone = self.server.enrolled(self.user, PIN)
        for q in (self.staff_no.lower(), phone.serial[:8], phone.serial.upper()):
            found = self.server.operate("GET", f"/v1/certificates?q={q}&order=newest&profile=personal")["items"]
            self.assertIn(phone.serial, [c["serial"] for c in found], q)
        before = self.server.operate("GET", "/v1/ca/crls")["items"][0]["number"]
        after = self.server.operate("POST", "/v1/ca/crls")["items"][0]
        self.assertEqual(after["number"], before + 1)
        self.assertGreaterEqual(self.server.operate("GET", "/v1/certificates/statistics")["people"], 1)


if __name__ == "__main__":
    unittest.main()
