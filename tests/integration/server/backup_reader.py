"""Reads a .yqb file as docs/spec/backup.md says, and nothing else: hashlib for scrypt and SM3, the openssl command for SM4."""
import hashlib
import hmac
import struct
import subprocess

CHUNK = 1 << 20


class Damaged(Exception):
    pass


class WrongPassphrase(Exception):
    pass


def sm3(data):
    return hashlib.new("sm3", data).digest()


def mac(key, *parts):
    return hmac.new(key, b"".join(parts), lambda data=b"": hashlib.new("sm3", data)).digest()


def sm4_ctr(key, iv, data):
    return subprocess.run(["openssl", "enc", "-sm4-ctr", "-K", key.hex(), "-iv", iv.hex()], input=data, capture_output=True, check=True).stdout


class Backup:
    def __init__(self, path, passphrase):
        data = open(path, "rb").read()
        self.header = data[:160]
        if self.header[:8] != b"YQBACKUP" or sm3(self.header[:128]) != self.header[128:160]:
            raise Damaged("header")
        form, scope, zero = struct.unpack(">HBB", self.header[8:12])
        assert (form, zero) == (1, 0)
        self.scope = {1: "configuration", 2: "all"}[scope]
        self.id = self.header[12:28]
        self.created_ms, self.schema = struct.unpack(">QI", self.header[28:40])
        log2_n, r, p, zero = self.header[40:44]
        self.version = self.header[76:108].rstrip(b"\0").decode()
        assert struct.unpack(">I", self.header[124:128])[0] == CHUNK and zero == 0
        root = hashlib.scrypt(passphrase.encode(), salt=self.header[44:76], n=1 << log2_n, r=r, p=p, maxmem=1 << 29, dklen=32)
        if mac(root, b"yiqian/backup/1/check")[:16] != self.header[108:124]:
            raise WrongPassphrase()
        digest = self.header[128:160]
        self.cipher = mac(root, b"yiqian/backup/1/cipher", digest)[:16]
        self.mac = mac(root, b"yiqian/backup/1/mac", digest)
        self.wrap = mac(root, b"yiqian/backup/1/master-key", digest)
        self.entries = dict(self.read_entries(self.open_chunks(data[160:])))
        self.manifest = dict(line.split("=", 1) for line in self.entries["manifest"].decode().splitlines())

    def open_chunks(self, data):
        plain, counter, last = [], 0, False
        while not last:
            if len(data) < 4:
                raise Damaged("shortened")
            frame = struct.unpack(">I", data[:4])[0]
            last, n = bool(frame >> 31), frame & 0x7fffffff
            if len(data) < 36 + n:
                raise Damaged("shortened")
            if mac(self.mac, struct.pack(">Q", counter), data[:4 + n]) != data[4 + n:36 + n]:
                raise Damaged("chunk")
            plain.append(sm4_ctr(self.cipher, struct.pack(">QQ", counter, 0), data[4:4 + n]))
            data, counter = data[36 + n:], counter + 1
        if data:
            raise Damaged("more than the last chunk")
        return b"".join(plain)

    @staticmethod
    def read_entries(plain):
        at = 0
        while plain[at] == 1:
            n = plain[at + 1]
            name = plain[at + 2:at + 2 + n].decode()
            size = struct.unpack(">Q", plain[at + 2 + n:at + 10 + n])[0]
            at += 10 + n
            yield name, plain[at:at + size]
            at += size
        assert plain[at:] == b"\0"

    def master_key(self):
        """As the keystore seals: u8 1, IV, cipher text, HMAC-SM3 over header, context and cipher text."""
        sealed, context = self.entries["master-key"], b"master-key"
        derive = lambda purpose: mac(self.wrap, b"yiqian/derive/1", bytes([len(purpose)]), purpose)
        assert len(sealed) == 81 and sealed[0] == 1
        tag = mac(derive(b"keystore/seal/hmac-sm3"), sealed[:17], struct.pack(">I", len(context)), context, sealed[17:49])
        assert tag == sealed[49:]
        return sm4_ctr(derive(b"keystore/seal/sm4-ctr")[:16], sealed[1:17], sealed[17:49])

    def write(self, path, entries):
        """The same header with other entries: (name, content) each, in one chunk."""
        plain = b"".join(bytes([1, len(name.encode())]) + name.encode() + struct.pack(">Q", len(content)) + content for name, content in entries) + b"\0"
        assert len(plain) <= CHUNK
        chunk = struct.pack(">I", 1 << 31 | len(plain)) + sm4_ctr(self.cipher, bytes(16), plain)
        with open(path, "wb") as f:
            f.write(self.header + chunk + mac(self.mac, bytes(8), chunk))
