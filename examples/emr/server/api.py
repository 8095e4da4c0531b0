"""The calls of the pages: what a body may hold is checked here, what may be done stands in the parts that do it."""
import json
import re

import authorisations
import records as record_rows
import signing
from problem import Problem

ID = r"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"
TYPES = ("progress", "discharge", "operation", "nursing", "orders")
LOGIN_COOKIE_SECONDS = 600


class Call:
    """One request: who asks, the values in its path, and its body read by name."""

    def __init__(self, app, handler, values, query, body):
        self.app, self.handler, self.values, self.query, self.raw = app, handler, values, query, body
        self.person = None

    def body(self, **fields):
        """The body's fields, each by a check that gives the value or None; no other may be there."""
        try:
            given = json.loads(self.raw or b"{}")
        except (ValueError, RecursionError):
            raise Problem("bad_request", detail="JSON") from None
        if not isinstance(given, dict) or set(given) - set(fields):
            raise Problem("bad_request")
        found = {}
        for name, check in fields.items():
            found[name] = check(given.get(name))
            if found[name] is None:
                raise Problem("field", field=name)
        return found


def text(least, most):
    def check(value):
        if not isinstance(value, str):
            return None
        value = value.strip()
        return value if least <= len(value) <= most and value.isprintable() else None
    return check


def matching(pattern):
    return lambda value: value if isinstance(value, str) and re.fullmatch(pattern, value) else None


def one_of(*allowed):
    return lambda value: value if value in allowed and isinstance(value, str) else None


def ids(value):
    fine = isinstance(value, list) and 1 <= len(value) <= 500 and all(isinstance(v, str) and re.fullmatch(ID, v) for v in value)
    return value if fine else None


# Sessions

def get_session(call):
    app = call.app
    return {"hospital": app.hospital, "ward": app.ward, "person": call.person, "demo_login": app.login.demo, "system": app.settings.system,
            "agent": app.settings.agent, "types": signing.TYPES,
            "demo_people": app.store.rows("SELECT staff_no, name, title, role FROM staff ORDER BY staff_no") if app.login.demo else [],
            "yiqian": app.yiqian.server, "reachable": app.signing.reachable}


def post_demo_login(call):
    token = call.app.login.by_choice(call.body(staff_no=text(1, 64))["staff_no"])
    return signed_in(call, token)


def signed_in(call, token):
    call.app.login.close_session(call.handler.cookie("emr_session"))  # whose it was, nobody can use it any more
    call.handler.set_cookie("emr_session", token, 12 * 3600)
    return {"person": call.app.login.session(token)}


def post_login(call):
    call.body()
    cookie = call.app.login.by_scan(call.handler.cookie("emr_login"))
    call.handler.set_cookie("emr_login", cookie, LOGIN_COOKIE_SECONDS)
    return {}


def get_login(call):
    shown, token = call.app.login.look(call.handler.cookie("emr_login"))
    return {**shown, **signed_in(call, token)} if token else shown


def post_login_cancel(call):
    call.body()
    call.app.login.give_up(call.handler.cookie("emr_login"))
    call.handler.set_cookie("emr_login", "", 0)
    return {}


def post_logout(call):
    call.body()
    call.app.login.close_session(call.handler.cookie("emr_session"))
    call.handler.set_cookie("emr_session", "", 0)
    return {}


# Records

def get_patients(call):
    return {"patients": call.app.records.patients(call.person)}


def with_part(call, record):
    number = call.person["staff_no"]
    return {**record, "part": record_rows.part_for(record, number), "awaits": record_rows.awaits(record, number)}


def get_patient(call):
    patient = call.app.records.patient(call.values[0])
    listed = call.app.records.listed("r.patient = ?", patient["patient"])
    return {"patient": {**patient, "doctor_name": call.app.records.person(patient["doctor"])["name"]},
            "records": [with_part(call, record) for record in listed]}


def get_record(call):
    return with_part(call, call.app.records.record(call.values[0]))


def get_document(call):
    records = call.app.records
    call.handler.answer_bytes("record.html", records.document(records.raw(call.values[0])), inline=True)


def get_mine(call):
    """All that this person has to do with: to sign, being signed, signed, and what came back."""
    number = call.person["staff_no"]
    listed = [with_part(call, r) for r in call.app.records.listed("r.author = ?1 OR r.senior = ?1", number)]
    return {"records": listed}


# Signing

def post_signings(call):
    wish = call.body(records=ids, way=one_of("push", "scan", "authorised"))
    return {"signings": call.app.signing.request(call.person, wish["records"], wish["way"])}


def post_code(call):
    call.body()
    return call.app.signing.open_code(call.person, call.values[0])


def get_code(call):
    return call.app.signing.code(call.person, call.values[0])


def post_code_close(call):
    call.body()
    call.app.signing.close_code(call.person, call.values[0])
    return {}


def post_cancel(call):
    call.app.signing.cancel(call.person, call.values[0], call.body(reason=text(0, 200))["reason"])
    return {}


def post_withdraw(call):
    call.app.signing.withdraw(call.person, call.values[0], call.body(reason=text(2, 200))["reason"])
    return {}


# Authorised signing: what the workstation's agent asks this person's page for

def post_authorisation(call):
    authorisations.keep(call.app.store, call.person, call.body(
        authorisation=matching(ID), workstation=matching(ID), handle=matching(r"[A-Za-z0-9_-]{43}"),
        until=matching(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z")))
    return {}


def get_authorisations(call):
    return {"authorisations": authorisations.of(call.app.store, call.person, call.values[0])}


def post_authorisation_over(call):
    call.body()
    authorisations.drop(call.app.store, call.person, call.values[0])
    return {}


def get_verification(call):
    return call.app.signing.verification(call.values[0])


def get_file(call):
    key, name = call.values
    files = call.app.signing.files(key)
    if name not in files:
        raise Problem("not_found")
    call.handler.answer_bytes(name, files[name])


def post_callback(call):
    """From yiqian itself: no cookie, but signed."""
    if call.app.callbacks.receive(call.handler.headers, call.raw):
        call.app.signing.wake.set()
    return {}


def get_events(call):
    call.handler.stream(call.handler.cookie("emr_session"))


# (method, path, handler, who): "person" is who is signed in, "browser" anyone at a page of ours, "anyone" any program.
ROUTES = [(method, re.compile(path), handler, wants) for method, path, handler, wants in (
    ("GET", "/api/session", get_session, "browser"),
    ("POST", "/api/demo-login", post_demo_login, "browser"),
    ("POST", "/api/logins", post_login, "browser"),
    ("GET", "/api/login", get_login, "browser"),
    ("POST", "/api/login/cancel", post_login_cancel, "browser"),
    ("POST", "/api/logout", post_logout, "browser"),
    ("POST", "/callbacks/yiqian", post_callback, "anyone"),
    ("GET", "/api/patients", get_patients, "person"),
    ("GET", f"/api/patients/{ID}", get_patient, "person"),
    ("GET", f"/api/records/{ID}", get_record, "person"),
    ("GET", f"/api/records/{ID}/document", get_document, "person"),
    ("GET", "/api/mine", get_mine, "person"),
    ("POST", "/api/signings", post_signings, "person"),
    ("POST", f"/api/signings/{ID}/code", post_code, "person"),
    ("GET", f"/api/signings/{ID}/code", get_code, "person"),
    ("POST", f"/api/signings/{ID}/code/close", post_code_close, "person"),
    ("POST", f"/api/signings/{ID}/cancel", post_cancel, "person"),
    ("POST", f"/api/signings/{ID}/withdraw", post_withdraw, "person"),
    ("POST", "/api/authorisations", post_authorisation, "person"),
    ("GET", f"/api/workstations/{ID}/authorisations", get_authorisations, "person"),
    ("POST", f"/api/authorisations/{ID}/over", post_authorisation_over, "person"),
    ("GET", f"/api/signings/{ID}/verification", get_verification, "person"),
    ("GET", f"/api/signings/{ID}/files/([a-z0-9.]{{1,20}})", get_file, "person"),
    ("GET", "/api/events", get_events, "person"),
)]


def route(method, path):
    for allowed, pattern, handler, wants in ROUTES:
        found = pattern.fullmatch(path)
        if found and allowed == method:
            return handler, found.groups(), wants
    return None
