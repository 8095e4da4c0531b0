package org.yiqian.app;

import static org.junit.Assert.assertArrayEquals;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertNotNull;
import static org.junit.Assert.assertNull;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import android.content.Context;
import android.content.SharedPreferences;
import android.util.Base64;
import java.security.GeneralSecurityException;
import org.junit.Before;
import org.junit.Test;
import org.junit.function.ThrowingRunnable;
import org.junit.runner.RunWith;
import org.robolectric.RobolectricTestRunner;
import org.robolectric.RuntimeEnvironment;

@RunWith(RobolectricTestRunner.class)
public class FingerprintTest {
    private final SoftwareKeys keys = new SoftwareKeys();
    private final ScriptedPrompt prompt = new ScriptedPrompt();
    private SharedPreferences wrapped;
    private Fingerprint fingerprint;

    /** What unwrap gave. */
    private static final class Told implements Fingerprint.Opened {
        byte[] secret;
        byte[] given;
        ShellException why;

        @Override
        public void opened(byte[] bytes) {
            given = bytes;
            secret = bytes.clone();
        }

        @Override
        public void refused(ShellException refusal) {
            why = refusal;
        }
    }

    @Before
    public void open() {
        wrapped = RuntimeEnvironment.getApplication().getSharedPreferences("fingerprint", Context.MODE_PRIVATE);
        fingerprint = new Fingerprint(keys, prompt, wrapped);
    }

    private Told unwrap(String name) throws ShellException {
        Told told = new Told();
        fingerprint.unwrap(name, "签署 1 份文书", told);
        return told;
    }

    private static void assertRefused(String status, ThrowingRunnable call) {
        assertEquals(status, assertThrows(ShellException.class, call).status);
    }

    private static byte[] secret(int n) {
        byte[] secret = new byte[n];
        for (int i = 0; i < n; i++) secret[i] = (byte) (i * 7 + 1);
        return secret;
    }

    @Test
    public void opensWhatItWrapped() throws ShellException {
        for (int n : new int[] {1, 48, 64, Fingerprint.SECRET_MAX}) {
            fingerprint.wrap("key-1", secret(n));
            Told told = unwrap("key-1");
            assertArrayEquals(secret(n), told.secret);
            assertArrayEquals("wiped afterwards", new byte[n], told.given);
        }
        assertEquals("签署 1 份文书", prompt.title);
    }

    @Test
    public void wrappingAsksNobody() throws ShellException {
        fingerprint.wrap("key-1", secret(64));
        fingerprint.wrap("key-1", secret(32));
        assertEquals(0, prompt.shown);
        assertEquals("one key for the name", 1, keys.pairs.size());
        assertArrayEquals("of the second wrap", secret(32), unwrap("key-1").secret);
    }

    @Test
    public void whatIsKeptDoesNotShowTheSecret() throws ShellException {
        fingerprint.wrap("key-1", secret(64));
        String kept = wrapped.getString("key-1", "");
        assertEquals(256, Base64.decode(kept, Base64.NO_WRAP).length);
        assertFalse(kept.contains(Base64.encodeToString(secret(64), Base64.NO_WRAP).substring(0, 16)));
    }

    @Test
    public void secretsOfNamesAreApart() throws ShellException {
        fingerprint.wrap("key-1", secret(64));
        fingerprint.wrap("key-2", secret(32));
        fingerprint.erase("key-1");
        assertRefused("fingerprint_off", () -> unwrap("key-1"));
        assertArrayEquals(secret(32), unwrap("key-2").secret);
        fingerprint.erase("key-1");
    }

    @Test
    public void anotherFingerEndsIt() throws ShellException {
        fingerprint.wrap("key-1", secret(64));
        keys.invalidated.add("key-1");
        assertRefused("fingerprint_off", () -> unwrap("key-1"));
        assertEquals("nobody is asked in vain", 0, prompt.shown);
        assertNull("nothing of it stays", wrapped.getString("key-1", null));
        assertFalse(keys.pairs.containsKey("key-1"));
    }

    @Test
    public void thePersonMaySayNo() throws ShellException {
        fingerprint.wrap("key-1", secret(64));
        prompt.refusal = new ShellException("cancelled", "");
        Told told = unwrap("key-1");
        assertEquals("cancelled", told.why.status);
        assertNull(told.secret);
        prompt.refusal = null;
        assertNotNull("and yes the next time", unwrap("key-1").secret);
    }

    @Test
    public void onePromptAtATime() throws ShellException {
        fingerprint.wrap("key-1", secret(64));
        prompt.waits = true;
        Told told = unwrap("key-1");
        assertRefused("wrong_state", () -> unwrap("key-1"));
        prompt.touch();
        assertArrayEquals(secret(64), told.secret);
        unwrap("key-1");
        assertEquals(2, prompt.shown);
    }

    @Test
    public void whatIsDamagedIsNoSecret() throws ShellException {
        fingerprint.wrap("key-1", secret(64));
        String kept = wrapped.getString("key-1", "");
        wrapped.edit().putString("key-1", "AAAA" + kept.substring(4)).commit();
        assertEquals("fingerprint_failed", unwrap("key-1").why.status);
        wrapped.edit().putString("key-1", "AAAA").commit();
        assertEquals("fingerprint_failed", unwrap("key-1").why.status);
        wrapped.edit().putString("key-1", "AAAA=A").commit();
        assertRefused("fingerprint_off", () -> unwrap("key-1"));
        fingerprint.wrap("key-1", secret(64));
        assertArrayEquals("a new wrap mends it", secret(64), unwrap("key-1").secret);
    }

    @Test
    public void namesSecretsAndPromptsAreBounded() throws ShellException {
        String longest = new String(new char[128]).replace('\0', 'a');
        fingerprint.wrap(longest, secret(1));
        for (String name : new String[] {"", longest + "a", "a b", "名", "a\n", "a'b"}) {
            assertRefused("invalid_argument", () -> fingerprint.wrap(name, secret(1)));
            assertRefused("invalid_argument", () -> unwrap(name));
            assertRefused("invalid_argument", () -> fingerprint.erase(name));
        }
        assertRefused("invalid_argument", () -> fingerprint.wrap("a", new byte[0]));
        assertRefused("invalid_argument", () -> fingerprint.wrap("a", new byte[Fingerprint.SECRET_MAX + 1]));
        fingerprint.wrap("a", secret(1));
        assertRefused("invalid_argument", () -> fingerprint.unwrap("a", "", new Told()));
        assertRefused("invalid_argument", () -> fingerprint.unwrap("a", new String(new char[256]).replace('\0', '签'), new Told()));
        fingerprint.unwrap("a", new String(new char[255]).replace('\0', '签'), new Told());
    }

    @Test
    public void theirNumberIsBounded() throws ShellException {
        for (int i = 0; i < Fingerprint.SECRETS_MAX; i++) wrapped.edit().putString("kept-" + i, "AAAA").commit();
        assertRefused("limit_reached", () -> fingerprint.wrap("one-more", secret(1)));
        fingerprint.wrap("kept-0", secret(1));
        fingerprint.erase("kept-1");
        fingerprint.wrap("one-more", secret(1));
    }

    @Test
    public void withoutAFingerNothingIsWrapped() {
        prompt.available = false;
        assertFalse(fingerprint.available());
        assertRefused("fingerprint_failed", () -> fingerprint.wrap("a", secret(1)));
        assertTrue(wrapped.getAll().isEmpty());
    }

    @Test
    public void aKeystoreThatFailsIsSaidSo() throws ShellException {
        fingerprint.wrap("a", secret(1));
        keys.failure = new GeneralSecurityException("text of the phone's maker");
        assertRefused("fingerprint_failed", () -> fingerprint.wrap("a", secret(1)));
        assertRefused("fingerprint_failed", () -> fingerprint.erase("a"));
        ShellException why = assertThrows(ShellException.class, () -> unwrap("a"));
        assertEquals("fingerprint_failed", why.status);
        assertEquals("GeneralSecurityException", why.getMessage());
    }
}
