package org.yiqian.app;

import android.app.Activity;
import android.content.ActivityNotFoundException;
import android.content.Intent;
import android.net.Uri;
import android.webkit.ValueCallback;

/** One picture of the person's choice for the page, in which it looks for a QR code. The system's own picker: the app may read no other. */
final class Album {
    static final int REQUEST = 3;

    private final Activity activity;
    private ValueCallback<Uri[]> waiting;

    Album(Activity activity) {
        this.activity = activity;
    }

    void ask(ValueCallback<Uri[]> callback) {
        if (waiting != null) waiting.onReceiveValue(null);
        waiting = callback;
        try {
            activity.startActivityForResult(new Intent(Intent.ACTION_GET_CONTENT).addCategory(Intent.CATEGORY_OPENABLE).setType("image/*"), REQUEST);
        } catch (ActivityNotFoundException none) {
            chosen(Activity.RESULT_CANCELED, null);
        }
    }

    void chosen(int result, Intent data) {
        ValueCallback<Uri[]> callback = waiting;
        waiting = null;
        if (callback == null) return;
        Uri picture = result == Activity.RESULT_OK && data != null ? data.getData() : null;
        // A file: address would be one of the app's own.
        boolean foreign = picture != null && "content".equals(picture.getScheme());
        callback.onReceiveValue(foreign ? new Uri[] {picture} : null);
    }
}
