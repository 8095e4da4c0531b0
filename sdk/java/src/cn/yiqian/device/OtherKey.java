package cn.yiqian.device;

/** A key of the same person on another device. Texts from outside. */
public final class OtherKey {
    public final String keyId;
    public final String state;
    public final String deviceName;
    public final String platform;
    public final String createdAt;

    OtherKey(Input in) {
        keyId = in.text();
        state = in.text();
        deviceName = in.text();
        platform = in.text();
        createdAt = in.text();
    }
}
