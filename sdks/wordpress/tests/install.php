<?php

/** Installs WordPress in the directory WORDPRESS, and the plugin of the ZIP file as its first parameter. */

define('WP_INSTALLING', true);
$_SERVER += ['HTTP_HOST' => 'www.example.com', 'REMOTE_ADDR' => '127.0.0.1', 'REQUEST_URI' => '/'];

/** There is no mail server. */
function wp_new_blog_notification(): void
{
}

require getenv('WORDPRESS') . '/wp-load.php';
require_once ABSPATH . 'wp-admin/includes/upgrade.php';
require_once ABSPATH . 'wp-admin/includes/file.php';
require_once ABSPATH . 'wp-admin/includes/plugin.php';

wp_install('Licet', 'admin', 'admin@example.com', false, '', 'a-fake-password');
update_option('home', 'https://www.example.com');
update_option('siteurl', 'https://www.example.com');
if (getenv('WORDPRESS_NETWORK')) {
    require_once ABSPATH . 'wp-admin/includes/network.php';
    foreach ($wpdb->tables('ms_global') as $name => $table) {
        $wpdb->$name = $table;
    }
    install_network();
    $result = populate_network(1, 'www.example.com', 'admin@example.com', 'Licet', '/', false);
    is_wp_error($result) && $result->get_error_code() !== 'no_wildcard_dns' && exit($result->get_error_message() . "\n");
    exit(0);
}
WP_Filesystem();
$result = unzip_file($argv[1], WP_PLUGIN_DIR);
is_wp_error($result) && exit($result->get_error_message() . "\n");
$result = activate_plugin('acme-reports/acme-reports.php');
is_wp_error($result) && exit($result->get_error_message() . "\n");
wp_insert_post([
    'post_title' => 'Report',
    'post_name' => 'report',
    'post_status' => 'publish',
    'post_content' => '[acme_report]',
    'import_id' => 100,
]);
