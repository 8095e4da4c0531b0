package org.yiqian.app;

import javax.crypto.Cipher;

/** The system's fingerprint prompt. */
interface FingerprintPrompt {
    /** Whether the phone has a sensor that keys may depend on, and a finger is enrolled. */
    boolean available();

    /** Calls one of the listener's, once, on the shell's worker thread. */
    void show(Cipher cipher, String title, Listener listener);

    interface Listener {
        void allowed(Cipher cipher);

        void refused(ShellException why);
    }
}
