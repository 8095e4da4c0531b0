"""Authorised signing through the real server, with an independent phone and an independent workstation."""
import os
import secrets
import sqlite3
import threading
import time
import unittest
import uuid

import curve
from phone import Refused
from server import Server
from workstation import AuthorisingPhone, Workstation, scope_bytes

PIN, WRONG = "274915", "999000"


class Authorisation(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.system = cls.server.system()
        cls.other_system = cls.server.system("检验系统")
        cls.numbers = iter(range(1, 10000))

    @classmethod
    def tearDownClass(cls):
        intact = cls.server.operate("GET", "/v1/audit/check")["intact"]
        cls.server.close()
        assert intact

    def setUp(self):
        self.number = next(self.numbers)
        self.staff_no = f"D{self.number:04}"
        self.user = self.server.user(self.staff_no)
        self.phone = AuthorisingPhone(self.server.new_client())
        self.phone.enrol(self.staff_no, self.server.code(self.user), PIN)
        self.station = self.registered(f"三楼护士站 {self.number}")

    def registered(self, name):
        made = self.server.operate("POST", "/v1/workstations", {"name": name, "place": "呼吸内科三楼"})
        station = Workstation(self.server.new_client())
        station.register(name, made["registration_code"])
        station.login()
        return station

    def refused(self, code, call, *arguments, **more):
        """What the server says once it is not busy: the sweep of pads holds the lock of an ended authorisation for a moment."""
        for _ in range(50):
            with self.assertRaises(Refused) as caught:
                call(*arguments, **more)
            if code == "key_busy" or caught.exception.code != "key_busy":
                break
            time.sleep(0.1)
        self.assertEqual(caught.exception.code, code, caught.exception.problem)
        return caught.exception.problem

    def approved(self, **scope):
        qr = self.station.offer_qr()
        self.phone.authorise(PIN, qr, scope_bytes(**scope))
        return self.station.take()

    def new_task(self, document=b"%PDF-1.7 record", system=None, **more):
        return (system or self.system).create(self.staff_no, document + secrets.token_bytes(8), **more)["task"]

    def sign(self, count=1):
        tasks = [t for t in self.station.tasks()][:count]
        self.assertEqual(len(tasks), count)
        return self.station.sign("", [(t["task"], self.station.e(self.station_message(t))) for t in tasks])

    def station_message(self, task):
        data = self.station.document(task["task"])
        self.assertEqual(curve.sm3(data).hex(), task["digest"])
        return data

    def key_row(self):
        with sqlite3.connect(os.path.join(self.server.data_dir, "yiqian.db")) as database:
            return database.execute("SELECT failures, failures_since_refresh, state FROM device_key WHERE id = ?",
                                    (self.phone.key.bytes,)).fetchone()

    def pads(self):
        return os.listdir(os.path.join(self.server.data_dir, "authorisations"))

    def test_twenty_signatures_that_verify_and_say_how_they_were_made(self):
        scope = self.approved(systems=["电子病历"], count=100)
        self.assertEqual(scope["count"], 100)
        self.assertIn(str(self.station.key), self.pads())
        asked = self.system.call("GET", f"/v1/authorisations?signer={self.staff_no}")[1]
        self.assertTrue(asked["authorised"])
        self.assertFalse(self.other_system.call("GET", f"/v1/authorisations?signer={self.staff_no}")[1]["authorised"])
        tasks = [self.new_task() for _ in range(20)]
        for _ in range(20):
            signatures, done = self.sign()
        for task in tasks:
            told = self.system.task(task)
            self.assertEqual((told["state"], told["signature"]["method"]), ("signed", "authorisation"))
            self.assertEqual(told["signature"]["authorisation"], str(self.station.key))
            self.assertTrue(curve.sm2_verify(self.phone.P, bytes.fromhex(told["signature"]["e"]), bytes.fromhex(told["signature"]["rs"])))
        listed = self.phone.call("GET", "/v1/device/authorisations")["authorisations"][0]
        self.assertEqual((listed["state"], listed["count_used"], listed["count_left"]), ("active", 20, 80))
        with sqlite3.connect(os.path.join(self.server.data_dir, "yiqian.db")) as database:
            ids = database.execute("SELECT DISTINCT authorisation_id FROM signature WHERE key_id = ?", (self.phone.key.bytes,)).fetchall()
        self.assertEqual(ids, [(self.station.key.bytes,)])
        self.phone.close(self.station.key)
        self.assertNotIn(str(self.station.key), self.pads())
        self.assertEqual(self.phone.call("GET", "/v1/device/authorisations")["authorisations"][0]["closed_by"], "phone")

    def test_scope_of_system_and_record_type(self):
        self.approved(systems=["电子病历"], count=5)
        foreign = self.new_task(system=self.other_system)
        self.new_task()
        self.assertEqual([t["system"] for t in self.station.tasks()], ["电子病历"])
        document = b"other" * 20
        task = self.other_system.create(self.staff_no, document)["task"]
        body, _ = self.station.sign_request("", [(task, self.station.e(document))])
        self.refused("outside_scope", self.station.call, "POST", self.station.path("sign-requests"), body)
        self.refused("outside_scope", self.station.document, foreign)
        self.station.close()
        qr = self.station.offer_qr()
        self.phone.authorise(PIN, qr, scope_bytes(record_types=["护理记录"]))
        self.station.take()
        self.assertEqual(self.station.tasks(), [])
        body, _ = self.station.sign_request("", [(task, self.station.e(document))])
        self.refused("outside_scope", self.station.call, "POST", self.station.path("sign-requests"), body)

    def test_count_is_taken_with_the_claim_and_ends_it(self):
        self.approved(count=2)
        for _ in range(3):
            self.new_task()
        tasks = self.station.tasks()
        items = [(t["task"], self.station.e(self.station_message(t))) for t in tasks]
        body, _ = self.station.sign_request("", items)
        self.refused("outside_scope", self.station.call, "POST", self.station.path("sign-requests"), body)
        body, session = self.station.sign_request("", items[:2])
        self.station.call("POST", self.station.path("sign-requests"), body)
        answer = self.station.call("POST", self.station.path("sign-requests"), body)  # a repeat takes nothing
        self.assertEqual(self.station.state()["count_left"], 0)
        self.station.submit(session, self.station.finish(session, answer["answers"]))
        self.assertEqual(self.station.state()["state"], "exhausted")
        body, _ = self.station.sign_request("", items[2:])
        self.refused("authorisation_closed", self.station.call, "POST", self.station.path("sign-requests"), body)
        self.assertNotIn(str(self.station.key), self.pads())

    def test_other_peoples_tasks_and_certificate_requests_are_never_signed(self):
        self.approved()
        self.server.user("X" + self.staff_no)
        document = b"another's" * 9
        task = self.system.create("X" + self.staff_no, document)["task"]
        body, _ = self.station.sign_request("", [(task, self.station.e(document))])
        self.refused("task_not_yours", self.station.call, "POST", self.station.path("sign-requests"), body)
        body, _ = self.station.sign_request("", [(str(self.phone.enrolment), self.station.e(b"request" * 9))])
        self.refused("task_not_found", self.station.call, "POST", self.station.path("sign-requests"), body)

    def test_an_auth_id_is_never_used_twice(self):
        self.approved()
        used = self.station.key.bytes
        self.refused("conflict", self.station.offer_qr, auth_id=used)
        self.station.close()
        self.refused("conflict", self.station.offer_qr, auth_id=used)
        self.refused("conflict", self.station.offer_qr, auth_id=self.phone.key.bytes)

    def test_a_long_scope_is_recorded_and_its_wrong_pin_counted(self):
        for shift in range(3):  # a character of three bytes begins at each place
            scope = scope_bytes(systems=["a" * shift + "院" * 50 + str(i) for i in range(30)])
            self.refused("pin_wrong", self.phone.authorise, WRONG, self.station.offer_qr(), scope)
            self.assertEqual(self.key_row()[0], shift + 1)
            self.phone.authorise(PIN, self.station.offer_qr(), scope)
            self.station.take()

    def test_swapped_qr(self):
        qr = self.station.offer_qr()
        honest, expires = self.station.pkW, int(time.time()) + 50
        other = self.registered(f"另一工作站 {self.number}")
        other.key = self.station.key
        with self.assertRaises(AssertionError):
            self.phone.offer(other.qr(honest, expires))
        # A key that the workstation never offered does not get past the server either.
        swapped = self.station.qr(curve.SM2.encode(curve.SM2.multiply(12345)), expires)
        self.assertEqual(self.refused("field_value", self.phone.authorise, PIN, swapped, scope_bytes())["field"], "pkW")
        self.phone.authorise(PIN, qr, scope_bytes())
        self.refused("authorisation_closed", self.phone.authorise, PIN, qr, scope_bytes())

    def test_a_workstation_waits_for_the_approval_and_for_the_end(self):
        qr = self.station.offer_qr()
        path = f"/v1/workstation/authorisations/{self.station.key}"
        began = time.monotonic()
        self.assertEqual(self.station.call("GET", path + "?wait=1")["state"], "offered")
        self.assertGreater(time.monotonic() - began, 0.9)
        self.refused("field_value", self.station.call, "GET", path + "?wait=61")
        self.refused("field_unknown", self.station.call, "GET", path + "?waits=1")

        def waiting(query, act):
            threading.Timer(0.3, act).start()
            waited = time.monotonic()
            answer = self.station.call("GET", path + query)
            self.assertLess(time.monotonic() - waited, 10)
            return answer["state"]

        self.assertEqual(waiting("?wait=30", lambda: self.phone.authorise(PIN, qr, scope_bytes())), "active")
        self.assertEqual(self.station.call("GET", path + "?wait=30")["state"], "active")  # offered is what is waited for to end
        self.assertEqual(waiting("?wait=30&state=active", lambda: self.phone.close(self.station.key)), "closed")
        self.assertEqual(self.station.call("GET", path + "?wait=30&state=active")["state"], "closed")

    def test_a_workstation_is_added_once_under_its_idempotency_key(self):
        body = {"name": f"重复的 {self.number}", "place": "三楼"}
        post = lambda key, **more: self.server.operator.json("POST", "/v1/workstations", {**body, **more}, {"Idempotency-Key": key})
        key = f"station-{self.number}"
        status, first = post(key)
        self.assertEqual(status, 201)
        status, second = post(key)
        self.assertEqual((status, second["workstation"]), (200, first["workstation"]))
        self.assertNotEqual(second["registration_code"], first["registration_code"])
        self.assertEqual(post(key, place="四楼")[1]["code"], "idempotency_mismatch")
        self.assertEqual(post(key + "x")[0], 409)
        station = Workstation(self.server.new_client())
        self.refused("activation_refused", station.register, body["name"], first["registration_code"])
        station.register(body["name"], second["registration_code"])
        status, third = post(key)
        self.assertEqual((status, third["state"], third["registration_code"]), (200, "active", None))
        self.server.operate("DELETE", f"/v1/workstations/{first['workstation']}")
        self.assertEqual(post(key)[1]["code"], "workstation_not_found")

    def test_scopes_that_are_refused(self):
        now = int(time.time())
        for scope in (scope_bytes(until=now - 1), scope_bytes(until=now + 17 * 3600), scope_bytes(count=1001), scope_bytes(count=0),
                      scope_bytes() + b" ", scope_bytes(systems=["a", "a"]), b"{}", scope_bytes().replace(b'"v":1', b'"v":2'),
                      scope_bytes().replace(b'"count":100', b'"count":0100')):
            qr = self.station.offer_qr()
            self.refused("field_value", self.phone.authorise, PIN, qr, scope)
        self.assertEqual(self.key_row()[:2], (0, 0))

    def test_a_sid_is_used_once_and_a_wrong_pin_counts(self):
        qr = self.station.offer_qr()
        read, _ = self.phone.offer(qr)
        sid = self.phone.sid()
        path = self.phone.path("authorisations")
        problem = self.refused("pin_wrong", self.phone.call, "POST", path, self.phone.approval(WRONG, read, scope_bytes(), sid=sid))
        self.assertEqual(problem["tries_left"], 4)
        self.refused("sid_refused", self.phone.call, "POST", path, self.phone.approval(PIN, read, scope_bytes(), sid=sid))
        self.refused("sid_refused", self.phone.call, "POST", path, self.phone.approval(PIN, read, scope_bytes(), sid=secrets.token_bytes(16)))
        self.phone.call("POST", path, self.phone.approval(PIN, read, scope_bytes()))
        self.assertEqual(self.key_row()[0], 1)

    def test_five_wrong_proofs_close_it_and_are_no_pin_failures(self):
        self.approved()
        self.new_task()
        task = self.station.tasks()[0]
        item = [(task["task"], self.station.e(self.station_message(task)))]
        right = self.station.share
        self.station.share = curve.SM2.random_scalar()
        for _ in range(5):
            body, _ = self.station.sign_request("", item)
            self.refused("proof_invalid", self.station.call, "POST", self.station.path("sign-requests"), body)
        self.station.share = right
        body, _ = self.station.sign_request("", item)
        self.refused("authorisation_closed", self.station.call, "POST", self.station.path("sign-requests"), body)
        self.assertEqual(self.station.state()["closed_by"], "proofs")
        self.assertEqual(self.key_row(), (0, 0, "active"))

    def test_locking_by_wrong_pins_closes_it(self):
        self.approved()
        document = b"record" * 9
        task = self.new_task(document)
        for _ in range(5):
            body, _ = self.phone.sign_request(WRONG, [(task, self.phone.e(self.phone.document(task)))])
            self.refused("pin_wrong", self.phone.call, "POST", self.phone.path("sign-requests"), body)
        self.assertEqual(self.station.state()["closed_by"], "key")
        self.server.operate("POST", f"/v1/keys/{self.phone.key}/unlock")
        body, _ = self.station.sign_request("", [(task, self.station.e(b"record" * 9))])
        self.refused("authorisation_closed", self.station.call, "POST", self.station.path("sign-requests"), body)

    def test_a_revoked_certificate_ends_it_at_once(self):
        self.approved()
        self.new_task()
        task = self.station.tasks()[0]
        item = [(task["task"], self.station.e(self.station_message(task)))]
        self.server.operate("POST", f"/v1/certificates/{self.phone.serial}/revoke", {"reason": "keyCompromise"})
        body, _ = self.station.sign_request("", item)
        with self.assertRaises(Refused) as caught:
            self.station.call("POST", self.station.path("sign-requests"), body)
        self.assertIn(caught.exception.code, ("certificate_revoked", "authorisation_closed"))

    def test_a_frozen_key_ends_it_for_good(self):
        self.approved()
        task = self.new_task()
        body, _ = self.station.sign_request("", [self.station.item(t) for t in self.station.tasks()])
        self.server.operate("POST", f"/v1/keys/{self.phone.key}/freeze")
        self.assertEqual((self.station.state()["state"], self.station.state()["closed_by"]), ("closed", "key"))
        self.refused("certificate_frozen", self.station.call, "POST", self.station.path("sign-requests"), body)
        self.server.operate("POST", f"/v1/keys/{self.phone.key}/unfreeze", {"despite_alarm": False})
        self.refused("authorisation_closed", self.station.call, "POST", self.station.path("sign-requests"), body)
        self.assertEqual(self.system.task(task)["state"], "pending")

    def test_a_refresh_leaves_it_open_and_a_pin_change_ends_it(self):
        self.approved()
        self.new_task()
        self.phone.refresh(PIN)
        self.sign()
        # The phone's next approval is made with the new share.
        first, qr = self.station.key, self.station.offer_qr()
        self.phone.authorise(PIN, qr, scope_bytes())
        self.station.take()
        self.new_task()
        self.sign()
        self.phone.refresh(PIN, "836152")
        listed = self.phone.call("GET", "/v1/device/authorisations")["authorisations"]
        self.assertEqual({a["authorisation"]: (a["state"], a["closed_by"]) for a in listed},
                         {str(first): ("closed", "key"), str(self.station.key): ("closed", "key")})
        self.new_task()
        self.refused("authorisation_closed", self.station.tasks)

    def test_none_is_approved_while_a_refresh_is_open(self):
        qr = self.station.offer_qr()
        body, refresh = self.phone.refresh_request(PIN)
        answer = self.phone.call("POST", self.phone.path("refresh-requests"), body)
        self.refused("refresh_pending", self.phone.authorise, PIN, qr, scope_bytes())
        body, d1 = self.phone.refresh_confirm(refresh, bytes.fromhex(answer["u_server"]), self.phone.sid())
        self.phone.call("POST", self.phone.path("refresh-confirms"), body)
        self.phone.keep(d1, PIN)
        self.phone.authorise(PIN, qr, scope_bytes())
        self.assertEqual(self.key_row(), (0, 0, "active"))

    def test_a_clone_that_authorises_raises_the_alarm(self):
        old = self.phone.salt, self.phone.x
        self.phone.refresh(PIN)
        new = self.phone.salt, self.phone.x
        self.approved()
        station, self.station = self.station, self.registered(f"另一处 {self.number}")
        qr = self.station.offer_qr()
        self.phone.salt, self.phone.x = old
        self.refused("pin_wrong", self.phone.authorise, PIN, qr, scope_bytes())
        self.phone.salt, self.phone.x = new
        self.assertEqual(self.key_row()[2], "frozen")
        self.assertEqual(station.state()["closed_by"], "key")
        self.refused("key_state", self.phone.authorise, PIN, qr, scope_bytes())

    def test_form_cms_names_the_authorisation(self):
        self.approved()
        task = self.new_task(form="cms")
        waiting = self.station.tasks()
        self.station.sign("", [self.station.item(waiting[0])])
        told = self.system.task(task)
        self.assertEqual((told["state"], told["signature"]["method"]), ("signed", "authorisation"))
        with sqlite3.connect(os.path.join(self.server.data_dir, "yiqian.db")) as database:
            attributes = database.execute("SELECT attributes FROM signature WHERE task_id = ?", (uuid.UUID(task).bytes,)).fetchone()[0]
        self.assertIn(self.station.key.bytes, attributes)
        # A device's own form of them is not what the server builds.
        self.new_task(form="cms")
        own = AuthorisingPhone.attributes
        self.station.certificate = self.station.signer_certificate
        self.station.attributes = lambda task, at: own(self.station, task, at)
        body, _ = self.station.sign_request("", [self.station.item(self.station.tasks()[0])])
        self.refused("digest_mismatch", self.station.call, "POST", self.station.path("sign-requests"), body)

    def test_a_removed_workstation_is_nobody_at_once(self):
        self.approved()
        self.server.operate("DELETE", f"/v1/workstations/{self.station.id}")
        self.refused("unauthenticated", self.station.state)
        self.refused("unauthenticated", self.station.login)
        listed = self.phone.call("GET", "/v1/device/authorisations")["authorisations"][0]
        self.assertEqual((listed["state"], listed["closed_by"]), ("closed", "operator"))

    def test_expiry(self):
        end = int(time.time()) + 5
        self.approved(until=end)
        self.new_task()
        task = self.station.tasks()[0]
        item = [(task["task"], self.station.e(self.station_message(task)))]
        time.sleep(max(0, end + 0.2 - time.time()))
        body, _ = self.station.sign_request("", item)
        self.refused("authorisation_closed", self.station.call, "POST", self.station.path("sign-requests"), body)
        self.assertEqual(self.station.state()["state"], "expired")
        for _ in range(100):
            if str(self.station.key) not in self.pads():
                break
            time.sleep(0.2)
        self.assertNotIn(str(self.station.key), self.pads())

    def closing_under_load(self, close):
        """A signing loop runs; after the closing's acknowledgement not one request is answered."""
        self.approved(count=1000)
        answered, errors, stop = [], [], threading.Event()
        documents = {}
        for _ in range(60):
            document = secrets.token_bytes(40)
            documents[self.system.create(self.staff_no, document)["task"]] = document

        def loop():
            for task, document in documents.items():
                if stop.is_set():
                    return
                body, session = self.station.sign_request("", [(task, self.station.e(document))])
                begun = time.monotonic()
                try:
                    answer = self.station.call("POST", self.station.path("sign-requests"), body)
                    answered.append((begun, time.monotonic()))
                    self.station.submit(session, self.station.finish(session, answer["answers"]))
                except Refused as refused:
                    errors.append(refused.code)
        thread = threading.Thread(target=loop)
        thread.start()
        while len(answered) < 5 and thread.is_alive():
            time.sleep(0.01)
        close()
        acknowledged = time.monotonic()
        time.sleep(0.5)
        stop.set()
        thread.join(30)
        self.assertGreaterEqual(len(answered), 5, errors)
        self.assertFalse([times for times in answered if times[0] > acknowledged])
        self.assertTrue(errors)
        self.assertLessEqual(set(errors), {"authorisation_closed", "key_busy", "unauthenticated"})
        self.assertNotIn(str(self.station.key), self.pads())

    def test_closed_by_the_phone_while_it_signs(self):
        self.closing_under_load(lambda: self.phone.close(self.station.key))

    def test_closed_by_an_operator_while_it_signs(self):
        self.closing_under_load(lambda: self.server.operate("POST", f"/v1/authorisations/{self.station.key}/close"))

    def test_closed_by_the_workstation_while_it_signs(self):
        other = Workstation(self.server.new_client())
        other.private, other.public, other.id = self.station.private, self.station.public, self.station.id
        other.login()
        self.closing_under_load(lambda: other.call("POST", self.station.path("close")))

    def test_removing_the_workstation_while_it_signs(self):
        self.closing_under_load(lambda: self.server.operate("DELETE", f"/v1/workstations/{self.station.id}"))
        self.refused("unauthenticated", self.station.login)

    def test_whose_it_is(self):
        self.approved()
        stranger = self.registered(f"陌生工作站 {self.number}")
        stranger.key = self.station.key
        self.refused("authorisation_not_found", stranger.state)
        self.refused("authorisation_not_found", stranger.close)
        body, _ = self.station.sign_request("", [(self.new_task(), self.station.e(b"x" * 40))])
        self.refused("key_not_found", stranger.call, "POST", stranger.path("sign-requests"), body)
        user = self.server.user("Y" + self.staff_no)
        other = AuthorisingPhone(self.server.new_client())
        other.enrol("Y" + self.staff_no, self.server.code(user), PIN)
        self.refused("authorisation_not_found", other.close, self.station.key)
        # A workstation's token is no phone's, and the other way round.
        self.station.key, key = self.phone.key, self.station.key
        self.refused("forbidden", self.station.call, "GET", "/v1/device/tasks")
        self.refused("forbidden", self.phone.call, "GET", f"/v1/workstation/authorisations/{key}")

    def test_a_strangers_wrong_registration_codes(self):
        """They tell nobody whether there is such a workstation, are few, and do not use up its code."""
        name = f"门诊 {self.number}"
        made = self.server.operate("POST", "/v1/workstations", {"name": name, "place": "门诊"})
        station = Workstation(self.server.new_client())
        for left in (4, 3, 2, 1, 0):
            for guessed in (name, name + "无"):
                self.assertEqual(self.refused("activation_refused", station.register, guessed, "0000-0000-0000")["tries_left"], left)
        for guessed in (name, name + "无"):
            self.refused("too_many_requests", station.register, guessed, "0000-0000-0000")
        self.assertNotIn("tries_left", self.refused("activation_refused", station.register, name, "no code"))
        station.register(name, made["registration_code"])
        station.register(name, made["registration_code"])
        self.refused("too_many_requests", Workstation(self.server.new_client()).register, name, made["registration_code"])

    def test_restart_and_kill_in_the_middle(self):
        self.approved(count=10)
        self.new_task()
        self.new_task()
        for down in (self.server.stop, self.server.kill):
            down()
            self.server.start()
            for peer in (self.station, self.phone):
                peer.http = self.server.new_client()
                peer.login()
            type(self).system.http = self.server.new_client()
            type(self).other_system.http = self.server.new_client()
            self.sign()
        self.assertEqual(self.station.state()["count_left"], 8)
        # A pad whose authorisation was closed when the server went is gone after the next start.
        path = os.path.join(self.server.data_dir, "authorisations", str(uuid.uuid4()))
        with open(path, "wb") as file:
            file.write(b"\0" * 97)
        self.server.kill()
        self.server.start()
        type(self).system.http = self.server.new_client()
        type(self).other_system.http = self.server.new_client()
        self.assertFalse(os.path.exists(path))
        self.assertIn(str(self.station.key), self.pads())


if __name__ == "__main__":
    unittest.main()
