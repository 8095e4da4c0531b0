import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/** What the tests need of the server's side: asked of the program that started this one, a line for a line (test_java.py). */
final class Fixture {
    private static final PrintStream OUT = stdout();
    private static final BufferedReader IN = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));

    private Fixture() {
    }

    private static PrintStream stdout() {
        try {
            return new PrintStream(System.out, true, "UTF-8");
        } catch (java.io.UnsupportedEncodingException e) {
            throw new IllegalStateException(e);
        }
    }

    static synchronized void say(String... words) {
        OUT.println(String.join("\t", words));
    }

    static synchronized String[] askAll(String... words) {
        say("ASK\t" + String.join("\t", words));
        try {
            String line = IN.readLine();
            if (line == null || line.startsWith("ERROR\t")) {
                throw new AssertionError(String.join(" ", words) + ": " + line);
            }
            return line.split("\t", -1);
        } catch (java.io.IOException e) {
            throw new AssertionError(e);
        }
    }

    static String ask(String... words) {
        return askAll(words)[0];
    }

    static String url() {
        return ask("url");
    }

    /** A new person's staff number. */
    static String person(String name) {
        return ask("person", name);
    }

    static String code(String staffNo) {
        return ask("code", staffNo);
    }

    static String task(String staffNo, byte[] document) {
        return ask("task", staffNo, "raw", hex(document));
    }

    static String state(String task) {
        return ask("state", task);
    }

    static String hex(byte[] data) {
        StringBuilder out = new StringBuilder();
        for (byte b : data) {
            out.append(String.format("%02x", b));
        }
        return out.toString();
    }
}
