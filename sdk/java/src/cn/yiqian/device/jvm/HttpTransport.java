package cn.yiqian.device.jvm;

import cn.yiqian.device.HttpRequest;
import cn.yiqian.device.HttpResponse;
import cn.yiqian.device.Transport;
import java.io.IOException;
import java.net.URI;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import javax.net.ssl.SSLSocketFactory;

/**
 * HTTP/1.1 over sockets of its own, straight to the server: HttpURLConnection sends a POST again by itself when a connection breaks, or, told to
 * stream, keeps a 401's body from whoever needs it. No redirects, no retries, no cache, no cookies, no proxy. Connections are kept for a few seconds.
 */
public final class HttpTransport implements Transport {
    private static final int IDLE_MAX = 4;
    private static final long IDLE_NS = 5_000_000_000L; // less than the server keeps them

    private final SSLSocketFactory trust;
    private final Set<HttpConnection> underWay = new HashSet<>();
    private final Deque<HttpConnection> idle = new ArrayDeque<>();
    private String idleServer = "";
    private boolean stopped;

    /** trust: null for the platform's. */
    public HttpTransport(SSLSocketFactory trust) {
        this.trust = trust != null ? trust : (SSLSocketFactory) SSLSocketFactory.getDefault();
    }

    @Override
    public HttpResponse exchange(HttpRequest request) throws IOException {
        URI url = URI.create(request.url);
        String scheme = String.valueOf(url.getScheme()).toLowerCase(Locale.ROOT);
        if (!scheme.equals("https") && !scheme.equals("http") || url.getHost() == null || url.getRawUserInfo() != null) {
            throw new IOException("no address of a server");
        }
        for (Map.Entry<String, String> header : request.headers.entrySet()) {
            if (!(header.getKey() + header.getValue()).matches("[\\x20-\\x7e]*")) {
                throw new IOException("a header that cannot be sent");
            }
        }
        String path = url.getRawPath() == null || url.getRawPath().isEmpty() ? "/" : url.getRawPath();
        HttpConnection connection = take(scheme + "://" + url.getRawAuthority(), url);
        boolean whole = false;
        try {
            HttpResponse response = connection.exchange(request, url.getRawQuery() == null ? path : path + "?" + url.getRawQuery());
            whole = true;
            return response;
        } finally {
            giveBack(connection, scheme + "://" + url.getRawAuthority(), whole);
        }
    }

    private HttpConnection take(String server, URI url) throws IOException {
        for (HttpConnection kept = takeKept(server); kept != null; kept = takeKept(server)) {
            if (kept.isAlive()) {
                return kept;
            }
            giveBack(kept, server, false);
        }
        HttpConnection connection = new HttpConnection(url);
        synchronized (this) {
            refuseStopped();
            underWay.add(connection);
        }
        try {
            connection.open(trust);
            return connection;
        } catch (IOException | RuntimeException e) {
            giveBack(connection, server, false);
            throw e;
        }
    }

    private void refuseStopped() throws IOException {
        if (stopped) {
            throw new IOException("the device is closing");
        }
    }

    private synchronized HttpConnection takeKept(String server) throws IOException {
        refuseStopped();
        drop(server);
        HttpConnection kept = idle.pollLast();
        if (kept != null) {
            underWay.add(kept);
        }
        return kept;
    }

    /** Those that are too old, or another server's. */
    private void drop(String server) {
        long now = System.nanoTime();
        if (!server.equals(idleServer)) {
            idle.forEach(HttpConnection::close);
            idle.clear();
            idleServer = server;
        }
        while (!idle.isEmpty() && now - idle.peekFirst().idleSince > IDLE_NS) {
            idle.pollFirst().close();
        }
    }

    private synchronized void giveBack(HttpConnection connection, String server, boolean whole) {
        underWay.remove(connection);
        if (whole && connection.isReusable() && !stopped && server.equals(idleServer) && idle.size() < IDLE_MAX) {
            connection.idleSince = System.nanoTime();
            idle.addLast(connection);
        } else {
            connection.close();
        }
    }

    @Override
    public synchronized void stop() {
        stopped = true;
        underWay.forEach(HttpConnection::close);
        idle.forEach(HttpConnection::close);
        idle.clear();
    }
}
