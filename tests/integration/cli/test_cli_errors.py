"""No server, another server, refusals, files in the way: what is said, and the exit status."""
import http.server
import json
import os
import pathlib
import socket
import tempfile
import threading
import unittest

import cli


class Stub(http.server.BaseHTTPRequestHandler):
    """Answers every request with what the test put here."""
    status, media_type, body = 200, "text/html", b"<html>"

    def do_GET(self):
        self.send_response(self.status)
        self.send_header("Content-Type", self.media_type)
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, *_):
        pass


class Errors(cli.Checks, unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.credential = self.write("emr.json", {"server": "http://127.0.0.1:1", "key": "ak_x", "secret": "s"})

    def write(self, name, content, mode=0o600):
        path = self.folder / name
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        path.chmod(mode)
        return path

    def stub(self, status, media_type, body):
        handler = type("Answer", (Stub,), {"status": status, "media_type": media_type, "body": body})
        server = http.server.HTTPServer(("127.0.0.1", 0), handler)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        self.addCleanup(server.server_close)
        self.addCleanup(thread.join)
        self.addCleanup(server.shutdown)
        return f"http://127.0.0.1:{server.server_port}"

    def test_no_server_on_the_socket(self):
        self.fails(3, "user", "list", "--data-dir", self.folder, says=(f"{self.folder}/yiqiand.sock", "yiqiand --data-dir"))
        self.fails(3, "user", "list", cwd=self.folder, says=("yiqian-data/yiqiand.sock",))
        self.fails(3, "user", "list", "--data-dir", self.folder, lang="zh_CN.UTF-8", says=("启动服务器", ))
        self.fails(3, "user", "list", "--data-dir", "x" * 200, says=("107",))
        with socket.socket(socket.AF_UNIX) as left_behind:
            left_behind.bind(str(self.folder / "yiqiand.sock"))
        self.fails(3, "user", "list", "--data-dir", self.folder, says=("does not answer",))

    def test_no_server_on_the_port(self):
        with socket.socket() as reserved:
            reserved.bind(("127.0.0.1", 0))
            url = f"http://127.0.0.1:{reserved.getsockname()[1]}"
            self.fails(3, "task", "list", "--credential", self.credential, "--server", url, says=(url, "yiqiand"))
            self.fails(3, "cert", "chain", "--server", url, says=(url,))

    def test_something_else_answers(self):
        self.fails(1, "task", "list", "--credential", self.credential, "--server", self.stub(502, "text/html", b"<html>"), says=("502",))
        self.fails(3, "task", "list", "--credential", self.credential, "--server", self.stub(200, "text/html", b"<html>"))
        self.fails(1, "task", "list", "--credential", self.credential, "--server", self.stub(302, "text/html", b""), says=("302",))

    def test_a_problem_is_told_whole(self):
        problem = {"title": "PIN 不正确", "title_en": "The PIN is wrong", "code": "pin_wrong", "detail": "\x1b[2Jd", "hint": "请确认",
                   "hint_en": "Check it", "tries_left": 4, "retry_after": 7, "field": "items[0].e"}
        url = self.stub(403, "application/problem+json", json.dumps(problem).encode())
        ask = ("task", "list", "--credential", self.credential, "--server", url)
        done = self.fails(1, *ask, says=("The PIN is wrong", "pin_wrong", "Check it", "4", "7", "items[0].e"))
        self.assertNotIn("\x1b", done.err)
        self.fails(1, *ask, lang="zh_CN.UTF-8", says=("PIN 不正确", "pin_wrong", "请确认", "剩余次数: 4"))
        self.assertEqual(json.loads(self.fails(1, *ask, "--json").err), problem)

    def test_what_others_wrote_cannot_steer_the_terminal(self):
        page = {"items": [{"task": "t", "state": "signed", "title": "\x1b]0;x\x07\u202etxt.exe"}], "next": None}
        url = self.stub(200, "application/json", json.dumps(page).encode())
        done = self.ok("task", "list", "--credential", self.credential, "--server", url)
        for character in "\x1b\x07\u202e":
            self.assertNotIn(character, done.out)

    def test_addresses(self):
        for address in ("127.0.0.1:8970", "ftp://x", "http://", "http://u@127.0.0.1", "http://127.0.0.1/path", "http://127.0.0.1?x",
                        "http://[::1", "http://a b", "http://127.0.0.1:80x"):
            with self.subTest(address=address):
                self.fails(2, "task", "list", "--credential", self.credential, "--server", address, says=(address, "--help"))

    def test_a_token_does_not_travel_in_clear(self):
        token = self.write("token", "ot_a.b\n")
        for address in ("http://sign.example.org:8970", "http://127.evil.example", "http://127.0.0.1.example", "http://localhost.example"):
            with self.subTest(address=address):
                self.fails(1, "user", "list", "--token", token, "--server", address, says=("https://",))
        self.fails(3, "user", "list", "--token", token, "--server", "http://[::1]:1")

    def test_files_in_the_way(self):
        self.fails(1, "task", "list", "--credential", self.folder / "none", says=("none",))
        self.fails(1, "task", "list", "--credential", self.write("open.json", {"key": "k", "secret": "s"}, 0o644), says=("chmod 600",))
        for content in ("", "{", "[]", {"key": "k"}, {"key": "k", "secret": 5}, {"key": "k" * 100, "secret": "s"}):
            self.fails(1, "task", "list", "--credential", self.write("bad.json", content), says=("bad.json", "system credential"))
        self.fails(1, "user", "list", "--token", self.write("bad", "not a token"), says=("bad",))
        self.fails(1, "task", "create", "--credential", self.credential, "--signer", "D1", "--file", self.folder / "none.pdf", says=("none.pdf",))
        self.fails(1, "task", "create", "--credential", self.credential, "--signer", "D1", "--file", self.folder, says=(str(self.folder),))
        self.fails(1, "audit", "fsck", "--data-dir", self.folder, says=("yiqian.db",))
        self.assertEqual(os.listdir(self.folder).count("yiqian.db"), 0)
        self.write("yiqian.db", "")
        self.fails(1, "audit", "fsck", "--data-dir", self.folder, says=("master.key",))

    def test_a_full_disk_behind_standard_output_is_an_error(self):
        with open("/dev/full", "wb") as full:
            done = cli.subprocess.run([cli.YIQIAN, "cert", "chain", "--server",
                                       self.stub(200, "application/json", json.dumps({"chain_pem": "x" * 9000}).encode())],
                                      stdout=full, stderr=cli.subprocess.PIPE)
        self.assertEqual(done.returncode, 1)
        self.assertTrue(done.stderr)


if __name__ == "__main__":
    unittest.main()
