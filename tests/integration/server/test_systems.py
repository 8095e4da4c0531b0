"""Business systems kept up while they are at work: from where they may call, credentials that change without a pause, two who edit one."""
import datetime
import http.client
import os
import sqlite3
import threading
import time
import unittest

import client
import console
from server import Server


def from_address(server, address):
    return client.Client(lambda: http.client.HTTPConnection("127.0.0.1", server.port, timeout=30, source_address=(address, 0)))


def in_seconds(seconds):
    return (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)).isoformat()


class Systems(unittest.TestCase):
    def setUp(self):
        self.server = Server(options=("--trusted-proxies", "127.0.0.8"))
        self.id = self.server.operate("POST", "/v1/systems", {"name": "HIS", "scopes": ["tasks", "users", "timestamps"]})["system"]
        self.path = f"/v1/systems/{self.id}"

    def tearDown(self):
        self.server.close()

    def credential(self, body=None):
        made = self.server.operate("POST", self.path + "/credentials", body)
        return made["key_id"], made["secret"]

    def status(self, credential, address="127.0.0.1", extra=None, method="GET", path="/v1/users", body=None):
        http_client = from_address(self.server, address)
        status, self.answer = client.System(http_client, *credential).call(method, path, body, extra)
        return status

    def change(self, body, version=None):
        headers = {"If-Match": f'"{version}"'} if version else {}
        return self.server.operator.json("PATCH", self.path, body, headers)

    def events(self, name):
        return [row for row in self.server.audit() if row["event"] == name]

    def test_it_calls_from_its_networks_only(self):
        key = self.credential()
        self.assertEqual(self.status(key, "127.0.0.2"), 200)
        self.assertEqual(self.change({"networks": ["127.0.0.4/30", "2001:db8::/32"]})[0], 200)
        # The very next request, and whatever it is: read, act, timestamp; signed or with the bearer key.
        self.assertEqual(self.status(key, "127.0.0.2"), 403)
        self.assertEqual(self.answer["code"], "address_forbidden")
        self.assertIn("127.0.0.2", self.answer["detail"])
        self.assertEqual(self.status(key, "127.0.0.2", method="POST", path="/v1/users", body={"staff_no": "D1", "name": "甲"}), 403)
        bearer = {"Authorization": "Bearer " + ".".join(key)}
        self.assertEqual(from_address(self.server, "127.0.0.2").json("GET", "/v1/users", headers=bearer)[0], 403)
        self.assertEqual(self.status(key, "127.0.0.6"), 200)
        # Behind a proxy that is trusted, the client's own address counts; what anybody else writes there does not.
        self.assertEqual(self.status(key, "127.0.0.8", {"X-Forwarded-For": "2001:db8::7"}), 200)
        self.assertEqual(self.status(key, "127.0.0.8", {"X-Forwarded-For": "2001:db9::7"}), 403)
        self.assertEqual(self.status(key, "127.0.0.2", {"X-Forwarded-For": "127.0.0.6"}), 403)
        refused = self.events("system.address_refused")
        self.assertEqual(len(refused), 1)  # once a minute
        self.assertEqual([refused[0]["outcome"], refused[0]["actor"], refused[0]["origin"]],
                         ["address_forbidden", f"system:{self.id}", "127.0.0.2"])
        self.assertEqual(self.server.operator.json("GET", "/v1/users")[1]["items"], [])
        self.assertEqual(self.change({"networks": []})[0], 200)
        self.assertEqual(self.status(key, "127.0.0.2"), 200)

    def test_a_wrong_secret_is_told_nothing_about_addresses(self):
        key, _ = self.credential()
        self.change({"networks": ["10.0.0.0/8"]})
        self.assertEqual(self.status((key, "x" * 43)), 401)
        self.assertEqual(self.events("system.address_refused"), [])

    def test_both_work_until_the_old_one_ends(self):
        old = self.credential({"note": "一号"})
        made = self.server.operate("POST", f"{self.path}/credentials/{old[0]}/rotate", {"until": in_seconds(3)})
        fresh = made["key_id"], made["secret"]
        self.assertEqual([self.status(old), self.status(fresh)], [200, 200])
        time.sleep(3.1)
        self.assertEqual([self.status(old), self.status(fresh)], [401, 200])
        listed = {item["key_id"]: item for item in self.server.operate("GET", self.path + "/credentials")["items"]}
        self.assertEqual([listed[old[0]]["state"], listed[old[0]]["replaced_by"]], ["expired", fresh[0]])
        self.assertEqual([listed[fresh[0]]["state"], listed[fresh[0]]["note"]], ["active", "一号"])
        self.assertEqual([row["detail"] for row in self.events("system.credential_rotate")], [f"credential={old[0]} replaced_by={fresh[0]}"])

    def test_when_and_from_where_it_was_used(self):
        key = self.credential()
        self.assertEqual(self.status(key, "127.0.0.5"), 200)
        deadline = time.monotonic() + 20
        while not (used := self.server.operate("GET", self.path + "/credentials")["items"][0])["last_used_at"]:
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.2)
        self.assertEqual(used["last_used_from"], "127.0.0.5")
        self.assertEqual(self.server.operate("GET", self.path)["last_used_at"], used["last_used_at"])

    def test_the_second_of_two_is_told(self):
        version = self.server.operate("GET", self.path)["version"]
        self.assertEqual(self.change({"note": "甲改的"}, version)[0], 200)
        status, problem = self.change({"note": "乙改的"}, version)
        self.assertEqual([status, problem["code"]], [412, "changed_meanwhile"])
        self.assertEqual(self.server.operate("GET", self.path)["note"], "甲改的")

    def twice(self, path, listed, first, second):
        """Two change what both saw: the second is told. What names no version is taken, as vendors' programs send it."""
        version = listed()["version"]
        for body, expected in ((first, 200), (second, 412)):
            status, answer = self.server.operator.json("PATCH", path, body, {"If-Match": f'"{version}"'})
            self.assertEqual(status, expected, answer)
        self.assertEqual(answer["code"], "changed_meanwhile")
        self.assertEqual([listed()[name] for name in first], list(first.values()))
        status, answer = self.server.operator.json("PATCH", path, second)
        self.assertEqual([status, answer["version"]], [200, version + 2])
        status, answer = self.server.operator.json("PATCH", path, first, {"If-Match": "1"})
        self.assertEqual([status, answer["field"]], [400, "If-Match"])

    def test_the_second_of_two_is_told_of_a_credential(self):
        key, _ = self.credential({"note": "一号"})
        listed = lambda: next(one for one in self.server.operate("GET", self.path + "/credentials")["items"] if one["key_id"] == key)
        self.twice(f"{self.path}/credentials/{key}", listed, {"note": "甲改的"}, {"note": "乙改的"})
        version = listed()["version"]
        self.server.operate("POST", f"{self.path}/credentials/{key}/rotate", {"overlap_hours": 1})
        status, problem = self.server.operator.json("PATCH", f"{self.path}/credentials/{key}", {"note": "丙"}, {"If-Match": f'"{version}"'})
        self.assertEqual([status, problem["code"]], [412, "changed_meanwhile"])
        version = listed()["version"]
        self.server.operate("DELETE", f"{self.path}/credentials/{key}")
        status, problem = self.server.operator.json("PATCH", f"{self.path}/credentials/{key}", {"note": "丁"})
        self.assertEqual([status, problem["code"]], [409, "conflict"])

    def test_the_second_of_two_is_told_of_an_endpoint(self):
        for path, body in ((self.path + "/callback-endpoints", {"url": "https://his.example.com/a", "events": ["task.signed"]}),
                           ("/v1/push-endpoints", {"url": "https://push.example.com/a"})):
            with self.subTest(path=path):
                made = self.server.operate("POST", path, body)
                listed = lambda: self.server.operate("GET", path)["items"][0]
                self.twice(f"{path}/{made['endpoint']}", listed, {"url": "https://his.example.com/b"}, {"url": "https://his.example.com/c"})
                version = listed()["version"]
                self.server.operate("POST", f"{path}/{made['endpoint']}/rotate")
                self.assertEqual(listed()["version"], version)  # a secret is no field of theirs
                self.server.operate("DELETE", f"{path}/{made['endpoint']}")
                self.assertEqual(self.server.operator.json("PATCH", f"{path}/{made['endpoint']}", {"state": "suspended"})[0], 404)

    def test_a_suspended_system_is_refused_and_comes_back(self):
        key = self.credential()
        self.assertEqual(self.change({"state": "suspended"})[0], 200)
        self.assertEqual(self.status(key), 401)
        self.assertEqual(self.change({"state": "active"})[0], 200)
        self.assertEqual(self.status(key), 200)
        self.assertEqual(self.server.operator.json("DELETE", self.path)[0], 405)

    def test_the_policy_has_a_version_and_the_settings_are_told(self):
        policy = self.server.operate("GET", "/v1/policy")
        body = {"console_idle_minutes": 5}
        self.assertEqual(self.server.operator.json("PATCH", "/v1/policy", body, {"If-Match": f'"{policy["version"]}"'})[0], 200)
        self.assertEqual(self.server.operator.json("PATCH", "/v1/policy", body, {"If-Match": f'"{policy["version"]}"'})[0], 412)
        settings = {item["name"]: item for item in self.server.operate("GET", "/v1/settings")["items"]}
        self.assertEqual([settings["trusted_proxies"][k] for k in ("value", "source", "where")],
                         ["127.0.0.8", "command_line", "--trusted-proxies"])
        self.assertEqual([settings["crl_life"][k] for k in ("value", "default", "source")], ["1d", "24h", "default"])
        self.assertEqual(settings["data_dir"]["value"], self.server.data_dir)


class Repeats(unittest.TestCase):
    """What an operator sends again under its Idempotency-Key acts once, and is answered what it was answered."""

    def setUp(self):
        self.server = Server()

    def tearDown(self):
        self.server.close()

    def post(self, path, body, key="k1"):
        status, answer = self.server.operator.json("POST", path, body, {"Idempotency-Key": key})
        return status, answer, self.server.operator.headers.get("Idempotency-Replayed")

    def twice(self, path, body, key):
        """The answer, which the repetition gets as it is."""
        status, first, replayed = self.post(path, body, key)
        self.assertIn(status, (200, 201, 202), first)
        self.assertIsNone(replayed)
        self.assertEqual(self.post(path, body, key), (status, first, "true"))
        return first

    def database(self, statement):
        with sqlite3.connect(os.path.join(self.server.data_dir, "yiqian.db"), timeout=30) as database:
            return database.execute(statement).fetchall()

    def test_each_makes_one(self):
        system = self.twice("/v1/systems", {"name": "HIS", "scopes": ["tasks"]}, "system")["system"]
        path = f"/v1/systems/{system}"
        secret = self.twice(path + "/credentials", {"note": "一号"}, "credential")["secret"]
        endpoint = self.twice(path + "/callback-endpoints", {"url": "http://127.0.0.1:9/"}, "endpoint")
        rotated = self.twice(f"{path}/callback-endpoints/{endpoint['endpoint']}/rotate", None, "rotate")
        user = self.server.user("D1001")
        code = self.twice(f"/v1/users/{user['user']}/activation-codes", {}, "code")["activation_code"]
        token = self.twice("/v1/operator-tokens", {"name": "t", "scopes": ["operator"]}, "token")["token"]
        self.twice("/v1/operators", {"staff_no": "A1", "name": "管理员", "role": "auditor"}, "operator")
        self.twice("/v1/roles", {"name": "角色", "permissions": ["users.read"]}, "role")
        self.twice("/v1/tsa/access", {"action": "allow", "network": "127.0.0.0/8"}, "access")
        self.twice("/v1/alarm-channels", {"kind": "webhook", "name": "w", "url": "http://127.0.0.1:9/", "severity": "warning"}, "channel")
        self.twice("/v1/backups", {"scope": "configuration", "passphrase": "correct horse battery"}, "backup")
        counts = {table: self.database(f"SELECT count(*) FROM {table}")[0][0] for table in
                  ("system", "system_credential", "callback_endpoint", "enrolment", "operator_token", "role", "alarm_channel", "backup")}
        self.assertEqual(counts.pop("system"), len(self.server.operate("GET", "/v1/systems")["items"]) + 1)  # the console's own
        self.assertEqual(set(counts.values()), {1}, counts)
        # Whoever had a secret again is on record.
        rows = [row for row in self.server.audit() if row["event"] == "system.credential_create"]
        self.assertEqual([(row["detail"] == "repeated", row["outcome"]) for row in rows], [(False, "ok"), (True, "ok")])
        self.assertEqual(rows[0]["actor"], rows[1]["actor"])
        # None of it stands anywhere in clear.
        kept = b"".join(made for made, in self.database("SELECT made FROM idempotency"))
        for text in (secret, rotated["secret"], code, token):
            self.assertNotIn(text.encode(), kept)

    def test_another_request_under_the_key_is_refused(self):
        self.twice("/v1/systems", {"name": "甲", "scopes": ["tasks"]}, "k")
        self.assertEqual(self.post("/v1/systems", {"name": "乙", "scopes": ["tasks"]}, "k")[1]["code"], "idempotency_mismatch")
        self.assertEqual(self.post("/v1/roles", {"name": "甲", "permissions": ["users.read"]}, "k")[1]["code"], "idempotency_mismatch")
        user = {"staff_no": "D1", "name": "王建国"}
        self.assertEqual(self.post("/v1/users", user, "k")[1]["code"], "idempotency_mismatch")
        self.assertEqual(self.post("/v1/users", user, "u")[0], 201)
        self.assertEqual(self.post("/v1/systems", {"name": "乙", "scopes": ["tasks"]}, "u")[1]["code"], "idempotency_mismatch")
        self.assertEqual(len(self.server.operate("GET", "/v1/systems")["items"]), 1)

    def test_what_is_no_key_is_refused(self):
        for key in ("k" * 65, "", "a b", "\xff"):
            for path, body in (("/v1/systems", {"name": "甲", "scopes": ["tasks"]}), ("/v1/users", {"staff_no": "D1", "name": "王建国"})):
                problem = self.post(path, body, key)[1]
                self.assertEqual((problem["code"], problem["field"]), ("field_value", "Idempotency-Key"), (key, path))
        self.assertEqual(self.server.operate("GET", "/v1/systems")["items"], [])

    def test_what_sets_a_state_knows_no_key(self):
        """Frozen, unfrozen and frozen again under one key, it is frozen."""
        user = self.server.user("D1001")
        key = self.server.enrolled(user).key
        states = []
        for act, idempotency in (("freeze", "f"), ("unfreeze", "u"), ("freeze", "f")):
            self.assertEqual(self.post(f"/v1/keys/{key}/{act}", None, idempotency), (204, None, None))
            states.append(self.server.operate("GET", f"/v1/users/{user['user']}/keys")["items"][0]["state"])
        self.assertEqual(states, ["frozen", "active", "frozen"])

    def test_an_operator_who_was_refused_may_be_tried_again(self):
        """His user was made all the same, by an act of its own; the key stands for the operator."""
        body = {"staff_no": "A1001", "name": "王建国", "role": "auditor"}
        self.database("CREATE TRIGGER refused BEFORE INSERT ON operator BEGIN SELECT RAISE(ABORT, 'no'); END")
        self.assertGreaterEqual(self.post("/v1/operators", body)[0], 400)
        self.assertEqual(len(self.server.operate("GET", "/v1/users")["items"]), 1)
        self.database("DROP TRIGGER refused")
        self.assertEqual(self.post("/v1/operators", body)[0], 201)

    def test_a_repetition_that_cannot_be_recorded_is_not_answered(self):
        path = f"/v1/systems/{self.post('/v1/systems', {'name': 'HIS', 'scopes': ['tasks']}, 's')[1]['system']}/credentials"
        made = self.post(path, {})[1]
        self.database("CREATE TRIGGER unrecorded BEFORE INSERT ON audit WHEN NEW.detail = 'repeated' BEGIN SELECT RAISE(ABORT, 'no'); END")
        status, problem, replayed = self.post(path, {})
        self.assertGreaterEqual(status, 400)
        self.assertIsNone(replayed)
        self.assertNotIn(made["secret"], str(problem))
        self.database("DROP TRIGGER unrecorded")
        self.assertEqual(self.post(path, {}), (201, made, "true"))

    def test_what_was_refused_may_be_asked_again(self):
        self.assertEqual(self.post("/v1/systems", {"name": "HIS", "scopes": []})[0], 400)
        self.assertEqual(self.post("/v1/systems", {"name": "HIS", "scopes": ["tasks"]})[0], 201)
        user = self.server.user("D1001")
        self.server.operate("PATCH", f"/v1/users/{user['user']}", {"state": "suspended"})
        self.assertEqual(self.post(f"/v1/users/{user['user']}/activation-codes", {}, "c")[1]["code"], "user_suspended")
        self.server.operate("PATCH", f"/v1/users/{user['user']}", {"state": "active"})
        self.assertEqual(self.post(f"/v1/users/{user['user']}/activation-codes", {}, "c")[0], 201)

    def test_many_at_once_make_one(self):
        answers = []
        def one():
            status, answer = client.unix(os.path.join(self.server.data_dir, "yiqiand.sock")).json(
                "POST", "/v1/systems", {"name": "HIS", "scopes": ["tasks"]}, {"Idempotency-Key": "k"})
            answers.append((status, answer.get("system") or answer["code"]))
        threads = [threading.Thread(target=one) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        listed = [s["system"] for s in self.server.operate("GET", "/v1/systems")["items"]]
        self.assertEqual(len(listed), 1)
        self.assertLessEqual(set(answers), {(201, listed[0]), (503, "busy")})
        self.assertIn((201, listed[0]), answers)

    def test_two_requests_at_once_under_one_key(self):
        """One of them is it, the other one is another request."""
        for turn in range(5):
            answers = {}
            def one(name, key):
                answers[name] = client.unix(os.path.join(self.server.data_dir, "yiqiand.sock")).json(
                    "POST", "/v1/systems", {"name": name, "scopes": ["tasks"]}, {"Idempotency-Key": key})
            threads = [threading.Thread(target=one, args=(f"{turn}-{i}", f"k{turn}")) for i in range(4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            self.assertEqual(sorted((status, answer.get("code")) for status, answer in answers.values()),
                             [(201, None)] + [(422, "idempotency_mismatch")] * 3)
        self.assertEqual(len(self.server.operate("GET", "/v1/systems")["items"]), 5)

    def test_kill_amid_many(self):
        """Each key acts at most once, and what was answered is answered again, or said to be lost."""
        path, sent, answered, errors = "/v1/operator-tokens", {}, {}, []
        def one(thread, turn):
            http_client = client.unix(os.path.join(self.server.data_dir, "yiqiand.sock"))
            for i in range(10000):
                key = f"{thread}-{turn}-{i}"
                sent[key] = {"name": key, "scopes": ["operator"]}
                try:
                    status, answer = http_client.json("POST", path, sent[key], {"Idempotency-Key": key})
                except (OSError, http.client.HTTPException):
                    return
                if status != 201:
                    errors.append(answer)
                    return
                answered[key] = answer
        for turn in range(3):
            before = len(answered)
            threads = [threading.Thread(target=one, args=(i, turn)) for i in range(4)]
            for thread in threads:
                thread.start()
            end = time.monotonic() + 60
            while len(answered) < before + 20 and not errors and time.monotonic() < end:
                time.sleep(0.002)
            self.server.kill()
            for thread in threads:
                thread.join(60)
            self.server.start()
            self.assertEqual(errors, [])
            self.assertGreaterEqual(len(answered), before + 20)
        recent = [key for key in sent if key not in answered] + list(answered)[-20:]
        for key in recent:
            status, answer, _ = self.post(path, sent[key], key)
            if status == 201:
                self.assertEqual(answered.get(key, answer), answer)
            else:
                self.assertEqual((status, answer["code"]), (409, "answer_lost"), key)
        names = dict(self.database("SELECT name, count(*) FROM operator_token GROUP BY name"))
        self.assertEqual({key: names.get(key) for key in sent}, dict.fromkeys(sent, 1))

    def test_who_may_no_longer_is_not_answered(self):
        body, key = {"name": "HIS", "scopes": ["tasks"]}, {"Idempotency-Key": "k"}
        made = console.operator(self.server, "A1001", "operator")
        page = console.logged_in(self.server, made)
        status, system = page.call("POST", "/v1/systems", body, extra=key)
        self.assertEqual((status, page.call("POST", "/v1/systems", body, extra=key)), (201, (201, system)))
        self.server.operate("PATCH", f"/v1/operators/{made['operator']}", {"role": "auditor"})
        self.assertEqual(page.call("POST", "/v1/systems", body, extra=key)[0], 401)
        page = console.logged_in(self.server, made)
        self.assertEqual(page.call("POST", "/v1/systems", body, extra=key)[1]["code"], "forbidden")
        token = self.server.operate("POST", "/v1/operator-tokens", {"name": "t", "scopes": ["operator"]})
        headers = {"Authorization": f"Bearer {token['token']}", "Idempotency-Key": "k"}
        body = {"name": "LIS", "scopes": ["tasks"]}
        self.assertEqual([self.server.http.json("POST", "/v1/systems", body, headers)[0] for _ in range(2)], [201, 201])
        self.server.operate("DELETE", f"/v1/operator-tokens/{token['token'].split('.')[0]}", expect=(200,))
        self.assertEqual(self.server.http.json("POST", "/v1/systems", body, headers)[0], 401)

    def test_a_restart_forgets_nothing_and_a_lost_answer_is_said(self):
        path, body = "/v1/operator-tokens", {"name": "t", "scopes": ["operator"]}
        status, token, _ = self.post(path, body)
        self.server.kill()
        self.server.start()
        self.assertEqual(self.post(path, body), (201, token, "true"))
        # Too old; and one that a crash kept from being kept.
        self.database("UPDATE idempotency SET created_at = created_at - 960000")
        self.assertEqual(self.post(path, body)[:2][0], 409)
        problem = self.post(path, body)[1]
        self.assertEqual(problem["code"], "answer_lost")
        self.assertTrue(problem["hint"] and problem["hint_en"])
        self.post("/v1/systems", {"name": "HIS", "scopes": ["tasks"]}, "s")
        self.server.stop()
        self.database("UPDATE idempotency SET made = x''")
        self.server.start()
        self.assertEqual(self.post("/v1/systems", {"name": "HIS", "scopes": ["tasks"]}, "s")[1]["code"], "answer_lost")
        self.assertEqual(len(self.server.operate("GET", path)["items"]), 1)
        self.assertEqual(len(self.server.operate("GET", "/v1/systems")["items"]), 1)

    def test_a_key_is_its_owners_and_what_waits_for_approval_is_asked_for_once(self):
        a, b = (console.logged_in(self.server, console.operator(self.server, f"A100{i}", "administrator", f"管理员{i}")) for i in range(2))
        body, key = {"name": "t", "scopes": ["operator"]}, {"Idempotency-Key": "k"}
        status, asked = a.call("POST", "/v1/operator-tokens", body, extra=key)
        self.assertEqual(status, 202)
        self.assertEqual(a.call("POST", "/v1/operator-tokens", body, extra=key), (202, asked))
        self.assertEqual(b.call("POST", "/v1/operator-tokens", body, extra=key)[0], 202)
        self.assertEqual(len(a.call("GET", "/v1/approvals?state=pending")[1]["items"]), 2)
        asks = [row["detail"] == "repeated" for row in self.server.audit() if row["event"] == "approval.ask"]
        self.assertEqual(asks, [False, True, False])
        approve = f"/v1/approvals/{asked['approval']['approval']}/approve"
        status, done = b.call("POST", approve, extra={"Idempotency-Key": "approve"})
        self.assertEqual(status, 200)
        self.assertIn("token", done["answer"])
        self.assertEqual(b.call("POST", approve, extra={"Idempotency-Key": "approve"})[1]["code"], "conflict")
        self.assertEqual(len(self.server.operate("GET", "/v1/operator-tokens")["items"]), 1)


if __name__ == "__main__":
    unittest.main()
