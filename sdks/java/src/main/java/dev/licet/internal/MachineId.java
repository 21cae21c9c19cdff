package dev.licet.internal;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Finds the operating system's ID of this machine. */
final class MachineId {
    private static final long COMMAND_SECONDS_MAX = 3;
    private static final List<String> LINUX_FILES = List.of("/etc/machine-id", "/var/lib/dbus/machine-id");
    private static final List<String> CONTAINER_FILES = List.of("/.dockerenv", "/run/.containerenv");
    private static final Pattern MAC_ID = Pattern.compile("\"IOPlatformUUID\" = \"([^\"]+)\"");
    private static final Pattern WINDOWS_ID = Pattern.compile("MachineGuid\\s+REG_SZ\\s+(\\S+)");

    private MachineId() {}

    /** Returns null if there is no ID, or in a container. */
    static String find() {
        String system = System.getProperty("os.name", "");
        if (isContainer()) {
            return null;
        }
        if (system.startsWith("Mac")) {
            return findInOutput(MAC_ID, "/usr/sbin/ioreg", "-rd1", "-c", "IOPlatformExpertDevice");
        }
        if (system.startsWith("Windows")) {
            String root = System.getenv().getOrDefault("SystemRoot", "C:\\Windows");
            String key = "HKLM\\SOFTWARE\\Microsoft\\Cryptography";
            String program = root + "\\System32\\reg.exe";
            return findInOutput(WINDOWS_ID, program, "query", key, "/v", "MachineGuid", "/reg:64");
        }
        return LINUX_FILES.stream()
                .map(MachineId::readText)
                .filter(Fingerprints::isGiven)
                .findFirst()
                .orElse(null);
    }

    /** In a container, the ID is that of the image, or a new one on each start. */
    private static boolean isContainer() {
        return System.getenv("KUBERNETES_SERVICE_HOST") != null
                || CONTAINER_FILES.stream().anyMatch(path -> Files.exists(Path.of(path)));
    }

    private static String readText(String path) {
        try {
            return Files.readString(Path.of(path));
        } catch (IOException e) {
            return "";
        }
    }

    private static String findInOutput(Pattern pattern, String... command) {
        try {
            Process process = new ProcessBuilder(command)
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            if (!process.waitFor(COMMAND_SECONDS_MAX, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                return null;
            }
            byte[] output = process.getInputStream().readAllBytes();
            Matcher found = pattern.matcher(new String(output, StandardCharsets.UTF_8));
            return found.find() ? found.group(1) : null;
        } catch (IOException e) {
            return null;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return null;
        }
    }
}
