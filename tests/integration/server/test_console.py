"""The console's sessions, operators and roles against the real server."""
import unittest

import console
from server import Server


class Sessions(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.first = console.operator(cls.server, "A1001", "administrator", "管理员甲")
        cls.second = console.operator(cls.server, "A1002", "administrator", "管理员乙")

    @classmethod
    def tearDownClass(cls):
        cls.server.close()

    def test_a_link_logs_in_once(self):
        link = self.server.operate("POST", f"/v1/operators/{self.first['operator']}/links")
        self.assertIn("/console/#/login?link=" + link["link"], link["url"])
        page = console.Console(self.server)
        session = page.begin({"link": link["link"]})
        self.assertEqual(session["operator"]["staff_no"], "A1001")
        self.assertIn("operators.manage", session["permissions"])
        self.assertNotIn("users.manage", session["permissions"])
        self.assertEqual((page.set_cookie["httponly"], page.set_cookie["samesite"], page.set_cookie["path"]), (True, "Strict", "/"))
        self.assertEqual(console.Console(self.server).begin({"link": link["link"]}, 401)["code"], "unauthenticated")
        status, again = page.call("GET", "/v1/console/session")
        self.assertEqual((status, again["csrf"]), (200, session["csrf"]))
        row = next(r for r in reversed(self.server.audit()) if r["event"] == "console.login")
        self.assertEqual((row["outcome"], row["actor"]), ("ok", "operator:" + self.first["operator"]))

    def test_links_are_the_servers_own_users_to_make(self):
        page = console.logged_in(self.server, self.first)
        status, problem = page.call("POST", f"/v1/operators/{self.second['operator']}/links")
        self.assertEqual((status, problem["code"]), (403, "forbidden"))

    def test_a_cookie_alone_changes_nothing(self):
        page = console.logged_in(self.server, self.first)
        status, problem = page.call("DELETE", "/v1/console/session", csrf=False)
        self.assertEqual((status, problem["code"]), (403, "csrf_token"))
        self.assertEqual(page.call("GET", "/v1/console/session")[0], 200)
        self.assertEqual(page.call("DELETE", "/v1/console/session")[0], 204)
        status, problem = page.call("GET", "/v1/console/session")
        self.assertEqual((status, problem["code"]), (401, "session_expired"))

    def test_a_cookie_is_nothing_beside_credentials(self):
        page = console.logged_in(self.server, self.first)
        status, problem = page.call("GET", "/v1/console/session", extra={"Authorization": "Bearer x"})
        self.assertEqual((status, problem["code"]), (401, "unauthenticated"))

    def test_suspension_ends_sessions_on_the_spot(self):
        made = console.operator(self.server, "A1003", "auditor", "审计员")
        page = console.logged_in(self.server, made)
        self.assertEqual(page.call("GET", "/v1/audit")[0], 200)
        self.server.operate("PATCH", f"/v1/operators/{made['operator']}", {"state": "suspended"})
        self.assertEqual(page.call("GET", "/v1/audit")[0], 401)

    def test_sessions_survive_the_server(self):
        page = console.logged_in(self.server, self.first)
        self.server.restart()
        page.http = self.server.new_client()
        self.assertEqual(page.call("GET", "/v1/console/session")[0], 200)

    def test_others_sessions(self):
        mine, his = console.logged_in(self.server, self.first), console.logged_in(self.server, self.second)
        auditor = console.logged_in(self.server, console.operator(self.server, "A1004", "operator", "操作员"))
        listed = auditor.call("GET", "/v1/console/sessions")[1]["items"]
        self.assertEqual([s["session"] for s in listed], [auditor.session["session"]])
        self.assertEqual(auditor.call("DELETE", f"/v1/console/sessions/{his.session['session']}")[0], 404)
        listed = mine.call("GET", "/v1/console/sessions")[1]["items"]
        self.assertIn(his.session["session"], [s["session"] for s in listed])
        self.assertEqual(mine.call("DELETE", f"/v1/console/sessions/{his.session['session']}")[0], 204)
        self.assertEqual(his.call("GET", "/v1/console/session")[0], 401)


if __name__ == "__main__":
    unittest.main()
