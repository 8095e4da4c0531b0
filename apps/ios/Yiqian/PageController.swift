import UIKit
import WebKit

/// The web view, as shut as it can be. It shows the app's own page and no other, and reaches the chosen server alone: by the page's policy (PageHandler), and by a
/// list of rules that WebKit holds against every request, the page's own or a redirect.
final class PageController: UIViewController, WKNavigationDelegate, WKUIDelegate {
    private let server = ServerChoice()
    private var web: WKWebView?
    private var bridge: Bridge?

    override func viewDidLoad() {
        super.viewDidLoad()
        view.backgroundColor = .systemBackground
        open()
    }

    private func open() {
        compile { [weak self] list in
            // Without the rules there is no page.
            if let list = list { self?.show(list) }
        }
    }

    /// Lets the page reach the server that was chosen now; its policy follows when it is loaded anew, which it does itself.
    private func reachAnew(_ done: @escaping (Bool) -> Void) {
        compile { [weak self] list in
            guard let rules = self?.web?.configuration.userContentController, let list = list else { return done(false) }
            rules.removeAllContentRuleLists()
            rules.add(list)
            done(true)
        }
    }

    private func compile(_ done: @escaping (WKContentRuleList?) -> Void) {
        WKContentRuleListStore.default().compileContentRuleList(forIdentifier: "reach", encodedContentRuleList: PageController.rules(server.origin)) { list, _ in
            DispatchQueue.main.async { done(list) }
        }
    }

    private func show(_ list: WKContentRuleList) {
        let configuration = WKWebViewConfiguration()
        configuration.setURLSchemeHandler(PageHandler(server: server), forURLScheme: PageHandler.scheme)
        configuration.userContentController.add(list)
        configuration.preferences.javaScriptCanOpenWindowsAutomatically = false
        configuration.allowsInlineMediaPlayback = true // the camera's picture, in the page
        configuration.dataDetectorTypes = []
        let bridge = Bridge(server: server, reachAnew: { [weak self] done in self?.reachAnew(done) ?? done(false) })
        configuration.userContentController.addScriptMessageHandler(bridge, contentWorld: .page, name: "YiqianShell")
        let web = WKWebView(frame: view.bounds, configuration: configuration)
        web.navigationDelegate = self
        web.uiDelegate = self
        web.allowsLinkPreview = false
        web.allowsBackForwardNavigationGestures = true
        web.autoresizingMask = [.flexibleWidth, .flexibleHeight]
        #if DEBUG
        if #available(iOS 16.4, *) { web.isInspectable = true }
        #endif
        view.addSubview(web)
        self.web = web
        self.bridge = bridge
        web.load(URLRequest(url: PageHandler.start))
    }

    /// Everything is blocked but the app's own files, what the page made itself, and the server. The origin's characters are those that ServerChoice lets pass.
    static func rules(_ origin: String) -> String {
        let reached = [PageHandler.origin + "/"] + (origin.isEmpty ? [] : [origin + "/"]) + ["blob:", "data:"]
        var rules: [[String: Any]] = [["trigger": ["url-filter": ".*"], "action": ["type": "block"]]]
        for prefix in reached {
            let filter = "^" + NSRegularExpression.escapedPattern(for: prefix).replacingOccurrences(of: "\\/", with: "/")
            rules.append(["trigger": ["url-filter": filter], "action": ["type": "ignore-previous-rules"]])
        }
        let json = try? JSONSerialization.data(withJSONObject: rules)
        return json.flatMap { String(data: $0, encoding: .utf8) } ?? ""
    }

    func webView(_ webView: WKWebView, decidePolicyFor action: WKNavigationAction, decisionHandler: @escaping (WKNavigationActionPolicy) -> Void) {
        decisionHandler(PageHandler.isOwn(action.request.url) && action.targetFrame?.isMainFrame == true ? .allow : .cancel)
    }

    func webView(_ webView: WKWebView, requestMediaCapturePermissionFor origin: WKSecurityOrigin, initiatedByFrame frame: WKFrameInfo, type: WKMediaCaptureType,
                 decisionHandler: @escaping (WKPermissionDecision) -> Void) {
        // The system asks the person all the same, once.
        decisionHandler(frame.isMainFrame && PageHandler.isOwn(origin) && type == .camera ? .grant : .deny)
    }

    func webViewWebContentProcessDidTerminate(_ webView: WKWebView) {
        webView.load(URLRequest(url: PageHandler.start))
    }
}
