"""Everything from outside is hostile: each field of each message missing, mistyped, too long, off the curve, out of range, not
UTF-8; bodies too large; slow and half-open clients. A clear error with a stable code each time, and the server lives."""
import base64
import copy
import json
import socket
import time
import unittest

from curve import SM2
from phone import Phone
from server import Server

DOCUMENT = b"<ClinicalDocument xmlns='urn:hl7-org:v3'/>" * 3
LIMIT_SECONDS = 3

# What a client may be told of malformed input; never "internal".
INPUT_CODES = {"bad_json", "not_utf8", "field_missing", "field_unknown", "field_type", "field_length", "field_value", "bad_encoding",
               "wrong_length", "bad_point", "bad_scalar", "protocol_version", "media_type", "out_of_range", "proof_invalid",
               "digest_mismatch", "task_not_found", "pin_wrong", "signature_invalid", "task_not_claimed", "form_refused",
               "activation_refused", "unauthenticated", "forbidden", "user_not_found", "key_busy", "conflict", "bad_der"}


class BadInput(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server(options=["--request-time", str(LIMIT_SECONDS)])
        cls.user = cls.server.user("D3001", "李佳")
        cls.system = cls.server.system()
        cls.phone = cls.server.enrolled(cls.user)
        # A device in the middle of its enrolment, for the messages that belong there.
        cls.half = Phone(cls.server.new_client())
        cls.half.open("D3001", cls.server.code(cls.user))
        cls.half.login()

    @classmethod
    def tearDownClass(cls):
        cls.server.close()

    def setUp(self):
        self.server.operate("POST", f"/v1/keys/{self.phone.key}/unlock")

    def alive(self):
        status, answer = self.server.new_client().json("GET", "/v1/health")
        self.assertEqual((status, answer["status"]), (200, "ok"))

    def messages(self):
        """Every message a device or a system sends, well-formed, with who sends it."""
        device, key = self.phone, self.phone.key
        enrolment = str(device.enrolment)
        point, scalar = SM2.encode(SM2.g).hex(), "11" * 32
        task = self.system.create("D3001", DOCUMENT)["task"]
        sign, _ = device.sign_request("274915", [(task, device.e(DOCUMENT))])
        as_device = {"Authorization": f"Bearer {device.token}"}
        as_system = {"Authorization": f"Bearer {self.system.key}.{self.system.secret}"}
        document = base64.b64encode(DOCUMENT).decode()
        return [
            ("/v1/enrolments", {}, {"protocol": 1, "staff_no": "D3001", "activation_code": "AAAA-BBBB-CCCC", "platform": "python",
                                    "device_name": "x", "credential": point}),
            ("/v1/device/challenges", {}, {"protocol": 1, "enrolment_id": enrolment}),
            ("/v1/device/sessions", {}, {"protocol": 1, "enrolment_id": enrolment, "challenge": "00" * 40, "signature": "00" * 64}),
            ("/v1/device/keys", {"Authorization": f"Bearer {self.half.token}"}, {"protocol": 1, "enrolment_id": str(self.half.enrolment), "P1": point, "c": "00" * 16, "z": scalar}),
            (f"/v1/device/keys/{key}/sign-requests", as_device, sign),
            (f"/v1/device/keys/{key}/signatures", as_device, {"protocol": 1, "sid": "22" * 16,
                                                              "signatures": [{"task": task, "rs": "33" * 64}]}),
            (f"/v1/device/keys/{key}/sign-failures", as_device, {"protocol": 1, "code": "answer_rejected"}),
            ("/v1/tasks", as_system, {"signer": "D3001", "form": "raw", "title": "x", "document": document}),
            ("/v1/users", as_system, {"staff_no": "D3999", "name": "x"}),
            ("/v1/verify", as_system, {"document": document, "form": "raw", "signature": "44" * 64, "certificate": document}),
        ]

    def post(self, path, headers, body):
        status, answer = self.server.http.json("POST", path, body, headers)
        self.assertIn(status, range(400, 500), (path, body, answer))
        self.assertEqual(answer["status"], status)
        self.assertIn(answer["code"], INPUT_CODES, (path, body, answer))
        for word in ("src/", ".c:", "sqlite", "SELECT", "0x"):
            self.assertNotIn(word, json.dumps(answer))
        return answer

    def fields(self, value, path=()):
        for name, inner in value.items():
            yield (*path, name), inner
            if isinstance(inner, list):
                for i, element in enumerate(inner):
                    yield (*path, name, i), element
                    if isinstance(element, dict):
                        yield from self.fields(element, (*path, name, i))

    def changed(self, message, path, new):
        message = copy.deepcopy(message)
        at = message
        for step in path[:-1]:
            at = at[step]
        if new is self:
            del at[path[-1]]
        else:
            at[path[-1]] = new
        return message

    def test_each_field_of_each_message(self):
        off_curve = "04" + "11" * 64
        too_large = "04" + "ff" * 64
        order = SM2.n.to_bytes(32, "big").hex()
        for path, headers, message in self.messages():
            for where, value in list(self.fields(message)):
                bad = [7.5, {}, [[]], True, "\ud800", "a\u202eb"]
                if isinstance(value, str):
                    bad += [5, value + "00", "zz" + value[2:], "é" * 600, "a\u0000b"]
                    if len(value) == 130:
                        bad += [off_curve, too_large, "00" + value[2:], value[:-2]]
                    if len(value) == 64 and where[-1] in ("z", "e"):
                        bad += ["00" * 32, order, "ff" * 32]
                elif isinstance(value, int):
                    bad += [value + 1, -1, 2**63, 10**400, "1"]
                elif isinstance(value, list):
                    bad += [[], value * 1001, "x"]
                for new in bad:
                    # Text that is free to choose may well be right with these.
                    if where[-1] in ("title", "name", "device_name", "platform") and new == value + "00":
                        continue
                    if where[-1] in ("staff_no", "signer", "name", "title", "device_name", "platform", "activation_code",
                                     "document", "certificate", "signature", "code", "form") and new in ("zz" + value[2:], value + "00"):
                        continue
                    with self.subTest(path=path, field=where, value=str(new)[:40]):
                        body = json.dumps(self.changed(message, where, new)).encode()
                        answer = self.post(path, headers, body)
                        if answer["code"] in ("field_type", "field_length"):
                            self.assertIn(str(where[0]), answer["field"])
            required = [w for w, _ in self.fields(message) if not (w[-1] in ("document", "certificate", "signature", "form") or isinstance(w[-1], int))]
            for where in required:
                with self.subTest(path=path, missing=where):
                    answer = self.post(path, headers, json.dumps(self.changed(message, where, self)).encode())
                    self.assertEqual(answer["code"], "field_missing")
                    self.assertTrue(answer["field"].endswith(str(where[-1])), answer)
            with self.subTest(path=path, unknown=True):
                self.assertEqual(self.post(path, headers, {**message, "surplus": 1})["code"], "field_unknown")
            self.server.operate("POST", f"/v1/keys/{self.phone.key}/unlock")
        self.alive()

    def test_bodies_that_are_no_json_object(self):
        for path, headers, message in self.messages():
            for body in (b"", b"{", b"[]", b"null", b'"x"', b"{}" * 2, b"\xff\xfe{}", b'{"a":"\xc3\x28"}', b"[" * 10000,
                         b'{"protocol":1,"protocol":1}', b"\x00", b'{"a":' * 3000):
                with self.subTest(path=path, body=body[:20]):
                    self.assertIn(self.post(path, headers, body)["code"], {"bad_json", "not_utf8", "field_type", "field_unknown"})
            status, answer = self.server.http.json("POST", path, json.dumps(message).encode(), {**headers, "Content-Type": "text/plain"})
            self.assertEqual((status, answer["code"]), (415, "media_type"))
        self.alive()

    def raw(self, data, wait=LIMIT_SECONDS + 5):
        with socket.create_connection(("127.0.0.1", self.server.port), timeout=wait) as connection:
            try:
                connection.sendall(data)
            except (BrokenPipeError, ConnectionResetError):
                pass
            return self.drain(connection)

    @staticmethod
    def drain(connection):
        answer = b""
        try:
            while chunk := connection.recv(65536):
                answer += chunk
        except (ConnectionResetError, TimeoutError):
            pass
        return answer

    def test_a_body_of_100_mb(self):
        head = b"POST /v1/tasks HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        self.assertIn(b" 413 ", self.raw(head + b"Content-Length: 104857600\r\n\r\n" + b"x" * 1000).split(b"\r\n")[0])
        chunk = b"100000\r\n" + b"x" * 0x100000 + b"\r\n"
        answer = self.raw(head + b"Transfer-Encoding: chunked\r\n\r\n" + chunk * 100)
        self.assertTrue(answer == b"" or b" 413 " in answer.split(b"\r\n")[0], answer[:200])
        self.alive()

    def test_slow_and_half_open_clients_are_cut_off(self):
        slow = []
        for opening in (b"", b"GET /v1/hea", b"POST /v1/tasks HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{"):
            connection = socket.create_connection(("127.0.0.1", self.server.port), timeout=30)
            connection.sendall(opening)
            slow.append(connection)
        started = time.monotonic()
        for second in range(LIMIT_SECONDS + 4):
            self.alive()
            for connection in slow[1:]:
                try:
                    connection.sendall(b"x")
                except OSError:
                    pass
            time.sleep(1)
        for connection in slow[1:]:
            connection.settimeout(5)
            self.drain(connection)
            connection.close()
        self.assertLess(time.monotonic() - started, 60)
        slow[0].close()
        self.alive()

    def test_requests_that_are_no_http(self):
        for data in (b"\x00" * 100, b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"GET /" + b"a" * 100000 + b" HTTP/1.1\r\n\r\n",
                     b"GET / HTTP/1.1\r\nHost: x\r\n" + b"A: b\r\n" * 20000 + b"\r\n", b"\x16\x03\x01\x02\x00"):
            self.raw(data, wait=LIMIT_SECONDS + 3)
            self.alive()

    def test_paths(self):
        for path, code in (("/", "not_found"), ("/nothing", "no_such_route"), ("/v1/nothing", "no_such_route"), ("/v1/tasks/../health", "no_such_route"),
                           ("/v1/certificates/zz", None), ("/v1/users/%ff", None), ("/v1/users/%00", None)):
            status, answer = self.server.operator.json("GET", path)
            self.assertIn(status, (400, 404), path)
            if code:
                self.assertEqual(answer["code"], code)
        for path in ("/v1/users?staffno=D3001", "/v1/audit?limit=5&nonsense=1", "/v1/certificates?stat=active", "/v1/systems?&x"):
            status, answer = self.server.operator.json("GET", path)
            self.assertEqual((status, answer["code"]), (400, "field_unknown"), path)
        self.assertEqual(self.system.call("GET", "/v1/tasks?stat=signed")[1]["field"], "stat")
        status, answer = self.server.http.json("DELETE", "/v1/health")
        self.assertEqual((status, answer["code"]), (405, "method_not_allowed"))


if __name__ == "__main__":
    unittest.main()
