"""Logins through the command line: opened, followed, and the assertion verified here, with files alone and whatever is wrong with them."""
import json
import pathlib
import re
import tempfile
import threading
import unittest

import cli
import qr
from server import Server
from test_main_job import openssl

PIN = "274915"
NONCE = "n-0123456789"
CHECKS = ["form", "login", "nonce", "system", "time", "person", "signature", "chain", "key_usage", "revocation"]


class Login(cli.Checks, unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.addClassCleanup(cls.server.close)
        cls.url = f"http://127.0.0.1:{cls.server.port}"
        folder = tempfile.TemporaryDirectory(prefix="yiqian-login-")
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        cls.operator = ["--data-dir", cls.server.data_dir]
        cls.credential = ["--credential", cls.folder / "emr.json"]
        cls.user = cls.server.user("D1001")
        cls.phone = cls.server.enrolled(cls.user)
        for arguments in (["system", "add", "--name", "电子病历", "--scope", "tasks,users,verify"],
                          ["system", "credential", "电子病历", "--server", cls.url, "--output", cls.folder / "emr.json"]):
            done = cli.yiqian(*arguments, *cls.operator)
            assert done.code == 0, done

    def create(self, *arguments):
        return self.answer("login", "create", "--nonce", NONCE, "--purpose", "登录门诊工作站", *arguments, *self.credential)

    def scan(self, login, phone=None):
        code = self.ok("login", "code", login, "--text", *self.credential).out.strip()
        seen = (phone or self.phone).scan(code)
        (phone or self.phone).sign_task(PIN, seen["tasks"][0])

    def done(self, phone=None):
        login = self.create()["login"]
        self.scan(login, phone)
        return login

    def saved(self, login):
        paths = {name: self.folder / name for name in ("assertion", "signature", "certificate")}
        self.ok("login", "get", login, *[word for name, path in paths.items() for word in (f"--{name}", path)], *self.credential)
        return paths

    def ca(self):
        path = self.folder / "ca.pem"
        _, answer = self.server.http.json("GET", "/v1/ca")
        path.write_text(answer["chain_pem"])
        return path

    def options(self, paths):
        return [word for name, path in paths.items() for word in (f"--{name}", path)]

    def judge(self, code, *arguments):
        """Without any server."""
        done = cli.yiqian("login", "verify", *arguments, "--json")
        self.assertEqual(done.code, code, done)
        found = {one["check"]: one["state"] for one in done.json["checks"]}
        self.assertEqual(list(found), CHECKS)
        self.assertEqual(done.json["valid"], code == 0)
        return done.json, found

    def test_from_its_opening_to_its_verdict(self):
        made = self.create()
        self.assertEqual((made["state"], made["nonce"], made["purpose"], made["result"]), ("open", NONCE, "登录门诊工作站", None))
        self.assertRegex(made["short_code"], r"^\d{8}$")
        shown = self.ok("login", "get", made["login"], *self.credential, lang="zh_CN.UTF-8").out
        self.assertIn(made["short_code"], shown)
        self.assertIn("待扫码", shown)
        self.scan(made["login"])
        got = self.answer("login", "wait", made["login"], *self.credential)
        self.assertEqual((got["state"], got["result"]["staff_no"]), ("done", "D1001"))
        told = self.answer("login", "verify", made["login"], "--nonce", NONCE, *self.credential)
        self.assertEqual((told["valid"], told["ca"], told["staff_no"], told["name"], told["system"]),
                         (True, "server", "D1001", "王建国", "电子病历"))
        self.assertEqual({one["check"]: one["state"] for one in told["checks"]},
                         {check: "not_done" if check == "system" else "ok" for check in CHECKS})
        text = self.ok("login", "verify", made["login"], "--nonce", NONCE, *self.credential, lang="zh_CN.UTF-8").out
        self.assertIn("登录断言有效", text)
        self.assertIn("--ca", text)  # where its trust came from

    def test_a_nonce_of_its_own(self):
        one, other = (self.answer("login", "create", *self.credential)["nonce"] for _ in range(2))
        self.assertNotEqual(one, other)
        self.assertGreaterEqual(len(one), 22)

    def test_an_idempotency_key(self):
        one, other = (self.create("--idempotency-key", "k1")["login"] for _ in range(2))
        self.assertEqual(one, other)

    def test_waits_for_the_result_and_tells_the_number(self):
        login = self.create()
        found = []
        waiting = threading.Thread(target=lambda: found.append(cli.yiqian("login", "wait", login["login"], *self.credential)))
        waiting.start()
        seen = self.phone.scan(short_code=login["short_code"])
        number = self.answer("login", "get", login["login"], *self.credential)["number"]
        seen = self.phone.enter_number(seen["scan"], number)
        self.phone.sign_task(PIN, seen["tasks"][0])
        waiting.join(30)
        self.assertEqual(found[0].code, 0, found[0])
        self.assertIn(f": {number}\n", found[0].err)
        self.assertIn("D1001", found[0].out)

    def test_a_cancelled_login(self):
        login = self.create()["login"]
        self.assertEqual(self.answer("login", "cancel", login, *self.credential)["state"], "cancelled")
        done = cli.yiqian("login", "wait", login, *self.credential, lang="zh_CN.UTF-8")
        self.assertEqual(done.code, 1, done)
        self.assertIn("已取消", done.err)
        self.fails(1, "login", "code", login, "--text", *self.credential, says=("cancelled",))
        self.fails(1, "login", "verify", login, "--nonce", NONCE, *self.credential, says=("not done",))
        done = cli.yiqian("login", "get", login, "--assertion", self.folder / "none", *self.credential)
        self.assertEqual(done.code, 1, done)
        self.assertFalse((self.folder / "none").exists())

    def test_the_code_as_a_picture_of_text(self):
        login = self.create()["login"]
        lines = self.ok("login", "code", login, *self.credential).out.split("\n")
        self.assertEqual((len(lines), lines[-1]), (22, ""))  # version 4: 33 modules and 8 of quiet, two a line
        self.assertEqual({len(line) for line in lines[:-1]}, {41})
        text = qr.read_terminal(lines[:-1])
        self.assertRegex(text, r"^YIQIAN:1:L:[A-Za-z0-9_-]{40}$")
        self.assertEqual(self.phone.scan(text)["kind"], "login")
        self.assertEqual(self.answer("login", "code", login, *self.credential), {"code": None, "state": "scanned", "number": None})

    def test_verified_with_files_alone(self):
        login = self.done()
        paths, ca = self.saved(login), self.ca()
        told, found = self.judge(0, login, "--nonce", NONCE, "--ca", ca, *self.options(paths))
        self.assertEqual(told["ca"], "files")
        self.assertEqual((found["revocation"], found["system"]), ("not_done", "not_done"))
        crls = self.crls()
        _, found = self.judge(0, login, "--nonce", NONCE, "--ca", ca, *crls, "--system-id", told["system_id"], *self.options(paths))
        self.assertEqual(set(found.values()), {"ok"})
        # the same by OpenSSL
        code, public = openssl("x509", "-in", str(paths["certificate"]), "-pubkey", "-noout")
        self.assertEqual(code, 0, public)
        (self.folder / "public.pem").write_text(public)
        code, text = openssl("dgst", "-sm3", "-verify", str(self.folder / "public.pem"), "-sigopt", "distid:1234567812345678",
                             "-signature", str(paths["signature"]), str(paths["assertion"]))
        self.assertEqual((code, text.strip()), (0, "Verified OK"))
        for arguments, check in ((["--nonce", "another"], "nonce"), (["--nonce", NONCE, "--system-id", login], "system")):
            _, found = self.judge(1, login, *arguments, "--ca", ca, *self.options(paths))
            self.assertEqual([name for name, state in found.items() if state == "failed"], [check])
        _, found = self.judge(1, told["system_id"], "--nonce", NONCE, "--ca", ca, *self.options(paths))
        self.assertEqual([name for name, state in found.items() if state == "failed"], ["login"])

    def crls(self):
        options = []
        for name in ("issuing", "root"):
            path = self.folder / f"{name}.crl"
            path.write_bytes(self.server.http.raw("GET", f"/pki/{name}.crl")[1])
            options += ["--crl", path]
        return options

    def failed(self, login, ca, paths, assertion=None):
        if assertion is not None:
            paths = {**paths, "assertion": self.folder / "changed"}
            paths["assertion"].write_bytes(assertion)
        _, found = self.judge(1, login, "--nonce", NONCE, "--ca", ca, *self.options(paths))
        return {name for name, state in found.items() if state == "failed"}

    def test_a_changed_assertion(self):
        login = self.done()
        paths, ca = self.saved(login), self.ca()
        good = paths["assertion"].read_bytes()
        fields = json.loads(good)
        for change, checks in (
                (good.replace("王建国".encode(), "王建邦".encode()), {"signature"}),
                (good.replace(b"D1001", b"D1002"), {"signature", "person"}),
                (re.sub(rb'"time":"\d{4}', b'"time":"2001', good), {"signature", "time"}),
                (re.sub(rb'"time":"\d{4}', b'"time":"2099', good), {"signature", "time"}),
                (good.replace(b'"certificate":"', b'"certificate":"00'), {"signature", "person"}),
                (good + b" ", {"signature"}),
                (b" " + good, {"signature", "form"}),
                (good.replace(b"login/1", b"login/2"), {"signature", "form"}),
                (good[:-1] + b',"role":"admin"}', {"signature", "form"}),
                (good[:-1] + b',"staff_no":"D1002"}', {"signature", "form"}),
                (json.dumps({**fields, "name": 1}, ensure_ascii=False, separators=(",", ":")).encode(), {"signature", "form"}),
                (b"", {"signature", "form"})):
            with self.subTest(change=change):
                self.assertEqual(self.failed(login, ca, paths, change), checks)

    def test_another_signature_certificate_or_ca(self):
        login = self.done()
        paths, ca = self.saved(login), self.ca()
        bad = self.folder / "bad.der"
        signature = bytearray(paths["signature"].read_bytes())
        signature[-1] ^= 1
        bad.write_bytes(signature)
        self.assertEqual(self.failed(login, ca, {**paths, "signature": bad}), {"signature"})
        bad.write_bytes(b"")
        self.assertEqual(self.failed(login, ca, {**paths, "signature": bad}), {"signature"})
        # another person's, who has signed nothing
        other = self.server.enrolled(self.server.user("D1002", "李秀英"))
        others = self.folder / "other.pem"
        (self.folder / "other").mkdir()
        another = self.done(other)
        self.ok("login", "get", another, "--certificate", others, *self.credential)
        self.assertEqual(self.failed(login, ca, {**paths, "certificate": others}), {"signature", "person"})
        # another hospital's CA
        with Server() as foreign:
            theirs = self.folder / "theirs.pem"
            theirs.write_text(foreign.http.json("GET", "/v1/ca")[1]["chain_pem"])
        self.assertEqual(self.failed(login, theirs, paths), {"chain"})
        # the issuing certificate alone, as it was handed over
        blocks = re.findall("-----BEGIN[^-]*-----[^-]*-----END[^-]*-----\n", ca.read_text())
        issuing = self.folder / "issuing.pem"
        issuing.write_text(blocks[0])
        self.judge(0, login, "--nonce", NONCE, "--ca", issuing, *self.options(paths))
        # a certificate of the CA itself signs no login
        self.assertIn("key_usage", self.failed(login, ca, {**paths, "certificate": issuing}))

    def test_a_revoked_certificate(self):
        phone = self.server.enrolled(self.server.user("D1003", "赵敏"))
        login = self.done(phone)
        paths, ca = self.saved(login), self.ca()
        self.server.operate("POST", f"/v1/certificates/{phone.serial}/revoke", {"reason": "keyCompromise"})
        crls = self.crls()
        _, found = self.judge(1, login, "--nonce", NONCE, "--ca", ca, *crls, *self.options(paths))
        self.assertEqual([name for name, state in found.items() if state == "failed"], ["revocation"])

    def test_files_that_are_none(self):
        login = self.done()
        paths, ca = self.saved(login), self.ca()
        text = self.folder / "text"
        text.write_text("no such thing\n")
        for arguments, says in ((["--ca", text, *self.options(paths)], "certificate"),
                                (["--ca", ca, *self.options({**paths, "certificate": text})], "certificate"),
                                (["--ca", ca, "--crl", text, *self.options(paths)], "revocation"),
                                (["--ca", self.folder / "absent", *self.options(paths)], "no such file")):
            self.fails(1, "login", "verify", login, "--nonce", NONCE, *arguments, says=(says,))
        self.fails(2, "login", "verify", login, "--nonce", NONCE, "--assertion", paths["assertion"], "--ca", ca, says=("--signature",))
        self.fails(2, "login", "verify", login, says=("--nonce",))


if __name__ == "__main__":
    unittest.main()
