"""Backups and restores, carried out: an empty machine gets a hospital back, and nothing in between is half done."""
import fcntl
import hashlib
import http.server
import json
import os
import pathlib
import shutil
import signal
import socket
import socketserver
import sqlite3
import subprocess
import tempfile
import threading
import time
import unittest

import console
import tsa
from backup_reader import Backup, Damaged, WrongPassphrase
from phone import Refused
from server import YIQIAND, Server
from workstation import AuthorisingPhone, Workstation, scope_bytes

PASSPHRASE = "春眠不觉晓，处处闻啼鸟。"
DOCUMENT = "出院小结".encode() * 200
HTTP_SLOW = 120


def wait_done(server, backup, seconds=HTTP_SLOW):
    end = time.monotonic() + seconds
    while True:
        now = server.operate("GET", f"/v1/backups/{backup}")
        if now["state"] != "running" and not now["verifying"]:
            return now
        assert time.monotonic() < end, now
        time.sleep(0.05)


def make(server, scope="all", passphrase=PASSPHRASE):
    begun = server.operate("POST", "/v1/backups", {"scope": scope, "passphrase": passphrase}, expect=(202,))
    done = wait_done(server, begun["backup"])
    assert done["state"] == "done", done
    return done, os.path.join(server.data_dir, "backups", done["file"])


def verify(server, backup, passphrase=PASSPHRASE):
    server.operate("POST", f"/v1/backups/{backup}/verify", {"passphrase": passphrase}, expect=(202,))
    return wait_done(server, backup)["finding"]


class Place:
    """A directory of its own with a file of the passphrase."""

    def __enter__(self):
        self.path = tempfile.mkdtemp(prefix="yiqian-restore-")
        self.data_dir = os.path.join(self.path, "data")
        self.passphrase = os.path.join(self.path, "passphrase")
        self.say(PASSPHRASE)
        return self

    def say(self, text, end="\r\n", begin="\ufeff"):
        with open(os.open(self.passphrase, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8", newline="") as f:
            f.write(begin + text + end)

    def command(self, file, *more, data_dir=None):
        return [YIQIAND, "restore", "--passphrase-file", self.passphrase, "--data-dir", data_dir or self.data_dir, *more, file]

    def restore(self, file, *more, code=0, data_dir=None, env=None):
        done = subprocess.run(self.command(file, *more, data_dir=data_dir), capture_output=True, text=True, timeout=300,
                              env={**os.environ, "LC_ALL": "C.UTF-8", **(env or {})})
        assert done.returncode == code, done
        return done.stdout + done.stderr

    def __exit__(self, *_):
        shutil.rmtree(self.path)


def digests(directory):
    return {str(p.relative_to(directory)): p.read_bytes() for p in pathlib.Path(directory).rglob("*")
            if p.is_file() and p.name not in ("yiqiand.lock", "yiqian.db-shm")}


class Restoring(unittest.TestCase):
    def test_an_empty_machine_gets_the_hospital_back(self):
        with Server() as old, Place() as place:
            user, system = old.user("B1001", "赵敏"), old.system()
            device = old.enrolled(user)
            before = system.create("B1001", DOCUMENT)["task"]
            device.sign("274915", [(before, device.e(DOCUMENT))])
            signed = system.task(before)
            waiting = system.create("B1001", DOCUMENT)["task"]
            person = console.operator(old, "B9001", "administrator", "管理员")
            page = console.logged_in(old, person)
            self.assertEqual(page.call("GET", "/v1/console/session")[0], 200)
            stamp = tsa.ask(old.http).serial
            old.code(old.user("B1002", "钱进"))
            crl_before = {row["issuer"]: row["number"] for row in old.operate("GET", "/v1/ca/crls")["items"]}
            done, file = make(old)
            copy = shutil.copy(file, place.path)
            # After the backup: the phone signs what waits, as far as the server that is lost knows.
            request, session = device.sign_request("274915", [(waiting, device.e(DOCUMENT))])
            given = device.finish(session, device.call("POST", device.path("sign-requests"), request)["answers"])
            device.submit(session, given)

            os.makedirs(os.path.join(place.data_dir, "authorisations"))  # as memory may be mounted there
            os.chmod(place.data_dir, 0o700)
            self.assertIn("Restored.", place.restore(copy))
            self.assertEqual(os.stat(os.path.join(place.data_dir, "master.key")).st_mode & 0o777, 0o600)
            new = Server(data_dir=place.data_dir)
            try:
                row = [r for r in new.audit() if r["event"] == "backup.restore"]
                self.assertEqual(len(row), 1)
                self.assertEqual(row[0]["subject"], "backup:" + done["backup"])
                self.assertIn("sm3=" + done["sm3"], row[0]["detail"])
                self.assertTrue(new.operate("GET", "/v1/audit/check")["intact"])
                export, root = os.path.join(place.path, "audit.jsonl"), os.path.join(place.path, "root.cer")
                pathlib.Path(export).write_bytes(new.operator.raw("GET", "/v1/audit/export?format=jsonl")[1])
                pathlib.Path(root).write_bytes(new.http.raw("GET", "/pki/root.cer")[1])
                subprocess.run([os.environ["YIQIAN"], "audit", "verify", export, "--root", root], check=True, capture_output=True)
                again = type(system)(new.new_client(), system.key, system.secret)
                self.assertEqual(again.task(before)["signature"], signed["signature"])
                # What was signed since is open again; the phone's word of it is refused, and it signs anew, once.
                self.assertEqual(again.task(waiting)["state"], "pending")
                device.http = new.new_client()
                device.login()
                with self.assertRaises(Refused) as refused:
                    device.submit(session, given)
                self.assertEqual(refused.exception.code, "task_not_claimed")
                device.sign("274915", [(waiting, device.e(DOCUMENT))])
                self.assertEqual(again.task(waiting)["state"], "signed")
                fresh = again.create("B1001", DOCUMENT)["task"]
                device.sign("274915", [(fresh, device.e(DOCUMENT))])
                # Numbers never come twice.
                crl_after = {row["issuer"]: row["number"] for row in new.operate("GET", "/v1/ca/crls")["items"]}
                for issuer, number in crl_before.items():
                    self.assertGreaterEqual(crl_after[issuer], number + (1 << 20))
                self.assertNotEqual(tsa.ask(new.http).serial[:16], stamp[:16])
                # Nothing that was open goes on.
                page.http = new.new_client()
                self.assertEqual(page.call("GET", "/v1/console/session")[0], 401)
                self.assertEqual(new.operate("GET", "/v1/backups")["items"], [])
                with sqlite3.connect(os.path.join(place.data_dir, "yiqian.db")) as db:
                    self.assertEqual(db.execute("SELECT count(*) FROM console_session").fetchone()[0], 0)
                    self.assertEqual(db.execute("SELECT count(*) FROM enrolment WHERE state = 'offered'").fetchone()[0], 0)
            finally:
                self.assertEqual(new.stop(), 0)

    def test_only_what_was_asked_for_is_in_it(self):
        with Server(options=("--tsa-per-minute", "77", "--organisation", "和平医院")) as server:
            user, system = server.user("B1101", "孙莉"), server.system()
            device = server.enrolled(user)
            task = system.create("B1101", DOCUMENT)["task"]
            device.sign("274915", [(task, device.e(DOCUMENT))])
            code = server.code(server.user("B1102", "李白"))
            master = open(os.path.join(server.data_dir, "master.key"), "rb").read()
            done, file = make(server)
            self.assertEqual(os.stat(file).st_mode & 0o777, 0o600)
            whole = Backup(file, PASSPHRASE)
            self.assertEqual((whole.scope, whole.manifest["scope"], whole.manifest["master_key"]), ("all", "all", "wrapped"))
            self.assertEqual(whole.master_key(), master)
            for name, content in whole.entries.items():
                self.assertNotIn(master, content, name)
                self.assertNotIn(code.encode(), content, name)
            self.assertIn(b"tsa_per_minute = 77\n", whole.entries["settings.conf"])
            with tempfile.NamedTemporaryFile() as f:
                f.write(whole.entries["yiqian.db"])
                f.flush()
                rows = lambda table: sqlite3.connect(f.name).execute(f"SELECT count(*) FROM {table}").fetchone()[0]
                self.assertEqual((rows("signature"), rows("app_user"), rows("console_link"), rows("idempotency")), (1, 2, 0, 0))
            small, file = make(server, "configuration")
            part = Backup(file, PASSPHRASE)
            with tempfile.NamedTemporaryFile() as f:
                f.write(part.entries["yiqian.db"])
                f.flush()
                rows = lambda table: sqlite3.connect(f.name).execute(f"SELECT count(*) FROM {table}").fetchone()[0]
                self.assertEqual((rows("signature"), rows("task"), rows("audit"), rows("app_user"), rows("device_key")), (0, 0, 0, 2, 1))
            with Place() as place:
                place.restore(file)
                new = Server(data_dir=place.data_dir, options=("--tsa-per-minute", "77", "--organisation", "和平医院"))
                self.assertFalse([line for line in new.log if "otherwise here" in line])
                self.assertEqual(new.stop(), 0)
                # What is the same in effect is not told: a default that was written down, and what moved with the data.
                with open(os.path.join(place.data_dir, "restored-settings.conf"), "a", encoding="utf-8") as settings:
                    settings.write(f"backup_dir = {server.data_dir}/backups/\n")
                new = Server(data_dir=place.data_dir, options=("--tsa-per-minute", "77", "--organisation", "和平医院"))
                self.assertFalse([line for line in new.log if "otherwise here" in line])
                self.assertEqual(new.stop(), 0)
                new = Server(data_dir=place.data_dir)
                self.assertTrue(new.logged(lambda line: "otherwise here" in line and "backup_dir" not in line and "tsa_per_minute" in line and "organisation" in line))
                try:
                    again = type(system)(new.new_client(), system.key, system.secret)
                    device.http = new.new_client()
                    device.login()
                    task = again.create("B1101", DOCUMENT)["task"]
                    device.sign("274915", [(task, device.e(DOCUMENT))])
                    self.assertEqual(again.task(task)["state"], "signed")
                    self.assertTrue(new.operate("GET", "/v1/audit/check")["intact"])
                finally:
                    self.assertEqual(new.stop(), 0)
            with self.assertRaises(WrongPassphrase):
                Backup(file, PASSPHRASE + "!")

    def test_what_is_not_the_file_is_refused(self):
        with Server() as server, Place() as place:
            done, file = make(server, "configuration")
            other, second = make(server, "configuration")
            good = open(file, "rb").read()
            self.assertEqual(verify(server, done["backup"]), "ok")
            self.assertEqual(verify(server, done["backup"], "一二三四五六七八九十一二"), "ok")  # what was found stands
            self.assertEqual(server.operate("GET", f"/v1/backups/{done['backup']}")["error"], "passphrase_wrong")
            mixed = bytearray(open(second, "rb").read())
            mixed[:160] = good[:160]
            wrong = {"backup_shortened": [good[:100], good[:len(good) // 2], good[:-1]],
                     "backup_damaged": [b"PK" + good[2:], good[:150] + bytes([good[150] ^ 1]) + good[151:],
                                        good[:5000] + bytes([good[5000] ^ 4]) + good[5001:], good + b"\0", bytes(mixed)]}
            for code, variants in wrong.items():
                for i, data in enumerate(variants):
                    path = os.path.join(place.path, "bad.yqb")
                    open(path, "wb").write(data)
                    self.assertIn(code, place.restore(path, code=1), (code, i))
                    self.assertIn(os.path.exists(place.data_dir) and os.listdir(place.data_dir), (False, ["yiqiand.lock"]))
                    with self.assertRaises((Damaged, WrongPassphrase)):
                        Backup(path, PASSPHRASE)
            open(file, "wb").write(good[:len(good) // 2])
            self.assertEqual(server.operate("GET", f"/v1/backups/{done['backup']}")["missing"], True)
            self.assertEqual(verify(server, done["backup"]), "backup_shortened")
            self.assertIsNone(server.operate("GET", f"/v1/backups/{done['backup']}")["error"])
            server.operate("GET", f"/v1/backups/{done['backup']}/file", expect=(404,))
            os.unlink(file)
            os.symlink(second, file)
            server.operate("GET", f"/v1/backups/{done['backup']}/file", expect=(404,))
            place.say("不是这个口令，绝对不是")
            self.assertIn("passphrase_wrong", place.restore(second, code=1))
            place.say(PASSPHRASE)
            self.assertIn("stop yiqiand first", place.restore(second, "--replace", code=1, data_dir=server.data_dir))
            # Another restore is no server.
            held = os.path.join(place.path, "held")
            os.makedirs(held, mode=0o700)
            with open(os.path.join(held, "yiqiand.lock"), "w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                lock.write("restore")
                lock.flush()
                self.assertIn("another restore is under way", place.restore(second, code=1, data_dir=held))
                started = subprocess.run([YIQIAND, "--data-dir", held, "--listen", "127.0.0.1:0"], capture_output=True, text=True, timeout=60)
                self.assertEqual(started.returncode, 1, started)
                self.assertIn("a restore is under way", started.stderr)
            link, junk = os.path.join(place.path, "link.yqb"), os.path.join(place.path, "junk.yqb")
            os.symlink(second, link)
            pathlib.Path(junk).write_text("junk")
            for wrong, words in ((link, "name the file itself"), (place.path, "no regular file"), (second + "x", "check its path"), (junk, "backup_damaged")):
                self.assertIn(words, place.restore(wrong, code=1))
            for text, words in (("\ufeff" + PASSPHRASE, "save it as UTF-8"), ("", "is empty")):
                pathlib.Path(place.passphrase).write_bytes(text.encode("utf-16-le"))
                self.assertIn(words, place.restore(second, code=1))
            self.assertIn("--SETTING VALUE ", place.restore("--help"))
            self.assertIn("the backup comes last", place.restore("--data-dir", code=2))
            place.say(PASSPHRASE)
            self.assertIn("above the data directory", place.restore(second, data_dir=os.path.join(place.path, "no", "where"), code=1))

    def test_what_could_not_be_restored_is_neither_made_nor_called_good(self):
        def certificate(path):
            os.makedirs(os.path.dirname(path), exist_ok=True)
            subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=root", "-days", "9", "-keyout", os.devnull, "-out", path],
                           check=True, capture_output=True)
            return path
        with Place() as place:
            os.mkdir(place.data_dir, 0o700)
            for below, refused in ((".hidden/root.pem", True), ("backups/root.pem", True), ("tls/root.pem", False)):
                path = certificate(os.path.join(place.data_dir, below))
                with Server(data_dir=place.data_dir, options=("--tls-root", path, "--callback-ca-file", path)) as server:
                    if refused:
                        told = server.operate("POST", "/v1/backups", {"scope": "configuration", "passphrase": PASSPHRASE}, expect=(409,))
                        self.assertEqual(told["code"], "backup_content")
                        self.assertIn(below, told["detail"])
                        continue
                    done, file = make(server, "configuration")  # two settings name one file
                    self.assertEqual(verify(server, done["backup"]), "ok")
                    place.restore(file, data_dir=os.path.join(place.path, "other"))
                    self.assertTrue(os.path.exists(os.path.join(place.path, "other", below)))
                    good = Backup(file, PASSPHRASE)
                    entries = [(name, content) for name, content in good.entries.items() if name != "yiqian.db"]
                    whole = entries + [("yiqian.db", b"x")]
                    for wrong, words in ((entries, "yiqian.db is missing"), (whole + whole[-1:], "yiqian.db is there twice"), (whole + [("files/.x", b"")], "files/.x may not")):
                        good.write(file, wrong)
                        self.assertEqual(verify(server, done["backup"]), "backup_content", words)
                        self.assertTrue(server.logged(lambda line: words in line), words)
                        said = place.restore(file, data_dir=os.path.join(place.path, "third"), code=1)
                        self.assertIn("backup_content", said)
                        self.assertIn(words, said)
                        self.assertEqual(os.listdir(os.path.join(place.path, "third")), ["yiqiand.lock"])

    def test_replacing_keeps_the_old_state_and_no_refreshed_share_comes_back(self):
        server = Server()
        try:
            user, system = server.user("B1301", "周宁"), server.system()
            refreshed, still = server.enrolled(user), server.enrolled(server.user("B1302", "吴静"))
            done, file = make(server)
            refreshed.refresh("274915")
            with Place() as place:
                copy = shutil.copy(file, place.path)
                self.assertEqual(server.stop(), 0)
                self.assertIn("not empty", place.restore(copy, code=1, data_dir=server.data_dir))
                said = place.restore(copy, "--replace", data_dir=server.data_dir)
                self.assertIn("1 keys were refreshed after the backup", said)
                self.assertTrue(os.path.exists(os.path.join(server.data_dir, "before-restore", "yiqian.db")))
                server.start()
                checks = {c["id"]: c for c in server.operate("POST", "/v1/system/checks")["checks"]}
                self.assertEqual((checks["backup.before_restore"]["state"], checks["backup.before_restore"]["value"]), ("warning", "before-restore"))
                again = type(system)(server.new_client(), system.key, system.secret)
                for device, staff_no, works in ((still, "B1302", True), (refreshed, "B1301", False)):
                    device.http = server.new_client()
                    task = again.create(staff_no, DOCUMENT)["task"]
                    try:
                        device.login()
                        device.sign("274915", [(task, device.e(DOCUMENT))])
                        self.assertTrue(works, staff_no)
                    except Refused as e:
                        self.assertFalse(works, (staff_no, e))
                self.assertTrue(server.operate("GET", "/v1/audit/check")["intact"])
        finally:
            server.close()


    def test_what_was_taken_away_since_does_not_come_back(self):
        server = Server()
        try:
            devices = [server.enrolled(server.user(f"B170{i}", "许诺")) for i in range(3)]
            system = server.system()
            for i in (0, 1):  # claimed, and not signed yet: with a key that is gone after the restore, and with one that is not
                task = system.create(f"B170{i}", DOCUMENT)["task"]
                devices[i].call("POST", devices[i].path("sign-requests"), devices[i].sign_request("274915", [(task, devices[i].e(DOCUMENT))])[0])
            console.operator(server, "B1709", "administrator", "管理员")
            for name in ("one", "two"):
                token = server.operate("POST", "/v1/operator-tokens", {"name": name, "scopes": ["administrator"]})["token"]
            self.assertEqual(server.http.json("POST", "/v1/operator-tokens", {"name": "two's", "scopes": ["auditor"]}, {"Authorization": "Bearer " + token})[0], 201)
            done, file = make(server)
            with Place() as place:
                copy = shutil.copy(file, place.path)
                self.assertEqual(server.stop(), 0)
                path = os.path.join(server.data_dir, "yiqian.db")
                look = ("SELECT state, revoked_at, reason FROM certificate ORDER BY serial", "SELECT state FROM device_key ORDER BY id",
                        "SELECT state FROM enrolment ORDER BY id", "SELECT state FROM app_user ORDER BY id", "SELECT state FROM operator ORDER BY id",
                        "SELECT state FROM operator_token ORDER BY name", "SELECT state FROM system ORDER BY id", "SELECT state FROM system_credential ORDER BY id")
                states = lambda: [self.rows(path, sql) for sql in look]
                db = sqlite3.connect(path)
                one, two, three = (row[0] for row in db.execute("SELECT id FROM device_key ORDER BY id"))
                db.execute("UPDATE certificate SET state = 'revoked', revoked_at = 12345, reason = 1 WHERE key_id = ?", (one,))
                db.execute("UPDATE certificate SET state = 'frozen', revoked_at = 23456, reason = 6 WHERE key_id = ?", (two,))
                db.execute("UPDATE device_key SET state = 'destroyed', sealed_share = NULL WHERE id = ?", (one,))
                db.execute("UPDATE device_key SET state = 'frozen' WHERE id = ?", (two,))
                db.execute("UPDATE device_key SET pending_rid = x'01' WHERE id = ?", (three,))
                db.execute("UPDATE enrolment SET state = 'closed' WHERE id = (SELECT enrolment_id FROM device_key WHERE id = ?)", (one,))
                db.execute("UPDATE app_user SET state = 'suspended' WHERE staff_no = 'B1702'")
                db.execute("UPDATE operator SET state = 'removed'")
                # As a server from before it was kept what was made with what left them: the one is revoked, its child stands.
                db.execute("UPDATE operator_token SET state = 'revoked' WHERE name = 'two'")
                for table in ("system", "system_credential"):
                    db.execute(f"UPDATE {table} SET state = ? WHERE id = (SELECT max(id) FROM {table})", ("suspended" if table == "system" else "revoked",))
                db.commit()
                db.close()
                then = states()
                said = place.restore(copy, "--replace", data_dir=server.data_dir)
                self.assertIn("2 certificates revoked, 2 keys locked, frozen or destroyed, 1 enrolments closed; suspended or ended: "
                              "1 users, 1 operators, 1 tokens, 1 systems, 1 credentials.", said)
                self.assertIn("1 keys were refreshed", said)
                self.assertEqual(self.rows(path, "SELECT state FROM task ORDER BY id"), [("pending",), ("claimed",)])
                detail = self.rows(path, "SELECT detail FROM audit WHERE event = 'backup.restore'")[0][0]
                self.assertIn("keys_destroyed=1 carried=certificates:2,keys:2,enrolments:1,users:1,operators:1,tokens:1,systems:1,credentials:1", str(detail))
                self.assertEqual(sorted(self.rows(path, "SELECT state FROM device_key")), [("destroyed",), ("destroyed",), ("frozen",)])
                # Of what the phone may have refreshed without saying so: destroyed, its certificate on the list.
                then[1] = [("destroyed",), ("frozen",), ("destroyed",)]
                then[5] = [("active",), ("revoked",), ("revoked",)]
                now = states()
                self.assertEqual(now[1:], then[1:])
                self.assertEqual(self.rows(path, "SELECT count(*) FROM certificate WHERE revoked_at IS NOT NULL"), [(3,)])
                self.assertEqual(self.rows(path, "SELECT revoked_at, reason FROM certificate WHERE revoked_at < 30000 ORDER BY 1"), [(12345, 1), (23456, 6)])
                # The same file once more brings nothing back either.
                # That it was restored already is said first.
                self.assertIn("was restored here already: add --again", place.restore(copy, "--replace", data_dir=server.data_dir, code=1))
                self.assertEqual(states(), now)
                self.assertIn("3 keys locked, frozen or destroyed", place.restore(copy, "--replace", "--again", data_dir=server.data_dir))
                self.assertEqual(states(), now)
                # Where nothing is known, every token is ended.
                said = place.restore(copy)
                self.assertIn("Every operator's token is ended", said)
                self.assertNotIn("old data", said)
                self.assertIn("3 keys, active or locked", said)
                self.assertEqual(self.rows(os.path.join(place.data_dir, "yiqian.db"), look[5]), [("revoked",)] * 3)
        finally:
            server.close()

    def rows(self, path, sql):
        db = sqlite3.connect(path)
        try:
            return db.execute(sql).fetchall()
        finally:
            db.close()

    def test_an_authorisation_does_not_come_back(self):
        server = Server()
        try:
            user, system = server.user("B1501", "冯远"), server.system()
            phone, station = AuthorisingPhone(server.new_client()), Workstation(server.new_client())
            phone.enrol("B1501", server.code(user), "274915")
            made = server.operate("POST", "/v1/workstations", {"name": "护士站", "place": "三楼"})
            station.register("护士站", made["registration_code"])
            station.login()
            phone.authorise("274915", station.offer_qr(), scope_bytes())
            station.take()
            pads = os.path.join(server.data_dir, "authorisations")
            pad = pathlib.Path(pads, os.listdir(pads)[0]).read_bytes()
            done, file = make(server)
            with Place() as place:
                copy = shutil.copy(file, place.path)
                inside = Backup(copy, PASSPHRASE)
                for name, content in inside.entries.items():
                    self.assertNotIn(pad, content, name)
                with tempfile.NamedTemporaryFile() as f:
                    f.write(inside.entries["yiqian.db"])
                    f.flush()
                    self.assertEqual(sqlite3.connect(f.name).execute("SELECT state, sealed_share, sealed_for_workstation FROM authorisation").fetchall(), [("active", None, None)])
                self.assertEqual(server.stop(), 0)
                self.assertIn("1 authorisations closed", place.restore(copy, "--replace", data_dir=server.data_dir))
                self.assertEqual(os.listdir(pads), [])
                server.start()
                self.assertEqual([a["state"] for a in server.operate("GET", "/v1/authorisations")["items"]], ["closed"])
                system = type(system)(server.new_client(), system.key, system.secret)
                task = system.create("B1501", DOCUMENT)["task"]
                station.http = server.new_client()
                station.login()
                with self.assertRaises(Refused) as refused:
                    station.sign("", [(task, station.e(DOCUMENT))])
                self.assertEqual(refused.exception.code, "authorisation_closed")
        finally:
            server.close()


class Interrupted(unittest.TestCase):
    def test_killed_while_it_is_made(self):
        with Server() as server:
            make(server, "configuration")
            foreign = os.path.join(server.data_dir, "backups", "yiqian-20260101-000000-all-00000000.yqb.part")
            open(foreign, "w").close()  # another server's, in the making
            for delay in (0.0, 0.1, 0.3):
                begun = server.operate("POST", "/v1/backups", {"scope": "all", "passphrase": PASSPHRASE}, expect=(202,))
                time.sleep(delay)
                server.kill()
                server.start()
                now = server.operate("GET", f"/v1/backups/{begun['backup']}")
                self.assertIn((now["state"], now["error"]), (("failed", "backup_interrupted"), ("done", None)))
                left = os.listdir(os.path.join(server.data_dir, "backups"))
                self.assertEqual([name for name in left if not name.endswith(".yqb")], [os.path.basename(foreign)])
                left.remove(os.path.basename(foreign))
                self.assertFalse(os.path.exists(os.path.join(server.data_dir, "backup.tmp")))
                known = {b["file"] for b in server.operate("GET", "/v1/backups")["items"] if b["state"] == "done"}
                self.assertEqual(set(left), known)

    @unittest.skipUnless("YIQIAN_KILL_RENAME_LIBRARY" in os.environ, "needs the preloaded library")
    def test_killed_while_it_is_restored(self):
        """A preloaded library ends it at its n-th rename: before, between and after those that put the new state into its place."""
        server = Server()
        try:
            server.user("B1401", "郑和")
            done, file = make(server)
            server.user("B1402", "王维")
            with Place() as place:
                copy = shutil.copy(file, place.path)
                self.assertEqual(server.stop(), 0)
                seen = set()
                for n in range(1, 12):
                    data = os.path.join(place.path, f"data{n}")
                    shutil.copytree(server.data_dir, data, ignore=lambda d, names: [x for x in names if x.endswith(".sock")])
                    os.chmod(data, 0o700)
                    killed = subprocess.run(place.command(copy, "--replace", data_dir=data), capture_output=True, text=True, timeout=300,
                                            env={**os.environ, "LD_PRELOAD": os.environ["YIQIAN_KILL_RENAME_LIBRARY"], "YIQIAN_KILL_AT_RENAME": str(n)})
                    if killed.returncode == 0:
                        break
                    with Server(data_dir=data) as after:
                        people = {u["staff_no"] for u in after.operate("GET", "/v1/users")["items"]}
                        self.assertTrue(after.operate("GET", "/v1/audit/check")["intact"])
                    self.assertIn(people, ({"B1401", "B1402"}, {"B1401"}))
                    seen.add(len(people))
                    self.assertEqual([x for x in os.listdir(data) if x.startswith("restore.")], [])
                self.assertEqual(killed.returncode, 0, "it never came to its end")
                self.assertEqual(seen, {1, 2})
        finally:
            server.close()

    @unittest.skipUnless("YIQIAN_KILL_RENAME_LIBRARY" in os.environ, "needs the preloaded library")
    def test_what_fails_is_told_as_it_is(self):
        """A rename fails: before the new state stands nothing of it stays, least of all the master key; after that it is said that it will be finished."""
        server = Server()
        try:
            server.user("B1501", "郑和")
            done, file = make(server, "configuration")
            server.user("B1502", "王维")
            with Place() as place:
                copy = shutil.copy(file, place.path)
                self.assertEqual(server.stop(), 0)
                fail = lambda end: {"LD_PRELOAD": os.environ["YIQIAN_KILL_RENAME_LIBRARY"], "YIQIAN_FAIL_RENAME_TO": end}
                before = digests(server.data_dir)
                said = place.restore(copy, "--replace", data_dir=server.data_dir, code=1, env=fail("/restore.ready"))
                self.assertIn("the data directory is as it was", said)
                self.assertTrue({**digests(server.data_dir), "yiqian.db-wal": b""} == {**before, "yiqian.db-wal": b""})  # the old database was read
                self.assertFalse(os.path.exists(os.path.join(server.data_dir, "restore.new")))
                said = place.restore(copy, "--replace", data_dir=server.data_dir, code=1, env=fail(server.data_dir + "/master.key"))
                self.assertNotIn("as it was", said)
                self.assertIn("it is finished then, and not undone", said)
                self.assertIn("master.key cannot be put into its place", said)
                self.assertTrue(os.path.exists(os.path.join(server.data_dir, "restore.ready")))
                again = os.path.join(place.path, "again")
                shutil.copytree(server.data_dir, again, ignore=lambda d, names: [x for x in names if x.endswith(".sock")])
                os.chmod(again, 0o700)
                # The same command once more finishes it and tells all that it would have told; another backup is not taken for it.
                said = place.restore(copy, "--replace", data_dir=again)
                for words in ("is finished now", done["backup"], done["sm3"], "what was there is in: " + os.path.join(again, "before-restore"), "nothing was reported lost, revoked"):
                    self.assertIn(words, said)
                server.start()
                self.assertEqual({u["staff_no"] for u in server.operate("GET", "/v1/users")["items"]}, {"B1501"})
                self.assertFalse(os.path.exists(os.path.join(server.data_dir, "restore.ready")))
        finally:
            server.close()

    def test_told_to_stop(self):
        with Server() as server, Place() as place:
            done, file = make(server)
            running = subprocess.Popen(place.command(file), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            end = time.monotonic() + 60
            while not os.path.exists(os.path.join(place.data_dir, "yiqiand.lock")) and time.monotonic() < end:
                time.sleep(0.001)
            running.send_signal(signal.SIGTERM)
            _, said = running.communicate(timeout=120)
            left = set(os.listdir(place.data_dir)) - {"yiqiand.lock"}
            if running.returncode == 0:  # it came to its end first
                self.assertIn("master.key", left)
            else:
                self.assertEqual((running.returncode, left), (1, set()), said)


class Acts(unittest.TestCase):
    def test_one_at_a_time_and_only_by_people(self):
        with Server() as server:
            token = server.operate("POST", "/v1/operator-tokens", {"name": "t", "scopes": ["administrator"]})["token"]
            bearer = {"Authorization": f"Bearer {token}"}
            self.assertEqual(server.http.json("GET", "/v1/policy", None, bearer)[0], 200)
            status, problem = server.http.json("GET", "/v1/backups", None, bearer)
            self.assertEqual((status, problem["code"]), (403, "token_forbidden"))
            missing = server.operate("POST", "/v1/backups", {"scope": "all"}, expect=(409,))
            self.assertEqual(missing["code"], "passphrase_missing")
            for weak in ("short", "aaaaaaaaaaaaaaaa", "十一个字的口令不够长啊"):
                self.assertEqual(server.operate("POST", "/v1/backups", {"scope": "all", "passphrase": weak}, expect=(422,))["code"], "passphrase_weak")
            wanted = {"schedule": "daily", "at": "02:30", "weekday": 7, "scope": "all", "keep": 2}
            self.assertEqual(server.operate("PUT", "/v1/backup-settings", wanted, expect=(409,))["code"], "passphrase_missing")
            told = server.operate("PUT", "/v1/backup-settings", {**wanted, "passphrase": PASSPHRASE})
            self.assertEqual((told["schedule"], told["at"], told["has_passphrase"]), ("daily", "02:30", True))
            self.assertNotIn("passphrase", told)
            begun = server.operate("POST", "/v1/backups", {"scope": "all"}, expect=(202,))
            status, second = server.operator.json("POST", "/v1/backups", {"scope": "all"})
            done = wait_done(server, begun["backup"])
            if status == 409:
                self.assertEqual(second["code"], "backup_running")
            else:
                wait_done(server, second["backup"])
            self.assertEqual(done["state"], "done")
            status, body = server.operator.raw("GET", f"/v1/backups/{done['backup']}/file")
            self.assertEqual((status, len(body)), (200, done["size"]))
            checks = {c["id"]: c for c in server.operate("POST", "/v1/system/checks")["checks"]}
            self.assertEqual(checks["backup.age"]["state"], "ok")
            server.operate("DELETE", f"/v1/backups/{done['backup']}")
            self.assertNotIn(done["file"], os.listdir(os.path.join(server.data_dir, "backups")))
            server.operate("GET", f"/v1/backups/{done['backup']}", expect=(404,))

    def test_a_second_person_approves_the_download(self):
        with Server() as server:
            server.stop()
            with sqlite3.connect(os.path.join(server.data_dir, "yiqian.db")) as db:  # more than fits between the server and one who does not read
                db.execute("INSERT INTO backup (id, scope, cause, state, file, made_by, created_at) VALUES (?, 'all', 'manual', 'failed', 'x', ?, 1)",
                           (bytes(16), os.urandom(8 << 20).hex()))
            server.start()
            done, file = make(server)
            one, other = (console.logged_in(server, console.operator(server, f"B16{n}", "administrator", "管理员")) for n in range(2))
            path = f"/v1/backups/{done['backup']}"
            self.assertEqual(one.call("GET", path + "/file")[1]["code"], "download_not_approved")
            status, asked = one.call("POST", path + "/downloads")
            self.assertEqual(status, 202)
            self.assertEqual(one.call("GET", path + "/file")[1]["code"], "download_not_approved")
            wanted = {"kind": "backup", "name": done["file"], "scope": done["scope"], "cause": "manual", "state": "done", "size": os.path.getsize(file),
                      "made_by": f"operator:uid:{os.getuid()}", "created_at": done["created_at"]}
            self.assertEqual(other.call("GET", f"/v1/approvals/{asked['approval']['approval']}")[1]["approval"]["about"], wanted)
            self.assertEqual(other.call("POST", f"/v1/approvals/{asked['approval']['approval']}/approve")[0], 200)
            self.assertIsNotNone(one.call("GET", path)[1]["download_until"])
            self.assertEqual(other.call("GET", path + "/file")[1]["code"], "download_not_approved")
            self.assertEqual(one.http.raw("HEAD", path + "/file", None, one.headers("HEAD")), (200, b""))  # that was no download
            self.permitted_again(one, path)
            # One whole download: another one meanwhile is refused, one that breaks off can be done again.
            with socket.socket() as broken:
                broken.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                broken.connect(("127.0.0.1", server.port))
                lines = [f"GET {path}/file HTTP/1.1", "Host: localhost", *(f"{k}: {v}" for k, v in one.headers("GET").items())]
                broken.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
                self.assertIn(b" 200 ", broken.recv(100))
                self.assertIsNone(one.call("GET", path)[1]["download_until"])
                self.assertEqual(one.call("GET", path + "/file")[1]["code"], "download_not_approved")
            self.permitted_again(one, path)
            self.assertEqual(one.http.raw("GET", path + "/file", None, one.headers("GET"))[1], open(file, "rb").read())
            self.assertEqual(one.call("GET", path + "/file")[1]["code"], "download_not_approved")
            self.assertIsNone(one.call("GET", path)[1]["download_until"])
            status, asked = one.call("DELETE", path)
            self.assertEqual(status, 202)
            self.assertTrue(os.path.exists(file))
            self.assertEqual(asked["approval"]["about"], wanted)
            self.assertEqual(other.call("POST", f"/v1/approvals/{asked['approval']['approval']}/approve")[0], 200)
            self.assertFalse(os.path.exists(file))
            self.assertEqual(other.call("GET", f"/v1/approvals/{asked['approval']['approval']}")[1]["approval"]["about"], wanted)
            own = one.call("POST", "/v1/backups", {"scope": "configuration", "passphrase": PASSPHRASE})[1]
            wait_done(server, own["backup"])
            self.assertEqual(one.call("DELETE", f"/v1/backups/{own['backup']}")[1]["approval"]["about"]["made_by"], "B160 管理员")

    def permitted_again(self, page, path):
        end = time.monotonic() + HTTP_SLOW
        while page.call("GET", path)[1]["download_until"] is None:
            self.assertLess(time.monotonic(), end, "the permit is spent")
            time.sleep(0.05)

    def test_where_backups_are_is_said_whole(self):
        with tempfile.TemporaryDirectory() as folder, Server(data_dir=os.path.relpath(folder)) as server:
            self.assertEqual(server.operate("GET", "/v1/backup-settings")["directory"], os.path.join(os.path.realpath(folder), "backups"))

    def test_a_second_person_approves_the_settings(self):
        with Server() as server:
            one, other = (console.logged_in(server, console.operator(server, f"B16{n}", "administrator", "管理员")) for n in range(2))
            wanted = {"schedule": "daily", "at": "02:30", "weekday": 7, "scope": "configuration", "keep": 1, "passphrase": PASSPHRASE}
            status, asked = one.call("PUT", "/v1/backup-settings", wanted)
            self.assertEqual(status, 202, asked)
            now = server.operate("GET", "/v1/backup-settings")
            self.assertEqual((now["schedule"], now["has_passphrase"]), ("off", False))
            path = f"/v1/approvals/{asked['approval']['approval']}"
            self.assertEqual(asked["approval"]["body"], {**wanted, "passphrase": "***"})
            self.assertEqual(other.call("GET", path)[1]["approval"]["body"], {**wanted, "passphrase": "***"})
            self.assertEqual(one.call("POST", path + "/approve")[0], 409)
            self.assertEqual(other.call("POST", path + "/approve")[1]["status"], 200)
            now = server.operate("GET", "/v1/backup-settings")
            self.assertEqual((now["schedule"], now["keep"], now["has_passphrase"]), ("daily", 1, True))
            # What cannot be is refused before anybody is asked.
            self.assertEqual(one.call("PUT", "/v1/backup-settings", {**wanted, "passphrase": "short"})[1]["code"], "passphrase_weak")

    def test_a_directory_that_cannot_be_used(self):
        with Place() as place:
            target = os.path.join(place.path, "target")
            os.mkdir(target)
            os.chmod(target, 0o777)
            with Server(options=("--backup-dir", target)) as server:
                refused = server.operate("POST", "/v1/backups", {"scope": "all", "passphrase": PASSPHRASE}, expect=(507,))
                self.assertEqual(refused["code"], "backup_dir_unusable")
                self.assertIn("backup_dir", refused["title"])
                self.assertTrue(server.logged(lambda line: target in line and "backup_dir" in line))
                wanted = {"schedule": "daily", "at": "02:30", "weekday": 7, "scope": "all", "keep": 2, "passphrase": PASSPHRASE}
                self.assertEqual(server.operate("PUT", "/v1/backup-settings", wanted, expect=(507,))["code"], "backup_dir_unusable")
                state = lambda: {c["id"]: c["state"] for c in server.operate("POST", "/v1/system/checks")["checks"]}["backup.directory"]
                self.assertEqual(state(), "failed")
                os.chmod(target, 0o700)
                self.assertEqual(state(), "ok")
                begun = server.operate("POST", "/v1/backups", {"scope": "all", "passphrase": PASSPHRASE}, expect=(202,))
                self.assertEqual(wait_done(server, begun["backup"])["state"], "done")
                self.assertEqual(len(os.listdir(target)), 1)

    def test_files_that_lie_there_are_listed(self):
        """After a restore on a new machine the backups in its directory are known again, and so is one that is put there; what is none is not."""
        with Server() as old, Place() as place:
            done, file = make(old, "configuration")
            later, _ = make(old, "configuration")
            target = os.path.join(place.path, "target")
            shutil.copytree(os.path.join(old.data_dir, "backups"), target)
            os.chmod(target, 0o700)
            for name, content in (("junk.yqb", b"YQBACKUP" + bytes(200)), ("short.yqb", b"YQ"), ("bad name.yqb", open(file, "rb").read())):
                pathlib.Path(target, name).write_bytes(content)
            os.symlink(file, os.path.join(target, "link.yqb"))
            with Server(options=("--backup-dir", target)) as new:
                def listed(*wanted):
                    end = time.monotonic() + HTTP_SLOW
                    while True:
                        items = new.operate("GET", "/v1/backups")["items"]
                        if {b["backup"] for b in items} == {b["backup"] for b in wanted}:
                            return {b["backup"]: b for b in items}
                        self.assertLess(time.monotonic(), end, items)
                        time.sleep(0.1)
                found = listed(done, later)
                for b in (done, later):
                    one = found[b["backup"]]
                    self.assertEqual([one[k] for k in ("file", "size", "created_at", "scope", "state", "sm3")], [b[k] for k in ("file", "size", "created_at", "scope", "state")] + [None])
                self.assertEqual({r["subject"] for r in new.audit() if r["event"] == "backup.adopt"}, {"backup:" + b["backup"] for b in (done, later)})
                age = lambda: {c["id"]: c["state"] for c in new.operate("POST", "/v1/system/checks")["checks"]}["backup.age"]
                self.assertEqual(age(), "unknown")
                self.assertEqual(verify(new, done["backup"]), "ok")
                self.assertEqual(new.operate("GET", f"/v1/backups/{done['backup']}")["sm3"], done["sm3"])
                self.assertEqual(age(), "ok")
                new.operate("DELETE", f"/v1/backups/{done['backup']}")
                os.unlink(os.path.join(target, later["file"]))
                shutil.copy(file, os.path.join(target, done["file"]))  # put back: a new one
                new.restart()
                listed(done)
                self.assertTrue(os.path.exists(os.path.join(target, done["file"])))

    def test_what_was_found_of_one_outlives_a_look_without_it(self):
        with Server() as old, Place() as place:
            done, file = make(old, "configuration")
            later, second = make(old, "configuration")
            target, away = os.path.join(place.path, "target"), os.path.join(place.path, "away")
            os.mkdir(target, 0o700)
            broken = bytearray(pathlib.Path(file).read_bytes())
            broken[len(broken) // 2] ^= 1
            pathlib.Path(target, done["file"]).write_bytes(broken)
            with Server(options=("--backup-dir", target)) as new:
                def row(backup):
                    end = time.monotonic() + HTTP_SLOW
                    while True:
                        found = [b for b in new.operate("GET", "/v1/backups")["items"] if b["backup"] == backup["backup"]]
                        if found:
                            return found[0]
                        self.assertLess(time.monotonic(), end)
                        time.sleep(0.1)
                row(done)
                self.assertEqual(verify(new, done["backup"]), "backup_damaged")
                # Not mounted for a while: another is found there, so that it was looked at.
                os.rename(target, away)
                os.mkdir(target, 0o700)
                shutil.copy(second, os.path.join(target, later["file"]))
                new.restart()
                row(later)
                self.assertEqual([row(done)[k] for k in ("finding", "missing")], ["backup_damaged", True])
                shutil.rmtree(target)
                os.rename(away, target)
                new.restart()
                self.assertEqual([row(done)[k] for k in ("finding", "missing")], ["backup_damaged", False])

    def test_rows_of_what_failed_are_bounded(self):
        with Server() as server:
            done, _ = make(server, "configuration")
            server.stop()
            db = sqlite3.connect(os.path.join(server.data_dir, "yiqian.db"))
            for i in range(150):
                db.execute("INSERT INTO backup (id, scope, cause, state, file, made_by, created_at) VALUES (?, 'all', 'scheduled', 'failed', 'x', 'server', ?)", (bytes(15) + bytes([i]), i))
            db.commit()
            db.close()
            server.start()
            make(server, "configuration")
            rows = sqlite3.connect(os.path.join(server.data_dir, "yiqian.db")).execute("SELECT state, count(*) FROM backup GROUP BY state ORDER BY state").fetchall()
            self.assertEqual(rows, [("done", 2), ("failed", 100)])

    @unittest.skipUnless("YIQIAN_FULL_DISK_LIBRARY" in os.environ, "needs the preloaded library")
    def test_a_full_disk(self):
        with tempfile.TemporaryDirectory() as folder:
            full, low = os.path.join(folder, "full"), os.path.join(folder, "low")
            env = {"LD_PRELOAD": os.environ["YIQIAN_FULL_DISK_LIBRARY"], "YIQIAN_FULL_DISK": full, "YIQIAN_LOW_DISK": low}
            with Server(env=env) as server:
                done, file = make(server, "configuration")
                open(low, "w").close()
                for scope in ("all", "configuration"):
                    self.assertEqual(server.operate("POST", "/v1/backups", {"scope": scope, "passphrase": PASSPHRASE}, expect=(507,))["code"], "disk_full")
                with Place() as place:
                    self.assertIn("disk_full", place.restore(file, code=1, env=env))
                    self.assertEqual(os.listdir(place.data_dir), ["yiqiand.lock"])
                    open(full, "w").close()
                    os.unlink(low)
                    self.assertIn("disk_full", place.restore(file, code=1, env=env))
                    self.assertEqual(os.listdir(place.data_dir), ["yiqiand.lock"])
                    os.unlink(full)
                self.fills_while_one_is_made(server, full)
                listed = [b["file"] for b in server.operate("GET", "/v1/backups")["items"] if b["state"] == "done"]
                self.assertEqual(sorted(os.listdir(os.path.join(server.data_dir, "backups"))), sorted(listed))
                self.assertEqual(verify(server, done["backup"]), "ok")
                make(server, "configuration")

    def fills_while_one_is_made(self, server, full):
        """Then nobody can note either that it failed, until there is room: it is not being made for ever."""
        lost = lambda: server.logged(lambda line: "what came of a backup could not be recorded" in line, 0)
        for _ in range(20):
            begun = server.operate("POST", "/v1/backups", {"scope": "all", "passphrase": PASSPHRASE}, expect=(202,))
            open(full, "w").close()
            while (now := server.operate("GET", f"/v1/backups/{begun['backup']}"))["state"] == "running" and not lost():
                time.sleep(0.05)
            os.unlink(full)
            if lost():
                break
        now = wait_done(server, begun["backup"])
        self.assertEqual((now["state"], now["error"]), ("failed", "disk_full"))
        self.assertTrue([r for r in server.audit() if r["event"] == "backup.made" and r["outcome"] == "disk_full"])

    @unittest.skipUnless("YIQIAN_SHIFTED_CLOCK_LIBRARY" in os.environ, "needs the preloaded library")
    def test_scheduled(self):
        """Due at a full minute between 40 and 100 seconds away, however long the server took to start: the setting has to be there before it. The server's clock
        begins a minute's 10th second, so that mostly it is less than 50. The directory cannot be used at first: that is an alarm, and an hour later it is tried again."""
        shift = 10 - int(time.time()) % 60
        with Place() as place:
            target = os.path.join(place.path, "target")
            os.mkdir(target, 0o700)
            server = Server(options=("--backup-dir", target), env={"LD_PRELOAD": os.environ["YIQIAN_SHIFTED_CLOCK_LIBRARY"], "YIQIAN_CLOCK_SHIFT": str(shift)})
            try:
                at = time.gmtime(time.time() + shift + 8 * 3600 + 100)
                server.operate("PUT", "/v1/backup-settings", {"schedule": "daily", "at": time.strftime("%H:%M", at), "weekday": 7, "scope": "configuration",
                                                              "keep": 1, "passphrase": PASSPHRASE})
                os.chmod(target, 0o777)
                failed = self.waited(server, 1)[0]
                self.assertEqual((failed["cause"], failed["state"], failed["error"]), ("scheduled", "failed", "backup_dir_unusable"))
                checks = {c["id"]: c for c in server.operate("POST", "/v1/system/checks")["checks"]}
                self.assertEqual((checks["backup.scheduled"]["state"], checks["backup.scheduled"]["value"]), ("failed", "backup_dir_unusable"))
                os.chmod(target, 0o700)
                server.env["YIQIAN_CLOCK_SHIFT"] = str(shift + 3600)
                server.stop()
                with sqlite3.connect(os.path.join(server.data_dir, "yiqian.db")) as db:
                    for i, scope in enumerate(("all", "configuration")):
                        db.execute("INSERT INTO backup (id, scope, cause, state, file, size, digest, made_by, created_at) VALUES (?, ?, 'scheduled', 'done', ?, 1, x'00', 'server', 1)",
                                   (bytes(15) + bytes([i]), scope, f"old-{scope}.yqb"))
                server.start()
                # keep is 1, of each scope: the older one of the same scope goes.
                end = time.monotonic() + 250
                while True:
                    items = server.operate("GET", "/v1/backups")["items"]
                    if [(b["scope"], b["state"], b["missing"]) for b in items] == [("configuration", "done", False), ("configuration", "failed", False), ("all", "done", True)]:
                        break
                    self.assertLess(time.monotonic(), end, items)
                    time.sleep(0.3)
                made = items[0]
                self.assertEqual((made["cause"], made["scope"], made["state"], made["made_by"]), ("scheduled", "configuration", "done", "server"))
                checks = {c["id"]: c for c in server.operate("POST", "/v1/system/checks")["checks"]}
                self.assertEqual((checks["backup.scheduled"]["state"], checks["backup.age"]["state"]), ("ok", "ok"))
            finally:
                server.close()

    def waited(self, server, n):
        """So many, of which none is being made."""
        end = time.monotonic() + 250
        while True:
            items = server.operate("GET", "/v1/backups")["items"]
            if len(items) >= n and all(b["state"] != "running" for b in items):
                return items
            self.assertLess(time.monotonic(), end, items)
            time.sleep(0.3)

    def test_the_command_line(self):
        with Server() as server, Place() as place:
            def run(*words, code=0):
                done = subprocess.run([os.environ["YIQIAN"], "backup", *words, "--data-dir", server.data_dir, "--json"], capture_output=True, text=True, timeout=300)
                self.assertEqual(done.returncode, code, done)
                return json.loads(done.stdout) if done.stdout.strip() else None
            told = run("settings", "--schedule", "weekly", "--weekday", "3", "--at", "01:15", "--passphrase-file", place.passphrase)
            self.assertEqual((told["schedule"], told["weekday"], told["at"], told["keep"], told["has_passphrase"]), ("weekly", 3, "01:15", 7, True))
            made = run("create", "--scope", "configuration", "--wait")
            self.assertEqual(made["state"], "done")
            self.assertEqual([b["backup"] for b in run("list")["items"]], [made["backup"]])
            self.assertEqual(run("verify", made["backup"], "--wait")["finding"], "ok")
            file = os.path.join(place.path, "fetched.yqb")
            run("download", made["backup"], "--out", file)
            self.assertEqual(os.stat(file).st_mode & 0o777, 0o600)
            self.assertEqual(Backup(file, PASSPHRASE).manifest["id"], made["backup"])
            run("download", made["backup"], "--out", file, code=1)
            run("delete", made["backup"])
            self.assertEqual(run("list")["items"], [])
            run("show", made["backup"], code=1)


class FakeServer(socketserver.ThreadingUnixStreamServer):
    """What a server says of a backup, and the bytes that it sends; on the socket of a data directory."""
    daemon_threads = True

    def __init__(self, data_dir, name, said, sent, promised=None):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                body = sent if self.path.endswith("/file") else json.dumps(
                    {"backup": "x", "state": "done", "file": name, "size": len(said), "sm3": hashlib.new("sm3", said).hexdigest()}).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(promised if promised and self.path.endswith("/file") else len(body)))
                self.end_headers()
                self.wfile.write(body)

            def address_string(self):
                return "unix"

            def log_message(self, *_):
                pass
        super().__init__(os.path.join(data_dir, "yiqiand.sock"), Handler)

    def __enter__(self):
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()
        os.unlink(self.server_address)


class Downloads(unittest.TestCase):
    def test_what_comes_is_what_was_said(self):
        with tempfile.TemporaryDirectory() as folder:
            inside = os.path.join(folder, "inside")
            os.mkdir(inside)

            def run(*more, code):
                done = subprocess.run([os.environ["YIQIAN"], "backup", "download", "x", "--data-dir", folder, *more], cwd=inside, capture_output=True, text=True,
                                      timeout=60, env={**os.environ, "LC_ALL": "C.UTF-8"})
                self.assertEqual(done.returncode, code, done)
                return done.stdout + done.stderr
            for name in ("../outside.yqb", "/tmp/outside.yqb", ".bashrc", "..", "-x", "a\nb", ""):
                with FakeServer(folder, name, b"12345678", b"12345678"):
                    self.assertIn("plain name", run(code=1), name)
                    self.assertEqual((os.listdir(inside), sorted(os.listdir(folder))), ([], ["inside", "yiqiand.sock"]))
            with FakeServer(folder, "../x", b"12345678", b"12345678"):
                run("--out", "chosen.yqb", code=0)
                self.assertEqual(os.listdir(inside), ["chosen.yqb"])
                self.assertRegex(run("--out", "chosen.yqb", code=1), "(?s)the file exists and is not overwritten: chosen.yqb.*--out")
                self.assertIn("no such file or directory", run("--out", "nowhere/chosen.yqb", code=1))
            for sent, promised in ((b"1234567", None), (b"12345679", None), (b"123456789", None), (b"1234", 8)):
                with FakeServer(folder, "a.yqb", b"12345678", sent, promised):
                    run(code=3 if promised else 1)
                    self.assertEqual(os.listdir(inside), ["chosen.yqb"])
            with FakeServer(folder, "a.yqb", b"12345678", b"12345678"):
                self.assertIn("a.yqb", run(code=0))
                self.assertEqual(pathlib.Path(inside, "a.yqb").read_bytes(), b"12345678")


if __name__ == "__main__":
    unittest.main()
