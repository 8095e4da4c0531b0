"""The policy on certificates, the single-certificate switch, renewal and re-keying. The phone is written from the specification in plain
integers; certificates and lists are read by OpenSSL."""
import base64
import collections
import copy
import json
import os
import pathlib
import queue
import random
import subprocess
import tempfile
import threading
import time
import unittest

import client
from curve import P256
from phone import Phone, Refused, request_info
from server import Server
from test_keys import listed
from workstation import AuthorisingPhone, Workstation, scope_bytes

PIN = "274915"
DOCUMENT = b"text of a record " * 9


class Renewal(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server(options=["--certificate-life", "20d"])
        cls.system = cls.server.system()
        cls.people = 0

    @classmethod
    def tearDownClass(cls):
        cls.server.close()

    def setUp(self):
        type(self).people += 1
        self.staff_no = f"R{self.people}"
        self.user = self.server.user(self.staff_no)
        self.addCleanup(self.server.operate, "PATCH", "/v1/policy", {"certificates_per_person": "many", "renewal_days": 30})

    def refused(self, code, call, *arguments, **named):
        with self.assertRaises(Refused) as caught:
            call(*arguments, **named)
        self.assertEqual(caught.exception.code, code, caught.exception.problem)
        return caught.exception.problem

    def policy(self, **change):
        return self.server.operate("PATCH" if change else "GET", "/v1/policy", change or None)

    def keys(self):
        return {k["key_id"]: k for k in self.server.operate("GET", f"/v1/users/{self.user['user']}/keys")["items"]}

    def valid(self):
        return [c["serial"] for c in self.server.operate("GET", f"/v1/certificates?user={self.user['user']}")["items"] if c["state"] == "active"]

    def sign(self, device):
        task = self.system.create(self.staff_no, DOCUMENT)["task"]
        device.sign(PIN, [(task, device.e(DOCUMENT))])
        return self.system.task(task)

    # Policy

    def test_the_policy_and_who_may_change_it(self):
        self.assertEqual(self.policy()["certificates_per_person"], "many")
        self.assertEqual(self.policy(certificates_per_person="single")["certificates_per_person"], "single")
        self.assertEqual(self.policy(renewal_days=7)["renewal_days"], 7)
        self.assertEqual(self.policy()["certificates_per_person"], "single")
        rows = [row["detail"] for row in self.server.audit() if row["event"] == "policy.update"]
        self.assertEqual(rows[-2:], ["certificates_per_person=single", "renewal_days=7"])
        for body, code in (({}, "field_missing"), ({"certificates_per_person": "one"}, "field_value"),
                           ({"renewal_days": 0}, "field_value"), ({"renewal_days": 181}, "field_value"), ({"other": 1}, "field_unknown")):
            status, problem = self.server.operator.json("PATCH", "/v1/policy", body)
            self.assertEqual((status, problem["code"]), (400, code), body)
        tokens = {scope: self.server.operate("POST", "/v1/operator-tokens", {"name": scope, "scopes": [scope], "expires_in": 3600})["token"]
                  for scope in ("auditor", "operator", "administrator")}
        http = self.server.new_client()
        may = {("GET", "auditor"): 200, ("PATCH", "auditor"): 403, ("GET", "operator"): 200, ("PATCH", "operator"): 403,
               ("GET", "administrator"): 200, ("PATCH", "administrator"): 200}
        for (method, scope), want in may.items():
            body = {"renewal_days": 30} if method == "PATCH" else None
            status, _ = http.json(method, "/v1/policy", body, {"Authorization": f"Bearer {tokens[scope]}"})
            self.assertEqual(status, want, (method, scope))
        status, _ = self.system.call("GET", "/v1/policy")
        self.assertEqual(status, 403)

    def test_a_person_s_own_switch(self):
        path = f"/v1/users/{self.user['user']}"
        self.assertEqual(self.server.operate("GET", path)["certificates"], "policy")
        self.assertEqual(self.server.operate("PATCH", path, {"certificates": "single"})["certificates"], "single")
        status, problem = self.system.call("PATCH", path, {"certificates": "many"})
        self.assertEqual((status, problem["code"], problem["field"]), (403, "forbidden", "certificates"))
        first = self.server.enrolled(self.user, PIN)
        second = self.server.enrolled(self.user, PIN)
        self.assertEqual(self.valid(), [second.serial])
        self.server.operate("PATCH", path, {"certificates": "many"})
        third = self.server.enrolled(self.user, PIN)
        self.assertEqual(sorted(self.valid()), sorted([second.serial, third.serial]))
        self.refused("certificate_superseded", self.sign, first)
        self.sign(second)
        self.sign(third)

    # The single-certificate switch

    def test_what_it_means_is_said_before_it_is_turned_on(self):
        before = self.policy()
        phones = [self.server.enrolled(self.user, PIN) for _ in range(3)]
        now = self.policy()
        self.assertEqual(now["people_with_several"], before["people_with_several"] + 1)
        self.assertEqual(now["surplus_certificates"], before["surplus_certificates"] + 2)
        on = self.policy(certificates_per_person="single")
        self.assertEqual(on["surplus_certificates"], now["surplus_certificates"])
        for phone in phones:  # nothing is revoked by it
            self.sign(phone)
        self.server.enrolled(self.user, PIN)
        self.assertEqual(self.policy()["people_with_several"], before["people_with_several"])

    def test_a_second_phone_replaces_the_first(self):
        self.policy(certificates_per_person="single")
        first = self.server.enrolled(self.user, PIN)
        record = self.sign(first)
        # Said to the operator with the code, and to the person at the phone.
        made = self.server.operate("POST", f"/v1/users/{self.user['user']}/activation-codes", {})
        want = [(str(first.key), first.serial, "测试手机")]
        self.assertEqual([(s["key_id"], s["serial"], s["device_name"]) for s in made["supersedes"]], want)
        second = Phone(self.server.new_client())
        opened = second.open(self.staff_no, made["activation_code"], "新手机")
        self.assertEqual([(s["key_id"], s["serial"], s["device_name"]) for s in opened["supersedes"]], want)
        second.login()
        second.keygen(PIN)
        self.sign(first)  # until the certificate is there
        # A request in flight on the first phone, and its open channel.
        task = self.system.create(self.staff_no, DOCUMENT)["task"]
        body, session = first.sign_request(PIN, [(task, first.e(DOCUMENT))])
        answer = first.call("POST", first.path("sign-requests"), body)
        events = []
        channel = threading.Thread(target=self.listen, args=(first, events))
        channel.start()
        while not events:
            time.sleep(0.01)
        asked = time.monotonic()
        second.certify(PIN)
        channel.join(10)
        self.assertLess(time.monotonic() - asked, 5)
        self.assertEqual(events[-1], {"code": "certificate_superseded"})
        self.assertEqual(self.valid(), [second.serial])
        self.assertEqual(listed(self.server)[first.serial], "Superseded")
        self.assertEqual(self.keys()[str(first.key)]["state"], "destroyed")
        self.assertEqual(self.keys()[str(first.key)]["certificate"]["state"], "superseded")
        # No half-signed task: it waits for the second phone, and the late signature is refused.
        self.assertEqual(self.system.task(task)["state"], "pending")
        self.refused("certificate_superseded", first.submit, session, first.finish(session, answer["answers"]))
        self.refused("certificate_superseded", first.tasks)
        second.sign(PIN, [(task, second.e(DOCUMENT))])
        # What was signed before stands.
        self.assertTrue(self.verified(record))
        self.assertIn("certificate.supersede", [row["event"] for row in self.server.audit() if row["subject"] == f"certificate:{first.serial}"])

    def listen(self, device, events):
        connection = self.server.new_client().connect()
        connection.request("GET", "/v1/device/events", headers={"Authorization": f"Bearer {device.token}"})
        response = connection.getresponse()
        for line in response:
            if line.startswith(b"data: "):
                events.append(json.loads(line[6:]))
        connection.close()

    def verified(self, record):
        status, answer = self.system.call("POST", "/v1/verify", {"task": record["task"]})
        self.assertEqual(status, 200, answer)
        return answer["valid"]

    def authorised(self):
        """A phone with a workstation that it has authorised."""
        phone = AuthorisingPhone(self.server.new_client())
        phone.enrol(self.staff_no, self.server.code(self.user), PIN)
        name = f"护士站 {self.people}"
        made = self.server.operate("POST", "/v1/workstations", {"name": name, "place": "三楼"})
        station = Workstation(self.server.new_client())
        station.register(name, made["registration_code"])
        station.login()
        phone.authorise(PIN, station.offer_qr(), scope_bytes(count=10))
        station.take()
        return phone, station

    def test_a_workstation_s_claim_is_given_back_too(self):
        self.policy(certificates_per_person="single")
        phone, station = self.authorised()
        task = self.system.create(self.staff_no, DOCUMENT)["task"]
        body, session = station.sign_request("", [(task, station.e(DOCUMENT))])
        answer = station.call("POST", station.path("sign-requests"), body)
        self.assertEqual(self.system.task(task)["state"], "claimed")
        second = self.server.enrolled(self.user, PIN)
        self.assertEqual(station.state()["state"], "closed")
        self.assertEqual(self.system.task(task)["state"], "pending")
        with self.assertRaises(Refused):
            station.submit(session, station.finish(session, answer["answers"]))
        second.sign(PIN, [(task, second.e(DOCUMENT))])
        signature = self.system.task(task)["signature"]
        self.assertEqual((signature["method"], signature["authorisation"]), ("pin", None))

    def test_a_renewal_closes_what_was_authorised(self):
        """It was given under the certificate that is superseded: the phone approves anew."""
        phone, station = self.authorised()
        phone.renew(PIN)
        self.assertEqual(station.state()["state"], "closed")
        phone.authorise(PIN, station.offer_qr(), scope_bytes(count=10))
        station.take()
        task = self.system.create(self.staff_no, DOCUMENT)["task"]
        station.sign("", [(task, station.e(DOCUMENT))])
        self.assertEqual(self.system.task(task)["signature"]["serial"], phone.serial)

    def test_two_enrolments_at_the_same_moment(self):
        self.policy(certificates_per_person="single")
        phones = []
        for _ in range(2):
            phone = Phone(self.server.new_client())
            phone.open(self.staff_no, self.server.code(self.user))
            phone.login()
            phone.keygen(PIN)
            body, session = phone.sign_request(PIN, [(phone.enrolment, phone.e(request_info(phone.subject, phone.P)))])
            answer = phone.call("POST", phone.path("sign-requests"), body)
            phones.append((phone, session, phone.finish(session, answer["answers"])))
        serials = []
        threads = [threading.Thread(target=lambda p=p, s=s, f=f: serials.append(p.submit(s, f)["certificate"]["serial"]))
                   for p, s, f in phones]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(len(serials), 2)
        self.assertEqual(len(self.valid()), 1)
        self.assertIn(self.valid()[0], serials)

    def test_all_that_changes_keys_at_once(self):
        """Whoever waits for another's locks gets them: enrolling, renewing, re-keying, signing, authorising, freezing, revoking and losing the
        phones of two people for some seconds. Nothing hangs, nothing fails inside, and nobody has two certificates."""
        self.policy(certificates_per_person="single")
        people = [self.user, self.server.user(self.staff_no + "B")]
        phones = {user["staff_no"]: [] for user in people}
        stations = queue.SimpleQueue()
        for name in ("甲", "乙"):
            station, name = Workstation(self.server.new_client()), f"{self.staff_no} {name}"
            station.register(name, self.server.operate("POST", "/v1/workstations", {"name": name, "place": "三楼"})["registration_code"])
            station.login()
            stations.put(station)
        failed, done, end = [], collections.Counter(), time.monotonic() + 6

        def one_of(user):
            """A phone of his, as another program with its storage."""
            phone = copy.copy(random.choice(phones[user["staff_no"]]))
            phone.http = self.server.new_client()
            return phone

        def enrol(user, operate, system):
            code = operate("POST", f"/v1/users/{user['user']}/activation-codes", {})["activation_code"]
            phone = AuthorisingPhone(self.server.new_client())
            phone.enrol(user["staff_no"], code, PIN)
            phones[user["staff_no"]] = phones[user["staff_no"]][-2:] + [phone]

        def renew(user, operate, system):
            one_of(user).renew(PIN)

        def rekey(user, operate, system):
            one_of(user).rekey(PIN)

        def sign(user, operate, system):
            phone, task = one_of(user), system.create(user["staff_no"], DOCUMENT)["task"]
            phone.sign(PIN, [(task, phone.e(DOCUMENT))])

        def authorise(user, operate, system):
            phone, station = one_of(user), stations.get()
            try:
                phone.authorise(PIN, station.offer_qr(), scope_bytes(count=10))
                station.take()
                for _ in range(5):
                    task = system.create(user["staff_no"], DOCUMENT)["task"]
                    station.sign("", [(task, station.e(DOCUMENT))])
            finally:
                stations.put(station)

        def freeze(user, operate, system):
            path = f"/v1/keys/{one_of(user).key}"
            operate("POST", path + "/freeze")
            operate("POST", path + "/unfreeze", {})

        def revoke(user, operate, system):
            time.sleep(0.7)
            operate("POST", f"/v1/certificates/{one_of(user).serial}/revoke", {"reason": "keyCompromise"})

        def lose(user, operate, system):
            time.sleep(1.3)
            operate("POST", f"/v1/users/{user['user']}/lost", {})

        def play(act):
            operator = client.unix(os.path.join(self.server.data_dir, "yiqiand.sock"))
            system = client.System(self.server.new_client(), self.system.key, self.system.secret)

            def operate(*request):
                status, answer = operator.json(*request)
                if status >= 400:
                    raise Refused(status, answer)
                return answer

            while time.monotonic() < end:
                user = random.choice(people)
                if not phones[user["staff_no"]] and act is not enrol:
                    time.sleep(0.05)
                    continue
                try:
                    act(user, operate, system)
                    done[act.__name__] += 1
                except Refused as refused:  # as must be: who came first has changed what the other wanted
                    if refused.status >= 500:
                        failed.append((act.__name__, refused.problem))
                except AssertionError:
                    done["taken away"] += 1  # an authorisation was closed before the workstation had it
                except Exception as error:
                    failed.append((act.__name__, repr(error)))

        acts = (enrol, enrol, renew, renew, rekey, sign, authorise, authorise, freeze, revoke, lose)
        threads = [threading.Thread(target=play, args=(act,), daemon=True) for act in acts]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        self.assertEqual([act.__name__ for act, thread in zip(acts, threads) if thread.is_alive()], [])
        self.assertEqual(failed, [])
        self.assertGreater(done["enrol"], 0, done)
        for user in people:
            listed_now = self.server.operate("GET", f"/v1/certificates?user={user['user']}&limit=1000")["items"]
            self.assertLessEqual(len([c for c in listed_now if c["state"] in ("active", "frozen")]), 1)
        self.assertTrue(self.server.operate("GET", "/v1/audit/check")["intact"])

    def crash(self, *phones):
        self.server.kill()
        self.server.start()
        type(self).system.http = self.server.new_client()
        for phone in phones:
            phone.http = self.server.new_client()
            phone.login()

    # Renewal. The test's certificates last 20 days, so that they are due at once.

    def openssl(self, *arguments, **files):
        with tempfile.TemporaryDirectory() as folder:
            for name, data in files.items():
                pathlib.Path(folder, name).write_bytes(data)
            done = subprocess.run(["openssl", *arguments], cwd=folder, capture_output=True, text=True)
            return done.returncode, done.stdout + done.stderr

    def checked_by_openssl(self, phone):
        """The issuing CA's signature over the certificate, and its number on the list or not."""
        pem = lambda der: b"-----BEGIN CERTIFICATE-----\n" + base64.encodebytes(der) + b"-----END CERTIFICATE-----\n"
        code, text = self.openssl("verify", "-partial_chain", "-vfyopt", "distid:1234567812345678", "-trusted", "ca", "leaf",
                                  ca=pem(phone.chain[0]), leaf=pem(phone.certificate))
        self.assertEqual(code, 0, text)
        _, text = self.openssl("x509", "-in", "leaf", "-noout", "-subject", "-serial", "-nameopt", "utf8", leaf=pem(phone.certificate))
        self.assertIn(phone.serial.upper(), text)
        return text

    def test_the_same_key_a_new_certificate(self):
        phone = self.server.enrolled(self.user, PIN)
        old, before = phone.serial, self.sign(phone)
        self.assertTrue(phone.call("GET", "/v1/device/keys")["keys"][0]["renewal_due"])
        self.policy(renewal_days=7)
        self.assertFalse(phone.call("GET", "/v1/device/keys")["keys"][0]["renewal_due"])
        self.assertRegex(self.refused("renewal_not_due", phone.renewal)["detail"], "from 20")
        self.policy(renewal_days=30)
        time.sleep(1.1)  # a certificate has whole seconds
        phone.renew(PIN)
        self.assertNotEqual(phone.serial, old)
        self.assertIn(self.staff_no, self.checked_by_openssl(phone))
        self.assertEqual(self.valid(), [phone.serial])
        key = self.keys()[str(phone.key)]
        self.assertEqual((key["state"], key["certificate"]["serial"]), ("active", phone.serial))
        shown = self.server.operate("GET", f"/v1/certificates/{old}")
        self.assertEqual((shown["state"], shown["revoked_at"]), ("superseded", None))
        self.assertNotIn(old, listed(self.server))
        # It signs on, of every form, and what was signed before stays good.
        after = self.sign(phone)
        self.assertTrue(self.verified(before))
        self.assertTrue(self.verified(after))
        self.assertEqual(after["signature"]["serial"], phone.serial)
        task = self.system.create(self.staff_no, DOCUMENT, form="cms")["task"]
        phone.sign_task(PIN, next(t for t in phone.tasks() if t["task"] == task))
        self.assertTrue(self.verified(self.system.task(task)))

    def test_lost_answers(self):
        phone = self.server.enrolled(self.user, PIN)
        opened = phone.renewal()
        self.assertEqual(phone.renewal()["renewal"], opened["renewal"])
        body, session = phone.sign_request(PIN, [phone.renewal_item(opened)])
        first = phone.call("POST", phone.path("sign-requests"), body)
        phone.call("POST", phone.path("sign-requests"), body)
        signatures = phone.finish(session, first["answers"])
        # The server dies before and after it has issued the certificate: exactly one new one.
        self.crash(phone)
        done = phone.submit(session, signatures)
        self.crash(phone)
        again = phone.submit(session, signatures)
        self.assertEqual(again["certificate"], done["certificate"])
        self.assertEqual(self.valid(), [done["certificate"]["serial"]])
        self.refused("task_signed", phone.sign, PIN, [phone.renewal_item(opened)])
        self.assertTrue(self.server.operate("GET", "/v1/audit/check")["intact"])

    def test_bad_requests(self):
        phone = self.server.enrolled(self.user, PIN)
        credential = P256.encode(P256.multiply(7)).hex()
        for body, code, field in (({}, "field_missing", "kind"), ({"kind": "both"}, "field_value", "kind"),
                                  ({"kind": "renew", "credential": credential}, "field_value", "credential"),
                                  ({"kind": "rekey"}, "field_missing", "credential"),
                                  ({"kind": "rekey", "credential": "04" + "11" * 64}, "bad_point", "credential"),
                                  ({"kind": "rekey", "credential": "04"}, "field_length", "credential")):
            problem = self.refused(code, phone.call, "POST", phone.path("renewals"), {"protocol": 1, **body})
            self.assertEqual(problem["field"], field)
        stranger = self.server.enrolled(self.server.user(self.staff_no + "S"), PIN)
        self.refused("key_not_found", stranger.call, "POST", phone.path("renewals"), {"protocol": 1, "kind": "renew"})
        opened = phone.renewal()
        # Another's renewal, another message, a wrong PIN.
        self.refused("task_not_found", stranger.sign, PIN, [(opened["renewal"], stranger.e(b"x"))])
        self.refused("digest_mismatch", phone.sign, PIN, [(opened["renewal"], phone.e(b"x"))])
        self.assertEqual(self.refused("pin_wrong", phone.sign, "274916", [phone.renewal_item(opened)])["tries_left"], 4)
        phone.renew(PIN)

    def test_renewal_under_the_switch(self):
        phone, other = self.server.enrolled(self.user, PIN), self.server.enrolled(self.user, PIN)
        self.policy(certificates_per_person="single")
        opened = phone.renewal()
        self.assertEqual([s["key_id"] for s in opened["supersedes"]], [str(other.key)])
        phone.renew(PIN)
        self.assertEqual(self.valid(), [phone.serial])
        self.assertEqual(listed(self.server)[other.serial], "Superseded")
        self.refused("certificate_superseded", self.sign, other)
        self.sign(phone)

    # Re-keying

    def test_another_key_without_an_operator(self):
        phone = self.server.enrolled(self.user, PIN)
        record = self.sign(phone)
        made = phone.rekey(PIN)
        self.assertNotEqual(made.key, phone.key)
        self.checked_by_openssl(made)
        self.assertEqual(self.valid(), [made.serial])
        self.assertEqual(listed(self.server)[phone.serial], "Superseded")
        keys = self.keys()
        self.assertEqual((keys[str(phone.key)]["state"], keys[str(made.key)]["state"]), ("destroyed", "active"))
        self.assertEqual(keys[str(made.key)]["device_name"], "测试手机")
        self.refused("certificate_superseded", self.sign, phone)
        self.sign(made)
        self.assertTrue(self.verified(record))

    def test_nothing_comes_of_it_without_the_pin(self):
        """Who has the phone, its credentials and its storage, and not the PIN."""
        phone = self.server.enrolled(self.user, PIN)
        made = phone.successor()
        made.login()
        made.keygen("000000")
        self.refused("key_state", made.certify, "000000")
        self.refused("pin_wrong", phone.sign, "000000", [phone.leave_item(made)])
        # The owner gives leave for his own new key; the thief puts another one in its place.
        made.keygen(PIN)
        phone.sign(PIN, [phone.leave_item(made)])
        made.keygen("000000")
        self.refused("key_state", made.certify, "000000")
        self.assertEqual(self.valid(), [phone.serial])
        self.sign(phone)

    def test_the_server_dies_at_every_step(self):
        """Each answer is lost with the server, and asked for again: one new key, and until then the old one signs."""
        phone = self.server.enrolled(self.user, PIN)
        made = phone.successor()
        self.crash(phone)
        credential = P256.encode(P256.multiply(made.credential)).hex()
        self.assertEqual(phone.renewal("rekey", credential=credential)["enrolment_id"], str(made.enrolment))
        made.http = self.server.new_client()
        made.login()
        made.keygen(PIN)
        self.crash(phone, made)
        made.keygen(PIN)
        body, session = phone.sign_request(PIN, [phone.leave_item(made)])
        phone.call("POST", phone.path("sign-requests"), body)
        self.crash(phone, made)
        signatures = phone.finish(session, phone.call("POST", phone.path("sign-requests"), body)["answers"])
        phone.submit(session, signatures)
        self.crash(phone, made)
        phone.submit(session, signatures)
        self.sign(phone)
        body, session = made.sign_request(PIN, [(made.enrolment, made.e(request_info(made.subject, made.P)))])
        signatures = made.finish(session, made.call("POST", made.path("sign-requests"), body)["answers"])
        self.crash(phone, made)
        self.sign(phone)
        serial = made.submit(session, signatures)["certificate"]["serial"]
        self.crash(phone, made)
        self.assertEqual(made.submit(session, signatures)["certificate"]["serial"], serial)
        self.assertEqual(self.valid(), [serial])
        self.assertEqual(listed(self.server)[phone.serial], "Superseded")
        self.refused("certificate_superseded", self.sign, phone)
        self.sign(made)
        self.assertTrue(self.server.operate("GET", "/v1/audit/check")["intact"])

    def test_stopped_in_between(self):
        phone = self.server.enrolled(self.user, PIN)
        made = phone.successor()
        made.login()
        made.keygen(PIN)
        phone.sign(PIN, [phone.leave_item(made)])
        self.server.operate("POST", f"/v1/keys/{phone.key}/freeze")
        self.refused("certificate_frozen", made.certify, PIN)
        self.server.operate("POST", f"/v1/keys/{phone.key}/unfreeze")
        self.server.operate("POST", f"/v1/users/{self.user['user']}/lost", {"key_id": str(phone.key)})
        self.refused("unauthenticated", made.certify, PIN)
        self.assertEqual(self.valid(), [])


if __name__ == "__main__":
    unittest.main()
