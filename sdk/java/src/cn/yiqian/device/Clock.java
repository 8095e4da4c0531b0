package cn.yiqian.device;

/** The device's clock: read for the signing time of form cms, and for codes that expire. */
public interface Clock {
    /** Seconds since 1970-01-01 UTC; 0 or less where it is not known. */
    long now();
}
