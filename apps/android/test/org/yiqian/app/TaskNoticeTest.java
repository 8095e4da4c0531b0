package org.yiqian.app;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import android.app.Notification;
import android.app.NotificationManager;
import android.content.Context;
import android.content.Intent;
import android.service.notification.StatusBarNotification;
import org.junit.Before;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.robolectric.RobolectricTestRunner;
import org.robolectric.RuntimeEnvironment;
import org.robolectric.Shadows;
import org.robolectric.annotation.Config;

@RunWith(RobolectricTestRunner.class)
public class TaskNoticeTest {
    private NotificationManager manager;
    private TaskNotice notice;

    @Before
    public void open() {
        Context context = RuntimeEnvironment.getApplication();
        manager = context.getSystemService(NotificationManager.class);
        notice = new TaskNotice(context);
    }

    private String text() {
        StatusBarNotification[] shown = manager.getActiveNotifications();
        return shown.length == 0 ? "" : shown[0].getNotification().extras.getString(Notification.EXTRA_TEXT);
    }

    @Test
    @Config(qualifiers = "zh-rCN")
    public void saysHowManyInChinese() throws ShellException {
        notice.show(2);
        assertEquals("您有 2 个待签任务", text());
        assertEquals("医签", manager.getActiveNotifications()[0].getNotification().extras.getString(Notification.EXTRA_TITLE));
    }

    @Test
    @Config(qualifiers = "en")
    public void saysHowManyInEnglish() throws ShellException {
        notice.show(1);
        assertEquals("1 document waits for your signature", text());
        notice.show(2);
        assertEquals("2 documents wait for your signature", text());
        assertEquals("one notification, whatever the number", 1, manager.getActiveNotifications().length);
    }

    @Test
    public void opensTheApp() throws ShellException {
        notice.show(1);
        Notification shown = manager.getActiveNotifications()[0].getNotification();
        Intent intent = Shadows.shadowOf(shown.contentIntent).getSavedIntent();
        assertEquals(MainActivity.class.getName(), intent.getComponent().getClassName());
        assertTrue("nobody may fill it in", Shadows.shadowOf(shown.contentIntent).isImmutable());
    }

    @Test
    public void goesWithTheTasks() throws ShellException {
        notice.show(3);
        notice.show(0);
        assertEquals("", text());
    }

    @Test
    public void whoLooksIsNotNotified() throws ShellException {
        notice.show(3);
        notice.setLooking(true);
        assertEquals("what was shown goes", "", text());
        notice.show(4);
        assertEquals("", text());
        notice.setLooking(false);
        notice.show(5);
        assertTrue(text().contains("5"));
    }

    @Test
    public void wherePersonAllowsNoneThereIsNone() throws ShellException {
        Shadows.shadowOf(manager).setNotificationsEnabled(false);
        notice.show(3);
        assertEquals("", text());
    }

    @Test
    public void theNumberIsBounded() throws ShellException {
        notice.show(TaskNotice.TASKS_MAX);
        assertThrows(ShellException.class, () -> notice.show(TaskNotice.TASKS_MAX + 1));
        assertThrows(ShellException.class, () -> notice.show(-1));
    }
}
