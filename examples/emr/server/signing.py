"""From the wish to sign to the kept signature. A wish is on disk before it is sent, under an idempotency key, and sent again until
the service has answered: neither a crash nor a lost answer makes two tasks of it."""
import base64
import datetime
import json
import logging
import threading
import time
import uuid

import records as record_rows
import yiqian as api
from assertion import pem
from problem import Problem

BATCH_MAX = 200
# What is asked for again: what is not signed yet, and signatures whose timestamp is still to come.
OPEN = "(state IN ('waiting', 'pending', 'claimed') OR json_extract(timestamp, '$.state') = 'pending')"
POLL_SECONDS = 1.0            # without callbacks the results are asked for
POLL_BESIDE_CALLBACKS = 10.0  # with them asking is what catches what got lost
RETRY_SECONDS = 1.0           # while the service is away
OVER = ("signed", "declined", "cancelled", "expired", "withdrawn", "refused")
# What the phone and an authorisation's scope call a type of record.
TYPES = {"progress": "病程记录", "discharge": "出院小结", "operation": "手术记录", "nursing": "护理记录", "orders": "医嘱"}


def now():
    return datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Signing:
    def __init__(self, store, records, yiqian, hub, callbacks, code_seconds=120):
        self.store, self.records, self.yiqian, self.hub = store, records, yiqian, hub
        self.callbacks, self.code_seconds = callbacks, code_seconds
        self.wake, self.ending, self.sending = threading.Event(), threading.Event(), threading.Lock()
        self.reachable = True

    # What a person asks for

    def request(self, person, record_ids, way):
        """Starts the signing of one or many records; gives their signings. All or none are taken. Where a record wants a countersignature
        its task is made in the same call, and waits at the service for the author's."""
        if not 1 <= len(record_ids) <= BATCH_MAX:
            raise Problem("too_large" if record_ids else "field", field="records")
        made, seniors = [], []
        with self.store.write() as connection:
            listed = [self.records.record(record) for record in dict.fromkeys(record_ids)]
            parts = [record_rows.part_for(record, person["staff_no"]) for record in listed]
            together = len(listed) > 1 or parts == ["author"] and listed[0]["senior"]
            batch = str(uuid.uuid4()) if together else None
            for record, part in zip(listed, parts):
                if part is None:
                    raise Problem("record_state" if person["staff_no"] in (record["author"], record["senior"]) else "forbidden",
                                  detail=f"{record['patient_name']}　{record['title']}")
                raw = self.records.raw(record["record"])
                data = self.records.document(raw)
                self.records.keep_document(connection, raw, data, api.sm3(data))
                made.append(self.insert(connection, record["record"], part, person["staff_no"], way, batch))
                if part == "author" and record["senior"]:
                    seniors.append((record["record"], record["senior"]))
            made_for = made + [self.insert(connection, record, "senior", senior, "push", batch) for record, senior in seniors]
        for signing, listed_record in zip(made, listed):
            self.hub.publish({"kind": "signing", "record": listed_record["record"], "signing": signing, "state": "sending",
                              "signer": person["staff_no"], "batch": batch})
        self.send(made_for)
        return [record_rows.shown(self.records.signing(signing)) for signing in made]

    def insert(self, connection, record, part, signer, way, batch):
        signing = str(uuid.uuid4())
        connection.execute("INSERT INTO signing (signing, record, part, signer, way, batch, state, requested_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                           (signing, record, part, signer, way, batch, "sending", now()))
        return signing

    def cancel(self, person, signing, reason):
        """Takes an open wish back. Not while it is being delivered: whether it has arrived is not known then."""
        row = self.of(person, signing, ("waiting", "pending", "claimed"), also_author=True)
        self.apply(row, self.yiqian.cancel(row["task"], reason), reason)
        self.ask_of_record(row)

    def withdraw(self, person, signing, reason):
        """Declares a signature void; it stays on record with the reason. What was to follow it ends with it."""
        row = self.of(person, signing, ("signed",))
        self.apply(row, self.yiqian.withdraw(row["task"], reason), reason)
        self.ask_of_record(row)

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
                "checked_at": now(), "record": self.records.listed("r.record = ?", row["record"])[0]}

    def files(self, signing):
        """The files that openssl needs: name to bytes."""
        row = self.records.signing(signing)
        if not row["signature"]:
            raise Problem("record_state")
        kept = json.loads(row["signature"])
        chain = [kept["certificate"], *kept["chain"]]
        token = self.yiqian.task(row["task"])["timestamp"]["token"] if row["timestamp"] else None
        return {**({"timestamp.tst": base64.b64decode(token)} if token else {}), "record.html": self.records.document(self.records.raw(row["record"])), "signature.der": base64.b64decode(kept["der"]),
                **{f"cert{i + 1}.pem": pem(base64.b64decode(der)) for i, der in enumerate(chain)}}

    # A code on the screen

    def open_code(self, person, signing):
        """A new code to scan for a signature that waits; the one before is given up."""
        row = self.of(person, signing, ("pending",))
        if row["scan"]:
            self.close_code(person, signing)
        scan = self.yiqian.open_scan(row["task"], self.code_seconds)["scan"]
        with self.store.write() as connection:
            connection.execute("UPDATE signing SET scan = ? WHERE signing = ?", (scan, signing))
        return self.code(person, signing)

    def code(self, person, signing):
        """What the screen shows now: the code's text, and how far the phone is."""
        row = self.of_signer(person, signing)
        if not row["scan"]:
            raise Problem("scan_none")
        shown = self.yiqian.scan_code(row["scan"])
        if shown["state"] in ("open", "scanned"):
            return {"state": shown["state"], "code": shown["code"]}
        if shown["state"] == "done":
            self.ask([row])
            ended = self.records.signing(signing)
            return {"state": ended["state"], "reason": ended["reason"]}
        scan = self.yiqian.scan(row["scan"])
        return {"state": "scan_" + scan["state"], "reason": scan["reason"] or ""}

    def close_code(self, person, signing):
        """The code ends; what it was for stays in the phone's list."""
        row = self.of_signer(person, signing)
        try:
            if row["scan"]:
                self.yiqian.cancel_scan(row["scan"])
        except Problem as problem:
            if problem.code not in ("conflict", "task_claimed"):  # over, or being signed: nothing is left to close
                raise

    def of_signer(self, person, signing):
        row = self.records.signing(signing)
        if row["signer"] != person["staff_no"]:
            raise Problem("forbidden")
        return row

    # Towards the service

    def notice(self, reachable):
        """Whether the service answers; the pages are told when that changes."""
        if reachable != self.reachable:
            self.reachable = reachable
            self.hub.publish({"kind": "everything"})

    def send(self, signings):
        """Sends what is not sent; what could not be delivered stays and is sent by follow()."""
        with self.sending:
            rows = [row for row in map(self.records.signing, signings) if row["state"] == "sending" and not row["task"]]
            # All of a batch, also what an earlier try got as far as: the service knows the request by its bytes.
            groups = [self.store.rows("SELECT * FROM signing WHERE batch = ? ORDER BY rowid", batch)
                      for batch in dict.fromkeys(r["batch"] for r in rows) if batch]
            for group in groups + [[row] for row in rows if not row["batch"]]:
                try:
                    self.send_together(group)
                    self.notice(True)
                except Problem as problem:
                    if problem.code == "yiqian_unreachable" or problem.status == 503:
                        self.notice(False)
                        continue  # still "sending"
                    for row in group:
                        if not row["task"]:
                            self.apply(row, {"state": "refused"}, problem.body["title"])
                    raise
        self.wake.set()

    def send_together(self, group):
        """One task, or a batch: the same bytes each time it is tried, as an idempotency key demands."""
        if not group[0]["batch"]:
            return self.apply(group[0], self.yiqian.create_task(self.wish(group[0]), group[0]["signing"]))
        authors = {row["record"]: i for i, row in enumerate(group) if row["part"] == "author"}
        wishes = []
        for row in group:
            before = authors.get(row["record"]) if row["part"] == "senior" else None
            wishes.append(self.wish(row) if before is None else self.countersign_wish(row, before))
        tasks = self.yiqian.create_batch("病历签名", wishes, group[0]["batch"])
        for row, task, wish in zip(group, tasks, wishes):
            if not row["task"]:
                self.apply(row, {"task": task, "state": "waiting" if "after" in wish else "pending"})

    def wish(self, row):
        record = self.records.raw(row["record"])
        return {**self.described(row), "form": "raw", "media_type": "text/html",
                "document": base64.b64encode(self.records.document(record)).decode()}

    def countersign_wish(self, row, before):
        """Over the same document as the task at that place of the batch, and after it."""
        return {**self.described(row), "after": before, "document_at": before}

    def described(self, row):
        """What the phone shows: who, what, of whom."""
        record = self.records.raw(row["record"])
        patient = self.records.patient(record["patient"])
        fields = (("患者", f"{patient['name']}　{patient['bed']}床"), ("住院号", patient["admission_no"]), ("记录时间", record["recorded_at"]),
                  *((("书写者", self.records.person(record["author"])["name"]),) if row["part"] == "senior" else ()))
        return {"signer": row["signer"], "title": record["title"] + ("（审签）" if row["part"] == "senior" else ""),
                "reference": record["record"], "record_type": TYPES[record["type"]],
                "description": f"{patient['name']}，{patient['bed']}床，住院号 {patient['admission_no']}，记录时间 {record['recorded_at']}",
                "fields": [{"label": label, "value": value} for label, value in fields]}

    def apply(self, row, task, reason=""):
        """The newest that is known of a task, onto its signing."""
        state = task["state"]
        signature = task.get("signature") if state in ("signed", "withdrawn") else None
        with self.store.write() as connection:
            before = connection.execute("SELECT state, task FROM signing WHERE signing = ?", (row["signing"],)).fetchone()
            same = before["state"] == state and before["task"] == task.get("task", before["task"])
            overtaken = before["state"] in OVER and (before["state"], state) != ("signed", "withdrawn")
            if not same and not overtaken:
                connection.execute("""UPDATE signing SET state = ?, task = coalesce(?, task), reason = ?, signature = coalesce(?, signature),
                    signed_at = coalesce(?, signed_at), way = CASE WHEN ? THEN 'authorised' WHEN way = 'authorised' AND ? THEN 'push' ELSE way END
                    WHERE signing = ?""",
                                   (state, task.get("task"), str(task.get("reason") or reason)[:500],
                                    json.dumps(signature) if signature else None, signature["signed_at"] if signature else None,
                                    bool(signature) and signature["method"] == "authorisation",
                                    bool(signature) and signature["method"] != "authorisation", row["signing"]))
            stamped = self.keep_timestamp(connection, row, task)
            if (same or overtaken) and not stamped:
                return
        self.hub.publish({"kind": "signing", "record": row["record"], "signing": row["signing"], "state": state, "signer": row["signer"],
                          "batch": row["batch"]})

    @staticmethod
    def keep_timestamp(connection, row, task):
        """Whether something is known of it that was not: it may come later than the signature, and once there it does not go."""
        stamp = api.timestamp_of(task)
        if not stamp:
            return False
        text = json.dumps(stamp)
        return connection.execute("""UPDATE signing SET timestamp = ? WHERE signing = ? AND signature IS NOT NULL AND timestamp IS NOT ?
            AND coalesce(json_extract(timestamp, '$.state'), '') <> 'stamped'""", (text, row["signing"], text)).rowcount > 0

    # How the results come

    def follow(self):
        """Runs until end(): sends what is still to be sent, works on the callbacks that came, and asks for what is open."""
        asked = 0.0
        pause = POLL_BESIDE_CALLBACKS if self.callbacks.secret else POLL_SECONDS
        while not self.ending.is_set():
            self.wake.wait(pause if self.reachable else RETRY_SECONDS)
            self.wake.clear()
            due = not self.reachable or time.monotonic() - asked >= pause
            try:
                self.send([row["signing"] for row in self.store.rows("SELECT signing FROM signing WHERE state = 'sending'")])
            except Problem:
                pass  # the signing carries the refusal
            except Exception:
                logging.exception("sending")
            self.wake.clear()
            try:
                self.told()
                if due:  # the fallback
                    self.ask(self.store.rows(f"SELECT * FROM signing WHERE {OPEN}"))
                    asked = time.monotonic()
            except Problem as problem:
                self.notice(problem.code != "yiqian_unreachable")
            except Exception:
                logging.exception("following")
            self.ending.wait(0.1)

    def told(self):
        """What callbacks announced is fetched: a callback says that something happened, the task says what."""
        open_callbacks = self.callbacks.open()
        rows = []
        for task in filter(None, open_callbacks):
            row = self.store.row("SELECT * FROM signing WHERE task = ?", task)
            # What happens to one part of a record moves the other.
            rows += self.store.rows("SELECT * FROM signing WHERE task = ? OR record = ? AND state IN ('waiting', 'pending', 'claimed')",
                                    task, row["record"] if row else None)
        self.ask(list({row["signing"]: row for row in rows}.values()))
        self.callbacks.close([one for ids in open_callbacks.values() for one in ids])

    def ask_of_record(self, row):
        """What happens to one part of a record moves the other."""
        self.ask(self.store.rows("SELECT * FROM signing WHERE record = ? AND state IN ('waiting', 'pending', 'claimed')", row["record"]))

    def ask(self, rows):
        rows = [row for row in rows if row["task"]]
        if not rows:
            return
        tasks = {task["task"]: task for task in self.yiqian.tasks([row["task"] for row in rows])}
        self.notice(True)
        for row in rows:
            if row["task"] in tasks:
                self.apply(row, tasks[row["task"]])

    def end(self):
        self.ending.set()
        self.wake.set()
