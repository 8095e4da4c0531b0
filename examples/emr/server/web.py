"""HTTP for browsers: the pages' files, the JSON calls, the stream of events. Every header that keeps a page to itself is set here."""
import contextlib
import http.server
import io
import json
import logging
import pathlib
import queue
import re
import socket
import urllib.parse
from http.cookies import CookieError, SimpleCookie

import api
import document
from connections import IDLE_SECONDS, Connections, Incoming
from problem import Problem

BODY_MAX = 64 << 10
BEAT_SECONDS = 15
# The pages speak with this server and with the agent of the workstation on which they are shown.
POLICY = ("default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self' {agent}; "
          "base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
TYPES = {".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8",
         ".svg": "image/svg+xml", ".woff2": "font/woff2", ".png": "image/png", ".ico": "image/x-icon"}


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address, app, pages, public_url):
        self.app, self.pages, self.policy = app, pathlib.Path(pages).resolve(), POLICY.format(agent=app.settings.agent)
        # Behind a proxy all come from its address; it knows the browsers'.
        self.connections = Connections(of_address=None) if public_url else Connections()
        super().__init__(address, Handler)
        # The listening address is for those on this machine: the callbacks, and browsers where there is no other address.
        self.own_hosts = {f"{address[0]}:{self.server_address[1]}", f"localhost:{self.server_address[1]}"}
        self.origins = {public_url} if public_url else {"http://" + host for host in self.own_hosts}
        self.hosts = {one.partition("://")[2] for one in self.origins}
        self.secure = bool(public_url) and public_url.startswith("https://")

    def process_request(self, request, client_address):
        if not self.connections.admit(request, client_address[0]):
            return self.shutdown_request(request)
        super().process_request(request, client_address)

    def process_request_thread(self, request, client_address):
        try:
            super().process_request_thread(request, client_address)
        finally:
            self.app.store.close()
            self.connections.leave(request)

    def handle_error(self, request, client_address):
        logging.debug("connection lost", exc_info=True)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version, timeout, server_version, sys_version = "HTTP/1.1", IDLE_SECONDS, "emr", ""

    def setup(self):
        super().setup()
        self.rfile.close()
        self.incoming = Incoming(self.connection)
        self.rfile = io.BufferedReader(self.incoming)

    def handle_one_request(self):
        self.incoming.begin()
        self.server.connections.awaits(self.connection, True)
        super().handle_one_request()

    def log_message(self, text, *values):
        logging.debug(text, *values)

    def do_GET(self):
        self.handle_method("GET")

    def do_POST(self):
        self.handle_method("POST")

    do_HEAD = do_PUT = do_PATCH = do_DELETE = lambda self: self.answer_problem(Problem("not_found", status=405))

    def handle_method(self, method):
        self.path_only, _, query = self.path.partition("?")
        self.set_cookies = []
        try:
            body = self.read_body()
            self.server.connections.awaits(self.connection, False)
            found = api.route(method, self.path_only) or (None, (), "browser")
            handler, values, wants = found
            host = (self.headers.get("Host") or "").lower()
            if host not in self.server.hosts and not (wants == "anyone" and host in self.server.own_hosts):
                raise Problem("cross_site", detail="Host")
            if handler is None:
                if self.path_only.startswith(("/api/", "/callbacks/")):
                    raise Problem("not_found")
                return self.answer_file() if method == "GET" else self.answer_problem(Problem("not_found", status=405))
            self.check_origin(method, wants)
            call = api.Call(self.server.app, self, values, urllib.parse.parse_qs(query, max_num_fields=20), body)
            if wants != "anyone":
                call.person = self.server.app.login.session(self.cookie("emr_session"))
                if wants == "person" and not call.person:
                    raise Problem("not_signed_in")
            answer = handler(call)
            if answer is not None:
                self.answer_json(200, answer)
        except Problem as problem:
            self.answer_problem(problem)
        except (BrokenPipeError, ConnectionResetError, TimeoutError):
            self.close_connection = True
        except Exception:
            logging.exception("%s %s", method, self.path_only)
            self.answer_problem(Problem("internal"))

    def read_body(self):
        length = self.headers.get("Content-Length") or "0"
        if self.headers.get("Transfer-Encoding") or not re.fullmatch(r"\d{1,9}", length) or int(length) > BODY_MAX:
            self.close_connection = True
            raise Problem("too_large")
        data = self.rfile.read(int(length))
        if len(data) != int(length):
            self.close_connection = True
            raise Problem("bad_request")
        return data

    def check_origin(self, method, wants):
        """A browser says where a request comes from; other sites' pages get nothing. SameSite=Strict keeps their cookies out too."""
        if wants == "anyone":  # no cookie is read
            return
        if self.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
            raise Problem("cross_site")
        if method == "POST":
            if self.headers.get("Origin") not in self.server.origins:
                raise Problem("cross_site", detail="Origin")
            if self.headers.get_content_type() != "application/json":
                raise Problem("bad_request", detail="Content-Type")

    def cookie_name(self, name):
        """Over TLS a browser takes a cookie of this name from this host's TLS alone (RFC 6265bis, 4.1.3.2)."""
        return "__Host-" + name if self.server.secure else name

    def cookie(self, name):
        try:
            found = SimpleCookie(self.headers.get("Cookie", "")[:4000]).get(self.cookie_name(name))
        except CookieError:
            return None
        return found.value if found else None

    def set_cookie(self, name, value, seconds):
        secure = "; Secure" if self.server.secure else ""
        self.set_cookies.append(f"{self.cookie_name(name)}={value}; Path=/; HttpOnly; SameSite=Strict; Max-Age={seconds}{secure}")

    # Answers

    def answer(self, status, kind, data, headers=()):
        self.send_response(status)
        for name, value in (("Content-Type", kind), ("Content-Length", str(len(data))), ("X-Content-Type-Options", "nosniff"),
                            ("Referrer-Policy", "no-referrer"), ("Cross-Origin-Opener-Policy", "same-origin"),
                            ("Cross-Origin-Resource-Policy", "same-origin"), *headers,
                            *(("Set-Cookie", cookie) for cookie in self.set_cookies), *((("Connection", "close"),) if self.close_connection else ())):
            self.send_header(name, value)
        if not any(name == "Content-Security-Policy" for name, _ in headers):
            self.send_header("Content-Security-Policy", self.server.policy)
        if not any(name == "Cache-Control" for name, _ in headers):
            self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(data)

    def answer_json(self, status, value):
        self.answer(status, "application/json; charset=utf-8", json.dumps(value, ensure_ascii=False).encode())

    def send_error(self, code, message=None, explain=None):
        """What the library refuses before there is a request: as all other problems, and the connection ends."""
        self.close_connection, self.request_version = True, self.protocol_version
        name = "header_too_large" if code in (414, 431) else "not_found" if code == 501 else "bad_request"
        self.answer_problem(Problem(name, status=code))
        with contextlib.suppress(OSError):  # what is still coming would else end the connection before the answer is read
            self.connection.shutdown(socket.SHUT_WR)
            for _ in range(64):
                if not self.incoming.readinto(bytearray(16 << 10)):
                    break

    def answer_problem(self, problem):
        self.set_cookies = getattr(self, "set_cookies", [])
        self.answer_json(problem.status, problem.body)

    def answer_bytes(self, name, data, inline=False):
        """A file to keep, or the document to look at: shown by its own policy, which lets it do nothing."""
        self.answer(200, "text/html; charset=utf-8" if name.endswith(".html") else "application/octet-stream", data,
                    (("Content-Security-Policy", document.POLICY),
                     ("Content-Disposition", f'{"inline" if inline else "attachment"}; filename="{name}"')))

    def answer_file(self):
        """A page's file, or the page itself for every address that the page's own router knows."""
        name = urllib.parse.unquote(self.path_only).lstrip("/") or "index.html"
        try:
            path = (self.server.pages / name).resolve()
            found = path.is_relative_to(self.server.pages) and path.is_file()
        except (OSError, ValueError):  # too long for a name, or with NUL
            raise Problem("not_found") from None
        if not path.is_relative_to(self.server.pages):
            raise Problem("not_found")
        if not found:
            if path.suffix:
                raise Problem("not_found")
            path = self.server.pages / "index.html"
            if not path.is_file():
                return self.answer(503, "text/plain; charset=utf-8", "页面尚未构建，请在 examples/emr/web 中执行 npm ci && npm run build / the pages are not built yet\n".encode())
        cache = "public, max-age=31536000, immutable" if "assets" in path.parts else "no-cache"
        self.answer(200, TYPES.get(path.suffix, "application/octet-stream"), path.read_bytes(), (("Cache-Control", cache),))

    def stream(self, token):
        """Server-sent events until the browser leaves or the session ends."""
        hub = self.server.app.hub
        listener = hub.listen()
        if listener is None:
            raise Problem("busy")
        try:
            self.close_connection = True
            self.send_response(200)
            for name, value in (("Content-Type", "text/event-stream; charset=utf-8"), ("Cache-Control", "no-store"), ("Connection", "close"),
                                ("X-Content-Type-Options", "nosniff"), ("X-Accel-Buffering", "no")):
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(b"retry: 1000\n\n")
            while self.server.app.login.session(token):
                try:
                    event = listener.get(timeout=BEAT_SECONDS)
                    self.wfile.write(f"data: {json.dumps(event, ensure_ascii=False)}\n\n".encode())
                except queue.Empty:
                    self.wfile.write(b": beat\n\n")
        finally:
            hub.leave(listener)
