"""What keeps running after the walk and for real phones: the app is there, the person who is named can enrol, and has tasks."""
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import unittest

from run import ROOT, free_port

YIQIAN = os.environ.get("YIQIAN") or "yiqian"
PAGE = "<!doctype html><title>app</title>"


class Kept(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="yiqian-kept-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        (self.folder / "app").mkdir()
        (self.folder / "app/index.html").write_text(PAGE)
        (self.folder / "pin").write_text("274915")
        (self.folder / "pin").chmod(0o600)
        folders = [os.path.dirname(os.environ.get(name) or "") for name in ("YIQIAND", "YIQIAN")]
        self.env = {**os.environ, "PATH": os.pathsep.join([*filter(None, folders), os.environ["PATH"]]), "LANG": "C.UTF-8"}

    def run_until(self, last, *command):
        """What it has said when that line came; it goes on until the test's end."""
        process = subprocess.Popen([str(one) for one in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=self.env, start_new_session=True)

        def end():
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGINT)  # as Ctrl-C does
            process.wait(30)
            process.stdout.close()

        self.addCleanup(end)
        late = threading.Timer(120, end)
        late.start()
        said = ""
        for line in process.stdout:
            said += line
            if last in line:
                late.cancel()
                return said, end
        late.cancel()
        self.fail(said)

    def yiqian(self, *arguments):
        done = subprocess.run([YIQIAN, *map(str, arguments)], capture_output=True, text=True, env=self.env, timeout=60)
        self.assertEqual(done.returncode, 0, done)
        return done.stdout

    def enrol_and_count(self, phone, server, code, *more):
        self.yiqian("device", "enrol", "--dir", phone, "--server", server, "--staff-no", "D2001", "--code", code, "--pin-file", self.folder / "pin", *more)
        return len(json.loads(self.yiqian("device", "tasks", "--dir", phone, "--json", *more))["tasks"])

    def test_after_the_walk_the_app_is_there(self):
        port = free_port()
        said, _ = self.run_until("scripts/run --tls", ROOT / "scripts/tools/walk", f"127.0.0.1:{port}", "--app", self.folder / "app")
        self.assertIn(f"http://localhost:{port}/app/", said)
        page = subprocess.run(["curl", "-s", "--noproxy", "*", f"http://127.0.0.1:{port}/app/"], capture_output=True, text=True, check=True).stdout
        self.assertEqual(page, PAGE)
        code = re.search(r"激活码 / code (\S+)", said)[1]
        self.assertEqual(self.enrol_and_count(self.folder / "phone", f"http://127.0.0.1:{port}", code), 2)

    def test_a_phone_finds_its_server_by_name_and_again_the_next_time(self):
        name = f"kept-{os.getpid()}.example"
        work = ROOT / "build/phone" / name
        self.addCleanup(shutil.rmtree, work, True)
        port = free_port()
        command = (ROOT / "scripts/tools/phone", f"127.0.0.1:{port}", name, self.folder / "app")
        said, end = self.run_until("Ctrl-C", *command)
        for text in (f"https://{name}:{port}/app/tls-root.cer", f"https://{name}:{port}/app/\n", f"\nhttps://{name}:{port}\n"):
            self.assertIn(text, said)
        trusted = self.folder / "trusted.pem"
        shutil.copy(work / "tls/root.pem", trusted)
        fetch = ["curl", "-s", "--fail", "--noproxy", "*", "--cacert", trusted, "--resolve", f"{name}:{port}:127.0.0.1", f"https://{name}:{port}/app/"]
        self.assertEqual(subprocess.run(fetch, capture_output=True, text=True, check=True).stdout, PAGE)
        code = re.search(r"激活码 (\S+?)；", said)[1]
        self.assertEqual(self.enrol_and_count(self.folder / "phone", f"https://127.0.0.1:{port}", code, "--ca-file", trusted), 2)
        end()
        self.run_until("Ctrl-C", *command)
        self.assertEqual(subprocess.run(fetch, capture_output=True, text=True, check=True).stdout, PAGE)
        tasks = json.loads(self.yiqian("device", "tasks", "--dir", self.folder / "phone", "--json", "--ca-file", trusted))["tasks"]
        self.assertEqual(len(tasks), 4, "the phone is enrolled still, and has two more")


if __name__ == "__main__":
    unittest.main()
