"""How the person showed that it is he, as the phone says it, and what he has signed: through the real server, with independent peers."""
import secrets
import unittest
import uuid

from phone import Refused
from server import Server
from workstation import AuthorisingPhone, Workstation, read_qr, scope_bytes

PIN, WRONG = "274915", "999000"
FIELDS = {"task", "kind", "title", "description", "record_type", "reference", "system", "method", "workstation", "serial", "signed_at",
          "withdrawn_at"}


class History(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.system = cls.server.system()
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

    def tearDown(self):
        self.server.operate("PATCH", "/v1/policy", {"fingerprint": True})

    def refused(self, code, call, *arguments, **more):
        with self.assertRaises(Refused) as caught:
            call(*arguments, **more)
        self.assertEqual(caught.exception.code, code, caught.exception.problem)
        return caught.exception.problem

    def new_task(self, **more):
        task = self.system.create(self.staff_no, secrets.token_bytes(20), **more)["task"]
        return next(t for t in self.phone.tasks("?limit=1000") if t["task"] == task)

    def signed(self, method=None, **more):
        task = self.new_task(**more)
        self.phone.sign_task(PIN, task, method)
        return task["task"]

    def station(self):
        name = f"三楼护士站 {self.number}"
        made = self.server.operate("POST", "/v1/workstations", {"name": name, "place": "呼吸内科三楼"})
        station = Workstation(self.server.new_client())
        station.register(name, made["registration_code"])
        station.login()
        return station

    def approve(self, station, method=None):
        read, _ = self.phone.offer(station.offer_qr())
        body = self.phone.approval(PIN, read, scope_bytes(count=10))
        return self.phone.call("POST", self.phone.path("authorisations"), {**body, **({"method": method} if method else {})})

    def test_the_method_is_told_everywhere(self):
        for said, recorded in ((None, "pin"), ("pin", "pin"), ("fingerprint", "fingerprint")):
            task = self.signed(said)
            self.assertEqual(self.system.task(task)["signature"]["method"], recorded)
            self.assertEqual(self.phone.history()["signatures"][0]["method"], recorded)
            rows = [row for row in self.server.audit() if row["subject"] == f"task:{task}" and row["event"] == "task.sign"]
            self.assertEqual([row["detail"].split(" method=")[1] for row in rows], [recorded])
        claims = [row for row in self.server.audit() if row["subject"] == f"task:{task}" and row["event"] == "task.claim"]
        self.assertIn(" method=fingerprint", claims[0]["detail"])

    def test_it_is_one_of_two_words(self):
        task = self.new_task()
        for method in ("face", "authorisation", "PIN", "x" * 17, 7, True):
            body, _ = self.phone.sign_request(PIN, [self.phone.item(task)])
            problem = self.refused({7: "field_type", True: "field_type", "x" * 17: "field_length"}.get(method, "field_value"), self.phone.call, "POST",
                                   self.phone.path("sign-requests"), {**body, "method": method})
            self.assertEqual(problem["field"], "method")
        self.phone.sign_task(PIN, task)

    def test_a_wrong_proof_counts_whatever_it_says(self):
        problem = self.refused("pin_wrong", self.phone.sign_task, WRONG, self.new_task(), "fingerprint")
        self.assertEqual(problem["tries_left"], 4)

    def test_the_hospital_may_forbid_it(self):
        self.assertTrue(self.server.operate("GET", "/v1/policy")["fingerprint"])
        self.assertEqual(self.phone.call("GET", "/v1/device/keys")["fingerprint"], "allowed")
        self.assertFalse(self.server.operate("PATCH", "/v1/policy", {"fingerprint": False})["fingerprint"])
        self.assertEqual(self.phone.call("GET", "/v1/device/keys")["fingerprint"], "forbidden")
        task, station = self.new_task(), self.station()
        for pin in (PIN, WRONG):  # and says nothing about the PIN
            self.refused("fingerprint_forbidden", self.phone.sign_task, pin, task, "fingerprint")
        self.refused("fingerprint_forbidden", self.approve, station, "fingerprint")
        self.assertEqual(self.phone.call("GET", "/v1/device/keys")["keys"][0]["tries_left"], 5)
        self.phone.sign_task(PIN, task)
        self.approve(station)
        self.assertEqual(self.server.operate("GET", "/v1/policy")["renewal_days"], 30)

    def test_certificates_take_the_pin(self):
        made = self.phone.successor()
        made.login()
        made.keygen(PIN)
        problem = self.refused("field_value", self.phone.sign, PIN, [self.phone.leave_item(made)], "fingerprint")
        self.assertEqual(problem["field"], "method")
        problem = self.refused("key_state", made.sign, PIN, [(uuid.uuid4(), secrets.token_bytes(32))], "fingerprint")

    def test_an_authorisation_by_fingerprint(self):
        station = self.station()
        made = self.approve(station, "fingerprint")
        self.assertEqual(made["method"], "fingerprint")
        listed = self.phone.call("GET", "/v1/device/authorisations")["authorisations"]
        self.assertEqual([a["method"] for a in listed], ["fingerprint"])
        station.take()
        task = self.new_task()
        body, _ = station.sign_request("", [(task["task"], station.e(self.phone.message(task)))], method="fingerprint")
        problem = self.refused("field_value", station.call, "POST", station.path("sign-requests"), body)
        self.assertEqual(problem["field"], "method")
        station.sign("", [(task["task"], station.e(self.phone.message(task)))])
        entry = self.phone.history()["signatures"][0]
        self.assertEqual((entry["task"], entry["method"], entry["workstation"]),
                         (task["task"], "authorisation", f"三楼护士站 {self.number}"))
        read, _ = self.phone.offer(station.offer_qr())
        for method in ("authorisation", ""):
            body = {**self.phone.approval(PIN, read, scope_bytes(count=1)), "method": method}
            self.assertIn(self.refused("field_value" if method else "field_length", self.phone.call, "POST", self.phone.path("authorisations"), body)["field"],
                          ("method",))

    def test_the_history_of_a_person(self):
        self.assertEqual(self.phone.history(), {"protocol": 1, "signatures": [], "next": None})
        tasks = [self.signed(title=f"医嘱 {i}", description="张三，女，62 岁", record_type="医嘱", reference=f"YZ{i:03}") for i in range(5)]
        batch = [self.new_task() for _ in range(4)]
        self.phone.sign(PIN, [self.phone.item(t) for t in batch])
        second = self.server.enrolled(self.user)  # another phone of the same person
        both = second.history()["signatures"]
        self.assertEqual(both, self.phone.history()["signatures"])
        self.assertEqual([e["task"] for e in both], sorted((t["task"] for t in batch), reverse=True) + tasks[::-1])
        self.assertEqual({frozenset(e) for e in both}, {frozenset(FIELDS)})
        first = both[-1]
        self.assertEqual((first["title"], first["description"], first["record_type"], first["reference"], first["system"], first["kind"]),
                         ("医嘱 0", "张三，女，62 岁", "医嘱", "YZ000", "电子病历", "document"))
        self.assertEqual((first["serial"], first["workstation"], first["withdrawn_at"]), (self.phone.serial, None, None))
        self.assertEqual(first["signed_at"], self.system.task(tasks[0])["signature"]["signed_at"])
        status, _ = self.system.call("POST", f"/v1/tasks/{tasks[0]}/withdraw", {"reason": "签错患者"})
        self.assertEqual(status, 200)
        self.assertIsNotNone(second.history()["signatures"][-1]["withdrawn_at"])
        for limit in (1, 2, 3, 9):  # page by page
            seen, before = [], None
            while True:
                page = self.phone.history(limit, before)
                self.assertLessEqual(len(page["signatures"]), limit)
                seen += [e["task"] for e in page["signatures"]]
                before = page["next"]
                if not before:
                    break
            self.assertEqual(seen, [e["task"] for e in both])

    def test_what_may_be_asked_for(self):
        mine = self.signed()
        other = self.server.enrolled(self.server.user(self.staff_no + "b", "李秀英"))
        self.assertEqual(other.history()["signatures"], [])
        self.assertEqual(self.refused("field_value", other.history, before=mine)["field"], "before")
        self.assertEqual(self.refused("field_value", self.phone.history, before=self.new_task()["task"])["field"], "before")
        for limit in (0, 201, -1, "x", "1e2"):
            self.assertEqual(self.refused("field_value", self.phone.history, limit=limit)["field"], "limit")
        self.assertEqual(self.refused("field_value", self.phone.history, before="../keys")["field"], "before")
        self.refused("field_unknown", self.phone.call, "GET", "/v1/device/signatures?after=" + mine)
        self.phone.token = "x"
        self.refused("unauthenticated", self.phone.history)


if __name__ == "__main__":
    unittest.main()
