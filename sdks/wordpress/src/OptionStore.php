<?php

declare(strict_types=1);

namespace Licet\WordPress;

use Licet\LockingStore;

/**
 * Keeps records in options of the site, or of the network. Transients would not do: an object cache may drop
 * them, and what it loses, an outage cannot bring back.
 */
final class OptionStore implements LockingStore
{
    private const WAIT_SECONDS = 3;

    /** @param string $prefix of the names of the options */
    public function __construct(
        private readonly string $prefix,
        private readonly bool $isNetwork = false,
    ) {
    }

    public function get(string $name): ?string
    {
        $text = $this->isNetwork ? get_site_option($this->prefix . $name) : get_option($this->prefix . $name);
        return is_string($text) ? $text : null;
    }

    public function put(string $name, string $text): void
    {
        $option = $this->prefix . $name;
        $isStored = $this->isNetwork ? update_site_option($option, $text) : update_option($option, $text, false);
        if (!$isStored && $this->get($name) !== $text) {
            throw new \RuntimeException('WordPress has not stored the license.');
        }
    }

    public function delete(string $name): void
    {
        $this->isNetwork ? delete_site_option($this->prefix . $name) : delete_option($this->prefix . $name);
    }

    public function locked(string $name, callable $change): mixed
    {
        global $wpdb;
        // The names of locks are those of the whole database server, and have at most 64 characters.
        $lock = md5(DB_NAME . $wpdb->prefix . $this->prefix . $name);
        $isSilent = $wpdb->suppress_errors();
        $isLocked = $wpdb->get_var($wpdb->prepare('SELECT GET_LOCK(%s, %d)', $lock, self::WAIT_SECONDS)) === '1';
        $wpdb->suppress_errors($isSilent);
        $this->forgetCached($this->prefix . $name);
        try {
            // Without a lock, the last of two changes wins. That is better than none.
            return $change();
        } finally {
            if ($isLocked) {
                $wpdb->query($wpdb->prepare('SELECT RELEASE_LOCK(%s)', $lock));
            }
        }
    }

    /** Deletes all options with the prefix, when the plugin is uninstalled. */
    public function clear(): void
    {
        global $wpdb;
        $like = $wpdb->esc_like($this->prefix) . '%';
        $isMeta = $this->isNetwork && is_multisite();
        $query = $isMeta
            ? $wpdb->prepare("SELECT meta_key FROM $wpdb->sitemeta WHERE meta_key LIKE %s", $like)
            : $wpdb->prepare("SELECT option_name FROM $wpdb->options WHERE option_name LIKE %s", $like);
        foreach ($wpdb->get_col($query) as $option) {
            $this->delete(substr($option, strlen($this->prefix)));
        }
    }

    /** Another process may have changed the option since this request has read it. */
    private function forgetCached(string $option): void
    {
        $isMeta = $this->isNetwork && is_multisite();
        $network = get_current_network_id();
        $group = $isMeta ? 'site-options' : 'options';
        wp_cache_delete($isMeta ? "$network:$option" : $option, $group);
        wp_cache_delete($isMeta ? "$network:notoptions" : 'notoptions', $group);
    }
}
