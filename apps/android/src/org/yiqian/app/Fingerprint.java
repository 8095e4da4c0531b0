package org.yiqian.app;

import android.content.SharedPreferences;
import android.util.Base64;
import java.security.GeneralSecurityException;
import java.security.ProviderException;
import java.util.Arrays;
import javax.crypto.Cipher;

/** Keeps secrets of the page so that only the person's finger opens them. All calls on the shell's worker thread. */
final class Fingerprint {
    static final int SECRET_MAX = 128;
    /** As many characters as the SDK's prompts have bytes. */
    static final int PROMPT_MAX = 255;
    static final int SECRETS_MAX = 32;

    interface Opened {
        /** The bytes are wiped when this returns. */
        void opened(byte[] secret);

        void refused(ShellException why);
    }

    private final FingerprintKeys keys;
    private final FingerprintPrompt prompt;
    private final SharedPreferences wrapped;
    private boolean asking;

    Fingerprint(FingerprintKeys keys, FingerprintPrompt prompt, SharedPreferences wrapped) {
        this.keys = keys;
        this.prompt = prompt;
        this.wrapped = wrapped;
    }

    boolean available() {
        return prompt.available();
    }

    void wrap(String name, byte[] secret) throws ShellException {
        checkName(name);
        if (secret.length == 0 || secret.length > SECRET_MAX) throw new ShellException("invalid_argument", "a secret has 1 to 128 bytes");
        if (!prompt.available()) throw new ShellException("fingerprint_failed", "no fingerprint is enrolled on this phone");
        if (!wrapped.contains(name) && wrapped.getAll().size() >= SECRETS_MAX) throw new ShellException("limit_reached", "too many secrets");
        try {
            String text = Base64.encodeToString(keys.encrypt(name).doFinal(secret), Base64.NO_WRAP);
            if (!wrapped.edit().putString(name, text).commit()) throw new ShellException("storage_failed", "the wrapped secret could not be kept");
        } catch (GeneralSecurityException failed) {
            throw failed(failed);
        }
    }

    void unwrap(String name, String title, final Opened opened) throws ShellException {
        checkName(name);
        if (title.isEmpty() || title.length() > PROMPT_MAX) throw new ShellException("invalid_argument", "a prompt has 1 to 255 characters");
        if (asking) throw new ShellException("wrong_state", "the fingerprint is being asked for already");
        final byte[] text = wrappedSecret(name);
        Cipher cipher;
        try {
            cipher = keys.decrypt(name);
        } catch (GeneralSecurityException failed) {
            throw failed(failed);
        }
        if (cipher == null) {
            // Another finger was enrolled, and the key is gone for good.
            erase(name);
            throw off();
        }
        asking = true;
        prompt.show(cipher, title, new FingerprintPrompt.Listener() {
            @Override
            public void allowed(Cipher allowed) {
                asking = false;
                byte[] secret;
                try {
                    secret = allowed.doFinal(text);
                } catch (GeneralSecurityException | ProviderException failed) {
                    opened.refused(failed(failed));
                    return;
                }
                try {
                    opened.opened(secret);
                } finally {
                    Arrays.fill(secret, (byte) 0);
                }
            }

            @Override
            public void refused(ShellException why) {
                asking = false;
                opened.refused(why);
            }
        });
    }

    void erase(String name) throws ShellException {
        checkName(name);
        try {
            keys.delete(name);
        } catch (GeneralSecurityException failed) {
            throw failed(failed);
        }
        if (!wrapped.edit().remove(name).commit()) throw new ShellException("storage_failed", "the wrapped secret could not be erased");
    }

    private byte[] wrappedSecret(String name) throws ShellException {
        String text = wrapped.getString(name, "");
        if (text.isEmpty()) throw off();
        try {
            return Base64.decode(text, Base64.NO_WRAP);
        } catch (IllegalArgumentException damaged) {
            throw off();
        }
    }

    private static void checkName(String name) throws ShellException {
        if (!name.matches("[A-Za-z0-9._:/-]{1,128}")) throw new ShellException("invalid_argument", "no name of a secret");
    }

    private static ShellException off() {
        return new ShellException("fingerprint_off", "nothing is kept for this fingerprint");
    }

    /** The class says what kind of failure it was; a message of the phone's maker goes to no page. */
    private static ShellException failed(Exception failure) {
        return new ShellException("fingerprint_failed", failure.getClass().getSimpleName());
    }
}
