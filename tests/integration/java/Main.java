import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.Comparator;

/** Runs every test of the classes named. */
public final class Main {
    private Main() {
    }

    public static void main(String[] classes) throws Exception {
        boolean good = true;
        for (String name : classes) {
            Method[] methods = Class.forName(name).getDeclaredMethods();
            Arrays.sort(methods, Comparator.comparing(Method::getName));
            for (Method method : methods) {
                if (method.getName().startsWith("test")) {
                    good &= run(name, method);
                }
            }
        }
        System.exit(good ? 0 : 1);
    }

    private static boolean run(String name, Method method) throws Exception {
        long start = System.nanoTime();
        try {
            method.setAccessible(true);
            java.lang.reflect.Constructor<?> constructor = method.getDeclaringClass().getDeclaredConstructor();
            constructor.setAccessible(true);
            method.invoke(constructor.newInstance());
            Fixture.say("PASS", name + "." + method.getName(), (System.nanoTime() - start) / 1000000 + " ms");
            return true;
        } catch (InvocationTargetException e) {
            e.getCause().printStackTrace();
            Fixture.say("FAIL", name + "." + method.getName(), String.valueOf(e.getCause()).replace('\n', ' '));
            return false;
        }
    }
}
