package org.yiqian.app;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import android.content.Context;
import android.content.SharedPreferences;
import org.junit.Before;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.robolectric.RobolectricTestRunner;
import org.robolectric.RuntimeEnvironment;

@RunWith(RobolectricTestRunner.class)
public class ServerChoiceTest {
    private SharedPreferences preferences;

    @Before
    public void open() {
        preferences = RuntimeEnvironment.getApplication().getSharedPreferences("server", Context.MODE_PRIVATE);
    }

    @Test
    public void keepsTheOrigin() throws ShellException {
        String[][] kept = {
            {"https://sign.hospital.example", "https://sign.hospital.example"},
            {"https://sign.hospital.example/", "https://sign.hospital.example"},
            {"HTTPS://Sign.Hospital.Example:443", "https://sign.hospital.example"},
            {"https://sign.hospital.example:8443", "https://sign.hospital.example:8443"},
            {"https://10.0.0.5:8443", "https://10.0.0.5:8443"},
            {"https://[FD00::5]:8443", "https://[fd00::5]:8443"},
        };
        for (String[] pair : kept) {
            ServerChoice server = new ServerChoice(preferences, false);
            server.choose(pair[0]);
            assertEquals(pair[1], server.origin());
            assertEquals("after a restart", pair[1], new ServerChoice(preferences, false).origin());
        }
    }

    @Test
    public void refusesWhatIsNoServer() {
        ServerChoice server = new ServerChoice(preferences, false);
        String[] refused = {
            "", "sign.hospital.example", "http://sign.hospital.example", "http://localhost:8970", "http://127.0.0.1", "ftp://sign.hospital.example", "https://",
            "https:///x", "https:sign.hospital.example", "https://user@sign.hospital.example", "https://user:secret@sign.hospital.example", "https://sign.hospital.example/path",
            "https://sign.hospital.example?q", "https://sign.hospital.example#f", "https://sign.hospital.example:", "https://sign.hospital.example:0",
            "https://sign.hospital.example:65536", "https://sign.hospital.example:-1", "https://sign_hospital.example", "https://医院.example", "https://a b", "https://a;script-src *",
            "https://*", "https://*.example", "https://a'b", "javascript:alert(1)", "file:///etc/passwd", "content://x/y", "https://app.yiqian.invalid", "https://APP.yiqian.invalid:8443",
            "https://[fd00::5%25eth0]", "https://" + new String(new char[250]).replace('\0', 'a') + ".example", "\u0000", "https://a\nb",
        };
        for (String url : refused) {
            ShellException why = assertThrows(url, ShellException.class, () -> server.choose(url));
            assertEquals(url, "invalid_argument", why.status);
            assertEquals("nothing is kept", "", server.origin());
        }
    }

    @Test
    public void anHttpServerOfDevelopmentIsNoneInARelease() throws ShellException {
        ServerChoice development = new ServerChoice(preferences, true);
        development.choose("http://localhost:8970");
        assertEquals("http://localhost:8970", development.origin());
        assertTrue(development.covers("http://localhost:8970/v1/time"));
        assertThrows(ShellException.class, () -> development.choose("http://10.0.2.2:8970"));
        assertThrows(ShellException.class, () -> development.choose("http://localhost.example:8970"));
        assertEquals("", new ServerChoice(preferences, false).origin());
    }

    @Test
    public void coversItsOwnOriginAlone() throws ShellException {
        ServerChoice server = new ServerChoice(preferences, false);
        assertFalse("none is chosen", server.covers("https://sign.hospital.example/v1/time"));
        server.choose("https://sign.hospital.example");
        assertTrue(server.covers("https://sign.hospital.example/v1/time"));
        assertTrue(server.covers("https://sign.hospital.example:443/v1/time"));
        assertTrue(server.covers("https://SIGN.hospital.example/v1/device/tasks/a%2Fb"));
        String[] others = {
            "http://sign.hospital.example/v1/time", "https://sign.hospital.example:8443/v1/time", "https://sign.hospital.example.evil.example/", "https://evil.example/sign.hospital.example",
            "https://sign.hospital.example@evil.example/", "https://user@sign.hospital.example/", "wss://sign.hospital.example/", "https://evil.example", "", "x", "https://a b",
        };
        for (String url : others) assertFalse(url, server.covers(url));
    }
}
