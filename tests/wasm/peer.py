#!/usr/bin/python3
"""The real server and what is around it, as a process that a test speaks with: a JSON line in, a JSON line out."""
import base64
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "integration/server"))

import curve
from server import Server

server = Server()
systems, users = {}, {}


def user(staff, name="王建国"):
    users[staff] = server.user(staff, name)


def code(staff):
    return server.code(users[staff])


def system(name="电子病历"):
    if name not in systems:
        systems[name] = server.system(name)
    return systems[name]


def task(staff, document=None, **more):
    return system().create(staff, None if document is None else document.encode(), **more)["task"]


def look(task):
    return system().task(task)


def verify(task, document):
    """By the independent curve: the person's certified key, the document, the signature that the business system has."""
    signature = system().task(task)["signature"]
    certificate = base64.b64decode(signature["certificate"])
    at = certificate.index(b"\x03\x42\x00\x04") + 3
    P = curve.SM2.decode(certificate[at:at + 65])
    return curve.sm2_verify(P, curve.sm2_e(P, document.encode()), bytes.fromhex(signature["rs"]))


def operate(method, path, body=None):
    return server.operate(method, path, body)


def call(method, path, body=None):
    return system().call(method, path, body)[1]


def restart():
    server.restart()
    return server.port


def stop():
    server.stop()


ACTS = {act.__name__: act for act in (user, code, task, look, verify, operate, call, restart, stop)}
print(json.dumps({"port": server.port}), flush=True)
for line in sys.stdin:
    wish = json.loads(line)
    try:
        answer = {"answer": ACTS[wish.pop("do")](**wish)}
    except Exception as error:
        answer = {"failed": repr(error)}
    print(json.dumps(answer, ensure_ascii=False), flush=True)
server.close()
