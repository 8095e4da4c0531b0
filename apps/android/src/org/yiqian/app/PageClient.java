package org.yiqian.app;

import android.net.http.SslError;
import android.webkit.RenderProcessGoneDetail;
import android.webkit.SslErrorHandler;
import android.webkit.WebResourceRequest;
import android.webkit.WebResourceResponse;
import android.webkit.WebView;
import android.webkit.WebViewClient;

/** The WebView shows the app's page and no other, and reaches what Page allows. */
final class PageClient extends WebViewClient {
    private final Page page;
    private final Runnable gone;

    PageClient(Page page, Runnable gone) {
        this.page = page;
        this.gone = gone;
    }

    @Override
    public WebResourceResponse shouldInterceptRequest(WebView view, WebResourceRequest request) {
        return page.answer(request.getMethod(), request.getUrl(), request.isForMainFrame());
    }

    @Override
    public boolean shouldOverrideUrlLoading(WebView view, WebResourceRequest request) {
        return !Page.isOwn(request.getUrl());
    }

    /** A certificate that the phone does not trust is never waved through. */
    @Override
    public void onReceivedSslError(WebView view, SslErrorHandler handler, SslError error) {
        handler.cancel();
    }

    /** The system took the page's process: without this it would take the app as well. */
    @Override
    public boolean onRenderProcessGone(WebView view, RenderProcessGoneDetail detail) {
        gone.run();
        return true;
    }
}
