package org.yiqian.app;

import android.Manifest;
import android.app.Activity;
import android.content.pm.PackageManager;
import android.webkit.PermissionRequest;

/** Gives the app's own page the camera, for QR codes; never the microphone, and nothing to anybody else. */
final class Camera {
    static final int REQUEST = 1;

    private final Activity activity;
    private PermissionRequest waiting;

    Camera(Activity activity) {
        this.activity = activity;
    }

    void ask(PermissionRequest request) {
        String[] resources = request.getResources();
        boolean video = resources.length == 1 && PermissionRequest.RESOURCE_VIDEO_CAPTURE.equals(resources[0]);
        if (!video || !Page.isOwn(request.getOrigin()) || waiting != null) {
            request.deny();
        } else if (activity.checkSelfPermission(Manifest.permission.CAMERA) == PackageManager.PERMISSION_GRANTED) {
            request.grant(resources);
        } else {
            waiting = request;
            activity.requestPermissions(new String[] {Manifest.permission.CAMERA}, REQUEST);
        }
    }

    void cancel(PermissionRequest request) {
        if (waiting == request) waiting = null;
    }

    /** What the person said to the system's question. */
    void answered(boolean granted) {
        PermissionRequest request = waiting;
        waiting = null;
        if (request == null) return;
        if (granted) request.grant(new String[] {PermissionRequest.RESOURCE_VIDEO_CAPTURE});
        else request.deny();
    }
}
