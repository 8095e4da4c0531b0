package cn.yiqian.device;

/** An answer's status and whole body, which the SDK takes over and wipes. */
public final class HttpResponse {
    final int status;
    final byte[] body;

    public HttpResponse(int status, byte[] body) {
        this.status = status;
        this.body = body;
    }
}
