package cn.yiqian.device;

import java.util.List;

/**
 * What was scanned: the person reads system and purpose, and for SIGN the tasks, before he signs. Texts from outside.
 * The device that scanned it knows it, and of the last ones only.
 */
public final class Scanned {
    public enum Kind {
        LOGIN,
        SIGN
    }

    private static final Kind[] KINDS = Kind.values();

    public final String scan;
    public final Kind kind;
    /** A typed code: the two digits on the login's screen go to scanNumber first. */
    public final boolean numberWanted;
    public final String system;
    public final String purpose;
    public final String expiresAt;
    public final List<Task> tasks;

    Scanned(Input in) {
        scan = in.text();
        kind = KINDS[in.integer()];
        numberWanted = in.flag();
        system = in.text();
        purpose = in.text();
        expiresAt = in.text();
        tasks = in.list(Task::new);
    }
}
