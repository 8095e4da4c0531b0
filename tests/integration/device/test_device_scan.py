"""The reference phone against screens of the real server: logging in, signing and enrolling by scan, typed codes, a lost phone. The business
system and the operator are the command line's too."""
import base64
import json
import os
import pathlib
import pty
import re
import select
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cli"))
import cli  # noqa: E402
import qr  # noqa: E402
from server import Server  # noqa: E402

PIN = "274950"
PURPOSE = '登录"门诊"工作站'
LIFE = 5  # docs/spec/qr.md: seconds that a code is good
REVOKED_WITHIN = 1  # seconds


class DeviceScan(cli.Checks, unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.addClassCleanup(cls.server.close)
        cls.url = f"http://127.0.0.1:{cls.server.port}"
        folder = tempfile.TemporaryDirectory(prefix="yiqian-scan-")
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        cls.operator = ["--data-dir", cls.server.data_dir]
        cls.credential = ["--credential", cls.folder / "emr.json"]
        cls.record = cls.folder / "record.txt"
        cls.record.write_text("出院小结：林晓岚，病情稳定。\n")
        cls.people = 0
        for arguments in (["system", "add", "--name", "电子病历", "--scope", "tasks,users,verify"],
                          ["system", "credential", "电子病历", "--server", cls.url, "--output", cls.folder / "emr.json"]):
            done = cli.yiqian(*arguments, *cls.operator)
            assert done.code == 0, done

    def setUp(self):
        self.staff_no = self.person()
        self.phone = self.enrolled(self.staff_no)

    def person(self, name="王建国"):
        type(self).people += 1
        staff_no = f"D{self.people:04}"
        self.ok("user", "add", "--staff-no", staff_no, "--name", name, *self.operator)
        return staff_no

    def new_phone(self):
        type(self).people += 1
        return self.folder / f"phone{self.people}"

    def enrolled(self, staff_no):
        phone = self.new_phone()
        code = self.answer("user", "activate", staff_no, *self.operator)["activation_code"]
        done = self.device("enrol", "--server", self.url, "--staff-no", staff_no, "--code", code, phone=phone)
        self.assertEqual(done.code, 0, done)
        return phone

    def device(self, command, *arguments, pin=PIN, phone=None, **more):
        return cli.yiqian("device", command, "--dir", phone or self.phone, *arguments, env={"YIQIAN_PIN": pin} if pin else {},
                          **more)

    def refused(self, code, *arguments, **more):
        done = self.device(*arguments, "--json", **more)
        self.assertEqual((done.code, done.json["error"]["code"]), (1, code), done)
        return done

    def login(self, *arguments):
        return self.answer("login", "create", "--purpose", PURPOSE, *arguments, *self.credential)

    def text(self, login):
        """The code on the login's screen now."""
        return self.ok("login", "code", login["login"], "--text", *self.credential).out.strip()

    def state(self, login):
        return self.answer("login", "get", login["login"], *self.credential)

    # Logging in

    def test_logs_in_by_scan(self):
        login = self.login()
        text = self.text(login)
        self.assertRegex(text, r"^YIQIAN:1:L:[A-Za-z0-9_-]{40}$")
        done = self.device("scan", text)
        self.assertEqual(done.code, 0, done)
        self.assertIn("电子病历", done.err)
        self.assertIn(PURPOSE, done.err)
        self.assertIn("Logged in", done.out)
        got = self.answer("login", "wait", login["login"], *self.credential)
        self.assertEqual((got["state"], got["person"]["staff_no"], got["result"]["staff_no"]),
                         ("done", self.staff_no, self.staff_no))

    def test_says_what_it_logged_in_to(self):
        login = self.login()
        answer = self.device("scan", self.text(login), "--json").json
        self.assertEqual(answer["scan"], {"scan": login["login"], "kind": "login", "system": "电子病历", "purpose": PURPOSE})
        self.assertEqual((answer["login"]["login"], len(answer["login"]["rs"])), (login["login"], 128))

    def test_a_wrong_pin_leaves_the_login_open(self):
        login = self.login()
        text = self.text(login)
        self.refused("pin_wrong", "scan", text, pin="593827")
        self.assertEqual(self.state(login)["state"], "scanned")
        done = self.device("scan", text)  # the same phone, within the code's life
        self.assertEqual(done.code, 0, done)
        self.assertIn("1", done.out)  # wrong PINs before
        self.assertEqual(self.state(login)["state"], "done")

    def test_a_photographed_code_is_dead(self):
        login = self.login()
        text = self.text(login)
        time.sleep(LIFE + 1)
        self.refused("scan_refused", "scan", text)
        self.assertEqual(self.state(login)["state"], "open")
        self.assertEqual(self.device("scan", self.text(login)).code, 0)

    def test_the_first_phone_has_it(self):
        login = self.login()
        text = self.text(login)
        other = self.enrolled(self.person("李秀英"))
        self.refused("pin_wrong", "scan", text, pin="593827")
        self.refused("scan_refused", "scan", text, phone=other)

    def test_a_login_for_one_person(self):
        login = self.login("--staff-no", self.person("李秀英"))
        self.refused("scan_refused", "scan", self.text(login))

    def test_what_is_no_code(self):
        for text in ("", "https://sign.hospital.example", "YIQIAN:1:L:", "YIQIAN:1:X:" + 40 * "A", "YIQIAN:1:L:" + 400 * "A",
                     "YIQIAN:1:W:" + 227 * "A", "YIQIAN:1:W:AQ"):
            done = self.device("scan", text)
            self.assertEqual(done.code, 2, done)
        done = self.device("scan", "YIQIAN:1:W:AQ" + 225 * "A")  # a workstation's, of no workstation
        self.assertEqual(done.code, 1, done)
        self.refused("scan_refused", "scan", "YIQIAN:1:L:" + 40 * "A")

    def test_types_the_short_code_and_the_number(self):
        login = self.login()
        short_code = login["short_code"]
        done = self.device("login", short_code)  # says that the screen now shows a number
        self.assertEqual(done.code, 2, done)
        self.assertIn("--number", done.err)
        number = self.state(login)["number"]
        self.assertRegex(number, r"^\d\d$")
        done = self.device("login", short_code[:4] + " " + short_code[4:], "--number", number)
        self.assertEqual(done.code, 0, done)
        got = self.state(login)
        self.assertEqual((got["state"], got["result"]["staff_no"]), ("done", self.staff_no))

    def test_a_wrong_number_ends_it(self):
        login = self.login()
        self.device("login", login["short_code"])
        number = self.state(login)["number"]
        done = self.refused("scan_refused", "login", login["short_code"], "--number", f"{(int(number) + 1) % 100:02}")
        self.assertIn("two digits", done.err)
        got = self.state(login)
        self.assertEqual((got["state"], got["reason"], got["result"]), ("declined", "number_wrong", None))
        self.refused("scan_refused", "login", login["short_code"], "--number", number)
        self.assertEqual(self.device("login", "1234567").code, 2)

    # Signing

    def task(self, *arguments):
        return self.answer("task", "create", "--signer", self.staff_no, "--file", self.record, *arguments,
                           *self.credential)["task"]

    def test_signs_a_task_by_scan(self):
        task = self.task("--title", "出院小结", "--field", "患者=林晓岚")
        text = self.ok("task", "scan-code", task, "--text", *self.credential).out.strip()
        self.assertTrue(text.startswith("YIQIAN:1:S:"))
        done = self.device("scan", text)
        self.assertEqual(done.code, 0, done)
        self.assertIn("林晓岚", done.out)
        self.assertEqual(self.answer("task", "show", task, *self.credential)["state"], "signed")

    def test_another_persons_task_is_refused(self):
        text = self.ok("task", "scan-code", self.task(), "--text", *self.credential).out.strip()
        self.refused("task_not_yours", "scan", text, phone=self.enrolled(self.person("李秀英")))

    def batch(self, n):
        path = self.folder / f"batch{self.people}.json"
        tasks = [{"signer": self.staff_no, "form": "raw", "title": f"病程记录 {i}", "file": str(self.record)} for i in range(n)]
        path.write_text(json.dumps(tasks))
        return self.answer("task", "batch", path, *self.credential)["batch"]

    def test_signs_a_batch_by_scan(self):
        other = self.task()
        batch = self.batch(205)  # more than come at once
        text = self.ok("task", "scan-code", "--batch", batch, "--text", *self.credential).out.strip()
        answer = self.device("scan", text, "--json").json
        self.assertEqual([one["status"] for one in answer["signatures"]], 205 * ["ok"])
        self.assertEqual([one["task"] for one in self.device("tasks", "--json").json["tasks"]], [other])

    def test_a_code_needs_a_task_or_a_batch(self):
        self.fails(2, "task", "scan-code", *self.credential, says=("--batch",))
        self.fails(2, "task", "scan-code", "x", "--batch", "y", *self.credential, says=("--batch",))
        self.fails(1, "task", "scan-code", "0190a3f0-0000-7000-8000-000000000001", *self.credential, says=("task_not_found",))

    # Enrolling

    def enrolment_code(self, staff_no):
        """With the url where this server listens: its own has no public_url, and the port was chosen when it began."""
        text = self.ok("user", "scan-code", staff_no, "--text", *self.operator).out.strip()
        plain = base64.urlsafe_b64decode(text[11:] + "=" * (-len(text[11:]) % 4))
        self.assertRegex(plain[30:].decode(), r"^http://127\.0\.0\.1:")
        return text[:11] + base64.urlsafe_b64encode(plain[:30] + self.url.encode()).decode().rstrip("=")

    def test_enrols_by_scan(self):
        staff_no, phone = self.person("赵敏"), self.new_phone()
        text = self.enrolment_code(staff_no)
        done = self.device("scan", text, phone=phone)  # nobody looked at the address in the code
        self.assertEqual(done.code, 2, done)
        self.assertIn(self.url, done.err)
        done = self.device("scan", text, "--yes", "--name", "赵敏的手机", phone=phone)
        self.assertEqual(done.code, 0, done)
        self.assertIn("赵敏", done.out)
        keys = self.answer("user", "keys", staff_no, *self.operator)["items"]
        self.assertEqual([(key["state"], key["device_name"]) for key in keys], [("active", "赵敏的手机")])
        self.refused("scan_refused", "scan", text, phone=phone)  # once

    def test_a_phone_with_a_server_asks_no_other(self):
        staff_no = self.person("赵敏")
        text = self.enrolment_code(staff_no)
        head = text[:11 + 40]  # the url is cut off: the phone has its own
        done = self.device("scan", head)
        self.assertEqual(done.code, 0, done)
        self.assertEqual(len(self.device("keys", "--json").json["keys"]), 2)

    def test_a_photographed_enrolment_is_dead(self):
        text = self.enrolment_code(self.person("赵敏"))
        time.sleep(LIFE + 1)
        self.refused("scan_refused", "scan", text, "--yes", phone=self.new_phone())

    # On terminals

    def read_terminal(self, master, until, seconds=20):
        text, end = b"", time.monotonic() + seconds
        while not re.search(until, text.decode(errors="replace")):
            self.assertLess(time.monotonic(), end, text.decode(errors="replace"))
            if select.select([master], [], [], 0.2)[0]:
                text += os.read(master, 65536)
        return text.decode()

    def on_terminal(self, *arguments, lang="zh_CN.UTF-8"):
        master, slave = pty.openpty()
        self.addCleanup(os.close, master)
        env = {name: value for name, value in os.environ.items() if not name.startswith(("YIQIAN_", "LC_"))}
        process = subprocess.Popen([cli.YIQIAN, *map(str, arguments)], stdin=slave, stdout=slave, stderr=slave,
                                   env={**env, "LANG": lang, "YIQIAN_PIN": PIN})
        os.close(slave)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process, master

    def test_the_code_changes_in_its_place(self):
        login = self.login()
        process, master = self.on_terminal("login", "code", login["login"], *self.credential)
        frames = self.read_terminal(master, r"(?s)\x1b\[21A.*\x1b\[21A")  # drawn, and twice anew
        first, second = frames.split("\x1b[21A\r")[:2]
        self.assertNotEqual(first, second)
        texts = []
        for frame in (first, second):
            lines = frame.replace("\r", "").split("\n")[:21]
            for line in lines:
                self.assertRegex(line, r"^\x1b\[97;40m[ ▀▄█]{41}\x1b\[0m$")
            texts.append(qr.read_terminal([line[8:-4] for line in lines]))
        self.assertNotEqual(*texts)
        self.assertEqual(self.device("scan", texts[1]).code, 0)
        self.read_terminal(master, "已扫码|已完成")
        self.assertEqual(process.wait(10), 0)

    def test_the_number_is_shown_where_the_code_was(self):
        login = self.login()
        process, master = self.on_terminal("login", "code", login["login"], *self.credential)
        self.read_terminal(master, "▀")
        self.device("login", login["short_code"])
        shown = self.read_terminal(master, r"数字: \d\d")
        self.assertEqual(process.wait(10), 0)
        self.assertIn(self.state(login)["number"], shown)

    def test_a_person_types_and_says_yes(self):
        login = self.login()
        process, master = self.on_terminal("device", "login", "--dir", self.phone, login["short_code"])
        self.read_terminal(master, "两位数字")
        os.write(master, (self.state(login)["number"] + "\n").encode())
        self.read_terminal(master, r"\[Y/n\]")
        os.write(master, b"y\n")
        self.read_terminal(master, "已登录")
        self.assertEqual(process.wait(10), 0)
        self.assertEqual(self.state(login)["state"], "done")

    def test_a_person_says_no(self):
        login = self.login()
        process, master = self.on_terminal("device", "scan", "--dir", self.phone, self.text(login))
        self.read_terminal(master, r"\[Y/n\]")
        os.write(master, b"n\n")
        self.read_terminal(master, "已放弃")
        self.assertEqual(process.wait(10), 1)
        self.assertEqual(self.state(login)["state"], "declined")

    # A lost phone

    def test_a_lost_phone_signs_no_more(self):
        lost = self.enrolled(self.staff_no)
        self.assertEqual(self.device("other-keys", phone=self.enrolled(self.person("李秀英")), lang="zh_CN.UTF-8").out,
                         "本人没有其他手机\n")
        others = self.device("other-keys", "--json").json["keys"]
        self.assertEqual([(key["state"], key["platform"]) for key in others], [("active", "linux-cli")])
        key = others[0]["key_id"]
        self.assertIn(key, self.device("other-keys").out)
        task = self.task()
        done = self.device("lost", key)  # nobody is there to be asked
        self.assertEqual(done.code, 2, done)
        self.assertIn("--yes", done.err)
        self.assertEqual(self.device("other-keys", "--json").json["keys"], others)
        begin = time.monotonic()
        done = self.device("lost", key, "--yes")
        self.assertLess(time.monotonic() - begin, REVOKED_WITHIN)
        self.assertEqual(done.code, 0, done)
        refused = self.device("sign", task, "--json", phone=lost)  # from the answer on
        self.assertEqual(refused.code, 1, refused)
        self.assertIn(refused.json["error"]["code"], ("unauthenticated", "certificate_revoked", "key_state"))
        refused = self.device("sign", task, phone=lost)
        self.assertIn("enrol anew", refused.err)
        self.assertNotIn("signature", refused.err)
        self.assertIn("重新登记", self.device("sign", task, phone=lost, lang="zh_CN.UTF-8").err)
        shown = self.device("keys", phone=lost)
        self.assertEqual(shown.code, 1, shown)
        self.assertIn("destroyed", shown.out)
        self.assertIn("enrol anew", shown.err)
        self.assertIn("已销毁", self.device("keys", "--offline", phone=lost, lang="zh_CN.UTF-8").out)
        self.assertEqual(self.device("other-keys", "--json").json["keys"], [])
        self.assertEqual(self.device("sign", task).code, 0)
        self.assertEqual(self.device("lost", key, "--yes").code, 0)  # once more, after a lost answer
        self.refused("key_not_found", "lost", "0190a3f0-0000-7000-8000-000000000001", "--yes")
        own = self.device("keys", "--json").json["keys"][0]["key_id"]
        self.assertEqual(self.device("lost", own, "--yes").code, 2)


if __name__ == "__main__":
    unittest.main()
