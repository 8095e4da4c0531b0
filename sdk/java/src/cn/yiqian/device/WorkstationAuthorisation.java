package cn.yiqian.device;

import java.util.List;

/** One authorisation of a workstation: its one-time key and the share it was sent are in memory only. */
public final class WorkstationAuthorisation implements AutoCloseable {
    private final Handle handle = new Handle("authorisation");
    private final YiqianWorkstation workstation;
    private final String code;

    WorkstationAuthorisation(YiqianWorkstation workstation, long pointer, String code) {
        this.workstation = workstation;
        this.code = code;
        handle.set(pointer);
    }

    private Native.Answer call(Operation operation, Output in, byte[][] documents) throws YiqianException {
        long pointer = handle.enter();
        try {
            return Native.call(operation, pointer, in, null, null, documents, null);
        } finally {
            handle.leave();
        }
    }

    /** The text of the QR code to show. */
    public String code() {
        return code;
    }

    /** What is known here, without asking anybody. */
    public AuthorisationStatus look() throws YiqianException {
        return new AuthorisationStatus(call(Operation.OFFER_LOOK, new Output(), null).orThrow());
    }

    /** Asks the server, which answers when the state changes or after the seconds (0 to 60). Holds up no other call. */
    public AuthorisationStatus await(int seconds) throws YiqianException {
        return new AuthorisationStatus(call(Operation.OFFER_WAIT, new Output().integer(seconds), null).orThrow());
    }

    /** The person's tasks within the scope. */
    public TaskList pull(String after, int limit) throws YiqianException {
        return new TaskList(call(Operation.OFFER_PULL, new Output().text(after).integer(limit), null).orThrow());
    }

    public Document document(Task task) throws YiqianException {
        Output in = new Output();
        task.write(in);
        byte[][] content = new byte[1][];
        String digest = call(Operation.OFFER_DOCUMENT, in, content).orThrow().hex();
        return new Document(content[0], digest);
    }

    /** As the device's sign, without a PIN, within the scope. */
    public List<SignResult> sign(List<SignItem> items) throws YiqianException {
        Output in = new Output();
        byte[][] documents = YiqianDevice.write(in, items);
        return YiqianDevice.signed(call(Operation.OFFER_SIGN, in, documents)).results;
    }

    /** Ends it at the server; the share is wiped here whatever the answer. */
    public void end() throws YiqianException {
        call(Operation.OFFER_CLOSE, new Output(), null).orThrow();
    }

    /** Wipes it. The server is not told: end() before. Waits for the calls under way, an await too, which end() ends. */
    @Override
    public void close() {
        handle.close(pointer -> Native.call(Operation.OFFER_FREE, pointer, new Output()));
        workstation.forget(this);
    }
}
