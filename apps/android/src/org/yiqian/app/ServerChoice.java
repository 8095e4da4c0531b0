package org.yiqian.app;

import android.content.SharedPreferences;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;

/** The hospital's server that the person chose: the one origin that the page reaches. */
final class ServerChoice {
    static final int URL_MAX = 255;
    private static final String KEY = "server";

    private final SharedPreferences preferences;
    private final boolean development;

    ServerChoice(SharedPreferences preferences, boolean development) {
        this.preferences = preferences;
        this.development = development;
    }

    /** "" for none. What is kept is checked like what comes: a build for development may have kept what this one refuses. */
    String origin() {
        try {
            return originOf(preferences.getString(KEY, ""), development);
        } catch (ShellException refused) {
            return "";
        }
    }

    void choose(String url) throws ShellException {
        String origin = originOf(url, development);
        if (!preferences.edit().putString(KEY, origin).commit()) throw new ShellException("storage_failed", "the server could not be kept");
    }

    /** Whether a request to the URL goes to the chosen server. */
    boolean covers(String url) {
        String origin = origin();
        try {
            return !origin.isEmpty() && origin.equals(originOfUri(new URI(url), development));
        } catch (URISyntaxException | ShellException other) {
            return false;
        }
    }

    /** scheme://host[:port] of the URL, without the port that the scheme has anyway. It goes into the page's policy: nothing but the characters of names, addresses and ports. */
    static String originOf(String url, boolean development) throws ShellException {
        if (url.isEmpty() || url.length() > URL_MAX) throw refused("an address has 1 to 255 characters");
        try {
            URI uri = new URI(url);
            String path = uri.getRawPath();
            if (path != null && !path.isEmpty() && !path.equals("/")) throw refused("an address ends after its name or port");
            if (uri.getRawQuery() != null || uri.getRawFragment() != null) throw refused("an address has no ? and no #");
            return originOfUri(uri, development);
        } catch (URISyntaxException bad) {
            throw refused("no address");
        }
    }

    private static String originOfUri(URI uri, boolean development) throws ShellException {
        String scheme = uri.getScheme() == null ? "" : uri.getScheme().toLowerCase(Locale.ROOT);
        String host = uri.getHost() == null ? "" : uri.getHost().toLowerCase(Locale.ROOT);
        boolean secure = scheme.equals("https");
        if (!secure && !(development && scheme.equals("http") && isLoopback(host))) throw refused("an address begins with https://");
        if (!host.matches("[a-z0-9.-]+|\\[[0-9a-f:.]+\\]") || host.equals(Page.HOST)) throw refused("no address of a server");
        if (uri.getRawUserInfo() != null) throw refused("an address has no user name");
        int port = uri.getPort();
        // "host:" has no port to java.net.URI, and is none to a person.
        if (port == 0 || port > 65535 || uri.getRawAuthority().endsWith(":")) throw refused("no port");
        return scheme + "://" + host + (port == -1 || port == (secure ? 443 : 80) ? "" : ":" + port);
    }

    private static boolean isLoopback(String host) {
        return host.equals("localhost") || host.equals("127.0.0.1");
    }

    private static ShellException refused(String why) {
        return new ShellException("invalid_argument", why);
    }
}
