package cn.yiqian.device;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

public final class HttpRequest {
    /** "GET", "POST", "DELETE". */
    public final String method;
    public final String url;
    /** Their values are secret (session token). */
    public final Map<String, String> headers;
    /** Bytes of an answer; what is longer is refused. */
    public final long answerMax;
    /** null where there is none. PIN-sensitive: wiped when exchange returns. */
    final byte[] body;

    HttpRequest(Input in, byte[] body) {
        method = in.text();
        url = in.text();
        answerMax = in.number();
        Map<String, String> all = new LinkedHashMap<>();
        for (int n = in.integer(); n > 0; n--) {
            all.put(in.text(), in.text());
        }
        headers = Collections.unmodifiableMap(all);
        this.body = body;
    }

    /** The request's own array, null where there is none. PIN-sensitive: wiped when exchange returns. */
    public byte[] body() {
        return body;
    }
}
