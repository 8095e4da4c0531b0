import java.io.ByteArrayInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.Security;
import java.security.cert.CertPath;
import java.security.cert.CertPathValidator;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import org.bouncycastle.asn1.ASN1Primitive;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.Extensions;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.jce.provider.BouncyCastleProvider;

/** Profiles LEAF ISSUING ROOT: BouncyCastle validates the chain and prints what it read: subject, usages, each extension as it encodes it again. */
public class Profiles {
    public static void main(String[] files) throws Exception {
        Security.addProvider(new BouncyCastleProvider());
        CertificateFactory factory = CertificateFactory.getInstance("X.509", "BC");
        X509Certificate[] chain = new X509Certificate[3];
        for (int i = 0; i < 3; i++)
            chain[i] = (X509Certificate) factory.generateCertificate(new ByteArrayInputStream(Files.readAllBytes(Path.of(files[i]))));
        X509CertificateHolder leaf = new X509CertificateHolder(chain[0].getEncoded());
        System.out.println("subject " + leaf.getSubject());
        System.out.println("usage " + Arrays.toString(chain[0].getKeyUsage()));
        System.out.println("purposes " + chain[0].getExtendedKeyUsage());
        Extensions extensions = leaf.getExtensions();
        for (var oid : extensions.getExtensionOIDs()) {
            Extension x = extensions.getExtension(oid);
            byte[] value = x.getExtnValue().getOctets();
            byte[] again = ASN1Primitive.fromByteArray(value).getEncoded("DER");
            System.out.println("extension " + oid + " " + x.isCritical() + " " + HexFormat.of().formatHex(again));
        }
        CertPath path = factory.generateCertPath(List.of(chain[0], chain[1]));
        PKIXParameters parameters = new PKIXParameters(Set.of(new TrustAnchor(chain[2], null)));
        parameters.setRevocationEnabled(false);
        try {
            CertPathValidator.getInstance("PKIX", "BC").validate(path, parameters);
            System.out.println("valid");
        } catch (java.security.cert.CertPathValidatorException e) {
            System.out.println("invalid " + e.getMessage());
        }
    }
}
