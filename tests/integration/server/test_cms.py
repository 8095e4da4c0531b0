"""Form cms through the real server: the independent phone builds its own signed attributes, and everything is taken apart here."""
import base64
import datetime
import unittest

import curve
from phone import Refused, der, oid, signed_attributes
from server import Server

DOCUMENT = "会诊意见：建议继续观察，明日复查血常规。\n".encode() * 20
PIN = "274915"


class Cms(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.user = cls.server.user("D1001")
        cls.system = cls.server.system()
        cls.phone = cls.server.enrolled(cls.user)

    @classmethod
    def tearDownClass(cls):
        cls.server.close()

    def pulled(self, document=DOCUMENT, **more):
        task = self.system.create("D1001", document, form="cms", **more)
        return next(t for t in self.phone.tasks() if t["task"] == task["task"])

    def signed(self, *given, **more):
        task = self.pulled(*given, **more)
        self.phone.sign_task(PIN, task)
        return self.system.task(task["task"])

    def refused(self, item, code, field):
        with self.assertRaises(Refused) as refused:
            self.phone.sign(PIN, [item])
        self.assertEqual((refused.exception.code, refused.exception.problem["field"]), (code, field))
        return refused.exception.problem

    def test_the_signature_is_over_the_attributes_that_both_built(self):
        now = datetime.datetime.now(datetime.timezone.utc)
        for task in (self.pulled(), self.pulled(None, digest=curve.sm3(DOCUMENT).hex())):
            self.phone.sign(PIN, [self.phone.item(task, now)])
            signature = self.system.task(task["task"])["signature"]
            attributes = signed_attributes(curve.sm3(DOCUMENT), now, self.phone.certificate)
            self.assertEqual(signature["form"], "cms")
            self.assertEqual(base64.b64decode(signature["attributes"]), attributes)
            self.assertTrue(curve.sm2_verify(self.phone.P, curve.sm2_e(self.phone.P, attributes), bytes.fromhex(signature["rs"])))

    def test_the_time_may_be_five_minutes_off_and_no_more(self):
        task = self.pulled()
        now = datetime.datetime.now(datetime.timezone.utc)
        for seconds in (-330, 330, -86400, 86400):
            problem = self.refused(self.phone.item(task, now + datetime.timedelta(seconds=seconds)), "signing_time_skew", "items[0].signing_time")
            self.assertEqual(problem["status"], 422)
            self.assertIn(now.strftime("the server's time is %Y-%m-%dT%H:"), problem["detail"])
        self.phone.sign(PIN, [self.phone.item(task, now - datetime.timedelta(seconds=270))])
        self.assertEqual(self.system.task(task["task"])["state"], "signed")

    def test_the_signing_time_belongs_to_form_cms(self):
        task = self.pulled()
        identity, e, time = self.phone.item(task)
        self.refused((identity, e), "field_missing", "items[0].signing_time")
        self.refused((identity, e, time[:-1] + ".500Z"), "field_value", "items[0].signing_time")
        self.refused((identity, e, "a quarter past eight"), "field_value", "items[0].signing_time")
        raw = self.system.create("D1001", DOCUMENT)["task"]
        self.refused((raw, self.phone.e(DOCUMENT), time), "form_refused", "items[0].signing_time")

    def test_other_attributes_are_another_message(self):
        task = self.pulled()
        now = datetime.datetime.now(datetime.timezone.utc)
        time = now.strftime("%Y-%m-%dT%H:%M:%SZ")
        digest, certificate = curve.sm3(DOCUMENT), self.phone.certificate
        more = der(0x30, oid("1.2.3.4"), der(0x31, b"\x05\x00"))
        honest = signed_attributes(digest, now, certificate)
        for message in (signed_attributes(curve.sm3(b"another"), now, certificate),
                        signed_attributes(digest, now - datetime.timedelta(seconds=1), certificate),
                        signed_attributes(digest, now, self.phone.chain[0]),
                        signed_attributes(digest, now, certificate, b"authorisation id"),
                        der(0x31, more, honest[3:]), honest[3:], digest, DOCUMENT):
            self.refused((task["task"], self.phone.e(message), time), "digest_mismatch", "items[0].task")
        self.phone.sign(PIN, [(task["task"], self.phone.e(honest), time)])

    def test_attributes_are_not_signed_as_a_raw_document(self):
        attributes = signed_attributes(curve.sm3(DOCUMENT), datetime.datetime.now(datetime.timezone.utc), self.phone.certificate)
        status, problem = self.system.call("POST", "/v1/tasks", {
            "signer": "D1001", "form": "raw", "title": "出院小结", "document": base64.b64encode(attributes).decode()})
        self.assertEqual((status, problem["code"]), (422, "form_refused"))

    def test_forms_are_mixed_in_one_request(self):
        tasks = [self.pulled(DOCUMENT + b"1"), self.pulled(DOCUMENT + b"2")]
        raw = self.system.create("D1001", DOCUMENT + b"3")["task"]
        _, done = self.phone.sign(PIN, [self.phone.item(tasks[0]), (raw, self.phone.e(DOCUMENT + b"3")), self.phone.item(tasks[1])])
        self.assertEqual(len(done["completed"]), 3)
        self.assertIsNone(self.system.task(raw)["signature"]["attributes"])

    def verify(self, **body):
        status, answer = self.system.call("POST", "/v1/verify", body)
        return status, answer, {c["check"]: c["code"] for c in answer.get("checks", []) if c["state"] == "failed"}

    def test_the_signed_data_is_verified_check_by_check(self):
        task = self.signed()
        signature = task["signature"]
        cms, document = base64.b64decode(signature["cms"]), base64.b64encode(DOCUMENT).decode()
        self.assertEqual(cms[4:16], oid("1.2.156.10197.6.1.4.2.2"))
        self.assertIn(self.phone.certificate, cms)
        self.assertIn(self.phone.chain[0], cms)
        self.assertIn(b"\xa0" + base64.b64decode(signature["attributes"])[1:], cms)
        text = base64.b64encode(cms).decode()
        for content in ({"document": document}, {"digest": curve.sm3(DOCUMENT).hex()}):
            status, answer, failed = self.verify(cms=text, **content)
            self.assertEqual((status, answer["valid"], failed), (200, True, {}), answer)
            self.assertEqual((answer["form"], answer["signer"]["staff_no"]), ("cms", "D1001"))
            self.assertIsNotNone(answer["signing_time"])
        changed = base64.b64encode(DOCUMENT + b"x").decode()
        _, answer, failed = self.verify(cms=text, document=changed)
        self.assertEqual((answer["valid"], failed), (False, {"document": "document_differs", "attributes": "attributes_differ"}))
        for place, check in ((cms.rindex(curve.sm3(self.phone.certificate)), "attributes"), (len(cms) - 1, "signature")):
            wrong = bytearray(cms)
            wrong[place] ^= 1
            _, answer, failed = self.verify(cms=base64.b64encode(wrong).decode(), document=document)
            self.assertFalse(answer["valid"])
            self.assertIn(check, failed)
            self.assertIn("signature", failed)
        status, answer, failed = self.verify(task=task["task"], document=document)
        self.assertEqual((status, answer["valid"], failed), (200, True, {}), answer)
        for cut in range(0, len(cms), 37):
            status, answer, _ = self.verify(cms=base64.b64encode(cms[:cut] or b"0").decode(), document=document)
            self.assertEqual((status, answer["field"]), (400, "cms"), answer)
        status, answer, _ = self.verify(cms=text)
        self.assertEqual((status, answer["field"]), (400, "document"))


if __name__ == "__main__":
    unittest.main()
