import Foundation
import LocalAuthentication
import Security

/// Keeps secrets of the page so that only the person's finger (or face) opens them: a P-256 key in the Secure Enclave for each, which the set of enrolled fingers is part of
/// (biometryCurrentSet), encrypts by its public half without asking and decrypts after Touch ID or Face ID. Nothing of it goes into a backup or to another device.
final class Fingerprint {
    static let secretMax = 128
    static let promptMax = 255
    private static let service = "fingerprint"
    private static let algorithm = SecKeyAlgorithm.eciesEncryptionCofactorX963SHA256AESGCM
    private let queue = DispatchQueue(label: "fingerprint")

    var available: Bool {
        LAContext().canEvaluatePolicy(.deviceOwnerAuthenticationWithBiometrics, error: nil)
    }

    /// The Keychain outlives the app: what an installation before this one left is of no use, and goes.
    init() {
        guard !UserDefaults.standard.bool(forKey: "fingerprint.begun") else { return }
        SecItemDelete([kSecClass: kSecClassKey] as CFDictionary)
        SecItemDelete([kSecClass: kSecClassGenericPassword, kSecAttrService: Fingerprint.service] as CFDictionary)
        UserDefaults.standard.set(true, forKey: "fingerprint.begun")
    }

    func wrap(_ name: String, _ secret: Data, _ done: @escaping (Result<Void, ShellError>) -> Void) {
        run(done) { [self] in
            try check(name)
            guard (1...Fingerprint.secretMax).contains(secret.count) else { throw ShellError(status: "invalid_argument", detail: "a secret has 1 to 128 bytes") }
            guard let fingers = fingers() else { throw ShellError(status: "fingerprint_failed", detail: "no finger is enrolled on this phone") }
            // A key of other fingers opens nothing any more.
            if kept(name)?.fingers != fingers { try remove(name) }
            let key = try self.key(name, LAContext()) ?? makeKey(name)
            var error: Unmanaged<CFError>?
            guard let open = SecKeyCopyPublicKey(key), let sealed = SecKeyCreateEncryptedData(open, Fingerprint.algorithm, secret as CFData, &error) as Data? else {
                throw failure(error)
            }
            try keep(name, Kept(sealed: sealed, fingers: fingers))
        }
    }

    func unwrap(_ name: String, prompt: String, _ done: @escaping (Result<Data, ShellError>) -> Void) {
        run(done) { [self] in
            try check(name)
            guard (1...Fingerprint.promptMax).contains(prompt.count) else { throw ShellError(status: "invalid_argument", detail: "a prompt has 1 to 255 characters") }
            guard let kept = kept(name) else { throw off }
            guard kept.fingers == fingers() else {
                try remove(name)
                throw off
            }
            let context = LAContext()
            context.localizedReason = prompt
            context.localizedFallbackTitle = "" // the PIN is the page's
            guard let key = try self.key(name, context) else { throw off }
            var error: Unmanaged<CFError>?
            guard let secret = SecKeyCreateDecryptedData(key, Fingerprint.algorithm, kept.sealed as CFData, &error) as Data? else { throw failure(error) }
            return secret
        }
    }

    func erase(_ name: String, _ done: @escaping (Result<Void, ShellError>) -> Void) {
        run(done) { [self] in
            try check(name)
            try remove(name)
        }
    }

    private struct Kept: Codable {
        let sealed: Data
        let fingers: Data
    }

    /// One at a time, and off the main thread: decrypting waits for the finger.
    private func run<T>(_ done: @escaping (Result<T, ShellError>) -> Void, _ work: @escaping () throws -> T) {
        queue.async {
            do {
                done(.success(try work()))
            } catch let error as ShellError {
                done(.failure(error))
            } catch {
                done(.failure(ShellError(status: "fingerprint_failed", detail: "")))
            }
        }
    }

    private var off: ShellError { ShellError(status: "fingerprint_off", detail: "nothing is kept for this fingerprint") }

    private func check(_ name: String) throws {
        guard name.range(of: "^[A-Za-z0-9._:/-]{1,128}$", options: .regularExpression) != nil else { throw ShellError(status: "invalid_argument", detail: "no name of a secret") }
    }

    /// Stands for the set of enrolled fingers; nil where there is none.
    private func fingers() -> Data? {
        let context = LAContext()
        guard context.canEvaluatePolicy(.deviceOwnerAuthenticationWithBiometrics, error: nil) else { return nil }
        return context.evaluatedPolicyDomainState
    }

    private func tag(_ name: String) -> Data { Data(("fingerprint:" + name).utf8) }

    private func key(_ name: String, _ context: LAContext) throws -> SecKey? {
        let query: [CFString: Any] = [
            kSecClass: kSecClassKey, kSecAttrApplicationTag: tag(name), kSecAttrKeyType: kSecAttrKeyTypeECSECPrimeRandom, kSecReturnRef: true, kSecUseAuthenticationContext: context,
        ]
        var item: CFTypeRef?
        switch SecItemCopyMatching(query as CFDictionary, &item) {
        case errSecSuccess: return (item as! SecKey) // what kSecReturnRef gives of a key
        case errSecItemNotFound: return nil
        case let status: throw ShellError(status: "fingerprint_failed", detail: "keychain " + String(status))
        }
    }

    private func makeKey(_ name: String) throws -> SecKey {
        var error: Unmanaged<CFError>?
        guard let access = SecAccessControlCreateWithFlags(nil, kSecAttrAccessibleWhenUnlockedThisDeviceOnly, [.privateKeyUsage, .biometryCurrentSet], &error) else { throw failure(error) }
        let attributes: [CFString: Any] = [
            kSecAttrKeyType: kSecAttrKeyTypeECSECPrimeRandom, kSecAttrKeySizeInBits: 256, kSecAttrTokenID: kSecAttrTokenIDSecureEnclave,
            kSecPrivateKeyAttrs: [kSecAttrIsPermanent: true, kSecAttrApplicationTag: tag(name), kSecAttrAccessControl: access] as [CFString: Any],
        ]
        guard let key = SecKeyCreateRandomKey(attributes as CFDictionary, &error) else { throw failure(error) }
        return key
    }

    private func kept(_ name: String) -> Kept? {
        let query: [CFString: Any] = [kSecClass: kSecClassGenericPassword, kSecAttrService: Fingerprint.service, kSecAttrAccount: name, kSecReturnData: true]
        var item: CFTypeRef?
        guard SecItemCopyMatching(query as CFDictionary, &item) == errSecSuccess, let data = item as? Data else { return nil }
        return try? JSONDecoder().decode(Kept.self, from: data)
    }

    private func keep(_ name: String, _ kept: Kept) throws {
        let item: [CFString: Any] = [kSecClass: kSecClassGenericPassword, kSecAttrService: Fingerprint.service, kSecAttrAccount: name]
        let value: [CFString: Any] = [kSecValueData: try JSONEncoder().encode(kept), kSecAttrAccessible: kSecAttrAccessibleWhenUnlockedThisDeviceOnly]
        var status = SecItemUpdate(item as CFDictionary, value as CFDictionary)
        if status == errSecItemNotFound { status = SecItemAdd(item.merging(value) { $1 } as CFDictionary, nil) }
        guard status == errSecSuccess else { throw ShellError(status: "storage_failed", detail: "keychain " + String(status)) }
    }

    private func remove(_ name: String) throws {
        for query in [
            [kSecClass: kSecClassKey, kSecAttrApplicationTag: tag(name)] as [CFString: Any],
            [kSecClass: kSecClassGenericPassword, kSecAttrService: Fingerprint.service, kSecAttrAccount: name] as [CFString: Any],
        ] {
            let status = SecItemDelete(query as CFDictionary)
            guard status == errSecSuccess || status == errSecItemNotFound else { throw ShellError(status: "storage_failed", detail: "keychain " + String(status)) }
        }
    }

    private func failure(_ error: Unmanaged<CFError>?) -> ShellError {
        guard let error = error?.takeRetainedValue() else { return ShellError(status: "fingerprint_failed", detail: "") }
        let code = CFErrorGetCode(error)
        let cancelled = [LAError.userCancel.rawValue, LAError.systemCancel.rawValue, LAError.appCancel.rawValue, LAError.userFallback.rawValue, Int(errSecUserCanceled)]
        return ShellError(status: cancelled.contains(code) ? "cancelled" : "fingerprint_failed", detail: "error " + String(code))
    }
}
