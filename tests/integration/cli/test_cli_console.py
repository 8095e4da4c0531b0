"""Operators and roles on the command line, and a login with a key file of OpenSSL's."""
import base64
import json
import os
import subprocess
import tempfile
import unittest

from cli import Checks
import console
from server import Server

ID = "distid:1234567812345678"
PASS = "correct horse battery"


class OperatorsTest(Checks, unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.at = ("--data-dir", cls.server.data_dir)
        cls.dir = tempfile.TemporaryDirectory()
        cls.url = f"http://127.0.0.1:{cls.server.port}"

    @classmethod
    def tearDownClass(cls):
        cls.server.close()
        cls.dir.cleanup()

    def path(self, name):
        return os.path.join(self.dir.name, name)

    def test_an_operators_life(self):
        made = self.answer("operator", "add", "A1", "--name", "管理员", "--role", "administrator", *self.at)
        self.assertEqual((made["staff_no"], made["role"]), ("A1", "administrator"))
        self.fails(1, "operator", "add", "A2", "--role", "auditor", *self.at)
        link = self.answer("operator", "link", "A1", *self.at)
        session = console.Console(self.server).begin({"link": link["link"]})
        self.assertEqual(session["operator"]["name"], "管理员")
        self.answer("operator", "add", "A3", "--name", "审计员", "--role", "auditor", *self.at)
        self.assertIn("auditor", self.ok("operator", "list", *self.at).out)
        self.answer("operator", "role", "A3", "--role", "operator", *self.at)
        self.assertEqual(self.answer("operator", "suspend", "A3", *self.at)["state"], "suspended")
        self.fails(1, "operator", "link", "A3", *self.at)
        self.assertEqual(self.answer("operator", "resume", "A3", *self.at)["state"], "active")
        self.ok("operator", "remove", "A3", *self.at)
        self.fails(1, "operator", "show", "A3", *self.at)
        self.fails(1, "operator", "remove", "A1", *self.at)  # the last administrator

    def test_roles(self):
        made = self.answer("role", "add", "--name", "巡检", "--permission", "system.read", "--permission", "timestamps.read", *self.at)
        self.assertEqual(made["permissions"], ["timestamps.read", "system.read"])
        self.fails(1, "role", "add", "--name", "全能", "--permission", "users.manage", "--permission", "operators.manage", *self.at)
        self.assertEqual(self.answer("role", "set", made["role"], "--name", "夜间巡检", *self.at)["permissions"], made["permissions"])
        self.assertIn("夜间巡检", self.ok("role", "list", *self.at).out)
        self.assertIn("audit.read", self.ok("role", "permissions", *self.at).out)
        self.ok("role", "remove", made["role"], *self.at)
        self.fails(1, "role", "remove", "auditor", *self.at)

    def test_a_key_file_logs_in(self):
        operator = console.operator(self.server, "K1", "auditor", "审计员")
        key, csr = self.path("key.pem"), self.path("csr.der")
        run = lambda *words: subprocess.run(words, check=True, capture_output=True)
        run("openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:SM2", "-out", self.path("plain.pem"))
        run("openssl", "pkcs8", "-topk8", "-v2", "aes-256-cbc", "-v2prf", "hmacWithSHA256", "-iter", "10000", "-in", self.path("plain.pem"), "-passout", "pass:" + PASS, "-out", key)
        run("openssl", "req", "-new", "-key", self.path("plain.pem"), "-sm3", "-sigopt", ID, "-subj", "/CN=x", "-outform", "DER", "-out", csr)
        made = self.server.operate("POST", f"/v1/operators/{operator['operator']}/certificates",
                                   {"csr": base64.b64encode(open(csr, "rb").read()).decode()})
        body = base64.encodebytes(base64.b64decode(made["certificate"])).decode()
        with open(key, "a") as f:
            f.write(f"-----BEGIN CERTIFICATE-----\n{body}-----END CERTIFICATE-----\n")
        env = {"YIQIAN_KEY_PASSPHRASE": PASS}
        done = self.answer("console", "sign", "--key", key, "--server", self.url, env=env)
        session = console.Console(self.server).begin(done["session"])
        self.assertEqual((session["operator"]["staff_no"], session["method"]), ("K1", "certificate"))
        # What a page is given to paste.
        _, challenge = self.server.http.json("POST", "/v1/console/challenges")
        shown = self.answer("console", "sign", "--key", key, "--challenge", challenge["challenge"], "--server", self.url, env=env)
        console.Console(self.server).begin(json.loads(base64.b64decode(shown["proof"])))
        with open(self.path("passphrase"), "w") as f:
            f.write(PASS + "\n")
        os.chmod(self.path("passphrase"), 0o600)
        self.answer("console", "sign", "--key", key, "--passphrase-file", self.path("passphrase"), "--server", self.url)
        wrong = self.fails(1, "console", "sign", "--key", key, "--server", self.url, env={"YIQIAN_KEY_PASSPHRASE": "wrong"})
        self.assertNotIn(PASS, wrong.err)
        self.fails(2, "console", "sign", "--key", key, "--challenge", "00", "--server", self.url, env=env)
        self.fails(1, "console", "sign", "--key", self.path("plain.pem"), "--server", self.url, env=env)
        self.fails(1, "console", "sign", "--key", self.path("none"), "--server", self.url, env=env)


if __name__ == "__main__":
    unittest.main()
