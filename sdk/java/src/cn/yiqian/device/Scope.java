package cn.yiqian.device;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** What a workstation may sign with a person's key. */
public final class Scope {
    /** Empty: any. */
    public final List<String> systems;
    /** Empty: any, also records without one. */
    public final List<String> recordTypes;
    /** Unix seconds. */
    public final long until;
    /** Signatures, 1 to 1000. */
    public final int count;

    public Scope(List<String> systems, List<String> recordTypes, long until, int count) {
        this.systems = Collections.unmodifiableList(new ArrayList<>(systems));
        this.recordTypes = Collections.unmodifiableList(new ArrayList<>(recordTypes));
        this.until = until;
        this.count = count;
    }

    Scope(Input in) {
        systems = in.texts();
        recordTypes = in.texts();
        until = in.number();
        count = in.integer();
    }

    void write(Output out) throws YiqianException {
        out.texts(systems).texts(recordTypes).number(until).integer(count);
    }
}
