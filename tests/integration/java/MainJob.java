import cn.yiqian.device.Document;
import cn.yiqian.device.Key;
import cn.yiqian.device.Pin;
import cn.yiqian.device.SignItem;
import cn.yiqian.device.SignResult;
import cn.yiqian.device.Signed;
import cn.yiqian.device.Status;
import cn.yiqian.device.Task;
import cn.yiqian.device.YiqianException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/** A person's day, through the real server. */
final class MainJob {
    /** A rare character of plane 2, an emoji of two halves, and what modified UTF-8 would write otherwise. */
    static final String NAME = "𠮷田𪚥🩺王";
    static final byte[] TEXT = "出院小结：林晓岚，病情稳定。🩺\n".getBytes(StandardCharsets.UTF_8);

    void testEnrolsPullsAndSigns() throws Exception {
        try (Phone phone = Phone.fresh()) {
            List<String> asked = new ArrayList<>();
            Key key = phone.enrol(Fixture.person(NAME), person -> {
                asked.add(person.name + " " + person.staffNo);
                return true;
            });
            Check.same(Collections.singletonList(NAME + " " + phone.staffNo), asked);
            Check.same(Key.Stage.ENROLLED, key.stage);
            Check.same(NAME, key.name);
            Check.same(NAME, phone.device.keys().get(0).name);
            String made = Fixture.task(phone.staffNo, TEXT);
            Task task = phone.pulled(made);
            Check.same("出院小结 " + NAME, task.title);
            Check.same((long) TEXT.length, task.documentSize);
            Document document = phone.device.document(phone.key, task);
            Check.that(Arrays.equals(TEXT, document.content()), "the document is another");
            Check.same(task.digest, document.digest);
            Signed signed = phone.device.sign(phone.key, Collections.singletonList(SignItem.of(task, document.content())), Phone.pin());
            SignResult result = signed.results.get(0);
            Check.that(result.seen, "not seen");
            Check.same(0, signed.failuresBefore);
            Check.same("signed", Fixture.state(made));
            String certificate = Fixture.hex(phone.device.certificate(phone.key, 0));
            Check.same("valid", Fixture.ask("verify", made, result.rs, certificate));
            Check.that(phone.device.pull(phone.key, "", 10).tasks.isEmpty(), "it is still to be signed");
        }
    }

    void testSignsABatch() throws Exception {
        try (Phone phone = Phone.enrolled("王建国")) {
            Fixture.ask("tasks", phone.staffNo, "1000");
            List<Task> tasks = phone.all();
            Check.same(1000, tasks.size());
            List<SignItem> items = new ArrayList<>();
            for (int i = 0; i < 1000; i++) { // given, which the native code has a reference to each for, or fetched
                items.add(i % 100 == 0 ? SignItem.of(tasks.get(i)) : SignItem.of(tasks.get(i), ("第 " + i + " 份\n").getBytes(StandardCharsets.UTF_8)));
            }
            Signed signed = phone.device.sign(phone.key, items, Phone.pin());
            Check.same(1000, signed.results.size());
            for (int i = 0; i < 1000; i++) {
                Check.same(Status.OK, signed.results.get(i).status);
            }
            String certificate = Fixture.hex(phone.device.certificate(phone.key, 0));
            Check.same("valid", Fixture.ask("verify", tasks.get(999).task, signed.results.get(999).rs, certificate));
            Check.refused(Status.INVALID_ARGUMENT, () -> phone.device.sign(phone.key, new ArrayList<>(), Phone.pin()));
        }
    }

    void testDeclines() throws Exception {
        try (Phone phone = Phone.enrolled("王建国")) {
            String task = Fixture.task(phone.staffNo, TEXT);
            phone.device.decline(phone.key, task, "不是我的病人 🙅");
            Check.same(Arrays.asList("declined", "不是我的病人 🙅"), Arrays.asList(Fixture.askAll("declined", task)));
            YiqianException refused = Check.refused(Status.REFUSED, () -> phone.device.decline(phone.key, task.replace('0', '1'), "x"));
            Check.same("task_not_found", refused.problem().code);
            Check.that(refused.problem().title.codePointAt(0) > 0x3000, refused.problem().title);
        }
    }

    void testTheOneWhoIsNotMeantSaysNo() throws Exception {
        try (Phone phone = Phone.fresh()) {
            String person = Fixture.person("李秀英");
            YiqianException said = Check.refused(Status.DECLINED, () -> phone.enrol(person, p -> false));
            Check.same(null, said.getCause());
            Check.that(phone.device.keys().isEmpty(), "something is left");
            phone.enrol(person, null);
        }
    }

    void testAWrongPinCountsAndLocks() throws Exception {
        try (Phone phone = Phone.enrolled("王建国")) {
            List<SignItem> one = phone.oneTask();
            int left = 0;
            for (int i = 0; i < 2; i++) {
                YiqianException wrong = Check.refused(Status.PIN_WRONG, () -> phone.device.sign(phone.key, one, Phone.pin("593826")));
                Check.that(i == 0 || wrong.problem().triesLeft == left - 1, "tries left: " + wrong.problem().triesLeft);
                left = wrong.problem().triesLeft;
                Check.same(1, wrong.results().size());
                Check.that(wrong.results().get(0).status != Status.OK, "signed");
            }
            Check.same(2, phone.device.sign(phone.key, one, Phone.pin()).failuresBefore);
            List<SignItem> next = phone.oneTask();
            YiqianException last = null;
            for (int i = 0; i < 10 && (last == null || last.status() == Status.PIN_WRONG); i++) {
                last = Check.thrown(YiqianException.class, () -> phone.device.sign(phone.key, next, Phone.pin("593826")));
            }
            Check.same(Status.KEY_LOCKED, last.status());
            Check.refused(Status.KEY_LOCKED, () -> phone.device.sign(phone.key, next, Phone.pin()));
            Key locked = phone.device.sync(phone.key);
            Check.same("locked", locked.state);
            Fixture.ask("unlock", locked.keyId);
            phone.device.sign(phone.key, next, Phone.pin());
        }
    }

    void testPinsAreWiped() throws Exception {
        char[] digits = Phone.PIN.toCharArray();
        Pin pin = Pin.of(digits);
        Check.that(Arrays.equals(digits, new char[digits.length]), "the caller's digits are still there");
        cn.yiqian.device.YiqianDevice.checkPin(pin);
        Check.thrown(IllegalStateException.class, () -> cn.yiqian.device.YiqianDevice.checkPin(pin));
        byte[] bytes = Phone.PIN.getBytes(StandardCharsets.US_ASCII);
        Pin.of(bytes).close();
        Check.that(Arrays.equals(bytes, new byte[bytes.length]), "the caller's bytes are still there");
        for (String weak : new String[] {"", "12345", "123456", "27491５", "2749150274915", "27 491", "4915" + new String(new char[5000])}) {
            Check.refused(Status.WEAK_PIN, () -> cn.yiqian.device.YiqianDevice.checkPin(Phone.pin(weak)));
        }
    }

    void testChangesThePin() throws Exception {
        try (Phone phone = Phone.enrolled("王建国")) {
            phone.device.changePin(phone.key, Phone.pin(), Phone.pin("830461"));
            List<SignItem> one = phone.oneTask();
            Check.refused(Status.PIN_WRONG, () -> phone.device.sign(phone.key, one, Phone.pin()));
            phone.device.sign(phone.key, one, Phone.pin("830461"));
            Check.refused(Status.WEAK_PIN, () -> phone.device.changePin(phone.key, Phone.pin("830461"), Phone.pin("111111")));
            phone.device.refresh(phone.key, Phone.pin("830461"));
            Check.that(!phone.device.keys().get(0).pinChanging, "still changing");
        }
    }

    void testRenewsAndRekeys() throws Exception {
        try (Phone phone = Phone.enrolled("王建国")) {
            Key before = phone.device.sync(phone.key);
            Check.that(before.renewalDue, "not due");
            Key after = phone.device.renew(phone.key, Phone.pin(), null);
            Check.same(before.keyId, after.keyId);
            Check.that(!before.serial.equals(after.serial), "the old certificate");
            Key other = phone.device.rekey(phone.key, Phone.pin(), null);
            Check.that(!other.keyId.equals(after.keyId), "the old key");
            phone.key = other.key;
            List<SignItem> one = phone.oneTask();
            phone.device.sign(phone.key, one, Phone.pin());
        }
    }

    void testWhatIsStoredIsThereAfterwards() throws Exception {
        Phone first = Phone.enrolled(NAME);
        first.close();
        try (Phone again = new Phone(first.directory)) {
            Key key = again.device.keys().get(0);
            Check.same(first.key, key.key);
            again.key = key.key;
            List<SignItem> one = Collections.singletonList(SignItem.of(again.pulled(Fixture.task(key.staffNo, TEXT))));
            again.device.sign(again.key, one, Phone.pin());
            Check.thrown(java.io.IOException.class, () -> new Phone(first.directory)); // in use
            again.device.remove(again.key, false);
            Check.that(again.device.keys().isEmpty(), "a key is left");
        }
    }

    void testSeveralPersonsInOneStore() throws Exception {
        try (Phone phone = Phone.enrolled("王建国")) {
            String his = phone.key;
            String hisNumber = phone.staffNo;
            phone.enrol(Fixture.person("李秀英"), null);
            Check.same(2, phone.device.keys().size());
            String herTask = Fixture.task(phone.staffNo, TEXT);
            String hisTask = Fixture.task(hisNumber, TEXT);
            Task hers = phone.pulled(herTask);
            Check.same(1, phone.device.pull(his, "", 10).tasks.size());
            Check.refused(Status.REFUSED, () -> phone.device.sign(his, Collections.singletonList(SignItem.of(hers)), Phone.pin()));
            phone.device.sign(phone.key, Collections.singletonList(SignItem.of(hers)), Phone.pin());
            Check.same(Arrays.asList("signed", "pending"), Arrays.asList(Fixture.state(herTask), Fixture.state(hisTask)));
            phone.device.syncAll();
        }
    }

    void testADocumentThatIsAnother() throws Exception {
        try (Phone phone = Phone.enrolled("王建国")) {
            Fixture.ask("tasks", phone.staffNo, "2");
            List<Task> tasks = phone.device.pull(phone.key, "", 10).tasks;
            List<SignItem> items = Arrays.asList(SignItem.of(tasks.get(0)), SignItem.of(tasks.get(1), new byte[] {1}));
            YiqianException changed = Check.refused(Status.DOCUMENT_CHANGED, () -> phone.device.sign(phone.key, items, Phone.pin()));
            Check.same(Arrays.asList(Status.NOT_ATTEMPTED, Status.DOCUMENT_CHANGED),
                    Arrays.asList(changed.results().get(0).status, changed.results().get(1).status));
        }
    }

    void testFormsAndWhatIsUnseen() throws Exception {
        try (Phone phone = Phone.enrolled("王建国")) {
            String cms = Fixture.ask("task", phone.staffNo, "cms", Fixture.hex(TEXT));
            phone.device.sign(phone.key, Collections.singletonList(SignItem.of(phone.pulled(cms))), Phone.pin());
            String digest = Fixture.ask("digest", phone.staffNo);
            Task unseen = phone.pulled(digest);
            Check.that(!unseen.hasDocument, "it has a document");
            Check.refused(Status.CONTENT_UNSEEN,
                    () -> phone.device.sign(phone.key, Collections.singletonList(SignItem.of(unseen)), Phone.pin()));
            Check.refused(Status.INVALID_ARGUMENT, () -> phone.device.document(phone.key, unseen));
            Signed signed = phone.device.sign(phone.key, Collections.singletonList(SignItem.unseen(unseen)), Phone.pin());
            Check.that(!signed.results.get(0).seen, "seen");
            Check.same(Arrays.asList("signed", "signed"), Arrays.asList(Fixture.state(cms), Fixture.state(digest)));
        }
    }

    /** The session is gone, and the kept connection; the first message of the next call is a POST. */
    void testAfterTheServerStartedAnew() throws Exception {
        try (Phone phone = Phone.enrolled("王建国")) {
            String task = Fixture.task(phone.staffNo, TEXT);
            List<SignItem> one = Collections.singletonList(SignItem.of(phone.pulled(task), TEXT));
            Fixture.ask("restart");
            phone.device.sign(phone.key, one, Phone.pin());
            Check.same("signed", Fixture.state(task));
        }
    }
}
