package dev.licet.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.licet.JsonObject;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonTest {
    @Test
    @DisplayName("JSON keeps whole numbers exact, and the order of members")
    void readsValues() {
        String text = "{ \"b\":[1, -2.5,1e2,9007199254740991,null ,true,{}],\"a\":\"\\u00e9\\n\\\"\"}";
        JsonObject object = Json.parseObject(text);
        assertEquals(List.of("b", "a"), List.copyOf(object.keySet()));
        assertEquals(
                Arrays.asList(1L, -2.5, 100L, 9_007_199_254_740_991L, null, true, JsonObject.EMPTY),
                object.get("b"));
        assertEquals("é\n\"", object.string("a"));
        assertEquals("{\"b\":[1,-2.5,100,9007199254740991,null,true,{}],\"a\":\"é\\n\\\"\"}", object.toString());
        assertInstanceOf(Double.class, Json.parse("9007199254740993"));
    }

    @ParameterizedTest(name = "the text \"{0}\" is not JSON")
    @ValueSource(
            strings = {
                "", " ", "{", "[", "[1,]", "[,1]", "{\"a\":1,}", "{a:1}", "{\"a\" 1}", "'a'", "\"a", "\"\\x\"",
                "\"\\u12\"", "\"\t\"", "01", "1.", ".5", "+1", "-", "1e", "1e999", "-1e999", "NaN", "Infinity",
                "nul", "TRUE", "1 2", "{} {}", "\ufeff{}", "\u00a0{}", "\"\\u00１1\""
            })
    void rejects(String text) {
        assertThrows(IllegalArgumentException.class, () -> Json.parse(text));
    }

    @Test
    @DisplayName("a member that is there twice is found at any depth, and however it is escaped")
    void findsDuplicates() {
        assertNull(Json.parseUniqueObject("{\"exp\":1,\"\\u0065xp\":2}"));
        assertNull(Json.parseUniqueObject("{\"a\":[{\"b\":{\"c\":1,\"c\":1}}]}"));
        assertNotNull(Json.parseUniqueObject("{\"a\":{\"b\":1},\"b\":{\"b\":1}}"));
        assertEquals(2L, Json.parseObject("{\"exp\":1,\"\\u0065xp\":2}").get("exp"));
    }

    @Test
    @DisplayName("a text that is nested very deeply is rejected instead of exhausting the stack")
    void limitsDepth() {
        assertThrows(IllegalArgumentException.class, () -> Json.parse("[".repeat(500_000)));
        assertNotNull(Json.parse("[".repeat(200) + "]".repeat(200)));
    }

    @Test
    @DisplayName("a text with half a character is written as an escape, so that it stays valid UTF-8")
    void writesHalves() {
        assertEquals("{\"a\":\"\\ud83d🔑\\udd11\"}", Json.write(Map.of("a", "\ud83d🔑\udd11")));
    }
}
