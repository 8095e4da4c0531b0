package org.yiqian.app;

import javax.crypto.Cipher;

/** A prompt that does what the test says: at once, or when it calls touch(). */
final class ScriptedPrompt implements FingerprintPrompt {
    boolean available = true;
    ShellException refusal;
    boolean waits;
    String title;
    int shown;
    private Cipher cipher;
    private Listener listener;

    @Override
    public boolean available() {
        return available;
    }

    @Override
    public void show(Cipher shownCipher, String shownTitle, Listener shownListener) {
        shown++;
        cipher = shownCipher;
        title = shownTitle;
        listener = shownListener;
        if (!waits) touch();
    }

    void touch() {
        if (refusal != null) listener.refused(refusal);
        else listener.allowed(cipher);
    }
}
