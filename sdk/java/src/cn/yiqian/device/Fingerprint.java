package cn.yiqian.device;

/**
 * The platform's authenticator, which keeps small secrets so that only the person's finger (or face) opens them; enrolling another
 * finger must invalidate them. Names as a Storage's.
 */
public interface Fingerprint {
    /** The person closed the prompt. */
    final class Cancelled extends Exception {
        private static final long serialVersionUID = 1L;

        public Cancelled(String text) {
            super(text);
        }
    }

    /**
     * Keeps at most 128 bytes under the name, in place of what was there; durable when it returns. Makes the platform's key where
     * the name has none, and may ask for the finger then; asks nothing where there is one (it wraps with its public half). The
     * array is wiped afterwards.
     */
    void wrap(String name, byte[] secret) throws Exception;

    /**
     * Asks for the finger, with the prompt (what it is for; it may hold texts from outside), and gives the bytes, which the SDK
     * wipes. null: none is kept, or it was invalidated.
     */
    byte[] unwrap(String name, String prompt) throws Exception;

    /** With the platform's key. Nothing happens where there is none. */
    void erase(String name) throws Exception;
}
