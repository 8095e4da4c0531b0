"""The EMR's server by itself: the document that is signed, the signed request, and wishes that meet a failing service."""
import hashlib
import hmac
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "examples/emr/server"))

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
        self.made, self.failure, self.answered_lost = {}, None, False

    def create_task(self, wish, key):
        if self.failure and not self.answered_lost:
            raise self.failure
        task = self.made.setdefault(key, {"task": f"task-{len(self.made)}", "state": "pending", "signature": None, "wish": wish})
        if self.answered_lost:
            raise self.failure
        return task

    def create_batch(self, title, wishes, key):
        return None, [self.create_task(wish, f"{key}-{i}") for i, wish in enumerate(wishes)]

    def tasks(self, ids):
        return [task for task in self.made.values() if task["task"] in ids]

    def sign(self, task):
        next(t for t in self.made.values() if t["task"] == task).update(state="signed", signature={"signed_at": "2026-11-27T08:00:00.000Z"})


class Server(unittest.TestCase):
    def setUp(self):
        self.store = store.Store(":memory:")
        seed.plant(self.store)
        self.records, self.service = records.Records(self.store, "示例市第一医院"), Service()
        self.signing = signing.Signing(self.store, self.records, self.service, events.Hub())
        self.author, self.senior = self.records.person("D1003"), self.records.person("D1002")
        self.record = self.store.row("SELECT record FROM record WHERE author = 'D1003' ORDER BY recorded_at")["record"]

    def parts(self):
        return {name: part["state"] for name, part in self.records.record(self.record)["parts"].items()}

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

    def test_a_wish_survives_a_lost_answer_and_makes_one_task(self):
        self.service.failure, self.service.answered_lost = Problem("yiqian_unreachable"), True
        made = self.signing.request(self.author, [self.record], "push")
        self.assertEqual((made[0]["state"], len(self.service.made)), ("sending", 1))
        self.service.failure, self.service.answered_lost = None, False
        self.signing.send([made[0]["signing"]])
        self.assertEqual((self.parts()["author"], len(self.service.made)), ("pending", 1))

    def test_a_refusal_is_told_and_leaves_the_record_to_be_signed_anew(self):
        self.service.failure = Problem("user_suspended", status=403, texts=("该用户已停用", "Suspended", "", ""))
        with self.assertRaises(Problem):
            self.signing.request(self.author, [self.record], "push")
        self.assertEqual(self.parts(), {"author": "refused", "senior": "cancelled"})
        self.service.failure = None
        self.assertEqual(self.signing.request(self.author, [self.record], "push")[0]["state"], "pending")

    def test_the_senior_comes_after_the_author_and_nobody_else(self):
        for person in (self.senior, self.records.person("D1001")):
            with self.assertRaises(Problem):
                self.signing.request(person, [self.record], "push")
        made = self.signing.request(self.author, [self.record], "push")
        self.assertEqual(self.parts(), {"author": "pending", "senior": "waiting"})
        self.service.sign(made[0]["task"])
        self.signing.ask()
        self.assertEqual(self.parts(), {"author": "signed", "senior": "sending"})
        with self.assertRaises(Problem):
            self.signing.request(self.author, [self.record], "push")

    def test_only_the_signer_withdraws_a_signature(self):
        made = self.signing.request(self.author, [self.record], "push")
        self.service.sign(made[0]["task"])
        self.signing.ask()
        with self.assertRaises(Problem) as refused:
            self.signing.withdraw(self.senior, made[0]["signing"], "因故作废")
        self.assertEqual(refused.exception.code, "forbidden")


if __name__ == "__main__":
    unittest.main()
