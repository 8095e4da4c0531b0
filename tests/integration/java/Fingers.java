import cn.yiqian.device.Fingerprint;
import cn.yiqian.device.History;
import cn.yiqian.device.HistoryEntry;
import cn.yiqian.device.Proof;
import cn.yiqian.device.Scanned;
import cn.yiqian.device.SignItem;
import cn.yiqian.device.Status;
import cn.yiqian.device.YiqianDevice;
import cn.yiqian.device.YiqianException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The fingerprint, with a platform's authenticator that is a map; and the history. */
final class Fingers {
    void testSignsByFingerprint() throws Exception {
        try (Phone phone = Phone.enrolled(MainJob.NAME)) {
            Check.refused(Status.FINGERPRINT_OFF, () -> phone.device.sign(phone.key, phone.oneTask(), Proof.FINGERPRINT));
            Check.refused(Status.PIN_WRONG, () -> phone.device.enableFingerprint(phone.key, Phone.pin("593826")));
            Check.that(!phone.device.keys().get(0).fingerprint, "on");
            phone.device.enableFingerprint(phone.key, Phone.pin());
            Check.that(phone.device.keys().get(0).fingerprint, "off");
            String made = Fixture.task(phone.staffNo, MainJob.TEXT);
            phone.device.sign(phone.key, Phone.items(phone.all()), Proof.FINGERPRINT);
            Check.same("fingerprint", Fixture.ask("method", made));
            Check.that(phone.hooks.prompt != null && !phone.hooks.prompt.isEmpty(), "no prompt");
            phone.hooks.fingerPresent = false;
            List<SignItem> next = phone.oneTask();
            YiqianException cancelled = Check.refused(Status.CANCELLED, () -> phone.device.sign(phone.key, next, Proof.FINGERPRINT));
            Check.that(cancelled.getCause() instanceof Fingerprint.Cancelled, cancelled.getCause());
            phone.hooks.fingerPresent = true;
            IllegalStateException failure = new IllegalStateException("the sensor");
            phone.hooks.hook = at -> {
                if (at.equals("unwrap")) {
                    throw failure;
                }
                return null;
            };
            Check.that(Check.refused(Status.FINGERPRINT_FAILED, () -> phone.device.sign(phone.key, next, Proof.FINGERPRINT)).getCause()
                    == failure, "another cause");
            phone.hooks.hook = at -> at.equals("unwrap") ? new byte[4096] : null;
            Check.thrown(YiqianException.class, () -> phone.device.sign(phone.key, next, Proof.FINGERPRINT));
            phone.hooks.hook = at -> null;
            phone.device.changePin(phone.key, Phone.pin(), Phone.pin("830461"));
            phone.device.sign(phone.key, next, Proof.FINGERPRINT); // the new mask was wrapped
            Scanned login = phone.device.scan(phone.key, Fixture.ask("login_code", Fixture.askAll("login")[0]));
            phone.device.signLogin(phone.key, login, Proof.FINGERPRINT);
            Check.same("fingerprint", phone.device.history(phone.key, "", 10).entries.get(0).method);
            phone.hooks.wrapped.clear(); // another finger was enrolled
            List<SignItem> last = phone.oneTask();
            Check.refused(Status.FINGERPRINT_OFF, () -> phone.device.sign(phone.key, last, Proof.FINGERPRINT));
            phone.device.sign(phone.key, last, Phone.pin("830461"));
            phone.device.disableFingerprint(phone.key);
        }
    }

    void testIsNotForSharedPhones() throws Exception {
        try (Phone phone = Phone.enrolled("王建国")) {
            String his = phone.key;
            phone.device.enableFingerprint(his, Phone.pin());
            phone.enrol(Fixture.person("李秀英"), null);
            Check.that(!phone.device.keys().get(0).fingerprint, "still on");
            Check.refused(Status.WRONG_STATE, () -> phone.device.enableFingerprint(his, Phone.pin()));
        }
    }

    void testAPlatformWithoutOne() throws Exception {
        Phone first = Phone.enrolled("王建国");
        first.close();
        Hooks hooks = new Hooks(first.directory);
        try (YiqianDevice device = YiqianDevice.open(hooks.platform(false), Phone.OPTIONS)) {
            Check.refused(Status.FINGERPRINT_OFF, () -> device.enableFingerprint(first.key, Phone.pin()));
        }
        hooks.files.close();
    }

    void testHistory() throws Exception {
        try (Phone phone = Phone.enrolled(MainJob.NAME)) {
            Check.that(phone.device.history(phone.key, "", 10).entries.isEmpty(), "something was signed");
            Fixture.ask("tasks", phone.staffNo, "25");
            phone.device.sign(phone.key, Phone.items(phone.all()), Phone.pin());
            String emoji = Fixture.task(phone.staffNo, MainJob.TEXT);
            phone.device.sign(phone.key, Phone.items(phone.all()), Phone.pin());
            List<HistoryEntry> all = new ArrayList<>();
            String before = "";
            do {
                History batch = phone.device.history(phone.key, before, 10);
                Check.that(batch.entries.size() <= 10, batch.entries.size());
                all.addAll(batch.entries);
                before = batch.next;
            } while (!before.isEmpty());
            Check.same(26, all.size());
            HistoryEntry newest = all.get(0);
            Check.same(Arrays.asList(emoji, "出院小结 " + MainJob.NAME, "pin", "电子病历", ""),
                    Arrays.asList(newest.task, newest.title, newest.method, newest.system, newest.withdrawnAt));
            Check.same(phone.device.keys().get(0).serial, newest.serial);
            Check.refused(Status.INVALID_ARGUMENT, () -> phone.device.history(phone.key, "", 201));
        }
    }

    void testTheServerThatWasSet() throws Exception {
        try (Phone phone = Phone.fresh()) {
            Check.same("", phone.device.server());
            phone.device.setServer("https://sign.hospital.example/");
            Check.same("https://sign.hospital.example", phone.device.server());
            Check.refused(Status.TRANSPORT_INSECURE, () -> phone.device.setServer("http://sign.hospital.example"));
        }
    }
}
