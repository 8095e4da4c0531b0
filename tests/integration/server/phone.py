"""A device written from docs/spec alone, in plain Python: the independent peer of the product's own device half."""
import base64
import datetime
import hashlib
import hmac
import secrets
import uuid

import curve
from curve import P256, SM2, sm3


def H(tag, *parts):
    tag = tag.encode()
    return sm3(bytes([len(tag)]) + tag + b"".join(len(p).to_bytes(4, "big") + p for p in parts))


def C(tag, *parts):
    return H(tag, *parts)[:16]


def number(data):
    return int.from_bytes(data, "big")


def scalar(value):
    return (value % SM2.n).to_bytes(32, "big")


def prove(transcript, secret):
    k = SM2.random_scalar()
    c = C("yiqian/proof/1", transcript, SM2.encode(SM2.multiply(k)))
    return c, scalar(k + number(c) * secret)


def pin_mask(pin, salt, iterations):
    data = pbkdf2_hmac_sm3(pin.encode(), salt, iterations, 48)
    return number(data) % (SM2.n - 1) + 1


def pbkdf2_hmac_sm3(password, salt, iterations, length):
    try:
        return hashlib.pbkdf2_hmac("sm3", password, salt, iterations, length)
    except ValueError:
        out = b""
        for block in range(1, length // 32 + 2):
            u = hmac.new(password, salt + block.to_bytes(4, "big"), "sm3").digest()
            t = number(u)
            for _ in range(iterations - 1):
                u = hmac.new(password, u, "sm3").digest()
                t ^= number(u)
            out += t.to_bytes(32, "big")
        return out[:length]


# DER, as much as a CertificationRequestInfo and signed attributes need
def der(tag, *parts):
    body = b"".join(parts)
    n = len(body)
    length = bytes([n]) if n < 128 else bytes([0x80 | (n.bit_length() + 7) // 8]) + n.to_bytes((n.bit_length() + 7) // 8, "big")
    return bytes([tag]) + length + body


def request_info(subject, public):
    algorithm = der(0x30, bytes.fromhex("06072a8648ce3d0201"), bytes.fromhex("06082a811ccf5501822d"))
    return der(0x30, b"\x02\x01\x00", subject, der(0x30, algorithm, der(0x03, b"\x00" + SM2.encode(public))), b"\xa0\x00")


def oid(text):
    arcs = [int(arc) for arc in text.split(".")]
    out = b""
    for arc in [40 * arcs[0] + arcs[1], *arcs[2:]]:
        digits = [arc & 0x7F]
        while arc := arc >> 7:
            digits.insert(0, 0x80 | arc & 0x7F)
        out += bytes(digits)
    return der(0x06, out)


def signed_attributes(digest, time, certificate, authorisation=None):
    """M of form cms: a SET OF in the order of its elements' encodings (X.690 11.6)."""
    attribute = lambda kind, value: der(0x30, oid(kind), der(0x31, value))
    essential = der(0x30, der(0x30, oid("1.2.156.10197.1.401")), der(0x04, sm3(certificate)))
    found = [attribute("1.2.840.113549.1.9.3", oid("1.2.156.10197.6.1.4.2.1")),
             attribute("1.2.840.113549.1.9.4", der(0x04, digest)),
             attribute("1.2.840.113549.1.9.5", der(0x17, time.strftime("%y%m%d%H%M%SZ").encode())),
             attribute("1.2.840.113549.1.9.16.2.47", der(0x30, der(0x30, essential)))]
    if authorisation:
        found.append(attribute("2.25.130877822842793157558253621931297144976", der(0x04, authorisation)))
    return der(0x31, *sorted(found))


class Refused(Exception):
    def __init__(self, status, problem):
        super().__init__(f"{status} {problem}")
        self.status, self.problem, self.code = status, problem, problem.get("code")


class Phone:
    """One enrolment with one key. `http` is a client.Client; the PIN is given with every use."""

    ITERATIONS = 10000

    def __init__(self, http):
        self.http = http
        self.token = None
        self.credential = P256.random_scalar()
        self.serial = None

    def call(self, method, path, body=None, expect=(200, 201, 204)):
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        status, answer = self.http.json(method, path, body, headers)
        if status not in expect:
            raise Refused(status, answer)
        return answer

    def open(self, staff_no, code, name="测试手机"):
        answer = self.call("POST", "/v1/enrolments", {
            "protocol": 1, "staff_no": staff_no, "activation_code": code, "platform": "python", "device_name": name,
            "credential": P256.encode(P256.multiply(self.credential)).hex()})
        self.enrolment = uuid.UUID(answer["enrolment_id"])
        self.subject = base64.b64decode(answer["subject"])
        return answer

    def login(self):
        self.token = None
        asked = self.call("POST", "/v1/device/challenges", {"protocol": 1, "enrolment_id": str(self.enrolment)})
        message = b"yiqian/device-session/1" + self.enrolment.bytes + bytes.fromhex(asked["challenge"])
        answer = self.call("POST", "/v1/device/sessions", {
            "protocol": 1, "enrolment_id": str(self.enrolment), "challenge": asked["challenge"],
            "signature": curve.ecdsa_p256(self.credential, message).hex()})
        self.token = answer["token"]
        return answer

    def keygen(self, pin):
        d1 = SM2.random_scalar()
        P1 = SM2.multiply(pow(d1, -1, SM2.n))
        transcript = H("yiqian/keygen/1", self.enrolment.bytes, SM2.encode(P1))
        c, z = prove(transcript, pow(d1, -1, SM2.n))
        answer = self.call("POST", "/v1/device/keys", {
            "protocol": 1, "enrolment_id": str(self.enrolment), "P1": SM2.encode(P1).hex(), "c": c.hex(), "z": z.hex()})
        self.key = uuid.UUID(answer["key_id"])
        self.P = SM2.decode(bytes.fromhex(answer["P"]))
        P2 = SM2.decode(bytes.fromhex(answer["P2"]))
        assert self.P[0] != SM2.g[0]
        assert SM2.multiply(pow(d1, -1, SM2.n), P2) == SM2.add(self.P, SM2.g)
        self.salt = secrets.token_bytes(16)
        self.x = (d1 - pin_mask(pin, self.salt, self.ITERATIONS)) % SM2.n

    def d1(self, pin):
        return (self.x + pin_mask(pin, self.salt, self.ITERATIONS)) % SM2.n

    def e(self, message):
        return curve.sm2_e(self.P, message)

    def sign_request(self, pin, items, sid=None, method=None):
        """S1 for items [(task, e)] or, of form cms, [(task, e, signing time)]: the body of the request, and the open session. method: how the person
        showed that it is he; None leaves it out."""
        d1 = self.d1(pin)
        sid = sid or secrets.token_bytes(16)
        P1 = SM2.encode(SM2.multiply(pow(d1, -1, SM2.n)))
        nonces = [(SM2.random_scalar(), SM2.random_scalar()) for _ in items]
        points = [(SM2.encode(SM2.multiply(a)), SM2.encode(SM2.multiply(b))) for a, b in nonces]
        parts = [self.key.bytes, sid, SM2.encode(self.P), P1]
        for (_, e, *_), (A, B) in zip(items, points):
            parts += [e, A, B]
        tr = H("yiqian/sign-request/1", *parts)
        secret = pow(d1, -1, SM2.n)
        for i, (a, b) in enumerate(nonces):
            secret += number(C("yiqian/sign-coef/1", tr, (2 * i).to_bytes(4, "big"))) * a
            secret += number(C("yiqian/sign-coef/1", tr, (2 * i + 1).to_bytes(4, "big"))) * b
        c, z = prove(tr, secret)
        body = {"protocol": 1, "sid": sid.hex(), "c": c.hex(), "z": z.hex(),
                "items": [{"task": str(task), "e": e.hex(), "A": A.hex(), "B": B.hex(), **({"signing_time": time[0]} if time else {})}
                          for (task, e, *time), (A, B) in zip(items, points)],
                **({"method": method} if method else {})}
        return body, {"d1": d1, "sid": sid, "tr": tr, "items": items, "nonces": nonces}

    def finish(self, session, answers):
        """S3: the signatures, each verified on the session's own e."""
        signatures = []
        for i, ((task, e, *_), (a, b), answer) in enumerate(zip(session["items"], session["nonces"], answers)):
            W, s1 = bytes.fromhex(answer["W"]), number(bytes.fromhex(answer["s1"]))
            rho = number(H("yiqian/sign-bind/1", session["tr"], i.to_bytes(4, "big"), W)) % SM2.n
            w1 = (a + rho * b) % SM2.n
            R = SM2.add(SM2.decode(W), SM2.multiply(w1 * session["d1"], SM2.add(self.P, SM2.g)))
            r = (number(e) + R[0]) % SM2.n
            s = (session["d1"] * (s1 + w1) - r) % SM2.n
            rs = scalar(r) + scalar(s)
            assert curve.sm2_verify(self.P, e, rs), "the server's answer gives no valid signature"
            signatures.append({"task": str(task), "rs": rs.hex()})
        return signatures

    def path(self, what):
        return f"/v1/device/keys/{self.key}/{what}"

    def submit(self, session, signatures):
        return self.call("POST", self.path("signatures"),
                         {"protocol": 1, "sid": session["sid"].hex(), "signatures": signatures})

    def sign(self, pin, items, method=None):
        """[(task, e)] signed in one request; gives the signatures and the server's completion."""
        body, session = self.sign_request(pin, items, method=method)
        answer = self.call("POST", self.path("sign-requests"), body)
        signatures = self.finish(session, answer["answers"])
        return signatures, self.submit(session, signatures)

    def certify(self, pin):
        e = self.e(request_info(self.subject, self.P))
        _, done = self.sign(pin, [(self.enrolment, e)])
        self.certificate = base64.b64decode(done["certificate"]["certificate"])
        self.chain = [base64.b64decode(der_text) for der_text in done["certificate"]["chain"]]
        self.serial = done["certificate"]["serial"]
        return done

    def enrol(self, staff_no, code, pin):
        self.open(staff_no, code)
        self.login()
        self.keygen(pin)
        return self.certify(pin)

    # Renewal and re-keying

    def renewal(self, kind="renew", **more):
        return self.call("POST", self.path("renewals"), {"protocol": 1, "kind": kind, **more})

    def renewal_item(self, opened):
        self.subject = base64.b64decode(opened["subject"])
        return opened["renewal"], self.e(request_info(self.subject, self.P))

    def renew(self, pin):
        """A new certificate for the same key."""
        _, done = self.sign(pin, [self.renewal_item(self.renewal())])
        self.certificate = base64.b64decode(done["certificate"]["certificate"])
        self.serial = done["certificate"]["serial"]
        return done

    def successor(self):
        """Another phone half: the enrolment in which another key is made in place of this one's."""
        made = Phone(self.http)
        opened = self.renewal("rekey", credential=P256.encode(P256.multiply(made.credential)).hex())
        made.enrolment = uuid.UUID(opened["enrolment_id"])
        made.subject = base64.b64decode(opened["subject"])
        made.renewal_id = uuid.UUID(opened["renewal"])
        return made

    def leave_item(self, made):
        """M: SEQUENCE { "yiqian/rekey/1", renewal, key_id, P' }, which this key signs."""
        octets = lambda data: der(0x04, data)
        message = der(0x30, der(0x0C, b"yiqian/rekey/1"), octets(made.renewal_id.bytes), octets(self.key.bytes), octets(SM2.encode(made.P)))
        return made.renewal_id, self.e(message)

    def rekey(self, pin):
        made = self.successor()
        made.login()
        made.keygen(pin)
        self.sign(pin, [self.leave_item(made)])
        made.certify(pin)
        return made

    def scan(self, code=None, short_code=None):
        """What a code is for (docs/spec/qr.md)."""
        body = {"protocol": 1, **({"code": code} if code else {}), **({"short_code": short_code} if short_code else {})}
        return self.call("POST", "/v1/device/scans", body)

    def enter_number(self, scan, number):
        return self.call("POST", f"/v1/device/scans/{scan}/number", {"protocol": 1, "number": number})

    def decline_scan(self, scan, reason=""):
        return self.call("POST", f"/v1/device/scans/{scan}/decline", {"protocol": 1, "reason": reason})

    def tasks(self, query=""):
        return self.call("GET", "/v1/device/tasks" + query)["tasks"]

    def document(self, task):
        status, data = self.http.raw("GET", f"/v1/device/tasks/{task}/document", None, {"Authorization": f"Bearer {self.token}"})
        if status != 200:
            raise Refused(status, __import__("json").loads(data))
        return data

    def message(self, task):
        """M of a pulled task (docs/spec/device-api.md 4), from what this device saw itself."""
        if task["form"] != "raw" and task["document_size"] is None:
            return bytes.fromhex(task["digest"])
        document = self.document(task["task"])
        assert sm3(document).hex() == task["digest"], "the document is not the one announced"
        return document if task["form"] == "raw" else sm3(document)

    def attributes(self, task, time):
        return signed_attributes(self.message(task), time, self.certificate)

    def item(self, task, time=None):
        """What S1 says of a pulled task; of form cms at this time, else now."""
        if task["form"] != "cms":
            return task["task"], self.e(self.message(task))
        time = time or datetime.datetime.now(datetime.timezone.utc)
        return task["task"], self.e(self.attributes(task, time)), time.strftime("%Y-%m-%dT%H:%M:%SZ")

    def sign_task(self, pin, task, method=None):
        return self.sign(pin, [self.item(task)], method)

    def history(self, limit=None, before=None):
        """One page of what the person signed."""
        query = "&".join(f"{name}={value}" for name, value in (("limit", limit), ("before", before)) if value is not None)
        return self.call("GET", "/v1/device/signatures" + (f"?{query}" if query else ""))

    # Share refresh (docs/spec/two-party-sm2.md, R1 to R4)

    def sid(self):
        return bytes.fromhex(self.call("POST", self.path("sids"), {"protocol": 1})["sid"])

    def refresh_request(self, pin, rid=None, u_device=None, sid=None):
        """R1: the body, and what R3 needs."""
        d1, sid = self.d1(pin), sid or self.sid()
        rid, u_device = rid or secrets.token_bytes(16), u_device or secrets.token_bytes(32)
        inverse = pow(d1, -1, SM2.n)
        transcript = H("yiqian/refresh-request/1", self.key.bytes, sid, SM2.encode(self.P),
                       SM2.encode(SM2.multiply(inverse)), rid, u_device)
        c, z = prove(transcript, inverse)
        body = {"protocol": 1, "sid": sid.hex(), "rid": rid.hex(), "u_device": u_device.hex(), "c": c.hex(), "z": z.hex()}
        return body, {"d1": d1, "rid": rid, "u_device": u_device}

    def refresh_confirm(self, refresh, u_server, sid, pin_changed=False, d1=None):
        """R3: the body, and the new d1."""
        parts = (self.key.bytes, refresh["rid"], refresh["u_device"], u_server)
        material = H("yiqian/refresh/1", b"\1", *parts) + H("yiqian/refresh/1", b"\2", *parts)
        t = number(material[:48]) % (SM2.n - 1) + 1
        d1 = d1 or refresh["d1"] * t % SM2.n
        inverse = pow(d1, -1, SM2.n)
        transcript = H("yiqian/refresh-confirm/1", self.key.bytes, sid, SM2.encode(self.P),
                       SM2.encode(SM2.multiply(inverse)), refresh["rid"])
        c, z = prove(transcript, inverse)
        return {"protocol": 1, "sid": sid.hex(), "rid": refresh["rid"].hex(), "pin_changed": pin_changed,
                "c": c.hex(), "z": z.hex()}, d1

    def keep(self, d1, pin):
        self.salt = secrets.token_bytes(16)
        self.x = (d1 - pin_mask(pin, self.salt, self.ITERATIONS)) % SM2.n

    def refresh(self, pin, new_pin=None):
        body, open_refresh = self.refresh_request(pin)
        answer = self.call("POST", self.path("refresh-requests"), body)
        body, d1 = self.refresh_confirm(open_refresh, bytes.fromhex(answer["u_server"]), bytes.fromhex(answer["sid"]),
                                        new_pin is not None)
        self.call("POST", self.path("refresh-confirms"), body)
        self.keep(d1, new_pin or pin)
