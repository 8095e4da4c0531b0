package org.yiqian.app;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertNotEquals;
import static org.junit.Assert.assertNotNull;
import static org.junit.Assert.assertNull;
import static org.junit.Assert.assertTrue;

import android.Manifest;
import android.app.NotificationManager;
import android.content.Context;
import android.content.pm.PackageInfo;
import android.content.pm.PackageManager;
import android.net.Uri;
import android.view.View;
import android.view.ViewGroup;
import android.view.WindowManager;
import android.webkit.CookieManager;
import android.webkit.WebMessage;
import android.webkit.WebSettings;
import android.webkit.WebView;
import android.widget.TextView;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.List;
import org.junit.After;
import org.junit.Before;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.robolectric.Robolectric;
import org.robolectric.RobolectricTestRunner;
import org.robolectric.RuntimeEnvironment;
import org.robolectric.Shadows;
import org.robolectric.android.controller.ActivityController;
import org.robolectric.annotation.Config;
import org.robolectric.fakes.RoboWebMessagePort;
import org.robolectric.shadows.ShadowLooper;
import org.robolectric.shadows.ShadowWebView;

@RunWith(RobolectricTestRunner.class)
public class MainActivityTest {
    private static final String NONCE = "00112233445566778899aabbccddeeff";
    private ActivityController<MainActivity> controller;
    private MainActivity activity;

    private static void setWebView(String version) {
        PackageInfo engine = new PackageInfo();
        engine.packageName = "com.android.webview";
        engine.versionName = version;
        ShadowWebView.setCurrentWebViewPackage(version == null ? null : engine);
    }

    @Before
    public void open() {
        setWebView("120.0.6099.144");
        start();
    }

    private void start() {
        controller = Robolectric.buildActivity(MainActivity.class).setup();
        activity = controller.get();
    }

    @After
    public void close() {
        controller.destroy();
    }

    private View content() {
        return ((ViewGroup) activity.findViewById(android.R.id.content)).getChildAt(0);
    }

    private WebView view() {
        return (WebView) content();
    }

    /** What the page would call. */
    private void openDoor(String nonce) throws ReflectiveOperationException {
        Object door = Shadows.shadowOf(view()).getJavascriptInterface("YiqianShell");
        Method method = door.getClass().getMethod("open", String.class);
        method.setAccessible(true);
        method.invoke(door, nonce);
        ShadowLooper.idleMainLooper();
    }

    private List<RoboWebMessagePort[]> channels() {
        return Shadows.shadowOf(view()).getCreatedPorts();
    }

    @Test
    public void showsThePageAndKeepsItOffPictures() {
        assertEquals(Page.START, Shadows.shadowOf(view()).getLastLoadedUrl());
        assertNotEquals(0, activity.getWindow().getAttributes().flags & WindowManager.LayoutParams.FLAG_SECURE);
    }

    @Test
    public void theWebViewIsShut() {
        WebSettings settings = view().getSettings();
        assertTrue(settings.getJavaScriptEnabled());
        assertTrue(settings.getDomStorageEnabled());
        assertFalse(settings.getAllowFileAccess());
        assertFalse(settings.getAllowContentAccess());
        assertFalse(settings.getAllowFileAccessFromFileURLs());
        assertFalse(settings.getAllowUniversalAccessFromFileURLs());
        assertEquals(WebSettings.MIXED_CONTENT_NEVER_ALLOW, settings.getMixedContentMode());
        assertFalse(settings.getJavaScriptCanOpenWindowsAutomatically());
        assertFalse(settings.getSafeBrowsingEnabled());
        assertFalse(CookieManager.getInstance().acceptCookie());
        assertTrue(view().getFilterTouchesWhenObscured());
        assertEquals(View.IMPORTANT_FOR_AUTOFILL_NO_EXCLUDE_DESCENDANTS, view().getImportantForAutofill());
    }

    @Test
    public void theDoorHasOneMethod() {
        Object door = Shadows.shadowOf(view()).getJavascriptInterface("YiqianShell");
        List<String> open = new ArrayList<>();
        for (Method method : door.getClass().getMethods()) if (method.isAnnotationPresent(android.webkit.JavascriptInterface.class)) open.add(method.getName());
        assertEquals(List.of("open"), open);
    }

    @Test
    public void thePagesPortReachesTheBridge() throws Exception {
        openDoor(NONCE);
        assertEquals(1, channels().size());
        RoboWebMessagePort own = channels().get(0)[0];
        own.getWebMessageCallback().onMessage(own, new WebMessage("{\"id\":1,\"call\":\"info\"}"));
        for (int i = 0; i < 200 && own.getOutgoingMessages().isEmpty(); i++) {
            Thread.sleep(10);
            ShadowLooper.idleMainLooper();
        }
        assertEquals("{\"id\":1,\"result\":{\"version\":\"0.1.0\",\"server\":\"\",\"development\":false}}", own.getOutgoingMessages().get(0));
        openDoor(NONCE);
        assertTrue("a page that was loaded anew has the only port", own.isClosed());
    }

    @Test
    public void noOtherPageGetsAPort() throws Exception {
        for (String url : new String[] {"https://evil.example/", "https://sign.hospital.example/app/", "about:blank", "http://app.yiqian.invalid/app/"}) {
            view().loadUrl(url);
            openDoor(NONCE);
        }
        view().loadUrl(Page.START);
        for (String nonce : new String[] {null, "", "x", NONCE + "0", NONCE.toUpperCase(), NONCE + "\n"}) openDoor(nonce);
        assertTrue(channels().isEmpty());
        openDoor(NONCE);
        assertEquals(1, channels().size());
    }

    @Test
    public void otherAddressesAreNotOpened() {
        PageClient client = (PageClient) Shadows.shadowOf(view()).getWebViewClient();
        assertFalse(client.shouldOverrideUrlLoading(view(), new PageRequest(Page.START + "me")));
        for (String url : new String[] {"https://sign.hospital.example/", "tel:120", "intent://x#Intent;end", "file:///etc/hosts", "https://evil.example/"})
            assertTrue(url, client.shouldOverrideUrlLoading(view(), new PageRequest(url)));
        assertEquals(403, client.shouldInterceptRequest(view(), new PageRequest("https://evil.example/")).getStatusCode());
        assertEquals(200, client.shouldInterceptRequest(view(), new PageRequest(Page.START)).getStatusCode());
    }

    @Test
    public void backLeavesTheAppRunning() {
        activity.onBackPressed();
        assertFalse(activity.isFinishing());
    }

    @Test
    public void whoLeftIsNotified() throws Exception {
        NotificationManager manager = activity.getSystemService(NotificationManager.class);
        openDoor(NONCE);
        RoboWebMessagePort own = channels().get(0)[0];
        controller.pause();
        own.getWebMessageCallback().onMessage(own, new WebMessage("{\"id\":1,\"call\":\"notify\",\"tasks\":2}"));
        for (int i = 0; i < 200 && manager.getActiveNotifications().length == 0; i++) Thread.sleep(10);
        assertEquals(1, manager.getActiveNotifications().length);
        controller.resume();
        assertEquals(0, manager.getActiveNotifications().length);
    }

    @Test
    @Config(sdk = 35)
    public void android13AsksBeforeNotifying() throws Exception {
        Shadows.shadowOf(activity.getSystemService(NotificationManager.class)).setNotificationsEnabled(false);
        openDoor(NONCE);
        RoboWebMessagePort own = channels().get(0)[0];
        own.getWebMessageCallback().onMessage(own, new WebMessage("{\"id\":1,\"call\":\"allowNotifications\"}"));
        for (int i = 0; i < 200 && Shadows.shadowOf(activity).getLastRequestedPermission() == null; i++) {
            Thread.sleep(10);
            ShadowLooper.idleMainLooper();
        }
        assertEquals(Manifest.permission.POST_NOTIFICATIONS, Shadows.shadowOf(activity).getLastRequestedPermission().requestedPermissions[0]);
        assertTrue(own.getOutgoingMessages().isEmpty());
        int code = Shadows.shadowOf(activity).getLastRequestedPermission().requestCode;
        activity.onRequestPermissionsResult(code, new String[] {Manifest.permission.POST_NOTIFICATIONS}, new int[] {PackageManager.PERMISSION_DENIED});
        ShadowLooper.idleMainLooper();
        assertEquals("{\"id\":1,\"result\":{\"allowed\":false}}", own.getOutgoingMessages().get(0));
    }

    @Test
    public void anOldWebViewIsSaid() {
        for (String version : new String[] {"96.0.4664.45", "", null, "x", "9999999999.0"}) {
            controller.destroy();
            setWebView(version);
            start();
            assertTrue(String.valueOf(version), content() instanceof TextView);
            assertTrue(((TextView) content()).getText().toString().contains("WebView"));
            controller.pause().resume();
            activity.onBackPressed();
        }
        controller.destroy();
        setWebView("97.0.4692.70");
        start();
        assertTrue(content() instanceof WebView);
    }

    @Test
    public void aPageWhoseProcessEndedIsLoadedAnew() {
        PageClient client = (PageClient) Shadows.shadowOf(view()).getWebViewClient();
        assertTrue("the app lives on", client.onRenderProcessGone(view(), null));
    }
}
