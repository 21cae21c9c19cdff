package dev.licet.internal;

import dev.licet.Store;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** A store that lasts as long as the process. */
public final class MemoryStore implements Store {
    private final Map<String, String> texts = new ConcurrentHashMap<>();

    @Override
    public String get(String name) {
        return texts.get(name);
    }

    @Override
    public void put(String name, String text) {
        texts.put(name, text);
    }

    @Override
    public void delete(String name) {
        texts.remove(name);
    }
}
