package org.yiqian.app;

import static org.junit.Assert.assertArrayEquals;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertNull;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import android.security.keystore.KeyGenParameterSpec;
import android.security.keystore.KeyProperties;
import java.security.GeneralSecurityException;
import java.security.ProviderException;
import java.security.Security;
import org.junit.After;
import org.junit.Before;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.robolectric.RobolectricTestRunner;

/** Against a provider in place of Android's Keystore, which takes the same specifications and keeps real RSA keys. */
@RunWith(RobolectricTestRunner.class)
public class KeystoreKeysTest {
    private final KeystoreKeys keys = new KeystoreKeys();

    @Before
    public void install() {
        FakeKeystore.reset();
        Security.addProvider(new FakeKeystore());
    }

    @After
    public void uninstall() {
        Security.removeProvider(FakeKeystore.NAME);
    }

    @Test
    public void aKeyOpensForTheFingerAlone() throws GeneralSecurityException {
        keys.encrypt("key-1");
        assertEquals(1, FakeKeystore.asked.size());
        KeyGenParameterSpec spec = FakeKeystore.asked.get(0);
        assertEquals("fingerprint:key-1", spec.getKeystoreAlias());
        assertTrue(spec.isUserAuthenticationRequired());
        assertTrue("every use asks", spec.getUserAuthenticationValidityDurationSeconds() <= 0);
        assertTrue(spec.isInvalidatedByBiometricEnrollment());
        assertTrue("in the security chip", spec.isStrongBoxBacked());
        assertEquals(KeyProperties.PURPOSE_DECRYPT, spec.getPurposes());
        assertEquals(2048, spec.getKeySize());
        assertArrayEquals(new String[] {KeyProperties.ENCRYPTION_PADDING_RSA_OAEP}, spec.getEncryptionPaddings());
    }

    @Test
    public void whatOneHalfWrapsTheOtherOpens() throws GeneralSecurityException {
        byte[] secret = new byte[Fingerprint.SECRET_MAX];
        secret[0] = 1;
        byte[] wrapped = keys.encrypt("key-1").doFinal(secret);
        assertArrayEquals(secret, keys.decrypt("key-1").doFinal(wrapped));
        byte[] again = keys.encrypt("key-1").doFinal(secret);
        assertEquals("the key is made once", 1, FakeKeystore.asked.size());
        assertArrayEquals(secret, keys.decrypt("key-1").doFinal(again));
        byte[] other = keys.encrypt("key-2").doFinal(secret);
        assertThrows(GeneralSecurityException.class, () -> keys.decrypt("key-1").doFinal(other));
    }

    @Test
    public void withoutASecurityChipTheProcessorsOwnDoes() throws GeneralSecurityException {
        FakeKeystore.strongBox = false;
        byte[] wrapped = keys.encrypt("key-1").doFinal(new byte[64]);
        assertEquals(2, FakeKeystore.asked.size());
        assertFalse(FakeKeystore.asked.get(1).isStrongBoxBacked());
        assertTrue("and the rest is as before", FakeKeystore.asked.get(1).isUserAuthenticationRequired() && FakeKeystore.asked.get(1).isInvalidatedByBiometricEnrollment());
        assertEquals(64, keys.decrypt("key-1").doFinal(wrapped).length);
    }

    @Test
    public void aKeystoreThatMakesNoneIsAnError() {
        FakeKeystore.failure = new ProviderException("of the maker");
        assertThrows(GeneralSecurityException.class, () -> keys.encrypt("key-1"));
    }

    @Test
    public void anotherFingerEndsAKey() throws GeneralSecurityException {
        keys.encrypt("key-1");
        FakeKeystore.invalidated.add("fingerprint:key-1");
        assertNull(keys.decrypt("key-1"));
        byte[] wrapped = keys.encrypt("key-1").doFinal(new byte[1]);
        assertEquals("a new one is made", 2, FakeKeystore.asked.size());
        assertEquals(1, keys.decrypt("key-1").doFinal(wrapped).length);
    }

    @Test
    public void aKeyThatIsGoneIsNone() throws GeneralSecurityException {
        assertNull(keys.decrypt("key-1"));
        keys.encrypt("key-1");
        keys.delete("key-1");
        assertNull(keys.decrypt("key-1"));
        keys.delete("key-1");
    }
}
