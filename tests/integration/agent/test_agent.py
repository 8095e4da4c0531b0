"""Authorised signing by the product's own phone (yiqian device) and workstation (yiqian agent) through the real server."""
import base64
import pathlib
import secrets
import tempfile
import time
import unittest

import agent
import cli
import curve
from agent import PAGE, Agent
from server import Server

PIN, NEW_PIN, WRONG = "274950", "593827", "999000"


class Case(cli.Checks, unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.addClassCleanup(cls.server.close)
        cls.url = f"http://127.0.0.1:{cls.server.port}"
        cls.system = cls.server.system()
        cls.laboratory = cls.server.system("检验系统")
        folder = tempfile.TemporaryDirectory(prefix="yiqian-agent-")
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        cls.operator = ["--data-dir", cls.server.data_dir]
        cls.number = 0

    def setUp(self):
        type(self).number += 1
        self.staff_no = f"D{self.number:04}"
        self.user = self.server.user(self.staff_no)
        self.name = f"三楼护士站 {self.number}"
        self.station = self.folder / f"station{self.number}"
        self.phone = self.folder / f"phone{self.number}"

    # ---- the machine, the phone ----

    def enrol_station(self, *more):
        code = self.answer("workstation", "add", "--name", self.name, "--place", "呼吸内科三楼", *self.operator)["registration_code"]
        return self.answer("workstation", "enrol", "--server", self.url, "--name", self.name, "--code", code, "--dir", self.station, *more)

    def started(self, *options):
        self.enrol_station()
        made = Agent(self.station, *options)
        self.addCleanup(lambda: self.assertEqual(made.stop(), 0 if made.process.returncode is None else made.process.returncode))
        return made

    def device(self, command, *arguments, pin=PIN, **more):
        return cli.yiqian("device", command, "--dir", self.phone, *arguments, env={"YIQIAN_PIN": pin} if pin else {}, **more)

    def enrol_phone(self):
        done = self.device("enrol", "--server", self.url, "--staff-no", self.staff_no, "--code", self.server.code(self.user))
        self.assertEqual(done.code, 0, done)

    def offered(self, made, **scope):
        status, offer = made.call("POST", "/v1/authorisations", scope)
        self.assertEqual(status, 201, offer)
        return offer

    def authorise(self, offer, *more, pin=PIN):
        return self.device("authorise", offer["code"], "--yes", "--json", *more, pin=pin)

    def active(self, made, *more, **scope):
        offer = self.offered(made, **scope)
        done = self.authorise(offer, *more)
        self.assertEqual(done.code, 0, done)
        status, told = made.call("GET", f"/v1/authorisations/{offer['authorisation']}?wait=20")
        self.assertEqual((status, told["state"]), (200, "active"), told)
        return told

    def task(self, system=None, **more):
        return (system or self.system).create(self.staff_no, b"%PDF-1.7 " + secrets.token_bytes(12), **more)["task"]

    def sign(self, made, authorisation, tasks):
        return made.call("POST", f"/v1/authorisations/{authorisation}/signatures", {"tasks": tasks})

    def until(self, made, authorisation, known="active", seconds=20):
        return made.call("GET", f"/v1/authorisations/{authorisation}?wait={seconds}&state={known}")[1]


class Signing(Case):
    def test_thirty_tasks_after_one_pin(self):
        self.enrol_phone()
        made = self.started()
        told = self.active(made, systems=["电子病历"], count=40)
        self.assertEqual(told["signer"], {"staff_no": self.staff_no, "name": "王建国"})
        self.assertEqual((told["systems"], told["record_types"], told["count"], told["count_left"]), (["电子病历"], [], 40, 40))
        tasks = [self.task(form=form) for form in ("raw", "digest", "cms") for _ in range(10)]
        status, answer = self.sign(made, told["authorisation"], tasks)
        self.assertEqual(status, 200, answer)
        self.assertEqual([r["task"] for r in answer["results"]], tasks)
        for result in answer["results"]:
            self.assertEqual(result["status"], "signed", result)
            kept = self.system.task(result["task"])
            self.assertEqual((kept["state"], kept["signature"]["method"]), ("signed", "authorisation"))
            rs = base64.b64decode(result["signature"])
            self.assertEqual(kept["signature"]["rs"], rs.hex())
            key = curve.SM2.decode(bytes.fromhex(kept["signature"]["public_key"])) if "public_key" in kept["signature"] else None
            if key:
                self.assertTrue(curve.sm2_verify(key, bytes.fromhex(kept["signature"]["e"]), rs))
        self.assertEqual(made.call("GET", f"/v1/authorisations/{told['authorisation']}")[1]["count_left"], 10)
        listed = self.device("authorisations", "--json").json["authorisations"]
        self.assertEqual([(a["authorisation"], a["state"], a["count_left"]) for a in listed], [(told["authorisation"], "active", 10)])

    def test_what_is_outside_the_scope_or_unknown_is_refused_one_by_one(self):
        self.enrol_phone()
        made = self.started()
        told = self.active(made, systems=["电子病历"], record_types=["护理记录"], count=10)
        inside = self.task(record_type="护理记录")
        foreign, untyped = self.task(system=self.laboratory, record_type="护理记录"), self.task()
        unknown = "01a21c14-dfcd-7f78-a523-69876e42be2f"
        status, answer = self.sign(made, told["authorisation"], [foreign, inside, untyped, unknown])
        self.assertEqual(status, 200, answer)
        self.assertEqual([r["status"] for r in answer["results"]], ["refused", "signed", "refused", "refused"])
        self.assertEqual({r["problem"]["code"] for r in answer["results"] if r["status"] == "refused"}, {"task_not_found"})
        for task, system in ((foreign, self.laboratory), (untyped, self.system)):
            self.assertEqual(system.task(task)["state"], "pending")
        # A second time: it is signed already, and so not among what can be signed.
        self.assertEqual(self.sign(made, told["authorisation"], [inside])[1]["results"][0]["problem"]["code"], "task_not_found")

    def test_the_count_ends_it(self):
        self.enrol_phone()
        made = self.started()
        told = self.active(made, count=3)
        tasks = [self.task() for _ in range(4)]
        answer = self.sign(made, told["authorisation"], tasks)[1]
        self.assertEqual({r["problem"]["code"] for r in answer["results"]}, {"outside_scope"})
        answer = self.sign(made, told["authorisation"], tasks[:3])[1]
        self.assertEqual({r["status"] for r in answer["results"]}, {"signed"})
        self.assertEqual(self.until(made, told["authorisation"])["state"], "exhausted")
        status, problem = self.sign(made, told["authorisation"], tasks[3:])
        self.assertEqual((status, problem["code"]), (410, "authorisation_closed"))

    def test_the_person_may_allow_less_than_was_asked_for(self):
        self.enrol_phone()
        made = self.started()
        told = self.active(made, "--count", "2", "--lasting", "10m", "--system", "电子病历", count=1000)
        self.assertEqual((told["count"], told["systems"]), (2, ["电子病历"]))

    def test_expiry(self):
        self.enrol_phone()
        made = self.started()
        soon = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 6))
        told = self.active(made, until=soon)
        task = self.task()
        self.assertEqual(self.until(made, told["authorisation"], seconds=40)["state"], "expired")
        self.assertEqual(self.sign(made, told["authorisation"], [task])[1]["code"], "authorisation_closed")
        self.assertEqual(self.system.task(task)["state"], "pending")


class Closing(Case):
    def ends(self, made, told, by):
        ended = self.until(made, told["authorisation"])
        self.assertEqual((ended["state"], ended["closed_by"]), ("closed", by))
        task = self.task()
        status, problem = self.sign(made, told["authorisation"], [task])
        self.assertEqual((status, problem["code"]), (410, "authorisation_closed"), problem)
        self.assertEqual(self.system.task(task)["state"], "pending")

    def test_by_phone_operator_agent_and_a_new_pin(self):
        self.enrol_phone()
        made = self.started()
        told = self.active(made)
        done = self.device("close-authorisation", told["authorisation"])
        self.assertEqual(done.code, 0, done)
        self.ends(made, told, "phone")
        self.assertEqual(self.device("close-authorisation", told["authorisation"]).code, 1)
        told = self.active(made)
        listed = self.answer("authorisation", "list", "--state", "active", *self.operator)["items"]
        self.assertEqual([(a["authorisation"], a["signer"]) for a in listed if a["signer"] == self.staff_no], [(told["authorisation"], self.staff_no)])
        self.ok("authorisation", "close", told["authorisation"], *self.operator)
        self.ends(made, told, "operator")
        told = self.active(made)
        status, closed = made.call("POST", f"/v1/authorisations/{told['authorisation']}/close")
        self.assertEqual((status, closed["state"], closed["closed_by"]), (200, "closed", "workstation"))
        self.ends(made, told, "workstation")
        self.assertEqual(self.device("authorisations", "--json").json["authorisations"][0]["closed_by"], "workstation")
        told = self.active(made)
        done = cli.yiqian("device", "pin", "--dir", self.phone, env={"YIQIAN_PIN": PIN, "YIQIAN_NEW_PIN": NEW_PIN})
        self.assertEqual(done.code, 0, done)
        self.ends(made, told, "key")

    def test_the_workstation_is_removed(self):
        self.enrol_phone()
        made = self.started()
        told = self.active(made)
        listed = self.answer("workstation", "list", *self.operator)["items"]
        self.ok("workstation", "remove", next(w["workstation"] for w in listed if w["name"] == self.name), *self.operator)
        task = self.task()
        status, problem = self.sign(made, told["authorisation"], [task])
        self.assertIn(status, (410, 502), problem)
        self.assertEqual(self.system.task(task)["state"], "pending")

    def test_stopping_closes_it_at_the_server_at_once(self):
        self.enrol_phone()
        made = self.started()
        told = self.active(made)
        began = time.monotonic()
        self.assertEqual(made.stop(), 0)
        self.assertLess(time.monotonic() - began, 3)
        self.assertEqual(self.device("authorisations", "--json").json["authorisations"][0]["closed_by"], "workstation")
        made.start()
        self.assertEqual(made.call("GET", "/v1/status")[1]["authorisations"], [])
        self.assertEqual(made.call("GET", f"/v1/authorisations/{told['authorisation']}")[0], 404)

    def test_a_killed_agent_has_lost_the_share_for_good(self):
        self.enrol_phone()
        made = self.started()
        told = self.active(made)
        made.kill()
        for path in self.station.rglob("*"):
            self.assertNotIn(told["authorisation"].replace("-", ""), path.name)
        made.start()
        self.assertEqual(self.sign(made, told["authorisation"], [self.task()])[0], 404)
        # The server still has its half open, of no use to anybody; the person sees it and ends it.
        self.assertEqual(self.device("authorisations", "--json").json["authorisations"][0]["state"], "active")
        self.assertEqual(self.device("close-authorisation", told["authorisation"]).code, 0)


class Approving(Case):
    def test_a_wrong_pin_counts_and_approves_nothing(self):
        self.enrol_phone()
        made = self.started()
        offer = self.offered(made)
        done = self.authorise(offer, pin=WRONG)
        self.assertEqual((done.code, done.json["error"]["code"], done.json["error"]["tries_left"]), (1, "pin_wrong", 4))
        self.assertEqual(made.call("GET", f"/v1/authorisations/{offer['authorisation']}")[1]["state"], "offered")
        self.assertEqual(self.authorise(offer).code, 0)
        done = self.authorise(offer)
        self.assertEqual((done.code, done.json["error"]["code"]), (1, "authorisation_closed"))

    def test_the_person_is_asked_and_sees_who_asks_and_for_what(self):
        self.enrol_phone()
        made = self.started()
        offer = self.offered(made, systems=["电子病历"], count=7)
        done = self.device("authorise", offer["code"], stdin=b"n\n")
        self.assertEqual(done.code, 1)
        for text in (self.name, "呼吸内科三楼", "电子病历", "7"):
            self.assertIn(text, done.out)
        self.assertEqual(made.call("GET", f"/v1/authorisations/{offer['authorisation']}")[1]["state"], "offered")
        self.assertEqual(self.device("authorise", offer["code"], stdin=b"y\n").code, 0)

    def test_codes_that_are_none(self):
        self.enrol_phone()
        made = self.started()
        code = self.offered(made)["code"]
        place = len(code) // 2
        for bad in (code[:-4], code + "A", code.replace(":W:", ":S:"), code[:place] + ("A" if code[place] != "A" else "B") + code[place + 1:], "x"):
            done = self.authorise({"code": bad})
            self.assertEqual(done.code, 1, done)
            self.assertIn(done.json["error"]["status"], ("code_invalid", "code_expired", "refused"), bad)
        self.assertEqual(self.device("authorisations", "--json").json["authorisations"], [])

    def test_an_offer_is_over_after_a_minute(self):
        self.enrol_phone()
        made = self.started()
        offer = self.offered(made)
        self.assertEqual(self.until(made, offer["authorisation"], known="offered", seconds=60)["state"], "offered")
        self.assertEqual(self.until(made, offer["authorisation"], known="offered", seconds=30)["state"], "expired")
        done = self.authorise(offer)
        self.assertEqual((done.code, done.json["error"]["code"]), (1, "authorisation_closed"))


if __name__ == "__main__":
    unittest.main()
