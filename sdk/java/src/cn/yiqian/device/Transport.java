package cn.yiqian.device;

import java.io.IOException;

/**
 * HTTP. Must verify the server's TLS certificate, must have a time limit (30 s fits; not less than 25 s where tasks are waited
 * for), must not follow redirects, must not retry, cache or log: bodies are PIN-sensitive. Called by several threads at once.
 */
public interface Transport {
    /** IOException where no whole answer came. */
    HttpResponse exchange(HttpRequest request) throws IOException;

    /** The device closes while a call waits: the exchanges under way and every later one are to fail soon. */
    void stop();
}
