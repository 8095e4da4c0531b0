import Foundation

/// The hospital's server that the person chose: the one origin that the page reaches. The rules are those of the Android app's ServerChoice.
final class ServerChoice {
    static let urlMax = 255
    private static let key = "server"
    #if DEBUG
    static let development = true
    #else
    static let development = false
    #endif

    /// "" for none. What is kept is checked like what comes.
    var origin: String {
        UserDefaults.standard.string(forKey: ServerChoice.key).flatMap { try? ServerChoice.originOf($0) } ?? ""
    }

    func choose(_ url: String) throws {
        UserDefaults.standard.set(try ServerChoice.originOf(url), forKey: ServerChoice.key)
    }

    static func originOf(_ text: String) throws -> String {
        let refused = ShellError(status: "invalid_argument", detail: "no address of a server")
        guard !text.isEmpty, text.utf8.count <= urlMax, text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }), let parts = URLComponents(string: text) else { throw refused }
        let scheme = parts.scheme?.lowercased() ?? ""
        // With its brackets, where it is an address of IPv6.
        let host = (parts.percentEncodedHost ?? "").lowercased()
        let loopback = host == "localhost" || host == "127.0.0.1"
        guard scheme == "https" || (development && scheme == "http" && loopback) else { throw refused }
        guard host.range(of: "^([a-z0-9.-]+|\\[[0-9a-f:.]+\\])$", options: .regularExpression) != nil else { throw refused }
        guard parts.user == nil, parts.password == nil, parts.query == nil, parts.fragment == nil, parts.path.isEmpty || parts.path == "/", !text.hasSuffix(":") else { throw refused }
        guard let port = parts.port, port != (scheme == "https" ? 443 : 80) else { return scheme + "://" + host }
        guard (1...65535).contains(port) else { throw refused }
        return scheme + "://" + host + ":" + String(port)
    }
}
