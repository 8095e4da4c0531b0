package cn.yiqian.device;

/** An authorisation that this key's person gave. Times "" for none. */
public final class Authorisation {
    public final String authorisation;
    /** "active"; "closed", "expired", "exhausted". */
    public final String state;
    public final String workstationName;
    public final String workstationPlace;
    /** Its until is in expiresAt. */
    public final Scope scope;
    public final int countLeft;
    public final String approvedAt;
    public final String expiresAt;
    public final String closedAt;
    public final String closedBy;

    Authorisation(Input in) {
        authorisation = in.text();
        state = in.text();
        workstationName = in.text();
        workstationPlace = in.text();
        scope = new Scope(in);
        countLeft = in.integer();
        approvedAt = in.text();
        expiresAt = in.text();
        closedAt = in.text();
        closedBy = in.text();
    }
}
