<?php

declare(strict_types=1);

// The scenarios of the PHP SDK are played with the transport of WordPress instead of its own.
require __DIR__ . '/bootstrap.php';
require dirname(__DIR__, 2) . '/php/tests/bootstrap.php';
class_alias(Licet\WordPress\HttpTransport::class, 'Licet\CurlTransport');
