import cn.yiqian.device.ConfirmPerson;
import cn.yiqian.device.Enrolment;
import cn.yiqian.device.Key;
import cn.yiqian.device.Options;
import cn.yiqian.device.Pin;
import cn.yiqian.device.SignItem;
import cn.yiqian.device.Task;
import cn.yiqian.device.TaskList;
import cn.yiqian.device.YiqianDevice;
import cn.yiqian.device.YiqianException;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** A device in a directory of its own, and a person's key on it. */
final class Phone implements AutoCloseable {
    static final String PIN = "274915";
    static final Options OPTIONS = new Options("java-test", 10000, 0);

    final Path directory;
    final Hooks hooks;
    final YiqianDevice device;
    String staffNo;
    String key;

    Phone(Path directory) throws Exception {
        this.directory = directory;
        hooks = new Hooks(directory);
        device = YiqianDevice.open(hooks.platform(true), OPTIONS);
    }

    static Path newDirectory() {
        return Paths.get(Fixture.ask("folder")).resolve("phone");
    }

    static Phone fresh() throws Exception {
        return new Phone(newDirectory());
    }

    static Phone enrolled(String name) throws Exception {
        Phone phone = fresh();
        phone.enrol(Fixture.person(name), null);
        return phone;
    }

    static Pin pin(String digits) {
        return Pin.of(digits.toCharArray());
    }

    static Pin pin() {
        return pin(PIN);
    }

    Key enrol(String person, ConfirmPerson confirm) throws YiqianException {
        staffNo = person;
        Key made = device.enrol(new Enrolment(Fixture.url(), person, Fixture.code(person), "测试手机", pin(), confirm));
        key = made.key;
        return made;
    }

    Task pulled(String task) throws YiqianException {
        for (Task each : device.pull(key, "", 1000).tasks) {
            if (each.task.equals(task)) {
                return each;
            }
        }
        throw new AssertionError("the task is not there: " + task);
    }

    /** Batch by batch, as large as the server makes them. */
    List<Task> all() throws YiqianException {
        List<Task> all = new ArrayList<>();
        String after = "";
        do {
            TaskList batch = device.pull(key, after, 1000);
            all.addAll(batch.tasks);
            after = batch.next;
        } while (!after.isEmpty());
        return all;
    }

    /** A new task of this person, as it is to be signed. */
    List<SignItem> oneTask() throws YiqianException {
        return Collections.singletonList(SignItem.of(pulled(Fixture.task(staffNo, MainJob.TEXT))));
    }

    static List<SignItem> items(List<Task> tasks) {
        List<SignItem> items = new ArrayList<>();
        for (Task task : tasks) {
            items.add(SignItem.of(task));
        }
        return items;
    }

    @Override
    public void close() throws Exception {
        device.close();
        hooks.files.close();
    }
}
