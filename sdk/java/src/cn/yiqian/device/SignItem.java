package cn.yiqian.device;

/** One task to be signed, and its content where the caller has it. */
public final class SignItem {
    final Task task;
    final byte[] document;
    final boolean allowUnseen;

    private SignItem(Task task, byte[] document, boolean allowUnseen) {
        this.task = task;
        this.document = document;
        this.allowUnseen = allowUnseen;
    }

    /** The document is fetched where the server has it. */
    public static SignItem of(Task task) {
        return new SignItem(task, null, false);
    }

    /** The array is read during the call, and not changed. */
    public static SignItem of(Task task, byte[] document) {
        return new SignItem(task, document, false);
    }

    /** Signs a digest or cms task although there is no content to look at. */
    public static SignItem unseen(Task task) {
        return new SignItem(task, null, true);
    }
}
