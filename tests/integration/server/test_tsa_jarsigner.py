"""Timestamps in Java archives: the JDK's own client asks over HTTP, checks nonce, imprint and extended key usage, and verifies again later."""
import os
import re
import subprocess
import tempfile
import unittest
import zipfile

from server import Server

STORE = ("-keystore", "store", "-storepass", "changeit")


class JarSigner(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.folder = tempfile.TemporaryDirectory()
        cls.run_java("keytool", "-genkeypair", *STORE, "-alias", "signer", "-keyalg", "EC", "-groupname", "secp256r1", "-dname", "CN=Example",
                     "-validity", "30")

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()
        cls.server.close()

    @classmethod
    def run_java(cls, *command, fails=False):
        done = subprocess.run(command, cwd=cls.folder.name, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120,
                              env={**os.environ, "LC_ALL": "C", "TZ": "UTC"})
        if (done.returncode != 0) != fails:
            raise AssertionError(f"{' '.join(command)}: exit status {done.returncode}\n{done.stdout}")
        return done.stdout

    def sign(self, unit, **how):
        name = f"{unit}.jar"
        with zipfile.ZipFile(os.path.join(self.folder.name, name), "w") as archive:
            archive.writestr("document.txt", "出院小结\n" * 100)
        command = ("jarsigner", *STORE, "-tsa", f"http://127.0.0.1:{self.server.port}/tsa/{unit}", name, "signer")
        return name, self.run_java(*command, **how)

    def test_p256_and_rsa(self):
        for unit in ("p256", "rsa"):
            with self.subTest(unit):
                self.server.operate("POST", "/v1/tsa/units", {"unit": unit, "algorithm": unit})
                with open(os.path.join(self.folder.name, "chain.pem"), "wb") as file:
                    file.write(self.server.http.raw("GET", f"/pki/tsa/{unit}.pem")[1])
                # The last of the chain is the root, which a hospital gives its clients.
                pem = open(os.path.join(self.folder.name, "chain.pem"), encoding="ascii").read()
                with open(os.path.join(self.folder.name, "root.pem"), "w", encoding="ascii") as file:
                    file.write(re.findall(r"-----BEGIN.*?-----END CERTIFICATE-----\n", pem, re.S)[-1])
                self.run_java("keytool", "-importcert", "-noprompt", *STORE, "-alias", f"{unit}-root", "-file", "root.pem")
                name, signed = self.sign(unit)
                self.assertIn("jar signed.", signed)
                self.assertNotIn("TSA certificate chain is invalid", signed)
                shown = self.run_java("jarsigner", "-verify", "-verbose:all", "-certs", *STORE, name)
                self.assertIn("jar verified.", shown)
                self.assertRegex(shown, r"Timestamped by .*\n.*Timestamp digest algorithm: SHA-256\n.*Timestamp signature algorithm: ")
                self.assertNotIn("TSA certificate chain is invalid", shown)
                self.assertNotIn("does not include a timestamp", shown)

    def test_a_unit_that_is_not_there(self):
        self.assertIn("jarsigner: unable to sign jar", self.sign("nowhere", fails=True)[1])


if __name__ == "__main__":
    unittest.main()
