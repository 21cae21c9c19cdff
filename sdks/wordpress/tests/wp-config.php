<?php

// The configuration of the WordPress of the tests. Its environment chooses between a site and a network.
define('DB_NAME', 'wordpress');
define('DB_USER', 'root');
define('DB_PASSWORD', '');
define('DB_HOST', 'localhost:' . getenv('WORDPRESS_SOCKET'));
define('DB_CHARSET', 'utf8mb4');
define('DB_COLLATE', '');
foreach (['AUTH', 'SECURE_AUTH', 'LOGGED_IN', 'NONCE'] as $name) {
    define("{$name}_KEY", "a fake key of the tests: $name");
    define("{$name}_SALT", "a fake salt of the tests: $name");
}
define('DISABLE_WP_CRON', true);
define('AUTOMATIC_UPDATER_DISABLED', true);
define('WP_HTTP_BLOCK_EXTERNAL', true);
define('WP_ACCESSIBLE_HOSTS', '127.0.0.1');
define('WP_DEBUG', true);
define('WP_DEBUG_DISPLAY', false);
define('WP_DEBUG_LOG', dirname(__DIR__) . '/debug.log');
define('ACME_REPORTS', json_decode(getenv('ACME_REPORTS') ?: '[]', true));

$table_prefix = getenv('WORDPRESS_NETWORK') ? 'network_' : 'site_';
if (getenv('WORDPRESS_NETWORK') === 'installed') {
    define('MULTISITE', true);
    define('SUBDOMAIN_INSTALL', false);
    define('DOMAIN_CURRENT_SITE', 'www.example.com');
    define('PATH_CURRENT_SITE', '/');
    define('SITE_ID_CURRENT_SITE', 1);
    define('BLOG_ID_CURRENT_SITE', 1);
} else {
    // Visitors know the site by its name, and the tests by its port.
    define('WP_HOME', 'https://www.example.com');
    define('WP_SITEURL', getenv('WORDPRESS_URL') ?: 'https://www.example.com');
}

defined('ABSPATH') || define('ABSPATH', __DIR__ . '/');
require_once ABSPATH . 'wp-settings.php';
