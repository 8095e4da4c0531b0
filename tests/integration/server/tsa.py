"""What the tests of timestamps share: queries and answers in DER, built and taken apart here, and OpenSSL's command line."""
import base64
import hashlib
import os
import secrets
import subprocess
import tempfile

from phone import der, oid

QUERY = {"Content-Type": "application/timestamp-query"}
HASHES = {"sm3": "1.2.156.10197.1.401", "sha256": "2.16.840.1.101.3.4.2.1", "sha384": "2.16.840.1.101.3.4.2.2",
          "sha512": "2.16.840.1.101.3.4.2.3"}
FAILURES = {0: "badAlg", 2: "badRequest", 5: "badDataFormat", 14: "timeNotAvailable", 15: "unacceptedPolicy",
            16: "unacceptedExtension", 17: "addInfoNotAvailable", 25: "systemFailure"}


def integer(value):
    return der(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def query(imprint=None, hash_name="sm3", policy=None, nonce=None, certificates=False, more=b""):
    imprint = secrets.token_bytes(hashlib.new(hash_name).digest_size) if imprint is None else imprint
    return der(0x30, integer(1), der(0x30, der(0x30, oid(HASHES[hash_name]), b"\x05\x00"), der(0x04, imprint)),
               oid(policy) if policy else b"", integer(nonce) if nonce is not None else b"",
               b"\x01\x01\xff" if certificates else b"", more)


def value(data, at=0):
    """tag, content, where the next value begins"""
    tag, n, at = data[at], data[at + 1], at + 2
    if n & 0x80:
        size = n & 0x7f
        n, at = int.from_bytes(data[at:at + size], "big"), at + size
    assert at + n <= len(data), "a value longer than what is there"
    return tag, data[at:at + n], at + n


def values(data):
    at, found = 0, []
    while at < len(data):
        tag, content, at = value(data, at)
        found.append((tag, content))
    return found


def oid_content(dotted):
    return value(oid(dotted))[1]


class Answer:
    """A TimeStampResp: `token`, and of a token what its TSTInfo says; or `failure`."""

    def __init__(self, data):
        self.der = data
        tag, content, end = value(data)
        assert (tag, end) == (0x30, len(data)), "no SEQUENCE"
        parts = values(content)
        status = values(parts[0][1])
        self.status, self.failure, self.text, self.token = status[0][1][0], None, None, None
        for tag, inside in status[1:]:
            if tag == 0x30:
                self.text = values(inside)[0][1].decode()
            else:
                assert tag == 0x03
                bits = int.from_bytes(inside[1:], "big") >> inside[0]
                width = 8 * (len(inside) - 1) - inside[0]
                self.failure = FAILURES[next(i for i in range(width) if bits >> (width - 1 - i) & 1)]
        assert (len(parts) == 2) == (self.status in (0, 1)) == (self.failure is None), "status, failInfo and token do not agree"
        if len(parts) == 2:
            self.token = content[-(len(der(parts[1][0], parts[1][1]))):]
            self.read()

    def read(self):
        signed = values(values(value(values(value(self.token)[1])[1][1])[1])[2][1])
        self.type = values(value(self.token)[1])[0][1]
        info = values(value(value(signed[1][1])[1])[1])
        self.policy, self.imprint = info[1][1], values(info[2][1])[1][1]
        self.serial, self.time = info[3][1], info[4][1].decode()
        self.nonce = next((int.from_bytes(c, "big") for t, c in info[5:] if t == 0x02), None)


def ask(http, data=None, path="/tsa", headers=None, expect=200):
    status, body = http.raw("POST", path, query() if data is None else data, {**QUERY, **(headers or {})})
    assert status == expect, (status, body)
    return Answer(body) if status == 200 else body


def openssl(*arguments, data=None, check=True):
    done = subprocess.run(["openssl", *arguments], input=data, capture_output=True)
    if check:
        assert done.returncode == 0, (arguments, done.stdout, done.stderr)
    return done.stdout + (b"" if check else done.stderr)


def openssl_text(answer):
    """The answer as OpenSSL prints it."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(answer.der)
        file.flush()
        return openssl("ts", "-reply", "-in", file.name, "-text").decode()


def file_of(folder, name, data):
    path = os.path.join(folder, name)
    with open(path, "wb") as file:
        file.write(data)
    return path


def b64(data):
    return base64.b64encode(data).decode()
