package cn.yiqian.device.jvm;

import cn.yiqian.device.Storage;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.Set;

/**
 * Records as files of a directory that is the caller's alone (0700), each replaced as a whole and synchronised with the disk.
 * The directory is locked: one process, and one storage in it, at a time.
 */
public final class FileStorage implements Storage, AutoCloseable {
    private static final int RECORD_MAX = 32768 + 256; // also of a storage around this one that seals them

    private final Path directory;
    private final FileChannel lockFile;
    private final FileLock lock;

    public FileStorage(Path directory) throws IOException {
        this.directory = directory;
        Files.createDirectories(directory, attributes(directory, "rwx------"));
        lockFile = FileChannel.open(directory.resolve("lock"), EnumSet.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE),
                attributes(directory, "rw-------"));
        lock = take();
    }

    private FileLock take() throws IOException {
        FileLock taken = null;
        try {
            taken = lockFile.tryLock();
        } catch (OverlappingFileLockException e) {
            // by another storage of this process
        } finally {
            if (taken == null) {
                lockFile.close();
            }
        }
        if (taken == null) {
            throw new IOException(directory + " is in use");
        }
        return taken;
    }

    private static FileAttribute<?>[] attributes(Path path, String permissions) {
        if (!path.getFileSystem().supportedFileAttributeViews().contains("posix")) {
            return new FileAttribute<?>[0];
        }
        Set<PosixFilePermission> set = PosixFilePermissions.fromString(permissions);
        return new FileAttribute<?>[] {PosixFilePermissions.asFileAttribute(set)};
    }

    private Path path(String name) {
        if (!name.matches("[a-z0-9-]{1,48}")) {
            throw new IllegalArgumentException("no record's name: " + name);
        }
        return directory.resolve(name);
    }

    @Override
    public byte[] load(String name) throws IOException {
        try (FileChannel file = FileChannel.open(path(name), StandardOpenOption.READ)) {
            long n = file.size();
            if (n > RECORD_MAX) {
                throw new IOException(name + " is larger than a record");
            }
            ByteBuffer record = ByteBuffer.allocate((int) n);
            while (record.hasRemaining() && file.read(record) >= 0) {
                // until it is whole
            }
            if (record.hasRemaining()) {
                throw new IOException(name + " became shorter while it was read");
            }
            return record.array();
        } catch (NoSuchFileException | FileNotFoundException e) {
            return null;
        }
    }

    @Override
    public synchronized void save(String name, byte[] record) throws IOException {
        Path target = path(name);
        Path fresh = directory.resolve(name + ".new");
        Files.deleteIfExists(fresh); // of a crash
        try (FileChannel file = FileChannel.open(fresh, EnumSet.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                attributes(directory, "rw-------"))) {
            ByteBuffer data = ByteBuffer.wrap(record);
            while (data.hasRemaining()) {
                file.write(data);
            }
            file.force(true);
        }
        Files.move(fresh, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        synchronise();
    }

    @Override
    public synchronized void erase(String name) throws IOException {
        Path target = path(name);
        Files.deleteIfExists(directory.resolve(name + ".new"));
        if (Files.exists(target, LinkOption.NOFOLLOW_LINKS)) {
            Files.delete(target);
            synchronise();
        }
    }

    /** The directory's own entries; a system that cannot open directories (Windows) has them written by itself. */
    private void synchronise() throws IOException {
        if (directory.getFileSystem().supportedFileAttributeViews().contains("posix")) {
            try (FileChannel entries = FileChannel.open(directory, StandardOpenOption.READ)) {
                entries.force(true);
            }
        }
    }

    /** After the device is closed. */
    @Override
    public void close() throws IOException {
        lock.release();
        lockFile.close();
    }
}
