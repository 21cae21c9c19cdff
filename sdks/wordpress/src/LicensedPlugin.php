<?php

declare(strict_types=1);

namespace Licet\WordPress;

use Closure;
use Licet\Licet;
use Licet\State;
use Licet\Status;

/** The license of a plugin: what `check` says, and everything that the plugin shows about it. */
final class LicensedPlugin
{
    public readonly string $slug;
    private readonly string $id;
    private ?Licet $online = null;
    private ?Licet $stored = null;
    /** @var array<string, State> what has been checked in this request */
    private array $states = [];

    /**
     * @param string $file the main file of your plugin: `__FILE__`
     * @param string $name the name that your customers read
     * @param string $url the address of your Licet server
     * @param string $appId the name of your app in letters, digits, dots and dashes. Never change it
     * @param list<string> $publicKeys those that `licet signing keys` prints
     * @param string|null $product the slug of your product, so that a key for another product is refused
     * @param string|null $updates the address of a JSON file that describes the latest version
     * @param string|list<string>|null $webhookSecret `whsec_…`, for a site that receives webhooks of your server
     * @param bool|null $network whether one license serves all sites of a network; by default, if the plugin is
     *     active for the network
     */
    public function __construct(
        public readonly string $file,
        public readonly string $name,
        private readonly string $url,
        public readonly string $appId,
        private readonly array $publicKeys,
        private readonly ?string $product = null,
        private readonly ?string $updates = null,
        private readonly string|array|null $webhookSecret = null,
        private readonly ?bool $network = null,
    ) {
        $this->slug = sanitize_key(dirname(plugin_basename($file)));
        // Names of options and transients are short, and an app ID may be long.
        $this->id = 'licet_' . substr(md5($appId), 0, 12) . '_';
    }

    /** Adds the hooks. Call it when your plugin is loaded. */
    public function register(): void
    {
        add_action($this->getHook(), fn () => $this->refresh());
        add_action('init', fn () => $this->scheduleDaily());
        register_deactivation_hook($this->file, fn () => wp_unschedule_hook($this->getHook()));
        if (is_admin()) {
            $page = new SettingsPage($this);
            $page->register();
            (new Notices($this, $page))->register();
        }
        if ($this->updates !== null) {
            (new Updates($this, $this->updates))->register();
        }
        if ($this->webhookSecret !== null && $this->webhookSecret !== '' && $this->webhookSecret !== []) {
            (new WebhookRoute($this, (array) $this->webhookSecret))->register();
        }
    }

    /**
     * Returns what the stored license says, at once: no page waits for the server. What is due is refreshed
     * by WP-Cron.
     *
     * @param list<string> $features without which the state is `refused`
     */
    public function check(array $features = []): State
    {
        // A page may ask often, and each check locks the record in the database.
        $state = $this->states[implode("\n", $features)] ??= $this->open()->check($features);
        if ($state->status === Status::Unknown && $this->getKey() !== null) {
            $this->scheduleRefresh();
        }
        return $state;
    }

    /** Asks the server now, for up to ten seconds: for WP-Cron, commands and actions of an administrator. */
    public function refresh(): State
    {
        return $this->connect()->check(fresh: true, version: $this->getVersion());
    }

    /** Returns the client that asks the server, for everything else: license files, seats, `activate`. */
    public function connect(): Licet
    {
        $this->states = [];
        return $this->online ??= $this->createClient(new HttpTransport(), null);
    }

    public function getKey(): ?string
    {
        $key = $this->getStore()->get('key');
        return $key === '' ? null : $key;
    }

    /** Stores the customer's license key; null deletes it. */
    public function setKey(?string $key): void
    {
        $key === null ? $this->getStore()->delete('key') : $this->getStore()->put('key', $key);
        $this->online = $this->stored = null;
        $this->states = [];
    }

    /** Whether one license serves all sites of the network. */
    public function isNetwork(): bool
    {
        if (!is_multisite()) {
            return false;
        }
        $active = (array) get_site_option('active_sitewide_plugins', []);
        return $this->network ?? isset($active[plugin_basename($this->file)]);
    }

    /** Returns the capability of those who manage the license. */
    public function getCapability(): string
    {
        return $this->isNetwork() ? 'manage_network_options' : 'manage_options';
    }

    /** Returns the domain that the license is for. */
    public function getDomain(): string
    {
        return $this->isNetwork() ? network_home_url() : home_url();
    }

    public function getVersion(): string
    {
        return get_file_data($this->file, ['version' => 'Version'])['version'];
    }

    /** Returns the name of the action that refreshes the license. */
    public function getHook(): string
    {
        return $this->id . 'refresh';
    }

    /** Returns the name of an option, a transient or an action of this plugin's license. */
    public function prefix(string $name): string
    {
        return $this->id . $name;
    }

    /** Refreshes the license in the background, as soon as WP-Cron runs. */
    public function scheduleRefresh(): void
    {
        $next = wp_next_scheduled($this->getHook(), ['soon']);
        // One event is enough. WP-Cron runs about once a minute, so an outage is no reason to ask more often.
        if ($next === false) {
            wp_schedule_single_event(time(), $this->getHook(), ['soon']);
        }
    }

    /** Deletes what the plugin has stored about its license: call it in `uninstall.php`. */
    public function uninstall(): void
    {
        (new OptionStore($this->id, true))->clear();
        foreach (is_multisite() ? get_sites(['fields' => 'ids', 'number' => 0]) : [null] as $site) {
            $site === null || switch_to_blog($site);
            wp_unschedule_hook($this->getHook());
            (new OptionStore($this->id))->clear();
            $site === null || restore_current_blog();
        }
    }

    private function getStore(): OptionStore
    {
        return new OptionStore($this->id, $this->isNetwork());
    }

    private function open(): Licet
    {
        return $this->stored ??= $this->createClient(new StoredOnly(), fn () => $this->scheduleRefresh());
    }

    private function createClient(StoredOnly|HttpTransport $transport, ?Closure $background): Licet
    {
        return new Licet(
            url: $this->url,
            appId: $this->appId,
            key: $this->getKey(),
            product: $this->product,
            publicKeys: $this->publicKeys,
            domain: $this->getDomain(),
            store: $this->getStore(),
            transport: $transport,
            onProblem: $background !== null ? null : fn (\Throwable $problem) => do_action('licet_problem', $problem, $this),
            background: $background,
            pause: $background === null ? null : fn () => null,
        );
    }

    private function scheduleDaily(): void
    {
        $isElsewhere = $this->isNetwork() && !is_main_site();
        if (!$isElsewhere && wp_next_scheduled($this->getHook()) === false) {
            // Not all sites ask in the same minute.
            wp_schedule_event(time() + random_int(0, 12 * HOUR_IN_SECONDS), 'twicedaily', $this->getHook());
        }
    }
}
