"""The policy on certificates through the command line, and one device that several people share."""
import pathlib
import tempfile
import unittest

import cli
from server import Server

PINS = {"D1001": "274915", "N2002": "583926"}


class Policy(cli.Checks, unittest.TestCase):
    def setUp(self):
        self.server = Server(options=["--certificate-life", "20d"])
        self.addCleanup(self.server.close)
        self.url = f"http://127.0.0.1:{self.server.port}"
        folder = tempfile.TemporaryDirectory(prefix="yiqian-cli-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.operator = ["--data-dir", self.server.data_dir]
        self.credential = ["--credential", self.folder / "emr.json"]
        for arguments in (["user", "add", "--staff-no", "D1001", "--name", "王建国"], ["user", "add", "--staff-no", "N2002", "--name", "李秀英"],
                          ["system", "add", "--name", "电子病历", "--scope", "tasks"],
                          ["system", "credential", "电子病历", "--server", self.url, "--output", self.folder / "emr.json"]):
            done = cli.yiqian(*arguments, *self.operator)
            self.assertEqual(done.code, 0, done)

    def device(self, phone, command, *arguments, pin=PINS["D1001"]):
        return cli.yiqian("device", command, "--dir", self.folder / phone, *arguments, env={"YIQIAN_PIN": pin})

    def enrol(self, staff_no, phone, name="手机"):
        code = self.answer("user", "activate", staff_no, *self.operator)
        done = self.device(phone, "enrol", "--server", self.url, "--staff-no", staff_no, "--code", code["activation_code"], "--name", name, "--yes",
                           pin=PINS[staff_no])
        self.assertEqual(done.code, 0, done)
        return done

    def keys(self, phone):
        done = self.device(phone, "keys", "--json")
        self.assertEqual(done.code, 0, done)
        return {k["staff_no"]: k for k in done.json["keys"]}

    def create(self, staff_no):
        return self.answer("task", "create", "--signer", staff_no, "--file", cli.RECORD, "--title", "出院小结", *self.credential)["task"]

    def test_the_switch(self):
        self.enrol("D1001", "old", "旧手机")
        shown = self.answer("policy", "show", *self.operator)
        self.assertEqual((shown["certificates_per_person"], shown["renewal_days"]), ("many", 30))
        done = cli.yiqian("policy", "set", "--certificates-per-person", "single", "--renewal-days", "14", *self.operator)
        self.assertEqual(done.code, 0, done)
        self.assertIn("Nothing is revoked by it", done.out)
        done = cli.yiqian("policy", "set", *self.operator)
        self.assertNotEqual(done.code, 0)
        # The operator is told with the code, the person at the phone.
        told = cli.yiqian("user", "activate", "D1001", *self.operator)
        self.assertIn("旧手机", told.out)
        done = self.enrol("D1001", "new", "新手机")
        self.assertIn("旧手机", done.err)
        task = self.create("D1001")
        done = self.device("old", "sign", task)
        self.assertEqual(done.code, 1, done)
        self.assertIn("certificate_superseded", done.err)
        done = self.device("new", "sign", task)
        self.assertEqual(done.code, 0, done)

    def test_phones_are_not_replaced_without_a_word(self):
        """Where nobody is there to be asked, what ends another phone needs --yes: an enrolment, and a renewal."""
        self.ok("user", "set", "D1001", "--certificates", "many", *self.operator)
        self.enrol("D1001", "first", "旧手机")
        self.enrol("D1001", "second")
        active = lambda: len(self.answer("cert", "list", "--state", "active", *self.operator)["items"])
        self.ok("user", "set", "D1001", "--certificates", "single", *self.operator)
        code = self.answer("user", "activate", "D1001", *self.operator)["activation_code"]
        enrol = ["enrol", "--server", self.url, "--staff-no", "D1001", "--code", code]
        self.answer("policy", "set", "--renewal-days", "30", *self.operator)
        for phone, arguments in (("third", enrol), ("second", ["renew"])):
            done = self.device(phone, *arguments)
            self.assertEqual(done.code, 2, done)
            self.assertIn("旧手机", done.err)
            self.assertIn("--yes", done.err)
            self.assertEqual(active(), 2)
        self.assertEqual(self.keys("third"), {})
        self.enrol("D1001", "third")
        self.assertEqual(active(), 1)

    def test_a_person_s_own_switch(self):
        self.assertEqual(self.answer("user", "set", "D1001", "--certificates", "single", *self.operator)["certificates"], "single")
        self.enrol("D1001", "old")
        self.enrol("D1001", "new")
        listed = self.answer("cert", "list", "--state", "active", *self.operator)["items"]
        self.assertEqual(len(listed), 1)
        self.assertEqual(self.answer("user", "set", "D1001", "--certificates", "many", *self.operator)["certificates"], "many")
        self.assertEqual(self.answer("user", "show", "D1001", *self.operator)["certificates"], "many")

    def test_renewal_and_another_key(self):
        self.enrol("D1001", "phone")
        self.enrol("N2002", "phone")  # a shared device: the other person's key is left alone
        done = cli.yiqian("policy", "set", "--renewal-days", "181", *self.operator)
        self.assertEqual(done.code, 2, done)
        self.answer("policy", "set", "--renewal-days", "7", *self.operator)
        done = self.device("phone", "renew", "--key", "D1001")
        self.assertEqual(done.code, 1, done)
        self.assertIn("renewal_not_due", done.err)
        self.assertFalse(self.keys("phone")["D1001"]["renewal_due"])
        self.answer("policy", "set", "--renewal-days", "30", *self.operator)
        keys = self.keys("phone")
        self.assertTrue(keys["D1001"]["renewal_due"])
        self.assertIn("renew it", self.device("phone", "keys").out)
        done = self.device("phone", "renew", "--key", "D1001", pin=PINS["N2002"])
        self.assertEqual(done.code, 1, done)
        self.assertIn("pin_wrong", done.err)
        keys = self.keys("phone")
        done = self.device("phone", "renew", "--key", "D1001", "--json")
        self.assertEqual(done.code, 0, done)
        renewed = self.keys("phone")
        self.assertEqual(done.json["key"]["serial"], renewed["D1001"]["serial"])
        self.assertNotEqual(renewed["D1001"]["serial"], keys["D1001"]["serial"])
        self.assertEqual(renewed["D1001"]["key_id"], keys["D1001"]["key_id"])
        self.assertEqual(renewed["N2002"], keys["N2002"])
        done = self.device("phone", "sign", self.create("D1001"), "--key", "D1001")
        self.assertEqual(done.code, 0, done)
        # Another key in its place.
        done = self.device("phone", "rekey", "--key", "D1001")
        self.assertEqual(done.code, 0, done)
        other = self.keys("phone")
        self.assertEqual(len(other), 2)
        self.assertNotEqual(other["D1001"]["key_id"], renewed["D1001"]["key_id"])
        self.assertEqual(other["N2002"], keys["N2002"])
        done = self.device("phone", "sign", self.create("D1001"), "--key", "D1001")
        self.assertEqual(done.code, 0, done)
        listed = self.answer("cert", "list", *self.operator)["items"]
        self.assertEqual(sorted(c["state"] for c in listed if c["user"]["staff_no"] == "D1001"), ["active", "superseded", "superseded"])
        self.assertEqual([c["state"] for c in listed if c["user"]["staff_no"] == "N2002"], ["active"])

    def test_one_device_with_several_people(self):
        """Each signs with his own PIN what is his; the other's PIN is a wrong one for his key alone."""
        self.enrol("D1001", "ward")
        self.enrol("N2002", "ward")
        mine, hers = self.create("D1001"), self.create("N2002")
        done = self.device("ward", "sign", mine)
        self.assertEqual(done.code, 2, done)  # whose key? there are two
        done = self.device("ward", "sign", hers, "--key", "N2002", pin=PINS["D1001"])
        self.assertEqual(done.code, 1, done)
        keys = self.keys("ward")
        self.assertEqual((keys["D1001"]["tries_left"], keys["N2002"]["tries_left"]), (5, 4))
        done = self.device("ward", "sign", mine, "--key", "N2002", pin=PINS["N2002"])
        self.assertEqual(done.code, 1, done)  # not hers
        for staff_no, task in (("D1001", mine), ("N2002", hers)):
            done = self.device("ward", "sign", task, "--key", staff_no, pin=PINS[staff_no])
            self.assertEqual(done.code, 0, done)
        # One of them goes; the other's key is untouched.
        done = self.device("ward", "remove", keys["D1001"]["key"])
        self.assertEqual(done.code, 0, done)
        done = self.device("ward", "sign", self.create("N2002"), pin=PINS["N2002"])
        self.assertEqual(done.code, 0, done)


if __name__ == "__main__":
    unittest.main()
