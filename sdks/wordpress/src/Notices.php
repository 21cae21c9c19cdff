<?php

declare(strict_types=1);

namespace Licet\WordPress;

use Licet\State;
use Licet\Status;

/** Says on the dashboard and the list of plugins what is wrong with the license, to those who can change it. */
final class Notices
{
    private const SCREENS = ['dashboard', 'plugins', 'dashboard-network', 'plugins-network'];

    public function __construct(
        private readonly LicensedPlugin $plugin,
        private readonly SettingsPage $page,
    ) {
    }

    public function register(): void
    {
        add_action($this->plugin->isNetwork() ? 'network_admin_notices' : 'admin_notices', fn () => $this->show());
    }

    private function show(): void
    {
        $screen = get_current_screen();
        if ($screen === null || !in_array($screen->id, self::SCREENS, true) || !current_user_can($this->plugin->getCapability())) {
            return;
        }
        $text = self::describe($this->plugin->check(), $this->plugin->getKey() !== null);
        if ($text !== null) {
            printf(
                '<div class="notice notice-warning is-dismissible"><p><strong>%s</strong>: %s <a href="%s">%s</a></p></div>',
                esc_html($this->plugin->name),
                esc_html($text),
                esc_url($this->page->getUrl()),
                esc_html__('License', 'licet'),
            );
        }
    }

    private static function describe(State $state, bool $hasKey): ?string
    {
        return match (true) {
            $state->status === Status::Refused => (string) $state->message,
            $state->status === Status::Grace => __('The license server has not confirmed the license for some time.', 'licet'),
            $state->status === Status::Licensed => in_array('EXPIRES_SOON', $state->warnings, true)
                ? __('The license expires soon.', 'licet')
                : null,
            $hasKey => __('The license has not been confirmed yet. It is checked in the background.', 'licet'),
            default => __('Enter your license key.', 'licet'),
        };
    }
}
