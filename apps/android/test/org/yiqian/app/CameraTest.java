package org.yiqian.app;

import static org.junit.Assert.assertArrayEquals;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertNull;

import android.Manifest;
import android.app.Activity;
import android.net.Uri;
import android.webkit.PermissionRequest;
import org.junit.Before;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.robolectric.Robolectric;
import org.robolectric.RobolectricTestRunner;
import org.robolectric.Shadows;

@RunWith(RobolectricTestRunner.class)
public class CameraTest {
    private static final String VIDEO = PermissionRequest.RESOURCE_VIDEO_CAPTURE;
    private Activity activity;
    private Camera camera;

    private static final class Request extends PermissionRequest {
        private final String origin;
        private final String[] resources;
        String[] granted;
        int denied;

        Request(String origin, String... resources) {
            this.origin = origin;
            this.resources = resources;
        }

        @Override
        public Uri getOrigin() {
            return Uri.parse(origin);
        }

        @Override
        public String[] getResources() {
            return resources;
        }

        @Override
        public void grant(String[] given) {
            granted = given;
        }

        @Override
        public void deny() {
            denied++;
        }
    }

    @Before
    public void open() {
        activity = Robolectric.buildActivity(Activity.class).create().get();
        camera = new Camera(activity);
    }

    private void allow() {
        Shadows.shadowOf(activity.getApplication()).grantPermissions(Manifest.permission.CAMERA);
    }

    private Request ask(String origin, String... resources) {
        Request request = new Request(origin, resources);
        camera.ask(request);
        return request;
    }

    @Test
    public void thePageGetsThePictureAlone() {
        allow();
        Request request = ask(Page.ORIGIN + "/", VIDEO);
        assertArrayEquals(new String[] {VIDEO}, request.granted);
        assertEquals(0, request.denied);
    }

    @Test
    public void nobodyElseAndNothingElse() {
        allow();
        Request[] refused = {
            ask("https://sign.hospital.example/", VIDEO), ask("http://app.yiqian.invalid/", VIDEO), ask("https://app.yiqian.invalid.evil.example/", VIDEO), ask("file:///", VIDEO),
            ask(Page.ORIGIN + "/"), ask(Page.ORIGIN + "/", PermissionRequest.RESOURCE_AUDIO_CAPTURE), ask(Page.ORIGIN + "/", VIDEO, PermissionRequest.RESOURCE_AUDIO_CAPTURE),
            ask(Page.ORIGIN + "/", PermissionRequest.RESOURCE_PROTECTED_MEDIA_ID), ask(Page.ORIGIN + "/", PermissionRequest.RESOURCE_MIDI_SYSEX),
        };
        for (Request request : refused) {
            assertNull(request.granted);
            assertEquals(1, request.denied);
        }
    }

    @Test
    public void thePersonIsAskedFirst() {
        Request request = ask(Page.ORIGIN + "/", VIDEO);
        assertNull(request.granted);
        assertEquals(Camera.REQUEST, Shadows.shadowOf(activity).getLastRequestedPermission().requestCode);
        assertArrayEquals(new String[] {Manifest.permission.CAMERA}, Shadows.shadowOf(activity).getLastRequestedPermission().requestedPermissions);
        assertEquals("one question at a time", 1, ask(Page.ORIGIN + "/", VIDEO).denied);
        camera.answered(true);
        assertArrayEquals(new String[] {VIDEO}, request.granted);
    }

    @Test
    public void thePersonsNoIsNo() {
        Request request = ask(Page.ORIGIN + "/", VIDEO);
        camera.answered(false);
        assertEquals(1, request.denied);
        camera.answered(true);
        assertNull("an answer to no question", request.granted);
    }

    @Test
    public void aPageThatWaitsNoMoreGetsNothing() {
        Request request = ask(Page.ORIGIN + "/", VIDEO);
        camera.cancel(new Request(Page.ORIGIN + "/", VIDEO));
        camera.cancel(request);
        camera.answered(true);
        assertNull(request.granted);
        assertEquals(0, request.denied);
    }
}
