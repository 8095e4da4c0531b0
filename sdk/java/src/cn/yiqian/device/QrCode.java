package cn.yiqian.device;

/** What a code is for. Nothing of it is authenticated before the server has taken the code. */
public final class QrCode {
    public enum Kind {
        LOGIN,
        SIGN,
        ENROL,
        WORKSTATION,
        /** The address of a server, authenticated by nothing: show it and ask. */
        SERVER
    }

    private static final Kind[] KINDS = Kind.values();

    public final Kind kind;
    /** Of the session; of a workstation's code the authorisation's. */
    public final String id;
    public final String workstation;
    /** ENROL: where the server says it is; "" where that is not said. SERVER: its address. */
    public final String url;

    QrCode(Input in) {
        kind = KINDS[in.integer()];
        id = in.text();
        workstation = in.text();
        url = in.text();
    }

    /** What the camera read. INVALID_ARGUMENT: no code of ours. */
    public static QrCode read(String text) throws YiqianException {
        return new QrCode(Native.call(Operation.QR_READ, 0, new Output().text(text)).orThrow());
    }
}
