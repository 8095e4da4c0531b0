import CYiqianDevice
import Foundation

/// 6 to 12 ASCII digits for one call, which wipes them; or the fingerprint.
public enum Proof {
    case pin(Pin)
    case fingerprint
}

public final class Pin {
    fileprivate var digits: [CChar]

    /// Takes the digits out of the array: it is wiped.
    public init(_ taken: inout [UInt8]) {
        digits = taken.map { CChar(truncatingIfNeeded: $0) }
        for i in taken.indices { taken[i] = 0 }
    }

    fileprivate func use<R>(_ work: (UnsafePointer<CChar>, Int) -> R) -> R {
        defer { wipe() }
        return digits.withUnsafeBufferPointer { buffer in
            buffer.baseAddress.map { work($0, buffer.count) } ?? "".withCString { work($0, 0) }
        }
    }

    private func wipe() {
        digits.withUnsafeMutableBytes { _ = memset_s($0.baseAddress, $0.count, 0, $0.count) }
    }

    deinit {
        wipe()
    }
}

/// A phone's half of two-party SM2 signing: yiqian/device.h, where each call's errors stand. Calls block: not for the main thread. close() must be the last call.
public final class YiqianDevice {
    private let bridge: Bridge
    private var device: OpaquePointer?

    public init(platform: DevicePlatform, name: String = "ios") throws {
        bridge = Bridge(platform)
        var cPlatform = bridge.cPlatform
        let status = name.withCString { cName -> yq_status in
            var options = yq_options()
            options.platform = cName
            return yq_device_open(&device, &cPlatform, &options)
        }
        try check(status)
    }

    /// Ends a waitTasks under way on another thread.
    public func close() {
        yq_device_close(device)
        device = nil
    }

    deinit {
        yq_device_close(device)
    }

    private func check(_ status: yq_status, _ problem: yq_problem = yq_problem(), results: [SignResult] = []) throws {
        let cause = bridge.takeThrown()
        guard status != YQ_OK else { return }
        throw YiqianError(status: status, problem: Problem(problem), cause: cause, results: results)
    }

    // MARK: Servers and keys

    public func setServer(_ url: String) throws {
        try check(yq_set_server(device, url))
    }

    public func keys() throws -> [Key] {
        var infos = [yq_key_info](repeating: yq_key_info(), count: Int(YQ_KEYS_MAX))
        var n = 0
        try check(yq_list_keys(device, &infos, infos.count, &n))
        return infos.prefix(n).map(Key.init)
    }

    public func sync(_ key: String) throws -> Key {
        var info = yq_key_info()
        var problem = yq_problem()
        try check(yq_sync_key(device, key, &info, &problem), problem)
        return Key(info)
    }

    public func remove(_ key: String, localOnly: Bool = false) throws {
        var problem = yq_problem()
        try check(yq_remove_key(device, key, localOnly, &problem), problem)
    }

    /// DER of the certificate (0), of its issuing CA (1) or of the root (2).
    public func certificate(_ key: String, place: UInt32 = 0) throws -> Data {
        var der = [UInt8](repeating: 0, count: 4096)
        var n = 0
        try check(yq_key_certificate(device, key, place, &der, der.count, &n))
        return Data(der.prefix(n))
    }

    // MARK: Enrolment, PIN, renewal

    public typealias Confirm = (Person) -> Bool

    private final class Asking {
        let confirm: Confirm
        init(_ confirm: @escaping Confirm) { self.confirm = confirm }

        static let callback: @convention(c) (UnsafeMutableRawPointer?, UnsafePointer<yq_person>?) -> Bool = { context, person in
            Unmanaged<Asking>.fromOpaque(context!).takeUnretainedValue().confirm(Person(person!.pointee))
        }
    }

    public func enrol(server: String?, staffNo: String, activationCode: String, deviceName: String, pin: Pin,
                      confirm: @escaping Confirm) throws -> Key {
        let asking = Asking(confirm)
        var info = yq_key_info()
        var problem = yq_problem()
        let status = withCStrings([server, staffNo, activationCode, deviceName]) { c in
            pin.use { digits, n in
                var e = yq_enrolment()
                e.server = c[0]
                e.staff_no = c[1]
                e.activation_code = c[2]
                e.device_name = c[3]
                e.pin = digits
                e.pin_n = n
                e.confirm = Asking.callback
                e.confirm_context = Unmanaged.passUnretained(asking).toOpaque()
                return withExtendedLifetime(asking) { yq_enrol(device, &e, &info, &problem) }
            }
        }
        try check(status, problem)
        return Key(info)
    }

    public func enrolResume(_ key: String, pin: Pin) throws -> Key {
        var info = yq_key_info()
        var problem = yq_problem()
        try check(pin.use { yq_enrol_resume(device, key, $0, $1, &info, &problem) }, problem)
        return Key(info)
    }

    public func changePin(_ key: String, pin: Pin, to newPin: Pin) throws {
        var problem = yq_problem()
        let status = pin.use { old, oldN in newPin.use { new, newN in yq_change_pin(device, key, old, oldN, new, newN, &problem) } }
        try check(status, problem)
    }

    public func refresh(_ key: String, pin: Pin) throws {
        var problem = yq_problem()
        try check(pin.use { yq_refresh(device, key, $0, $1, &problem) }, problem)
    }

    public func enableFingerprint(_ key: String, pin: Pin) throws {
        var problem = yq_problem()
        try check(pin.use { yq_enable_fingerprint(device, key, $0, $1, &problem) }, problem)
    }

    public func disableFingerprint(_ key: String) throws {
        try check(yq_disable_fingerprint(device, key))
    }

    public func renew(_ key: String, pin: Pin, confirm: @escaping Confirm) throws -> Key {
        let asking = Asking(confirm)
        var info = yq_key_info()
        var problem = yq_problem()
        let status = pin.use { digits, n -> yq_status in
            var renewal = yq_renewal()
            renewal.pin = digits
            renewal.pin_n = n
            renewal.confirm = Asking.callback
            renewal.confirm_context = Unmanaged.passUnretained(asking).toOpaque()
            return withExtendedLifetime(asking) { yq_renew(device, key, &renewal, &info, &problem) }
        }
        try check(status, problem)
        return Key(info)
    }

    // MARK: Tasks

    public func pull(_ key: String, after: String = "", limit: Int = 100) throws -> TaskList {
        var tasks = yq_tasks()
        var problem = yq_problem()
        try check(yq_pull_tasks(device, key, after, limit, &tasks, &problem), problem)
        defer { yq_tasks_free(&tasks) }
        return TaskList(tasks: UnsafeBufferPointer(start: tasks.items, count: tasks.n).map(SignTask.init), next: text(tasks.next))
    }

    /// Fetched, and compared with the task's digest.
    public func document(_ key: String, _ task: SignTask) throws -> Data {
        var document = yq_document()
        var problem = yq_problem()
        var c = task.bare
        try check(yq_task_document(device, key, &c, &document, &problem), problem)
        defer { yq_document_free(&document) }
        return document.n > 0 ? Data(bytes: document.p, count: document.n) : Data()
    }

    public func decline(_ key: String, task: String, reason: String) throws {
        var problem = yq_problem()
        try check(yq_decline(device, key, task, reason, &problem), problem)
    }

    /// `set` is "" the first time. true: the tasks are others than in `set`, which is the new one then.
    public func waitTasks(_ key: String, set: inout String, seconds: UInt32) throws -> Bool {
        var changed = false
        var problem = yq_problem()
        var name = Array(set.utf8CString.prefix(Int(YQ_TASK_SET)))
        name += [CChar](repeating: 0, count: Int(YQ_TASK_SET) - name.count)
        try check(yq_wait_tasks(device, key, &name, seconds, &changed, &problem), problem)
        set = String(cString: name)
        return changed
    }

    /// All or nothing; documents are fetched and hashed by the library.
    public func sign(_ key: String, _ tasks: [SignTask], proof: Proof, allowUnseen: Bool = false) throws -> Signed {
        var results = [yq_sign_result](repeating: yq_sign_result(), count: tasks.count)
        var summary = yq_sign_summary()
        var problem = yq_problem()
        let bare = tasks.map(\.bare)
        let status = bare.withUnsafeBufferPointer { all -> yq_status in
            let items = all.indices.map { i -> yq_sign_item in
                var item = yq_sign_item()
                item.task = all.baseAddress! + i
                item.allow_unseen = allowUnseen
                return item
            }
            return use(proof) { yq_sign(device, key, items, items.count, $0, $1, &results, &summary, &problem) }
        }
        let told = status == YQ_INVALID_ARGUMENT ? [] : results.map(SignResult.init)
        try check(status, problem, results: told)
        return Signed(results: told, failuresBefore: Int(summary.failures_before), pinDue: summary.pin_due)
    }

    private func use(_ proof: Proof, _ work: (UnsafePointer<CChar>?, Int) -> yq_status) -> yq_status {
        switch proof {
        case .pin(let pin): return pin.use { work($0, $1) }
        case .fingerprint: return work(nil, 0)
        }
    }

    // MARK: Screens

    /// What was scanned; the library's memory is freed with it.
    public final class Scanned {
        fileprivate var c = yq_scanned()
        public var isLogin: Bool { c.kind == YQ_QR_LOGIN }
        public var numberWanted: Bool { c.number_wanted }
        public var system: String { text(c.system) }
        public var purpose: String { text(c.purpose) }
        public var tasks: [SignTask] { UnsafeBufferPointer(start: c.tasks, count: c.n).map(SignTask.init) }

        deinit {
            yq_scanned_free(&c)
        }
    }

    /// The person is asked afterwards: a code is good for five seconds.
    public func scan(_ key: String, code: String) throws -> Scanned {
        let scanned = Scanned()
        var problem = yq_problem()
        try check(yq_scan(device, key, code, &scanned.c, &problem), problem)
        return scanned
    }

    public func scanNumber(_ key: String, _ scanned: Scanned, number: String) throws {
        var problem = yq_problem()
        try check(yq_scan_number(device, key, &scanned.c, number, &problem), problem)
    }

    public func declineScan(_ key: String, _ scanned: Scanned, reason: String = "") throws {
        var problem = yq_problem()
        try check(yq_scan_decline(device, key, &scanned.c, reason, &problem), problem)
    }

    public func signLogin(_ key: String, _ shown: Scanned, proof: Proof) throws -> SignResult {
        var result = yq_sign_result()
        var summary = yq_sign_summary()
        var problem = yq_problem()
        try check(use(proof) { yq_sign_login(device, key, &shown.c, $0, $1, &result, &summary, &problem) }, problem)
        return SignResult(result)
    }

    // MARK: History

    public func history(_ key: String, before: String = "", limit: Int = 50) throws -> (entries: [HistoryEntry], next: String) {
        var signatures = yq_signatures()
        var problem = yq_problem()
        try check(yq_list_signatures(device, key, before, limit, &signatures, &problem), problem)
        defer { yq_signatures_free(&signatures) }
        return (UnsafeBufferPointer(start: signatures.items, count: signatures.n).map(HistoryEntry.init), text(signatures.next))
    }
}

/// nil stays NULL.
private func withCStrings<R>(_ texts: [String?], _ work: ([UnsafePointer<CChar>?]) -> R) -> R {
    let copies = texts.map { $0.map { strdup($0) } ?? nil }
    defer { copies.forEach { free($0) } }
    return work(copies.map { $0.map { UnsafePointer($0) } })
}
