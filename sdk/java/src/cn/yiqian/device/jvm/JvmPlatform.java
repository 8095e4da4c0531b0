package cn.yiqian.device.jvm;

import cn.yiqian.device.Platform;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import javax.net.ssl.SSLSocketFactory;

/** A desktop's or server's platform: files, HTTPS, SecureRandom, and credentials in software. For one device or workstation. */
public final class JvmPlatform implements AutoCloseable {
    private final FileStorage storage;
    private final Platform platform;

    /** trust: null for the JVM's. */
    public JvmPlatform(Path directory, SSLSocketFactory trust) throws IOException {
        storage = new FileStorage(directory);
        SecureRandom random = new SecureRandom();
        platform = new Platform(storage, new HttpTransport(trust), random::nextBytes, new SoftwareCredential(storage), null, null);
    }

    public Platform platform() {
        return platform;
    }

    /** After the device is closed. */
    @Override
    public void close() throws IOException {
        storage.close();
    }
}
