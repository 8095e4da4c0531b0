package cn.yiqian.device;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/** Writes what jni/pack.c reads: big-endian numbers, texts as UTF-8 behind their length and before a 0. Wiped after use. */
final class Output extends ByteArrayOutputStream {
    private static final int NONE = -1;

    @Override
    public synchronized void write(byte[] data, int from, int n) {
        if (n > buf.length - count) { // here and not above, so that what is outgrown is wiped
            byte[] old = buf;
            buf = Arrays.copyOf(old, Math.max(2 * old.length, count + n));
            Arrays.fill(old, (byte) 0);
        }
        super.write(data, from, n);
    }

    Output integer(int value) {
        byte[] four = {(byte) (value >> 24), (byte) (value >> 16), (byte) (value >> 8), (byte) value};
        write(four, 0, four.length);
        return this;
    }

    Output number(long value) {
        return integer((int) (value >> 32)).integer((int) value);
    }

    Output flag(boolean value) {
        return integer(value ? 1 : 0);
    }

    Output bytes(byte[] data) {
        integer(data.length);
        write(data, 0, data.length);
        return this;
    }

    /** Half of a surrogate pair is nobody's name, and neither is what has a 0 in it. null: none. */
    Output text(String text) throws YiqianException {
        if (text == null) {
            return integer(NONE);
        }
        ByteBuffer encoded;
        try {
            encoded = StandardCharsets.UTF_8.newEncoder().onMalformedInput(CodingErrorAction.REPORT)
                    .onUnmappableCharacter(CodingErrorAction.REPORT).encode(CharBuffer.wrap(text));
        } catch (CharacterCodingException e) {
            throw new YiqianException(Status.INVALID_ARGUMENT, "a text is not Unicode: half of a surrogate pair");
        }
        if (text.indexOf('\0') >= 0) {
            throw new YiqianException(Status.INVALID_ARGUMENT, "a text has a 0 in it");
        }
        integer(encoded.remaining());
        write(encoded.array(), encoded.position(), encoded.remaining());
        write(new byte[1], 0, 1);
        Arrays.fill(encoded.array(), (byte) 0);
        return this;
    }

    Output texts(List<String> texts) throws YiqianException {
        integer(texts.size());
        for (String text : texts) {
            text(text);
        }
        return this;
    }

    /** The bytes so far; what they were collected in is wiped. */
    synchronized byte[] take() {
        byte[] out = toByteArray();
        Arrays.fill(buf, (byte) 0);
        reset();
        return out;
    }
}
