import cn.yiqian.device.HttpResponse;
import cn.yiqian.device.SignItem;
import cn.yiqian.device.Status;
import cn.yiqian.device.YiqianException;
import java.lang.reflect.Constructor;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/** Callbacks that throw, give what they may not, or call back; and bytes to the native code that no Java of ours wrote. */
final class Callbacks {
    private static void failsAt(Phone phone, String where, Throwable failure, Status expected, Check.Act act) throws Exception {
        phone.hooks.hook = at -> {
            if (at.equals(where)) {
                throw failure;
            }
            return null;
        };
        try {
            YiqianException said = Check.refused(expected, act);
            Check.that(said.getCause() == failure, "the cause is " + said.getCause());
        } finally {
            phone.hooks.hook = at -> null;
        }
    }

    private static Throwable[] failures() {
        return new Throwable[] {new IllegalStateException("a callback's"), new java.io.IOException("💥"), new AssertionError("an error"),
            new OutOfMemoryError("not really"), new StackOverflowError()};
    }

    void testWhatIsThrownIsTheCause() throws Exception {
        try (Phone phone = Phone.enrolled("王建国")) {
            List<SignItem> one = phone.oneTask();
            List<SignItem> cms = Collections.singletonList(
                    SignItem.of(phone.pulled(Fixture.ask("task", phone.staffNo, "cms", Fixture.hex(MainJob.TEXT)))));
            for (Throwable failure : failures()) {
                failsAt(phone, "exchange", failure, Status.TRANSPORT_FAILED, () -> phone.device.sign(phone.key, one, Phone.pin()));
                failsAt(phone, "fill", failure, Status.ENTROPY_FAILED, () -> phone.device.sign(phone.key, one, Phone.pin()));
                failsAt(phone, "now", failure, Status.CLOCK_FAILED, () -> phone.device.sign(phone.key, cms, Phone.pin()));
                failsAt(phone, "save", failure, Status.STORAGE_FAILED, () -> phone.device.setServer("https://other.example"));
                failsAt(phone, "create", failure, Status.CREDENTIAL_FAILED, () -> phone.enrol(Fixture.person("李秀英"), null));
            }
            phone.key = phone.device.keys().get(0).key;
            phone.device.sign(phone.key, one, Phone.pin());
            phone.device.sign(phone.key, cms, Phone.pin());
        }
    }

    void testAFailingStorageCannotBeOpened() throws Exception {
        Phone first = Phone.enrolled("王建国");
        first.close();
        Hooks hooks = new Hooks(first.directory);
        java.io.IOException failure = new java.io.IOException("no");
        hooks.hook = at -> {
            throw failure;
        };
        YiqianException said = Check.refused(Status.STORAGE_FAILED,
                () -> cn.yiqian.device.YiqianDevice.open(hooks.platform(false), Phone.OPTIONS));
        Check.that(said.getCause() == failure, said.getCause());
        hooks.files.close();
    }

    void testACredentialThatFails() throws Exception {
        Phone first = Phone.enrolled("王建国");
        first.close();
        try (Phone again = new Phone(first.directory)) { // without a session
            again.key = again.device.keys().get(0).key;
            for (Throwable failure : failures()) {
                failsAt(again, "sign", failure, Status.CREDENTIAL_FAILED, () -> again.device.sync(again.key));
            }
            again.device.sync(again.key);
        }
    }

    void testConfirmThatThrowsIsNo() throws Exception {
        try (Phone phone = Phone.fresh()) {
            String person = Fixture.person("王建国");
            for (Throwable failure : failures()) {
                YiqianException said = Check.refused(Status.DECLINED, () -> phone.enrol(person, p -> {
                    if (failure instanceof Exception) {
                        throw (Exception) failure;
                    }
                    throw (Error) failure;
                }));
                Check.that(said.getCause() == failure, said.getCause());
            }
            Check.that(phone.device.keys().isEmpty(), "something is left");
        }
    }

    private static void gives(Phone phone, String where, Object value, Status expected, Check.Act act) throws Exception {
        phone.hooks.hook = at -> at.equals(where) ? value : null;
        try {
            Check.refused(expected, act);
        } finally {
            phone.hooks.hook = at -> null;
        }
    }

    void testWhatNoCallbackMayGive() throws Exception {
        try (Phone phone = Phone.enrolled("王建国")) {
            List<SignItem> one = phone.oneTask();
            List<SignItem> cms = Collections.singletonList(
                    SignItem.of(phone.pulled(Fixture.ask("task", phone.staffNo, "cms", Fixture.hex(MainJob.TEXT)))));
            gives(phone, "now", -1L, Status.CLOCK_FAILED, () -> phone.device.sign(phone.key, cms, Phone.pin()));
            Check.Act pull = () -> phone.device.pull(phone.key, "", 10);
            gives(phone, "exchange", Hooks.NOTHING, Status.TRANSPORT_FAILED, pull);
            gives(phone, "exchange", new HttpResponse(200, null), Status.TRANSPORT_FAILED, pull);
            gives(phone, "exchange", new HttpResponse(200, new byte[64 << 20]), Status.BAD_ANSWER, pull);
            for (int status : new int[] {0, -1, 99, 600, Integer.MAX_VALUE, Integer.MIN_VALUE}) {
                phone.hooks.hook = at -> at.equals("exchange") ? new HttpResponse(status, new byte[0]) : null;
                Status said = Check.thrown(YiqianException.class, pull).status();
                Check.that(said == Status.TRANSPORT_FAILED || said == Status.BAD_ANSWER, said);
            }
            Random random = new Random(1);
            for (int i = 0; i < 200; i++) {
                byte[] rubbish = new byte[random.nextInt(3000)];
                random.nextBytes(rubbish);
                gives(phone, "exchange", new HttpResponse(200, rubbish), Status.BAD_ANSWER, pull);
            }
            for (int n : new int[] {0, 64, 66, 5000}) {
                gives(phone, "create", new byte[n], Status.CREDENTIAL_FAILED, () -> phone.enrol(Fixture.person("李秀英"), null));
            }
            phone.device.sign(phone.device.keys().get(0).key, one, Phone.pin());
        }
    }

    void testRecordsThatAreTooLong() throws Exception {
        Hooks hooks = new Hooks(Phone.newDirectory());
        for (int n : new int[] {32769, 1 << 20}) {
            hooks.hook = at -> at.equals("load") ? new byte[n] : null;
            Check.refused(Status.STORAGE_FAILED, () -> cn.yiqian.device.YiqianDevice.open(hooks.platform(false), Phone.OPTIONS));
        }
        hooks.files.close();
    }

    void testCallingBackIsRefused() throws Exception {
        try (Phone phone = Phone.enrolled("王建国")) {
            List<Object> said = new ArrayList<>();
            phone.hooks.hook = at -> {
                if (said.isEmpty()) {
                    said.add(Check.refused(Status.REENTERED, () -> phone.device.keys()));
                    said.add(Check.refused(Status.REENTERED,
                            () -> phone.device.waitTasks(phone.key, new cn.yiqian.device.TaskSet(), 1)));
                    said.add(Check.thrown(IllegalStateException.class, () -> phone.device.close()));
                }
                return null;
            };
            phone.device.pull(phone.key, "", 10);
            Check.same(3, said.size());
            said.clear();
            phone.device.waitTasks(phone.key, new cn.yiqian.device.TaskSet(), 0); // from its own exchange, too
            Check.same(3, said.size());
        }
    }

    void testTextsThatAreNone() throws Exception {
        try (Phone phone = Phone.enrolled("王建国")) {
            for (String bad : new String[] {"\ud83e", "a\ud800b", "\udfff", "a\0b"}) {
                Check.refused(Status.INVALID_ARGUMENT, () -> phone.device.setServer(bad));
                Check.refused(Status.INVALID_ARGUMENT, () -> phone.device.decline(phone.key, phone.key, bad));
                Check.refused(Status.INVALID_ARGUMENT, () -> phone.device.scan(phone.key, bad));
            }
            char[] long_ = new char[1 << 20];
            Arrays.fill(long_, '医');
            String longest = new String(long_);
            Check.refused(Status.INVALID_ARGUMENT, () -> phone.device.decline(phone.key, phone.key, longest));
            Check.refused(Status.INVALID_ARGUMENT, () -> phone.device.setServer(longest));
            Check.refused(Status.NOT_FOUND, () -> phone.device.sync(longest));
            Check.refused(Status.INVALID_ARGUMENT, () -> phone.device.setServer(null));
            Check.thrown(YiqianException.class, () -> phone.device.pull(null, null, -1));
            Check.refused(Status.INVALID_ARGUMENT, () -> phone.device.certificate(phone.key, -1));
            Check.refused(Status.INVALID_ARGUMENT, () -> cn.yiqian.device.QrCode.read(longest));
            Check.refused(Status.INVALID_ARGUMENT, () -> cn.yiqian.device.QrCode.read(""));
        }
    }

    /** What the native code takes is bounded by itself: bytes of any kind are refused, and nothing else happens. */
    void testBytesThatNobodyWrote() throws Exception {
        try (Phone phone = Phone.fresh()) {
            Class<?> operation = Class.forName("cn.yiqian.device.Operation");
            Class<?> output = Class.forName("cn.yiqian.device.Output");
            Method call = Class.forName("cn.yiqian.device.Native").getDeclaredMethod("call", int.class, long.class, byte[].class, byte[].class,
                    byte[].class, byte[][].class, Object.class);
            call.setAccessible(true);
            java.lang.reflect.Field handleField = phone.device.getClass().getDeclaredField("handle");
            handleField.setAccessible(true);
            Object handle = handleField.get(phone.device);
            java.lang.reflect.Field pointerField = handle.getClass().getDeclaredField("pointer");
            pointerField.setAccessible(true);
            long pointer = pointerField.getLong(handle);
            Constructor<?> make = output.getDeclaredConstructor();
            make.setAccessible(true);
            Random random = new Random(7);
            phone.hooks.hook = at -> {
                if (at.equals("exchange")) {
                    throw new java.io.IOException("nothing is sent here");
                }
                return null;
            };
            int tried = 0;
            for (Object each : operation.getEnumConstants()) {
                String name = each.toString();
                if (name.contains("OPEN") || name.contains("CLOSE") && !name.equals("CLOSE_AUTHORISATION") || name.contains("WORKSTATION")
                        || name.startsWith("OFFER")) {
                    continue; // their handles are others
                }
                for (int i = 0; i < 400; i++) {
                    byte[] in = rubbish(random);
                    byte[][] documents = i % 3 == 0 ? null : new byte[random.nextInt(4)][];
                    byte[] pin = i % 2 == 0 ? null : new byte[random.nextInt(200)];
                    Object answer = call.invoke(null, ((Enum<?>) each).ordinal(), pointer, in, pin, pin, documents, null);
                    Check.that(((byte[]) answer).length >= 4, "no answer");
                    tried++;
                }
            }
            Check.that(tried > 10000, tried);
            Check.thrown(java.lang.reflect.InvocationTargetException.class,
                    () -> call.invoke(null, operation.getEnumConstants().length, pointer, new byte[0], null, null, null, null));
            Check.thrown(java.lang.reflect.InvocationTargetException.class,
                    () -> call.invoke(null, -1, pointer, new byte[0], null, null, null, null));
        }
    }

    /** Texts with lengths that are right, nearly right and absurd, and numbers between. */
    private static byte[] rubbish(Random random) {
        java.io.ByteArrayOutputStream bytes = new java.io.ByteArrayOutputStream();
        java.io.DataOutputStream out = new java.io.DataOutputStream(bytes);
        try {
            for (int part = random.nextInt(8); part > 0; part--) {
                byte[] text = new byte[random.nextInt(50)];
                random.nextBytes(text);
                int lie = random.nextInt(8);
                out.writeInt(lie == 0 ? -1 : lie == 1 ? random.nextInt() : lie == 2 ? Integer.MAX_VALUE : text.length);
                out.write(text);
                out.writeByte(random.nextInt(4) == 0 ? 1 : 0);
                if (random.nextBoolean()) {
                    out.writeInt(random.nextInt(4));
                }
            }
        } catch (java.io.IOException e) {
            throw new AssertionError(e);
        }
        return bytes.toByteArray();
    }
}
