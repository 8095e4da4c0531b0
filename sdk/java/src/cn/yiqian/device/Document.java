package cn.yiqian.device;

/** A task's document, whose SM3 was recomputed here and is the task's. */
public final class Document {
    private final byte[] content;
    /** SM3, hex. */
    public final String digest;

    Document(byte[] content, String digest) {
        this.content = content;
        this.digest = digest;
    }

    /** The document's own array: it may be large. What is changed in it is found when it is signed. */
    public byte[] content() {
        return content;
    }
}
