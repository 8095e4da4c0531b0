package org.yiqian.app;

import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import javax.crypto.Cipher;

/** Keys of the tests: real RSA, and no finger. */
final class SoftwareKeys implements FingerprintKeys {
    final Map<String, KeyPair> pairs = new HashMap<>();
    final Set<String> invalidated = new HashSet<>();
    GeneralSecurityException failure;

    @Override
    public Cipher encrypt(String name) throws GeneralSecurityException {
        if (failure != null) throw failure;
        if (!pairs.containsKey(name) || invalidated.remove(name)) {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
            generator.initialize(2048);
            pairs.put(name, generator.generateKeyPair());
        }
        Cipher cipher = Cipher.getInstance("RSA/ECB/OAEPWithSHA-256AndMGF1Padding");
        cipher.init(Cipher.ENCRYPT_MODE, pairs.get(name).getPublic());
        return cipher;
    }

    @Override
    public Cipher decrypt(String name) throws GeneralSecurityException {
        if (failure != null) throw failure;
        if (!pairs.containsKey(name) || invalidated.contains(name)) return null;
        Cipher cipher = Cipher.getInstance("RSA/ECB/OAEPWithSHA-256AndMGF1Padding");
        cipher.init(Cipher.DECRYPT_MODE, pairs.get(name).getPrivate());
        return cipher;
    }

    @Override
    public void delete(String name) throws GeneralSecurityException {
        if (failure != null) throw failure;
        pairs.remove(name);
    }
}
