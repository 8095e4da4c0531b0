import CYiqianDevice
import Foundation

/// A char array of C's, which Swift sees as a tuple.
func text<T>(_ characters: T) -> String {
    withUnsafeBytes(of: characters) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
}

func text(_ pointer: UnsafePointer<CChar>?) -> String {
    pointer.map { String(cString: $0) } ?? ""
}

public struct Problem {
    public let httpStatus: Int
    /// Stable: "pin_wrong", "task_signed".
    public let code: String
    public let title, titleEn, hint, hintEn, detail, field: String
    /// nil: does not apply.
    public let triesLeft, retryAfter: Int?

    init?(_ p: yq_problem) {
        guard p.http_status != 0 else { return nil }
        httpStatus = Int(p.http_status)
        code = text(p.code)
        title = text(p.title)
        titleEn = text(p.title_en)
        hint = text(p.hint)
        hintEn = text(p.hint_en)
        detail = text(p.detail)
        field = text(p.field)
        triesLeft = p.tries_left < 0 ? nil : Int(p.tries_left)
        retryAfter = p.retry_after < 0 ? nil : Int(p.retry_after)
    }
}

/// What every call throws: a status of yiqian/device.h. cause: what a callback threw.
public struct YiqianError: Error {
    public let status: yq_status
    public let problem: Problem?
    public let cause: Error?
    /// Of a call that signs: why each was not.
    public var results: [SignResult] = []
}

public struct Key {
    public let key, keyId, server, staffNo, name, organisation, state, serial, certificateState, notBefore, notAfter, replaces: String
    public let stage: yq_key_stage
    public let triesLeft: Int?
    public let renewalDue, pinChanging, fingerprint, fingerprintAllowed: Bool

    init(_ k: yq_key_info) {
        key = text(k.key)
        keyId = text(k.key_id)
        server = text(k.server)
        staffNo = text(k.staff_no)
        name = text(k.name)
        organisation = text(k.organisation)
        state = text(k.state)
        serial = text(k.serial)
        certificateState = text(k.certificate_state)
        notBefore = text(k.not_before)
        notAfter = text(k.not_after)
        replaces = text(k.replaces)
        stage = k.stage
        triesLeft = k.tries_left < 0 ? nil : Int(k.tries_left)
        renewalDue = k.renewal_due
        pinChanging = k.pin_changing
        fingerprint = k.fingerprint
        fingerprintAllowed = k.fingerprint_allowed
    }
}

public struct Person {
    public let staffNo, name, organisation: String
    public let supersedes: [String]

    init(_ p: yq_person) {
        staffNo = text(p.staff_no)
        name = text(p.name)
        organisation = text(p.organisation)
        supersedes = UnsafeBufferPointer(start: p.supersedes, count: p.supersedes_n).map { text($0) }
    }
}

/// Texts from outside: show them as text.
public struct SignTask {
    public let task, batch, title, description, recordType, reference, mediaType, system, createdAt, expiresAt: String
    public let form: yq_form
    public let kind: yq_kind
    public let priority: yq_priority
    public let fields: [(label: String, value: String)]
    public let hasDocument: Bool
    public let documentSize: UInt64
    private let c: yq_task // its pointers are over: see bare

    init(_ t: yq_task) {
        task = text(t.task)
        batch = text(t.batch)
        title = text(t.title)
        description = text(t.description)
        recordType = text(t.record_type)
        reference = text(t.reference)
        mediaType = text(t.media_type)
        system = text(t.system)
        createdAt = text(t.created_at)
        expiresAt = text(t.expires_at)
        form = t.form
        kind = t.kind
        priority = t.priority
        fields = UnsafeBufferPointer(start: t.fields, count: t.fields_n).map { (label: text($0.label), value: text($0.value)) }
        hasDocument = t.has_document
        documentSize = t.document_size
        c = t
    }

    /// Id, form, kind and digest are what the library looks at when a device fetches or signs.
    var bare: yq_task {
        var t = c
        t.fields = nil
        t.fields_n = 0
        t.title = nil
        t.description = nil
        t.record_type = nil
        t.reference = nil
        t.media_type = nil
        t.system = nil
        t.created_at = nil
        t.expires_at = nil
        return t
    }
}

public struct TaskList {
    public let tasks: [SignTask]
    /// Cursor of the next batch; "": this was the last.
    public let next: String
}

public struct SignResult {
    public let status: yq_status
    public let seen: Bool
    /// r || s where status is YQ_OK.
    public let rs: Data
    public let signedAt: String

    init(_ r: yq_sign_result) {
        status = r.status
        seen = r.seen
        rs = r.status == YQ_OK ? withUnsafeBytes(of: r.rs) { Data($0) } : Data()
        signedAt = text(r.signed_at)
    }
}

public struct Signed {
    public let results: [SignResult]
    public let failuresBefore: Int
    public let pinDue: Bool
}

public struct HistoryEntry {
    public let task, method, serial, title, description, recordType, reference, system, workstation, signedAt, withdrawnAt: String

    init(_ s: yq_signature) {
        task = text(s.task)
        method = text(s.method)
        serial = text(s.serial)
        title = text(s.title)
        description = text(s.description)
        recordType = text(s.record_type)
        reference = text(s.reference)
        system = text(s.system)
        workstation = text(s.workstation)
        signedAt = text(s.signed_at)
        withdrawnAt = text(s.withdrawn_at)
    }
}
