"""Four eyes: what is dangerous waits for another person, and nothing gets round that."""
import base64
import os
import threading
import unittest

import console
import phone
from server import Server


class Approvals(unittest.TestCase):
    def setUp(self):
        self.server = Server()
        self.a, self.b, self.c = (console.operator(self.server, f"A100{i}", "administrator", f"管理员{i}") for i in range(3))
        self.target = console.operator(self.server, "D2001", "auditor", "审计员")
        self.pages = [console.logged_in(self.server, o) for o in (self.a, self.b, self.c)]
        self.auditor = console.logged_in(self.server, self.target)

    def tearDown(self):
        self.server.close()

    def ask(self, page, method, path, body=None, expect=202, extra=None):
        status, answer = page.call(method, path, body, extra=extra)
        self.assertEqual(status, expect, answer)
        return answer["approval"] if status == 202 else answer

    def decide(self, page, approval, what, body=None):
        return page.call("POST", f"/v1/approvals/{approval['approval']}/{what}", body)

    def role_of_target(self):
        return self.server.operate("GET", f"/v1/operators/{self.target['operator']}")["role"]

    def change(self, page, role="operator", expect=202, extra=None):
        return self.ask(page, "PATCH", f"/v1/operators/{self.target['operator']}", {"role": role}, expect, extra)

    def test_the_second_person_runs_it(self):
        a, b, _ = self.pages
        asked = self.change(a)
        self.assertEqual((asked["state"], asked["act"], asked["body"], asked["own"]), ("pending", "operator.update", {"role": "operator"}, True))
        self.assertEqual(self.role_of_target(), "auditor")
        seen = b.call("GET", "/v1/approvals?state=pending")[1]["items"]
        self.assertEqual([(s["approval"], s["may_approve"]) for s in seen], [(asked["approval"], True)])
        status, answer = self.decide(b, asked, "approve")
        self.assertEqual((status, answer["status"], answer["answer"]["role"]), (200, 200, "operator"))
        self.assertEqual((answer["approval"]["state"], answer["approval"]["decided_by"]["staff_no"]), ("approved", "A1001"))
        self.assertEqual(self.role_of_target(), "operator")
        # His session ended with his role.
        self.assertEqual(self.auditor.call("GET", "/v1/console/session")[0], 401)
        rows = self.server.audit()
        act = [r for r in rows if r["event"] == "operator.update"][-1]
        self.assertEqual((act["outcome"], act["actor"]), ("ok", "operator:" + self.a["operator"]))
        self.assertIn("approved_by=operator:" + self.b["operator"], act["detail"])
        done = [r for r in rows if r["event"] == "approval.approve"][-1]
        self.assertEqual((done["actor"], done["subject"]), ("operator:" + self.b["operator"], "approval:" + asked["approval"]))
        status, problem = self.decide(b, asked, "approve")
        self.assertEqual((status, problem["code"]), (409, "conflict"))

    def test_nobody_approves_his_own(self):
        a = self.pages[0]
        asked = self.change(a)
        for page in (a, console.logged_in(self.server, self.a)):
            status, problem = self.decide(page, asked, "approve")
            self.assertEqual((status, problem["code"]), (409, "approval_not_possible"))
        self.assertEqual(self.role_of_target(), "auditor")

    def test_nor_what_concerns_himself(self):
        a, b, _ = self.pages
        asked = self.ask(a, "PATCH", f"/v1/operators/{self.b['operator']}", {"role": "auditor"})
        status, answer = self.decide(b, asked, "approve")
        self.assertEqual((status, answer["status"], answer["answer"]["code"], answer["approval"]["state"]), (200, 403, "own_role", "failed"))
        # And what he may not do himself is refused before anybody is asked.
        problem = self.ask(a, "PATCH", f"/v1/operators/{self.a['operator']}", {"role": "auditor"}, 403)
        self.assertEqual(problem["code"], "own_role")
        self.assertEqual(a.call("GET", "/v1/approvals?state=pending")[1]["items"], [])

    def test_whoever_may_not_do_it_may_not_approve_it(self):
        asked = self.change(self.pages[0])
        # The auditor sees it, as he sees the operators; nothing more.
        self.assertEqual(self.auditor.call("GET", f"/v1/approvals/{asked['approval']}")[0], 200)
        self.assertEqual(self.decide(self.auditor, asked, "approve")[1]["code"], "forbidden")
        self.assertEqual(self.decide(self.auditor, asked, "reject", {"reason": "不同意"})[1]["code"], "forbidden")
        self.assertEqual(self.decide(self.auditor, asked, "withdraw")[1]["code"], "forbidden")
        clerk = console.logged_in(self.server, console.operator(self.server, "C1", "operator", "操作员"))
        self.assertEqual(clerk.call("GET", f"/v1/approvals/{asked['approval']}")[0], 404)
        self.assertEqual(clerk.call("GET", "/v1/approvals")[1]["items"], [])
        # Neither a token nor the server's own user is a second person.
        status, _ = self.server.operator.json("POST", f"/v1/approvals/{asked['approval']}/approve")
        self.assertEqual(status, 403)

    def test_whoever_lost_the_permission_meanwhile(self):
        a, b, _ = self.pages
        asked = self.change(a)
        self.server.operate("PATCH", f"/v1/operators/{self.a['operator']}", {"role": "auditor"})
        self.assertEqual(self.decide(b, asked, "approve")[1]["code"], "approval_not_possible")
        again = self.change(self.pages[2])
        self.server.operate("PATCH", f"/v1/operators/{self.b['operator']}", {"state": "suspended"})
        self.assertEqual(self.decide(b, again, "approve")[0], 401)
        self.assertEqual(self.role_of_target(), "auditor")

    def test_what_changed_meanwhile_is_told(self):
        a, b, _ = self.pages
        asked = self.change(a, extra={"If-Match": f'"{self.target["version"]}"'})
        self.server.operate("PATCH", f"/v1/operators/{self.target['operator']}", {"state": "suspended"})
        status, answer = self.decide(b, asked, "approve")
        self.assertEqual((answer["status"], answer["answer"]["code"], answer["approval"]["state"]), (412, "changed_meanwhile", "failed"))
        stale = self.ask(a, "PATCH", f"/v1/operators/{self.target['operator']}", {"role": "operator"}, 412, {"If-Match": '"1"'})
        self.assertEqual(stale["code"], "changed_meanwhile")

    def test_two_approve_at_once(self):
        asked = self.change(self.pages[0])
        answers = []
        pages = [p for p in self.pages[1:] for _ in range(4)]
        threads = [threading.Thread(target=lambda p=p: answers.append(
            self.server.new_client().json("POST", f"/v1/approvals/{asked['approval']}/approve", None, p.headers("POST")))) for p in pages]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        done = [a for status, a in answers if status == 200 and a["status"] == 200]
        self.assertEqual(len(done), 1, answers)
        self.assertEqual(len([r for r in self.server.audit() if r["event"] == "operator.update" and r["outcome"] == "ok"
                              and "approved_by" in r["detail"]]), 1)

    def test_rejected_withdrawn(self):
        a, b, _ = self.pages
        asked = self.change(a)
        status, answer = self.decide(b, asked, "reject", {"reason": "请先与院办确认"})
        self.assertEqual((answer["approval"]["state"], answer["approval"]["reason"]), ("rejected", "请先与院办确认"))
        asked = self.change(a)
        self.assertEqual(self.decide(b, asked, "withdraw")[1]["code"], "forbidden")
        self.assertEqual(self.decide(a, asked, "withdraw")[1]["approval"]["state"], "withdrawn")
        for what in ("approve", "reject"):
            self.assertEqual(self.decide(b, asked, what, {"reason": "x"} if what == "reject" else None)[0], 409)

    def test_an_approved_token_is_shown_to_who_approves(self):
        a, b, _ = self.pages
        asked = self.ask(a, "POST", "/v1/operator-tokens", {"name": "巡检", "scopes": ["auditor"]})
        self.assertEqual(self.server.operate("GET", "/v1/operator-tokens")["items"], [])
        _, answer = self.decide(b, asked, "approve")
        self.assertEqual(answer["status"], 201)
        status, _ = self.server.http.json("GET", "/v1/audit", headers={"Authorization": "Bearer " + answer["answer"]["token"]})
        self.assertEqual(status, 200)
        self.assertNotIn("token", self.decide(b, asked, "withdraw")[1].get("answer", {}))

    def test_a_token_ends_with_who_asked_for_it(self):
        a, b, _ = self.pages
        asked = self.ask(a, "POST", "/v1/operator-tokens", {"name": "巡检", "scopes": ["administrator"]})
        token = {"Authorization": "Bearer " + self.decide(b, asked, "approve")[1]["answer"]["token"]}
        # What it makes is no way past that.
        status, child = self.server.http.json("POST", "/v1/operator-tokens", {"name": "子", "scopes": ["administrator"]}, token)
        self.assertEqual((status, child["parent"]), (201, token["Authorization"][7:].partition(".")[0]))
        tokens = [token, {"Authorization": "Bearer " + child["token"]}]
        for one in tokens:
            self.assertEqual(self.server.http.json("GET", "/v1/operators", headers=one)[0], 200)
        self.server.operate("PATCH", f"/v1/operators/{self.a['operator']}", {"role": "auditor"})
        for one in tokens:
            self.assertEqual(self.server.http.json("GET", "/v1/operators", headers=one)[0], 401)
        shown = [(t["name"], t["state"], t["made_by"], t["parent"]) for t in self.server.operate("GET", "/v1/operator-tokens")["items"]]
        self.assertEqual(sorted(shown), sorted([("巡检", "ended", "A1000", None), ("子", "ended", "A1000", child["parent"])]))

    def test_a_token_goes_with_the_one_it_was_made_with(self):
        made = self.server.operate("POST", "/v1/operator-tokens", {"name": "根", "scopes": ["administrator"], "expires_in": 600})
        self.assertEqual((made["made_by"], made["parent"]), (f"operator:uid:{os.getuid()}", None))
        header = {"Authorization": "Bearer " + made["token"]}
        status, child = self.server.http.json("POST", "/v1/operator-tokens", {"name": "子", "scopes": ["administrator"], "expires_in": 86400}, header)
        self.assertEqual((status, child["parent"], child["expires_at"], child["made_by"]), (201, made["id"], made["expires_at"], made["made_by"]))
        self.assertEqual((made["cut_to_parent"], child["cut_to_parent"]), (False, True))
        his = {"Authorization": "Bearer " + child["token"]}
        self.assertEqual(self.server.http.json("GET", "/v1/operators", headers=his)[0], 200)
        gone = self.server.operate("DELETE", "/v1/operator-tokens/" + made["id"])
        self.assertEqual(gone, {"id": made["id"], "state": "revoked", "revoked_with_it": 1})
        rows = [(r["subject"], r["outcome"], r["detail"]) for r in self.server.audit() if r["event"] == "operator.token_revoke"]
        self.assertEqual(sorted(rows), sorted([(f"operator_token:{made['id']}", "ok", "with=1"), (f"operator_token:{child['id']}", "ok", f"name=子 with={made['id']}")]))
        for one in (header, his):
            self.assertEqual(self.server.http.json("GET", "/v1/operators", headers=one)[0], 401)

    def test_a_first_login_is_in_two_hands(self):
        a, b, _ = self.pages
        asked = self.ask(a, "POST", "/v1/operators", {"staff_no": "D3001", "name": "新人", "role": "auditor"})
        answer = self.decide(b, asked, "approve")[1]["answer"]
        path, code = f"/v1/operators/{answer['operator']}", answer["setup_code"]
        # The one who asked has the link and never sees the code; the one who approved the other way round.
        self.assertNotIn("setup_code", str(a.call("GET", f"/v1/approvals/{asked['approval']}")) + str(a.call("GET", path)))
        self.assertEqual((a.call("GET", path)[1]["setup_own"], b.call("GET", path)[1]["setup_own"]), (True, False))
        self.assertEqual(b.call("POST", path + "/setup-link")[0], 404)
        self.assertEqual(self.server.operator.json("POST", path + "/setup-link")[0], 404)
        status, given = a.call("POST", path + "/setup-link")
        self.assertEqual((status, "/console/#/setup?link=" in given["url"]), (201, True))
        his = console.Console(self.server)
        his.begin({"link": given["link"]}, 401)
        problem = his.begin({"link": given["link"], "code": "0000-0000-0000"}, 403)
        self.assertEqual((problem["code"], problem["tries_left"]), ("activation_refused", 4))
        self.assertIn("setup code", problem["detail"])
        his.begin({"code": code}, 400)
        self.assertEqual(his.begin({"link": given["link"], "code": code.lower()})["operator"]["staff_no"], "D3001")
        console.Console(self.server).begin({"link": given["link"], "code": code}, 401)
        self.assertIsNone(a.call("GET", path)[1]["setup_until"])
        # He enrols the phone that logs him in from now on.
        status, offer = his.call("POST", "/v1/console/phones", {"expires_in": 3600})
        self.assertEqual(status, 201, offer)
        device = phone.Phone(self.server.new_client())
        device.enrol("D3001", offer["activation_code"], "274915")
        login = self.server.http.json("POST", "/v1/console/logins")[1]
        device.sign_task("274915", device.scan(login["code"])["tasks"][0])
        console.Console(self.server).begin({"login": login["login"], "handle": login["handle"]})
        # Lost it: another setup, of which neither of the two may be the one.
        asked = self.ask(a, "POST", path + "/setups")
        self.assertEqual(self.decide(b, asked, "approve")[1]["status"], 201)
        self.assertEqual(self.ask(a, "POST", f"/v1/operators/{self.a['operator']}/setups", expect=403)["code"], "own_role")
        asked = self.ask(a, "POST", f"/v1/operators/{self.b['operator']}/setups")
        self.assertEqual(self.decide(b, asked, "approve")[1]["answer"]["code"], "own_role")
        self.assertEqual(self.decide(self.pages[2], asked, "approve")[0], 409)

    def test_the_second_administrator_of_a_lone_one(self):
        for o in (self.b, self.c):
            self.server.operate("DELETE", f"/v1/operators/{o['operator']}")
        made = self.ask(self.pages[0], "POST", "/v1/operators", {"staff_no": "D3001", "name": "新人", "role": "administrator"}, 201)
        self.assertNotIn("setup_code", made)
        self.assertEqual(self.ask(self.pages[0], "POST", f"/v1/operators/{made['operator']}/setup-link", expect=404)["code"], "not_found")
        second = console.logged_in(self.server, made)  # yiqian operator link
        self.ask(second, "PATCH", "/v1/policy", {"renewal_days": 45})

    def test_policy_channels_and_roots_take_two(self):
        a, b, c = self.pages
        asked = self.ask(a, "PATCH", "/v1/policy", {"renewal_days": 45}, extra={"If-Match": '"1"'})
        self.assertEqual(self.server.operate("GET", "/v1/policy")["renewal_days"], 30)
        self.assertEqual(self.decide(b, asked, "approve")[1]["answer"]["renewal_days"], 45)
        # What is stale, or wrong, nobody is asked to approve.
        self.assertEqual(self.ask(a, "PATCH", "/v1/policy", {"renewal_days": 46}, 412, {"If-Match": '"1"'})["code"], "changed_meanwhile")
        self.ask(a, "PATCH", "/v1/policy", {"renewal_days": 999}, 400)
        mail = {"kind": "mail", "name": "值班", "host": "mail.hospital.example", "sender": "yiqian@hospital.example",
                "recipients": ["duty@hospital.example"], "username": "yiqian", "password": "geheim-4711"}
        asked = self.ask(a, "POST", "/v1/alarm-channels", mail)
        for page in (a, b, self.auditor):
            status, text = page.http.raw("GET", f"/v1/approvals/{asked['approval']}", headers=page.headers("GET"))
            self.assertEqual((status, b"geheim" in text, b'"***"' in text), (200, False, True))
        self.assertEqual(self.server.operate("GET", "/v1/alarm-channels")["items"], [])
        answer = self.decide(b, asked, "approve")[1]
        self.assertEqual((answer["status"], answer["answer"]["has_password"]), (201, True))
        channel = f"/v1/alarm-channels/{answer['answer']['channel']}"
        for method, body, status in (("PATCH", {"state": "suspended"}, 200), ("DELETE", None, 204)):
            asked = self.ask(a, method, channel, body)
            self.assertEqual([x["state"] for x in self.server.operate("GET", "/v1/alarm-channels")["items"]], ["active" if body else "suspended"])
            self.assertEqual({k: asked["about"][k] for k in ("kind", "name", "type", "address")},
                             {"kind": "alarm_channel", "name": "值班", "type": "mail", "address": "duty@hospital.example"})
            self.assertEqual(self.decide(c, asked, "approve")[1]["status"], status)
        self.assertEqual(self.server.operate("GET", "/v1/alarm-channels")["items"], [])
        # What an address may hold of a token nobody is shown, nor is it written down.
        webhook = self.ask(a, "POST", "/v1/alarm-channels", {"kind": "webhook", "name": "平台", "url": "http://127.0.0.1:9/hook?key=geheim-4712"})
        self.assertEqual(webhook["body"]["url"], "http://127.0.0.1:9/***")
        made = self.decide(b, webhook, "approve")[1]["answer"]
        self.assertEqual((len(made["secret"]), made["url"]), (43, "http://127.0.0.1:9/hook?key=geheim-4712"))
        asked = self.ask(a, "PATCH", f"/v1/alarm-channels/{made['channel']}", {"state": "suspended"})
        self.assertEqual(asked["about"]["address"], "http://127.0.0.1:9/***")
        self.decide(b, asked, "approve")
        listed = [page.http.raw("GET", "/v1/approvals?limit=100", headers=page.headers("GET"))[1] for page in (a, b, self.auditor)]
        rows = [row["detail"] or "" for row in self.server.audit()]
        self.assertIn("webhook 平台 url=http://127.0.0.1:9/***", " ".join(rows))
        self.assertFalse([text for text in listed if b"geheim" in text] + [text for text in rows if "geheim" in text])
        with Server() as other:
            root = other.http.raw("GET", "/pki/root.cer")[1]
        asked = self.ask(a, "POST", "/v1/tsa/roots", {"name": "外院", "certificate": base64.b64encode(root).decode()})
        self.assertEqual(self.server.operate("GET", "/v1/tsa/roots")["items"], [])
        self.assertEqual(self.decide(b, asked, "approve")[1]["status"], 201)
        trusted, = self.server.operate("GET", "/v1/tsa/roots")["items"]
        asked = self.ask(a, "DELETE", f"/v1/tsa/roots/{trusted['root']}")
        self.assertEqual((asked["about"]["kind"], asked["about"]["name"], asked["about"]["certificate"]), ("root", "外院", trusted["certificate"]))
        self.assertEqual(len(self.server.operate("GET", "/v1/tsa/roots")["items"]), 1)
        self.assertEqual(self.decide(b, asked, "approve")[1]["status"], 204)
        self.assertEqual(self.server.operate("GET", "/v1/tsa/roots")["items"], [])

    def test_roles_and_removal(self):
        a, b, _ = self.pages
        made = self.decide(b, self.ask(a, "POST", "/v1/roles", {"name": "巡检", "permissions": ["system.read"]}), "approve")[1]["answer"]
        # A role that somebody could give himself more by is refused, approved or not.
        problem = self.ask(a, "POST", "/v1/roles", {"name": "全能", "permissions": ["operators.manage", "users.manage"]}, 422)
        self.assertEqual(problem["code"], "duties_not_separate")
        self.decide(b, self.change(a, made["role"]), "approve")
        self.assertEqual(self.role_of_target(), made["role"])
        gone = self.ask(a, "DELETE", f"/v1/roles/{made['role']}")
        self.assertEqual(self.decide(b, gone, "approve")[1]["answer"]["code"], "conflict")
        self.decide(b, self.ask(a, "DELETE", f"/v1/operators/{self.target['operator']}"), "approve")
        status, answer = self.decide(b, self.ask(a, "DELETE", f"/v1/roles/{made['role']}"), "approve")
        self.assertEqual((status, answer["status"], answer["answer"]), (200, 204, None))

    def test_whoever_approves_sees_what(self):
        a, b, _ = self.pages
        made = self.decide(b, self.ask(a, "POST", "/v1/roles", {"name": "巡检", "permissions": ["system.read"]}), "approve")[1]["answer"]
        role, target = f"/v1/roles/{made['role']}", f"/v1/operators/{self.target['operator']}"
        look = lambda asked: b.call("GET", f"/v1/approvals/{asked['approval']}")[1]["approval"]["about"]
        changed = self.ask(a, "PATCH", target, {"role": made["role"]})
        self.assertEqual(look(changed), {"kind": "operator", "name": "审计员", "staff_no": "D2001", "role": "auditor", "state": "active", "new_role": "巡检"})
        added = self.ask(a, "POST", "/v1/operators", {"staff_no": "D2002", "name": "新人", "role": made["role"]})
        self.assertEqual(look(added), {"kind": "role_given", "new_role": "巡检"})
        asked = self.ask(a, "DELETE", role)
        self.assertEqual(look(asked), {"kind": "role", "name": "巡检", "permissions": ["system.read"], "operators": 0})
        # As it is now, while it waits; as it was when it was asked for, once it is gone.
        self.decide(b, self.ask(a, "PATCH", role, {"name": "巡查"}), "approve")
        self.assertEqual(look(asked)["name"], "巡查")
        self.assertEqual(self.decide(b, asked, "approve")[1]["status"], 204)
        self.assertEqual(look(asked)["name"], "巡检")
        for path, kind, name in (("/v1/tsa/units/sm2/retire", "timestamp_unit", "sm2"), ("/v1/profiles/personal/use", "profile", None)):
            about = look(self.ask(a, "POST", path))
            self.assertEqual((about["kind"], name in (None, about["name"])), (kind, True))
        self.assertIsNone(look(self.ask(a, "PATCH", "/v1/policy", {"renewal_days": 45})))

    def test_a_version_of_a_profile_names_its_maker(self):
        a, b, _ = self.pages
        given = a.call("GET", "/v1/profiles/personal")[1]["definition"]
        asked = self.ask(a, "PATCH", "/v1/profiles/personal", {"note": "另一说明", "definition": {**given, "validity_days": 90}})
        self.assertEqual(self.decide(b, asked, "approve")[1]["status"], 200)
        made = a.call("GET", "/v1/profiles/personal/versions")[1]["items"][0]
        self.assertEqual((made["created_by"], made["created_by_name"]), ("operator:" + self.a["operator"], "A1000 管理员0"))

    def test_alone_he_does_it_at_once(self):
        for o in (self.b, self.c):
            self.server.operate("PATCH", f"/v1/operators/{o['operator']}", {"state": "suspended"})
        changed = self.change(self.pages[0], expect=200)
        self.assertEqual(changed["role"], "operator")
        row = [r for r in self.server.audit() if r["event"] == "operator.update"][-1]
        self.assertTrue(row["detail"].endswith(" alone"), row)

    def test_nobody_makes_himself_alone(self):
        """Whoever may change users could else suspend the others as users, act alone, and bring them back."""
        clerk = console.logged_in(self.server, console.operator(self.server, "C1", "operator", "操作员"))
        system = self.server.system(scopes=("users",))
        token = self.server.operate("POST", "/v1/operator-tokens", {"name": "人事", "scopes": ["operator"]})["token"]
        ways = (clerk.call, system.call, lambda *call: self.server.new_client().json(*call, {"Authorization": "Bearer " + token}))
        others = [(o["user"], o["staff_no"]) for o in (self.b, self.c, self.target)]
        for way in ways:
            for user, staff_no in others:
                status, problem = way("PATCH", f"/v1/users/{user}", {"state": "suspended"})
                self.assertEqual((status, problem["code"]), (409, "user_is_operator"))
                for dry_run in (True, False):
                    status, answer = way("POST", "/v1/user-imports", {"rows": [{"staff_no": staff_no, "state": "suspended"}], "dry_run": dry_run})
                    self.assertEqual((status, answer["errors"], answer["rows"][0]["problems"][0]["code"]), (200, 1, "user_is_operator"))
        self.assertEqual(self.auditor.call("GET", "/v1/audit?limit=1")[0], 200)
        # Nor is he alone where they cannot log in at the moment.
        for o in (self.b, self.c):
            self.server.operate("PATCH", f"/v1/users/{o['user']}", {"state": "suspended"})
        self.change(self.pages[0])
        self.assertEqual(self.role_of_target(), "auditor")
        # Operators' management takes a person's access, with a second one; then his user may be suspended.
        self.server.operate("PATCH", f"/v1/users/{self.b['user']}", {"state": "active"})
        asked = self.ask(self.pages[0], "PATCH", f"/v1/operators/{self.target['operator']}", {"state": "suspended"})
        self.assertEqual(self.decide(console.logged_in(self.server, self.b), asked, "approve")[1]["status"], 200)
        self.assertEqual(clerk.call("PATCH", f"/v1/users/{self.target['user']}", {"state": "suspended"})[0], 200)

    def test_the_request_is_nowhere_in_clear(self):
        self.ask(self.pages[0], "POST", "/v1/roles", {"name": "巡检九七三一", "permissions": []})
        self.server.stop()
        import glob
        for name in glob.glob(self.server.data_dir + "/yiqian.db*"):
            self.assertNotIn("巡检九七三一".encode(), open(name, "rb").read(), name)
        self.server.start()


if __name__ == "__main__":
    unittest.main()
