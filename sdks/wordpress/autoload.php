<?php

declare(strict_types=1);

namespace Licet\WordPress;

// Loads the classes of this library and of the PHP SDK, wherever a build has put them and under its namespace.
spl_autoload_register(static function (string $class): void {
    $sdk = is_dir(__DIR__ . '/sdk') ? __DIR__ . '/sdk' : dirname(__DIR__) . '/php/src';
    $parent = substr(__NAMESPACE__, 0, -strlen('WordPress'));
    foreach ([__NAMESPACE__ . '\\' => __DIR__ . '/src', $parent => $sdk] as $prefix => $directory) {
        $path = $directory . '/' . str_replace('\\', '/', substr($class, strlen($prefix))) . '.php';
        if (str_starts_with($class, $prefix) && is_file($path)) {
            require $path;
            return;
        }
    }
});
