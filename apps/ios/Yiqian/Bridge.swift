import Foundation
import WebKit

/// A call of the page that is refused; the status is one of sdk/js (docs/spec/shell.md).
struct ShellError: Error {
    let status: String
    let detail: String
}

/// The messages of the page (docs/spec/shell.md): each is checked and answered. Only the main frame of the app's own origin is heard.
final class Bridge: NSObject, WKScriptMessageHandlerWithReply {
    static let messageMax = 4096
    private let server: ServerChoice
    private let fingerprint = Fingerprint()
    private let reachAnew: (@escaping (Bool) -> Void) -> Void

    init(server: ServerChoice, reachAnew: @escaping (@escaping (Bool) -> Void) -> Void) {
        self.server = server
        self.reachAnew = reachAnew
    }

    func userContentController(_ controller: WKUserContentController, didReceive message: WKScriptMessage, replyHandler: @escaping (Any?, String?) -> Void) {
        guard message.frameInfo.isMainFrame, PageHandler.isOwn(message.frameInfo.securityOrigin), let text = message.body as? String, text.utf8.count <= Bridge.messageMax,
              let call = (try? JSONSerialization.jsonObject(with: Data(text.utf8))) as? [String: Any] else {
            replyHandler(nil, "refused")
            return
        }
        let answer: (Result<[String: Any], ShellError>) -> Void = { result in
            DispatchQueue.main.async { replyHandler(Bridge.text(result), nil) }
        }
        do {
            try carryOut(call, answer)
        } catch let error as ShellError {
            answer(.failure(error))
        } catch {
            answer(.failure(ShellError(status: "invalid_argument", detail: "no such call")))
        }
    }

    private func carryOut(_ call: [String: Any], _ answer: @escaping (Result<[String: Any], ShellError>) -> Void) throws {
        switch try string(call, "call") {
        case "info":
            let version = Bundle.main.object(forInfoDictionaryKey: "CFBundleShortVersionString") as? String ?? ""
            answer(.success(["version": version, "server": server.origin, "development": ServerChoice.development]))
        case "setServer":
            try server.choose(try string(call, "url"))
            reachAnew { $0 ? answer(.success([:])) : answer(.failure(ShellError(status: "storage_failed", detail: "the server could not be let through"))) }
        case "fingerprint":
            let available = fingerprint.available
            answer(.success(["available": available, "reason": available ? "" : "missing"]))
        case "wrap":
            guard let secret = Data(base64Encoded: try string(call, "secret")) else { throw ShellError(status: "invalid_argument", detail: "secret is base64") }
            fingerprint.wrap(try string(call, "name"), secret) { answer($0.map { [:] }) }
        case "unwrap":
            fingerprint.unwrap(try string(call, "name"), prompt: try string(call, "prompt")) { answer($0.map { ["secret": $0.base64EncodedString()] }) }
        case "erase":
            fingerprint.erase(try string(call, "name")) { answer($0.map { [:] }) }
        case "allowNotifications":
            TaskNotice.ask { answer(.success(["allowed": $0])) }
        case "notify":
            guard let number = call["tasks"] as? NSNumber, CFGetTypeID(number) != CFBooleanGetTypeID(), let tasks = Int(exactly: number.doubleValue), (0...TaskNotice.tasksMax).contains(tasks) else {
                throw ShellError(status: "invalid_argument", detail: "tasks are 0 to 999")
            }
            TaskNotice.show(tasks)
            answer(.success([:]))
        default:
            throw ShellError(status: "invalid_argument", detail: "no such call")
        }
    }

    private func string(_ call: [String: Any], _ member: String) throws -> String {
        guard let value = call[member] as? String else { throw ShellError(status: "invalid_argument", detail: member + " is a text") }
        return value
    }

    private static func text(_ result: Result<[String: Any], ShellError>) -> String {
        let answer: [String: Any]
        switch result {
        case .success(let value): answer = ["result": value]
        case .failure(let error): answer = ["error": error.status, "detail": error.detail]
        }
        let json = try? JSONSerialization.data(withJSONObject: answer)
        return json.flatMap { String(data: $0, encoding: .utf8) } ?? "{}"
    }
}
