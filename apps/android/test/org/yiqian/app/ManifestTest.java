package org.yiqian.app;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertTrue;

import android.Manifest;
import android.content.Context;
import android.content.pm.ActivityInfo;
import android.content.pm.ApplicationInfo;
import android.content.pm.PackageInfo;
import android.content.pm.PackageManager;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import org.junit.Before;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.robolectric.RobolectricTestRunner;
import org.robolectric.RuntimeEnvironment;

/** What the package asks of a phone, and what it shows to others: nothing by accident. */
@RunWith(RobolectricTestRunner.class)
public class ManifestTest {
    private Context context;
    private PackageInfo info;

    @Before
    public void open() throws PackageManager.NameNotFoundException {
        context = RuntimeEnvironment.getApplication();
        int parts = PackageManager.GET_PERMISSIONS | PackageManager.GET_ACTIVITIES | PackageManager.GET_SERVICES | PackageManager.GET_RECEIVERS | PackageManager.GET_PROVIDERS;
        info = context.getPackageManager().getPackageInfo("org.yiqian.app", parts | PackageManager.GET_META_DATA);
    }

    @Test
    public void theseAndNoOtherPermissions() {
        Set<String> asked = new HashSet<>(Arrays.asList(info.requestedPermissions));
        asked.remove("android.permission.USE_FINGERPRINT");
        Set<String> expected = Set.of(Manifest.permission.INTERNET, Manifest.permission.CAMERA, "android.permission.POST_NOTIFICATIONS", Manifest.permission.USE_BIOMETRIC);
        assertEquals(expected, asked);
    }

    @Test
    public void onlyTheWindowIsOpenToOthers() {
        assertEquals(1, info.activities.length);
        ActivityInfo window = info.activities[0];
        assertEquals(MainActivity.class.getName(), window.name);
        assertEquals(ActivityInfo.LAUNCH_SINGLE_TASK, window.launchMode);
        assertTrue(info.services == null && info.receivers == null && info.providers == null);
    }

    @Test
    public void nothingIsBackedUpOrSentInTheClear() {
        int flags = info.applicationInfo.flags;
        assertEquals(0, flags & ApplicationInfo.FLAG_ALLOW_BACKUP);
        assertEquals(0, flags & ApplicationInfo.FLAG_USES_CLEARTEXT_TRAFFIC);
        assertEquals(0, flags & ApplicationInfo.FLAG_DEBUGGABLE);
        assertFalse(info.applicationInfo.metaData.getBoolean("android.webkit.WebView.EnableSafeBrowsing", true));
        assertTrue(info.applicationInfo.metaData.getBoolean("android.webkit.WebView.MetricsOptOut", false));
    }
}
