package cn.yiqian.device;

import java.util.List;

public final class Signed {
    /** In the order of the items. */
    public final List<SignResult> results;
    /** Wrong PINs since the last success: tell the person when it is not 0. */
    public final int failuresBefore;
    /** By fingerprint only: the shares are due for a refresh, which takes the PIN. Ask for it the next time. */
    public final boolean pinDue;

    Signed(List<SignResult> results, Input in) {
        this.results = results;
        failuresBefore = in.integer();
        pinDue = in.flag();
    }
}
