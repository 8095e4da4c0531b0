import CYiqianDevice
import Foundation

/// What the library needs of where it runs: the callbacks of yiqian/device.h, which says what each must do. They come on the calling thread; exchange on several at once.
public protocol DeviceStorage: AnyObject {
    /// nil where there is none.
    func load(_ name: String) throws -> Data?
    /// Durable when it returns; after a failure or crash the old record is whole.
    func save(_ name: String, _ record: Data) throws
    func erase(_ name: String) throws
}

public struct HTTPExchange {
    public let method: String
    public let url: String
    public let headers: [(name: String, value: String)]
    /// PIN-sensitive: not to be logged, cached or kept.
    public let body: Data?
    public let answerMax: Int
}

public protocol DeviceTransport: AnyObject {
    /// No redirects, no retries, no cache; a time limit of 25 s or more. Throws where no whole answer came.
    func exchange(_ request: HTTPExchange) throws -> (status: Int, body: Data)
    /// The exchanges under way and every later one are to fail soon.
    func stop()
}

public protocol DeviceCredential: AnyObject {
    /// 04 || X || Y; that of the key there is, where the name has one.
    func create(_ name: String) throws -> Data
    /// r || s.
    func sign(_ name: String, _ message: Data) throws -> Data
    func erase(_ name: String) throws
}

/// The person closed the prompt.
public struct PromptCancelled: Error {
    public init() {}
}

public protocol DeviceFingerprint: AnyObject {
    func wrap(_ name: String, _ secret: Data) throws
    /// nil: none is kept, or it was invalidated. Throws PromptCancelled.
    func unwrap(_ name: String, prompt: String) throws -> Data?
    func erase(_ name: String) throws
}

public struct DevicePlatform {
    let storage: DeviceStorage
    let transport: DeviceTransport
    let credential: DeviceCredential
    let fingerprint: DeviceFingerprint?

    public init(storage: DeviceStorage, transport: DeviceTransport, credential: DeviceCredential, fingerprint: DeviceFingerprint?) {
        self.storage = storage
        self.transport = transport
        self.credential = credential
        self.fingerprint = fingerprint
    }
}

private let ok = Int32(YQ_PLATFORM_OK)
private let failed = Int32(YQ_PLATFORM_FAILED)
private let notFound = Int32(YQ_PLATFORM_NOT_FOUND)
private let cancelled = Int32(YQ_PLATFORM_CANCELLED)

/// The context of every callback; it lives as long as the device.
final class Bridge {
    let platform: DevicePlatform
    private let lock = NSLock()
    private var thrown: [ObjectIdentifier: Error] = [:] // by thread

    init(_ platform: DevicePlatform) {
        self.platform = platform
    }

    static func of(_ context: UnsafeMutableRawPointer?) -> Bridge {
        Unmanaged<Bridge>.fromOpaque(context!).takeUnretainedValue()
    }

    func run(_ work: () throws -> Int32) -> Int32 {
        do {
            return try work()
        } catch {
            lock.lock()
            thrown[ObjectIdentifier(Thread.current)] = thrown[ObjectIdentifier(Thread.current)] ?? error
            lock.unlock()
            return error is PromptCancelled ? cancelled : failed
        }
    }

    /// What a callback threw on this thread during the call that has just ended.
    func takeThrown() -> Error? {
        lock.lock()
        defer { lock.unlock() }
        return thrown.removeValue(forKey: ObjectIdentifier(Thread.current))
    }

    var cPlatform: yq_platform {
        let context = Unmanaged.passUnretained(self).toOpaque()
        var p = yq_platform()
        p.storage.context = context
        p.storage.load = { context, name, out, capacity, n in
            let bridge = Bridge.of(context)
            return bridge.run {
                guard let record = try bridge.platform.storage.load(String(cString: name!)) else { return notFound }
                return give(record, out, capacity, n)
            }
        }
        p.storage.save = { context, name, record, n in
            let bridge = Bridge.of(context)
            return bridge.run {
                try bridge.platform.storage.save(String(cString: name!), Data(bytes: record!, count: n))
                return ok
            }
        }
        p.storage.erase = { context, name in
            let bridge = Bridge.of(context)
            return bridge.run {
                try bridge.platform.storage.erase(String(cString: name!))
                return ok
            }
        }
        p.transport.context = context
        p.transport.exchange = { context, request, status, answer in
            let bridge = Bridge.of(context)
            return bridge.run {
                let r = request!.pointee
                let headers = UnsafeBufferPointer(start: r.headers, count: r.headers_n).map {
                    (name: String(cString: $0.name), value: String(cString: $0.value))
                }
                let sent = HTTPExchange(method: String(cString: r.method), url: String(cString: r.url), headers: headers,
                                        body: r.body_n > 0 ? Data(bytes: r.body!, count: r.body_n) : nil, answerMax: r.answer_max)
                let got = try bridge.platform.transport.exchange(sent)
                status!.pointee = Int32(clamping: got.status)
                return got.body.withUnsafeBytes { yq_http_answer_write(answer, $0.baseAddress, $0.count) } || got.body.isEmpty ? ok : failed
            }
        }
        p.transport.stop = { context in
            Bridge.of(context).platform.transport.stop()
        }
        p.entropy.context = context
        p.entropy.fill = { _, out, n in
            SecRandomCopyBytes(kSecRandomDefault, n, out!) == errSecSuccess ? ok : failed
        }
        p.credential.context = context
        p.credential.create = { context, name, out in
            let bridge = Bridge.of(context)
            return bridge.run { giveExactly(try bridge.platform.credential.create(String(cString: name!)), out, 65) }
        }
        p.credential.sign = { context, name, message, n, out in
            let bridge = Bridge.of(context)
            return bridge.run {
                giveExactly(try bridge.platform.credential.sign(String(cString: name!), Data(bytes: message!, count: n)), out, 64)
            }
        }
        p.credential.erase = { context, name in
            let bridge = Bridge.of(context)
            return bridge.run {
                try bridge.platform.credential.erase(String(cString: name!))
                return ok
            }
        }
        guard platform.fingerprint != nil else { return p }
        p.fingerprint.context = context
        p.fingerprint.wrap = { context, name, secret, n in
            let bridge = Bridge.of(context)
            return bridge.run {
                try bridge.platform.fingerprint!.wrap(String(cString: name!), Data(bytes: secret!, count: n))
                return ok
            }
        }
        p.fingerprint.unwrap = { context, name, prompt, out, capacity, n in
            let bridge = Bridge.of(context)
            return bridge.run {
                guard let secret = try bridge.platform.fingerprint!.unwrap(String(cString: name!), prompt: String(cString: prompt!)) else {
                    return notFound
                }
                return give(secret, out, capacity, n)
            }
        }
        p.fingerprint.erase = { context, name in
            let bridge = Bridge.of(context)
            return bridge.run {
                try bridge.platform.fingerprint!.erase(String(cString: name!))
                return ok
            }
        }
        return p
    }
}

private func give(_ data: Data, _ out: UnsafeMutablePointer<UInt8>?, _ capacity: Int, _ n: UnsafeMutablePointer<Int>?) -> Int32 {
    guard data.count <= capacity else { return failed }
    data.copyBytes(to: out!, count: data.count)
    n!.pointee = data.count
    return ok
}

private func giveExactly(_ data: Data, _ out: UnsafeMutablePointer<UInt8>?, _ size: Int) -> Int32 {
    guard data.count == size else { return failed }
    data.copyBytes(to: out!, count: size)
    return ok
}
