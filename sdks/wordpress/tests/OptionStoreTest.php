<?php

declare(strict_types=1);

namespace Licet\WordPress\Tests;

use Licet\WordPress\OptionStore;
use PHPUnit\Framework\TestCase;

final class OptionStoreTest extends TestCase
{
    protected function setUp(): void
    {
        (new OptionStore('licet_test_'))->clear();
        (new OptionStore('licet_test_', true))->clear();
    }

    /** @dataProvider provideScopes */
    public function testReturnsWhatWasPutLastUntilItIsDeleted(bool $isNetwork): void
    {
        $store = new OptionStore('licet_test_', $isNetwork);
        self::assertNull($store->get('a'));
        $store->put('a', '{"text":"\\\\ \' é 😀"}');
        $store->put('a', '{"text":"\\\\ \' é 😀"}');
        self::assertSame('{"text":"\\\\ \' é 😀"}', $store->get('a'));
        $store->put('a', 'new');
        self::assertSame('new', $store->get('a'));
        $store->delete('a');
        $store->delete('a');
        self::assertNull($store->get('a'));
    }

    /** @dataProvider provideScopes */
    public function testReadsWhatAnotherProcessHasWrittenOnceItIsLocked(bool $isNetwork): void
    {
        global $wpdb;
        $store = new OptionStore('licet_test_', $isNetwork);
        $store->put('a', 'old');
        [$table, $name, $value] = $isNetwork && is_multisite()
            ? [$wpdb->sitemeta, 'meta_key', 'meta_value']
            : [$wpdb->options, 'option_name', 'option_value'];
        $wpdb->update($table, [$value => 'of another process'], [$name => 'licet_test_a']);
        self::assertSame('of another process', $store->locked('a', fn () => $store->get('a')));
    }

    /** @dataProvider provideScopes */
    public function testClearDeletesOnlyItsOwnOptions(bool $isNetwork): void
    {
        $store = new OptionStore('licet_test_', $isNetwork);
        $other = new OptionStore('licetXtest_', $isNetwork);
        $store->put('a', 'a');
        $store->put('b', 'b');
        $other->put('a', 'other');
        $store->clear();
        self::assertSame([null, null, 'other'], [$store->get('a'), $store->get('b'), $other->get('a')]);
        $other->clear();
    }

    public function testALockIsHeldByOneConnectionAndReleasedAfterAFailure(): void
    {
        global $wpdb;
        $store = new OptionStore('licet_test_');
        $lock = md5(DB_NAME . $wpdb->prefix . 'licet_test_a');
        $isFree = fn () => $wpdb->get_var("SELECT IS_FREE_LOCK('$lock')");
        self::assertSame('0', $store->locked('a', $isFree));
        try {
            $store->locked('a', fn () => throw new \LogicException('A mistake'));
        } catch (\LogicException) {
            self::assertSame('1', $isFree());
            return;
        }
        self::fail('The failure is thrown.');
    }

    public function testRecordsAreNotLoadedWithEachPage(): void
    {
        (new OptionStore('licet_test_'))->put('a', 'a');
        self::assertArrayNotHasKey('licet_test_a', wp_load_alloptions(true));
    }

    public function testEachSiteOfANetworkHasItsOwnOptionsAndTheNetworkTheSame(): void
    {
        if (!is_multisite()) {
            $this->expectNotToPerformAssertions();
            return;
        }
        $site = get_sites(['path' => '/second/', 'fields' => 'ids'])[0]
            ?? wpmu_create_blog('www.example.com', '/second/', 'Second', 1);
        $own = new OptionStore('licet_test_');
        $shared = new OptionStore('licet_test_', true);
        $own->put('a', 'first');
        $shared->put('a', 'network');
        switch_to_blog($site);
        self::assertSame([null, 'network'], [$own->get('a'), $shared->get('a')]);
        restore_current_blog();
        self::assertSame('first', $own->get('a'));
    }

    public function provideScopes(): iterable
    {
        yield 'options of the site' => [false];
        yield 'options of the network' => [true];
    }
}
