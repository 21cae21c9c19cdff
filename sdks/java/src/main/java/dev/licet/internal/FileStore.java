package dev.licet.internal;

import dev.licet.Store;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/** A store with one file per name, readable by its owner only and never half written. */
public final class FileStore implements Store {
    private static final int MOVES_MAX = 5;
    private static final long MOVE_WAIT_MS = 10;

    private final Path directory;

    public FileStore(Path directory) {
        this.directory = directory;
    }

    /** Returns the directory in which the operating system keeps the settings of an app. */
    public static Path findConfigDirectory(String appId, String system, Map<String, String> variables) {
        Path home = Path.of(System.getProperty("user.home"));
        if (system.startsWith("Windows")) {
            String local = variables.get("LOCALAPPDATA");
            return (local == null ? home.resolve("AppData").resolve("Local") : Path.of(local)).resolve(appId);
        }
        if (system.startsWith("Mac")) {
            return home.resolve("Library").resolve("Application Support").resolve(appId);
        }
        String config = variables.get("XDG_CONFIG_HOME");
        boolean isSet = config != null && !config.isEmpty();
        return (isSet ? Path.of(config) : home.resolve(".config")).resolve(appId);
    }

    @Override
    public String get(String name) throws IOException {
        try {
            return new String(Files.readAllBytes(locate(name)), StandardCharsets.UTF_8);
        } catch (NoSuchFileException | NotDirectoryException e) {
            return null;
        }
    }

    @Override
    public void put(String name, String text) throws IOException {
        Files.createDirectories(directory, permit("rwx------"));
        Path temporary = directory.resolve(name + "." + UUID.randomUUID() + ".tmp");
        Set<StandardOpenOption> options = Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        try {
            try (FileChannel file = FileChannel.open(temporary, options, permit("rw-------"))) {
                ByteBuffer bytes = ByteBuffer.wrap(Bytes.utf8(text));
                while (bytes.hasRemaining()) {
                    file.write(bytes);
                }
                file.force(true);
            }
            replace(temporary, locate(name));
        } finally {
            Files.deleteIfExists(temporary);
        }
    }

    @Override
    public void delete(String name) throws IOException {
        Files.deleteIfExists(locate(name));
    }

    private Path locate(String name) {
        return directory.resolve(name + ".json");
    }

    private FileAttribute<?>[] permit(String permissions) {
        boolean isPosix = directory.getFileSystem().supportedFileAttributeViews().contains("posix");
        return isPosix
                ? new FileAttribute<?>[] {
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(permissions))
                }
                : new FileAttribute<?>[0];
    }

    /** On Windows, a file cannot be replaced while another process reads it. */
    private static void replace(Path temporary, Path path) throws IOException {
        for (int attempt = 1; ; attempt++) {
            try {
                Files.move(
                        temporary, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
                return;
            } catch (AccessDeniedException e) {
                if (attempt == MOVES_MAX) {
                    throw e;
                }
                pause(MOVE_WAIT_MS * attempt, e);
            }
        }
    }

    private static void pause(long milliseconds, FileSystemException failure) throws IOException {
        try {
            Thread.sleep(milliseconds);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw failure;
        }
    }
}
