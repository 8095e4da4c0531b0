import cn.yiqian.device.SignItem;
import cn.yiqian.device.Status;
import cn.yiqian.device.TaskSet;
import cn.yiqian.device.YiqianDevice;
import cn.yiqian.device.YiqianException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** Closing, and several threads. */
final class Lifecycle {
    private static Object sample(Class<?> type) {
        if (type == String.class) {
            return "x";
        }
        if (type == int.class) {
            return 1;
        }
        if (type == boolean.class) {
            return false;
        }
        if (type == cn.yiqian.device.Pin.class || type == cn.yiqian.device.Proof.class) {
            return Phone.pin();
        }
        if (type == TaskSet.class) {
            return new TaskSet();
        }
        if (type == List.class) {
            return new ArrayList<SignItem>();
        }
        if (type == cn.yiqian.device.Enrolment.class) {
            return new cn.yiqian.device.Enrolment("x", "x", "x", "x", Phone.pin(), null);
        }
        if (type == cn.yiqian.device.ConfirmOffer.class) {
            return (cn.yiqian.device.ConfirmOffer) offer -> null;
        }
        return null;
    }

    void testAfterCloseEveryCallIsRefused() throws Exception {
        Phone phone = Phone.enrolled("王建国");
        cn.yiqian.device.Task task = phone.pulled(Fixture.task(phone.staffNo, MainJob.TEXT));
        cn.yiqian.device.Scanned scanned = phone.device.scan(phone.key, Fixture.ask("login_code", Fixture.askAll("login")[0]));
        phone.close();
        phone.device.close();
        int tried = 0;
        for (Method method : YiqianDevice.class.getDeclaredMethods()) {
            if (!Modifier.isPublic(method.getModifiers()) || Modifier.isStatic(method.getModifiers()) || method.getName().equals("close")) {
                continue;
            }
            Object[] arguments = new Object[method.getParameterCount()];
            for (int i = 0; i < arguments.length; i++) {
                Class<?> type = method.getParameterTypes()[i];
                arguments[i] = type == cn.yiqian.device.Task.class ? task : type == cn.yiqian.device.Scanned.class ? scanned : sample(type);
            }
            InvocationTargetException thrown = Check.thrown(InvocationTargetException.class, () -> method.invoke(phone.device, arguments));
            Check.that(thrown.getCause() instanceof IllegalStateException, method.getName() + ": " + thrown.getCause());
            tried++;
        }
        Check.that(tried > 30, tried);
    }

    void testCloseEndsWhoWaits() throws Exception {
        ExecutorService threads = Executors.newCachedThreadPool();
        for (int round = 0; round < 3; round++) {
            Phone phone = Phone.enrolled("王建国");
            List<Future<Status>> waiting = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                waiting.add(threads.submit(() -> {
                    TaskSet set = new TaskSet();
                    phone.device.waitTasks(phone.key, set, 5);
                    return Check.thrown(YiqianException.class, () -> phone.device.waitTasks(phone.key, set, 600)).status();
                }));
            }
            Thread.sleep(round * 300);
            while (phone.hooks.counts.getOrDefault("exchange", 0) < 12) { // all of them wait for the second answer
                Thread.sleep(5);
                if (phone.hooks.counts.get("exchange") >= 6 && round > 0) {
                    break;
                }
            }
            Thread.sleep(300);
            long start = System.nanoTime();
            phone.close();
            long ms = (System.nanoTime() - start) / 1000000;
            for (Future<Status> each : waiting) {
                Check.same(Status.CLOSED, each.get(5, TimeUnit.SECONDS));
            }
            Check.that(ms < 3000, "close took " + ms + " ms");
        }
        threads.shutdown();
    }

    /** Waits are begun and devices closed at every moment of each other. */
    void testCloseAtAnyMoment() throws Exception {
        Phone first = Phone.enrolled("王建国");
        first.close();
        ExecutorService threads = Executors.newFixedThreadPool(6);
        AtomicInteger closed = new AtomicInteger();
        AtomicInteger refused = new AtomicInteger();
        for (int round = 0; round < 60; round++) {
            Phone phone = new Phone(first.directory);
            CountDownLatch begun = new CountDownLatch(1);
            List<Future<?>> all = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                boolean waits = i < 3;
                all.add(threads.submit((Callable<Object>) () -> {
                    begun.await();
                    try {
                        for (TaskSet set = new TaskSet();;) {
                            if (waits) {
                                phone.device.waitTasks(first.key, set, 60);
                            } else {
                                phone.device.keys();
                            }
                        }
                    } catch (IllegalStateException e) {
                        refused.incrementAndGet();
                    } catch (YiqianException e) {
                        Check.that(e.status() == Status.CLOSED || e.status() == Status.TRANSPORT_FAILED, e);
                        closed.incrementAndGet();
                    }
                    return null;
                }));
            }
            begun.countDown();
            if (round % 3 > 0) {
                Thread.sleep(round % 20);
            }
            Future<?> other = threads.submit(() -> phone.device.close());
            phone.close();
            other.get(30, TimeUnit.SECONDS);
            for (Future<?> each : all) {
                each.get(30, TimeUnit.SECONDS);
            }
        }
        threads.shutdown();
        Check.that(closed.get() > 20 && refused.get() > 60, closed + " closed, " + refused + " refused");
    }

    void testSeveralThreadsSignWhileOneWaits() throws Exception {
        try (Phone phone = Phone.enrolled("王建国")) {
            ExecutorService threads = Executors.newFixedThreadPool(5);
            AtomicInteger changes = new AtomicInteger();
            Future<?> watcher = threads.submit((Callable<Object>) () -> {
                TaskSet set = new TaskSet();
                try {
                    while (true) {
                        if (phone.device.waitTasks(phone.key, set, 60)) {
                            changes.incrementAndGet();
                        }
                    }
                } catch (YiqianException e) {
                    return e.status();
                } catch (IllegalStateException e) {
                    return Status.CLOSED;
                }
            });
            List<Future<String>> all = new ArrayList<>();
            for (int i = 0; i < 40; i++) {
                all.add(threads.submit(() -> {
                    List<SignItem> one = phone.oneTask();
                    phone.device.sign(phone.key, one, Phone.pin());
                    return "signed";
                }));
            }
            for (Future<String> each : all) {
                Check.same("signed", each.get(60, TimeUnit.SECONDS));
            }
            Check.that(changes.get() > 1, changes);
            Check.that(phone.all().isEmpty(), "something is left to sign");
            phone.device.close();
            Check.same(Status.CLOSED, watcher.get(10, TimeUnit.SECONDS));
            threads.shutdown();
        }
    }

    void testAnInterruptedCloseStillCloses() throws Exception {
        Phone phone = Phone.enrolled("王建国");
        CountDownLatch inside = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        phone.hooks.hook = at -> {
            if (at.equals("exchange")) {
                inside.countDown();
                go.await();
            }
            return null;
        };
        ExecutorService threads = Executors.newFixedThreadPool(1);
        Future<?> pull = threads.submit(() -> phone.device.pull(phone.key, "", 10));
        inside.await();
        Thread closer = Thread.currentThread();
        new Thread(() -> {
            try {
                Thread.sleep(200);
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
            closer.interrupt();
            go.countDown();
        }).start();
        phone.device.close();
        Check.that(Thread.interrupted(), "the interrupt is lost");
        pull.get(10, TimeUnit.SECONDS); // it was under way, and came to its end
        threads.shutdown();
        phone.hooks.files.close();
    }

    void testWhatAnotherDeviceScannedIsNotKnown() throws Exception {
        try (Phone one = Phone.enrolled("王建国"); Phone other = Phone.enrolled("李秀英")) {
            cn.yiqian.device.Scanned scanned = one.device.scan(one.key, Fixture.ask("login_code", Fixture.askAll("login")[0]));
            Check.refused(Status.INVALID_ARGUMENT, () -> other.device.signLogin(other.key, scanned, Phone.pin()));
            Check.refused(Status.INVALID_ARGUMENT, () -> other.device.declineScan(other.key, scanned, ""));
            for (int i = 0; i < 20; i++) { // more than are kept
                one.device.scan(one.key, Fixture.ask("login_code", Fixture.askAll("login")[0]));
            }
            Check.refused(Status.INVALID_ARGUMENT, () -> one.device.signLogin(one.key, scanned, Phone.pin()));
        }
    }

    /** A thread that C made, and attached. */
    void testAThreadOfAnother() throws Exception {
        System.load(System.getProperty("attach.library"));
        try (Phone phone = Phone.enrolled("王建国")) {
            List<SignItem> one = phone.oneTask();
            List<Object> said = new ArrayList<>();
            onAnotherThread(() -> {
                try {
                    phone.device.sign(phone.key, one, Phone.pin());
                    said.add(Thread.currentThread());
                } catch (Exception e) {
                    said.add(e);
                }
            });
            Check.that(said.get(0) instanceof Thread && said.get(0) != Thread.currentThread(), said);
        }
    }

    private static native void onAnotherThread(Runnable work);
}
