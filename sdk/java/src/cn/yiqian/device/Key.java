package cn.yiqian.device;

/** A key of this device: a person's enrolment at a server (yq_key_info). Every call takes {@link #key} or {@link #keyId}. */
public final class Key {
    public enum Stage {
        /** The activation code may have been sent: repeat enrol with the same code, or remove it. */
        OPENING,
        /** The enrolment is open: enrolResume finishes it. */
        UNFINISHED,
        ENROLLED,
        /** Its record cannot be read: only remove helps. */
        DAMAGED
    }

    private static final Stage[] STAGES = Stage.values();

    /** This device's name for it. */
    public final String key;
    /** The server's; "" before there is one. */
    public final String keyId;
    public final Stage stage;
    public final String server;
    /** The person's unique identifier (工号). */
    public final String staffNo;
    public final String name;
    public final String organisation;
    /** The server's word when last asked: "active", "locked", "frozen", "destroyed"; "" before. */
    public final String state;
    /** Of the PIN, when last asked; -1: not known. */
    public final int triesLeft;
    /** Of the certificate, hex; "" for none. */
    public final String serial;
    public final String certificateState;
    public final String notBefore;
    public final String notAfter;
    public final boolean renewalDue;
    /** The key in whose place this one is made (rekey); "" for none. */
    public final String replaces;
    /** changePin was not acknowledged: the PIN is the new one, and refresh with it finishes. */
    public final boolean pinChanging;
    /** Is on: sign and the like take {@link Proof#FINGERPRINT}. */
    public final boolean fingerprint;
    /** The hospital's policy, by the server's word when last asked; true before. */
    public final boolean fingerprintAllowed;

    Key(Input in) {
        key = in.text();
        keyId = in.text();
        stage = STAGES[in.integer()];
        server = in.text();
        staffNo = in.text();
        name = in.text();
        organisation = in.text();
        state = in.text();
        triesLeft = in.integer();
        serial = in.text();
        certificateState = in.text();
        notBefore = in.text();
        notAfter = in.text();
        renewalDue = in.flag();
        replaces = in.text();
        pinChanging = in.flag();
        fingerprint = in.flag();
        fingerprintAllowed = in.flag();
    }
}
