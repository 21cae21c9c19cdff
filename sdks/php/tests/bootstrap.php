<?php

declare(strict_types=1);

// The tests need no Composer: they load classes as its PSR-4 autoloader does.
spl_autoload_register(function (string $class): void {
    foreach (['Licet\\Tests\\' => __DIR__, 'Licet\\' => dirname(__DIR__) . '/src'] as $prefix => $directory) {
        $path = $directory . '/' . str_replace('\\', '/', substr($class, strlen($prefix))) . '.php';
        if (str_starts_with($class, $prefix) && is_file($path)) {
            require $path;
            return;
        }
    }
});
