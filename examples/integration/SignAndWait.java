// 发起一个签名任务并等待结果。Java 11 或更高版本，SM3 用 BouncyCastle。
// Starts a signing task and waits for the result. Java 11 or later; SM3 by BouncyCastle.
//   javac -cp bcprov.jar SignAndWait.java
//   YIQIAN_URL=… YIQIAN_KEY=… YIQIAN_SECRET=… java -cp bcprov.jar:. SignAndWait 工号 文件
//   … SignAndWait call 方法 路径 [请求体] [幂等键]   任意一次调用 any one call
import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.bouncycastle.crypto.digests.SM3Digest;
import org.bouncycastle.crypto.macs.HMac;
import org.bouncycastle.crypto.params.KeyParameter;
import org.bouncycastle.util.encoders.Hex;

public final class SignAndWait {
    private static final String BASE = System.getenv("YIQIAN_URL");
    private static final String KEY = System.getenv("YIQIAN_KEY");
    private static final byte[] SECRET = System.getenv("YIQIAN_SECRET").getBytes(StandardCharsets.US_ASCII);
    private static final HttpClient HTTP = HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build();

    static String sm3(byte[] data) {
        SM3Digest digest = new SM3Digest();
        byte[] out = new byte[digest.getDigestSize()];
        digest.update(data, 0, data.length);
        digest.doFinal(out, 0);
        return Hex.toHexString(out);
    }

    static String hmacSm3(byte[] key, String text) {
        HMac mac = new HMac(new SM3Digest());
        byte[] data = text.getBytes(StandardCharsets.UTF_8);
        byte[] out = new byte[mac.getMacSize()];
        mac.init(new KeyParameter(key));
        mac.update(data, 0, data.length);
        mac.doFinal(out, 0);
        return Hex.toHexString(out);
    }

    /** 签名请求（openapi.yaml，signedRequest）。A signed request. */
    static String call(String method, String path, String body, String idempotencyKey) throws Exception {
        byte[] data = body == null ? new byte[0] : body.getBytes(StandardCharsets.UTF_8);
        String time = Long.toString(System.currentTimeMillis() / 1000);
        byte[] random = new byte[16];
        new SecureRandom().nextBytes(random);
        String nonce = Hex.toHexString(random);
        String signature = hmacSm3(SECRET, String.join("\n", method, path, sm3(data), time, nonce));
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(BASE + path)).timeout(Duration.ofSeconds(90))
            .header("Authorization", "YQ1-HMAC-SM3 key=" + KEY + ", time=" + time + ", nonce=" + nonce + ", signature=" + signature)
            .method(method, body == null ? HttpRequest.BodyPublishers.noBody() : HttpRequest.BodyPublishers.ofByteArray(data));
        if (body != null)
            request.header("Content-Type", "application/json");
        if (idempotencyKey != null)
            request.header("Idempotency-Key", idempotencyKey);
        HttpResponse<String> answer = HTTP.send(request.build(), HttpResponse.BodyHandlers.ofString());
        if (answer.statusCode() / 100 != 2)
            throw new IllegalStateException(answer.statusCode() + " " + answer.body());
        return answer.body();
    }

    /** 取 JSON 中的一个文本字段；正式程序请用 JSON 库。One text field; a real program uses a JSON library. */
    static String field(String json, String name) {
        Matcher found = Pattern.compile("\"" + name + "\":\\s*\"([^\"]*)\"").matcher(json);
        return found.find() ? found.group(1) : null;
    }

    static void callOnce(String[] arguments) throws Exception {
        String body = arguments.length > 3 && !arguments[3].isEmpty() ? arguments[3] : null;
        PrintStream out = new PrintStream(System.out, true, "UTF-8");
        out.println(call(arguments[1], arguments[2], body, arguments.length > 4 ? arguments[4] : null));
    }

    public static void main(String[] arguments) throws Exception {
        if (arguments[0].equals("call")) {
            callOnce(arguments);
            return;
        }
        String digest = sm3(Files.readAllBytes(Path.of(arguments[1])));
        String body = "{\"signer\":\"" + arguments[0] + "\",\"form\":\"digest\",\"title\":\"出院小结\",\"reference\":\"DEMO-JAVA\",\"digest\":\""
            + digest + "\"}";
        // 同一请求重发得到同一任务。正式程序为每次发起取一个新键，与记录一同保存。
        // The same request again gives the same task. A real program takes a new key for each task it starts and keeps it with the record.
        String key = "java-" + sm3(body.getBytes(StandardCharsets.UTF_8)).substring(0, 48);
        String task = field(call("POST", "/v1/tasks", body, key), "task");
        System.out.println("task " + task);
        String result, state;
        int turns = 0;
        do {
            // 长轮询：任务有了最终状态即应答。A long poll: answered as soon as the task is finished.
            result = call("GET", "/v1/tasks/" + task + "?wait=30", null, null);
            state = field(result, "state");
        } while (("waiting".equals(state) || "pending".equals(state) || "claimed".equals(state)) && ++turns < 20);
        System.out.println("state " + state);
        if ("signed".equals(state))
            System.out.println("signed_by " + field(result, "serial"));
    }
}
