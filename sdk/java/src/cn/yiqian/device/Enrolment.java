package cn.yiqian.device;

/** What {@link YiqianDevice#enrol} takes. */
public final class Enrolment {
    final String server;
    final String staffNo;
    final String activationCode;
    final String deviceName;
    final Pin pin;
    final ConfirmPerson confirm;

    /**
     * @param server null: the one of setServer
     * @param deviceName 1 to 64 characters, shown to the operator
     * @param confirm null: not asked
     */
    public Enrolment(String server, String staffNo, String activationCode, String deviceName, Pin pin, ConfirmPerson confirm) {
        this.server = server;
        this.staffNo = staffNo;
        this.activationCode = activationCode;
        this.deviceName = deviceName;
        this.pin = pin;
        this.confirm = confirm;
    }
}
