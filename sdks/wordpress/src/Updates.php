<?php

declare(strict_types=1);

namespace Licet\WordPress;

/**
 * Adds the vendor's latest version to the updates of WordPress, which then shows its own notice. Needs the header
 * `Update URI` in the plugin, so that WordPress does not look for it in its own directory.
 */
final class Updates
{
    private const BYTES_MAX = 100_000;
    private const TIMEOUT_SECONDS = 3;
    private const FIELDS = ['version', 'package', 'url', 'tested', 'requires', 'requires_php'];

    public function __construct(
        private readonly LicensedPlugin $plugin,
        private readonly string $url,
    ) {
    }

    public function register(): void
    {
        $file = plugin_basename($this->plugin->file);
        $address = get_file_data($this->plugin->file, ['address' => 'Update URI'])['address'];
        $host = (string) wp_parse_url($address, PHP_URL_HOST);
        $find = fn (mixed $update, mixed $headers, string $asked) => $asked === $file ? $this->find() ?? $update : $update;
        add_filter("update_plugins_$host", $find, 10, 3);
        add_action("in_plugin_update_message-$file", fn () => $this->explain());
    }

    /**
     * WordPress calls this when it looks for updates: twice a day, and on its page for updates.
     *
     * @return array<string, string>|null
     */
    private function find(): ?array
    {
        $key = $this->plugin->getKey();
        $response = wp_remote_get($this->url, [
            'timeout' => self::TIMEOUT_SECONDS,
            'limit_response_size' => self::BYTES_MAX,
            // The vendor may answer with a link that is only for this customer.
            'headers' => $key === null ? [] : ['x-license-key' => $key],
            'redirection' => 0,
        ]);
        $found = wp_remote_retrieve_response_code($response) === 200
            ? json_decode(wp_remote_retrieve_body($response), true)
            : null;
        if (!is_array($found) || !is_string($found['version'] ?? null)) {
            return null;
        }
        $update = array_filter(array_intersect_key($found, array_flip(self::FIELDS)), 'is_string');
        // Without a package, WordPress shows the new version, and does not install it.
        $isAllowed = $this->plugin->check()->allowed && $this->isTrusted($update['package'] ?? '');
        return ['package' => $isAllowed ? $update['package'] : '', 'slug' => $this->plugin->slug] + $update;
    }

    /** A package is code, so it must arrive at least as safely as its description. */
    private function isTrusted(string $package): bool
    {
        $scheme = wp_parse_url($package, PHP_URL_SCHEME);
        return $scheme === 'https' || ($scheme === 'http' && wp_parse_url($this->url, PHP_URL_SCHEME) === 'http');
    }

    private function explain(): void
    {
        if (!$this->plugin->check()->allowed) {
            echo ' ', esc_html__('Updates need a valid license.', 'licet');
        }
    }
}
