package org.yiqian.app;

import android.content.res.AssetManager;
import android.net.Uri;
import android.webkit.WebResourceResponse;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/**
 * Answers every request of the WebView: the web app from the APK's assets under an https origin of its own, which no DNS ever has (RFC 6761) but which is a secure context
 * with storage of its own; the chosen server from the network; nothing else at all.
 */
final class Page {
    static final String HOST = "app.yiqian.invalid";
    static final String ORIGIN = "https://" + HOST;
    static final String START = ORIGIN + "/app/";
    private static final int PATH_MAX = 512;
    private static final Map<String, String> TYPES = new HashMap<>();

    static {
        TYPES.put("html", "text/html");
        TYPES.put("js", "text/javascript");
        TYPES.put("mjs", "text/javascript");
        TYPES.put("css", "text/css");
        TYPES.put("json", "application/json");
        TYPES.put("webmanifest", "application/manifest+json");
        TYPES.put("wasm", "application/wasm");
        TYPES.put("svg", "image/svg+xml");
        TYPES.put("png", "image/png");
        TYPES.put("jpg", "image/jpeg");
        TYPES.put("webp", "image/webp");
        TYPES.put("ico", "image/x-icon");
        TYPES.put("woff2", "font/woff2");
        TYPES.put("woff", "font/woff");
        TYPES.put("ttf", "font/ttf");
        TYPES.put("txt", "text/plain");
        TYPES.put("bcmap", "application/octet-stream");
        TYPES.put("pfb", "application/octet-stream");
    }

    private final AssetManager assets;
    private final ServerChoice server;

    Page(AssetManager assets, ServerChoice server) {
        this.assets = assets;
        this.server = server;
    }

    /** Null: the WebView asks the network itself, which only the chosen server is for. Called on threads of the WebView. */
    WebResourceResponse answer(String method, Uri url, boolean mainFrame) {
        String text = url.toString();
        String scheme = url.getScheme();
        // What the page made itself; it reaches no network.
        if (!mainFrame && ("blob".equals(scheme) || "data".equals(scheme))) return null;
        if (!isOwn(url)) return !mainFrame && server.covers(withoutQuery(text)) ? null : refusal(403, "Forbidden");
        if (!method.equals("GET")) return refusal(405, "Method Not Allowed");
        String path = url.getEncodedPath();
        if (path == null || path.length() > PATH_MAX || !path.matches("/app/([A-Za-z0-9_@~-][A-Za-z0-9._@~-]*/)*([A-Za-z0-9_@~-][A-Za-z0-9._@~-]*)?")) return refusal(404, "Not Found");
        String name = path.substring(1);
        // The page's own routes have no file: they are the page.
        if (name.indexOf('.') < 0) name = "app/index.html";
        String type = TYPES.get(name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT));
        if (type == null) return refusal(404, "Not Found");
        try {
            return response(200, "OK", type, assets.open(name));
        } catch (IOException absent) {
            return refusal(404, "Not Found");
        }
    }

    static boolean isOwn(Uri url) {
        return "https".equals(url.getScheme()) && HOST.equals(url.getEncodedAuthority());
    }

    /** As the server's own (docs/operations/app.md), but for connect-src: here the server is another origin. */
    String policy() {
        String origin = server.origin();
        return "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' blob: data:; font-src 'self'; connect-src 'self'"
            + (origin.isEmpty() ? "" : " " + origin)
            + "; worker-src 'self'; manifest-src 'self'; frame-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";
    }

    private WebResourceResponse refusal(int status, String reason) {
        return response(status, reason, "text/plain", new ByteArrayInputStream(new byte[0]));
    }

    private WebResourceResponse response(int status, String reason, String type, InputStream content) {
        Map<String, String> headers = new HashMap<>();
        headers.put("Content-Security-Policy", policy());
        headers.put("Permissions-Policy", "camera=(self), microphone=(), geolocation=()");
        headers.put("Referrer-Policy", "no-referrer");
        headers.put("X-Content-Type-Options", "nosniff");
        headers.put("Cache-Control", "no-cache");
        return new WebResourceResponse(type, type.startsWith("text/") || type.endsWith("json") ? "UTF-8" : null, status, reason, headers, content);
    }

    /** java.net.URI is stricter with queries than browsers are, and only the origin is asked for. */
    private static String withoutQuery(String url) {
        return url.split("[?#]", 2)[0];
    }
}
