package dev.licet.conformance;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.TestPlan;

/** Writes one line per test to the file that the property {@code licet.report} names. */
public final class Report implements TestExecutionListener {
    private final List<String> lines = new ArrayList<>();

    @Override
    public void executionFinished(TestIdentifier test, TestExecutionResult result) {
        boolean isOk = result.getStatus() == TestExecutionResult.Status.SUCCESSFUL;
        if (test.isTest() || !isOk) {
            add(isOk, test);
        }
    }

    @Override
    public void executionSkipped(TestIdentifier test, String reason) {
        add(false, test);
    }

    private synchronized void add(boolean isOk, TestIdentifier test) {
        String name = test.getDisplayName().replaceAll("[\\p{Cc}\\p{Zl}\\p{Zp}]", " ");
        lines.add((isOk ? "ok - " : "not ok - ") + name);
    }

    @Override
    public synchronized void testPlanExecutionFinished(TestPlan plan) {
        String path = System.getProperty("licet.report");
        if (path == null) {
            return;
        }
        try {
            Files.write(Path.of(path), lines);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
