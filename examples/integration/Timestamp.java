// 为一个文件取得时间戳并验证（RFC 3161）。Java 11 或更高版本，BouncyCastle（bcprov、bcutil、bcpkix）。
// Gets a timestamp on a file and verifies it (RFC 3161). Java 11 or later; BouncyCastle (bcprov, bcutil, bcpkix).
//   javac -cp bcprov.jar:bcutil.jar:bcpkix.jar Timestamp.java
//   YIQIAN_URL=… java -cp bcprov.jar:bcutil.jar:bcpkix.jar:. Timestamp 文件 根证书.pem [单元]     → 文件.tst
import java.io.FileReader;
import java.math.BigInteger;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.security.Security;
import java.time.Duration;
import java.util.Collection;
import java.util.Date;

import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.gm.GMObjectIdentifiers;
import org.bouncycastle.asn1.nist.NISTObjectIdentifiers;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cms.jcajce.JcaSimpleSignerInfoVerifierBuilder;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.openssl.PEMParser;
import org.bouncycastle.operator.ContentVerifierProvider;
import org.bouncycastle.operator.jcajce.JcaContentVerifierProviderBuilder;
import org.bouncycastle.tsp.TimeStampRequest;
import org.bouncycastle.tsp.TimeStampRequestGenerator;
import org.bouncycastle.tsp.TimeStampResponse;
import org.bouncycastle.tsp.TimeStampToken;
import org.bouncycastle.util.Selector;

public final class Timestamp {
    private static final HttpClient HTTP = HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build();

    static TimeStampToken stamp(String url, byte[] data, ASN1ObjectIdentifier hash, String hashName) throws Exception {
        byte[] imprint = MessageDigest.getInstance(hashName, "BC").digest(data);
        TimeStampRequestGenerator generator = new TimeStampRequestGenerator();
        generator.setCertReq(true);
        TimeStampRequest request = generator.generate(hash, imprint, new BigInteger(64, new SecureRandom()));
        HttpResponse<byte[]> answer = HTTP.send(HttpRequest.newBuilder(URI.create(url)).timeout(Duration.ofSeconds(10))
            .header("Content-Type", "application/timestamp-query")
            .POST(HttpRequest.BodyPublishers.ofByteArray(request.getEncoded())).build(), HttpResponse.BodyHandlers.ofByteArray());
        if (answer.statusCode() != 200)
            throw new IllegalStateException(answer.statusCode() + " " + new String(answer.body(), "UTF-8"));
        TimeStampResponse response = new TimeStampResponse(answer.body());
        response.validate(request); // 随机数、摘要、策略与请求一致 nonce, imprint and policy are those of the request
        if (response.getTimeStampToken() == null)
            throw new IllegalStateException("failInfo " + response.getFailInfo() + " " + response.getStatusString());
        return response.getTimeStampToken();
    }

    static X509CertificateHolder only(Collection<?> found) {
        if (found.size() != 1)
            throw new IllegalStateException("certificates: " + found.size());
        return (X509CertificateHolder) found.iterator().next();
    }

    static boolean isIssued(X509CertificateHolder certificate, X509CertificateHolder issuer, Date at) throws Exception {
        ContentVerifierProvider by = new JcaContentVerifierProviderBuilder().setProvider("BC").build(issuer);
        return certificate.isValidOn(at) && certificate.isSignatureValid(by);
    }

    /** 令牌的签名与用途，再逐级到受信的根。The token's signature and the certificate's use, then link by link to the trusted root. */
    static void verify(TimeStampToken token, X509CertificateHolder root) throws Exception {
        Date at = token.getTimeStampInfo().getGenTime();
        X509CertificateHolder certificate = only(token.getCertificates().getMatches(token.getSID()));
        token.validate(new JcaSimpleSignerInfoVerifierBuilder().setProvider("BC").build(certificate));
        for (int links = 0; !certificate.getIssuer().equals(root.getSubject()); links++) {
            X509CertificateHolder below = certificate;
            certificate = only(token.getCertificates().getMatches(new Selector<X509CertificateHolder>() {
                public boolean match(X509CertificateHolder other) { return other.getSubject().equals(below.getIssuer()); }
                public Object clone() { return this; }
            }));
            if (links == 4 || !isIssued(below, certificate, at))
                throw new IllegalStateException("chain");
        }
        if (!isIssued(certificate, root, at))
            throw new IllegalStateException("chain");
    }

    public static void main(String[] arguments) throws Exception {
        Security.addProvider(new BouncyCastleProvider());
        String unit = arguments.length > 2 ? "/" + arguments[2] : "";
        boolean sm = unit.isEmpty() || unit.equals("/sm2");
        TimeStampToken token = stamp(System.getenv("YIQIAN_URL") + "/tsa" + unit, Files.readAllBytes(Path.of(arguments[0])),
            sm ? GMObjectIdentifiers.sm3 : NISTObjectIdentifiers.id_sha256, sm ? "SM3" : "SHA-256");
        try (PEMParser pem = new PEMParser(new FileReader(arguments[1]))) {
            verify(token, (X509CertificateHolder) pem.readObject());
        }
        Files.write(Path.of(arguments[0] + ".tst"), token.getEncoded());
        System.out.println("time " + token.getTimeStampInfo().getGenTime().toInstant());
        System.out.println("serial " + token.getTimeStampInfo().getSerialNumber().toString(16));
        System.out.println("policy " + token.getTimeStampInfo().getPolicy());
    }
}
