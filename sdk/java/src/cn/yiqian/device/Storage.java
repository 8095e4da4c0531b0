package cn.yiqian.device;

import java.io.IOException;

/**
 * Small records by name (1 to 48 characters of a-z, 0-9 and '-'), each at most 32768 bytes. They hold the device's masked key
 * shares: keep them wrapped by a key that cannot be exported where there is one, readable by this app only, and outside
 * backups. One storage is for one open device.
 */
public interface Storage {
    /** null where there is none. */
    byte[] load(String name) throws IOException;

    /** When this returns it is durable (fsync); after a failure or crash the old record is whole. */
    void save(String name, byte[] record) throws IOException;

    /** Nothing happens where there is none. */
    void erase(String name) throws IOException;
}
