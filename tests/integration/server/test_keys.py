"""The life of a key: refresh lost, late and doubled, clones, the PIN's change, freezing, loss of the phone. The phone is written from the
specification in plain integers; the revocation list is read by OpenSSL."""
import copy
import re
import subprocess
import tempfile
import threading
import time
import unittest
import urllib.parse

from phone import Phone, Refused
from server import Server

PIN, NEW = "274915", "593826"
DOCUMENT = b"text of a record " * 9


def listed(server):
    """{serial: reason or None} of the current revocation list, as OpenSSL reads it."""
    status, der = server.new_client().raw("GET", "/pki/issuing.crl")
    with tempfile.NamedTemporaryFile() as file:
        file.write(der)
        file.flush()
        text = subprocess.run(["openssl", "crl", "-inform", "DER", "-in", file.name, "-noout", "-text"],
                              capture_output=True, text=True, check=True).stdout
    entries = {}
    for entry in text.split("Serial Number: ")[1:]:
        reason = re.search(r"CRL Reason Code: *\n *(.+)", entry)
        entries[entry.split()[0].lower()] = reason[1].strip() if reason else None
    return entries


class Keys(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.system = cls.server.system()
        cls.people = 0

    @classmethod
    def tearDownClass(cls):
        cls.server.close()

    def setUp(self):
        type(self).people += 1
        self.staff_no = f"K{self.people}"
        self.user = self.server.user(self.staff_no)
        self.phone = self.server.enrolled(self.user, PIN)

    def refused(self, code, call, *arguments, **named):
        with self.assertRaises(Refused) as caught:
            call(*arguments, **named)
        self.assertEqual(caught.exception.code, code, caught.exception.problem)
        return caught.exception.problem

    def post(self, what, body, device=None):
        device = device or self.phone
        return device.call("POST", device.path(what), body)

    def sign(self, pin=PIN, device=None):
        device = device or self.phone
        task = self.system.create(self.staff_no, DOCUMENT)["task"]
        return device.sign(pin, [(task, device.e(DOCUMENT))])

    def key(self, device=None):
        listing = self.server.operate("GET", f"/v1/users/{self.user['user']}/keys")["items"]
        return next(k for k in listing if k["key_id"] == str((device or self.phone).key))

    def events(self):
        return [row["event"] for row in self.server.audit() if row["subject"] == f"key:{self.phone.key}"]

    # Everybody's

    def found(self, **query):
        """What the list says, page by page."""
        found, after = [], None
        while True:
            page = self.server.operate("GET", "/v1/keys?" + urllib.parse.urlencode({**query, "limit": 2, **({"after": after} if after else {})}))
            found += page["items"]
            after = page["next"]
            if not after:
                return found

    def ids(self, **query):
        return [key["key_id"] for key in self.found(**query)]

    def test_keys_of_everybody_are_found(self):
        mine = str(self.phone.key)
        own = [self.server.enrolled(self.server.user(f"L{i}", name, (department,)), PIN)
               for i, (name, department) in enumerate([("欧阳明", "检验科"), ("Zhao Lei", "检验科"), ("100%_", "病理科")])]
        keys = [str(phone.key) for phone in own]
        all_of_them = self.ids()
        self.assertEqual(all_of_them, sorted(all_of_them, reverse=True))  # newest first, across pages, each once
        self.assertTrue({mine, *keys} <= set(all_of_them))
        self.assertEqual(self.ids(department="检验科"), [keys[1], keys[0]])
        self.assertEqual(self.ids(q="欧阳"), [keys[0]])
        self.assertEqual(self.ids(q="ZHAO"), [keys[1]])
        self.assertEqual(self.ids(q="l2"), [keys[2]])
        self.assertEqual(self.ids(q="%_"), [keys[2]])
        self.assertEqual(self.ids(q="欧阳", department="病理科"), [])
        key = self.found(q=self.staff_no)[0]
        self.assertEqual([key["user"][name] for name in ("user", "staff_no", "name", "state", "department")],
                         [self.user["user"], self.staff_no, "王建国", "active", "呼吸内科"])
        self.assertNotIn("certificate", key["certificate"])
        self.assertEqual(self.ids(q=self.staff_no, platform=key["platform"]), [mine])
        self.assertEqual(self.ids(q=self.staff_no, platform="no such"), [])

    def test_states_and_the_last_use(self):
        mine = str(self.phone.key)
        enrolled = self.found(q=self.staff_no)[0]["last_used_at"]  # its certificate request was its first signature
        self.assertEqual(self.ids(q=self.staff_no, unused_since=enrolled), [])
        self.sign()
        used = self.found(q=self.staff_no)[0]["last_used_at"]
        self.assertGreater(used, enrolled)
        self.assertEqual(used, self.key()["last_used_at"])
        self.assertEqual(self.ids(q=self.staff_no, unused_since="2999-01-01T00:00:00Z"), [mine])
        self.server.operate("POST", f"/v1/keys/{mine}/freeze")
        self.assertEqual([self.ids(q=self.staff_no, state=state) for state in ("active", "frozen")], [[], [mine]])
        self.server.operate("POST", f"/v1/users/{self.user['user']}/lost", {"key_id": mine})
        self.assertEqual(self.ids(q=self.staff_no), [])
        self.assertEqual(self.ids(q=self.staff_no, state="destroyed"), [mine])

    def test_the_audit_log_says_who_and_what(self):
        """Ids as they are called now, for people of more than one lookup; what is none or nobody's has no name."""
        reference = "REC-7"
        task = self.system.create(self.staff_no, DOCUMENT, reference=reference)["task"]
        self.phone.sign(PIN, [(task, self.phone.e(DOCUMENT))])
        self.server.operate("POST", f"/v1/keys/{self.phone.key}/freeze")
        people = [self.server.user(f"A{i}", f"某{i}") for i in range(40)]
        rows = {}
        for row in self.server.operate("GET", "/v1/audit?order=newest&limit=300")["items"]:
            rows.setdefault((row["event"], row["subject"]), row)
        names = lambda event, subject: [rows[event, subject][name] for name in ("actor_name", "subject_name")]
        who = f"{self.staff_no} 王建国"
        self.assertEqual(names("key.freeze", f"key:{self.phone.key}"), [None, who])
        self.assertEqual(names("task.create", f"task:{task}"), ["电子病历", reference])
        self.assertEqual(names("task.sign", f"task:{task}"), [who, reference])
        for i, user in enumerate(people):
            self.assertEqual(names("user.create", f"user:{user['user']}"), [None, f"A{i} 某{i}"])
        self.server.operate("PATCH", f"/v1/users/{people[0]['user']}", {"name": "改名"})
        found = self.server.operate("GET", f"/v1/audit?subject=user:{people[0]['user']}")["items"]
        self.assertEqual({row["subject_name"] for row in found}, {"A0 改名"})

    def test_a_wrong_question_is_refused(self):
        for query, field in (("state=open", "state"), ("unused_since=yesterday", "unused_since"), ("q=" + "x" * 65, "q"), ("user=x", "user"), ("after=x", "after")):
            status, problem = self.server.operator.json("GET", "/v1/keys?" + query)
            self.assertEqual((status, problem["field"]), (400, field), query)

    # Refresh

    def test_a_refresh_keeps_key_and_certificate(self):
        before = self.key()
        self.phone.refresh(PIN)
        self.sign()
        after = self.key()
        self.assertEqual(after["certificate"], before["certificate"])
        self.assertGreater(after["refreshed_at"], before["refreshed_at"])
        self.phone.refresh(PIN)
        self.sign()

    def test_the_pin_is_another_one_after_its_change(self):
        self.phone.refresh(PIN, NEW)
        self.refused("pin_wrong", self.sign, PIN)
        self.sign(NEW)
        self.assertEqual([row["detail"] for row in self.server.audit() if row["event"] == "key.refresh_confirm" and
                          row["subject"] == f"key:{self.phone.key}"], ["pin_changed"])

    def test_lost_answers(self):
        """R1's answer lost: the same again gets the same u_server. R3's lost: the same, under a fresh sid, is acknowledged again."""
        body, refresh = self.phone.refresh_request(PIN)
        first = self.post("refresh-requests", body)
        self.refused("sid_refused", self.post, "refresh-requests", body)
        body, _ = self.phone.refresh_request(PIN, refresh["rid"], refresh["u_device"])
        second = self.post("refresh-requests", body)
        self.assertEqual(second["u_server"], first["u_server"])
        self.assertNotEqual(second["sid"], first["sid"])
        self.refused("refresh_pending", self.sign)
        u_server = bytes.fromhex(second["u_server"])
        body, d1 = self.phone.refresh_confirm(refresh, u_server, bytes.fromhex(first["sid"]))
        self.refused("sid_refused", self.post, "refresh-confirms", body)
        body, d1 = self.phone.refresh_confirm(refresh, u_server, bytes.fromhex(second["sid"]))
        self.post("refresh-confirms", body)
        self.refused("sid_refused", self.post, "refresh-confirms", body)
        for _ in range(2):
            body, _ = self.phone.refresh_confirm(refresh, u_server, self.phone.sid())
            self.post("refresh-confirms", body)
        self.phone.keep(d1, PIN)
        self.sign()
        self.assertEqual(self.key()["tries_left"], 5)

    def test_another_rid_replaces_the_pending_one(self):
        body, first = self.phone.refresh_request(PIN)
        late = bytes.fromhex(self.post("refresh-requests", body)["u_server"])
        body, _ = self.phone.refresh_request(PIN)
        answer = self.post("refresh-requests", body)
        body, _ = self.phone.refresh_confirm(first, late, bytes.fromhex(answer["sid"]))
        problem = self.refused("conflict", self.post, "refresh-confirms", body)
        self.assertEqual(problem["field"], "rid")
        self.assertEqual(self.key()["tries_left"], 5)
        self.phone.refresh(PIN)
        self.sign()

    def test_a_rid_belongs_to_its_u_device(self):
        body, refresh = self.phone.refresh_request(PIN)
        self.post("refresh-requests", body)
        body, _ = self.phone.refresh_request(PIN, refresh["rid"])
        self.assertEqual(self.refused("conflict", self.post, "refresh-requests", body)["field"], "rid")

    def test_wrong_proofs_are_pin_failures(self):
        body, _ = self.phone.refresh_request(NEW)
        self.assertEqual(self.refused("pin_wrong", self.post, "refresh-requests", body)["tries_left"], 4)
        self.refused("sid_refused", self.post, "refresh-requests", body)
        body, refresh = self.phone.refresh_request(PIN)
        answer = self.post("refresh-requests", body)
        body, _ = self.phone.refresh_confirm(refresh, bytes.fromhex(answer["u_server"]), bytes.fromhex(answer["sid"]), d1=12345)
        self.assertEqual(self.refused("pin_wrong", self.post, "refresh-confirms", body)["tries_left"], 3)
        body, _ = self.phone.refresh_confirm(refresh, bytes(32), self.phone.sid())
        self.assertEqual(self.refused("pin_wrong", self.post, "refresh-confirms", body)["tries_left"], 2)
        for left in (1, 0):
            body, _ = self.phone.refresh_request(NEW)
            self.assertEqual(self.refused("pin_wrong", self.post, "refresh-requests", body)["tries_left"], left)
        self.refused("key_locked", self.phone.sid)
        self.assertEqual(self.key()["state"], "locked")
        self.server.operate("POST", f"/v1/keys/{self.phone.key}/unlock")
        self.phone.refresh(PIN)
        self.sign()

    def test_a_server_killed_between_r2_and_r3(self):
        with Server() as server:
            user = server.user("K0")
            device = server.enrolled(user, PIN)
            body, refresh = device.refresh_request(PIN)
            answer = device.call("POST", device.path("refresh-requests"), body)
            server.kill()
            server.start()
            device.http = server.new_client()
            device.login()
            body, d1 = device.refresh_confirm(refresh, bytes.fromhex(answer["u_server"]), bytes.fromhex(answer["sid"]))
            device.call("POST", device.path("refresh-confirms"), body)
            server.kill()
            server.start()
            device.http = server.new_client()
            device.login()
            body, _ = device.refresh_confirm(refresh, bytes.fromhex(answer["u_server"]), device.sid())
            device.call("POST", device.path("refresh-confirms"), body)
            device.keep(d1, PIN)
            task = server.system().create("K0", DOCUMENT)["task"]
            device.sign(PIN, [(task, device.e(DOCUMENT))])

    # Clones

    def clone(self):
        other = copy.copy(self.phone)
        other.http = self.server.new_client()
        return other

    def alarmed(self, left):
        key = self.key()
        self.assertEqual((key["state"], key["tries_left"]), ("frozen", left))
        self.assertIsNotNone(key["alarmed_at"])
        self.assertIn("key.clone_alarm", self.events())
        self.assertTrue(self.server.logged(lambda line: "clone alarm" in line and "WARN" in line.upper() and str(self.phone.key) in line))

    def test_a_clone_is_known_by_its_old_share(self):
        clone = self.clone()
        self.phone.refresh(PIN)
        self.phone.refresh(PIN)
        wrong = self.refused("pin_wrong", self.sign, NEW, clone)
        self.assertNotIn("key.clone_alarm", self.events())
        right = self.refused("pin_wrong", self.sign, PIN, clone)
        self.assertEqual({**right, "tries_left": 4, "instance": None}, {**wrong, "instance": None})
        self.assertEqual(right["tries_left"], 3)
        self.alarmed(3)
        self.refused("key_state", self.sign)

    def test_a_clone_that_refreshes(self):
        for step in ("refresh-requests", "refresh-confirms"):
            with self.subTest(step=step):
                self.setUp()
                clone = self.clone()
                self.phone.refresh(PIN)
                if step == "refresh-requests":
                    body, _ = clone.refresh_request(PIN)
                else:
                    body, refresh = self.phone.refresh_request(PIN)
                    answer = self.post("refresh-requests", body)
                    body, _ = clone.refresh_confirm(refresh, bytes(32), bytes.fromhex(answer["sid"]), d1=clone.d1(PIN))
                self.refused("pin_wrong", self.post, step, body, clone)
                self.alarmed(4)

    def test_the_owner_raises_the_alarm_where_the_clone_came_first(self):
        clone = self.clone()
        clone.refresh(PIN)
        self.refused("pin_wrong", self.sign)
        self.alarmed(4)
        self.refused("key_state", self.sign, PIN, clone)

    def test_an_alarm_is_lifted_on_purpose_only(self):
        clone = self.clone()
        self.phone.refresh(PIN)
        self.refused("pin_wrong", self.sign, PIN, clone)
        path = f"/v1/keys/{self.phone.key}/unfreeze"
        status, problem = self.server.operator.json("POST", path)
        self.assertEqual((status, problem["code"], problem["field"]), (409, "conflict", "despite_alarm"))
        self.server.operate("POST", path, {"despite_alarm": True})
        self.sign()
        self.refused("pin_wrong", self.sign, PIN, clone)
        self.assertEqual(self.key()["state"], "frozen")
        self.server.operate("POST", f"/v1/certificates/{self.phone.serial}/revoke", {"reason": "keyCompromise"})
        self.refused("certificate_revoked", self.sign)

    def test_a_late_copy_of_an_answered_request_is_no_clone(self):
        task = self.system.create(self.staff_no, DOCUMENT)["task"]
        body, session = self.phone.sign_request(PIN, [(task, self.phone.e(DOCUMENT))])
        answer = self.post("sign-requests", body)
        signatures = self.phone.finish(session, answer["answers"])
        self.phone.refresh(PIN)
        self.refused("conflict", self.post, "sign-requests", body)
        self.phone.submit(session, signatures)
        key = self.key()
        self.assertEqual((key["state"], key["tries_left"]), ("active", 5))

    # Freezing

    def test_a_frozen_certificate_is_on_the_list_until_it_is_unfrozen(self):
        path = f"/v1/keys/{self.phone.key}"
        self.sign()
        for _ in range(2):
            self.server.operate("POST", path + "/freeze")
            self.assertEqual(listed(self.server)[self.phone.serial], "Certificate Hold")
            self.refused("certificate_frozen", self.sign)
            self.refused("certificate_frozen", self.phone.tasks)
            self.refused("certificate_frozen", self.phone.sid)
            self.assertEqual(self.key()["certificate"]["state"], "frozen")
            status, problem = self.server.operator.json("POST", path + "/freeze")
            self.assertEqual((status, problem["code"]), (409, "key_state"))
            self.server.operate("POST", path + "/unfreeze")
            self.assertNotIn(self.phone.serial, listed(self.server))
            self.sign()

    def test_a_frozen_certificate_can_be_revoked(self):
        self.server.operate("POST", f"/v1/keys/{self.phone.key}/freeze")
        self.server.operate("POST", f"/v1/certificates/{self.phone.serial}/revoke", {"reason": "keyCompromise"})
        self.assertEqual(listed(self.server)[self.phone.serial], "Key Compromise")
        status, problem = self.server.operator.json("POST", f"/v1/keys/{self.phone.key}/unfreeze")
        self.assertEqual((status, problem["code"]), (409, "key_state"))

    # Lost

    def lost_under_load(self, report):
        """Signs in a loop; not one request that begins after the report's answer is answered with a share."""
        finished, answered, stop, errors = [], [], threading.Event(), []

        def run(device):
            while not stop.is_set():
                try:
                    task = self.system_of_thread.create(self.staff_no, DOCUMENT)["task"]
                    body, _ = device.sign_request(PIN, [(task, device.e(DOCUMENT))])
                    sent = time.monotonic()
                    device.call("POST", device.path("sign-requests"), body)
                    answered.append(sent)
                    device.call("POST", device.path("sign-failures"),
                                {"protocol": 1, "sid": body["sid"], "task": None, "code": "transport_failed"})
                except Refused as refused:
                    if refused.code not in ("unauthenticated", "key_not_found", "certificate_revoked", "key_state", "key_busy"):
                        errors.append(refused)
                        return
                finished.append(None)

        self.system_of_thread = self.server.system(name=f"负载 {self.people}")
        thread = threading.Thread(target=run, args=(self.phone,))
        thread.start()
        while len(answered) < 5 and not errors:
            time.sleep(0.02)
        asked = time.monotonic()
        report()
        acknowledged = time.monotonic()
        before = len(finished)
        while len(finished) < before + 5 and not errors:
            time.sleep(0.02)
        stop.set()
        thread.join()
        self.assertEqual(errors, [])
        self.assertEqual([at for at in answered if at >= acknowledged], [])
        self.assertLess(acknowledged - asked, 1)

    def test_a_lost_phone_signs_nothing_after_the_answer(self):
        other = self.server.enrolled(self.user, PIN)
        token = self.phone.token
        self.lost_under_load(lambda: self.server.operate("POST", f"/v1/users/{self.user['user']}/lost", {"key_id": str(self.phone.key)}))
        self.assertEqual(listed(self.server)[self.phone.serial], "Key Compromise")
        self.assertEqual(self.key()["state"], "destroyed")
        self.phone.token = token
        self.refused("unauthenticated", self.phone.tasks)
        self.refused("unauthenticated", self.phone.login)
        # What it had left undone is signed with the other one.
        waiting = other.tasks()
        self.assertGreater(len(waiting), 0)
        other.sign(PIN, [(t["task"], other.e(DOCUMENT)) for t in waiting[:3]])

    def test_the_other_phone_reports_the_loss(self):
        other = self.server.enrolled(self.user, PIN)
        stranger = self.server.enrolled(self.server.user(self.staff_no + "S"), PIN)
        body = {"protocol": 1, "key_id": str(self.phone.key)}
        self.assertEqual([k["key_id"] for k in other.call("GET", "/v1/device/other-keys")["keys"]], [str(self.phone.key)])
        self.refused("key_not_found", stranger.call, "POST", "/v1/device/lost", body)
        self.refused("forbidden", self.phone.call, "POST", "/v1/device/lost", body)
        self.lost_under_load(lambda: other.call("POST", "/v1/device/lost", body))
        self.assertEqual(listed(self.server)[self.phone.serial], "Key Compromise")
        self.sign(PIN, other)

    def test_all_phones_of_a_person(self):
        other = self.server.enrolled(self.user, PIN)
        code = self.server.code(self.user)
        status, answer = self.system.call("POST", f"/v1/users/{self.user['user']}/lost")
        self.assertEqual((status, answer), (200, {"keys": 2}))
        for device in (self.phone, other):
            self.refused("unauthenticated", device.tasks)
            self.assertEqual(listed(self.server)[device.serial], "Key Compromise")
        self.refused("activation_refused", Phone(self.server.new_client()).open, self.staff_no, code)
        self.assertEqual(self.server.operate("POST", f"/v1/users/{self.user['user']}/lost"), {"keys": 0})
        self.assertTrue(self.server.operate("GET", "/v1/audit/check")["intact"])


if __name__ == "__main__":
    unittest.main()
