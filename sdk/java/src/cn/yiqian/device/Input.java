package cn.yiqian.device;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Reads what jni/pack.c wrote: big-endian numbers, texts as UTF-8 behind their length. */
final class Input {
    interface Reader<T> {
        T read(Input in);
    }

    private static final char[] HEX = "0123456789abcdef".toCharArray();

    private final ByteBuffer buffer;

    Input(byte[] data) {
        buffer = ByteBuffer.wrap(data);
    }

    int integer() {
        return buffer.getInt();
    }

    long number() {
        return buffer.getLong();
    }

    boolean flag() {
        return buffer.getInt() != 0;
    }

    byte[] bytes() {
        int n = buffer.getInt();
        if (n < 0 || n > buffer.remaining()) {
            throw new BufferUnderflowException();
        }
        byte[] out = new byte[n];
        buffer.get(out);
        return out;
    }

    String text() {
        return new String(bytes(), StandardCharsets.UTF_8);
    }

    String hex() {
        return hex(bytes());
    }

    boolean hasMore() {
        return buffer.hasRemaining();
    }

    <T> List<T> list(Reader<T> reader) {
        int n = buffer.getInt();
        if (n < 0 || n > buffer.remaining()) { // an element has a byte or more
            throw new BufferUnderflowException();
        }
        List<T> out = new ArrayList<>(n);
        for (int i = 0; i < n; i++) {
            out.add(reader.read(this));
        }
        return Collections.unmodifiableList(out);
    }

    List<String> texts() {
        return list(Input::text);
    }

    static String hex(byte[] data) {
        char[] out = new char[2 * data.length];
        for (int i = 0; i < data.length; i++) {
            out[2 * i] = HEX[data[i] >> 4 & 15];
            out[2 * i + 1] = HEX[data[i] & 15];
        }
        return new String(out);
    }
}
