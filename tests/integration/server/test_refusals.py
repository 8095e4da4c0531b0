"""What must be refused: each with its own error, and with an audit row where an act was tried."""
import base64
import copy
import threading
import time
import unittest

import curve
from phone import Phone, Refused, request_info
from server import Server

DOCUMENT = "日常病程记录：体温 36.8℃，咳嗽减轻。".encode() * 8


class Refusals(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.system = cls.server.system()
        cls.number = 2000

    @classmethod
    def tearDownClass(cls):
        cls.server.close()

    def person(self):
        type(self).number += 1
        user = self.server.user(f"D{self.number}", "陈思远")
        return user, self.server.enrolled(user)

    def task(self, user, **more):
        return self.system.create(user["staff_no"], DOCUMENT, **more)["task"]

    def refused(self, code, call, *arguments):
        with self.assertRaises(Refused) as refused:
            call(*arguments)
        self.assertEqual(refused.exception.code, code, refused.exception.problem)
        return refused.exception.problem

    def audited(self, outcome, subject):
        rows = [row for row in self.server.audit() if row["outcome"] == outcome and row["subject"] == subject]
        self.assertTrue(rows, f"no audit row {outcome} for {subject}")

    def sign(self, device, task, pin="274915", document=DOCUMENT):
        return device.sign(pin, [(task, device.e(document))])

    def test_wrong_pin_is_counted_and_the_fifth_locks(self):
        user, device = self.person()
        task = self.task(user)
        for left in (4, 3, 2, 1, 0):
            problem = self.refused("pin_wrong", self.sign, device, task, "111222")
            self.assertEqual(problem["tries_left"], left)
        self.refused("key_locked", self.sign, device, task)
        self.audited("pin_wrong", f"task:{task}")
        self.audited("key_locked", f"task:{task}")
        self.server.operate("POST", f"/v1/keys/{device.key}/unlock")
        # The person learns of them all the same.
        _, done = self.sign(device, task)
        self.assertEqual(done["failures_before"], 5)
        self.assertEqual(self.system.task(task)["state"], "signed")

    def test_a_success_resets_the_count_and_tells_the_failures(self):
        user, device = self.person()
        self.refused("pin_wrong", self.sign, device, self.task(user), "111222")
        self.refused("pin_wrong", self.sign, device, self.task(user), "111222")
        _, done = self.sign(device, self.task(user))
        self.assertEqual(done["failures_before"], 2)
        self.assertEqual(self.refused("pin_wrong", self.sign, device, self.task(user), "111222")["tries_left"], 4)

    def test_an_answered_request_alone_resets_nothing(self):
        user, device = self.person()
        self.refused("pin_wrong", self.sign, device, self.task(user), "111222")
        body, _ = device.sign_request("274915", [(self.task(user), device.e(DOCUMENT))])
        for _ in range(3):
            device.call("POST", device.path("sign-requests"), body)
        self.assertEqual(device.call("GET", "/v1/device/keys")["keys"][0]["tries_left"], 4)

    def test_parallel_guesses_get_no_more_tries(self):
        user, device = self.person()
        task = self.task(user)
        bodies = [device.sign_request(f"1112{i:02}", [(task, device.e(DOCUMENT))])[0] for i in range(24)]
        # One guess a connection, and for as long as it is told that the key is busy.
        verdicts = []

        def guess(body):
            phone = copy.copy(device)
            phone.http = self.server.new_client()
            for _ in range(2000):
                try:
                    phone.call("POST", phone.path("sign-requests"), body)
                    verdicts.append("answered")
                except Refused as refused:
                    if refused.code == "key_busy":
                        continue
                    verdicts.append(refused.code)
                return

        threads = [threading.Thread(target=guess, args=(body,)) for body in bodies]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(sorted(verdicts), ["key_locked"] * 19 + ["pin_wrong"] * 5)
        self.assertEqual(device.call("GET", "/v1/device/keys")["keys"][0]["tries_left"], 0)
        # Nor is the right one among them of any use now.
        self.refused("key_locked", self.sign, device, task)

    def test_failures_outlive_the_server(self):
        user, device = self.person()
        task = self.task(user)
        self.refused("pin_wrong", self.sign, device, task, "111222")
        self.server.kill()
        self.server.start()
        type(self).system.http = device.http = self.server.new_client()
        self.assertEqual(self.refused("pin_wrong", self.sign, device, task, "111222")["tries_left"], 3)

    def test_revoked_certificate(self):
        user, device = self.person()
        task = self.task(user)
        serial = device.serial
        self.server.operate("POST", f"/v1/certificates/{serial}/revoke", {"reason": "keyCompromise"})
        self.refused("certificate_revoked", self.sign, device, task)
        self.audited("certificate_revoked", f"task:{task}")
        status, crl = self.server.http.raw("GET", "/pki/issuing.crl")
        self.assertEqual(status, 200)
        self.assertIn(bytes.fromhex(serial), crl)

    def test_task_of_somebody_else(self):
        (user, _), (_, other) = self.person(), self.person()
        task = self.task(user)
        self.refused("task_not_yours", self.sign, other, task)
        self.refused("task_not_yours", other.document, task)
        self.audited("task_not_yours", f"task:{task}")

    def test_key_of_another_device(self):
        (user, first), (_, second) = self.person(), self.person()
        body, _ = first.sign_request("274915", [(self.task(user), first.e(DOCUMENT))])
        self.refused("key_not_found", second.call, "POST", first.path("sign-requests"), body)

    def test_signed_cancelled_and_unknown_tasks(self):
        user, device = self.person()
        task = self.task(user)
        self.sign(device, task)
        self.refused("task_signed", self.sign, device, task)
        cancelled = self.task(user)
        status, answer = self.system.call("POST", f"/v1/tasks/{cancelled}/cancel")
        self.assertEqual((status, answer["state"]), (200, "cancelled"))
        self.refused("task_cancelled", self.sign, device, cancelled)
        self.refused("task_not_found", self.sign, device, "00000000-0000-7000-8000-000000000000")
        for outcome, subject in (("task_signed", task), ("task_cancelled", cancelled)):
            self.audited(outcome, f"task:{subject}")
        status, problem = self.system.call("POST", f"/v1/tasks/{task}/cancel")
        self.assertEqual(problem["code"], "task_signed")

    def test_document_changed_after_the_task_was_made(self):
        user, device = self.person()
        task = self.task(user)
        self.refused("digest_mismatch", self.sign, device, task, "274915", DOCUMENT + b"!")
        self.audited("digest_mismatch", f"task:{task}")
        device.call("POST", device.path("sign-failures"), {"protocol": 1, "sid": None, "task": task, "code": "document_changed"})
        rows = [r for r in self.server.audit() if r["event"] == "task.sign_failure" and r["subject"] == f"task:{task}"]
        self.assertIn("document_changed", rows[-1]["detail"])
        self.assertEqual(self.system.task(task)["state"], "pending")

    def test_two_devices_on_one_task(self):
        user, first = self.person()
        second = self.server.enrolled(user)
        task = self.task(user)
        body, session = first.sign_request("274915", [(task, first.e(DOCUMENT))])
        answer = first.call("POST", first.path("sign-requests"), body)
        problem = self.refused("task_claimed", self.sign, second, task)
        self.assertGreater(problem["retry_after"], 0)
        self.audited("task_claimed", f"task:{task}")
        self.assertTrue(self.system.task(task)["signature_may_exist"])
        status, problem = self.system.call("POST", f"/v1/tasks/{task}/cancel")
        self.assertEqual(problem["code"], "task_claimed")
        first.submit(session, first.finish(session, answer["answers"]))
        self.refused("task_signed", self.sign, second, task)

    def test_one_request_is_open_for_a_key(self):
        user, device = self.person()
        first, second = self.task(user), self.task(user)
        body, session = device.sign_request("274915", [(first, device.e(DOCUMENT))])
        device.call("POST", device.path("sign-requests"), body)
        self.refused("key_busy", self.sign, device, second)
        device.call("POST", device.path("sign-failures"),
                    {"protocol": 1, "sid": session["sid"].hex(), "task": None, "code": "answer_rejected"})
        self.refused("conflict", device.call, "POST", device.path("sign-requests"), body)
        self.sign(device, second)
        self.sign(device, first)

    def test_a_false_signature_completes_nothing(self):
        user, device = self.person()
        task = self.task(user)
        body, session = device.sign_request("274915", [(task, device.e(DOCUMENT))])
        signatures = device.finish(session, device.call("POST", device.path("sign-requests"), body)["answers"])
        rs = bytearray.fromhex(signatures[0]["rs"])
        rs[40] ^= 1
        self.refused("signature_invalid", device.submit, session, [{"task": task, "rs": rs.hex()}])
        self.assertEqual(self.system.task(task)["state"], "claimed")
        self.refused("task_not_claimed", device.submit, {"sid": bytes(16)}, signatures)
        device.submit(session, signatures)
        self.assertEqual(self.system.task(task)["state"], "signed")

    def test_a_batch_is_all_or_nothing(self):
        user, device = self.person()
        good, gone = self.task(user), self.task(user)
        self.system.call("POST", f"/v1/tasks/{gone}/cancel")
        e = device.e(DOCUMENT)
        problem = self.refused("task_cancelled", device.sign, "274915", [(good, e), (gone, e)])
        self.assertEqual(problem["field"], "items[1].task")
        self.refused("field_value", device.sign, "274915", [(good, e), (good, e)])
        self.assertEqual(self.system.task(good)["state"], "pending")

    def test_activation_codes(self):
        user = self.server.user("D1900", "孙梅")
        code = self.server.code(user)
        device = Phone(self.server.new_client())
        for left in (4, 3):
            self.assertEqual(self.refused("activation_refused", device.open, "D1900", "0000-0000-0000")["tries_left"], left)
        self.refused("activation_refused", device.open, "D9999", code)
        self.refused("activation_refused", device.open, "D1900", "!!")
        device.open("D1900", code.lower().replace("-", " "))
        self.refused("activation_refused", Phone(self.server.new_client()).open, "D1900", code)
        second = self.server.code(user)
        for _ in range(2):
            self.refused("activation_refused", device.open, "D1900", "0000-0000-0000")
        for _ in range(10):  # no more of this address count, and so none of them uses up the code
            self.refused("too_many_requests", device.open, "D1900", "0000-0000-0000")
        Phone(self.server.new_client()).open("D1900", second)

    def test_suspended_user(self):
        user, device = self.person()
        task = self.task(user)
        self.server.operate("PATCH", f"/v1/users/{user['user']}", {"state": "suspended"})
        self.refused("user_suspended", self.sign, device, task)
        status, problem = self.system.call("POST", "/v1/tasks", {
            "signer": user["staff_no"], "form": "raw", "title": "x", "document": base64.b64encode(DOCUMENT).decode()})
        self.assertEqual(problem["code"], "user_suspended")

    def test_who_may_not_sign_may_not_read(self):
        for harm, code in ((lambda u, d: self.server.operate("POST", f"/v1/certificates/{d.serial}/revoke", {"reason": "keyCompromise"}),
                            "certificate_revoked"),
                           (lambda u, d: self.server.operate("PATCH", f"/v1/users/{u['user']}", {"state": "suspended"}), "user_suspended")):
            user, device = self.person()
            task = self.task(user)
            harm(user, device)
            self.refused(code, device.tasks)
            self.refused(code, device.document, task)
            self.audited(code, f"task:{task}")

    def test_completion_of_a_task_that_was_cancelled_meanwhile(self):
        user, device = self.person()
        task = self.task(user)
        body, session = device.sign_request("274915", [(task, device.e(DOCUMENT))])
        signatures = device.finish(session, device.call("POST", device.path("sign-requests"), body)["answers"])
        device.call("POST", device.path("sign-failures"),
                    {"protocol": 1, "sid": session["sid"].hex(), "task": task, "code": "transport_failed"})
        self.assertEqual(self.system.call("POST", f"/v1/tasks/{task}/cancel")[0], 200)
        self.refused("task_cancelled", device.submit, session, signatures)
        self.assertIsNone(self.system.task(task)["signature"])

    def test_a_renamed_person_gets_no_certificate_in_a_name_he_did_not_sign(self):
        user = self.server.user("D1950", "吴平")
        device = Phone(self.server.new_client())
        device.open("D1950", self.server.code(user))
        device.login()
        device.keygen("274915")
        body, session = device.sign_request("274915", [(device.enrolment, device.e(request_info(device.subject, device.P)))])
        signatures = device.finish(session, device.call("POST", device.path("sign-requests"), body)["answers"])
        self.server.operate("PATCH", f"/v1/users/{user['user']}", {"name": "吴萍"})
        self.refused("digest_mismatch", device.submit, session, signatures)

    def test_removed_key(self):
        user, device = self.person()
        task = self.task(user)
        device.call("DELETE", f"/v1/device/keys/{device.key}")
        with self.assertRaises(Refused):
            self.sign(device, task)
        shown = self.server.operate("GET", f"/v1/certificates/{device.serial}")
        self.assertEqual(shown["state"], "revoked")

    def test_messages_that_could_be_taken_for_another_form(self):
        user, _ = self.person()
        for document in (bytes(32), b"\x30\x03\x02\x01\x05", b"\x31\x00"):
            status, problem = self.system.call("POST", "/v1/tasks", {
                "signer": user["staff_no"], "form": "raw", "title": "x", "document": base64.b64encode(document).decode()})
            self.assertEqual(problem["code"], "form_refused", document)

    def test_signed_requests_of_systems(self):
        path = "/v1/tasks"
        body = b'{"signer":"nobody"}'
        headers = {**self.system.headers("POST", path, body), "Content-Type": "application/json"}
        status, _ = self.system.http.json("POST", path, body, headers)
        status, problem = self.system.http.json("POST", path, body, headers)
        self.assertEqual((status, problem["code"]), (401, "request_replayed"))
        _, problem = self.system.call("GET", path, at=int(time.time()) - 900)
        self.assertEqual(problem["code"], "clock_skew")
        headers = self.system.headers("GET", path, b"")
        _, problem = self.system.http.json("GET", path + "?state=signed", None, headers)
        self.assertEqual(problem["code"], "unauthenticated")
        _, problem = self.system.http.json("GET", path)
        self.assertEqual(problem["code"], "unauthenticated")
        status, _ = self.system.http.json("GET", path, None, {"Authorization": f"Bearer {self.system.key}.{self.system.secret}"})
        self.assertEqual(status, 200)
        _, problem = self.system.http.json("GET", path, None, {"Authorization": f"Bearer {self.system.key}.wrong"})
        self.assertEqual(problem["code"], "unauthenticated")

    def test_a_signed_act_is_not_replayed_after_a_restart(self):
        user, _ = self.person()
        body = ('{"signer":"%s","form":"digest","digest":"%s","title":"x"}' % (user["staff_no"], "ab" * 32)).encode()
        headers = {**self.system.headers("POST", "/v1/tasks", body), "Content-Type": "application/json"}
        status, _ = self.system.http.json("POST", "/v1/tasks", body, headers)
        self.assertEqual(status, 201)
        self.server.restart()
        type(self).system.http = self.server.new_client()
        _, problem = self.system.http.json("POST", "/v1/tasks", body, headers)
        self.assertEqual(problem["code"], "request_replayed")

    def test_scopes_and_roles(self):
        reader = self.server.system("检验系统", ("verify",))
        status, problem = reader.call("GET", "/v1/tasks")
        self.assertEqual((status, problem["code"]), (403, "forbidden"))
        status, problem = reader.call("POST", "/v1/systems", {"name": "x", "scopes": []})
        self.assertEqual((status, problem["code"]), (403, "forbidden"))
        user, device = self.person()
        self.refused("forbidden", device.call, "GET", "/v1/tasks")
        other = self.server.system("放射系统")
        task = self.task(user)
        status, problem = other.call("GET", f"/v1/tasks/{task}")
        self.assertEqual((status, problem["code"]), (404, "task_not_found"))

    def test_device_sessions(self):
        _, device = self.person()
        asked = device.call("POST", "/v1/device/challenges", {"protocol": 1, "enrolment_id": str(device.enrolment)})
        answer = {"protocol": 1, "enrolment_id": str(device.enrolment), "challenge": asked["challenge"], "signature": "00" * 64}
        self.refused("unauthenticated", device.call, "POST", "/v1/device/sessions", answer)
        message = b"yiqian/device-session/1" + device.enrolment.bytes + bytes.fromhex(asked["challenge"])
        answer["signature"] = curve.ecdsa_p256(device.credential, message).hex()
        device.call("POST", "/v1/device/sessions", answer)
        self.refused("request_replayed", device.call, "POST", "/v1/device/sessions", answer)
        device.token = device.token[:-4] + "AAAA"
        self.refused("unauthenticated", device.tasks)


if __name__ == "__main__":
    unittest.main()
