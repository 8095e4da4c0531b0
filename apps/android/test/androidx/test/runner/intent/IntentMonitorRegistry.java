package androidx.test.runner.intent;

/** Robolectric tells its progress to androidx.test, which is not on Maven Central; nobody listens to it here. */
public final class IntentMonitorRegistry {
    private IntentMonitorRegistry() {}

    public static void registerInstance(IntentMonitor monitor) {}
}
