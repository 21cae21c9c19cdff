<?php

/**
 * Plugin Name: Acme Reports
 * Description: Shows a report with the shortcode [acme_report], if the license has the feature "reports".
 * Version: 1.0.0
 * Requires at least: 5.8
 * Requires PHP: 8.1
 * License: MIT
 * Update URI: https://www.example.com/acme-reports
 */

declare(strict_types=1);

namespace AcmeReports;

defined('ABSPATH') || exit;

function license(): \Licet\WordPress\LicensedPlugin
{
    static $license;
    require_once __DIR__ . '/licet/autoload.php';
    return $license ??= new \Licet\WordPress\LicensedPlugin(
        file: __FILE__,
        name: 'Acme Reports',
        url: ACME_REPORTS['url'] ?? 'https://licenses.example.com',
        appId: 'com.example.reports',
        publicKeys: ACME_REPORTS['public_keys'] ?? [],
        updates: ACME_REPORTS['updates'] ?? 'https://www.example.com/acme-reports/update.json',
        webhookSecret: ACME_REPORTS['webhook_secret'] ?? null,
    );
}

// A real plugin contains its address and keys. This one is also tested with other servers.
defined('ACME_REPORTS') || define('ACME_REPORTS', []);

license()->register();

add_shortcode('acme_report', function (): string {
    $state = license()->check(features: ['reports']);
    return $state->allowed
        ? '<p>The report of ' . esc_html($state->license->plan) . '</p>'
        : '<p>There is no report: ' . esc_html((string) $state->code) . '</p>';
});
