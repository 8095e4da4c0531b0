package cn.yiqian.device;

import java.util.Collections;
import java.util.List;

/** What every call throws. Where a callback of the platform, or a confirm, threw, that is the cause. */
public final class YiqianException extends Exception {
    private static final long serialVersionUID = 1L;

    private final Status status;
    private final transient Problem problem;
    private final transient List<SignResult> results;
    private final transient Key key;

    YiqianException(Status status, String text, Problem problem, List<SignResult> results, Key key, Throwable cause) {
        super(text, cause);
        this.status = status;
        this.problem = problem;
        this.results = results;
        this.key = key;
    }

    YiqianException(Status status, String text) {
        this(status, text, null, Collections.<SignResult>emptyList(), null, null);
    }

    public Status status() {
        return status;
    }

    /** What the server said; null where it refused nothing. */
    public Problem problem() {
        return problem;
    }

    /** Of a call that signs: why each was not. Empty for other calls. */
    public List<SignResult> results() {
        return results;
    }

    /** Of an enrolment that is to be resumed (WRONG_STATE): its key. Else null. */
    public Key key() {
        return key;
    }
}
