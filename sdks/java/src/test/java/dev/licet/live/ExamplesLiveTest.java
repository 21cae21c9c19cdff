package dev.licet.live;

import static dev.licet.live.LiveServer.ADMIN;
import static dev.licet.live.LiveServer.NOWHERE;
import static dev.licet.live.LiveServer.URL;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.licet.JsonObject;
import dev.licet.Licet;
import dev.licet.conformance.Vectors;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs programs as a user does, each in a process of its own. */
@Tag("live")
class ExamplesLiveTest {
    private static final Pattern FIRST_EXAMPLE = Pattern.compile("```java\\n(.*?)```", Pattern.DOTALL);
    private static final Path SDK = Vectors.locate("sdks/java");
    private static String plan;

    @TempDir
    private Path folder;

    private record Result(int status, String output) {}

    @BeforeAll
    static void createPlan() {
        plan = LiveServer.createPlan("java-examples");
    }

    private Result run(Path program, String url, String key, String... arguments)
            throws IOException, InterruptedException, URISyntaxException {
        Path classes = Path.of(Licet.class.getProtectionDomain().getCodeSource().getLocation().toURI());
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        List<String> command =
                new ArrayList<>(List.of(java, "-cp", classes.toString(), program.toString()));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment()
                .putAll(Map.of(
                        "LICET_URL", url,
                        "LICENSE_KEY", key,
                        "LICET_PUBLIC_KEYS", String.join(",", LiveServer.listPublicKeys()),
                        "XDG_CONFIG_HOME", folder.toString()));
        Process process = builder.start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Result(process.waitFor(), output);
    }

    @Test
    @DisplayName("live: the first example of the README runs as it is")
    void runsReadme() throws Exception {
        Matcher example = FIRST_EXAMPLE.matcher(Files.readString(SDK.resolve("README.md")));
        assertTrue(example.find());
        Path program = Files.writeString(folder.resolve("FirstCheck.java"), example.group(1));
        JsonObject license = LiveServer.issue(plan);
        Result licensed = run(program, URL, license.string("key"));
        assertEquals(new Result(0, "Licensed: " + plan + "\n"), licensed);
        Result offline = run(program, NOWHERE, license.string("key"));
        assertEquals(licensed, offline);
        JsonObject revoked = LiveServer.issue(plan);
        ADMIN.licenses().revoke(revoked.string("id"));
        Result refused = run(program, URL, revoked.string("key"));
        assertTrue(refused.output().startsWith("Not licensed: "), refused.output());
    }

    @Test
    @DisplayName("live: the example WordCount works with a license, also without a connection")
    void runsWordCount() throws Exception {
        Path program = SDK.resolve("examples/WordCount.java");
        String text = Files.writeString(folder.resolve("text.txt"), "one two\nthree\n").toString();
        JsonObject license = LiveServer.issue(plan);
        String key = license.string("key");
        Result licensed = run(program, URL, key, text);
        assertEquals(new Result(0, "Licensed: " + plan + "\n3 words\n"), licensed);
        assertEquals(licensed, run(program, NOWHERE, key, text));

        JsonObject suspended = LiveServer.issue(plan);
        ADMIN.licenses().suspend(suspended.string("id"));
        Result refused = run(program, URL, suspended.string("key"), text);
        assertEquals(1, refused.status());
        assertTrue(refused.output().startsWith("Refused: "), refused.output());
        Result later = run(program, NOWHERE, suspended.string("key"), text);
        assertEquals(1, later.status());
        assertTrue(later.output().contains("\nRefused: "), later.output());
    }
}
