package org.yiqian.app;

import static org.junit.Assert.assertArrayEquals;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertNull;
import static org.junit.Assert.assertTrue;

import android.app.Activity;
import android.content.Intent;
import android.net.Uri;
import android.webkit.ValueCallback;
import android.webkit.WebChromeClient.FileChooserParams;
import java.util.ArrayList;
import java.util.List;
import org.junit.Before;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.robolectric.Robolectric;
import org.robolectric.RobolectricTestRunner;
import org.robolectric.Shadows;

@RunWith(RobolectricTestRunner.class)
public class AlbumTest {
    private static final Uri PICTURE = Uri.parse("content://media/picker/1");
    private final List<Uri[]> given = new ArrayList<>();
    private final ValueCallback<Uri[]> callback = given::add;
    private Activity activity;
    private Album album;

    @Before
    public void open() {
        activity = Robolectric.buildActivity(Activity.class).create().get();
        album = new Album(activity);
    }

    @Test
    public void onePictureOfThePersonsChoice() {
        album.ask(callback);
        Intent asked = Shadows.shadowOf(activity).getNextStartedActivityForResult().intent;
        assertEquals(Intent.ACTION_GET_CONTENT, asked.getAction());
        assertEquals("image/*", asked.getType());
        assertFalse(asked.getBooleanExtra(Intent.EXTRA_ALLOW_MULTIPLE, false));
        album.chosen(Activity.RESULT_OK, new Intent().setData(PICTURE));
        assertEquals(1, given.size());
        assertArrayEquals(new Uri[] {PICTURE}, given.get(0));
        album.chosen(Activity.RESULT_OK, new Intent().setData(PICTURE));
        assertEquals("one answer to a question", 1, given.size());
    }

    @Test
    public void noneIsAnAnswerToo() {
        album.ask(callback);
        album.chosen(Activity.RESULT_CANCELED, null);
        album.ask(callback);
        album.chosen(Activity.RESULT_OK, new Intent());
        album.ask(callback);
        album.chosen(Activity.RESULT_OK, new Intent().setData(Uri.parse("file:///data/data/org.yiqian.app/shared_prefs/fingerprint.xml")));
        assertEquals(3, given.size());
        for (Uri[] uris : given) assertNull(uris);
    }

    @Test
    public void aSecondQuestionEndsTheFirst() {
        album.ask(callback);
        List<Uri[]> second = new ArrayList<>();
        album.ask(second::add);
        assertEquals(1, given.size());
        assertNull(given.get(0));
        album.chosen(Activity.RESULT_OK, new Intent().setData(PICTURE));
        assertArrayEquals(new Uri[] {PICTURE}, second.get(0));
    }

    @Test
    public void thePageOpensOnePictureAndSavesNone() {
        PageChrome chrome = new PageChrome(new Camera(activity), album);
        for (int mode : new int[] {FileChooserParams.MODE_OPEN_MULTIPLE, FileChooserParams.MODE_SAVE}) assertFalse(chrome.onShowFileChooser(null, callback, parameters(mode)));
        assertTrue(given.isEmpty());
        assertTrue(chrome.onShowFileChooser(null, callback, parameters(FileChooserParams.MODE_OPEN)));
        album.chosen(Activity.RESULT_OK, new Intent().setData(PICTURE));
        assertArrayEquals(new Uri[] {PICTURE}, given.get(0));
    }

    private static FileChooserParams parameters(int mode) {
        return new FileChooserParams() {
            @Override
            public int getMode() {
                return mode;
            }

            @Override
            public String[] getAcceptTypes() {
                return new String[] {"image/*"};
            }

            @Override
            public boolean isCaptureEnabled() {
                return false;
            }

            @Override
            public CharSequence getTitle() {
                return null;
            }

            @Override
            public String getFilenameHint() {
                return null;
            }

            @Override
            public Intent createIntent() {
                return new Intent();
            }
        };
    }
}
