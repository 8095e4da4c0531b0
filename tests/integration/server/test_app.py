"""The app that the server carries, as a browser and a hostile client meet it; whose pages may call what devices call; whose server it is."""
import base64
import gzip
import os
import socket
import subprocess
import tempfile
import unittest
from datetime import datetime, timezone

from server import YIQIAND, Server

SCRIPT = b"export const answer = 42\n" * 400
ORIGIN, OTHER = "https://appassets.androidplatform.net", "https://evil.example"


def write(folder, path, content):
    whole = os.path.join(folder, path)
    os.makedirs(os.path.dirname(whole), exist_ok=True)
    with open(whole, "wb") as file:
        file.write(content)


def make_app(folder):
    write(folder, "index.html", "<!doctype html><title>医签</title>".encode())
    write(folder, "assets/index-C3kq9Zt1.js", SCRIPT)
    write(folder, "assets/index-C3kq9Zt1.js.gz", gzip.compress(SCRIPT, 9))
    write(folder, "assets/yiqian-Ab_d-234.wasm", b"\0asm\1\0\0\0")


class App(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        make_app(cls.folder.name)
        cls.server = Server(options=["--app-dir", cls.folder.name, "--app-origins", f"{ORIGIN}, capacitor://localhost",
                                     "--organisation", "示例医院", "--public-url", "https://sign.hospital.example/"])

    @classmethod
    def tearDownClass(cls):
        cls.server.close()
        cls.folder.cleanup()

    def get(self, path, method="GET", **headers):
        http = self.server.new_client()
        status, body = http.raw(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        return status, http.headers, body

    def test_the_app_is_served(self):
        status, headers, body = self.get("/app/")
        self.assertEqual((status, headers["Content-Type"], headers["Cache-Control"]), (200, "text/html; charset=utf-8", "no-cache"))
        self.assertIn("医签".encode(), body)
        for page in ("/app/tasks/0193", "/app/index.html", "/app/login/x?y=1"):
            self.assertEqual(self.get(page)[::2], (200, body), page)
        status, headers, body = self.get("/app/assets/yiqian-Ab_d-234.wasm")
        self.assertEqual((status, headers["Content-Type"], body), (200, "application/wasm", b"\0asm\1\0\0\0"))
        self.assertIn("immutable", headers["Cache-Control"])
        self.assertEqual(self.get("/")[1]["Location"], "app/")

    def test_what_was_compressed_beforehand_is_the_same(self):
        path = "/app/assets/index-C3kq9Zt1.js"
        status, headers, body = self.get(path, Accept_Encoding="gzip, br")
        self.assertEqual((status, headers["Content-Encoding"], headers["Vary"]), (200, "gzip", "Accept-Encoding"))
        self.assertLess(len(body), len(SCRIPT) / 10)
        self.assertEqual(gzip.decompress(body), SCRIPT)
        packed_tag = headers["ETag"]
        status, headers, body = self.get(path)
        self.assertEqual((status, headers["Content-Encoding"], body), (200, None, SCRIPT))
        self.assertNotEqual(headers["ETag"], packed_tag)
        status, headers, body = self.get(path, Accept_Encoding="gzip", If_None_Match=packed_tag)
        self.assertEqual((status, body), (304, b""))

    def test_a_304_and_a_head_have_no_body(self):
        """Read from the socket: the next answer on the connection begins where this one ends."""
        tag = self.get("/app/")[1]["ETag"]
        with socket.create_connection(("127.0.0.1", self.server.port), 10) as wire:
            wire.sendall((f"GET /app/ HTTP/1.1\r\nHost: x\r\nIf-None-Match: {tag}\r\n\r\n"
                          "HEAD /app/ HTTP/1.1\r\nHost: x\r\n\r\n"
                          "GET /v1/server HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").encode())
            answers = b""
            while more := wire.recv(65536):
                answers += more
        first, second, third = answers.split(b"HTTP/1.1 ")[1:]
        self.assertTrue(first.startswith(b"304 ") and first.endswith(b"\r\n\r\n"), first)
        self.assertTrue(second.startswith(b"200 ") and second.endswith(b"\r\n\r\n"), second)
        self.assertTrue(third.startswith(b"200 ") and third.endswith(b"}"), third)

    def test_nothing_else_of_the_disk_is_served(self):
        for path in ("/app/../../etc/passwd", "/app/%2e%2e/%2e%2e/etc/passwd", "/app//etc/passwd", "/app/assets"):
            status, _, body = self.get(path)
            self.assertIn(status, (200, 404), path)
            self.assertNotIn(b"root:", body)
        self.assertEqual(self.get("/app/..%2f..%2fetc%2fpasswd")[0], 400)
        self.assertEqual(self.get("/app/%00index.html")[0], 400)
        write(self.folder.name, "late.txt", b"written after the start")
        self.assertEqual(self.get("/app/late.txt")[0], 404)

    def test_it_says_whose_server_it_is(self):
        status, about = self.server.http.json("GET", "/v1/server")
        self.assertEqual(status, 200)
        self.assertEqual((about["name"], about["api"], about["public_url"], about["sandbox"]),
                         ("示例医院", 1, "https://sign.hospital.example", False))
        off = datetime.now(timezone.utc) - datetime.fromisoformat(about["time"].replace("Z", "+00:00"))
        self.assertLess(abs(off.total_seconds()), 5)

    def test_pages_of_the_set_origins_call_what_devices_call(self):
        for path, method in (("/v1/device/challenges", "POST"), ("/v1/device/tasks", "GET"), ("/v1/enrolments", "POST"),
                             ("/v1/enrolment-scans", "POST"), ("/v1/time", "GET"), ("/v1/server", "GET"),
                             ("/v1/device/keys/0193", "DELETE"), ("/v1/device/events", "GET")):
            with self.subTest(path):
                status, headers, _ = self.get(path, "OPTIONS", Origin=ORIGIN, Access_Control_Request_Method=method,
                                              Access_Control_Request_Headers="authorization,content-type")
                self.assertEqual((status, headers["Access-Control-Allow-Origin"], headers["Vary"]), (204, ORIGIN, "Origin"))
                self.assertEqual(headers["Access-Control-Allow-Methods"], method)
                status, headers, _ = self.get(path, method, Origin=ORIGIN)
                self.assertNotEqual(status, 403)
                self.assertEqual(headers["Access-Control-Allow-Origin"], ORIGIN, "an answer that the page cannot read, problems too")
                self.assertIsNone(headers["Access-Control-Allow-Credentials"])

    def test_and_nothing_else_and_nobody_else(self):
        for path, method in (("/v1/users", "GET"), ("/v1/tasks", "POST"), ("/v1/verify", "POST"), ("/v1/health", "GET"), ("/tsa", "POST"),
                             ("/v1/enrolment-scans/0193", "GET"), ("/v1/enrolment-scans/0193/code", "GET"), ("/v1/audit", "GET"),
                             ("/v1/workstation/challenges", "POST"), ("/app/", "GET"), ("/docs", "GET"), ("/pki/root.cer", "GET"), ("/none", "GET")):
            with self.subTest(path):
                status, headers, _ = self.get(path, "OPTIONS", Origin=ORIGIN, Access_Control_Request_Method=method)
                self.assertIn(status, (404, 405))
                self.assertFalse([name for name in headers if name.lower().startswith("access-control")])
                _, headers, _ = self.get(path, method, Origin=ORIGIN)
                self.assertFalse([name for name in headers if name.lower().startswith("access-control")])
        for origin in (OTHER, "null", "*", ORIGIN + ":443", ORIGIN + "/", ORIGIN.upper(), f"{ORIGIN}, {OTHER}"):
            with self.subTest(origin):
                status, headers, _ = self.get("/v1/device/tasks", "OPTIONS", Origin=origin, Access_Control_Request_Method="GET")
                self.assertEqual((status, headers["Access-Control-Allow-Origin"]), (405, None))
                _, headers, _ = self.get("/v1/server", Origin=origin)
                self.assertIsNone(headers["Access-Control-Allow-Origin"])


class Settings(unittest.TestCase):
    def fails(self, *arguments):
        with tempfile.TemporaryDirectory() as folder:
            data = os.path.join(folder, "data")
            done = subprocess.run([YIQIAND, "--data-dir", data, "--listen", "127.0.0.1:0", *arguments], capture_output=True, text=True, timeout=30)
            self.assertNotEqual(done.returncode, 0)
            self.assertFalse(os.path.exists(data), "a start that is refused makes nothing")
            return done.stderr

    def test_without_an_app_there_is_a_hint(self):
        with Server() as server:
            for path in ("/", "/app/"):
                status, problem = server.http.json("GET", path)
                self.assertEqual((status, problem["code"]), (404, "not_found"))
                self.assertIn("app_dir", problem["detail"])
            status, _ = server.http.raw("OPTIONS", "/v1/server", headers={"Origin": ORIGIN, "Access-Control-Request-Method": "GET"})
            self.assertEqual(status, 405)

    def test_what_cannot_be_served_is_refused_at_the_start(self):
        self.assertIn("app_dir", self.fails("--app-dir", "/nonexistent"))
        with tempfile.TemporaryDirectory() as folder:
            self.assertIn("index.html", self.fails("--app-dir", folder))
            make_app(folder)
            os.symlink("/etc/passwd", os.path.join(folder, "passwd"))
            self.assertIn("passwd", self.fails("--app-dir", folder))
            os.unlink(os.path.join(folder, "passwd"))
            write(folder, "index.html.gz", gzip.compress(b"of an earlier build"))
            self.assertIn("index.html.gz", self.fails("--app-dir", folder))
            os.unlink(os.path.join(folder, "index.html.gz"))
            with open(os.path.join(folder, "large"), "wb") as file:
                file.truncate(33 << 20)
            self.assertIn("32 MiB", self.fails("--app-dir", folder))
        for origins in ("*", "null", "https://a.example/", "a.example", "https://a.example https://b.example"):
            self.assertIn("app_origins", self.fails("--app-origins", origins))

    def test_only_a_certificate_is_offered(self):
        with tempfile.TemporaryDirectory() as folder:
            key, certificate = os.path.join(folder, "root.key"), os.path.join(folder, "root.pem")
            subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key,
                            "-out", certificate, "-days", "2", "-subj", "/CN=root"], check=True, capture_output=True)
            self.assertIn("tls_root", self.fails("--tls-root", key))
            self.assertIn("tls_root", self.fails("--tls-root", "/nonexistent"))
            with Server(options=["--tls-root", certificate]) as server:
                status, der = server.http.raw("GET", "/app/tls-root.cer")
                self.assertEqual((status, server.http.headers["Content-Type"]), (200, "application/x-x509-ca-cert"))
            with open(certificate) as file:
                self.assertEqual(der, base64.b64decode("".join(file.read().split("-----")[2].split())))


if __name__ == "__main__":
    unittest.main()
