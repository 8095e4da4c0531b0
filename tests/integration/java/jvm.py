"""Java's tests in a JVM (Main.java runs them), and the server's side of them, for which they ask line by line. The JVM checks the native code's
every step (-Xcheck:jni), and what it says fails."""
import os
import pathlib
import subprocess
import sys
import tempfile
import types
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "server"))
import curve  # noqa: E402
from server import Server  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
JAR, LIBRARY = os.environ["YIQIAN_DEVICE_JAR"], os.environ["YIQIAN_DEVICE_JNI"]
NAME = "𠮷田𪚥🩺王"


def public_key(certificate):
    """04 || X || Y, as OpenSSL reads it."""
    done = subprocess.run(["openssl", "x509", "-inform", "DER", "-pubkey", "-noout"], input=certificate, capture_output=True, check=True)
    return subprocess.run(["openssl", "pkey", "-pubin", "-outform", "DER"], input=done.stdout, capture_output=True, check=True).stdout[-65:]


class World:
    """One server, a business system, and what the Java side asks for."""

    def __init__(self, folder):
        self.folder = folder
        self.server = Server(options=["--certificate-life", "20d"])  # so that every certificate is due for renewal
        self.system = self.server.system()
        self.users, self.documents, self.tls = {}, {}, None

    def answer(self, command, *arguments):
        return getattr(self, "do_" + command)(*arguments)

    def do_url(self):
        return f"http://127.0.0.1:{self.server.port}"

    def do_folder(self):
        return tempfile.mkdtemp(dir=self.folder)

    def do_person(self, name):
        staff_no = f"J{len(self.users) + 1:04}"
        self.users[staff_no] = self.server.user(staff_no, name)
        return staff_no

    def do_code(self, staff_no):
        return self.server.code(self.users[staff_no])

    def do_task(self, staff_no, form, document):
        task = self.system.create(staff_no, bytes.fromhex(document), form, title="出院小结 " + NAME)["task"]
        self.documents[task] = bytes.fromhex(document)
        return task

    def do_tasks(self, staff_no, count):
        for i in range(int(count)):
            document = f"第 {i} 份\n".encode()
            self.documents[self.system.create(staff_no, document)["task"]] = document
        return "done"

    def do_large(self, staff_no, count):
        for _ in range(int(count)):
            self.system.create(staff_no, os.urandom(4096).hex().encode())
        return "done"

    def do_digest(self, staff_no):
        return self.system.create(staff_no, form="digest", digest="ab" * 32)["task"]

    def do_state(self, task):
        return self.system.task(task)["state"]

    def do_declined(self, task):
        found = self.system.task(task)
        return found["state"], found["reason"]

    def do_verify(self, task, rs, certificate):
        """By the independent curve, with the key of the certificate that the phone has."""
        P = curve.SM2.decode(public_key(bytes.fromhex(certificate)))
        good = curve.sm2_verify(P, curve.sm2_e(P, self.documents[task]), bytes.fromhex(rs))
        good = good and self.system.task(task)["signature"]["rs"] == rs
        return "valid" if good else "invalid"

    # Screens

    def do_login(self):
        status, made = self.system.call("POST", "/v1/logins", {"purpose": "登录门诊工作站 🩺", "nonce": "n-0123456789"})
        assert status in (200, 201), made
        return made["login"], made["short_code"]

    def do_login_code(self, login):
        return self.system.call("GET", f"/v1/logins/{login}/code")[1]["code"]

    def do_login_state(self, login):
        found = self.system.call("GET", f"/v1/logins/{login}")[1]
        person = found["person"] or {}
        return found["state"], person.get("staff_no", ""), found.get("number") or ""

    def do_enrolment_scan(self, staff_no):
        made = self.server.operate("POST", f"/v1/users/{self.users[staff_no]['user']}/enrolment-scans", {})
        return self.server.operate("GET", f"/v1/enrolment-scans/{made['scan']}/code")["code"]

    # Other devices

    def do_workstation(self, name):
        return self.server.operate("POST", "/v1/workstations", {"name": name, "place": "三楼 🏥"})["registration_code"]

    def do_other_phone(self, staff_no):
        self.server.enrolled(self.users[staff_no])
        return "done"

    def do_method(self, task):
        signature = self.system.task(task)["signature"]
        return signature["method"]

    def do_policy(self, name, value):
        self.server.operate("PATCH", "/v1/policy", {name: {"true": True, "false": False}.get(value, value)})
        return "done"

    def do_tls(self):
        """Another server, whose certificate is good for localhost and no address."""
        certificate, key = os.path.join(self.folder, "tls.pem"), os.path.join(self.folder, "tls.key")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                        "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", certificate],
                       capture_output=True, check=True)
        self.tls = Server(options=["--tls-certificate", certificate, "--tls-key", key])
        return str(self.tls.port), certificate, "T1", self.tls.code(self.tls.user("T1"))

    def close(self):
        self.server.close()
        if self.tls:
            self.tls.close()

    def do_restart(self):
        """The same address; every session is gone."""
        self.server.options += ["--listen", f"127.0.0.1:{self.server.port}"]
        self.server.restart()
        self.system.http = self.server.new_client()
        return "done"

    def do_unlock(self, key):
        self.server.operate("POST", f"/v1/keys/{key}/unlock")
        return "done"


def environment():
    """Where the native library has a sanitizer, its run-time comes before the machine, which handles its own faults and frees nothing at its end."""
    if "YIQIAN_JAVA_SANITIZER" not in os.environ:
        return None
    found = subprocess.run([os.environ["YIQIAN_JAVA_SANITIZER"], "-print-file-name=libclang_rt.asan-x86_64.so"], capture_output=True, text=True, check=True)
    return {**os.environ, "LD_PRELOAD": found.stdout.strip(), "ASAN_OPTIONS": "detect_leaks=0:handle_segv=0:allow_user_segv_handler=1"}


class Jvm:
    """The test classes, compiled into the world's folder."""

    def __init__(self, world):
        self.world, self.classes = world, os.path.join(world.folder, "classes")
        done = subprocess.run(["javac", "-encoding", "UTF-8", "-cp", JAR, "-d", self.classes, *map(str, sorted(HERE.glob("*.java")))],
                              capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr

    def answer(self, words):
        try:
            answer = self.world.answer(*words)
            return answer if isinstance(answer, str) else "\t".join(answer)
        except Exception as e:
            return "ERROR\t" + repr(e).replace("\n", " ").replace("\t", " ")

    def run(self, name, *options):
        """What it said: code, passed, failed, other (-Xcheck:jni speaks on stdout), errors."""
        command = ["java", "-Xcheck:jni", "-Xmx512m", *options, "-Dfile.encoding=UTF-8", "-Dcn.yiqian.device.library=" + LIBRARY,
                   "-Dattach.library=" + os.environ["YIQIAN_ATTACH"], "-cp", JAR + os.pathsep + self.classes, "Main", name]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment())
        said = types.SimpleNamespace(passed=[], failed=[], other=[], errors=[])
        reader = threading.Thread(target=lambda: said.errors.extend(process.stderr.read().decode(errors="replace").splitlines()))
        reader.start()
        for line in process.stdout:
            kind, *words = line.decode().rstrip("\n").split("\t")
            if kind == "ASK":
                process.stdin.write((self.answer(words) + "\n").encode())
                process.stdin.flush()
            else:
                {"PASS": said.passed, "NOTE": said.passed, "FAIL": said.failed}.get(kind, said.other).append(" ".join(words or [kind]))
        said.code = process.wait(30)
        reader.join(30)
        return said


class Checks:
    def good(self, said):
        print("\n".join(said.passed))
        told = "\n".join([*said.failed, *said.other[:60], *said.errors[:60]])
        self.assertEqual((said.code, said.failed, said.other), (0, [], []), told)
        self.assertGreater(len(said.passed), 0)
