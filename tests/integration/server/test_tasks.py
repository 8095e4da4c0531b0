"""Tasks in order, in batches, over one document, declined, withdrawn, by priority: through the real server, with the independent phone."""
import time
import unittest

from phone import Refused
from server import Server

PIN = "274915"
RECORD = "病程记录：患者林晓岚，体温 37.2℃。".encode()


class Tasks(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.system = cls.server.system()
        cls.intern = cls.server.enrolled(cls.server.user("D2001", "陈曦"))
        cls.senior = cls.server.enrolled(cls.server.user("D2002", "李敏"))

    @classmethod
    def tearDownClass(cls):
        cls.server.close()

    def tearDown(self):
        for phone in (self.intern, self.senior):
            for task in self.all(phone):
                self.system.call("POST", f"/v1/tasks/{task['task']}/cancel")

    def all(self, phone, limit=200):
        tasks, after = [], ""
        while True:
            answer = phone.call("GET", f"/v1/device/tasks?limit={limit}{after}")
            tasks += answer["tasks"]
            if not answer["next"]:
                return tasks
            after = f"&after={answer['next']}"

    def sign(self, phone, task):
        phone.sign_task(PIN, next(t for t in self.all(phone) if t["task"] == task["task"]))

    def pair(self):
        first = self.system.create("D2001", RECORD, fields=[{"label": "患者", "value": "林晓岚"}, {"label": "床号", "value": ""}],
                                   record_type="病程记录")
        second = self.system.create("D2002", form="raw", document_of=first["task"], after_task=first["task"], title="上级医师审签")
        return first, second

    def refused(self, code, status, answer):
        self.assertEqual(answer.get("code"), code, (status, answer))

    def test_a_long_poll_may_come_with_an_empty_object(self):
        task = self.pair()[0]["task"]
        status, answer = self.system.call("GET", f"/v1/tasks/{task}?wait=1", {})
        self.assertEqual((status, answer.get("state")), (200, "pending"), answer)

    def test_a_countersignature_waits_and_signs_the_same_document(self):
        first, second = self.pair()
        self.assertEqual(second["state"], "waiting")
        self.assertEqual(second["digest"], first["digest"])
        self.assertEqual(self.all(self.senior), [])
        shown = self.all(self.intern)[0]
        self.assertEqual(shown["fields"], [{"label": "患者", "value": "林晓岚"}, {"label": "床号", "value": ""}])
        self.assertEqual((shown["record_type"], shown["priority"], shown["kind"]), ("病程记录", "normal", "document"))
        self.server.restart()
        for phone in (self.intern, self.senior):
            phone.http = self.server.new_client()
            phone.login()
        type(self).system.http = self.server.new_client()
        self.sign(self.intern, first)
        self.assertEqual(self.system.task(second["task"])["state"], "pending")
        self.assertEqual(self.senior.document(second["task"]), RECORD)
        self.sign(self.senior, second)
        both = [self.system.task(t["task"]) for t in (first, second)]
        self.assertEqual([t["state"] for t in both], ["signed", "signed"])
        for task in both:
            status, verified = self.system.call("POST", "/v1/verify", {"task": task["task"]})
            self.assertEqual((status, verified["valid"], verified["withdrawal"]), (200, True, None))
        status, answer = self.system.call("POST", "/v1/tasks", {"signer": "D2002", "title": "再签", "document_of": first["task"]})
        self.refused("conflict", status, answer)

    def test_declined_with_a_reason_and_what_waits_goes_too(self):
        first, second = self.pair()
        path = f"/v1/device/tasks/{first['task']}/decline"
        with self.assertRaises(Refused) as e:
            self.intern.call("POST", path, {"protocol": 1, "reason": ""})
        self.assertEqual(e.exception.problem["code"], "field_length")
        with self.assertRaises(Refused) as e:
            self.senior.call("POST", path, {"protocol": 1, "reason": "不是我的"})
        self.assertEqual(e.exception.problem["code"], "task_not_yours")
        said = self.intern.call("POST", path, {"protocol": 1, "reason": "体温有误"})
        self.assertEqual((said["state"], said["reason"]), ("declined", "体温有误"))
        self.assertEqual(self.intern.call("POST", path, {"protocol": 1, "reason": "体温有误"}), said)
        task = self.system.task(first["task"])
        self.assertEqual((task["state"], task["reason"], task["finished_at"]), ("declined", "体温有误", said["declined_at"]))
        task = self.system.task(second["task"])
        self.assertEqual(task["state"], "cancelled")
        self.assertIn("拒签", task["reason"])
        status, answer = self.system.call("POST", f"/v1/tasks/{first['task']}/cancel")
        self.refused("task_declined", status, answer)

    def test_withdrawn_the_signature_stays_and_is_marked(self):
        task = self.system.create("D2001", RECORD)
        path = f"/v1/tasks/{task['task']}/withdraw"
        status, answer = self.system.call("POST", path, {"reason": "签错患者"})
        self.refused("task_not_signed", status, answer)
        self.sign(self.intern, task)
        status, answer = self.system.call("POST", path, {})
        self.refused("field_missing", status, answer)
        status, gone = self.system.call("POST", path, {"reason": "签错患者"})
        self.assertEqual((status, gone["state"]), (200, "withdrawn"))
        self.assertEqual(self.system.call("POST", path, {"reason": "签错患者"}), (200, gone))
        self.assertEqual((gone["withdrawal"]["system"], gone["withdrawal"]["reason"]), ("电子病历", "签错患者"))
        self.assertIsNotNone(gone["signature"])
        status, verified = self.system.call("POST", "/v1/verify", {"task": task["task"]})
        self.assertEqual((verified["valid"], verified["withdrawal"]), (True, gone["withdrawal"]))

    def test_nobody_countersigns_what_was_taken_back(self):
        first, second = self.pair()
        self.sign(self.intern, first)
        path = f"/v1/tasks/{first['task']}/withdraw"
        shown = self.all(self.senior)[0]
        body, session = self.senior.sign_request(PIN, [self.senior.item(shown)])
        answers = self.senior.call("POST", self.senior.path("sign-requests"), body)["answers"]
        status, answer = self.system.call("POST", path, {"reason": "签错患者"})
        self.refused("task_claimed", status, answer)
        self.assertTrue(0 < answer["retry_after"] <= 60)
        self.assertEqual(self.system.task(first["task"])["state"], "signed")
        self.senior.call("POST", self.senior.path("sign-failures"),
                         {"protocol": 1, "sid": body["sid"], "task": None, "code": "transport_failed"})
        status, gone = self.system.call("POST", path, {"reason": "签错患者"})
        self.assertEqual((status, gone["state"]), (200, "withdrawn"))
        task = self.system.task(second["task"])
        self.assertEqual(task["state"], "cancelled")
        self.assertIn("撤回", task["reason"])
        with self.assertRaises(Refused) as e:
            self.senior.submit(session, self.senior.finish(session, answers))
        self.assertEqual(e.exception.problem["code"], "task_cancelled")
        # A countersignature that exists stays.
        first, second = self.pair()
        self.sign(self.intern, first)
        self.sign(self.senior, second)
        status, gone = self.system.call("POST", f"/v1/tasks/{first['task']}/withdraw", {"reason": "签错患者"})
        self.assertEqual((status, self.system.task(second["task"])["state"]), (200, "signed"))

    def test_pages_by_priority_lose_and_double_nothing(self):
        made = []
        for i in range(30):
            priority = ("normal", "urgent", "high")[i % 3]
            made.append((priority, self.system.create("D2001", RECORD, priority=priority)["task"]))
        expected = [task for word in ("urgent", "high", "normal") for priority, task in made if priority == word]
        for limit in (1, 7, 10, 200):
            self.assertEqual([t["task"] for t in self.all(self.intern, limit)], expected)
        # What is at the page's end may be finished before the next is asked for.
        page = self.intern.call("GET", "/v1/device/tasks?limit=7")
        self.system.call("POST", f"/v1/tasks/{page['next']}/cancel")
        rest = self.intern.call("GET", f"/v1/device/tasks?limit=200&after={page['next']}")
        self.assertEqual([t["task"] for t in page["tasks"] + rest["tasks"]], expected)
        with self.assertRaises(Refused) as e:
            self.intern.call("GET", "/v1/device/tasks?after=00000000-0000-7000-8000-000000000000")
        self.assertEqual(e.exception.problem["field"], "after")
        status, answer = self.system.call("POST", "/v1/tasks", {"signer": "D2001", "form": "digest", "title": "x", "digest": "00" * 32,
                                                               "priority": "low"})
        self.assertEqual((status, answer["code"], answer["field"]), (400, "field_value", "priority"))

    def test_a_batch_of_1000_is_all_or_none(self):
        tasks = [{"signer": "D2001", "form": "digest", "title": f"出院小结 {i}", "digest": f"{i:064x}"} for i in range(1000)]
        tasks[999]["after"] = 0
        body = {"title": "三月出院病历", "tasks": tasks}
        tasks[637]["signer"] = "D9999"
        status, answer = self.system.call("POST", "/v1/task-batches", body)
        self.assertEqual((status, answer["code"], answer["field"]), (404, "user_not_found", "tasks[637].signer"))
        self.assertEqual(self.all(self.intern), [])
        tasks[637]["signer"] = "D2001"
        key = {"Idempotency-Key": f"batch-{time.time()}"}
        begun = time.monotonic()
        status, batch = self.system.call("POST", "/v1/task-batches", body, key)
        took = time.monotonic() - begun
        print(f"a batch of 1,000: {took * 1000:.0f} ms")
        self.assertEqual((status, batch["size"], len(set(batch["tasks"]))), (201, 1000, 1000))
        self.assertEqual((batch["counts"]["pending"], batch["counts"]["waiting"]), (999, 1))
        status, again = self.system.call("POST", "/v1/task-batches", body, key)
        self.assertEqual((status, again["batch"], again["tasks"]), (200, batch["batch"], batch["tasks"]))
        self.assertEqual(len(self.all(self.intern)), 999)
        path, items = f"/v1/task-batches/{batch['batch']}", []
        after = ""
        while after is not None:
            status, page = self.system.call("GET", f"{path}?limit=300{after}")
            items += [t["task"] for t in page["items"]]
            after = f"&after={page['next']}" if page["next"] else None
        self.assertEqual(items, batch["tasks"])
        status, done = self.system.call("POST", f"{path}/cancel", {"reason": "批次有误"})
        self.assertEqual((status, done["counts"]["cancelled"]), (200, 1000))
        self.assertEqual(self.system.task(items[999])["reason"], "批次有误")
        status, answer = self.system.call("POST", "/v1/task-batches", {"title": "x", "tasks": tasks + tasks[:1]})
        self.refused("field_length", status, answer)
        status, answer = self.system.call("GET", "/v1/task-batches/00000000-0000-7000-8000-000000000000")
        self.refused("batch_not_found", status, answer)

    def test_many_by_id(self):
        made = [self.system.create("D2001", RECORD)["task"] for _ in range(3)]
        unknown = "00000000-0000-7000-8000-000000000000"
        status, answer = self.system.call("GET", f"/v1/tasks?ids={made[2]},{unknown},{made[0]}")
        self.assertEqual((status, [t["task"] for t in answer["items"]], answer["missing"]), (200, [made[2], made[0]], [unknown]))
        for ids, code in (("x", "field_value"), ("", "field_value"), (made[0] + ",", "field_value"),
                          (",".join([unknown] * 101), "field_length")):
            status, answer = self.system.call("GET", f"/v1/tasks?ids={ids}")
            self.assertEqual((answer["code"], answer["field"]), (code, "ids"))
        status, answer = self.system.call("GET", f"/v1/tasks?ids={made[0]}&state=pending")
        self.refused("field_unknown", status, answer)

    def test_a_user_is_created_once_under_its_key(self):
        key = {"Idempotency-Key": f"user-{time.time()}"}
        body = {"staff_no": "D2009", "name": "赵宁", "departments": []}
        status, user = self.system.call("POST", "/v1/users", body, key)
        self.assertEqual(status, 201)
        self.assertEqual(self.system.call("POST", "/v1/users", body, key), (200, user))
        status, answer = self.system.call("POST", "/v1/users", {**body, "name": "赵凝"}, key)
        self.refused("idempotency_mismatch", status, answer)


if __name__ == "__main__":
    unittest.main()
