import cn.yiqian.device.Status;
import cn.yiqian.device.YiqianException;
import java.util.Objects;

final class Check {
    interface Act {
        void run() throws Exception;
    }

    private Check() {
    }

    static void that(boolean holds, Object said) {
        if (!holds) {
            throw new AssertionError(String.valueOf(said));
        }
    }

    static void same(Object expected, Object got) {
        that(Objects.equals(expected, got), "expected " + expected + ", got " + got);
    }

    static YiqianException refused(Status status, Act act) throws Exception {
        try {
            act.run();
        } catch (YiqianException e) {
            if (e.status() != status) {
                throw e;
            }
            return e;
        }
        throw new AssertionError("not refused with " + status);
    }

    static YiqianException refused(String code, Act act) throws Exception {
        try {
            act.run();
        } catch (YiqianException e) {
            if (e.problem() == null || !e.problem().code.equals(code)) {
                throw e;
            }
            return e;
        }
        throw new AssertionError("not refused with " + code);
    }

    static <T extends Throwable> T thrown(Class<T> kind, Act act) throws Exception {
        try {
            act.run();
        } catch (Throwable e) {
            if (kind.isInstance(e)) {
                return kind.cast(e);
            }
            throw e;
        }
        throw new AssertionError("not thrown: " + kind);
    }
}
