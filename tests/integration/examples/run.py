"""Each example of examples/integration asks the real server for a signature, the independent phone signs, and the example reads the result."""
import os
import shutil
import subprocess
import tempfile
import threading
import time
import unittest

from curve import sm3
from server import Server

EXAMPLES = os.path.abspath(os.path.join(os.path.dirname(__file__), "../../../examples/integration"))
BCPROV = "/usr/share/java/bcprov.jar"


class Examples(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        user = cls.server.user("D1001")
        made = cls.server.operate("POST", "/v1/systems", {"name": "电子病历", "scopes": ["tasks"]})
        cls.credential = cls.server.operate("POST", f"/v1/systems/{made['system']}/credentials", {})
        cls.phone = cls.server.enrolled(user)
        cls.second = cls.server.enrolled(cls.server.user("D1002", "李敏"))
        cls.folder = tempfile.mkdtemp(prefix="yiqian-examples-")
        for name in os.listdir(EXAMPLES):
            shutil.copy(os.path.join(EXAMPLES, name), cls.folder)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)
        cls.server.close()

    def environment(self, **more):
        return {**os.environ, "YIQIAN_URL": f"http://127.0.0.1:{self.server.port}", "YIQIAN_KEY": self.credential["key_id"],
                "YIQIAN_SECRET": self.credential["secret"], **more}

    def build(self, *command):
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def asks_and_waits(self, *command):
        """A document of its own for each, so that each makes a task of its own; signed by two."""
        document = os.path.join(self.folder, command[-1] + "-" + str(len(os.listdir(self.folder))) + ".txt")
        with open(document, "w", encoding="utf-8") as file:
            file.write(f"出院小结 {command}\n" * 40)
        for phone, staff_no in ((self.phone, "D1001"), (self.second, "D1002")):
            self.is_signed(command, phone, staff_no, document)

    def is_signed(self, command, phone, staff_no, document):
        process = subprocess.Popen([*command, staff_no, document], cwd=self.folder, env=self.environment(), text=True,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        said = []
        reader = threading.Thread(target=lambda: said.extend(process.communicate(timeout=90)))
        reader.start()
        until = time.monotonic() + 60
        signed = False
        while not signed and time.monotonic() < until and reader.is_alive():
            for task in phone.tasks():
                with open(document, "rb") as file:
                    self.assertEqual(task["digest"], sm3(file.read()).hex())
                phone.sign_task("274915", task)
                signed = True
            time.sleep(0.1)
        reader.join(90)
        self.assertEqual(process.returncode, 0, said)
        lines = dict(line.split(" ", 1) for line in said[0].strip().splitlines())
        self.assertEqual(lines["state"], "signed", said)
        self.assertRegex(lines["signed_by"], "^[0-9a-f]{8,40}$")
        status, found = self.server.operator.json("GET", f"/v1/certificates/{lines['signed_by']}")
        self.assertEqual(status, 200, found)

    def test_curl_and_openssl(self):
        self.asks_and_waits("./sign_and_wait.sh")

    def test_java(self):
        self.build("javac", "-encoding", "UTF-8", "-cp", BCPROV, "SignAndWait.java")
        self.asks_and_waits("java", "-cp", BCPROV + ":.", "SignAndWait")

    def test_csharp(self):
        self.build("mcs", "-r:System.Net.Http", "SignAndWait.cs", "Sm3.cs")
        self.asks_and_waits("mono", "SignAndWait.exe")

    def test_delphi(self):
        """In Delphi's dialect by Free Pascal, which has another HTTP client."""
        self.build("fpc", "-O1", "SignAndWait.dpr")
        self.asks_and_waits("./SignAndWait")

    def test_a_wrong_secret_is_said(self):
        done = subprocess.run(["./sign_and_wait.sh", "D1001", "Sm3.pas"], cwd=self.folder, capture_output=True, text=True, timeout=60,
                              env=self.environment(YIQIAN_SECRET="wrong" * 8))
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("401", done.stdout + done.stderr)
