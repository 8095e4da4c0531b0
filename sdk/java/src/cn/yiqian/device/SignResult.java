package cn.yiqian.device;

public final class SignResult {
    public final Status status;
    /** The content was here and matched the digest. */
    public final boolean seen;
    /** r || s, hex, verified here under the key's certificate; "" where it was not signed. */
    public final String rs;
    public final String signedAt;

    SignResult(Input in) {
        status = Status.of(in.integer());
        seen = in.flag();
        rs = in.hex();
        signedAt = in.text();
    }
}
