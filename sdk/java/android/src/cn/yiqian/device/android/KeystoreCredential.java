package cn.yiqian.device.android;

import android.security.keystore.KeyGenParameterSpec;
import android.security.keystore.KeyProperties;
import cn.yiqian.device.Credential;
import cn.yiqian.device.P256;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.ProviderException;
import java.security.Signature;
import java.security.cert.Certificate;
import java.security.interfaces.ECPublicKey;
import java.security.spec.ECGenParameterSpec;

/** P-256 keys in the Android Keystore: in the phone's security chip where there is one, and out of it never. */
public final class KeystoreCredential implements Credential {
    private static final String PREFIX = "yiqian:";

    @Override
    public synchronized byte[] create(String name) throws GeneralSecurityException, IOException {
        KeyStore store = open();
        Certificate certificate = store.getCertificate(PREFIX + name);
        if (certificate == null) {
            try {
                generate(name, true);
            } catch (ProviderException none) { // StrongBoxUnavailableException is one; some chips say it less plainly
                generate(name, false);
            }
            certificate = store.getCertificate(PREFIX + name);
        }
        return P256.point((ECPublicKey) certificate.getPublicKey());
    }

    private static void generate(String name, boolean strongBox) throws GeneralSecurityException {
        KeyPairGenerator generator = KeyPairGenerator.getInstance(KeyProperties.KEY_ALGORITHM_EC, "AndroidKeyStore");
        generator.initialize(new KeyGenParameterSpec.Builder(PREFIX + name, KeyProperties.PURPOSE_SIGN)
                .setAlgorithmParameterSpec(new ECGenParameterSpec("secp256r1")).setDigests(KeyProperties.DIGEST_SHA256)
                .setIsStrongBoxBacked(strongBox).build());
        generator.generateKeyPair();
    }

    @Override
    public byte[] sign(String name, byte[] message) throws GeneralSecurityException, IOException {
        PrivateKey key = (PrivateKey) open().getKey(PREFIX + name, null);
        if (key == null) {
            throw new IOException("there is no key " + name);
        }
        Signature signature = Signature.getInstance("SHA256withECDSA");
        signature.initSign(key);
        signature.update(message);
        return P256.fixed(signature.sign());
    }

    @Override
    public void erase(String name) throws GeneralSecurityException, IOException {
        open().deleteEntry(PREFIX + name);
    }

    private static KeyStore open() throws GeneralSecurityException, IOException {
        KeyStore store = KeyStore.getInstance("AndroidKeyStore");
        store.load(null);
        return store;
    }
}
