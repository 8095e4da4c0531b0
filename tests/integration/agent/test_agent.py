"""Authorised signing by the product's own phone (yiqian device) and workstation (yiqian agent) through the real server."""
import base64
import json
import os
import pathlib
import re
import secrets
import signal
import subprocess
import tempfile
import threading
import time
import unittest

from agent import PAGE, Agent
import cli
import curve
import qr
import workstation
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


class Handle(Case):
    """At one workstation nobody uses what another person asked for and approved."""

    def test_without_the_handle_there_is_nothing(self):
        self.enrol_phone()
        made = self.started()
        offer = self.offered(made)
        own, path, task = offer["handle"], f"/v1/authorisations/{offer['authorisation']}", self.task()
        self.assertRegex(own, r"^[A-Za-z0-9_-]{43}$")
        other = self.offered(made)["handle"]
        self.assertNotEqual(own, other)
        token = {"Authorization": f"Bearer {made.token}"}
        calls = [("GET", path, None), ("GET", path + "?wait=60", None), ("GET", path + "/code.svg", None), ("GET", path + "/code.bmp", None),
                 ("POST", path + "/signatures", json.dumps({"tasks": [task]})), ("POST", path + "/close", None)]
        unknown = made.raw("GET", "/v1/authorisations/01a21c14-dfcd-7f78-a523-69876e42be2f", None, {"Origin": PAGE, "Authorisation-Handle": own})[:2]
        self.assertEqual(unknown[0], 404)

        def strangers_get_nothing():
            for method, where, body in calls:
                for handle in (None, "", other, own[:-1], own + "A", own.swapcase(), "A" * 43, "A" * 4000):
                    for sender in ({"Origin": PAGE}, token):
                        headers = {**sender, "Content-Type": "application/json", **({} if handle is None else {"Authorisation-Handle": handle})}
                        self.assertEqual(made.raw(method, where, body, headers)[:2], unknown, (method, where, handle))
        strangers_get_nothing()
        self.assertEqual(self.authorise(offer).code, 0)
        status, told = made.call("GET", path + "?wait=20")
        self.assertEqual((status, told["state"]), (200, "active"))
        self.assertNotIn("handle", told)  # shown once
        strangers_get_nothing()
        self.assertEqual(self.system.task(task)["state"], "pending")
        # What everybody at the workstation may know: somebody's is open.
        known = made.call("GET", "/v1/status")[1]
        self.assertEqual(known["authorisations"], [{"name": "王建国", "until": told["until"], "count_left": told["count_left"]}])
        self.assertNotIn(offer["authorisation"], json.dumps(known))
        self.assertEqual(self.sign(made, offer["authorisation"], [task])[1]["results"][0]["status"], "signed")
        self.assertEqual(made.call("POST", path + "/close")[0], 200)
        self.assertEqual(made.call("GET", "/v1/status")[1]["authorisations"], [])
        strangers_get_nothing()


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
        # The next agent closes at the server what the killed one left open.
        self.until_closed(told)
        self.assertEqual((made.directory / "agent-open").read_text(), "")
        self.assertEqual((made.directory / "agent-open").stat().st_mode & 0o777, 0o600)

    def until_closed(self, told):
        end = time.monotonic() + 20
        found = {}
        while time.monotonic() < end and found.get("state") != "closed":
            found = next(a for a in self.device("authorisations", "--json").json["authorisations"] if a["authorisation"] == told["authorisation"])
            time.sleep(0.1)
        self.assertEqual((found["state"], found["closed_by"]), ("closed", "workstation"))

    def test_a_killed_agent_whose_server_is_away_when_the_next_one_starts(self):
        self.enrol_phone()
        made = self.started()
        told = self.active(made)
        self.assertEqual((made.directory / "agent-open").read_text(), told["authorisation"] + "\n")
        self.assertNotIn(made.handles[told["authorisation"]], (made.directory / "agent-open").read_text())
        made.kill()
        self.server.process.send_signal(signal.SIGSTOP)
        try:
            made.start()
            self.assertEqual(made.call("GET", "/v1/status")[1]["authorisations"], [])  # nothing waits for it
            self.assertEqual((made.directory / "agent-open").read_text(), told["authorisation"] + "\n")
            self.assertEqual(made.stop(), 0)
            made.start()
        finally:
            self.server.process.send_signal(signal.SIGCONT)
        self.until_closed(told)


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
        done = self.device("authorise", offer["code"], "--json", stdin=b"n\n")  # asked, and so shown what
        self.assertEqual((done.code, done.json["error"]["status"]), (1, "declined"))
        for text in (self.name, "呼吸内科三楼", "电子病历", "7"):
            self.assertIn(text, done.err)
        self.assertEqual(made.call("GET", f"/v1/authorisations/{offer['authorisation']}")[1]["state"], "offered")
        done = self.device("authorise", offer["code"], "--yes", pin="12345678901234567890")
        self.assertEqual(done.code, 2, done)  # no PIN, and nothing was sent
        self.assertEqual(self.device("scan", offer["code"], stdin=b"y\n").code, 0)  # a camera does not know what it sees
        self.assertEqual(made.call("GET", f"/v1/authorisations/{offer['authorisation']}?wait=20")[1]["state"], "active")

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
        self.assertEqual(self.until(made, offer["authorisation"], known="offered", seconds=50)["state"], "offered")
        self.assertEqual(self.until(made, offer["authorisation"], known="offered", seconds=30)["state"], "expired")
        done = self.authorise(offer)
        self.assertEqual((done.code, done.json["error"]["code"]), (1, "authorisation_closed"))


class Gate(Case):
    """Who may talk to the loopback port."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.number = 1
        case = cls("test_a_page_that_may_call")
        case.name, case.station = "门诊 1", cls.folder / "gate"
        case.enrol_station()
        cls.made = Agent(case.station)
        cls.addClassCleanup(cls.made.stop)

    def setUp(self):
        pass

    def asked(self, method="GET", path="/v1/status", body=None, **headers):
        status, data, answered = self.made.raw(method, path, body, {k.replace("_", "-"): v for k, v in headers.items()})
        return status, data, answered

    def refused(self, status, code, *arguments, **more):
        got, data, answered = self.asked(*arguments, **more)
        self.assertEqual((got, json.loads(data)["code"]), (status, code), data)
        self.assertEqual(answered["Content-Type"], "application/problem+json")
        return answered

    def test_a_page_that_may_call(self):
        status, data, answered = self.asked(Origin=PAGE)
        self.assertEqual((status, answered["Access-Control-Allow-Origin"], answered["Vary"]), (200, PAGE, "Origin"))
        told = json.loads(data)
        self.assertEqual((told["server"], told["workstation"]["name"], told["workstation"]["place"]), (self.url, "门诊 1", "呼吸内科三楼"))

    def test_other_pages(self):
        for origin in ("http://evil.example", "null", PAGE + ".evil.example", "https://127.0.0.1:8980", PAGE.upper() + "/", ""):
            self.assertNotIn("Access-Control-Allow-Origin", self.refused(403, "forbidden", Origin=origin))
            # Not with the token either: a page has no business with it.
            self.refused(403, "forbidden", Origin=origin, Authorization=f"Bearer {self.made.token}")

    def test_names_that_somebody_points_here(self):
        port = self.made.port
        for host in (f"evil.example:{port}", "127.0.0.1", f"127.0.0.1:{port + 1}", f"127.0.0.2:{port}", f"localhost.evil.example:{port}", "", f"[::1]:{port}"):
            self.refused(403, "forbidden", Origin=PAGE, Host=host)
            self.refused(403, "forbidden", Authorization=f"Bearer {self.made.token}", Host=host)
        for host in (f"127.0.0.1:{port}", f"localhost:{port}", f"LOCALHOST:{port}"):
            self.assertEqual(self.asked(Origin=PAGE, Host=host)[0], 200)

    def hint(self, **headers):
        status, data, _ = self.asked(**headers)
        problem = json.loads(data)
        self.assertEqual({"type", "status", "code", "title", "title_en", "hint", "hint_en"} - set(problem), set())
        return status, problem["hint"], problem["hint_en"]

    def test_who_is_refused_is_told_what_to_do_at_this_workstation(self):
        for headers, status, words in (
                ({"Origin": "http://evil.example"}, 403, "yiqian agent --origin"),
                ({"Origin": PAGE, "Host": f"evil.example:{self.made.port}"}, 403, f"http://127.0.0.1:{self.made.port}"),
                ({"Origin": PAGE, "Host": f"evil.example:{self.made.port}"}, 403, "--origin"),
                ({}, 401, str(self.made.directory / "agent-token")),
                ({"Authorization": "Bearer " + "0" * 64}, 401, str(self.made.directory / "agent-token"))):
            got, *hints = self.hint(**headers)
            self.assertEqual(got, status)
            for hint in hints:
                self.assertIn(words, hint)

    def test_programs_need_the_token(self):
        self.refused(401, "unauthenticated")
        token = self.made.token
        for bad in (token[:-1], token + "0", token.upper(), "0" * 64, ""):
            self.refused(401, "unauthenticated", Authorization=f"Bearer {bad}")
        self.refused(401, "unauthenticated", Authorization=token)
        self.assertEqual(self.asked(Authorization=f"Bearer {token}")[0], 200)
        self.assertEqual((self.made.directory / "agent-token").stat().st_mode & 0o777, 0o600)

    def test_what_a_browser_asks_before(self):
        ask = {"Access_Control_Request_Method": "POST", "Access_Control_Request_Headers": "content-type", "Access_Control_Request_Private_Network": "true"}
        for path in ("/v1/status", "/v1/authorisations", "/v1/authorisations/x/signatures"):
            status, data, answered = self.asked("OPTIONS", path, Origin=PAGE, **ask)
            self.assertEqual((status, data), (204, b""))
            self.assertEqual((answered["Access-Control-Allow-Origin"], answered["Access-Control-Allow-Private-Network"]), (PAGE, "true"))
            self.assertIn("POST", answered["Access-Control-Allow-Methods"])
            self.assertIn("Authorisation-Handle", answered["Access-Control-Allow-Headers"])
            answered = self.refused(403, "forbidden", "OPTIONS", path, Origin="http://evil.example", **ask)
            self.assertNotIn("Access-Control-Allow-Origin", answered)
            self.refused(403, "forbidden", "OPTIONS", path, **ask)
        self.refused(403, "forbidden", "OPTIONS", "/v1/status", Origin=PAGE, Host=f"evil.example:{self.made.port}")

    def test_bodies_are_bounded_and_checked(self):
        json_type = {"Content_Type": "application/json", "Origin": PAGE}
        self.refused(413, "body_too_large", "POST", "/v1/authorisations", b" " * (65 * 1024), **json_type)
        self.refused(415, "media_type", "POST", "/v1/authorisations", b"{}", Origin=PAGE, Content_Type="text/plain")
        for body, field in ((b'{"count":1001}', "count"), (b'{"count":0}', "count"), (b'{"x":1}', "x"), (b'{"until":"2001-01-01T00:00:00Z"}', "until"),
                            (b'{"until":"2026-99-01T00:00:00+8"}', "until"), (b'{"until":"2099-02-30T00:00:00Z"}', "until"),
                            (b'{"until":"2099-01-01T24:60:60Z"}', "until"), (b'{"until":"+099-01-01T00:00:00Z"}', "until"), (b'{"systems":[1]}', "systems[0]"), (b'{"systems":"a"}', "systems")):
            status, data, _ = self.asked("POST", "/v1/authorisations", body, **json_type)
            self.assertEqual((status, json.loads(data)["field"]), (400, field), data)
        for field in ("systems", "record_types"):
            for names, place in ((["a", "a"], 1), (["a", "病" * 65], 1), ([""], 0), (["a\u202eb"], 0), (["a\n"], 0)):
                status, problem = self.made.call("POST", "/v1/authorisations", {field: names})
                self.assertEqual((status, problem["field"]), (400, f"{field}[{place}]"), problem)
            status, problem = self.made.call("POST", "/v1/authorisations", {field: [f"n{i}" for i in range(33)]})
            self.assertEqual((status, problem["field"]), (400, field), problem)
        self.assertEqual(self.made.call("POST", "/v1/authorisations", {"record_types": ["病" * 64]})[0], 201)
        for path in ("/v1/nothing", "/v1/authorisations/x", "/v1/authorisations/01a21c14-dfcd-7f78-a523-69876e42be2f"):
            self.assertEqual(self.asked("GET", path, Origin=PAGE)[0], 404)

    def test_signing_takes_ids_once_and_a_thousand_at_most(self):
        offer = self.offered(self.made)
        path = f"/v1/authorisations/{offer['authorisation']}/signatures"
        one = "01a21c14-dfcd-7f78-a523-69876e42be2f"
        for tasks, field in (([], "tasks"), ([one, one], "tasks"), (["x"], "tasks[0]"), ([one, 7], "tasks[1]"), ([one[:-4] + f"{i:04x}" for i in range(1001)], "tasks")):
            status, problem = self.made.call("POST", path, {"tasks": tasks})
            self.assertEqual((status, problem["field"]), (400, field), problem)
        status, problem = self.made.call("POST", path, {"tasks": [one]})
        self.assertEqual((status, problem["code"]), (410, "authorisation_closed"))  # not approved yet

    def test_the_code_as_a_picture(self):
        offer = self.offered(self.made)
        path = f"/v1/authorisations/{offer['authorisation']}/code"
        page = {"Origin": PAGE, "Authorisation_Handle": offer["handle"]}
        status, svg, answered = self.asked("GET", path + ".svg", **page)
        self.assertEqual((status, answered["Content-Type"]), (200, "image/svg+xml"))
        side, rows = modules_of_svg(svg.decode())
        status, bmp, answered = self.asked("GET", path + ".bmp", **page)
        self.assertEqual((status, answered["Content-Type"]), (200, "image/bmp"))
        self.assertEqual(modules_of_bmp(bmp), (side, rows))
        self.assertEqual(read_code(bmp), offer["code"])
        # The three corners (ISO/IEC 18004 5.3.3).
        for x, y in ((4, 4), (side - 11, 4), (4, side - 11)):
            self.assertEqual([[c for c in rows[y + k][x:x + 7]] for k in (0, 1, 3)],
                             [[1] * 7, [1, 0, 0, 0, 0, 0, 1], [1, 0, 1, 1, 1, 0, 1]])
        self.made.call("POST", f"/v1/authorisations/{offer['authorisation']}/close")
        self.refused(410, "authorisation_closed", "GET", path + ".svg", **page)

    def test_listening_elsewhere_and_odd_origins_are_refused(self):
        for arguments in (["--listen", "0.0.0.0:0"], ["--listen", "192.0.2.1:80"], ["--listen", "[::]:0"], ["--listen", "127.0.0.1.evil:1"],
                          ["--origin", "*"], ["--origin", "http://a.example/"], ["--origin", "null"], ["--origin", "file://"],
                          ["--server", "http://127.0.0.1:1"], ["--data-dir", "x"]):
            self.fails(2, "agent", "--dir", self.folder / "other", *arguments)


def modules_of_svg(text):
    side = int(re.search(r'viewBox="0 0 (\d+) \1"', text)[1])
    rows = [[0] * side for _ in range(side)]
    for x, y, n in re.findall(r"M(\d+) (\d+)h(\d+)v1h-\3z", text):
        for k in range(int(n)):
            rows[int(y)][int(x) + k] = 1
    return side, rows


def modules_of_bmp(data, scale=6):
    size, start, pixels = (int.from_bytes(data[a:a + 4], "little") for a in (2, 10, 18))
    assert data[:2] == b"BM" and size == len(data) and pixels % scale == 0
    line = (pixels + 31) // 32 * 4
    side = pixels // scale
    rows = []
    for y in range(side):
        row = data[start + (pixels - 1 - y * scale) * line:]
        rows.append([row[x * scale // 8] >> (7 - x * scale % 8) & 1 == 1 for x in range(side)])
    return side, rows


def read_code(bmp):
    side, rows = modules_of_bmp(bmp)
    return qr.read([row[4:side - 4] for row in rows[4:side - 4]])


class Token(Case):
    def test_where_pages_must_send_the_token_too(self):
        made = self.started("--require-token")
        self.assertEqual(made.call("GET", "/v1/status")[0], 401)
        self.assertEqual(made.call("GET", "/v1/status", headers={"Authorization": f"Bearer {made.token}"})[0], 200)


class Faults(Case):
    def test_nothing_waits_for_a_server_that_is_slow(self):
        self.enrol_phone()
        made = self.started()
        told = self.active(made)
        task = self.task()
        self.server.process.send_signal(signal.SIGSTOP)
        try:
            answers = []
            threads = [threading.Thread(target=lambda: answers.append(self.sign(made, told["authorisation"], [task]))) for _ in range(14)]
            for thread in threads:
                thread.start()
            time.sleep(0.5)
            for _ in range(5):
                began = time.monotonic()
                status, known = made.call("GET", "/v1/status")
                self.assertEqual((status, [a["count_left"] for a in known["authorisations"]]), (200, [told["count_left"]]))
                self.assertLess(time.monotonic() - began, 1)
        finally:
            self.server.process.send_signal(signal.SIGCONT)
        for thread in threads:
            thread.join()
        self.assertEqual(sum(status == 503 for status, _ in answers), 2, answers)  # twelve at once, the others are told at once
        self.assertEqual(self.system.task(task)["state"], "signed")

    def test_a_stopped_server_does_not_keep_the_agent_from_ending(self):
        self.enrol_phone()
        made = self.started()
        self.active(made)
        self.server.process.send_signal(signal.SIGSTOP)
        try:
            began = time.monotonic()
            self.assertEqual(made.stop(), 0)
            self.assertLess(time.monotonic() - began, 4)
        finally:
            self.server.process.send_signal(signal.SIGCONT)

    def test_the_server_is_killed_and_comes_back(self):
        server = Server(data_dir=str(self.folder / "killed"))
        self.addCleanup(server.close)
        port = server.port
        system = server.system()
        user = server.user(self.staff_no)
        url, operator = f"http://127.0.0.1:{port}", ["--data-dir", server.data_dir]
        code = self.answer("workstation", "add", "--name", self.name, "--place", "三楼", *operator)["registration_code"]
        self.ok("workstation", "enrol", "--server", url, "--name", self.name, "--code", code, "--dir", self.station)
        made = Agent(self.station)
        self.addCleanup(made.stop)
        self.assertEqual(self.device("enrol", "--server", url, "--staff-no", self.staff_no, "--code", server.code(user)).code, 0)
        told = self.active(made, count=400)
        tasks = [system.create(self.staff_no, b"%PDF " + secrets.token_bytes(9))["task"] for _ in range(60)]
        signed = {}

        def sign_five_at_a_time():
            for at in range(0, len(tasks), 5):
                status, answer = self.sign(made, told["authorisation"], tasks[at:at + 5])
                for result in answer["results"] if status == 200 else []:
                    if result["status"] == "signed":
                        signed[result["task"]] = result["signature"]

        signing = threading.Thread(target=sign_five_at_a_time)
        signing.start()
        while len(signed) < 20:
            time.sleep(0.01)
        server.kill()
        signing.join()
        self.assertLess(len(signed), len(tasks))
        status, problem = self.sign(made, told["authorisation"], tasks[-1:])
        self.assertEqual((status, problem["code"]), (502, "transport_failed"), problem)
        server.options = ["--listen", f"127.0.0.1:{port}"]
        server.start()
        system.http = server.new_client()
        sign_five_at_a_time()
        for task in tasks:
            kept = system.task(task)
            self.assertEqual(kept["state"], "signed")
            # What was said to be signed is; what was answered into the void is signed too, once.
            if task in signed:
                self.assertEqual(base64.b64decode(signed[task]).hex(), kept["signature"]["rs"])
        self.assertGreater(len(signed), 50)
        self.assertEqual(self.until(made, told["authorisation"], seconds=1)["state"], "active")


class Peers(Case):
    """Each half against the independent counterpart, written from docs/spec alone."""

    def test_the_phone_with_an_independent_workstation(self):
        self.enrol_phone()
        made = self.server.operate("POST", "/v1/workstations", {"name": self.name, "place": "三楼"})
        station = workstation.Workstation(self.server.new_client())
        station.register(self.name, made["registration_code"])
        station.login()
        qr = station.offer_qr(scope=workstation.scope_bytes(systems=['电子"病历\\', "电子病历"], count=5))
        done = self.authorise({"code": qr})
        self.assertEqual(done.code, 0, done)
        self.assertEqual(done.json["scope"]["systems"], ['电子"病历\\', "电子病历"])
        self.assertEqual(station.take()["count"], 5)
        task = self.task()
        item = station.tasks()[0]
        self.assertEqual(item["task"], task)
        station.sign("", [(task, station.e(station.document(task)))])
        self.assertEqual(self.system.task(task)["state"], "signed")
        # One that asks for nothing: the person's own limits.
        qr = station.offer_qr()
        self.assertEqual(self.authorise({"code": qr}, "--count", "3", "--lasting", "5m").code, 0)
        self.assertEqual(station.take()["count"], 3)
        # A code that this workstation did not sign, and one of another key than it offered.
        qr = station.offer_qr()
        other = workstation.Workstation(self.server.new_client())
        other.id, other.key, other.pkW = station.id, station.key, station.pkW
        self.assertEqual(self.authorise({"code": other.qr(station.pkW, int(time.time()) + 50)}).json["error"]["status"], "code_invalid")
        stranger = curve.SM2.encode(curve.SM2.multiply(12345))
        self.assertEqual(self.authorise({"code": station.qr(stranger, int(time.time()) + 50)}).json["error"]["field"], "pkW")
        self.assertEqual(self.authorise({"code": station.qr(station.pkW, int(time.time()) - 400)}).json["error"]["status"], "code_expired")
        self.assertEqual(self.authorise({"code": qr}).code, 0)

    def test_the_agent_with_an_independent_phone(self):
        phone = workstation.AuthorisingPhone(self.server.new_client())
        phone.enrol(self.staff_no, self.server.code(self.user), PIN)
        made = self.started()
        offer = self.offered(made, count=4)
        asked = phone.offer(offer["code"])[1]
        self.assertEqual(json.loads(base64.b64decode(asked["scope"]))["count"], 4)
        phone.authorise(PIN, offer["code"], workstation.scope_bytes(count=4))
        told = made.call("GET", f"/v1/authorisations/{offer['authorisation']}?wait=20")[1]
        self.assertEqual((told["state"], told["count_left"]), ("active", 4))
        tasks = [self.task(form=form) for form in ("raw", "digest", "cms")]
        answer = self.sign(made, told["authorisation"], tasks)[1]
        for result in answer["results"]:
            kept = self.system.task(result["task"])["signature"]
            self.assertTrue(curve.sm2_verify(phone.P, bytes.fromhex(kept["e"]), base64.b64decode(result["signature"])))
        phone.close(told["authorisation"])
        self.assertEqual(self.until(made, told["authorisation"])["closed_by"], "phone")

    def test_shares_that_are_for_something_else_are_not_used(self):
        """What a phone, or somebody between, may seal: another key, scope, authorisation, P. Each is closed."""
        phone = workstation.AuthorisingPhone(self.server.new_client())
        phone.enrol(self.staff_no, self.server.code(self.user), PIN)
        made = self.started()
        honest = workstation.sm2_encrypt
        scope = workstation.scope_bytes(count=4)
        other = curve.SM2.multiply(54321)
        lies = {"another key": lambda public, plain: honest(other, plain),
                "another purpose": lambda public, plain: honest(public, b"X" + plain[1:]),
                "another authorisation": lambda public, plain: honest(public, plain[:23] + secrets.token_bytes(16) + plain[39:]),
                "another P": lambda public, plain: honest(public, plain[:39] + curve.SM2.encode(other) + plain[104:]),
                "another scope": lambda public, plain: honest(public, plain[:104] + curve.sm3(b"{}") + plain[136:]),
                "no share": lambda public, plain: honest(public, plain[:136] + bytes(32))}
        for name, lie in lies.items():
            offer = self.offered(made)
            workstation.sm2_encrypt = lie
            try:
                phone.authorise(PIN, offer["code"], scope)
            finally:
                workstation.sm2_encrypt = honest
            told = made.call("GET", f"/v1/authorisations/{offer['authorisation']}?wait=20")[1]
            self.assertEqual((told["state"], told["closed_by"]), ("closed", "workstation"), name)
            self.assertEqual(phone.call("GET", "/v1/device/authorisations")["authorisations"][0]["closed_by"], "workstation", name)

class Example(Case):
    def test_the_example_with_curl(self):
        self.enrol_phone()
        made = self.started()
        tasks, picture = [self.task(), self.task()], self.folder / "code.bmp"
        script = cli.ROOT / "examples/integration/authorised_sign.sh"
        process = subprocess.Popen([script, picture, *tasks], stdout=subprocess.PIPE, text=True, env={
            **os.environ, "YIQIAN_AGENT": f"http://127.0.0.1:{made.port}", "YIQIAN_AGENT_TOKEN": str(made.directory / "agent-token")})
        self.assertEqual(process.stdout.readline(), f"scan {picture}\n")
        self.assertEqual(made.call("GET", "/v1/status")[1]["authorisations"], [])  # offered only
        # The client shows the picture, the phone reads what is in it.
        done = self.authorise({"code": read_code(picture.read_bytes())})
        self.assertEqual(done.code, 0, done)
        out = process.communicate(timeout=60)[0]
        self.assertEqual(process.returncode, 0, out)
        results, closed = out.strip().split("\n")
        self.assertEqual([r["status"] for r in json.loads(results)["results"]], ["signed", "signed"])
        self.assertEqual(closed, "exhausted")  # it asked for as many as there are



if __name__ == "__main__":
    unittest.main()
