import UIKit
import UserNotifications

/// The one notification: how many tasks wait. Its text is the app's, so that no patient and no document is ever on a lock screen.
enum TaskNotice {
    static let tasksMax = 999
    private static let id = "tasks"

    static func ask(_ answer: @escaping (Bool) -> Void) {
        UNUserNotificationCenter.current().requestAuthorization(options: [.alert, .sound, .badge]) { allowed, _ in answer(allowed) }
    }

    static func show(_ tasks: Int) {
        DispatchQueue.main.async {
            // Whoever looks at the app sees his tasks there.
            guard tasks > 0, UIApplication.shared.applicationState != .active else { return takeAway() }
            let content = UNMutableNotificationContent()
            content.title = NSLocalizedString("app_name", comment: "")
            content.body = String(format: NSLocalizedString("tasks_wait", comment: ""), tasks)
            content.sound = .default
            content.badge = NSNumber(value: tasks)
            UNUserNotificationCenter.current().add(UNNotificationRequest(identifier: id, content: content, trigger: nil))
        }
    }

    static func takeAway() {
        UNUserNotificationCenter.current().removeDeliveredNotifications(withIdentifiers: [id])
        UIApplication.shared.applicationIconBadgeNumber = 0
    }
}
