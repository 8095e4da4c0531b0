"""The ways into the console: a signature made by OpenSSL with a certificate of the hospital or of another CA, a scan with the independent phone, the first
administrator's link. And what does not open it."""
import base64
import json
import os
import re
import shutil
import subprocess
import tempfile
import threading
import unittest

import console
from phone import Phone, Refused
from server import Server

ID = "distid:1234567812345678"


def run(*arguments, data=None):
    return subprocess.run(arguments, input=data, capture_output=True, check=True).stdout


class Key:
    """An SM2 key of OpenSSL's, in a directory of its own."""

    def __init__(self):
        self.dir = tempfile.mkdtemp(prefix="yiqian-key-")
        self.key = os.path.join(self.dir, "key.pem")
        run("openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:SM2", "-pkeyopt", "ec_param_enc:named_curve", "-out", self.key)
        self.certificate = None

    def csr(self):
        return base64.b64encode(run("openssl", "req", "-new", "-key", self.key, "-sm3", "-sigopt", ID, "-subj", "/CN=whoever", "-outform", "DER")).decode()

    def self_signed(self, ca=False, days=30):
        der = run("openssl", "req", "-x509", "-new", "-key", self.key, "-sm3", "-sigopt", ID, "-subj", "/C=CN/O=Other CA/CN=usb key", "-days", str(days),
                  "-addext", "basicConstraints=critical,CA:" + ("TRUE" if ca else "FALSE"), "-outform", "DER")
        self.certificate = base64.b64encode(der).decode()
        return self.certificate

    def sign(self, message):
        path = os.path.join(self.dir, "message")
        with open(path, "wb") as f:
            f.write(message)
        return run("openssl", "pkeyutl", "-sign", "-inkey", self.key, "-rawin", "-digest", "sm3", "-pkeyopt", ID, "-in", path)

    def close(self):
        shutil.rmtree(self.dir)


def raw(der):
    """r || s of a DER signature."""
    n = der[3]
    r, s = der[4:4 + n], der[6 + n:]
    return r.lstrip(b"\0").rjust(32, b"\0") + s.lstrip(b"\0").rjust(32, b"\0")


class ByCertificate(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server(options=("--public-url", "http://127.0.0.1:8970"))
        cls.admin = console.operator(cls.server, "A1", "administrator", "管理员")
        cls.keys = []

    @classmethod
    def tearDownClass(cls):
        for key in cls.keys:
            key.close()
        cls.server.close()

    def key(self):
        self.keys.append(Key())
        return self.keys[-1]

    def issued(self, operator):
        key = self.key()
        made = self.server.operate("POST", f"/v1/operators/{operator['operator']}/certificates", {"csr": key.csr()})
        key.certificate, key.id = made["certificate"], made["certificate_id"]
        return key, made

    def challenge(self):
        status, answer = self.server.http.json("POST", "/v1/console/challenges")
        self.assertEqual(status, 201)
        return answer["challenge"], base64.b64decode(answer["message"])

    def proof(self, key, form=lambda der: der, message=None):
        challenge, text = self.challenge()
        return {"challenge": challenge, "certificate": key.certificate,
                "signature": base64.b64encode(form(key.sign(text if message is None else message))).decode()}

    def log_in(self, proof, expect=201):
        page = console.Console(self.server)
        return page, page.begin(proof, expect)

    def refused(self, proof, code="unauthenticated", status=401):
        _, problem = self.log_in(proof, status)
        self.assertEqual(problem["code"], code)

    def test_openssl_signs(self):
        key, made = self.issued(self.admin)
        self.assertEqual((made["kind"], made["state"]), ("issued", "active"))
        self.assertIn("serialNumber=A1", made["subject"])
        text = run("openssl", "x509", "-inform", "DER", "-text", "-noout", data=base64.b64decode(made["certificate"])).decode()
        self.assertIn("TLS Web Client Authentication", text)
        self.assertRegex(text, r"X509v3 Key Usage: critical\s+Digital Signature\s")
        for form in (lambda der: der, raw):
            page, session = self.log_in(self.proof(key, form))
            self.assertEqual((session["operator"]["staff_no"], session["method"]), ("A1", "certificate"))
            self.assertEqual(page.call("GET", "/v1/console/session")[0], 200)

    def test_the_message_names_the_server(self):
        challenge, message = self.challenge()
        self.assertEqual(json.loads(message), {"type": "yiqian/console/1", "server": "http://127.0.0.1:8970", "challenge": challenge})

    def test_a_challenge_logs_in_once(self):
        key, _ = self.issued(self.admin)
        proof = self.proof(key)
        answers = []
        threads = [threading.Thread(target=lambda: answers.append(self.server.new_client().json("POST", "/v1/console/sessions", proof))) for _ in range(8)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        self.assertEqual(sorted(status for status, _ in answers), [201] + [401] * 7, answers)
        self.server.restart()
        self.server.http = self.server.new_client()
        self.refused(proof, "request_replayed")

    def test_what_is_not_signed_so_is_refused(self):
        key, _ = self.issued(self.admin)
        other, _ = self.issued(self.admin)
        _, message = self.challenge()
        self.refused(self.proof(key, message=message))  # another challenge's
        self.refused(self.proof(key, message=message.replace(b"127.0.0.1:8970", b"evil.example")))
        self.refused({**self.proof(key), "certificate": other.certificate})
        self.refused({**self.proof(key), "challenge": "00" * 40})
        # What is longer than any signature is refused for its length: one that is short enough is drawn.
        longer = iter(lambda: self.proof(key, lambda der: der + b"\0"), None)
        self.refused(next(p for p in longer if len(base64.b64decode(p["signature"])) <= 72))
        self.refused(self.proof(key, lambda der: bytes(64)))
        self.refused({**self.proof(self.key()), "certificate": key.certificate})
        stranger = self.key()
        stranger.self_signed()
        self.refused(self.proof(stranger))

    def test_suspended_revoked_removed(self):
        made = console.operator(self.server, "A2", "auditor", "审计员")
        key, _ = self.issued(made)
        page, _ = self.log_in(self.proof(key))
        self.server.operate("PATCH", f"/v1/operators/{made['operator']}", {"state": "suspended"})
        self.refused(self.proof(key))
        self.server.operate("PATCH", f"/v1/operators/{made['operator']}", {"state": "active"})
        page, _ = self.log_in(self.proof(key))
        self.server.operate("DELETE", f"/v1/operators/{made['operator']}/certificates/{key.id}?reason=keyCompromise")
        self.assertEqual(page.call("GET", "/v1/console/session")[0], 401)
        self.refused(self.proof(key))
        crl = run("openssl", "crl", "-inform", "DER", "-text", "-noout", data=self.server.http.raw("GET", "/pki/issuing.crl")[1]).decode()
        serial = run("openssl", "x509", "-inform", "DER", "-serial", "-noout", data=base64.b64decode(key.certificate)).decode().strip().split("=")[1]
        self.assertRegex(crl, rf"Serial Number: {serial}\s[\s\S]*?Key Compromise")
        status, problem = self.server.operator.json("DELETE", f"/v1/operators/{made['operator']}/certificates/{key.id}")
        self.assertEqual(problem["code"], "certificate_revoked")
        second, _ = self.issued(made)
        self.server.operate("DELETE", f"/v1/operators/{made['operator']}")
        self.refused(self.proof(second))

    def test_a_certificate_of_another_ca_is_bound(self):
        made = console.operator(self.server, "A3", "auditor", "审计员")
        key = self.key()
        self.refused(self.proof_of(key, key.self_signed()))
        bound = self.server.operate("POST", f"/v1/operators/{made['operator']}/certificates", {"certificate": key.certificate})
        self.assertEqual((bound["kind"], bound["state"]), ("bound", "active"))
        _, session = self.log_in(self.proof(key))
        self.assertEqual(session["operator"]["staff_no"], "A3")
        status, problem = self.server.operator.json("POST", f"/v1/operators/{self.admin['operator']}/certificates", {"certificate": key.certificate})
        self.assertEqual((status, problem["code"]), (409, "already_exists"))
        # A CA's, the hospital's own, what is no SM2 one.
        bad = self.key()
        for certificate in (bad.self_signed(ca=True), self.issued(self.admin)[1]["certificate"]):
            status, problem = self.server.operator.json("POST", f"/v1/operators/{made['operator']}/certificates", {"certificate": certificate})
            self.assertEqual((status, problem["code"], problem["field"]), (400, "field_value", "certificate"))
        self.server.operate("DELETE", f"/v1/operators/{made['operator']}/certificates/{bound['certificate_id']}")
        self.refused(self.proof(key))

    def proof_of(self, key, certificate):
        key.certificate = certificate
        return self.proof(key)

    def test_one_key_has_one_owner(self):
        key, _ = self.issued(self.admin)
        made = console.operator(self.server, "A4", "auditor", "审计员")
        status, problem = self.server.operator.json("POST", f"/v1/operators/{made['operator']}/certificates", {"csr": key.csr()})
        self.assertEqual((status, problem["code"]), (409, "already_exists"))
        damaged = base64.b64encode(base64.b64decode(self.key().csr())[:-1] + b"\0").decode()
        status, problem = self.server.operator.json("POST", f"/v1/operators/{made['operator']}/certificates", {"csr": damaged})
        self.assertEqual((status, problem["field"]), (422, "csr"), problem)

    def test_ones_own(self):
        made = console.operator(self.server, "A5", "auditor", "审计员")
        page = console.logged_in(self.server, made)
        key = self.key()
        status, mine = page.call("POST", "/v1/console/certificates", {"csr": key.csr()})
        self.assertEqual(status, 201, mine)
        key.certificate = mine["certificate"]
        self.log_in(self.proof(key))
        self.assertEqual([x["certificate_id"] for x in page.call("GET", "/v1/console/certificates")[1]["items"]], [mine["certificate_id"]])
        # For others he may not, not even ask.
        self.assertEqual(page.call("POST", f"/v1/operators/{self.admin['operator']}/certificates", {"csr": self.key().csr()})[0], 403)
        self.assertEqual(page.call("DELETE", f"/v1/console/certificates/{mine['certificate_id']}")[0], 204)
        self.refused(self.proof(key))

    def test_a_login_certificate_signs_no_document(self):
        key, _ = self.issued(self.admin)
        document = "出院小结".encode()
        system = self.server.system()
        status, answer = system.call("POST", "/v1/verify", {
            "form": "raw", "document": base64.b64encode(document).decode(), "certificate": key.certificate,
            "signature": raw(key.sign(document)).hex()})
        self.assertEqual(status, 200, answer)
        self.assertEqual((answer["valid"], [c["code"] for c in answer["checks"] if c["state"] == "failed"]), (False, ["certificate_unknown"]))
        # Nor does a business system get the message of a login signed.
        _, message = self.challenge()
        user = self.server.user("D1")
        problem = system.create(user["staff_no"], message, expect=422)
        self.assertEqual(problem["code"], "form_refused")

    def test_the_forms_are_whole(self):
        key, _ = self.issued(self.admin)
        whole = self.proof(key)
        for body, field in (({}, "link"), ({"link": "x", **whole}, "link"), ({k: v for k, v in whole.items() if k != "signature"}, "signature"),
                            ({k: v for k, v in whole.items() if k != "certificate"}, "certificate"), ({"handle": "x"}, "link"),
                            ({**whole, "handle": "x"}, "login")):
            _, problem = self.log_in(body, 400)
            self.assertEqual(problem["field"], field, body)


class ByScan(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.admin = console.operator(cls.server, "A1", "administrator", "管理员")
        cls.second = console.operator(cls.server, "A2", "administrator", "管理员乙")
        cls.phone = cls.server.enrolled(cls.admin)
        cls.nurse = cls.server.enrolled(cls.server.user("N1", "护士"))

    @classmethod
    def tearDownClass(cls):
        cls.server.close()

    def begin(self):
        status, login = self.server.http.json("POST", "/v1/console/logins")
        self.assertEqual(status, 201, login)
        return login

    def state(self, login, handle=None):
        return self.server.http.json("GET", f"/v1/console/logins/{login['login']}?handle={handle or login['handle']}")

    def finish(self, login, expect=201):
        page = console.Console(self.server)
        return page.begin({"login": login["login"], "handle": login["handle"]}, expect)

    def test_scan_sign_and_in(self):
        login = self.begin()
        self.assertEqual(self.finish(login, 409)["code"], "conflict")
        seen = self.phone.scan(login["code"])
        self.assertEqual((seen["kind"], seen["system"], seen["purpose"]), ("login", "管理控制台", "登录管理控制台（来自 127.0.0.1）"))
        self.assertEqual(self.finish(login, 409)["code"], "conflict")
        self.phone.sign_task("274915", seen["tasks"][0])
        status, state = self.state(login)
        self.assertEqual((state["state"], state["person"]["staff_no"]), ("done", "A1"))
        session = self.finish(login)
        self.assertEqual((session["operator"]["staff_no"], session["method"]), ("A1", "scan"))
        self.assertEqual(self.finish(login, 401)["code"], "request_replayed")

    def test_by_short_code_and_number(self):
        login = self.begin()
        seen = self.phone.scan(short_code=login["short_code"])
        self.assertTrue(seen["number_wanted"])
        number = self.state(login)[1]["number"]
        seen = self.phone.enter_number(seen["scan"], number)
        self.phone.sign_task("274915", seen["tasks"][0])
        self.assertEqual(self.finish(login)["method"], "scan")

    def test_who_is_no_operator_does_not_get_that_far(self):
        login = self.begin()
        with self.assertRaises(Refused) as refused:
            self.nurse.scan(login["code"])
        self.assertEqual(refused.exception.problem["code"], "forbidden")
        self.assertEqual(self.state(login)[1]["state"], "open")

    def test_who_manages_phones_gets_no_way_in_as_another(self):
        clerk = console.logged_in(self.server, console.operator(self.server, "P1", "operator", "经办员"))
        for path in ("activation-codes", "enrolment-scans"):
            status, problem = clerk.call("POST", f"/v1/users/{self.admin['user']}/{path}", {})
            self.assertEqual((status, problem["code"]), (403, "forbidden"), problem)
            status, made = clerk.call("POST", f"/v1/users/{clerk.session['operator']['user']}/{path}", {})
            self.assertEqual(status, 201, made)

    def test_a_phone_from_before_is_his_to_confirm(self):
        """Whoever had an activation code of a user has a phone of his; the day he becomes an operator it opens nothing until he says that it is his."""
        clerk = console.logged_in(self.server, console.operator(self.server, "P2", "operator", "经办员"))
        user = self.server.user("A9", "赵敏")
        status, made = clerk.call("POST", f"/v1/users/{user['user']}/activation-codes", {})
        self.assertEqual(status, 201, made)
        device = Phone(self.server.new_client())
        device.enrol("A9", made["activation_code"], "274915")
        page = console.logged_in(self.server, console.operator(self.server, "A9", "auditor", "赵敏"))
        login = self.begin()
        for short in (False, True):
            with self.assertRaises(Refused) as refused:
                device.scan(short_code=login["short_code"]) if short else device.scan(self.state(login)[1]["code"])
            self.assertEqual(refused.exception.problem["code"], "forbidden")
            self.assertIn("opens no console", refused.exception.problem["detail"])
        self.assertEqual(self.state(login)[1]["state"], "open")
        system = self.server.system("放射系统")
        system.create("A9", b"a record")
        device.sign_task("274915", device.tasks()[0])
        [mine] = page.call("GET", "/v1/console/phones")[1]["items"]
        self.assertEqual((mine["login"], mine["how"], mine["since"], mine["key_state"]), (False, None, None, "active"))
        phones = lambda: self.server.operate("GET", f"/v1/operators/{page.session['operator']['operator']}")["phones"]
        self.assertEqual(phones(), 0)
        # Others have nothing to say about it.
        self.assertEqual(clerk.call("PUT", f"/v1/console/phones/{mine['phone']}")[0], 404)
        self.assertEqual(clerk.call("GET", "/v1/console/phones")[1]["items"], [])
        self.assertEqual(page.call("PUT", f"/v1/console/phones/{mine['phone']}")[0], 204)
        self.assertEqual([p["how"] for p in page.call("GET", "/v1/console/phones")[1]["items"]], ["confirmed"])
        self.assertEqual(phones(), 1)
        login = self.begin()
        device.sign_task("274915", device.scan(login["code"])["tasks"][0])
        by_scan = console.Console(self.server)
        by_scan.begin({"login": login["login"], "handle": login["handle"]})
        self.assertEqual(page.call("DELETE", f"/v1/console/phones/{mine['phone']}")[0], 204)
        self.assertEqual(by_scan.call("GET", "/v1/console/session")[0], 401)
        self.assertEqual(phones(), 0)
        self.assertEqual(page.call("GET", "/v1/console/session")[0], 200)
        events = [(r["event"], r["actor"].split(":")[0]) for r in self.server.audit() if r["event"].startswith("operator.phone") and r["outcome"] == "ok"]
        self.assertEqual(events, [("operator.phone_confirm", "operator"), ("operator.phone_remove", "operator")])

    def test_suspended_between_scan_and_login(self):
        login = self.begin()
        seen = self.phone.scan(login["code"])
        self.phone.sign_task("274915", seen["tasks"][0])
        self.server.operate("PATCH", f"/v1/operators/{self.admin['operator']}", {"state": "suspended"})
        try:
            self.assertEqual(self.finish(login, 401)["code"], "unauthenticated")
        finally:
            self.server.operate("PATCH", f"/v1/operators/{self.admin['operator']}", {"state": "active"})

    def test_the_handle_is_who_began_it(self):
        login = self.begin()
        self.assertEqual(self.state(login, "A" * 43)[0], 404)
        self.assertEqual(self.server.http.json("GET", f"/v1/console/logins/{login['login']}")[1]["field"], "handle")
        seen = self.phone.scan(login["code"])
        self.phone.sign_task("274915", seen["tasks"][0])
        self.assertEqual(self.finish({**login, "handle": "A" * 43}, 404)["code"], "not_found")
        self.assertEqual(self.finish({**login, "handle": ""}, 400)["field"], "handle")

    def test_declined(self):
        login = self.begin()
        seen = self.phone.scan(login["code"])
        self.phone.decline_scan(seen["scan"])
        self.assertEqual(self.state(login)[1]["state"], "declined")
        self.assertEqual(self.finish(login, 409)["code"], "conflict")

    def test_a_business_systems_login_opens_no_console(self):
        system = self.server.system()
        _, theirs = system.call("POST", "/v1/logins", {"nonce": "x"})
        self.assertEqual(self.state({"login": theirs["login"], "handle": "A" * 43})[0], 404)
        # Nor is the console's system one that somebody could have credentials of.
        nil = "00000000-0000-0000-0000-000000000001"
        self.assertNotIn(nil, [s["system"] for s in self.server.operate("GET", "/v1/systems")["items"]])
        for path in (f"/v1/systems/{nil}/credentials", f"/v1/systems/{nil}/callback-endpoints"):
            self.assertEqual(self.server.operator.json("POST", path, {"url": "https://a.example/"} if "callback" in path else {})[0], 404)


class First(unittest.TestCase):
    def setUp(self):
        self.server = Server()

    def tearDown(self):
        self.server.close()

    def link(self):
        self.assertTrue(self.server.logged(lambda line: "/console/#/first?link=" in line))
        return [re.search(r"first\?link=([\w-]+)", line)[1] for line in self.server.log if "first?link=" in line][-1]

    def first(self, body, expect=201):
        status, answer = self.server.new_client().json("POST", "/v1/console/first", body)
        self.assertEqual(status, expect, answer)
        return answer

    def test_with_a_key(self):
        link, key = self.link(), Key()
        body = {"link": link, "staff_no": "A1", "name": "首位管理员"}
        problem = self.first({**body, "csr": base64.b64encode(b"no csr").decode()}, 400)
        self.assertEqual((problem["code"], problem["field"]), ("bad_der", "csr"))
        made = self.first({**body, "csr": key.csr()})
        self.assertEqual((made["session"]["role"], made["activation_code"]), ("administrator", None))
        key.certificate = made["certificate"]
        _, challenge = self.server.http.json("POST", "/v1/console/challenges")
        signature = key.sign(base64.b64decode(challenge["message"]))
        session = console.Console(self.server).begin({"challenge": challenge["challenge"], "certificate": key.certificate,
                                                      "signature": base64.b64encode(signature).decode()})
        self.assertEqual(session["operator"]["name"], "首位管理员")
        key.close()
        self.assertEqual(self.first(body, 401)["code"], "unauthenticated")
        # There is an operator now: no more links.
        self.server.log.clear()
        self.server.restart()
        self.server.operate("GET", "/v1/operators")
        self.assertFalse(any("first?link=" in line for line in self.server.log))

    def test_with_the_app(self):
        made = self.first({"link": self.link(), "staff_no": "A1", "name": "首位管理员"})
        self.assertIsNone(made["certificate"])
        import phone
        device = phone.Phone(self.server.new_client())
        device.enrol("A1", made["activation_code"], "274915")
        _, login = self.server.http.json("POST", "/v1/console/logins")
        seen = device.scan(login["code"])
        device.sign_task("274915", seen["tasks"][0])
        session = console.Console(self.server).begin({"login": login["login"], "handle": login["handle"]})
        self.assertEqual(session["role"], "administrator")

    def test_a_start_makes_the_old_link_void(self):
        old = self.link()
        self.server.log.clear()
        self.server.restart()
        self.assertNotEqual(self.link(), old)
        self.assertEqual(self.first({"link": old, "staff_no": "A1", "name": "甲"}, 401)["code"], "unauthenticated")

    def test_once_somebody_is_there_it_is_nothing(self):
        link = self.link()
        console.operator(self.server, "A9", "auditor")
        self.assertEqual(self.first({"link": link, "staff_no": "A1", "name": "甲"}, 409)["code"], "conflict")
        # An operator's link makes no administrator, and the first's logs nobody in.
        self.assertEqual(console.Console(self.server).begin({"link": link}, 401)["code"], "unauthenticated")

    def test_two_at_once(self):
        link, answers = self.link(), []
        threads = [threading.Thread(target=lambda i=i: answers.append(self.server.new_client().json(
            "POST", "/v1/console/first", {"link": link, "staff_no": f"A{i}", "name": "甲"})[0])) for i in range(6)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        self.assertEqual(answers.count(201), 1, answers)
        self.assertEqual(len(self.server.operate("GET", "/v1/operators")["items"]), 1)


class Limits(unittest.TestCase):
    def test_ways_in_without_credentials_are_limited(self):
        with Server(options=("--anonymous-per-minute", "20", "--anonymous-per-address-per-minute", "10")) as server:
            for path, body in (("/v1/console/sessions", {"link": "x" * 64}), ("/v1/console/challenges", None), ("/v1/console/logins", None),
                               ("/v1/console/first", {"link": "x" * 64, "staff_no": "A", "name": "甲"})):
                statuses = [server.http.json("POST", path, body)[0] for _ in range(12)]
                self.assertIn(429, statuses, path)


if __name__ == "__main__":
    unittest.main()
