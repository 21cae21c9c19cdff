package dev.licet.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DomainsTest {
    @ParameterizedTest(name = "the host {0} is converted to {1}")
    @CsvSource({
        "straße.de, xn--strae-oqa.de",
        "BÜCHER.DE, xn--bcher-kva.de",
        "中国.example, xn--fiqs8s.example",
        "💩.la, xn--ls8h.la",
        "i❤️.example.com, xn--i-7iq.example.com",
        "l·l.cat, xn--ll-0ea.cat",
        "FULL．WIDTH.example, full.width.example",
        "2001:db8:0:0:1:0:0:1, 2001:db8::1:0:0:1",
        "[0:0:0:0:0:0:0:0]:80, ::"
    })
    void converts(String text, String host) {
        assertEquals(host, Domains.normalize(text));
    }

    @ParameterizedTest(name = "\"{0}\" is not a host, and is never looked up")
    @ValueSource(strings = {":::", "1::2::3", "::ffff:300.0.0.1", "[::1", "300.0.0.1", "1.2.3.4.5", "09.1.1.1", "1.2.3.256", "4294967296", "0x1ffffffff", "a..b", "a,b"})
    void rejects(String text) {
        assertNull(Domains.normalize(text));
    }
}
