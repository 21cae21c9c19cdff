<?php

// Loads WordPress before PHPUnit, since its globals must not be variables of a function.
$_SERVER += ['HTTP_HOST' => 'www.example.com', 'REMOTE_ADDR' => '127.0.0.1', 'REQUEST_URI' => '/'];
require getenv('WORDPRESS') . '/wp-load.php';
require_once ABSPATH . 'wp-admin/includes/admin.php';
