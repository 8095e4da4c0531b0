package cn.yiqian.device.android;

import android.security.keystore.KeyGenParameterSpec;
import android.security.keystore.KeyProperties;
import cn.yiqian.device.Storage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.ProviderException;
import java.util.Arrays;
import javax.crypto.Cipher;
import javax.crypto.KeyGenerator;
import javax.crypto.SecretKey;
import javax.crypto.spec.GCMParameterSpec;

/**
 * Another storage (files), with its records encrypted by a key of the Android Keystore that cannot be exported: a copy of the files
 * is of no use elsewhere. Each record is bound to its name.
 */
public final class KeystoreStorage implements Storage {
    private static final String ALIAS = "yiqian:storage";
    private static final int IV = 12;
    private static final int TAG_BITS = 128;

    private final Storage inner;

    public KeystoreStorage(Storage inner) {
        this.inner = inner;
    }

    @Override
    public byte[] load(String name) throws IOException {
        byte[] record = inner.load(name);
        if (record == null) {
            return null;
        }
        try {
            Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
            cipher.init(Cipher.DECRYPT_MODE, key(), new GCMParameterSpec(TAG_BITS, Arrays.copyOf(record, IV)));
            cipher.updateAAD(name.getBytes(StandardCharsets.US_ASCII));
            return cipher.doFinal(record, IV, Math.max(0, record.length - IV));
        } catch (GeneralSecurityException | ProviderException e) {
            throw new IOException("the record cannot be opened: " + name, e);
        }
    }

    @Override
    public void save(String name, byte[] record) throws IOException {
        try {
            Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
            cipher.init(Cipher.ENCRYPT_MODE, key()); // the Keystore draws the IV
            cipher.updateAAD(name.getBytes(StandardCharsets.US_ASCII));
            byte[] sealed = cipher.doFinal(record);
            byte[] out = Arrays.copyOf(cipher.getIV(), IV + sealed.length);
            System.arraycopy(sealed, 0, out, IV, sealed.length);
            inner.save(name, out);
        } catch (GeneralSecurityException | ProviderException e) {
            throw new IOException("the record cannot be sealed: " + name, e);
        }
    }

    @Override
    public void erase(String name) throws IOException {
        inner.erase(name);
    }

    private static synchronized SecretKey key() throws GeneralSecurityException, IOException {
        KeyStore store = KeyStore.getInstance("AndroidKeyStore");
        store.load(null);
        SecretKey key = (SecretKey) store.getKey(ALIAS, null);
        if (key != null) {
            return key;
        }
        KeyGenerator generator = KeyGenerator.getInstance(KeyProperties.KEY_ALGORITHM_AES, "AndroidKeyStore");
        generator.init(new KeyGenParameterSpec.Builder(ALIAS, KeyProperties.PURPOSE_ENCRYPT | KeyProperties.PURPOSE_DECRYPT)
                .setBlockModes(KeyProperties.BLOCK_MODE_GCM).setEncryptionPaddings(KeyProperties.ENCRYPTION_PADDING_NONE).setKeySize(256).build());
        return generator.generateKey();
    }
}
