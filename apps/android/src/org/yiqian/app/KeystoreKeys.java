package org.yiqian.app;

import android.security.keystore.KeyGenParameterSpec;
import android.security.keystore.KeyPermanentlyInvalidatedException;
import android.security.keystore.KeyProperties;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyFactory;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.ProviderException;
import java.security.PublicKey;
import java.security.UnrecoverableKeyException;
import java.security.cert.Certificate;
import java.security.spec.MGF1ParameterSpec;
import java.security.spec.X509EncodedKeySpec;
import javax.crypto.Cipher;
import javax.crypto.spec.OAEPParameterSpec;
import javax.crypto.spec.PSource;

/**
 * RSA keys in the Android Keystore, in the security chip (StrongBox) where the phone has one. RSA, because its public half encrypts without anybody's finger on every
 * Android from 9 on; elliptic curves do key agreement there only from 12 on. 2048 bits is what StrongBox takes, and OAEP with SHA-256 holds 190 bytes.
 */
final class KeystoreKeys implements FingerprintKeys {
    private static final String STORE = "AndroidKeyStore";
    private static final String PREFIX = "fingerprint:";
    private static final String TRANSFORMATION = "RSA/ECB/OAEPWithSHA-256AndMGF1Padding";
    /** The Keystore has MGF1 with SHA-1 alone, whatever the hash: both sides must say so. MGF1 does not lean on collision resistance. */
    private static final OAEPParameterSpec OAEP = new OAEPParameterSpec("SHA-256", "MGF1", MGF1ParameterSpec.SHA1, PSource.PSpecified.DEFAULT);

    @Override
    public Cipher encrypt(String name) throws GeneralSecurityException {
        KeyStore store = open();
        Certificate certificate = store.getCertificate(PREFIX + name);
        // Behind an invalidated key the wrap would be shut for good.
        if (certificate == null || decrypt(name) == null) {
            generate(name);
            certificate = store.getCertificate(PREFIX + name);
        }
        if (certificate == null) throw new UnrecoverableKeyException("no certificate after generation");
        // Taken out of the Keystore: inside it, the public half asks for the finger as well on some phones.
        PublicKey key = KeyFactory.getInstance("RSA").generatePublic(new X509EncodedKeySpec(certificate.getPublicKey().getEncoded()));
        Cipher cipher = Cipher.getInstance(TRANSFORMATION);
        cipher.init(Cipher.ENCRYPT_MODE, key, OAEP);
        return cipher;
    }

    @Override
    public Cipher decrypt(String name) throws GeneralSecurityException {
        try {
            Key key = open().getKey(PREFIX + name, null);
            if (key == null) return null;
            Cipher cipher = Cipher.getInstance(TRANSFORMATION);
            cipher.init(Cipher.DECRYPT_MODE, key, OAEP);
            return cipher;
        } catch (KeyPermanentlyInvalidatedException | UnrecoverableKeyException gone) {
            return null;
        }
    }

    @Override
    public void delete(String name) throws GeneralSecurityException {
        open().deleteEntry(PREFIX + name);
    }

    private static void generate(String name) throws GeneralSecurityException {
        try {
            try {
                generate(name, true);
            } catch (ProviderException none) {
                // StrongBoxUnavailableException is one; some chips say it less plainly.
                generate(name, false);
            }
        } catch (ProviderException failed) {
            throw new GeneralSecurityException(failed);
        }
    }

    private static void generate(String name, boolean strongBox) throws GeneralSecurityException {
        KeyPairGenerator generator = KeyPairGenerator.getInstance(KeyProperties.KEY_ALGORITHM_RSA, STORE);
        generator.initialize(new KeyGenParameterSpec.Builder(PREFIX + name, KeyProperties.PURPOSE_DECRYPT)
            .setKeySize(2048)
            .setDigests(KeyProperties.DIGEST_SHA256, KeyProperties.DIGEST_SHA1)
            .setEncryptionPaddings(KeyProperties.ENCRYPTION_PADDING_RSA_OAEP)
            // Without a validity in seconds: every use takes a finger, and the screen's PIN or pattern does not do.
            .setUserAuthenticationRequired(true)
            .setInvalidatedByBiometricEnrollment(true)
            .setIsStrongBoxBacked(strongBox)
            .build());
        generator.generateKeyPair();
    }

    private static KeyStore open() throws GeneralSecurityException {
        try {
            KeyStore store = KeyStore.getInstance(STORE);
            store.load(null);
            return store;
        } catch (IOException failed) {
            throw new GeneralSecurityException(failed);
        }
    }
}
