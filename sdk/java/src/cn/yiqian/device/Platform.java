package cn.yiqian.device;

import java.util.Objects;

/** What the library needs of where it runs. Callbacks come on the calling thread, transport on several at once. */
public final class Platform {
    final Storage storage;
    final Transport transport;
    final Entropy entropy;
    final Credential credential;
    final Clock clock;
    final Fingerprint fingerprint;

    /**
     * @param credential null for a workstation, which needs none
     * @param clock null: the system's
     * @param fingerprint null where there is none
     */
    public Platform(Storage storage, Transport transport, Entropy entropy, Credential credential, Clock clock, Fingerprint fingerprint) {
        this.storage = Objects.requireNonNull(storage, "storage");
        this.transport = Objects.requireNonNull(transport, "transport");
        this.entropy = Objects.requireNonNull(entropy, "entropy");
        this.credential = credential;
        this.clock = clock;
        this.fingerprint = fingerprint;
    }
}
