"""Who is at the screen: sessions of this system, opened by a scanned login of yiqian or, in the demonstration only, by choosing."""
import base64
import hmac
import json
import secrets
import threading
import time

from problem import Problem
from yiqian import sm3

SHIFT = 12 * 3600
LOGINS_MAX = 100
LOGIN_SECONDS = 300


class Login:
    def __init__(self, store, records, yiqian, demo):
        self.store, self.records, self.yiqian, self.demo = store, records, yiqian, demo
        self.lock, self.pending = threading.Lock(), {}  # cookie to {login, nonce, short_code, until}

    def open_session(self, staff_no, way, assertion=None):
        token, at = secrets.token_urlsafe(32), int(time.time())
        with self.store.write() as connection:
            connection.execute("DELETE FROM session WHERE expires_at < ?", (at,))
            connection.execute("INSERT INTO session VALUES (?, ?, ?, ?, ?, ?)", (sm3(token.encode()), staff_no, way, at, at + SHIFT, assertion))
        return token

    def session(self, token):
        if not token or len(token) > 100:
            return None
        return self.store.row("""SELECT p.*, s.way, s.opened_at, s.expires_at FROM session s JOIN staff p ON p.staff_no = s.staff_no
            WHERE s.token = ? AND s.expires_at > ?""", sm3(token.encode()), int(time.time()))

    def close_session(self, token):
        with self.store.write() as connection:
            connection.execute("DELETE FROM session WHERE token = ?", (sm3((token or "").encode()),))

    def by_choice(self, staff_no):
        if not self.demo:
            raise Problem("demo_login_off")
        if not self.records.person(staff_no):
            raise Problem("login_unknown")
        return self.open_session(staff_no, "demo")

    def by_scan(self):
        """Opens a login at the service; gives a cookie that binds it to this browser, and what the screen shows."""
        nonce = secrets.token_urlsafe(24)
        opened = self.yiqian.open_login("登录电子病历", nonce)
        cookie, at = secrets.token_urlsafe(24), time.time()
        with self.lock:
            for old in [key for key, value in self.pending.items() if value["until"] < at]:
                del self.pending[old]
            if len(self.pending) >= LOGINS_MAX:
                raise Problem("busy")
            self.pending[cookie] = {"login": opened["login"], "nonce": nonce, "until": at + LOGIN_SECONDS}
        return cookie, {"short_code": opened.get("short_code", ""), "expires_at": opened.get("expires_at", "")}

    def look(self, cookie):
        """(what the screen shows now, a session's token once the person has confirmed on the phone)"""
        with self.lock:
            pending = self.pending.get(cookie or "")
        if not pending:
            raise Problem("not_found")
        login = self.yiqian.login(pending["login"])
        if login["state"] in ("open", "scanned"):
            return {"state": login["state"], "text": self.yiqian.login_code(pending["login"])["text"] if login["state"] == "open" else ""}, None
        with self.lock:
            if self.pending.pop(cookie, None) is None:
                raise Problem("not_found")
        if login["state"] != "done":
            return {"state": login["state"], "text": ""}, None
        staff_no = self.accept(login, pending)
        return {"state": "done", "text": ""}, self.open_session(staff_no, "scan", login["assertion"])

    def accept(self, login, pending):
        """Believes nobody but the assertion: it verifies, was made for this very login, and names a person of this system."""
        assertion = base64.b64decode(login["assertion"])
        verdict = self.yiqian.verify_signature(assertion, login["signature"], login["certificate"])
        said = json.loads(assertion)
        signer = verdict["signer"]["staff_no"]
        if not verdict["valid"] or not hmac.compare_digest(str(said.get("nonce", "")), pending["nonce"]) or said.get("staff_no") != signer:
            raise Problem("login_refused")
        if not self.records.person(signer):
            raise Problem("login_unknown")
        return signer
