<?php

declare(strict_types=1);

namespace Licet\WordPress\Tests;

use Licet\Status;
use Licet\WordPress\LicensedPlugin;
use Licet\WordPress\Notices;
use Licet\WordPress\SettingsPage;
use Licet\WordPress\WebhookRoute;
use PHPUnit\Framework\TestCase;
use WP_REST_Request;
use WP_REST_Response;

/** Uses the functions of a real WordPress. Only the answers of the license server are made up. */
final class LicensedPluginTest extends TestCase
{
    private const SECRET = 'whsec_YSBmYWtlIHNlY3JldCBvZiB0aGUgdGVzdHM=';

    private LicensedPlugin $plugin;
    /** @var list<array{string, array<string, mixed>}> */
    private array $requests = [];
    private ?string $answer = null;

    protected function setUp(): void
    {
        $this->plugin = $this->create();
        $this->plugin->uninstall();
        remove_all_filters('pre_http_request');
        add_filter('pre_http_request', function (mixed $found, array $options, string $url): mixed {
            $this->requests[] = [$url, $options];
            return $this->answer === null
                ? new \WP_Error('http_request_failed', 'cURL error 7: Failed to connect')
                : ['headers' => ['content-type' => 'application/json'], 'response' => ['code' => 200], 'body' => $this->answer, 'cookies' => []];
        }, 10, 3);
    }

    protected function tearDown(): void
    {
        $this->plugin->uninstall();
        remove_all_filters('pre_http_request');
        wp_set_current_user(0);
    }

    public function testACheckAsksNoServerAndSchedulesARefresh(): void
    {
        self::assertSame('NO_ANSWER', $this->plugin->check()->code);
        self::assertFalse(wp_next_scheduled($this->plugin->getHook(), ['soon']), 'Without a key there is nothing to ask.');
        $this->plugin->setKey('a-fake-license-key');
        self::assertSame(Status::Unknown, $this->plugin->check()->status);
        self::assertSame([], $this->requests);
        self::assertNotFalse(wp_next_scheduled($this->plugin->getHook(), ['soon']));
    }

    public function testARefreshStoresTheAnswerForTheNextPagesAndOutages(): void
    {
        $this->plugin->setKey('a-fake-license-key');
        $this->answer = self::describeLicense();
        self::assertTrue($this->plugin->refresh()->allowed);
        $body = json_decode($this->requests[0][1]['body']);
        self::assertSame(['a-fake-license-key', home_url(), '1.0.0'], [$body->key, $body->domain, $body->version]);
        self::assertStringStartsWith('licet-wordpress/0.1.0 licet-php/', $this->requests[0][1]['user-agent']);
        $this->answer = null;
        self::assertTrue($this->plugin->refresh()->allowed);
        self::assertTrue($this->create()->check(['reports'])->allowed);
        self::assertSame('FEATURE_NOT_INCLUDED', $this->create()->check(['audit'])->code);
    }

    public function testARefusalEndsALicenseAtOnce(): void
    {
        $this->plugin->setKey('a-fake-license-key');
        $this->answer = self::describeLicense();
        $this->plugin->refresh();
        self::assertTrue($this->plugin->check()->allowed);
        $this->answer = '{"valid":false,"error":"LICENSE_REVOKED","message":"The license was revoked."}';
        self::assertSame(Status::Refused, $this->plugin->refresh()->status);
        self::assertSame('LICENSE_REVOKED', $this->plugin->check()->code);
    }

    public function testANoticeIsEscapedAndOnlyForAdministrators(): void
    {
        $this->plugin->setKey('a-fake-license-key');
        $this->answer = '{"valid":false,"error":"LICENSE_REVOKED","message":"<b>revoked</b>"}';
        $this->plugin->refresh();
        (new Notices($this->plugin, new SettingsPage($this->plugin)))->register();
        set_current_screen('dashboard');
        $show = function (): string {
            ob_start();
            do_action('admin_notices');
            return (string) ob_get_clean();
        };
        self::assertSame('', $show());
        wp_set_current_user(1);
        self::assertStringContainsString('&lt;b&gt;revoked&lt;/b&gt;', $show());
        set_current_screen('edit-post');
        self::assertSame('', $show());
        remove_all_actions('admin_notices');
    }

    public function testAWebhookBecomesAnActionOnceIfItIsSigned(): void
    {
        $received = 0;
        add_action('licet_webhook_license.revoked', function () use (&$received): void {
            $received++;
        });
        (new WebhookRoute($this->plugin, ['whsec_YW5vdGhlcg==', self::SECRET]))->register();
        $body = '{"id":"evt_' . bin2hex(random_bytes(8)) . '","type":"license.revoked","data":{}}';
        self::assertSame(204, $this->deliver($body, self::SECRET)->get_status());
        self::assertSame(204, $this->deliver($body, self::SECRET)->get_status());
        self::assertSame(1, $received);
        self::assertSame(400, $this->deliver($body, 'whsec_YSBmb3JnZXI=')->get_status());
        self::assertSame(400, $this->deliver('{}', self::SECRET)->get_status());
        self::assertSame(400, rest_do_request(new WP_REST_Request('POST', $this->findRoute()))->get_status());
    }

    public function testTheLicenseIsForTheSiteUnlessThePluginIsActiveForTheNetwork(): void
    {
        self::assertFalse($this->plugin->isNetwork());
        self::assertSame('manage_options', $this->plugin->getCapability());
        if (is_multisite()) {
            update_site_option('active_sitewide_plugins', [plugin_basename($this->plugin->file) => time()]);
            self::assertTrue($this->plugin->isNetwork());
            self::assertSame('manage_network_options', $this->plugin->getCapability());
            self::assertStringContainsString('/wp-admin/network/', (new SettingsPage($this->plugin))->getUrl());
            $this->plugin->setKey('a-fake-license-key');
            self::assertSame('a-fake-license-key', $this->create(true)->getKey());
            self::assertNull($this->create(false)->getKey());
            update_site_option('active_sitewide_plugins', []);
        }
    }

    public function testTheSettingsPageIsInTheMenuOfTheSiteOrNetworkAndShowsNoWholeKey(): void
    {
        require_once ABSPATH . 'wp-admin/includes/plugin.php';
        wp_set_current_user(1);
        foreach (is_multisite() ? [false, true] : [false] as $isNetwork) {
            $plugin = $this->create($isNetwork);
            $plugin->setKey('a-fake-license-key');
            $page = new SettingsPage($plugin);
            $page->register();
            do_action($isNetwork ? 'network_admin_menu' : 'admin_menu');
            $parent = $isNetwork ? 'settings.php' : 'options-general.php';
            self::assertContains('acme-reports-license', array_column($GLOBALS['submenu'][$parent], 2));
            ob_start();
            do_action((string) get_plugin_page_hookname('acme-reports-license', $parent));
            $html = (string) ob_get_clean();
            self::assertStringContainsString('<h1>Acme &lt;Reports&gt;</h1>', $html);
            self::assertStringContainsString('name="_wpnonce"', $html);
            self::assertStringContainsString('a-f…-key', $html);
            self::assertStringNotContainsString('a-fake-license-key', $html);
            $links = ($isNetwork ? 'network_admin_' : '') . 'plugin_action_links_acme-reports/acme-reports.php';
            self::assertStringContainsString(esc_url($page->getUrl()), apply_filters($links, [])[0]);
        }
    }

    private function create(?bool $network = null): LicensedPlugin
    {
        return new LicensedPlugin(
            file: WP_PLUGIN_DIR . '/acme-reports/acme-reports.php',
            name: 'Acme <Reports>',
            url: 'https://licenses.example.com',
            appId: 'com.example.tests',
            publicKeys: [],
            network: $network,
        );
    }

    private function deliver(string $body, string $secret): WP_REST_Response
    {
        $time = (string) time();
        $key = (string) base64_decode(substr($secret, 6));
        $request = new WP_REST_Request('POST', $this->findRoute());
        $request->set_header('webhook-id', 'msg_1');
        $request->set_header('webhook-timestamp', $time);
        $request->set_header('webhook-signature', 'v1,' . base64_encode(hash_hmac('sha256', "msg_1.$time.$body", $key, true)));
        $request->set_body($body);
        return rest_do_request($request);
    }

    private function findRoute(): string
    {
        return "/licet/v1/{$this->plugin->slug}/webhook";
    }

    private static function describeLicense(): string
    {
        return '{"valid":true,"license":{"id":"lic_01","plan":"pro","features":{"reports":true},"expiresAt":null},"warnings":[]}';
    }
}
