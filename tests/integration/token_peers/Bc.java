import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.Security;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.util.Date;
import java.util.List;
import java.util.Set;
import org.bouncycastle.asn1.ASN1EncodableVector;
import org.bouncycastle.asn1.ASN1Encoding;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.ASN1Sequence;
import org.bouncycastle.asn1.DERSequence;
import org.bouncycastle.asn1.gm.GMObjectIdentifiers;
import org.bouncycastle.asn1.nist.NISTObjectIdentifiers;
import org.bouncycastle.asn1.oiw.OIWObjectIdentifiers;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.cert.jcajce.JcaCertStore;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509CertificateHolder;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.cms.jcajce.JcaSimpleSignerInfoGeneratorBuilder;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.operator.DigestCalculator;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.operator.jcajce.JcaDigestCalculatorProviderBuilder;
import org.bouncycastle.tsp.TSPAlgorithms;
import org.bouncycastle.tsp.TimeStampRequest;
import org.bouncycastle.tsp.TimeStampRequestGenerator;
import org.bouncycastle.tsp.TimeStampResponse;
import org.bouncycastle.tsp.TimeStampResponseGenerator;
import org.bouncycastle.tsp.TimeStampToken;
import org.bouncycastle.tsp.TimeStampTokenGenerator;

/** BouncyCastle as a timestamp authority: `Bc.java DIR` writes the document, and for each kind of key KIND_root.cer and KIND.tsq, .tsr, .tst (the
 * token alone), KIND_ber.tst (as BER), KIND_v1.tst (the certificate named by SHA-1); of SM2 also sm2_gm.tst with the identifiers of GM/T 0010. */
public class Bc {
    static Path dir;

    static final ASN1ObjectIdentifier GM_SIGNED_DATA = new ASN1ObjectIdentifier("1.2.156.10197.6.1.4.2.2");

    static KeyPair key(String kind) throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance(kind.startsWith("rsa") ? "RSA" : "EC", "BC");
        if (kind.startsWith("rsa"))
            generator.initialize(2048);
        else
            generator.initialize(new ECGenParameterSpec(kind.equals("sm2") ? "sm2p256v1" : kind.equals("p256") ? "P-256" : "P-384"));
        return generator.generateKeyPair();
    }

    static String algorithm(String kind) {
        switch (kind) {
        case "sm2": return "SM3withSM2";
        case "p256": return "SHA256withECDSA";
        case "p384": return "SHA384withECDSA";
        case "rsa": return "SHA256withRSA";
        default: return "SHA256withRSAandMGF1";
        }
    }

    static X509Certificate certify(String kind, KeyPair of, KeyPair by, boolean root) throws Exception {
        X500Name issuer = new X500Name("C=CN,CN=" + kind + " root");
        X509v3CertificateBuilder builder = new JcaX509v3CertificateBuilder(issuer, BigInteger.valueOf(root ? 1 : 2),
            new Date(System.currentTimeMillis() - 60000), new Date(System.currentTimeMillis() + 86400000L),
            root ? issuer : new X500Name("C=CN,CN=" + kind + " 时间戳"), of.getPublic());
        if (root) {
            builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(true));
            builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign | KeyUsage.cRLSign));
        } else {
            builder.addExtension(Extension.extendedKeyUsage, true, new ExtendedKeyUsage(KeyPurposeId.id_kp_timeStamping));
            builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature | KeyUsage.nonRepudiation));
        }
        return new JcaX509CertificateConverter().setProvider("BC").getCertificate(
            builder.build(new JcaContentSignerBuilder(algorithm(kind)).setProvider("BC").build(by.getPrivate())));
    }

    static TimeStampTokenGenerator generator(String kind, KeyPair key, X509Certificate certificate, X509Certificate root,
            ASN1ObjectIdentifier idHash) throws Exception {
        DigestCalculator ids =
            new JcaDigestCalculatorProviderBuilder().setProvider("BC").build().get(new AlgorithmIdentifier(idHash));
        TimeStampTokenGenerator made = new TimeStampTokenGenerator(
            new JcaSimpleSignerInfoGeneratorBuilder().setProvider("BC").build(algorithm(kind), key.getPrivate(), certificate),
            ids, new ASN1ObjectIdentifier("1.2.3.4.5"));
        made.addCertificates(new JcaCertStore(List.of(certificate, root)));
        made.setAccuracySeconds(1);
        made.setAccuracyMillis(20);
        made.setAccuracyMicros(300);
        made.setOrdering(true);
        made.setTSA(new GeneralName(new JcaX509CertificateHolder(certificate).getSubject()));
        made.setResolution(TimeStampTokenGenerator.R_MILLISECONDS);
        return made;
    }

    static void write(String name, byte[] der) throws IOException {
        Files.write(dir.resolve(name), der);
    }

    static void issue(String kind, byte[] document) throws Exception {
        boolean sm2 = kind.equals("sm2");
        KeyPair rootKey = key(kind), key = key(kind);
        X509Certificate root = certify(kind, rootKey, rootKey, true), certificate = certify(kind, key, rootKey, false);
        ASN1ObjectIdentifier hash = sm2 ? GMObjectIdentifiers.sm3 : NISTObjectIdentifiers.id_sha512;
        byte[] imprint = MessageDigest.getInstance(sm2 ? "SM3" : "SHA-512", "BC").digest(document);
        TimeStampRequestGenerator asking = new TimeStampRequestGenerator();
        asking.setCertReq(true);
        TimeStampRequest request = asking.generate(hash, imprint, BigInteger.valueOf(System.nanoTime()));
        TimeStampTokenGenerator tokens = generator(kind, key, certificate, root, sm2 ? GMObjectIdentifiers.sm3 : NISTObjectIdentifiers.id_sha256);
        TimeStampResponse response = new TimeStampResponseGenerator(tokens, Set.of(hash.getId()))
            .generate(request, BigInteger.valueOf(77), new Date());
        TimeStampToken token = response.getTimeStampToken();
        byte[] der = token.toCMSSignedData().toASN1Structure().getEncoded(ASN1Encoding.DER);
        write(kind + "_root.cer", root.getEncoded());
        write(kind + ".tsq", request.getEncoded());
        write(kind + ".tsr", response.getEncoded());
        write(kind + ".tst", der);
        write(kind + "_ber.tst", token.toCMSSignedData().getEncoded(ASN1Encoding.BER));
        write(kind + "_v1.tst", generator(kind, key, certificate, root, OIWObjectIdentifiers.idSHA1)
            .generate(request, BigInteger.valueOf(78), new Date()).getEncoded(ASN1Encoding.DER));
        if (sm2) {
            ASN1EncodableVector info = new ASN1EncodableVector();
            info.add(GM_SIGNED_DATA);
            info.add(ASN1Sequence.getInstance(der).getObjectAt(1));
            write("sm2_gm.tst", new DERSequence(info).getEncoded(ASN1Encoding.DER));
        }
    }

    public static void main(String[] arguments) throws Exception {
        Security.addProvider(new BouncyCastleProvider());
        dir = Path.of(arguments[0]);
        byte[] document = "出院小结：病情平稳，予以出院。\n".getBytes("UTF-8");
        write("document", document);
        for (String kind : List.of("sm2", "p256", "p384", "rsa", "rsapss"))
            issue(kind, document);
    }
}
