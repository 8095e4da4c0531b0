package cn.yiqian.device;

import java.util.Arrays;

/** 6 to 12 ASCII digits, for one call, which wipes them. */
public final class Pin extends Proof implements AutoCloseable {
    private static final int LONGEST = 64; // longer ones are no PIN either, and need not be kept to be refused

    private byte[] digits;

    private Pin(byte[] digits) {
        this.digits = digits;
    }

    /** Takes the digits out of the array: it is wiped. */
    public static Pin of(char[] digits) {
        byte[] own = new byte[Math.min(digits.length, LONGEST)];
        for (int i = 0; i < own.length; i++) {
            own[i] = (byte) (digits[i] < 0x80 ? digits[i] : 0xff);
        }
        Arrays.fill(digits, '\0');
        return new Pin(own);
    }

    /** Takes the digits out of the array: it is wiped. */
    public static Pin of(byte[] digits) {
        byte[] own = Arrays.copyOf(digits, Math.min(digits.length, LONGEST));
        Arrays.fill(digits, (byte) 0);
        return new Pin(own);
    }

    @Override
    synchronized byte[] take() {
        if (digits == null) {
            throw new IllegalStateException("a PIN is for one call: it was wiped");
        }
        byte[] taken = digits;
        digits = null;
        return taken;
    }

    /** Wipes what no call took. */
    @Override
    public synchronized void close() {
        if (digits != null) {
            Arrays.fill(digits, (byte) 0);
            digits = null;
        }
    }
}
