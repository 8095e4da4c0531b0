package cn.yiqian.device;

/** What the person allows, and his proof. */
public final class Consent {
    final Scope allowed;
    final Proof proof;

    public Consent(Scope allowed, Proof proof) {
        this.allowed = allowed;
        this.proof = proof;
    }
}
