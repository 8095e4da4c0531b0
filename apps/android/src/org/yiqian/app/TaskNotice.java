package org.yiqian.app;

import android.app.Notification;
import android.app.NotificationChannel;
import android.app.NotificationManager;
import android.app.PendingIntent;
import android.content.Context;
import android.content.Intent;

/** The one notification: how many tasks wait. Its text is the shell's, so that no patient and no document is ever on a lock screen. */
final class TaskNotice {
    static final int TASKS_MAX = 999;
    private static final String CHANNEL = "tasks";
    private static final int ID = 1;

    private final Context context;
    private final NotificationManager manager;
    private boolean looking;

    TaskNotice(Context context) {
        this.context = context;
        manager = context.getSystemService(NotificationManager.class);
        manager.createNotificationChannel(new NotificationChannel(CHANNEL, context.getString(R.string.tasks), NotificationManager.IMPORTANCE_HIGH));
    }

    boolean allowed() {
        return manager.areNotificationsEnabled();
    }

    /** Whoever looks at the app sees his tasks there. */
    synchronized void setLooking(boolean looking) {
        this.looking = looking;
        if (looking) manager.cancel(ID);
    }

    synchronized void show(int tasks) throws ShellException {
        if (tasks < 0 || tasks > TASKS_MAX) throw new ShellException("invalid_argument", "tasks are 0 to 999");
        if (tasks == 0) {
            manager.cancel(ID);
            return;
        }
        if (looking || !allowed()) return;
        Intent open = new Intent(context, MainActivity.class).setAction(Intent.ACTION_MAIN).addCategory(Intent.CATEGORY_LAUNCHER);
        manager.notify(ID, new Notification.Builder(context, CHANNEL)
            .setSmallIcon(R.drawable.notice)
            .setContentTitle(context.getString(R.string.app_name))
            .setContentText(context.getResources().getQuantityString(R.plurals.tasks_wait, tasks, tasks))
            .setContentIntent(PendingIntent.getActivity(context, 0, open, PendingIntent.FLAG_IMMUTABLE))
            .setCategory(Notification.CATEGORY_REMINDER)
            .setOnlyAlertOnce(false)
            .setAutoCancel(true)
            .build());
    }
}
