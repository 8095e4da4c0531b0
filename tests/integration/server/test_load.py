"""The server under load: devices that enrol and sign in parallel (bench_sign --load), and at the same time everything else that the API has:
listings, lists, verification, cancellation, refusals of every kind, broken connections. In a build with ThreadSanitizer or AddressSanitizer the
point is what the sanitizer says when the server ends (a report is another exit code than 0); in every build the log may hold no error."""
import base64
import os
import secrets
import socket
import subprocess
import threading
import time
import unittest

import client
from server import Server

LOAD = os.environ.get("YIQIAN_LOAD", "bench_sign")
SECONDS = float(os.environ.get("YIQIAN_LOAD_SECONDS", "15"))
DEVICES, TASKS = os.environ.get("YIQIAN_LOAD_DEVICES", "32"), os.environ.get("YIQIAN_LOAD_TASKS", "10")


class Load:
    """Threads that repeat one thing each until the time is over; what one of them raises fails the test."""

    def __init__(self, server):
        self.server, self.failures, self.rounds = server, [], {}
        self.until = time.monotonic() + SECONDS
        self.threads = []

    def repeat(self, act, *arguments):
        def run():
            rounds = 0
            try:
                while time.monotonic() < self.until:
                    act(rounds, *arguments)
                    rounds += 1
            except Exception as failure:
                self.failures.append(f"{act.__name__}: {failure!r}")
            self.rounds[act.__name__] = self.rounds.get(act.__name__, 0) + rounds

        self.threads.append(threading.Thread(target=run))

    def run(self):
        for thread in self.threads:
            thread.start()
        for thread in self.threads:
            thread.join()

    def operator(self):
        return client.unix(os.path.join(self.server.data_dir, "yiqiand.sock"))


def sign(_, server):
    command = [LOAD, "--load", str(server.port), os.path.join(server.data_dir, "yiqiand.sock"), DEVICES, TASKS]
    done = subprocess.run(command, capture_output=True, text=True, timeout=280)
    assert done.returncode == 0, done.stderr


def expect(answer, *statuses):
    assert answer[0] in statuses, answer
    return answer[1]


def list_things(round_number, operator):
    paths = ("/v1/users?limit=5", "/v1/systems", "/v1/certificates?limit=10", "/v1/operator-tokens", "/v1/audit?after=0&limit=50", "/v1/system/figures")
    expect(operator.json("GET", paths[round_number % len(paths)]), 200)


def check_the_audit_log(_, operator):
    assert expect(operator.json("GET", "/v1/audit/check"), 200)["intact"]


def fetch_lists(round_number, http):
    status, data = http.raw("GET", ("/pki/issuing.crl", "/pki/root.crl", "/pki/issuing.cer", "/v1/health")[round_number % 4])
    assert status == 200 and data


def make_and_cancel_tasks(round_number, system):
    status, task = system.call("POST", "/v1/tasks", {"signer": "D1001", "form": "raw", "title": "出院小结", "document": "5Ye66Zmi5bCP57uT"},
                               {"Idempotency-Key": f"key-{round_number // 2}"})
    expect((status, task), 201, 200, 410)
    expect(system.call("GET", "/v1/tasks?limit=3"), 200)
    expect(system.call("POST", f"/v1/tasks/{task['task']}/cancel"), 200, 410)


def verify_what_is_false(_, system, certificate):
    answer = expect(system.call("POST", "/v1/verify", {"form": "raw", "document": "eA==", "signature": "11" * 64, "certificate": certificate}), 200)
    assert answer["valid"] is False


def change_people(round_number, operator):
    user = expect(operator.json("POST", "/v1/users", {"staff_no": secrets.token_hex(6), "name": "赵敏", "departments": ["心内科"]}), 201)
    code = expect(operator.json("POST", f"/v1/users/{user['user']}/activation-codes", {}), 201)
    assert code["activation_code"]
    expect(operator.json("PATCH", f"/v1/users/{user['user']}", {"state": "suspended"}), 200)


def change_credentials(_, operator, system_id):
    made = expect(operator.json("POST", f"/v1/systems/{system_id}/credentials", {}), 201)
    expect(operator.json("DELETE", f"/v1/systems/{system_id}/credentials/{made['key_id']}"), 204)
    token = expect(operator.json("POST", "/v1/operator-tokens", {"name": "值班", "scopes": ["auditor"]}), 201)
    expect(operator.json("DELETE", "/v1/operator-tokens/" + (token.get("token_id") or token["token"].split(".")[0])), 200)


def be_refused(round_number, http, system):
    wrong = [("GET", "/v1/tasks", None, 401), ("GET", "/v1/nothing", None, 404), ("PUT", "/v1/tasks", None, 405), ("GET", "/v1/tasks?x=%zz", None, 400),
             ("POST", "/v1/enrolments", b"{", 400), ("POST", "/v1/device/challenges", {"protocol": 2}, 400)]
    method, path, body, status = wrong[round_number % len(wrong)]
    expect(http.json(method, path, body), status)
    nonce = secrets.token_urlsafe(18)
    expect(system.call("GET", "/v1/tasks?limit=1", nonce=nonce), 200)
    expect(system.call("GET", "/v1/tasks?limit=1", nonce=nonce), 401, 409)


def break_connections(round_number, port):
    with socket.create_connection(("127.0.0.1", port)) as connection:
        whole = b"POST /v1/enrolments HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 9000\r\n\r\n" + b" " * 5000
        connection.sendall(whole[:1 + round_number * 37 % len(whole)])
    time.sleep(0.005)


def sign_with_a_wrong_pin(_, phone, task):
    body, _ = phone.sign_request("111999", [(task, phone.e(b"x"))])
    status, answer = phone.http.json("POST", phone.path("sign-requests"), body, {"Authorization": f"Bearer {phone.token}"})
    assert status in (403, 409, 422, 423), (status, answer)


class UnderLoad(unittest.TestCase):
    def test_everything_at_once(self):
        with Server() as server:
            user = server.user("D1001")
            system, phone = server.system(), server.enrolled(user)
            certificate = base64.b64encode(phone.certificate).decode()
            task = system.create("D1001", b"x")["task"]
            other = server.operate("POST", "/v1/systems", {"name": "放射", "scopes": ["verify"]})["system"]
            load = Load(server)
            load.repeat(sign, server)
            load.repeat(sign, server)
            load.repeat(list_things, load.operator())
            load.repeat(check_the_audit_log, load.operator())
            load.repeat(fetch_lists, server.new_client())
            load.repeat(make_and_cancel_tasks, system)
            load.repeat(verify_what_is_false, client.System(server.new_client(), system.key, system.secret), certificate)
            load.repeat(change_people, load.operator())
            load.repeat(change_credentials, load.operator(), other)
            load.repeat(be_refused, server.new_client(), client.System(server.new_client(), system.key, system.secret))
            load.repeat(break_connections, server.port)
            load.repeat(sign_with_a_wrong_pin, phone, task)
            load.run()
            self.assertEqual(load.failures, [])
            for act, rounds in load.rounds.items():
                self.assertGreater(rounds, 0, act)
            print(load.rounds)
            self.assertTrue(server.operate("GET", "/v1/audit/check")["intact"])
        self.assertEqual([line for line in server.log if " error " in line], [])



if __name__ == "__main__":
    unittest.main()
