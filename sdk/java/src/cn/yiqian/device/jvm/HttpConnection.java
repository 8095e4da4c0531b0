package cn.yiqian.device.jvm;

import cn.yiqian.device.HttpRequest;
import cn.yiqian.device.HttpResponse;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;

/** One connection of HTTP/1.1 (RFC 9112). Of an answer it takes what it understands without a doubt, and fails otherwise. */
final class HttpConnection implements Closeable {
    private static final int CONNECT_MS = 10000;
    private static final int SILENCE_MS = 30000;
    private static final long TOTAL_NS = 120_000_000_000L;
    private static final int LINE_MAX = 8192;
    private static final int LINES_MAX = 100;
    private static final int INTERIM_MAX = 10;
    private static final int CHUNK = 16384;

    private final URI server;
    private final Socket raw = new Socket();
    private Socket socket = raw;
    private InputStream in;
    private OutputStream out;
    private long end;
    private boolean reusable;
    long idleSince;

    /** Of the answer that is being read. */
    private long length;
    private boolean chunked;

    HttpConnection(URI server) {
        this.server = server;
    }

    /** Verifies the certificate and its name. */
    void open(SSLSocketFactory trust) throws IOException {
        boolean tls = server.getScheme().equalsIgnoreCase("https");
        String host = server.getHost();
        String bare = host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
        int port = server.getPort() >= 0 ? server.getPort() : tls ? 443 : 80;
        raw.setTcpNoDelay(true);
        raw.setSoTimeout(SILENCE_MS);
        raw.connect(new InetSocketAddress(bare, port), CONNECT_MS);
        if (tls) {
            SSLSocket secure = (SSLSocket) trust.createSocket(raw, bare, port, true);
            SSLParameters parameters = secure.getSSLParameters();
            parameters.setEndpointIdentificationAlgorithm("HTTPS");
            secure.setSSLParameters(parameters);
            secure.startHandshake();
            socket = secure;
        }
        in = new BufferedInputStream(socket.getInputStream(), CHUNK);
        out = socket.getOutputStream();
    }

    HttpResponse exchange(HttpRequest request, String target) throws IOException {
        reusable = false;
        end = System.nanoTime() + TOTAL_NS;
        send(request, target);
        int status = readHead();
        for (int heads = 1; status < 200; heads++) { // what comes before an answer
            if (status < 100 || status == 101 || heads > INTERIM_MAX) {
                throw new IOException("no HTTP answer");
            }
            status = readHead();
        }
        if (status > 599) {
            throw new IOException("no HTTP answer");
        }
        boolean none = status == 204 || status == 304;
        return new HttpResponse(status, none ? new byte[0] : readBody(request.answerMax));
    }

    boolean isReusable() {
        return reusable;
    }

    /** Of a kept one, whether the other end has not closed it: it has nothing to say meanwhile. */
    boolean isAlive() {
        try {
            socket.setSoTimeout(1);
            in.read();
            return false;
        } catch (SocketTimeoutException silent) {
            return setTimeout();
        } catch (IOException e) {
            return false;
        }
    }

    private boolean setTimeout() {
        try {
            socket.setSoTimeout(SILENCE_MS);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private void send(HttpRequest request, String target) throws IOException {
        StringBuilder head = new StringBuilder();
        head.append(request.method).append(' ').append(target).append(" HTTP/1.1\r\nHost: ").append(server.getRawAuthority()).append("\r\n");
        for (Map.Entry<String, String> header : request.headers.entrySet()) {
            head.append(header.getKey()).append(": ").append(header.getValue()).append("\r\n");
        }
        byte[] body = request.body() == null ? new byte[0] : request.body();
        if (body.length > 0 || !request.method.equals("GET")) {
            head.append("Content-Length: ").append(body.length).append("\r\n");
        }
        byte[] ascii = head.append("\r\n").toString().getBytes(StandardCharsets.ISO_8859_1);
        byte[] whole = Arrays.copyOf(ascii, ascii.length + body.length); // in one packet where it fits
        System.arraycopy(body, 0, whole, ascii.length, body.length);
        try {
            out.write(whole);
            out.flush();
        } finally {
            Arrays.fill(ascii, (byte) 0);
            Arrays.fill(whole, (byte) 0);
        }
    }

    /** However much comes, or little at a time: heads, too, may have no end. */
    private void refuseLate() throws IOException {
        if (System.nanoTime() - end > 0) {
            throw new IOException("the answer takes too long");
        }
    }

    private int take() throws IOException {
        int c = in.read();
        refuseLate();
        if (c < 0) {
            throw new EOFException("the connection ended within an answer");
        }
        return c;
    }

    private String readLine() throws IOException {
        StringBuilder line = new StringBuilder();
        for (int c = take(); c != '\n'; c = take()) {
            if (line.length() >= LINE_MAX) {
                throw new IOException("a line of the answer is too long");
            }
            line.append((char) c);
        }
        int n = line.length();
        return n > 0 && line.charAt(n - 1) == '\r' ? line.substring(0, n - 1) : line.toString();
    }

    private int readHead() throws IOException {
        String first = readLine();
        if (!first.matches("HTTP/1\\.[01] [0-9]{3}( .*)?")) {
            throw new IOException("no HTTP answer");
        }
        length = -1;
        chunked = false;
        boolean keep = first.startsWith("HTTP/1.1");
        int lines = 0;
        for (String line = readLine(); !line.isEmpty(); line = readLine()) {
            int colon = line.indexOf(':');
            if (++lines > LINES_MAX || colon <= 0 || line.charAt(0) == ' ' || line.charAt(0) == '\t') {
                throw new IOException("the answer's head is malformed");
            }
            String value = line.substring(colon + 1).trim();
            switch (line.substring(0, colon).toLowerCase(java.util.Locale.ROOT)) {
                case "content-length":
                    length = lengthOf(value);
                    break;
                case "transfer-encoding":
                    if (chunked || !value.equalsIgnoreCase("chunked")) {
                        throw new IOException("a transfer coding that was not asked for");
                    }
                    chunked = true;
                    break;
                case "content-encoding":
                    if (!value.equalsIgnoreCase("identity")) {
                        throw new IOException("a content coding that was not asked for");
                    }
                    break;
                case "connection":
                    keep = keep && !value.equalsIgnoreCase("close");
                    break;
                default:
                    break;
            }
        }
        int status = Integer.parseInt(first.substring(9, 12));
        boolean none = status < 200 || status == 204 || status == 304;
        if (!none && chunked == length >= 0) { // to the end of the connection is nothing that can be told from a part
            throw new IOException("the answer's length is ambiguous");
        }
        reusable = keep;
        return status;
    }

    private long lengthOf(String value) throws IOException {
        if (length >= 0 || !value.matches("[0-9]{1,18}")) {
            throw new IOException("the answer's length is malformed");
        }
        return Long.parseLong(value);
    }

    /** One byte more than the SDK takes tells it that there is too much; the connection is of no more use then. */
    private byte[] readBody(long answerMax) throws IOException {
        Body body = new Body((int) Math.min(answerMax + 1, Integer.MAX_VALUE - 16));
        try {
            if (!chunked) {
                reusable = copy(body, length) && reusable;
                return body.toByteArray();
            }
            for (long n = chunkSize(); n > 0; n = chunkSize()) {
                if (!copy(body, n)) {
                    reusable = false;
                    return body.toByteArray();
                }
                if (!readLine().isEmpty()) {
                    throw new IOException("a chunk of the answer is malformed");
                }
            }
            for (int lines = 0; !readLine().isEmpty(); lines++) { // trailers
                if (lines > LINES_MAX) {
                    throw new IOException("the answer's trailers are too many");
                }
            }
            return body.toByteArray();
        } finally {
            body.wipe();
        }
    }

    private long chunkSize() throws IOException {
        String line = readLine();
        int semicolon = line.indexOf(';');
        String digits = (semicolon < 0 ? line : line.substring(0, semicolon)).trim();
        if (!digits.matches("[0-9A-Fa-f]{1,12}")) {
            throw new IOException("a chunk of the answer is malformed");
        }
        return Long.parseLong(digits, 16);
    }

    /** n bytes; false: fewer, because no more are taken. */
    private boolean copy(Body body, long n) throws IOException {
        byte[] chunk = new byte[CHUNK];
        try {
            while (n > 0 && body.size() < body.most) {
                int got = in.read(chunk, 0, (int) Math.min(Math.min(n, CHUNK), body.most - body.size()));
                if (got < 0) {
                    throw new EOFException("the connection ended within an answer");
                }
                refuseLate();
                body.write(chunk, 0, got);
                n -= got;
            }
            return n == 0;
        } finally {
            Arrays.fill(chunk, (byte) 0);
        }
    }

    /** Wipes what it outgrows. */
    private static final class Body extends ByteArrayOutputStream {
        final int most;

        Body(int most) {
            this.most = most;
        }

        @Override
        public synchronized void write(byte[] data, int from, int n) {
            if (n > buf.length - count) {
                byte[] old = buf;
                buf = Arrays.copyOf(old, (int) Math.min(Integer.MAX_VALUE - 16, Math.max(2L * old.length, (long) count + n)));
                Arrays.fill(old, (byte) 0);
            }
            super.write(data, from, n);
        }

        void wipe() {
            Arrays.fill(buf, (byte) 0);
        }
    }

    /** From any thread: what reads or writes here fails. The raw socket, because TLS would say goodbye first, and might wait for it. */
    @Override
    public void close() {
        try {
            raw.close();
        } catch (IOException e) {
            // it is of no more use either way
        }
    }
}
