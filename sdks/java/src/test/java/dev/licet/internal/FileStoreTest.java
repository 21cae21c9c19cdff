package dev.licet.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileStoreTest {
    @TempDir
    private Path folder;

    @Test
    @DisplayName("the store has one file per name, which only its owner can read")
    void keepsTexts() throws Exception {
        Path directory = folder.resolve("app/deep");
        FileStore store = new FileStore(directory);
        assertNull(store.get("licet-1"));
        store.delete("licet-1");
        store.put("licet-1", "é");
        store.put("licet-1", "ü");
        assertEquals("ü", new FileStore(directory).get("licet-1"));
        Path file = directory.resolve("licet-1.json");
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
        assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(directory)));
        try (Stream<Path> files = Files.list(directory)) {
            assertEquals(List.of(file), files.toList());
        }
        store.delete("licet-1");
        assertNull(store.get("licet-1"));
    }

    @Test
    @DisplayName("what cannot be written stays in memory, and each failure is reported")
    void fallsBack() throws Exception {
        Path blocked = Files.writeString(folder.resolve("blocked"), "not a folder");
        List<Exception> failures = new ArrayList<>();
        FallbackStore store = new FallbackStore(new FileStore(blocked), failures::add);
        assertNull(store.get("licet-1"));
        store.put("licet-1", "text");
        assertEquals("text", store.get("licet-1"));
        assertTrue(failures.size() >= 1);
        store.delete("licet-1");
        assertNull(store.get("licet-1"));
    }

    @Test
    @DisplayName("the settings of an app are where its operating system keeps them")
    void findsDirectory() {
        Path home = Path.of(System.getProperty("user.home"));
        assertEquals(home.resolve(".config/app"), FileStore.findConfigDirectory("app", "Linux", Map.of()));
        assertEquals(
                Path.of("/xdg/app"),
                FileStore.findConfigDirectory("app", "Linux", Map.of("XDG_CONFIG_HOME", "/xdg")));
        assertEquals(
                home.resolve("Library/Application Support/app"),
                FileStore.findConfigDirectory("app", "Mac OS X", Map.of()));
        assertEquals(
                Path.of("/local/app"),
                FileStore.findConfigDirectory("app", "Windows 11", Map.of("LOCALAPPDATA", "/local")));
    }
}
