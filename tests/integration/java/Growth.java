import cn.yiqian.device.Document;
import cn.yiqian.device.SignItem;
import cn.yiqian.device.Status;
import cn.yiqian.device.Task;
import cn.yiqian.device.YiqianDevice;
import java.util.Collections;
import java.util.List;

/** Hundreds of signatures, each with its document, and devices opened and closed: what malloc has given out afterwards is what it had before. */
final class Growth {
    private static final int BEFORE = 100;
    private static final int COUNT = 400;
    private static final long ALLOWED = 40 << 10; // a hundred bytes each, of 8 KB of document

    private static native long allocated();

    private static long now() throws Exception {
        System.load(System.getProperty("attach.library"));
        System.gc();
        return allocated();
    }

    private static void sign(Phone phone, int count) throws Exception {
        for (int left = count; left > 0; left -= 100) {
            Fixture.ask("large", phone.staffNo, "100");
            List<Task> tasks = phone.device.pull(phone.key, "", 100).tasks;
            Check.same(100, tasks.size());
            for (Task task : tasks) {
                Document document = phone.device.document(phone.key, task);
                Check.refused(Status.DOCUMENT_CHANGED,
                        () -> phone.device.sign(phone.key, Collections.singletonList(SignItem.of(task, new byte[4096])), Phone.pin()));
                phone.device.sign(phone.key, Collections.singletonList(SignItem.of(task, document.content())), Phone.pin());
            }
        }
    }

    void testHundredsOfSignatures() throws Exception {
        try (Phone phone = Phone.enrolled("王建国")) {
            sign(phone, BEFORE);
            long before = now();
            long start = System.nanoTime();
            sign(phone, COUNT);
            long ms = (System.nanoTime() - start) / 1000000;
            long grown = now() - before;
            Fixture.say("NOTE", COUNT + " signatures with their documents in " + ms + " ms; " + before + " bytes allocated before, " + grown + " more after");
            Check.that(grown < ALLOWED, grown + " bytes more after " + COUNT + " signatures");
        }
    }

    void testOpenedAndClosed() throws Exception {
        Phone phone = Phone.enrolled("王建国");
        phone.device.close();
        long before = 0;
        for (int i = 0; i < 5000; i++) {
            if (i == 1000) {
                before = now();
            }
            try (YiqianDevice device = YiqianDevice.open(phone.hooks.platform(true), Phone.OPTIONS)) {
                Check.same(1, device.keys().size());
            }
        }
        long grown = now() - before;
        Fixture.say("NOTE", "4000 devices opened and closed: " + grown + " bytes more");
        Check.that(grown < ALLOWED, grown + " bytes more");
        phone.hooks.files.close();
    }
}
