"""The PIN-sensitive values (docs/spec/two-party-sm2.md 8): whoever finds one of them beside a stolen device tries PINs offline
(tests/attack/pin_guess.c). A server at its most talkative, through every outcome of key generation and signing, writes none of them."""
import base64
import copy
import os
import stat
import unittest

import phone
from curve import SM2
from phone import Phone, Refused
from server import Server

PIN, WRONG = "274915", "111999"
DOCUMENT = b"text of a record " * 9


class Listener:
    """A client that keeps what went over the wire, and the prover's inner values."""

    def __init__(self, http):
        self.http, self.secrets, self.refusals = http, {}, []

    def json(self, method, path, body=None, headers=None):
        status, answer = self.http.json(method, path, body, headers)
        if status >= 400:
            self.refusals.append(str(answer) + str(self.http.headers))
        elif "no-store" not in self.http.headers["Cache-Control"]:
            raise AssertionError(f"{path} may be stored")
        self.keep(body)
        self.keep(answer)
        return status, answer

    def keep(self, value):
        if isinstance(value, list):
            for element in value:
                self.keep(element)
        elif isinstance(value, dict):
            for name, element in value.items():
                if name in ("P1", "P2", "c", "z", "W", "s1", "u_device", "u_server"):
                    self.add(name, bytes.fromhex(element))
                else:
                    self.keep(element)

    def add(self, name, value):
        # A point may be written by either coordinate.
        for part in [value[1:33], value[33:]] if len(value) == 65 else [value]:
            self.secrets.setdefault(name, set()).add(part)

    def prove(self, transcript, secret):
        k = SM2.random_scalar()
        T = SM2.encode(SM2.multiply(k))
        self.add("tr", transcript)
        self.add("T", T)
        self.add("X", SM2.encode(SM2.multiply(secret)))
        c = phone.C("yiqian/proof/1", transcript, T)
        return c, phone.scalar(k + phone.number(c) * secret)


def spellings(value):
    """Raw, hexadecimal, and base64 wherever in a text the value begins."""
    yield value
    yield value.hex().encode()
    yield value.hex().upper().encode()
    for lead in range(3):
        text = base64.b64encode(b"\0" * lead + value)[4 if lead else 0:]
        text = text[:len(text) // 4 * 4 - 4]
        yield text
        yield text.replace(b"+", b"-").replace(b"/", b"_")


def contains(data, value):
    return any(spelling in data for spelling in spellings(value))


def stored(server):
    """Every byte in the data directory, the database's journal included."""
    for folder, _, names in os.walk(server.data_dir):
        for name in names:
            path = os.path.join(folder, name)
            if stat.S_ISREG(os.stat(path).st_mode):
                with open(path, "rb") as file:
                    yield path, file.read()


class PinSensitive(unittest.TestCase):
    def refused(self, device, code, body, what="sign-requests"):
        with self.assertRaises(Refused) as caught:
            device.call("POST", device.path(what), body)
        self.assertEqual(caught.exception.code, code)

    def refresh(self, device, clone):
        """Pending, repeated, refused, done, repeated; then once more, so that a clone's request is one under a retired share."""
        body, refresh = device.refresh_request(PIN)
        device.call("POST", device.path("refresh-requests"), body)
        self.refused(device, "sid_refused", body, "refresh-requests")
        body, _ = device.refresh_request(PIN, refresh["rid"], refresh["u_device"])
        answer = device.call("POST", device.path("refresh-requests"), body)
        u_server = bytes.fromhex(answer["u_server"])
        body, _ = device.refresh_confirm({**refresh, "rid": b"r" * 16}, u_server, bytes.fromhex(answer["sid"]))
        self.refused(device, "conflict", body, "refresh-confirms")
        body, d1 = device.refresh_confirm(refresh, u_server, bytes.fromhex(answer["sid"]))
        device.call("POST", device.path("refresh-confirms"), body)
        body, _ = device.refresh_confirm(refresh, u_server, device.sid())
        device.call("POST", device.path("refresh-confirms"), body)
        device.http.add("t", phone.scalar(d1 * pow(refresh["d1"], -1, SM2.n)))
        device.http.add("d1", phone.scalar(d1))
        device.keep(d1, PIN)
        body, _ = device.refresh_request(WRONG)
        self.refused(device, "pin_wrong", body, "refresh-requests")
        body, _ = clone.refresh_request(PIN)
        self.refused(clone, "pin_wrong", body, "refresh-requests")

    def live(self, server, device, system):
        """Every outcome once."""
        staff_no = "D7001"
        user = server.user(staff_no)
        device.open(staff_no, server.code(user))
        device.login()
        device.keygen(PIN)
        device.keygen(PIN)
        device.certify(PIN)
        with self.assertRaises(Refused):
            device.keygen(PIN)

        tasks = [system.create(staff_no, DOCUMENT)["task"] for _ in range(4)]
        items = [(task, device.e(DOCUMENT)) for task in tasks]
        body, session = device.sign_request(PIN, items[:3])
        answer = device.call("POST", device.path("sign-requests"), body)
        device.call("POST", device.path("sign-requests"), body)
        signatures = device.finish(session, answer["answers"])
        false = copy.deepcopy(signatures)
        false[0]["rs"] = false[1]["rs"][:64] + false[0]["rs"][64:]
        with self.assertRaises(Refused):
            device.submit(session, false)
        device.submit(session, signatures)
        device.submit(session, signatures)

        self.refresh(device, copy.copy(device))
        server.operate("POST", f"/v1/keys/{device.key}/unfreeze", {"despite_alarm": True})
        server.operate("POST", f"/v1/keys/{device.key}/unlock")

        body, _ = device.sign_request(WRONG, items[3:])
        self.refused(device, "pin_wrong", body)
        body, _ = device.sign_request(PIN, [(tasks[3], b"\1" * 32)])
        self.refused(device, "digest_mismatch", body)
        body, _ = device.sign_request(PIN, items[:1])
        self.refused(device, "task_signed", body)
        for field, value, code in (("z", f"{SM2.n + 1:064x}", "bad_scalar"), ("sid", "00", "field_length"), ("protocol", 2, "protocol_version")):
            body, _ = device.sign_request(PIN, items[3:])
            body[field] = value
            self.refused(device, code, body)
        body, _ = device.sign_request(PIN, items[3:])
        A = body["items"][0]["A"]
        body["items"][0]["A"] = A[:-1] + ("0" if A[-1] != "0" else "1")
        self.refused(device, "bad_point", body)
        for _ in range(4):
            body, _ = device.sign_request(WRONG, items[3:])
            self.refused(device, "pin_wrong", body)
        body, _ = device.sign_request(PIN, items[3:])
        self.refused(device, "key_locked", body)
        return items, signatures

    def test_nothing_is_written_or_told(self):
        with Server(options=["--log-level", "debug"]) as server:
            listener = Listener(server.new_client())
            device, system = Phone(listener), server.system()
            own_prove, phone.prove = phone.prove, listener.prove
            try:
                items, signatures = self.live(server, device, system)
            finally:
                phone.prove = own_prove
            for pin in (PIN, WRONG):
                listener.add("d1", phone.scalar(device.d1(pin)))
            places = dict(stored(server))
            places["log"] = "".join(server.log).encode()
            places["audit"] = str(server.audit()).encode()
            places["refusals"] = "".join(listener.refusals).encode()

            # The search finds what is written.
            whole = b"".join(places.values())
            for written in (SM2.encode(device.P), items[0][1], bytes.fromhex(signatures[0]["rs"])):
                self.assertTrue(contains(whole, written))
            self.assertIn(str(device.enrolment).encode(), places["log"])
            self.assertIn(str(device.key).encode(), places["audit"])
            self.assertEqual(set(listener.secrets), {"P1", "P2", "W", "s1", "tr", "T", "X", "c", "z", "d1", "t", "u_device",
                                                     "u_server"})
            for name, values in listener.secrets.items():
                for value in values:
                    for place, data in places.items():
                        self.assertFalse(contains(data, value), f"{name} stands in {place}")


if __name__ == "__main__":
    unittest.main()
