"""Form cms through the command line: created, signed, saved as .p7s, verified check by check; BouncyCastle and OpenSSL read what was saved."""
import base64
import hashlib
import os
import pathlib
import subprocess
import tempfile
import unittest

import cli
from phone import der
from server import Server

PIN = "274915"
BOUNCY_CASTLE = ["java", "-cp", ":".join(f"/usr/share/java/{name}.jar" for name in ("bcprov", "bcpkix", "bcutil")),
                 cli.ROOT / "tests/integration/cms_peers/Bc.java"]


def run(*command):
    done = subprocess.run([*map(str, command)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120)
    return done.returncode, done.stdout.decode(errors="replace")


def values(data):
    """The DER values that stand one behind the other, as (tag, content)."""
    found = []
    while data:
        n, head = data[1], 2
        if n & 0x80:
            head += n & 0x7F
            n = int.from_bytes(data[2:head], "big")
        found.append((data[0], data[head:head + n]))
        data = data[head + n:]
    return found


def without_certificates(p7s):
    """The same SignedData without [0] certificates, which stand between the content and the signers."""
    (_, info), = values(p7s)
    kind, (_, explicitly) = values(info)
    (_, data), = values(explicitly)
    version, digests, content, certificates, signers = values(data)
    assert certificates[0] == 0xA0
    kept = b"".join(der(*value) for value in (version, digests, content, signers))
    return der(0x30, der(*kind), der(0xA0, der(0x30, kept)))


class Cms(cli.Checks, unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.addClassCleanup(cls.server.close)
        folder = tempfile.TemporaryDirectory(prefix="yiqian-cli-")
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        url = f"http://127.0.0.1:{cls.server.port}"
        operator = ["--data-dir", cls.server.data_dir]
        cls.credential = ["--credential", cls.folder / "emr.json"]
        for arguments in (["user", "add", "--staff-no", "D1001", "--name", "王建国", "--department", "呼吸内科"],
                          ["system", "add", "--name", "电子病历", "--scope", "tasks,verify"],
                          ["system", "credential", "电子病历", "--server", url, "--output", cls.folder / "emr.json"]):
            done = cli.yiqian(*arguments, *operator)
            assert done.code == 0, done
        code = cli.yiqian("user", "activate", "D1001", "--json", *operator).json["activation_code"]
        done = cls.device("enrol", "--server", url, "--staff-no", "D1001", "--code", code, "--yes")
        assert done.code == 0, done

    @classmethod
    def device(cls, command, *arguments):
        return cli.yiqian("device", command, "--dir", cls.folder / "phone", *arguments, env={"YIQIAN_PIN": PIN})

    def path(self, name, data=None):
        if data is not None:
            (self.folder / name).write_bytes(data)
        return self.folder / name

    def signed(self, *arguments, document=cli.RECORD):
        task = self.answer("task", "create", "--signer", "D1001", "--file", document, *arguments, *self.credential)
        done = self.device("sign", task["task"], *(["--document", document] if "--digest-only" in arguments else []))
        self.assertEqual(done.code, 0, done)
        return task["task"]

    def save(self, task, name, *arguments):
        path = self.folder / name
        self.ok("task", "signature", task, "--output", path, *arguments, *self.credential)
        return path

    def verify_fails(self, *arguments):
        done = cli.yiqian("verify", *arguments, *self.credential)
        self.assertEqual((done.code, done.err), (1, ""), done)
        return done.out

    def test_a_record_is_signed_saved_and_verified(self):
        task = self.signed("--form", "cms")
        shown = self.answer("task", "show", task, *self.credential)
        p7s, chain = self.folder / "s.p7s", self.folder / "chain.pem"
        text = self.ok("task", "signature", task, "--wait", "10s", "--output", p7s, "--certificate", chain, *self.credential).out
        self.assertIn("cms", text)
        self.assertEqual(p7s.read_bytes(), base64.b64decode(shown["signature"]["cms"]))
        self.assertEqual(chain.read_text().count("BEGIN CERTIFICATE"), 3)
        pem = self.path("s.pem", b"-----BEGIN CMS-----\n" + base64.encodebytes(p7s.read_bytes()) + b"-----END CMS-----\n")
        old = self.path("old.pem", pem.read_bytes().replace(b"CMS", b"PKCS7"))
        digest = hashlib.new("sm3", cli.RECORD.read_bytes()).hexdigest()
        for source in (["--file", cli.RECORD, "--cms", p7s], ["--file", cli.RECORD, "--cms", pem], ["--digest", digest, "--cms", old],
                       ["--file", cli.RECORD, "--task", task]):
            text = self.ok("verify", *source, *self.credential).out
            self.assertIn("The signature is valid", text)
            for check in ("Document", "Signed attributes", "Signature", "Certificate chain", "Validity period", "Key usage", "Revocation"):
                self.assertRegex(text, rf"(?m)^  {check} +ok ")
            self.assertRegex(text, r"(?m)^  Signer's own time +20\d\d-")
            self.assertIn("王建国", text)
        text = self.ok("verify", "--file", cli.RECORD, "--cms", p7s, *self.credential, lang="zh_CN.UTF-8").out
        self.assertRegex(text, r"(?m)^  签名属性 +通过 ")
        changed = self.path("changed.pdf", cli.RECORD.read_bytes() + b" ")
        text = self.verify_fails("--file", changed, "--cms", p7s)
        self.assertIn("NOT valid", text)
        self.assertRegex(text, r"(?m)^  Document +failed ")
        wrong = bytearray(p7s.read_bytes())
        wrong[-1] ^= 1
        self.assertRegex(self.verify_fails("--file", cli.RECORD, "--cms", self.path("wrong.p7s", wrong)), r"(?m)^  Signature +failed ")
        ask = ["verify", *self.credential]
        self.fails(1, *ask, "--cms", p7s, says=("field_missing", "document"))
        self.fails(1, *ask, "--cms", chain, "--file", cli.RECORD, says=("cms",))
        self.fails(1, *ask, "--cms", self.path("cut.p7s", p7s.read_bytes()[:-1]), "--file", cli.RECORD, says=("cms",))
        self.fails(1, *ask, "--cms", self.folder / "none.p7s", "--file", cli.RECORD, says=("none.p7s",))

    def test_others_read_what_was_saved(self):
        task = self.signed("--form", "cms")
        p7s, value = self.save(task, "saved.p7s"), self.save(task, "saved.der", "--encoding", "der")
        signature = self.answer("task", "show", task, *self.credential)["signature"]
        self.path("document", cli.RECORD.read_bytes())
        self.path("person.cer", base64.b64decode(signature["certificate"]))
        self.path("root.cer", base64.b64decode(signature["chain"][0]))
        answer = self.answer("verify", "--file", cli.RECORD, "--cms", p7s, *self.credential)
        code, text = run(*BOUNCY_CASTLE, "saved", self.folder, answer["signing_time"])
        self.assertEqual(code, 0, text)
        self.path("document", cli.RECORD.read_bytes() + b" ")
        code, text = run(*BOUNCY_CASTLE, "saved", self.folder, answer["signing_time"])
        self.assertNotEqual(code, 0)
        self.assertIn("messageDigest", text)
        code, text = run("openssl", "asn1parse", "-inform", "DER", "-in", p7s)
        self.assertEqual(code, 0, text)
        self.assertEqual(text.count("1.2.156.10197.6.1.4.2.1"), 2)
        # The attributes as they stand in the file, under the tag of a SET, are what was signed.
        attributes = base64.b64decode(signature["attributes"])
        self.assertEqual(p7s.read_bytes().count(b"\xa0" + attributes[1:]), 1)
        code, public = run("openssl", "x509", "-inform", "DER", "-in", self.folder / "person.cer", "-pubkey", "-noout")
        self.assertEqual(code, 0, public)
        code, text = run("openssl", "dgst", "-sm3", "-verify", self.path("public.pem", public.encode()), "-sigopt",
                         "distid:1234567812345678", "-signature", value, self.path("attributes", attributes))
        self.assertEqual((code, text.strip()), (0, "Verified OK"))

    def test_a_signature_is_saved_as_asked(self):
        for form in ("raw", "digest", "cms"):
            with self.subTest(form=form):
                task = self.signed("--form", form)
                signature = self.answer("task", "show", task, *self.credential)["signature"]
                self.assertEqual(self.save(task, "as-rs", "--encoding", "rs").read_bytes(), bytes.fromhex(signature["rs"]))
                self.assertEqual(self.save(task, "as-der", "--encoding", "der").read_bytes(), base64.b64decode(signature["der"]))
                self.assertEqual(self.save(task, "as-default").read_bytes(), base64.b64decode(signature["cms" if form == "cms" else "der"]))
                if form != "cms":
                    self.fails(1, "task", "signature", task, "--output", self.folder / "none", "--encoding", "p7s", *self.credential,
                               says=("cms", "--encoding der"))
                    self.assertFalse((self.folder / "none").exists())
        self.fails(1, "task", "signature", task, "--output", self.folder / "no/where", *self.credential, says=("no/where",))

    def test_a_document_that_stays_with_its_system(self):
        record = self.path("large.bin", os.urandom(11 << 20))
        task = self.signed("--form", "cms", "--digest-only", document=record)
        p7s = self.save(task, "large.p7s")
        self.ok("verify", "--file", record, "--cms", p7s, *self.credential)
        self.assertIn("NOT valid", self.verify_fails("--file", cli.RECORD, "--cms", p7s))

    def test_the_signers_certificate_may_come_apart(self):
        task = self.signed("--form", "cms")
        chain = self.folder / "c.pem"
        p7s = self.save(task, "whole.p7s", "--certificate", chain).read_bytes()
        bare = self.path("bare.p7s", without_certificates(p7s))
        self.fails(1, "verify", "--file", cli.RECORD, "--cms", bare, *self.credential, says=("field_missing", "certificate"))
        self.ok("verify", "--file", cli.RECORD, "--cms", bare, "--certificate", chain, *self.credential)

    def test_waiting_and_what_is_not_signed(self):
        task = self.answer("task", "create", "--signer", "D1001", "--file", cli.RECORD, "--form", "cms", *self.credential)["task"]
        path = self.folder / "unsigned.p7s"
        ask = ["task", "signature", task, "--output", path, *self.credential]
        self.fails(1, *ask, says=("no signature", "pending"))
        self.fails(1, *ask, "--wait", "1", says=("pending",))
        self.ok("task", "cancel", task, *self.credential)
        self.fails(1, *ask, "--wait", "60", says=("cancelled",))
        self.assertFalse(path.exists())


if __name__ == "__main__":
    unittest.main()
