"""Results that yiqian sends by itself (its docs/integration/callbacks.md): verified, kept under their id before the answer leaves, and
worked on afterwards, so that one that comes twice or during a crash does neither harm nor get lost."""
import hmac
import json
import re
import time

from problem import Problem
from yiqian import sm3

ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
OFF_SECONDS = 300
KEPT = "-30 days"


class Callbacks:
    def __init__(self, store, secret):
        self.store, self.secret = store, secret  # secret None: none are expected

    def receive(self, headers, body):
        """Keeps the message; whether it is a new one. Raises Problem where it is not yiqian's."""
        message = self.verified(headers, body)
        with self.store.write() as connection:
            kept = connection.execute("INSERT OR IGNORE INTO callback (id, event, task, received_at) VALUES (?, ?, ?, datetime('now'))",
                                      (message["id"], message["event"], message.get("task")))
            connection.execute("DELETE FROM callback WHERE done AND received_at < datetime('now', ?)", (KEPT,))
        return kept.rowcount == 1

    def verified(self, headers, body):
        at, ident = headers.get("Yiqian-Time", ""), headers.get("Yiqian-Callback-Id", "")
        if not self.secret or not re.fullmatch(r"\d{1,12}", at) or abs(time.time() - int(at)) >= OFF_SECONDS:
            raise Problem("callback_refused")
        text = "\n".join(("YQ1-CALLBACK", at, ident, sm3(body)))
        expected = "hmac-sm3 " + hmac.new(self.secret.encode(), text.encode(), "sm3").hexdigest()
        # After a rotation the previous secret's signature comes along for a day.
        given = [headers.get(name, "") for name in ("Yiqian-Signature", "Yiqian-Signature-Previous")]
        if not any(hmac.compare_digest(one.encode(), expected.encode()) for one in given):
            raise Problem("callback_refused")
        try:
            message = json.loads(body)
        except (ValueError, RecursionError):
            raise Problem("bad_request", detail="JSON") from None
        task = message.get("task") if isinstance(message, dict) else 0
        if task == 0 or message.get("id") != ident or not ID.fullmatch(ident) or not isinstance(message.get("event"), str) \
                or not (task is None or isinstance(task, str) and ID.fullmatch(task)):
            raise Problem("bad_request")
        return message

    def open(self):
        """{task: [message, ...]} of what came and is not worked on yet."""
        found = {}
        for row in self.store.rows("SELECT id, task FROM callback WHERE NOT done ORDER BY rowid"):
            found.setdefault(row["task"], []).append(row["id"])
        return found

    def close(self, ids):
        with self.store.write() as connection:
            connection.executemany("UPDATE callback SET done = 1 WHERE id = ?", [(one,) for one in ids])
