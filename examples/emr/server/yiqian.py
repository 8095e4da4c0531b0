"""The client of the signature service: everything that this system knows of yiqian's API stands in this file."""
import base64
import hashlib
import hmac
import http.client
import json
import secrets
import ssl
import threading
import time
import urllib.parse

from problem import Problem

ANSWER_MAX = 16 << 20
IDS_MAX = 100


def sm3(data):
    return hashlib.new("sm3", data).hexdigest()


def authorization(key, secret, method, path, body, at, nonce):
    """The header of a signed request: HMAC-SM3 over method, path, body digest, time, nonce."""
    text = "\n".join((method, path, sm3(body), str(at), nonce))
    mac = hmac.new(secret.encode(), text.encode(), "sm3").hexdigest()
    return f"YQ1-HMAC-SM3 key={key}, time={at}, nonce={nonce}, signature={mac}"


# A timestamp whose policy begins so was made by a clock that nobody watches.
DEMONSTRATION = "2.25.92789953449470946607310693012765490645.2."


def timestamp_of(task):
    """What a task says of its signature's timestamp, without the token; None where there is none."""
    stamp = task.get("timestamp") or {"state": "none"}
    if stamp["state"] == "none":
        return None
    return {**{name: stamp.get(name) for name in ("state", "time", "accuracy_us", "serial", "policy")},
            "demonstration": (stamp.get("policy") or "").startswith(DEMONSTRATION)}


class Yiqian:
    """One connection a thread, kept and renewed when it breaks. A refusal is raised as Problem with the service's own words."""

    def __init__(self, credential):
        parts = urllib.parse.urlsplit(credential["server"])
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("the credential's server is no http or https address")
        self.server, self.key, self.secret = credential["server"], credential["key"], credential["secret"]
        self.parts, self.kept = parts, threading.local()

    def connect(self, timeout):
        host, port = self.parts.hostname, self.parts.port
        if self.parts.scheme == "https":
            return http.client.HTTPSConnection(host, port or 443, timeout=timeout, context=ssl.create_default_context())
        return http.client.HTTPConnection(host, port or 80, timeout=timeout)

    def exchange(self, method, path, body, headers, timeout):
        """Sends once more over a fresh connection where the kept one turned out closed: then nothing was answered, and creates
        carry an Idempotency-Key."""
        for fresh in (False, True):
            connection = None if fresh else getattr(self.kept, "connection", None)
            reused = connection is not None
            try:
                connection = connection or self.connect(timeout)
                connection.timeout = timeout
                if connection.sock:
                    connection.sock.settimeout(timeout)
                connection.request(method, path, body=body or None, headers=headers())
                response = connection.getresponse()
                data = response.read(ANSWER_MAX + 1)
                self.kept.connection = None if response.will_close else connection
                return response, data
            except (OSError, http.client.HTTPException) as error:
                self.kept.connection = None
                if connection:
                    connection.close()
                if not reused or isinstance(error, TimeoutError):
                    raise Problem("yiqian_unreachable", detail=type(error).__name__) from None

    def call(self, method, path, body=None, idempotency=None, timeout=15):
        data = b"" if body is None else json.dumps(body, ensure_ascii=False).encode()

        def headers():  # each attempt with its own nonce
            made = {"Authorization": authorization(self.key, self.secret, method, path, data, int(time.time()), secrets.token_urlsafe(18)),
                    "Accept": "application/json"}
            if data:
                made["Content-Type"] = "application/json"
            if idempotency:
                made["Idempotency-Key"] = idempotency
            return made

        response, answer = self.exchange(method, path, data, headers, timeout)
        if len(answer) > ANSWER_MAX:
            raise Problem("yiqian_answer", detail="too long")
        try:
            value = json.loads(answer) if answer else None
        except ValueError:
            raise Problem("yiqian_answer", detail=f"HTTP {response.status}") from None
        if response.status >= 400:
            raise refusal(response.status, value)
        return value

    # Tasks

    def create_task(self, task, idempotency):
        return self.call("POST", "/v1/tasks", task, idempotency)

    def create_batch(self, title, tasks, idempotency):
        """Many tasks in one call, all or none; gives their ids in the order given."""
        return self.call("POST", "/v1/task-batches", {"title": title, "tasks": tasks}, idempotency, timeout=60)["tasks"]

    def task(self, task):
        return self.call("GET", f"/v1/tasks/{quote(task)}")

    def tasks(self, ids):
        """What is known of them, a hundred in one call."""
        found = []
        for i in range(0, len(ids), IDS_MAX):
            found += self.call("GET", "/v1/tasks?ids=" + ",".join(quote(task) for task in ids[i:i + IDS_MAX]))["items"]
        return found

    def cancel(self, task, reason):
        return self.call("POST", f"/v1/tasks/{quote(task)}/cancel", {"reason": reason} if reason else {})

    def withdraw(self, task, reason):
        return self.call("POST", f"/v1/tasks/{quote(task)}/withdraw", {"reason": reason})

    def verify_task(self, task, document):
        return self.call("POST", "/v1/verify", {"task": task, "document": base64.b64encode(document).decode()})

    # Logging in and signing by QR

    def open_login(self, purpose, nonce, seconds):
        return self.call("POST", "/v1/logins", {"purpose": purpose, "nonce": nonce, "expires_in": seconds})

    def login(self, login):
        return self.call("GET", f"/v1/logins/{quote(login)}")

    def login_code(self, login):
        """The text to draw now; it changes each second."""
        return self.call("GET", f"/v1/logins/{quote(login)}/code")

    def cancel_login(self, login):
        return self.call("POST", f"/v1/logins/{quote(login)}/cancel")

    def open_scan(self, task, seconds):
        return self.call("POST", "/v1/scans", {"task": task, "expires_in": seconds})

    def scan(self, scan):
        return self.call("GET", f"/v1/scans/{quote(scan)}")

    def scan_code(self, scan):
        return self.call("GET", f"/v1/scans/{quote(scan)}/code")

    def cancel_scan(self, scan):
        return self.call("POST", f"/v1/scans/{quote(scan)}/cancel")

    def crl(self, name):
        """The list of revoked certificates of the "issuing" or the "root" CA, as DER."""
        response, data = self.exchange("GET", f"/pki/{name}.crl", b"", dict, 15)
        if response.status != 200:
            raise Problem("yiqian_answer", detail=f"HTTP {response.status}")
        return data

    def health(self):
        return self.call("GET", "/v1/health", timeout=3)


def quote(text):
    return urllib.parse.quote(text, safe="")


def refusal(status, value):
    """problem+json has texts made for persons: they go through, in both languages."""
    if not isinstance(value, dict) or not isinstance(value.get("code"), str):
        return Problem("yiqian_answer", detail=f"HTTP {status}")
    if value["code"] in ("no_such_route", "method_not_allowed"):
        return Problem("yiqian_lacks")
    texts = tuple(str(value.get(name) or "") for name in ("title", "title_en", "hint", "hint_en"))
    return Problem(value["code"], detail=str(value.get("detail") or ""), field=str(value.get("field") or ""),
                   status=status if status in (403, 404, 409, 410, 422, 423, 503) else 502, texts=texts)
