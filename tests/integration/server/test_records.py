"""Signatures searched, told whole and counted, of an independent device; and that the figures are the rows, whenever the server was killed."""
import base64
import os
import random
import sqlite3
import time
import unittest
import urllib.parse

from curve import sm3
from phone import Phone, Refused
from server import Server

PIN = "274915"
DAY = 86400000


class Records(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.emr = cls.server.system(stamps=True)
        cls.lis = cls.server.system("检验")
        cls.people = {}
        for staff_no, name, department in (("D1", "王建国", "心内科"), ("D2", "李秀英", "外科")):
            user = cls.server.user(staff_no, name, (department,))
            phone = Phone(cls.server.new_client())
            phone.enrol(staff_no, cls.server.code(user), PIN)
            cls.people[staff_no] = phone
        cls.made = [cls.sign("D1", cls.emr, title="出院小结", reference="ZY-1", department="心内科", record_type="病历"),
                    cls.sign("D1", cls.lis, title="检验报告", reference="JY-1", department="心内科"),
                    cls.sign("D2", cls.emr, title="手术记录", reference="ZY-2", department="外科", record_type="手术")]

    @classmethod
    def tearDownClass(cls):
        cls.server.close()

    @classmethod
    def sign(cls, staff_no, system, **more):
        phone = cls.people[staff_no]
        made = system.create(staff_no, os.urandom(40), **more)["task"]
        phone.sign_task(PIN, next(task for task in phone.tasks() if task["task"] == made))
        return made

    def get(self, path, expect=(200,), **query):
        query = urllib.parse.urlencode(query)
        return self.server.operate("GET", path + (f"?{query}" if query else ""), expect=expect)

    def found(self, **query):
        return [item["task"] for item in self.get("/v1/signatures", **query)["items"]]

    def test_search(self):
        first, second, third = self.made
        self.assertEqual(self.found(), [third, second, first])
        self.assertEqual(self.found(person="D1"), [second, first])
        self.assertEqual(self.found(person="李秀英"), [third])
        self.assertEqual(self.found(reference_prefix="ZY", department="外科"), [third])
        self.assertEqual(self.found(title="报告", method="pin"), [second])
        self.assertEqual(self.found(record_type="手术", person="D1"), [])
        page = self.get("/v1/signatures", limit=2)
        self.assertEqual(self.found(limit=2, after=page["next"]), [first])
        self.assertEqual(self.get("/v1/signatures", expect=(400,), method="face")["field"], "method")

    def test_story(self):
        story = self.get(f"/v1/signatures/{self.made[0]}")
        self.assertTrue(story["verification"]["valid"] and story["verification"]["timestamp"]["valid"])
        self.assertEqual([event["event"] for event in story["events"]], ["task.create", "task.view", "task.claim", "task.sign"])
        self.assertEqual({event["outcome"] for event in story["events"]}, {"ok"})
        self.assertEqual(story["events"][0]["actor_name"], "电子病历")
        self.assertEqual(story["key"]["key_id"], str(self.people["D1"].key))
        self.assertEqual(story["certificate"]["serial"], self.people["D1"].serial)
        self.assertEqual(base64.b64decode(story["task"]["signature"]["certificate"]), self.people["D1"].certificate)
        token = base64.b64decode(story["task"]["timestamp"]["token"])
        self.assertIn(sm3(base64.b64decode(story["task"]["signature"]["der"])), token)
        self.assertIsNone(self.get(f"/v1/signatures/{self.made[1]}")["clock"])
        phone = self.people["D2"]
        phone.call("GET", "/v1/device/tasks")
        task = self.emr.create("D2", b"x")["task"]
        with self.assertRaises(Refused):
            phone.sign("999000", [(task, phone.e(b"x"))])
        open_story = self.get(f"/v1/signatures/{task}")
        self.assertIsNone(open_story["verification"])
        self.assertEqual([(event["event"], event["outcome"]) for event in open_story["events"]][-1], ("task.claim", "pin_wrong"))

    def test_who_signed_keeps_the_name_he_signed_under(self):
        user = self.server.user("D3", "赵晓棠", ("内科",))
        phone = self.people["D3"] = Phone(self.server.new_client())
        phone.enrol("D3", self.server.code(user), PIN)
        signed, unsigned = self.sign("D3", self.emr), self.emr.create("D3", b"y")["task"]
        self.server.operate("PATCH", f"/v1/users/{user['user']}", {"name": "赵小唐"})
        entry = next(item for item in self.get("/v1/signatures", person="D3")["items"])
        self.assertEqual(entry["signer"]["name"], "赵晓棠")
        self.assertEqual(self.get(f"/v1/signatures/{signed}")["task"]["signer"]["name"], "赵晓棠")
        self.assertEqual(self.emr.task(signed)["signer"]["name"], "赵晓棠")
        self.assertEqual(self.emr.task(unsigned)["signer"]["name"], "赵小唐")

    def rows(self):
        with sqlite3.connect(os.path.join(self.server.data_dir, "yiqian.db")) as db:
            return db.execute("SELECT count(*) FROM signature").fetchone()[0]

    def figures(self):
        day = time.strftime("%Y-%m-%d", time.gmtime(time.time() + 8 * 3600))
        first = time.strftime("%Y-%m-%d", time.gmtime(time.time() + 8 * 3600 - 700 * 86400))
        return {by: self.get("/v1/statistics/signatures", **{"by": by, "from": first, "to": day})
                for by in ("day", "hour", "department", "system", "method", "platform", "record_type", "kind")}

    def check(self):
        for _ in range(600):
            figures = self.figures()
            if figures["day"]["complete"]:
                break
            time.sleep(0.1)
        self.assertTrue(figures["day"]["complete"])
        for by, figure in figures.items():
            self.assertEqual(figure["total"], self.rows(), by)
            self.assertEqual(sum(item["count"] for item in figure["items"]), self.rows(), by)

    def test_z_figures_are_the_rows_whatever_happens(self):
        """Signatures moved into the past as a migrated database has them; killed while the table is made; signed on meanwhile."""
        random.seed(7)
        for round_ in range(4):
            self.server.kill()
            with sqlite3.connect(os.path.join(self.server.data_dir, "yiqian.db")) as db:
                if round_ < 3:
                    for task, in db.execute("SELECT task_id FROM signature").fetchall():
                        if random.random() < 0.5:
                            db.execute("UPDATE signature SET signed_at = signed_at - ? WHERE task_id = ?", (random.randrange(100) * DAY, task))
                    db.execute("DELETE FROM statistics_state")
                else:  # counted a second time, over what stands there
                    db.execute("UPDATE statistics_state SET day = 1")
            self.server.start()
            if round_ % 2:
                time.sleep(random.random())
                self.server.kill()
                self.server.start()
            for system in (self.emr, self.lis):
                system.http = self.server.new_client()
            for phone in self.people.values():
                phone.http = self.server.new_client()
                phone.login()
            for _ in range(3):
                self.sign(random.choice(("D1", "D2")), random.choice((self.emr, self.lis)), department="急诊科")
            self.check()
        self.server.restart()
        self.check()

    def test_what_there_is(self):
        stock = self.get("/v1/statistics/stock")
        self.assertEqual(stock["enrolled"], 2)
        self.assertEqual({item["value"]: item["count"] for item in stock["devices"]}, {"python": 2})
        tasks = self.get("/v1/statistics/tasks")
        self.assertEqual(tasks["totals"]["declined"], 0)
        people = self.get("/v1/statistics/signatures", by="person")
        self.assertEqual({item["value"] for item in people["items"]}, {"D1", "D2"})
        self.assertGreater(self.get("/v1/statistics/timestamps", by="unit")["total"], 0)


if __name__ == "__main__":
    unittest.main()
