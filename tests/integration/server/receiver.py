"""Receivers of callbacks, written from docs/integration/callbacks.md alone: a good one that verifies what it gets, and bad ones."""
import hmac
import http.server
import json
import socket
import threading
import time

from curve import sm3


def verify(secret, headers, body, previous=False):
    """Raises AssertionError unless the message is signed under the secret and is of now."""
    at, ident = headers["Yiqian-Time"], headers["Yiqian-Callback-Id"]
    text = "\n".join(("YQ1-CALLBACK", at, ident, sm3(body).hex()))
    expected = "hmac-sm3 " + hmac.new(secret.encode(), text.encode(), "sm3").hexdigest()
    assert hmac.compare_digest(headers["Yiqian-Signature-Previous" if previous else "Yiqian-Signature"], expected)
    assert abs(time.time() - int(at)) < 300
    message = json.loads(body)
    assert message["id"] == ident
    return message


class Receiver:
    """Notes every request as (headers, body) and answers with what answer(number, message) gives: status, or (status, headers, body)."""

    def __init__(self, answer=lambda number, message: 204, port=0):
        self.requests, self.lock, self.answer = [], threading.Condition(), answer
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                with receiver.lock:
                    receiver.requests.append((dict(self.headers), body))
                    number = len(receiver.requests)
                    receiver.lock.notify_all()
                given = receiver.answer(number, json.loads(body))
                status, headers, content = given if isinstance(given, tuple) else (given, {}, b"")
                try:
                    self.send_response(status)
                    for name, value in headers.items():
                        self.send_header(name, value)
                    if status != 204:
                        self.send_header("Content-Length", str(len(content)))
                    self.end_headers()
                    self.wfile.write(content)
                except OSError:
                    pass  # the server hung up: it had read enough

            def log_message(self, *arguments):
                pass

        class HttpServer(http.server.ThreadingHTTPServer):
            request_queue_size = 128
            daemon_threads = True

        self.http = HttpServer(("127.0.0.1", port), Handler)
        self.port = self.http.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}/yiqian?a=b"
        self.thread = threading.Thread(target=self.http.serve_forever, args=(0.05,), daemon=True)
        self.thread.start()

    def wait(self, n, timeout=60):
        with self.lock:
            assert self.lock.wait_for(lambda: len(self.requests) >= n, timeout), \
                f"{len(self.requests)} of {n} messages came"
            return list(self.requests)

    def messages(self):
        with self.lock:
            return [json.loads(body) for _, body in self.requests]

    def close(self):
        self.http.shutdown()
        self.http.server_close()
        self.thread.join()


class RawReceiver:
    """A listener that accepts, reads and then writes what it is given: nothing (and keeps the connection), or garbage."""

    def __init__(self, answer=None):
        self.answer, self.connections = answer, []
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}/"
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.connections.append(connection)
            if self.answer is not None:
                connection.recv(65536)
                connection.sendall(self.answer)
                connection.close()

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join()
        for connection in self.connections:
            connection.close()


def dead_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]
