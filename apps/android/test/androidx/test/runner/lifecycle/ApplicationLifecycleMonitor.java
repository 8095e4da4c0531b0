package androidx.test.runner.lifecycle;

/** Robolectric tells its progress to androidx.test, which is not on Maven Central; nobody listens to it here. */
public interface ApplicationLifecycleMonitor {}
