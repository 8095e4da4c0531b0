"""As much of DER as a login's proof needs: names, serial numbers and lists of certificates. Raises ValueError, IndexError."""
import collections
import datetime

SERIAL_NUMBER = bytes.fromhex("0603550405")  # 2.5.4.5: a person's staff number in a subject

Certificate = collections.namedtuple("Certificate", "serial issuer subject staff_numbers")
Crl = collections.namedtuple("Crl", "tbs signature issuer next_update serials")


def elements(data):
    """[(tag, content, whole)] of what stands side by side in data."""
    found, at = [], 0
    while at < len(data):
        head, length = 2, data[at + 1]
        if length & 0x80:
            head += length & 0x7F
            length = int.from_bytes(data[at + 2:at + head], "big")
        whole = data[at:at + head + length]
        if len(whole) != head + length:
            raise ValueError("DER ends early")
        found.append((data[at], whole[head:], whole))
        at += len(whole)
    return found


def content(data):
    """Of the one element that data is."""
    (_, inner, _), = elements(data)
    return inner


def serial(integer):
    return integer.lstrip(b"\0")


def certificate(data):
    tbs = elements(elements(content(data))[0][1])
    tbs = tbs[1:] if tbs[0][0] == 0xA0 else tbs  # the version
    subject = tbs[4][2]
    pairs = [elements(pair) for relative in elements(content(subject)) for _, pair, _ in elements(relative[1])]
    numbers = [value[1].decode() for kind, value in pairs if kind[2] == SERIAL_NUMBER]
    return Certificate(serial(tbs[0][1]), tbs[2][2], subject, numbers)


def crl(data):
    tbs, _, signature = elements(content(data))
    parts = elements(tbs[1])
    parts = parts[1:] if parts[0][0] == 0x02 else parts  # the version
    issuer, rest = parts[1][2], parts[3:]
    following = time(rest.pop(0)) if rest and rest[0][0] in (0x17, 0x18) else None
    revoked = elements(rest[0][1]) if rest and rest[0][0] == 0x30 else []
    return Crl(tbs[2], signature[1][1:], issuer, following, {serial(elements(entry[1])[0][1]) for entry in revoked})


def time(element):
    form = "%y%m%d%H%M%SZ" if element[0] == 0x17 else "%Y%m%d%H%M%SZ"
    return datetime.datetime.strptime(element[1].decode(), form).replace(tzinfo=datetime.timezone.utc)
