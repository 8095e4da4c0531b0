package org.yiqian.app;

import android.security.keystore.KeyGenParameterSpec;
import android.security.keystore.StrongBoxUnavailableException;
import java.io.InputStream;
import java.io.OutputStream;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyPairGeneratorSpi;
import java.security.KeyStoreSpi;
import java.security.Provider;
import java.security.ProviderException;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.UnrecoverableKeyException;
import java.security.cert.Certificate;
import java.security.spec.AlgorithmParameterSpec;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Date;
import java.util.Enumeration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** "AndroidKeyStore" of the tests: keeps what specifications it was asked for, and real RSA keys. */
public final class FakeKeystore extends Provider {
    private static final long serialVersionUID = 1;
    static final String NAME = "AndroidKeyStore";
    static final List<KeyGenParameterSpec> asked = new ArrayList<>();
    static final Set<String> invalidated = new HashSet<>();
    static boolean strongBox;
    static ProviderException failure;
    private static final Map<String, KeyPair> pairs = new HashMap<>();

    public FakeKeystore() {
        super(NAME, "1", "keystore of the tests");
        put("KeyStore.AndroidKeyStore", Store.class.getName());
        put("KeyPairGenerator.RSA", Generator.class.getName());
    }

    static void reset() {
        asked.clear();
        invalidated.clear();
        pairs.clear();
        strongBox = true;
        failure = null;
    }

    public static final class Generator extends KeyPairGeneratorSpi {
        private KeyGenParameterSpec spec;

        @Override
        public void initialize(AlgorithmParameterSpec parameters, SecureRandom random) {
            spec = (KeyGenParameterSpec) parameters;
        }

        @Override
        public void initialize(int size, SecureRandom random) {
            throw new ProviderException("a KeyGenParameterSpec is needed");
        }

        @Override
        public KeyPair generateKeyPair() {
            asked.add(spec);
            if (failure != null) throw failure;
            if (spec.isStrongBoxBacked() && !strongBox) throw new StrongBoxUnavailableException();
            try {
                KeyPairGenerator software = KeyPairGenerator.getInstance("RSA", "SunRsaSign");
                software.initialize(spec.getKeySize());
                KeyPair pair = software.generateKeyPair();
                pairs.put(spec.getKeystoreAlias(), pair);
                invalidated.remove(spec.getKeystoreAlias());
                return pair;
            } catch (GeneralSecurityException failed) {
                throw new ProviderException(failed);
            }
        }
    }

    /** Carries a public key, and is nothing else of a certificate. */
    private static final class Carrier extends Certificate {
        private static final long serialVersionUID = 1;
        private final transient PublicKey key;

        Carrier(PublicKey key) {
            super("carrier");
            this.key = key;
        }

        @Override
        public PublicKey getPublicKey() {
            return key;
        }

        @Override
        public byte[] getEncoded() {
            throw new UnsupportedOperationException();
        }

        @Override
        public void verify(PublicKey issuer) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void verify(PublicKey issuer, String provider) {
            throw new UnsupportedOperationException();
        }

        @Override
        public String toString() {
            return "carrier";
        }
    }

    public static final class Store extends KeyStoreSpi {
        @Override
        public Key engineGetKey(String alias, char[] password) throws UnrecoverableKeyException {
            if (!pairs.containsKey(alias)) return null;
            if (invalidated.contains(alias)) throw new UnrecoverableKeyException("another finger was enrolled");
            return pairs.get(alias).getPrivate();
        }

        @Override
        public Certificate engineGetCertificate(String alias) {
            return pairs.containsKey(alias) ? new Carrier(pairs.get(alias).getPublic()) : null;
        }

        @Override
        public void engineDeleteEntry(String alias) {
            pairs.remove(alias);
        }

        @Override
        public boolean engineContainsAlias(String alias) {
            return pairs.containsKey(alias);
        }

        @Override
        public Enumeration<String> engineAliases() {
            return Collections.enumeration(pairs.keySet());
        }

        @Override
        public int engineSize() {
            return pairs.size();
        }

        @Override
        public boolean engineIsKeyEntry(String alias) {
            return pairs.containsKey(alias);
        }

        @Override
        public boolean engineIsCertificateEntry(String alias) {
            return false;
        }

        @Override
        public void engineLoad(InputStream stream, char[] password) {}

        @Override
        public Certificate[] engineGetCertificateChain(String alias) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Date engineGetCreationDate(String alias) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void engineSetKeyEntry(String alias, Key key, char[] password, Certificate[] chain) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void engineSetKeyEntry(String alias, byte[] key, Certificate[] chain) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void engineSetCertificateEntry(String alias, Certificate certificate) {
            throw new UnsupportedOperationException();
        }

        @Override
        public String engineGetCertificateAlias(Certificate certificate) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void engineStore(OutputStream stream, char[] password) {
            throw new UnsupportedOperationException();
        }
    }
}
