"""Logging in, signing and enrolling by scan, with the independent phone; what a login gives is verified by OpenSSL's command line
alone. And the limits on callers without credentials."""
import base64
import hmac
import http.client
import json
import os
import tempfile
import threading
import time
import unittest
import uuid

from client import Client, System
from phone import Phone, Refused
from server import Server
from test_channels import Channel
from test_main_job import openssl, pem

PIN = "274915"
STEPS = 5  # docs/spec/qr.md: a code is good in its own second and the four after it


def code_of(kind, session, secret, step):
    """A code as docs/spec/qr.md has it, for a screen that computes its own."""
    head = uuid.UUID(session).bytes + step.to_bytes(2, "big")
    mac = hmac.new(bytes.fromhex(secret), b"yiqian/scan-code/1" + kind.encode() + head, "sm3").digest()[:12]
    return f"YIQIAN:1:{kind}:" + base64.urlsafe_b64encode(head + mac).decode().rstrip("=")


def from_address(port, address):
    return Client(lambda: http.client.HTTPConnection("127.0.0.1", port, timeout=30, source_address=(address, 0)))


class ScanTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.user = cls.server.user("D1001")
        cls.other = cls.server.user("D1002", "李秀英")
        cls.system = cls.server.system()
        cls.phone = cls.server.enrolled(cls.user)
        cls.her_phone = cls.server.enrolled(cls.other)

    @classmethod
    def tearDownClass(cls):
        cls.server.close()

    def post(self, path, body=None, expect=(200, 201), extra=None):
        status, answer = self.system.call("POST", path, {} if body is None else body, extra)
        self.assertIn(status, expect, answer)
        return answer

    def get(self, path):
        status, answer = self.system.call("GET", path)
        self.assertEqual(status, 200, answer)
        return answer

    def login(self, **more):
        return self.post("/v1/logins", {"purpose": "登录门诊工作站", "nonce": "n-0123456789", **more})

    def code(self, login):
        return self.get(f"/v1/logins/{login['login']}/code")["code"]

    def refused(self, code, call, *arguments, **more):
        with self.assertRaises(Refused) as caught:
            call(*arguments, **more)
        self.assertEqual(caught.exception.code, code)
        return caught.exception.problem

    def sign(self, phone, seen):
        self.assertEqual(len(seen["tasks"]), 1)
        phone.sign_task(PIN, seen["tasks"][0])

    # Login

    def check_by_openssl(self, result):
        """What a business system does by itself (docs/spec/qr.md, Verifying): each link, then the assertion under the leaf."""
        signature = result["signature"]
        with tempfile.TemporaryDirectory() as folder:
            def path(name, data):
                with open(os.path.join(folder, name), "wb") as file:
                    file.write(data)
                return os.path.join(folder, name)

            leaf = path("leaf.pem", pem("CERTIFICATE", base64.b64decode(signature["certificate"])).encode())
            issuing, root = (path(f"ca{i}.pem", pem("CERTIFICATE", base64.b64decode(der)).encode())
                             for i, der in enumerate(signature["chain"]))
            identity = ["-vfyopt", "distid:1234567812345678"]
            for arguments in (["-trusted", issuing, leaf], ["-trusted", root, issuing]):
                code, text = openssl("verify", "-partial_chain", *identity, *arguments)
                self.assertEqual(code, 0, text)
            code, public = openssl("x509", "-in", leaf, "-pubkey", "-noout")
            self.assertEqual(code, 0, public)
            public = path("public.pem", public.encode())
            der = path("signature.der", base64.b64decode(signature["der"]))
            assertion = base64.b64decode(result["assertion"])
            command = ["dgst", "-sm3", "-verify", public, "-sigopt", "distid:1234567812345678", "-signature", der]
            code, text = openssl(*command, path("assertion.json", assertion))
            self.assertEqual((code, text.strip()), (0, "Verified OK"))
            code, text = openssl(*command, path("changed.json", assertion.replace(b"D1001", b"D1002")))
            self.assertNotEqual(code, 0, text)
            return json.loads(assertion), assertion

    def test_login_by_scan_is_verified_by_openssl(self):
        login = self.login()
        self.assertEqual((login["state"], login["result"], login["person"]), ("open", None, None))
        seen = self.phone.scan(self.code(login))
        self.assertEqual((seen["kind"], seen["system"], seen["purpose"], seen["number_wanted"]),
                         ("login", "电子病历", "登录门诊工作站", False))
        self.assertEqual(seen["tasks"][0]["kind"], "login")
        state = self.get(f"/v1/logins/{login['login']}")
        self.assertEqual((state["state"], state["person"]["staff_no"], state["result"]), ("scanned", "D1001", None))
        self.assertEqual(self.get(f"/v1/logins/{login['login']}/code")["code"], None)
        self.sign(self.phone, seen)
        done = self.get(f"/v1/logins/{login['login']}")
        self.assertEqual((done["state"], done["result"]["staff_no"], done["result"]["name"]), ("done", "D1001", "王建国"))
        self.assertNotIn("secret", done)
        fields, text = self.check_by_openssl(done["result"])
        self.assertEqual(list(fields), ["type", "system", "system_id", "login", "nonce", "purpose", "staff_no", "name",
                                        "certificate", "time"])
        self.assertEqual((fields["type"], fields["login"], fields["nonce"], fields["staff_no"], fields["certificate"]),
                         ("yiqian/login/1", login["login"], "n-0123456789", "D1001", self.phone.serial))
        self.assertEqual(text, json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode())

    def test_a_screen_may_compute_its_codes(self):
        login = self.login()
        step = int(self.code(login) and base64.urlsafe_b64decode(self.code(login)[11:]).hex()[32:36], 16)
        self.assertIn(self.code(login), [code_of("L", login["login"], login["secret"], step + i) for i in range(3)])
        self.assertEqual(self.phone.scan(code_of("L", login["login"], login["secret"], step))["kind"], "login")

    def test_texts_are_escaped_in_the_assertion(self):
        login = self.login(purpose='登录 "A\\B" 工作站', nonce="\\\"")
        seen = self.phone.scan(self.code(login))
        self.sign(self.phone, seen)
        fields, _ = self.check_by_openssl(self.get(f"/v1/logins/{login['login']}")["result"])
        self.assertEqual((fields["purpose"], fields["nonce"]), ('登录 "A\\B" 工作站', "\\\""))

    def test_a_photographed_code_dies(self):
        login = self.login()
        photograph = self.code(login)
        time.sleep(STEPS + 0.1)
        self.refused("scan_refused", self.phone.scan, photograph)
        self.assertEqual(self.get(f"/v1/logins/{login['login']}")["state"], "open")
        self.assertEqual(self.phone.scan(self.code(login))["kind"], "login")

    def test_codes_that_nobody_made(self):
        login = self.login()
        good = code_of("L", login["login"], login["secret"], 0)
        forged = code_of("L", login["login"], "00" * 32, 0)
        future = code_of("L", login["login"], login["secret"], 60)
        other_kind = code_of("S", login["login"], login["secret"], 0)
        nobody = code_of("L", str(uuid.uuid4()), login["secret"], 0)
        for text in (forged, future, other_kind, nobody, good[:-1], good + "A", "YIQIAN:2:" + good[9:], "https://example.org/", "L"):
            self.refused("scan_refused", self.phone.scan, text)
        self.assertEqual(self.phone.scan(good)["scan"], login["login"])

    def test_one_phone_has_it(self):
        login = self.login()
        seen = self.phone.scan(self.code(login))
        step = 1
        fresh = code_of("L", login["login"], login["secret"], step)
        time.sleep(1.1)
        self.refused("scan_refused", self.her_phone.scan, fresh)
        self.refused("task_not_yours", self.her_phone.sign_task, PIN, seen["tasks"][0])
        again = self.phone.scan(fresh)  # its answer was lost
        self.assertEqual(again, seen)
        self.sign(self.phone, again)
        self.assertEqual(self.get(f"/v1/logins/{login['login']}")["state"], "done")
        self.refused("scan_refused", self.phone.scan, code_of("L", login["login"], login["secret"], 1))

    def test_another_device_of_the_same_person_cannot_sign_it(self):
        second = self.server.enrolled(self.user)
        login = self.login()
        seen = self.phone.scan(self.code(login))
        e = second.e(self.phone.document(seen["tasks"][0]["task"]))
        self.refused("task_not_yours", second.sign, PIN, [(seen["tasks"][0]["task"], e)])
        self.sign(self.phone, seen)

    def test_only_the_person_wanted(self):
        login = self.login(staff_no="D1002")
        self.refused("scan_refused", self.phone.scan, self.code(login))
        self.sign(self.her_phone, self.her_phone.scan(self.code(login)))
        self.assertEqual(self.get(f"/v1/logins/{login['login']}")["result"]["staff_no"], "D1002")
        status, problem = self.system.call("POST", "/v1/logins", {"staff_no": "D9999"})
        self.assertEqual((status, problem["code"]), (404, "user_not_found"))

    def test_short_code_and_number(self):
        login = self.login()
        seen = self.phone.scan(short_code=login["short_code"])
        self.assertEqual((seen["number_wanted"], seen["tasks"]), (True, []))
        screen = self.get(f"/v1/logins/{login['login']}/code")
        self.assertRegex(screen["number"], r"^\d\d$")
        self.assertEqual(screen["state"], "scanned")
        self.refused("task_not_found", self.phone.document, login["login"])
        self.sign(self.phone, self.phone.enter_number(login["login"], screen["number"]))
        self.assertEqual(self.get(f"/v1/logins/{login['login']}")["state"], "done")

    def test_a_wrong_number_ends_it(self):
        login = self.login()
        self.phone.scan(short_code=login["short_code"])
        number = int(self.get(f"/v1/logins/{login['login']}")["number"])
        self.refused("scan_refused", self.phone.enter_number, login["login"], f"{(number + 1) % 100:02d}")
        self.refused("conflict", self.phone.enter_number, login["login"], f"{number:02d}")
        ended = self.get(f"/v1/logins/{login['login']}")
        self.assertEqual((ended["state"], ended["reason"]), ("declined", "number_wrong"))

    def test_short_codes_cannot_be_guessed(self):
        guesser = self.server.enrolled(self.server.user("D1003", "赵敏"))
        login = self.login()
        wrong = f"{(int(login['short_code']) + 1) % 10**8:08d}"
        for _ in range(10):
            self.refused("scan_refused", guesser.scan, short_code=wrong)
        problem = self.refused("too_many_requests", guesser.scan, short_code=login["short_code"])
        self.assertGreater(problem["retry_after"], 0)
        self.assertEqual(self.phone.scan(short_code=login["short_code"])["number_wanted"], True)  # others are not affected

    def test_decline_and_cancel(self):
        login = self.login()
        seen = self.phone.scan(self.code(login))
        self.refused("scan_refused", self.her_phone.decline_scan, login["login"])
        self.phone.decline_scan(login["login"], "不是我本人操作")
        declined = self.get(f"/v1/logins/{login['login']}")
        self.assertEqual((declined["state"], declined["reason"], declined["result"]), ("declined", "不是我本人操作", None))
        self.refused("task_declined", self.phone.sign_task, PIN, seen["tasks"][0])
        for scan_first in (False, True):
            login = self.login()
            code = self.code(login)
            seen = self.phone.scan(code) if scan_first else None
            self.assertEqual(self.post(f"/v1/logins/{login['login']}/cancel")["state"], "cancelled")
            self.refused("scan_refused", self.phone.scan, code)
            if seen:
                self.refused("task_cancelled", self.phone.sign_task, PIN, seen["tasks"][0])
            status, problem = self.system.call("POST", f"/v1/logins/{login['login']}/cancel", {})
            self.assertEqual(problem["code"], "conflict")

    def test_logins_are_no_tasks_and_tasks_no_logins(self):
        login = self.login()
        seen = self.phone.scan(self.code(login))
        self.assertNotIn(login["login"], [t["task"] for t in self.phone.tasks("?limit=1000")])
        for method, path in (("GET", f"/v1/tasks/{login['login']}"), ("POST", f"/v1/tasks/{login['login']}/cancel")):
            status, problem = self.system.call(method, path, {} if method == "POST" else None)
            self.assertEqual((status, problem["code"]), (404, "task_not_found"))
        # Of the channel's tasks the newest is the first.
        _, _, data = Channel(self.server, self.phone.token).event()
        self.assertNotIn(login["login"], [t["task"] for t in data["tasks"]])
        self.refused("task_not_found", self.phone.call, "POST", f"/v1/device/tasks/{login['login']}/decline",
                     {"protocol": 1, "reason": "不是我"})
        status, asked = self.system.call("GET", f"/v1/tasks?ids={login['login']}")
        self.assertEqual((asked["items"], asked["missing"]), ([], [login["login"]]))
        status, listed = self.system.call("GET", "/v1/tasks?limit=1000")
        self.assertNotIn(login["login"], [t["task"] for t in listed["items"]])
        assertion = self.phone.document(seen["tasks"][0]["task"])
        for document in (assertion, b'{"type":"yiqian/login/2"}', b'{"type":"yiqian/'):
            problem = self.system.create("D1001", document, expect=422)
            self.assertEqual(problem["code"], "form_refused")
        other = self.server.system("检验系统")
        self.assertEqual(other.call("GET", f"/v1/logins/{login['login']}")[0], 404)
        self.assertEqual(other.call("POST", f"/v1/logins/{login['login']}/cancel", {})[0], 404)

    def test_idempotent_and_refused_creations(self):
        key = {"Idempotency-Key": "login-1"}
        first = self.post("/v1/logins", {"nonce": "a"}, (201,), key)
        self.assertEqual(self.post("/v1/logins", {"nonce": "a"}, (200,), key), first)
        status, problem = self.system.call("POST", "/v1/logins", {"nonce": "b"}, key)
        self.assertEqual(problem["code"], "idempotency_mismatch")
        for body, code, field in (({"purpose": "x" * 101}, "field_length", "purpose"), ({"nonce": "x" * 65}, "field_length", "nonce"),
                                  ({"expires_in": 29}, "field_value", "expires_in"), ({"expires_in": 181}, "field_value", "expires_in"),
                                  ({"purpose": "a\u202eb"}, "field_value", "purpose"), ({"origin": "x"}, "field_unknown", "origin")):
            status, problem = self.system.call("POST", "/v1/logins", body)
            self.assertEqual((status, problem["code"], problem["field"]), (400, code, field))

    def test_a_restart_in_the_middle(self):
        login = self.login()
        self.server.restart()
        for who in (self.system, self.phone, self.her_phone):
            who.http = self.server.new_client()
        seen = self.phone.scan(self.code(login))
        self.server.kill()
        self.server.start()
        for who in (self.system, self.phone, self.her_phone):
            who.http = self.server.new_client()
        self.assertEqual(self.get(f"/v1/logins/{login['login']}")["state"], "scanned")
        self.sign(self.phone, seen)
        self.check_by_openssl(self.get(f"/v1/logins/{login['login']}")["result"])

    def test_an_expired_login(self):
        login = self.login(expires_in=30)
        code = code_of("L", login["login"], login["secret"], 29)
        seen_login = self.login(expires_in=30)
        seen = self.phone.scan(self.code(seen_login))
        time.sleep(30.1)
        self.refused("scan_refused", self.phone.scan, code)
        self.refused("scan_refused", self.phone.scan, short_code=login["short_code"])
        self.assertEqual(self.get(f"/v1/logins/{login['login']}")["state"], "expired")
        self.refused("task_expired", self.phone.sign_task, PIN, seen["tasks"][0])
        self.assertEqual(self.get(f"/v1/logins/{seen_login['login']}")["state"], "expired")

    # Signing

    def test_sign_by_scan(self):
        task = self.system.create("D1001", b"a record")
        scan = self.post("/v1/scans", {"task": task["task"]})
        code = self.get(f"/v1/scans/{scan['scan']}/code")["code"]
        self.refused("task_not_yours", self.her_phone.scan, code)
        seen = self.phone.scan(code)
        self.assertEqual((seen["kind"], [t["task"] for t in seen["tasks"]]), ("sign", [task["task"]]))
        self.assertEqual(self.get(f"/v1/scans/{scan['scan']}")["state"], "scanned")
        self.sign(self.phone, seen)
        self.assertEqual(self.get(f"/v1/scans/{scan['scan']}")["state"], "done")
        self.assertEqual(self.system.task(task["task"])["state"], "signed")
        status, problem = self.system.call("POST", "/v1/scans", {"task": task["task"]})
        self.assertEqual((status, problem["code"]), (409, "task_signed"))

    def test_a_scan_that_is_declined_or_cancelled_leaves_the_task(self):
        task = self.system.create("D1001", b"another record")
        scan = self.post("/v1/scans", {"task": task["task"]})
        self.phone.scan(self.get(f"/v1/scans/{scan['scan']}/code")["code"])
        self.phone.decline_scan(scan["scan"], "稍后签署")
        self.assertEqual(self.get(f"/v1/scans/{scan['scan']}")["state"], "declined")
        scan = self.post("/v1/scans", {"task": task["task"]})
        self.assertEqual(self.post(f"/v1/scans/{scan['scan']}/cancel")["state"], "cancelled")
        self.assertEqual(self.system.task(task["task"])["state"], "pending")
        for body, status, code in (({}, 400, "field_missing"), ({"task": str(uuid.uuid4())}, 404, "task_not_found"),
                                   ({"batch": str(uuid.uuid4())}, 404, "batch_not_found"),
                                   ({"task": task["task"], "batch": task["task"]}, 400, "field_value")):
            answer = self.system.call("POST", "/v1/scans", body)
            self.assertEqual((answer[0], answer[1]["code"]), (status, code))

    # Waiting

    def waited(self, path, act, *arguments):
        """The answer of a waiting GET that another thread's act ends, long before its time."""
        waiting = System(self.server.new_client(), self.system.key, self.system.secret)
        acting = threading.Timer(0.5, act, arguments)
        before = time.monotonic()
        acting.start()
        status, answer = waiting.call("GET", path)
        took = time.monotonic() - before
        acting.join()
        self.assertEqual(status, 200, answer)
        self.assertGreater(took, 0.4)
        self.assertLess(took, 10)
        return answer

    def test_a_login_is_waited_for(self):
        login = self.login()
        path = f"/v1/logins/{login['login']}"
        seen = []
        answer = self.waited(path + "?wait=30&state=open", lambda: seen.append(self.phone.scan(self.code(login))))
        self.assertEqual((answer["state"], answer["result"]), ("scanned", None))
        answer = self.waited(path + "?wait=30", lambda: self.sign(self.phone, seen[0]))
        self.assertEqual((answer["state"], answer["result"]["staff_no"]), ("done", "D1001"))
        self.assertEqual(self.get(path + "?wait=30")["state"], "done")  # at once: nothing more comes
        login = self.login()
        answer = self.waited(f"/v1/logins/{login['login']}?wait=30", self.post, f"/v1/logins/{login['login']}/cancel")
        self.assertEqual(answer["state"], "cancelled")
        for query, field in (("wait=61", "wait"), ("wait=-1", "wait"), ("later=1", "later")):
            status, problem = self.system.call("GET", f"{path}?{query}")
            self.assertEqual((status, problem["field"]), (400, field))

    def test_a_scan_is_waited_for(self):
        task = self.system.create("D1001", b"waited for")
        scan = self.post("/v1/scans", {"task": task["task"]})
        path = f"/v1/scans/{scan['scan']}"
        seen = []
        answer = self.waited(path + "?wait=30&state=open", lambda: seen.append(self.phone.scan(self.get(path + "/code")["code"])))
        self.assertEqual(answer["state"], "scanned")
        self.assertEqual(self.waited(path + "?wait=30", lambda: self.sign(self.phone, seen[0]))["state"], "done")
        wish = {"signer": "D1001", "form": "raw", "title": "医嘱", "document": base64.b64encode(b"of a batch").decode()}
        batch = self.post("/v1/task-batches", {"title": "医嘱两条", "tasks": [wish, wish]})
        scan = self.post("/v1/scans", {"batch": batch["batch"]})
        path = f"/v1/scans/{scan['scan']}"
        seen = self.phone.scan(self.get(path + "/code")["code"])["tasks"]
        self.assertEqual(len(seen), 2)
        self.phone.sign_task(PIN, seen[0])
        self.assertEqual(self.get(path)["state"], "scanned")
        self.assertEqual(self.waited(path + "?wait=30", self.phone.sign_task, PIN, seen[1])["state"], "done")

    # Enrolment

    def test_enrol_by_scan(self):
        user = self.server.user("D1010", "周立")
        made = self.server.operate("POST", f"/v1/users/{user['user']}/enrolment-scans", {})
        screen = self.server.operate("GET", f"/v1/enrolment-scans/{made['scan']}/code")
        plain = base64.urlsafe_b64decode(screen["code"][11:] + "=" * (-len(screen["code"][11:]) % 4))
        self.assertTrue(screen["code"].startswith("YIQIAN:1:E:"))
        self.assertEqual(plain[30:].decode(), "http://127.0.0.1:0")  # the public URL: for a phone that has no server yet
        new = Phone(self.server.new_client())
        given = new.call("POST", "/v1/enrolment-scans", {"protocol": 1, "code": screen["code"]})
        self.assertEqual((given["staff_no"], given["name"]), ("D1010", "周**"))
        thief = Phone(self.server.new_client())
        self.refused("scan_refused", thief.call, "POST", "/v1/enrolment-scans", {"protocol": 1, "code": screen["code"]})
        new.enrol(given["staff_no"], given["activation_code"], PIN)
        after = self.server.operate("GET", f"/v1/enrolment-scans/{made['scan']}")
        self.assertEqual((after["state"], after["enrolment_id"]), ("done", str(new.enrolment)))
        self.refused("scan_refused", self.phone.scan, screen["code"])  # a phone with an identity does not scan it

    def test_a_photographed_enrolment_code_dies_and_tells_nothing(self):
        made = self.server.operate("POST", f"/v1/users/{self.user['user']}/enrolment-scans", {})
        photograph = self.server.operate("GET", f"/v1/enrolment-scans/{made['scan']}/code")["code"]
        time.sleep(STEPS + 0.1)
        thief = Phone(self.server.new_client())
        late = self.refused("scan_refused", thief.call, "POST", "/v1/enrolment-scans", {"protocol": 1, "code": photograph})
        nobody = self.refused("scan_refused", thief.call, "POST", "/v1/enrolment-scans",
                              {"protocol": 1, "code": code_of("E", str(uuid.uuid4()), "00" * 32, 0)})
        self.assertEqual(late, nobody)
        self.assertEqual(self.server.operate("POST", f"/v1/enrolment-scans/{made['scan']}/cancel")["state"], "cancelled")
        self.assertEqual(self.system.call("POST", f"/v1/users/{self.user['user']}/enrolment-scans", {})[0], 403)


class LimitsTest(unittest.TestCase):
    def test_a_flood_from_one_address_leaves_the_others(self):
        with Server(options=("--anonymous-per-address-per-minute", "60", "--anonymous-per-minute", "1000")) as server:
            device = server.enrolled(server.user("D1001"))  # 3 calls without credentials
            ask = {"protocol": 1, "enrolment_id": str(device.enrolment)}
            flood, other = from_address(server.port, "127.0.0.1"), from_address(server.port, "127.0.0.2")
            statuses = [flood.json("POST", "/v1/device/challenges", ask)[0] for _ in range(70)]
            self.assertEqual(statuses[:50], [200] * 50)
            status, problem = flood.json("POST", "/v1/enrolments", {})
            self.assertEqual((status, problem["code"]), (429, "too_many_requests"))
            self.assertGreaterEqual(int(flood.headers["Retry-After"]), 1)
            self.assertEqual(other.json("POST", "/v1/device/challenges", ask)[0], 200)
            self.assertEqual(len(device.tasks()), 0)  # who has a session is not limited
            self.assertEqual(flood.json("GET", "/v1/health")[0], 200)
            time.sleep(1.1)
            self.assertEqual(flood.json("POST", "/v1/device/challenges", ask)[0], 200)

    def test_all_addresses_together(self):
        with Server(options=("--anonymous-per-minute", "60")) as server:
            statuses = []
            for i in range(70):
                status, _ = from_address(server.port, f"127.0.0.{2 + i % 8}").json("POST", "/v1/enrolment-scans", {"protocol": 1, "code": "x"})
                statuses.append(status)
            self.assertEqual(set(statuses), {403, 429})
            self.assertEqual(statuses[:60], [403] * 60)

    def enrol(self, http, staff_no, code):
        return http.json("POST", "/v1/enrolments", {"protocol": 1, "staff_no": staff_no, "activation_code": code,
                                                    "platform": "python", "device_name": "x", "credential": KEY})

    def test_a_stranger_cannot_use_up_codes_nor_learn_who_exists(self):
        with Server() as server:
            user, without = server.user("D1001"), server.user("D1002", "李秀英")
            code = server.code(user)
            stranger, phone = from_address(server.port, "127.0.0.9"), from_address(server.port, "127.0.0.1")
            answers = {}
            for staff_no in ("D1001", "D1002", "D9999"):  # has a code; has none; does not exist
                answers[staff_no] = []
                for _ in range(8):
                    status, problem = self.enrol(stranger, staff_no, "0000-0000-0000")
                    problem.pop("retry_after", None)
                    answers[staff_no].append((status, problem))
            self.assertEqual(answers["D1001"], answers["D1002"])
            self.assertEqual(answers["D1001"], answers["D9999"])
            self.assertEqual([p.get("tries_left") for _, p in answers["D1001"][:5]], [4, 3, 2, 1, 0])
            self.assertEqual([s for s, _ in answers["D1001"]], [403] * 5 + [429] * 3)
            rows = [r for r in server.audit() if r["event"] == "enrolment.open"]
            self.assertEqual(len(rows), 15)  # the same durable work for each, and none for what was over the limit
            self.assertEqual(self.enrol(phone, "D1001", code)[0], 201)

    def test_answers_take_as_long_whether_the_person_exists(self):
        with Server() as server:
            user = server.user("D1001")
            server.code(user)
            times = {"D1001": [], "D9999": []}
            for i in range(20):
                for staff_no in times:
                    http = from_address(server.port, f"127.0.1.{i + 1}")
                    http.json("GET", "/v1/health")
                    started = time.perf_counter()
                    status, _ = self.enrol(http, staff_no, "0000-0000-0000")
                    times[staff_no].append(time.perf_counter() - started)
                    self.assertEqual(status, 403)
            known, unknown = (sorted(times[name])[10] for name in ("D1001", "D9999"))
            self.assertLess(max(known, unknown) / min(known, unknown), 3, times)


KEY = "04" + "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296" + \
      "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"  # a point of P-256: its generator

if __name__ == "__main__":
    unittest.main()
