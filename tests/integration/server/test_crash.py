"""kill -9 of the server under load, again and again: what was acknowledged to anyone is there, no task has two recorded
signatures, each signature has its timestamp, no failed PIN is forgotten, the audit log is whole; and amid what operators do."""
import http.client
import os
import random
import sqlite3
import subprocess
import threading
import time
import unittest

import client
from curve import sm3
from phone import Refused, der
from server import Server

ROUNDS = int(os.environ.get("YIQIAN_CRASH_ROUNDS", "20"))
DEVICES = 4
DOWN = (ConnectionError, http.client.HTTPException, OSError)


def ecsig(rs):
    """r || s as SM2Signature in DER."""
    return der(0x30, *(der(0x02, n.to_bytes(n.bit_length() // 8 + 1, "big")) for n in (int.from_bytes(rs[:32], "big"), int.from_bytes(rs[32:], "big"))))


class Crash(unittest.TestCase):
    def run_device(self, number, device, system, stop):
        """Signs until told to stop; notes what was acknowledged. A lost answer is no acknowledgement."""
        signing = False
        while not stop.is_set():
            try:
                if device.token is None:
                    device.login()
                document = f"护理记录 {number} {time.time_ns()}".encode() * 4
                task = system.create(f"N{number}", document)["task"]
                self.created[number].append(task)
                if random.random() < 0.2 and self.failures[number] < 2:
                    body, _ = device.sign_request("999000", [(task, device.e(document))])
                    try:
                        device.call("POST", device.path("sign-requests"), body)
                    except Refused as refused:
                        if refused.code == "pin_wrong":
                            self.failures[number] += 1
                            self.assertLessEqual(refused.problem["tries_left"], 5 - self.failures[number])
                        continue
                signing = True
                device.sign("274915", [(task, device.e(document))])
                signing = False
                self.signed[number].append(task)
                self.failures[number] = 0
            except DOWN:
                # Whether a signature was completed before the crash is not known: then the failures may have been forgiven.
                if signing:
                    self.failures[number], signing = 0, False
                time.sleep(0.05)
            except AssertionError as error:
                self.errors.append(error)
                return
            except Refused as refused:
                # Another request of this key may be open: the one whose answer the crash swallowed.
                if refused.code not in ("key_busy", "unauthenticated", "task_not_claimed"):
                    self.errors.append(refused)
                    return
                time.sleep(0.2)

    def test_kill_under_load(self):
        server = Server()
        system = server.system(stamps=True)
        users = [server.user(f"N{i}", "周宁") for i in range(DEVICES)]
        devices = [server.enrolled(user) for user in users]
        self.created, self.signed = ([[] for _ in range(DEVICES)] for _ in range(2))
        self.failures, self.errors = [0] * DEVICES, []
        for _ in range(ROUNDS):
            stop, threads = threading.Event(), []
            for i, device in enumerate(devices):
                device.http = server.new_client()
                own = type(system)(server.new_client(), system.key, system.secret)
                threads.append(threading.Thread(target=self.run_device, args=(i, device, own, stop)))
            for thread in threads:
                thread.start()
            time.sleep(random.uniform(0.3, 1.5))
            server.kill()
            stop.set()
            for thread in threads:
                thread.join(60)
            self.release(server.data_dir)
            server.start()
            self.assertEqual(self.errors, [])
        self.check(server, devices)
        server.close()

    def release(self, data_dir):
        """A crash leaves requests open for their 60 seconds; the test does not wait that long. And 20 failures since the last
        refresh lock a key: so many are made here on purpose."""
        with sqlite3.connect(os.path.join(data_dir, "yiqian.db")) as database:
            database.execute("UPDATE device_key SET open_sid = NULL, open_until = NULL, failures_since_refresh = 0")
            database.execute("UPDATE task SET claim_until = 0 WHERE state = 'claimed'")

    def check(self, server, devices):
        database = sqlite3.connect(os.path.join(server.data_dir, "yiqian.db"))
        self.assertGreater(sum(map(len, self.signed)), ROUNDS)
        for i in range(DEVICES):
            for task in self.created[i]:
                rows = database.execute("SELECT state FROM task WHERE id = ?", (bytes.fromhex(task.replace("-", "")),)).fetchall()
                self.assertEqual(len(rows), 1, "an acknowledged task is gone")
            for task in self.signed[i]:
                key = bytes.fromhex(task.replace("-", ""))
                rows = database.execute("SELECT count(*) FROM signature WHERE task_id = ?", (key,)).fetchone()
                state = database.execute("SELECT state FROM task WHERE id = ?", (key,)).fetchone()
                self.assertEqual((rows[0], state[0]), (1, "signed"), "an acknowledged signature is gone")
            failures = database.execute("SELECT failures FROM device_key WHERE id = ?", (devices[i].key.bytes,)).fetchone()[0]
            self.assertGreaterEqual(failures, self.failures[i], "a failed PIN was forgotten")
        doubled = database.execute("SELECT task_id FROM signature GROUP BY task_id HAVING count(*) > 1").fetchall()
        self.assertEqual(doubled, [])
        # A signature and its timestamp are there together, or neither is.
        stamped = database.execute("SELECT g.rs, k.imprint FROM signature g LEFT JOIN signature_stamp x ON x.task_id = g.task_id "
                                   "LEFT JOIN token k ON k.serial = x.serial").fetchall()
        self.assertGreaterEqual(len(stamped), sum(map(len, self.signed)))
        for rs, imprint in stamped:
            self.assertEqual(imprint, sm3(ecsig(rs)), "a signature without its timestamp")
        self.assertEqual(database.execute("SELECT count(*) FROM token").fetchone()[0], len(stamped), "a timestamp without its signature")
        self.assertTrue(server.operate("GET", "/v1/audit/check")["intact"])


class Acts(unittest.TestCase):
    """Sheets are imported, certificates revoked, lists made anew, data exported: what was answered stands, and a sheet is there whole or not at all."""

    def import_sheets(self, http, stop):
        while not stop.is_set():
            sheet = f"S{len(self.sheets)}"
            self.sheets[sheet] = False
            rows = [{"staff_no": f"{sheet}-{i}", "name": "孙悦", "departments": ["内科"]} for i in range(100)]
            self.answered(http.json("POST", "/v1/user-imports", {"rows": rows}))
            self.sheets[sheet] = True

    def revoke(self, http, stop):
        while not stop.is_set() and self.serials:
            serial = self.serials.pop()
            self.answered(http.json("POST", f"/v1/certificates/{serial}/revoke", {"reason": "keyCompromise"}))
            self.revoked.append(serial)
            stop.wait(0.1)

    def renew_lists(self, http, stop):
        while not stop.is_set():
            self.take_numbers(self.answered(http.json("POST", "/v1/ca/crls", {})))

    def export(self, http, stop):
        while not stop.is_set():
            for path in ("/v1/users/export", "/v1/audit/export?format=csv"):
                self.assertEqual(http.raw("GET", path)[0], 200)

    def answered(self, told):
        self.assertIn(told[0], (200, 201), told[1])
        return told[1]

    def take_numbers(self, answer):
        """None goes back, whoever was told of it."""
        for row in answer["items"]:
            self.assertGreaterEqual(row["number"], self.numbers.get(row["issuer"], 0))
            self.numbers[row["issuer"]] = row["number"]

    def guarded(self, act, http, stop):
        try:
            act(http, stop)
        except DOWN:
            pass
        except AssertionError as error:
            self.errors.append(error)

    def test_kill_during_acts(self):
        server = Server()
        for i in range(12):
            server.enrolled(server.user(f"A{i}", "孙悦"))
        self.serials = [c["serial"] for c in server.operate("GET", "/v1/certificates?limit=100")["items"]]
        self.sheets, self.revoked, self.numbers, self.errors = {}, [], {}, []
        for _ in range(max(3, ROUNDS // 4)):
            stop = threading.Event()
            threads = [threading.Thread(target=self.guarded, args=(act, client.unix(os.path.join(server.data_dir, "yiqiand.sock")), stop))
                       for act in (self.import_sheets, self.revoke, self.renew_lists, self.export)]
            for thread in threads:
                thread.start()
            self.wait_for_answers(len(self.revoked), sum(self.sheets.values()))
            time.sleep(random.uniform(0, 0.5))
            server.kill()
            stop.set()
            for thread in threads:
                thread.join(60)
            server.start()
            self.assertEqual(self.errors, [])
            self.check(server)
        server.close()

    def wait_for_answers(self, revoked, sheets):
        """A kill says nothing before something was answered."""
        end = time.monotonic() + 60
        while not self.errors and not (sum(self.sheets.values()) > sheets and (len(self.revoked) > revoked or not self.serials)):
            self.assertLess(time.monotonic(), end, "nothing is answered")
            time.sleep(0.01)

    def check(self, server):
        with sqlite3.connect(os.path.join(server.data_dir, "yiqian.db")) as database:
            for sheet, answered in self.sheets.items():
                n = database.execute("SELECT count(*) FROM app_user WHERE staff_no LIKE ?", (sheet + "-%",)).fetchone()[0]
                self.assertIn(n, (100,) if answered else (0, 100), sheet)
        self.take_numbers(server.operate("GET", "/v1/ca/crls"))
        listed = subprocess.run(["openssl", "crl", "-inform", "DER", "-noout", "-text"], input=server.http.raw("GET", "/pki/issuing.crl")[1], capture_output=True, check=True)
        for serial in self.revoked:
            self.assertEqual(server.operate("GET", f"/v1/certificates/{serial}")["state"], "revoked")
            self.assertIn(serial.lstrip("0").upper().encode(), listed.stdout.upper().replace(b":", b""))
        self.assertTrue(server.operate("GET", "/v1/audit/check")["intact"])


if __name__ == "__main__":
    unittest.main()
