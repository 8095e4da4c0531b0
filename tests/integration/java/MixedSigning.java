import cn.yiqian.device.Enrolment;
import cn.yiqian.device.Task;
import java.util.Collections;
import java.util.List;

/** The Java device among the others. */
final class MixedSigning {
    void testSignsWhatIsItsOwn() throws Exception {
        try (Phone phone = Phone.fresh()) {
            phone.staffNo = Fixture.ask("mixed");
            int count = Integer.parseInt(Fixture.ask("count"));
            phone.key = phone.device.enrol(
                    new Enrolment(Fixture.url(), phone.staffNo, Fixture.code(phone.staffNo), "爪哇手机", Phone.pin(), null)).key;
            List<Task> tasks = phone.all();
            Check.same(count, tasks.size());
            for (Task task : tasks.subList(0, count / 2)) {
                phone.device.sign(phone.key, Phone.items(Collections.singletonList(task)), Phone.pin());
            }
            phone.device.sign(phone.key, Phone.items(tasks.subList(count / 2, count)), Phone.pin());
            Check.that(phone.all().isEmpty(), "something is left");
        }
    }
}
