"""A small strict SMTP server (RFC 5321), written for the tests: plain, STARTTLS (RFC 3207) or TLS from the first byte, AUTH PLAIN and LOGIN
(RFC 4954). What does not keep to the rules is an error that the test sees."""
import base64
import email
import email.policy
import re
import socket
import ssl
import threading


class MailServer:
    """refuse: a command's first word -> the reply that it gets instead."""

    def __init__(self, tls=None, implicit=False, user=None, password=None, refuse=None):
        self.tls, self.implicit, self.user, self.password = tls, implicit, user, password
        self.refuse = dict(refuse or {})
        self.messages, self.errors, self.commands, self.lock = [], [], [], threading.Condition()
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                peer, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(peer,), daemon=True).start()

    def serve(self, peer):
        peer.settimeout(20)
        try:
            if self.implicit:
                peer = self.tls.wrap_socket(peer, server_side=True)
            self.talk(peer)
        except (OSError, ssl.SSLError):
            pass  # the client went away: it did not like our certificate
        except AssertionError as error:
            self.errors.append(str(error))
        finally:
            peer.close()

    def talk(self, peer):
        secure, greeted, authenticated, sender, recipients = self.implicit, False, False, None, []
        file = peer.makefile("rb")

        def say(text):
            peer.sendall(text.encode() + b"\r\n")

        def line():
            data = file.readline(1002)
            assert data == b"" or data.endswith(b"\r\n"), f"a line that does not end with CR LF: {data!r}"
            return data[:-2]

        say("220 mail.hospital.example ESMTP")
        while True:
            data = line()
            if not data:
                return
            text = data.decode("ascii")
            word = text.split(" ")[0].upper()
            self.commands.append(text)
            if word in self.refuse:
                say(self.refuse[word])
            elif word == "EHLO":
                greeted = True
                offers = ["mail.hospital.example"]
                if self.tls and not secure:
                    offers.append("STARTTLS")
                if self.user and (secure or not self.tls):
                    offers.append("AUTH PLAIN LOGIN")
                for i, offer in enumerate(offers):
                    say(("250 " if i == len(offers) - 1 else "250-") + offer)
            elif word == "STARTTLS" and self.tls and not secure:
                say("220 go ahead")
                peer = self.tls.wrap_socket(peer, server_side=True)
                file, secure, greeted = peer.makefile("rb"), True, False
            elif word == "AUTH" and self.user:
                assert secure or not self.tls, "a password in clear"
                kind, _, given = text[5:].partition(" ")
                if kind.upper() == "PLAIN":
                    if not given:
                        say("334 ")
                        given = line().decode()
                    _, name, password = base64.b64decode(given).split(b"\0")
                else:
                    say("334 VXNlcm5hbWU6")
                    name = base64.b64decode(line())
                    say("334 UGFzc3dvcmQ6")
                    password = base64.b64decode(line())
                authenticated = (name.decode(), password.decode()) == (self.user, self.password)
                say("235 welcome" if authenticated else "535 no such user or password")
            elif word == "MAIL":
                match = re.fullmatch(r"MAIL FROM:<([^<>\s]+)>(?: [A-Z0-9=]+)*", text)
                assert greeted and match, text
                if self.user and not authenticated:
                    say("530 authentication required")
                    continue
                sender, recipients = match[1], []
                say("250 ok")
            elif word == "RCPT":
                match = re.fullmatch(r"RCPT TO:<([^<>\s]+)>", text)
                assert sender and match, text
                recipients.append(match[1])
                say("250 ok")
            elif word == "DATA":
                assert recipients
                say("354 go on")
                lines = []
                while (data := line()) != b".":
                    assert len(data) <= 998, "a line of more than 998 octets"
                    lines.append(data[1:] if data.startswith(b".") else data)
                body = b"\r\n".join(lines) + b"\r\n"
                message = email.message_from_bytes(body, policy=email.policy.default)
                assert not message.defects, message.defects
                with self.lock:
                    self.messages.append((sender, recipients, message, body))
                    self.lock.notify_all()
                say("250 taken")
            elif word == "QUIT":
                say("221 bye")
                return
            else:
                say("500 what?")

    def wait(self, n, seconds=20):
        with self.lock:
            self.lock.wait_for(lambda: len(self.messages) >= n, seconds)
            assert len(self.messages) >= n, (len(self.messages), self.errors, self.commands)
            return self.messages

    def close(self):
        self.socket.close()
        assert not self.errors, self.errors
