import cn.yiqian.device.AuthorisationStatus;
import cn.yiqian.device.Consent;
import cn.yiqian.device.Enrolment;
import cn.yiqian.device.Offer;
import cn.yiqian.device.QrCode;
import cn.yiqian.device.Scanned;
import cn.yiqian.device.Scope;
import cn.yiqian.device.SignItem;
import cn.yiqian.device.SignResult;
import cn.yiqian.device.Signed;
import cn.yiqian.device.Status;
import cn.yiqian.device.Task;
import cn.yiqian.device.WorkstationAuthorisation;
import cn.yiqian.device.WorkstationOffer;
import cn.yiqian.device.YiqianException;
import cn.yiqian.device.YiqianWorkstation;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/** Logging in by scan, enrolling by scan, lost phones, and authorising the Java workstation. */
final class Screens {
    void testLogsInByScan() throws Exception {
        try (Phone phone = Phone.enrolled(MainJob.NAME)) {
            String login = Fixture.askAll("login")[0];
            String code = Fixture.ask("login_code", login);
            Check.same(QrCode.Kind.LOGIN, QrCode.read(code).kind);
            Check.same(login, QrCode.read(code).id);
            Scanned seen = phone.device.scan(phone.key, code);
            Check.same(Arrays.asList("电子病历", "登录门诊工作站 🩺"), Arrays.asList(seen.system, seen.purpose));
            YiqianException wrong = Check.refused(Status.PIN_WRONG, () -> phone.device.signLogin(phone.key, seen, Phone.pin("593826")));
            Check.same(1, wrong.results().size());
            Signed signed = phone.device.signLogin(phone.key, seen, Phone.pin());
            Check.same(1, signed.failuresBefore);
            Check.same(128, signed.results.get(0).rs.length());
            Check.same(Arrays.asList("done", phone.staffNo), Arrays.asList(Fixture.askAll("login_state", login)).subList(0, 2));
        }
    }

    void testLogsInByTypedCode() throws Exception {
        try (Phone phone = Phone.enrolled("王建国")) {
            String[] login = Fixture.askAll("login");
            Scanned seen = phone.device.scanShortCode(phone.key, login[1].substring(0, 4) + " " + login[1].substring(4));
            Check.that(seen.numberWanted && seen.tasks.isEmpty(), "no number is wanted");
            Check.refused(Status.INVALID_ARGUMENT, () -> phone.device.signLogin(phone.key, seen, Phone.pin()));
            Scanned whole = phone.device.scanNumber(phone.key, seen, Fixture.askAll("login_state", login[0])[2]);
            Check.same(1, whole.tasks.size());
            phone.device.signLogin(phone.key, whole, Phone.pin());
            Check.same("done", Fixture.ask("login_state", login[0]));
        }
    }

    void testDeclinesALogin() throws Exception {
        try (Phone phone = Phone.enrolled("王建国")) {
            String login = Fixture.askAll("login")[0];
            Scanned seen = phone.device.scan(phone.key, Fixture.ask("login_code", login));
            phone.device.declineScan(phone.key, seen, "不是我");
            Check.same("declined", Fixture.ask("login_state", login));
            Check.refused(Status.INVALID_ARGUMENT, () -> phone.device.declineScan(phone.key, seen, "不是我"));
        }
    }

    void testEnrolsByScan() throws Exception {
        try (Phone phone = Phone.fresh()) {
            String person = Fixture.person(MainJob.NAME);
            String code = Fixture.ask("enrolment_scan", person);
            Check.same(QrCode.Kind.ENROL, QrCode.read(code).kind);
            Offer offer = phone.device.scanEnrolment(Fixture.url(), code);
            Check.same(person, offer.staffNo);
            Check.that(offer.name.startsWith("𠮷") && !offer.name.equals(MainJob.NAME), offer.name);
            phone.key = phone.device.enrol(new Enrolment(offer.server, offer.staffNo, offer.activationCode, "手机", Phone.pin(), null)).key;
            phone.staffNo = person;
            phone.device.sign(phone.key, phone.oneTask(), Phone.pin());
            Check.refused("scan_refused", () -> phone.device.scanEnrolment(Fixture.url(), code));
        }
    }

    void testReadsTheAddressOfAServer() throws Exception {
        String address = "https://sign.hospital.example";
        QrCode code = QrCode.read("YIQIAN:1:C:"
                + java.util.Base64.getUrlEncoder().withoutPadding().encodeToString(address.getBytes(java.nio.charset.StandardCharsets.US_ASCII)));
        Check.same(QrCode.Kind.SERVER, code.kind);
        Check.same(address, code.url);
    }

    void testReportsAnotherPhoneLost() throws Exception {
        try (Phone phone = Phone.enrolled("王建国")) {
            Check.that(phone.device.otherKeys(phone.key).isEmpty(), "another key");
            Fixture.ask("other_phone", phone.staffNo);
            Check.same("测试手机", phone.device.otherKeys(phone.key).get(0).deviceName);
            String lost = phone.device.otherKeys(phone.key).get(0).keyId;
            phone.device.reportLost(phone.key, lost);
            Check.that(phone.device.otherKeys(phone.key).isEmpty(), "it is still there");
            Check.refused("key_not_found", () -> phone.device.reportLost(phone.key, java.util.UUID.randomUUID().toString()));
        }
    }

    private static final class Station implements AutoCloseable {
        final Hooks hooks;
        final YiqianWorkstation workstation;

        Station() throws Exception {
            hooks = new Hooks(Phone.newDirectory());
            workstation = YiqianWorkstation.open(hooks.platform(false), Phone.OPTIONS);
        }

        @Override
        public void close() throws Exception {
            workstation.close();
            hooks.files.close();
        }
    }

    void testAuthorisesAWorkstationThatSigns() throws Exception {
        String name = "护士站 🏥 " + Fixture.person("站"); // a name of its own
        ExecutorService threads = Executors.newFixedThreadPool(1);
        try (Phone phone = Phone.enrolled(MainJob.NAME); Station station = new Station()) {
            Check.same(null, station.workstation.describe());
            Check.refused(Status.WRONG_STATE, () -> station.workstation.offer(null));
            station.workstation.register(Fixture.url(), name, Fixture.ask("workstation", name));
            Check.same(Arrays.asList(name, "三楼 🏥"),
                    Arrays.asList(station.workstation.describe().name, station.workstation.describe().place));
            Scope wish = new Scope(Collections.singletonList("电子病历"), new ArrayList<>(), System.currentTimeMillis() / 1000 + 3600, 20);
            WorkstationAuthorisation authorisation = station.workstation.offer(wish);
            Check.same(QrCode.Kind.WORKSTATION, QrCode.read(authorisation.code()).kind);
            Check.same(AuthorisationStatus.State.OFFERED, authorisation.look().state);
            Check.refused(Status.NOT_ACTIVE, () -> authorisation.pull("", 10));
            Future<AuthorisationStatus> waiting = threads.submit(() -> authorisation.await(20));
            Check.refused(Status.DECLINED, () -> phone.device.authorise(phone.key, authorisation.code(), offer -> null));
            IllegalArgumentException failure = new IllegalArgumentException("in a dialog");
            Check.that(Check.refused(Status.DECLINED, () -> phone.device.authorise(phone.key, authorisation.code(), offer -> {
                throw failure;
            })).getCause() == failure, "another cause");
            Check.refused(Status.WEAK_PIN, () -> phone.device.authorise(phone.key, authorisation.code(),
                    offer -> new Consent(offer.scope, Phone.pin("2749152749152"))));
            Check.refused(Status.WEAK_PIN, () -> phone.device.authorise(phone.key, authorisation.code(),
                    offer -> new Consent(offer.scope, Phone.pin(""))));
            Check.refused(Status.INVALID_ARGUMENT, () -> phone.device.authorise(phone.key, authorisation.code(),
                    offer -> new Consent(new Scope(Collections.nCopies(33, "x"), offer.scope.recordTypes, 1, 1), Phone.pin())));
            List<WorkstationOffer> offers = new ArrayList<>();
            String id = phone.device.authorise(phone.key, authorisation.code(), offer -> {
                offers.add(offer);
                return new Consent(new Scope(offer.scope.systems, offer.scope.recordTypes, offer.scope.until, 10), Phone.pin());
            });
            Check.same(Arrays.asList(name, "三楼 🏥", id), Arrays.asList(offers.get(0).name, offers.get(0).place, offers.get(0).authorisation));
            AuthorisationStatus status = waiting.get(30, TimeUnit.SECONDS);
            Check.same(AuthorisationStatus.State.ACTIVE, status.state);
            Check.same(Arrays.asList(phone.staffNo, MainJob.NAME, 10), Arrays.asList(status.staffNo, status.name, status.countLeft));
            List<String> made = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                made.add(Fixture.task(phone.staffNo, MainJob.TEXT));
            }
            List<Task> tasks = authorisation.pull("", 100).tasks;
            Check.same(3, tasks.size());
            Check.that(Arrays.equals(MainJob.TEXT, authorisation.document(tasks.get(0)).content()), "another document");
            List<SignResult> results = authorisation.sign(Phone.items(tasks));
            for (SignResult result : results) {
                Check.same(Status.OK, result.status);
            }
            Check.same("valid", Fixture.ask("verify", tasks.get(0).task, results.get(0).rs, Fixture.hex(phone.device.certificate(phone.key, 0))));
            Check.same("authorisation", Fixture.ask("method", made.get(2)));
            Check.same(7, authorisation.look().countLeft);
            Check.same("active", phone.device.authorisations(phone.key).get(0).state);
            Check.same(name, phone.device.authorisations(phone.key).get(0).workstationName);
            phone.device.closeAuthorisation(phone.key, id);
            Check.same("phone", authorisation.await(10).closedBy);
            Fixture.task(phone.staffNo, MainJob.TEXT);
            Check.refused(Status.NOT_ACTIVE, () -> authorisation.sign(Collections.singletonList(SignItem.of(tasks.get(0)))));
            Check.same("closed", phone.device.authorisations(phone.key).get(0).state);
            authorisation.close();
            Check.thrown(IllegalStateException.class, authorisation::look);
            WorkstationAuthorisation second = station.workstation.offer(null);
            second.end();
            WorkstationAuthorisation third = station.workstation.offer(null);
            station.workstation.closeAuthorisation(third.look().authorisation);
            station.workstation.close();
            Check.thrown(IllegalStateException.class, second::look);
            Check.thrown(IllegalStateException.class, third::end);
            Check.thrown(IllegalStateException.class, () -> station.workstation.offer(null));
        } finally {
            threads.shutdown();
        }
    }
}
