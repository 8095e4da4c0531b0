package org.yiqian.app;

import android.annotation.SuppressLint;
import android.content.Context;
import android.net.Uri;
import android.os.Handler;
import android.os.Looper;
import android.view.View;
import android.webkit.CookieManager;
import android.webkit.JavascriptInterface;
import android.webkit.WebMessage;
import android.webkit.WebMessagePort;
import android.webkit.WebSettings;
import android.webkit.WebView;

/** The WebView, as shut as it can be, and the page's way to the bridge. */
@SuppressLint({"SetJavaScriptEnabled", "ViewConstructor"})
final class PageWindow extends WebView {
    private final Bridge bridge;
    private final Handler main = new Handler(Looper.getMainLooper());
    private WebMessagePort port;

    PageWindow(Context context, Bridge bridge) {
        super(context);
        this.bridge = bridge;
        WebSettings settings = getSettings();
        settings.setJavaScriptEnabled(true);
        settings.setDomStorageEnabled(true);
        settings.setAllowFileAccess(false);
        settings.setAllowContentAccess(false);
        settings.setAllowFileAccessFromFileURLs(false);
        settings.setAllowUniversalAccessFromFileURLs(false);
        settings.setMixedContentMode(WebSettings.MIXED_CONTENT_NEVER_ALLOW);
        settings.setGeolocationEnabled(false);
        settings.setJavaScriptCanOpenWindowsAutomatically(false);
        settings.setSupportMultipleWindows(false);
        // Safe Browsing asks Google; the one page here is the app's own.
        settings.setSafeBrowsingEnabled(false);
        CookieManager.getInstance().setAcceptCookie(false);
        // Nobody lays a window over the PIN pad, and nobody fills it in.
        setFilterTouchesWhenObscured(true);
        setImportantForAutofill(View.IMPORTANT_FOR_AUTOFILL_NO_EXCLUDE_DESCENDANTS);
        addJavascriptInterface(new Door(), "YiqianShell");
    }

    /** Every frame of a WebView sees a JavaScript interface, so this one does no more than send a port where only the app's own main frame gets it. */
    private final class Door {
        @JavascriptInterface
        public void open(final String nonce) {
            if (nonce == null || !nonce.matches("[0-9a-f]{32}")) return;
            main.post(new Runnable() {
                @Override
                public void run() {
                    connect(nonce);
                }
            });
        }
    }

    void connect(String nonce) {
        String url = getUrl();
        if (url == null || !Page.isOwn(Uri.parse(url))) return;
        if (port != null) port.close();
        WebMessagePort[] ports = createWebMessageChannel();
        final WebMessagePort own = ports[0];
        port = own;
        own.setWebMessageCallback(new WebMessagePort.WebMessageCallback() {
            @Override
            public void onMessage(WebMessagePort from, WebMessage message) {
                bridge.receive(message.getData(), new Bridge.Reply() {
                    @Override
                    public void send(final String text) {
                        main.post(new Runnable() {
                            @Override
                            public void run() {
                                // A page that was loaded anew waits for no answer of the one before.
                                if (port == own) own.postMessage(new WebMessage(text));
                            }
                        });
                    }
                });
            }
        });
        postWebMessage(new WebMessage("yiqian-shell:" + nonce, new WebMessagePort[] {ports[1]}), Uri.parse(Page.ORIGIN));
    }

    @Override
    public void destroy() {
        if (port != null) port.close();
        port = null;
        super.destroy();
    }
}
