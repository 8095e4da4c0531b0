package cn.yiqian.device;

import java.util.List;

public final class TaskList {
    public final List<Task> tasks;
    /** Cursor of the next batch; "": this was the last. */
    public final String next;

    TaskList(Input in) {
        tasks = in.list(Task::new);
        next = in.text();
    }
}
