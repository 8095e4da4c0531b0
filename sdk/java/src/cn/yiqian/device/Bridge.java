package cn.yiqian.device;

import java.nio.charset.StandardCharsets;

/** What the native library calls (jni/bridge.c). Nothing is thrown here: what a platform throws is kept for the call. */
final class Bridge {
    /** What a call asks the person: bytes in, bytes out, null for no. */
    interface Question {
        byte[] ask(Input in) throws Exception;
    }

    private static final int OK = 0;
    private static final int FAILED = 1;
    private static final int NOT_FOUND = 2;
    private static final int CANCELLED = 3;

    private final Platform platform;
    private final Handle handle;

    Bridge(Platform platform, Handle handle) {
        this.platform = platform;
        this.handle = handle;
    }

    private static int failed(Throwable failure) {
        Native.thrown(failure);
        return FAILED;
    }

    int load(String name, byte[][] out) {
        try {
            out[0] = platform.storage.load(name);
            return out[0] == null ? NOT_FOUND : OK;
        } catch (Throwable e) {
            return failed(e);
        }
    }

    int save(String name, byte[] record) {
        try {
            platform.storage.save(name, record);
            return OK;
        } catch (Throwable e) {
            return failed(e);
        }
    }

    int erase(String name) {
        try {
            platform.storage.erase(name);
            return OK;
        } catch (Throwable e) {
            return failed(e);
        }
    }

    int exchange(byte[] head, byte[] body, int[] status, byte[][] out) {
        try {
            handle.reached();
            HttpResponse response = platform.transport.exchange(new HttpRequest(new Input(head), body));
            status[0] = response.status;
            out[0] = response.body;
            return OK;
        } catch (Throwable e) {
            return failed(e);
        } finally {
            Native.wipe(head);
            Native.wipe(body);
        }
    }

    void stop() {
        try {
            platform.transport.stop();
        } catch (Throwable e) {
            failed(e);
        }
    }

    int fill(byte[] out) {
        try {
            platform.entropy.fill(out);
            return OK;
        } catch (Throwable e) {
            return failed(e);
        }
    }

    int createCredential(String name, byte[][] out) {
        try {
            out[0] = platform.credential.create(name);
            return OK;
        } catch (Throwable e) {
            return failed(e);
        }
    }

    int sign(String name, byte[] message, byte[][] out) {
        try {
            out[0] = platform.credential.sign(name, message);
            return OK;
        } catch (Throwable e) {
            return failed(e);
        }
    }

    int eraseCredential(String name) {
        try {
            platform.credential.erase(name);
            return OK;
        } catch (Throwable e) {
            return failed(e);
        }
    }

    long now() {
        try {
            return platform.clock == null ? System.currentTimeMillis() / 1000 : platform.clock.now();
        } catch (Throwable e) {
            failed(e);
            return 0;
        }
    }

    boolean hasFingerprint() {
        return platform.fingerprint != null;
    }

    private static int refused(Throwable failure) {
        int said = failed(failure);
        return failure instanceof Fingerprint.Cancelled ? CANCELLED : said;
    }

    int wrap(String name, byte[] secret) {
        try {
            platform.fingerprint.wrap(name, secret);
            return OK;
        } catch (Throwable e) {
            return refused(e);
        } finally {
            Native.wipe(secret);
        }
    }

    /** The prompt has texts from outside: UTF-8. */
    int unwrap(String name, byte[] prompt, byte[][] out) {
        try {
            out[0] = platform.fingerprint.unwrap(name, new String(prompt, StandardCharsets.UTF_8));
            return out[0] == null ? NOT_FOUND : OK;
        } catch (Throwable e) {
            return refused(e);
        }
    }

    int eraseWrap(String name) {
        try {
            platform.fingerprint.erase(name);
            return OK;
        } catch (Throwable e) {
            return failed(e);
        }
    }

    /** null for no. */
    static byte[] ask(Object question, byte[] in) {
        try {
            return ((Question) question).ask(new Input(in));
        } catch (Throwable e) {
            failed(e);
            return null;
        }
    }
}
