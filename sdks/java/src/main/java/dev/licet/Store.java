package dev.licet;

import dev.licet.internal.FileStore;
import dev.licet.internal.MemoryStore;
import java.io.IOException;
import java.nio.file.Path;

/**
 * Where records are kept between runs of the app. Implement it to use a database or the preferences of
 * your app. Names consist of letters, digits and dashes. All methods may be called by several threads.
 */
public interface Store {
    /**
     * Returns the text that was put last.
     *
     * @param name the name of the text
     * @return the text, or null
     * @throws IOException if it cannot be read
     */
    String get(String name) throws IOException;

    /**
     * Keeps a text.
     *
     * @param name the name of the text
     * @param text the text
     * @throws IOException if it cannot be written
     */
    void put(String name, String text) throws IOException;

    /**
     * Deletes a text, if there is one.
     *
     * @param name the name of the text
     * @throws IOException if it cannot be deleted
     */
    void delete(String name) throws IOException;

    /**
     * Returns a store that lasts as long as the process.
     *
     * @return the store
     */
    static Store inMemory() {
        return new MemoryStore();
    }

    /**
     * Returns a store with one file per name, readable by its owner only and never half written.
     *
     * @param directory the directory, which is created when needed
     * @return the store
     */
    static Store inDirectory(Path directory) {
        return new FileStore(directory);
    }
}
