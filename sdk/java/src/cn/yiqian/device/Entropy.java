package cn.yiqian.device;

/** The operating system's generator. */
public interface Entropy {
    void fill(byte[] out) throws Exception;
}
