"""Timestamps of signatures through the command line: asked for, saved, read by OpenSSL and BouncyCastle; and a batch of a thousand."""
import base64
import hashlib
import json
import pathlib
import re
import tempfile
import time
import unittest

import cli
from server import Server
from test_cli_cms import BOUNCY_CASTLE, run

PIN = "274915"
BATCH = 1000
BATCH_SECONDS = 60  # of the whole, on a slow machine; what the timestamps add is a part of a second


class Stamps(cli.Checks, unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.addClassCleanup(cls.server.close)
        folder = tempfile.TemporaryDirectory(prefix="yiqian-cli-")
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        url = f"http://127.0.0.1:{cls.server.port}"
        cls.operator = ["--data-dir", cls.server.data_dir]
        cls.credential = ["--credential", cls.folder / "emr.json"]
        for arguments in (["user", "add", "--staff-no", "D1001", "--name", "王建国", "--department", "呼吸内科"],
                          ["system", "add", "--name", "电子病历", "--scope", "tasks,verify", "--stamps", "on"],
                          ["system", "credential", "电子病历", "--server", url, "--output", cls.folder / "emr.json"]):
            done = cli.yiqian(*arguments, *cls.operator)
            assert done.code == 0, done
        code = cli.yiqian("user", "activate", "D1001", "--json", *cls.operator).json["activation_code"]
        done = cls.device("enrol", "--server", url, "--staff-no", "D1001", "--code", code, "--yes")
        assert done.code == 0, done

    @classmethod
    def device(cls, command, *arguments):
        return cli.yiqian("device", command, "--dir", cls.folder / "phone", *arguments, env={"YIQIAN_PIN": PIN})

    def signed(self, *arguments):
        task = self.answer("task", "create", "--signer", "D1001", "--file", cli.RECORD, *arguments, *self.credential)["task"]
        self.assertEqual(self.device("sign", task).code, 0)
        return task

    def save(self, task, name, *arguments):
        path = self.folder / name
        shown = self.answer("task", "signature", task, "--output", path, *arguments, *self.credential)
        return path, shown

    def test_it_is_shown_and_saved(self):
        task = self.signed()
        token = self.folder / "signature.tst"
        der, shown = self.save(task, "signature.der", "--timestamp", token)
        self.assertEqual(token.read_bytes(), base64.b64decode(shown["timestamp"]["token"]))
        text = self.ok("task", "show", task, *self.credential).out
        for value in (shown["timestamp"]["time"], shown["timestamp"]["serial"], shown["timestamp"]["policy"], str(shown["timestamp"]["accuracy_us"])):
            self.assertIn(value, text)
        self.assertNotIn("still to come", text)
        code, said = run("openssl", "ts", "-reply", "-token_in", "-in", token, "-text")
        self.assertEqual(code, 0, said)
        dump = "".join(re.sub("[ -]", "", line) for line in re.findall(r"^ *00[01]0 - ((?:[0-9a-f]{2}[ -]){16})", said, re.M))
        self.assertEqual(dump, hashlib.new("sm3", der.read_bytes()).hexdigest())
        self.assertIn(shown["timestamp"]["serial"].upper().lstrip("0"), said)

    def test_without_one_nothing_is_written(self):
        self.answer("system", "set", "电子病历", "--stamps", "off", *self.operator)
        try:
            task = self.signed()
        finally:
            self.answer("system", "set", "电子病历", "--stamps", "on", *self.operator)
        paths = self.folder / "none.der", self.folder / "none.tst"
        self.fails(1, "task", "signature", task, "--output", paths[0], "--timestamp", paths[1], *self.credential, says=("no timestamp", "--stamps on"))
        self.assertFalse(any(path.exists() for path in paths))
        self.assertNotIn("Timestamp", self.ok("task", "show", task, *self.credential).out)

    def test_one_that_is_still_to_come_is_said(self):
        self.server.operate("POST", "/v1/tsa/units/sm2/stop")
        try:
            task = self.signed()
            self.assertIn("The timestamp is still to come", self.ok("task", "show", task, *self.credential).out)
            self.assertIn("时间戳待补", self.ok("task", "show", task, *self.credential, lang="zh_CN.UTF-8").out)
            self.fails(1, "task", "signature", task, "--output", self.folder / "x", "--timestamp", self.folder / "y", *self.credential, says=("pending",))
        finally:
            self.server.operate("POST", "/v1/tsa/units/sm2/start")

    def test_bouncy_castle_reads_it_in_the_signed_data(self):
        task = self.signed("--form", "cms")
        self.save(task, "saved.p7s")
        signature = self.answer("task", "show", task, *self.credential)["signature"]
        (self.folder / "document").write_bytes(cli.RECORD.read_bytes())
        (self.folder / "person.cer").write_bytes(base64.b64decode(signature["certificate"]))
        (self.folder / "root.cer").write_bytes(base64.b64decode(signature["chain"][0]))
        signed = self.answer("verify", "--file", cli.RECORD, "--cms", self.folder / "saved.p7s", *self.credential)["signing_time"]
        code, said = run(*BOUNCY_CASTLE, "stamped", self.folder, signed)
        self.assertEqual(code, 0, said)
        # The signature of another: its timestamp does not fit.
        other = self.signed("--form", "cms")
        _, shown = self.save(other, "other.p7s")
        token, wrong = base64.b64decode(self.answer("task", "show", task, *self.credential)["timestamp"]["token"]), base64.b64decode(shown["timestamp"]["token"])
        if len(token) == len(wrong):
            changed = (self.folder / "saved.p7s").read_bytes().replace(token, wrong)
            (self.folder / "saved.p7s").write_bytes(changed)
            code, said = run(*BOUNCY_CASTLE, "stamped", self.folder, signed)
            self.assertNotEqual(code, 0)
            self.assertIn("messageImprint", said)
        code, said = run("openssl", "asn1parse", "-inform", "DER", "-in", self.folder / "other.p7s")
        self.assertEqual(said.count("id-smime-aa-timeStampToken"), 1, said[-2000:])

    def test_a_batch_of_a_thousand(self):
        wish = {"title": "一千份", "tasks": [{"signer": "D1001", "form": "digest", "title": f"护理记录 {i}",
                                           "digest": hashlib.new("sm3", f"护理记录 {i}".encode()).hexdigest()} for i in range(BATCH)]}
        (self.folder / "batch.json").write_text(json.dumps(wish, ensure_ascii=False))
        credential = json.loads((self.folder / "emr.json").read_text())
        system = type(self.server.system("另一系统"))(self.server.new_client(), credential["key"], credential["secret"])
        status, made = system.call("POST", "/v1/task-batches", wish)
        self.assertEqual(status, 201, made)
        begin = time.monotonic()
        done = self.device("sign", "--all", "--unseen")
        took = time.monotonic() - begin
        self.assertEqual(done.code, 0, done)
        self.assertLess(took, BATCH_SECONDS)
        states, serials, after = [], set(), ""
        while after is not None:
            page = system.call("GET", f"/v1/task-batches/{made['batch']}?limit=200{after}")[1]
            states += [(task["state"], task["timestamp"]["state"]) for task in page["items"]]
            serials |= {task["timestamp"]["serial"] for task in page["items"]}
            after = page["next"] and "&after=" + page["next"]
        self.assertEqual(states, [("signed", "stamped")] * BATCH)
        self.assertEqual(len(serials), BATCH)
        print(f"a batch of {BATCH}: {took:.1f} s from the phone's command to its end", end=" ")


if __name__ == "__main__":
    unittest.main()
