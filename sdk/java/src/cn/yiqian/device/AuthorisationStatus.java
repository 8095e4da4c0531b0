package cn.yiqian.device;

/** Where an authorisation stands, on the workstation's side. */
public final class AuthorisationStatus {
    public enum State {
        OFFERED,
        ACTIVE,
        CLOSED,
        EXPIRED,
        EXHAUSTED
    }

    private static final State[] STATES = State.values();

    public final String authorisation;
    public final State state;
    /** Unix seconds by the server's clock. */
    public final long codeExpires;
    /** Of the person, by the certificate; "" before the approval. */
    public final String staffNo;
    public final String name;
    /** What was allowed, before the approval what is asked for. */
    public final Scope scope;
    public final int countLeft;
    /** "phone", "workstation", "operator", "key" ...; "" where it is open. */
    public final String closedBy;

    AuthorisationStatus(Input in) {
        authorisation = in.text();
        state = STATES[in.integer()];
        codeExpires = in.number();
        staffNo = in.text();
        name = in.text();
        scope = new Scope(in);
        countLeft = in.integer();
        closedBy = in.text();
    }
}
