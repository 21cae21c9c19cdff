package dev.licet.internal;

import dev.licet.Store;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/**
 * A store that keeps working when another one does not: what cannot be written stays in memory, up to a
 * limit, and is read from there. Each failure is reported.
 */
final class FallbackStore implements Store {
    private static final int UNWRITTEN_MAX = 1000;

    private final Store store;
    private final Consumer<Exception> onFailure;
    /** Empty for what could not be deleted. */
    private final Map<String, Optional<String>> unwritten = new ConcurrentHashMap<>();

    private interface Change {
        void run() throws IOException;
    }

    FallbackStore(Store store, Consumer<Exception> onFailure) {
        this.store = store;
        this.onFailure = onFailure;
    }

    @Override
    public String get(String name) {
        Optional<String> kept = unwritten.get(name);
        if (kept != null) {
            return kept.orElse(null);
        }
        try {
            return store.get(name);
        } catch (IOException | RuntimeException e) {
            onFailure.accept(e);
            return null;
        }
    }

    @Override
    public void put(String name, String text) {
        change(name, Optional.of(text), () -> store.put(name, text));
    }

    @Override
    public void delete(String name) {
        change(name, Optional.empty(), () -> store.delete(name));
    }

    private void change(String name, Optional<String> text, Change change) {
        try {
            change.run();
            unwritten.remove(name);
        } catch (IOException | RuntimeException e) {
            if (unwritten.size() >= UNWRITTEN_MAX) {
                unwritten.clear();
            }
            unwritten.put(name, text);
            onFailure.accept(e);
        }
    }
}
