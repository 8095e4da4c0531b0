package org.yiqian.app;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertTrue;

import android.app.NotificationManager;
import android.content.Context;
import android.util.Base64;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import org.json.JSONException;
import org.json.JSONObject;
import org.junit.Before;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.robolectric.RobolectricTestRunner;
import org.robolectric.RuntimeEnvironment;

@RunWith(RobolectricTestRunner.class)
public class BridgeTest {
    private final SoftwareKeys keys = new SoftwareKeys();
    private final ScriptedPrompt prompt = new ScriptedPrompt();
    private final List<String> answers = new ArrayList<>();
    private Context context;
    private ServerChoice server;
    private Bridge bridge;

    @Before
    public void open() {
        context = RuntimeEnvironment.getApplication();
        server = new ServerChoice(context.getSharedPreferences("server", Context.MODE_PRIVATE), false);
        Fingerprint fingerprint = new Fingerprint(keys, prompt, context.getSharedPreferences("fingerprint", Context.MODE_PRIVATE));
        bridge = new Bridge(Runnable::run, server, fingerprint, new TaskNotice(context), answer -> answer.allowed(true), "0.1.0", false);
    }

    /** The one answer to a message. */
    private JSONObject say(String message) throws JSONException {
        answers.clear();
        bridge.receive(message, answers::add);
        assertEquals(message, 1, answers.size());
        return new JSONObject(answers.get(0));
    }

    private JSONObject result(String message) throws JSONException {
        JSONObject answer = say(message);
        assertFalse(answer.toString(), answer.has("error"));
        return answer.getJSONObject("result");
    }

    private void assertError(String status, String message) throws JSONException {
        JSONObject answer = say(message);
        assertEquals(message, status, answer.optString("error"));
        assertFalse(answer.has("result"));
        assertTrue("says why", !answer.getString("detail").isEmpty());
    }

    @Test
    public void answersWithTheNumberAsked() throws JSONException {
        JSONObject answer = say("{\"id\":7,\"call\":\"info\"}");
        assertEquals("{\"id\":7,\"result\":{\"version\":\"0.1.0\",\"server\":\"\",\"development\":false}}", answer.toString());
    }

    @Test
    public void keepsTheServer() throws JSONException {
        result("{\"id\":1,\"call\":\"setServer\",\"url\":\"https://sign.hospital.example/\"}");
        assertEquals("https://sign.hospital.example", server.origin());
        assertEquals("https://sign.hospital.example", result("{\"id\":2,\"call\":\"info\"}").getString("server"));
        assertError("invalid_argument", "{\"id\":3,\"call\":\"setServer\",\"url\":\"http://sign.hospital.example/\"}");
        assertError("invalid_argument", "{\"id\":3,\"call\":\"setServer\",\"url\":null}");
        assertEquals("https://sign.hospital.example", server.origin());
    }

    @Test
    public void wrapsAndUnwraps() throws JSONException {
        String secret = Base64.encodeToString(new byte[] {0, -1, 1, 127, -128}, Base64.NO_WRAP);
        result(new JSONObject().put("id", 1).put("call", "wrap").put("name", "k").put("secret", secret).toString());
        assertEquals(secret, result("{\"id\":2,\"call\":\"unwrap\",\"name\":\"k\",\"prompt\":\"p\"}").getString("secret"));
        result("{\"id\":3,\"call\":\"erase\",\"name\":\"k\"}");
        assertError("fingerprint_off", "{\"id\":4,\"call\":\"unwrap\",\"name\":\"k\",\"prompt\":\"p\"}");
    }

    @Test
    public void thePersonsNoIsTold() throws JSONException {
        result("{\"id\":1,\"call\":\"wrap\",\"name\":\"k\",\"secret\":\"AAAA\"}");
        prompt.refusal = new ShellException("cancelled", "the prompt was closed");
        assertError("cancelled", "{\"id\":2,\"call\":\"unwrap\",\"name\":\"k\",\"prompt\":\"p\"}");
    }

    @Test
    public void saysWhetherThereIsAFingerprint() throws JSONException {
        assertEquals("{\"available\":true,\"reason\":\"\"}", result("{\"id\":1,\"call\":\"fingerprint\"}").toString());
        prompt.available = false;
        assertEquals("{\"available\":false,\"reason\":\"missing\"}", result("{\"id\":1,\"call\":\"fingerprint\"}").toString());
    }

    @Test
    public void notifies() throws JSONException {
        assertTrue(result("{\"id\":1,\"call\":\"allowNotifications\"}").getBoolean("allowed"));
        result("{\"id\":1,\"call\":\"notify\",\"tasks\":3}");
        assertEquals(1, context.getSystemService(NotificationManager.class).getActiveNotifications().length);
        for (String tasks : new String[] {"-1", "1000", "1.5", "\"3\"", "null", "true", "99999999999"}) assertError("invalid_argument", "{\"id\":1,\"call\":\"notify\",\"tasks\":" + tasks + "}");
    }

    @Test
    public void refusesWhatItDoesNotKnow() throws JSONException {
        String[] refused = {
            "{\"id\":1}", "{\"id\":1,\"call\":null}", "{\"id\":1,\"call\":[]}", "{\"id\":1,\"call\":\"\"}", "{\"id\":1,\"call\":\"Info\"}", "{\"id\":1,\"call\":\"setServer\"}", "{\"id\":1,\"call\":\"wrap\"}",
            "{\"id\":1,\"call\":\"wrap\",\"name\":\"k\"}", "{\"id\":1,\"call\":\"wrap\",\"name\":\"k\",\"secret\":\"AAA*AAAA\"}", "{\"id\":1,\"call\":\"wrap\",\"name\":\"k\",\"secret\":\"\"}",
            "{\"id\":1,\"call\":\"wrap\",\"name\":\"k\",\"secret\":7}", "{\"id\":1,\"call\":\"wrap\",\"name\":\"k b\",\"secret\":\"AAAA\"}", "{\"id\":1,\"call\":\"unwrap\",\"name\":\"k\"}",
            "{\"id\":1,\"call\":\"erase\"}", "{\"id\":1,\"call\":\"erase\",\"name\":{}}",
        };
        for (String message : refused) assertError("invalid_argument", message);
        assertTrue(keys.pairs.isEmpty());
    }

    @Test
    public void dropsWhatNobodyWaitsFor() {
        String[] dropped = {null, "", "x", "7", "[]", "{}", "{\"id\":\"1\",\"call\":\"info\"}", "{\"id\":1.5,\"call\":\"info\"}", "{\"id\":null,\"call\":\"info\"}", "{\"id\":1,\"call\":\"info\""};
        for (String message : dropped) bridge.receive(message, answers::add);
        StringBuilder longest = new StringBuilder("{\"id\":1,\"call\":\"info\"}");
        while (longest.length() < Bridge.MESSAGE_MAX) longest.append(' ');
        bridge.receive(longest + " ", answers::add);
        assertTrue(answers.toString(), answers.isEmpty());
        bridge.receive(longest.toString(), answers::add);
        assertEquals(1, answers.size());
    }

    @Test
    public void doesNotPileUpCalls() throws JSONException {
        bridge = new Bridge(task -> { throw new RejectedExecutionException(); }, server, null, null, null, "", false);
        assertError("limit_reached", "{\"id\":1,\"call\":\"info\"}");
    }

    @Test
    public void aFailureOfTheMakersIsAnAnswer() throws JSONException {
        FingerprintKeys broken = new FingerprintKeys() {
            @Override
            public javax.crypto.Cipher encrypt(String name) {
                throw new IllegalStateException("text of the maker");
            }

            @Override
            public javax.crypto.Cipher decrypt(String name) {
                return null;
            }

            @Override
            public void delete(String name) {}
        };
        Fingerprint fingerprint = new Fingerprint(broken, prompt, context.getSharedPreferences("fingerprint", Context.MODE_PRIVATE));
        bridge = new Bridge(Runnable::run, server, fingerprint, null, null, "", false);
        assertError("fingerprint_failed", "{\"id\":1,\"call\":\"wrap\",\"name\":\"k\",\"secret\":\"AAAA\"}");
        assertFalse(answers.get(0).contains("text of the maker"));
    }
}
