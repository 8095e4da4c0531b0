"""The main job through the real server, with the independent phone and the independent verifiers (OpenSSL's command line)."""
import base64
import os
import subprocess
import tempfile
import unittest

import curve
from phone import Phone, Refused
from server import Server

PDF = b"%PDF-1.7\n" + "出院小结：患者林晓岚，诊断社区获得性肺炎。\n".encode() * 40


def openssl(*arguments, data=None):
    done = subprocess.run(["openssl", *arguments], input=data, capture_output=True)
    return done.returncode, done.stdout.decode(errors="replace") + done.stderr.decode(errors="replace")


def pem(label, der):
    body = base64.encodebytes(der).decode()
    return f"-----BEGIN {label}-----\n{body}-----END {label}-----\n"


class MainJob(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.user = cls.server.user("D1001")
        cls.system = cls.server.system()
        cls.phone = cls.server.enrolled(cls.user)

    @classmethod
    def tearDownClass(cls):
        cls.server.close()

    def signed(self, document=PDF, **more):
        task = self.system.create("D1001", document, **more)
        pulled = next(t for t in self.phone.tasks() if t["task"] == task["task"])
        self.phone.sign_task("274915", pulled)
        return self.system.task(task["task"])

    def test_raw_signature_verifies_with_the_independent_curve(self):
        task = self.signed()
        self.assertEqual(task["state"], "signed")
        signature = task["signature"]
        e = curve.sm2_e(self.phone.P, PDF)
        self.assertEqual(signature["e"], e.hex())
        self.assertTrue(curve.sm2_verify(self.phone.P, e, bytes.fromhex(signature["rs"])))
        self.assertFalse(curve.sm2_verify(self.phone.P, curve.sm2_e(self.phone.P, PDF + b" "), bytes.fromhex(signature["rs"])))

    def test_openssl_verifies_signature_and_every_link(self):
        signature = self.signed()["signature"]
        with tempfile.TemporaryDirectory() as folder:
            def path(name, data):
                name = os.path.join(folder, name)
                with open(name, "wb") as file:
                    file.write(data)
                return name

            leaf = path("leaf.pem", pem("CERTIFICATE", base64.b64decode(signature["certificate"])).encode())
            issuing, root = (path(f"ca{i}.pem", pem("CERTIFICATE", base64.b64decode(der)).encode())
                             for i, der in enumerate(signature["chain"]))
            identity = ["-vfyopt", "distid:1234567812345678"]
            for arguments in (["-trusted", issuing, leaf], ["-trusted", root, issuing], ["-trusted", root, root]):
                code, text = openssl("verify", "-partial_chain", *identity, *arguments)
                self.assertEqual(code, 0, text)
            code, public = openssl("x509", "-in", leaf, "-pubkey", "-noout")
            self.assertEqual(code, 0, public)
            public = path("public.pem", public.encode())
            document, der = path("document.pdf", PDF), path("signature.der", base64.b64decode(signature["der"]))
            command = ["dgst", "-sm3", "-verify", public, "-sigopt", "distid:1234567812345678", "-signature", der]
            code, text = openssl(*command, document)
            self.assertEqual((code, text.strip()), (0, "Verified OK"))
            code, text = openssl(*command, path("changed.pdf", PDF[:-1] + b"!"))
            self.assertNotEqual(code, 0, text)

    def test_the_certificate_names_the_person_and_its_use(self):
        code, text = openssl("x509", "-inform", "DER", "-noout", "-text", data=self.phone.certificate)
        self.assertEqual(code, 0, text)
        for expected in ("serialNumber = D1001", "Digital Signature, Non Repudiation", "CRL Distribution", "SM2-with-SM3",
                         "/pki/issuing.crl"):
            self.assertIn(expected, text)
        code, text = openssl("x509", "-inform", "DER", "-noout", "-subject", "-nameopt", "utf8,sep_comma_plus",
                             data=self.phone.certificate)
        self.assertIn("CN=王建国", text)

    def test_the_server_verifies_raw_and_der_against_document_and_task(self):
        task = self.signed()
        signature = task["signature"]
        document = base64.b64encode(PDF).decode()
        whole = {"document": document, "form": "raw", "certificate": signature["certificate"]}
        for text in (signature["rs"], signature["der"]):
            status, answer = self.system.call("POST", "/v1/verify", {**whole, "signature": text})
            self.assertEqual((status, answer["valid"]), (200, True), answer)
        status, answer = self.system.call("POST", "/v1/verify", {"task": task["task"], "document": document})
        self.assertEqual((status, answer["valid"]), (200, True), answer)
        changed = base64.b64encode(PDF + b"x").decode()
        status, answer = self.system.call("POST", "/v1/verify", {**whole, "document": changed, "signature": signature["rs"]})
        self.assertEqual((status, answer["valid"]), (200, False), answer)
        status, answer = self.system.call("POST", "/v1/verify", {"task": task["task"], "document": changed})
        self.assertEqual((status, answer["valid"]), (200, False), answer)

    def test_digest_form_with_and_without_the_document(self):
        digest = curve.sm3(PDF)
        with_document = self.signed(form="digest")
        self.assertTrue(curve.sm2_verify(self.phone.P, curve.sm2_e(self.phone.P, digest),
                                         bytes.fromhex(with_document["signature"]["rs"])))
        without = self.signed(None, form="digest", digest=digest.hex())
        self.assertIsNone(without["document_size"])
        self.assertTrue(curve.sm2_verify(self.phone.P, curve.sm2_e(self.phone.P, digest),
                                         bytes.fromhex(without["signature"]["rs"])))

    def test_a_batch_in_one_request(self):
        made = [self.system.create("D1001", PDF + str(i).encode())["task"] for i in range(30)]
        pulled = [t for t in self.phone.tasks("?limit=1000") if t["task"] in made]
        self.assertEqual([t["task"] for t in pulled], made)
        signatures, done = self.phone.sign("274915", [(t["task"], self.phone.e(self.phone.message(t))) for t in pulled])
        self.assertEqual(len(done["completed"]), 30)
        for i, task in enumerate(made):
            signature = self.system.task(task)["signature"]
            self.assertTrue(curve.sm2_verify(self.phone.P, curve.sm2_e(self.phone.P, PDF + str(i).encode()),
                                             bytes.fromhex(signature["rs"])))

    def test_every_act_has_its_audit_row_and_the_log_is_intact(self):
        task = self.signed()
        events = [row["event"] for row in self.server.audit()
                  if row["subject"] == f"task:{task['task']}" and row["outcome"] == "ok"]
        self.assertEqual(events, ["task.create", "task.view", "task.claim", "task.sign"])
        self.assertTrue(self.server.operate("GET", "/v1/audit/check")["intact"])

    def test_a_repeated_completion_gives_the_same_answer(self):
        task = self.system.create("D1001", PDF)
        item = (task["task"], self.phone.e(PDF))
        body, session = self.phone.sign_request("274915", [item])
        signatures = self.phone.finish(session, self.phone.call("POST", self.phone.path("sign-requests"), body)["answers"])
        first = self.phone.submit(session, signatures)
        self.assertEqual(self.phone.submit(session, signatures), first)

    def test_a_repeated_sign_request_gets_fresh_values(self):
        task = self.system.create("D1001", PDF)
        body, session = self.phone.sign_request("274915", [(task["task"], self.phone.e(PDF))])
        first = self.phone.call("POST", self.phone.path("sign-requests"), body)
        second = self.phone.call("POST", self.phone.path("sign-requests"), body)
        self.assertNotEqual(first["answers"], second["answers"])
        self.phone.submit(session, self.phone.finish(session, second["answers"]))
        self.assertEqual(self.system.task(task["task"])["state"], "signed")

    def test_enrolment_calls_may_be_repeated_after_a_lost_answer(self):
        user = self.server.user("D1007", "赵敏")
        code = self.server.code(user)
        device = Phone(self.server.new_client())
        first = device.open("D1007", code)
        self.assertEqual(device.open("D1007", code), first)
        device.login()
        device.keygen("274915")
        device.keygen("593826")  # a device that lost its state starts anew
        device.certify("593826")
        with self.assertRaises(Refused) as refused:
            device.keygen("274915")
        self.assertEqual(refused.exception.code, "enrolment_closed")

    def test_documents_of_the_largest_size(self):
        large = [bytes([i]) * (10 << 20) for i in range(2)]
        tasks = [self.system.create("D1001", document)["task"] for document in large]
        pulled = [t for t in self.phone.tasks() if t["task"] in tasks]
        self.phone.sign("274915", [(t["task"], self.phone.e(self.phone.message(t))) for t in pulled])
        for task in tasks:
            self.assertEqual(self.system.task(task)["state"], "signed")
        status, problem = self.system.call("POST", "/v1/tasks", {
            "signer": "D1001", "form": "raw", "title": "x", "document": base64.b64encode(large[0] + b"x").decode()})
        self.assertEqual((problem["code"], problem["field"]), ("field_length", "document"))

    def test_listings_with_the_longest_texts(self):
        text = {"title": "病" * 200, "description": "病\n" * 1000, "reference": "号" * 128}
        made = [self.system.create("D1001", None, form="digest", digest="ab" * 32, **text)["task"] for _ in range(250)]
        listed, after = [], ""
        while True:
            page = self.phone.call("GET", "/v1/device/tasks?limit=1000" + after)
            listed += [t["task"] for t in page["tasks"]]
            if not page["next"]:
                break
            after = "&after=" + page["next"]
        self.assertEqual([t for t in listed if t in made], made)
        status, page = self.system.call("GET", "/v1/tasks?limit=1000&state=pending")
        self.assertEqual(status, 200)
        for task in made:
            self.system.call("POST", f"/v1/tasks/{task}/cancel")

    def test_idempotency_key(self):
        body = {"signer": "D1001", "form": "raw", "title": "出院小结", "document": base64.b64encode(PDF).decode()}
        key = {"Idempotency-Key": "emr-20261123-0001"}
        status, first = self.system.call("POST", "/v1/tasks", body, key)
        self.assertEqual(status, 201)
        status, again = self.system.call("POST", "/v1/tasks", body, key)
        self.assertEqual((status, again["task"]), (200, first["task"]))
        status, problem = self.system.call("POST", "/v1/tasks", {**body, "title": "另一份"}, key)
        self.assertEqual(problem["code"], "idempotency_mismatch")

    def test_what_was_done_is_there_after_a_restart(self):
        task = self.signed()
        self.server.restart()
        type(self).system.http = self.server.new_client()
        type(self).phone.http = self.server.new_client()
        self.assertEqual(self.system.task(task["task"]), task)
        self.assertEqual(self.signed()["state"], "signed")


if __name__ == "__main__":
    unittest.main()
