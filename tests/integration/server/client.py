"""HTTP to the server under test: raw, JSON, signed as a business system, and over the Unix socket as the operator."""
import base64
import hmac
import http.client
import json
import secrets
import socket
import time

from curve import sm3


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=30)
        self.unix_path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(30)
        self.sock.connect(self.unix_path)


class Client:
    """connect() gives a fresh connection; one is kept and renewed when it breaks."""

    def __init__(self, connect):
        self.connect, self.connection = connect, None

    def raw(self, method, path, body=None, headers=None):
        for attempt in range(2):
            fresh = self.connection is None
            if fresh:
                self.connection = self.connect()
            try:
                self.connection.request(method, path, body=body, headers=headers or {})
                response = self.connection.getresponse()
                data = response.read()
                self.headers = response.headers
                if response.will_close:
                    self.connection = None
                return response.status, data
            except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
                self.connection = None
                if fresh:
                    raise

    def json(self, method, path, body=None, headers=None):
        headers = dict(headers or {})
        data = None
        if body is not None:
            data = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
            headers.setdefault("Content-Type", "application/json")
        status, answer = self.raw(method, path, data, headers)
        return status, json.loads(answer) if answer else None


def tcp(port):
    return Client(lambda: http.client.HTTPConnection("127.0.0.1", port, timeout=30))


def unix(path):
    return Client(lambda: UnixConnection(path))


class System:
    """A business system that signs its requests: HMAC-SM3 over method, path, body digest, time, nonce."""

    def __init__(self, http, key, secret):
        self.http, self.key, self.secret = http, key, secret

    def headers(self, method, path, data, at=None, nonce=None):
        at = str(int(time.time()) if at is None else at)
        nonce = nonce or secrets.token_urlsafe(18)
        text = "\n".join((method, path, sm3(data or b"").hex(), at, nonce))
        mac = hmac.new(self.secret.encode(), text.encode(), "sm3").hexdigest()
        return {"Authorization": f"YQ1-HMAC-SM3 key={self.key}, time={at}, nonce={nonce}, signature={mac}"}

    def call(self, method, path, body=None, extra=None, **signing):
        data = None if body is None else body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
        headers = self.headers(method, path, data, **signing)
        if data is not None:
            headers["Content-Type"] = "application/json"
        headers.update(extra or {})
        status, answer = self.http.raw(method, path, data, headers)
        return status, json.loads(answer) if answer else None

    def create(self, signer, document=None, form="raw", expect=201, **more):
        body = {"signer": signer, "form": form, "title": "出院小结", **more}
        if document is not None:
            body["document"] = base64.b64encode(document).decode()
        status, task = self.call("POST", "/v1/tasks", body)
        assert status == expect, (status, task)
        return task

    def task(self, task_id):
        status, task = self.call("GET", f"/v1/tasks/{task_id}")
        assert status == 200, (status, task)
        return task
