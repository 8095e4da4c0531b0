package cn.yiqian.device;

/** The set of tasks that waitTasks told of last. For one thread at a time. */
public final class TaskSet {
    String name = "";
}
