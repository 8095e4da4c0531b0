"""Patients, records, and how far the signatures of a record have come."""
import json

import document
import store as rows_of
from problem import Problem

# A signing that still counts; after another state the part may be signed anew.
LIVE = ("sending", "waiting", "pending", "claimed", "signed")
OPEN = ("sending", "waiting", "pending", "claimed")

SIGNINGS = """SELECT s.*, p.name AS signer_name, p.title AS signer_title FROM signing s JOIN staff p ON p.staff_no = s.signer
    WHERE {} ORDER BY s.requested_at, s.rowid"""


class Records:
    def __init__(self, store, hospital):
        self.store, self.hospital = store, hospital

    def person(self, staff_no):
        return self.store.row("SELECT * FROM staff WHERE staff_no = ?", staff_no)

    def patient(self, patient):
        return self.store.row("SELECT * FROM patient WHERE patient = ?", patient) or missing()

    def raw(self, record):
        found = self.store.row("SELECT * FROM record WHERE record = ?", record) or missing()
        found["sections"] = rows_of.sections_of(found)
        return found

    def document(self, record):
        """The bytes that are signed: made once, then what is kept, so that a later release of this program changes nothing."""
        if record["document"] is not None:
            return bytes(record["document"])
        return document.canonical(self.hospital, self.patient(record["patient"]), record, self.person(record["author"]))

    def keep_document(self, connection, record, data, digest):
        connection.execute("UPDATE record SET document = ?, digest = ? WHERE record = ? AND document IS NULL",
                           (data, digest, record["record"]))

    # For the screens

    def patients(self, person):
        patients = self.store.rows("SELECT * FROM patient ORDER BY bed")
        mine = {}
        for record in self.listed("1 = 1"):
            count = mine.setdefault(record["patient"], {"records": 0, "to_sign": 0, "open": 0})
            count["records"] += 1
            count["to_sign"] += part_for(record, person["staff_no"]) is not None or awaits(record, person["staff_no"])
            count["open"] += record["status"] in ("signing", "countersign")
        return [{**patient, **mine.get(patient["patient"], {"records": 0, "to_sign": 0, "open": 0})} for patient in patients]

    def listed(self, condition, *values):
        """Records without their content, each with the newest signing of each part and the status that follows."""
        found = self.store.rows(f"""SELECT r.record, r.patient, r.type, r.title, r.author, a.name AS author_name, a.title AS author_title,
            r.senior, c.name AS senior_name, r.recorded_at, p.name AS patient_name, p.bed, p.admission_no FROM record r
            JOIN staff a ON a.staff_no = r.author LEFT JOIN staff c ON c.staff_no = r.senior JOIN patient p ON p.patient = r.patient
            WHERE {condition} ORDER BY r.recorded_at, r.rowid""", *values)
        by_record = {record["record"]: {} for record in found}
        for signing in self.store.rows(SIGNINGS.format("1 = 1")):
            if signing["record"] in by_record:
                by_record[signing["record"]][signing["part"]] = shown(signing)
        return [{**record, "parts": by_record[record["record"]], "status": status(record, by_record[record["record"]])} for record in found]

    def record(self, record):
        found = self.listed("r.record = ?", record)
        if not found:
            missing()
        raw = self.raw(record)
        return {**found[0], "sections": raw["sections"], "digest": raw["digest"], "bytes": len(self.document(raw)),
                "history": [{**shown(s), "serial": json.loads(s["signature"])["serial"] if s["signature"] else None}
                            for s in self.store.rows(SIGNINGS.format("s.record = ?"), record)]}

    def signing(self, signing):
        return self.store.row("SELECT * FROM signing WHERE signing = ?", signing) or missing()


def missing():
    raise Problem("not_found")


def shown(signing):
    """A signing as a browser sees it: the signature itself comes with its verification."""
    return {**{name: value for name, value in signing.items() if name != "signature"},
            "timestamp": json.loads(signing["timestamp"]) if signing["timestamp"] else None}


def status(record, parts):
    author, senior = parts.get("author"), parts.get("senior")
    state = author["state"] if author else "unsigned"
    if state in OPEN:
        return "signing"
    if state != "signed":
        return state  # declined, cancelled, expired, withdrawn, refused: to be signed anew
    if not record["senior"]:
        return "complete"
    if senior and senior["state"] == "signed":
        return "complete"
    return "countersign" if senior and senior["state"] in OPEN else "senior_" + (senior["state"] if senior else "missing")


def part_for(record, staff_no):
    """Which part of a listed record this person may start to sign now: "author", "senior" or None."""
    author, senior = record["parts"].get("author"), record["parts"].get("senior")
    if record["author"] == staff_no and not (author and author["state"] in LIVE):
        return "author"
    if record["senior"] == staff_no and author and author["state"] == "signed" and not (senior and senior["state"] in LIVE):
        return "senior"
    return None


def awaits(record, staff_no):
    """Whether it is this person's turn to countersign: his task is on his phone, though he asked for nothing."""
    author, senior = record["parts"].get("author"), record["parts"].get("senior")
    return bool(senior and senior["signer"] == staff_no and senior["state"] in ("pending", "claimed") and author and author["state"] == "signed")
