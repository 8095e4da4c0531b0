"""The main job through the command line alone: people, devices, systems, a record signed, fetched and verified, also by OpenSSL."""
import base64
import calendar
import hashlib
import json
import os
import pathlib
import re
import shutil
import sqlite3
import stat
import subprocess
import tempfile
import time
import unittest

import cli
from receiver import Receiver, dead_port, verify
from server import Server

PIN = "274915"


def openssl(*arguments):
    done = subprocess.run(["openssl", *map(str, arguments)], capture_output=True)
    return done.returncode, done.stdout.decode(errors="replace") + done.stderr.decode(errors="replace")


class Job(cli.Checks, unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.addClassCleanup(cls.server.close)
        cls.url = f"http://127.0.0.1:{cls.server.port}"
        folder = tempfile.TemporaryDirectory(prefix="yiqian-cli-")
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        cls.operator = ["--data-dir", cls.server.data_dir]
        cls.credential = ["--credential", cls.folder / "emr.json"]
        for arguments in (["user", "add", "--staff-no", "D1001", "--name", "王建国", "--department", "呼吸内科", "--department", "急诊科"],
                          ["system", "add", "--name", "电子病历", "--scope", "tasks,users,verify"],
                          ["system", "credential", "电子病历", "--server", cls.url, "--output", cls.folder / "emr.json"]):
            done = cli.yiqian(*arguments, *cls.operator)
            assert done.code == 0, done
        cls.enrol("D1001", cls.folder / "phone")

    @classmethod
    def enrol(cls, staff_no, phone):
        done = cli.yiqian("user", "activate", staff_no, "--json", *cls.operator)
        assert done.code == 0, done
        done = cls.device(phone, "enrol", "--server", cls.url, "--staff-no", staff_no, "--code", done.json["activation_code"], "--yes")
        assert done.code == 0, done

    @classmethod
    def device(cls, phone, command, *arguments, pin=PIN):
        return cli.yiqian("device", command, "--dir", phone, *arguments, env={"YIQIAN_PIN": pin})

    def sign(self, task):
        done = self.device(self.folder / "phone", "sign", task)
        self.assertEqual(done.code, 0, done)

    def create(self, *arguments, file=cli.RECORD):
        return self.answer("task", "create", "--signer", "D1001", "--file", file, *arguments, *self.credential)

    def signed(self, *arguments, **more):
        task = self.create(*arguments, **more)
        self.sign(task["task"])
        return task["task"]

    def path(self, name, data):
        (self.folder / name).write_bytes(data)
        return self.folder / name

    def test_a_record_is_signed_fetched_and_verified_here_and_by_openssl(self):
        task = self.create("--title", "出院小结", "--description", "请核对后签名", "--reference", "ZY20260301-007")
        self.assertEqual((task["state"], task["media_type"], task["signer"]["staff_no"], task["department"]),
                         ("pending", "application/pdf", "D1001", "呼吸内科"))
        self.assertEqual(task["digest"], hashlib.new("sm3", cli.RECORD.read_bytes()).hexdigest())
        self.sign(task["task"])
        der, chain = self.folder / "s.der", self.folder / "chain.pem"
        shown = self.answer("task", "signature", task["task"], "--wait", "30s", "--output", der, "--certificate", chain, *self.credential)
        self.assertEqual(shown["state"], "signed")
        self.assertEqual(der.read_bytes(), base64.b64decode(shown["signature"]["der"]))
        self.openssl_agrees(der, chain)
        for source in (["--task", task["task"]], ["--signature", der, "--certificate", chain],
                       ["--signature", shown["signature"]["rs"], "--certificate", chain],
                       ["--signature", self.path("s.raw", bytes.fromhex(shown["signature"]["rs"])), "--certificate",
                        self.path("leaf.cer", base64.b64decode(shown["signature"]["certificate"]))]):
            text = self.ok("verify", "--file", cli.RECORD, *source, *self.credential).out
            self.assertIn("The signature is valid", text)
            self.assertRegex(text, r"(?m)^  Signature +ok ")
            self.assertIn("王建国", text)
        changed = self.path("changed.pdf", cli.RECORD.read_bytes() + b" ")
        for source in (["--task", task["task"]], ["--signature", der, "--certificate", chain]):
            done = self.verify_fails("--file", changed, *source)
            self.assertIn("NOT valid", done.out)
        self.assertIn("签名无效", self.verify_fails("--file", changed, "--task", task["task"], lang="zh_CN.UTF-8").out)
        self.assertFalse(self.verify_fails("--file", changed, "--task", task["task"], "--json").json["valid"])

    def verify_fails(self, *arguments, **more):
        done = cli.yiqian("verify", *arguments, *self.credential, **more)
        self.assertEqual((done.code, done.err), (1, ""), done)
        return done

    def openssl_agrees(self, der, chain):
        blocks = re.findall(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----\n", chain.read_text(), re.S)
        self.assertEqual(len(blocks), 3)
        leaf, issuing, root = (self.path(f"{i}.pem", block.encode()) for i, block in enumerate(blocks))
        identity = ["-vfyopt", "distid:1234567812345678"]
        for arguments in (["-trusted", issuing, leaf], ["-trusted", root, issuing], ["-trusted", root, root]):
            code, text = openssl("verify", "-partial_chain", *identity, *arguments)
            self.assertEqual(code, 0, text)
        code, public = openssl("x509", "-in", leaf, "-pubkey", "-noout")
        self.assertEqual(code, 0, public)
        code, text = openssl("dgst", "-sm3", "-verify", self.path("public.pem", public.encode()), "-sigopt",
                             "distid:1234567812345678", "-signature", der, cli.RECORD)
        self.assertEqual((code, text.strip()), (0, "Verified OK"))

    def test_by_digest_alone(self):
        record = self.path("large.bin", os.urandom(11 << 20))
        done = self.fails(1, "task", "create", "--signer", "D1001", "--file", record, *self.credential, says=("10 MiB", "--digest-only"))
        self.assertNotIn("Traceback", done.err)
        task = self.create("--digest-only", file=record)
        self.assertEqual((task["form"], task["document_size"]), ("digest", None))
        done = self.device(self.folder / "phone", "sign", task["task"], "--document", record)
        self.assertEqual(done.code, 0, done)
        self.ok("verify", "--file", record, "--form", "digest", "--task", task["task"], *self.credential)
        self.ok("verify", "--digest", task["digest"], "--task", task["task"], *self.credential)
        self.verify_fails("--digest", "00" * 32, "--task", task["task"])

    def test_tasks_are_listed_cancelled_and_idempotent(self):
        key = ["--idempotency-key", "emr-0001", "--reference", "ZY-LIST"]
        first = self.create(*key)
        self.assertEqual(self.create(*key)["task"], first["task"])
        self.fails(1, "task", "create", "--signer", "D1001", "--file", cli.RECORD, "--title", "x", *key, *self.credential,
                   says=("idempotency_mismatch",))
        second = self.create("--reference", "ZY-LIST")
        items = self.answer("task", "list", "--reference", "ZY-LIST", *self.credential)["items"]
        self.assertEqual([item["task"] for item in items], [first["task"], second["task"]])
        page = cli.yiqian("task", "list", "--reference", "ZY-LIST", "--limit", "1", *self.credential)
        self.assertIn("--after " + first["task"], page.err)
        page = self.ok("task", "list", "--reference", "ZY-LIST", "--after", first["task"], *self.credential).out
        self.assertIn(second["task"], page)
        self.assertNotIn(first["task"], page)
        self.assertIn("cancelled", self.ok("task", "cancel", first["task"], *self.credential).out)
        self.assertIn("已取消", self.ok("task", "show", first["task"], *self.credential, lang="zh_CN.UTF-8").out)
        states = self.answer("task", "list", "--reference", "ZY-LIST", "--state", "pending", *self.credential)["items"]
        self.assertEqual([item["task"] for item in states], [second["task"]])

    def test_a_countersignature_a_withdrawal_and_a_batch(self):
        first = self.create("--field", "患者=林晓岚")
        self.assertEqual(first["fields"], [{"label": "患者", "value": "林晓岚"}])
        second = self.answer("task", "create", "--signer", "D1001", "--title", "上级审签", "--document-of", first["task"],
                             "--after-task", first["task"], *self.credential)
        self.assertEqual((second["state"], second["digest"]), ("waiting", first["digest"]))
        self.sign(first["task"])
        self.sign(second["task"])
        self.fails(2, "task", "withdraw", first["task"], *self.credential)
        gone = self.answer("task", "withdraw", first["task"], "--reason", "签错患者", *self.credential)
        self.assertEqual((gone["state"], gone["withdrawal"]["reason"]), ("withdrawn", "签错患者"))
        self.assertIn("已撤回", self.ok("task", "show", first["task"], *self.credential, lang="zh_CN.UTF-8").out)
        for wrong in (["--title", "x"], ["--document-of", first["task"]], ["--file", cli.RECORD, "--field", "患者"]):
            self.fails(2, "task", "create", "--signer", "D1001", *wrong, *self.credential)
        file = self.path("batch.json", json.dumps([
            {"signer": "D1001", "form": "raw", "title": "一", "file": str(cli.RECORD)},
            {"signer": "D1001", "title": "二", "document_at": 0, "after": 0}], ensure_ascii=False).encode())
        batch = self.answer("task", "batch", file, "--title", "出院病历", *self.credential)
        self.assertEqual((batch["size"], batch["counts"]["waiting"], batch["counts"]["pending"]), (2, 1, 1))
        one = self.answer("task", "show", batch["tasks"][0], *self.credential)
        self.assertEqual((one["batch"], one["media_type"]), (batch["batch"], "application/pdf" if str(cli.RECORD).endswith("pdf") else
                                                             one["media_type"]))
        self.assertEqual(self.answer("task", "cancel", batch["tasks"][0], "--reason", "作废", *self.credential)["reason"], "作废")
        self.assertEqual(self.answer("task", "show", batch["tasks"][1], *self.credential)["state"], "cancelled")
        self.fails(1, "task", "batch", self.path("bad.json", b"{}"), *self.credential)

    def test_a_locked_key_is_unlocked(self):
        self.ok("user", "add", "--staff-no", "D1004", "--name", "孙洁", *self.operator)
        self.enrol("D1004", self.folder / "phone4")
        task = self.answer("task", "create", "--signer", "D1004", "--file", cli.RECORD, *self.credential)["task"]
        for _ in range(5):
            self.assertEqual(self.device(self.folder / "phone4", "sign", task, pin="385127").code, 1)
        key = self.answer("user", "keys", "D1004", *self.operator)["items"][0]
        self.assertEqual((key["state"], key["tries_left"]), ("locked", 0))
        self.assertIn("已锁定", self.ok("user", "keys", "D1004", *self.operator, lang="zh_CN.UTF-8").out)
        self.assertEqual(self.device(self.folder / "phone4", "sign", task).code, 1)
        self.ok("key", "unlock", key["key_id"], *self.operator)
        self.assertEqual(self.answer("key", "unlock", key["key_id"], *self.operator), {})
        self.assertEqual(self.device(self.folder / "phone4", "sign", task).code, 0)
        self.fails(1, "key", "unlock", "00000000-0000-7000-8000-000000000000", *self.operator, says=("key_not_found",))

    def test_a_key_is_frozen_its_pin_changed_and_its_phone_lost(self):
        self.ok("user", "add", "--staff-no", "D1005", "--name", "周强", *self.operator)
        self.enrol("D1005", self.folder / "phone5")
        key = self.answer("user", "keys", "D1005", *self.operator)["items"][0]["key_id"]
        phone = self.folder / "phone5"

        def signs(pin=PIN):
            task = self.answer("task", "create", "--signer", "D1005", "--file", cli.RECORD, *self.credential)["task"]
            return self.device(phone, "sign", task, pin=pin).code

        self.ok("key", "freeze", key, *self.operator)
        self.assertEqual(signs(), 1)
        self.fails(1, "key", "freeze", key, *self.operator, says=("key_state",))
        self.ok("key", "unfreeze", key, *self.operator)
        self.assertEqual(signs(), 0)
        new = self.folder / "new-pin"
        new.write_text("593827\n")
        new.chmod(0o644)
        refused = self.device(phone, "pin", "--new-pin-file", new)
        self.assertEqual(refused.code, 2)
        self.assertRegex(refused.err, f"(?s)others may read this file: {new}.*chmod 600")
        new.chmod(0o600)
        self.assertEqual(self.device(phone, "pin", "--new-pin-file", new).code, 0)
        self.assertEqual((signs(), signs("593827")), (1, 0))
        self.assertEqual(self.device(phone, "refresh", pin="593827").code, 0)
        self.assertEqual(signs("593827"), 0)
        self.assertEqual(self.answer("user", "lost", "D1005", "--key", key, "--yes", *self.operator), {"keys": 1})
        self.assertEqual(signs("593827"), 1)
        self.assertEqual(self.answer("user", "lost", "D1005", "--all", "--yes", *self.operator), {"keys": 0})

    def test_no_phone_is_lost_that_was_not_seen_or_named(self):
        """The keys go for good: without --yes somebody is asked, and where nobody can answer nothing happens."""
        self.ok("user", "add", "--staff-no", "D1008", "--name", "吴敏", *self.operator)
        self.ok("user", "set", "D1008", "--certificates", "many", *self.operator)
        for phone in ("phone8", "phone8b"):
            self.enrol("D1008", self.folder / phone)
        keys = [key["key_id"] for key in self.answer("user", "keys", "D1008", *self.operator)["items"]]
        states = lambda: {key["key_id"]: key["state"] for key in self.answer("user", "keys", "D1008", *self.operator)["items"]}
        for arguments, says in (([], "--key"), (["--yes"], "--key"), (["--all"], "--yes"), (["--key", keys[0]], "--yes"),
                                (["--all", "--key", keys[0], "--yes"], "not both")):
            self.fails(2, "user", "lost", "D1008", *arguments, *self.operator, says=(says,))
        shown, code = cli.on_terminal(["user", "lost", "D1008", *self.operator], [(b"[y/N]", b"\n")])
        self.assertEqual(code, 1, shown)
        for key in keys:
            self.assertIn(key.encode(), shown)
        self.assertEqual(set(states().values()), {"active"})
        shown, code = cli.on_terminal(["user", "lost", "D1008", "--key", keys[0], *self.operator], [(b"[y/N]", b"y\n")])
        self.assertEqual(code, 0, shown)
        self.assertNotIn(keys[1].encode(), shown)
        self.assertEqual(states(), {keys[0]: "destroyed", keys[1]: "active"})
        self.assertEqual(self.answer("user", "lost", "D1008", "--all", "--yes", *self.operator), {"keys": 1})

    def test_waiting_ends_with_the_task_or_the_time(self):
        task = self.create()["task"]
        start = time.monotonic()
        done = cli.yiqian("task", "show", task, "--wait", "1", *self.credential)
        self.assertEqual(done.code, 1, done)
        self.assertLess(time.monotonic() - start, 10)
        self.assertIn("pending", done.out)
        waiting = subprocess.Popen([cli.YIQIAN, "task", "show", task, "--wait", "60", "--json", *map(str, self.credential)],
                                   stdout=subprocess.PIPE)
        self.sign(task)
        output, _ = waiting.communicate(timeout=60)
        self.assertEqual(waiting.returncode, 0)
        self.assertIn(b'"signed"', output)

    def fails_with_output(self, code, *arguments):
        self.assertEqual(cli.yiqian(*arguments).code, code)

    def test_secrets_go_into_files_of_their_owner_only(self):
        output = self.folder / "lis.json"
        self.ok("system", "add", "--name", "检验系统", "--scope", "verify", *self.operator)
        self.assertFalse([s["stamps"] for s in self.answer("system", "list", *self.operator)["items"] if s["name"] == "检验系统"][0])
        self.assertTrue(self.answer("system", "set", "检验系统", "--stamps", "on", *self.operator)["stamps"])
        self.assertEqual([s["stamps"] for s in self.answer("system", "list", *self.operator)["items"] if s["name"] != "药房"], [False, True])
        self.assertIn("stamps=on", self.ok("audit", "list", "--limit", "1000", *self.operator).out)
        text = self.ok("system", "credential", "检验系统", "--output", output, *self.operator, env={"YIQIAN_SERVER": self.url}).out
        written = cli.json.loads(output.read_text())
        self.assertEqual(stat.S_IMODE(output.stat().st_mode), 0o600)
        self.assertEqual(written["server"], self.url)
        self.assertNotIn(written["secret"], text)
        self.assertEqual(set(written), {"server", "key", "secret"})
        self.fails(1, "system", "credential", "检验系统", "--output", output, *self.operator, says=(str(output),))
        self.assertEqual(cli.json.loads(output.read_text()), written)
        made = self.answer("system", "credential", "检验系统", *self.operator)
        listed = self.answer("system", "credentials", "检验系统", *self.operator)["items"]
        self.assertEqual({item["key_id"] for item in listed}, {written["key"], made["key_id"]})
        self.fails(1, "task", "list", "--credential", output, says=("forbidden",))
        self.ok("system", "credential-revoke", "检验系统", written["key"], *self.operator)
        self.fails(1, "task", "list", "--credential", output, says=("unauthenticated",))
        output.chmod(0o640)
        self.fails(1, "task", "list", "--credential", output, says=("chmod 600",))

    def test_a_system_is_kept_up_by_command(self):
        first, second = self.folder / "pharmacy.json", self.folder / "pharmacy-2.json"
        self.ok("system", "add", "--name", "药房", "--scope", "tasks", "--network", "10.1.0.0/16", "--network", "127.0.0.1", "--contact", "8001", *self.operator)
        self.ok("system", "credential", "药房", "--note", "一号服务器", "--lasts", "1h", "--output", first, *self.operator, env={"YIQIAN_SERVER": self.url})
        self.ok("task", "list", "--credential", first)
        self.assertEqual(self.answer("system", "set", "药房", "--network", "10.1.0.0/16", *self.operator)["networks"], ["10.1.0.0/16"])
        self.fails(1, "task", "list", "--credential", first, says=("address_forbidden",))
        self.assertIn("system.address_refused", self.ok("audit", "list", "--limit", "1000", *self.operator).out)
        self.fails(1, "system", "set", "药房", "--network", "10.1.2.3/16", *self.operator, says=("10.1.0.0/16", "networks[0]"))
        self.fails(2, "system", "set", "药房", "--network", "10.1.0.0/16", "--any-network", *self.operator, says=("--any-network",))
        self.assertEqual(self.answer("system", "set", "药房", "--any-network", "--note", "夜间停用", *self.operator)["networks"], [])
        self.ok("task", "list", "--credential", first)
        key = cli.json.loads(first.read_text())["key"]
        self.ok("system", "credential-rotate", "药房", key, "--overlap", "2s", "--output", second, *self.operator, env={"YIQIAN_SERVER": self.url})
        self.ok("task", "list", "--credential", second)
        self.ok("system", "credential-set", "药房", cli.json.loads(second.read_text())["key"], "--note", "二号服务器", *self.operator)
        time.sleep(2.1)
        self.fails(1, "task", "list", "--credential", first, says=("unauthenticated",))
        listed = {item["key_id"]: item for item in self.answer("system", "credentials", "药房", *self.operator)["items"]}
        self.assertEqual([listed[key]["state"], listed[key]["note"]], ["expired", "一号服务器"])
        self.fails(2, "system", "credential-set", "药房", key, *self.operator, says=("--lasts",))
        self.assertEqual(self.answer("system", "set", "药房", "--state", "suspended", *self.operator)["state"], "suspended")
        self.fails(1, "task", "list", "--credential", second, says=("unauthenticated",))

    def test_an_operator_works_from_afar_with_a_token(self):
        path = self.folder / "token"
        made = self.answer("token", "add", "--name", "运维", "--scope", "operator", "--ttl", "1h", "--output", path, *self.operator)
        self.assertNotIn("token", made)
        afar = ["--token", path, "--server", self.url]
        self.assertEqual([user["staff_no"] for user in self.answer("user", "list", "--query", "王建", *afar)["items"]], ["D1001"])
        self.assertIn("D1001", self.ok("cert", "list", "--staff-no", "D1001", *afar).out)
        self.fails(1, "token", "revoke", made["id"], *afar, says=("forbidden",))
        self.fails(1, "user", "list", "--token", path, "--server", "http://sign.example.org", says=("https://",))
        self.ok("token", "revoke", made["id"], *self.operator)
        self.fails(1, "user", "list", *afar, says=("unauthenticated",))
        states = {token["id"]: token["state"] for token in self.answer("token", "list", *self.operator)["items"]}
        self.assertEqual(states[made["id"]], "revoked")

    def test_a_token_made_with_a_token(self):
        """Its shorter life is said, and so is how many go with their parent."""
        path = self.folder / "parent-token"
        parent = self.answer("token", "add", "--name", "上级", "--scope", "administrator", "--ttl", "10m", "--output", path, *self.operator)
        afar = ("--server", f"http://127.0.0.1:{self.server.port}", "--token", path)
        self.assertIn("valid for less than --ttl", self.ok("token", "add", "--name", "下级", "--scope", "auditor", *afar).out)
        self.assertNotIn("valid for less", self.ok("token", "add", "--name", "下级", "--scope", "auditor", "--ttl", "5m", *afar).out)
        self.assertRegex(self.ok("token", "revoke", parent["id"], *self.operator).out, "Revoked with it +2")

    def test_callbacks_are_set_up_tested_looked_at_and_replayed(self):
        receiver = Receiver(lambda number, message: 410 if message["event"] == "task.cancelled" else 204)
        self.addCleanup(receiver.close)
        owner = ["--system", "电子病历", *self.operator]
        made = self.answer("callback", "add", receiver.url, "--event", "task.signed,task.cancelled", *owner)
        self.assertEqual((made["events"], len(made["secret"])), (["task.signed", "task.cancelled"], 43))
        self.assertEqual([e["endpoint"] for e in self.answer("callback", "list", *owner)["items"]], [made["endpoint"]])
        self.assertNotIn(made["secret"], self.ok("callback", "list", *owner).out)
        self.assertTrue(self.answer("callback", "test", made["endpoint"], *owner)["delivered"])
        verify(made["secret"], *receiver.wait(1)[0])
        task = self.create()["task"]
        self.ok("task", "cancel", task, *self.credential)
        receiver.wait(2)
        for _ in range(600):
            failed = self.answer("callback", "log", "--task", task, "--state", "failed", *self.credential)["items"]
            if failed:
                break
            time.sleep(0.05)
        self.assertEqual([row["last_status"] for row in failed], [410])
        self.assertIn("失败", self.ok("callback", "log", *self.operator, lang="zh_CN.UTF-8").out)
        self.ok("callback", "replay", failed[0]["callback"], *self.credential)
        receiver.wait(3)
        self.assertEqual(len({m["id"] for m in receiver.messages()[1:]}), 1)
        self.fails(1, "callback", "replay", task, *self.credential, says=("callback_not_found",))
        self.assertEqual(self.answer("callback", "replay", "--since", "2100-01-01T00:00:00Z", *self.operator), {"replayed": 0})
        self.assertNotEqual(self.answer("callback", "rotate", made["endpoint"], *owner)["secret"], made["secret"])
        self.assertEqual(self.answer("callback", "suspend", made["endpoint"], *owner)["state"], "suspended")
        self.assertEqual(self.answer("callback", "resume", made["endpoint"], *owner)["state"], "active")
        self.ok("callback", "remove", made["endpoint"], *owner)
        self.fails(1, "callback", "test", made["endpoint"], *owner, says=("not_found",))
        dead = self.answer("callback", "add", f"http://127.0.0.1:{dead_port()}/", "--push", *self.operator)
        self.assertIsNone(dead["system"])
        self.fails_with_output(1, "callback", "test", dead["endpoint"], "--push", *self.operator)
        self.ok("callback", "remove", dead["endpoint"], "--push", *self.operator)

    def test_a_user_is_suspended_and_resumed(self):
        self.ok("user", "add", "--staff-no", "D1002", "--name", "李敏", *self.operator)
        self.assertIn("suspended", self.ok("user", "suspend", "D1002", *self.operator).out)
        self.fails(1, "user", "activate", "D1002", *self.operator, says=("user_suspended",))
        self.fails(1, "task", "create", "--signer", "D1002", "--file", cli.RECORD, *self.credential, says=("user_suspended",))
        self.assertEqual(self.answer("user", "resume", "D1002", *self.operator)["state"], "active")
        self.assertIn("状态      有效", self.ok("user", "show", "D1002", *self.operator, lang="zh_CN.UTF-8").out)

    def test_a_certificate_is_shown_revoked_and_on_the_list(self):
        self.ok("user", "add", "--staff-no", "D1003", "--name", "赵强", *self.operator)
        self.enrol("D1003", self.folder / "phone3")
        key = self.answer("user", "keys", "D1003", *self.operator)["items"][0]
        serial = key["certificate"]["serial"]
        pem = self.path("revoked.pem", self.ok("cert", "show", serial, "--pem", *self.operator).bytes)
        code, text = openssl("x509", "-in", pem, "-noout", "-subject", "-nameopt", "utf8")
        self.assertIn("serialNumber=D1003", text)
        self.assertEqual(code, 0)
        self.assertIn("revoked", self.ok("cert", "revoke", serial, "--reason", "keyCompromise", *self.operator).out)
        self.fails(1, "cert", "revoke", serial, "--reason", "keyCompromise", *self.operator, says=("certificate_revoked",))
        crl = self.path("issuing.crl", self.ok("cert", "crl", *self.operator).bytes)
        code, text = openssl("crl", "-in", crl, "-noout", "-text")
        self.assertEqual(code, 0, text)
        self.assertIn(serial.upper(), text)
        self.ok("cert", "chain", "--output", self.folder / "ca.pem", "--server", self.url)
        self.assertEqual((self.folder / "ca.pem").read_text().count("BEGIN CERTIFICATE"), 2)
        listed = self.answer("cert", "list", "--state", "revoked", *self.operator)["items"]
        self.assertEqual([item["serial"] for item in listed], [serial])

    def test_every_command_that_reads_gives_json(self):
        serial = self.answer("user", "keys", "D1001", *self.operator)["items"][0]["certificate"]["serial"]
        for arguments in (["status"], ["user", "list"], ["user", "show", "D1001"], ["system", "list"], ["token", "list"], ["cert", "list"],
                          ["cert", "show", serial], ["cert", "chain"], ["cert", "crl"], ["audit", "list", "--limit", "1000"], ["audit", "check"], ["audit", "fsck"]):
            with self.subTest(arguments=arguments):
                self.assertIsInstance(self.answer(*arguments, *self.operator), dict)
                self.assertTrue(self.ok(*arguments, *self.operator, lang="zh_CN.UTF-8").out)
        self.assertEqual(self.answer("status", *self.operator)["health"]["status"], "ok")

    def test_options_may_stand_before_the_command_or_come_from_the_environment(self):
        expected = self.answer("user", "show", "D1001", *self.operator)
        self.assertEqual(self.ok(*self.operator, "--json", "user", "show", "D1001").json, expected)
        self.assertEqual(self.ok("user", *self.operator, "show", "--json", "D1001").json, expected)
        self.assertEqual(self.answer("user", "show", "D1001", env={"YIQIAN_DATA_DIR": self.server.data_dir}), expected)
        self.assertEqual(self.answer("user", "show", "D1001", env={"STATE_DIRECTORY": self.server.data_dir}), expected)
        tasks = self.answer("task", "list", *self.credential)
        self.assertEqual(self.answer("task", "list", env={"YIQIAN_CREDENTIAL": str(self.folder / "emr.json")}), tasks)

    def test_times_are_local_to_the_second(self):
        user = self.answer("user", "show", "D1001", *self.operator)
        utc = time.strptime(user["created_at"][:19], "%Y-%m-%dT%H:%M:%S")
        local = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(calendar.timegm(utc) + 8 * 3600))
        self.assertIn(local, self.ok("user", "show", "D1001", *self.operator).out)

    def test_the_audit_log_pages_and_a_changed_row_is_found(self):
        first = self.answer("audit", "list", "--limit", "2", *self.operator)["items"]
        self.assertEqual([row["sequence"] for row in first], [1, 2])
        self.assertEqual(self.answer("audit", "list", "--limit", "1", "--after", "1", *self.operator)["items"], first[1:])
        copy = self.folder / "copy"
        shutil.copytree(self.server.data_dir, copy, ignore=shutil.ignore_patterns("*.sock", "*.db*"))
        source = sqlite3.connect(f"file:{self.server.data_dir}/yiqian.db?mode=ro", uri=True)
        target = sqlite3.connect(copy / "yiqian.db")
        source.backup(target)
        source.close()
        self.assertTrue(self.answer("audit", "fsck", "--data-dir", copy)["intact"])
        target.execute("UPDATE audit SET actor = 'nobody' WHERE sequence = 2")
        target.commit()
        target.close()
        done = cli.yiqian("audit", "fsck", "--data-dir", copy)
        self.assertEqual(done.code, 1, done)
        self.assertIn("row 2 was changed", done.err)
        self.assertFalse(cli.yiqian("audit", "fsck", "--data-dir", copy, "--json").json["intact"])


if __name__ == "__main__":
    unittest.main()
