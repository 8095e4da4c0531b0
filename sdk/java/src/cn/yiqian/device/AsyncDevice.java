package cn.yiqian.device;

import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A device for a program with a main thread: calls run on a thread of its own, one after another, and answers come on the Executor
 * that the caller gives, never on another thread. On Android that is {@code context.getMainExecutor()} for answers on the main
 * thread, or an executor of the app's.
 */
public final class AsyncDevice implements AutoCloseable {
    /** A call of the device. */
    public interface Call<T> {
        T run(YiqianDevice device) throws YiqianException;
    }

    public interface Callback<T> {
        void done(T value);

        /** A YiqianException, or what the call threw besides: IllegalStateException where the device is closed. */
        void failed(Exception failure);
    }

    /** Told whenever the tasks of a key are others, first at once. */
    public interface Watcher {
        void changed();

        /** null: it is back. What passes (offline); the watching goes on. */
        void offline(YiqianException failure);

        /** The key can sign no more: a YiqianException; or the device was closed: an IllegalStateException. */
        void ended(Exception failure);
    }

    /** Once cancelled, the watcher is told nothing more. */
    public interface Watch {
        void cancel();
    }

    /** Asks on the Executor, where the answer may come later, and from any thread: a dialog's button calls it. */
    public interface Question<Q, A> {
        void ask(Q question, Reply<A> reply);
    }

    public interface Reply<A> {
        /** The first one counts. null: no. */
        void answer(A answer);
    }

    private static final int WAIT_SECONDS = 20;

    private final YiqianDevice device;
    private final Executor callbacks;
    private final ExecutorService calls;
    private final ExecutorService watches;
    private final CountDownLatch closed = new CountDownLatch(1);

    /** The device is this object's from now on: close closes it. */
    public AsyncDevice(YiqianDevice device, Executor callbacks) {
        this.device = device;
        this.callbacks = Objects.requireNonNull(callbacks, "callbacks");
        AtomicInteger n = new AtomicInteger();
        calls = Executors.newSingleThreadExecutor(work -> named(work, "yiqian-device"));
        watches = Executors.newCachedThreadPool(work -> named(work, "yiqian-watch-" + n.incrementAndGet()));
    }

    private static Thread named(Runnable work, String name) {
        Thread thread = new Thread(work, name);
        thread.setDaemon(true);
        return thread;
    }

    private <T> void tell(Callback<T> callback, T value, Exception failure) {
        callbacks.execute(() -> {
            if (failure == null) {
                callback.done(value);
            } else {
                callback.failed(failure);
            }
        });
    }

    /** {@code async.call(d -> d.sign(key, items, pin), callback)}. A pin that no call took is wiped by the caller's close of it. */
    public <T> void call(Call<T> call, Callback<T> callback) {
        try {
            calls.execute(() -> {
                T value = null;
                Exception failure = null;
                try {
                    value = call.run(device);
                } catch (Exception e) {
                    failure = e;
                }
                tell(callback, value, failure);
            });
        } catch (RejectedExecutionException e) {
            tell(callback, null, deviceClosed());
        }
    }

    private static IllegalStateException deviceClosed() {
        return new IllegalStateException("the device is closed");
    }

    /** Tells of a key's tasks until it is cancelled, the key can sign no more, or the device is closed. */
    public Watch watch(String key, Watcher watcher) {
        Watching watching = new Watching(key, watcher);
        try {
            watches.execute(watching);
        } catch (RejectedExecutionException e) {
            callbacks.execute(() -> watcher.ended(deviceClosed()));
        }
        return watching;
    }

    private final class Watching implements Runnable, Watch {
        private final String key;
        private final Watcher watcher;
        private volatile boolean cancelled;
        private boolean offline;

        Watching(String key, Watcher watcher) {
            this.key = key;
            this.watcher = watcher;
        }

        @Override
        public void cancel() {
            cancelled = true;
        }

        private void tellWatcher(Runnable what) {
            callbacks.execute(() -> {
                if (!cancelled) {
                    what.run();
                }
            });
        }

        private boolean passes(YiqianException e) {
            int http = e.problem() == null ? 0 : e.problem().httpStatus;
            return e.status() == Status.TRANSPORT_FAILED || e.status() == Status.BAD_ANSWER
                    || e.status() == Status.REFUSED && (http == 408 || http == 429 || http >= 500);
        }

        private void back() {
            if (offline) {
                offline = false;
                tellWatcher(() -> watcher.offline(null));
            }
        }

        @Override
        public void run() {
            TaskSet set = new TaskSet();
            while (!cancelled) {
                try {
                    boolean changed = device.waitTasks(key, set, WAIT_SECONDS);
                    back();
                    if (changed) {
                        tellWatcher(watcher::changed);
                    }
                } catch (YiqianException e) {
                    if (!passes(e)) {
                        tellWatcher(() -> watcher.ended(e.status() == Status.CLOSED ? deviceClosed() : e));
                        return;
                    }
                    offline = true;
                    tellWatcher(() -> watcher.offline(e));
                } catch (RuntimeException e) {
                    tellWatcher(() -> watcher.ended(e));
                    return;
                }
            }
        }
    }

    /** For enrol, renew and rekey: the question is asked on the Executor while the call waits for its answer. */
    public ConfirmPerson confirmPerson(Question<Person, Boolean> question) {
        return person -> Boolean.TRUE.equals(ask(question, person));
    }

    /** For authorise. */
    public ConfirmOffer confirmOffer(Question<WorkstationOffer, Consent> question) {
        return offer -> ask(question, offer);
    }

    private <Q, A> A ask(Question<Q, A> question, Q asked) throws InterruptedException {
        Waiter<A> waiter = new Waiter<>();
        callbacks.execute(() -> {
            try {
                question.ask(asked, waiter);
            } catch (RuntimeException e) { // the call must not wait for ever
                waiter.answer(null);
                throw e;
            }
        });
        return waiter.await();
    }

    private final class Waiter<A> implements Reply<A> {
        private A answer;
        private boolean answered;

        @Override
        public synchronized void answer(A given) {
            if (!answered) {
                answered = true;
                answer = given;
                notifyAll();
            }
        }

        /** close is a no. */
        synchronized A await() throws InterruptedException {
            while (!answered && closed.getCount() > 0) {
                wait(200);
            }
            answered = true;
            return answer;
        }
    }

    /**
     * Closes the device. Waits for the call under way, not for those behind it, which fail with IllegalStateException; a question
     * that waits for its answer is answered with no. From the main thread it may block as long as the exchange under way.
     */
    @Override
    public void close() {
        closed.countDown();
        calls.shutdown();
        watches.shutdown();
        device.close();
    }
}
