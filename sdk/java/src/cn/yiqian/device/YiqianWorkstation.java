package cn.yiqian.device;

import java.util.ArrayList;
import java.util.List;

/** An installation that signs for people who authorised it on their phones: yiqian/workstation.h. Calls block. */
public final class YiqianWorkstation implements AutoCloseable {
    private final Handle handle = new Handle("workstation");
    private final List<WorkstationAuthorisation> open = new ArrayList<>();

    private YiqianWorkstation() {
    }

    /** Opens what the storage holds; nothing yet is fine. */
    public static YiqianWorkstation open(Platform platform, Options options) throws YiqianException {
        YiqianWorkstation workstation = new YiqianWorkstation();
        Output in = new Output().text(options.platform).integer(options.pinIterations).number(options.documentMax);
        Bridge bridge = new Bridge(platform, workstation.handle);
        workstation.handle.set(Native.call(Operation.WORKSTATION_OPEN, 0, in, null, null, null, bridge).orThrow().number());
        return workstation;
    }

    /** Closes its authorisations, as their close does, and then itself. Waits for the calls under way. */
    @Override
    public void close() {
        handle.close(pointer -> {
            List<WorkstationAuthorisation> left;
            synchronized (open) {
                left = new ArrayList<>(open);
            }
            for (WorkstationAuthorisation authorisation : left) {
                authorisation.close();
            }
            Native.call(Operation.WORKSTATION_CLOSE, pointer, new Output());
        });
    }

    private Native.Answer call(Operation operation, Output in) throws YiqianException {
        long pointer = handle.enter();
        try {
            return Native.call(operation, pointer, in);
        } finally {
            handle.leave();
        }
    }

    /** With the code that an operator gave out for this name. Where the answer was lost, the same call again finishes it. */
    public void register(String server, String name, String code) throws YiqianException {
        call(Operation.WORKSTATION_REGISTER, new Output().text(server).text(name).text(code)).orThrow();
    }

    /** null: not registered. */
    public WorkstationInfo describe() throws YiqianException {
        Native.Answer answer = call(Operation.WORKSTATION_DESCRIBE, new Output());
        return answer.status == Status.NOT_FOUND ? null : new WorkstationInfo(answer.orThrow());
    }

    /** Forgets the registration; the server is not told. Before any offer. */
    public void forget() throws YiqianException {
        call(Operation.WORKSTATION_FORGET, new Output()).orThrow();
    }

    /** Offers a one-time key. wish: what is asked for; null: the person decides. The caller closes what it gives. */
    public WorkstationAuthorisation offer(Scope wish) throws YiqianException {
        Output in = new Output().flag(wish != null);
        if (wish != null) {
            wish.write(in);
        }
        long pointer = handle.enter();
        try { // inside until it is among the open ones, which close closes
            Input answer = Native.call(Operation.OFFER, pointer, in).orThrow();
            WorkstationAuthorisation made = new WorkstationAuthorisation(this, answer.number(), answer.text());
            synchronized (open) {
                open.add(made);
            }
            return made;
        } finally {
            handle.leave();
        }
    }

    void forget(WorkstationAuthorisation closed) {
        synchronized (open) {
            open.remove(closed);
        }
    }

    /** Ends one of this installation's by its id: what an earlier process left open when it was killed. */
    public void closeAuthorisation(String id) throws YiqianException {
        call(Operation.WORKSTATION_CLOSE_AUTHORISATION, new Output().text(id)).orThrow();
    }
}
