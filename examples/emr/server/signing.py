"""From the wish to sign to the kept signature. A wish is on disk before it is sent, under an idempotency key, and sent again until
the service has answered: neither a crash nor a lost answer makes two tasks of it."""
import base64
import datetime
import json
import logging
import threading
import uuid

import records as record_rows
import yiqian as api
from problem import Problem

BATCH_MAX = 200
FOLLOW_SECONDS = 1.0
OVER = ("signed", "declined", "cancelled", "expired", "withdrawn")


def now():
    return datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Signing:
    def __init__(self, store, records, yiqian, hub):
        self.store, self.records, self.yiqian, self.hub = store, records, yiqian, hub
        self.wake, self.ending, self.sending = threading.Event(), threading.Event(), threading.Lock()
        self.reachable = True

    # What a person asks for

    def request(self, person, record_ids, way):
        """Starts the signing of one or many records; gives their signings. All or none are taken."""
        if not 1 <= len(record_ids) <= BATCH_MAX:
            raise Problem("too_large" if record_ids else "field", field="records")
        batch = str(uuid.uuid4()) if len(record_ids) > 1 else None
        made = []
        with self.store.write() as connection:
            for listed in [self.records.record(record) for record in dict.fromkeys(record_ids)]:
                part = record_rows.part_for(listed, person["staff_no"])
                if part is None:
                    raise Problem("record_state" if person["staff_no"] in (listed["author"], listed["senior"]) else "forbidden",
                                  detail=f"{listed['patient_name']}　{listed['title']}")
                raw = self.records.raw(listed["record"])
                data = self.records.document(raw)
                self.records.keep_document(connection, raw, data, api.sm3(data))
                made.append(self.insert(connection, listed["record"], part, person["staff_no"], way, batch, "sending"))
                if part == "author" and listed["senior"]:
                    self.insert(connection, listed["record"], "senior", listed["senior"], "push", None, "waiting")
        self.send(made)
        return [record_rows.shown(self.records.signing(signing)) for signing in made]

    def insert(self, connection, record, part, signer, way, batch, state):
        signing = str(uuid.uuid4())
        connection.execute("INSERT INTO signing (signing, record, part, signer, way, batch, state, requested_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                           (signing, record, part, signer, way, batch, state, now()))
        return signing

    def cancel(self, person, signing, reason):
        """Takes an open wish back."""
        row = self.of(person, signing, record_rows.OPEN, also_author=True)
        task = self.yiqian.cancel(row["task"], reason) if row["task"] else {"state": "cancelled"}
        self.apply(row, task, reason)

    def withdraw(self, person, signing, reason):
        """Declares a signature void; it stays on record with the reason."""
        row = self.of(person, signing, ("signed",))
        self.apply(row, self.yiqian.withdraw(row["task"], reason), reason)

    def of(self, person, signing, states, also_author=False):
        row = self.records.signing(signing)
        author = self.records.raw(row["record"])["author"] if also_author else None
        if person["staff_no"] not in (row["signer"], author):
            raise Problem("forbidden")
        if row["state"] not in states:
            raise Problem("record_state")
        return row

    def verification(self, signing):
        """The judgement of the service, now, on the bytes that this system keeps; with all that a reader needs to check it himself."""
        row = self.records.signing(signing)
        if not row["signature"]:
            raise Problem("record_state")
        kept, record = json.loads(row["signature"]), self.records.raw(row["record"])
        verdict = self.yiqian.verify_task(row["task"], self.records.document(record))
        return {"signing": record_rows.shown(row), "signature": kept, "verdict": verdict, "digest": record["digest"],
                "checked_at": now()}

    def files(self, signing):
        """The files that openssl needs: name to bytes."""
        row = self.records.signing(signing)
        if not row["signature"]:
            raise Problem("record_state")
        kept = json.loads(row["signature"])
        chain = [kept["certificate"], *kept["chain"]]
        return {"record.html": self.records.document(self.records.raw(row["record"])), "signature.der": base64.b64decode(kept["der"]),
                **{f"cert{i + 1}.pem": pem(der) for i, der in enumerate(chain)}}

    # Towards the service

    def send(self, signings):
        """Sends what is not sent; what could not be delivered stays and is sent by follow()."""
        with self.sending:
            rows = [row for row in map(self.records.signing, signings) if row["state"] == "sending" and not row["task"]]
            for batch in dict.fromkeys(row["batch"] for row in rows):
                of_batch = [row for row in rows if row["batch"] == batch]
                try:
                    if batch is None:
                        for row in of_batch:
                            self.apply(row, self.yiqian.create_task(self.wish(row), row["signing"]))
                    else:
                        tasks = self.yiqian.create_batch("病历签名", [self.wish(row) for row in of_batch], batch)
                        for row, task in zip(of_batch, tasks):
                            self.apply(row, {"task": task, "state": "pending"})
                    self.reachable = True
                except Problem as problem:
                    if problem.code == "yiqian_unreachable" or problem.status == 503:
                        self.reachable = False
                        continue  # still "sending"
                    for row in of_batch:
                        if self.records.signing(row["signing"])["state"] == "sending":
                            self.apply(row, {"state": "refused"}, problem.body["title"])
                    raise
        self.wake.set()

    def wish(self, row):
        record = self.records.raw(row["record"])
        patient = self.records.patient(record["patient"])
        return {"signer": row["signer"], "form": "raw", "title": record["title"], "reference": record["record"],
                "record_type": record["type"], "description": f"{patient['name']}，{patient['bed']}床，住院号 {patient['admission_no']}，记录时间 {record['recorded_at']}",
                "media_type": "text/html", "document": base64.b64encode(self.records.document(record)).decode()}

    def apply(self, row, task, reason=""):
        """The newest that is known of a task, onto its signing."""
        state = task["state"]
        signature = task.get("signature") if state == "signed" else None
        with self.store.write() as connection:
            before = connection.execute("SELECT state, task FROM signing WHERE signing = ?", (row["signing"],)).fetchone()
            if before["state"] == state and before["task"] == task.get("task", before["task"]):
                return
            connection.execute("""UPDATE signing SET state = ?, task = coalesce(?, task), reason = ?, signature = coalesce(?, signature),
                signed_at = coalesce(?, signed_at) WHERE signing = ?""",
                               (state, task.get("task"), str(task.get("reason") or reason)[:500],
                                json.dumps(signature) if signature else None, signature["signed_at"] if signature else None, row["signing"]))
            self.follow_up(connection, row, state)
        self.hub.publish({"kind": "signing", "record": row["record"], "signing": row["signing"], "state": state, "signer": row["signer"],
                          "batch": row["batch"]})

    def follow_up(self, connection, row, state):
        """The senior's turn comes with the author's signature, and not at all where there will be none."""
        if row["part"] != "author":
            return
        if state == "signed":
            connection.execute("UPDATE signing SET state = 'sending' WHERE record = ? AND part = 'senior' AND state = 'waiting'",
                               (row["record"],))
        elif state in OVER or state == "refused":
            connection.execute("UPDATE signing SET state = 'cancelled' WHERE record = ? AND part = 'senior' AND state = 'waiting'",
                               (row["record"],))

    def follow(self):
        """Runs until end(): asks for every open task, and sends what is still to be sent."""
        while not self.ending.is_set():
            self.wake.wait(FOLLOW_SECONDS)
            self.wake.clear()
            try:
                self.send([row["signing"] for row in self.store.rows("SELECT signing FROM signing WHERE state = 'sending'")])
            except Problem:
                pass  # the signing carries the refusal
            except Exception:
                logging.exception("sending")
            self.wake.clear()
            try:
                self.ask()
            except Problem as problem:
                self.reachable = problem.code != "yiqian_unreachable"
            except Exception:
                logging.exception("following")
            self.ending.wait(FOLLOW_SECONDS / 2)

    def ask(self):
        rows = self.store.rows("SELECT * FROM signing WHERE task IS NOT NULL AND state IN ('pending', 'claimed', 'waiting')")
        if not rows:
            return
        tasks = {task["task"]: task for task in self.yiqian.tasks([row["task"] for row in rows])}
        self.reachable = True
        for row in rows:
            if row["task"] in tasks:
                self.apply(row, tasks[row["task"]])

    def end(self):
        self.ending.set()
        self.wake.set()


def pem(der):
    lines = [der[i:i + 64] for i in range(0, len(der), 64)]
    return "\n".join(("-----BEGIN CERTIFICATE-----", *lines, "-----END CERTIFICATE-----", "")).encode()
