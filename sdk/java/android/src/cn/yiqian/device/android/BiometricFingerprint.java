package cn.yiqian.device.android;

import android.app.Activity;
import android.hardware.biometrics.BiometricPrompt;
import android.os.CancellationSignal;
import android.security.keystore.KeyGenParameterSpec;
import android.security.keystore.KeyPermanentlyInvalidatedException;
import android.security.keystore.KeyProperties;
import cn.yiqian.device.Fingerprint;
import cn.yiqian.device.Storage;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyFactory;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.UnrecoverableKeyException;
import java.security.cert.Certificate;
import java.security.spec.MGF1ParameterSpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import javax.crypto.Cipher;
import javax.crypto.spec.OAEPParameterSpec;
import javax.crypto.spec.PSource;

/**
 * RSA keys in the Android Keystore, whose private half decrypts once after a finger (Android's own prompt: no service of a maker's), and whose
 * public half encrypts without one. Enrolling another finger invalidates them. The device's calls must not be made on the main thread,
 * where the prompt is shown.
 */
public final class BiometricFingerprint implements Fingerprint {
    private static final String PREFIX = "yiqian:fingerprint:";
    private static final String TRANSFORMATION = "RSA/ECB/OAEPWithSHA-256AndMGF1Padding";
    /** The Keystore has MGF1 with SHA-1 alone, whatever the hash: both sides must say so. */
    private static final OAEPParameterSpec OAEP =
            new OAEPParameterSpec("SHA-256", "MGF1", MGF1ParameterSpec.SHA1, PSource.PSpecified.DEFAULT);
    private static final int BITS = 2048;

    private final Activity activity;
    private final Storage wrapped;
    private final String usePin;

    /**
     * @param wrapped where what is wrapped is kept: not the device's own storage, whose names are these, too
     * @param usePin the text of the prompt's other button: use the PIN
     */
    public BiometricFingerprint(Activity activity, Storage wrapped, String usePin) {
        this.activity = activity;
        this.wrapped = wrapped;
        this.usePin = usePin;
    }

    @Override
    public void wrap(String name, byte[] secret) throws GeneralSecurityException, IOException {
        if (decrypting(name) == null) { // none, or invalidated: behind it the secret would be shut in for good
            generate(name);
        }
        Certificate certificate = store().getCertificate(PREFIX + name);
        // Taken out of the Keystore: inside it the public half asks for the finger, too, on some phones.
        byte[] open = certificate.getPublicKey().getEncoded();
        Cipher cipher = Cipher.getInstance(TRANSFORMATION);
        cipher.init(Cipher.ENCRYPT_MODE, KeyFactory.getInstance("RSA").generatePublic(new X509EncodedKeySpec(open)), OAEP);
        wrapped.save(name, cipher.doFinal(secret));
    }

    @Override
    public byte[] unwrap(String name, String prompt) throws Exception {
        byte[] sealed = wrapped.load(name);
        Cipher cipher = sealed == null ? null : decrypting(name);
        return cipher == null ? null : ask(cipher, prompt).doFinal(sealed);
    }

    @Override
    public void erase(String name) throws GeneralSecurityException, IOException {
        wrapped.erase(name);
        store().deleteEntry(PREFIX + name);
    }

    private static KeyStore store() throws GeneralSecurityException, IOException {
        KeyStore store = KeyStore.getInstance("AndroidKeyStore");
        store.load(null);
        return store;
    }

    private static Cipher decrypting(String name) throws GeneralSecurityException, IOException {
        try {
            Key key = store().getKey(PREFIX + name, null);
            if (key == null) {
                return null;
            }
            Cipher cipher = Cipher.getInstance(TRANSFORMATION);
            cipher.init(Cipher.DECRYPT_MODE, key, OAEP);
            return cipher;
        } catch (KeyPermanentlyInvalidatedException | UnrecoverableKeyException gone) {
            return null;
        }
    }

    private static void generate(String name) throws GeneralSecurityException {
        KeyPairGenerator generator = KeyPairGenerator.getInstance(KeyProperties.KEY_ALGORITHM_RSA, "AndroidKeyStore");
        generator.initialize(new KeyGenParameterSpec.Builder(PREFIX + name, KeyProperties.PURPOSE_DECRYPT).setKeySize(BITS)
                .setDigests(KeyProperties.DIGEST_SHA256, KeyProperties.DIGEST_SHA1)
                .setEncryptionPaddings(KeyProperties.ENCRYPTION_PADDING_RSA_OAEP)
                .setUserAuthenticationRequired(true) // without a validity in seconds: every use takes a finger
                .setInvalidatedByBiometricEnrollment(true).build());
        generator.generateKeyPair();
    }

    private Cipher ask(Cipher cipher, String prompt) throws Exception {
        CompletableFuture<Cipher> answer = new CompletableFuture<>();
        activity.runOnUiThread(() -> {
            try {
                show(cipher, prompt, answer);
            } catch (RuntimeException e) {
                answer.completeExceptionally(e);
            }
        });
        try {
            return answer.get();
        } catch (ExecutionException e) {
            throw e.getCause() instanceof Exception ? (Exception) e.getCause() : e;
        }
    }

    private void show(Cipher cipher, String prompt, CompletableFuture<Cipher> answer) {
        Executor here = Runnable::run;
        BiometricPrompt shown = new BiometricPrompt.Builder(activity).setTitle(prompt)
                .setNegativeButton(usePin, here, (dialog, which) -> answer.completeExceptionally(new Cancelled("the person wants the PIN")))
                .build();
        shown.authenticate(new BiometricPrompt.CryptoObject(cipher), new CancellationSignal(), here,
                new BiometricPrompt.AuthenticationCallback() {
                    @Override
                    public void onAuthenticationSucceeded(BiometricPrompt.AuthenticationResult result) {
                        answer.complete(result.getCryptoObject().getCipher());
                    }

                    @Override
                    public void onAuthenticationError(int code, CharSequence message) {
                        boolean closed = code == BiometricPrompt.BIOMETRIC_ERROR_CANCELED
                                || code == BiometricPrompt.BIOMETRIC_ERROR_USER_CANCELED || code == BiometricPrompt.BIOMETRIC_ERROR_TIMEOUT;
                        answer.completeExceptionally(closed ? new Cancelled("the prompt was closed") : new IOException(code + " " + message));
                    }
                });
    }
}
