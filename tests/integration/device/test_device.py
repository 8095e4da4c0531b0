"""The reference phone against a real server: enrolment that is interrupted, several people, every way of signing and of failing."""
import fcntl
import os
import pathlib
import socket
import stat
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cli"))
import cli  # noqa: E402
import phone  # noqa: E402
from server import Server  # noqa: E402

PIN = "274950"
TEXT = "出院小结：张三，病情稳定。\n".encode()


class Device(cli.Checks, unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.addClassCleanup(cls.server.close)
        cls.url = f"http://127.0.0.1:{cls.server.port}"
        folder = tempfile.TemporaryDirectory(prefix="yiqian-device-")
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        cls.operator = ["--data-dir", cls.server.data_dir]
        cls.credential = ["--credential", cls.folder / "emr.json"]
        cls.record = cls.folder / "record.txt"
        cls.record.write_bytes(TEXT)
        cls.people = 0
        for arguments in (["system", "add", "--name", "电子病历", "--scope", "tasks,users,verify"],
                          ["system", "credential", "电子病历", "--server", cls.url, "--output", cls.folder / "emr.json"]):
            done = cli.yiqian(*arguments, *cls.operator)
            assert done.code == 0, done

    def setUp(self):
        type(self).people += 1
        self.phone = self.folder / f"phone{self.people}"
        self.staff_no, self.code = self.person()

    def person(self, name="王建国"):
        type(self).people += 1
        staff_no = f"D{self.people:04}"
        self.ok("user", "add", "--staff-no", staff_no, "--name", name, *self.operator)
        return staff_no, self.answer("user", "activate", staff_no, *self.operator)["activation_code"]

    def device(self, command, *arguments, pin=PIN, **more):
        return cli.yiqian("device", command, "--dir", self.phone, *arguments, env={"YIQIAN_PIN": pin} if pin else {}, **more)

    def enrol(self, staff_no=None, code=None, **more):
        return self.device("enrol", "--server", self.url, "--staff-no", staff_no or self.staff_no, "--code", code or self.code, **more)

    def enrolled(self):
        done = self.enrol()
        self.assertEqual(done.code, 0, done)

    def task(self, *arguments, staff_no=None):
        return self.answer("task", "create", "--signer", staff_no or self.staff_no, "--file", self.record, *arguments,
                           *self.credential)["task"]

    def state(self, task):
        return self.answer("task", "show", task, *self.credential)["state"]

    def test_a_damaged_key_is_said_to_be_damaged(self):
        self.enrolled()
        task = self.task()
        records = [path for path in self.phone.iterdir() if path.stat().st_size > 256 and path.name.startswith("key-")]
        self.assertEqual(len(records), 1, list(self.phone.iterdir()))
        data = bytearray(records[0].read_bytes())
        data[len(data) // 2] ^= 1
        records[0].write_bytes(data)
        done = self.device("sign", task)
        self.assertEqual(done.code, 1, done)
        self.assertIn("damaged", done.err)
        self.assertIn("yiqian device remove", done.err)
        self.assertNotIn("not enrolled", done.err)
        self.assertIn("已损坏", self.device("sign", task, lang="zh_CN.UTF-8").err)

    def test_fields_are_shown_and_a_task_is_declined(self):
        self.enrolled()
        task = self.task("--field", "患者=林晓岚", "--field", "床号=3=4", "--priority", "urgent", "--record-type", "病程记录")
        listed = self.device("tasks", "--json").json["tasks"][0]
        self.assertEqual(listed["fields"], [{"label": "患者", "value": "林晓岚"}, {"label": "床号", "value": "3=4"}])
        self.assertEqual((listed["priority"], listed["record_type"], listed["kind"], listed["batch"]),
                         ("urgent", "病程记录", "document", None))
        for shown in (self.device("tasks"), self.device("show", task)):
            self.assertEqual(shown.code, 0, shown)
            for text in ("林晓岚", "3=4", "urgent"):
                self.assertIn(text, shown.out)
        self.assertEqual(self.device("decline", task).code, 2)
        for _ in range(2):
            done = self.device("decline", task, "--reason", "体温有误")
            self.assertEqual(done.code, 0, done)
        self.assertEqual(self.waiting(), [])
        told = self.answer("task", "show", task, *self.credential)
        self.assertEqual((told["state"], told["reason"]), ("declined", "体温有误"))
        done = self.device("decline", task, "--reason", "另一原因", "--json")
        self.assertEqual((done.code, done.json["error"]["code"]), (1, "task_declined"))

    def waiting(self, *arguments):
        return [task["task"] for task in self.device("tasks", "--json", *arguments).json["tasks"]]

    def test_the_main_job(self):
        done = self.enrol()
        self.assertEqual(done.code, 0, done)
        self.assertIn("王建国", done.err)
        task = self.task("--title", "出院小结", "--description", "张三，女，62 岁")
        self.assertEqual(self.waiting(), [task])
        shown = self.device("show", task, "--output", self.folder / "copy.txt", "--json")
        self.assertEqual(shown.code, 0, shown)
        self.assertEqual(shown.json["task"]["digest"], shown.json["task"]["recomputed"])
        self.assertEqual((self.folder / "copy.txt").read_bytes(), TEXT)
        text = self.device("show", task, lang="zh_CN.UTF-8").out
        self.assertIn("张三，女，62 岁", text)
        self.assertEqual(text.count(shown.json["task"]["digest"]), 2)
        signed = self.device("sign", task, "--json")
        self.assertEqual(signed.code, 0, signed)
        signature = signed.json["signatures"][0]
        self.assertEqual((signature["task"], signature["status"], signature["seen"]), (task, "ok", True))
        self.assertEqual(self.state(task), "signed")
        self.assertEqual(self.waiting(), [])
        self.assertEqual(self.device("sign", task).code, 1)

    def test_files_are_the_owners_only(self):
        self.enrolled()
        self.assertEqual(stat.S_IMODE(self.phone.stat().st_mode), 0o700)
        names = sorted(path.name.split("-")[0] for path in self.phone.iterdir())
        self.assertEqual(names, ["credential", "index", "key", "lock"])
        for path in self.phone.iterdir():
            self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600, path)
        next(self.phone.glob("key-*")).chmod(0o640)
        self.assertEqual(self.device("keys").code, 1)

    def test_all_are_signed_in_batches(self):
        self.enrolled()
        tasks = [self.task("--form", "digest") for _ in range(12)]
        self.assertEqual(len(self.waiting("--limit", "5")), 5)
        done = self.device("sign", "--all", "--json")
        self.assertEqual(done.code, 0, done)
        self.assertEqual([s["task"] for s in done.json["signatures"]], tasks)
        self.assertEqual({self.state(task) for task in tasks}, {"signed"})
        self.assertEqual(self.device("sign", "--all").code, 0)

    def test_several_named_tasks_are_one_request(self):
        self.enrolled()
        tasks = [self.task() for _ in range(3)]
        self.assertEqual(self.device("sign", tasks[0], "018f0000-0000-7000-8000-000000000000", tasks[2]).code, 1)
        self.assertEqual(self.waiting(), tasks)
        self.assertEqual(self.device("sign", tasks[2], tasks[0].upper()).code, 0)
        self.assertEqual(self.waiting(), tasks[1:2])

    def test_unseen_content_needs_a_wish_or_a_copy(self):
        self.enrolled()
        seen, unseen, last = self.task(), self.task("--form", "digest", "--digest-only"), self.task("--form", "digest", "--digest-only")
        done = self.device("sign", unseen)
        self.assertEqual(done.code, 1, done)
        self.assertIn("--unseen", done.err)
        done = self.device("sign", "--all", "--json")
        self.assertEqual(done.code, 1, done)
        self.assertEqual({s["task"]: s["status"] for s in done.json["signatures"]},
                         {seen: "ok", unseen: "content_unseen", last: "content_unseen"})
        other = self.folder / "other.txt"
        other.write_bytes(b"another")
        done = self.device("sign", unseen, "--document", other, "--json")
        self.assertEqual((done.code, done.json["signatures"][0]["status"]), (1, "document_changed"))
        self.assertEqual(self.device("sign", unseen, "--document", self.record).code, 0)
        done = self.device("sign", "--all", "--unseen", "--json")
        self.assertEqual((done.code, done.json["signatures"][0]["seen"]), (0, False))

    def test_wrong_pins_are_counted_and_lock(self):
        self.enrolled()
        task = self.task()
        for left in (4, 3):
            done = self.device("sign", task, "--json", pin="274951")
            self.assertEqual(done.code, 1, done)
            self.assertEqual((done.json["error"]["status"], done.json["error"]["tries_left"]), ("pin_wrong", left))
        done = self.device("sign", task, "--json")
        self.assertEqual((done.code, done.json["failures_before"]), (0, 2))
        task = self.task()
        for _ in range(5):
            self.assertEqual(self.device("sign", task, pin="274951").code, 1)
        done = self.device("sign", task, "--json")
        self.assertEqual((done.code, done.json["error"]["status"]), (1, "key_locked"))
        key = self.device("keys", "--json").json["keys"][0]
        self.assertEqual((key["state"], key["tries_left"]), ("locked", 0))
        self.ok("key", "unlock", key["key_id"], *self.operator)
        self.assertEqual(self.device("sign", task).code, 0)

    def test_two_people_on_one_device(self):
        self.enrolled()
        other, code = self.person("李秀英")
        self.assertEqual(self.enrol(other, code, pin="862073").code, 0)
        mine, theirs = self.task(), self.task(staff_no=other)
        self.assertEqual(self.device("tasks").code, 2)
        self.assertEqual(self.waiting("--key", self.staff_no), [mine])
        self.assertEqual(self.waiting("--key", other), [theirs])
        self.assertEqual(self.device("sign", theirs, "--key", self.staff_no).code, 1)
        self.assertEqual(self.device("sign", theirs, "--key", other, pin="862073").code, 0)
        self.assertEqual(self.device("sign", mine, "--key", self.staff_no).code, 0)
        keys = self.device("keys", "--json").json["keys"]
        self.assertEqual([k["staff_no"] for k in keys], [self.staff_no, other])
        self.assertEqual(self.device("remove", keys[0]["key_id"]).code, 0)
        self.assertEqual([k["staff_no"] for k in self.device("keys", "--json").json["keys"]], [other])
        self.assertEqual(self.waiting(), [])

    def test_removing_revokes(self):
        self.enrolled()
        key = self.device("keys", "--json").json["keys"][0]
        self.assertEqual(self.device("remove", key["key_id"]).code, 0)
        self.assertEqual(self.answer("cert", "show", key["serial"], *self.operator)["state"], "revoked")
        self.assertEqual(sorted(p.name for p in self.phone.iterdir()), ["index", "lock"])
        self.assertEqual(self.device("tasks").code, 1)

    def test_an_interrupted_enrolment_goes_on(self):
        for delay in (0.006, 0.02, 0.05, 0.09, 0.13, 0.16):
            self.setUp()
            process = subprocess.Popen([cli.YIQIAN, "device", "enrol", "--dir", self.phone, "--server", self.url, "--staff-no",
                                        self.staff_no, "--code", self.code], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                       stderr=subprocess.DEVNULL, env={**os.environ, "YIQIAN_PIN": PIN})
            time.sleep(delay)
            process.kill()
            process.wait()
            stages = [key["stage"] for key in self.device("keys", "--offline", "--json").json["keys"]]
            if stages == ["unfinished"]:
                done = self.device("resume")
            elif stages == ["enrolled"]:
                done = self.device("keys")
            else:
                done = self.enrol()
            # A kill between S1 and the signature leaves the server's 60 seconds.
            if "key_busy" in done.err:
                continue
            self.assertEqual(done.code, 0, done)
            task = self.task()
            self.assertEqual(self.device("sign", task).code, 0)

    def test_an_enrolment_refused(self):
        done = self.enrol(code="AAAA-AAAA-AAAA")
        self.assertEqual(done.code, 1, done)
        self.assertIn("activation_refused", done.err)
        done = self.enrol(pin="123456")
        self.assertEqual(done.code, 2, done)
        self.assertEqual(self.device("keys", "--json").json["keys"], [])
        done = self.device("enrol", "--server", "http://192.0.2.1", "--staff-no", self.staff_no, "--code", self.code)
        self.assertEqual(done.code, 2, done)
        self.assertIn("https://", done.err)
        self.enrolled()
        self.assertEqual(self.enrol().code, 1)

    def test_no_server(self):
        self.enrolled()
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        done = self.device("enrol", "--server", f"http://127.0.0.1:{port}", "--staff-no", "X1", "--code", "AAAA")
        self.assertEqual(done.code, 3, done)
        self.assertEqual([k["stage"] for k in self.device("keys", "--offline", "--json").json["keys"]], ["enrolled", "opening"])

    def test_one_process_at_a_time(self):
        self.enrolled()
        with open(self.phone / "lock") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            done = self.device("keys", "--offline")
        self.assertEqual(done.code, 1, done)
        self.assertIn("another process", done.err)

    def test_where_the_pin_comes_from(self):
        self.enrolled()
        task, pin_file = self.task(), self.folder / "pin"
        pin_file.write_text(PIN + "\n")
        pin_file.chmod(0o644)
        self.assertEqual(self.device("sign", task, "--pin-file", pin_file, pin=None).code, 2)
        pin_file.chmod(0o600)
        self.assertEqual(self.device("sign", task, "--pin-file", pin_file, pin=None).code, 0)

    def on_terminal(self, arguments, typed):
        return cli.on_terminal(["device", *arguments], typed)

    def test_what_is_signed_elsewhere_is_not_called_gone(self):
        """A claimed task is in no list: who asks for it is told when it may wait again."""
        self.enrolled()
        task = self.task()
        other = phone.Phone(self.server.new_client())
        other.enrol(self.staff_no, self.answer("user", "activate", self.staff_no, *self.operator)["activation_code"], PIN)
        other.call("POST", other.path("sign-requests"), other.sign_request(PIN, [(task, other.e(TEXT))])[0])
        done = self.device("sign", task)
        self.assertEqual(done.code, 1, done)
        self.assertIn("60 s", done.err)
        self.assertIn("elsewhere", self.device("tasks").out)
        self.assertIn("60 秒", self.device("sign", task, lang="zh_CN.UTF-8").err)

    def test_a_pin_typed_is_not_shown(self):
        enrol = ["enrol", "--dir", self.phone, "--server", self.url, "--staff-no", self.staff_no, "--code", self.code]
        shown, code = self.on_terminal(enrol, [(b"digits):", b"274950\n"), (b"more:", b"274951\n")])
        self.assertEqual(code, 2, shown)
        self.assertIn(b"not the same", shown)
        shown, code = self.on_terminal(enrol, [(b"digits):", b"27495\x7f50\n"), (b"more:", b"274950\n"), (b"[Y/n]", b"y\n")])
        self.assertEqual(code, 0, shown)
        self.assertNotIn(b"27495", shown)
        self.task()
        shown, code = self.on_terminal(["sign", "--dir", self.phone, "--all"], [(b"PIN:", b"\x03")])
        self.assertEqual(code, 2, shown)
        shown, code = self.on_terminal(["sign", "--dir", self.phone, "--all"], [(b"PIN:", b"274950\n")])
        self.assertEqual(code, 0, shown)
        self.assertNotIn(b"274950", shown)

    def test_the_person_may_say_no(self):
        enrol = ["enrol", "--dir", self.phone, "--server", self.url, "--staff-no", self.staff_no, "--code", self.code]
        shown, code = self.on_terminal(enrol, [(b"digits):", b"274950\n"), (b"more:", b"274950\n"), (b"[Y/n]", b"n\n")])
        self.assertEqual(code, 1, shown)
        self.assertEqual(self.device("keys", "--json").json["keys"], [])

    def test_usage(self):
        for arguments in ([], ["nonsense"], ["sign"], ["sign", "--all", "x"], ["sign", "--document", "f", "--all"], ["show"],
                          ["show", "a", "b"], ["enrol"], ["keys", "--nonsense"], ["tasks", "--limit", "0"]):
            done = cli.yiqian("device", *arguments)
            self.assertEqual(done.code, 2, (arguments, done))
            self.assertEqual(done.out, "")
        for command in ("decline", "enrol", "keys", "remove", "resume", "show", "sign", "tasks"):
            for lang, word in (("C", "Usage"), ("zh_CN.UTF-8", "用法")):
                done = cli.yiqian("device", command, "--help", lang=lang)
                self.assertEqual(done.code, 0)
                self.assertIn(word, done.out)
                self.assertIn("--json", done.out)


if __name__ == "__main__":
    unittest.main()
