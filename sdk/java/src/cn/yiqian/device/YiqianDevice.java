package cn.yiqian.device;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * A phone's (or any device's) half of two-party SM2 signing: yiqian/device.h, where each call's errors stand. Calls block: not for
 * the main thread, for which there is {@link AsyncDevice}. Calls from several threads run one after another, but for waitTasks.
 * After close every call is an IllegalStateException.
 */
public final class YiqianDevice implements AutoCloseable {
    /** Tasks in one signature request. */
    public static final int SIGN_MAX = 1000;

    private final Handle handle = new Handle("device");

    private YiqianDevice() {
    }

    /** Opens what the platform's storage holds. */
    public static YiqianDevice open(Platform platform, Options options) throws YiqianException {
        Objects.requireNonNull(platform.credential, "credential");
        YiqianDevice device = new YiqianDevice();
        Output in = new Output().text(options.platform).integer(options.pinIterations).number(options.documentMax);
        device.handle.set(Native.call(Operation.DEVICE_OPEN, 0, in, null, null, null, new Bridge(platform, device.handle)).orThrow()
                .number());
        return device;
    }

    /**
     * Wipes what is in memory; what is stored stays. Waits for the calls under way; a waitTasks ends with CLOSED. Not from a
     * callback. A second close does nothing.
     */
    @Override
    public void close() {
        handle.close(pointer -> Native.call(Operation.DEVICE_CLOSE, pointer, new Output()));
    }

    private Native.Answer ask(Operation operation, Output in, byte[] pin, byte[] newPin, byte[][] documents, Object callback)
            throws YiqianException {
        try {
            long pointer = handle.enter();
            try {
                return Native.call(operation, pointer, in, pin, newPin, documents, callback);
            } finally {
                handle.leave();
            }
        } finally { // also where it did not come to the call
            Native.wipe(pin);
            Native.wipe(newPin);
        }
    }

    private Input call(Operation operation, Output in) throws YiqianException {
        return ask(operation, in, null, null, null, null).orThrow();
    }

    // ---- the context ----

    /** Of enrolments made from now on: "https://host[:port]", or http:// for this machine. */
    public void setServer(String url) throws YiqianException {
        call(Operation.SET_SERVER, new Output().text(url));
    }

    /** The server of setServer; "" for none. */
    public String server() throws YiqianException {
        return call(Operation.GET_SERVER, new Output()).text();
    }

    /** Lets one key go to its server under a new address. */
    public void setKeyServer(String key, String url) throws YiqianException {
        call(Operation.SET_KEY_SERVER, new Output().text(key).text(url));
    }

    // ---- keys ----

    /** What is known here, without asking anybody. */
    public List<Key> keys() throws YiqianException {
        return call(Operation.LIST_KEYS, new Output()).list(Key::new);
    }

    /** Asks the server about one enrolled key and stores the answer. */
    public Key sync(String key) throws YiqianException {
        return new Key(call(Operation.SYNC_KEY, new Output().text(key)));
    }

    /** The same for all. One that fails does not stop the others; the first failure is thrown. */
    public void syncAll() throws YiqianException {
        call(Operation.SYNC_KEYS, new Output());
    }

    /** DER of the certificate (0), of its issuing CA (1) or of the root (2). */
    public byte[] certificate(String key, int place) throws YiqianException {
        return call(Operation.KEY_CERTIFICATE, new Output().text(key).integer(place)).bytes();
    }

    /** Destroys a key at the server and here. localOnly leaves the server out: tell the operator. */
    public void remove(String key, boolean localOnly) throws YiqianException {
        call(Operation.REMOVE_KEY, new Output().text(key).flag(localOnly));
    }

    // ---- enrolment, PIN, renewal ----

    /** Throws WEAK_PIN: for a PIN field that answers at once. */
    public static void checkPin(Pin pin) throws YiqianException {
        Native.call(Operation.CHECK_PIN, 0, new Output(), pin.take(), null, null, null).orThrow();
    }

    private static Bridge.Question question(ConfirmPerson confirm) {
        return confirm == null ? null : in -> confirm.confirm(new Person(in)) ? new byte[0] : null;
    }

    /** The answer of a call whose key is also given where it fails half way. */
    private static Key key(Native.Answer answer) throws YiqianException {
        Key key = answer.rest().flag() ? new Key(answer.rest()) : null;
        answer.orThrow(new ArrayList<>(), key);
        return key;
    }

    /**
     * Makes a key together with the server and gets its certificate. After a failure the same call with the same code, or
     * enrolResume, goes on; WRONG_STATE says that it is the second, and YiqianException.key() which key.
     */
    public Key enrol(Enrolment e) throws YiqianException {
        byte[] pin = e.pin.take();
        try {
            Output in = new Output().text(e.server).text(e.staffNo).text(e.activationCode).text(e.deviceName);
            return key(ask(Operation.ENROL, in, pin, null, null, question(e.confirm)));
        } finally {
            Native.wipe(pin);
        }
    }

    /** Finishes an enrolment that was interrupted after the server had opened it. */
    public Key enrolResume(String key, Pin pin) throws YiqianException {
        return key(ask(Operation.ENROL_RESUME, new Output().text(key), pin.take(), null, null, null));
    }

    public void changePin(String key, Pin pin, Pin newPin) throws YiqianException {
        ask(Operation.CHANGE_PIN, new Output().text(key), pin.take(), newPin.take(), null, null).orThrow();
    }

    /** Replaces the shares under the same PIN, or finishes what changePin left open. */
    public void refresh(String key, Pin pin) throws YiqianException {
        ask(Operation.REFRESH, new Output().text(key), pin.take(), null, null, null).orThrow();
    }

    /** Turns the fingerprint on: a share refresh proves the PIN. WRONG_STATE on a device of several persons, or where policy forbids it. */
    public void enableFingerprint(String key, Pin pin) throws YiqianException {
        ask(Operation.ENABLE_FINGERPRINT, new Output().text(key), pin.take(), null, null, null).orThrow();
    }

    /** Asks nobody; fine where it is off. */
    public void disableFingerprint(String key) throws YiqianException {
        call(Operation.DISABLE_FINGERPRINT, new Output().text(key));
    }

    /** A new certificate for the same key. confirm (null: not asked) is asked where there is something to be said. */
    public Key renew(String key, Pin pin, ConfirmPerson confirm) throws YiqianException {
        return key(ask(Operation.RENEW, new Output().text(key), pin.take(), null, null, question(confirm)));
    }

    /** Another key in place of this one, with the same PIN. */
    public Key rekey(String key, Pin pin, ConfirmPerson confirm) throws YiqianException {
        return key(ask(Operation.REKEY, new Output().text(key), pin.take(), null, null, question(confirm)));
    }

    // ---- tasks ----

    /** One batch, highest priority first, then oldest. after: "" from the start. limit: 1 to 1000. */
    public TaskList pull(String key, String after, int limit) throws YiqianException {
        return new TaskList(call(Operation.PULL_TASKS, new Output().text(key).text(after).integer(limit)));
    }

    /** Fetches the task's document, recomputes its SM3 and compares. */
    public Document document(String key, Task task) throws YiqianException {
        Output in = new Output().text(key);
        task.write(in);
        byte[][] content = new byte[1][];
        String digest = ask(Operation.TASK_DOCUMENT, in, null, null, content, null).orThrow().hex();
        return new Document(content[0], digest);
    }

    /** The person will not sign it, and why: 1 to 200 characters. */
    public void decline(String key, String task, String reason) throws YiqianException {
        call(Operation.DECLINE, new Output().text(key).text(task).text(reason));
    }

    /**
     * Waits until the tasks are others than set tells, or the seconds (0 to 3600) are over. true: they are, and set is the new
     * one. Other calls go on meanwhile.
     */
    public boolean waitTasks(String key, TaskSet set, int seconds) throws YiqianException {
        Output in = new Output().text(key).text(set.name).integer(seconds);
        long pointer = handle.enterToWait();
        Input answer;
        try {
            answer = Native.call(Operation.WAIT_TASKS, pointer, in).orThrow();
        } finally {
            handle.leave();
        }
        boolean changed = answer.flag();
        set.name = answer.text();
        return changed;
    }

    // ---- signing ----

    /** Of items (1 to SIGN_MAX): their documents are in documents at their places. */
    static byte[][] write(Output in, List<SignItem> items) throws YiqianException {
        byte[][] documents = new byte[items.size()][];
        in.integer(items.size());
        for (int i = 0; i < documents.length; i++) {
            SignItem item = items.get(i);
            item.task.write(in);
            in.flag(item.allowUnseen);
            documents[i] = item.document;
        }
        return documents;
    }

    static Signed signed(Native.Answer answer) throws YiqianException {
        Input in = answer.rest();
        List<SignResult> results = in.list(SignResult::new);
        answer.orThrow(results, null);
        return new Signed(results, in);
    }

    /** All or nothing: an exception says that nothing was signed as far as is known here, and its results which task was the cause. */
    public Signed sign(String key, List<SignItem> items, Proof proof) throws YiqianException {
        byte[] pin = proof.take();
        try {
            Output in = new Output().text(key);
            byte[][] documents = write(in, items);
            return signed(ask(Operation.SIGN, in, pin, null, documents, null));
        } finally {
            Native.wipe(pin);
        }
    }

    // ---- scanning ----

    /** Sends the code that was just read; it is good for five seconds, so the person is asked afterwards. */
    public Scanned scan(String key, String code) throws YiqianException {
        return new Scanned(call(Operation.SCAN, new Output().text(key).text(code)));
    }

    /** The same with the eight digits of a login that the person typed. */
    public Scanned scanShortCode(String key, String digits) throws YiqianException {
        return new Scanned(call(Operation.SCAN_SHORT_CODE, new Output().text(key).text(digits)));
    }

    /** The two digits that the login's screen shows. Gives what was scanned with its task. */
    public Scanned scanNumber(String key, Scanned scanned, String number) throws YiqianException {
        return new Scanned(call(Operation.SCAN_NUMBER, new Output().text(key).text(scanned.scan).text(number)));
    }

    /** The person says no. reason: at most 200 characters, null or "" for none. */
    public void declineScan(String key, Scanned scanned, String reason) throws YiqianException {
        call(Operation.SCAN_DECLINE, new Output().text(key).text(scanned.scan).text(reason));
    }

    /** Signs the login that was shown. */
    public Signed signLogin(String key, Scanned shown, Proof proof) throws YiqianException {
        return signed(ask(Operation.SIGN_LOGIN, new Output().text(key).text(shown.scan), proof.take(), null, null, null));
    }

    /** Sends an enrolment's code, which gives its activation code once. server: null for the one of setServer. */
    public Offer scanEnrolment(String server, String code) throws YiqianException {
        return new Offer(call(Operation.SCAN_ENROLMENT, new Output().text(server).text(code)));
    }

    // ---- lost phones ----

    /** The person's other keys that are not destroyed. */
    public List<OtherKey> otherKeys(String key) throws YiqianException {
        return call(Operation.LIST_OTHER_KEYS, new Output().text(key)).list(OtherKey::new);
    }

    /** The key is destroyed and its certificate revoked. */
    public void reportLost(String key, String lostKeyId) throws YiqianException {
        call(Operation.REPORT_LOST, new Output().text(key).text(lostKeyId));
    }

    // ---- authorising ----

    /**
     * Lets a workstation sign with this key, within what the person allows: confirm is asked once it has been checked who asks.
     * Gives the authorisation's id.
     */
    public String authorise(String key, String code, ConfirmOffer confirm) throws YiqianException {
        Objects.requireNonNull(confirm, "confirm");
        Bridge.Question question = in -> {
            Consent consent = confirm.confirm(new WorkstationOffer(in));
            if (consent == null) {
                return null;
            }
            byte[] pin = consent.proof.take();
            try {
                Output out = new Output().flag(pin == null).bytes(pin == null ? new byte[0] : pin);
                consent.allowed.write(out);
                return out.take();
            } finally {
                Native.wipe(pin);
            }
        };
        return ask(Operation.AUTHORISE, new Output().text(key).text(code), null, null, null, question).orThrow().text();
    }

    /** The open ones first, then the newest. */
    public List<Authorisation> authorisations(String key) throws YiqianException {
        return call(Operation.LIST_AUTHORISATIONS, new Output().text(key)).list(Authorisation::new);
    }

    public void closeAuthorisation(String key, String authorisation) throws YiqianException {
        call(Operation.CLOSE_AUTHORISATION, new Output().text(key).text(authorisation));
    }

    // ---- history ----

    /** One batch (limit: 1 to 200) of the person's signatures older than the cursor; "": the newest. */
    public History history(String key, String before, int limit) throws YiqianException {
        return new History(call(Operation.LIST_SIGNATURES, new Output().text(key).text(before).integer(limit)));
    }
}
