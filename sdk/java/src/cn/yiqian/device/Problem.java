package cn.yiqian.device;

/** What the server said when it refused (RFC 9457). The texts come from outside: escape them as the display needs. */
public final class Problem {
    public final int httpStatus;
    /** Stable: "pin_wrong", "task_signed"; "" where it was no problem+json. */
    public final String code;
    /** Chinese, may be shown to the person. */
    public final String title;
    public final String titleEn;
    /** Chinese, what to do; "" for none. */
    public final String hint;
    public final String hintEn;
    public final String detail;
    public final String field;
    /** Of the PIN or the activation code; -1: does not apply. */
    public final int triesLeft;
    /** Seconds; -1: does not apply. */
    public final int retryAfter;

    Problem(Input in) {
        httpStatus = in.integer();
        code = in.text();
        title = in.text();
        titleEn = in.text();
        hint = in.text();
        hintEn = in.text();
        detail = in.text();
        field = in.text();
        triesLeft = in.integer();
        retryAfter = in.integer();
    }
}
