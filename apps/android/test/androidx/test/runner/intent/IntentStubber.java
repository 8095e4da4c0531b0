package androidx.test.runner.intent;

import android.app.Instrumentation;
import android.content.Intent;

/** Robolectric tells its progress to androidx.test, which is not on Maven Central; nobody listens to it here. */
public interface IntentStubber {
    Instrumentation.ActivityResult getActivityResultForIntent(Intent intent);
}
