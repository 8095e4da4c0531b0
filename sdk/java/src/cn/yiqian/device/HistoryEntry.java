package cn.yiqian.device;

/** A signature that the person made, with whichever of his keys. Texts from outside; "" for none. */
public final class HistoryEntry {
    private static final Task.Kind[] KINDS = Task.Kind.values();

    public final String task;
    public final Task.Kind kind;
    /** "pin", "fingerprint", "authorisation": how, by the device's word. */
    public final String method;
    /** Of the certificate, hex. */
    public final String serial;
    public final String title;
    public final String description;
    public final String recordType;
    public final String reference;
    public final String system;
    /** The name of the workstation that signed under an authorisation. */
    public final String workstation;
    public final String signedAt;
    /** The business system withdrew the record. */
    public final String withdrawnAt;

    HistoryEntry(Input in) {
        task = in.text();
        kind = KINDS[in.integer()];
        method = in.text();
        serial = in.text();
        title = in.text();
        description = in.text();
        recordType = in.text();
        reference = in.text();
        system = in.text();
        workstation = in.text();
        signedAt = in.text();
        withdrawnAt = in.text();
    }
}
