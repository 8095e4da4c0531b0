// 发起一个签名任务并等待结果。.NET Framework 4.5 以上或 .NET 6 以上，不需第三方库：SM3 在 Sm3.cs 中。
// Starts a signing task and waits for the result. .NET Framework 4.5 or later, or .NET 6 or later; no other library: SM3 stands in Sm3.cs.
//   mcs -r:System.Net.Http SignAndWait.cs Sm3.cs   （或 or csc）
//   YIQIAN_URL=… YIQIAN_KEY=… YIQIAN_SECRET=… SignAndWait.exe 工号 文件
//   … SignAndWait.exe call 方法 路径 [请求体] [幂等键]   任意一次调用 any one call
using System;
using System.IO;
using System.Net;
using System.Net.Http;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

public static class SignAndWait
{
    static readonly string Base = Environment.GetEnvironmentVariable("YIQIAN_URL");
    static readonly string Key = Environment.GetEnvironmentVariable("YIQIAN_KEY");
    static readonly byte[] Secret = Encoding.ASCII.GetBytes(Environment.GetEnvironmentVariable("YIQIAN_SECRET"));
    static readonly HttpClient Http = new HttpClient { Timeout = TimeSpan.FromSeconds(90) };

    /// <summary>签名请求（openapi.yaml，signedRequest）。A signed request.</summary>
    static string Call(string method, string path, string body, string idempotencyKey)
    {
        byte[] data = body == null ? new byte[0] : Encoding.UTF8.GetBytes(body);
        string time = ((long)(DateTime.UtcNow - new DateTime(1970, 1, 1, 0, 0, 0, DateTimeKind.Utc)).TotalSeconds).ToString();
        byte[] random = new byte[16];
        using (var generator = RandomNumberGenerator.Create())
            generator.GetBytes(random);
        string nonce = Sm3.Hex(random);
        string text = string.Join("\n", method, path, Sm3.Hex(Sm3.Digest(data)), time, nonce);
        string signature = Sm3.Hex(Sm3.Hmac(Secret, Encoding.UTF8.GetBytes(text)));
        var request = new HttpRequestMessage(new HttpMethod(method), Base + path);
        request.Headers.TryAddWithoutValidation("Authorization",
            "YQ1-HMAC-SM3 key=" + Key + ", time=" + time + ", nonce=" + nonce + ", signature=" + signature);
        if (idempotencyKey != null)
            request.Headers.Add("Idempotency-Key", idempotencyKey);
        if (body != null)
        {
            request.Content = new ByteArrayContent(data);
            request.Content.Headers.TryAddWithoutValidation("Content-Type", "application/json");
        }
        HttpResponseMessage answer = Http.SendAsync(request).Result;
        string said = answer.Content.ReadAsStringAsync().Result;
        if (!answer.IsSuccessStatusCode)
            throw new InvalidOperationException((int)answer.StatusCode + " " + said);
        return said;
    }

    /// <summary>取 JSON 中的一个文本字段；正式程序请用 JSON 库。One text field; a real program uses a JSON library.</summary>
    static string Field(string json, string name)
    {
        Match found = Regex.Match(json, "\"" + name + "\":\\s*\"([^\"]*)\"");
        return found.Success ? found.Groups[1].Value : null;
    }

    static void CallOnce(string[] arguments)
    {
        string body = arguments.Length > 3 && arguments[3] != "" ? arguments[3] : null;
        Console.OutputEncoding = new UTF8Encoding(false);
        Console.WriteLine(Call(arguments[1], arguments[2], body, arguments.Length > 4 ? arguments[4] : null));
    }

    public static void Main(string[] arguments)
    {
        // .NET Framework 4.5 自己不用 TLS 1.2。.NET Framework 4.5 does not use TLS 1.2 by itself.
        ServicePointManager.SecurityProtocol |= SecurityProtocolType.Tls12;
        if (arguments[0] == "call")
        {
            CallOnce(arguments);
            return;
        }
        string digest = Sm3.Hex(Sm3.Digest(File.ReadAllBytes(arguments[1])));
        string body = "{\"signer\":\"" + arguments[0] + "\",\"form\":\"digest\",\"title\":\"出院小结\",\"reference\":\"DEMO-CS\",\"digest\":\""
            + digest + "\"}";
        // 同一请求重发得到同一任务。正式程序为每次发起取一个新键，与记录一同保存。
        // The same request again gives the same task. A real program takes a new key for each task it starts and keeps it with the record.
        string key = "cs-" + Sm3.Hex(Sm3.Digest(Encoding.UTF8.GetBytes(body))).Substring(0, 48);
        string task = Field(Call("POST", "/v1/tasks", body, key), "task");
        Console.WriteLine("task " + task);
        string result, state;
        int turns = 0;
        do
        {
            // 长轮询：任务有了最终状态即应答。A long poll: answered as soon as the task is finished.
            result = Call("GET", "/v1/tasks/" + task + "?wait=30", null, null);
            state = Field(result, "state");
        } while ((state == "waiting" || state == "pending" || state == "claimed") && ++turns < 20);
        Console.WriteLine("state " + state);
        if (state == "signed")
            Console.WriteLine("signed_by " + Field(result, "serial"));
    }
}
