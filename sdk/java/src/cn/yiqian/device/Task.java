package cn.yiqian.device;

import java.util.List;

/** One task as pulled (yq_task). Texts from outside: escape them as the display needs; "" for none. */
public final class Task {
    public enum Form {
        RAW,
        DIGEST,
        CMS,
        /** Unknown to this version: cannot be signed. */
        OTHER
    }

    public enum Kind {
        DOCUMENT,
        /** signLogin signs it, sign never. */
        LOGIN,
        OTHER
    }

    public enum Priority {
        NORMAL,
        HIGH,
        URGENT
    }

    /** Shown in their order. */
    public static final class Field {
        public final String label;
        public final String value;

        Field(Input in) {
            label = in.text();
            value = in.text();
        }
    }

    private static final Form[] FORMS = Form.values();
    private static final Kind[] KINDS = Kind.values();
    private static final Priority[] PRIORITIES = Priority.values();

    /** Its id. */
    public final String task;
    /** The id of the batch it came in; "" for none. */
    public final String batch;
    public final Form form;
    public final Kind kind;
    public final Priority priority;
    public final List<Field> fields;
    /** SM3 of the document, hex. */
    public final String digest;
    public final boolean hasDocument;
    public final long documentSize;
    public final String title;
    public final String description;
    public final String recordType;
    public final String reference;
    public final String mediaType;
    public final String system;
    public final String createdAt;
    public final String expiresAt;
    private final byte[] sm3;

    Task(Input in) {
        task = in.text();
        batch = in.text();
        form = FORMS[in.integer()];
        kind = KINDS[in.integer()];
        priority = PRIORITIES[in.integer()];
        fields = in.list(Field::new);
        sm3 = in.bytes();
        digest = Input.hex(sm3);
        hasDocument = in.flag();
        documentSize = in.number();
        title = in.text();
        description = in.text();
        recordType = in.text();
        reference = in.text();
        mediaType = in.text();
        system = in.text();
        createdAt = in.text();
        expiresAt = in.text();
    }

    /** What the library looks at when it fetches or signs; the rest is for the person. */
    void write(Output out) throws YiqianException {
        out.text(task).text(batch).integer(form.ordinal()).integer(kind.ordinal()).integer(priority.ordinal()).bytes(sm3);
        out.flag(hasDocument).number(documentSize).text(recordType).text(system);
    }
}
