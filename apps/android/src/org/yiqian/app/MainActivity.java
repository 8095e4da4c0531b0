package org.yiqian.app;

import android.Manifest;
import android.app.Activity;
import android.content.Intent;
import android.content.pm.ApplicationInfo;
import android.content.pm.PackageInfo;
import android.content.pm.PackageManager;
import android.os.Build;
import android.os.Bundle;
import android.view.Gravity;
import android.view.WindowManager;
import android.webkit.WebView;
import android.widget.TextView;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** The app's one window: a WebView with the page in it, and what the page needs of the phone. */
public final class MainActivity extends Activity {
    /** The first whose policies know 'wasm-unsafe-eval', which the signing core needs. */
    static final int WEBVIEW_MIN = 97;
    private static final int NOTIFICATIONS = 2;
    private static final int CALLS_MAX = 16;

    private ExecutorService worker;
    private TaskNotice notice;
    private Camera camera;
    private Album album;
    private PageWindow window;
    private Bridge.NotificationAnswer waiting;

    @Override
    protected void onCreate(Bundle state) {
        super.onCreate(state);
        // The PIN pad and documents of patients are in no screenshot, no recording and no list of recent apps.
        getWindow().addFlags(WindowManager.LayoutParams.FLAG_SECURE);
        PackageInfo engine = WebView.getCurrentWebViewPackage();
        if (engine == null || majorVersion(engine.versionName) < WEBVIEW_MIN) {
            say(getString(R.string.webview_old, engine == null ? "–" : engine.versionName, WEBVIEW_MIN));
            return;
        }
        worker = new ThreadPoolExecutor(1, 1, 0, TimeUnit.SECONDS, new ArrayBlockingQueue<Runnable>(CALLS_MAX));
        notice = new TaskNotice(this);
        camera = new Camera(this);
        album = new Album(this);
        boolean development = (getApplicationInfo().flags & ApplicationInfo.FLAG_DEBUGGABLE) != 0;
        WebView.setWebContentsDebuggingEnabled(development);
        ServerChoice server = new ServerChoice(getSharedPreferences("server", MODE_PRIVATE), development);
        Fingerprint fingerprint = new Fingerprint(new KeystoreKeys(), new SystemPrompt(this, worker), getSharedPreferences("fingerprint", MODE_PRIVATE));
        Bridge bridge = new Bridge(worker, server, fingerprint, notice, new Bridge.NotificationQuestion() {
            @Override
            public void ask(final Bridge.NotificationAnswer answer) {
                runOnUiThread(new Runnable() {
                    @Override
                    public void run() {
                        askNotifications(answer);
                    }
                });
            }
        }, version(), development);
        window = new PageWindow(this, bridge);
        window.setWebChromeClient(new PageChrome(camera, album));
        window.setWebViewClient(new PageClient(new Page(getAssets(), server), new Runnable() {
            @Override
            public void run() {
                recreate();
            }
        }));
        setContentView(window);
        window.loadUrl(Page.START);
    }

    @Override
    protected void onResume() {
        super.onResume();
        if (notice != null) notice.setLooking(true);
    }

    @Override
    protected void onPause() {
        if (notice != null) notice.setLooking(false);
        super.onPause();
    }

    @Override
    protected void onDestroy() {
        if (window != null) window.destroy();
        if (worker != null) worker.shutdownNow();
        super.onDestroy();
    }

    @Override
    @SuppressWarnings("deprecation")
    public void onBackPressed() {
        if (window != null && window.canGoBack()) window.goBack();
        // Left, not ended: it goes on watching for tasks while the system lets it.
        else moveTaskToBack(true);
    }

    @Override
    public void onRequestPermissionsResult(int request, String[] permissions, int[] results) {
        boolean granted = results.length == 1 && results[0] == PackageManager.PERMISSION_GRANTED;
        if (request == Camera.REQUEST && camera != null) camera.answered(granted);
        if (request == NOTIFICATIONS && waiting != null) {
            Bridge.NotificationAnswer answer = waiting;
            waiting = null;
            answer.allowed(granted);
        }
    }

    @Override
    protected void onActivityResult(int request, int result, Intent data) {
        if (request == Album.REQUEST && album != null) album.chosen(result, data);
    }

    private void askNotifications(Bridge.NotificationAnswer answer) {
        if (Build.VERSION.SDK_INT < 33 || notice.allowed() || waiting != null) {
            answer.allowed(notice.allowed());
            return;
        }
        waiting = answer;
        requestPermissions(new String[] {Manifest.permission.POST_NOTIFICATIONS}, NOTIFICATIONS);
    }

    private String version() {
        try {
            return getPackageManager().getPackageInfo(getPackageName(), 0).versionName;
        } catch (PackageManager.NameNotFoundException self) {
            throw new AssertionError(self);
        }
    }

    private void say(String text) {
        TextView view = new TextView(this);
        view.setText(text);
        view.setTextSize(18);
        view.setGravity(Gravity.CENTER);
        view.setPadding(48, 48, 48, 48);
        setContentView(view);
    }

    static int majorVersion(String name) {
        String digits = name == null ? "" : name.split("\\.", 2)[0];
        return digits.matches("[0-9]{1,6}") ? Integer.parseInt(digits) : 0;
    }
}
