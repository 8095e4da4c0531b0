import cn.yiqian.device.Credential;
import cn.yiqian.device.Fingerprint;
import cn.yiqian.device.HttpRequest;
import cn.yiqian.device.HttpResponse;
import cn.yiqian.device.Platform;
import cn.yiqian.device.Storage;
import cn.yiqian.device.Transport;
import cn.yiqian.device.jvm.FileStorage;
import cn.yiqian.device.jvm.HttpTransport;
import cn.yiqian.device.jvm.SoftwareCredential;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The JVM's platform, with a place to come between at each of its callbacks. */
final class Hooks implements Storage, Transport, Credential, Fingerprint {
    interface Hook {
        /** null: as ever; else what the callback gives in its place. */
        Object at(String where) throws Throwable;
    }

    final FileStorage files;
    final HttpTransport http = new HttpTransport(null);
    final SoftwareCredential keys;
    final SecureRandom random = new SecureRandom();
    final Map<String, byte[]> wrapped = new HashMap<>();
    final Map<String, Integer> counts = new ConcurrentHashMap<>();
    volatile Hook hook = where -> null;
    volatile boolean fingerPresent = true;
    volatile String prompt;

    Hooks(Path directory) throws IOException {
        files = new FileStorage(directory);
        keys = new SoftwareCredential(files);
    }

    Platform platform(boolean fingerprint) {
        return new Platform(this, this, out -> {
            at("fill");
            random.nextBytes(out);
        }, this, () -> {
            Object given = at("now");
            return given == null ? System.currentTimeMillis() / 1000 : (Long) given;
        }, fingerprint ? this : null);
    }

    @SuppressWarnings("unchecked")
    private static <E extends Throwable> void raise(Throwable e) throws E {
        throw (E) e;
    }

    private Object at(String where) {
        counts.merge(where, 1, Integer::sum);
        try {
            return hook.at(where);
        } catch (Throwable e) {
            Hooks.<RuntimeException>raise(e); // as it is
            return null;
        }
    }

    @Override
    public byte[] load(String name) throws IOException {
        Object given = at("load");
        return given == null ? files.load(name) : (byte[]) given;
    }

    @Override
    public void save(String name, byte[] record) throws IOException {
        at("save");
        files.save(name, record);
    }

    /** A storage's or a fingerprint's: their names differ. */
    @Override
    public void erase(String name) throws IOException {
        at("erase");
        wrapped.remove(name);
        files.erase(name);
    }

    @Override
    public HttpResponse exchange(HttpRequest request) throws IOException {
        Object given = at("exchange");
        return given == null ? http.exchange(request) : given == NOTHING ? null : (HttpResponse) given;
    }

    static final Object NOTHING = new Object();

    @Override
    public void stop() {
        at("stop");
        http.stop();
    }

    @Override
    public byte[] create(String name) throws Exception {
        Object given = at("create");
        return given == null ? keys.create(name) : (byte[]) given;
    }

    @Override
    public byte[] sign(String name, byte[] message) throws Exception {
        Object given = at("sign");
        return given == null ? keys.sign(name, message) : (byte[]) given;
    }

    @Override
    public void wrap(String name, byte[] secret) {
        at("wrap");
        wrapped.put(name, secret.clone());
    }

    @Override
    public byte[] unwrap(String name, String shown) throws Exception {
        prompt = shown;
        Object given = at("unwrap");
        if (given != null) {
            return (byte[]) given;
        }
        if (!fingerPresent) {
            throw new Cancelled("no finger");
        }
        byte[] kept = wrapped.get(name);
        return kept == null ? null : kept.clone();
    }
}
