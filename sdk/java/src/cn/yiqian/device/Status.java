package cn.yiqian.device;

/** yq_status of yiqian/device.h, in its order: what each means stands there. */
public enum Status {
    OK,
    INVALID_ARGUMENT,
    OUT_OF_MEMORY,
    /** Called from a callback of the same object. */
    REENTERED,
    /** close() was called while the call waited. */
    CLOSED,
    NOT_FOUND,
    WRONG_STATE,
    LIMIT_REACHED,
    WEAK_PIN,
    DECLINED,
    ENTROPY_FAILED,
    STORAGE_FAILED,
    CREDENTIAL_FAILED,
    CLOCK_FAILED,
    TRANSPORT_FAILED,
    TRANSPORT_INSECURE,
    BAD_ANSWER,
    ANSWER_REJECTED,
    REFUSED,
    PIN_WRONG,
    KEY_LOCKED,
    DOCUMENT_CHANGED,
    CONTENT_UNSEEN,
    FORM_REFUSED,
    NOT_ATTEMPTED,
    CODE_INVALID,
    CODE_EXPIRED,
    OUT_OF_SCOPE,
    NOT_ACTIVE,
    /** No fingerprint for this: ask for the PIN. */
    FINGERPRINT_OFF,
    FINGERPRINT_FAILED,
    /** The person closed the platform's prompt. */
    CANCELLED;

    private static final Status[] ALL = values();

    static Status of(int number) {
        if (number < 0 || number >= ALL.length) {
            throw new IllegalStateException("the native library is of another version: status " + number);
        }
        return ALL[number];
    }
}
