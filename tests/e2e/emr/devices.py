#!/usr/bin/python3
"""Phones for what a person does after scanning, as a process that a test speaks with: a JSON line in, a JSON line out. They are the
independent peers of tests/integration/server, and know the protocol from docs/spec alone.
    devices.py PORT PIN"""
import base64
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "integration/server"))

import client
from phone import Refused
from workstation import AuthorisingPhone

port, pin = int(sys.argv[1]), sys.argv[2]
phones = {}


def enrol(staff, code):
    phones[staff] = AuthorisingPhone(client.tcp(port))
    phones[staff].enrol(staff, code, pin)


def scan(staff, **what):
    phones[staff].login()
    return phones[staff].scan(**what)


def number(staff, scan, number):
    return phones[staff].enter_number(scan, number)


def decline(staff, scan, reason=""):
    phones[staff].decline_scan(scan, reason)


def decline_task(staff, task, reason):
    phones[staff].login()
    phones[staff].call("POST", f"/v1/device/tasks/{task}/decline", {"protocol": 1, "reason": reason})


def sign(staff, tasks):
    phones[staff].sign(pin, [phones[staff].item(task) for task in tasks])


def authorise(staff, code):
    """Approves what the workstation asked for."""
    phone = phones[staff]
    phone.login()
    _, offer = phone.offer(code)
    scope = base64.b64decode(offer["scope"])
    return {"authorised": phone.authorise(pin, code, scope)["authorisation"], "scope": json.loads(scope)}


def close(staff, authorisation):
    phones[staff].login()
    phones[staff].close(authorisation)


ACTS = {act.__name__: act for act in (enrol, scan, number, decline, decline_task, sign, authorise, close)}
for line in sys.stdin:
    wish = json.loads(line)
    try:
        answer = {"answer": ACTS[wish.pop("do")](**wish)}
    except Refused as refused:
        answer = {"refused": refused.problem}
    except Exception as error:
        answer = {"failed": repr(error)}
    print(json.dumps(answer, ensure_ascii=False), flush=True)
