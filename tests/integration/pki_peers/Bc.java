import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PublicKey;
import java.security.Security;
import java.security.cert.CertPath;
import java.security.cert.CertPathValidator;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertStore;
import java.security.cert.CertificateFactory;
import java.security.cert.CollectionCertStoreParameters;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Instant;
import java.util.Arrays;
import java.util.Date;
import java.util.List;
import java.util.Set;
import javax.security.auth.x500.X500Principal;
import org.bouncycastle.asn1.gm.GMObjectIdentifiers;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x500.X500NameBuilder;
import org.bouncycastle.asn1.x500.style.BCStyle;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.CRLDistPoint;
import org.bouncycastle.asn1.x509.CRLNumber;
import org.bouncycastle.asn1.x509.CRLReason;
import org.bouncycastle.asn1.x509.CertificateList;
import org.bouncycastle.asn1.x509.DistributionPoint;
import org.bouncycastle.asn1.x509.DistributionPointName;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.X509v2CRLBuilder;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.cert.jcajce.JcaX509ExtensionUtils;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.operator.ContentSigner;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.operator.jcajce.JcaContentVerifierProviderBuilder;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequest;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequestBuilder;

/** BouncyCastle's side: `issue DIR` and `accept DIR`, with the files and the fixed time of pki_peer.c. */
public class Bc {
    static final Date AT = Date.from(Instant.parse("2026-06-01T00:00:00Z"));
    static final Date BEGIN = Date.from(Instant.parse("2026-01-01T00:00:00Z"));
    static final Date ROOT_END = Date.from(Instant.parse("2060-01-01T00:00:00Z"));
    static final Date END = Date.from(Instant.parse("2030-01-01T00:00:00Z"));
    static final Date REVOKED_AT = Date.from(Instant.parse("2026-05-01T00:00:00Z"));
    static final long DAY = 86400000L;

    static Path dir;
    static CertificateFactory factory;

    static void expect(String what, boolean holds) {
        if (!holds)
            throw new IllegalStateException(what);
    }

    static byte[] read(String name) throws IOException {
        return Files.readAllBytes(dir.resolve(name));
    }

    static X509Certificate cert(byte[] der) throws Exception {
        return (X509Certificate) factory.generateCertificate(new ByteArrayInputStream(der));
    }

    static X509CRL list(byte[] der) throws Exception {
        return (X509CRL) factory.generateCRL(new ByteArrayInputStream(der));
    }

    static byte[] flipped(byte[] der) {
        byte[] copy = der.clone();
        copy[copy.length - 1] ^= 1;
        return copy;
    }

    interface Act {
        void run() throws Exception;
    }

    static void expectRefused(String what, Act act) {
        try {
            act.run();
        } catch (Exception e) {
            return;
        }
        throw new IllegalStateException(what + " was accepted");
    }

    static void validate(X509Certificate leaf, X509Certificate issuing, X509Certificate root, List<X509CRL> lists)
            throws Exception {
        CertPath path = factory.generateCertPath(List.of(leaf, issuing));
        PKIXParameters parameters = new PKIXParameters(Set.of(new TrustAnchor(root, null)));
        parameters.setRevocationEnabled(true);
        parameters.setDate(AT);
        parameters.addCertStore(CertStore.getInstance("Collection", new CollectionCertStoreParameters(lists), "BC"));
        CertPathValidator.getInstance("PKIX", "BC").validate(path, parameters);
    }

    static void acceptProfile(X509Certificate person, X509Certificate issuing, X509Certificate root) {
        boolean[] usage = person.getKeyUsage();
        boolean[] signing = {true, true, false, false, false, false, false, false, false};
        expect("keyUsage of a person", Arrays.equals(usage, signing));
        expect("no CA", person.getBasicConstraints() == -1);
        expect("path length 0", issuing.getBasicConstraints() == 0);
        expect("no path limit", root.getBasicConstraints() == Integer.MAX_VALUE);
        expect("SM2-with-SM3", person.getSigAlgOID().equals(GMObjectIdentifiers.sm2sign_with_sm3.getId()));
        expect("no parameters", person.getSigAlgParams() == null);
    }

    static void acceptRequest(byte[] der, X500Name subject) throws Exception {
        JcaPKCS10CertificationRequest request = new JcaPKCS10CertificationRequest(der).setProvider("BC");
        PublicKey key = request.getPublicKey();
        expect("the request's signature",
            request.isSignatureValid(new JcaContentVerifierProviderBuilder().setProvider("BC").build(key)));
        expect("the request's subject", request.getSubject().equals(subject));
        expect("the request is DER", Arrays.equals(der, request.toASN1Structure().getEncoded("DER")));
    }

    static void accept() throws Exception {
        X509Certificate root = cert(read("root.cer")), issuing = cert(read("issuing.cer"));
        X509Certificate person = cert(read("person.cer")), revoked = cert(read("revoked.cer"));
        X509CRL rootList = list(read("root.crl")), issuingList = list(read("issuing.crl"));
        List<X509CRL> lists = List.of(rootList, issuingList);
        root.verify(root.getPublicKey(), "BC");
        issuing.verify(root.getPublicKey(), "BC");
        person.verify(issuing.getPublicKey(), "BC");
        rootList.verify(root.getPublicKey(), "BC");
        issuingList.verify(issuing.getPublicKey(), "BC");
        expectRefused("a list with a wrong signature",
            () -> list(flipped(read("issuing.crl"))).verify(issuing.getPublicKey(), "BC"));
        acceptProfile(person, issuing, root);
        validate(person, issuing, root, lists);
        expectRefused("a certificate with a wrong signature",
            () -> validate(cert(flipped(read("person.cer"))), issuing, root, lists));
        try {
            validate(revoked, issuing, root, lists);
            throw new IllegalStateException("a revoked certificate was accepted");
        } catch (CertPathValidatorException e) {
            expect("revoked for keyCompromise: " + e.getMessage(), e.getMessage().contains("keyCompromise"));
        }
        expect("the date of revocation",
            issuingList.getRevokedCertificate(revoked.getSerialNumber()).getRevocationDate().equals(REVOKED_AT));
        for (String name : List.of("root.cer", "issuing.cer", "person.cer"))
            expect(name + " is DER", Arrays.equals(read(name),
                org.bouncycastle.asn1.x509.Certificate.getInstance(read(name)).getEncoded("DER")));
        expect("issuing.crl is DER",
            Arrays.equals(read("issuing.crl"), CertificateList.getInstance(read("issuing.crl")).getEncoded("DER")));
        acceptRequest(read("person.csr"), X500Name.getInstance(person.getSubjectX500Principal().getEncoded()));
    }

    static KeyPair newKey() throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC", "BC");
        generator.initialize(new ECGenParameterSpec("sm2p256v1"));
        return generator.generateKeyPair();
    }

    static ContentSigner signer(KeyPair key) throws Exception {
        return new JcaContentSignerBuilder("SM3withSM2").setProvider("BC").build(key.getPrivate());
    }

    static X500Name name(String commonName) {
        return new X500NameBuilder(BCStyle.INSTANCE).addRDN(BCStyle.C, "CN").addRDN(BCStyle.O, "仁济示范医院")
            .addRDN(BCStyle.CN, commonName).build();
    }

    static byte[] issue(String file, X500Name issuer, KeyPair issuerKey, X500Name subject, KeyPair key, BigInteger serial,
            Date end, boolean ca, int pathLength) throws Exception {
        JcaX509ExtensionUtils ids = new JcaX509ExtensionUtils();
        X509v3CertificateBuilder builder =
            new JcaX509v3CertificateBuilder(issuer, serial, BEGIN, end, subject, key.getPublic());
        builder.addExtension(Extension.subjectKeyIdentifier, false, ids.createSubjectKeyIdentifier(key.getPublic()));
        /* with issuer and serial number too, as some CAs have it */
        builder.addExtension(Extension.authorityKeyIdentifier, false,
            ids.createAuthorityKeyIdentifier(issuerKey.getPublic(), new X500Principal(issuer.getEncoded()), BigInteger.ONE));
        int usage = ca ? KeyUsage.keyCertSign | KeyUsage.cRLSign : KeyUsage.digitalSignature | KeyUsage.nonRepudiation;
        builder.addExtension(Extension.keyUsage, true, new KeyUsage(usage));
        if (ca)
            builder.addExtension(Extension.basicConstraints, true,
                pathLength < 0 ? new BasicConstraints(true) : new BasicConstraints(pathLength));
        else
            builder.addExtension(Extension.cRLDistributionPoints, false,
                new CRLDistPoint(new DistributionPoint[] {new DistributionPoint(new DistributionPointName(new GeneralNames(
                    new GeneralName(GeneralName.uniformResourceIdentifier, "http://ca.example.org/1.crl"))), null, null)}));
        byte[] der = builder.build(signer(issuerKey)).getEncoded();
        Files.write(dir.resolve(file), der);
        return der;
    }

    static void issueList(String file, X500Name issuer, KeyPair key, BigInteger revoked) throws Exception {
        X509v2CRLBuilder builder = new X509v2CRLBuilder(issuer, new Date(AT.getTime() - DAY));
        builder.setNextUpdate(new Date(AT.getTime() + 6 * DAY));
        if (revoked != null) {
            builder.addCRLEntry(revoked, REVOKED_AT, CRLReason.keyCompromise, BEGIN);
            builder.addCRLEntry(BigInteger.valueOf(77), REVOKED_AT, CRLReason.unspecified);
        }
        builder.addExtension(Extension.authorityKeyIdentifier, false,
            new JcaX509ExtensionUtils().createAuthorityKeyIdentifier(key.getPublic()));
        builder.addExtension(Extension.cRLNumber, false, new CRLNumber(BigInteger.TEN));
        Files.write(dir.resolve(file), builder.build(signer(key)).getEncoded());
    }

    static void issueAll() throws Exception {
        KeyPair root = newKey(), issuing = newKey(), person = newKey();
        X500Name rootName = name("示范根CA"), issuingName = name("示范签发CA"), personName = name("王芳");
        BigInteger serial = new BigInteger("7fffffffffffffffffffffffffffffffffffffff", 16);
        issue("root.cer", rootName, root, rootName, root, BigInteger.ONE, ROOT_END, true, -1);
        issue("issuing.cer", rootName, root, issuingName, issuing, BigInteger.TWO, END, true, 0);
        issue("person.cer", issuingName, issuing, personName, person, serial, END, false, -1);
        issue("revoked.cer", issuingName, issuing, personName, person, BigInteger.valueOf(200), END, false, -1);
        issueList("root.crl", rootName, root, null);
        issueList("issuing.crl", issuingName, issuing, BigInteger.valueOf(200));
        Files.write(dir.resolve("person.csr"),
            new JcaPKCS10CertificationRequestBuilder(personName, person.getPublic()).build(signer(person)).getEncoded());
    }

    public static void main(String[] arguments) throws Exception {
        Security.addProvider(new BouncyCastleProvider());
        factory = CertificateFactory.getInstance("X.509", "BC");
        dir = Path.of(arguments[1]);
        if (arguments[0].equals("issue"))
            issueAll();
        else
            accept();
    }
}
