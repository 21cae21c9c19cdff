<?php

declare(strict_types=1);

namespace Licet;

/** Keeps each record in a file that only its owner can read, and that is never half written. */
final class FileStore implements LockingStore
{
    /** @param string $directory is created if it is missing. It must not be reachable from the web */
    public function __construct(private readonly string $directory)
    {
    }

    /** Returns the store in the user's configuration directory. */
    public static function forApp(string $appId): self
    {
        return new self(self::findConfigDirectory($appId));
    }

    public function get(string $name): ?string
    {
        $path = $this->locate($name);
        if (!@is_file($path)) {
            return null;
        }
        $text = @file_get_contents($path);
        return $text === false ? $this->fail("$path cannot be read.") : $text;
    }

    public function put(string $name, string $text): void
    {
        $path = $this->locate($name);
        $this->createDirectory();
        $temporary = $this->directory . "/$name." . bin2hex(random_bytes(8)) . '.tmp';
        $file = @fopen($temporary, 'x');
        if ($file === false) {
            $this->fail("$temporary cannot be written.");
        }
        $isWritten = @chmod($temporary, 0600) && @fwrite($file, $text) === strlen($text) && @fsync($file);
        if (!@fclose($file) || !$isWritten || !@rename($temporary, $path)) {
            @unlink($temporary);
            $this->fail("$path cannot be written.");
        }
    }

    public function delete(string $name): void
    {
        $path = $this->locate($name);
        if (@is_file($path) && !@unlink($path)) {
            $this->fail("$path cannot be deleted.");
        }
    }

    public function locked(string $name, callable $change): mixed
    {
        $file = @fopen($this->directory . "/$name.lock", 'c');
        // Without a lock, the last of two changes wins. That is better than none.
        if ($file === false) {
            return $change();
        }
        flock($file, LOCK_EX);
        try {
            return $change();
        } finally {
            flock($file, LOCK_UN);
            fclose($file);
        }
    }

    private function locate(string $name): string
    {
        if ($this->directory === '') {
            $this->fail('The user has no home directory. Pass a store to the client.');
        }
        return $this->directory . "/$name.json";
    }

    private function createDirectory(): void
    {
        if (!@is_dir($this->directory) && !@mkdir($this->directory, 0700, true) && !@is_dir($this->directory)) {
            $this->fail("$this->directory cannot be created.");
        }
    }

    private function fail(string $message): never
    {
        throw new \RuntimeException($message);
    }

    /** Returns the directory in which the operating system keeps the settings of an app, or nothing. */
    private static function findConfigDirectory(string $appId): string
    {
        $home = (string) (getenv('HOME') ?: getenv('USERPROFILE'));
        if ($home === '' && function_exists('posix_getpwuid')) {
            $home = posix_getpwuid(posix_geteuid())['dir'] ?? '';
        }
        $parent = match (PHP_OS_FAMILY) {
            'Windows' => getenv('LOCALAPPDATA') ?: ($home === '' ? '' : "$home\\AppData\\Local"),
            'Darwin' => $home === '' ? '' : "$home/Library/Application Support",
            default => getenv('XDG_CONFIG_HOME') ?: ($home === '' ? '' : "$home/.config"),
        };
        return $parent === '' ? '' : "$parent/$appId";
    }
}
