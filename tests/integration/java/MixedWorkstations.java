import cn.yiqian.device.AuthorisationStatus;
import cn.yiqian.device.Consent;
import cn.yiqian.device.Scope;
import cn.yiqian.device.SignResult;
import cn.yiqian.device.Status;
import cn.yiqian.device.WorkstationAuthorisation;
import cn.yiqian.device.YiqianWorkstation;
import java.util.Collections;

/** The Java device authorises the workstation in Python, and the phone in Python the Java workstation. */
final class MixedWorkstations {
    void testAuthorisesTheOther() throws Exception {
        try (Phone phone = Phone.enrolled(MainJob.NAME)) {
            long until = System.currentTimeMillis() / 1000 + 3600;
            phone.device.authorise(phone.key, Fixture.ask("python_offers"), offer -> {
                Check.same("蟒站", offer.name);
                return new Consent(new Scope(Collections.<String>emptyList(), Collections.<String>emptyList(), until, 3), Phone.pin());
            });
            Check.same("authorisation", Fixture.ask("python_signs", phone.staffNo));
            Check.same(2, phone.device.authorisations(phone.key).get(0).countLeft);
        }
    }

    void testIsAuthorisedByTheOther() throws Exception {
        Hooks hooks = new Hooks(Phone.newDirectory());
        try (YiqianWorkstation workstation = YiqianWorkstation.open(hooks.platform(false), Phone.OPTIONS)) {
            workstation.register(Fixture.url(), "爪哇站", Fixture.ask("workstation", "爪哇站"));
            WorkstationAuthorisation authorisation = workstation.offer(null);
            String staffNo = Fixture.ask("python_authorises", authorisation.code());
            AuthorisationStatus status = authorisation.await(20);
            Check.same(AuthorisationStatus.State.ACTIVE, status.state);
            Check.same(staffNo, status.staffNo);
            String made = Fixture.task(staffNo, MainJob.TEXT);
            SignResult result = authorisation.sign(Phone.items(authorisation.pull("", 10).tasks)).get(0);
            Check.same(Status.OK, result.status);
            Check.same("authorisation", Fixture.ask("method", made));
            authorisation.end();
        }
        hooks.files.close();
    }
}
