"""Callbacks of the real server to real receivers: signed, in order, once more after a crash, and nobody slowed by a bad one."""
import os
import sqlite3
import time
import unittest

from receiver import RawReceiver, Receiver, dead_port, verify
from server import Server

PIN = "274915"
DOCUMENT = "护理记录：体温三十六度八。\n".encode() * 10


class Callbacks(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.user = cls.server.user("D1001")
        cls.phone = cls.server.enrolled(cls.user)

    @classmethod
    def tearDownClass(cls):
        cls.server.close()

    def setUp(self):
        self.name = self.id().rsplit(".", 1)[1]
        self.system = self.server.system(self.name[:64])
        systems = self.server.operate("GET", "/v1/systems?limit=1000")["items"]
        self.system_id = next(s["system"] for s in systems if s["name"] == self.name[:64])
        self.path = f"/v1/systems/{self.system_id}/callback-endpoints"

    def receiver(self, *arguments, **more):
        made = Receiver(*arguments, **more)
        self.addCleanup(made.close)
        return made

    def endpoint(self, url, **more):
        made = self.server.operate("POST", self.path, {"url": url, **more})
        # What a test leaves behind keeps no other busy.
        self.addCleanup(self.server.operate, "DELETE", f"{self.path}/{made['endpoint']}", None, (204, 404))
        return made

    def sign(self, n=1, **more):
        """n tasks, signed together; their ids."""
        made = [self.system.create("D1001", DOCUMENT + str(i).encode(), **more)["task"] for i in range(n)]
        documents = {task: DOCUMENT + str(i).encode() for i, task in enumerate(made)}
        self.phone.sign(PIN, [(task, self.phone.e(documents[task])) for task in made])
        return made

    def log(self, **query):
        text = "&".join(f"{k}={v}" for k, v in query.items())
        status, page = self.system.call("GET", "/v1/callbacks?limit=1000&" + text)
        self.assertEqual(status, 200, page)
        return page["items"]

    def until(self, what, condition, seconds=60):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            found = condition()
            if found:
                return found
            time.sleep(0.05)
        self.fail(what)

    # ---- what arrives ----

    def test_a_signature_is_told_and_the_message_verifies(self):
        receiver = self.receiver()
        endpoint = self.endpoint(receiver.url)
        task, = self.sign(reference="就诊-7 \"乙\"")
        (headers, body), = receiver.wait(1)
        message = verify(endpoint["secret"], headers, body)
        sequence, happened = message.pop("sequence"), message.pop("happened_at")
        self.assertEqual(message, {"id": headers["Yiqian-Callback-Id"], "event": "task.signed", "task": task, "state": "signed",
                                   "reference": "就诊-7 \"乙\""})
        self.assertEqual(headers["Content-Type"], "application/json")
        with self.assertRaises(AssertionError):
            verify(endpoint["secret"], headers, body.replace(b"signed", b"signee"))
        with self.assertRaises(AssertionError):
            verify(endpoint["secret"][::-1], headers, body)
        row, = self.until("delivered", lambda: self.log(task=task, state="delivered"))
        self.assertEqual((row["callback"], row["tries"], row["last_status"], row["last_error"], row["sequence"], row["happened_at"],
                          row["next_at"]), (message["id"], 1, 204, None, sequence, happened, None))

    def test_cancelling_is_told_and_pending_only_where_it_is_wanted(self):
        receiver, other = self.receiver(), self.receiver()
        self.endpoint(receiver.url, events=["task.pending", "task.cancelled"])
        self.endpoint(other.url, events=["task.signed"])
        task = self.system.create("D1001", DOCUMENT)["task"]
        status, _ = self.system.call("POST", f"/v1/tasks/{task}/cancel", {})
        self.assertEqual(status, 200)
        receiver.wait(2)
        messages = receiver.messages()
        self.assertEqual([m["event"] for m in messages], ["task.pending", "task.cancelled"])
        self.assertLess(messages[0]["sequence"], messages[1]["sequence"])
        self.assertEqual([m["state"] for m in messages], ["pending", "cancelled"])
        signed, = self.sign()
        other.wait(1)
        self.assertEqual([(m["task"], m["event"]) for m in other.messages()], [(signed, "task.signed")])

    def test_expiry_is_told(self):
        receiver = self.receiver()
        self.endpoint(receiver.url)
        task = self.system.create("D1001", DOCUMENT, expires_in=60)["task"]
        with sqlite3.connect(os.path.join(self.server.data_dir, "yiqian.db"), timeout=30) as database:
            database.execute("UPDATE task SET expires_at = 1 WHERE id = ?", (bytes.fromhex(task.replace("-", "")),))
        receiver.wait(1)
        self.assertEqual([(m["task"], m["event"]) for m in receiver.messages()], [(task, "task.expired")])

    def test_another_system_hears_nothing_and_sees_nothing(self):
        receiver = self.receiver()
        self.endpoint(receiver.url)
        other = self.server.system("另一系统")
        task, = self.sign()
        receiver.wait(1)
        row = self.until("logged", lambda: self.log(task=task))[0]
        status, page = other.call("GET", "/v1/callbacks")
        self.assertEqual((status, page["items"]), (200, []))
        status, problem = other.call("POST", f"/v1/callbacks/{row['callback']}/replay")
        self.assertEqual((status, problem["code"]), (404, "callback_not_found"))
        made = other.create("D1001", DOCUMENT)["task"]
        self.phone.sign(PIN, [(made, self.phone.e(DOCUMENT))])
        self.sign()
        receiver.wait(2)
        self.assertNotIn(made, [m["task"] for m in receiver.messages()])

    def test_an_idempotency_key_belongs_to_one_systems_endpoint(self):
        self.server.system("另一系统二")
        other = next(s["system"] for s in self.server.operate("GET", "/v1/systems?limit=1000")["items"] if s["name"] == "另一系统二")
        key, body = {"Idempotency-Key": f"endpoint-{time.time()}"}, {"url": f"http://127.0.0.1:{dead_port()}/"}
        status, made = self.server.operator.json("POST", self.path, body, key)
        self.addCleanup(self.server.operate, "DELETE", f"{self.path}/{made['endpoint']}")
        self.assertEqual(status, 201)
        status, problem = self.server.operator.json("POST", f"/v1/systems/{other}/callback-endpoints", body, key)
        self.assertEqual((status, problem["code"]), (422, "idempotency_mismatch"))
        status, again = self.server.operator.json("POST", self.path, body, key)
        self.assertEqual((status, again["endpoint"], "secret" in again), (201, made["endpoint"], True))

    # ---- secrets ----

    def test_after_a_rotation_both_secrets_sign(self):
        receiver = self.receiver()
        endpoint = self.endpoint(receiver.url)
        rotated = self.server.operate("POST", f"{self.path}/{endpoint['endpoint']}/rotate")
        self.assertNotEqual(rotated["secret"], endpoint["secret"])
        self.assertIsNotNone(rotated["previous_secret_until"])
        self.sign()
        (headers, body), = receiver.wait(1)
        verify(rotated["secret"], headers, body)
        verify(endpoint["secret"], headers, body, previous=True)
        listed, = self.server.operate("GET", self.path)["items"]
        self.assertNotIn("secret", listed)

    # ---- receivers that are bad ----

    def test_500_then_200_and_the_same_id(self):
        receiver = self.receiver(lambda number, message: 500 if number == 1 else 200)
        self.endpoint(receiver.url)
        task, = self.sign()
        receiver.wait(2)
        self.assertEqual(len({m["id"] for m in receiver.messages()}), 1)
        row, = self.until("delivered", lambda: self.log(task=task, state="delivered"))
        self.assertEqual((row["tries"], row["last_status"]), (2, 200))

    def test_what_is_no_good_answer_is_tried_again(self):
        elsewhere = self.receiver()
        redirecting = self.receiver(lambda number, message: (302, {"Location": elsewhere.url}, b""))
        garbage, silent = RawReceiver(b"\x00\xff nonsense\r\n\r\n" * 50), RawReceiver()
        self.addCleanup(garbage.close)
        self.addCleanup(silent.close)
        urls = {"dead": f"http://127.0.0.1:{dead_port()}/", "garbage": garbage.url, "redirect": redirecting.url, "silent": silent.url}
        ids = {name: self.endpoint(url)["endpoint"] for name, url in urls.items()}
        task, = self.sign()

        def tried(name):
            row = next(r for r in self.log(task=task) if r["endpoint"] == ids[name])
            return row["tries"] >= 1 and row

        rows = {name: self.until(name, lambda: tried(name)) for name in ids}
        for name, row in rows.items():
            self.assertEqual((name, row["state"]), (name, "queued"))
            self.assertIsNotNone(row["last_error"], name)
            self.assertIsNotNone(row["next_at"], name)
        self.assertEqual(rows["redirect"]["last_status"], 302)
        self.assertEqual([rows[name]["last_status"] for name in ("dead", "garbage", "silent")], [None] * 3)
        self.assertEqual(elsewhere.messages(), [])

    def test_gone_fails_at_once_and_a_huge_answer_does_no_harm(self):
        gone = self.receiver(lambda number, message: 410)
        huge = self.receiver(lambda number, message: (200, {}, b"x" * (64 << 20)))
        ids = [self.endpoint(r.url)["endpoint"] for r in (gone, huge)]
        task, = self.sign()
        rows = self.until("both done", lambda: len(done := [r for r in self.log(task=task) if r["finished_at"]]) == 2 and done)
        states = {r["endpoint"]: (r["state"], r["tries"], r["last_status"]) for r in rows}
        self.assertEqual(states, {ids[0]: ("failed", 1, 410), ids[1]: ("delivered", 1, 200)})

    def test_bad_receivers_slow_neither_signing_nor_a_good_one(self):
        silent, good = RawReceiver(), self.receiver()
        self.addCleanup(silent.close)
        self.endpoint(silent.url)
        self.endpoint(f"http://127.0.0.1:{dead_port()}/")
        self.endpoint(good.url)
        started = time.monotonic()
        tasks = [self.sign()[0] for _ in range(20)]
        good.wait(20)
        # Each of the silent one's answers would have taken ten seconds.
        self.assertLess(time.monotonic() - started, 60)
        self.assertEqual(sorted(m["task"] for m in good.messages()), sorted(tasks))
        figures = self.server.operate("GET", "/v1/system/figures")
        self.assertGreaterEqual(figures["callbacks_queued"], 20)
        self.assertIsNotNone(figures["callbacks_oldest_due"])

    def test_messages_that_are_refused_hold_up_no_others(self):
        receiver = self.receiver(lambda number, message: 500 if message["event"] == "task.cancelled" else 204)
        self.endpoint(receiver.url, events=["task.pending", "task.cancelled"])
        for i in range(20):
            task = self.system.create("D1001", DOCUMENT)["task"]
            self.system.call("POST", f"/v1/tasks/{task}/cancel", {})
        self.until("all were refused", lambda: len([r for r in self.log(state="queued") if r["last_status"] == 500]) == 20)
        for i in range(3):
            before, task = time.monotonic(), self.system.create("D1001", DOCUMENT)["task"]
            self.until("told", lambda: task in [m["task"] for m in receiver.messages()])
            self.assertLess(time.monotonic() - before, 5)

    def test_an_absent_endpoint_is_probed_and_then_gets_all_at_once(self):
        port = dead_port()
        endpoint = self.endpoint(f"http://127.0.0.1:{port}/")["endpoint"]
        tries = lambda: [r["tries"] for r in self.log(endpoint=endpoint)]
        self.sign(3)
        # The third try of a message is followed by a pause of half a minute.
        self.until("tried often", lambda: min(tries()) >= 3)
        before, started = sum(tries()), time.monotonic()
        self.sign(12)
        time.sleep(4)
        self.assertLessEqual(sum(tries()) - before, time.monotonic() - started + 2)
        receiver = self.receiver(port=port)
        receiver.wait(15, timeout=12)

    # ---- order, replay, restart ----

    def test_a_later_message_of_a_task_waits_for_the_one_before(self):
        receiver = self.receiver(lambda number, message: 503 if number <= 2 else 204)
        self.endpoint(receiver.url, events=["task.pending", "task.cancelled"])
        task = self.system.create("D1001", DOCUMENT)["task"]
        self.system.call("POST", f"/v1/tasks/{task}/cancel", {})
        receiver.wait(4)
        self.assertEqual([m["event"] for m in receiver.messages()], ["task.pending"] * 3 + ["task.cancelled"])

    def test_replay_sends_the_same_message_again(self):
        receiver = self.receiver(lambda number, message: 410 if number == 1 else 204)
        endpoint = self.endpoint(receiver.url)
        before = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 60))
        task, = self.sign()
        row, = self.until("failed", lambda: self.log(task=task, state="failed"))
        status, answer = self.system.call("POST", "/v1/callbacks/replay", {"since": before})
        self.assertEqual((status, answer), (200, {"replayed": 1}))
        receiver.wait(2)
        self.until("delivered", lambda: self.log(task=task, state="delivered"))
        status, again = self.system.call("POST", f"/v1/callbacks/{row['callback']}/replay")
        self.assertEqual((status, again["callback"], again["tries"]), (200, row["callback"], 0))
        receiver.wait(3)
        requests = receiver.wait(3)
        self.assertEqual(len({body for _, body in requests}), 1)
        for headers, body in requests:
            self.assertEqual(verify(endpoint["secret"], headers, body)["id"], row["callback"])

    def test_a_suspended_endpoint_keeps_its_messages(self):
        receiver = self.receiver()
        endpoint = self.endpoint(receiver.url)
        one = f"{self.path}/{endpoint['endpoint']}"
        self.server.operate("PATCH", one, {"state": "suspended"})
        task, = self.sign()
        time.sleep(2.5)
        self.assertEqual(receiver.messages(), [])
        self.assertEqual(self.log(task=task)[0]["state"], "queued")
        self.server.operate("PATCH", one, {"state": "active"})
        receiver.wait(1)
        self.server.operate("PATCH", one, {"state": "suspended"})
        self.sign()
        self.server.operate("DELETE", one)
        self.assertEqual([r["state"] for r in self.log()], ["delivered", "failed"])
        status, problem = self.system.call("POST", f"/v1/callbacks/{self.log()[1]['callback']}/replay")
        self.assertEqual((status, problem["code"]), (409, "conflict"))

    def test_what_was_committed_before_a_crash_is_delivered_after_it(self):
        port = dead_port()
        with Server() as server:
            server.user("D2001")
            phone = server.enrolled({"staff_no": "D2001", **server.operate("GET", "/v1/users")["items"][0]})
            system = server.system()
            system_id = server.operate("GET", "/v1/systems")["items"][0]["system"]
            endpoint = server.operate("POST", f"/v1/systems/{system_id}/callback-endpoints", {"url": f"http://127.0.0.1:{port}/"})
            task = system.create("D2001", DOCUMENT)["task"]
            phone.sign(PIN, [(task, phone.e(DOCUMENT))])
            server.kill()
            receiver = self.receiver(port=port)
            server.start()
            (headers, body), = receiver.wait(1)
            self.assertEqual(verify(endpoint["secret"], headers, body)["task"], task)
            server.stop()
            self.assertEqual(len(receiver.messages()), 1)

    # ---- the test call, and what is refused ----

    def test_the_test_call_says_what_came_back(self):
        receiver = self.receiver(lambda number, message: 418)
        good = self.endpoint(receiver.url)
        dead = self.endpoint(f"http://127.0.0.1:{dead_port()}/")
        answer = self.server.operate("POST", f"{self.path}/{good['endpoint']}/test")
        self.assertEqual((answer["delivered"], answer["status"], answer["error"]), (False, 418, None))
        (headers, body), = receiver.wait(1)
        message = verify(good["secret"], headers, body)
        self.assertEqual((message["event"], message["id"]), ("test", answer["callback"]))
        answer = self.server.operate("POST", f"{self.path}/{dead['endpoint']}/test")
        self.assertEqual((answer["delivered"], answer["status"]), (False, None))
        self.assertTrue(answer["error"])

    def test_urls_that_no_receiver_has_are_refused(self):
        for url in ("ftp://127.0.0.1/", "http://8.8.8.8/", "https://169.254.169.254/latest", "http://[fe80::1]/", "https://a:b@host/",
                    "http://100.100.100.200/", "https://host/#part", "http://[::ffff:169.254.1.1]/"):
            status, problem = self.server.operator.json("POST", self.path, {"url": url})
            self.assertEqual((status, problem["code"], problem["field"]), (400, "field_value", "url"), url)
        # What is wrong is said in both languages.
        for url, zh, en in (("http://8.8.8.8/", "公网地址须用 https://", "only to private"), ("https://169.254.169.254/", "不允许连接到此地址", "no connection"),
                            ("https://例え.jp/", "xn--", "xn--"), ("foo", "应以 https:// 开头", "want https://")):
            problem = self.server.operator.json("POST", self.path, {"url": url})[1]
            self.assertEqual((problem["code"], problem["field"]), ("field_value", "url"), url)
            self.assertIn(zh, problem["detail"].split(" / ")[0], url)
            self.assertIn(en, problem["detail"].split(" / ")[-1], url)
        # A name is looked at when it was resolved: these are other ways to write the metadata service's address.
        for url in ("http://2852039166/", "http://0xa9fea9fe/"):
            made = self.endpoint(url)
            answer = self.server.operate("POST", f"{self.path}/{made['endpoint']}/test")
            self.assertEqual((answer["status"], answer["error"]), (None, "no connection is made to this address"), url)

    # ---- waking phones ----

    def test_push_endpoints_hear_who_has_something_to_sign_and_no_more(self):
        answers = {"status": 500}
        receiver = self.receiver(lambda number, message: answers["status"])
        made = self.server.operate("POST", "/v1/push-endpoints", {"url": receiver.url})
        one = f"/v1/push-endpoints/{made['endpoint']}"
        self.addCleanup(self.server.operate, "DELETE", one, None, (204, 404))
        self.server.user("D3001", "周宁")
        for i in range(5):
            self.system.create("D3001", DOCUMENT, reference=f"r{i}")
        receiver.wait(1)
        answers["status"] = 204
        count = len(receiver.wait(2))
        headers, body = receiver.wait(count)[-1]
        message = verify(made["secret"], headers, body)
        self.assertEqual({k: message[k] for k in ("event", "staff_no")}, {"event": "task.waiting", "staff_no": "D3001"})
        self.assertEqual(set(message), {"id", "event", "staff_no", "waiting", "happened_at"})
        self.until("the last count came", lambda: receiver.messages()[-1]["waiting"] == 5)
        self.until("nothing left", lambda: not [r for r in self.server.operate(
            "GET", f"/v1/callbacks?endpoint={made['endpoint']}&limit=1000")["items"] if r["state"] == "queued"])
        # Five tasks, one message undelivered at a time.
        self.assertLess(len({m["id"] for m in receiver.messages()}), 5)
        self.assertEqual(self.log(), [])


if __name__ == "__main__":
    unittest.main()
