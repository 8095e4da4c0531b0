"""The system's check, its history, /metrics, alarms over mail and webhook, and the audit log's search and export, against the real server."""
import json
import os
import pathlib
import sqlite3
import ssl
import subprocess
import tempfile
import time
import unittest

import prometheus
from mail_server import MailServer
from receiver import Receiver, verify
from server import Server

HUGE = "1000000000GiB"  # more than any disk has free
YIQIAN = os.environ.get("YIQIAN", "yiqian")


def until(found, seconds=20):
    end = time.monotonic() + seconds
    while True:
        value = found()
        if value:
            return value
        assert time.monotonic() < end, "it did not come to it"
        time.sleep(0.1)


def token(server, *scopes):
    return {"Authorization": "Bearer " + server.operate("POST", "/v1/operator-tokens", {"name": "t", "scopes": list(scopes)})["token"]}


class Checks(unittest.TestCase):
    def test_one_click(self):
        with Server() as server:
            report = server.operate("POST", "/v1/system/checks")
            by_id = {check["id"]: check for check in report["checks"]}
            self.assertTrue(report["full"])
            self.assertEqual(report["state"], "warning")  # no time source, a loopback address
            for name in ("database.write", "database.integrity", "disk.space", "machine.memory", "certificates.root", "keys.master",
                         "keys.seal", "keys.self_tests", "audit.head", "queues.callbacks", "certificates.issuing_crl"):
                self.assertEqual(by_id[name]["state"], "ok", by_id[name])
            self.assertEqual(by_id["configuration.clock"]["state"], "warning")
            self.assertIn("time_sources", by_id["configuration.clock"]["what_to_do"]["zh"])
            self.assertEqual(by_id["backup.age"]["state"], "unknown")
            self.assertEqual(server.operate("GET", "/v1/system/checks")["at"], report["at"])
            self.assertEqual(server.audit()[-1]["event"], "system.check")

    def test_a_disk_that_runs_full_and_a_key_file_open_to_others(self):
        with Server(options=("--check-disk-free", HUGE)) as server:
            os.chmod(os.path.join(server.data_dir, "master.key"), 0o644)
            report = server.operate("POST", "/v1/system/checks")
            by_id = {check["id"]: check for check in report["checks"]}
            self.assertEqual((report["state"], by_id["disk.space"]["state"], by_id["keys.master"]["state"]), ("failed",) * 3)
            os.chmod(os.path.join(server.data_dir, "master.key"), 0o600)
            ran = subprocess.run([YIQIAN, "check", "--data-dir", server.data_dir], capture_output=True, text=True,
                                 env={**os.environ, "LC_ALL": "zh_CN.UTF-8"})
            self.assertEqual(ran.returncode, 2, ran)
            self.assertIn("[异常] 数据磁盘剩余空间", ran.stdout)
            self.assertIn("扩大磁盘", ran.stdout)
        with Server() as server:
            ran = subprocess.run([YIQIAN, "check", "--data-dir", server.data_dir, "--json"], capture_output=True, text=True)
            self.assertEqual((ran.returncode, json.loads(ran.stdout)["state"]), (1, "warning"))

    def test_a_time_source_that_is_gone(self):
        with Server(options=("--time-sources", "ntp:127.0.0.1:9", "--monitor-interval", "1s")) as server:
            by_id = {check["id"]: check for check in server.operate("POST", "/v1/system/checks")["checks"]}
            self.assertEqual(by_id["clock.state"]["state"], "failed")
            source = until(lambda: next((c for c in server.operate("POST", "/v1/system/checks")["checks"] if c["id"] == "clock.source"), None))
            self.assertEqual((source["state"], source["subject"]), ("warning", "ntp 127.0.0.1:9"))
            until(lambda: [a for a in server.operate("GET", "/v1/alarms?state=open")["items"] if a["kind"] == "clock.state"])


class History(unittest.TestCase):
    def test_a_row_a_round_and_what_was_counted(self):
        with Server(options=("--monitor-interval", "1s", "--node-name", "node-a")) as server:
            for _ in range(50):
                server.http.json("GET", "/v1/health")
            history = until(lambda: (lambda h: h if sum(filter(None, h["series"]["requests"])) >= 50 else None)(
                server.operate("GET", "/v1/system/history")))
            self.assertEqual((history["node"], history["nodes"], history["step"]), ("node-a", ["node-a"], 60))
            series = history["series"]
            self.assertTrue(all(len(values) == len(history["times"]) for values in series.values()))
            self.assertGreater(series["memory_total"][-1], series["memory_used"][-1])
            self.assertGreater(series["process_files"][-1], 10)
            self.assertGreaterEqual(sum(filter(None, series["answers_2xx"])), 50)
            slow = max(filter(None, series["latency_p99"]))
            self.assertTrue(0 < slow < 20_000_000, slow)

    def test_what_cannot_be_asked(self):
        with Server() as server:
            for query, field in (("from=yesterday", "from"), ("step=61", "step"), ("step=0x", "step"), ("node2=a", "node2"),
                                 ("from=2026-03-02T00:00:00Z&to=2026-03-01T00:00:00Z", "from")):
                status, problem = server.operator.json("GET", "/v1/system/history?" + query)
                self.assertEqual((status // 100, problem["field"]), (4, field), problem)


class Metrics(unittest.TestCase):
    def test_the_format_and_who_may(self):
        with Server() as server:
            self.assertEqual(server.http.raw("GET", "/metrics")[0], 401)
            self.assertEqual(server.http.raw("GET", "/metrics", headers=token(server, "auditor"))[0], 200)
            server.operate("POST", "/v1/system/checks")
            status, text = server.operator.raw("GET", "/metrics")
            self.assertEqual((status, server.operator.headers["Content-Type"]), (200, "text/plain; version=0.0.4; charset=utf-8"))
            families = prometheus.read(text.decode())
            self.assertEqual(families["yiqian_http_answers_total"][1][("yiqian_http_answers_total", (("class", "4xx"),))], 1)
            self.assertGreater(families["yiqian_host_memory_bytes"][1][("yiqian_host_memory_bytes", ())], 1 << 20)
            self.assertEqual(families["yiqian_check_state"][1][("yiqian_check_state", (("check", "keys.master"), ("subject", "")))], 0)
        with Server(options=("--metrics-networks", "127.0.0.0/8")) as server:
            self.assertEqual(server.http.raw("GET", "/metrics")[0], 200)
            self.assertEqual(server.http.raw("GET", "/metrics", headers={"Authorization": "Bearer ot_wrong"})[0], 401)
        with Server(options=("--metrics-networks", "10.0.0.0/8")) as server:
            self.assertEqual(server.http.raw("GET", "/metrics")[0], 401)


def certificate(folder, name="localhost"):
    key, crt = folder / "key.pem", folder / "crt.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-out", crt,
                    "-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name},IP:127.0.0.1", "-days", "2"], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(crt, key)
    return context, str(crt)


MAIL = {"kind": "mail", "name": "值班", "host": "127.0.0.1", "sender": "yiqian@hospital.example",
        "recipients": ["duty@hospital.example", "it@hospital.example"], "security": "none", "digest_minutes": 0}


class Alarms(unittest.TestCase):
    def alarm(self, server, kind="disk.space"):
        return until(lambda: next((a for a in server.operate("GET", "/v1/alarms")["items"] if a["kind"] == kind), None))

    def test_from_the_check_to_the_mail_and_the_webhook(self):
        mail, receiver = MailServer(), Receiver()
        with Server(options=("--monitor-interval", "1s", "--check-disk-free", HUGE)) as server:
            hook = server.operate("POST", "/v1/alarm-channels", {"kind": "webhook", "name": "运维", "url": f"http://127.0.0.1:{receiver.http.server_port}/a"})
            server.operate("POST", "/v1/alarm-channels", {**MAIL, "port": mail.port})
            self.alarm(server)
            sender, recipients, message, raw = mail.wait(1)[0]
            self.assertEqual((sender, recipients), ("yiqian@hospital.example", MAIL["recipients"]))
            self.assertIn("数据磁盘剩余空间", message["Subject"])
            self.assertIn("怎么办", message.get_content())
            self.assertIn("扩大磁盘", message.get_content())
            self.assertTrue(all(byte < 128 for byte in raw))
            until(lambda: receiver.requests)
            told = verify(hook["secret"], *receiver.requests[0])
            self.assertEqual((told["event"], told["alarms"][0]["kind"], told["alarms"][0]["event"]), ("alarms", "disk.space", "opened"))
            channels = server.operate("GET", "/v1/alarm-channels")["items"]
            self.assertTrue(all("secret" not in c and "password" not in c for c in channels))
            self.assertTrue(until(lambda: all(c["sent_at"] for c in server.operate("GET", "/v1/alarm-channels")["items"])))
            alarm = self.alarm(server)
            got = server.operate("POST", f"/v1/alarms/{alarm['alarm']}/acknowledge")
            self.assertEqual((got["state"], got["severity"]), ("acknowledged", "critical"))
            time.sleep(2.5)
            self.assertEqual(len(mail.messages), 1)  # one alarm is told once, however many rounds see it
        mail.close()

    def test_what_is_over_is_told_too(self):
        mail = MailServer()
        server = Server(options=("--monitor-interval", "1s", "--check-disk-free", HUGE))
        server.operate("POST", "/v1/alarm-channels", {**MAIL, "port": mail.port, "language": "en"})
        self.alarm(server)
        mail.wait(1)
        server.options[-1] = "1MiB"
        server.restart()
        with server:
            mail.wait(2)
            self.assertIn("[OVER]", mail.messages[1][2].get_content())
            self.assertEqual(self.alarm(server)["state"], "closed")
        mail.close()

    def test_tls_with_a_password(self):
        with tempfile.TemporaryDirectory() as folder:
            context, ca = certificate(pathlib.Path(folder))
            for implicit, security in ((False, "starttls"), (True, "tls")):
                mail = MailServer(tls=context, implicit=implicit, user="yiqian", password="s3cret 口令")
                with Server(options=("--callback-ca-file", ca)) as server:
                    body = {**MAIL, "port": mail.port, "security": security, "username": "yiqian", "password": "s3cret 口令"}
                    channel = server.operate("POST", "/v1/alarm-channels", body)
                    self.assertTrue(channel["has_password"])
                    test = server.operate("POST", f"/v1/alarm-channels/{channel['channel']}/test")
                    self.assertEqual((test["delivered"], test["error"], test["reply"]), (True, None, "250 taken"))
                    self.assertIn("测试邮件", mail.wait(1)[0][2]["Subject"])
                    server.operate("PATCH", f"/v1/alarm-channels/{channel['channel']}", {"password": "wrong"})
                    test = server.operate("POST", f"/v1/alarm-channels/{channel['channel']}/test")
                    self.assertFalse(test["delivered"])
                    # Of a wrong password, too, it is said what the server said: code and text.
                    self.assertTrue(test["error"].endswith(": 535 no such user or password"), test)
                    self.assertEqual(test["reply"], "535 no such user or password")
                    database = pathlib.Path(server.data_dir, "yiqian.db").read_bytes() + pathlib.Path(server.data_dir, "yiqian.db-wal").read_bytes()
                    self.assertNotIn("s3cret".encode(), database)
                    self.assertNotIn("s3cret", "".join(server.log) + json.dumps(server.audit()))
                with Server() as server:  # which does not know the certificate's issuer
                    channel = server.operate("POST", "/v1/alarm-channels", body)
                    self.assertFalse(server.operate("POST", f"/v1/alarm-channels/{channel['channel']}/test")["delivered"])
                self.assertEqual(len(mail.messages), 1)
                mail.close()

    def test_a_server_that_has_no_tls_gets_no_password(self):
        mail = MailServer(user="yiqian", password="s3cret")
        with Server() as server:
            body = {**MAIL, "port": mail.port, "security": "starttls", "username": "yiqian", "password": "s3cret"}
            channel = server.operate("POST", "/v1/alarm-channels", body)
            self.assertFalse(server.operate("POST", f"/v1/alarm-channels/{channel['channel']}/test")["delivered"])
            self.assertFalse([c for c in mail.commands if c.startswith("AUTH")])
        mail.close()

    def test_what_the_mail_server_said(self):
        for refuse, said in (({"RCPT": "550 5.1.1 no such person"}, "550 5.1.1 no such person"), ({"MAIL": "451-later\r\n451 4.3.0 later"}, "451 4.3.0 later"),
                             ({"DATA": "554 \x1b[31m" + "x" * 700}, "554 ?[31m" + "x" * 190)):
            mail = MailServer(refuse=refuse)
            with Server() as server:
                channel = server.operate("POST", "/v1/alarm-channels", {**MAIL, "port": mail.port})
                test = server.operate("POST", f"/v1/alarm-channels/{channel['channel']}/test")
                self.assertEqual((test["delivered"], test["reply"]), (False, said))
                self.assertTrue(test["error"].endswith(": " + said), test)
            mail.close()

    def test_a_mail_server_that_refuses_is_tried_again(self):
        mail = MailServer(refuse={"RCPT": "550 no such person"})
        with Server(options=("--monitor-interval", "1s", "--check-disk-free", HUGE)) as server:
            made = server.operate("POST", "/v1/alarm-channels", {**MAIL, "port": mail.port})
            channel = until(lambda: next((c for c in server.operate("GET", "/v1/alarm-channels")["items"] if c["failures"]), None))
            self.assertIn("550", channel["last_error"])
            mail.refuse.clear()
            server.operate("PATCH", f"/v1/alarm-channels/{made['channel']}", {"state": "active"})  # somebody mended it: now
            self.assertIn("数据磁盘剩余空间", mail.wait(1)[0][2].get_content())
        mail.close()

    def test_a_storm_is_one_mail(self):
        mail = MailServer()
        with Server(options=("--monitor-interval", "1s", "--check-disk-free", HUGE)) as server:
            os.chmod(os.path.join(server.data_dir, "master.key"), 0o644)
            server.operate("POST", "/v1/alarm-channels", {**MAIL, "port": mail.port, "digest_minutes": 60})
            mail.wait(1)
            os.chmod(os.path.join(server.data_dir, "master.key"), 0o600)
            time.sleep(3)
            self.assertEqual(len(mail.messages), 1)
            text = mail.messages[0][2].get_content()
            self.assertIn("数据磁盘剩余空间", text)
            self.assertIn("主密钥文件", text)
        mail.close()

    def test_what_cannot_be_set(self):
        with Server() as server:
            def refused(body, field):
                status, problem = server.operator.json("POST", "/v1/alarm-channels", body)
                self.assertEqual((status // 100, problem["field"]), (4, field), problem)
            for address in ("a@b\r\nBcc: x@y", "a@b.example>", "a b@c.example", "a@", "@b.example", "a@b@c.example", "<a@b.example>", "a@b..", "\"a\"@b.example"):
                refused({**MAIL, "sender": address}, "sender")
            for address in ("a@b.example,c@d.example", "a@b.example\r\nRCPT TO:<x@y.example>"):
                refused({**MAIL, "recipients": [address]}, "recipients[0]" if "," in address else "recipients")
            refused({**MAIL, "recipients": ["a@b@c.example"]}, "recipients")
            for host in ("a b", "a/b", "-a", "a\r\nb", "http://a", "a:b", ""):
                refused({**MAIL, "host": host}, "host")
            refused({**MAIL, "username": "u", "password": "p"}, "security")  # it would travel in clear
            refused({**MAIL, "security": "tls", "username": "u"}, "password")
            refused({**MAIL, "url": "http://127.0.0.1/a"}, "url")
            refused({**MAIL, "port": 0}, "port")
            refused({**MAIL, "quiet_from": "24:00"}, "quiet_from")
            refused({**MAIL, "kind": "sms"}, "kind")
            refused({**MAIL, "name": "a\nb"}, "name")
            refused({"kind": "webhook", "name": "x"}, "url")
            refused({"kind": "webhook", "name": "x", "url": "http://169.254.169.254/latest"}, "url")
            refused({"kind": "webhook", "name": "x", "url": "http://127.0.0.1/a", "host": "a"}, "host")
            made = server.operate("POST", "/v1/alarm-channels", {**MAIL, "host": "169.254.169.254", "port": 25})
            test = server.operate("POST", f"/v1/alarm-channels/{made['channel']}/test")
            self.assertEqual((test["delivered"], test["error"]), (False, "no connection is made to this address"))

    def test_two_who_edit_one_channel(self):
        with Server() as server:
            made = server.operate("POST", "/v1/alarm-channels", MAIL | {"port": 25})
            path = f"/v1/alarm-channels/{made['channel']}"
            self.assertEqual(server.operator.json("PATCH", path, {"name": "甲"}, {"If-Match": '"1"'})[0], 200)
            status, problem = server.operator.json("PATCH", path, {"name": "乙"}, {"If-Match": '"1"'})
            self.assertEqual((status, problem["code"]), (412, "changed_meanwhile"))
            server.operate("DELETE", path)
            self.assertEqual(server.operator.json("PATCH", path, {"name": "丙"})[0], 404)


class Audit(unittest.TestCase):
    def test_searched_by_each_of_its_columns(self):
        with Server() as server:
            for i in range(5):
                server.user(f"D{i}")
            time.sleep(0.005)  # what follows has a time of its own
            server.operator.json("POST", "/v1/users", {"staff_no": "D1", "name": "重复"})
            def events(query):
                return [row["event"] for row in server.operate("GET", "/v1/audit?" + query)["items"]]
            self.assertEqual(events("event=user.create&outcome=ok"), ["user.create"] * 5)
            self.assertEqual(events("event=user.&outcome=refused"), ["user.create"])
            self.assertEqual(events("event=ca.,crl.&order=newest&limit=1"), ["crl.issue"])
            self.assertEqual(events("actor=nobody"), [])
            self.assertEqual(set(events("actor=server")) & {"user.create"}, set())
            rows = server.operate("GET", "/v1/audit?order=newest&limit=2")["items"]
            older = server.operate("GET", f"/v1/audit?order=newest&limit=2&before={rows[-1]['sequence']}")["items"]
            self.assertEqual([r["sequence"] for r in rows + older], list(range(rows[0]["sequence"], rows[0]["sequence"] - 4, -1)))
            self.assertEqual(events(f"subject={rows[1]['subject']}&origin=unix")[-1], "user.create")
            at = rows[0]["time"]
            self.assertEqual(events(f"to={at}&event=user.&outcome=refused"), [])
            self.assertEqual(events(f"from={at}&event=user."), ["user.create"])
            for query, field in (("event=A", "event"), ("order=up", "order"), ("from=x", "from"), ("colour=red", "colour"), ("before=x", "before")):
                self.assertEqual(server.operator.json("GET", "/v1/audit?" + query)[1]["field"], field)
            names = {row["event"]: row["name"] for row in server.operate("GET", "/v1/audit/events")["items"]}
            self.assertEqual(names["user.create"], {"zh": "新增人员", "en": "Person added"})
            self.assertTrue(all(row["event"] in names for row in server.audit()))

    def test_exported_and_verified_elsewhere(self):
        with tempfile.TemporaryDirectory() as folder, Server() as server:
            for i in range(20):
                server.user(f"D{i}")
            file, root = os.path.join(folder, "audit.jsonl"), os.path.join(folder, "root.cer")
            status, data = server.operator.raw("GET", "/v1/audit/export?format=jsonl&after=5&limit=11")
            self.assertEqual((status, server.operator.headers["Yiqian-Next"]), (200, "16"))
            pathlib.Path(root).write_bytes(server.http.raw("GET", "/pki/root.cer")[1])
            def verified(content, *more):
                pathlib.Path(file).write_bytes(content)
                return subprocess.run([YIQIAN, "audit", "verify", file, *more], capture_output=True, text=True)
            self.assertEqual(verified(data, "--root", root).returncode, 0)
            lines = data.split(b"\n")
            changed = data.replace(b'"staff_no=D3"', b'"staff_no=D9"')
            self.assertNotEqual(changed, data)
            head = json.loads(lines[0])
            head["root"] = "0" * 64
            for wrong in (changed, b"\n".join(lines[:3] + lines[4:]), b"\n".join(lines[:-2] + [b""]), b"\n".join([json.dumps(head).encode()] + lines[1:]),
                          data[:100], b"", data + data, b"\n".join([lines[0], lines[2], lines[1]] + lines[3:])):
                ran = verified(wrong)
                self.assertEqual(ran.returncode, 1, (wrong[:80], ran))
            with Server() as other:
                pathlib.Path(root).write_bytes(other.http.raw("GET", "/pki/root.cer")[1])
                self.assertEqual(verified(data, "--root", root).returncode, 1)
            csv = server.operator.raw("GET", "/v1/audit/export?format=csv&event=user.create")[1].decode("utf-8-sig")
            self.assertEqual(len(csv.strip().split("\r\n")), 21)
            csv = server.operator.raw("GET", "/v1/audit/export?format=csv&event=user.create&limit=3")[1].decode("utf-8-sig")
            self.assertEqual((len(csv.strip().split("\r\n")), "Yiqian-Next" in server.operator.headers), (4, True))
            for form in ("csv", "jsonl"):
                for limit in ("0", "10001", "x"):
                    problem = server.operator.json("GET", f"/v1/audit/export?format={form}&limit={limit}")[1]
                    self.assertEqual((problem["code"], problem["field"]), ("field_value", "limit"))
            self.assertEqual(len(server.operate("GET", "/v1/audit?limit=1000")["items"]), min(300, len(server.audit())))
            self.assertEqual(server.audit()[-1]["event"], "audit.export")

    def test_nobody_changes_a_row(self):
        with Server() as server:
            server.user("D1")
            before = server.audit()
            roles = [None] + [token(server, scope) for scope in ("administrator", "operator", "auditor")]
            for headers in roles:
                for path in ("/v1/audit", "/v1/audit/1", "/v1/audit/check", "/v1/audit/events", "/v1/audit/export"):
                    for method in ("PUT", "PATCH", "DELETE", "POST"):
                        caller = server.http if headers else server.operator
                        status, _ = caller.json(method, path, {"detail": "x"}, headers)
                        self.assertIn(status, (401, 403, 404, 405), (method, path))
            self.assertEqual(server.audit()[:len(before)], before)
            self.assertTrue(server.operate("GET", "/v1/audit/check")["intact"])

    def test_what_was_changed_past_the_server_is_found(self):
        server = Server()
        server.user("D1")
        server.stop()
        with sqlite3.connect(os.path.join(server.data_dir, "yiqian.db")) as database:
            database.execute("UPDATE audit SET actor = 'operator:uid:4711' WHERE event = 'user.create'")
        database.close()
        server.start()
        with server:
            started = server.operate("POST", "/v1/audit/checks", expect=(202,))
            self.assertIn(started["state"], ("running", "done"))
            check = until(lambda: (lambda c: c if c["state"] == "done" else None)(server.operate("GET", "/v1/audit/checks")))
            self.assertFalse(check["finding"]["intact"])
            self.assertIn("was changed", check["finding"]["finding"])
            health = server.http.json("GET", "/v1/health")
            self.assertEqual((health[0], health[1]["status"], health[1]["warning"]), (200, "ok", "audit_damaged"))
            by_id = {c["id"]: c for c in server.operate("POST", "/v1/system/checks")["checks"]}
            self.assertEqual(by_id["audit.log"]["state"], "failed")
            self.assertEqual([row["outcome"] for row in server.audit() if row["event"] == "audit.checked"], ["data_corrupt"])


if __name__ == "__main__":
    unittest.main()
