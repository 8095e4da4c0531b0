package cn.yiqian.device.jvm;

import cn.yiqian.device.Credential;
import cn.yiqian.device.P256;
import cn.yiqian.device.Storage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.Arrays;

/**
 * P-256 keys in software, kept in the storage. Where there is hardware (Android's Keystore) this is not the one to take: whoever
 * copies the storage has these keys.
 */
public final class SoftwareCredential implements Credential {
    private static final int ENCODED_MAX = 4096;

    private final Storage storage;

    public SoftwareCredential(Storage storage) {
        this.storage = storage;
    }

    @Override
    public synchronized byte[] create(String name) throws GeneralSecurityException, IOException {
        byte[] record = storage.load(name);
        if (record == null) {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(new ECGenParameterSpec("secp256r1"));
            KeyPair made = generator.generateKeyPair();
            record = pack(made.getPrivate().getEncoded(), made.getPublic().getEncoded());
            storage.save(name, record);
        }
        try {
            byte[] encoded = part(record, 1);
            return P256.point((ECPublicKey) KeyFactory.getInstance("EC").generatePublic(new X509EncodedKeySpec(encoded)));
        } finally {
            Arrays.fill(record, (byte) 0);
        }
    }

    @Override
    public byte[] sign(String name, byte[] message) throws GeneralSecurityException, IOException {
        byte[] record = storage.load(name);
        if (record == null) {
            throw new IOException("there is no key " + name);
        }
        byte[] encoded = part(record, 0);
        try {
            PrivateKey key = KeyFactory.getInstance("EC").generatePrivate(new PKCS8EncodedKeySpec(encoded));
            Signature signature = Signature.getInstance("SHA256withECDSA");
            signature.initSign(key);
            signature.update(message);
            return P256.fixed(signature.sign());
        } finally {
            Arrays.fill(encoded, (byte) 0);
            Arrays.fill(record, (byte) 0);
        }
    }

    @Override
    public void erase(String name) throws IOException {
        storage.erase(name);
    }

    private static byte[] pack(byte[] secret, byte[] open) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        DataOutputStream data = new DataOutputStream(out);
        for (byte[] part : new byte[][] {secret, open}) {
            data.writeInt(part.length);
            data.write(part);
        }
        Arrays.fill(secret, (byte) 0);
        return out.toByteArray();
    }

    private static byte[] part(byte[] record, int place) throws IOException {
        DataInputStream data = new DataInputStream(new ByteArrayInputStream(record));
        byte[] part = null;
        for (int i = 0; i <= place; i++) {
            int n = data.readInt();
            if (n < 0 || n > ENCODED_MAX) {
                throw new IOException("the key is damaged");
            }
            part = new byte[n];
            data.readFully(part);
        }
        return part;
    }
}
