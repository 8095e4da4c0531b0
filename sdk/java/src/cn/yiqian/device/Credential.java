package cn.yiqian.device;

/** P-256 keys that authenticate this device, one an enrolment; in hardware and not exportable where the platform has that. */
public interface Credential {
    /**
     * Makes a key under the name and gives its public point, 04 || X || Y. Where that name has a key already, gives that one's.
     * Durable when it returns.
     */
    byte[] create(String name) throws Exception;

    /** ECDSA with SHA-256 over the message: r || s, 64 bytes. */
    byte[] sign(String name, byte[] message) throws Exception;

    /** Nothing happens where there is none. */
    void erase(String name) throws Exception;
}
