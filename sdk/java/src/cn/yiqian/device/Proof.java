package cn.yiqian.device;

/** How the person shows that it is he: a {@link Pin}, or {@link #FINGERPRINT} where Key.fingerprint says that it is on. */
public abstract class Proof {
    /** The platform asks for the finger when everything has been fetched and checked. */
    public static final Proof FINGERPRINT = new Proof() {
        @Override
        byte[] take() {
            return null;
        }
    };

    Proof() {
    }

    /** The digits, once; null: by fingerprint. The caller wipes them. */
    abstract byte[] take();
}
