import Foundation
import WebKit

/// Serves the web app from the bundle's folder "app". The scheme is the app's own, since WebKit gives https to nobody; its host is "localhost" because that makes the
/// origin potentially trustworthy to WebKit whatever the scheme, hence a secure context: WebCrypto, the camera and web locks need one.
final class PageHandler: NSObject, WKURLSchemeHandler {
    static let scheme = "yiqian"
    static let origin = "yiqian://localhost"
    static let start = URL(string: origin + "/app/")!
    private static let types = [
        "html": "text/html; charset=utf-8", "js": "text/javascript; charset=utf-8", "mjs": "text/javascript; charset=utf-8", "css": "text/css; charset=utf-8",
        "json": "application/json", "webmanifest": "application/manifest+json", "wasm": "application/wasm", "svg": "image/svg+xml", "png": "image/png", "jpg": "image/jpeg",
        "ico": "image/x-icon", "woff2": "font/woff2", "woff": "font/woff", "ttf": "font/ttf", "txt": "text/plain; charset=utf-8", "bcmap": "application/octet-stream",
        "pfb": "application/octet-stream",
    ]
    private let server: ServerChoice

    init(server: ServerChoice) {
        self.server = server
    }

    static func isOwn(_ url: URL?) -> Bool {
        guard let url = url else { return false }
        return url.scheme == scheme && url.host == "localhost" && url.port == nil && url.user == nil
    }

    static func isOwn(_ origin: WKSecurityOrigin) -> Bool {
        origin.protocol == scheme && origin.host == "localhost" && origin.port == 0
    }

    /// As the server's own, but for connect-src: here the server is another origin.
    var policy: String {
        let reached = server.origin.isEmpty ? "" : " " + server.origin
        return "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' blob: data:; font-src 'self'; connect-src 'self'\(reached); "
            + "worker-src 'self'; manifest-src 'self'; frame-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    }

    func webView(_ webView: WKWebView, start task: WKURLSchemeTask) {
        guard let url = task.request.url, PageHandler.isOwn(url), task.request.httpMethod == "GET", let file = file(url), let content = try? Data(contentsOf: file.url) else {
            respond(task, status: 404, type: "text/plain", content: Data())
            return
        }
        respond(task, status: 200, type: file.type, content: content)
    }

    func webView(_ webView: WKWebView, stop task: WKURLSchemeTask) {
        // start answers before it returns: nothing is under way.
    }

    private func file(_ url: URL) -> (url: URL, type: String)? {
        let path = URLComponents(url: url, resolvingAgainstBaseURL: false)?.percentEncodedPath ?? ""
        let form = "^/app/([A-Za-z0-9_@~-][A-Za-z0-9._@~-]*/)*([A-Za-z0-9_@~-][A-Za-z0-9._@~-]*)?$"
        guard path.utf8.count <= 512, path.range(of: form, options: .regularExpression) != nil, let bundle = Bundle.main.resourceURL else { return nil }
        // The page's own routes have no file: they are the page.
        let name = path.contains(".") ? String(path.dropFirst()) : "app/index.html"
        guard let type = PageHandler.types[(name as NSString).pathExtension.lowercased()] else { return nil }
        return (bundle.appendingPathComponent(name), type)
    }

    private func respond(_ task: WKURLSchemeTask, status: Int, type: String, content: Data) {
        let headers = [
            "Content-Type": type, "Content-Length": String(content.count), "Content-Security-Policy": policy, "Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff",
            "Cache-Control": "no-cache",
        ]
        guard let url = task.request.url, let response = HTTPURLResponse(url: url, statusCode: status, httpVersion: "HTTP/1.1", headerFields: headers) else { return }
        task.didReceive(response)
        task.didReceive(content)
        task.didFinish()
    }
}
