"""Short Weierstrass curves in plain integers: SM2 (GB/T 32918.5-2017) and P-256 (FIPS 186-4). Slow, simple and independent of
the product's code, which is its purpose."""
import hashlib
import secrets


class Curve:
    def __init__(self, p, a, b, n, gx, gy):
        self.p, self.a, self.b, self.n, self.g = p, a, b, n, (gx, gy)

    def add(self, left, right):
        if left is None:
            return right
        if right is None:
            return left
        (x1, y1), (x2, y2) = left, right
        if x1 == x2:
            if (y1 + y2) % self.p == 0:
                return None
            slope = (3 * x1 * x1 + self.a) * pow(2 * y1, -1, self.p)
        else:
            slope = (y2 - y1) * pow(x2 - x1, -1, self.p)
        x3 = (slope * slope - x1 - x2) % self.p
        return x3, (slope * (x1 - x3) - y1) % self.p

    def negate(self, point):
        return None if point is None else (point[0], -point[1] % self.p)

    def multiply(self, k, point=None):
        """k*point by Jacobian doubling and adding (one inversion); the generator where no point is given."""
        p, a = self.p, self.a
        x2, y2 = point or self.g
        x, y, z = 0, 1, 0
        for bit in bin(k % self.n)[2:]:
            if z:
                yy = y * y % p
                s = 4 * x * yy % p
                m = (3 * x * x + a * pow(z, 4, p)) % p
                z = 2 * y * z % p
                x = (m * m - 2 * s) % p
                y = (m * (s - x) - 8 * yy * yy) % p
            if bit == "1":
                if not z:
                    x, y, z = x2, y2, 1
                    continue
                zz = z * z % p
                h = (x2 * zz - x) % p
                r = (y2 * zz * z - y) % p
                if h == 0:
                    if r:
                        x, y, z = 0, 1, 0
                        continue
                    doubled = self.add((x2, y2), (x2, y2))
                    x, y, z = (*doubled, 1) if doubled else (0, 1, 0)
                    continue
                hh = h * h % p
                hhh = hh * h % p
                v = x * hh % p
                x = (r * r - hhh - 2 * v) % p
                y = (r * (v - x) - y * hhh) % p
                z = z * h % p
        if not z:
            return None
        inverse = pow(z, -1, p)
        return x * inverse * inverse % p, y * pow(inverse, 3, p) % p

    def random_scalar(self):
        return secrets.randbelow(self.n - 1) + 1

    def contains(self, point):
        x, y = point
        return 0 <= x < self.p and 0 <= y < self.p and (y * y - x**3 - self.a * x - self.b) % self.p == 0

    def decode(self, data):
        point = int.from_bytes(data[1:33], "big"), int.from_bytes(data[33:], "big")
        if len(data) != 65 or data[0] != 4 or not self.contains(point):
            raise ValueError("not a point of the curve")
        return point

    @staticmethod
    def encode(point):
        return b"\x04" + point[0].to_bytes(32, "big") + point[1].to_bytes(32, "big")


SM2 = Curve(
    0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF,
    0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFC,
    0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93,
    0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123,
    0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7,
    0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0,
)
P256 = Curve(
    0xFFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF,
    0xFFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFC,
    0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B,
    0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)


def sm3(data):
    return hashlib.new("sm3", data).digest()


def ecdsa_p256(private, message):
    e = int.from_bytes(hashlib.sha256(message).digest(), "big")
    while True:
        k = P256.random_scalar()
        r = P256.multiply(k)[0] % P256.n
        s = pow(k, -1, P256.n) * (e + r * private) % P256.n
        if r and s:
            return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def sm2_e(public, message, identity=b"1234567812345678"):
    """GB/T 32918.2-2016 5.5 and 6.1: e = SM3(Z || M)."""
    numbers = (SM2.a, SM2.b, *SM2.g, *public)
    z = sm3((len(identity) * 8).to_bytes(2, "big") + identity + b"".join(v.to_bytes(32, "big") for v in numbers))
    return sm3(z + message)


def sm2_verify(public, e, rs):
    """GB/T 32918.2-2016 7.1."""
    r, s = int.from_bytes(rs[:32], "big"), int.from_bytes(rs[32:], "big")
    if not (0 < r < SM2.n and 0 < s < SM2.n) or (r + s) % SM2.n == 0:
        return False
    point = SM2.add(SM2.multiply(s), SM2.multiply(r + s, public))
    return point is not None and (int.from_bytes(e, "big") + point[0]) % SM2.n == r
