package cn.yiqian.device;

/** Of a device or workstation. Immutable. */
public final class Options {
    public static final Options DEFAULT = new Options("java", 0, 0);

    final String platform;
    final int pinIterations;
    final long documentMax;

    /**
     * @param platform 1 to 32 characters, told to the server
     * @param pinIterations of PBKDF2 for new keys, at least 10000; 0: 100000
     * @param documentMax bytes of one document; 0: 64 MiB
     */
    public Options(String platform, int pinIterations, long documentMax) {
        this.platform = platform;
        this.pinIterations = pinIterations;
        this.documentMax = documentMax;
    }
}
