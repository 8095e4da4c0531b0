package cn.yiqian.device;

import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.interfaces.ECPublicKey;
import java.util.Arrays;

/** From Java's forms of keys and signatures to those of {@link Credential}. */
public final class P256 {
    private static final int COORDINATE = 32;

    private P256() {
    }

    /** 04 || X || Y. */
    public static byte[] point(ECPublicKey key) throws GeneralSecurityException {
        byte[] out = new byte[1 + 2 * COORDINATE];
        out[0] = 4;
        number(key.getW().getAffineX(), out, 1);
        number(key.getW().getAffineY(), out, 1 + COORDINATE);
        return out;
    }

    private static void number(BigInteger value, byte[] out, int at) throws GeneralSecurityException {
        byte[] bytes = value.toByteArray(); // with a 0 before where its highest bit is set
        int skip = Math.max(0, bytes.length - COORDINATE);
        for (int i = 0; i < skip; i++) {
            if (bytes[i] != 0) {
                throw new GeneralSecurityException("a number of P-256 is longer than 32 bytes");
            }
        }
        System.arraycopy(bytes, skip, out, at + COORDINATE - (bytes.length - skip), bytes.length - skip);
    }

    /** SEQUENCE { r, s } as r || s. */
    public static byte[] fixed(byte[] der) throws GeneralSecurityException {
        byte[] out = new byte[2 * COORDINATE];
        int at = 2;
        for (int i = 0; i < 2; i++) {
            if (at + 2 > der.length || der[at] != 2 || der[at + 1] < 1 || at + 2 + der[at + 1] > der.length) {
                throw new GeneralSecurityException("no ECDSA signature");
            }
            number(new BigInteger(Arrays.copyOfRange(der, at + 2, at + 2 + der[at + 1])), out, i * COORDINATE);
            at += 2 + der[at + 1];
        }
        return out;
    }
}
