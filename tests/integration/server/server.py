"""The real server process on a data directory of its own, and the people and systems a test needs."""
import os
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time

import client
import phone

YIQIAND = os.environ.get("YIQIAND", "yiqiand")


class Server:
    def __init__(self, data_dir=None, options=(), env=None):
        self.own = data_dir is None
        self.data_dir = data_dir or tempfile.mkdtemp(prefix="yiqian-test-")
        self.options, self.env = list(options), env
        self.log = []
        self.start()

    def start(self):
        command = [YIQIAND, "--data-dir", self.data_dir, "--listen", "127.0.0.1:0", *self.options]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                        env={**os.environ, **(self.env or {})})
        # The log is always read, or the pipe fills and the server stops.
        self.reader = threading.Thread(target=self.read_log, args=(self.process.stderr,), daemon=True)
        self.reader.start()
        line = self.process.stdout.readline()
        match = re.search(r"https?://127\.0\.0\.1:(\d+)", line)
        if not match:
            self.process.wait(10)
            self.reader.join(5)
            raise AssertionError("the server did not start: " + line + "".join(self.log))
        self.port = int(match[1])
        self.tsa_port = None
        if "--tsa-listen" in self.options:
            line = self.process.stdout.readline()
            self.tsa_port = int(re.fullmatch(r"timestamp socket on (?:tcp|tls)://\S+:(\d+)\n", line)[1])
        self.http = client.tcp(self.port)
        self.operator = client.unix(os.path.join(self.data_dir, "yiqiand.sock"))

    def read_log(self, stream):
        for line in stream:
            self.log.append(line)

    def logged(self, wanted, seconds=5):
        """Whether there is such a line. The server has written it before it answers; who reads it here may be a moment behind."""
        end = time.monotonic() + seconds
        while not any(wanted(line) for line in list(self.log)):
            if time.monotonic() > end:
                return False
            time.sleep(0.01)
        return True

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self, timeout=30):
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(timeout)
        self.reader.join(5)
        return self.process.returncode

    def restart(self):
        self.stop()
        self.start()

    def close(self):
        code = self.stop()
        if self.own:
            shutil.rmtree(self.data_dir)
        # A sanitizer's finding makes the process end with another code than 0.
        assert code == 0, f"the server ended with {code}:\n" + "".join(self.report())

    def report(self):
        """The log from the first thing that a sanitizer says; its end where there is none."""
        said = next((i for i, line in enumerate(self.log) if "Sanitizer" in line), None)
        return self.log[-60:] if said is None else self.log[said:said + 80]

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        if kind:
            self.process.kill()
            self.process.wait()
            self.reader.join(5)
            if self.own:
                shutil.rmtree(self.data_dir)
            print("".join(self.log[-40:]))
        else:
            self.close()

    def operate(self, method, path, body=None, expect=(200, 201, 204)):
        status, answer = self.operator.json(method, path, body)
        assert status in expect, (method, path, status, answer)
        return answer

    def new_client(self):
        return client.tcp(self.port)

    def user(self, staff_no, name="王建国", departments=("呼吸内科",)):
        return self.operate("POST", "/v1/users", {"staff_no": staff_no, "name": name, "departments": list(departments)})

    def code(self, user, **more):
        return self.operate("POST", f"/v1/users/{user['user']}/activation-codes", more)["activation_code"]

    def system(self, name="电子病历", scopes=("tasks", "users", "verify"), stamps=False):
        made = self.operate("POST", "/v1/systems", {"name": name, "scopes": list(scopes), "stamps": stamps})
        credential = self.operate("POST", f"/v1/systems/{made['system']}/credentials", {})
        return client.System(self.new_client(), credential["key_id"], credential["secret"])

    def enrolled(self, user, pin="274915"):
        device = phone.Phone(self.new_client())
        device.enrol(user["staff_no"], self.code(user), pin)
        return device

    def audit(self):
        rows, after = [], 0
        while True:
            page = self.operate("GET", f"/v1/audit?after={after}&limit=1000")["items"]
            if not page:
                return rows
            rows += page
            after = page[-1]["sequence"]
