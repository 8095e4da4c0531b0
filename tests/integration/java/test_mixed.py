"""One running server and three devices that share no code above the protocol's C core, or none at all: the C SDK's example, the Java SDK and the
phone in plain Python; and a workstation of each kind authorised by a phone of the other."""
import base64
import os
import subprocess
import tempfile
import threading
import time
import unittest

import jvm
from curve import SM2, sm2_e, sm2_verify
from workstation import AuthorisingPhone, Workstation, scope_bytes

PIN, COUNT = "274915", 60


class World(jvm.World):
    """What Java asks for here besides."""

    def __init__(self, folder):
        super().__init__(folder)
        self.python = AuthorisingPhone(self.server.new_client())

    def staff(self, name):
        staff_no = self.do_person(name)
        return staff_no, self.do_code(staff_no)

    def do_mixed(self):
        return self.java_staff

    def do_count(self):
        return str(COUNT)

    def do_python_offers(self):
        """A workstation in Python; the code to show."""
        self.station = Workstation(self.server.new_client())
        self.station.register("蟒站", self.do_workstation("蟒站"))
        self.station.login()
        return self.station.offer_qr()

    def do_python_signs(self, staff_no):
        self.station.take()
        made = self.do_task(staff_no, "raw", b"by the workstation in Python".hex())
        data = self.station.document(made)
        self.station.sign("", [(made, self.station.e(data))])
        return self.do_method(made)

    def do_python_authorises(self, code):
        self.python.authorise(PIN, code, scope_bytes(systems=["电子病历"], count=5))
        return self.python_staff


class Mixed(jvm.Checks, unittest.TestCase):
    maxDiff = 0

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="yiqian-mixed-")
        self.addCleanup(folder.cleanup)
        self.world = World(folder.name)
        self.addCleanup(self.world.server.close)
        self.jvm = jvm.Jvm(self.world)
        self.failures = []

    def c_example(self, staff_no, code):
        done = subprocess.run([os.environ["YIQIAN_EXAMPLE"], self.world.do_url(), staff_no, code, PIN], cwd=self.world.folder,
                              capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(done.stdout.count("signed "), COUNT, done.stdout)

    def python_phone(self, staff_no, code):
        phone = self.world.python
        phone.enrol(staff_no, code, PIN)
        for _ in range(COUNT):
            phone.sign_task(PIN, phone.tasks()[0])

    def all_signed(self, staff_no, tasks):
        """By the independent curve, each under its own certificate's key."""
        for task in tasks:
            found = self.world.system.task(task)
            self.assertEqual((found["state"], found["signature"]["method"]), ("signed", "pin"))
            P = SM2.decode(jvm.public_key(base64.b64decode(found["signature"]["certificate"])))
            e = sm2_e(P, self.world.documents[task])
            self.assertTrue(sm2_verify(P, e, bytes.fromhex(found["signature"]["rs"])), task)

    def test_three_devices_at_once(self):
        world = self.world
        people = {name: world.staff(name) for name in ("西甲", "爪哇", "蟒")}
        world.java_staff, world.python_staff = people["爪哇"][0], people["蟒"][0]
        tasks = {}
        for staff_no, _ in people.values():
            before = set(world.documents)
            world.do_tasks(staff_no, COUNT)
            tasks[staff_no] = set(world.documents) - before
        said = []

        def run(act, *arguments):
            try:
                act(*arguments)
            except BaseException as e:
                self.failures.append(e)

        others = [threading.Thread(target=run, args=(self.c_example, *people["西甲"])),
                  threading.Thread(target=run, args=(self.python_phone, *people["蟒"]))]
        start = time.monotonic()
        for thread in others:
            thread.start()
        said.append(self.jvm.run("MixedSigning"))
        for thread in others:
            thread.join()
        print(f"{3 * COUNT} signatures by three devices in {time.monotonic() - start:.1f} s")
        for failure in self.failures:
            raise failure
        self.good(said[0])
        for staff_no, made in tasks.items():
            self.all_signed(staff_no, made)
        self.good(self.jvm.run("MixedWorkstations"))
        self.assertTrue(world.server.operate("GET", "/v1/audit/check")["intact"])


if __name__ == "__main__":
    unittest.main()
