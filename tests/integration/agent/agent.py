"""A workstation of its own, registered by the command line, and its agent as a process."""
import http.client
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cli"))
import cli  # noqa: E402

PAGE = "http://127.0.0.1:8980"


class Agent:
    def __init__(self, directory, *options):
        self.directory, self.options, self.handles = pathlib.Path(directory), options, {}
        self.start()

    def start(self):
        environment = {n: v for n, v in os.environ.items() if not n.startswith("YIQIAN_")}
        self.process = subprocess.Popen([cli.YIQIAN, "agent", "--dir", self.directory, "--listen", "127.0.0.1:0", "--origin", PAGE, *self.options],
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**environment, "LANG": "C.UTF-8"})
        self.log = []
        self.reader = threading.Thread(target=self.read_log, daemon=True)
        self.reader.start()
        line = self.process.stdout.readline()
        match = re.search(r"http://127\.0\.0\.1:(\d+)", line)
        assert match, line + "".join(self.log)
        self.port = int(match[1])
        self.token = (self.directory / "agent-token").read_text()

    def read_log(self):
        for line in self.process.stderr:
            self.log.append(line)

    def raw(self, method, path, body=None, headers=None, timeout=70):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.request(method, path, body=body, headers=headers or {})
            response = connection.getresponse()
            return response.status, response.read(), response.headers
        finally:
            connection.close()

    def call(self, method, path, body=None, headers=None):
        """As a page that may call, with the handle of what it asked for itself."""
        data = None if body is None else json.dumps(body).encode()
        handle = next((h for key, h in self.handles.items() if key in path), None)
        headers = {"Origin": PAGE, **({"Content-Type": "application/json"} if data else {}),
                   **({"Authorisation-Handle": handle} if handle else {}), **(headers or {})}
        status, answer, _ = self.raw(method, path, data, headers)
        told = json.loads(answer) if answer else None
        if status == 201:
            self.handles[told["authorisation"]] = told["handle"]
        return status, told

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self, timeout=10):
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(timeout)
        self.reader.join(5)
        return self.process.returncode
