"""This system's own SQLite file. One connection a thread; a write is one transaction."""
import contextlib
import json
import sqlite3
import threading

SCHEMA = """
CREATE TABLE IF NOT EXISTS staff (
    staff_no TEXT PRIMARY KEY, name TEXT NOT NULL, title TEXT NOT NULL, department TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('doctor', 'intern', 'nurse')),
    senior TEXT REFERENCES staff);              -- who countersigns what this person writes
CREATE TABLE IF NOT EXISTS patient (
    patient TEXT PRIMARY KEY, admission_no TEXT NOT NULL UNIQUE, name TEXT NOT NULL, sex TEXT NOT NULL, age INTEGER NOT NULL,
    bed TEXT NOT NULL, room TEXT NOT NULL, department TEXT NOT NULL, admitted_at TEXT NOT NULL, diagnosis TEXT NOT NULL,
    operation TEXT NOT NULL, allergy TEXT NOT NULL, care TEXT NOT NULL, condition TEXT NOT NULL, blood TEXT NOT NULL,
    insurance TEXT NOT NULL, doctor TEXT NOT NULL REFERENCES staff);
CREATE TABLE IF NOT EXISTS record (
    record TEXT PRIMARY KEY, patient TEXT NOT NULL REFERENCES patient, type TEXT NOT NULL, title TEXT NOT NULL,
    author TEXT NOT NULL REFERENCES staff, senior TEXT REFERENCES staff, recorded_at TEXT NOT NULL, sections TEXT NOT NULL,
    document BLOB, digest TEXT);                -- the bytes that are signed, kept from the first wish for a signature on
CREATE INDEX IF NOT EXISTS record_patient ON record (patient, recorded_at);
CREATE TABLE IF NOT EXISTS signing (
    signing TEXT PRIMARY KEY, record TEXT NOT NULL REFERENCES record, part TEXT NOT NULL CHECK (part IN ('author', 'senior')),
    signer TEXT NOT NULL REFERENCES staff, way TEXT NOT NULL CHECK (way IN ('push', 'scan', 'batch', 'authorised')),
    task TEXT UNIQUE, batch TEXT, state TEXT NOT NULL, reason TEXT NOT NULL DEFAULT '', requested_at TEXT NOT NULL,
    signed_at TEXT, signature TEXT,             -- signature: what yiqian gave, as JSON
    timestamp TEXT,                             -- of the signature, as yiqian gave it, as JSON; its token is fetched when it is wanted
    scan TEXT);                                 -- the newest code shown for it
CREATE INDEX IF NOT EXISTS signing_record ON signing (record, requested_at);
CREATE INDEX IF NOT EXISTS signing_state ON signing (state);
CREATE TABLE IF NOT EXISTS session (
    token TEXT PRIMARY KEY, staff_no TEXT NOT NULL REFERENCES staff, way TEXT NOT NULL, opened_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL, proof TEXT);   -- proof: the login's assertion and its signature, as yiqian gave them
CREATE TABLE IF NOT EXISTS authorisation (
    staff_no TEXT NOT NULL REFERENCES staff, authorisation TEXT NOT NULL, workstation TEXT NOT NULL,
    handle TEXT NOT NULL, until TEXT NOT NULL,  -- handle: what the workstation's agent asks for; dropped when it ends
    PRIMARY KEY (staff_no, authorisation));
CREATE TABLE IF NOT EXISTS login (              -- a scanned login that is open; browser: the digest of the cookie that it belongs to
    browser TEXT PRIMARY KEY, login TEXT NOT NULL, nonce TEXT NOT NULL, short_code TEXT NOT NULL, expires_at INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS callback (
    id TEXT PRIMARY KEY, event TEXT NOT NULL, task TEXT, received_at TEXT NOT NULL, done INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS callback_open ON callback (id) WHERE NOT done;
"""


class Store:
    def __init__(self, path):
        self.path, self.kept, self.writing = path, threading.local(), threading.Lock()
        self.connection().executescript(SCHEMA)

    def connection(self):
        if not hasattr(self.kept, "connection"):
            connection = sqlite3.connect(self.path, timeout=10, isolation_level=None)
            connection.row_factory = sqlite3.Row
            for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
                connection.execute("PRAGMA " + pragma)
            self.kept.connection = connection
        return self.kept.connection

    @contextlib.contextmanager
    def write(self):
        connection = self.connection()
        with self.writing:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.rollback()
                raise
            connection.commit()

    def rows(self, sql, *values):
        return [dict(row) for row in self.connection().execute(sql, values)]

    def row(self, sql, *values):
        found = self.connection().execute(sql, values).fetchone()
        return dict(found) if found else None

    def close(self):
        if hasattr(self.kept, "connection"):
            self.kept.connection.close()
            del self.kept.connection


def sections_of(record):
    return json.loads(record["sections"])
