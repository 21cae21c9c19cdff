<?php

declare(strict_types=1);

// Debian's Laravel, and the classes of this repository.
require_once 'Illuminate/autoload.php';
require_once dirname(__DIR__, 2) . '/php/tests/bootstrap.php';

spl_autoload_register(function (string $class): void {
    foreach (['Licet\\Laravel\\Tests\\' => __DIR__, 'Licet\\Laravel\\' => dirname(__DIR__) . '/src'] as $prefix => $directory) {
        $path = $directory . '/' . str_replace('\\', '/', substr($class, strlen($prefix))) . '.php';
        if (str_starts_with($class, $prefix) && is_file($path)) {
            require $path;
            return;
        }
    }
});
