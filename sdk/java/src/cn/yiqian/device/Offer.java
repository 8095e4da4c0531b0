package cn.yiqian.device;

/** What an enrolment's code gave: the activation code is secret. */
public final class Offer {
    public final String server;
    public final String staffNo;
    /** Masked but for its first character. */
    public final String name;
    public final String organisation;
    public final String activationCode;
    public final String expiresAt;

    Offer(Input in) {
        server = in.text();
        staffNo = in.text();
        name = in.text();
        organisation = in.text();
        activationCode = in.text();
        expiresAt = in.text();
    }
}
