"""The C SDK by fingerprint against a real server, with the file that stands for a finger in tests; and what was signed."""
import os
import pathlib
import stat
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cli"))
import cli  # noqa: E402
from server import Server  # noqa: E402
from workstation import Workstation  # noqa: E402

PIN, NEW_PIN, WRONG = "274950", "593827", "999000"
TEXT = "出院小结：张三，病情稳定。\n".encode()


class Fingerprint(cli.Checks, unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.addClassCleanup(cls.server.close)
        cls.url = f"http://127.0.0.1:{cls.server.port}"
        cls.system = cls.server.system()
        folder = tempfile.TemporaryDirectory(prefix="yiqian-fingerprint-")
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        cls.people = 0

    def setUp(self):
        self.staff_no, self.phone = self.person(), self.folder / f"phone{self.people}"
        self.enrol(self.staff_no)

    def tearDown(self):
        self.server.operate("PATCH", "/v1/policy", {"fingerprint": True})

    def person(self):
        type(self).people += 1
        staff_no = f"D{self.people:04}"
        self.user = self.server.user(staff_no)
        return staff_no

    def device(self, command, *arguments, pin=PIN, finger=True):
        return cli.yiqian("device", command, "--dir", self.phone, *(["--test-finger"] if finger else []), *arguments, env={"YIQIAN_PIN": pin} if pin else {})

    def enrol(self, staff_no):
        done = self.device("enrol", "--server", self.url, "--staff-no", staff_no, "--code", self.server.code(self.user), "--yes")
        self.assertEqual(done.code, 0, done)

    def does(self, *arguments, **more):
        done = self.device(*arguments, **more)
        self.assertEqual(done.code, 0, done)
        return done

    def fails_with(self, code, *arguments, **more):
        done = self.device(*arguments, "--json", **more)
        self.assertEqual((done.code, done.json["error"].get("code") or done.json["error"]["status"]), (1, code), done)
        return done.json["error"]

    def task(self, **more):
        return self.system.create(self.staff_no, TEXT, **more)["task"]

    def by_finger(self, task):
        return self.device("sign", task, "--fingerprint", pin=None)

    def key(self, *arguments):
        return self.does("keys", "--json", *arguments).json["keys"][0]

    def wraps(self):
        return [path for path in self.phone.iterdir() if path.name.startswith("fingerprint-")]

    def failures(self):
        return 5 - self.key()["tries_left"]

    def test_on_sign_and_off(self):
        task = self.task()
        self.fails_with("fingerprint_off", "fingerprint", "on", finger=False)
        self.fails_with("fingerprint_off", "sign", task, "--fingerprint", pin=None)
        self.assertEqual(self.device("fingerprint", "maybe").code, 2)
        self.fails_with("pin_wrong", "fingerprint", "on", pin=WRONG)
        self.does("fingerprint", "on")
        self.assertTrue(self.key()["fingerprint"])
        self.assertEqual([stat.S_IMODE(os.stat(path).st_mode) for path in self.wraps()], [0o600])
        done = self.by_finger(task)
        self.assertEqual(done.code, 0, done)
        signature = self.system.task(task)["signature"]
        self.assertEqual(signature["method"], "fingerprint")
        with_pin = self.task()
        self.does("sign", with_pin)
        self.assertEqual(self.system.task(with_pin)["signature"]["method"], "pin")
        self.fails_with("fingerprint_off", "sign", self.task(), "--fingerprint", finger=False, pin=None)
        self.does("fingerprint", "off")
        self.assertEqual((self.wraps(), self.key()["fingerprint"]), ([], False))
        self.fails_with("fingerprint_off", "sign", self.task(), "--fingerprint", pin=None)

    def test_it_goes_along_with_a_new_pin_and_new_shares(self):
        self.does("fingerprint", "on")
        new = self.folder / f"new-pin{self.people}"
        new.write_text(NEW_PIN)
        new.chmod(0o600)
        before = self.wraps()[0].read_bytes()
        self.does("pin", "--new-pin-file", new)
        self.assertNotEqual(self.wraps()[0].read_bytes(), before)
        self.assertEqual(self.by_finger(self.task()).code, 0)
        self.does("refresh", pin=NEW_PIN)
        self.assertEqual(self.by_finger(self.task()).code, 0)
        self.assertEqual(self.failures(), 0)

    def test_a_mask_left_behind_is_no_wrong_pin(self):
        self.does("fingerprint", "on")
        wrap = self.wraps()[0]
        old = wrap.read_bytes()
        self.does("refresh")
        wrap.write_bytes(old)
        self.fails_with("fingerprint_off", "sign", self.task(), "--fingerprint", pin=None)
        self.assertEqual((self.failures(), self.wraps(), self.key()["fingerprint"]), (0, [], False))
        self.does("sign", "--all")

    def test_not_on_a_shared_device(self):
        self.does("fingerprint", "on")
        mine, first = self.staff_no, self.task()
        self.enrol(self.person())
        self.assertEqual((self.wraps(), [key["fingerprint"] for key in self.does("keys", "--json").json["keys"]]), ([], [False, False]))
        self.fails_with("fingerprint_off", "sign", first, "--fingerprint", "--key", mine, pin=None)
        self.fails_with("key_state", "fingerprint", "on", "--key", mine)
        self.does("sign", first, "--key", mine)

    def test_the_hospital_may_forbid_it(self):
        self.does("fingerprint", "on")
        self.server.operate("PATCH", "/v1/policy", {"fingerprint": False})
        task = self.task()
        self.fails_with("fingerprint_forbidden", "sign", task, "--fingerprint", pin=None)
        key = self.key("--offline")
        self.assertEqual((key["fingerprint"], key["fingerprint_allowed"], self.wraps()), (False, False, []))
        self.fails_with("key_state", "fingerprint", "on")
        self.does("sign", task)
        self.server.operate("PATCH", "/v1/policy", {"fingerprint": True})
        self.does("fingerprint", "on")
        self.assertTrue(self.key()["fingerprint_allowed"])

    def test_the_command_line_changes_the_policy(self):
        operator = ["--data-dir", self.server.data_dir]
        self.assertFalse(self.answer("policy", "set", "--fingerprint", "forbidden", *operator)["fingerprint"])
        self.assertFalse(self.answer("policy", "show", *operator)["fingerprint"])
        self.assertTrue(self.answer("policy", "set", "--fingerprint", "allowed", *operator)["fingerprint"])

    def test_a_login_and_an_authorisation(self):
        self.does("fingerprint", "on")
        status, login = self.system.call("POST", "/v1/logins", {"purpose": "查房"})
        self.assertEqual(status, 201, login)
        _, shown = self.system.call("GET", f"/v1/logins/{login['login']}/code")
        done = self.device("scan", shown["code"], "--yes", "--fingerprint", pin=None)
        self.assertEqual(done.code, 0, done)
        made = self.server.operate("POST", "/v1/workstations", {"name": f"护士站{self.people}", "place": "三楼"})
        station = Workstation(self.server.new_client())
        station.register(f"护士站{self.people}", made["registration_code"])
        station.login()
        done = self.device("authorise", station.offer_qr(), "--yes", "--fingerprint", pin=None)
        self.assertEqual(done.code, 0, done)
        self.assertEqual([a["method"] for a in self.server.operate("GET", "/v1/authorisations?state=active")["items"]], ["fingerprint"])
        history = self.does("history", "--json").json["signatures"]
        self.assertEqual([(e["kind"], e["method"]) for e in history], [("login", "fingerprint")])

    def test_history(self):
        self.assertEqual(self.does("history", "--json").json, {"signatures": [], "next": None})
        tasks = [self.task(title=f"医嘱 {i}") for i in range(3)]
        for task in tasks:
            self.does("sign", task)
        page = self.does("history", "--json", "--limit", "2").json
        self.assertEqual(([e["task"] for e in page["signatures"]], page["next"]), (tasks[:0:-1], tasks[1]))
        rest = self.does("history", "--json", "--limit", "2", "--before", page["next"]).json
        self.assertEqual(([e["title"] for e in rest["signatures"]], rest["next"]), (["医嘱 0"], None))
        shown = self.does("history").out
        for text in ("医嘱 1", "电子病历", "pin"):
            self.assertIn(text, shown)
        self.assertEqual(self.device("history", "--before", "x").code, 2)


if __name__ == "__main__":
    unittest.main()
