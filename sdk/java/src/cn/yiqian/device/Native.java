package cn.yiqian.device;

import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/** The one way into the native library: a call's number, what it takes and what it gives, as bytes. */
final class Native {
    /** Of the call that is made on this thread: what a callback threw. The callbacks come on the calling thread. */
    private static final ThreadLocal<Throwable> THROWN = new ThreadLocal<>();

    static {
        String path = System.getProperty("cn.yiqian.device.library"); // a file; else where the system looks
        if (path != null) {
            System.load(path);
        } else {
            System.loadLibrary("yiqian-device-jni");
        }
        if (operations() != Operation.values().length) {
            throw new UnsatisfiedLinkError("the native library is of another version");
        }
    }

    private Native() {
    }

    private static native int operations();

    /** A status, the problem where the server refused, and what the call gives. */
    private static native byte[] call(int operation, long handle, byte[] in, byte[] pin, byte[] newPin, byte[][] documents,
            Object callback);

    static void thrown(Throwable failure) {
        if (THROWN.get() == null) { // the first is the cause
            THROWN.set(failure);
        }
    }

    static Answer call(Operation operation, long handle, Output in) {
        return call(operation, handle, in, null, null, null, null);
    }

    /** Wipes pin, newPin and what in holds. */
    static Answer call(Operation operation, long handle, Output in, byte[] pin, byte[] newPin, byte[][] documents, Object callback) {
        byte[] packed = in.take();
        Throwable outer = THROWN.get(); // of a call in whose callback this one is made, on another object
        THROWN.remove();
        try {
            return new Answer(call(operation.ordinal(), handle, packed, pin, newPin, documents, callback), THROWN.get());
        } finally {
            THROWN.set(outer);
            wipe(packed);
            wipe(pin);
            wipe(newPin);
        }
    }

    static void wipe(byte[] secret) {
        if (secret != null) {
            Arrays.fill(secret, (byte) 0);
        }
    }

    static final class Answer {
        final Status status;
        private final String text;
        private final Problem problem;
        private final Throwable thrown;
        private final Input rest;

        Answer(byte[] data, Throwable thrown) {
            rest = new Input(data);
            this.thrown = thrown;
            status = Status.of(rest.integer());
            text = rest.text();
            problem = rest.flag() ? new Problem(rest) : null;
        }

        Input orThrow() throws YiqianException {
            return orThrow(Collections.<SignResult>emptyList(), null);
        }

        Input orThrow(List<SignResult> results, Key key) throws YiqianException {
            if (status != Status.OK) {
                String said = problem == null ? text : text + " (" + problem.code + ": " + problem.titleEn + ")";
                throw new YiqianException(status, said, problem, results, key, thrown);
            }
            return rest;
        }

        /** What is given in other cases than OK, too. */
        Input rest() {
            return rest;
        }
    }
}
