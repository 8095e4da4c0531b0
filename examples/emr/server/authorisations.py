"""The handles of authorised signing: each kept for the person whose authorisation it is, and given back to nobody else. The browser of
a workstation keeps none, so the next person there finds none."""
import datetime

KEPT_MAX = 20  # of one person: the oldest gives way


def now():
    return datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def keep(store, person, wish):
    number = person["staff_no"]
    with store.write() as connection:
        connection.execute("DELETE FROM authorisation WHERE until <= ?", (now(),))
        connection.execute("INSERT OR REPLACE INTO authorisation VALUES (?, ?, ?, ?, ?)",
                           (number, wish["authorisation"], wish["workstation"], wish["handle"], wish["until"]))
        connection.execute("""DELETE FROM authorisation WHERE staff_no = ?1 AND rowid NOT IN
            (SELECT rowid FROM authorisation WHERE staff_no = ?1 ORDER BY rowid DESC LIMIT ?2)""", (number, KEPT_MAX))


def of(store, person, workstation):
    """The newest first."""
    return store.rows("""SELECT authorisation, handle, until FROM authorisation
        WHERE staff_no = ? AND workstation = ? AND until > ? ORDER BY rowid DESC""", person["staff_no"], workstation, now())


def drop(store, person, authorisation):
    """It has ended. Another person's stays."""
    with store.write() as connection:
        connection.execute("DELETE FROM authorisation WHERE staff_no = ? AND authorisation = ?", (person["staff_no"], authorisation))
