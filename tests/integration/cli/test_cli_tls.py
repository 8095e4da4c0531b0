"""A TLS root of the hospital's own: made, used by the server, renewed while clients trust nothing but the root; and the code of the server's address."""
import base64
import http.client
import json
import os
import pathlib
import socket
import ssl
import stat
import subprocess
import tempfile
import unittest

import cli
import qr
from server import Server

NAME = "sign.hospital.example"


def openssl(*arguments):
    return subprocess.run(["openssl", *map(str, arguments)], capture_output=True, text=True)


class Tls(cli.Checks, unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="yiqian-tls-")
        self.addCleanup(folder.cleanup)
        self.dir = pathlib.Path(folder.name) / "tls"

    def refused(self, *arguments, code=1, says=""):
        done = cli.yiqian(*arguments)
        self.assertEqual(done.code, code, done)
        self.assertIn(says, done.err)
        return done

    def get(self, port, path, name=NAME, root=None):
        """As a phone that trusts the root and nothing else."""
        context = ssl.create_default_context(cafile=str(root or self.dir / "root.pem"))
        with socket.create_connection(("127.0.0.1", port), 10) as plain, context.wrap_socket(plain, server_hostname=name) as wire:
            wire.sendall(f"GET {path} HTTP/1.1\r\nHost: {name}\r\nConnection: close\r\n\r\n".encode())
            answer = http.client.HTTPResponse(wire)
            answer.begin()
            return answer.read(), wire.getpeercert()["serialNumber"]

    def options(self):
        return ["--tls-certificate", str(self.dir / "server.pem"), "--tls-key", str(self.dir / "server.key"), "--tls-root", str(self.dir / "root.pem")]

    def test_made_served_and_renewed(self):
        made = self.answer("tls", "make", "--name", NAME, "--address", "127.0.0.1", self.dir)
        self.assertEqual(made["names"], [NAME, "127.0.0.1"])
        for name, mode in (("root.key", 0o600), ("server.key", 0o600), ("root.pem", 0o644), ("root.cer", 0o644), ("server.pem", 0o644)):
            self.assertEqual(stat.S_IMODE(os.stat(self.dir / name).st_mode), mode, name)
        printed = openssl("x509", "-in", self.dir / "root.pem", "-noout", "-fingerprint", "-sha256").stdout
        self.assertIn(made["root_sha256"], printed)
        for check in (("-verify_hostname", NAME), ("-verify_ip", "127.0.0.1")):
            done = openssl("verify", "-x509_strict", "-purpose", "sslserver", *check, "-CAfile", self.dir / "root.pem", self.dir / "server.pem")
            self.assertEqual(done.returncode, 0, done)
        self.assertNotEqual(openssl("verify", "-verify_hostname", "other.example", "-CAfile", self.dir / "root.pem", self.dir / "server.pem").returncode, 0)

        key, root = (self.dir / "server.key").read_bytes(), (self.dir / "root.pem").read_bytes()
        with Server(options=self.options()) as server:
            about, first = self.get(server.port, "/v1/server")
            self.assertEqual(json.loads(about)["api"], 1)
            self.assertEqual(self.get(server.port, "/app/tls-root.cer")[0], (self.dir / "root.cer").read_bytes())
            self.get(server.port, "/v1/server", name="127.0.0.1")
            with self.assertRaises(ssl.SSLCertVerificationError):
                self.get(server.port, "/v1/server", name="other.example")
            # The root is kept offline, and comes back to renew.
            offline = (self.dir / "root.key").rename(self.dir.parent / "offline.key")
            self.refused("tls", "renew", self.dir, says="root.key")
            offline.rename(self.dir / "root.key")
            renewed = self.answer("tls", "renew", "--days", "30", self.dir)
            self.assertEqual((renewed["names"], renewed["root_sha256"]), (made["names"], made["root_sha256"]))
            self.assertLess(renewed["not_after"], made["not_after"])
            server.restart()
            _, second = self.get(server.port, "/v1/server")
            self.assertNotEqual(first, second)
        self.assertEqual(((self.dir / "server.key").read_bytes(), (self.dir / "root.pem").read_bytes()), (key, root))

    def test_nothing_is_overwritten(self):
        self.answer("tls", "make", "--name", NAME, self.dir)
        before = {path.name: path.read_bytes() for path in self.dir.iterdir()}
        self.refused("tls", "make", "--name", NAME, self.dir, says="not overwritten")
        (self.dir / "root.key").unlink()
        self.refused("tls", "make", "--name", NAME, self.dir, says="not overwritten")
        self.assertFalse((self.dir / "root.key").exists(), "a key of another root beside phones' root would be worse than none")
        del before["root.key"]
        self.assertEqual({path.name: path.read_bytes() for path in self.dir.iterdir()}, before)

    def test_what_cannot_be_certified_is_told(self):
        for arguments, says in ((["--name", "10.0.0.5"], "--address"), (["--name", "*.hospital.example"], "no usable name"),
                                (["--name", "Sign.hospital.example"], "no usable name"), (["--name", NAME, "--address", "nowhere"], "no IP address"),
                                ([], "--name"), (["--address", "10.0.0.5"], "--name"), (["--name", NAME, "--days", "398"], "--days"),
                                ([word for i in range(9) for word in ("--name", f"n{i}.example")], "1 to 8 names")):
            with self.subTest(arguments):
                self.refused("tls", "make", *arguments, self.dir, code=2, says=says)
        self.assertFalse(self.dir.exists())
        self.refused("tls", "make", "--name", NAME, self.dir / "no" / "parent", says="no such file")
        self.refused("tls", "renew", self.dir, says="no such file")

    def test_a_root_renews_for_its_own_names_alone(self):
        self.answer("tls", "make", "--name", NAME, self.dir)
        before = (self.dir / "server.pem").read_bytes()
        for arguments in (["--name", "bank.example"], ["--name", NAME, "--address", "10.0.0.5"]):
            self.refused("tls", "renew", *arguments, self.dir, says="cannot vouch")
        os.chmod(self.dir / "root.key", 0o644)
        self.refused("tls", "renew", self.dir, says="root.key")
        os.chmod(self.dir / "root.key", 0o600)
        (self.dir / "root.key").write_bytes((self.dir / "server.key").read_bytes())
        self.refused("tls", "renew", self.dir, says="cannot vouch")
        self.assertEqual((self.dir / "server.pem").read_bytes(), before)

    def test_a_name_below_may_be_added(self):
        self.answer("tls", "make", "--name", NAME, self.dir)
        self.assertEqual(self.answer("tls", "renew", "--name", NAME, "--name", f"app.{NAME}", self.dir)["names"], [NAME, f"app.{NAME}"])


class ServerCode(cli.Checks, unittest.TestCase):
    URL = "https://sign.hospital.example"

    def test_the_code_on_the_terminal(self):
        drawn = self.ok("server-code", "--url", self.URL + "/").out.splitlines()
        self.assertEqual(drawn[-1], self.URL + "/")
        text = self.ok("server-code", "--url", self.URL + "/", "--text").out.strip()
        self.assertEqual(qr.read_terminal(drawn[:-1]), text)
        self.assertEqual(text[:11], "YIQIAN:1:C:")
        self.assertEqual(base64.urlsafe_b64decode(text[11:] + "=="), self.URL.encode() + b"/")
        drawn = self.ok("server-code", "--url", self.URL, "--web").out.splitlines()
        self.assertEqual(drawn[-1], self.URL + "/app/")
        self.assertEqual(self.ok("server-code", "--url", self.URL, "--web", "--text").out.strip(), self.URL + "/app/")

    def test_an_address_that_phones_refuse_is_refused_here(self):
        for url in ("http://sign.hospital.example", "sign.hospital.example", "https://", "https://user@a", "https://a?q", "https://" + 250 * "a"):
            done = cli.yiqian("server-code", "--url", url)
            self.assertEqual((done.code, done.out), (2, ""), done)
            self.assertIn("phones take no such address", done.err)

    def test_the_server_says_its_address_and_a_phone_takes_it(self):
        with Server() as server, tempfile.TemporaryDirectory(prefix="yiqian-phone-") as folder:
            url = f"http://127.0.0.1:{server.port}"
            _, about = server.http.json("GET", "/v1/server")
            said = self.answer("server-code", "--server", url)
            self.assertEqual(said["url"], about["public_url"])
            code = self.ok("server-code", "--url", url, "--text").out.strip()
            phone = ["--dir", os.path.join(folder, "phone")]
            asked = cli.yiqian("device", "scan", code, *phone)
            self.assertEqual(asked.code, 2, "nobody was there to look at the address")
            self.assertIn(url, asked.err)
            done = cli.yiqian("device", "scan", code, "--yes", "--json", *phone)
            self.assertEqual((done.code, done.json["server"]), (0, url), done)
            # It enrols there without being told again.
            pin = os.path.join(folder, "pin")
            with open(os.open(pin, os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
                file.write("274915")
            activation = server.code(server.user("D1001"))
            none = cli.yiqian("device", "enrol", "--staff-no", "D1001", "--code", activation, "--pin-file", pin, "--dir", os.path.join(folder, "other"))
            self.assertEqual(none.code, 2, none)
            self.assertIn("--server", none.err)
            done = cli.yiqian("device", "enrol", "--staff-no", "D1001", "--code", activation, "--pin-file", pin, "--json", *phone)
            self.assertEqual(done.code, 0, done)


if __name__ == "__main__":
    unittest.main()
