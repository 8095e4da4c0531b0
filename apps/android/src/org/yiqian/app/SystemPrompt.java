package org.yiqian.app;

import android.app.Activity;
import android.content.DialogInterface;
import android.content.pm.PackageManager;
import android.hardware.biometrics.BiometricManager;
import android.hardware.biometrics.BiometricPrompt;
import android.hardware.fingerprint.FingerprintManager;
import android.os.Build;
import android.os.CancellationSignal;
import java.util.concurrent.Executor;
import javax.crypto.Cipher;

/** Android's own prompt: no Google service, and none of a maker. */
final class SystemPrompt implements FingerprintPrompt {
    private final Activity activity;
    private final Executor worker;

    SystemPrompt(Activity activity, Executor worker) {
        this.activity = activity;
        this.worker = worker;
    }

    @Override
    @SuppressWarnings("deprecation")
    public boolean available() {
        if (Build.VERSION.SDK_INT >= 30)
            return activity.getSystemService(BiometricManager.class).canAuthenticate(BiometricManager.Authenticators.BIOMETRIC_STRONG) == BiometricManager.BIOMETRIC_SUCCESS;
        if (Build.VERSION.SDK_INT >= 29) return activity.getSystemService(BiometricManager.class).canAuthenticate() == BiometricManager.BIOMETRIC_SUCCESS;
        if (!activity.getPackageManager().hasSystemFeature(PackageManager.FEATURE_FINGERPRINT)) return false;
        FingerprintManager manager = activity.getSystemService(FingerprintManager.class);
        return manager != null && manager.isHardwareDetected() && manager.hasEnrolledFingerprints();
    }

    @Override
    public void show(final Cipher cipher, final String title, final Listener listener) {
        activity.runOnUiThread(new Runnable() {
            @Override
            public void run() {
                ask(cipher, title, new Once(listener));
            }
        });
    }

    private void ask(Cipher cipher, String title, final Once listener) {
        BiometricPrompt prompt = new BiometricPrompt.Builder(activity)
            .setTitle(title)
            .setNegativeButton(activity.getString(R.string.use_pin), worker, new DialogInterface.OnClickListener() {
                @Override
                public void onClick(DialogInterface dialog, int which) {
                    listener.refused(new ShellException("cancelled", "the person wants the PIN"));
                }
            })
            .build();
        prompt.authenticate(new BiometricPrompt.CryptoObject(cipher), new CancellationSignal(), worker, new BiometricPrompt.AuthenticationCallback() {
            @Override
            public void onAuthenticationSucceeded(BiometricPrompt.AuthenticationResult result) {
                listener.allowed(result.getCryptoObject().getCipher());
            }

            @Override
            public void onAuthenticationError(int code, CharSequence message) {
                listener.refused(refusal(code));
            }
        });
    }

    static ShellException refusal(int code) {
        switch (code) {
            case BiometricPrompt.BIOMETRIC_ERROR_CANCELED:
            case BiometricPrompt.BIOMETRIC_ERROR_USER_CANCELED:
            case BiometricPrompt.BIOMETRIC_ERROR_TIMEOUT:
                return new ShellException("cancelled", "the prompt was closed");
            case BiometricPrompt.BIOMETRIC_ERROR_NO_BIOMETRICS:
            case BiometricPrompt.BIOMETRIC_ERROR_HW_NOT_PRESENT:
                return new ShellException("fingerprint_off", "no finger is enrolled");
            case BiometricPrompt.BIOMETRIC_ERROR_LOCKOUT:
            case BiometricPrompt.BIOMETRIC_ERROR_LOCKOUT_PERMANENT:
                return new ShellException("fingerprint_failed", "the phone locked the sensor after wrong fingers");
            default:
                return new ShellException("fingerprint_failed", "the sensor failed, " + code);
        }
    }

    /** After its button some Androids report an error as well. */
    private static final class Once {
        private Listener listener;

        Once(Listener listener) {
            this.listener = listener;
        }

        void allowed(Cipher cipher) {
            Listener told = take();
            if (told != null) told.allowed(cipher);
        }

        void refused(ShellException why) {
            Listener told = take();
            if (told != null) told.refused(why);
        }

        private synchronized Listener take() {
            Listener told = listener;
            listener = null;
            return told;
        }
    }
}
