"""The proof of a scanned login as the EMR judges it: a CA of OpenSSL's own, and everything that can be wrong with what came."""
import base64
import datetime
import json
import pathlib
import random
import subprocess
import sys
import tempfile
import types
import unittest
import unittest.mock

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "examples/emr/server"))

import assertion
import der
import login
import records
import seed
import store
from problem import Problem

LOGIN, SYSTEM = "019348a5-6000-7000-8000-000000000001", "019348a5-6000-7000-8000-000000000002"
CONFIG = """[ca]
default_ca = it
[it]
database = index.txt
crlnumber = crlnumber
default_md = sm3
default_crl_days = 7
[v3_ca]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
[leaf]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
"""


class Authority:
    """root, issuing, and the leaves that a test asks for; a folder of OpenSSL's files."""

    def __init__(self):
        self.place = tempfile.TemporaryDirectory()
        self.folder = pathlib.Path(self.place.name)
        (self.folder / "ca.cnf").write_text(CONFIG)
        (self.folder / "crlnumber").write_text("01\n")
        (self.folder / "index.txt").write_text("")
        self.key("root")
        self.run("req", "-x509", "-new", "-key", "root.key", "-subj", "/CN=root", "-sm3", "-sigopt", assertion.ID, "-out", "root.pem", "-days", "30")
        self.certify("issuing", "root", "/CN=issuing", "v3_ca")
        self.empty = {name: self.crl(name) for name in ("root", "issuing")}

    def run(self, *arguments, **more):
        return subprocess.run(["openssl", *arguments], cwd=self.folder, check=True, capture_output=True, **more).stdout

    def key(self, name):
        self.run("ecparam", "-name", "SM2", "-genkey", "-noout", "-out", f"{name}.key")

    def certify(self, name, issuer, subject, extensions):
        self.key(name)
        self.run("req", "-new", "-key", f"{name}.key", "-subj", subject, "-utf8", "-sm3", "-sigopt", assertion.ID, "-out", f"{name}.csr")
        self.run("x509", "-req", "-in", f"{name}.csr", "-CA", f"{issuer}.pem", "-CAkey", f"{issuer}.key", "-CAcreateserial", "-days", "20", "-sm3",
                 "-vfyopt", assertion.ID, "-sigopt", assertion.ID, "-extfile", "ca.cnf", "-extensions", extensions, "-out", f"{name}.pem")

    def crl(self, name, revoked=None, days="7"):
        lines = f"R\t301231235959Z\t261101000000Z\t{revoked}\tunknown\t/CN=x\n" if revoked else ""
        (self.folder / "index.txt").write_text(lines)
        when = ["-crl_lastupdate", "20200101000000Z", "-crl_nextupdate", "20200102000000Z"] if days == "0" else ["-crldays", days]
        self.run("ca", "-config", "ca.cnf", "-gencrl", "-cert", f"{name}.pem", "-keyfile", f"{name}.key", "-sigopt", assertion.ID, *when, "-out", "crl.pem")
        return self.run("crl", "-in", "crl.pem", "-outform", "DER")

    def serial(self, name):
        return self.run("x509", "-in", f"{name}.pem", "-noout", "-serial").decode().strip().partition("=")[2]

    def der(self, name):
        return base64.b64encode(self.run("x509", "-in", f"{name}.pem", "-outform", "DER")).decode()

    def result(self, name, text):
        """What yiqian would give for a login whose assertion is this text, signed by that leaf."""
        (self.folder / "text").write_bytes(text)
        signature = self.run("dgst", "-sm3", "-sign", f"{name}.key", "-sigopt", assertion.ID, "text")
        return {"assertion": base64.b64encode(text).decode(), "staff_no": "D1001", "name": "王建国",
                "signature": {"der": base64.b64encode(signature).decode(), "certificate": self.der(name)}}


def changed(data):
    return data[:-1] + bytes([data[-1] ^ 1])


class LoginTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.ca = Authority()
        cls.ca.certify("leaf", "issuing", "/C=CN/O=示例市第一医院/CN=王建国/serialNumber=D1001", "leaf")
        cls.ca.certify("self", "root", "/CN=王建国/serialNumber=D1001", "leaf")

    @classmethod
    def tearDownClass(cls):
        cls.ca.place.cleanup()

    def setUp(self):
        self.lists = dict(self.ca.empty)
        self.ca_text = "".join((self.ca.folder / name).read_text() for name in ("issuing.pem", "root.pem"))
        self.verifier = assertion.Verifier(self.ca_text, SYSTEM, lambda name: self.lists[name])

    def text(self, separators=(",", ":"), **change):
        said = {"type": "yiqian/login/1", "system": "电子病历", "system_id": SYSTEM, "login": LOGIN, "nonce": "n-1", "purpose": "登录电子病历", "staff_no": "D1001",
                "name": "王建国", "certificate": self.ca.serial("leaf").lower(),
                "time": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z"), **change}
        return json.dumps(said, ensure_ascii=False, separators=separators).encode()

    def refused(self, saying, result, nonce="n-1"):
        with self.assertRaises(assertion.Refused) as caught:
            self.verifier.accept(result, LOGIN, nonce)
        self.assertIn(saying, str(caught.exception))

    def test_what_holds(self):
        said = self.verifier.accept(self.ca.result("leaf", self.text()), LOGIN, "n-1")
        self.assertEqual((said["staff_no"], said["name"]), ("D1001", "王建国"))

    def test_what_the_assertion_says(self):
        old = (datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(minutes=6)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        for saying, change in (("system", {"system_id": LOGIN}), ("login", {"login": SYSTEM}), ("nonce", {"nonce": "n-2"}), ("time", {"time": old}),
                               ("staff_no", {"staff_no": "D1002"}), ("certificate", {"certificate": "00"}), ("malformed", {"time": 5}),
                               ("not an assertion", {"type": "yiqian/login/2"})):
            self.refused(saying, self.ca.result("leaf", self.text(**change)))
        self.refused("nonce", self.ca.result("leaf", self.text()), nonce="another browser's")

    def test_one_way_to_write_it(self):
        good = self.text()
        for text in (self.text(separators=(", ", ": ")), good + b"\n", good[:-1] + b',"nonce":"n-1"}', good.replace(b'"nonce":"n-1"', b'"nonce":"x","nonce":"n-1"')):
            self.refused("not an assertion", self.ca.result("leaf", text))

    def test_signatures_and_chains(self):
        good = self.ca.result("leaf", self.text())
        self.refused("openssl dgst", {**good, "assertion": base64.b64encode(self.text(staff_no="D1002")).decode()})
        self.refused("openssl verify", self.ca.result("self", self.text(certificate=self.ca.serial("self").lower())))
        for broken in ({}, {**good, "assertion": "!"}, {**good, "signature": {}}, {**good, "signature": {"der": "", "certificate": ""}}):
            with self.assertRaises(assertion.Refused):
                self.verifier.accept(broken, LOGIN, "n-1")
        with self.assertRaises(ValueError):
            assertion.Verifier((self.ca.folder / "root.pem").read_text(), SYSTEM, None)

    def test_lists_of_revoked_certificates(self):
        good = self.ca.result("leaf", self.text())
        for name, certificate in (("issuing", "leaf"), ("root", "issuing")):
            for saying, crl in (("is on the list", self.ca.crl(name, revoked=self.ca.serial(certificate))), ("openssl dgst", changed(self.ca.empty[name])),
                                ("openssl dgst", self.ca.empty["issuing" if name == "root" else "root"]),
                                ("out of date", self.ca.crl(name, days="0")), ("malformed", self.ca.empty[name][:-9]), ("malformed", b"")):
                self.lists = {**self.ca.empty, name: crl}
                self.refused(saying, good)
        self.lists = {**self.ca.empty, "issuing": self.ca.crl("issuing", revoked="0A0B")}
        self.verifier.accept(good, LOGIN, "n-1")  # somebody else's

    def test_der_of_anybody_ends_in_a_value_or_a_refusal(self):
        chance = random.Random(20261127)
        for read, good in ((der.certificate, base64.b64decode(self.ca.der("leaf"))), (der.crl, self.ca.crl("issuing", revoked="0A0B"))):
            read(good)
            changed_ones = [good[:n] for n in range(len(good))]
            changed_ones += [good[:i] + bytes([chance.randrange(256)]) + good[i + 1:] for i in range(len(good)) for _ in range(4)]
            for data in changed_ones:
                try:
                    read(data)
                except (ValueError, IndexError):
                    pass

    # What the browser's cookie opens

    def door(self, done=True, **change):
        self.store = store.Store(":memory:")
        seed.plant(self.store)
        test = self

        class Service:
            cancelled, state, reason = [], "open", None

            def open_login(self, purpose, nonce, seconds):
                self.nonce = nonce
                return {"login": LOGIN, "short_code": "12345678"}

            def login_code(self, login):
                return {"state": self.state, "code": "YIQIAN:1:L:x"}

            def login(self, login):
                result = test.ca.result("leaf", test.text(nonce=self.nonce, **change)) if self.state == "done" else None
                return {"state": self.state, "reason": self.reason, "number": "07", "person": {"name": "王建国"}, "result": result}

            def cancel_login(self, login):
                self.cancelled.append(login)

        self.service = Service()
        return login.Login(self.store, records.Records(self.store, "x"), self.service, self.verifier, types.SimpleNamespace(demo_login=False, code_seconds=120))

    def test_a_login_is_used_once_and_by_its_own_browser(self):
        door = self.door()
        cookie = door.by_scan(None)
        self.assertEqual(door.look(cookie), ({"state": "open", "code": "YIQIAN:1:L:x", "short_code": "12345678"}, None))
        self.service.state = "scanned"
        self.assertEqual(door.look(cookie)[0]["number"], "07")
        self.service.state = "done"
        self.assertEqual(door.look("another"), ({"state": "expired"}, None))
        shown, token = door.look(cookie)
        self.assertEqual((shown["state"], door.session(token)["staff_no"]), ("done", "D1001"))
        self.assertEqual(door.look(cookie), ({"state": "expired"}, None))

    def test_a_login_outlives_a_restart_of_this_system(self):
        door = self.door()
        cookie = door.by_scan(None)
        after = login.Login(self.store, records.Records(self.store, "x"), self.service, self.verifier, types.SimpleNamespace(demo_login=False, code_seconds=120))
        self.assertEqual(after.look(cookie)[0]["short_code"], "12345678")
        self.service.state = "done"
        self.assertEqual(after.look(cookie)[0], {"state": "done"})
        self.assertEqual(door.look(cookie), ({"state": "expired"}, None))
        self.assertNotIn(cookie, str(self.store.rows("SELECT * FROM login")))

    def test_what_is_kept_of_logins_is_bounded_and_ends(self):
        door = self.door()
        cookies = [door.by_scan(None) for _ in range(login.LOGINS_MAX)]
        with self.assertRaises(Problem) as refused:
            door.by_scan(None)
        self.assertEqual(refused.exception.code, "busy")
        later = login.time.time() + login.KEPT_SECONDS + 1
        with unittest.mock.patch("login.time.time", lambda: later):
            self.assertEqual(door.look(cookies[0]), ({"state": "expired"}, None))
            door.by_scan(None)
        self.assertEqual(len(self.store.rows("SELECT * FROM login")), 1)

    def test_what_does_not_verify_opens_nothing(self):
        for change, code in (({"login": SYSTEM}, "login_refused"), ({"staff_no": "D9999"}, "login_refused")):
            door = self.door(**change)
            cookie = door.by_scan(None)
            self.service.state = "done"
            with self.assertRaises(Problem) as refused:
                door.look(cookie)
            self.assertEqual((refused.exception.code, self.store.rows("SELECT * FROM session")), (code, []))

    def test_who_is_no_user_here(self):
        door = self.door()
        cookie = door.by_scan(None)
        self.service.state = "done"
        self.store.connection().execute("PRAGMA foreign_keys=OFF")
        self.store.connection().execute("DELETE FROM staff WHERE staff_no = 'D1001'")
        with self.assertRaises(Problem) as refused:
            door.look(cookie)
        self.assertEqual(refused.exception.code, "login_unknown")

    def test_a_new_code_gives_the_old_one_up(self):
        door = self.door()
        first = door.by_scan(None)
        second = door.by_scan(first)
        self.assertEqual((door.look(first)[0]["state"], door.look(second)[0]["state"], self.service.cancelled), ("expired", "open", [LOGIN]))
        self.service.state, self.service.reason = "declined", "number_wrong"
        self.assertEqual(door.look(second)[0], {"state": "declined", "reason": "number_wrong"})


if __name__ == "__main__":
    unittest.main()
