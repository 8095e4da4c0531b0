"""Timestamps on finished signatures through the real server: with the signature or, where the time was not available, after it."""
import base64
import contextlib
import datetime
import threading
import time
import unittest

import curve
import tsa
from receiver import Receiver, dead_port, verify
from server import Server

PIN = "274915"
DOCUMENT = "出院小结：病情平稳，予以出院。\n".encode() * 10
NONE = {"state": "none", "serial": None, "time": None, "accuracy_us": None, "policy": None, "token": None}
DEMONSTRATION = "2.25.92789953449470946607310693012765490645.2.1"


class Stamps(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.addClassCleanup(cls.server.close)
        cls.user = cls.server.user("D1001")
        cls.phone = cls.server.enrolled(cls.user)

    def setUp(self):
        name = self.id().rsplit(".", 1)[1][:60]
        self.system = self.server.system(name, stamps=True)
        listed = self.server.operate("GET", "/v1/systems?limit=1000")["items"]
        self.system_id = next(s["system"] for s in listed if s["name"] == name)

    def signed(self, n=1, system=None, form="raw"):
        """n tasks signed in one request, as their system then reads them."""
        system = system or self.system
        made = [system.create("D1001", DOCUMENT + str(i).encode(), form=form)["task"] for i in range(n)]
        pulled = {task["task"]: task for task in self.phone.tasks()}
        self.phone.sign(PIN, [self.phone.item(pulled[task]) for task in made])
        return [system.task(task) for task in made]

    def check(self, task):
        """What the task says of its timestamp is what the token says, and the token is about the signature."""
        stamp = task["timestamp"]
        self.assertEqual(stamp["state"], "stamped", stamp)
        answer = tsa.Answer(tsa.der(0x30, tsa.der(0x30, tsa.integer(0)), base64.b64decode(stamp["token"])))
        self.assertEqual(answer.imprint, curve.sm3(base64.b64decode(task["signature"]["der"])))
        self.assertEqual(answer.serial.hex().lstrip("0"), stamp["serial"].lstrip("0"))
        self.assertEqual(answer.policy, tsa.oid_content(stamp["policy"]))
        told = datetime.datetime.strptime(stamp["time"], "%Y-%m-%dT%H:%M:%S.%fZ")
        said = datetime.datetime.strptime(answer.time, "%Y%m%d%H%M%S.%fZ" if "." in answer.time else "%Y%m%d%H%M%SZ")
        self.assertLessEqual(abs((told - said).total_seconds()), 0.001)
        self.assertLess(abs((datetime.datetime.utcnow() - told).total_seconds()), 120)
        self.assertGreater(stamp["accuracy_us"], 0)
        return stamp

    @contextlib.contextmanager
    def without_time(self):
        """A clock that is checked against a source which does not answer: the server issues no timestamps."""
        self.restart("--time-sources", f"ntp:127.0.0.1:{dead_port()}")
        try:
            yield
        finally:
            self.restart()

    def restart(self, *options):
        self.server.options = list(options)
        self.server.restart()
        self.system.http = self.server.new_client()
        self.phone.http = self.server.new_client()
        self.phone.login()

    def test_every_form_is_stamped_with_its_signature(self):
        for form in ("raw", "digest", "cms"):
            with self.subTest(form):
                task, = self.signed(form=form)
                stamp = self.check(task)
                self.assertEqual((stamp["policy"], stamp["accuracy_us"] >= 1000000), (DEMONSTRATION, True))
                self.assertEqual(form == "cms", "cms" in task["signature"])
        # The SignedData of a task carries the same token.
        self.assertEqual(base64.b64decode(task["signature"]["cms"]).count(base64.b64decode(stamp["token"])), 1)

    def test_a_batch_has_a_timestamp_each_and_lists_have_no_tokens(self):
        tasks = self.signed(20)
        serials = {self.check(task)["serial"] for task in tasks}
        self.assertEqual(len(serials), 20)
        status, page = self.system.call("GET", "/v1/tasks?ids=" + ",".join(task["task"] for task in tasks))
        self.assertEqual(status, 200)
        self.assertEqual([item["timestamp"] for item in page["items"]], [{**task["timestamp"], "token": None} for task in tasks])

    def test_nobody_else_is_stamped(self):
        task, = self.signed(system=self.server.system("不要时间戳"))
        self.assertEqual(task["timestamp"], NONE)
        unsigned = self.system.create("D1001", DOCUMENT)
        self.assertEqual(unsigned["timestamp"], NONE)
        self.system.call("POST", f"/v1/tasks/{unsigned['task']}/cancel", {})

    def test_a_withdrawn_signature_keeps_it(self):
        task, = self.signed()
        before = self.check(task)
        status, _ = self.system.call("POST", f"/v1/tasks/{task['task']}/withdraw", {"reason": "文书有误"})
        self.assertEqual(status, 200)
        after = self.system.task(task["task"])
        self.assertEqual((after["state"], after["timestamp"]), ("withdrawn", before))

    def test_the_switch(self):
        path = f"/v1/systems/{self.system_id}"
        self.assertFalse(self.server.operate("PATCH", path, {"stamps": False})["stamps"])
        self.assertEqual(self.signed()[0]["timestamp"]["state"], "none")
        self.assertTrue(self.server.operate("PATCH", path, {"stamps": True})["stamps"])
        self.check(self.signed()[0])
        for body, expect in (({"stamps": "on"}, 400), ({"stamps": True, "colour": "x"}, 400)):
            self.server.operate("PATCH", path, body, expect=(expect, 422))
        self.server.operate("PATCH", "/v1/systems/00000000-0000-4000-8000-000000000000", {"stamps": True}, expect=(404,))
        self.assertEqual(self.system.call("PATCH", path, {"stamps": True})[0], 403)
        events = [row for row in self.server.audit() if row["event"] == "system.update"]
        self.assertEqual([row["detail"] for row in events if row["outcome"] == "ok" and row["subject"].endswith(self.system_id)], ["stamps=off", "stamps=on"])

    def test_without_the_time_people_sign_and_the_timestamp_comes_by_itself(self):
        receiver = Receiver()
        self.addCleanup(receiver.close)
        endpoint = self.server.operate("POST", f"/v1/systems/{self.system_id}/callback-endpoints", {"url": receiver.url})
        with self.without_time():
            tasks = self.signed(3, form="cms")
            for task in tasks:
                self.assertEqual((task["state"], task["timestamp"]), ("signed", {**NONE, "state": "pending"}))
            self.assertTrue(self.server.logged(lambda line: "wait for their timestamps" in line, 15))
            # Who waits for what he knows already waits on.
            begin = time.monotonic()
            same = self.system.call("GET", f"/v1/tasks/{tasks[0]['task']}?wait=2&timestamp=pending")[1]
            self.assertEqual(same["timestamp"]["state"], "pending")
            self.assertGreater(time.monotonic() - begin, 1.9)
        for task in tasks:
            found = self.system.call("GET", f"/v1/tasks/{task['task']}?wait=30&timestamp=pending&state=signed")[1]
            stamp = self.check(found)
            self.assertIn(base64.b64decode(stamp["token"]), base64.b64decode(found["signature"]["cms"]))
        end = time.monotonic() + 30
        while len(receiver.requests) < 6 and time.monotonic() < end:
            time.sleep(0.1)
        messages = [verify(endpoint["secret"], *request) for request in list(receiver.requests)]
        for task in tasks:
            told = sorted((m["sequence"], m["event"], m["state"]) for m in messages if m["task"] == task["task"])
            self.assertEqual([t[1:] for t in told], [("task.signed", "signed"), ("task.stamped", "signed")])

    def test_a_stopped_unit_wakes_who_waits_when_it_goes_on(self):
        """The time comes back while somebody waits: nobody has to ask twice."""
        self.server.operate("POST", "/v1/tsa/units/sm2/stop")
        try:
            task, = self.signed()
            self.assertEqual(task["timestamp"]["state"], "pending")
            found = []
            waiting = type(self.system)(self.server.new_client(), self.system.key, self.system.secret)
            thread = threading.Thread(target=lambda: found.append(waiting.call("GET", f"/v1/tasks/{task['task']}?wait=40&timestamp=pending")[1]))
            thread.start()
            time.sleep(1)
        finally:
            self.server.operate("POST", "/v1/tsa/units/sm2/start")
        begin = time.monotonic()
        thread.join(40)
        self.assertLess(time.monotonic() - begin, 20)
        self.check(found[0])


if __name__ == "__main__":
    unittest.main()
