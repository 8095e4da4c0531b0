"""scripts/tools/walk --demo, as scripts/run --demo calls it: it ends at the first line that fails; here, what its lines came to."""
import os
import pathlib
import re
import socket
import subprocess
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[3]
COLONS = re.compile(r"SM3\(signature\.der\)= ([0-9a-f:]+)")
DUMP = re.compile(r"^ *00[01]0 - ((?:[0-9a-f]{2}[ -]){16})", re.M)


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


class Walk(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folders = [os.path.dirname(os.environ.get(name) or "") for name in ("YIQIAND", "YIQIAN")]
        path = os.pathsep.join([*filter(None, folders), os.environ["PATH"]])
        done = subprocess.run([ROOT / "scripts/tools/walk", f"127.0.0.1:{free_port()}", "--demo"], capture_output=True, text=True, timeout=150,
                              env={**os.environ, "PATH": path, "LANG": "C.UTF-8"})
        cls.code, cls.said = done.returncode, done.stdout + done.stderr
        cls.steps = re.split(r"(?m)^ ?\d+\. ", cls.said)[1:]

    def step(self, *words):
        found = [step for step in self.steps if all(word in step for word in words)]
        self.assertEqual(len(found), 1, self.said)
        return found[0]

    def test_it_ends_well(self):
        self.assertEqual(self.code, 0, self.said)
        self.assertIn("演示完成 / the walk is done", self.said)
        self.assertEqual(self.said.count("Verified OK"), 2)

    def test_the_timestamp_of_the_signature_is_about_the_signature(self):
        step = self.step("签名的时间戳", "signature.tst")
        imprint = "".join(re.sub("[ -]", "", line) for line in DUMP.findall(step))
        self.assertEqual(COLONS.search(step)[1].replace(":", ""), imprint)
        self.assertRegex(step, r"The timestamp is valid|时间戳有效")
        self.assertIn("Policy OID: 2.25.92789953449470946607310693012765490645.2.1", step)

    def test_what_openssl_asked_for_is_granted(self):
        step = self.step("summary.tsq", "summary.tsr")
        self.assertIn("Status: Granted.", step)
        nonces = re.findall(r"Nonce: (0x[0-9A-F]+)", step)
        self.assertEqual(len(nonces), 1, step)

    def test_openssl_verifies_the_unit_of_rsa(self):
        self.assertIn("Verification: OK", self.step("rsa.tsr", "rsa.pem"))


if __name__ == "__main__":
    unittest.main()
