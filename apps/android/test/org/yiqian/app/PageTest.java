package org.yiqian.app;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertNotNull;
import static org.junit.Assert.assertNull;
import static org.junit.Assert.assertTrue;

import android.content.Context;
import android.net.Uri;
import android.webkit.WebResourceResponse;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import org.junit.Before;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.robolectric.RobolectricTestRunner;
import org.robolectric.RuntimeEnvironment;

/** The page is apps/android/test/page. */
@RunWith(RobolectricTestRunner.class)
public class PageTest {
    private ServerChoice server;
    private Page page;

    @Before
    public void open() {
        Context context = RuntimeEnvironment.getApplication();
        server = new ServerChoice(context.getSharedPreferences("server", Context.MODE_PRIVATE), false);
        page = new Page(context.getAssets(), server);
    }

    private WebResourceResponse get(String url) {
        return page.answer("GET", Uri.parse(url), false);
    }

    private static String text(WebResourceResponse response) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (InputStream in = response.getData()) {
            byte[] buffer = new byte[4096];
            for (int n; (n = in.read(buffer)) > 0; ) out.write(buffer, 0, n);
        }
        return out.toString("UTF-8");
    }

    private void assertStatus(int status, WebResourceResponse response) throws IOException {
        assertNotNull("asked from the network", response);
        assertEquals(status, response.getStatusCode());
        if (status != 200) assertEquals("", text(response));
    }

    @Test
    public void servesItsFilesWithTheirTypes() throws IOException {
        String[][] files = {
            {"/app/", "text/html", "UTF-8"}, {"/app/index.html", "text/html", "UTF-8"}, {"/app/assets/start-1a2b.js", "text/javascript", "UTF-8"},
            {"/app/assets/core-1a2b.wasm", "application/wasm", null},
        };
        for (String[] file : files) {
            WebResourceResponse response = get(Page.ORIGIN + file[0]);
            assertStatus(200, response);
            assertEquals(file[1], response.getMimeType());
            assertEquals(file[2], response.getEncoding());
            assertTrue(text(response).length() > 0);
        }
        assertTrue(text(get(Page.START)).contains("page of the tests"));
    }

    @Test
    public void routesOfThePageAreThePage() throws IOException {
        for (String route : new String[] {"tasks/1", "me", "login/ab-cd_ef", "scan?code=a%20b#x"}) {
            WebResourceResponse response = get(Page.START + route);
            assertStatus(200, response);
            assertTrue(text(response).contains("page of the tests"));
        }
    }

    @Test
    public void nothingOutsideThePageIsServed() throws IOException {
        String[] absent = {
            "/", "/app", "/index.html", "/app/absent.js", "/app/../AndroidManifest.xml", "/app/%2e%2e/AndroidManifest.xml", "/app/..%2fAndroidManifest.xml", "/app/.hidden.js", "/app/a/../index.html",
            "/app//index.html", "/app/assets\\start-1a2b.js", "/app/assets/start-1a2b.js/", "/app/%00.js", "/app/x.exe", "/app/\u533b.js", "/other/index.html",
            "/app/" + new String(new char[600]).replace('\0', 'a'),
        };
        for (String path : absent) assertStatus(404, get(Page.ORIGIN + path));
        for (String method : new String[] {"POST", "PUT", "DELETE", "HEAD"}) assertStatus(405, page.answer(method, Uri.parse(Page.START), false));
    }

    @Test
    public void theServerAloneIsReached() throws Exception {
        String url = "https://sign.hospital.example/v1/device/tasks?after=a|b";
        assertStatus(403, get(url));
        server.choose("https://sign.hospital.example");
        assertNull(get(url));
        assertNull("any method", page.answer("POST", Uri.parse(url), false));
        assertStatus(403, page.answer("GET", Uri.parse(url), true));
        String[] others = {
            "https://evil.example/", "http://sign.hospital.example/", "https://sign.hospital.example:8443/", "file:///android_asset/app/index.html", "content://x/y", "ws://sign.hospital.example/",
            "http://app.yiqian.invalid/app/", "https://app.yiqian.invalid:8443/app/", "https://x@app.yiqian.invalid/app/", "https://app.yiqian.invalid.evil.example/app/", "about:blank", "intent://x",
        };
        for (String other : others) assertStatus(403, get(other));
    }

    @Test
    public void whatThePageMadeItselfIsItsOwn() throws IOException {
        assertNull(get("blob:https://app.yiqian.invalid/7d9c"));
        assertNull(get("data:image/png;base64,AAAA"));
        assertStatus(403, page.answer("GET", Uri.parse("data:text/html,x"), true));
    }

    @Test
    public void thePolicyNamesTheServer() throws Exception {
        assertTrue(page.policy().contains("connect-src 'self';"));
        server.choose("https://sign.hospital.example:8443");
        WebResourceResponse response = get(Page.START);
        String policy = response.getResponseHeaders().get("Content-Security-Policy");
        assertTrue(policy, policy.contains("connect-src 'self' https://sign.hospital.example:8443;"));
        assertTrue(policy, policy.startsWith("default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self';"));
        assertTrue(policy, policy.contains("frame-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"));
        assertFalse(policy, policy.contains("unsafe-inline") || policy.contains("'unsafe-eval'"));
        assertEquals("nosniff", response.getResponseHeaders().get("X-Content-Type-Options"));
        assertEquals("no-referrer", response.getResponseHeaders().get("Referrer-Policy"));
        assertEquals("of files too: workers have the policy of their own file", policy, get(Page.START + "assets/start-1a2b.js").getResponseHeaders().get("Content-Security-Policy"));
    }
}
