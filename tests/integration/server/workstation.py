"""A workstation written from docs/spec alone, in plain Python, and the phone's half of authorising: the independent peers of the product's
own (docs/spec/two-party-sm2.md, Authorised signing; docs/spec/qr-workstation.md)."""
import base64
import json
import secrets
import time
import uuid

import curve
from curve import SM2, sm3
from phone import H, Phone, Refused, number, prove, scalar, signed_attributes

SEAL_TAG = b"yiqian/authorise-seal/1"


def kdf(z, length):
    out, counter = b"", 1
    while len(out) < length:
        out += sm3(z + counter.to_bytes(4, "big"))
        counter += 1
    return out[:length]


def sm2_encrypt(public, message):
    """GB/T 32918.4-2016 6.1, C1 || C3 || C2."""
    k = SM2.random_scalar()
    x, y = (v.to_bytes(32, "big") for v in SM2.multiply(k, public))
    mask = kdf(x + y, len(message))
    return SM2.encode(SM2.multiply(k)) + sm3(x + message + y) + bytes(a ^ b for a, b in zip(message, mask))


def sm2_decrypt(private, cipher):
    """7.1."""
    x, y = (v.to_bytes(32, "big") for v in SM2.multiply(private, SM2.decode(cipher[:65])))
    message = bytes(a ^ b for a, b in zip(cipher[97:], kdf(x + y, len(cipher) - 97)))
    assert sm3(x + message + y) == cipher[65:97], "the sealed text is not for this key"
    return message


def sm2_sign(private, message):
    """GB/T 32918.2-2016 6.1."""
    e = number(curve.sm2_e(SM2.multiply(private), message))
    while True:
        k = SM2.random_scalar()
        r = (e + SM2.multiply(k)[0]) % SM2.n
        s = pow(1 + private, -1, SM2.n) * (k - r * private) % SM2.n
        if r and s and (r + k) % SM2.n:
            return scalar(r) + scalar(s)


def scope_bytes(systems=(), record_types=(), until=None, count=100):
    """The one way to write a scope."""
    until = int(time.time()) + 3600 if until is None else until
    def names(values):
        return "[" + ",".join('"' + v.replace("\\", "\\\\").replace('"', '\\"') + '"' for v in values) + "]"
    return f'{{"v":1,"systems":{names(systems)},"record_types":{names(record_types)},"until":{until},"count":{count}}}'.encode()


def read_qr(text):
    assert text.startswith("YIQIAN:1:W:")
    body = text.removeprefix("YIQIAN:1:W:")
    data = base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))
    assert len(data) == 170 and data[0] == 1
    return {"auth_id": data[1:17], "pkW": data[17:82], "workstation": data[82:98], "expiry": number(data[98:106]),
            "head": data[:106], "signature": data[106:]}


def key_of_certificate(der):
    """The 65 bytes of the SM2 key in a certificate: they follow the algorithm's two OIDs."""
    marker = bytes.fromhex("06072a8648ce3d020106082a811ccf5501822d034200")
    at = der.index(marker) + len(marker)
    return SM2.decode(der[at:at + 65])


class AuthorisingPhone(Phone):
    """The phone's side."""

    def offer(self, qr):
        """What the phone shows: checks the QR under the workstation's certificate."""
        read = read_qr(qr)
        answer = self.call("GET", f"/v1/device/authorisations/{uuid.UUID(bytes=read['auth_id'])}/offer")
        public = key_of_certificate(base64.b64decode(answer["workstation"]["certificate"]))
        e = curve.sm2_e(public, b"yiqian/workstation-offer/1" + read["head"])
        assert curve.sm2_verify(public, e, read["signature"]), "the QR is not this workstation's"
        return read, answer

    def approval(self, pin, read, scope, sid=None):
        d1 = self.d1(pin)
        sid = sid or self.sid()
        t = SM2.random_scalar()
        share = scalar(d1 * t)
        sealed = sm2_encrypt(SM2.decode(read["pkW"]), SEAL_TAG + read["auth_id"] + SM2.encode(self.P) + sm3(scope) + share)
        inverse = pow(d1, -1, SM2.n)
        transcript = H("yiqian/authorise/1", self.key.bytes, sid, SM2.encode(self.P), SM2.encode(SM2.multiply(inverse)),
                       read["auth_id"], scalar(t), scope, read["pkW"], sm3(sealed))
        c, z = prove(transcript, inverse)
        return {"protocol": 1, "sid": sid.hex(), "auth_id": str(uuid.UUID(bytes=read["auth_id"])), "t": scalar(t).hex(),
                "scope": base64.b64encode(scope).decode(), "pkW": read["pkW"].hex(), "sealed": sealed.hex(), "c": c.hex(), "z": z.hex()}

    def authorise(self, pin, qr, scope, **more):
        read, _ = self.offer(qr)
        return self.call("POST", self.path("authorisations"), self.approval(pin, read, scope, **more))

    def close(self, auth_id):
        return self.call("POST", f"/v1/device/authorisations/{auth_id}/close")


class Workstation(Phone):
    """Signs like a phone, with the share that it was given: key is the auth_id. The PIN has no meaning here."""

    def __init__(self, http):
        super().__init__(http)
        self.private = SM2.random_scalar() % (SM2.n - 2) + 1
        self.public = SM2.multiply(self.private)

    def register(self, name, code):
        public = SM2.encode(self.public)
        proof = sm2_sign(self.private, b"yiqian/workstation-registration/1" + public + sm3(name.encode()))
        answer = self.call("POST", "/v1/workstation/registrations", {
            "protocol": 1, "name": name, "registration_code": code, "public_key": public.hex(), "proof": proof.hex()})
        self.id = uuid.UUID(answer["workstation"])
        self.certificate = base64.b64decode(answer["certificate"])
        return answer

    def login(self):
        self.token = None
        asked = self.call("POST", "/v1/workstation/challenges", {"protocol": 1, "workstation": str(self.id)})
        signature = sm2_sign(self.private, b"yiqian/workstation-session/1" + self.id.bytes + bytes.fromhex(asked["challenge"]))
        self.token = self.call("POST", "/v1/workstation/sessions", {
            "protocol": 1, "workstation": str(self.id), "challenge": asked["challenge"], "signature": signature.hex()})["token"]

    def offer_qr(self, scope=None, auth_id=None):
        self.key = uuid.UUID(bytes=auth_id or secrets.token_bytes(16))
        self.dW = SM2.random_scalar()
        self.pkW = SM2.encode(SM2.multiply(self.dW))
        body = {"protocol": 1, "auth_id": str(self.key), "pkW": self.pkW.hex()}
        if scope:
            body["scope"] = base64.b64encode(scope).decode()
        expires = self.call("POST", "/v1/workstation/authorisations", body)["expires"]
        return self.qr(self.pkW, expires)

    def qr(self, pkW, expires):
        head = b"\x01" + self.key.bytes + pkW + self.id.bytes + expires.to_bytes(8, "big")
        data = head + sm2_sign(self.private, b"yiqian/workstation-offer/1" + head)
        return "YIQIAN:1:W:" + base64.urlsafe_b64encode(data).decode().rstrip("=")

    def path(self, what):
        return f"/v1/workstation/authorisations/{self.key}/{what}"

    def state(self):
        return self.call("GET", f"/v1/workstation/authorisations/{self.key}")

    def take(self):
        """The approved share: checks tag, auth_id, P and SM3(scope)."""
        answer = self.state()
        assert answer["state"] == "active", answer
        plain = sm2_decrypt(self.dW, bytes.fromhex(answer["sealed"]))
        P, scope = bytes.fromhex(answer["P"]), base64.b64decode(answer["scope"])
        head = SEAL_TAG + self.key.bytes + P + sm3(scope)
        assert plain[:-32] == head, "the sealed text is for something else"
        self.P, self.share = SM2.decode(P), number(plain[-32:])
        self.signer_certificate = base64.b64decode(answer["certificate"])
        return json.loads(scope)

    def d1(self, pin):
        return self.share

    def attributes(self, task, time):
        return signed_attributes(self.message(task), time, self.signer_certificate, self.key.bytes)

    def tasks(self, query=""):
        return self.call("GET", self.path("tasks") + query)["tasks"]

    def document(self, task):
        status, data = self.http.raw("GET", self.path(f"tasks/{task}/document"), None, {"Authorization": f"Bearer {self.token}"})
        if status != 200:
            raise Refused(status, json.loads(data))
        return data

    def close(self):
        return self.call("POST", self.path("close"))
