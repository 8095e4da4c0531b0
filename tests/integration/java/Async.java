import cn.yiqian.device.AsyncDevice;
import cn.yiqian.device.Enrolment;
import cn.yiqian.device.Key;
import cn.yiqian.device.Person;
import cn.yiqian.device.Signed;
import cn.yiqian.device.Status;
import cn.yiqian.device.YiqianException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** The asynchronous layer, with an executor of one thread in the place of a main thread. */
final class Async {
    private final ExecutorService main = Executors.newSingleThreadExecutor(work -> new Thread(work, "main thread"));

    private static void onMain() {
        Check.same("main thread", Thread.currentThread().getName());
    }

    private <T> CompletableFuture<T> call(AsyncDevice async, AsyncDevice.Call<T> call) {
        CompletableFuture<T> future = new CompletableFuture<>();
        async.call(device -> {
            Check.same("yiqian-device", Thread.currentThread().getName());
            return call.run(device);
        }, new AsyncDevice.Callback<T>() {
            @Override
            public void done(T value) {
                onMain();
                future.complete(value);
            }

            @Override
            public void failed(Exception failure) {
                onMain();
                future.completeExceptionally(failure);
            }
        });
        return future;
    }

    private static <T> T get(CompletableFuture<T> future) throws Exception {
        return future.get(30, TimeUnit.SECONDS);
    }

    void testCallsAndQuestions() throws Exception {
        Phone phone = Phone.fresh();
        AsyncDevice async = new AsyncDevice(phone.device, main);
        String person = Fixture.person("王建国");
        String code = Fixture.code(person);
        String url = Fixture.url();
        AsyncDevice.Question<Person, Boolean> later = (asked, reply) -> {
            onMain();
            new Thread(() -> {
                reply.answer(asked.name.equals("王建国")); // a dialog's button, another time
                reply.answer(false); // and once more
            }).start();
        };
        Key key = get(call(async, d -> d.enrol(new Enrolment(url, person, code, "手机", Phone.pin(), async.confirmPerson(later)))));
        Check.same(Key.Stage.ENROLLED, key.stage);
        phone.key = key.key;
        phone.staffNo = person;
        Check.same(1, get(call(async, d -> d.keys())).size());
        ExecutionException failed = Check.thrown(ExecutionException.class,
                () -> get(call(async, d -> d.sign(key.key, phone.oneTask(), Phone.pin("593826")))));
        Check.same(Status.PIN_WRONG, ((YiqianException) failed.getCause()).status());
        Signed signed = get(call(async, d -> d.sign(key.key, phone.oneTask(), Phone.pin())));
        Check.same(1, signed.failuresBefore);

        LinkedBlockingQueue<String> told = new LinkedBlockingQueue<>();
        AsyncDevice.Watch watch = async.watch(key.key, watcher(told));
        Check.same("changed", told.poll(20, TimeUnit.SECONDS));
        Fixture.task(person, MainJob.TEXT);
        Check.same("changed", told.poll(20, TimeUnit.SECONDS));
        watch.cancel();
        Fixture.task(person, MainJob.TEXT);
        Check.same(null, told.poll(1, TimeUnit.SECONDS));
        async.watch(key.key, watcher(told));
        Check.same("changed", told.poll(20, TimeUnit.SECONDS));
        async.close();
        Check.same("closed", told.poll(20, TimeUnit.SECONDS));
        ExecutionException closed = Check.thrown(ExecutionException.class, () -> get(call(async, d -> d.keys())));
        Check.that(closed.getCause() instanceof IllegalStateException, closed.getCause());
        async.watch(key.key, watcher(told));
        Check.same("closed", told.poll(20, TimeUnit.SECONDS));
        phone.hooks.files.close();
        main.shutdown();
    }

    private static AsyncDevice.Watcher watcher(LinkedBlockingQueue<String> told) {
        return new AsyncDevice.Watcher() {
            @Override
            public void changed() {
                onMain();
                told.add("changed");
            }

            @Override
            public void offline(YiqianException failure) {
                onMain();
                told.add(failure == null ? "online" : "offline");
            }

            @Override
            public void ended(Exception failure) {
                onMain();
                told.add(failure instanceof IllegalStateException ? "closed" : failure.toString());
            }
        };
    }

    /** A question that nobody answers does not hold close up, and one that throws is a no. */
    void testQuestionsWithoutAnAnswer() throws Exception {
        Phone phone = Phone.fresh();
        AsyncDevice async = new AsyncDevice(phone.device, main);
        String person = Fixture.person("王建国");
        String code = Fixture.code(person);
        String url = Fixture.url();
        Thread.setDefaultUncaughtExceptionHandler((thread, e) -> { });
        ExecutionException no = Check.thrown(ExecutionException.class, () -> get(call(async,
                d -> d.enrol(new Enrolment(url, person, code, "手机", Phone.pin(), async.confirmPerson((asked, reply) -> {
                    throw new IllegalStateException("the activity is gone");
                }))))));
        Check.same(Status.DECLINED, ((YiqianException) no.getCause()).status());
        String second = Fixture.code(person);
        CompletableFuture<Boolean> asked = new CompletableFuture<>();
        CompletableFuture<Key> enrolling = call(async,
                d -> d.enrol(new Enrolment(url, person, second, "手机", Phone.pin(), async.confirmPerson((who, reply) -> asked.complete(true)))));
        get(asked);
        async.close();
        ExecutionException declined = Check.thrown(ExecutionException.class, () -> get(enrolling));
        Check.same(Status.DECLINED, ((YiqianException) declined.getCause()).status());
        phone.hooks.files.close();
        main.shutdown();
    }
}
