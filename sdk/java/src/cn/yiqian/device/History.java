package cn.yiqian.device;

import java.util.List;

public final class History {
    /** The newest first. */
    public final List<HistoryEntry> entries;
    /** Cursor of the next, older batch; "": this was the last. */
    public final String next;

    History(Input in) {
        entries = in.list(HistoryEntry::new);
        next = in.text();
    }
}
