package dev.licet.admin;

import dev.licet.JsonObject;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/** A list that is read page by page while it is iterated. Nothing is requested before that. */
public final class JsonList implements Iterable<JsonObject> {
    private final Connection connection;
    private final Route route;
    private final Map<String, ?> query;
    private final String[] ids;

    JsonList(Connection connection, Route route, Map<String, ?> query, String... ids) {
        this.connection = connection;
        this.route = route;
        this.query = query;
        this.ids = ids;
    }

    /** Returns the first page. Its {@code next_cursor} is the {@code cursor} of the next one. */
    public JsonObject page() {
        return read(query);
    }

    /** Returns the pages, which are read while they are iterated. */
    public Iterable<JsonObject> pages() {
        return Pages::new;
    }

    /** Returns the objects of all pages. */
    public Stream<JsonObject> stream() {
        return StreamSupport.stream(pages().spliterator(), false)
                .flatMap(page -> page.objects("data").stream());
    }

    @Override
    public Iterator<JsonObject> iterator() {
        return stream().iterator();
    }

    private JsonObject read(Map<String, ?> parameters) {
        return connection.call(route, null, parameters, ids);
    }

    private final class Pages implements Iterator<JsonObject> {
        private final Map<String, Object> parameters = new LinkedHashMap<>(query);
        private boolean isAtEnd;

        @Override
        public boolean hasNext() {
            return !isAtEnd;
        }

        @Override
        public JsonObject next() {
            if (isAtEnd) {
                throw new NoSuchElementException();
            }
            JsonObject page = read(parameters);
            String cursor = page.string("next_cursor");
            isAtEnd = cursor == null;
            parameters.put("cursor", cursor);
            return page;
        }
    }
}
