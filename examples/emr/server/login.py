"""Who is at the screen: sessions of this system, opened by a scanned login of yiqian or, in the demonstration only, by choosing."""
import json
import logging
import secrets
import time

import assertion
from problem import Problem
from yiqian import sm3

SHIFT = 12 * 3600
LOGINS_MAX = 100
PURPOSE = "登录电子病历"  # the phone shows it
KEPT_SECONDS = 600


def key(cookie):
    return sm3((cookie or "").encode())


class Login:
    def __init__(self, store, records, yiqian, verifier, settings):
        self.store, self.records, self.yiqian, self.verifier = store, records, yiqian, verifier
        self.demo, self.code_seconds = settings.demo_login, settings.code_seconds

    def open_session(self, staff_no, way, proof=None):
        token, at = secrets.token_urlsafe(32), int(time.time())
        with self.store.write() as connection:
            connection.execute("DELETE FROM session WHERE expires_at < ?", (at,))
            connection.execute("INSERT INTO session VALUES (?, ?, ?, ?, ?, ?)", (sm3(token.encode()), staff_no, way, at, at + SHIFT, proof))
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

    def by_scan(self, old_cookie):
        """Opens a login at the service for this browser; gives the cookie that binds the two. One that the browser had is given up."""
        self.give_up(old_cookie)
        at = int(time.time())
        with self.store.write() as connection:
            connection.execute("DELETE FROM login WHERE expires_at < ?", (at,))
            if connection.execute("SELECT count(*) FROM login").fetchone()[0] >= LOGINS_MAX:
                raise Problem("busy")
        cookie, nonce = secrets.token_urlsafe(24), secrets.token_urlsafe(24)
        opened = self.yiqian.open_login(PURPOSE, nonce, self.code_seconds)
        with self.store.write() as connection:  # kept: the phone may confirm while this program restarts
            connection.execute("INSERT INTO login VALUES (?, ?, ?, ?, ?)",
                               (key(cookie), opened["login"], nonce, opened["short_code"], at + KEPT_SECONDS))
        return cookie

    def pending(self, cookie):
        return self.store.row("SELECT * FROM login WHERE browser = ? AND expires_at >= ?", key(cookie), int(time.time()))

    def end(self, cookie):
        """Whether it was open until now: of several requests of one browser the first ends it."""
        with self.store.write() as connection:
            return connection.execute("DELETE FROM login WHERE browser = ?", (key(cookie),)).rowcount == 1

    def give_up(self, cookie):
        old = self.pending(cookie)
        if old and self.end(cookie):
            try:
                self.yiqian.cancel_login(old["login"])
            except Problem:
                pass  # it was over, or ends by itself

    def look(self, cookie):
        """(what the screen shows now, a session's token once the person has confirmed on the phone)"""
        pending = self.pending(cookie)
        if not pending:
            return {"state": "expired"}, None
        shown = self.yiqian.login_code(pending["login"])
        if shown["state"] == "open":
            return {"state": "open", "code": shown["code"], "short_code": pending["short_code"]}, None
        login = self.yiqian.login(pending["login"])
        if login["state"] == "scanned":
            return {"state": "scanned", "number": login["number"], "name": login["person"]["name"]}, None
        if login["state"] != "done":
            self.give_up(cookie)
            return {"state": login["state"], "reason": login["reason"] or ""}, None
        staff_no = self.accept(login, pending)
        if not self.end(cookie):  # used: another request of this browser was first
            return {"state": "expired"}, None
        return {"state": "done"}, self.open_session(staff_no, "scan", json.dumps(login["result"], ensure_ascii=False))

    def accept(self, login, pending):
        """The staff number of a person of this system that the login's proof names."""
        try:
            said = self.verifier.accept(login["result"], pending["login"], pending["nonce"])
        except assertion.Refused as refused:
            logging.warning("login %s refused: %s", pending["login"], refused)
            raise Problem("login_refused") from None
        if not self.records.person(said["staff_no"]):
            raise Problem("login_unknown")
        return said["staff_no"]
