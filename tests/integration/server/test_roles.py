"""The role matrix: every route is called as everybody, and answers as docs/api/openapi.yaml (x-callers) says; tests/unit/api/routes_test.c holds that against the route
table. And an auditor, calling everything, changes nothing."""
import hashlib
import http.client
import json
import pathlib
import re
import sqlite3
import unittest
import uuid

import yaml

import console
from server import Server

API = yaml.safe_load((pathlib.Path(__file__).resolve().parents[3] / "docs/api/openapi.yaml").read_text(encoding="utf-8"))
ROUTES = sorted((method.upper(), path, frozenset(operation["x-callers"])) for path, item in API["paths"].items()
                for method, operation in item.items() if method in ("get", "post", "put", "patch", "delete"))
PUBLIC = {"anyone", "tsa"}
# What ends the caller's own session is called in a session of its own.
ENDS = {("DELETE", "/v1/console/session")}
# The log of acts itself, sessions, and what the server does by itself meanwhile: its health, its clock, its lists and counters.
CHANGING = re.compile(r"audit.*|console_session|request_nonce|health_probe|time_.*|crl|token_.*|monitor.*|metric.*|check_.*|sqlite_.*|statistics.*|signature_day.*|alarm.*")


class Everybody(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = s = Server(options=("--anonymous-per-minute", "100000", "--anonymous-per-address-per-minute", "100000"))
        cls.roles = {r["name"]: set(r["permissions"]) for r in s.operate("GET", "/v1/roles")["items"]}
        cls.empty = s.operate("POST", "/v1/roles", {"name": "无权限", "permissions": []})["role"]
        cls.odd = s.operate("POST", "/v1/roles", {"name": "只看证书", "permissions": ["certificates.read"]})["role"]
        cls.roles[cls.empty], cls.roles[cls.odd] = set(), {"certificates.read"}
        # Several of each, so that nobody is alone.
        cls.people = {role: [console.operator(s, f"{i}{n}", role, "操作员") for n in range(2)] for i, role in enumerate(cls.roles)}
        cls.pages = {role: console.logged_in(s, people[0]) for role, people in cls.people.items()}
        cls.system = s.system(scopes=("tasks", "users", "verify", "timestamps"))
        cls.phone = s.enrolled(s.user("D1"))
        cls.tokens = {scope: s.operate("POST", "/v1/operator-tokens", {"name": scope, "scopes": [scope]})["token"]
                      for scope in ("administrator", "operator", "auditor")}

    @classmethod
    def tearDownClass(cls):
        cls.server.close()

    def call(self, method, path, headers):
        """Status and code; what streams is not read to its end. Things that are named are not there, bodies are empty objects."""
        path = re.sub(r"{(\w+)\*?}", lambda _: str(uuid.uuid4()), path)
        body = b"{}" if method in ("POST", "PUT", "PATCH") else None
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=30)
        connection.request(method, path, body, {**headers(method, path, body or b""), **({"Content-Type": "application/json"} if body else {})})
        answer = connection.getresponse()
        streams = answer.getheader("Content-Type", "").startswith("text/event-stream")
        text = b"" if streams else answer.read()
        connection.close()
        problem = answer.getheader("Content-Type", "").startswith("application/problem+json")
        return answer.status, json.loads(text)["code"] if problem else ""

    def matrix(self, who, headers, may):
        """may(callers): whether that is one of them."""
        people = set().union(*self.roles.values()) | {"console"}
        wrong, with_tokens = [], set().union(*(self.roles[scope] for scope in self.tokens)) - {"backup.manage"}
        for method, path, callers in ROUTES:
            if (method, path) in ENDS or callers & PUBLIC:
                continue
            status, code = self.call(method, path, headers)
            if may(callers):
                if status in (401, 403) and code in ("unauthenticated", "forbidden", "token_forbidden", "session_expired", "csrf_token", "transport_insecure"):
                    wrong.append((method, path, status, code, "is refused"))
            # Where no token of any scope may, and somebody in the console may, it is told so.
            elif (status, code) != ((401, "unauthenticated") if who == "nobody" else
                                    (403, "token_forbidden") if who.endswith("'s token") and callers & people and not callers & with_tokens else
                                    (403, "forbidden")):
                wrong.append((method, path, status, code, "is not refused"))
        self.assertEqual(wrong, [], who)

    def test_nobody(self):
        self.matrix("nobody", lambda *_: {}, lambda callers: False)

    def test_what_is_for_anyone_is(self):
        for method, path, callers in ROUTES:
            if "anyone" in callers and not path.startswith("/v1/device/") and not path.startswith("/v1/workstation/"):
                status, code = self.call(method, path, lambda *_: {})
                self.assertNotEqual((status, code), (403, "forbidden"), (method, path))

    def test_business_system(self):
        scopes = {"tasks", "users", "verify", "timestamps"}
        self.matrix("system", lambda method, path, data: self.system.headers(method, path, data), lambda callers: bool(callers & scopes))

    def test_device(self):
        self.phone.login()
        token = {"Authorization": "Bearer " + self.phone.token}
        self.matrix("device", lambda *_: token, lambda callers: "device" in callers)

    def test_each_role_in_the_console(self):
        for role, permissions in self.roles.items():
            with self.subTest(role=role):
                page = self.pages[role]
                may = permissions | {"console"}
                self.matrix(role, lambda method, path, data, page=page: page.headers(method), lambda callers, may=may: bool(callers & may))
                self.assertEqual(page.call("GET", "/v1/console/session")[0], 200)

    def test_each_token(self):
        for scope, token in self.tokens.items():
            with self.subTest(scope=scope):
                # Backups are for people alone.
                permissions = self.roles[scope] - {"backup.manage"}
                self.matrix(scope + "'s token", lambda *_, token=token: {"Authorization": "Bearer " + token},
                            lambda callers, permissions=permissions: bool(callers & permissions))

    def test_a_session_without_its_token_changes_nothing(self):
        page = self.pages["administrator"]
        for method, path, callers in ROUTES:
            if method != "GET" and callers & self.roles["administrator"]:
                status, code = self.call(method, path, lambda *_: page.headers("GET"))
                self.assertEqual((status, code), (403, "csrf_token"), (method, path))

    def digest(self):
        """Of every row of every table but those that change by themselves."""
        database = sqlite3.connect(f"file:{self.server.data_dir}/yiqian.db?mode=ro", uri=True)
        tables = {}
        for (table,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").fetchall():
            if not CHANGING.fullmatch(table):
                rows = sorted(repr(row) for row in database.execute(f'SELECT * FROM "{table}"'))
                tables[table] = hashlib.sha256("\n".join(rows).encode()).hexdigest()
        database.close()
        return tables

    def test_an_auditor_changes_nothing(self):
        before = self.digest()
        self.assertGreater(len(before), 20)
        page, token = self.pages["auditor"], {"Authorization": "Bearer " + self.tokens["auditor"]}
        for method, path, callers in ROUTES:
            if (method, path) in ENDS or callers & PUBLIC:
                continue
            self.call(method, path, lambda method, path, data: page.headers(method))
            self.call(method, path, lambda *_: token)
        self.assertEqual(self.digest(), before)


if __name__ == "__main__":
    unittest.main()
