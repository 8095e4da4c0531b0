"""HTTP of the EMR: where a request may come from, and what a cookie looks like, with and without TLS in front."""
import http.client
import json
import pathlib
import socket
import sys
import tempfile
import threading
import time
import types
import unittest
import unittest.mock

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "examples/emr/server"))

import callback
import connections
import events
import login
import records
import seed
import signing
import store
import web

PUBLIC = "https://emr.example.cn"


class WebTest(unittest.TestCase):
    pages = "/nonexistent"

    def serve(self, public_url):
        app = types.SimpleNamespace(hospital="x", ward="y", hub=events.Hub(), yiqian=types.SimpleNamespace(server="http://yiqian"),
                                    settings=types.SimpleNamespace(system="电子病历", agent="http://127.0.0.1:8971", demo_login=True, code_seconds=120),
                                    store=store.Store("file:web?mode=memory&cache=shared"))
        seed.plant(app.store)
        app.records, app.callbacks = records.Records(app.store, "x"), callback.Callbacks(app.store, None)
        app.signing = signing.Signing(app.store, app.records, app.yiqian, app.hub, app.callbacks)
        app.login = login.Login(app.store, app.records, app.yiqian, None, app.settings)
        self.server = web.Server(("127.0.0.1", 0), app, self.pages, public_url)
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,))
        self.thread.start()
        self.addCleanup(self.stop)
        self.own = f"127.0.0.1:{self.server.server_address[1]}"

    def stop(self):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()

    def ask(self, method, path, body=None, **headers):
        connection = http.client.HTTPConnection(self.own, timeout=5)
        try:
            connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
            response = connection.getresponse()
            response.text = response.read()
            return response
        finally:
            connection.close()

    def choose(self, host, origin, **more):
        return self.ask("POST", "/api/demo-login", '{"staff_no":"D1001"}', Host=host, Content_Type="application/json",
                        **({"Origin": origin} if origin else {}), **more)

    def test_files(self):
        """The pages' folder and nothing beside it; what is no name of a file is not found, and no error inside."""
        with tempfile.TemporaryDirectory() as folder:
            self.pages = folder + "/pages"
            for name, text in (("secret.txt", "secret"), ("pages/index.html", "page"), ("pages/app.js", "script")):
                file = pathlib.Path(folder, name)
                file.parent.mkdir(exist_ok=True)
                file.write_text(text)
            self.serve(None)
            get = lambda path: self.ask("GET", path, Host=self.own).status
            self.assertEqual([get(path) for path in ("/", "/app.js", "/patients/1")], [200, 200, 200])
            for path in ("/../secret.txt", "/%2e%2e/secret.txt", "/..%2fsecret.txt", "//etc/passwd.txt", "/a%00b", "/app.js%00", "/" + "x" * 300,
                         "/" + "x/" * 3000, "/none.js"):
                self.assertEqual(get(path), 404, path[:20])

    def test_who_signs_in_anew_leaves_no_session_behind(self):
        self.serve(None)
        token = lambda answer: answer.headers["Set-Cookie"].partition(";")[0]
        status = lambda cookie: self.ask("GET", "/api/patients", Host=self.own, Cookie=cookie).status
        first = token(self.choose(self.own, f"http://{self.own}"))
        second = token(self.choose(self.own, f"http://{self.own}", Cookie=first))
        self.assertEqual((status(first), status(second)), (401, 200))

    def test_a_handle_comes_back_to_its_person_alone(self):
        self.serve(None)
        origin = f"http://{self.own}"
        def sign_in(staff_no):
            done = self.ask("POST", "/api/demo-login", json.dumps({"staff_no": staff_no}), Host=self.own, Content_Type="application/json", Origin=origin)
            return done.headers["Set-Cookie"].partition(";")[0]
        def post(cookie, path, **body):
            return self.ask("POST", path, json.dumps(body), Host=self.own, Content_Type="application/json", Origin=origin, Cookie=cookie).status
        place, other_place, ident = (f"01a21c14-dfcd-7f78-a523-69876e42be{n}" for n in ("01", "02", "03"))
        def held(cookie, where=place):
            answer = self.ask("GET", f"/api/workstations/{where}/authorisations", Host=self.own, Cookie=cookie)
            return json.loads(answer.text)["authorisations"] if answer.status == 200 else answer.status
        wish = {"authorisation": ident, "workstation": place, "handle": "h" * 43, "until": "2099-01-01T00:00:00.000Z"}
        one, other = sign_in("D1001"), sign_in("D1002")
        for name, bad in (("authorisation", "x"), ("workstation", None), ("handle", "h" * 42), ("handle", ["h" * 43]), ("until", "2099-01-01"), ("more", 1)):
            self.assertEqual(post(one, "/api/authorisations", **{**wish, name: bad}), 400, name)
        self.assertEqual(post(one, "/api/authorisations", **wish), 200)
        kept = [{"authorisation": ident, "handle": "h" * 43, "until": "2099-01-01T00:00:00.000Z"}]
        self.assertEqual((held(one), held(one, other_place), held(other), held("")), (kept, [], [], 401))
        self.assertEqual(post(other, f"/api/authorisations/{ident}/over"), 200)  # nothing of theirs
        self.assertEqual(post(other, "/api/authorisations", **{**wish, "handle": "x" * 43}), 200)
        self.assertEqual(held(one), kept)
        self.assertEqual(self.ask("POST", "/api/logout", "{}", Host=self.own, Content_Type="application/json", Origin=origin, Cookie=one).status, 200)
        self.assertEqual(held(one), 401)
        one = sign_in("D1001")  # "keep it, log out": the same person goes on
        self.assertEqual(held(one), kept)
        self.assertEqual(post(one, f"/api/authorisations/{ident}/over"), 200)
        self.assertEqual(held(one), [])
        for n in range(30):
            self.assertEqual(post(one, "/api/authorisations", **{**wish, "authorisation": ident[:-2] + f"{n:02}"}), 200)
        self.assertEqual([h["authorisation"][-2:] for h in held(one)], [f"{n:02}" for n in range(29, 9, -1)])
        self.assertEqual(post(one, "/api/authorisations", **{**wish, "until": "2001-01-01T00:00:00Z"}), 200)
        self.assertNotIn(ident, [h["authorisation"] for h in held(one)])

    # Who holds connections open

    def half(self, data=b"GET / HTTP/1.1\r\nHost: ", source="127.0.0.1"):
        opened = socket.create_connection(("127.0.0.1", self.server.server_address[1]), 5, (source, 0))
        self.addCleanup(opened.close)
        opened.sendall(data)
        return opened

    def keep_nobody_out(self, halves, most, host):
        for _ in range(halves):
            self.half()
        began = time.monotonic()
        for source in ("127.0.0.1", "127.0.0.2"):
            good = self.half(f"GET /api/session HTTP/1.1\r\nHost: {host}\r\n\r\n".encode(), source)
            self.assertTrue(good.recv(100).startswith(b"HTTP/1.1 200"), source)
        self.assertLess(time.monotonic() - began, 5)
        self.assertLessEqual(len(self.server.connections.open), most)

    def test_many_halves_of_requests_keep_nobody_out(self):
        self.serve(None)
        self.keep_nobody_out(600, connections.MAX_OF_ADDRESS + 1, self.own)

    def test_many_halves_of_requests_through_a_proxy_keep_nobody_out(self):
        self.serve(PUBLIC)
        self.keep_nobody_out(300, connections.MAX, "emr.example.cn")

    def test_whose_request_is_being_answered_is_not_ended_for_another(self):
        some = connections.Connections(most=3, of_address=2)
        pairs = [socket.socketpair() for _ in range(4)]
        self.addCleanup(lambda: [one.close() for pair in pairs for one in pair])
        first, second, third, fourth = (pair[0] for pair in pairs)
        self.assertTrue(some.admit(first, "a") and some.admit(second, "a"))
        some.awaits(first, False)
        some.awaits(second, False)
        self.assertFalse(some.admit(third, "a"))  # it is the address that is full
        self.assertTrue(some.admit(third, "b"))
        some.awaits(second, True)
        self.assertTrue(some.admit(fourth, "c"))
        self.assertEqual((list(some.open), second.recv(1)), ([first, third, fourth], b""))
        some.leave(first)
        some.leave(second)
        self.assertEqual(list(some.open), [third, fourth])

    def test_a_request_that_comes_byte_by_byte(self):
        self.serve(None)
        with unittest.mock.patch("connections.REQUEST_SECONDS", 0.4):
            slow, began = self.half(), time.monotonic()
            with self.assertRaises(OSError):
                while time.monotonic() - began < 4:
                    slow.sendall(b"x")
                    time.sleep(0.05)
            self.assertLess(time.monotonic() - began, 3)

    def test_a_request_that_breaks_off_is_none(self):
        self.serve(None)
        broken = self.half(f"GET /api/session HTTP/1.1\r\nHost: {self.own}\r\n".encode())
        broken.shutdown(socket.SHUT_WR)
        self.assertEqual(broken.recv(100), b"")

    def test_what_is_refused_before_there_is_a_request_is_a_problem_too(self):
        self.serve(None)
        for request, status, code in ((b"GET / HTTP/1.1\r\nHost: x\r\nCookie: " + b"x" * 300000 + b"\r\n\r\n", 431, "header_too_large"),
                                      (b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 200 + b"\r\n", 431, "header_too_large"),
                                      (b"GET /" + b"x" * 70000 + b" HTTP/1.1\r\n\r\n", 414, "header_too_large"),
                                      (b"BREW / HTTP/1.1\r\nHost: x\r\n\r\n", 501, "not_found"), (b"GET\r\n\r\n", 400, "bad_request"),
                                      (b"GET / HTTP/x\r\n\r\n", 400, "bad_request")):
            answer = http.client.HTTPResponse(self.half(request))
            answer.begin()
            said = json.loads(answer.read())
            self.assertEqual((answer.status, said["code"], answer.headers["Connection"]), (status, code, "close"))
            self.assertTrue(said["title"] and said["hint_en"])

    def test_without_tls(self):
        self.serve(None)
        done = self.choose(self.own, f"http://{self.own}")
        cookie = done.headers["Set-Cookie"]
        self.assertEqual((done.status, cookie.startswith("emr_session="), "Secure" in cookie), (200, True, False))
        self.assertIn("connect-src 'self' http://127.0.0.1:8971;", done.headers["Content-Security-Policy"])
        for host, origin in ((self.own, None), (self.own, "http://elsewhere"), (self.own, "null"), (self.own, f"https://{self.own}"),
                             ("emr.example.cn", "http://emr.example.cn")):
            self.assertEqual(self.choose(host, origin).status, 403, (host, origin))
        self.assertEqual(self.choose(self.own, f"http://{self.own}", Sec_Fetch_Site="cross-site").status, 403)

    def test_behind_tls(self):
        self.serve(PUBLIC)
        done = self.choose("emr.example.cn", PUBLIC)
        name, _, rest = done.headers["Set-Cookie"].partition("=")
        self.assertEqual((done.status, name), (200, "__Host-emr_session"))
        self.assertTrue({"Secure", "HttpOnly", "Path=/", "SameSite=Strict"} <= set(rest.split("; ")))
        token = rest.partition(";")[0]
        signed_in = lambda cookie: self.ask("GET", "/api/patients", Host="emr.example.cn", Cookie=f"{cookie}={token}").status
        self.assertEqual((signed_in("__Host-emr_session"), signed_in("emr_session")), (200, 401))
        for host, origin in ((self.own, f"http://{self.own}"), ("emr.example.cn", "http://emr.example.cn"), ("emr.example.cn", f"http://{self.own}")):
            self.assertEqual(self.choose(host, origin).status, 403, (host, origin))
        # Callbacks come from yiqian's own machine, past the proxy: no cookie counts there, but a signature.
        self.assertEqual(self.ask("POST", "/callbacks/yiqian", "{}", Host=self.own).status, 401)
        self.assertEqual(self.ask("POST", "/callbacks/yiqian", "{}", Host="elsewhere").status, 403)


if __name__ == "__main__":
    unittest.main()
