package cn.yiqian.device;

/** A workstation that asks, as its certificate names it, and for what: shown to the person as a whole. */
public final class WorkstationOffer {
    public final String workstation;
    public final String name;
    public final String place;
    /** The id that this authorisation will have. */
    public final String authorisation;
    /** null: it leaves that to the person. */
    public final Scope scope;

    WorkstationOffer(Input in) {
        workstation = in.text();
        name = in.text();
        place = in.text();
        authorisation = in.text();
        scope = in.flag() ? new Scope(in) : null;
    }
}
