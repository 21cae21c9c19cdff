<?php

declare(strict_types=1);

namespace Licet\WordPress\Live;

use CurlHandle;
use Licet\LicetAdmin;
use PHPUnit\Framework\TestCase;
use stdClass;

/** Uses the example plugin in the WordPress of the directory WORDPRESS, with the server of LICET_URL. */
final class LiveTest extends TestCase
{
    private const NOWHERE = 'http://127.0.0.1:9';
    private const SETTINGS = '/wp-admin/options-general.php?page=acme-reports-license';

    private static LicetAdmin $admin;
    private static string $plan;
    /** @var list<string> */
    private static array $publicKeys;
    /** @var resource|null */
    private $server = null;
    private string $address = '';
    private string $settings = '';
    private CurlHandle $browser;

    public static function setUpBeforeClass(): void
    {
        self::$admin = new LicetAdmin((string) getenv('LICET_URL'), (string) getenv('LICET_TOKEN'));
        $product = 'wordpress-' . bin2hex(random_bytes(4));
        self::$plan = "$product-pro";
        self::$admin->products->create(['slug' => $product, 'name' => 'WordPress', 'key_prefix' => 'WP']);
        self::$admin->plans->create(['slug' => self::$plan, 'product' => $product, 'name' => 'Pro', 'max_domains' => 1]);
        self::$publicKeys = array_column(self::$admin->request('GET', '/.well-known/licet/jwks.json')->keys, 'x');
    }

    protected function setUp(): void
    {
        $this->browser = curl_init();
        curl_setopt_array($this->browser, [CURLOPT_COOKIEFILE => '', CURLOPT_RETURNTRANSFER => true, CURLOPT_TIMEOUT => 60]);
        $this->start();
        $this->runCode('AcmeReports\license()->uninstall(); delete_site_transient("update_plugins");');
    }

    protected function tearDown(): void
    {
        $this->stop();
        $log = (string) @file_get_contents(dirname((string) getenv('WORDPRESS')) . '/debug.log');
        self::assertStringNotContainsString('acme-reports', $log, 'PHP has nothing to say about the plugin.');
    }

    public function testAnAdministratorActivatesTheSiteAndAnOutageChangesNothing(): void
    {
        self::assertStringContainsString('There is no report: NO_ANSWER', $this->readReport());
        $this->logIn();
        self::assertStringContainsString('Enter your license key.', $this->fetch('/wp-admin/')[1]);
        $license = $this->issue(true);
        $page = $this->submit(['license_key' => strtolower($license->key), 'activate' => '1']);
        self::assertStringContainsString('Active: ' . self::$plan, $page);
        self::assertStringNotContainsString($license->key, $page);
        self::assertStringNotContainsString('Acme Reports</strong>', $this->fetch('/wp-admin/')[1]);
        $activations = self::$admin->licenses->activations($license->id)->page()->data;
        self::assertSame(['domain', 'example.com'], [$activations[0]->kind, $activations[0]->value]);
        $this->start(['url' => self::NOWHERE]);
        self::assertStringContainsString('The report of ' . self::$plan, $this->readReport());
        $page = $this->submit(['license_key' => '', 'refresh' => '1']);
        self::assertStringContainsString('Active: ' . self::$plan, $page);
        self::assertStringContainsString('was not removed', $this->submit(['license_key' => '', 'remove' => '1']));
        $this->start();
        self::assertStringContainsString('was removed', $this->submit(['license_key' => '', 'remove' => '1']));
        self::assertSame([], self::$admin->licenses->activations($license->id)->page()->data);
        self::assertStringContainsString('There is no report', $this->readReport());
    }

    public function testAKeySavedDuringAnOutageIsActivatedByCronLater(): void
    {
        $this->logIn();
        $this->start(['url' => self::NOWHERE]);
        $page = $this->submit(['license_key' => $this->issue(true)->key, 'activate' => '1']);
        self::assertStringContainsString('so it is checked later', $page);
        // The system accepts its connections, and nothing ever responds.
        $silent = stream_socket_server('tcp://127.0.0.1:0') ?: self::fail('There is no port.');
        $this->start(['url' => 'http://' . stream_socket_get_name($silent, false)]);
        for ($page = 0; $page < 3; $page++) {
            self::assertStringContainsString('There is no report: NO_ANSWER', $this->readReport());
        }
        self::assertFalse($this->isAsked($silent), 'No page asks the server, so none waits for it.');
        $this->submit(['license_key' => '', 'refresh' => '1']);
        self::assertTrue($this->isAsked($silent), 'The settings page does.');
        $this->start();
        $this->runCron();
        self::assertStringContainsString('The report of ' . self::$plan, $this->readReport());
    }

    public function testAWrongKeyIsExplainedAndWhatIsEnteredIsEscaped(): void
    {
        $this->logIn();
        $page = $this->submit(['license_key' => '"><script>alert(1)</script>', 'activate' => '1']);
        self::assertStringNotContainsString('<script>alert(1)', $page);
        $page = $this->submit(['license_key' => 'an-unknown-license-key', 'activate' => '1']);
        self::assertMatchesRegularExpression('/notice-error"><p>[^<]*license/i', $page);
        self::assertStringContainsString('There is no report', $this->readReport());
        $page = $this->submit(['license_key' => $this->issue(false)->key, 'activate' => '1']);
        self::assertStringContainsString('Active: ' . self::$plan, $page);
        self::assertStringContainsString('There is no report: FEATURE_NOT_INCLUDED', $this->readReport());
    }

    public function testOnlyAnAdministratorWithANonceChangesTheLicense(): void
    {
        $this->logIn();
        $fields = ['action' => $this->runCode('echo AcmeReports\license()->prefix("save");'), 'license_key' => 'a-key-of-an-attacker'];
        self::assertSame(403, $this->fetch('/wp-admin/admin-post.php', $fields)[0]);
        self::assertSame(403, $this->fetch('/wp-admin/admin-post.php', $fields + ['_wpnonce' => '0123456789'])[0]);
        $this->runCode('wp_delete_user(username_exists("editor")); wp_insert_user(["user_login" => "editor", "user_pass" => "a-fake-password", "role" => "editor"]);');
        curl_setopt($this->browser, CURLOPT_COOKIELIST, 'ALL');
        $this->logIn('editor');
        self::assertSame(403, $this->fetch(self::SETTINGS)[0]);
        self::assertStringNotContainsString('Acme Reports</strong>', $this->fetch('/wp-admin/')[1]);
        $nonce = 'wp_set_current_user(get_user_by("login", "editor")->ID); $_COOKIE = json_decode($argv[1], true);'
            . 'echo wp_create_nonce(AcmeReports\license()->prefix("save"));';
        $fields['_wpnonce'] = $this->runCode($nonce, (string) json_encode($this->readCookies()));
        [$status, $page] = $this->fetch('/wp-admin/admin-post.php', $fields);
        self::assertSame(403, $status);
        self::assertStringContainsString('not allowed to manage this license', $page);
        self::assertSame('null', $this->runCode('echo json_encode(AcmeReports\license()->getKey());'));
    }

    public function testAWebhookOfTheServerMakesCronRefreshTheLicense(): void
    {
        $license = $this->issue(true);
        $this->logIn();
        $this->submit(['license_key' => $license->key, 'activate' => '1']);
        $port = $this->findPort();
        $url = "http://127.0.0.1:$port/index.php?rest_route=/licet/v1/acme-reports/webhook";
        $webhook = self::$admin->webhooks->create(['url' => $url, 'events' => ['license.revoked']]);
        $this->start(['webhook_secret' => $webhook->secret], $port);
        self::assertSame(400, $this->fetch('/index.php?rest_route=/licet/v1/acme-reports/webhook', ['id' => 'evt_forged'])[0]);
        self::$admin->licenses->revoke($license->id);
        $isScheduled = 'echo json_encode(wp_next_scheduled(AcmeReports\license()->getHook(), ["soon"]) !== false);';
        $end = time() + 20;
        while ($this->runCode($isScheduled) !== 'true' && time() < $end) {
            usleep(100_000);
        }
        self::$admin->webhooks->delete($webhook->id);
        self::assertStringContainsString('The report of', $this->readReport(), 'A webhook alone refuses nothing.');
        $this->runCron();
        self::assertStringContainsString('There is no report: LICENSE_REVOKED', $this->readReport());
        $this->logIn();
        self::assertStringContainsString('Acme Reports</strong>', $this->fetch('/wp-admin/')[1]);
    }

    public function testAnUpdateIsOfferedAndInstalledOnlyWithALicense(): void
    {
        $package = "$this->address/acme-reports.zip";
        file_put_contents(getenv('WORDPRESS') . '/update.json', json_encode(['version' => '9.9.9', 'package' => $package]));
        $this->settings = (string) json_encode(['updates' => "$this->address/update.json"] + json_decode($this->settings, true));
        self::assertSame(['9.9.9', ''], $this->findUpdate());
        $this->logIn();
        $page = $this->fetch('/wp-admin/plugins.php')[1];
        self::assertStringContainsString('Updates need a valid license.', $page);
        $this->submit(['license_key' => $this->issue(true)->key, 'activate' => '1']);
        self::assertSame(['9.9.9', $package], $this->findUpdate());
        self::assertStringNotContainsString('Updates need a valid license.', $this->fetch('/wp-admin/plugins.php')[1]);
    }

    public function testTheExampleOfTheReadmeRunsUnchangedBesideAnotherPlugin(): void
    {
        $readme = (string) file_get_contents(dirname(__DIR__) . '/README.md');
        preg_match_all('/```php\n(.*?)```/s', $readme, $blocks);
        $directory = dirname((string) getenv('WORDPRESS')) . '/readme-reports';
        @mkdir($directory);
        $code = strtr($blocks[1][0], [
            'https://licenses.example.com' => (string) getenv('LICET_URL'),
            "'KVsK…', 'x5Jd…'" => "'" . implode("', '", self::$publicKeys) . "'",
        ]);
        file_put_contents("$directory/readme-reports.php", "$code\nfunction show_report()\n{\n{$blocks[1][1]}    return 'A report';\n}\n");
        $this->execute([dirname(__DIR__) . '/scripts/build-zip.php', $directory, 'ReadmeReports', "$directory.zip"]);
        $file = 'readme-reports/readme-reports.php';
        $this->runCode("WP_Filesystem(); unzip_file('$directory.zip', WP_PLUGIN_DIR); activate_plugin('$file');");
        self::assertStringStartsWith('<p>', $this->runCode('echo show_report();'));
        $activate = 'acme_license()->setKey($argv[1]); acme_license()->refresh(); echo show_report();';
        self::assertSame('A report', $this->runCode($activate, $this->issue(true)->key));
        $this->runCode("acme_license()->uninstall(); deactivate_plugins('$file');");
    }

    public function testTheUninstalledPluginLeavesNothing(): void
    {
        $this->logIn();
        $this->submit(['license_key' => $this->issue(true)->key, 'activate' => '1']);
        $count = 'global $wpdb; echo $wpdb->get_var("SELECT COUNT(*) FROM $wpdb->options WHERE option_name LIKE \'licet%\'"), '
            . 'substr_count(serialize(_get_cron_array()), "licet_");';
        self::assertStringStartsNotWith('0', $this->runCode($count));
        $file = 'acme-reports/acme-reports.php';
        $this->runCode("deactivate_plugins('$file');");
        $this->runCode("uninstall_plugin('$file');");
        self::assertSame('00', $this->runCode($count));
        $this->runCode("activate_plugin('$file');");
    }

    private function issue(bool $hasReports): stdClass
    {
        $features = ['reports' => $hasReports];
        return self::$admin->licenses->create(['plan' => self::$plan, 'customer_email' => 'dev@example.com', 'features' => $features]);
    }

    private function readReport(): string
    {
        return json_decode($this->fetch('/index.php?rest_route=/wp/v2/posts/100')[1])->content->rendered;
    }

    private function logIn(string $user = 'admin'): void
    {
        $this->fetch('/wp-login.php');
        $status = $this->fetch('/wp-login.php', ['log' => $user, 'pwd' => 'a-fake-password', 'testcookie' => '1'])[0];
        self::assertSame(302, $status, 'The login works.');
    }

    /**
     * Submits the form of the settings page, and returns the page that follows.
     *
     * @param array<string, string> $fields
     */
    private function submit(array $fields): string
    {
        $page = $this->fetch(self::SETTINGS)[1];
        preg_match_all('/<input type="hidden"[^>]* name="([^"]+)"[^>]* value="([^"]*)"/', $page, $hidden);
        self::assertContains('_wpnonce', $hidden[1], $page);
        $status = $this->fetch('/wp-admin/admin-post.php', $fields + array_combine($hidden[1], $hidden[2]))[0];
        self::assertSame(302, $status);
        return $this->fetch(self::SETTINGS)[1];
    }

    /** @return array{string, string} the version and the package that WordPress has found */
    private function findUpdate(): array
    {
        $found = $this->runCode(
            'add_filter("pre_http_request", fn ($found, $options, $url) => str_contains($url, "api.wordpress.org") ? ["response" => ["code" => 200], '
            . '"body" => \'{"plugins":[],"no_update":[],"translations":[]}\'] : $found, 10, 3);'
            . 'delete_site_transient("update_plugins"); wp_update_plugins();'
            . '$found = get_site_transient("update_plugins")->response["acme-reports/acme-reports.php"];'
            . 'echo json_encode([$found->new_version, $found->package]);',
        );
        return json_decode($found);
    }

    private function runCron(): void
    {
        $this->execute([getenv('WORDPRESS') . '/wp-cron.php']);
    }

    /** Runs code in a process of its own, like a command of an administrator, and returns its output. */
    private function runCode(string $code, string ...$parameters): string
    {
        $load = '$_SERVER += ["HTTP_HOST" => "www.example.com", "REQUEST_URI" => "/"]; require getenv("WORDPRESS") . "/wp-load.php";'
            . 'require_once ABSPATH . "wp-admin/includes/admin.php";';
        return $this->execute(['-r', $load . $code, '--', ...$parameters]);
    }

    /** @param list<string> $parameters */
    private function execute(array $parameters): string
    {
        $process = proc_open([PHP_BINARY, ...$parameters], [1 => ['pipe', 'w']], $pipes, null, $this->build());
        $output = (string) stream_get_contents($pipes[1]);
        self::assertSame(0, proc_close($process), $output);
        return $output;
    }

    /**
     * @param array<string, string> $settings of the plugin
     */
    private function start(array $settings = [], ?int $port = null): void
    {
        $this->stop();
        $port ??= (int) parse_url($this->address, PHP_URL_PORT) ?: $this->findPort();
        $this->address = "http://127.0.0.1:$port";
        $defaults = ['url' => (string) getenv('LICET_URL'), 'public_keys' => self::$publicKeys, 'updates' => "$this->address/none"];
        $this->settings = (string) json_encode($settings + $defaults);
        $null = ['file', '/dev/null', 'w'];
        $command = [PHP_BINARY, '-S', "127.0.0.1:$port", '-t', (string) getenv('WORDPRESS')];
        $this->server = proc_open($command, [1 => $null, 2 => $null], $pipes, null, $this->build()) ?: null;
        for ($attempt = 0; $attempt < 500 && @fsockopen('127.0.0.1', $port) === false; $attempt++) {
            usleep(10_000);
        }
    }

    private function stop(): void
    {
        if ($this->server !== null) {
            proc_terminate($this->server);
            proc_close($this->server);
            $this->server = null;
        }
    }

    /**
     * @param array<string, string>|null $fields of a form
     * @return array{int, string}
     */
    private function fetch(string $path, ?array $fields = null): array
    {
        curl_setopt_array($this->browser, [CURLOPT_URL => $this->address . $path, CURLOPT_HTTPGET => true]);
        if ($fields !== null) {
            curl_setopt_array($this->browser, [CURLOPT_POST => true, CURLOPT_POSTFIELDS => http_build_query($fields)]);
        }
        $body = (string) curl_exec($this->browser);
        return [curl_getinfo($this->browser, CURLINFO_RESPONSE_CODE), $body];
    }

    /** @return array<string, string> */
    private function readCookies(): array
    {
        $cookies = [];
        foreach (curl_getinfo($this->browser, CURLINFO_COOKIELIST) as $line) {
            [, , , , , $name, $value] = explode("\t", $line);
            $cookies[$name] = urldecode($value);
        }
        return $cookies;
    }

    /** @return array<string, string> */
    private function build(): array
    {
        return [
            'ACME_REPORTS' => $this->settings,
            'PATH' => (string) getenv('PATH'),
            'WORDPRESS' => (string) getenv('WORDPRESS'),
            'WORDPRESS_SOCKET' => (string) getenv('WORDPRESS_SOCKET'),
            'WORDPRESS_URL' => $this->address,
        ];
    }

    /** @param resource $silent a socket that listens, and whose connections nothing takes */
    private function isAsked($silent): bool
    {
        $read = [$silent];
        $none = null;
        return stream_select($read, $none, $none, 0) === 1;
    }

    private function findPort(): int
    {
        $socket = stream_socket_server('tcp://127.0.0.1:0');
        $name = (string) stream_socket_get_name($socket, false);
        fclose($socket);
        return (int) substr($name, strrpos($name, ':') + 1);
    }
}
