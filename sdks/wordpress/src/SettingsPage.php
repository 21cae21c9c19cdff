<?php

declare(strict_types=1);

namespace Licet\WordPress;

use Licet\Keys;
use Licet\LicetProblem;
use Licet\NoAnswer;
use Licet\State;
use Licet\Status;

/** The page on which an administrator enters the license key, below the settings of the site or network. */
final class SettingsPage
{
    private const KEY_BYTES_MAX = 200;

    public function __construct(private readonly LicensedPlugin $plugin)
    {
    }

    public function register(): void
    {
        add_action($this->plugin->isNetwork() ? 'network_admin_menu' : 'admin_menu', fn () => $this->addToMenu());
        $links = ($this->plugin->isNetwork() ? 'network_admin_' : '') . 'plugin_action_links_' . plugin_basename($this->plugin->file);
        add_filter($links, fn (array $links): array => [$this->buildLink(), ...$links]);
        add_action('admin_post_' . $this->plugin->prefix('save'), fn () => $this->save());
    }

    public function getUrl(): string
    {
        $path = ($this->plugin->isNetwork() ? 'settings.php' : 'options-general.php') . '?page=' . $this->getSlug();
        return $this->plugin->isNetwork() ? network_admin_url($path) : admin_url($path);
    }

    private function buildLink(): string
    {
        return sprintf('<a href="%s">%s</a>', esc_url($this->getUrl()), esc_html__('License', 'licet'));
    }

    private function getSlug(): string
    {
        return $this->plugin->slug . '-license';
    }

    private function addToMenu(): void
    {
        $parent = $this->plugin->isNetwork() ? 'settings.php' : 'options-general.php';
        $capability = $this->plugin->getCapability();
        add_submenu_page($parent, $this->plugin->name, $this->plugin->name, $capability, $this->getSlug(), fn () => $this->show());
    }

    private function show(): void
    {
        $key = $this->plugin->getKey();
        $state = $this->plugin->check();
        $result = get_transient($this->nameResult());
        delete_transient($this->nameResult());
        echo '<div class="wrap"><h1>', esc_html($this->plugin->name), '</h1>';
        if (is_array($result)) {
            printf('<div class="notice notice-%s"><p>%s</p></div>', esc_attr($result[0]), esc_html($result[1]));
        }
        printf('<form method="post" action="%s">', esc_url(admin_url('admin-post.php')));
        wp_nonce_field($this->plugin->prefix('save'));
        printf('<input type="hidden" name="action" value="%s">', esc_attr($this->plugin->prefix('save')));
        echo '<table class="form-table" role="presentation">';
        $field = '<input name="license_key" id="license_key" type="text" class="regular-text code" maxlength="200" '
            . 'autocomplete="off" spellcheck="false" placeholder="' . esc_attr(self::mask($key)) . '">';
        self::showRow('<label for="license_key">' . esc_html__('License key', 'licet') . '</label>', $field);
        self::showRow(esc_html__('Status', 'licet'), esc_html(self::describe($state)));
        self::showRow(esc_html__('Website', 'licet'), esc_html($this->plugin->getDomain()));
        echo '</table><p class="submit">';
        submit_button(__('Save and activate', 'licet'), 'primary', 'activate', false);
        if ($key !== null) {
            echo ' ';
            submit_button(__('Check again', 'licet'), 'secondary', 'refresh', false);
            echo ' ';
            submit_button(__('Remove from this website', 'licet'), 'secondary', 'remove', false);
        }
        echo '</p></form></div>';
    }

    private static function showRow(string $title, string $content): void
    {
        echo '<tr><th scope="row">', $title, '</th><td>', $content, '</td></tr>';
    }

    private function save(): void
    {
        check_admin_referer($this->plugin->prefix('save'));
        if (!current_user_can($this->plugin->getCapability())) {
            wp_die(esc_html__('You are not allowed to manage this license.', 'licet'), '', ['response' => 403]);
        }
        $text = is_string($_POST['license_key'] ?? null) ? sanitize_text_field(wp_unslash($_POST['license_key'])) : '';
        $result = match (true) {
            isset($_POST['remove']) => $this->remove(),
            $text === '' => $this->refresh(),
            default => $this->activate($text),
        };
        set_transient($this->nameResult(), $result, MINUTE_IN_SECONDS);
        wp_safe_redirect($this->getUrl());
        exit;
    }

    /** @return array{string, string} the kind of the notice, and its text */
    private function activate(string $text): array
    {
        if (strlen($text) > self::KEY_BYTES_MAX || Keys::check($text) === 'malformed') {
            return ['error', __('This is no license key. Is there a typing error?', 'licet')];
        }
        $this->plugin->setKey(Keys::normalize($text) ?? $text);
        try {
            $this->plugin->connect()->activate();
        } catch (LicetProblem $problem) {
            return ['error', $problem->detail];
        } catch (NoAnswer) {
            $this->plugin->scheduleRefresh();
            return ['warning', __('The license key is saved. The license server cannot be reached, so it is checked later.', 'licet')];
        }
        return $this->refresh();
    }

    /** @return array{string, string} */
    private function refresh(): array
    {
        if ($this->plugin->getKey() === null) {
            return ['error', __('Enter a license key.', 'licet')];
        }
        $state = $this->plugin->refresh();
        return [$state->allowed ? 'success' : 'error', self::describe($state)];
    }

    /** @return array{string, string} */
    private function remove(): array
    {
        if ($this->plugin->getKey() === null) {
            return ['error', __('Enter a license key.', 'licet')];
        }
        try {
            $this->plugin->connect()->deactivate();
        } catch (NoAnswer $failure) {
            // Without the server, the domain would keep its slot, and nobody would know.
            return ['error', __('The license server cannot be reached, so the license was not removed.', 'licet')];
        } catch (LicetProblem $problem) {
            // The server no longer knows the key or the domain, so there is nothing to free.
            do_action('licet_problem', $problem, $this->plugin);
        }
        $this->plugin->setKey(null);
        return ['success', __('The license was removed from this website.', 'licet')];
    }

    private function nameResult(): string
    {
        return $this->plugin->prefix('result_' . get_current_user_id());
    }

    private static function mask(?string $key): string
    {
        return $key === null ? '' : substr($key, 0, 3) . '…' . substr($key, -4);
    }

    private static function describe(State $state): string
    {
        if ($state->license === null) {
            return $state->message ?? __('There is no license.', 'licet');
        }
        $plan = $state->license->plan;
        $text = $state->license->expiresAt === null
            /* translators: %s: a plan */
            ? sprintf(__('Active: %s', 'licet'), $plan)
            /* translators: 1: a plan, 2: a date */
            : sprintf(__('Active: %1$s, until %2$s', 'licet'), $plan, self::formatDate($state->license->expiresAt));
        return $state->status === Status::Grace
            ? $text . ' ' . __('(The license server has not confirmed it for some time.)', 'licet')
            : $text;
    }

    private static function formatDate(string $time): string
    {
        return (string) wp_date((string) get_option('date_format'), (int) strtotime($time));
    }
}
