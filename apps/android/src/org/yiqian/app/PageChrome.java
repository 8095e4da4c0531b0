package org.yiqian.app;

import android.net.Uri;
import android.webkit.PermissionRequest;
import android.webkit.ValueCallback;
import android.webkit.WebChromeClient;
import android.webkit.WebView;

/** What the page asks of the phone by the browser's own means. */
final class PageChrome extends WebChromeClient {
    private final Camera camera;
    private final Album album;

    PageChrome(Camera camera, Album album) {
        this.camera = camera;
        this.album = album;
    }

    @Override
    public void onPermissionRequest(PermissionRequest request) {
        camera.ask(request);
    }

    @Override
    public void onPermissionRequestCanceled(PermissionRequest request) {
        camera.cancel(request);
    }

    @Override
    public boolean onShowFileChooser(WebView view, ValueCallback<Uri[]> callback, FileChooserParams parameters) {
        if (parameters.getMode() != FileChooserParams.MODE_OPEN) return false;
        album.ask(callback);
        return true;
    }
}
