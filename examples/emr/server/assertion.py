"""The proof of a scanned login, judged by this system alone (yiqian's docs/spec/qr.md, Verifying): OpenSSL checks the chain and the
signature, this file what the assertion says and that no certificate is on its issuer's list. Nobody is believed but the CA's
certificates, which were given once."""
import base64
import datetime
import json
import pathlib
import re
import subprocess
import tempfile

import der

ID = "distid:1234567812345678"  # of SM2 signatures: GM/T 0009-2012
BEGINS = b'{"type":"yiqian/login/1",'
AGE_SECONDS = 300


class Refused(Exception):
    """Says which check failed; for the log, not for the person at the screen."""


class Verifier:
    def __init__(self, ca, system_id, crl):
        """ca: the text of the issuing and the root CA's certificates as PEM, in this order. crl(name): the list "issuing" or "root" as DER."""
        found = re.findall(r"-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----\n?", ca)
        if len(found) != 2:
            raise ValueError("the CA's file must hold two certificates: the issuing CA's and the root's")
        self.issuing, self.root = found
        self.system_id, self.crl = system_id, crl

    def accept(self, result, login, nonce):
        """What the assertion of a finished login says, once everything holds. Raises Refused."""
        try:
            assertion, signature = base64.b64decode(result["assertion"]), base64.b64decode(result["signature"]["der"])
            leaf = base64.b64decode(result["signature"]["certificate"])
            with tempfile.TemporaryDirectory(prefix="emr-login.") as folder:
                self.check_signatures(pathlib.Path(folder), leaf, assertion, signature)
            certificate = der.certificate(leaf)
            return self.check_assertion(assertion, certificate, login, nonce)
        except (KeyError, TypeError, ValueError, IndexError, RecursionError, subprocess.TimeoutExpired) as error:
            raise Refused(f"malformed: {error!r}") from None

    def check_signatures(self, folder, leaf, assertion, signature):
        for name, data in (("leaf.pem", pem(leaf)), ("issuing.pem", self.issuing.encode()), ("root.pem", self.root.encode()),
                           ("assertion.json", assertion), ("signature.der", signature)):
            (folder / name).write_bytes(data)
        openssl(folder, "verify", "-partial_chain", "-vfyopt", ID, "-trusted", "issuing.pem", "leaf.pem")
        openssl(folder, "verify", "-partial_chain", "-vfyopt", ID, "-trusted", "root.pem", "issuing.pem")
        verify(folder, "leaf.pem", "signature.der", "assertion.json")
        issuing = base64.b64decode("".join(self.issuing.splitlines()[1:-1]))
        root = base64.b64decode("".join(self.root.splitlines()[1:-1]))
        for name, issuer, subject in (("issuing", issuing, leaf), ("root", root, issuing)):
            self.check_list(folder, name, der.certificate(issuer), der.certificate(subject))

    def check_list(self, folder, name, issuer, subject):
        """`openssl verify -crl_check` has no ID for the list's signature: it is checked as any signature, over the list's inner part."""
        crl = der.crl(self.crl(name))
        (folder / "list.tbs").write_bytes(crl.tbs)
        (folder / "list.der").write_bytes(crl.signature)
        verify(folder, f"{name}.pem", "list.der", "list.tbs")
        if crl.issuer != issuer.subject or subject.issuer != issuer.subject:
            raise Refused(f"the list {name} is another CA's")
        if crl.next_update is None or crl.next_update < datetime.datetime.now(datetime.timezone.utc):
            raise Refused(f"the list {name} is out of date")
        if subject.serial in crl.serials:
            raise Refused(f"the certificate {subject.serial.hex()} is on the list {name}")

    def check_assertion(self, assertion, certificate, login, nonce):
        said = json.loads(assertion)
        # The one way to write it: no member twice, nothing beside it.
        if not assertion.startswith(BEGINS) or json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode() != assertion:
            raise Refused("not an assertion of a login")
        at = datetime.datetime.fromisoformat(said["time"])
        age = abs((datetime.datetime.now(datetime.timezone.utc) - at).total_seconds())
        for what, holds in (("system", said["system_id"] == self.system_id), ("login", said["login"] == login),
                            ("nonce", said["nonce"] == nonce), ("time", age <= AGE_SECONDS),
                            ("staff_no", [said["staff_no"]] == certificate.staff_numbers),
                            ("certificate", bytes.fromhex(said["certificate"]) == certificate.serial)):
            if not holds:
                raise Refused(f"{what} is not this login's")
        return said


def pem(data):
    text = base64.b64encode(data).decode()
    lines = [text[i:i + 64] for i in range(0, len(text), 64)]
    return "\n".join(("-----BEGIN CERTIFICATE-----", *lines, "-----END CERTIFICATE-----", "")).encode()


def verify(folder, certificate, signature, data):
    openssl(folder, "x509", "-in", certificate, "-pubkey", "-noout", "-out", "public.pem")
    openssl(folder, "dgst", "-sm3", "-verify", "public.pem", "-sigopt", ID, "-signature", signature, data)


def openssl(folder, *arguments):
    done = subprocess.run(["openssl", *arguments], cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, timeout=10)
    if done.returncode:
        raise Refused(f"openssl {arguments[0]} {arguments[-1]}: {(done.stdout + done.stderr).decode(errors='replace').strip()[:500]}")
