import cn.yiqian.device.Status;
import cn.yiqian.device.YiqianException;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/** The JVM's transport against servers that answer as none should, and against TLS. */
final class Http {
    /** Answers each connection with the bytes, once a request was read, and closes it. */
    private static final class Rogue implements AutoCloseable {
        final ServerSocket socket = new ServerSocket(0, 50, InetAddress.getByName("127.0.0.1"));
        final List<String> requests = Collections.synchronizedList(new ArrayList<>());
        volatile byte[] answer;

        Rogue() throws Exception {
            Thread thread = new Thread(() -> {
                while (!socket.isClosed()) {
                    try (Socket connection = socket.accept()) {
                        requests.add(request(connection.getInputStream()));
                        OutputStream out = connection.getOutputStream();
                        out.write(answer);
                        out.flush();
                    } catch (java.io.IOException e) {
                        // the other end went, or the test is over
                    }
                }
            });
            thread.setDaemon(true);
            thread.start();
        }

        private static String request(InputStream in) throws java.io.IOException {
            ByteArrayOutputStream head = new ByteArrayOutputStream();
            while (!head.toString("ISO-8859-1").endsWith("\r\n\r\n")) {
                int c = in.read();
                if (c < 0) {
                    break;
                }
                head.write(c);
            }
            return head.toString("ISO-8859-1");
        }

        @Override
        public void close() throws Exception {
            socket.close();
        }
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    void testAnswersThatAreNone() throws Exception {
        char[] long_ = new char[20000];
        Arrays.fill(long_, 'x');
        String many = new String(new char[200]).replace("\0", "A: b\r\n");
        String interim = new String(new char[20]).replace("\0", "HTTP/1.1 100 Continue\r\n\r\n") + "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
        try (Phone phone = Phone.enrolled("王建国"); Rogue rogue = new Rogue()) {
            phone.device.setKeyServer(phone.key, "http://127.0.0.1:" + rogue.socket.getLocalPort());
            for (String answer : new String[] {"", "\r\n\r\n", "HTTP/1.1", "SSH-2.0-OpenSSH\r\n\r\n", "HTTP/2 200\r\n\r\n", "HTTP/1.1 2000 OK\r\n\r\n",
                "HTTP/1.1 200 OK\r\n\r\n{}", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n{}", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n{}",
                "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\n{}", "HTTP/1.1 200 OK\r\nContent-Length: 2,2\r\n\r\n{}",
                "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n{}", "HTTP/1.1 200 OK\r\n folded: x\r\nContent-Length: 2\r\n\r\n{}",
                "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
                "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-2\r\n{}\r\n0\r\n\r\n",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}x\r\n",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n{}", "HTTP/1.1 101 Switching\r\n\r\n", "HTTP/1.1 100 Continue\r\n\r\n",
                "HTTP/1.1 600 OK\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 099 OK\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 200 " + new String(long_) + "\r\n\r\n",
                interim, "HTTP/1.1 200 OK\r\n" + many + "\r\n", "HTTP/1.1 200 OK\r\nnone\r\n\r\n"}) {
                rogue.answer = ascii(answer);
                YiqianException said = Check.refused(Status.TRANSPORT_FAILED, () -> phone.device.pull(phone.key, "", 1));
                Check.that(said.getCause() instanceof java.io.IOException, answer + ": " + said.getCause());
            }
        }
    }

    void testARedirectIsAnAnswerAndNotFollowed() throws Exception {
        try (Phone phone = Phone.enrolled("王建国"); Rogue rogue = new Rogue()) {
            String there = "http://127.0.0.1:" + rogue.socket.getLocalPort();
            phone.device.setKeyServer(phone.key, there);
            for (int status : new int[] {301, 302, 307, 308}) {
                rogue.requests.clear();
                rogue.answer = ascii("HTTP/1.1 " + status + " Moved\r\nConnection: close\r\nLocation: " + there + "/elsewhere\r\nContent-Length: 0\r\n\r\n");
                Check.thrown(YiqianException.class, () -> phone.device.pull(phone.key, "", 1));
                Check.same(1, rogue.requests.size());
            }
        }
    }

    /** A request whose connection breaks is sent once. */
    void testNothingIsSentAgain() throws Exception {
        try (Phone phone = Phone.enrolled("王建国"); Rogue rogue = new Rogue()) {
            phone.device.setKeyServer(phone.key, "http://127.0.0.1:" + rogue.socket.getLocalPort());
            rogue.answer = new byte[0];
            Check.refused(Status.TRANSPORT_FAILED, () -> phone.device.decline(phone.key, phone.key, "x"));
            Check.same(1, rogue.requests.size());
            Check.that(rogue.requests.get(0).startsWith("POST "), rogue.requests.get(0));
        }
    }

    void testChunksAndInterimAnswers() throws Exception {
        try (Phone phone = Phone.enrolled("王建国"); Rogue rogue = new Rogue()) {
            phone.device.setKeyServer(phone.key, "http://127.0.0.1:" + rogue.socket.getLocalPort());
            String body = "{\"type\":\"x\",\"title\":\"忙\",\"status\":503,\"code\":\"busy\"}";
            byte[] utf8 = body.getBytes(StandardCharsets.UTF_8);
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            out.write(ascii("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 503 Busy\r\nContent-Type: application/problem+json\r\ntransfer-encoding: Chunked\r\n\r\n"));
            for (byte b : utf8) { // one by one
                out.write(ascii("1;x=y\r\n"));
                out.write(b);
                out.write(ascii("\r\n"));
            }
            out.write(ascii("0\r\nTrailer: x\r\n\r\n"));
            rogue.answer = out.toByteArray();
            YiqianException busy = Check.refused("busy", () -> phone.device.pull(phone.key, "", 1));
            Check.same(503, busy.problem().httpStatus);
        }
    }

    /** Trusted where the factory trusts it, and its name is that of the address; else nothing is sent. */
    void testTls() throws Exception {
        String[] tls = Fixture.askAll("tls"); // the port, its certificate's file, a person, the code
        java.security.KeyStore roots = java.security.KeyStore.getInstance(java.security.KeyStore.getDefaultType());
        roots.load(null);
        try (InputStream file = java.nio.file.Files.newInputStream(java.nio.file.Paths.get(tls[1]))) {
            roots.setCertificateEntry("root", java.security.cert.CertificateFactory.getInstance("X.509").generateCertificate(file));
        }
        javax.net.ssl.TrustManagerFactory trust =
                javax.net.ssl.TrustManagerFactory.getInstance(javax.net.ssl.TrustManagerFactory.getDefaultAlgorithm());
        trust.init(roots);
        javax.net.ssl.SSLContext context = javax.net.ssl.SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        String address = "https://localhost:" + tls[0];
        try (cn.yiqian.device.jvm.JvmPlatform platform =
                new cn.yiqian.device.jvm.JvmPlatform(Phone.newDirectory(), context.getSocketFactory());
                cn.yiqian.device.YiqianDevice device = cn.yiqian.device.YiqianDevice.open(platform.platform(), Phone.OPTIONS)) {
            device.setServer(address);
            String key = device.enrol(new cn.yiqian.device.Enrolment(null, tls[2], tls[3], "手机", Phone.pin(), null)).key;
            Check.that(device.pull(key, "", 10).tasks.isEmpty(), "a task");
            device.setKeyServer(key, "https://127.0.0.1:" + tls[0]);
            YiqianException name = Check.refused(Status.TRANSPORT_FAILED, () -> device.pull(key, "", 10));
            Check.that(name.getCause() instanceof javax.net.ssl.SSLException, name.getCause());
        }
        try (Phone phone = Phone.fresh()) { // the JVM's own roots
            phone.device.setServer(address);
            YiqianException unknown = Check.refused(Status.TRANSPORT_FAILED,
                    () -> phone.device.enrol(new cn.yiqian.device.Enrolment(null, "T1", "7KQF-3M9X-2TWB", "手机", Phone.pin(), null)));
            Check.that(unknown.getCause() instanceof javax.net.ssl.SSLException, unknown.getCause());
        }
    }
}
