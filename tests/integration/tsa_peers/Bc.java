import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.Security;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.bouncycastle.asn1.ASN1Encoding;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.ASN1Primitive;
import org.bouncycastle.asn1.gm.GMObjectIdentifiers;
import org.bouncycastle.asn1.nist.NISTObjectIdentifiers;
import org.bouncycastle.asn1.tsp.TSTInfo;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cms.SignerInformationVerifier;
import org.bouncycastle.cms.jcajce.JcaSimpleSignerInfoVerifierBuilder;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.tsp.GenTimeAccuracy;
import org.bouncycastle.tsp.TSPException;
import org.bouncycastle.tsp.TimeStampRequest;
import org.bouncycastle.tsp.TimeStampRequestGenerator;
import org.bouncycastle.tsp.TimeStampResponse;
import org.bouncycastle.tsp.TimeStampToken;

/** BouncyCastle's side. `request DIR N SEED` writes N requests of every shape, their names as tsa_peer.c has them; `check DIR` checks each
 * DIR/*.tsr against its request, its name and the certificates; `refused DIR` prints the failInfo of each. */
public class Bc {
    static final String GM_SIGNED_DATA = "1.2.156.10197.6.1.4.2.2", CMS_SIGNED_DATA = "1.2.840.113549.1.7.2";
    static final String OUR_POLICIES = "2.25.92789953449470946607310693012765490645.1.";

    static Path dir;

    static void expect(String what, boolean holds) {
        if (!holds)
            throw new IllegalStateException(what);
    }

    static byte[] read(String name) throws IOException {
        return Files.readAllBytes(dir.resolve(name));
    }

    static <T> T one(Random random, List<T> of) {
        return of.get(random.nextInt(of.size()));
    }

    static BigInteger nonce(Random random) {
        switch (random.nextInt(7)) {
        case 0: return null;
        case 1: return BigInteger.ZERO;
        case 2: return BigInteger.ONE.negate().shiftLeft(random.nextInt(256)); // down to 32 octets, 80 00 ...
        case 3: return new BigInteger(255, random).setBit(254); // 32 octets
        case 4: return new BigInteger(8 * (1 + random.nextInt(31)), random).negate();
        default: return new BigInteger(8 * (1 + random.nextInt(31)), random);
        }
    }

    static void request(int n, long seed) throws Exception {
        Random random = new Random(seed);
        for (int i = 0; i < n; i++) {
            String algorithm = one(random, List.of("sm2", "sm2", "p256", "rsa"));
            String profile = algorithm.equals("sm2") ? one(random, List.of("gm", "rfc")) : "rfc";
            ASN1ObjectIdentifier hash = one(random, List.of(GMObjectIdentifiers.sm3, NISTObjectIdentifiers.id_sha256,
                NISTObjectIdentifiers.id_sha384, NISTObjectIdentifiers.id_sha512));
            byte[] imprint = new byte[hash.equals(NISTObjectIdentifiers.id_sha384) ? 48
                : hash.equals(NISTObjectIdentifiers.id_sha512) ? 64 : 32];
            random.nextBytes(imprint);
            // Accuracies without seconds, milliseconds or microseconds, and none; times with zeros at the end of their fraction.
            long accuracy = one(random, List.of(0L, 1L, 999L)) + 1000 * one(random, List.of(0L, 1L, 500L, 999L))
                + 1000000 * one(random, List.of(0L, 0L, 1L, 86400L));
            long step = one(random, List.of(1L, 10L, 1000L, 100000L, 1000000L));
            long time = (1609459200000000L + (long) (random.nextDouble() * 9e14)) / step * step; // 2021 to 2049
            TimeStampRequestGenerator generator = new TimeStampRequestGenerator();
            generator.setCertReq(random.nextBoolean());
            if (random.nextBoolean())
                generator.setReqPolicy(new ASN1ObjectIdentifier(one(random, List.of("1.2.156.10197.1", "2.999", OUR_POLICIES + "1"))));
            TimeStampRequest made = generator.generate(hash, imprint, nonce(random));
            String name = String.format("%s-%s-%d-%d-%d-%d-bc%d.tsq", algorithm, profile, random.nextInt(7), random.nextInt(2),
                accuracy, time, i);
            Files.write(dir.resolve(name), made.getEncoded());
        }
    }

    static String generalized(long us, int digits) {
        String whole = java.time.format.DateTimeFormatter.ofPattern("yyyyMMddHHmmss").withZone(java.time.ZoneOffset.UTC)
            .format(java.time.Instant.ofEpochSecond(us / 1000000));
        String fraction = String.format("%06d", us % 1000000).substring(0, digits).replaceAll("0+$", "");
        return whole + (fraction.isEmpty() ? "" : "." + fraction) + "Z";
    }

    static long accuracyOf(TimeStampToken token) {
        GenTimeAccuracy accuracy = token.getTimeStampInfo().getGenTimeAccuracy();
        return accuracy == null ? 0
            : accuracy.getSeconds() * 1000000L + accuracy.getMillis() * 1000L + accuracy.getMicros();
    }

    static Map<String, X509CertificateHolder> units = new HashMap<>();

    static X509CertificateHolder unitOf(String algorithm) throws Exception {
        if (!units.containsKey(algorithm)) {
            X509CertificateHolder holder = new X509CertificateHolder(read(algorithm + ".cer"));
            X509Certificate root = new JcaX509CertificateConverter().setProvider("BC")
                .getCertificate(new X509CertificateHolder(read(algorithm + "_root.cer")));
            new JcaX509CertificateConverter().setProvider("BC").getCertificate(holder).verify(root.getPublicKey(), "BC");
            root.verify(root.getPublicKey(), "BC");
            units.put(algorithm, holder);
        }
        return units.get(algorithm);
    }

    static boolean valid(TimeStampToken token, SignerInformationVerifier verifier) {
        try {
            token.validate(verifier);
            return true;
        } catch (TSPException e) {
            return false;
        }
    }

    static void check(String name, Set<BigInteger> serials) throws Exception {
        String[] said = name.split("[-.]");
        byte[] der = read(name);
        TimeStampRequest request = new TimeStampRequest(read(name.replace(".tsr", ".tsq")));
        TimeStampResponse response = new TimeStampResponse(der);
        expect(name + ": DER", Arrays.equals(der, ASN1Primitive.fromByteArray(der).getEncoded(ASN1Encoding.DER)));
        expect(name + ": granted", response.getStatus() == 0 && response.getFailInfo() == null);
        response.validate(request); // nonce, imprint, policy, signingCertificate
        TimeStampToken token = response.getTimeStampToken();
        X509CertificateHolder unit = unitOf(said[0]);
        SignerInformationVerifier verifier = new JcaSimpleSignerInfoVerifierBuilder().setProvider("BC").build(unit);
        token.validate(verifier); // the certificate's hash in the token, its extended key usage, its period, the signature
        TSTInfo info = token.getTimeStampInfo().toASN1Structure();
        expect(name + ": ContentInfo", token.toCMSSignedData().toASN1Structure().getContentType().getId()
            .equals(said[1].equals("gm") ? GM_SIGNED_DATA : CMS_SIGNED_DATA));
        expect(name + ": version", token.toCMSSignedData().getVersion() == 3 && info.getVersion().intValueExact() == 1);
        byte[] time = info.getGenTime().getEncoded();
        expect(name + ": genTime", new String(time, 2, time.length - 2)
            .equals(generalized(Long.parseLong(said[5]), Integer.parseInt(said[2]))));
        expect(name + ": accuracy", accuracyOf(token) == Long.parseLong(said[4]) && (info.getAccuracy() == null) == said[4].equals("0"));
        expect(name + ": ordering", token.getTimeStampInfo().isOrdered() == said[3].equals("1"));
        expect(name + ": tsa", info.getTsa().equals(new GeneralName(unit.getSubject())));
        expect(name + ": policy", request.getReqPolicy() != null
            || token.getTimeStampInfo().getPolicy().getId().equals(OUR_POLICIES + (said[1].equals("gm") ? "2" : "1")));
        expect(name + ": serial", serials.add(info.getSerialNumber().getValue()) && info.getSerialNumber().getValue().signum() > 0);
        Set<X509CertificateHolder> brought = new HashSet<>(token.getCertificates().getMatches(null));
        expect(name + ": certificates", brought.equals(request.getCertReq()
            ? Set.of(unit, new X509CertificateHolder(read(said[0] + "_root.cer"))) : Set.of()));
        // What is signed by one unit is not by another, and not after a change.
        String other = said[0].equals("sm2") ? "p256" : "sm2";
        expect(name + ": another unit's", !valid(token,
            new JcaSimpleSignerInfoVerifierBuilder().setProvider("BC").build(unitOf(other))));
        der[der.length - 1] ^= 1;
        expect(name + ": changed", !valid(new TimeStampResponse(der).getTimeStampToken(), verifier));
    }

    static List<String> answers() throws IOException {
        try (Stream<Path> files = Files.list(dir)) {
            return files.map(path -> path.getFileName().toString()).filter(name -> name.endsWith(".tsr")).sorted()
                .collect(Collectors.toList());
        }
    }

    public static void main(String[] arguments) throws Exception {
        Security.addProvider(new BouncyCastleProvider());
        dir = Path.of(arguments[1]);
        Set<BigInteger> serials = new HashSet<>();
        switch (arguments[0]) {
        case "request":
            request(Integer.parseInt(arguments[2]), Long.parseLong(arguments[3]));
            break;
        case "check":
            for (String name : answers())
                check(name, serials);
            System.out.println(serials.size() + " checked");
            break;
        case "refused":
            for (String name : answers()) {
                TimeStampResponse response = new TimeStampResponse(read(name));
                expect(name + ": rejected", response.getStatus() == 2 && response.getTimeStampToken() == null);
                System.out.println(name + " " + response.getFailInfo().intValue() + " " + response.getStatusString());
            }
            break;
        default:
            throw new IllegalArgumentException(arguments[0]);
        }
    }
}
