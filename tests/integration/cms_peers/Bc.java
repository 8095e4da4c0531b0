import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.Security;
import java.security.Signature;
import java.security.spec.ECGenParameterSpec;
import java.time.Instant;
import java.util.Arrays;
import java.util.Collection;
import java.util.Date;
import java.util.List;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.ASN1Encoding;
import org.bouncycastle.asn1.ASN1Integer;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.ASN1OctetString;
import org.bouncycastle.asn1.ASN1Primitive;
import org.bouncycastle.asn1.ASN1Sequence;
import org.bouncycastle.asn1.ASN1Set;
import org.bouncycastle.asn1.ASN1TaggedObject;
import org.bouncycastle.asn1.DERSet;
import org.bouncycastle.asn1.cms.Attribute;
import org.bouncycastle.asn1.cms.AttributeTable;
import org.bouncycastle.asn1.cms.CMSAttributes;
import org.bouncycastle.asn1.cms.ContentInfo;
import org.bouncycastle.asn1.cms.IssuerAndSerialNumber;
import org.bouncycastle.asn1.cms.SignedData;
import org.bouncycastle.asn1.cms.SignerInfo;
import org.bouncycastle.asn1.cms.Time;
import org.bouncycastle.asn1.ess.ESSCertIDv2;
import org.bouncycastle.asn1.ess.SigningCertificateV2;
import org.bouncycastle.asn1.gm.GMObjectIdentifiers;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.jcajce.JcaCertStore;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.cms.CMSException;
import org.bouncycastle.cms.CMSProcessableByteArray;
import org.bouncycastle.cms.CMSSignedData;
import org.bouncycastle.cms.CMSSignedDataGenerator;
import org.bouncycastle.cms.DefaultSignedAttributeTableGenerator;
import org.bouncycastle.cms.SignerInformation;
import org.bouncycastle.cms.jcajce.JcaSignerInfoGeneratorBuilder;
import org.bouncycastle.cms.jcajce.JcaSimpleSignerInfoVerifierBuilder;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.operator.ContentSigner;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.operator.jcajce.JcaDigestCalculatorProviderBuilder;
import org.bouncycastle.tsp.TimeStampToken;

/** BouncyCastle's side: `issue DIR` and `accept DIR`, with the files and the time of cms_peer.c; and `saved DIR TIME`, which reads and
 * verifies DIR/saved.p7s, signed at that time, over DIR/document, with the certificates person.cer and root.cer; `stamped DIR TIME`: the same
 * with a timestamp over its signature. */
public class Bc {
    static Date at = Date.from(Instant.parse("2026-06-01T00:00:00Z"));
    static final ASN1ObjectIdentifier GM_DATA = new ASN1ObjectIdentifier("1.2.156.10197.6.1.4.2.1");
    static final ASN1ObjectIdentifier GM_SIGNED_DATA = new ASN1ObjectIdentifier("1.2.156.10197.6.1.4.2.2");

    static Path dir;
    static boolean stamped; // a timestamp comes along as an unsigned attribute

    static void expect(String what, boolean holds) {
        if (!holds)
            throw new IllegalStateException(what);
    }

    static byte[] read(String name) throws IOException {
        return Files.readAllBytes(dir.resolve(name));
    }

    static byte[] sm3(byte[] data) throws Exception {
        return MessageDigest.getInstance("SM3", "BC").digest(data);
    }

    static boolean verify(X509CertificateHolder person, byte[] message, byte[] signature) throws Exception {
        Signature verifier = Signature.getInstance("SM3withSM2", "BC");
        verifier.initVerify(new JcaX509CertificateConverter().setProvider("BC").getCertificate(person).getPublicKey());
        verifier.update(message);
        return verifier.verify(signature);
    }

    static void acceptAttributes(String name, AttributeTable table, ASN1ObjectIdentifier type, byte[] document,
            byte[] person) throws Exception {
        expect(name + ": contentType", table.get(CMSAttributes.contentType).getAttrValues().getObjectAt(0).equals(type));
        ASN1OctetString digest =
            ASN1OctetString.getInstance(table.get(CMSAttributes.messageDigest).getAttrValues().getObjectAt(0));
        expect(name + ": messageDigest", Arrays.equals(digest.getOctets(), sm3(document)));
        expect(name + ": signingTime",
            Time.getInstance(table.get(CMSAttributes.signingTime).getAttrValues().getObjectAt(0)).getDate().equals(at));
        ESSCertIDv2[] ids = SigningCertificateV2.getInstance(
            table.get(PKCSObjectIdentifiers.id_aa_signingCertificateV2).getAttrValues().getObjectAt(0)).getCerts();
        expect(name + ": signingCertificateV2", ids.length == 1
            && ids[0].getHashAlgorithm().getAlgorithm().equals(GMObjectIdentifiers.sm3)
            && Arrays.equals(ids[0].getCertHash(), sm3(person)));
    }

    /** By the structure alone, both profiles: every field, and SM2 over the attributes as a SET or over the document. */
    /** The token of the unsigned attribute: over the signature's octets, by a certificate for timestamps, no older than the signature. */
    static void acceptTimestamp(String name, SignerInfo signer) throws Exception {
        Attribute attribute = new AttributeTable(signer.getUnauthenticatedAttributes())
            .get(PKCSObjectIdentifiers.id_aa_signatureTimeStampToken);
        expect(name + ": one timestamp", signer.getUnauthenticatedAttributes().size() == 1 && attribute.getAttrValues().size() == 1);
        TimeStampToken token = new TimeStampToken(ContentInfo.getInstance(attribute.getAttrValues().getObjectAt(0)));
        Collection<?> found = token.getCertificates().getMatches(token.getSID());
        expect(name + ": the timestamp's certificate", found.size() == 1);
        token.validate(new JcaSimpleSignerInfoVerifierBuilder().setProvider("BC").build((X509CertificateHolder) found.iterator().next()));
        expect(name + ": messageImprint", token.getTimeStampInfo().getMessageImprintAlgOID().equals(GMObjectIdentifiers.sm3)
            && Arrays.equals(token.getTimeStampInfo().getMessageImprintDigest(), sm3(signer.getEncryptedDigest().getOctets())));
        long after = token.getTimeStampInfo().getGenTime().getTime() - at.getTime();
        expect(name + ": its time", after > -300000 && after < 300000);
    }

    static void acceptStructure(String name, byte[] der, boolean gm, boolean attached, boolean plain) throws Exception {
        byte[] document = read("document");
        X509CertificateHolder person = new X509CertificateHolder(read("person.cer"));
        ASN1ObjectIdentifier type = gm ? GM_DATA : PKCSObjectIdentifiers.data;
        ASN1Sequence info = ASN1Sequence.getInstance(ASN1Primitive.fromByteArray(der));
        expect(name + ": DER", Arrays.equals(der, info.getEncoded(ASN1Encoding.DER)));
        expect(name + ": SignedData",
            info.getObjectAt(0).equals(gm ? GM_SIGNED_DATA : PKCSObjectIdentifiers.signedData));
        SignedData data = SignedData.getInstance(ASN1Sequence.getInstance((ASN1TaggedObject) info.getObjectAt(1), true));
        expect(name + ": version", data.getVersion().equals(new ASN1Integer(1)));
        expect(name + ": digestAlgorithms", data.getDigestAlgorithms().size() == 1
            && AlgorithmIdentifier.getInstance(data.getDigestAlgorithms().getObjectAt(0)).getAlgorithm()
                .equals(GMObjectIdentifiers.sm3));
        expect(name + ": eContentType", data.getEncapContentInfo().getContentType().equals(type));
        expect(name + ": content", attached
            ? Arrays.equals(ASN1OctetString.getInstance(data.getEncapContentInfo().getContent()).getOctets(), document)
            : data.getEncapContentInfo().getContent() == null);
        expect(name + ": certificates", data.getCertificates().size() == 2 && data.getCRLs() == null
            && new DERSet(data.getCertificates().toArray()).equals(new DERSet(new ASN1Encodable[] {
                ASN1Primitive.fromByteArray(read("person.cer")), ASN1Primitive.fromByteArray(read("root.cer"))})));
        expect(name + ": one signer", data.getSignerInfos().size() == 1);
        SignerInfo signer = SignerInfo.getInstance(data.getSignerInfos().getObjectAt(0));
        expect(name + ": version of the signer", signer.getVersion().equals(new ASN1Integer(1)));
        expect(name + ": the signer's name", IssuerAndSerialNumber.getInstance(signer.getSID().getId())
            .equals(new IssuerAndSerialNumber(person.toASN1Structure())));
        expect(name + ": algorithms", signer.getDigestAlgorithm().getAlgorithm().equals(GMObjectIdentifiers.sm3)
            && signer.getDigestEncryptionAlgorithm().getAlgorithm().equals(GMObjectIdentifiers.sm2sign_with_sm3));
        ASN1Set attributes = signer.getAuthenticatedAttributes();
        expect(name + ": attributes", (attributes == null) == plain && (signer.getUnauthenticatedAttributes() == null) == !stamped);
        if (stamped)
            acceptTimestamp(name, signer);
        if (!plain)
            acceptAttributes(name, new AttributeTable(attributes), type, document, read("person.cer"));
        byte[] message = plain ? document : attributes.getEncoded(ASN1Encoding.DER);
        byte[] signature = signer.getEncryptedDigest().getOctets();
        expect(name + ": signature", verify(person, message, signature));
        message[message.length - 1] ^= 1;
        expect(name + ": another message", !verify(person, message, signature));
    }

    /** BouncyCastle's own reader and verifier of CMS, which knows the identifiers of RFC 5652 only. */
    static boolean verifyCms(byte[] der, byte[] document, boolean attached) throws Exception {
        CMSSignedData data =
            attached ? new CMSSignedData(der) : new CMSSignedData(new CMSProcessableByteArray(document), der);
        Collection<SignerInformation> signers = data.getSignerInfos().getSigners();
        expect("one signer", signers.size() == 1);
        SignerInformation signer = signers.iterator().next();
        @SuppressWarnings("unchecked")
        Collection<X509CertificateHolder> certificates = data.getCertificates().getMatches(signer.getSID());
        expect("the signer's certificate", certificates.size() == 1);
        try {
            return signer.verify(
                new JcaSimpleSignerInfoVerifierBuilder().setProvider("BC").build(certificates.iterator().next()));
        } catch (CMSException e) {
            return false;
        }
    }

    static void accept() throws Exception {
        byte[] document = read("document"), other = document.clone();
        other[0] ^= 1;
        for (String profile : List.of("gm", "rfc")) {
            for (String content : List.of("attached", "detached")) {
                for (String attributes : List.of("", "_plain")) {
                    String name = profile + "_" + content + attributes + ".p7s";
                    boolean attached = content.equals("attached");
                    acceptStructure(name, read(name), profile.equals("gm"), attached, !attributes.isEmpty());
                    if (profile.equals("gm"))
                        continue;
                    expect(name + " by CMSSignedData", verifyCms(read(name), document, attached));
                    if (!attached)
                        expect(name + " over another document", !verifyCms(read(name), other, false));
                }
            }
        }
    }

    static void saved(Instant signed) throws Exception {
        at = Date.from(signed);
        acceptStructure("saved.p7s", read("saved.p7s"), true, false, false);
    }

    static void issue() throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC", "BC");
        generator.initialize(new ECGenParameterSpec("sm2p256v1"));
        KeyPair key = generator.generateKeyPair();
        ContentSigner signer = new JcaContentSignerBuilder("SM3withSM2").setProvider("BC").build(key.getPrivate());
        X500Name name = new X500Name("C=CN,CN=张晓明");
        X509CertificateHolder person = new JcaX509v3CertificateBuilder(name, BigInteger.valueOf(0x80ff01),
            Date.from(Instant.parse("2026-01-01T00:00:00Z")), Date.from(Instant.parse("2030-01-01T00:00:00Z")), name,
            key.getPublic()).build(signer);
        byte[] document = "会诊意见：建议继续观察，明日复查血常规。\n".getBytes("UTF-8");
        Files.write(dir.resolve("document"), document);
        ESSCertIDv2 id = new ESSCertIDv2(new AlgorithmIdentifier(GMObjectIdentifiers.sm3), sm3(person.getEncoded()));
        AttributeTable more = new AttributeTable(new DERSet(new ASN1Encodable[] {
            new Attribute(CMSAttributes.signingTime, new DERSet(new Time(at))),
            new Attribute(PKCSObjectIdentifiers.id_aa_signingCertificateV2, new DERSet(new SigningCertificateV2(id)))}));
        for (String file : List.of("attached", "detached", "plain")) {
            CMSSignedDataGenerator cms = new CMSSignedDataGenerator();
            JcaSignerInfoGeneratorBuilder builder =
                new JcaSignerInfoGeneratorBuilder(new JcaDigestCalculatorProviderBuilder().setProvider("BC").build());
            builder.setSignedAttributeGenerator(new DefaultSignedAttributeTableGenerator(more));
            builder.setDirectSignature(file.equals("plain"));
            cms.addSignerInfoGenerator(builder.build(signer,
                new JcaX509CertificateConverter().setProvider("BC").getCertificate(person)));
            cms.addCertificates(new JcaCertStore(List.of(person)));
            CMSSignedData data = cms.generate(new CMSProcessableByteArray(document), !file.equals("detached"));
            Files.write(dir.resolve(file + ".p7s"), data.toASN1Structure().getEncoded(ASN1Encoding.DER));
        }
    }

    public static void main(String[] arguments) throws Exception {
        Security.addProvider(new BouncyCastleProvider());
        dir = Path.of(arguments[1]);
        if (arguments[0].equals("issue"))
            issue();
        else if (arguments[0].equals("accept"))
            accept();
        else {
            stamped = arguments[0].equals("stamped");
            saved(Instant.parse(arguments[2]));
        }
    }
}
