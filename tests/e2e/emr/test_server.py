"""The EMR's server by itself: the document that is signed, the signed request, and wishes that meet a failing service."""
import base64
import hashlib
import hmac
import json
import pathlib
import sys
import time
import unittest
import unittest.mock

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "examples/emr/server"))

import callback
import document
import events
import records
import seed
import signing
import store
import yiqian
from problem import Problem


class Service:
    """yiqian as far as these tests need it."""

    def __init__(self):
        self.made, self.batches, self.failure, self.answered_lost = {}, {}, None, False

    def make(self, key, wish, state="pending"):
        return self.made.setdefault(key, {"task": f"00000000-0000-4000-8000-{len(self.made):012}", "state": state, "signature": None,
                                          "wish": wish, "reason": None})

    def create_task(self, wish, key):
        return self.answer(lambda: self.make(key, wish))

    def create_batch(self, title, wishes, key):
        if key in self.batches and self.batches[key] != wishes:
            raise Problem("idempotency_mismatch", status=409)
        return self.answer(lambda: [self.make(f"{key}-{i}", wish, "waiting" if "after" in wish else "pending")["task"]
                                    for i, wish in enumerate(self.batches.setdefault(key, wishes))])

    def answer(self, work):
        if self.failure and not self.answered_lost:
            raise self.failure
        done = work()
        if self.failure:
            raise self.failure
        return done

    def tasks(self, ids):
        return [task for task in self.made.values() if task["task"] in ids]

    def of(self, signer):
        return next(task for task in reversed(self.made.values()) if task["wish"]["signer"] == signer)

    def sign(self, task, method="pin", timestamp=None):
        task.update(state="signed", timestamp=timestamp, signature={"signed_at": "2026-11-27T08:00:00.000Z", "method": method, "serial": "0a0b"})

    def withdraw(self, task, reason):
        """With it ends what was to follow in its batch."""
        key, found = next((k, t) for k, t in self.made.items() if t["task"] == task)
        for other_key, other in self.made.items():
            if other_key[:36] == key[:36] and "after" in other["wish"] and other["state"] in ("waiting", "pending"):
                other.update(state="cancelled")
        found.update(state="withdrawn", reason=reason)
        return found

    def cancel(self, task, reason):
        found = next(t for t in self.made.values() if t["task"] == task)
        found.update(state="cancelled", reason=reason)
        return found


SECRET = "kq3mVx0Zt7uPjR2sYw9aBcDeFgHiJkLmNoPqRsTuVwX"


def sent(task, event="task.signed", ident="019348a5-7c3e-7b21-9f00-5a6b7c8d9e0f", at=None, secret=SECRET, name="Yiqian-Signature"):
    """A callback: its headers and its body."""
    body = json.dumps({"id": ident, "event": event, "task": task, "state": event.partition(".")[2], "sequence": 1}).encode()
    at = str(int(time.time()) if at is None else at)
    text = "\n".join(("YQ1-CALLBACK", at, ident, hashlib.new("sm3", body).hexdigest()))
    return {"Yiqian-Time": at, "Yiqian-Callback-Id": ident,
            name: "hmac-sm3 " + hmac.new(secret.encode(), text.encode(), "sm3").hexdigest()}, body


class Server(unittest.TestCase):
    def setUp(self):
        self.store = store.Store(":memory:")
        seed.plant(self.store)
        self.records, self.service = records.Records(self.store, "示例市第一医院"), Service()
        self.callbacks = callback.Callbacks(self.store, SECRET)
        self.signing = signing.Signing(self.store, self.records, self.service, events.Hub(), self.callbacks)
        self.author, self.senior = self.records.person("D1003"), self.records.person("D1002")
        self.record = self.store.row("SELECT record FROM record WHERE author = 'D1003' ORDER BY recorded_at")["record"]

    def ask(self):
        self.signing.ask(self.store.rows("SELECT * FROM signing"))

    def parts(self):
        return {name: part["state"] for name, part in self.records.record(self.record)["parts"].items()}

    def turn(self):
        """Whether the record waits for a countersignature of the author, of the senior."""
        return tuple(records.awaits(self.records.record(self.record), person["staff_no"]) for person in (self.author, self.senior))

    def to_sign(self):
        return tuple(sum(patient["to_sign"] for patient in self.records.patients(person)) for person in (self.author, self.senior))

    def test_the_document_is_the_same_again_and_carries_no_markup_of_its_content(self):
        raw = self.records.raw(self.record)
        self.assertEqual(self.records.document(raw), self.records.document(self.records.raw(self.record)))
        raw["sections"] = [{"heading": "<script>", "paragraphs": ["a & b </p><img src=x>", "e\u0301"], "table": {"head": ["<"], "rows": [[">"]]}}]
        made = self.records.document(raw).decode()
        for mark in ("<script", "<img", "e\u0301"):
            self.assertNotIn(mark, made)
        for text in ("a &amp; b &lt;/p&gt;", "\u00e9", "周雨桐"):
            self.assertIn(text, made)

    def test_what_was_signed_stays_when_the_record_changes(self):
        self.signing.request(self.author, [self.record], "push")
        before = self.records.document(self.records.raw(self.record))
        self.store.connection().execute("UPDATE record SET title = 'x', sections = '[]' WHERE record = ?", (self.record,))
        self.assertEqual(self.records.document(self.records.raw(self.record)), before)

    def test_the_signature_of_a_request(self):
        header = yiqian.authorization("k1", "secret", "POST", "/v1/tasks?a=1", b"{}", 1700000000, "n" * 16)
        digest = hashlib.new("sm3", b"{}").hexdigest()
        mac = hmac.new(b"secret", f"POST\n/v1/tasks?a=1\n{digest}\n1700000000\n{'n' * 16}".encode(), "sm3").hexdigest()
        self.assertEqual(header, f"YQ1-HMAC-SM3 key=k1, time=1700000000, nonce={'n' * 16}, signature={mac}")

    def test_a_wish_survives_a_lost_answer_and_makes_one_task_for_each(self):
        self.service.failure, self.service.answered_lost = Problem("yiqian_unreachable"), True
        made = self.signing.request(self.author, [self.record], "push")
        self.assertEqual((made[0]["state"], len(self.service.made)), ("sending", 2))
        self.service.failure, self.service.answered_lost = None, False
        self.signing.send([row["signing"] for row in self.store.rows("SELECT signing FROM signing WHERE state = 'sending'")])
        self.assertEqual((self.parts(), len(self.service.made)), ({"author": "pending", "senior": "waiting"}, 2))

    def test_a_batch_that_was_half_taken_in_is_sent_again_as_it_was(self):
        made = self.signing.request(self.author, [self.record], "push")
        self.store.connection().execute("UPDATE signing SET task = NULL, state = 'sending' WHERE part = 'senior'")
        (wishes,) = self.service.batches.values()
        rows = self.store.rows("SELECT signing FROM signing WHERE state = 'sending'")
        self.signing.send([row["signing"] for row in rows])
        self.assertEqual((self.parts(), list(self.service.batches.values())), ({"author": "pending", "senior": "waiting"}, [wishes]))
        self.assertEqual(self.records.signing(made[0]["signing"])["task"], self.service.of("D1003")["task"])

    def test_nothing_is_taken_back_while_it_is_being_delivered(self):
        self.service.failure = Problem("yiqian_unreachable")
        made = self.signing.request(self.author, [self.record], "push")
        with self.assertRaises(Problem) as refused:
            self.signing.cancel(self.author, made[0]["signing"], "")
        self.assertEqual(refused.exception.code, "record_state")

    def test_a_refusal_is_told_and_leaves_the_record_to_be_signed_anew(self):
        self.service.failure = Problem("user_suspended", status=403, texts=("该用户已停用", "Suspended", "", ""))
        with self.assertRaises(Problem):
            self.signing.request(self.author, [self.record], "push")
        self.assertEqual(self.parts(), {"author": "refused", "senior": "refused"})
        self.service.failure = None
        self.assertEqual(self.signing.request(self.author, [self.record], "push")[0]["state"], "pending")

    def test_the_senior_waits_at_the_service_over_the_same_document_and_nobody_else_signs(self):
        for person in (self.senior, self.records.person("D1001")):
            with self.assertRaises(Problem):
                self.signing.request(person, [self.record], "push")
        self.signing.request(self.author, [self.record], "push")
        self.assertEqual(self.parts(), {"author": "pending", "senior": "waiting"})
        own = self.to_sign()
        self.assertEqual(self.turn(), (False, False))
        author, senior = self.service.of("D1003"), self.service.of("D1002")
        self.assertEqual((senior["wish"]["after"], senior["wish"]["document_at"], "document" in senior["wish"]), (0, 0, False))
        self.assertEqual(base64.b64decode(author["wish"]["document"]), self.records.document(self.records.raw(self.record)))
        self.service.sign(author)
        senior["state"] = "pending"
        self.ask()
        self.assertEqual(self.parts(), {"author": "signed", "senior": "pending"})
        self.assertEqual((self.turn(), self.to_sign()), ((False, True), (own[0], own[1] + 1)))
        with self.assertRaises(Problem):
            self.signing.request(self.author, [self.record], "push")
        senior.update(state="declined", reason="内容需要修改")
        self.ask()
        # Signed anew the document is given again: the service keeps it only while it is needed.
        self.signing.request(self.senior, [self.record], "push")
        self.assertEqual((self.service.of("D1002")["wish"]["document"], self.parts()["senior"]), (author["wish"]["document"], "pending"))

    def test_a_batch_has_the_seniors_tasks_behind_the_authors(self):
        records = [row["record"] for row in self.store.rows("SELECT record FROM record WHERE author = 'D1003' ORDER BY recorded_at LIMIT 3")]
        made = self.signing.request(self.author, records, "push")
        (wishes,) = self.service.batches.values()
        self.assertEqual(([wish.get("after") for wish in wishes], len(made)), ([None, None, None, 0, 1, 2], 3))

    def test_only_the_signer_withdraws_and_the_open_countersignature_goes_with_it(self):
        made = self.signing.request(self.author, [self.record], "push")
        self.service.sign(self.service.of("D1003"))
        self.service.of("D1002")["state"] = "pending"
        self.ask()
        with self.assertRaises(Problem) as refused:
            self.signing.withdraw(self.senior, made[0]["signing"], "因故作废")
        self.assertEqual(refused.exception.code, "forbidden")
        self.signing.withdraw(self.author, made[0]["signing"], "因故作废")
        self.assertEqual(self.parts(), {"author": "withdrawn", "senior": "cancelled"})

    def test_an_answer_that_was_overtaken_changes_nothing(self):
        made = self.signing.request(self.author, [self.record], "push")
        row = self.records.signing(made[0]["signing"])
        self.service.sign(self.service.of("D1003"))
        self.ask()
        self.signing.apply(row, {"task": row["task"], "state": "pending"})
        self.assertEqual(self.parts()["author"], "signed")

    def test_a_withdrawn_signature_does_not_come_back(self):
        """Another request asked before the withdrawal, and is answered after it."""
        made = self.signing.request(self.author, [self.record], "push")[0]
        task = self.service.of("D1003")
        self.service.sign(task)
        self.ask()
        asked = dict(task)
        self.signing.withdraw(self.author, made["signing"], "写错了病人")
        self.signing.apply(self.records.signing(made["signing"]), asked)
        self.assertEqual(self.parts()["author"], "withdrawn")
        self.assertTrue(self.records.signing(made["signing"])["signature"])
        self.signing.request(self.author, [self.record], "push")
        self.assertEqual([(s["part"], s["state"], s["serial"]) for s in self.records.record(self.record)["history"]],
                         [("author", "withdrawn", "0a0b"), ("senior", "cancelled", None), ("author", "pending", None), ("senior", "waiting", None)])

    def test_how_it_was_signed_is_what_the_signature_says(self):
        for way, method, kept in (("push", "authorisation", "authorised"), ("authorised", "pin", "push"), ("scan", "pin", "scan")):
            self.setUp()
            made = self.signing.request(self.author, [self.record], way)
            self.service.sign(self.service.of("D1003"), method)
            self.ask()
            self.assertEqual(self.records.signing(made[0]["signing"])["way"], kept)

    # Timestamps

    def test_a_timestamp_comes_with_the_signature_or_later_and_stays(self):
        pending = {"state": "pending", "serial": None, "time": None, "accuracy_us": None, "policy": None}
        stamped = {"state": "stamped", "serial": "0c", "time": "2026-11-27T08:00:00.123Z", "accuracy_us": 1000000,
                   "policy": "2.25.92789953449470946607310693012765490645.2.1", "token": "MAA="}
        made = self.signing.request(self.author, [self.record], "push")[0]["signing"]
        kept = lambda: records.shown(self.records.signing(made))["timestamp"]
        self.assertIsNone(kept())
        task = self.service.of("D1003")
        self.service.sign(task, timestamp=pending)
        self.ask()
        self.assertEqual((kept()["state"], kept()["demonstration"]), ("pending", False))
        # It is asked for again, though the signature is there, until it has come.
        waits = f"SELECT signing FROM signing WHERE {signing.OPEN} AND part = 'author'"
        self.assertEqual(len(self.store.rows(waits)), 1)
        old = dict(task)
        task["timestamp"] = stamped
        self.callbacks.receive(*sent(task["task"], "task.stamped"))
        self.signing.told()
        self.assertEqual((kept()["state"], kept()["serial"], kept()["demonstration"]), ("stamped", "0c", True))
        self.assertNotIn("token", kept())
        self.assertEqual(self.store.rows(waits), [])
        self.signing.apply(self.records.signing(made), old)
        self.signing.withdraw(self.author, made, "写错了病人")
        self.signing.apply(self.records.signing(made), {**task, "state": "signed"})
        self.assertEqual((self.parts()["author"], kept()["state"]), ("withdrawn", "stamped"))

    def test_a_watched_clock_is_no_demonstration(self):
        for policy, demonstration in (("2.25.92789953449470946607310693012765490645.1.1", False), ("1.2.3.4", False),
                                      ("2.25.92789953449470946607310693012765490645.2.2", True)):
            self.assertEqual(yiqian.timestamp_of({"timestamp": {"state": "stamped", "policy": policy}})["demonstration"], demonstration)
        self.assertIsNone(yiqian.timestamp_of({"timestamp": {"state": "none"}}))
        self.assertIsNone(yiqian.timestamp_of({}))

    # Callbacks

    def test_a_callback_is_kept_once_and_worked_on_once(self):
        self.signing.request(self.author, [self.record], "push")
        task = self.service.of("D1003")
        self.service.sign(task)
        self.service.of("D1002")["state"] = "pending"
        self.assertTrue(self.callbacks.receive(*sent(task["task"])))
        self.assertFalse(self.callbacks.receive(*sent(task["task"])))
        self.assertEqual(self.parts()["author"], "pending")  # the answer does not wait for the work
        self.signing.told()
        self.assertEqual((self.parts(), self.callbacks.open()), ({"author": "signed", "senior": "pending"}, {}))

    def test_a_callback_stays_while_the_service_cannot_be_asked(self):
        self.signing.request(self.author, [self.record], "push")
        self.callbacks.receive(*sent(self.service.of("D1003")["task"]))
        self.service.tasks = lambda ids: (_ for _ in ()).throw(Problem("yiqian_unreachable"))
        with self.assertRaises(Problem):
            self.signing.told()
        self.assertEqual(len(self.callbacks.open()), 1)

    def test_callbacks_of_others(self):
        task = "00000000-0000-4000-8000-000000000000"
        headers, body = sent(task)
        for wrong in (({}, body), (headers, body + b" "), ({**headers, "Yiqian-Time": "1"}, body), sent(task, at=time.time() // 1 - 301),
                      sent(task, secret="x" * 43), ({**headers, "Yiqian-Callback-Id": task}, body), ({**headers, "Yiqian-Time": "x"}, body)):
            with self.assertRaises(Problem) as refused:
                self.callbacks.receive(*wrong)
            self.assertEqual(refused.exception.code, "callback_refused")
        for malformed in (sent("../../x"), sent(7), sent(task, ident="x")):
            with self.assertRaises(Problem) as refused:
                self.callbacks.receive(*malformed)
            self.assertEqual(refused.exception.code, "bad_request")
        with self.assertRaises(Problem):
            callback.Callbacks(self.store, None).receive(headers, body)
        self.assertEqual(self.callbacks.open(), {})
        self.assertTrue(self.callbacks.receive(*sent(task, name="Yiqian-Signature-Previous")))

    def test_the_documented_example_of_a_callback(self):
        body = (b'{"id":"019348a5-7c3e-7b21-9f00-5a6b7c8d9e0f","event":"task.signed","task":"019348a5-6000-7000-8000-000000000001",'
                b'"state":"signed","reference":"ZY-20260301-0007","sequence":1772353800123,"happened_at":"2026-03-01T08:30:00.123Z"}')
        headers = {"Yiqian-Callback-Id": "019348a5-7c3e-7b21-9f00-5a6b7c8d9e0f", "Yiqian-Time": "1772353800",
                   "Yiqian-Signature": "hmac-sm3 8f8d93cfd2e545820f77335a953d3d1571a7765beecbdce43a3536469412af18"}
        with unittest.mock.patch("callback.time.time", lambda: 1772353900):
            self.assertEqual(self.callbacks.verified(headers, body)["event"], "task.signed")


if __name__ == "__main__":
    unittest.main()
