package cn.yiqian.device;

import java.util.HashSet;
import java.util.Set;

/**
 * A native object and who is inside it. No call begins after close has, and the object goes when the last call has left.
 * Waiting calls are ended by the object's own close, which must find them inside: they are there once they exchanged messages.
 */
final class Handle {
    interface Closer {
        void close(long pointer);
    }

    private final String what;
    private final Set<Thread> inside = new HashSet<>();
    private final Set<Thread> mayWait = new HashSet<>(); // of those inside: in waitTasks
    private final Set<Thread> waiting = new HashSet<>(); // of those: the library's close finds and ends them
    private long pointer;
    private boolean closing;

    Handle(String what) {
        this.what = what;
    }

    synchronized void set(long opened) {
        pointer = opened;
    }

    /** Every enter has its leave. */
    synchronized long enter() throws YiqianException {
        Thread self = Thread.currentThread();
        if (inside.contains(self)) {
            throw new YiqianException(Status.REENTERED, "called from a callback of the same " + what);
        }
        if (closing || pointer == 0) {
            throw new IllegalStateException("the " + what + " is closed");
        }
        inside.add(self);
        return pointer;
    }

    synchronized void leave() {
        Thread self = Thread.currentThread();
        inside.remove(self);
        mayWait.remove(self);
        waiting.remove(self);
        notifyAll();
    }

    synchronized long enterToWait() throws YiqianException {
        long entered = enter();
        mayWait.add(Thread.currentThread());
        return entered;
    }

    /** Messages are exchanged on this thread: the library has its lock, or has counted it among those that wait. */
    synchronized void reached() {
        if (mayWait.contains(Thread.currentThread()) && waiting.add(Thread.currentThread())) {
            notifyAll();
        }
    }

    /** Waits for the calls that are inside. */
    void close(Closer closer) {
        long last;
        boolean interrupted = false;
        synchronized (this) {
            if (inside.contains(Thread.currentThread())) {
                throw new IllegalStateException("closed from a callback of the same " + what);
            }
            closing = true;
            while (inside.size() > waiting.size()) {
                try {
                    wait();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
            last = pointer;
            pointer = 0;
        }
        if (last != 0) {
            closer.close(last);
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
