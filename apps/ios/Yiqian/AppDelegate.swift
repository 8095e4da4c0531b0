import UIKit

@main
final class AppDelegate: UIResponder, UIApplicationDelegate {
    var window: UIWindow?
    private var cover: UIView?

    func application(_ application: UIApplication, didFinishLaunchingWithOptions options: [UIApplication.LaunchOptionsKey: Any]?) -> Bool {
        let window = UIWindow(frame: UIScreen.main.bounds)
        window.rootViewController = PageController()
        window.makeKeyAndVisible()
        self.window = window
        return true
    }

    /// The picture that the app switcher keeps shows nothing of a PIN pad or a patient. A screenshot cannot be forbidden on iOS.
    func applicationWillResignActive(_ application: UIApplication) {
        guard let window = window, cover == nil else { return }
        let cover = UIView(frame: window.bounds)
        cover.backgroundColor = .systemBackground
        cover.autoresizingMask = [.flexibleWidth, .flexibleHeight]
        window.addSubview(cover)
        self.cover = cover
    }

    func applicationDidBecomeActive(_ application: UIApplication) {
        cover?.removeFromSuperview()
        cover = nil
        TaskNotice.takeAway()
    }
}
