import dev.licet.Licet;
import dev.licet.Request;
import dev.licet.State;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/**
 * A command line program that counts the words of a file, and needs a license:
 *
 * <pre>java -cp licet-0.1.0.jar WordCount.java FILE</pre>
 */
public final class WordCount {
    private static final Licet LICET = Licet.builder(System.getenv("LICET_URL"), "com.example.wordcount")
            .key(System.getenv("LICENSE_KEY"))
            // A real app has its keys as constants: anyone who can change them can issue licenses.
            .publicKeys(System.getenv("LICET_PUBLIC_KEYS").split(","))
            .onProblem(problem -> System.err.println("license: " + problem.getMessage()))
            .build();

    private WordCount() {}

    public static void main(String[] arguments) throws IOException, InterruptedException {
        if (arguments.length != 1) {
            System.err.println("Usage: WordCount FILE");
            System.exit(2);
        }
        State state = LICET.check(new Request().version("1.0.0"));
        explain(state);
        if (state.allowed()) {
            String text = Files.readString(Path.of(arguments[0]));
            System.out.println(text.strip().split("\\s+").length + " words");
        }
        // A refresh in the background is stored before the process ends.
        LICET.awaitIdle(Duration.ofSeconds(3));
        System.exit(state.allowed() ? 0 : 1);
    }

    private static void explain(State state) {
        switch (state.status()) {
            case LICENSED -> System.err.println("Licensed: " + state.license().plan());
            case GRACE -> System.err.println("Connect to the internet before " + state.validUntil());
            case REFUSED -> System.err.println("Refused: " + state.message());
            case UNKNOWN -> System.err.println("Connect to the internet once. " + state.message());
        }
    }
}
