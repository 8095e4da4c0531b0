import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Arrays;
import org.bouncycastle.asn1.gm.GMNamedCurves;
import org.bouncycastle.asn1.x9.X9ECParameters;
import org.bouncycastle.crypto.CipherParameters;
import org.bouncycastle.crypto.InvalidCipherTextException;
import org.bouncycastle.crypto.digests.SM3Digest;
import org.bouncycastle.crypto.engines.SM2Engine;
import org.bouncycastle.crypto.params.ECDomainParameters;
import org.bouncycastle.crypto.params.ECPrivateKeyParameters;
import org.bouncycastle.crypto.params.ECPublicKeyParameters;
import org.bouncycastle.crypto.params.ParametersWithID;
import org.bouncycastle.crypto.params.ParametersWithRandom;
import org.bouncycastle.crypto.signers.PlainDSAEncoding;
import org.bouncycastle.crypto.signers.SM2Signer;
import org.bouncycastle.util.encoders.Hex;

/** BouncyCastle's side of run.py, which says what a line is. */
final class Bc {
    private static final X9ECParameters CURVE = GMNamedCurves.getByName("sm2p256v1");
    private static final ECDomainParameters DOMAIN =
        new ECDomainParameters(CURVE.getCurve(), CURVE.getG(), CURVE.getN(), CURVE.getH());
    private static final byte[] ID = "1234567812345678".getBytes(StandardCharsets.US_ASCII);
    private static final SecureRandom RANDOM = new SecureRandom();
    /** Signatures and ciphers under one key. */
    private static final int PER_KEY = 10;

    private record Pair(ECPrivateKeyParameters secret, ECPublicKeyParameters open) {
        static Pair of(BigInteger d) {
            return new Pair(new ECPrivateKeyParameters(d, DOMAIN),
                            new ECPublicKeyParameters(DOMAIN.getG().multiply(d), DOMAIN));
        }

        static Pair fresh() {
            BigInteger d;
            do {
                d = new BigInteger(256, RANDOM);
            } while (d.signum() == 0 || d.compareTo(DOMAIN.getN().subtract(BigInteger.ONE)) >= 0);
            return of(d);
        }

        String hex() {
            String d = secret.getD().toString(16);
            return "0".repeat(64 - d.length()) + d + " " + Hex.toHexString(open.getQ().getEncoded(false));
        }
    }

    private static byte[] randomText(int least) {
        byte[] text = new byte[least + RANDOM.nextInt(200)];
        RANDOM.nextBytes(text);
        return text;
    }

    private static SM2Signer signer(boolean signing, CipherParameters key) {
        SM2Signer signer = new SM2Signer(PlainDSAEncoding.INSTANCE, new SM3Digest());
        signer.init(signing, new ParametersWithID(key, ID));
        return signer;
    }

    private static byte[] sign(Pair pair, byte[] message) throws Exception {
        SM2Signer signer = signer(true, new ParametersWithRandom(pair.secret(), RANDOM));
        signer.update(message, 0, message.length);
        return signer.generateSignature();
    }

    private static boolean verifies(Pair pair, byte[] message, byte[] signature) {
        SM2Signer signer = signer(false, pair.open());
        signer.update(message, 0, message.length);
        return signer.verifySignature(signature);
    }

    private static byte[] encrypt(Pair pair, byte[] text) throws Exception {
        SM2Engine engine = new SM2Engine(new SM3Digest(), SM2Engine.Mode.C1C3C2);
        engine.init(true, new ParametersWithRandom(pair.open(), RANDOM));
        return engine.processBlock(text, 0, text.length);
    }

    private static boolean decrypts(Pair pair, byte[] text, byte[] cipher) {
        SM2Engine engine = new SM2Engine(new SM3Digest(), SM2Engine.Mode.C1C3C2);
        engine.init(false, pair.secret());
        try {
            return Arrays.equals(text, engine.processBlock(cipher, 0, cipher.length));
        } catch (InvalidCipherTextException | IllegalArgumentException e) {
            return false;
        }
    }

    private static void emit(int signatures, int ciphers) throws Exception {
        StringBuilder out = new StringBuilder();
        Pair pair = null;
        for (int i = 0; i < signatures + ciphers; i++) {
            if (i % PER_KEY == 0) {
                pair = Pair.fresh();
            }
            boolean signs = i < signatures;
            byte[] text = randomText(signs ? 0 : 1);
            byte[] made = signs ? sign(pair, text) : encrypt(pair, text);
            out.append(signs ? "sign " : "encrypt ").append(pair.hex()).append(' ');
            out.append(text.length == 0 ? "-" : Hex.toHexString(text)).append(' ');
            out.append(Hex.toHexString(made)).append('\n');
        }
        System.out.print(out);
    }

    private static boolean holds(boolean signature, Pair pair, byte[] text, byte[] made) {
        return signature ? verifies(pair, text, made) : decrypts(pair, text, made);
    }

    private static void check() throws Exception {
        int signatures = 0;
        int ciphers = 0;
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            String[] field = line.split(" ");
            boolean signature = field[0].equals("sign");
            Pair pair = Pair.of(new BigInteger(field[1], 16));
            byte[] text = field[3].equals("-") ? new byte[0] : Hex.decode(field[3]);
            byte[] made = Hex.decode(field[4]);
            if (!pair.hex().equals(field[1] + " " + field[2]) || !holds(signature, pair, text, made)) {
                throw new IllegalStateException("does not hold: " + line);
            }
            // Not the first byte: BouncyCastle also takes the hybrid form 06 or 07 of the same point.
            made[1 + RANDOM.nextInt(made.length - 1)] ^= (byte) (1 << RANDOM.nextInt(8));
            if (holds(signature, pair, text, made)) {
                throw new IllegalStateException("holds with a bit flipped: " + line);
            }
            if (signature) {
                signatures++;
            } else {
                ciphers++;
            }
        }
        System.out.println(signatures + " signatures, " + ciphers + " ciphers");
    }

    public static void main(String[] arguments) throws Exception {
        if (arguments[0].equals("emit")) {
            emit(Integer.parseInt(arguments[1]), Integer.parseInt(arguments[2]));
        } else {
            check();
        }
    }
}
